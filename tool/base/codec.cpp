#include "base/codec.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/xxhash.h"

namespace heddle {
namespace {

constexpr llvm::StringLiteral Magic = "heddle\x1a\n";

void appendFixed(std::string &Out, uint64_t N) {
  char Bytes[8];
  llvm::support::endian::write64le(Bytes, N);
  Out.append(Bytes, sizeof Bytes);
}

void appendNumber(std::string &Out, uint64_t N) {
  for (; N >= 0x80; N >>= 7)
    Out.push_back(static_cast<char>(N | 0x80));
  Out.push_back(static_cast<char>(N));
}

} // namespace

void BinaryWriter::number(uint64_t N) { appendNumber(Body, N); }
void BinaryWriter::fixed(uint64_t N) { appendFixed(Body, N); }

uint64_t BinaryWriter::indexOf(Symbol S) {
  auto [It, New] = Indices.try_emplace(S, Table.size());
  if (New)
    Table.push_back(S);
  return It->second;
}

std::string BinaryWriter::finish(uint32_t Schema) const {
  std::string Out(Magic);
  appendNumber(Out, Schema);
  appendNumber(Out, Table.size());
  for (Symbol S : Table) {
    appendNumber(Out, S.str().size());
    Out += S.str();
  }
  Out += Body;
  appendFixed(Out, llvm::xxh3_64bits(Out));
  return Out;
}

llvm::Expected<BinaryReader> BinaryReader::open(llvm::StringRef File, uint32_t Schema) {
  if (!File.starts_with(Magic))
    return llvm::createStringError("not a heddle facts file");
  if (File.size() < Magic.size() + 8)
    return llvm::createStringError("the file is cut short");
  uint64_t Sum = llvm::support::endian::read64le(File.end() - 8);
  File = File.drop_back(8);
  if (llvm::xxh3_64bits(File) != Sum)
    return llvm::createStringError("the checksum does not match");
  BinaryReader R;
  R.Rest = File.drop_front(Magic.size());
  if (uint64_t Found = R.number(); Found != Schema)
    return llvm::createStringError("written with schema %u, this heddle reads %u", unsigned(Found),
                                   unsigned(Schema));
  uint64_t N = R.number();
  for (uint64_t I = 0; I < N && !R.Bad; ++I)
    R.Table.push_back(Symbol(R.bytes(R.number())));
  if (R.Bad)
    return llvm::createStringError("the table of strings is damaged");
  return R;
}

uint64_t BinaryReader::number() {
  uint64_t N = 0;
  for (unsigned Shift = 0; Shift < 64; Shift += 7) {
    if (Rest.empty())
      break;
    auto Byte = static_cast<unsigned char>(Rest.front());
    Rest = Rest.drop_front();
    N |= uint64_t(Byte & 0x7f) << Shift;
    if (Byte < 0x80)
      return N;
  }
  Bad = true;
  return 0;
}

uint64_t BinaryReader::fixed() {
  llvm::StringRef B = bytes(8);
  return B.size() == 8 ? llvm::support::endian::read64le(B.data()) : 0;
}

Symbol BinaryReader::symbol() {
  uint64_t I = number();
  if (I < Table.size())
    return Table[I];
  Bad = true;
  return {};
}

llvm::StringRef BinaryReader::bytes(uint64_t N) {
  if (N > Rest.size()) {
    Bad = true;
    return {};
  }
  llvm::StringRef B = Rest.take_front(N);
  Rest = Rest.drop_front(N);
  return B;
}

} // namespace heddle
