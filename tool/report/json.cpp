/// Findings as one JSON object, for scripts. The members are those of the
/// structs, through fields(), with the place of each spread out:
///
///     "at": {"file": "a.cpp", "line": 3}   becomes   "file": "a.cpp", "line": 3
#include "report/encode.h"
#include "report/report.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include <cmath>
#include <map>

using llvm::StringRef;
namespace json = llvm::json;

namespace heddle {
namespace {

json::Object flattened(const Advice &A) {
  json::Object O = std::move(*toJson(A).getAsObject());
  flatten(O);
  for (StringRef List : {"for", "against", "edits"})
    if (json::Array *Items = O.getArray(List))
      for (json::Value &V : *Items)
        flatten(*V.getAsObject());
  O.erase("identity");
  O["level"] = enumNames(A.Level)[static_cast<size_t>(A.Level)];
  O["confidence"] = enumNames(A.Sure)[static_cast<size_t>(A.Sure)];
  O.try_emplace("message", "");
  O.try_emplace("fingerprint", "");
  return O;
}

void writeFinding(json::OStream &J, const Advice &A) {
  static constexpr StringRef Order[] = {
      "check",   "level",   "confidence", "file",   "line", "column", "endLine", "endColumn",
      "message", "verdict", "runnerUp",   "margin", "kind", "for",    "against", "edits"};
  writeObject(J, flattened(A), Order);
}

} // namespace

void writeNumber(json::OStream &J, double N) {
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  if (std::isfinite(N))
    OS << llvm::format("%.6g", N);
  else
    OS << "null";
  J.rawValue(Text);
}

void writeValue(json::OStream &J, const json::Value &V) {
  if (const json::Object *O = V.getAsObject())
    return writeObject(J, *O, {});
  if (const json::Array *A = V.getAsArray()) {
    J.arrayBegin();
    for (const json::Value &E : *A)
      writeValue(J, E);
    J.arrayEnd();
    return;
  }
  if (V.kind() == json::Value::Number && !V.getAsInteger() && !V.getAsUINT64())
    return writeNumber(J, *V.getAsNumber());
  J.value(V);
}

void writeObject(json::OStream &J, const json::Object &O, llvm::ArrayRef<StringRef> First) {
  std::vector<std::pair<StringRef, const json::Value *>> Members;
  for (const auto &[Name, V] : O)
    Members.emplace_back(Name, &V);
  auto rank = [&](StringRef Name) { return llvm::find(First, Name) - First.begin(); };
  llvm::sort(Members, [&](auto &A, auto &B) {
    return std::pair(rank(A.first), A.first) < std::pair(rank(B.first), B.first);
  });
  J.objectBegin();
  for (auto &[Name, V] : Members) {
    J.attributeBegin(Name);
    writeValue(J, *V);
    J.attributeEnd();
  }
  J.objectEnd();
}

void writeIncomplete(json::OStream &J, const RunInfo &Run) {
  J.attributeArray("incomplete", [&] {
    for (const FailedUnit &F : Run.Failed)
      J.object([&] {
        J.attribute("file", utf8(F.File));
        J.attribute("reason", utf8(F.Reason));
        if (!F.At.valid())
          return;
        if (F.At.File.str() != F.File)
          J.attribute("in", utf8(F.At.File.str()));
        J.attribute("line", F.At.Line);
        if (F.At.Column)
          J.attribute("column", F.At.Column);
      });
  });
}

void writeJson(llvm::ArrayRef<Advice> Findings, const RunInfo &Run, llvm::raw_ostream &OS) {
  std::map<StringRef, size_t> Severities, Checks;
  json::OStream J(OS, 2);
  J.object([&] {
    J.attribute("version", HEDDLE_VERSION);
    J.attributeArray("findings", [&] {
      for (const Advice &A : Findings) {
        ++Severities[enumNames(A.Level)[static_cast<size_t>(A.Level)]];
        ++Checks[A.Check.str()];
        writeFinding(J, A);
      }
    });
    writeIncomplete(J, Run);
    J.attributeObject("summary", [&] {
      J.attribute("files", Run.Files);
      J.attribute("failed", Run.Failed.size());
      J.attribute("findings", Findings.size());
      auto counts = [&](StringRef Name, const std::map<StringRef, size_t> &Counts) {
        J.attributeObject(Name, [&] {
          for (auto &[Key, N] : Counts)
            J.attribute(Key, N);
        });
      };
      counts("bySeverity", Severities);
      counts("byCheck", Checks);
    });
  });
  OS << '\n';
}

void flatten(json::Object &O) {
  const json::Object *At = O.getObject("at");
  if (!At)
    return;
  json::Object Place = *At;
  O.erase("at");
  for (auto &[Name, V] : Place)
    O.try_emplace(Name, V);
}

} // namespace heddle
