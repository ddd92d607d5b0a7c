#include "advice/check.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Path.h"
#include <map>

using namespace heddle;

static const CheckInfo Info = {"false-sharing",
                               "threads keep writing to different data on one cache line",
                               "T1",
                               Severity::Warning,
                               /*DefaultOn=*/false,
                               "0.1",
                               R"(
## What it finds

Data that belongs to one thread each, lies on one cache line, and is written again and again: the
elements of an array that threads pick by their number, and neighbouring members of one object that
different threads write. Only writes in loops with many iterations count, and only those that reach
memory: of atomics and `volatile` variables, and of others where a call or a write through a pointer
keeps the compiler from holding the value in a register.

## Why it matters

The result is right, but the line moves from core to core at every write. Such loops often run slower
with more threads.

## Example

```cpp
std::atomic<long> done[8];

void worker(int id) {
  while (next())
    done[id]++;          // eight counters, one cache line
}

void run() {
  std::vector<std::thread> workers;
  for (int i = 0; i < 8; i++)
    workers.emplace_back(worker, i);
  for (std::thread &t : workers)
    t.join();
}
```

> `done[id]` is written in this loop by several threads, each at an element of its own; the elements
> are 8 bytes apart, so that several lie on one cache line, and it moves between the cores at every
> write

Repair: count in a local variable and store it once,

```cpp
void worker(int id) {
  long n = 0;
  while (next())
    n++;
  done[id] = n;
}
```

or give each element a line of its own:

```cpp
struct alignas(std::hardware_destructive_interference_size) Counter {
  std::atomic<long> n;
};
Counter done[8];
```

## What it does not report

* Writes under a lock, and loops that wait: something else takes the time there.
* Members that several threads write: they share the line in any case.
* Elements whose position is computed in a way that is not linear in the number of the thread.

What it costs depends on how often the threads write at the same time, which the text does not say.
So the check is off by default.
)",
                               {{"LineSize", "64", "bytes of a cache line"},
                                {"Iterations", "1000", "a loop is worth it from here on"}}};

namespace {

class Reporter {
public:
  Reporter(const Program &P, const CheckOptions &Options, Sink &Out)
      : P(P), Out(Out), LineSize(Options.number("LineSize")),
        Iterations(Options.number("Iterations")) {}

  void run() {
    std::vector<const HotWrite *> Hot;
    for (const HotWrite &W : P.HotWrites)
      if (W.Certain && isHot(W) && reachesMemory(W))
        Hot.push_back(&W);
    elements(Hot);
    members(Hot);
  }

private:
  const FunctionFacts &facts(const HotWrite &W) const { return P.facts(W.In); }

  static std::string quote(llvm::StringRef S) { return ("`" + S + "`").str(); }
  static std::string where(const Span &At) {
    return (llvm::sys::path::filename(At.File.str()) + ":" + llvm::Twine(At.Line)).str();
  }

  bool isHot(const HotWrite &W) const {
    const FunctionFacts &F = facts(W);
    double Times = 1;
    bool Long = false;
    for (uint32_t L = W.Loop; L < F.Loops.size(); L = F.Loops[L].Parent) {
      Long |= !F.Loops[L].Trip;
      Times *= F.Loops[L].Trip ? double(*F.Loops[L].Trip) : 1;
    }
    return (Long || Times >= double(Iterations)) && !waits(W);
  }

  bool waits(const HotWrite &W) const {
    const FunctionFacts &F = facts(W);
    for (const BlockingCall &B : F.Blocking)
      if (F.Calls[B.Call].Loop == W.Loop)
        return true;
    for (size_t I = 0; I < F.Calls.size(); ++I)
      if (F.Calls[I].Loop == W.Loop)
        for (const CallTarget &T : P.function(W.In).Targets[I])
          if (!P.function(T.Callee).Effects.Blocks.empty())
            return true;
    return false;
  }

