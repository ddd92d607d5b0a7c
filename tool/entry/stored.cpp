#include "entry/stored.h"
#include "entry/files.h"
#include "facts/validate.h"

namespace heddle {

using llvm::StringRef;
namespace json = llvm::json;

static llvm::Expected<std::vector<UnitFacts>> fromText(llvm::MemoryBufferRef Text) {
  StringRef Name = Text.getBufferIdentifier();
  llvm::Expected<json::Value> Root = parseJson(Text);
  if (!Root)
    return Root.takeError();
  const json::Value *Units = &*Root;
  if (const json::Object *O = Root->getAsObject(); O && O->get("units")) {
    if (O->getInteger("schema") != FactsSchema)
      return llvm::createStringError(Name + ": written with another schema, this heddle reads " +
                                     llvm::Twine(FactsSchema) + "; extract the facts again");
    Units = O->get("units");
  }
  std::vector<UnitFacts> Read;
  json::Path::Root Where("units");
  bool Good;
  if (Units->getAsObject())
    Good = fromJson(*Units, Read.emplace_back(), Where);
  else
    Good = fromJson(*Units, Read, Where);
  if (!Good)
    return llvm::createStringError(Name + ": " + llvm::toString(Where.getError()));
  return Read;
}

static llvm::Expected<std::vector<UnitFacts>> fromBytes(llvm::MemoryBufferRef Text) {
  if (auto Units = fromBinary<std::vector<UnitFacts>>(Text.getBuffer(), FactsSchema))
    return Units;
  else
    llvm::consumeError(Units.takeError());
  llvm::Expected<UnitFacts> One = fromBinary<UnitFacts>(Text.getBuffer(), FactsSchema);
  if (!One)
    return llvm::createStringError(Text.getBufferIdentifier() + ": " +
                                   llvm::toString(One.takeError()));
  std::vector<UnitFacts> Units;
  Units.push_back(std::move(*One));
  return Units;
}

llvm::Expected<std::vector<UnitFacts>> readFacts(StringRef Path) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> Text = readFile(Path);
  if (!Text)
    return Text.takeError();
  bool Binary = (*Text)->getBuffer().starts_with("heddle\x1a");
  llvm::Expected<std::vector<UnitFacts>> Units =
      Binary ? fromBytes((*Text)->getMemBufferRef()) : fromText((*Text)->getMemBufferRef());
  if (!Units)
    return Units;
  for (const UnitFacts &U : *Units)
    if (llvm::Error E = validate(U))
      return llvm::createStringError(Path + ": " + llvm::toString(std::move(E)));
  if (Units->empty())
    return llvm::createStringError("no facts in " + Path);
  return Units;
}

void writeFactsJson(const std::vector<UnitFacts> &Units, llvm::raw_ostream &OS) {
  json::OStream J(OS, 1);
  J.object([&] {
    J.attribute("heddle", HEDDLE_VERSION);
    J.attribute("schema", int64_t(FactsSchema));
    J.attributeArray("units", [&] {
      for (const UnitFacts &U : Units)
        J.value(toJson(U));
    });
  });
  OS << '\n';
}

void writeFactsBinary(const std::vector<UnitFacts> &Units, llvm::raw_ostream &OS) {
  OS << toBinary(Units, FactsSchema);
}

} // namespace heddle
