/// How a loop is spelled, as far as somebody who rewrites it must know.
///
/// Example: before `for (i = 0; i < n; i++) s += a[i];`, two blanks deep in its
/// function, OpenMP's clauses may name `s`, which is a number; the index lives
/// on after the loop.
#pragma once

#include "facts/place.h"

namespace heddle {

/// A variable from outside the loop that the loop changes, or an array.
struct LoopVariable {
  Symbol Name;
  /// A clause in front of the loop can name it: it is visible there by its bare
  /// name, and neither thread-local nor a copy that a lambda holds.
  bool Nameable = true;
  bool Number = false; ///< Of a type that OpenMP's reductions know, or made of such.
  bool Array = false, Pointer = false, Record = false;
  uint64_t Size = 0; ///< Bytes; 0 when not known.
  Symbol Type;       ///< Of an arithmetic variable, as it can be declared again.
};

/// The parts of a loop for whoever wants to write it as a call with a lambda.
/// Empty (no End) for a loop whose header or ends are in a macro, and in C.
struct LoopParts {
  uint32_t Standard = 0; ///< C++ standard of the unit: 11, 14, 17, 20...
  /// What the lambda takes: `double &value`, `int i`; for an index, also its type.
  Symbol Parameter, Type;
  /// The text of the range, one name or path; or of the bounds of `index = From;
  /// index < To; index += Step` with integers that compare as their values do.
  Symbol Range, From, To;
  bool Braced = false;
  Span End;                    ///< Behind the body and its semicolon.
  std::vector<Span> Continues; ///< `continue` of this loop.
};

struct LoopSpelling {
  Symbol Indent; ///< The white space in front of it on its line.
  /// The directive for this loop that stands before it, as `omp parallel for`,
  /// whether or not the front end knows it.
  Symbol Directive;
  /// Why a directive before the loop would not be accepted, for people.
  Symbol Obstacle;
  std::vector<LoopVariable> Variables; ///< By name.
  bool IndexOutside = false;           ///< The index is declared before the loop.
  bool IndexReadAfter = false;         ///< Its value may be read after the loop.
  uint32_t Only = None;                ///< The loop that is all there is in the body.
  bool Guarded = false;                ///< Under a condition in the loop around it.
  bool GuardedCalls = false;           ///< The body calls something under a condition.
  LoopParts Parts;
};

template <class F> void fields(LoopVariable &S, F &&f) {
  f("name", S.Name);
  f("nameable", S.Nameable);
  f("number", S.Number);
  f("array", S.Array);
  f("pointer", S.Pointer);
  f("record", S.Record);
  f("size", S.Size);
  f("type", S.Type);
}
template <class F> void fields(LoopParts &S, F &&f) {
  f("standard", S.Standard);
  f("parameter", S.Parameter);
  f("type", S.Type);
  f("range", S.Range);
  f("from", S.From);
  f("to", S.To);
  f("braced", S.Braced);
  f("end", S.End);
  f("continues", S.Continues);
}
template <class F> void fields(LoopSpelling &S, F &&f) {
  f("indent", S.Indent);
  f("directive", S.Directive);
  f("obstacle", S.Obstacle);
  f("variables", S.Variables);
  f("indexOutside", S.IndexOutside);
  f("indexReadAfter", S.IndexReadAfter);
  f("only", S.Only);
  f("guarded", S.Guarded);
  f("guardedCalls", S.GuardedCalls);
  f("parts", S.Parts);
}

} // namespace heddle
