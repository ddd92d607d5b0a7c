/// Loops of a function: headers in normal form, affine subscripts, what each
/// iteration does to scalars, and what makes dependence undecidable. Clang AST
/// in, `Loop` of facts.h out; whether a loop may run in parallel is decided in
/// the program stage, where the effects of calls are known.
///
/// Example: `for (int i = 0; i < n; ++i) s += a[i + 1];` gives Index i, Lower 0,
/// Upper n, the scalar s with the reduction +, and a read of a[i + 1].
#pragma once

#include "facts/context.h"

namespace heddle {

/// Gives every loop of the body (not of lambdas in it) its index, in source
/// order, and fills Kind, Parent, At and Body.
llvm::DenseMap<const clang::Stmt *, uint32_t> numberLoops(FunctionContext &F);

/// Fills the rest of Facts.Loops, and Facts.Cost. Calls must be known: the
/// index of each (CallIndices) and what it calls.
void fillLoops(FunctionContext &F);

} // namespace heddle
