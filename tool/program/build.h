/// What the steps of buildProgram share. Only this stage includes it.
#pragma once

#include "program/program.h"
#include "llvm/ADT/BitVector.h"

namespace heddle {

/// Longer paths are walks through linked structures; such places are Unknown.
inline constexpr size_t MaxSteps = 12;
/// Hops of a chain that are kept.
inline constexpr size_t MaxHops = 8;

/// Which function a name means where.
struct Names {
  /// By unit: definitions in the unit, or the equal one that stands for them.
  std::vector<llvm::DenseMap<Symbol, FunctionId>> Own;
  /// Definitions that other units can see, in order of unit.
  llvm::DenseMap<Symbol, llvm::SmallVector<FunctionId, 1>> External;
  /// By virtual method: all that override it.
  llvm::DenseMap<Symbol, llvm::SmallVector<FunctionId, 2>> Overriders;
  /// Units that define `main`: no two of them are in one program.
  std::vector<bool> HasMain;
  /// By unit: variables that got a name of their own because others share theirs.
  std::vector<llvm::DenseMap<Symbol, Symbol>> Renamed;

  /// Candidates for `Usr` as seen from `Unit`.
  llvm::SmallVector<FunctionId, 1> find(const Program &P, uint32_t Unit, Symbol Usr) const;
};

/// merge.cpp: fills Functions and Variables, renames variables that share a USR.
Names mergeUnits(Program &P);
/// callgraph.cpp: fills Targets, Callers and BottomUp.
void bindCalls(Program &P, const Names &N);
/// places.cpp: fills Bound and Summary::Returns of every function, bottom-up.
void bindPointers(Program &P);
/// locksets.cpp: fills Held, Released and the lock effects in the summary.
/// True when the effects changed.
bool computeLocksets(Program &P, FunctionId F);
/// The lock of an operation of `F`, resolved.
HeldLock lockOf(const Program &P, FunctionId F, const LockOp &Op);
/// The callee's lock in terms of the caller, with a name that fits there.
HeldLock lockHere(const Program &P, FunctionId Caller, uint32_t CallIndex, HeldLock L);
/// What calling or running the event waits for, one after the other: a lock of F
/// itself, or those that a callee takes for F. In terms of F.
llvm::SmallVector<HeldLock, 2> locksTaken(const Program &P, FunctionId F, const Event &E);
/// summaries.cpp: the rest of the summaries, with the locksets.
void summarise(Program &P);
/// concurrency.cpp: fills Threads and SharedAccesses.
void findConcurrency(Program &P, const Names &N);

/// A local that lives in one activation of `F`, not one that a lambda captured.
/// USRs of locals begin with that of their function.
bool isOwnLocal(const FunctionFacts &F, const Place &What);
/// Calls that are made only when the function does not come back: the message
/// before exit(), abort().
llvm::BitVector callsOnTheWayOut(const FunctionFacts &F);
/// A pointer that has one of two targets, taken to have this one.
struct Choice {
  Place Pointer, Target;
};
/// The two, for the pointer that the place goes through; none when there are more or
/// fewer.
llvm::SmallVector<Choice, 2> choices(const Program &P, const Place &What);
/// The place when the choice is made.
Place choose(const Choice &C, const Place &What);
/// The place without its path.
Place rootOf(const Place &What);
/// The place, `Rest` further; Unknown beyond MaxSteps.
Place further(const Place &Base, llvm::StringRef Rest);
/// `Inner` is written in `Outer`, directly or in a lambda there.
bool isWithin(const Program &P, FunctionId Inner, FunctionId Outer);
/// The outermost function around a lambda; F itself when it is none.
FunctionId outermost(const Program &P, FunctionId F);

} // namespace heddle
