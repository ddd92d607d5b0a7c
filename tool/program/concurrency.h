/// The visit of all threads: internal to this stage.
#pragma once

#include "program/contexts.h"
#include "program/lifetimes.h"
#include "program/observe.h"
#include "program/orders.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/SetVector.h"
#include <functional>
#include <map>

namespace heddle {

/// Indices into Program::Threads, sorted.
using ThreadSet = llvm::SmallVector<uint32_t, 4>;
bool insertInto(ThreadSet &Set, uint32_t T);
bool insertAll(ThreadSet &Set, const ThreadSet &More);
bool contains(const ThreadSet &Set, uint32_t T);
/// At begins within Whole.
bool isInside(const Span &At, const Span &Whole);

/// For each owner of memory that is on the stack: the threads that were started
/// since its activation began. Only these can have been handed what it owns.
using Since = llvm::SmallVector<std::pair<Symbol, ThreadSet>, 2>;
/// The set of the owner; null when the owner is not on the stack.
const ThreadSet *threadsOf(const Since &S, Symbol Owner);
ThreadSet &sinceOf(Since &S, Symbol Owner);

/// One thread in one context. In the second phase also with the same locks held
/// and the same others running: what is done while a program is set up is not
/// mixed with what is done later.
struct Visit {
  uint32_t Thread = None;
  uint32_t Context = None;
  bool Reached = false, Dirty = false, Certain = false;
  bool Merged = false;        ///< It stands for several entries.
  Lockset Locks;              ///< Held at every entry.
  std::vector<Place> MayHold; ///< Locks held at some entry, or on some ways to it; sorted.
  ThreadSet Live;             ///< That may be running at entry.
  ThreadSet Doubtful;         ///< Of these, some that were waited for on some ways.
  Since LiveSince;
  Ordering Order;       ///< At every entry.
  uint32_t From = None; ///< The visit that first came here, by the call at FromAt.
  Span FromAt;
  std::vector<ThreadSet> Started;            ///< By StartItem: the threads it stands for.
  llvm::SmallSetVector<uint32_t, 2> Callers; ///< In the first phase.
};

class Concurrency {
public:
  Concurrency(Program &P, const Names &N)
      : P(P), N(N), Lives(computeLifetimes(P)), Syncs(P), Known(P, N) {}

  void run();
  /// observe.cpp: the same, with all accesses kept for which Wanted holds, and
  /// all to the same memory.
  Observation observe(llvm::function_ref<bool(const Span &)> Wanted);

private:
  /// State at one event of one visit.
  struct Moment {
    ThreadSet Live;
    Since LiveSince;
  };

  void findRoots();
  void settle();
  void markAlone();
  void follow();
  uint32_t addThread(FunctionId Entry, FunctionId Starter, const Launch *Start, Symbol Name);
  uint32_t visitOf(uint32_t Thread, uint32_t Context, const Visit &Like);
  void process(uint32_t V, bool Record);
  const Moment &momentAt(uint32_t V, const LifeState &S);
  ThreadSet doubtful(uint32_t V, const LifeState &S);
  void endThreads(ThreadSet &Set, uint32_t V, uint64_t Ended);
  ThreadSet started(uint32_t V, uint64_t Items) const;
  ThreadSet withChildren(uint32_t Thread, const ThreadSet &Set) const;
  void start(uint32_t V, uint32_t Item, const Moment M, uint32_t Index, const Lockset &Held,
             const Ordering &Order);
  void together(uint32_t A, uint32_t B, llvm::ArrayRef<Symbol> Owners);
  bool isAbove(uint32_t Above, uint32_t Below) const;
  bool beganWithout(uint32_t Above, uint32_t Below) const;
  void enter(uint32_t Thread);
  void handOn(uint32_t V, const Call &C);
  void call(uint32_t V, uint32_t Index, size_t Block, size_t Event, const LifeState &S,
            const OrderState &O);
  Lockset locks(uint32_t V, size_t Block, size_t Event);
  std::vector<Place> mayHold(uint32_t V, size_t Block, size_t Event);
  void record(uint32_t V, const Access &A, size_t Block, size_t Event, const LifeState &S,
              const std::shared_ptr<const Ordering> &Order);
  ThreadSet sharing(uint32_t V, const Absolute &Where, const LifeState &S, bool Making = false);
  // In watch.cpp:
  void findOutside(const std::vector<bool> &Reached, const std::vector<bool> &Started);
  void watch(uint32_t V, size_t Block, size_t Event, const LifeState &S);
  void watchLock(uint32_t V, const HeldLock &L, const Lockset &Held, const LifeState &S);
  void watchCall(uint32_t V, const Call &C, size_t Block, size_t Event, const LifeState &S);
  void watchFork(uint32_t V, const Launch &L, size_t Block, size_t Event, const LifeState &S);
  void watchWrite(uint32_t V, const Access &A, size_t Block, size_t Event, const LifeState &S);
  ThreadCall threadCall(uint32_t V, const Lockset &Held, const Span &At) const;
  void sortWatched();
  // In elements.cpp:
  const LoopAccess *subscripted(FunctionId F, const Span &At);
  const LoopAccess *argumentAt(FunctionId F, const Span &At, uint32_t Argument) const;
  IndexOrigin originOf(uint32_t V, const Affine &Position, ElementIndex &Out, unsigned Depth) const;
  ElementIndex indexOf(uint32_t V, const LoopAccess &A) const;
  ThreadSet concurrentOf(ThreadSet Set) const;
  void startedWith(const Thread &T, ElementIndex &Out) const;
  ElementIndex elementOf(uint32_t V, const Access &A, const Place &What);
  bool isOfIteration(uint32_t V, const Access &A, uint32_t StartLoop);
  bool isOfElement(uint32_t V, const Access &A, const Place &What, const HeldLock &Lock);
  // In observe.cpp:
  void look(uint32_t V, const Access &A, size_t Block, size_t Event, const LifeState &S,
            const std::shared_ptr<const Ordering> &Order);
  std::vector<std::pair<uint32_t, Span>> endedBefore(uint32_t V, const LifeState &S);
  bool stateAtCall(uint32_t V, const Span &At, LifeState &S) const;
  bool isLockItself(FunctionId F, const Access &A) const;
  Ordering orderAt(uint32_t V, const OrderState &S);
  /// What V's thread signals anywhere, for all that come before: S is at an exit.
  void signals(uint32_t V, const OrderState &S);
  void raises(uint32_t V, const SyncOp &Op);
  void giveBack(uint32_t V, const Event &E, const LifeState &S);
  void countSyncs();
  void findUneven();
  llvm::SmallVector<CallTarget, 1> targets(uint32_t V, uint32_t Index) const;
  bool inLoopOf(FunctionId F, const Place &Root, uint32_t Loop) const;
  bool isPerIteration(uint32_t V, const Place &Root) const;
  Span namedAt(uint32_t V, const Access &A, const Place &What);
  Chain chainTo(uint32_t V) const;

