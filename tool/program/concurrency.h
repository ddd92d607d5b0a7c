/// The visit of all threads: internal to this stage.
#pragma once

#include "program/contexts.h"
#include "program/lifetimes.h"

namespace heddle {

/// Indices into Program::Threads, sorted.
using ThreadSet = llvm::SmallVector<uint32_t, 4>;
bool insertInto(ThreadSet &Set, uint32_t T);
bool insertAll(ThreadSet &Set, const ThreadSet &More);
bool contains(const ThreadSet &Set, uint32_t T);

/// For each owner of memory that is on the stack: the threads that were started
/// since its activation began. Only these can have been handed what it owns.
using Since = llvm::SmallVector<std::pair<Symbol, ThreadSet>, 2>;
/// The set of the owner; null when the owner is not on the stack.
const ThreadSet *threadsOf(const Since &S, Symbol Owner);
ThreadSet &sinceOf(Since &S, Symbol Owner);

/// One thread in one context.
struct Visit {
  uint32_t Thread = None;
  uint32_t Context = None;
  bool Reached = false, Dirty = false, Certain = false;
  Lockset Locks;  ///< Held at every entry.
  ThreadSet Live; ///< That may be running at entry.
  Since LiveSince;
  uint32_t From = None; ///< The visit that first came here, by the call at FromAt.
  Span FromAt;
  std::vector<ThreadSet> Started;   ///< By StartItem: the threads it stands for.
  llvm::SmallVector<uint32_t, 2> Callers;
};

/// What is between two threads that may run at once: the owners whose memory
/// both may have.
struct Together {
  llvm::SmallVector<Symbol, 2> Owners;
};

class Concurrency {
public:
  Concurrency(Program &P, const Names &N)
      : P(P), N(N), Lives(computeLifetimes(P)), Known(P, N) {}

  void run();

private:
  /// State at one event of one visit.
  struct Moment {
    ThreadSet Live;
    Since LiveSince;
  };

  void findRoots();
  uint32_t addThread(FunctionId Entry, FunctionId Starter, const Launch *Start, Symbol Name);
  uint32_t visitOf(uint32_t Thread, uint32_t Context);
  void process(uint32_t V, bool Record);
  Moment momentAt(uint32_t V, const LifeState &S);
  void endThreads(ThreadSet &Set, uint32_t V, uint64_t Ended);
  ThreadSet started(uint32_t V, uint64_t Items) const;
  ThreadSet withChildren(uint32_t Thread, const ThreadSet &Set) const;
  void start(uint32_t V, uint32_t Item, const Moment &M, uint32_t Index);
  void together(uint32_t A, uint32_t B, llvm::ArrayRef<Symbol> Owners);
  void enter(uint32_t Thread);
  void call(uint32_t V, uint32_t Index, size_t Block, size_t Event, const LifeState &S);
  Lockset locks(uint32_t V, size_t Block, size_t Event);
  void record(uint32_t V, const Access &A, size_t Block, size_t Event, const LifeState &S);
  bool isLockItself(FunctionId F, const Access &A) const;
  bool runsOnce(FunctionId F, uint32_t Index) const;
  llvm::SmallVector<CallTarget, 1> targets(uint32_t V, uint32_t Index) const;
  bool inLoopOf(FunctionId F, const Place &Root, uint32_t Loop) const;
  bool isPerIteration(uint32_t V, const Place &Root) const;
  Span namedAt(uint32_t V, const Access &A, const Place &What);
  Chain chainTo(uint32_t V) const;

  Program &P;
  const Names &N;
  std::vector<Lifetimes> Lives;
  Contexts Known;
  std::vector<Visit> Visits;
  llvm::DenseMap<std::pair<uint32_t, uint32_t>, uint32_t> VisitOf;
  /// By launch and entry context.
  llvm::DenseMap<std::pair<const Launch *, uint32_t>, uint32_t> ThreadOf;
  /// Parallel to Program::Threads.
  struct ThreadState {
    uint32_t Context = None, Root = None; ///< Root: the thread of `main`.
    uint32_t Parent = None;
    Place Handle;
    bool Concurrent = true; ///< Not a handler or signal.
    ThreadSet Children, With;
    Since WithSince;        ///< Of With and the parents, by owner.
    llvm::SmallVector<uint32_t, 1> Outliving;
  };
  std::vector<ThreadState> States;
  bool Changed = false; ///< Relations between threads grew.
};

/// shared.cpp: keeps accesses that may meet another thread's; sorts them.
std::vector<ThreadAccess> selectShared(const Program &P, std::vector<ThreadAccess> All);

} // namespace heddle
