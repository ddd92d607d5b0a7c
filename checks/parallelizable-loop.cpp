#include "advice/check.h"
#include "advice/parallelstyle.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <map>
#include <set>

using namespace heddle;

static const CheckInfo Info = {
    "parallelizable-loop",
    "a serial loop whose iterations are independent, or combine in a reduction",
    "P1, P2",
    Severity::Warning,
    /*DefaultOn=*/true,
    "0.1",
    R"(
## What it finds

Serial loops that can run in parallel: no iteration uses what another one wrote. Loops over an index,
a pointer, an iterator or a range count alike, and so do the algorithms of the standard library that
go through one.

* Scalars, arrays and objects that every iteration writes before it reads them are privatised.
* Sums, products, minima, maxima and the like are reductions, of scalars, of whole arrays
  (histograms), of the position of the least element (`argmin`), and of results that are collected
  with `push_back` (`append`).
* Variables that advance by the same amount in every iteration are computed from the index.
* Subscripts are compared exactly where they are linear in the loop indices, also when all rows
  stand in one array with a row length that is only known at run time.
* Calls count with the elements that they read and write, in whichever file they are defined.

Of a nest, the outermost loop that can run in parallel is reported, because it gives the largest
pieces of work.

## Why it matters

Independent iterations are work that can be split over all cores with one line of change, and
without locks.

## Example

```cpp
double norm(const double *A, int N) {
  double Sum = 0;
  for (int I = 0; I < N; ++I)
    Sum += A[I] * A[I];
  return Sum;
}
```

> iterations of this loop only combine their results: run it in parallel (index `I`,
> reduction(+: Sum))

Repair:

```cpp
#pragma omp parallel for reduction(+ : Sum)
  for (int I = 0; I < N; ++I)
```

A parallel sum of floating-point numbers may round differently in the last digits.

`heddle fix` and `clang-tidy --fix` make the edit, with every clause that the loop needs;
`ParallelStyle` writes it as a call of a parallel algorithm instead. `heddle explain FILE:LINE` says
why a loop is not among the findings.

## Verdicts

* `parallel`: the iterations are independent.
* `privatize`: they are, once the named variables are private to an iteration.
* `reduction`: they are, but for associative updates. What OpenMP has no clause for, such as `argmin`
  and `append`, comes without an edit and says what to do by hand.
* `conditional`: they are if the named assumption holds, for example that two pointer parameters do
  not overlap. Such a finding is a note of low confidence; `ReportConditional=false` turns it off.

## What it does not report

* Loops that run in parallel already, and loops inside these, also in a lambda that a parallel
  algorithm calls.
* Loops with too little work to pay for the start of threads: the estimated operations of one
  iteration times the number of iterations must reach `MinWork`. The default is about what a
  core does while a parallel region starts and joins, some 20 microseconds. A loop whose bound is
  not a constant counts as 1000 iterations, because a bound that is computed is usually the size of
  the data. Iterations that only move a few values, as when a table is filled, count for a tenth:
  the compiler makes vectors of them, and memory is the limit.
* Loops that leave early, do I/O, may throw, or call something whose effects are not known. A message
  on the way to the end of the program does not count as I/O.
)",
    {{"MinWork", "50000",
      "estimated operations of the whole loop below which it stays serial; 0 reports every loop"},
     {"ReportConditional", "true", "also report loops that are parallel under a named assumption"},
     {"FixConditional", "false",
      "also offer the edit of a loop that is parallel under an assumption; `heddle fix "
      "--conditional` sets it"},
     {"ParallelStyle", "openmp",
      "how the edit writes a parallel loop: with a directive of OpenMP, an algorithm of the "
      "standard library (C++17) or of oneTBB",
      "openmp|std|tbb"}},
};

