#include "report/source.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Unicode.h"
#include "llvm/Support/raw_ostream.h"

using llvm::StringRef;

namespace heddle {
namespace {

constexpr unsigned TabStop = 8;
/// What the cache may hold. Findings come sorted by file, so little is read twice.
constexpr uint64_t MostBytes = 64 << 20;

struct Character {
  uint32_t Code = 0;
  unsigned Length = 1; ///< In bytes.
  bool Legal = false;
};

/// The first character of a text that is not empty. An illegal byte is one
/// character of its own.
Character decode(StringRef Text) {
  Character C;
  C.Code = static_cast<unsigned char>(Text.front());
  unsigned Length = llvm::getNumBytesForUTF8(Text.front());
  const auto *Begin = reinterpret_cast<const llvm::UTF8 *>(Text.data());
  if (Length > Text.size() || !llvm::isLegalUTF8Sequence(Begin, Begin + Length))
    return C;
  llvm::UTF32 Code;
  if (llvm::convertUTF8Sequence(&Begin, Begin + Length, &Code, llvm::strictConversion) !=
      llvm::conversionOK)
    return C;
  C.Code = Code;
  C.Length = Length;
  C.Legal = true;
  return C;
}

constexpr uint32_t ByteOrderMark = 0xFEFF;

} // namespace

const Sources::Source &Sources::open(Symbol File) {
  if (auto It = Files.find(File); It != Files.end())
    return It->second;
  if (Held > MostBytes) {
    Files.clear();
    Held = 0;
  }
  Source &S = Files[File];
  // A pipe or a device, which a #line directive can name, must not be opened.
  if (!llvm::sys::fs::is_regular_file(File.str()))
    return S;
  // Volatile: read, not mapped, so that a file cut short meanwhile is harmless.
  auto Buffer = llvm::MemoryBuffer::getFile(File.str(), /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false, /*IsVolatile=*/true);
  if (!Buffer)
    return S;
  S.Text = std::move(*Buffer);
  StringRef Text = S.Text->getBuffer();
  S.Starts.push_back(0);
  for (size_t At = Text.find('\n'); At != StringRef::npos; At = Text.find('\n', At + 1))
    S.Starts.push_back(At + 1);
  Held += Text.size() + S.Starts.size() * sizeof(uint64_t);
  return S;
}

std::optional<StringRef> Sources::line(Symbol File, uint32_t Line) {
  if (File.empty() || Line == 0)
    return std::nullopt;
  const Source &S = open(File);
  if (Line > S.Starts.size())
    return std::nullopt;
  StringRef Rest = S.Text->getBuffer().drop_front(S.Starts[Line - 1]);
  StringRef Text = Rest.take_until([](char C) { return C == '\n'; });
  if (Rest.empty() && Line == S.Starts.size() && Line > 1)
    return std::nullopt;
  Text.consume_back("\r");
  return Text;
}

std::vector<Cell> cells(StringRef Line) {
  std::vector<Cell> Out;
  unsigned Column = 0;
  for (size_t At = 0; At < Line.size();) {
    Character C = decode(Line.drop_front(At));
    Cell X;
    X.Byte = At;
    llvm::raw_string_ostream OS(X.Text);
    if (C.Legal && C.Code == '\t') {
      X.Width = TabStop - Column % TabStop;
      OS.indent(X.Width);
    } else if (C.Legal && C.Code == ByteOrderMark && At == 0) {
      X.Width = 0;
    } else if (C.Legal && llvm::sys::unicode::isPrintable(C.Code) &&
               !llvm::sys::unicode::isFormatting(C.Code)) {
      StringRef Bytes = Line.substr(At, C.Length);
      OS << Bytes;
      X.Width = std::max(0, llvm::sys::unicode::columnWidthUTF8(Bytes));
    } else {
      if (C.Legal)
        OS << llvm::format("<U+%04X>", C.Code);
      else
        OS << llvm::format("<%02X>", C.Code);
      X.Width = X.Text.size();
    }
    Column += X.Width;
    At += C.Length;
    Out.push_back(std::move(X));
  }
  return Out;
}

std::string printable(StringRef Text) {
  if (llvm::all_of(Text, llvm::isPrint))
    return Text.str();
  std::string Out;
  while (!Text.empty()) {
    // A tab in a name or a message is no layout.
    size_t Tab = Text.find('\t');
    for (const Cell &C : cells(Text.substr(0, Tab)))
      Out += C.Text;
    if (Tab == StringRef::npos)
      break;
    Out += ' ';
    Text = Text.drop_front(Tab + 1);
  }
  return Out;
}

uint32_t utf16Column(StringRef Line, uint32_t Column) {
  if (Column == 0)
    return 0;
  uint32_t Units = 1;
  size_t At = 0;
  while (At < Line.size() && At + 1 < Column) {
    Character C = decode(Line.drop_front(At));
    if (!(At == 0 && C.Legal && C.Code == ByteOrderMark))
      Units += C.Legal && C.Code > 0xFFFF ? 2 : 1;
    At += C.Length;
  }
  return At + 1 < Column ? Units + (Column - 1 - At) : Units;
}

StringRef below(StringRef Base, StringRef File) {
  while (Base.size() > 1 && llvm::sys::path::is_separator(Base.back()))
    Base = Base.drop_back();
  StringRef Rest = File;
  if (Base.empty() || !Rest.consume_front(Base))
    return File;
  if (Base.size() > 1 && !Rest.consume_front("/"))
    return File;
  Rest = Rest.ltrim('/');
  return Rest.empty() ? File : Rest;
}

} // namespace heddle
