/// The shape of a loop nest, for whoever splits its iterations: how many loops
/// make one space of iterations, and whether these cost alike.
///
/// Example: `for (i < 8) for (j < n) work(i, j);` gives eight pieces, too few for
/// many cores, so both loops are collapsed; in `for (i < n) for (j < i)` later
/// iterations cost more, so that an even split leaves all but one core idle.
#pragma once

#include "program/loops.h"

namespace heddle {

enum class LoopBalance : uint8_t {
  Even,      ///< Nothing says that iterations differ.
  Growing,   ///< Later iterations do more.
  Shrinking, ///< Later iterations do less.
  Varied,    ///< It depends on the data.
};

struct LoopShape {
  /// Loops, this one among them, that can be split as one.
  unsigned Collapse = 1;
  LoopBalance Balance = LoopBalance::Even;
  std::string Why; ///< What makes them uneven, for people.
  Span At;         ///< Where.
};

/// `J` is the judgement of loop `L`.
LoopShape shapeOf(const Program &P, FunctionId F, uint32_t L, const LoopJudgement &J);

/// Only Balance, Why and At, from the facts of the function.
LoopShape balanceOf(const FunctionFacts &F, uint32_t L);

/// The bounds of `Inner` do not change while the loops from `Outer` inwards run.
bool isRectangular(const FunctionFacts &F, uint32_t Outer, uint32_t Inner);

} // namespace heddle