namespace {

/// Iterations of a loop whose bound is not a constant.
constexpr double AssumedTrip = 1000;
/// Fewer iterations than this leave cores idle whatever the work is.
constexpr uint64_t TinyTrip = 4;
/// Iterations of no more operations only move data, as in filling a table: the
/// compiler makes vectors of them, and memory is the limit.
constexpr double TightWork = 12, TightShare = 0.1;
/// Operations of an iteration below which the appending costs as much.
constexpr double AppendWork = 20;

std::string number(double N) {
  std::string Out;
  llvm::raw_string_ostream S(Out);
  if (N < 10000)
    S << static_cast<uint64_t>(N);
  else if (N < 1e6)
    S << llvm::format("%.0f thousand", N / 1e3);
  else if (N < 1e9)
    S << llvm::format("%.1f million", N / 1e6);
  else
    S << llvm::format("%.1f billion", N / 1e9);
  return Out;
}

class Finder {
public:
  Finder(const Program &P, const CheckOptions &O, Sink &Out)
      : P(P), MinWork(O.number("MinWork")), Conditional(O.flag("ReportConditional")),
        FixConditional(O.flag("FixConditional")), Style(parallelStyle(O.text("ParallelStyle"))),
        Out(Out) {
    findRegions();
  }

  void function(FunctionId F);
  void finish();
  void findRegions();

private:
  /// True when the loop or one around it needs no report of its own.
  bool consider(FunctionId F, uint32_t L);
  void report(FunctionId F, uint32_t L, const LoopJudgement &J, double Trip);
  static double worth(const LoopJudgement &J);

  const Program &P;
  int64_t MinWork;
  bool Conditional, FixConditional;
  ParallelStyle Style;
  std::set<Symbol> Regions; ///< Lambdas and functions that a parallel algorithm calls.
  Sink &Out;
  std::vector<Advice> Found;
  std::set<Span> Rejected; ///< Loops that may not run in parallel.
};

/// Reports what holds for every instantiation of a template, with the edit on
/// which all agree.
void Finder::finish() {
  std::map<Span, std::set<std::string>> Texts;
  for (const Advice &A : Found) {
    std::string All;
    for (const Edit &E : A.Edits)
      All += E.Text;
    Texts[A.At].insert(All);
  }
  for (Advice &A : Found) {
    if (Rejected.count(A.At))
      continue;
    if (Texts[A.At].size() > 1)
      A.Edits.clear();
    Out.add(std::move(A));
  }
}

/// What runs in parallel already: what tbb::parallel_for and its like start, and
/// what is handed to an algorithm of the library with an execution policy.
void Finder::findRegions() {
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    const FunctionFacts &Facts = P.facts(F);
    for (const Launch &L : Facts.Launches)
      if (L.Kind == LaunchKind::ParallelRegion)
        Regions.insert(L.Entry);
    for (const Call &C : Facts.Calls)
      // The policy is a type argument of the instance: parallel_policy and its like.
      if (C.System && C.Callee.str().contains("parallel_") && C.Callee.str().contains("_policy"))
        for (const Callable &Each : C.Callables)
          Regions.insert(Each.Usr);
  }
}

void Finder::function(FunctionId F) {
  if (Regions.count(P.facts(F).Usr))
    return;
  const std::vector<Loop> &Loops = P.facts(F).Loops;
  std::vector<bool> Settled(Loops.size());
  for (uint32_t L = 0; L < Loops.size(); ++L) {
    // A parent stands before its children.
    uint32_t Parent = Loops[L].Parent;
    Settled[L] = (Parent != None && Settled[Parent]) || consider(F, L);
  }
}

/// The operations of an iteration that several threads would save.
double Finder::worth(const LoopJudgement &J) {
  // The elements are moved once more when the threads' parts are put together.
  bool Appends = llvm::any_of(
      J.Reductions, [](const LoopJudgement::Reduction &R) { return R.Operator.str() == "append"; });
  if (Appends && J.Work < AppendWork)
    return 0;
  return J.Work <= TightWork ? J.Work * TightShare : J.Work;
}

