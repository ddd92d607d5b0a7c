/// Facts in a file: what `heddle dump --stage=facts` writes and `--from-facts`
/// reads.
///
/// As JSON, one object
///
///     { "heddle": "0.1.0", "schema": 1, "units": [ ... ] }
///
/// an array of units, or one unit; in binary, the encoding of base/codec.h of the
/// vector of units or of one.
#pragma once

#include "facts/facts.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace heddle {

/// `-` is standard input. Errors name the file and the member or byte at fault.
llvm::Expected<std::vector<UnitFacts>> readFacts(llvm::StringRef Path);

void writeFactsJson(const std::vector<UnitFacts> &Units, llvm::raw_ostream &OS);
void writeFactsBinary(const std::vector<UnitFacts> &Units, llvm::raw_ostream &OS);

} // namespace heddle
