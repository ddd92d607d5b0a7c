/// Arithmetic on affine forms. Products of variables are kept as variables of
/// their own, so that `i * n + j` with a symbolic n can be taken apart later.
///
/// Example: product(i, n + 1) is i·n + i, with the terms "i·n" and "i".
#pragma once

#include "facts/loop.h"
#include "llvm/ADT/SmallVector.h"

namespace heddle {

Affine constantAffine(int64_t Value);
Affine variableAffine(Symbol Variable);
/// A + Factor * B; not Known on overflow.
Affine combine(const Affine &A, const Affine &B, int64_t Factor);
/// A * B; not Known on overflow, for elements of arrays, and beyond a small degree.
Affine product(const Affine &A, const Affine &B);
/// The variables that are multiplied in a Term::Variable, sorted; one for most.
llvm::SmallVector<Symbol, 2> factorsOf(Symbol Variable);
/// The product of variables as one Term::Variable.
Symbol productOf(llvm::ArrayRef<Symbol> Factors);

} // namespace heddle
