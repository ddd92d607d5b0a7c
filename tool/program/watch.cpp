/// What the threads do, beside accesses, that others may meet: the locks they
/// wait for while they hold others, the calls that are not safe in threads, and the
/// processes that are made of this one.
/// Recorded while concurrency.cpp visits a function once more, when it is known
/// who runs at the same time.
///
/// Example: `void move(Account &a, Account &b) { lock(a.m); lock(b.m); ... }`
/// called by one thread with (x, y) waits for y.m while it holds x.m.
#include "program/concurrency.h"
#include "program/lockorder.h"

#include "llvm/ADT/STLExtras.h"
#include <deque>

namespace heddle {

namespace {

constexpr size_t MaxRecords = 50000;

/// One object, not one for each element or for what a pointer is at the moment.
bool isExact(const Absolute &Where) {
  llvm::StringRef Path = Where.What.Path.str();
  RootKind Root = Where.What.Root;
  bool Named = Root == RootKind::Global || Root == RootKind::Local || Root == RootKind::Heap;
  return Where.From != Origin::Nobody && Named && !Path.contains('*') && !Path.contains("[]");
}

auto keyOf(const LockOrder &O) {
  return std::tie(O.First.Mutex, O.Then.Mutex, O.First.Class, O.Then.Class, O.Thread, O.Then.At,
                  O.First.At, O.Held, O.Live, O.In, O.Certain);
}

auto keyOf(const HazardCall &C) {
  return std::tie(C.At, C.Thread, C.On, C.Held, C.Live, C.In, C.Certain);
}

auto keyOf(const ForkCall &C) { return std::tie(C.At, C.Thread, C.Live, C.In, C.Certain); }

auto keyOf(const HotWrite &W) { return std::tie(W.On, W.At, W.Thread, W.Live, W.In, W.Certain); }

/// Keeps one of those that differ only in how the thread came there.
template <class T> void sortUnique(std::vector<T> &All) {
  auto Less = [](const T &A, const T &B) {
    return keyOf(A) != keyOf(B) ? keyOf(A) < keyOf(B) : A.Through.size() < B.Through.size();
  };
  llvm::stable_sort(All, Less);
  All.erase(std::unique(All.begin(), All.end(),
                        [](const T &A, const T &B) { return keyOf(A) == keyOf(B); }),
            All.end());
}

} // namespace

bool mayRunAtOnce(const ThreadCall &A, const ThreadCall &B) {
  return llvm::binary_search(A.Live, B.Thread) && llvm::binary_search(B.Live, A.Thread);
}

/// What no `main` reaches and nothing here calls or starts is called by others,
/// and so is all that it calls. Those that start threads are followed.
void Concurrency::findOutside(const std::vector<bool> &Reached, const std::vector<bool> &Started) {
  std::deque<FunctionId> Work;
  auto Mark = [&](FunctionId F) {
    if (!P.Functions[F].Outside && !Reached[F])
      P.Functions[F].Outside = true, Work.push_back(F);
  };
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    const ProgramFunction &PF = P.Functions[F];
    bool Called = llvm::any_of(PF.Callers, [&](const auto &C) { return C.first != F; });
    if (!Called && !Started[F] && PF.Parent == None && !PF.Effects.MayLaunch)
      Mark(F);
  }
  while (!Work.empty()) {
    FunctionId F = Work.front();
    Work.pop_front();
    for (const auto &Targets : P.Functions[F].Targets)
      for (const CallTarget &T : Targets)
        Mark(T.Callee);
  }
}

ThreadCall Concurrency::threadCall(uint32_t V, const Lockset &Held, const Span &At) const {
  ThreadCall C;
  C.Thread = Visits[V].Thread;
  C.In = Known[Visits[V].Context].Function;
  C.Held = Held;
  C.At = At;
  C.Through = chainTo(V);
  C.Certain = Visits[V].Certain;
  return C;
}

void Concurrency::watch(uint32_t V, size_t Block, size_t Event, const LifeState &S) {
  FunctionId F = Known[Visits[V].Context].Function;
  const heddle::Event &Ev = P.facts(F).Blocks[Block].Events[Event];
  if (Ev.Kind == EventKind::Access)
    return watchWrite(V, P.facts(F).Accesses[Ev.Index], Block, Event, S);
  if (Ev.Kind == EventKind::Launch)
    return watchFork(V, P.facts(F).Launches[Ev.Index], Block, Event, S);
  if (Ev.Kind != EventKind::LockOp && Ev.Kind != EventKind::Call)
    return;
  if (Ev.Kind == EventKind::Call && P.Functions[F].Targets[Ev.Index].empty())
    return watchCall(V, P.facts(F).Calls[Ev.Index], Block, Event, S);
  auto Taken = locksTaken(P, F, Ev);
  if (Taken.empty())
    return;
  Lockset Held = locks(V, Block, Event);
  if (Held.empty())
    return;
  for (const HeldLock &L : Taken)
    watchLock(V, L, Held, S);
}

