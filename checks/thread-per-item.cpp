/// A thread for every item of an input: as many threads as items, and nobody knows how
/// many these are.
///
///     while ((fd = accept(listener, 0, 0)) >= 0)
///       std::thread(serve, fd).detach();
#include "advice/check.h"
#include "program/items.h"
#include "program/starts.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

namespace heddle {
namespace {

const CheckInfo Info{
    .Name = "thread-per-item",
    .Summary = "a thread is started for every item, without a bound",
    .Guidelines = "T2",
    .Level = Severity::Warning,
    .DefaultOn = true,
    .Since = "0.1",
    .Documentation = R"(
## What it finds

A thread, or a `std::async` with a thread of its own, that is started once per item in a loop over
data: per connection of an `accept` loop, per line of an input, per element of a container or list,
directly or through a function that always starts one.

## Why it matters

The number of threads is that of the items, and the items come from outside. A thread has a stack (8 MB
of address space by default, some of it touched at once), a kernel object and a share of the
scheduler; ten thousand of them leave no memory for the work, and a client that opens connections and
waits can bring the program down. Threads beyond the number of cores make work that computes no faster.

## Example

```cpp
void listenOn(int listener) {
  for (;;) {
    int fd = accept(listener, nullptr, nullptr);
    if (fd < 0)
      return;
    std::thread(serve, fd).detach();
  }
}
```

> a thread is started here for every connection of the loop, by `std::thread::thread`: nothing bounds
> how many run at once, and each has a stack of its own

Repair: start a bounded number of threads once, and let them take the items from a queue; or serve many
connections in one thread with an event loop (`epoll`, Asio, libevent).

```cpp
asio::thread_pool pool(std::thread::hardware_concurrency());
...
    asio::post(pool, [fd] { serve(fd); });
```

## What it does not report

* Loops that count to a number, be it a constant, an option or a parameter: that number is the bound.
* Loops that wait in every iteration for the thread they have started, for a semaphore, or compare a
  number with a bound before they start the next.
* Elements that keep the thread which is started for them: they are the workers of a pool.
* Tasks that are queued for a pool, and threads that the function which starts them waits for.

Threads for the elements of a container that nobody waits for where they are started may be a few
services, one for each socket or disk: that has low confidence.
)",
    .Options = {},
};

std::string quote(Symbol S) { return ("`" + S.str() + "`").str(); }

class Finder {
public:
  Finder(const Program &P, Sink &Out) : P(P), Starts(findStarts(P)), Out(Out) {}

  void run() {
    for (FunctionId F = 0; F < P.Functions.size(); ++F) {
      const FunctionFacts &Facts = P.facts(F);
      // Inner loops come after those around them.
      for (uint32_t L = Facts.Loops.size(); L-- > 0;)
        if (std::optional<ItemLoop> Items = itemsOf(P, F, L);
            Items && Items->From != ItemSource::Array)
          loop(F, L, *Items);
    }
  }

private:
  bool hasOwnThread(const Launch &L) const {
    if (L.Kind == LaunchKind::Thread)
      return true;
    const LaunchModel *Row = P.Apis ? P.Apis->find(L.Api.str()).Launches : nullptr;
    return L.Kind == LaunchKind::Task && Row && Row->OwnThread && L.Handle.known();
  }

  /// The function may leave the thread running; false when it has surely waited for it.
  bool outlives(FunctionId F, const Launch &Start) const {
    bool Seen = false;
    for (uint32_t T = 0; T < P.Threads.size(); ++T)
      if (P.Threads[T].Start == &Start) {
        Seen = true;
        if (llvm::is_contained(P.function(F).Effects.Launches, T))
          return true;
      }
    return !Seen;
  }

  /// The function waits for what it has started, after the loop: the threads are its work,
  /// and no services that go on.
  bool isWork(FunctionId F, uint32_t L, const Launch &Start) const {
    const FunctionFacts &Facts = P.facts(F);
    return Start.JoinsAtEnd || llvm::any_of(Facts.Joins, [&](const Join &J) {
             return J.Kind == JoinKind::Join && !isLoopWithin(Facts, J.Loop, L);
           });
  }

  /// Something in the loop waits until less is running.
  bool isBounded(FunctionId F, uint32_t Inner, uint32_t L) const {
    const FunctionFacts &Facts = P.facts(F);
    for (uint32_t I = Inner; I != None; I = Facts.Loops[I].Parent) {
      if (Facts.Loops[I].Limit.valid())
        return true;
      if (I == L)
        break;
    }
    for (const Block &B : Facts.Blocks)
      if (isLoopWithin(Facts, B.Loop, L))
        for (const Event &E : B.Events)
          if (E.Kind == EventKind::LockOp && Facts.LockOps[E.Index].Sort == LockSort::Semaphore)
            return true;
    return llvm::any_of(Facts.Blocking, [&](const BlockingCall &B) {
      return B.Category == BlockCategory::SyncWait && B.Level == Tier::A &&
             isLoopWithin(Facts, Facts.Calls[B.Call].Loop, L);
    });
  }

