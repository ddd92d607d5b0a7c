/// The child of a fork has one thread, the one that called fork. A lock that another thread
/// held at that moment is held for ever in the child: of the program, of the heap, of a
/// stream.
///
///     std::thread t(work);
///     if (fork() == 0) { log("child"); serve(); }   // log takes a lock that t uses
#include "advice/check.h"
#include "program/signalsafety.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

namespace heddle {
namespace {

const CheckInfo Info{
    .Name = "fork-with-threads",
    .Summary = "fork without exec while threads run; unsafe calls in the child",
    .Guidelines = "P4",
    .Level = Severity::Warning,
    .DefaultOn = true,
    .Since = "0.1",
    .Documentation = R"(
## What it finds

A `fork` at a moment when other threads may be running, whose child does more than POSIX allows there
before it runs another program or ends: it takes a lock, calls `exit`, a function of the C library
with a lock inside, `malloc` or `printf`, directly or through other functions. The child is the code
on the branch where `fork` has given 0, also where a function of the program returns that 0 to its caller.

## Why it matters

Only the thread that called `fork` is in the child. Whatever lock another thread held at that moment
stays locked there, and the data behind it stay half changed. The child hangs, now and then.

## Example

```cpp
std::mutex logMutex;
void log(const char *text) {
  std::lock_guard<std::mutex> guard(logMutex);
  puts(text);
}

void start() {
  std::thread worker([] { log("work"); });
  if (fork() == 0) {
    log("in the child");
    _exit(0);
  }
  worker.join();
}
```

> the child of this `fork` takes the lock `logMutex` in `log`, while other threads may be running:
> they are not in the child, and a lock that one of them held is never given back there

Repair: start the program with `posix_spawn`; or call `exec` at once, with nothing but
async-signal-safe functions between; or fork before the first thread starts.

## What it does not report

* A fork before the first thread starts, or after the last one has ended.
* Locks that no other thread takes.
* What comes after an `exec`, such as a message that it has failed.
* A child that is told from its parent in another way than by a test of the result.

The heap and the streams of the GNU C library are made usable again in the child, which POSIX does not
promise: that alone has low confidence.
)",
    .Options = {},
};

std::string quote(Symbol S) { return ("`" + S.str() + "`").str(); }

/// The lower, the worse.
unsigned gravity(const UnsafeStep &S) {
  switch (S.Cause) {
  case UnsafeCause::Lock:
    return S.Own && S.OneObject ? 0 : 1;
  case UnsafeCause::Teardown:
  case UnsafeCause::Jump:
    return 2;
  case UnsafeCause::Stream:
    return 3;
  case UnsafeCause::Heap:
    return 4;
  }
  return 5;
}

std::string clause(const UnsafeStep &S) {
  if (S.Own)
    return S.Why;
  if (S.What.str() == "new" || S.What.str() == "delete")
    return ("uses " + quote(S.What) + ", which " + S.Why);
  return "calls " + quote(S.What) + ", which " + S.Why;
}

class Reporter {
public:
  Reporter(const Program &P, Sink &Out) : P(P), Safety(P), Out(Out) {}

  void run() {
    llvm::DenseSet<const Launch *> Told;
    for (const ForkCall &C : P.ForkCalls)
      if (C.Certain && Told.insert(C.What).second)
        fork(C);
  }

private:
  /// A lock that another thread may hold when the process forks: it takes the same one, or
  /// one of the same name.
  bool isTaken(const ForkCall &C, const UnsafeStep &S) {
    return S.Lock && llvm::any_of(C.Live, [&](uint32_t T) {
             auto [It, New] = Locks.try_emplace(P.Threads[T].Entry);
             if (New)
               It->second = Safety.locksTaken(P.Threads[T].Entry);
             return llvm::binary_search(It->second, S.Lock);
           });
  }

  void fork(const ForkCall &C) {
    std::vector<ChildCode> Code = Safety.ofChild(C.In, *C.What);
    const UnsafeStep *Worst = nullptr;
    const ChildCode *Where = nullptr;
    for (const ChildCode &Part : Code)
      for (const UnsafeStep &S : Part.What.Unsafe)
        if ((S.Cause != UnsafeCause::Lock || isTaken(C, S)) &&
            (!Worst || std::make_pair(gravity(S), S.Through.size()) <
                           std::make_pair(gravity(*Worst), Worst->Through.size())))
          Worst = &S, Where = &Part;
    if (Worst)
      report(C, *Where, *Worst);
  }

  void report(const ForkCall &C, const ChildCode &Where, const UnsafeStep &S) {
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = gravity(S) >= 3   ? Confidence::Low
             : gravity(S) == 0 ? Confidence::High
                               : Confidence::Medium;
    A.At = C.At;
    A.Message = "the child of this " + quote(C.What->Api) + " " + clause(S);
    if (!S.Through.empty())
      A.Message += ", in " + quote(P.facts(S.In).Name);
    A.Message += ", while other threads may be running: they are not in the child, and a lock that "
                 "one of them held is never given back there";
    auto Note = [&](const llvm::Twine &What, const Span &At) {
      if (At.valid())
        A.For.push_back({What.str(), Symbol("P4"), 1, At});
    };
    unsigned Shown = 0;
    for (uint32_t T : C.Live) {
      const Thread &Other = P.Threads[T];
      if (Other.Start && Shown++ < 2)
        Note(Other.Name.str() + ", which runs " + quote(P.facts(Other.Entry).Name) +
                 ", may be running",
             Other.Start->At);
    }
    const Thread &Self = P.Threads[C.Thread];
    if (Self.Start)
      Note("the fork is in " + Self.Name.str() + ", beside " + P.Threads[C.Live.front()].Name.str(),
           Self.Start->At);
    for (const Hop &H : C.Through)
      Note(quote(P.facts(H.In).Name) + " comes to the fork by this call", H.At);
    if (Where.In != C.In)
      Note("the child goes on in " + quote(P.facts(Where.In).Name) + ", after this call", Where.At);
    for (size_t I = 0; I < S.Through.size(); ++I)
      Note("the child calls " +
               quote(P.facts(I + 1 < S.Through.size() ? S.Through[I + 1].In : S.In).Name) + " here",
           S.Through[I].At);
    Note("the child " + clause(S) + ", here", S.At);
    if (gravity(S) >= 3)
      A.Against.push_back({"the GNU C library makes its heap and streams usable again in the "
                           "child; POSIX does not promise it",
                           {},
                           -1,
                           S.At});
    Note(Where.What.Execs
             ? "start the program with `posix_spawn`, or do all that is not async-signal-safe "
               "before the fork"
             : "fork before the first thread starts, or run a program of its own with "
               "`posix_spawn`",
         C.At);
    A.Identity = (P.facts(C.In).Name.str() + " " + S.What.str()).str();
    Out.add(std::move(A));
  }

  const Program &P;
  SignalSafety Safety;
  Sink &Out;
  llvm::DenseMap<FunctionId, std::vector<Symbol>> Locks; ///< By entry of a thread.
};

void run(const Program &P, const CheckOptions &, Sink &Findings) { Reporter(P, Findings).run(); }

} // namespace

HEDDLE_CHECK(Info, run)

} // namespace heddle
