#include "advice/parallelstyle.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

namespace heddle {

using llvm::StringRef;

namespace {

class Rewriter {
public:
  Rewriter(ParallelStyle Style, const Program &P, FunctionId F, uint32_t L, const LoopJudgement &J)
      : Std(Style == ParallelStyle::Std), P(P), T(P.facts(F).Loops[L]), Parts(T.Spelling.Parts),
        J(J) {}

  /// Fills Edits or ByHand.
  void run(ParallelFix &Out);

private:
  /// True when there is a reason against, which ByHand gets.
  bool refuse(ParallelFix &Out);
  std::string refusal();
  const LoopVariable *number(Symbol Name) const;
  void texts();
  void reduction();
  void includes(ParallelFix &Out) const;
  void need(StringRef Header) {
    if (!llvm::is_contained(Needed, Header))
      Needed.push_back(Header.str());
  }
  std::string range() const {
    std::string R = Parts.Range.str().str();
    return "std::begin(" + R + "), std::end(" + R + ")";
  }

  bool Std;
  const Program &P;
  const Loop &T;
  const LoopParts &Parts;
  const LoopJudgement &J;
  std::string Head, Begin, Finish, Tail, Continue = "return";
  std::vector<std::string> Needed;
};

/// The variable that can be declared again in the lambda.
const LoopVariable *Rewriter::number(Symbol Name) const {
  for (const LoopVariable &V : T.Spelling.Variables)
    if (V.Name == Name && V.Nameable && !V.Array && !V.Type.empty())
      return &V;
  return nullptr;
}

std::string Rewriter::refusal() {
  if (T.Kind == LoopKind::Algorithm)
    return "give the algorithm `std::execution::par`, or take its parallel counterpart";
  if (J.Manual)
    return "first, " + llvm::join(J.Assumptions, " and ");
  if (T.Spelling.Directive)
    return "`#pragma " + T.Spelling.Directive.str().str() + "` stands before it";
  if (T.Spelling.Obstacle)
    return T.Spelling.Obstacle.str().str();
  if (!Parts.End.valid())
    return "only `for (T i = a; i < b; i += c)` and a range-based `for`, outside macros and in "
           "C++, are rewritten";
  if (Std && Parts.Standard < 17)
    return "std::execution needs C++17";
  if (T.Kind == LoopKind::RangeFor && Parts.Range.empty())
    return "its range is not a variable that holds a container of the library or an array";
  if (!J.LastPrivate.empty() || !J.FirstPrivate.empty() || !J.Linears.empty())
    return "a lambda has no copies whose first or last value is kept: declare these variables in "
           "the loop";
  for (Symbol S : J.Private)
    if (!number(S))
      return "`" + S.str().str() +
             "` cannot be declared again in the lambda: declare it in the loop";
  if (J.Reductions.size() > 1)
    return "it combines more than one variable";
  for (const LoopJudgement::Reduction &R : J.Reductions) {
    if (!number(R.Name))
      return "`" + R.Name.str().str() + "` is no number that can be declared again in the lambda";
    static constexpr StringRef Known[] = {"+", "*", "min", "max"};
    if (!llvm::is_contained(Known, R.Operator.str()))
      return "no algorithm combines with `" + R.Operator.str().str() + "`";
    if (!Std && T.Kind == LoopKind::RangeFor)
      return "tbb::parallel_reduce wants a range of positions: loop over an index";
    if (T.Step != 1)
      return "a reduction with another step than 1 has no algorithm";
  }
  if (Std && T.Kind == LoopKind::For && T.Step != 1)
    return "its step is not 1";
  if (!J.Expressible)
    return "a callee, or another name, reaches what would be copied, and would miss the copies: "
           "use local variables in the loop, and pass them on as arguments";
  return {};
}

bool Rewriter::refuse(ParallelFix &Out) {
  Out.ByHand = refusal();
  return !Out.ByHand.empty();
}

/// Head .. the lambda's body .. Tail, for a loop without a reduction.
void Rewriter::texts() {
  std::string Indent = "\n" + T.Spelling.Indent.str().str();
  std::string Parameter = Parts.Parameter.str().str(), Type = Parts.Type.str().str();
  std::string From = Parts.From.str().str(), To = Parts.To.str().str();
  bool Range = T.Kind == LoopKind::RangeFor;
  Tail = ");";
  if (!Std) {
    need(Range ? "tbb/parallel_for_each.h" : "tbb/parallel_for.h");
    if (Range)
      Head = "tbb::parallel_for_each(" + range() + ", [&](" + Parameter + ")";
    else
      Head = "tbb::parallel_for<" + Type + ">(" + From + ", " + To +
             (T.Step == 1 ? "" : ", " + std::to_string(T.Step)) + ", [&](" + Parameter + ")";
    return;
  }
  need("algorithm");
  need("execution");
  std::string Over = range();
  if (!Range) {
    need("numeric");
    need("vector");
    std::string I = T.IndexName.str().str(), Values = I + "_values";
    Over = Values + ".begin(), " + Values + ".end()";
    Head = "{" + Indent + "  const " + Type + " " + I + "_begin = " + From + ", " + I +
           "_end = " + To + ";" + Indent + "  std::vector<" + Type + "> " + Values + "(" + I +
           "_begin < " + I + "_end ? " + I + "_end - " + I + "_begin : 0);" + Indent +
           "  std::iota(" + Values + ".begin(), " + Values + ".end(), " + I + "_begin);" + Indent +
           "  ";
    Tail = ");" + Indent + "}";
  }
  Head += "std::for_each(std::execution::par, " + Over + ", [&](" + Parameter + ")";
}

/// Turns the call into one that returns what the iterations combine to.
void Rewriter::reduction() {
  const LoopJudgement::Reduction &R = J.Reductions.front();
  std::string S = R.Name.str().str(), Type = number(R.Name)->Type.str().str();
  StringRef Op = R.Operator.str();
  bool Arithmetic = Op == "+" || Op == "*";
  std::string Combine =
      Arithmetic ? (Op == "+" ? "std::plus<" : "std::multiplies<") + Type + ">()"
                 : "[](" + Type + " x, " + Type + " y) { return std::" + Op.str() + "(x, y); }";
  std::string Neutral = Op == "+" ? "0" : "1";
  need(Arithmetic ? "functional" : "algorithm");
  Finish += " return " + S + ";";
  if (Std) {
    need("numeric");
    Continue = "return " + S;
    size_t At = Head.rfind("std::for_each(std::execution::par, ");
    size_t Lambda = Head.rfind("[&](");
    std::string Before = Head.substr(0, At), Parameter = Head.substr(Lambda + 4);
    std::string Over = Head.substr(At, Lambda - At);
    Over = StringRef(Over).drop_front(StringRef("std::for_each(").size()).str();
    Head = Before + S + " = std::transform_reduce(" + Over + S + ", " + Combine + ", " +
           (Arithmetic ? "[&](" : "[&, " + S + "_before = " + S + "](") + Parameter;
    Begin += " " + Type + " " + S + " = " + (Arithmetic ? Neutral : S + "_before") + ";";
    return;
  }
  Needed = {"tbb/blocked_range.h", "tbb/parallel_reduce.h"};
  need(Arithmetic ? "functional" : "algorithm");
  Continue.clear();
  std::string I = T.IndexName.str().str(),
              Block = "tbb::blocked_range<" + Parts.Type.str().str() + ">";
  std::string Indent = "\n" + T.Spelling.Indent.str().str();
  std::string Start = Arithmetic ? "static_cast<" + Type + ">(" + Neutral + ")" : S;
  Head = S + (Arithmetic ? " " + Op.str() + "= " : " = ") + "tbb::parallel_reduce(" + Indent +
         "    " + Block + "(" + Parts.From.str().str() + ", " + Parts.To.str().str() + "), " +
         Start + "," + Indent + "    [&](const " + Block + " &" + I + "_range, " + Type + " " + S +
         ") {" + Indent + "      for (" + Parts.Parameter.str().str() + " = " + I +
         "_range.begin(); " + I + " < " + I + "_range.end(); ++" + I + ")";
  Tail = Indent + "     " + Finish + Indent + "    }," + Indent + "    " + Combine + ");";
  Finish.clear();
}

/// One edit for each header that the file does not include yet.
void Rewriter::includes(ParallelFix &Out) const {
  for (const UnitFacts &U : P.Units)
    for (const Input &I : U.Inputs) {
      if (I.Path != T.At.File)
        continue;
      for (const std::string &Header : Needed) {
        if (llvm::any_of(I.Includes, [&](Symbol S) { return S.str() == Header; }))
          continue;
        uint32_t Line = std::max(I.IncludeLine, 1u);
        Out.Edits.push_back({{T.At.File, Line, 1, Line, 1}, "#include <" + Header + ">\n"});
      }
      return;
    }
}

void Rewriter::run(ParallelFix &Out) {
  Out.Edits.clear();
  if (refuse(Out))
    return;
  for (Symbol S : J.Private)
    Begin += " " + number(S)->Type.str().str() + " " + S.str().str() + ";";
  texts();
  if (!J.Reductions.empty())
    reduction();
  includes(Out);
  auto at = [&](uint32_t Line, uint32_t Column, std::string Text) {
    if (!Text.empty())
      Out.Edits.push_back({{T.At.File, Line, Column, Line, Column}, std::move(Text)});
  };
  Out.Edits.push_back({T.At, Head});
  if (Parts.Braced) {
    at(T.Body.Line, T.Body.Column + 1, Begin);
    at(T.Body.EndLine, T.Body.EndColumn - 1,
       Finish.empty() ? "" : StringRef(Finish).ltrim().str() + " ");
    at(Parts.End.Line, Parts.End.Column, Tail);
  } else if (!Std && !J.Reductions.empty() && Begin.empty())
    at(Parts.End.Line, Parts.End.Column, Tail);
  else {
    at(T.Body.Line, T.Body.Column, "{" + Begin + " ");
    at(Parts.End.Line, Parts.End.Column, Finish + " }" + Tail);
  }
  if (!Continue.empty())
    for (const Span &S : Parts.Continues)
      Out.Edits.push_back({S, Continue});
}

} // namespace

ParallelStyle parallelStyle(StringRef Name) {
  return llvm::StringSwitch<ParallelStyle>(Name)
      .Case("std", ParallelStyle::Std)
      .Case("tbb", ParallelStyle::Tbb)
      .Default(ParallelStyle::OpenMp);
}

ParallelFix parallelFix(ParallelStyle Style, const Program &P, FunctionId F, uint32_t L,
                        const LoopJudgement &J) {
  ParallelFix Out = openmpFix(P, F, L, J);
  if (Style == ParallelStyle::OpenMp)
    return Out;
  // What only OpenMP has clauses for says nothing here.
  llvm::erase_if(Out.Clauses, [](StringRef C) {
    return C.starts_with("schedule") || C.starts_with("collapse");
  });
  Rewriter(Style, P, F, L, J).run(Out);
  return Out;
}

} // namespace heddle
