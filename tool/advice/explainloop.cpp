#include "advice/explainloop.h"
#include "advice/parallelfix.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace heddle {

using llvm::StringRef;

namespace {

/// What a judgement says, by a part of its text, and what would change it.
struct Remedy {
  StringRef Says, Do;
};

constexpr Remedy Remedies[] = {
    // Assumptions.
    {"do not overlap", "declare the pointers `restrict` (`__restrict` in C++), if they never point "
                       "into the same array"},
    {"has no duplicate values", "make sure that the positions are a permutation; `heddle fix "
                                "--conditional` takes your word for it"},
    {"are made atomic", "put `#pragma omp atomic` before the update, or let every thread count in "
                        "an array of its own and add these up"},
    {"computed from the index", "compute it from the index, as in `start + i * step`, instead of "
                                "advancing it"},
    {"first iteration stands apart", "peel off the first iteration"},
    {"all differ", "allocate the rows as one array, whose elements cannot be the same"},
    {"does not decrease", "make sure that the bounds of the rows only grow"},
    {"is scratch space", "allocate the scratch space in the loop, one for each iteration"},
    {"nothing uses what the loop leaves", "declare it in the loop, if nothing uses it afterwards"},
    // Conflicts.
    {"written in some iterations only and read after", "let every iteration write it; for the last "
                                                       "match, combine the indices with a maximum"},
    {"may leave early", "look at all elements: let every iteration note what it finds, and decide "
                        "after the loop"},
    {"is a search", "search in parallel: take the smallest index that matches, as `reduction(min : "
                    "first)`, or `std::find_if(std::execution::par, ...)`; both look at more "
                    "elements than this loop"},
    {"uses state that all its calls share", "give the state to the callee as an argument, one for "
                                            "each iteration or thread, or make it `thread_local`"},
    {"does I/O", "collect the results, and do the I/O after the loop in order"},
    {"waits, and its order", "collect the results, and wait after the loop"},
    {"is changed here and used by", "pass it to the callee as an argument"},
    {"iteration later", "write to another array than the one that is read, or split the loop at "
                        "the dependence"},
    {"iterations later", "run as many iterations at once as lie between the two, or write to "
                         "another array than the one that is read"},
    {"in another iteration", "write to another array than the one that is read"},
    {"in every iteration", "give every iteration a variable of its own, or only combine values in "
                           "it (`x += e`)"},
    // What is not known.
    {"its body is not here", "analyse the file with its body as well, mark it "
                             "`__attribute__((pure))` or `const` if it only computes, or add a row "
                             "for it to `models:` in .heddle.yaml"},
    {"effects are not known", "analyse the file with its body as well, or add a row for it to "
                              "`models:` in .heddle.yaml"},
    {"are not all known", "analyse the files with the bodies of its callees as well, or add rows "
                          "for them to `models:` in .heddle.yaml"},
    {"through a pointer, whose target", "call the function by name, or pass a lambda"},
    {"virtual call", "make the class or the method `final`"},
    {"calls is not known", "pass the function by name or as a lambda"},
    {"not a linear function of the index", "use a position that is linear in the index, or state "
                                           "that the positions differ"},
    {"linear function", "use a position that is linear in the index"},
    {"number of iterations is not known", "count the iterations first: `for (i = 0; i < n; ++i)`"},
    {"condition may end it", "move the second condition out of the loop"},
    {"changes in the loop", "copy the bound to a constant before the loop"},
    {"index may change", "let only the header change the index"},
    {"pointer that is not known", "use an array or a parameter of its own instead of a pointer "
                                  "that was loaded or computed"},
    {"refers to is not known", "use an array or a parameter of its own instead of a pointer that "
                               "was loaded or computed"},
    {"lock", "keep a result for each thread and combine them after the loop, without the lock"},
    {"atomic", "combine in a reduction instead of an atomic variable"},
    {"synchronis", "take the synchronisation out of the loop"},
    {"volatile", "drop `volatile`: it orders nothing between threads"},
};

StringRef remedy(StringRef Text) {
  for (const Remedy &R : Remedies)
    if (Text.contains(R.Says))
      return R.Do;
  return {};
}

bool isParallel(LoopVerdict V) { return V == LoopVerdict::Parallel || V == LoopVerdict::Reduction; }

std::string nameOf(LoopVerdict V) { return enumNames(V)[static_cast<size_t>(V)].str(); }

class Explainer {
public:
  Explainer(const Program &P, FunctionId F, uint32_t L)
      : P(P), F(F), Facts(P.facts(F)), L(L), T(Facts.Loops[L]), J(judgeLoop(P, F, L)) {}

