/// The OpenMP directives of a function, and what is done under them. A combined
/// directive is listed as its parts, each the parent of the next, so that a
/// reader knows a dozen kinds and no more; `teams` is a parallel region whose
/// teams do not share critical sections, and `distribute` a worksharing loop
/// without a barrier.
///
/// Example:
///
///     #pragma omp parallel for private(t)
///       for (int i = 0; i < n; i++) { t = b[i]; a[i] = t; }
///
/// gives the directives 0 (parallel) and 1 (for, parent 0, of the loop of i, with
/// the clause private(t)), and the steps: directive 0, directive 1, the loop, read
/// b[i], write t, read t, write a[i].
#pragma once

#include "facts/loop.h"

namespace heddle {

enum class DirectiveKind : uint8_t {
  Parallel,
  Worksharing, ///< A loop that is shared among the threads: for, distribute, loop.
  Sections,
  Section,
  Single,
  Master, ///< Also masked.
  Critical,
  Atomic,
  Barrier,
  Ordered,
  Task,
  Taskwait,
  Taskgroup,
  Taskloop,
  Simd,
  Other, ///< Without effect on who runs what, or not known.
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(DirectiveKind);

enum class ClauseKind : uint8_t {
  Private,
  FirstPrivate,
  LastPrivate,
  Linear,
  Reduction,
  InReduction, ///< The task takes part in a reduction of a construct around it.
  Shared,
  CopyPrivate,
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(ClauseKind);

/// A variable that a clause names.
struct Clause {
  ClauseKind Kind = ClauseKind::Shared;
  Symbol Variable; ///< USR.
  Symbol Name;     ///< As spelled.
};

enum class DependKind : uint8_t { In, Out, MutexInOutSet, InOutSet };
llvm::ArrayRef<llvm::StringLiteral> enumNames(DependKind);

/// An item of a depend clause; `inout` is Out.
struct Depend {
  DependKind Kind = DependKind::In;
  LoopAccess What;
};

enum class DefaultSharing : uint8_t { Unset, Shared, None, Private, FirstPrivate };
llvm::ArrayRef<llvm::StringLiteral> enumNames(DefaultSharing);

enum class ScheduleKind : uint8_t { Unset, Static, Dynamic, Guided, Auto, Runtime };
llvm::ArrayRef<llvm::StringLiteral> enumNames(ScheduleKind);

struct Directive {
  DirectiveKind Kind = DirectiveKind::Other;
  /// As written in the source, `parallel for`; the same for all parts of it.
  Symbol Name;
  uint32_t Parent = None; ///< Index into RegionFacts::Directives.
  /// A parallel region of teams: a critical section excludes the threads of one
  /// team only.
  bool Teams = false;
  /// Indices into FunctionFacts::Loops of the loops that are shared among
  /// threads (or lanes), outermost first: one, or as many as `collapse` says.
  std::vector<uint32_t> Loops;
  std::vector<Clause> Clauses;
  std::vector<Depend> Depends;
  /// USRs of the variables declared in the body.
  std::vector<Symbol> Locals;
  DefaultSharing Default = DefaultSharing::Unset;
  ScheduleKind Schedule = ScheduleKind::Unset;
  Symbol Chunk;                ///< Of the schedule, as spelled.
  bool NoWait = false;         ///< Without the implicit barrier; for a taskloop, nogroup.
  bool Ordered = false;        ///< Has the clause `ordered`.
  bool CrossIteration = false; ///< `ordered(n)`: iterations wait for each other.
  bool Single = false;         ///< One thread or team: num_threads(1), if(0).
  bool Undeferred = false;     ///< A task with if(0), or that is included.
  bool Mergeable = false;
  bool Untold = false;    ///< Has a clause that is not described here and matters.
  Symbol Critical;        ///< Name of a critical section, empty when it has none.
  int64_t SafeLength = 0; ///< safelen or simdlen; 0 when not given.
  Span At;                ///< The directive, without its statement.
  Span Body;              ///< The statement; not valid for barrier, taskwait...
};

enum class GuardKind : uint8_t {
  Zero,     ///< Value == 0
  NonZero,  ///< Value != 0
  Positive, ///< Value > 0
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(GuardKind);

/// A condition that holds where something is executed: `if (i == 1)` is
/// {Zero, i - 1}.
struct Guard {
  GuardKind Kind = GuardKind::Zero;
  Affine Value;
};

/// In Affine terms, the number of the executing thread.
inline constexpr llvm::StringLiteral ThreadNumber = "omp_get_thread_num()";

/// An access to memory that is not necessarily the executing thread's own, with
/// the position of the loops around it in its subscripts. `x++` is one write
/// with the Reduction `+`.
struct RegionAccess {
  LoopAccess What;
  /// USR of the variable that is named: x in `x`, `x.f`, `x[i]` of an array, and
  /// the pointer p in `p[i]`. Empty when there is none.
  Symbol Variable;
  /// For an element of an array: the sizes of the dimensions.
  std::vector<Affine> Extents;
  /// Part of Variable itself, or of what it is a reference to; not of what it
  /// points to.
  bool Direct = false;
  bool ReadsToo = false;    ///< A write that also reads.
  bool Atomic = false;      ///< What an atomic directive protects.
  bool Conditional = false; ///< Under a condition that Guards do not tell.
  uint32_t Loop = None;     ///< Innermost loop.
  std::vector<Guard> Guards;
};

enum class RegionStepKind : uint8_t { Directive, Loop, Branch, Alternative, Access, Call };
llvm::ArrayRef<llvm::StringLiteral> enumNames(RegionStepKind);

/// A step of the function in the order of evaluation. Steps form a tree: those
/// up to End are below this one.
struct RegionStep {
  RegionStepKind Kind = RegionStepKind::Access;
  /// Into Directives, Loops, Accesses or Calls; None for branches.
  uint32_t Index = None;
  uint32_t End = 0;          ///< Index of the next step that is not below this one.
  bool Conditional = false;  ///< For a call, as in RegionAccess.
  std::vector<Guard> Guards; ///< For a call and a directive, as in RegionAccess.
};

/// Empty for a function without directives.
struct RegionFacts {
  std::vector<Directive> Directives; ///< A parent stands before its children.
  std::vector<RegionStep> Steps;
  std::vector<RegionAccess> Accesses;
};

template <class F> void fields(Clause &S, F &&f) {
  f("kind", S.Kind);
  f("variable", S.Variable);
  f("name", S.Name);
}
template <class F> void fields(Depend &S, F &&f) {
  f("kind", S.Kind);
  f("what", S.What);
}
template <class F> void fields(Directive &S, F &&f) {
  f("kind", S.Kind);
  f("name", S.Name);
  f("parent", S.Parent);
  f("teams", S.Teams);
  f("loops", S.Loops);
  f("clauses", S.Clauses);
  f("depends", S.Depends);
  f("locals", S.Locals);
  f("default", S.Default);
  f("schedule", S.Schedule);
  f("chunk", S.Chunk);
  f("noWait", S.NoWait);
  f("ordered", S.Ordered);
  f("crossIteration", S.CrossIteration);
  f("single", S.Single);
  f("undeferred", S.Undeferred);
  f("mergeable", S.Mergeable);
  f("untold", S.Untold);
  f("critical", S.Critical);
  f("safeLength", S.SafeLength);
  f("at", S.At);
  f("body", S.Body);
}
template <class F> void fields(Guard &S, F &&f) {
  f("kind", S.Kind);
  f("value", S.Value);
}
template <class F> void fields(RegionAccess &S, F &&f) {
  f("what", S.What);
  f("variable", S.Variable);
  f("extents", S.Extents);
  f("direct", S.Direct);
  f("readsToo", S.ReadsToo);
  f("atomic", S.Atomic);
  f("conditional", S.Conditional);
  f("loop", S.Loop);
  f("guards", S.Guards);
}
template <class F> void fields(RegionStep &S, F &&f) {
  f("kind", S.Kind);
  f("index", S.Index);
  f("end", S.End);
  f("conditional", S.Conditional);
  f("guards", S.Guards);
}
template <class F> void fields(RegionFacts &S, F &&f) {
  f("directives", S.Directives);
  f("steps", S.Steps);
  f("accesses", S.Accesses);
}

} // namespace heddle
