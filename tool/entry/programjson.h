#pragma once

#include "program/program.h"
#include "llvm/Support/raw_ostream.h"

namespace heddle {

/// What `heddle dump --stage=program` prints: one object with
///
///     "units":     the files
///     "functions": name, place, callees of each call, locks held at each event,
///                  and the effects of a call
///     "threads":   what is started where
///     "shared":    accesses of threads to memory that is not their own
///
/// Functions are named, places of memory spelled as by toString(Place).
void writeProgramJson(const Program &P, llvm::raw_ostream &OS);

} // namespace heddle