  /// A value that nothing else in the loop can see stays in a register.
  bool reachesMemory(const HotWrite &W) const {
    if (W.What->Kind == AccessKind::AtomicWrite || W.What->Type.str().starts_with("volatile "))
      return true;
    const FunctionFacts &F = facts(W);
    for (size_t I = 0; I < F.Calls.size(); ++I)
      if (F.Calls[I].Loop == W.Loop && P.function(W.In).Targets[I].empty() &&
          !(P.Apis && P.Apis->find(F.Calls[I].Name.str()).Pure) && !F.Calls[I].System)
        return true;
    return llvm::any_of(F.Loops[W.Loop].Accesses, [&](const LoopAccess &A) {
      return A.Kind == AccessKind::Write && A.Type == W.What->Type && !(A.At == W.What->At) &&
             !A.Distinct && A.Base.Path.str().contains('*');
    });
  }

  /// The object that the member is in: the path without the last members.
  static Place objectOf(const HotWrite &W) {
    Place Object = W.On;
    llvm::StringRef Path = Object.Path.str();
    size_t End = Path.find_last_of("]*");
    Object.Path = Symbol(Path.take_front(End == llvm::StringRef::npos ? 0 : End + 1));
    return Object;
  }

  static bool differ(const HotWrite &A, const HotWrite &B) {
    return A.Thread != B.Thread && mayRunAtOnce(A, B);
  }

  /// The loop does not change the variable.
  static bool isKept(const FunctionFacts &F, uint32_t Loop, Symbol Variable) {
    for (; Loop < F.Loops.size(); Loop = F.Loops[Loop].Parent) {
      if (F.Loops[Loop].Index == Variable ||
          llvm::any_of(F.Loops[Loop].Scalars,
                       [&](const LoopScalar &S) { return S.Variable == Variable; }))
        return false;
    }
    return true;
  }

  /// Bytes from the element of one thread to that of the next; 0 when threads do
  /// not have one each.
  uint64_t distance(const HotWrite &W) const {
    const FunctionFacts &F = facts(W);
    const Place &Named = W.What->What;
    if (!objectOf(W).Path.str().ends_with("[]"))
      return 0;
    // By a pointer that the thread was given.
    if (!Named.Path.str().contains("[]")) {
      bool Given = Named.Root == RootKind::Parameter || Named.Root == RootKind::This ||
                   (Named.Root == RootKind::Local && isKept(F, W.Loop, Named.Name));
      return Given && P.Threads[W.Thread].Entry == W.In ? W.What->Object : 0;
    }
    for (const LoopAccess &A : F.Loops[W.Loop].Accesses) {
      if (!(A.At == W.What->At) || A.Kind != AccessKind::Write || A.Subscripts.size() != 1)
        continue;
      const Affine &I = A.Subscripts.front();
      if (!I.Known || I.Terms.size() != 1 || !isOfThread(W, I.Terms.front().Variable))
        return 0;
      return std::abs(I.Terms.front().Coefficient) * W.What->Object;
    }
    return 0;
  }

  /// A variable that has another value in every thread: a parameter or copy that it
  /// was given, or a variable of the function that it runs.
  bool isOfThread(const HotWrite &W, Symbol Variable) const {
    const FunctionFacts &F = facts(W);
    if (!isKept(F, W.Loop, Variable) || P.Threads[W.Thread].Entry != W.In)
      return false;
    llvm::StringRef Name = Variable.str();
    Name.consume_back("#entry");
    auto V = P.Variables.find(Symbol(Name));
    bool Static = V != P.Variables.end() && V->second->Static;
    // A captured reference is the same for all.
    bool Captured =
        !Name.starts_with(F.Usr.str()) && llvm::any_of(F.Accesses, [&](const Access &A) {
          return A.What.Root == RootKind::Local && A.What.Name.str() == Name;
        });
    return !Static && !Captured;
  }

  void elements(llvm::ArrayRef<const HotWrite *> Hot) {
    for (const HotWrite *W : Hot) {
      uint64_t Bytes = distance(*W);
      if (Bytes == 0 || Bytes >= LineSize || !Told.insert(objectOf(*W)).second)
        continue;
      auto Other = llvm::find_if(Hot, [&](const HotWrite *O) {
        return O->On == W->On && (differ(*W, *O) || (O == W && mayRunAtOnce(*W, *W)));
      });
      if (Other == Hot.end()) {
        Told.erase(objectOf(*W));
        continue;
      }
      Advice A = begin(*W);
      A.Message = quote(W->What->Text.str()) +
                  " is written in this loop by several threads, each at an element of its own; "
                  "the elements are " +
                  std::to_string(Bytes) +
                  " bytes apart, so that several lie on one cache line, and it moves between the "
                  "cores at every write";
      side(A, *W);
      if (*Other != W)
        side(A, **Other);
      remedy(A, *W, "each element");
      Out.add(std::move(A));
    }
  }

