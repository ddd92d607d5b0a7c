/// The report of `heddle advise`. An opportunity is its place, the verdict in a
/// sentence, and a table of what speaks for and against it:
///
///     fetch.cpp:9:3: threads: this loop in `fetchAll` belongs in threads: ... [loop, high
///     confidence, 0.62 ahead of async]
///         9 |   for (auto &u : urls)
///           |   ^~~
///       for      T3  0.99 of the time is waiting: waits overlap in threads (net.cpp:4:5)
///                    through fetch (fetch.cpp:10:5)
///       against  T1  one shared place is written (fetch.cpp:11:5)
#include "report/advise.h"
#include "report/encode.h"
#include "report/writer.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"

using llvm::StringRef;
namespace json = llvm::json;

namespace heddle {
namespace {

template <class E> StringRef name(E Value) { return enumNames(Value)[static_cast<size_t>(Value)]; }

StringRef functionName(const Program &P, FunctionId F) {
  if (F >= P.Functions.size() || !P.Functions[F].Facts)
    return "";
  return P.Functions[F].Facts->Name.str();
}

/// The calls that lead to a piece of evidence: those of the fact that it quotes.
const Chain *chainTo(const Opportunity &O, const Evidence &E) {
  for (const Fact &F : O.Facts)
    if (!F.Through.empty() && F.At == E.At && StringRef(E.What).starts_with(F.What))
      return &F.Through;
  return nullptr;
}

// Text

/// `0.42`; three significant digits.
std::string shortNumber(double N) {
  std::string Out;
  llvm::raw_string_ostream(Out) << llvm::format("%.3g", N);
  return Out;
}

std::string percent(double Share) {
  std::string Out;
  llvm::raw_string_ostream(Out) << llvm::format("%.0f%%", Share * 100);
  return Out;
}

constexpr unsigned LabelWidth = 9;
constexpr unsigned GuidelineWidth = 4;

struct AdviceText {
  TextWriter W;
  const Program &P;

  /// `  for      T3  WHAT (PLACE)`.
  void row(StringRef Label, Symbol Guideline, StringRef What, const Span &At) {
    W.OS << "  ";
    W.paint(Style::Bold, Label);
    W.OS.indent(LabelWidth - std::min<size_t>(Label.size(), LabelWidth));
    W.OS << llvm::left_justify(printable(Guideline.str()), GuidelineWidth) << printable(What);
    if (At.valid() && !At.File.empty())
      W.OS << " (" << W.place(At) << ')';
    W.OS << '\n';
  }

  void rows(StringRef Label, llvm::ArrayRef<Evidence> All, const Opportunity *O) {
    for (const Evidence &E : All) {
      row(Label, E.Guideline, E.What, E.At);
      const Chain *Through = O ? chainTo(*O, E) : nullptr;
      if (!Through)
        continue;
      W.OS.indent(2 + LabelWidth + GuidelineWidth) << "through ";
      llvm::ListSeparator Comma;
      for (const Hop &H : *Through) {
        StringRef In = functionName(P, H.In);
        W.OS << Comma << (In.empty() ? "a call" : printable(In));
        if (H.At.valid())
          W.OS << " (" << W.place(H.At) << ')';
      }
      W.OS << '\n';
    }
  }

  void headline(const Span &At, StringRef Answer, StringRef Message,
                llvm::ArrayRef<std::string> Tags) {
    W.location(At);
    W.paint(Style::Caret, (Answer + ": ").str());
    W.paint(Style::Bold, printable(Message));
    W.OS << " [" << llvm::join(Tags, ", ") << "]\n";
  }

  std::vector<std::string> tags(Confidence Sure, Verdict RunnerUp, double Margin) {
    std::vector<std::string> Tags{(name(Sure) + " confidence").str()};
    if (RunnerUp != Verdict::Insufficient)
      Tags.push_back((shortNumber(Margin) + " ahead of " + name(RunnerUp)).str());
    return Tags;
  }

  void opportunity(const OpportunityVerdict &V) {
    std::vector<std::string> Tags = tags(V.Sure, V.RunnerUp, V.Margin);
    Tags.insert(Tags.begin(), name(V.What.Kind).str());
    headline(V.What.At, name(V.Answer), V.Message, Tags);
    W.excerpt(V.What.At);
    rows("for", V.For, &V.What);
    rows("against", V.Against, &V.What);
    rows("first", V.First, &V.What);
    for (const std::string &F : V.Flips)
      row("flips", {}, F, {});
    if (V.Speedup.Bound > 1) {
      std::string Text = "at most " + shortNumber(V.Speedup.Bound) + " times with " +
                         plural(static_cast<size_t>(V.Speedup.Workers), "worker");
      if (V.Speedup.Limit > 0)
        Text += ", " + shortNumber(V.Speedup.Limit) + " with any number";
      if (!V.Speedup.Assumption.empty())
        Text += "; " + V.Speedup.Assumption;
      row("speedup", {}, Text, {});
    }
    W.OS << '\n';
  }

  void program(const ProgramVerdict &V) {
    headline(V.At, V.Mixed ? "mixed" : name(V.Answer), V.Message,
             tags(V.Sure, V.RunnerUp, V.Margin));
    if (!V.Shares.empty()) {
      std::string Text;
      llvm::raw_string_ostream OS(Text);
      llvm::ListSeparator Comma;
      for (const VerdictShare &S : V.Shares)
        OS << Comma << name(S.Answer) << ' ' << percent(S.Share);
      row("work", {}, Text, {});
    }
    rows("for", V.For, nullptr);
    rows("against", V.Against, nullptr);
  }
};

// JSON

struct AdviceJson {
  json::OStream J;
  const Program &P;

