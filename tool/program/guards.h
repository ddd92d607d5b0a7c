/// Under which locks the members of classes, and variables of static storage
/// duration, are accessed.
#pragma once

#include "program/program.h"

namespace heddle {

struct GuardLock {
  enum Side : uint8_t {
    SameObject, ///< It is in the object of the member: Path is `.mu`.
    Fixed,      ///< It is Variable, or in it at Path.
    Other,      ///< Variable is what it is called here.
  } Of = Other;
  Symbol Variable, Path;
  bool Shared = false;
  Symbol Text;
  Span At; ///< Where it was taken; not valid when a caller did.

  bool same(const GuardLock &O) const {
    return std::tie(Of, Variable, Path) == std::tie(O.Of, O.Variable, O.Path);
  }
};

struct GuardedAccess {
  bool Write = false;
  FunctionId In = None;
  Span At;
  std::vector<GuardLock> Locks; ///< Must be held, callers counted.
};

struct GuardCandidate {
  Symbol Usr;                          ///< Of the field or variable.
  std::vector<GuardedAccess> Accesses; ///< One for each place in the source, sorted.
};

/// Sorted by USR. Left out: what constructors and destructors do to their own
/// object, what is done to objects that nobody else has yet, what `main` does before
/// it starts a thread, atomics, arrays, and objects that synchronise themselves.
std::vector<GuardCandidate> gatherGuards(const Program &P);

} // namespace heddle
