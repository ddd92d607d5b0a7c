#pragma once

#include "facts/facts.h"

namespace llvm {
class raw_ostream;
}

namespace heddle {

/// Prints facts for people: each function as the list of its blocks, with the
/// events spelled out and variables by name instead of USR.
///
///     function work
///       bind local p -> global counter
///       block 0 -> 1
///         acquire global m
///         write local p *
void printListing(const UnitFacts &U, llvm::raw_ostream &Out);

} // namespace heddle
