/// A signal handler runs between two instructions of whatever the process does. What it
/// calls may be what it has interrupted: then it waits for a lock that only the interrupted
/// code can give back, or finds data half changed.
///
///     void onTerm(int) { printf("bye\n"); exit(0); }
///     signal(SIGTERM, onTerm);
#include "advice/check.h"
#include "program/handlers.h"
#include "program/signalsafety.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include <csignal>

namespace heddle {
namespace {

const CheckInfo Info{
    .Name = "unsafe-signal-handler",
    .Summary = "a signal handler calls what is not async-signal-safe",
    .Guidelines = "T3",
    .Level = Severity::Warning,
    .DefaultOn = true,
    .Since = "0.1",
    .Documentation = R"(
## What it finds

A function that is installed as a signal handler (`signal`, `sigaction`, through a function of the
program that installs what it is given as well) and that calls, directly or through other functions,
what is not async-signal-safe: it writes to a stream, allocates or frees memory, takes a lock, runs
exit handlers (`exit`), or jumps out of the interrupted code (`longjmp`).

## Why it matters

The signal may come while the process is in that very function. If `malloc` holds the lock of the heap,
a handler that calls `malloc` waits for a lock that can only be given back after the handler has
returned: the process hangs, once in a million signals. POSIX calls it undefined.

## Example

```cpp
void onTerm(int) {
  printf("terminating\n");
  exit(0);
}

int main() {
  signal(SIGTERM, onTerm);
}
```

> `onTerm` is a signal handler and calls `printf`, which takes the lock of a stream and changes its
> buffer: a signal that comes while that is in progress finds it half done, or waits for it for ever

Repair: set a flag, and do the work where the flag is looked at.

```cpp
volatile sig_atomic_t stop;
void onTerm(int) { stop = 1; }
```

In an event loop, write a byte to a pipe that the loop reads, or read signals with `signalfd`.

## What it does not report

* What POSIX allows in a handler: `write`, `_exit`, `kill`, `sem_post`, `waitpid` and the like; and
  `snprintf`, `strerror`, `sysconf`, which it does not allow, but which do no harm in practice.
* Functions whose body is not in the sources and that are not known to be unsafe.
* Data that a handler shares with the program.

What a handler of last resort does, after a crash (`SIGSEGV`, `SIGABRT`...) or before it ends the
process, has low confidence: the process is lost anyway, and may hang instead of ending.
)",
    .Options = {},
};

std::string quote(Symbol S) { return ("`" + S.str() + "`").str(); }

/// Signals that tell of a fault of the program itself, raised by the instruction that the
/// handler interrupts.
bool isFault(int64_t Signal) {
  return llvm::is_contained({SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS},
                            static_cast<int>(Signal));
}

class Reporter {
public:
  Reporter(const Program &P, Sink &Out) : P(P), Safety(P), Out(Out) {}

  void run() {
    std::vector<SignalHandler> All = signalHandlers(P);
    for (size_t Begin = 0, End; Begin < All.size(); Begin = End) {
      for (End = Begin; End < All.size() && All[End].Entry == All[Begin].Entry;)
        ++End;
      handler(llvm::ArrayRef(All).slice(Begin, End - Begin));
    }
  }

private:
  /// One finding for a handler: its calls are repaired together.
  void handler(llvm::ArrayRef<SignalHandler> Installed) {
    FunctionId F = Installed.front().Entry;
    const SafetyWalk &What = Safety.of(F);
    // The jump out of a fault is what makes such a handler useful; for other signals
    // it must be known which they are.
    bool Fault = llvm::all_of(Installed, [](const SignalHandler &H) {
      return H.Start->Signal == -1 || isFault(H.Start->Signal);
    });
    std::vector<const UnsafeStep *> Steps;
    for (const UnsafeStep &S : What.Unsafe)
      if (S.Cause != UnsafeCause::Jump || !Fault)
        Steps.push_back(&S);
    if (Steps.empty())
      return;
    bool OfFaults = llvm::all_of(Installed, [](const SignalHandler &H) {
      return H.Start->Signal != -1 && isFault(H.Start->Signal);
    });
    // exit() is no last resort: all that the program registered runs in the handler.
    bool Exits = !What.Dies && llvm::any_of(Steps, [](const UnsafeStep *S) {
      return S->Cause == UnsafeCause::Teardown;
    });
    report(Installed, Steps, OfFaults || ((What.Dies || !What.Returns) && !Exits));
  }

