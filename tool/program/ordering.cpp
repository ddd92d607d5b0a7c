/// Which accesses are ordered although both threads run: what orders.cpp knows
/// of each function, carried along the threads. Three rules:
///
/// 1. A comes before B when A's thread signals an object only after A, and B's
///    thread has waited for it ([intro.races]; [thread.sema], [thread.barrier]...).
/// 2. When a thread is started while its starter holds a mutex, all it does after
///    taking that mutex comes after what the starter, and those that end before,
///    did before it was given back.
/// 3. A lock that is held by the starter as long as the thread lives is held for
///    it, against everybody else (Vojdani et al. 2016 call it creation lockset).
///
/// Example of 3: `m.lock(); std::thread t(f); t.join(); m.unlock();` lets f meet
/// nobody who takes m.
#include "program/concurrency.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

/// Of sorted sets, both. True when Into got smaller.
template <class T> bool keepCommon(std::vector<T> &Into, const std::vector<T> &From) {
  if (Into == From)
    return false;
  std::vector<T> Both;
  std::set_intersection(Into.begin(), Into.end(), From.begin(), From.end(),
                        std::back_inserter(Both));
  bool Smaller = Both.size() != Into.size();
  Into = std::move(Both);
  return Smaller;
}

template <class T> bool insert(std::vector<T> &Sorted, const T &X) {
  auto It = llvm::lower_bound(Sorted, X);
  if (It != Sorted.end() && *It == X)
    return false;
  Sorted.insert(It, X);
  return true;
}

template <class T> bool insertAll(std::vector<T> &Sorted, const std::vector<T> &More) {
  if (Sorted == More || More.empty())
    return false;
  std::vector<T> All;
  std::set_union(Sorted.begin(), Sorted.end(), More.begin(), More.end(), std::back_inserter(All));
  bool New = All.size() != Sorted.size();
  Sorted = std::move(All);
  return New;
}

/// The thread on the way from Above down to Below that Above itself started.
uint32_t childTowards(const Program &P, uint32_t Above, uint32_t Below) {
  for (unsigned Depth = 0; Below != None && Depth < 64; ++Depth) {
    uint32_t Up = P.Threads[Below].Parent;
    if (Up == Above)
      return Below;
    Below = Up;
  }
  return None;
}

/// As many signal it as it is made for; more could meet without the right one.
bool countFits(const Program &P, const Place &Object) {
  auto It = P.SyncCounts.find(Object);
  if (It == P.SyncCounts.end())
    return true;
  if (P.Semaphores.contains(Object)) // or it lets some in without
    return It->second == 0;
  int64_t Threads = 0;
  for (const Thread &T : P.Threads)
    if (std::binary_search(T.Signals.begin(), T.Signals.end(), Object)) {
      if (T.Many)
        return true;
      ++Threads;
    }
  return Threads <= It->second;
}

} // namespace

bool meetOrder(Ordering &Into, const Ordering &From) {
  bool New = keepCommon(Into.Waited, From.Waited);
  New |= keepCommon(Into.Taken, From.Taken);
  New |= insertAll(Into.Signalled, From.Signalled);
  New |= From.SignalledAny && !Into.SignalledAny;
  Into.SignalledAny |= From.SignalledAny;
  return New;
}

Ordering Concurrency::orderAt(uint32_t V, const OrderState &S) {
  uint32_t In = Visits[V].Context, Thread = Visits[V].Thread;
  Ordering O = Visits[V].Order;
  auto Named = [&](const Place &What) { return Known.absolute(In, What).What; };
  for (const Awaited &W : S.Waited)
    if (Place Here = Named(W.Object); Here.known())
      insert(O.Waited, {Here, W.Counter.known() ? Named(W.Counter) : W.Counter});
  for (const Place &T : S.Taken)
    if (Place Here = Named(T); Here.known())
      insert(O.Taken, {Here, Thread});
  for (const Place &Sent : S.Signalled)
    if (Place Here = Named(Sent); Here.known())
      insert(O.Signalled, Here);
  O.SignalledAny |= S.SignalledAny;
  return O;
}

void Concurrency::signals(uint32_t V, const OrderState &S) {
  Thread &T = P.Threads[Visits[V].Thread];
  for (const Place &Object : orderAt(V, S).Signalled)
    insert(T.Signals, Object);
}

