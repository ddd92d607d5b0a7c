/// Happens-before by synchronisation other than start and join, within one
/// function and its callees: a forward analysis of the objects that were waited
/// for (must), the mutexes taken (must) and what was signalled or given back
/// (may). An access that comes before any signal of an object is seen by who has
/// waited for that object ([intro.races]).
///
/// Example: main does `data = 1; ready.store(true);` and a thread does
/// `while (!ready.load()); use(data);`. At the write main has not signalled
/// `ready`; at the read the thread has waited for it: the write comes first.
#include "program/orders.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

constexpr size_t MaxPlaces = 16;

template <class T> bool insert(std::vector<T> &Set, const T &P) {
  if (llvm::is_contained(Set, P)) // compares numbers, not texts
    return true;
  if (Set.size() >= MaxPlaces)
    return false;
  Set.insert(llvm::lower_bound(Set, P), P);
  return true;
}

template <class T> void keepCommon(std::vector<T> &Into, const std::vector<T> &From) {
  llvm::erase_if(Into, [&](const T &X) { return !llvm::is_contained(From, X); });
}

bool meet(OrderState &Into, const OrderState &From) {
  if (!Into.Reached) {
    Into = From;
    return true;
  }
  OrderState Before = Into;
  keepCommon(Into.Waited, From.Waited);
  keepCommon(Into.Taken, From.Taken);
  Into.SignalledAny |= From.SignalledAny;
  for (const Place &P : From.Signalled)
    Into.SignalledAny |= !insert(Into.Signalled, P);
  return !(Before == Into);
}

bool isNamed(const Place &P) { return P.known() && P.Root != RootKind::Result; }

} // namespace

OrderTable::OrderTable(const Program &P) : P(P), All(P.Functions.size()) {
  for (const std::vector<FunctionId> &Cycle : P.BottomUp)
    for (unsigned Round = 0; Round < (Cycle.size() > 1 ? 2 : 1); ++Round)
      for (FunctionId F : Cycle)
        All[F] = compute(F);
}

bool OrderTable::matters(FunctionId F, const Event &E) const {
  if (E.Kind == EventKind::Sync || E.Kind == EventKind::LockOp)
    return true;
  return E.Kind == EventKind::Call &&
         llvm::any_of(P.Functions[F].Targets[E.Index],
                      [&](const CallTarget &T) { return !All[T.Callee].AtExit.empty(); });
}

void OrderTable::step(FunctionId F, OrderState &S, const Event &E) const {
  const FunctionFacts &Facts = P.facts(F);
  auto Signal = [&](const Place &Object) {
    if (isNamed(Object))
      S.SignalledAny |= !insert(S.Signalled, Object);
  };
  if (E.Kind == EventKind::Sync) {
    const SyncOp &Op = Facts.Syncs[E.Index];
    Place Object = resolve(P, F, Op.Object);
    if (Op.Kind == SyncKind::Signal || Op.Kind == SyncKind::Both)
      Signal(Object);
    if (Op.Kind == SyncKind::Signal && Op.Counter.known() && Op.Step < 0)
      Signal(resolve(P, F, Op.Counter));
    if ((Op.Kind == SyncKind::Wait || Op.Kind == SyncKind::Both) && isNamed(Object))
      insert(S.Waited, {Object, Op.Kind == SyncKind::Wait ? resolve(P, F, Op.Counter) : Place()});
  } else if (E.Kind == EventKind::LockOp) {
    const LockOp &Op = Facts.LockOps[E.Index];
    if (Op.Sort != LockSort::Mutex)
      return;
    Place Mutex = resolve(P, F, Op.Mutex);
    if (Op.Kind == LockOpKind::Release)
      Signal(Mutex);
    else if (Op.Kind == LockOpKind::Acquire && isNamed(Mutex))
      insert(S.Taken, Mutex);
  } else if (E.Kind == EventKind::Call) {
    const auto &Targets = P.Functions[F].Targets[E.Index];
    for (const CallTarget &T : Targets) {
      const OrderState &Callee = All[T.Callee].AtExit;
      for (const Place &Object : Callee.Signalled)
        Signal(translate(P, F, E.Index, Object));
      S.SignalledAny |= Callee.SignalledAny;
      if (Targets.size() > 1)
        continue;
      for (const Awaited &W : Callee.Waited)
        if (Place Here = translate(P, F, E.Index, W.Object); isNamed(Here))
          insert(S.Waited,
                 {Here, W.Counter.known() ? translate(P, F, E.Index, W.Counter) : W.Counter});
      for (const Place &Object : Callee.Taken)
        if (Place Here = translate(P, F, E.Index, Object); isNamed(Here))
          insert(S.Taken, Here);
    }
  }
}

Orders OrderTable::compute(FunctionId F) const {
  const FunctionFacts &Facts = P.facts(F);
  Orders Out;
  bool Any = llvm::any_of(Facts.Blocks, [&](const Block &B) {
    return llvm::any_of(B.Events, [&](const Event &E) { return matters(F, E); });
  });
  if (!Any)
    return Out;
  std::vector<PathNode> Paths = unfold(Facts);
  Out.AtBlock.assign(Facts.Blocks.size(), {});
  std::vector<OrderState> In(Paths.size());
  In[0].Reached = true;
  llvm::BitVector Dirty(Paths.size());
  Dirty.set(0);
  for (int N = Dirty.find_first(); N != -1; N = Dirty.find_first()) {
    Dirty.reset(N);
    const Block &B = Facts.Blocks[Paths[N].Block];
    OrderState S = In[N];
    for (const Event &E : B.Events)
      step(F, S, E);
    if (B.Next.empty())
      meet(Out.AtExit, S);
    for (auto [To, Edge] : Paths[N].Next)
      if (meet(In[To], S))
        Dirty.set(To);
  }
  for (size_t N = 0; N < Paths.size(); ++N)
    if (In[N].Reached)
      meet(Out.AtBlock[Paths[N].Block], In[N]);
  auto IsOwn = [&](const Place &Object) {
    return isOwnLocal(Facts, Object) && !Object.Path.str().contains('*');
  };
  llvm::erase_if(Out.AtExit.Waited, [&](const Awaited &W) { return IsOwn(W.Object); });
  llvm::erase_if(Out.AtExit.Taken, IsOwn);
  llvm::erase_if(Out.AtExit.Signalled, IsOwn);
  return Out;
}

} // namespace heddle
