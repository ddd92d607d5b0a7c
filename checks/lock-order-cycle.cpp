#include "advice/check.h"
#include "program/lockorder.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Path.h"

using namespace heddle;

static const CheckInfo Info = {
    "lock-order-cycle",
    "locks are taken in opposite orders, or again by the thread that holds them",
    "T1",
    Severity::Warning,
    /*DefaultOn=*/true,
    "0.1",
    R"(
## What it finds

Two or more locks that are taken in opposite orders: one thread holds `a` and waits for `b`, while
another holds `b` and waits for `a`. The orders are collected through calls and across files. And a
lock that is taken by a thread that holds it already, where it is known not to be recursive; also one
that a loop takes in every pass and does not give back.

## Why it matters

Each thread waits for the other for ever. It needs the right moment, so tests seldom meet it, and
what is seen then is a program that has stopped.

## Example

```cpp
std::mutex accounts, journal;

void transfer() {
  std::lock_guard a(accounts);
  std::lock_guard j(journal);      // `journal` after `accounts`
}

void audit() {
  std::lock_guard j(journal);
  std::lock_guard a(accounts);     // `accounts` after `journal`
}

void run() {
  std::thread t(transfer), u(audit);
  t.join();
  u.join();
}
```

> `journal` is taken here by the thread started at bank.cpp:14 while it holds `accounts`, and
> `accounts` while `journal` is held at bank.cpp:10: threads that do this at once wait for each
> other for ever

Repair: take them in one order everywhere, or both at once, which cannot deadlock:

```cpp
std::scoped_lock both(accounts, journal);
```

A lock that is taken only to read a value can often be given back before the next one is taken.

## What it does not report

* Orders that cannot meet: all under one further lock, in one thread, before the threads start, or
  after they have ended.
* Locks that are tried (`try_lock`), taken several at once (`std::lock`, `std::scoped_lock`), or only
  for reading on both sides.
* Two objects of one class that are locked one after the other, unless both can be named: what tells
  their order is often an address, a number or a hierarchy.
* A lock that is taken again where it may be recursive: a `pthread_mutex_t` counts when it is
  initialized by `PTHREAD_MUTEX_INITIALIZER`.

In a library, whose functions any thread may call, locks are told apart by the class and the member,
so the finding is as good as the guess that the objects are the same. Its confidence is medium.
)",
    {}};

namespace {

class Reporter {
public:
  Reporter(const Program &P, Sink &Out) : P(P), Out(Out) {}

  void run() {
    for (const LockCycle &C : findLockCycles(P))
      report(C);
    for (const Relock &R : findRelocks(P))
      report(R);
  }

private:
  static std::string quote(Symbol S) { return "`" + S.str().str() + "`"; }
  static std::string where(const Span &At) {
    return (llvm::sys::path::filename(At.File.str()) + ":" + llvm::Twine(At.Line)).str();
  }

  /// The locks of two objects of one class may be spelled alike.
  std::string nameOf(const HeldLock &L) const {
    if (L.Mutex.Root == RootKind::Global)
      if (auto V = P.Variables.find(L.Mutex.Name);
          V != P.Variables.end() && !L.Mutex.Path.str().contains('*'))
        return "`" + (V->second->Name.str() + L.Mutex.Path.str()).str() + "`";
    return quote(L.Text);
  }

  static void note(Advice &A, const llvm::Twine &What, const Span &At) {
    std::string Text = What.str();
    bool Said =
        llvm::any_of(A.For, [&](const Evidence &E) { return E.What == Text && E.At == At; });
    if (At.valid() && !Said)
      A.For.push_back({std::move(Text), Symbol("T1"), 1, At});
  }

  void calls(Advice &A, llvm::StringRef Who, const Chain &Through) const {
    for (const Hop &H : Through)
      note(A, Who + " comes by this call, in " + quote(P.facts(H.In).Name), H.At);
  }

  std::string who(const LockOrder &O) const {
    return O.Thread == None ? "a thread" : P.Threads[O.Thread].Name.str().str();
  }

  void side(Advice &A, const LockOrder &O, bool Here) const {
    std::string Who = who(O);
    if (O.Thread != None && P.Threads[O.Thread].Start)
      note(A, Who + " starts here and runs " + quote(P.facts(P.Threads[O.Thread].Entry).Name),
           P.Threads[O.Thread].Start->At);
    note(A, Who + " takes " + nameOf(O.First) + " here", O.First.At);
    calls(A, Who, O.Through);
    if (!Here)
      note(A,
           "and then " + nameOf(O.Then) + " here, in " + quote(P.facts(O.In).Name) +
               ", while it holds " + nameOf(O.First),
           O.Then.At);
  }

  void report(const LockCycle &C) const {
    const LockOrder &F = C.Orders.front();
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = C.Exact ? Confidence::High : Confidence::Medium;
    A.At = F.Then.At;
    A.Message =
        nameOf(F.Then) + " is taken here by " + who(F) + " while it holds " + nameOf(F.First);
    A.Identity = F.Then.Text.str().str();
    for (const LockOrder &O : llvm::drop_begin(C.Orders)) {
      A.Message += ", and " + nameOf(O.Then) + " while " + nameOf(O.First) + " is held at " +
                   where(O.Then.At);
      A.Identity += (" " + O.Then.Text.str()).str();
    }
    A.Message += ": threads that do this at once wait for each other for ever";
    for (const LockOrder &O : C.Orders)
      side(A, O, &O == &F);
    A.Identity += (" " + P.facts(F.In).Name.str()).str();
    Out.add(std::move(A));
  }

  void report(const Relock &R) const {
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = R.Through.empty() ? Confidence::High : Confidence::Medium;
    A.At = R.Through.empty() ? R.Then.At : R.Through.front().At;
    A.Message = nameOf(R.Then) +
                (R.Through.empty() ? " is taken here"
                                   : " is taken at " + where(R.Then.At) + " by way of this call") +
                " by a thread that holds it already: it waits for itself for ever";
    if (R.First.At == R.Then.At)
      note(A, "it is taken here in every pass of a loop that does not give it back", R.First.At);
    else
      note(A, quote(R.First.Text) + " is taken here", R.First.At);
    calls(A, "it", R.Through);
    if (!R.Through.empty())
      note(A, "and again here", R.Then.At);
    A.Identity = (P.facts(R.Holder).Name.str() + " " + R.Then.Text.str()).str();
    Out.add(std::move(A));
  }

  const Program &P;
  Sink &Out;
};

} // namespace

static void run(const Program &P, const CheckOptions &, Sink &Out) { Reporter(P, Out).run(); }

HEDDLE_CHECK(Info, run)
