#include "advice/check.h"
#include "program/outliving.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Path.h"
#include <map>

using namespace heddle;

static const CheckInfo Info = {"escaping-local",
                               "a local handed by reference to a thread that may outlive it",
                               "T1",
                               Severity::Warning,
                               /*DefaultOn=*/true,
                               "0.1",
                               R"(
## What it finds

A local variable or a parameter that a thread or task gets by pointer or reference, and whose scope is left
while the thread may still run: the thread is detached, its handle is returned or kept elsewhere, nothing
waits for it, or the wait comes only after the local has died. The last happens also when the handle that
waits in its destructor (`std::jthread`, the future of `std::async`) is declared *before* the local: what is
declared last dies first.

The start may be in a function that is called, such as a method that starts a thread with `this` for an
object that is a local of the caller.

## Why it matters

The thread reads and writes memory of a stack frame that belongs to another function by then. The program
crashes, or silently changes a variable that has nothing to do with it.

## Example

```cpp
void report(Socket &socket) {
  std::string text = render();
  std::thread([&] { socket.send(text); }).detach();   // text dies with this function
}
```

> `text` is handed by reference to the thread started here, which is detached and may still run when `text` dies

Repair: give the thread a copy, or what it needs to own,

```cpp
  std::thread([&socket, text = render()] { socket.send(text); }).detach();
```

or wait for it before the scope ends: `std::jthread`, declared after what it uses.

## What it does not report

* What is waited for on some path before the scope is left: a `return` between the start and the join is
  usually the way out after a failed start.
* A start after which the function waits for any signal (a condition variable, latch, semaphore or promise, a
  loop that polls an atomic), or calls a function that could do so and whose body is not known.
* What `main` owns until it returns: the program ends with it.
* A `std::thread` that is neither joined nor detached: its destructor ends the program.
* Global, static and heap objects, copies, and what a shared pointer owns.
)",
                               {}};

namespace {

class Reporter {
public:
  Reporter(const Program &P, Sink &Out) : P(P), Out(Out) {}

  /// One finding for a start, whatever the number of locals that it is handed.
  void report(llvm::ArrayRef<OutlivedLocal> Same) {
    const OutlivedLocal &L = Same.front();
    bool Thread = L.Start->Kind == LaunchKind::Thread;
    std::string Noun = Thread ? "thread" : "task";
    std::string Name = nameOf(L);
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = L.Certain ? Confidence::High : Confidence::Medium;
    A.At = L.Named;
    A.Message = Name + " is handed by reference to the " + Noun +
                (L.Starter == L.In ? " started here, " : " that this call starts, ") +
                fate(L, Name, Noun);
    if (L.Starter != L.In)
      note(A, "the " + Noun + " starts here, in `" + P.facts(L.Starter).Name.str() + "`",
           L.Start->At);
    for (const OutlivedLocal &Each : Same) {
      if (auto V = P.Variables.find(Each.What.Name); V != P.Variables.end())
        note(A, nameOf(Each) + " is declared here", V->second->At);
      if (Each.Certain)
        note(A, "the " + Noun + " uses " + nameOf(Each) + " here", Each.Used);
    }
    if (L.How == GoesOn::Detached)
      note(A, "the " + Noun + " is let go here", L.HowAt);
    if (L.How == GoesOn::HandedOn)
      note(A, "its handle goes elsewhere here", L.HowAt);
    note(A, Name + " dies here; give the " + Noun + " a copy, or wait for it before", L.Dies);
    A.Identity = (P.facts(L.In).Name.str() + " " + Name).str();
    Out.add(std::move(A));
  }

private:
  std::string nameOf(const OutlivedLocal &L) const {
    auto V = P.Variables.find(L.What.Name);
    return V == P.Variables.end() ? "a local" : "`" + V->second->Name.str().str() + "`";
  }

  static std::string fate(const OutlivedLocal &L, const std::string &Name,
                          const std::string &Noun) {
    std::string When = "may still run when " + Name + " dies";
    switch (L.How) {
    case GoesOn::Unjoined:
      return "which nothing waits for here: it " + When;
    case GoesOn::Detached:
      return "which is detached and " + When;
    case GoesOn::HandedOn:
      return "whose handle is kept elsewhere: it " + When;
    case GoesOn::JoinedLater:
      return "which is waited for only after " + Name + " has died";
    }
    return {};
  }

  static void note(Advice &A, const llvm::Twine &What, const Span &At) {
    if (At.valid())
      A.For.push_back({What.str(), Symbol("T1"), 1, At});
  }

  const Program &P;
  Sink &Out;
};

} // namespace

static void run(const Program &P, const CheckOptions &Options, Sink &Out) {
  std::vector<OutlivedLocal> All = findOutlivedLocals(P);
  Reporter R(P, Out);
  llvm::ArrayRef<OutlivedLocal> Rest = All;
  while (!Rest.empty()) {
    size_t N = 1;
    while (N < Rest.size() && Rest[N].Named == Rest.front().Named &&
           Rest[N].Start == Rest.front().Start && Rest[N].In == Rest.front().In)
      ++N;
    R.report(Rest.take_front(N));
    Rest = Rest.drop_front(N);
  }
}

HEDDLE_CHECK(Info, run)
