#include "advice/check.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Path.h"
#include <map>

using namespace heddle;

static const CheckInfo Info = {"thread-unsafe-call",
                               "two threads may call functions at once that share hidden state",
                               "T1, P4",
                               Severity::Warning,
                               /*DefaultOn=*/true,
                               "0.1",
                               R"(
## What it finds

Two calls, by threads that may run at once, of library functions that share hidden state: the static
storage that `localtime` and `gmtime` return, the position that `strtok` keeps, the environment that
`setenv` changes while `getenv` reads it. And calls on one object that must not be shared, such as
`readdir` on one `DIR *`.

## Why it matters

It is a data race inside the library. One thread reads what the other has just written: a date of
the wrong request, a token of another text, an environment that is being moved in memory.

## Example

```cpp
std::string stamp(time_t when) {
  char text[32];
  strftime(text, sizeof text, "%F", localtime(&when));  // both threads get one buffer
  return text;
}

void run() {
  std::thread a([] { stamp(0); }), b([] { stamp(1); });
  a.join();
  b.join();
}
```

> `localtime` is called here by the thread started at stamp.cpp:8 while the thread started at
> stamp.cpp:8 may call it at stamp.cpp:3: both use the static storage of localtime and gmtime, and no
> lock is common to both

Repair: call the variant that gets its storage from the caller.

```cpp
tm local;
strftime(text, sizeof text, "%F", localtime_r(&when, &local));
```

Change the environment and the locale before the first thread starts. `getenv` alone is safe.

## What it does not report

* Calls before the first thread starts, after the last one has ended, or under one lock.
* What current C libraries keep safe, although the standard does not ask for it: `rand` and `random`
  (a lock inside; they are still one sequence for all threads), `strerror` and `strsignal` (glibc
  from 2.32 on keeps the text per thread), `inet_ntoa`.
* Functions that only read the environment or the locale, as long as nobody changes it.
)",
                               {}};

namespace {

/// Calls that are compared with each other; a few are as telling as many.
constexpr size_t MaxCalls = 400;

class Reporter {
public:
  Reporter(const Program &P, Sink &Out) : P(P), Out(Out) {}

  void run() {
    std::map<std::tuple<Symbol, Place, uint32_t>, std::vector<const HazardCall *>> Groups;
    for (const HazardCall &C : P.HazardCalls)
      if (auto &Group = Groups[{rowOf(C).State, C.On, firstOf(C.Thread)}];
          C.Certain && Group.size() < MaxCalls)
        Group.push_back(&C);
    for (const auto &[Key, Calls] : Groups)
      group(Calls);
  }

private:
  const HazardModel &rowOf(const HazardCall &C) const {
    return *P.Apis->find(C.What->Name.str()).Hazard;
  }

  uint32_t firstOf(uint32_t Thread) const {
    for (unsigned Depth = 0; P.Threads[Thread].Parent != None && Depth < 64; ++Depth)
      Thread = P.Threads[Thread].Parent;
    return Thread;
  }

  static bool haveCommonLock(const HazardCall &A, const HazardCall &B) {
    return llvm::any_of(A.Held, [&](const HeldLock &L) {
      return llvm::any_of(
          B.Held, [&](const HeldLock &M) { return L.Mutex == M.Mutex && !(L.Shared && M.Shared); });
    });
  }

  bool conflict(const HazardCall &A, const HazardCall &B) const {
    return !(rowOf(A).Reads && rowOf(B).Reads) && mayRunAtOnce(A, B) && !haveCommonLock(A, B);
  }

  /// The lower, the better to show.
  auto rank(const HazardCall &A, const HazardCall &B) const {
    return std::make_tuple(rowOf(A).Reads, A.Held.size() + B.Held.size(),
                           A.Through.size() + B.Through.size(), A.At, B.At);
  }

