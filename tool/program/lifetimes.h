/// Which threads a function leaves running where: internal to this stage.
#pragma once

#include "program/build.h"

namespace heddle {

/// A start that may happen in a call of the function: a launch of its own, or
/// one of a callee that is still running when the callee returns.
struct StartItem {
  uint32_t Own = None;  ///< Index into FunctionFacts::Launches, or
  uint32_t Call = None; ///< the call,
  FunctionId Callee = None;
  uint32_t Item = None; ///< and the item of the callee.
  Place Handle;         ///< In terms of this function.
  bool JoinsAtEnd = false;
  uint32_t Loop = None;
  uint64_t Overwrites = 0; ///< The StartItems whose handles it is stored over.
  uint32_t Asked = None;   ///< The call whose result tells whether it has happened.
  /// What that call, or this function, gives when it has; nothing when that may be all.
  std::optional<llvm::SmallVector<int64_t, 2>> Tells, Returned;
};

/// A wait for the end of what a handle stands for.
struct EndItem {
  Place Handle;
  bool AtEnd = false; ///< A destructor: only of handles that wait in it.
  uint32_t Loop = None;
  uint64_t Ends = 0; ///< The StartItems it ends.
  /// Every element of a container is waited for, once the loop is left.
  bool WhenLeft = false;
  /// Of a callee that waits on some of its ways, or is one of several.
  bool Perhaps = false;
};

/// Sets of StartItems and EndItems, as bits.
struct LifeState {
  uint64_t Running = 0; ///< Started in this activation, perhaps not ended.
  uint64_t Recent = 0;  ///< The same, in this iteration of the loop of the start.
  uint64_t Ended = 0;   ///< EndItems that were surely passed.
  uint64_t MayEnd = 0;  ///< Those that were passed on some way, since the last start.
  uint64_t Joined = 0;  ///< Those of elements, one by one: passed in this iteration.
  /// In the process that a fork has made: the other threads are not there.
  bool Forked = false;
  uint64_t Lost = 0; ///< StartItems whose handle is lost: nobody can wait for them.
  bool Reached = false;

  void end(uint64_t Items) {
    Running &= ~Items | Lost;
    Recent &= ~Items | Lost;
  }
};

struct Lifetimes {
  std::vector<StartItem> Starts;  ///< At most 64.
  std::vector<EndItem> Ends;      ///< At most 64.
  std::vector<LifeState> AtBlock; ///< At the entry of each block.
  LifeState AtExit;
  /// By event (kind, index): the items that begin or end there.
  llvm::DenseMap<std::pair<uint32_t, uint32_t>, std::pair<uint64_t, uint64_t>> At;

  /// Applies one event.
  void step(LifeState &S, const Event &E) const;
};

/// Of every function, callees first.
std::vector<Lifetimes> computeLifetimes(const Program &P);

/// Whether the launch leaves something running when its call returns.
bool runsOn(const Launch &L);
/// Whether waiting for Wait ends what Handle stands for.
bool endsHandle(const Place &Wait, bool AtEnd, const Place &Handle, bool JoinsAtEnd);
/// `Inner` is `Outer` or a loop in it.
bool isInLoop(const FunctionFacts &F, uint32_t Inner, uint32_t Outer);

} // namespace heddle
