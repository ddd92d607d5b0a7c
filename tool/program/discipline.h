/// Which locks are held where the members of a class, and variables of static
/// storage duration, are accessed: the material for lock discipline where no thread
/// is in sight (Engler et al. 2001, Blackshear et al. 2018).
///
/// Example: `void put(int v) { lock_guard g(mu_); v_ = v; }  int get() { return v_; }`
/// gives one MemberUse for `v_` with two accesses: a write under {Own ".mu_"} and a
/// read under nothing.
#pragma once

#include "program/program.h"

namespace heddle {

/// Whose a lock is, seen from the memory that is accessed under it.
enum class LockSide : uint8_t {
  Own,    ///< In the same object, or reached from it: `mu_` for `this->n_`, `p->m` for `p->x`.
  Fixed,  ///< One for all objects: a global, a static member.
  Given,  ///< A parameter of the function that outsiders call.
  Theirs, ///< As Own, of another object that is at hand: `q->m` for `p->x`.
  Other,  ///< Any other: it may be the right one, nobody can tell.
};

struct MemberLock {
  LockSide Side = LockSide::Other;
  Symbol Path; ///< Which one, for Own below the object.
  bool Shared = false;
  bool Alone = false; ///< What is taken at At protects accesses to this member only.
  /// Of a callee that does not take it always: callers are taken to know.
  bool Perhaps = false;
  /// It is in an object that this one was given and shares with others, as a device has
  /// its bus: most who come here hold it for the sake of more than this member.
  bool OfParent = false;
  Symbol Text;
  Span At; ///< Where it was taken; invalid when callers are declared to hold it.

  bool same(const MemberLock &O) const { return Side == O.Side && Path == O.Path; }
};

struct MemberAccess {
  bool Write = false;
  /// Not accessed here: a reference to it is returned, and used by the caller.
  bool Escapes = false;
  /// Made surely, on an object that others may have. Others are no evidence of a fault.
  bool Certain = true;
  /// By a thread that the analysis of threads has followed: what it says of two such
  /// accesses, SharedAccesses and mayRunAtOnce, is all there is to say.
  bool Judged = false;
  /// While something is made ready that others get later.
  bool Setup = false;
  /// Only if somebody out of sight calls what those in sight call with other locks.
  bool Supposed = false;
  FunctionId In = None;
  /// USR of the class whose object it is in, as far as that is known.
  Symbol Owner;
  /// Own locks that objects of that class have, among those held in this use.
  std::vector<Symbol> Has;
  Span At;
  Span Named;        ///< Where the object is named; the call, when a callee gets a pointer.
  Symbol Text, Type; ///< Type is empty for what is not accessed in place.
  std::vector<MemberLock> Locks; ///< Must be held, callers counted.
  /// Not held, but held before and after in the same function: given up for a while.
  std::vector<MemberLock> GivenUp;
  Chain Through; ///< From the function that outsiders call.
};

/// All accesses to one member of a class, whatever the object, or to one variable.
/// What is done to an object before others can have it is left out, and so is what
/// `main` does before it starts the first thread.
struct MemberUse {
  std::string Name; ///< Unique, but for classes that several source files define.
  Symbol Text;      ///< The member, for people.
  /// By the attribute `guarded_by`.
  std::vector<MemberLock> Declared;
  std::vector<MemberAccess> Accesses; ///< Sorted by place in the source.
};

/// Of all members that are accessed under a lock somewhere; sorted by name.
std::vector<MemberUse> gatherMemberUses(const Program &P);

/// Places in the source where an access races with one of another thread that is in
/// sight (SharedAccesses): both plain, one a write, without a common lock.
std::vector<Span> racingAccesses(const Program &P);

} // namespace heddle
