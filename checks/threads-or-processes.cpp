#include "advice/check.h"
#include "advice/weigh.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

using namespace heddle;

static const CheckInfo Info = {
    "threads-or-processes",
    "a place where another model of concurrency fits better than the one used",
    "all",
    Severity::Note,
    /*DefaultOn=*/true,
    "0.1",
    R"(
## What it finds

Loops, groups of blocking calls, handlers and existing launches for which the numbered guidelines
clearly name a model of concurrency (threads, processes, an event loop, a parallel loop) that the
code does not use. The notes are the evidence for and against, each with its guideline, and what
would change the answer. `heddle advise` shows all opportunities, also those that are well placed or
should stay serial, and the verdict for the whole program.

## Why it matters

The model decides what can go wrong and what can go fast. Waits overlap in threads or an event loop,
independent work spreads over a parallel loop, and what changes state of the whole process needs a
process of its own. The wrong model costs either speed or a rewrite.

## Example

```cpp
void render(const Scene &S, std::vector<Pixel> &Out) {
  for (size_t I = 0; I < Out.size(); ++I)
    Out[I] = trace(S, I);   // independent iterations, much work, nothing waits
}
```

> this loop in `render` can become a parallel loop: its iterations are independent, and the work is
> about 4.1 million operations, if it runs 1000 times

Repair: follow the answer, here with

```cpp
#pragma omp parallel for
```

or `std::for_each(std::execution::par, ...)`, and measure before and after.

## What it does not report

* Places that already use the model that fits, that should stay serial, or where the decisive facts
  are not known.
* Places below the confidence of the option `Confidence`, or with a small part of the program's
  work, or inside code that several workers run already.
* More places per function than the option `MaxPerFunction` says; the one with most work comes first.

This check is a note. Like every finding it makes `heddle check` end with 1;
`--checks=-heddle-threads-or-processes` leaves it out.
)",
    {{"Guidelines", "cpp", "cpp, book, or the path of a YAML file with guidelines"},
     {"Confidence", "medium", "least confidence of a report: low, medium or high"},
     {"MaxPerFunction", "1", "most reports for one function; 0 for no bound"},
     {"Evidence", "3", "most notes for, and most notes against"}}};

/// The first `N`, which are the strongest.
static std::vector<Evidence> strongest(const std::vector<Evidence> &All, int64_t N) {
  size_t Count = std::min(All.size(), static_cast<size_t>(std::max<int64_t>(N, 0)));
  return {All.begin(), All.begin() + Count};
}

static Advice toAdvice(const Program &P, const OpportunityVerdict &V, const CheckOptions &Options) {
  Advice A;
  A.Check = Symbol(Info.Name);
  A.Verdict = Symbol(enumNames(Verdict{})[static_cast<size_t>(V.Answer)]);
  A.RunnerUp = Symbol(enumNames(Verdict{})[static_cast<size_t>(V.RunnerUp)]);
  A.Margin = V.Margin;
  A.Level = Info.Level;
  A.Sure = V.Sure;
  A.At = V.What.At;
  A.Message = V.Message;
  A.For = strongest(V.For, Options.number("Evidence"));
  A.Against = strongest(V.Against, Options.number("Evidence"));
  llvm::append_range(A.For, strongest(V.First, Options.number("Evidence")));
  A.Kind = Symbol(enumNames(OpportunityKind{})[static_cast<size_t>(V.What.Kind)]);
  A.Identity = (P.facts(V.What.In).Name.str() + " " + A.Kind.str()).str();
  return A;
}

static Confidence leastConfidence(const CheckOptions &Options) {
  auto Names = enumNames(Confidence{});
  auto *It = llvm::find(Names, Options.text("Confidence"));
  return It == Names.end() ? Confidence::Medium : static_cast<Confidence>(It - Names.begin());
}

static void run(const Program &P, const CheckOptions &Options, Sink &Out) {
  llvm::Expected<Guidelines> G = loadGuidelines(Options.text("Guidelines"));
  if (!G) {
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Severity::Error;
    A.Message = llvm::toString(G.takeError());
    A.Identity = "guidelines";
    Out.add(std::move(A));
    return;
  }
  Confidence Least = leastConfidence(Options);
  int64_t Most = Options.number("MaxPerFunction");
  llvm::DenseMap<FunctionId, int64_t> Reported;
  for (const OpportunityVerdict &V : advise(P, *G).Opportunities) {
    bool Actionable = V.Answer != Verdict::Serial && V.Answer != Verdict::Insufficient &&
                      V.Answer != V.What.Current;
    if (!Actionable || V.Minor || V.Sure < Least)
      continue;
    if (Most > 0 && Reported[V.What.In] >= Most)
      continue;
    ++Reported[V.What.In];
    Out.add(toAdvice(P, V, Options));
  }
}

HEDDLE_CHECK(Info, run)
