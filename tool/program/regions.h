/// Data races in OpenMP regions: which two accesses may be executed at the same
/// time by different threads (or lanes), touch the same memory, and are not both
/// reads.
#pragma once

#include "program/program.h"

namespace heddle {

/// What runs at the same time.
enum class RaceRelation : uint8_t {
  Iterations, ///< Iterations of one loop that is shared among threads.
  Threads,    ///< The same code in several threads.
  Constructs, ///< Different pieces of a region between two barriers.
  Sections,
  Tasks,
  Lanes, ///< Iterations of a simd loop.
  /// Not a race: a mergeable task may or may not have a copy of its own.
  Merged,
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(RaceRelation);

/// One of the two accesses.
struct RaceSide {
  Symbol Text;
  Symbol Callee; ///< The access is made in a call of this.
  Span At;       ///< Of the call, if there is one.
  Span Inside;   ///< The access itself, if it is in a call.
  bool Write = false, ReadsToo = false, Atomic = false;
  bool OneThread = false; ///< Of one certain number only.
  Symbol Operator;        ///< Of an update that only combines.
  /// Names of the critical sections around, and of locks that are held.
  std::vector<Symbol> Criticals, Locks;
  /// Innermost part of the region that says which thread executes it: the kind
  /// and index of a worksharing loop, single..., or None.
  DirectiveKind Executor = DirectiveKind::Other;
  uint32_t Construct = None;
};

struct Race {
  FunctionId F = None;
  uint32_t Region = None; ///< Index of the directive of the parallel region (or tasks).
  RaceRelation Relation = RaceRelation::Threads;
  RaceSide A, B;       ///< A writes; it stands first where both do.
  Symbol Name;         ///< The variable, array, or pointer.
  bool Scalar = false; ///< The whole memory of Name is meant, not elements.
  /// Iterations from A to B, when it is always the same.
  std::optional<int64_t> Distance;
  /// For Iterations: what the loop does to Name.
  std::optional<LoopScalar> Use;
  uint32_t Loop = None; ///< For Iterations and Lanes, in the function of the construct.
  /// A construct with `nowait` that one of them is in; None for none.
  uint32_t NoWait = None;
  FunctionId NoWaitIn = None; ///< The function of that directive.
  /// A critical section is there, but does not exclude other teams.
  bool OtherTeam = false;
};

/// All races of the directives of the program, by function and directive; at most
/// one for each variable of a region.
std::vector<Race> findRaces(const Program &P);

} // namespace heddle