void Concurrency::raises(uint32_t V, const SyncOp &Op) {
  if (Op.Kind != SyncKind::Signal || !Op.Counter.known() || Op.Step <= 0)
    return;
  FunctionId F = Known[Visits[V].Context].Function;
  Place Object = Known.absolute(Visits[V].Context, resolve(P, F, Op.Object)).What;
  if (Object.known())
    insert(P.Threads[Visits[V].Thread].Raises, Object);
}

/// A lock that is given back while another thread runs is not held for it.
void Concurrency::giveBack(uint32_t V, const Event &E, const LifeState &S) {
  FunctionId F = Known[Visits[V].Context].Function;
  llvm::SmallVector<Place, 2> Locks;
  auto Add = [&](const Place &Lock) {
    Place Here = Known.absolute(Visits[V].Context, Lock).What;
    if (!Here.known())
      return;
    Locks.push_back(Here);
    for (const Choice &C : choices(P, Here)) // or one of two
      Locks.push_back(choose(C, Here));
  };
  if (E.Kind == EventKind::LockOp && P.facts(F).LockOps[E.Index].Kind == LockOpKind::Release)
    Add(resolve(P, F, P.facts(F).LockOps[E.Index].Mutex));
  else if (E.Kind == EventKind::Call)
    for (const CallTarget &T : P.Functions[F].Targets[E.Index])
      for (const Place &R : P.Functions[T.Callee].Effects.Released)
        Add(translate(P, F, E.Index, R));
  if (Locks.empty())
    return;
  const Moment &M = momentAt(V, S);
  for (uint32_t T : M.Live)
    for (const Place &Lock : Locks)
      if (std::pair Given(Lock, Visits[V].Thread); !llvm::is_contained(States[T].GivenBack, Given))
        States[T].GivenBack.push_back(Given);
}

/// What is waited to become zero does when it begins there, and each step up is
/// as large as each step down.
void Concurrency::findUneven() {
  llvm::DenseMap<Place, int64_t> Size;
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    for (const SyncOp &S : P.facts(F).Syncs)
      if (S.Kind == SyncKind::Wait && S.Counter.known() && S.Step != 0)
        P.Uneven.insert(resolve(P, F, S.Counter));
    for (const CounterStep &S : P.facts(F).Steps) {
      Place Counter = resolve(P, F, S.Counter);
      if (Counter.Root != RootKind::Global)
        continue;
      auto [It, New] = Size.try_emplace(Counter, std::abs(S.By));
      if (!New && It->second != std::abs(S.By))
        P.Uneven.insert(Counter);
    }
  }
}

void Concurrency::countSyncs() {
  auto Count = [&](const Place &Object, int64_t N) {
    auto [It, New] = P.SyncCounts.try_emplace(Object, N);
    if (!New && It->second != N)
      It->second = -1;
  };
  // Of globals: nobody runs their constructors.
  auto CountGlobal = [&](const Place &Object) {
    const Variable *V = P.Variables.lookup(Object.Name);
    if (Object.Root == RootKind::Global && Object.Path.empty() && V && V->Values.size() == 1)
      Count(Object, V->Values.front());
  };
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    for (const SyncOp &S : P.facts(F).Syncs)
      CountGlobal(resolve(P, F, S.Object));
    const FunctionFacts &Facts = P.facts(F);
    for (size_t B = 0; B < Facts.Blocks.size(); ++B)
      for (size_t E = 0; E < Facts.Blocks[B].Events.size(); ++E) {
        const Event &Ev = Facts.Blocks[B].Events[E];
        if (Ev.Kind != EventKind::LockOp || Facts.LockOps[Ev.Index].Sort != LockSort::Semaphore)
          continue;
        Place Object = resolve(P, F, Facts.LockOps[Ev.Index].Mutex);
        P.Semaphores.insert(Object);
        // Posted without having waited: it lets in one more.
        if (Facts.LockOps[Ev.Index].Kind == LockOpKind::Release &&
            llvm::none_of(locksAt(P.Functions[F], B, E),
                          [&](const HeldLock &H) { return H.Mutex == Object; }))
          P.OpenSemaphores.insert(Object);
      }
  }
  for (FunctionId F = 0; F < P.Functions.size(); ++F)
    for (const SyncOp &S : P.facts(F).Syncs) {
      if (S.Kind != SyncKind::Init)
        continue;
      Place Object = resolve(P, F, S.Object);
      if (!Object.known() || Object.Root == RootKind::Result)
        continue;
      Count(Object, S.Count);
    }
  llvm::SmallVector<Place, 4> Unclear;
  for (const auto &[Object, Count] : P.SyncCounts)
    if (Count < 0)
      Unclear.push_back(Object);
  for (const Place &Object : Unclear)
    P.SyncCounts.erase(Object);
}