void Concurrency::watchLock(uint32_t V, const HeldLock &L, const Lockset &Held,
                            const LifeState &S) {
  uint32_t In = Visits[V].Context;
  FunctionId F = Known[In].Function;
  Absolute Where = Known.absolute(In, L.Mutex);
  if (Where.From == Origin::Nobody ||
      llvm::any_of(Held, [&](const HeldLock &H) { return H.Mutex == Where.What; }))
    return;
  ThreadSet Live = sharing(V, Where, S);
  if (Live.empty() || P.LockOrders.size() >= MaxRecords)
    return;
  LockOrder O;
  static_cast<ThreadCall &>(O) = threadCall(V, Held, L.At);
  O.Live.assign(Live.begin(), Live.end());
  O.Then = L;
  O.Then.Mutex = Where.What;
  O.ThenExact = isExact(Where) && isSteady(P, F, L);
  // Taken for the caller: what it is called there says more.
  if (llvm::is_contained(P.Functions[F].Effects.Acquired, L))
    O.Then.Class = {};
  for (const HeldLock &H : Held) {
    // Perhaps not held; or taken in one go, without an order.
    if (H.Tried || H.At == L.At || isOrderedByHand(P, F, H, L))
      continue;
    O.First = H;
    O.FirstExact = isExact({H.Mutex, Origin::Published, {}, {}}) && isSteady(P, F, H);
    P.LockOrders.push_back(O);
  }
}

void Concurrency::watchCall(uint32_t V, const Call &C, size_t Block, size_t Event,
                            const LifeState &S) {
  const HazardModel *Row = P.Apis && !C.Name.empty() ? P.Apis->find(C.Name.str()).Hazard : nullptr;
  if (!Row || Row->State.empty() || !C.System || P.HazardCalls.size() >= MaxRecords)
    return;
  Absolute Where{{}, Origin::Published, {}, {}};
  if (Row->Kind == HazardKind::UnsafeOnSameObject) {
    if (Row->On < 0 || size_t(Row->On) >= C.Args.size())
      return;
    Where = Known.absolute(Visits[V].Context, C.Args[Row->On]);
    if (Where.From == Origin::Nobody)
      return;
  }
  ThreadSet Live = sharing(V, Where, S);
  if (Live.empty())
    return;
  HazardCall H;
  static_cast<ThreadCall &>(H) = threadCall(V, locks(V, Block, Event), C.At);
  H.Live.assign(Live.begin(), Live.end());
  H.What = &C;
  H.On = Where.What;
  P.HazardCalls.push_back(std::move(H));
}

void Concurrency::watchFork(uint32_t V, const Launch &L, size_t Block, size_t Event,
                            const LifeState &S) {
  if (L.Kind != LaunchKind::Process || L.Child == -1 || P.ForkCalls.size() >= MaxRecords)
    return;
  ForkCall C;
  static_cast<ThreadCall &>(C) = threadCall(V, locks(V, Block, Event), L.At);
  for (uint32_t T : momentAt(V, S).Live)
    if (States[T].Concurrent)
      C.Live.push_back(T);
  C.What = &L;
  if (!C.Live.empty())
    P.ForkCalls.push_back(std::move(C));
}

void Concurrency::watchWrite(uint32_t V, const Access &A, size_t Block, size_t Event,
                             const LifeState &S) {
  uint32_t In = Visits[V].Context;
  uint32_t Loop = P.facts(Known[In].Function).Blocks[Block].Loop;
  bool Writes = A.Kind == AccessKind::Write || A.Kind == AccessKind::AtomicWrite;
  if (!Writes || Loop == None || !A.Object || P.HotWrites.size() >= MaxRecords)
    return;
  Absolute Where = Known.absolute(In, A.What);
  if (Where.From == Origin::Nobody || Where.What.Path.empty())
    return;
  ThreadSet Live = sharing(V, Where, S);
  if (Live.empty() || !locks(V, Block, Event).empty())
    return;
  HotWrite W;
  static_cast<ThreadCall &>(W) = threadCall(V, {}, A.At);
  W.Live.assign(Live.begin(), Live.end());
  W.What = &A;
  W.Loop = Loop;
  W.On = Where.What;
  P.HotWrites.push_back(std::move(W));
}

void Concurrency::sortWatched() {
  sortUnique(P.HotWrites);
  sortUnique(P.LockOrders);
  sortUnique(P.HazardCalls);
  sortUnique(P.ForkCalls);
}

} // namespace heddle
