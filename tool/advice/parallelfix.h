/// How a loop that may run in parallel is written so: the clauses that its
/// judgement and shape ask for, and the edits.
///
/// Example: from "t is private, s a sum" comes
///
///     #pragma omp parallel for private(t) reduction(+ : s)
#pragma once

#include "advice/advice.h"
#include "program/loopshape.h"

namespace heddle {

struct ParallelFix {
  /// Everything that has to be said, for people: `private(t), reduction(+ : s)`.
  std::vector<std::string> Clauses;
  std::vector<Edit> Edits; ///< Empty when no edit says it.
  /// Then, why not and what to do by hand, for people.
  std::string ByHand;
};

/// Puts OpenMP's directive before the loop. What a directive cannot say, or what
/// the compilers would refuse, gives no edit. Assumptions are taken to hold.
ParallelFix openmpFix(const Program &P, FunctionId F, uint32_t L, const LoopJudgement &J);

} // namespace heddle