  /// One finding for a function, whose calls are repaired together.
  void group(llvm::ArrayRef<const HazardCall *> Calls) {
    std::vector<std::pair<const HazardCall *, const HazardCall *>> Pairs;
    for (const HazardCall *A : Calls)
      for (const HazardCall *B : Calls)
        if (conflict(*A, *B))
          Pairs.push_back({A, B});
    llvm::stable_sort(Pairs, [&](const auto &X, const auto &Y) {
      return rank(*X.first, *X.second) < rank(*Y.first, *Y.second);
    });
    for (const auto &[A, B] : Pairs)
      if (Told.insert({rowOf(*A).State, A->In}).second) {
        Told.insert({rowOf(*B).State, B->In});
        report(*A, *B);
      }
  }

  static std::string quote(llvm::StringRef S) { return ("`" + S + "`").str(); }
  static std::string where(const Span &At) {
    return (llvm::sys::path::filename(At.File.str()) + ":" + llvm::Twine(At.Line)).str();
  }

  static void note(Advice &A, const llvm::Twine &What, const Span &At) {
    std::string Text = What.str();
    bool Said =
        llvm::any_of(A.For, [&](const Evidence &E) { return E.What == Text && E.At == At; });
    if (At.valid() && !Said)
      A.For.push_back({std::move(Text), Symbol("T1"), 1, At});
  }

  std::string message(const HazardCall &C, const HazardCall &O) const {
    std::string Name = quote(C.What->Name.str()), S = Name + " is called here by ";
    if (C.Thread == O.Thread)
      S += "several threads that may run at once";
    else
      S += P.Threads[C.Thread].Name.str();
    if (!(C.At == O.At)) {
      S += C.Thread == O.Thread ? ", and " : " while ";
      if (C.Thread != O.Thread)
        S += P.Threads[O.Thread].Name.str().str() + " may call ";
      S += C.What->Name == O.What->Name ? (C.Thread == O.Thread ? Name : "it")
                                        : quote(O.What->Name.str());
      S += " at " + where(O.At);
    } else if (C.Thread != O.Thread)
      S += " while " + P.Threads[O.Thread].Name.str().str() + " may call it too";
    const HazardModel &Row = rowOf(C);
    S += Row.Kind == HazardKind::UnsafeOnSameObject ? ": both use one object, " : ": both use ";
    return S + Row.State.str().str() + ", and no lock is common to both";
  }

  void side(Advice &A, const HazardCall &C, bool Here) const {
    const Thread &T = P.Threads[C.Thread];
    std::string Who = T.Name.str().str();
    if (T.Start)
      note(A,
           Who + " starts here and runs " + quote(P.facts(T.Entry).Name.str()) +
               (T.Many ? "; several of it may run at once" : ""),
           T.Start->At);
    for (const HeldLock &L : C.Held)
      note(A, quote(L.Text.str()) + " is taken here", L.At);
    for (const Hop &H : C.Through)
      note(A, Who + " comes by this call, in " + quote(P.facts(H.In).Name.str()), H.At);
    if (!Here)
      note(A, quote(C.What->Name.str()) + " is called here by " + Who, C.At);
  }

  void report(const HazardCall &C, const HazardCall &O) const {
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = Confidence::High;
    A.At = C.At;
    A.Message = message(C, O);
    side(A, C, /*Here=*/true);
    if (!(C.At == O.At) || C.Thread != O.Thread)
      side(A, O, C.At == O.At);
    const HazardModel &Row = rowOf(C);
    if (!Row.Instead.empty()) {
      bool Name = llvm::all_of(Row.Instead,
                               [](char X) { return llvm::isAlnum(X) || X == '_' || X == ':'; });
      note(A,
           "use " + (Name ? quote(Row.Instead) : Row.Instead) +
               " instead: " + quote(C.What->Name.str()) + " " + Row.Why,
           C.At);
    } else
      note(A, quote(C.What->Name.str()) + " " + Row.Why + "; hold one lock around every call",
           C.At);
    A.Identity = (C.What->Name.str() + " " + P.facts(C.In).Name.str()).str();
    Out.add(std::move(A));
  }

  const Program &P;
  Sink &Out;
  llvm::DenseSet<std::pair<Symbol, FunctionId>> Told;
};

} // namespace

static void run(const Program &P, const CheckOptions &, Sink &Out) {
  if (P.Apis)
    Reporter(P, Out).run();
}

HEDDLE_CHECK(Info, run)