bool comesBefore(const Program &P, const ThreadAccess &A, const ThreadAccess &B) {
  const Ordering &First = *A.Order, &Second = *B.Order;
  if (First.SignalledAny)
    return false;
  auto Before = [&](const Place &Object) {
    return !std::binary_search(First.Signalled.begin(), First.Signalled.end(), Object);
  };
  const Thread &Of = P.Threads[A.Thread];
  for (const Awaited &W : Second.Waited) {
    if (!llvm::binary_search(Of.Signals, W.Object) || P.Uneven.contains(W.Counter) ||
        !countFits(P, W.Object))
      continue;
    bool Counted = W.Counter.known() && llvm::binary_search(Of.Raises, W.Object);
    // Zero is also what it was before it grew: somebody must have waited for that.
    if (Counted ? Before(W.Counter) && llvm::binary_search(Second.Waited, Awaited{W.Object, {}})
                : Before(W.Object))
      return true;
  }
  for (const auto &[Mutex, By] : Second.Taken)
    for (const HeldLock &H : A.Held) {
      // By A's thread itself, or for it.
      uint32_t Holder = H.Owner == None ? A.Thread : H.Owner;
      if (!(H.Mutex == Mutex) || By == Holder || (H.Owner == None && !Before(Mutex)))
        continue;
      uint32_t Child = childTowards(P, Holder, By);
      if (Child != None && llvm::any_of(P.Threads[Child].HeldAtStart,
                                        [&](const HeldLock &S) { return S.Mutex == H.Mutex; }))
        return true;
    }
  return false;
}

/// The path with all elements alike, and how far the last of them goes in it.
static std::pair<std::string, size_t> withoutPositions(llvm::StringRef Path) {
  std::string Out;
  size_t Last = 0;
  for (size_t I = 0; I < Path.size(); ++I) {
    Out += Path[I];
    if (Path[I] == '[') {
      I = std::min(Path.find(']', I), Path.size() - 1);
      Out += ']';
      Last = I + 1;
    }
  }
  return {Out, Last};
}

/// The locks of the elements that are accessed, one of them at a constant position.
static bool areOfElements(const HeldLock &L, const ThreadAccess &A, const HeldLock &O,
                          const ThreadAccess &B) {
  if (!(rootOf(L.Mutex) == rootOf(O.Mutex)))
    return false;
  llvm::StringRef X = L.Mutex.Path.str(), Y = O.Mutex.Path.str();
  auto [One, Last] = withoutPositions(X);
  auto [Two, End] = withoutPositions(Y);
  auto Belongs = [](llvm::StringRef Lock, size_t Last, const ThreadAccess &To) {
    return Lock.contains("[]") || To.What.Path.str().starts_with(Lock.take_front(Last));
  };
  return Last && End && One == Two && Belongs(X, Last, A) && Belongs(Y, End, B);
}

bool isProtected(const Program &P, const ThreadAccess &A, const ThreadAccess &B) {
  for (const HeldLock &L : A.Held)
    for (const HeldLock &O : B.Held) {
      if (!(L.Mutex == O.Mutex || areOfElements(L, A, O, B)) || (L.Shared && O.Shared) ||
          !L.OfElement || !O.OfElement)
        continue;
      // Held for both by one and the same thread it keeps neither out.
      uint32_t By = L.Owner == None ? A.Thread : L.Owner, Of = O.Owner == None ? B.Thread : O.Owner;
      if (By == Of && (L.Owner != None || O.Owner != None))
        continue;
      if (L.Sort == LockSort::Semaphore || O.Sort == LockSort::Semaphore) {
        auto It = P.SyncCounts.find(L.Mutex);
        if (It == P.SyncCounts.end() || It->second != 1 || P.OpenSemaphores.contains(L.Mutex))
          continue;
      }
      return true;
    }
  return false;
}

} // namespace heddle
