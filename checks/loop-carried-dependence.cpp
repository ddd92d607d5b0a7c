#include "advice/check.h"
#include "program/loops.h"
#include "program/regions.h"

#include "llvm/ADT/STLExtras.h"

using namespace heddle;

static const CheckInfo Info = {
    "loop-carried-dependence",
    "a loop run in parallel that must not be, or lacks private/reduction",
    "P2, T1",
    Severity::Warning,
    /*DefaultOn=*/true,
    "0.1",
    R"(
## What it finds

Loops and regions that run in parallel already, and have two accesses to the same memory that may
happen at the same time, at least one of them a write:

* iterations of a worksharing, `taskloop` or `simd` loop that use what another one writes;
* temporaries that lack `private`, sums that lack `reduction`, results that lack `lastprivate`;
* code that every thread of a region executes and that changes shared memory;
* pieces between which a barrier is missing, as after `nowait` or `master`;
* sections, tasks and their siblings, when no `taskwait`, `taskgroup` or `depend` orders them;
* critical sections of different names for the same memory, and updates of which only some are
  atomic or critical.

The rules of OpenMP say what is shared and what has a copy in each thread. Subscripts are compared
exactly where they are linear in the loop indices, and calls count with what they read and write, in
whichever file they are defined. The same holds for loops that `std::execution` or TBB run in
parallel.

## Why it matters

The result depends on which thread comes first. Such a program often works on the machine where it
was written, and gives wrong numbers, without a crash, on one with more cores or another compiler.

## Example

```cpp
double norm(const double *A, int N) {
  double Sum = 0, T;
#pragma omp parallel for
  for (int I = 0; I < N; ++I) {
    T = A[I];
    Sum += T * T;
  }
  return Sum;
}
```

> iterations of this loop all write `T`, which the threads share: it lacks `private(T)`

> iterations of this loop all update `Sum` at the same time: it lacks `reduction(+ : Sum)`

Repair:

```cpp
#pragma omp parallel for private(T) reduction(+ : Sum)
```

## What it does not report

* What cannot be told: elements whose subscripts are not linear, pointers that may or may not point
  to the same memory, calls of functions whose bodies are not in the sources.
* Accesses after a loop that waits for another thread by a flag.
* Accesses in different `nowait` loops with the same static schedule: each thread has the same
  iterations of both.
)",
    {},
};

namespace {

std::string quote(llvm::StringRef S) { return ("`" + S + "`").str(); }
std::string quote(Symbol S) { return quote(S.str()); }

class Reporter {
public:
  Reporter(const Program &P, Sink &Out) : P(P), Out(Out) {}

  void race(const Race &R);
  void loop(FunctionId F, uint32_t L);

private:
  static std::string does(const RaceSide &S) {
    std::string Out = S.Write ? S.ReadsToo ? "updated" : "written" : "read";
    if (!S.Callee.empty())
      Out += " by " + quote(S.Callee);
    return Out;
  }
  /// The threads agree on nothing about this memory: how each side is protected.
  static std::string protection(const RaceSide &S) {
    if (!S.Criticals.empty())
      return S.Criticals[0].empty() ? "in the critical section without a name"
                                    : "in the critical section " + quote(S.Criticals[0]);
    if (S.Atomic)
      return "atomically";
    if (!S.Locks.empty())
      return "under " + quote(S.Locks[0]);
    return "without protection";
  }
  static bool isProtected(const RaceSide &S) {
    return !S.Criticals.empty() || S.Atomic || !S.Locks.empty();
  }
  static std::string when(const Race &R);
  static std::string repair(const Race &R);
  std::string iterations(const Race &R) const;
  std::string cause(const Race &R) const;

