/// In which order locks are taken, and where that can end in a deadlock: two
/// threads that each wait for what the other holds (Coffman, Elphick, Shoshani
/// 1971), or one that waits for itself.
///
/// Example: `lock(a); lock(b);` in one thread and `lock(b); lock(a);` in another
/// are the orders a, b and b, a, which form a cycle.
#pragma once

#include "program/program.h"

namespace heddle {

/// Each thread of Orders waits for what the next one holds, the last for the first.
struct LockCycle {
  std::vector<LockOrder> Orders;
  /// Every thread is known to be started, and every lock is one object.
  bool Exact = false;
};

/// A lock is taken by a thread that holds it.
struct Relock {
  HeldLock First, Then;
  FunctionId Holder = None; ///< Takes First.
  Chain Through;            ///< Calls from Holder to where Then is taken.
};

/// The shortest cycles, each lock in one at least; sorted. Beside what the threads
/// do (Program::LockOrders), what functions do whose callers are not known:
/// Thread of such an order is None.
std::vector<LockCycle> findLockCycles(const Program &P);

/// Only of locks for which that is known to wait for ever, in every call of Holder
/// that comes to First.
std::vector<Relock> findRelocks(const Program &P);

/// The lock that F takes at L.At is named by what keeps its value in F.
bool isSteady(const Program &P, FunctionId F, const HeldLock &L);
/// F takes the two, of which H comes first here, in the other order as well, and
/// got at least one of them handed: it tells by their addresses or numbers.
bool isOrderedByHand(const Program &P, FunctionId F, const HeldLock &H, const HeldLock &L);

} // namespace heddle