  LoopExplanation run();

private:
  void change(StringRef What) {
    if (!What.empty() && !llvm::is_contained(Out.Changes, What))
      Out.Changes.push_back(What.str());
  }
  void conflict();
  void clauses();
  void family();
  LoopLine line(uint32_t K, LoopVerdict V) const {
    return {Facts.Loops[K].At, nameOf(V), Facts.Loops[K].IndexName.str().str()};
  }

  const Program &P;
  FunctionId F;
  const FunctionFacts &Facts;
  uint32_t L;
  const Loop &T;
  LoopJudgement J;
  LoopExplanation Out;
};

/// The two sides of what keeps the iterations in order.
void Explainer::conflict() {
  bool Two = J.From.valid() && J.To.valid() && !(J.From == J.To);
  if (J.Verdict == LoopVerdict::Unknown) {
    if (J.To.valid())
      Out.Places.push_back({"this is what is not known", Symbol(), 0, J.To});
  } else if (Two) {
    Out.Places.push_back({"the one side of the conflict", Symbol(), 0, J.From});
    Out.Places.push_back({"the other side, in a later iteration", Symbol(), 0, J.To});
  } else if (J.From.valid())
    Out.Places.push_back({"this is what keeps the iterations in order", Symbol(), 0, J.From});
  for (const LoopScalar &S : T.Scalars)
    if (S.Use == ScalarUse::Carried && S.At == J.From &&
        StringRef(J.Reason).contains("an earlier iteration left"))
      change("make `" + S.Name.str().str() + "` a reduction (only ever `" + S.Name.str().str() +
             " = " + S.Name.str().str() +
             " + e`, or a minimum or maximum), compute it from the "
             "index, or declare it in the loop if no iteration needs the value of another");
  change(remedy(J.Reason));
  if (J.Verdict == LoopVerdict::Carried && Two)
    change("take away the dependence between these two places, and ask again: there may be others");
}

void Explainer::clauses() {
  ParallelFix Fix = openmpFix(P, F, L, J);
  Out.Clauses = Fix.Clauses;
  if (!Fix.Edits.empty())
    Out.Edit = StringRef(Fix.Edits.back().Text).split('\n').first.str();
  else if (!T.Spelling.Directive)
    Out.ByHand = Fix.ByHand;
  for (const LoopScalar &S : T.Scalars)
    if (S.Use == ScalarUse::Reduction)
      Out.Places.push_back(
          {("`" + S.Name.str() + "` is only combined, with `" + S.Operator.str() + "`").str(),
           Symbol(), 0, S.At});
  for (const std::string &A : J.Assumptions)
    change(remedy(A));
  LoopShape Shape = balanceOf(Facts, L);
  Out.Uneven = Shape.Why;
}

/// The loops around it and in it.
void Explainer::family() {
  for (uint32_t K = T.Parent; K < Facts.Loops.size(); K = Facts.Loops[K].Parent)
    Out.Around.push_back(line(K, judgeLoop(P, F, K).Verdict));
  bool Inner = false;
  for (uint32_t K = L + 1; K < Facts.Loops.size(); ++K) {
    uint32_t Up = Facts.Loops[K].Parent;
    if (Up != L)
      continue;
    LoopVerdict V = judgeLoop(P, F, K).Verdict;
    Out.Inside.push_back(line(K, V));
    Inner |= isParallel(V);
  }
  bool Stays = J.Verdict == LoopVerdict::Carried || J.Verdict == LoopVerdict::Unknown;
  if (Stays && Inner)
    change("leave this loop as it is, and run the loop inside it in parallel");
  if (Stays && llvm::any_of(Out.Around, [](const LoopLine &X) {
        return X.Verdict == "parallel" || X.Verdict == "reduction";
      }))
    change("run the loop around it in parallel, which gives larger pieces of work");
}

LoopExplanation Explainer::run() {
  Out.At = T.At;
  Out.Function = Facts.Name.str().str();
  Out.Index = T.IndexName.str().str();
  Out.Verdict = nameOf(J.Verdict);
  Out.Work = J.Work;
  Out.Trip = T.Trip;
  Out.Assumptions = J.Assumptions;
  std::string Which = "this loop in `" + Out.Function + "`";
  switch (J.Verdict) {
  case LoopVerdict::Parallel:
    Out.Message = "iterations of " + Which + " are independent: it can run in parallel";
    break;
  case LoopVerdict::Reduction:
    Out.Message = "iterations of " + Which + " only combine their results: it can run in parallel";
    break;
  case LoopVerdict::Conditional:
    Out.Message = Which + " can run in parallel if " + llvm::join(J.Assumptions, " and ");
    break;
  case LoopVerdict::Carried:
    if (StringRef(J.Reason).contains("it is a search"))
      Out.Verdict = "search";
    Out.Message = Which + " must stay serial as it is: " + J.Reason;
    break;
  case LoopVerdict::Unknown:
    Out.Message = "whether " + Which + " can run in parallel is not known: " + J.Reason;
    break;
  }
  if (!T.Parallel.empty())
    Out.Today = T.Parallel.str().str();
  else if (T.Spelling.Directive)
    Out.Today = "#pragma " + T.Spelling.Directive.str().str();
  if (J.Verdict == LoopVerdict::Carried || J.Verdict == LoopVerdict::Unknown)
    conflict();
  else
    clauses();
  family();
  return std::move(Out);
}

bool covers(const Loop &L, uint32_t Line) {
  return L.At.Line <= Line && Line <= std::max({L.At.EndLine, L.Body.EndLine, L.At.Line});
}

/// Every loop of the files, by place.
template <class Fn>
void eachLoop(const Program &P, llvm::function_ref<bool(Symbol)> IsFile, Fn Do) {
  for (FunctionId F = 0; F < P.Functions.size(); ++F)
    for (uint32_t L = 0; L < P.facts(F).Loops.size(); ++L)
      if (const Loop &Each = P.facts(F).Loops[L]; Each.At.valid() && IsFile(Each.At.File))
        Do(LoopAt{F, L}, Each);
}

} // namespace