  const Program &P;
  Sink &Out;
};

/// The iteration of B as seen from A.
std::string Reporter::when(const Race &R) {
  if (!R.Distance || !*R.Distance)
    return "another iteration";
  int64_t N = std::abs(*R.Distance);
  if (N == 1)
    return *R.Distance > 0 ? "the next iteration" : "the iteration before";
  return "the iteration " + std::to_string(N) + (*R.Distance > 0 ? " later" : " earlier");
}

/// For lanes: how many may run together.
std::string Reporter::repair(const Race &R) {
  int64_t N = R.Distance ? std::abs(*R.Distance) : 0;
  if (N > 1)
    return "it lacks `safelen(" + std::to_string(N) + ")`";
  return "this loop must not run with `simd`";
}

/// What is wrong, and the repair, for iterations of a loop.
std::string Reporter::iterations(const Race &R) const {
  std::string Name = quote(R.Name);
  if (R.Scalar && R.Use) {
    const LoopScalar &S = *R.Use;
    std::string Variable = S.Name.str().split('.').first.str();
    switch (S.Use) {
    case ScalarUse::Private:
      return "iterations of this loop all write " + quote(S.Name) +
             ", which the threads share: it lacks `" +
             (S.ReadAfter && !S.Global ? "lastprivate(" : "private(") + Variable + ")`";
    case ScalarUse::Reduction:
      return "iterations of this loop all update " + quote(S.Name) +
             " at the same time: it lacks `reduction(" + S.Operator.str().str() + " : " + Variable +
             ")`";
    case ScalarUse::Induction:
      return "iterations of this loop all advance " + quote(S.Name) +
             " at the same time: compute it from the index of the loop";
    case ScalarUse::WrapAround:
    case ScalarUse::Carried:
      break;
    }
  }
  if (R.Scalar) {
    if (R.A.ReadsToo && R.B.ReadsToo && !R.A.Operator.empty() && R.A.Operator == R.B.Operator)
      return "iterations of this loop all update " + quote(R.A.Text) +
             " at the same time: make it a reduction (" + R.A.Operator.str().str() + ") or atomic";
    return quote(R.A.Text) + " is " + does(R.A) + " here in one iteration, and " +
           (R.A.At == R.B.At ? std::string("by other threads in others")
                             : does(R.B) + " in another one") +
           " at the same time: this loop must not run in parallel as it is";
  }
  if (R.A.At == R.B.At && R.A.ReadsToo && !R.A.Operator.empty())
    return quote(R.A.Text) + " is the same element in several iterations, and updated here by " +
           "several threads at the same time: make it atomic, or a reduction (" +
           R.A.Operator.str().str() + ") of " + Name;
  if (R.A.At == R.B.At)
    return quote(R.A.Text) + " is the same element in several iterations, and " + does(R.A) +
           " here by several threads at the same time: this loop must not run in parallel as it is";
  return quote(R.A.Text) + " is " + does(R.A) + " here, and the same element is " + does(R.B) +
         " as " + quote(R.B.Text) + " in " + when(R) +
         ": this loop must not run in parallel as it is";
}

std::string Reporter::cause(const Race &R) const {
  std::string A = quote(R.A.Text) + " is " + does(R.A) + " here";
  if (R.OtherTeam)
    return A + (R.A.Criticals.empty() ? " under a lock" : " in a critical section") +
           ", which does not exclude the threads of other teams: make it atomic or a reduction";
  bool Team = R.Relation != RaceRelation::Lanes && R.Relation != RaceRelation::Merged;
  if (Team && !R.A.Criticals.empty() && !R.B.Criticals.empty())
    return A + " " + protection(R.A) + ", and " + does(R.B) + " " + protection(R.B) +
           ": sections of different names do not exclude each other";
  if (Team && !R.A.Locks.empty() && !R.B.Locks.empty())
    return A + " " + protection(R.A) + ", and " + does(R.B) + " " + protection(R.B) +
           ": different locks do not exclude each other";
  if (Team && isProtected(R.A) != isProtected(R.B))
    return A + " " + protection(R.A) + ", and " + does(R.B) + " " + protection(R.B) +
           " at the same time: protect both alike";
  switch (R.Relation) {
  case RaceRelation::Iterations:
    return iterations(R);
  case RaceRelation::Threads:
    if (R.A.At == R.B.At && R.A.ReadsToo)
      return A + " by every thread of the parallel region at the same time: make it atomic" +
             (R.A.Operator.empty() ? std::string() : " or a reduction");
    if (R.A.OneThread || R.B.OneThread)
      return A + (R.A.OneThread ? " by one thread and " : " and ") + does(R.B) +
             (R.B.OneThread ? " by another" : " by the others") +
             " at the same time: a barrier or a lock is missing";
    return A + " by every thread of the parallel region" +
           (R.A.At == R.B.At ? std::string() : " and " + does(R.B) + " by the others") +
           " at the same time: make it private, or let one thread do it";
  case RaceRelation::Constructs:
    if (R.NoWait != None)
      return A + " and " + does(R.B) +
             " by another thread at the same time, because `nowait` lets " +
             "the threads go on: remove it";
    return A + " and " + does(R.B) +
           " by another thread at the same time: a barrier is missing "
           "between them";
  case RaceRelation::Sections:
    return A + " and " + does(R.B) + " in another section, which runs at the same time";
  case RaceRelation::Tasks:
    return A + " and " + does(R.B) +
           " by a task that runs at the same time: order them with `depend` or `taskwait`";
  case RaceRelation::Lanes:
    if (R.Scalar && R.Use && R.Use->Use == ScalarUse::Reduction)
      return "lanes of this loop all update " + quote(R.Name) + ": it lacks `reduction(" +
             R.Use->Operator.str().str() + " : " + R.Name.str().str() + ")`";
    if (R.Scalar && R.Use && R.Use->Use == ScalarUse::Induction)
      return "lanes of this loop all advance " + quote(R.Name) +
             ": it lacks `linear`, or compute it from the index";
    if (R.Scalar)
      return quote(R.Name) +
             " is read here by a lane before the one beside it has written it: this "
             "loop must not run with `simd`";
    return A + ", and the same element is " + does(R.B) + " as " + quote(R.B.Text) + " in " +
           when(R) + ", too early when they are lanes: " + repair(R);
  case RaceRelation::Merged:
    return A + " in a mergeable task, which may or may not have its own copy: " +
           "make it shared or private, or remove `mergeable`";
  }
  return A;
}

void Reporter::race(const Race &R) {
  const FunctionFacts &Facts = P.facts(R.F);
  Advice A;
  A.Check = Symbol(Info.Name);
  A.Kind = Symbol("loop");
  A.At = R.A.At;
  A.Message = cause(R);
  if (!R.A.Callee.empty() || !R.B.Callee.empty())
    A.Sure = Confidence::Medium;
  if (!(R.B.At == R.A.At))
    A.For.push_back({quote(R.B.Text) + " is " + does(R.B) + " here", Symbol("T1"), 1, R.B.At});
  for (const RaceSide *S : {&R.A, &R.B})
    if (!S->Callee.empty() && S->Inside.valid() && (S == &R.A || !(R.A.Inside == S->Inside)))
      A.For.push_back({quote(S->Text) + " is " + (S->Write ? "written" : "read") + " here, in " +
                           quote(S->Callee),
                       Symbol("T1"), 1, S->Inside});
  if (R.NoWait != None)
    A.For.push_back(
        {"`nowait` is here", Symbol("T1"), 1, P.facts(R.NoWaitIn).Regions.Directives[R.NoWait].At});
  if (R.Region != None) {
    const Directive &D = Facts.Regions.Directives[R.Region];
    A.For.push_back({quote(D.Name) + " begins here", Symbol("P2"), 1, D.At});
  }
  A.Identity =
      (Facts.Name.str() + " " + R.Name.str() + " " + enumNames(R.Relation)[size_t(R.Relation)])
          .str();
  Out.add(std::move(A));
}

/// A loop that another library runs in parallel.
void Reporter::loop(FunctionId F, uint32_t L) {
  const FunctionFacts &Facts = P.facts(F);
  const Loop &T = Facts.Loops[L];
  LoopJudgement J = judgeLoop(P, F, L);
  std::string Fault;
  if (J.Verdict == LoopVerdict::Carried)
    Fault = J.Reason;
  // There are no clauses: what would need one is shared.
  if (J.Verdict != LoopVerdict::Carried && J.Verdict != LoopVerdict::Unknown) {
    for (const LoopJudgement::Reduction &R : J.Reductions)
      if (!R.Name.empty() && Fault.empty())
        Fault = R.Operator.str() == "append"
                    ? "several threads add to " + quote(R.Name) + " at the same time"
                    : "several threads update " + quote(R.Name) +
                          " at the same time: make it atomic, or reduce to it";
    for (const auto *All : {&J.Scratch, &J.Private, &J.FirstPrivate, &J.LastPrivate})
      for (Symbol S : *All)
        if (Fault.empty() && (All == &J.Scratch || J.Verdict != LoopVerdict::Conditional))
          Fault = quote(S) + " is written by several threads at the same time: declare it inside";
  }
  if (Fault.empty())
    return;
  Advice A;
  A.Check = Symbol(Info.Name);
  A.Kind = Symbol("loop");
  A.At = T.At;
  A.Message = Fault + ": this loop must not run in parallel as it is";
  if (J.From.valid())
    A.For.push_back({"one side is here", Symbol("T1"), 1, J.From});
  if (J.To.valid() && !(J.To == J.From))
    A.For.push_back({"the other is here", Symbol("T1"), 1, J.To});
  A.Identity = (Facts.Name.str() + " loop " + T.IndexName.str()).str();
  Out.add(std::move(A));
}

void run(const Program &P, const CheckOptions &, Sink &Out) {
  Reporter Report(P, Out);
  for (const Race &R : findRaces(P))
    Report.race(R);
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    const std::vector<Loop> &Loops = P.facts(F).Loops;
    for (uint32_t L = 0; L < Loops.size(); ++L)
      if (Loops[L].Parallel.str() == "std::execution" || Loops[L].Parallel.str() == "tbb")
        Report.loop(F, L);
  }
}

} // namespace

HEDDLE_CHECK(Info, run)
