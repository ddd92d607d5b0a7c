#include "report/explain.h"
#include "advice/opportunity.h"
#include "report/encode.h"
#include "report/writer.h"

#include "llvm/ADT/StringExtras.h"

namespace heddle {

using llvm::StringRef;
namespace json = llvm::json;

namespace {

void item(llvm::raw_ostream &OS, StringRef Label, StringRef Text) {
  if (!Text.empty())
    OS << "  " << llvm::left_justify(Label, 8) << ' ' << printable(Text) << '\n';
}

std::string describe(const LoopLine &L) {
  return (L.Index.empty() ? std::string() : "over `" + L.Index + "`: ") + L.Verdict;
}

} // namespace

void writeLoopText(const LoopExplanation &E, const TextOptions &O, llvm::raw_ostream &OS) {
  TextWriter W{O, OS};
  W.location(E.At);
  W.paint(Style::Bold, E.Verdict + ": ");
  OS << printable(E.Message) << '\n';
  W.excerpt(E.At);
  for (const Evidence &P : E.Places) {
    W.headline(P.At, Severity::Note, P.What, "");
    W.excerpt(P.At);
  }
  item(OS, "today", E.Today.empty() ? "" : "it runs in parallel already: " + E.Today);
  item(OS, "clauses", llvm::join(E.Clauses, ", "));
  item(OS, "edit", E.Edit);
  item(OS, "by hand", E.ByHand);
  item(OS, "uneven", E.Uneven);
  item(OS, "work",
       "about " + operations(E.Work) + " in each of " +
           (E.Trip ? std::to_string(*E.Trip) : "an unknown number of") + " iterations");
  for (const std::string &C : E.Changes)
    item(OS, "change", C);
  for (const LoopLine &L : E.Around)
    item(OS, "around", W.place(L.At) + ": " + describe(L));
  for (const LoopLine &L : E.Inside)
    item(OS, "inside", W.place(L.At) + ": " + describe(L));
}

void writeLoopJson(const LoopExplanation &E, const RunInfo &Run, llvm::raw_ostream &OS) {
  json::Object O = std::move(*toJson(E).getAsObject());
  flatten(O);
  for (StringRef List : {"places", "around", "inside"})
    if (json::Array *Items = O.getArray(List))
      for (json::Value &V : *Items)
        flatten(*V.getAsObject());
  static constexpr StringRef Order[] = {"file",     "line",  "column",  "endLine", "endColumn",
                                        "function", "index", "verdict", "message", "places"};
  json::OStream J(OS, 2);
  J.object([&] {
    J.attribute("version", HEDDLE_VERSION);
    J.attributeBegin("loop");
    writeObject(J, O, Order);
    J.attributeEnd();
    writeIncomplete(J, Run);
  });
  OS << '\n';
}

} // namespace heddle