  Program &P;
  const Names &N;
  std::vector<Lifetimes> Lives;
  OrderTable Syncs;
  Contexts Known;
  std::vector<FunctionId> CalledAlone;
  /// Of functions that end objects: their blocks that are on every way.
  llvm::DenseMap<FunctionId, llvm::BitVector> EveryWay;
  std::vector<Visit> Visits;
  /// By thread and context.
  llvm::DenseMap<std::pair<uint32_t, uint32_t>, llvm::SmallVector<uint32_t, 2>> VisitsOf;
  /// The last moment, while nothing that it depends on has changed.
  struct {
    uint32_t Visit = None;
    uint64_t Running = 0, Ended = 0, Stamp = 0;
    Moment What;
  } Last;
  uint64_t Stamp = 0;
  /// By function: accesses with subscripts, by their place in the source.
  llvm::DenseMap<FunctionId, std::map<Span, const LoopAccess *>> Subscripts;
  /// The first phase finds the threads, and who may run at once with whom. The
  /// second takes that as given.
  bool Settled = false;
  std::map<std::pair<uint32_t, uint32_t>, std::vector<ThreadSet>> StartedIn;
  /// By launch and entry context.
  llvm::DenseMap<std::pair<const Launch *, uint32_t>, uint32_t> ThreadOf;
  /// Parallel to Program::Threads.
  struct ThreadState {
    uint32_t Context = None;
    uint32_t Parent = None;
    Place Handle;
    bool Concurrent = true; ///< Not a handler or signal.
    bool Entered = false;
    bool Posted = false;           ///< To an executor that gives no handle.
    llvm::DenseSet<Place> Foreign; ///< Roots of objects it did not make.
    ThreadSet Children, With;
    Since WithSince;   ///< Of With and the parents, by owner.
    Lockset Held;      ///< By the parent, at every start.
    Lockset HeldAbove; ///< The same, and what is held at the starts of the parents.
    Ordering Order;    ///< Of the parent, at every start.
    /// By which thread, while it lives.
    llvm::SmallVector<std::pair<Place, uint32_t>, 2> GivenBack;
    llvm::SmallVector<uint32_t, 1> Outliving;
  };
  std::vector<ThreadState> States;
  bool Changed = false; ///< A thread has a new child.
  /// When accesses are observed: what to do with one.
  std::function<void(ObservedAccess)> Observed;
  std::function<bool(const Span &At, const Place &What)> Wants; ///< Others are passed over.
  bool Observing = false; ///< Functions are followed also where nobody else runs.
};

/// ordering.cpp: what holds on both ways; true when Into changed.
bool meetOrder(Ordering &Into, const Ordering &From);
/// A is sure to come before B, by what A's thread signals and B's has waited for.
bool comesBefore(const Program &P, const ThreadAccess &A, const ThreadAccess &B);

/// shared.cpp: keeps accesses that may meet another thread's; sorts them.
std::vector<ThreadAccess> selectShared(const Program &P, std::vector<ThreadAccess> All);

} // namespace heddle
