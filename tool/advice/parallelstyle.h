/// Loops as calls of parallel algorithms: of the standard library (C++17) or of
/// oneTBB. The body stays where it is and becomes that of a lambda.
///
///     for (double &x : values)            std::for_each(std::execution::par, values.begin(),
///       x = f(x);                                       values.end(), [&](double &x) {
///                                           x = f(x);
///                                         });
///
/// A loop over an index has no range to give to the standard algorithms (that of
/// C++20, std::views::iota, is no forward range to them), so its values are put
/// into a vector first. What is private to an iteration is declared in the lambda,
/// where it hides the variable outside; so does the part of a reduction.
#pragma once

#include "advice/parallelfix.h"

namespace heddle {

enum class ParallelStyle : uint8_t { OpenMp, Std, Tbb };

/// The style that an option names: `openmp`, `std` or `tbb`.
ParallelStyle parallelStyle(llvm::StringRef Name);

/// As openmpFix, in the style. Loops that are not spelled in the one form that
/// the rewriting is certainly right for get no edit.
ParallelFix parallelFix(ParallelStyle Style, const Program &P, FunctionId F, uint32_t L,
                        const LoopJudgement &J);

} // namespace heddle