bool Finder::consider(FunctionId F, uint32_t L) {
  const Loop &T = P.facts(F).Loops[L];
  if (!T.Parallel.empty())
    return true;
  if (T.Trip && (*T.Trip < 2 || (MinWork > 0 && *T.Trip < TinyTrip)))
    return false;
  LoopJudgement J = judgeLoop(P, F, L);
  if (J.Verdict == LoopVerdict::Carried || J.Verdict == LoopVerdict::Unknown) {
    Rejected.insert(T.At);
    return false;
  }
  if (J.Verdict == LoopVerdict::Conditional && !Conditional)
    return false;
  double Trip = T.Trip ? static_cast<double>(*T.Trip) : AssumedTrip;
  if (Trip * worth(J) < static_cast<double>(MinWork))
    return false;
  report(F, L, J, Trip);
  return true;
}

void Finder::report(FunctionId F, uint32_t L, const LoopJudgement &J, double Trip) {
  const FunctionFacts &Facts = P.facts(F);
  const Loop &T = Facts.Loops[L];
  bool Privatise =
      !J.Private.empty() || !J.LastPrivate.empty() || !J.FirstPrivate.empty() || !J.Linears.empty();
  ParallelFix Fix = parallelFix(Style, P, F, L, J);
  Advice A;
  A.Check = Symbol(Info.Name);
  A.Kind = Symbol("loop");
  A.At = T.At;
  std::string How = T.IndexName.empty() ? std::string() : "index `" + T.IndexName.str().str() + "`";
  for (const std::string &C : Fix.Clauses)
    How += (How.empty() ? "" : ", ") + C;
  if (!How.empty())
    How = " (" + How + ")";
  switch (J.Verdict) {
  case LoopVerdict::Conditional:
    A.Verdict = Symbol("conditional");
    A.Level = Severity::Note;
    A.Sure = Confidence::Low;
    A.Message = "this loop can run in parallel if " + llvm::join(J.Assumptions, " and ") + How;
    break;
  case LoopVerdict::Reduction:
    A.Verdict = Symbol("reduction");
    A.Message = "iterations of this loop only combine their results: run it in parallel" + How;
    break;
  default:
    A.Verdict = Symbol(Privatise ? "privatize" : "parallel");
    A.Message = "iterations of this loop are independent: run it in parallel" + How;
  }
  if (J.Verdict != LoopVerdict::Conditional)
    A.Sure = T.Calls.empty() ? Confidence::High : Confidence::Medium;

  A.For.push_back({"about " + number(J.Work) + " operations in each of " +
                       (T.Trip ? number(Trip) : "an unknown number of") + " iterations",
                   Symbol("P1"), 1, T.At});
  A.For.push_back({J.Verdict == LoopVerdict::Conditional
                       ? "no iteration uses what another one wrote, if the assumption holds"
                       : "no iteration uses what another one wrote",
                   Symbol("P2"), 1, T.Body});
  for (const LoopScalar &S : T.Scalars)
    if (S.Use == ScalarUse::Reduction)
      A.For.push_back({("`" + S.Name.str() + "` is only combined with `" + S.Operator.str() +
                        "`, so every thread can keep a part of it")
                           .str(),
                       Symbol("P2"), 1, S.At});
  bool Offer = J.Verdict != LoopVerdict::Conditional || FixConditional;
  if (Offer)
    A.Edits = std::move(Fix.Edits);
  bool Done = T.Spelling.Directive.str().starts_with("omp");
  if (Offer && !Done && !Fix.ByHand.empty())
    A.For.push_back({"to be written by hand: " + Fix.ByHand, Symbol(), 0, T.At});
  A.Identity = (Facts.Name.str() + " loop " + llvm::Twine(L) + " " + T.IndexName.str()).str();
  Found.push_back(std::move(A));
}

void run(const Program &P, const CheckOptions &O, Sink &Out) {
  Finder Find(P, O, Out);
  for (FunctionId F = 0; F < P.Functions.size(); ++F)
    Find.function(F);
  Find.finish();
}

} // namespace

HEDDLE_CHECK(Info, run)
