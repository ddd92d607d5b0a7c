#pragma once

#include "facts/facts.h"
#include "llvm/Support/Error.h"

namespace heddle {

/// Facts that come from a file may be anything. Fails when an index of `U`
/// points to nothing, or loops contain each other in a circle; what passes, the
/// later stages can read without looking. The error names the function.
llvm::Error validate(const UnitFacts &U);

} // namespace heddle