  static std::string clause(const UnsafeStep &S) {
    if (S.Own)
      return S.Why;
    if (S.What.str() == "new" || S.What.str() == "delete")
      return ("uses `" + S.What.str() + "`, which " + S.Why).str();
    return ("calls " + quote(S.What) + ", which " + S.Why);
  }

  static std::string consequence(const UnsafeStep &S) {
    switch (S.Cause) {
    case UnsafeCause::Teardown:
      return "they run in the middle of whatever the signal has interrupted";
    case UnsafeCause::Jump:
      return "what it was changing, such as the heap, stays half changed";
    case UnsafeCause::Stream:
      return "a signal that comes while that is in progress finds it half done, or waits for it "
             "for ever";
    case UnsafeCause::Heap:
    case UnsafeCause::Lock:
      return "a signal that comes while the lock is held waits for it for ever";
    }
    return {};
  }

  void report(llvm::ArrayRef<SignalHandler> Installed, llvm::ArrayRef<const UnsafeStep *> Steps,
              bool Last) {
    const UnsafeStep &S = *Steps.front();
    FunctionId F = Installed.front().Entry;
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = Last ? Confidence::Low : Confidence::High;
    A.At = S.Through.empty() ? S.At : S.Through.front().At;
    A.Message = quote(P.facts(F).Name) + " is a signal handler and ";
    if (S.Through.size())
      A.Message += "through " + quote(P.facts(calleeOf(S, 0)).Name) + " ";
    A.Message += clause(S) + ": " + consequence(S);
    auto Note = [&](const llvm::Twine &What, const Span &At) {
      if (At.valid())
        A.For.push_back({What.str(), Symbol("T3"), 1, At});
    };
    for (const SignalHandler &H : Installed.take_front(2))
      Note(H.Through == None ? "it is installed here, by " + quote(H.Start->Api)
                             : "it is installed here, through " + quote(P.facts(H.Through).Name),
           H.At);
    for (size_t I = 1; I < S.Through.size(); ++I)
      Note(quote(P.facts(S.Through[I].In).Name) + " calls " + quote(P.facts(calleeOf(S, I)).Name) +
               " here",
           S.Through[I].At);
    if (!S.Through.empty())
      Note(quote(P.facts(S.In).Name) + " " + clause(S) + ", here", S.At);
    for (const UnsafeStep *Other : Steps.drop_front().take_front(3))
      Note("the handler also " + clause(*Other), Other->At);
    if (Last)
      A.Against.push_back({"the handler is a last resort, after which the process ends: it may "
                           "hang instead",
                           {},
                           -1,
                           A.At});
    Note("set a flag of type `volatile sig_atomic_t`, or write() to a pipe that the event loop "
         "reads (or use signalfd), and do the work outside of the handler",
         A.At);
    A.Identity = (P.facts(F).Name.str() + " " + S.What.str()).str();
    Out.add(std::move(A));
  }

  /// The function that hop number I calls.
  FunctionId calleeOf(const UnsafeStep &S, size_t I) const {
    return I + 1 < S.Through.size() ? S.Through[I + 1].In : S.In;
  }

  const Program &P;
  SignalSafety Safety;
  Sink &Out;
};

void run(const Program &P, const CheckOptions &, Sink &Findings) { Reporter(P, Findings).run(); }

} // namespace

HEDDLE_CHECK(Info, run)

} // namespace heddle