  /// The thread ends in the iteration that has started it, or belongs to the element.
  bool isKept(FunctionId F, uint32_t L, const Place &Handle, bool JoinsAtEnd,
              const ItemLoop &Items) const {
    const FunctionFacts &Facts = P.facts(F);
    const Loop &T = Facts.Loops[L];
    auto SameRoot = [](const Place &A, const Place &B) {
      return A.known() && A.Root == B.Root && A.Name == B.Name && A.Index == B.Index;
    };
    for (const Join &J : Facts.Joins)
      if (J.Kind == JoinKind::Join && isLoopWithin(Facts, J.Loop, L) &&
          (SameRoot(J.Handle, Handle) || !J.Handle.known() || !Handle.known()))
        return true;
    if (Handle.Root == RootKind::Local &&
        (Handle.Name == T.Index ||
         (JoinsAtEnd && llvm::is_contained(T.Locals, Handle.Name) && !isMoved(Facts, Handle, L))))
      return true;
    llvm::StringRef Path = Handle.Path.str(), Elements = Items.Elements.Path.str();
    return SameRoot(Handle, Items.Elements) && Path.starts_with(Elements) &&
           (Items.From == ItemSource::List || Path.drop_front(Elements.size()).starts_with("["));
  }

  static bool isMoved(const FunctionFacts &Facts, const Place &Handle, uint32_t L) {
    return llvm::any_of(Facts.Joins, [&](const Join &J) {
      return J.Kind != JoinKind::Join && J.Handle == Handle && isLoopWithin(Facts, J.Loop, L);
    });
  }

  void loop(FunctionId F, uint32_t L, const ItemLoop &Items) {
    const FunctionFacts &Facts = P.facts(F);
    for (uint32_t I = 0; I < Facts.Launches.size(); ++I) {
      const Launch &Start = Facts.Launches[I];
      if (!hasOwnThread(Start) || !isLoopWithin(Facts, Start.Loop, L) ||
          !isRepeated(Facts, L, EventKind::Launch, I) || isBounded(F, Start.Loop, L))
        continue;
      Place Handle = Start.Handle;
      if (!isKept(F, L, Handle, Start.JoinsAtEnd, Items) &&
          !isKept(F, L, resolve(P, F, Handle), Start.JoinsAtEnd, Items))
        report(F, L, Items, Start, Start.At, {});
    }
    for (uint32_t C = 0; C < Facts.Calls.size(); ++C) {
      const auto &Targets = P.function(F).Targets[C];
      if (Targets.size() != 1 || !Targets[0].Certain || Starts[Targets[0].Callee].empty() ||
          !isLoopWithin(Facts, Facts.Calls[C].Loop, L) ||
          !isRepeated(Facts, L, EventKind::Call, C) || isBounded(F, Facts.Calls[C].Loop, L))
        continue;
      for (const ReachedStart &S : Starts[Targets[0].Callee])
        if (S.Always && hasOwnThread(*S.Start) && outlives(Targets[0].Callee, *S.Start) &&
            !isKept(F, L, translate(P, F, C, S.Handle), S.Start->JoinsAtEnd, Items)) {
          report(F, L, Items, *S.Start, Facts.Calls[C].At, S.Through);
          break;
        }
    }
  }

  void report(FunctionId F, uint32_t L, const ItemLoop &Items, const Launch &Start, const Span &At,
              const Chain &Through) {
    if (!Told.insert({F, &Start}).second)
      return;
    bool Here = At == Start.At;
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    bool Work = Items.From == ItemSource::Input || isWork(F, L, Start);
    A.Sure = Items.From == ItemSource::Input ? Confidence::High
             : Work                          ? Confidence::Medium
                                             : Confidence::Low;
    A.At = At;
    A.Message = "a thread is started here for every " + Items.What + " of the loop, by " +
                quote(Start.Api) +
                ": nothing bounds how many run at once, and each has a stack of its own";
    auto Note = [&](const llvm::Twine &What, const Span &Where) {
      A.For.push_back({What.str(), Symbol("T2"), 1, Where});
    };
    Note(Items.From == ItemSource::Input ? "the loop takes the next " + Items.What + " here"
                                         : "the loop goes over every " + Items.What,
         Items.At);
    for (const Hop &H : Through)
      Note("through this call, in " + quote(P.facts(H.In).Name), H.At);
    if (!Here)
      Note("the thread is started here", Start.At);
    Note(Items.What == "connection"
             ? "let an event loop serve many connections in one thread (epoll, Asio, libevent), or "
               "a pool with a bounded number of threads take them from a queue"
             : "start a bounded number of threads once (about "
               "`std::thread::hardware_concurrency()` for work that computes), and let them take "
               "the items from a queue",
         At);
    if (!Work)
      A.Against.push_back({"nobody waits for the threads here: the elements may be few, and each "
                           "thread a service that goes on",
                           {},
                           -1,
                           Items.At});
    A.Identity = (P.facts(F).Name.str() + " loop " + llvm::Twine(L) + " " + Start.Api.str()).str();
    Out.add(std::move(A));
  }

  const Program &P;
  std::vector<std::vector<ReachedStart>> Starts;
  Sink &Out;
  llvm::DenseSet<std::pair<FunctionId, const Launch *>> Told;
};

void run(const Program &P, const CheckOptions &, Sink &Findings) { Finder(P, Findings).run(); }

} // namespace

HEDDLE_CHECK(Info, run)

} // namespace heddle
