/// Whether what a read sees was written before in the same iteration. An array
/// whose every read is covered so can be private to an iteration (Maydan,
/// Amarasinghe, Lam, "Array data-flow analysis and its use in array
/// privatization", 1993; Tu and Padua, "Automatic array privatization", 1993).
///
/// The elements that a read touches, one set of integers for each iteration,
/// must lie in the union of the elements that certain writes before it have
/// touched; with affine bounds and subscripts isl decides that.
///
/// Example: in `for i { for j in [0, n): t[j] = ...; for k in [1, n): ... t[k] }`
/// the read of t[k] is covered, [1, n) being part of [0, n).
#pragma once

#include "facts/dependence.h"

namespace heddle {

/// A write that is executed whenever the read is, unless a loop around it makes
/// no iterations.
struct CoveringWrite {
  AccessInstance What;
  /// Stands before the read in the order of evaluation. Otherwise it is before it
  /// only in earlier iterations of loops around both.
  bool Before = false;
};

struct CoverageQuery {
  /// The loop within whose iteration all happens; null for a function body.
  const Loop *Tested = nullptr;
  llvm::ArrayRef<const Loop *> Outer; ///< Loops around Tested, outermost first.
  AccessInstance Read;
  llvm::ArrayRef<CoveringWrite> Writes;
  /// Every write that any iteration of Tested may make.
  llvm::ArrayRef<AccessInstance> AllWrites;
  /// As in DependenceQuery.
  llvm::function_ref<bool(Symbol)> Varies;
  llvm::ArrayRef<uint64_t> Extent; ///< Of the array, where known.
  /// Read may be in one iteration of Tested and the writes in any other: asks
  /// whether every iteration writes all that some iteration touches.
  bool AnyIteration = false;
};

enum class Coverage : uint8_t {
  No,  ///< Not known to be covered; isl gave up, perhaps.
  Yes, ///< All was written before in the same iteration.
  /// What was not is written by no iteration: it is as it was before the loop.
  OrUntouched,
};

/// Whether 0 <= Value < Size wherever the access is made; Size is a variable that
/// does not vary. Where that needs some variable of Positive not to be negative,
/// such as the width of a halo, NotNegative gets it.
bool isWithin(const Affine &Value, Symbol Size, const AccessInstance &Where, const Loop *Tested,
              llvm::ArrayRef<const Loop *> Outer, llvm::function_ref<bool(Symbol)> Varies,
              llvm::function_ref<bool(Symbol)> Positive, std::vector<Symbol> &NotNegative);

/// Bounded, as testPair.
Coverage findCoverage(const CoverageQuery &Q);

} // namespace heddle