LoopExplanation explainLoop(const Program &P, FunctionId F, uint32_t L) {
  return Explainer(P, F, L).run();
}

std::vector<LoopAt> loopsAt(const Program &P, llvm::function_ref<bool(Symbol)> IsFile,
                            uint32_t Line) {
  std::vector<LoopAt> Out;
  auto key = [&](const LoopAt &X) -> const Span & { return P.facts(X.In).Loops[X.Loop].At; };
  eachLoop(P, IsFile, [&](LoopAt X, const Loop &L) {
    if (covers(L, Line))
      Out.push_back(X);
  });
  llvm::stable_sort(Out, [&](const LoopAt &A, const LoopAt &B) {
    return std::tie(key(B).Line, key(B).Column) < std::tie(key(A).Line, key(A).Column);
  });
  // A line that holds the headers of several loops asks for the first of them.
  auto Begins = [&](const LoopAt &X) { return key(X).Line == Line; };
  auto First = llvm::find_if(Out, Begins);
  auto Last = std::find_if_not(First, Out.end(), Begins);
  std::stable_sort(First, Last,
                   [&](const LoopAt &A, const LoopAt &B) { return key(A).Column < key(B).Column; });
  return Out;
}

std::vector<LoopAt> loopsNear(const Program &P, llvm::function_ref<bool(Symbol)> IsFile,
                              uint32_t Line) {
  LoopAt Before, After;
  auto line = [&](const LoopAt &X) { return P.facts(X.In).Loops[X.Loop].At.Line; };
  eachLoop(P, IsFile, [&](LoopAt X, const Loop &L) {
    if (L.At.Line <= Line && (Before.In == None || line(Before) < L.At.Line))
      Before = X;
    if (L.At.Line > Line && (After.In == None || line(After) > L.At.Line))
      After = X;
  });
  std::vector<LoopAt> Out;
  for (const LoopAt &X : {Before, After})
    if (X.In != None)
      Out.push_back(X);
  return Out;
}

} // namespace heddle