  void members(llvm::ArrayRef<const HotWrite *> Hot) {
    std::map<Place, std::vector<const HotWrite *>> Objects;
    for (const HotWrite *W : Hot)
      if (Place Object = objectOf(*W); !Object.Path.str().contains("[]") && !(Object == W->On))
        Objects[Object].push_back(W);
    for (const auto &[Object, Writes] : Objects) {
      auto IsShared = [&](const HotWrite *W) {
        return llvm::any_of(Writes, [&](const HotWrite *O) {
          return O->On == W->On && (mayRunAtOnce(*W, *O) || O->Thread != W->Thread);
        });
      };
      for (const HotWrite *W : Writes)
        for (const HotWrite *O : Writes) {
          if (O->What->Offset <= W->What->Offset || !differ(*W, *O) || !onOneLine(*W, *O) ||
              IsShared(W) || IsShared(O) || Told.count(Object))
            continue;
          Told.insert(Object);
          Advice A = begin(*W);
          A.Message = quote(W->What->Text.str()) + " is written in this loop by " +
                      P.Threads[W->Thread].Name.str().str() + ", and " +
                      quote(O->What->Text.str()) + ", " +
                      std::to_string(O->What->Offset - W->What->Offset) +
                      " bytes further in the same object, by " +
                      P.Threads[O->Thread].Name.str().str() + " at " + where(O->At) +
                      ": they lie on one cache line, which moves between the cores at every write";
          side(A, *W), side(A, *O);
          remedy(A, *W, "each of the members");
          Out.add(std::move(A));
        }
    }
  }

  bool onOneLine(const HotWrite &A, const HotWrite &B) const {
    uint64_t Low = A.What->Offset, High = B.What->Offset;
    return Low + A.What->Size <= High && High - Low < LineSize &&
           Low / LineSize == High / LineSize && A.What->Object == B.What->Object;
  }

  Advice begin(const HotWrite &W) const {
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = W.What->Kind == AccessKind::AtomicWrite ? Confidence::Medium : Confidence::Low;
    A.At = W.At;
    A.Identity = (facts(W).Name.str() + " " + W.What->Text.str()).str();
    return A;
  }

  static void note(Advice &A, const llvm::Twine &What, const Span &At) {
    if (At.valid())
      A.For.push_back({What.str(), Symbol("T1"), 1, At});
  }

  void side(Advice &A, const HotWrite &W) const {
    const Thread &T = P.Threads[W.Thread];
    if (T.Start)
      note(A,
           T.Name.str() + " starts here and runs " + quote(P.facts(T.Entry).Name.str()) +
               (T.Many ? "; several of it may run at once" : ""),
           T.Start->At);
    for (const Hop &H : W.Through)
      note(A, T.Name.str() + " comes by this call, in " + quote(P.facts(H.In).Name.str()), H.At);
    note(A, "written in the loop that begins here", facts(W).Loops[W.Loop].At);
  }

  void remedy(Advice &A, const HotWrite &W, llvm::StringRef What) const {
    bool C = W.At.File.str().ends_with(".c");
    auto V = P.Variables.find(W.On.Name);
    note(A,
         "keep the value in a local variable and store it after the loop, or give " + What +
             " a line of its own: " +
             (C ? "`_Alignas(64)`" : "`alignas(std::hardware_destructive_interference_size)`"),
         V != P.Variables.end() ? V->second->At : W.At);
  }

  const Program &P;
  Sink &Out;
  uint64_t LineSize, Iterations;
  llvm::DenseSet<Place> Told;
};

} // namespace

static void run(const Program &P, const CheckOptions &Options, Sink &Out) {
  Reporter(P, Options, Out).run();
}

HEDDLE_CHECK(Info, run)
