/// Dependence between two accesses of a loop nest, as a question about integer
/// sets. Access A in iteration i and access B in iteration i' touch the same
/// element when all subscripts are equal; the loop under test carries a
/// dependence when such a pair exists with i != i', with equal indices of the
/// loops around it and any indices of the loops inside. With affine bounds and
/// subscripts that is a Presburger formula, which isl decides (Pugh, "The Omega
/// test", 1991; Verdoolaege, "isl", 2010). A subscript that is not affine is
/// left out of the formula: the answer is then "no" or "cannot tell".
///
/// Example: `for i in [0, n): a[i] = a[i - 1]` asks for i, i' with i = i' - 1,
/// i != i', 0 <= i, i' < n, which has solutions: carried, distance 1.
#pragma once

#include "facts/facts.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace heddle {

enum class Carried : uint8_t {
  No,      ///< No two iterations touch the same element.
  Yes,     ///< Some do, for some values of the symbols.
  Unknown, ///< A subscript is not affine, or isl gave up.
};

/// One side of the question: an access, and the loops between the loop under
/// test and the access, outermost first.
struct AccessInstance {
  const LoopAccess *Access = nullptr;
  llvm::ArrayRef<const Loop *> Inner;
};

struct DependenceQuery {
  const Loop *Tested = nullptr;
  llvm::ArrayRef<const Loop *> Outer; ///< Loops around Tested, outermost first.
  AccessInstance A, B;
  /// Whether a variable that is no index may have different values in two
  /// iterations of Tested.
  llvm::function_ref<bool(Symbol)> Varies;
  /// Take subscript arrays (Affine::Through) to have no duplicate values.
  bool DistinctValues = false;
};

struct DependenceResult {
  Carried Answer = Carried::Unknown;
  /// Index of B minus index of A, when it is the same for all dependent pairs.
  std::optional<int64_t> Distance;
};

/// Whether a type, as printed, is a number or a pointer, not a record that may
/// contain others.
bool isScalarType(llvm::StringRef Printed);

/// Decides one pair. Bounded: isl's operations are limited, and what goes over
/// the limit is Unknown. Both accesses must have the same base.
DependenceResult testPair(const DependenceQuery &Q);

} // namespace heddle
