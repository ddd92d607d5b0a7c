/// A program that is started once per item: the start costs more than most items do.
///
///     while (fgets(line, sizeof line, in)) { ...; system(command); }
#include "advice/check.h"
#include "program/items.h"
#include "program/signalsafety.h"
#include "program/starts.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

namespace heddle {
namespace {

const CheckInfo Info{
    .Name = "process-per-item",
    .Summary = "a program is started for every item of a loop",
    .Guidelines = "P3, T2",
    .Level = Severity::Warning,
    .DefaultOn = true,
    .Since = "0.1",
    .Documentation = R"(
## What it finds

A program that is started once per item in a loop over data: by `system`, `popen`, `posix_spawn`, or by
`fork` and `exec`, per line of an input, per element of a container, list or array, directly or through
the functions that the loop calls.

## Why it matters

To start a program, the kernel copies the tables of the address space, maps the file, links it and
throws all of it away again at the end; `system` and `popen` start a shell in front of it. That is
paid for every item, and mostly costs more than the work on the item.

## Example

```cpp
void compressAll(const std::vector<std::string> &paths) {
  for (const std::string &path : paths)
    std::system(("gzip " + path).c_str());
}
```

> a program is started here for every element of `paths` of the loop, by `system`: each item pays for a
> process, and for a shell in front of it

Repair: do the work in this process, with a library; or give many items to one process, as arguments or
lines of its input.

```cpp
  std::string command = "gzip";
  for (const std::string &path : paths)
    command += " " + path;
  std::system(command.c_str());
```

## What it does not report

* Loops that start a program again when it has ended, and those that count to a number of workers.
* Processes that run the same program on (`fork` without `exec`), and those that nobody waits for where
  they are started: services that go on.
* Functions that start a program under a condition of their own, when the loop calls them.
* Loops that are left after a program has been started, or known to start fewer than four.
)",
    .Options = {},
};

std::string quote(Symbol S) { return ("`" + S.str() + "`").str(); }

class Finder {
public:
  Finder(const Program &P, Sink &Out) : P(P), Starts(findStarts(P)), Safety(P), Out(Out) {}

  void run() {
    for (FunctionId F = 0; F < P.Functions.size(); ++F) {
      const FunctionFacts &Facts = P.facts(F);
      for (uint32_t L = Facts.Loops.size(); L-- > 0;)
        if (std::optional<ItemLoop> Items = itemsOf(P, F, L))
          loop(F, L, *Items);
    }
  }

private:
  /// It runs another program, not this one on.
  bool runsProgram(FunctionId In, const Launch &L) {
    if (L.Kind != LaunchKind::Process || L.Entry || L.EntryParameter != None)
      return false;
    return L.Child == -1 ||
           llvm::any_of(Safety.ofChild(In, L), [](const ChildCode &C) { return C.What.Execs; });
  }

  static bool isWait(const BlockingCall *B) {
    return B && B->Category == BlockCategory::Process && B->When == BlockWhen::Always;
  }
  bool waits(FunctionId F) const {
    return llvm::any_of(P.function(F).Effects.Blocks,
                        [](const EffectBlock &B) { return isWait(B.Fact); });
  }

  /// Somebody waits for the end of what is started: it is the work on the item, and no
  /// service that goes on.
  bool isAwaited(FunctionId F, uint32_t L, FunctionId In, const Chain &Through) const {
    const FunctionFacts &Facts = P.facts(F);
    if (llvm::any_of(Facts.Blocking, [](const BlockingCall &B) { return isWait(&B); }))
      return true;
    if (In == F)
      for (uint32_t C = 0; C < Facts.Calls.size(); ++C)
        if (isLoopWithin(Facts, Facts.Calls[C].Loop, L))
          for (const CallTarget &T : P.function(F).Targets[C])
            if (waits(T.Callee))
              return true;
    return In != F && (waits(In) || llvm::any_of(Through, [&](const Hop &H) {
                         return H.In != F && waits(H.In);
                       }));
  }

  void loop(FunctionId F, uint32_t L, const ItemLoop &Items) {
    const FunctionFacts &Facts = P.facts(F);
    for (uint32_t I = 0; I < Facts.Launches.size(); ++I) {
      const Launch &Start = Facts.Launches[I];
      if (isLoopWithin(Facts, Start.Loop, L) && isRepeated(Facts, L, EventKind::Launch, I) &&
          runsProgram(F, Start) && isAwaited(F, L, F, {}))
        report(F, L, Items, Start, Start.At, {});
    }
    for (uint32_t C = 0; C < Facts.Calls.size(); ++C) {
      const auto &Targets = P.function(F).Targets[C];
      if (Targets.size() != 1 || !Targets[0].Certain || Starts[Targets[0].Callee].empty() ||
          !isLoopWithin(Facts, Facts.Calls[C].Loop, L) || !isRepeated(Facts, L, EventKind::Call, C))
        continue;
      for (const ReachedStart &S : Starts[Targets[0].Callee])
        if (S.Always && runsProgram(S.In, *S.Start) && isAwaited(F, L, S.In, S.Through)) {
          report(F, L, Items, *S.Start, Facts.Calls[C].At, S.Through);
          break;
        }
    }
  }

  void report(FunctionId F, uint32_t L, const ItemLoop &Items, const Launch &Start, const Span &At,
              const Chain &Through) {
    if (!Told.insert({F, &Start}).second)
      return;
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = Through.empty() ? Confidence::High : Confidence::Medium;
    A.At = At;
    A.Message = "a program is started here for every " + Items.What + " of the loop, by " +
                quote(Start.Api) + ": each item pays for a process of its own";
    auto Note = [&](const llvm::Twine &What, const Span &Where, llvm::StringRef Guideline) {
      A.For.push_back({What.str(), Symbol(Guideline), 1, Where});
    };
    Note(Items.From == ItemSource::Input ? "the loop takes the next " + Items.What + " here"
                                         : "the loop goes over every " + Items.What,
         Items.At, "P3");
    for (const Hop &H : Through)
      Note("through this call, in " + quote(P.facts(H.In).Name), H.At, "");
    if (!(At == Start.At))
      Note("the program is started here", Start.At, "T2");
    Note("do the work in this process with a library, or hand many items to one process, as "
         "arguments or as lines of its input",
         At, "T2");
    A.Identity = (P.facts(F).Name.str() + " loop " + llvm::Twine(L) + " " + Start.Api.str()).str();
    Out.add(std::move(A));
  }

  const Program &P;
  std::vector<std::vector<ReachedStart>> Starts;
  SignalSafety Safety;
  Sink &Out;
  llvm::DenseSet<std::pair<FunctionId, const Launch *>> Told;
};

void run(const Program &P, const CheckOptions &, Sink &Findings) { Finder(P, Findings).run(); }

} // namespace

HEDDLE_CHECK(Info, run)

} // namespace heddle
