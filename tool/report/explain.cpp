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

void writeAccessText(const AccessExplanation &E, const TextOptions &O, llvm::raw_ostream &OS) {
  TextWriter W{O, OS};
  W.location(E.At);
  W.paint(Style::Bold, E.Verdict + ": ");
  OS << printable(E.Message) << '\n';
  W.excerpt(E.At);
  for (const Evidence &P : E.Places) {
    W.headline(P.At, Severity::Note, P.What, "");
    W.excerpt(P.At);
  }
}

static json::Object flat(json::Value V, llvm::ArrayRef<StringRef> Lists) {
  json::Object O = std::move(*V.getAsObject());
  flatten(O);
  for (StringRef List : Lists)
    if (json::Array *Items = O.getArray(List))
      for (json::Value &Item : *Items)
        flatten(*Item.getAsObject());
  return O;
}

void writeExplainedJson(const LoopExplanation *Loop, llvm::ArrayRef<AccessExplanation> Accesses,
                        const RunInfo &Run, llvm::raw_ostream &OS) {
  static constexpr StringRef Order[] = {"file",      "line",     "column",  "endLine",
                                        "endColumn", "function", "index",   "text",
                                        "access",    "verdict",  "message", "places"};
  json::OStream J(OS, 2);
  J.object([&] {
    J.attribute("version", HEDDLE_VERSION);
    if (Loop) {
      J.attributeBegin("loop");
      writeObject(J, flat(toJson(*Loop), {"places", "around", "inside"}), Order);
      J.attributeEnd();
    }
    if (!Accesses.empty())
      J.attributeArray("accesses", [&] {
        for (const AccessExplanation &A : Accesses)
          writeObject(J, flat(toJson(A), {"places"}), Order);
      });
    writeIncomplete(J, Run);
  });
  OS << '\n';
}

} // namespace heddle
