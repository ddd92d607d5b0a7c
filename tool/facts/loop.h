/// What a loop carries from one iteration to the next, as far as its text says.
/// The program stage adds the effects of the calls in its body and decides.
///
/// Example: `for (int i = 1; i < n; i++) a[i] = a[i - 1] + t;` has index i from
/// 1 to n, a write of a with subscript i and a read of a with subscript i - 1.
#pragma once

#include "facts/place.h"
#include "facts/spelling.h"
#include <optional>

namespace heddle {

/// Sum of Coefficient * Variable + Constant over loop indices and loop-invariant
/// integers. Known is false for anything else (then the rest is empty).
struct Term {
  /// USR of the variable; followed by "#entry" for its value before the loop; or
  /// a place as toString prints it.
  Symbol Variable;
  int64_t Coefficient = 1;
};
struct Affine {
  bool Known = false;
  int64_t Constant = 0;
  std::vector<Term> Terms; ///< Sorted by variable, no zero coefficients.
  /// As spelled: the value is the element of this array at that position, as
  /// `idx` for `idx[i + 1]`. Different positions need not give different values.
  Symbol Through;
  int64_t Plus = 0; ///< Added to that element.
};

/// What a scalar that is declared outside the loop does inside it.
enum class ScalarUse : uint8_t {
  Private,   ///< Written before it is read in every iteration.
  Reduction, ///< Only ever updated as `s = s op e`, never read otherwise.
  Induction, ///< Advances by a loop-invariant step in every iteration.
  /// Read before it is set to a linear function of the index, once in every
  /// iteration: from the second iteration on, the value is known.
  WrapAround,
  Carried, ///< Read before it is written: the value of the iteration before.
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(ScalarUse);

struct LoopScalar {
  Symbol Variable; ///< USR.
  Symbol Name;     ///< As spelled.
  ScalarUse Use = ScalarUse::Carried;
  /// For a reduction: `+`, `*`, `min`, `max`, `&`, `|`, `^`, `&&`, `||`; `argmin`
  /// and `argmax` for the least (greatest) value and what is kept along with it.
  Symbol Operator;
  int64_t Step = 0;       ///< For an induction of an integer or pointer.
  bool ReadAfter = false; ///< Its last value may be read after the loop.
  bool Global = false;    ///< Static storage: callees may see it.
  /// Private, but an iteration may leave it as it was: the last value can be that
  /// of an earlier one.
  bool Partial = false;
  Span At;     ///< Where it is written.
  Span ReadAt; ///< For Carried: the read that sees the earlier value.
};

/// A subscripted (or dereferenced, or member) access inside a loop.
struct LoopAccess {
  /// The array, container or pointee: `a` of a[i][j], `*p` of p[i].
  Place Base;
  Symbol Text;     ///< As spelled: `a[i + 1]`.
  Symbol BaseText; ///< As spelled: `a`.
  AccessKind Kind = AccessKind::Read;
  /// One per dimension, outermost first; empty for an access that is the same
  /// in every iteration.
  std::vector<Affine> Subscripts;
  /// That many elements behind the one of the last subscript are meant as well.
  uint32_t More = 0;
  /// For a member of an element, `a[i].x`: ".x". Different members do not
  /// overlap.
  Symbol Field;
  Symbol Type; ///< Printed type of the accessed object, for aliasing by type.
  /// Set when this write only ever combines, `a[e] = a[e] op v`: the operator.
  Symbol Reduction;
  /// Base is a distinct object (array or container declared here, restrict
  /// pointer), not something that may overlap another base.
  bool Distinct = false;
  /// Printed class of the library container that owns the element: elements of
  /// containers of different classes never overlap.
  Symbol Container;
  /// A subscript goes through stored pointers (`row[i][j]` with a T **), so two
  /// elements are different memory only if these pointers are.
  bool Rows = false;
  /// A scalar variable, which Loop::Scalars describe; here for callers, who see
  /// globals and what a lambda has captured.
  bool Scalar = false;
  /// Some bits of what is named: a bit-field, a member of a union.
  bool Part = false;
  /// Only the structure of a container is looked at, as by size().
  bool Structure = false;
  /// Position in the order of evaluation of the function.
  uint32_t Order = 0;
  /// Index into FunctionFacts::Arms of the innermost condition, or None.
  uint32_t Arm = None;
  Span At;
};

/// What a call gets: Object or an argument points to the element What, or is the
/// integer Value.
struct LoopArgument {
  uint32_t Call = None;     ///< Index into FunctionFacts::Calls.
  uint32_t Argument = None; ///< None for the object.
  LoopAccess What;
  /// Passed as a pointer: elements beside What can be reached. Otherwise What
  /// alone is referred to.
  bool Pointer = false;
  bool Temporary = false; ///< An object that is made for this call.
  Affine Value;
};

/// Code that is executed under a condition only: one side of a branch, or what
/// follows a conditional jump.
struct Arm {
  uint32_t Parent = None; ///< Index of the arm around it.
  uint32_t Loop = None;   ///< Innermost loop around the condition.
};

enum class LoopKind : uint8_t { For, RangeFor, While, Do, Algorithm };
llvm::ArrayRef<llvm::StringLiteral> enumNames(LoopKind);

struct Loop {
  LoopKind Kind = LoopKind::For;
  uint32_t Parent = None; ///< Index into FunctionFacts::Loops.
  Span At;                ///< From the keyword to the end of the header.
  Span Body;
  /// Normalised index: takes Lower, Lower + Step, ... while below Upper (above,
  /// for a negative Step). Empty when the loop is not canonical, and then
  /// Unknown says why.
  Symbol Index, IndexName;
  Affine Lower, Upper;
  int64_t Step = 1;
  /// The step is no constant: Step is its direction, and some values between Lower
  /// and Upper are left out.
  bool Strided = false;
  /// Number of iterations when it is a constant.
  std::optional<uint64_t> Trip;
  std::vector<LoopScalar> Scalars;
  /// Of this loop, without those of inner loops.
  std::vector<LoopAccess> Accesses;
  /// Indices into FunctionFacts::Calls of the calls in the body, without those
  /// in inner loops and those that Accesses already describe (operator[] of a
  /// container, sqrt...).
  std::vector<uint32_t> Calls;
  std::vector<LoopArgument> Arguments;
  /// USRs of the variables declared in the body: every iteration has its own.
  std::vector<Symbol> Locals;
  /// The loop stands first on its line, outside macros, and in a form that
  /// OpenMP accepts: a pragma can be put before it.
  bool Annotatable = false;
  /// The body compares an integer with a bound above zero to decide what to do: a count
  /// of what runs already, perhaps. Where that is done first; not valid when nowhere.
  Span Limit;
  /// `break`, `return`, `goto` out or `throw`: where.
  Span EarlyExit;
  /// For an algorithm that combines what it finds: the operator, or `call`.
  Symbol Fold;
  /// Existing parallel annotation: "openmp", "std::execution", "tbb".
  Symbol Parallel;
  /// Why dependence cannot be decided, for people, with the place.
  Symbol Unknown;
  Span UnknownAt;
  /// Estimated operations of one iteration, inner loops multiplied by their
  /// trip count (by 16 where that is not constant).
  double Cost = 0;
  /// The scalars are only correct for a loop whose body is in one macro or
  /// none; true when the loop is spelled in a macro.
  bool InMacro = false;
  LoopSpelling Spelling;
};

template <class F> void fields(Term &S, F &&f) {
  f("variable", S.Variable);
  f("coefficient", S.Coefficient);
}
template <class F> void fields(Affine &S, F &&f) {
  f("known", S.Known);
  f("constant", S.Constant);
  f("terms", S.Terms);
  f("through", S.Through);
  f("plus", S.Plus);
}
template <class F> void fields(LoopScalar &S, F &&f) {
  f("variable", S.Variable);
  f("name", S.Name);
  f("use", S.Use);
  f("operator", S.Operator);
  f("readAfter", S.ReadAfter);
  f("global", S.Global);
  f("partial", S.Partial);
  f("step", S.Step);
  f("at", S.At);
  f("readAt", S.ReadAt);
}
template <class F> void fields(LoopAccess &S, F &&f) {
  f("base", S.Base);
  f("text", S.Text);
  f("baseText", S.BaseText);
  f("kind", S.Kind);
  f("subscripts", S.Subscripts);
  f("more", S.More);
  f("field", S.Field);
  f("type", S.Type);
  f("reduction", S.Reduction);
  f("distinct", S.Distinct);
  f("container", S.Container);
  f("rows", S.Rows);
  f("scalar", S.Scalar);
  f("part", S.Part);
  f("structure", S.Structure);
  f("order", S.Order);
  f("arm", S.Arm);
  f("at", S.At);
}
template <class F> void fields(LoopArgument &S, F &&f) {
  f("call", S.Call);
  f("argument", S.Argument);
  f("what", S.What);
  f("pointer", S.Pointer);
  f("temporary", S.Temporary);
  f("value", S.Value);
}
template <class F> void fields(Arm &S, F &&f) {
  f("parent", S.Parent);
  f("loop", S.Loop);
}
template <class F> void fields(Loop &S, F &&f) {
  f("kind", S.Kind);
  f("parent", S.Parent);
  f("at", S.At);
  f("body", S.Body);
  f("index", S.Index);
  f("indexName", S.IndexName);
  f("lower", S.Lower);
  f("upper", S.Upper);
  f("step", S.Step);
  f("strided", S.Strided);
  f("trip", S.Trip);
  f("scalars", S.Scalars);
  f("accesses", S.Accesses);
  f("calls", S.Calls);
  f("arguments", S.Arguments);
  f("locals", S.Locals);
  f("annotatable", S.Annotatable);
  f("limit", S.Limit);
  f("earlyExit", S.EarlyExit);
  f("fold", S.Fold);
  f("parallel", S.Parallel);
  f("unknown", S.Unknown);
  f("unknownAt", S.UnknownAt);
  f("cost", S.Cost);
  f("inMacro", S.InMacro);
  f("spelling", S.Spelling);
}
} // namespace heddle
