#pragma once

#include "llvm/ADT/StringRef.h"

namespace heddle {

/// The candidate with the least edit distance from `Wanted`, the first of them
/// when there are several; empty when none is near enough to be a slip.
template <class Range> llvm::StringRef nearest(llvm::StringRef Wanted, const Range &Candidates) {
  llvm::StringRef Best;
  unsigned Least = Wanted.size() / 2 + 1;
  for (llvm::StringRef C : Candidates)
    if (unsigned D = Wanted.edit_distance(C, true, Least); D < Least) {
      Least = D;
      Best = C;
    }
  return Best;
}

} // namespace heddle
