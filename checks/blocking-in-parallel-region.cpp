#include "advice/check.h"
#include "advice/waiting.h"
#include "program/build.h"
#include "program/lifetimes.h"

#include <map>
#include <set>

using namespace heddle;

static const CheckInfo Info = {"blocking-in-parallel-region",
                               "a parallel loop or region waits, with one thread a core",
                               "T3, P5",
                               Severity::Warning,
                               /*DefaultOn=*/true,
                               "0.1",
                               R"(
## What it finds

A call that waits for a device, the network, a process, time or another thread, in the body of an
OpenMP region, of a loop of TBB or of an algorithm with a parallel policy of `std::execution`:
directly, or in what it calls, in other files too.

## Why it matters

Such a region has as many threads as there are cores, because its work is computing. A thread that
waits leaves its core idle, and all others wait for it at the end of the region. A wait for another
thread can be for ever: with `std::execution::par_unseq` it is undefined ([algorithms.parallel.exec]),
and a pool whose workers all wait runs nobody's work.

## Example

```cpp
void fetchAll(std::vector<Page> &pages) {
#pragma omp parallel for
  for (int i = 0; i < (int)pages.size(); ++i) {
    pages[i].address = gethostbyname(pages[i].host);   // every core waits for the name server
    parse(pages[i]);
  }
}
```

> `gethostbyname` (name resolution) blocks in a parallel region, which has one thread a core: the core
> is idle meanwhile

Repair: wait first, with as many threads as waits may overlap or asynchronously, then compute in
parallel.

## What it does not report

* `single` and `master` blocks, where one thread waits for all; critical sections, which
  `blocking-under-lock` is for.
* Taking a lock, calls that only sometimes wait for long, and descriptors that may be non-blocking.
)",
                               {}};

namespace {

/// Algorithms within what algorithms are given.
constexpr unsigned MaxNesting = 4;

class Reporter {
public:
  Reporter(const Program &P, Sink &Out) : P(P), Out(Out) {}

  void run(FunctionId F) {
    const FunctionFacts &Facts = P.facts(F);
    for (uint32_t D = 0; D < Facts.Regions.Directives.size(); ++D)
      if (const Directive &Each = Facts.Regions.Directives[D];
          Each.Kind == DirectiveKind::Parallel && !Each.Single && Each.Body.valid())
        look(F, Each.At, Each.Name.str(), [&](uint32_t I) { return isRunByAll(Facts, I, D); });
    for (uint32_t L = 0; L < Facts.Loops.size(); ++L)
      if (const Loop &Each = Facts.Loops[L]; !Each.Parallel.empty() && !hasDirective(Facts, L))
        look(F, Each.At, Each.Parallel.str(),
             [&](uint32_t I) { return isInLoop(Facts, Facts.Calls[I].Loop, L); });
    for (const Launch &L : Facts.Launches)
      if (L.Kind == LaunchKind::ParallelRegion && P.Resolved)
        for (FunctionId Entry : P.Resolved->find(P, P.function(F).Unit, L.Entry))
          look(Entry, L.At, L.Api.str(), [](uint32_t) { return true; });
  }

private:
  static bool isWithin(const Span &At, const Span &Whole) {
    return At.File == Whole.File &&
           std::tie(At.Line, At.Column) >= std::tie(Whole.Line, Whole.Column) &&
           std::tie(At.Line, At.Column) < std::tie(Whole.EndLine, Whole.EndColumn);
  }

  /// In the body of the region, and not where one thread works for all.
  static bool isRunByAll(const FunctionFacts &F, uint32_t Call, uint32_t Region) {
    const Span &At = F.Calls[Call].At;
    return isWithin(At, F.Regions.Directives[Region].Body) &&
           llvm::none_of(F.Regions.Directives, [&](const Directive &D) {
             return (D.Kind == DirectiveKind::Single || D.Kind == DirectiveKind::Master ||
                     D.Kind == DirectiveKind::Critical || D.Kind == DirectiveKind::Ordered) &&
                    isWithin(At, D.Body);
           });
  }

  static bool hasDirective(const FunctionFacts &F, uint32_t Loop) {
    return llvm::any_of(F.Regions.Directives,
                        [&](const Directive &D) { return llvm::is_contained(D.Loops, Loop); });
  }

  void look(FunctionId F, const Span &Region, llvm::StringRef By,
            llvm::function_ref<bool(uint32_t)> IsInside, unsigned Depth = 0) {
    const FunctionFacts &Facts = P.facts(F);
    std::map<BlockCategory, Wait> Found;
    for (uint32_t I = 0; I < Facts.Calls.size(); ++I)
      if (IsInside(I) && Facts.Calls[I].ViaArgument) { // the body of an algorithm
        for (const CallTarget &T : P.function(F).Targets[I])
          if (Depth < MaxNesting)
            look(T.Callee, Region, By, [](uint32_t) { return true; }, Depth + 1);
      } else if (IsInside(I))
        for (Wait &W : waitsOf(P, F, I))
          if (W.matters() && (W.Fact->When != BlockWhen::IfNotNonblocking || W.Fact->Known)) {
            auto [It, New] = Found.try_emplace(W.Fact->Category, W);
            if (!New && order(W) < order(It->second))
              It->second = std::move(W);
          }
    for (const auto &[Category, W] : Found)
      if (Said.insert({W.named(), Category}).second)
        report(F, Region, By, W);
  }

  static std::tuple<int, int, size_t, Span> order(const Wait &W) {
    return {!W.Certain, int(W.Fact->When), W.Through.size(), W.named()};
  }

  void report(FunctionId F, const Span &Region, llvm::StringRef By, const Wait &W) {
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = W.Fact->When == BlockWhen::Always && W.Certain ? Confidence::High : Confidence::Medium;
    A.At = W.named();
    A.Message = saying(P, W) + (W.Through.empty() ? "" : ",") +
                " in a parallel region, which has one thread a core: the core is idle meanwhile";
    A.For.push_back({("the region begins here: `" + By + "`").str(), Symbol("P5"), 1, Region});
    showWay(P, W, Symbol("T3"), A);
    A.For.push_back({"wait before the region, with as many threads as waits may overlap, and "
                     "compute in it" +
                         insteadOf(W),
                     Symbol("T3"), 1, A.At});
    A.Identity = (P.facts(F).Name.str() + " " + W.Fact->Row.str()).str();
    Out.add(std::move(A));
  }

  const Program &P;
  Sink &Out;
  std::set<std::pair<Span, BlockCategory>> Said;
};

} // namespace

static void run(const Program &P, const CheckOptions &, Sink &Out) {
  Reporter R(P, Out);
  for (FunctionId F = 0; F < P.Functions.size(); ++F)
    R.run(F);
}

HEDDLE_CHECK(Info, run)