  void number(StringRef Name, double N) {
    J.attributeBegin(Name);
    writeNumber(J, N);
    J.attributeEnd();
  }
  void text(StringRef Name, StringRef Value) {
    if (!Value.empty())
      J.attribute(Name, utf8(Value));
  }

  void place(const Span &At) {
    text("file", At.File.str());
    if (!At.valid())
      return;
    J.attribute("line", At.Line);
    if (At.Column)
      J.attribute("column", At.Column);
  }

  void through(const Chain &C) {
    if (C.empty())
      return;
    J.attributeArray("through", [&] {
      for (const Hop &H : C)
        J.object([&] {
          text("function", functionName(P, H.In));
          place(H.At);
        });
    });
  }

  void evidence(StringRef Name, llvm::ArrayRef<Evidence> All, const Opportunity *O) {
    J.attributeArray(Name, [&] {
      for (const Evidence &E : All)
        J.object([&] {
          text("guideline", E.Guideline.str());
          J.attribute("what", utf8(E.What));
          number("weight", E.Weight);
          place(E.At);
          if (const Chain *C = O ? chainTo(*O, E) : nullptr)
            through(*C);
        });
    });
  }

  void answer(Verdict Answer, Verdict RunnerUp, double Margin, Confidence Sure) {
    J.attribute("verdict", name(Answer));
    if (RunnerUp != Verdict::Insufficient)
      J.attribute("runner_up", name(RunnerUp));
    number("margin", Margin);
    J.attribute("confidence", name(Sure));
  }

  void opportunity(const OpportunityVerdict &V) {
    const Opportunity &O = V.What;
    J.object([&] {
      place(O.At);
      if (O.At.valid() && O.At.EndLine) {
        J.attribute("endLine", O.At.EndLine);
        J.attribute("endColumn", O.At.EndColumn);
      }
      text("function", functionName(P, O.In));
      J.attribute("kind", name(O.Kind));
      J.attribute("current", name(O.Current));
      answer(V.Answer, V.RunnerUp, V.Margin, V.Sure);
      if (V.By)
        J.attribute("gate", name(*V.By));
      J.attribute("minor", V.Minor);
      J.attribute("message", utf8(V.Message));
      number("share", O.Share);
      evidence("for", V.For, &O);
      evidence("against", V.Against, &O);
      if (!V.First.empty())
        evidence("first", V.First, &O);
      if (!V.Flips.empty())
        J.attributeArray("flips", [&] {
          for (const std::string &F : V.Flips)
            J.value(utf8(F));
        });
      speedup(V.Speedup);
      if (!V.By)
        J.attributeObject("scores", [&] {
          for (size_t I = 0; I < V.Score.size(); ++I)
            number(name(static_cast<Verdict>(I)), V.Score[I]);
        });
      facts(O);
    });
  }

  void speedup(const SpeedupBound &S) {
    J.attributeObject("speedup", [&] {
      number("share", S.Share);
      number("workers", S.Workers);
      number("bound", S.Bound);
      if (S.Limit > 0)
        number("limit", S.Limit);
      else
        J.attribute("limit", nullptr);
      text("assumption", S.Assumption);
    });
  }

  void facts(const Opportunity &O) {
    J.attributeArray("facts", [&] {
      for (const Fact &F : O.Facts)
        J.object([&] {
          J.attribute("kind", name(F.Kind));
          number("value", F.Value);
          text("what", F.What);
          place(F.At);
          through(F.Through);
        });
    });
  }

  void program(const ProgramVerdict &V) {
    place(V.At);
    answer(V.Answer, V.RunnerUp, V.Margin, V.Sure);
    J.attribute("mixed", V.Mixed);
    J.attribute("message", utf8(V.Message));
    J.attributeArray("shares", [&] {
      for (const VerdictShare &S : V.Shares)
        J.object([&] {
          J.attribute("verdict", name(S.Answer));
          number("share", S.Share);
        });
    });
    evidence("for", V.For, nullptr);
    evidence("against", V.Against, nullptr);
  }
};

} // namespace

void writeAdviceText(const AdviceReport &R, const Program &P, const TextOptions &O,
                     llvm::raw_ostream &OS) {
  AdviceText T{{O, OS}, P};
  size_t Minor = 0;
  for (const OpportunityVerdict &V : R.Opportunities) {
    if (V.Minor)
      ++Minor;
    else
      T.opportunity(V);
  }
  for (const ProgramVerdict &V : R.Programs)
    T.program(V);
  // With one program, the answer for everything is the answer for it.
  if (R.Programs.size() != 1)
    T.program(R.Program);
  size_t Shown = R.Opportunities.size() - Minor;
  OS << (Shown ? std::to_string(Shown) : "no") << (Shown == 1 ? " opportunity" : " opportunities")
     << " by the guidelines '" << printable(R.Guidelines) << '\'';
  if (Minor)
    OS << ", and " << Minor << " minor not shown";
  OS << '\n';
}

void writeAdviceJson(const AdviceReport &R, const Program &P, const RunInfo &Run,
                     llvm::raw_ostream &OS) {
  AdviceJson W{json::OStream(OS, 2), P};
  json::OStream &J = W.J;
  J.object([&] {
    J.attribute("version", HEDDLE_VERSION);
    J.attribute("guidelines", utf8(R.Guidelines));
    J.attributeArray("opportunities", [&] {
      for (const OpportunityVerdict &V : R.Opportunities)
        W.opportunity(V);
    });
    J.attributeObject("program", [&] { W.program(R.Program); });
    J.attributeArray("programs", [&] {
      for (const ProgramVerdict &V : R.Programs)
        J.object([&] { W.program(V); });
    });
    writeIncomplete(J, Run);
  });
  OS << '\n';
}

} // namespace heddle
