/// Everything that is said about a check, from the metadata beside its logic:
/// what `heddle checks` and `heddle explain` print, docs/checks/NAME.md, and the
/// table in README.md between `<!-- checks: begin -->` and `<!-- checks: end -->`.
#pragma once

#include "advice/check.h"
#include "llvm/Support/raw_ostream.h"

namespace heddle {

/// `heddle checks`: a line for each check, `Enabled` ones marked with `*`.
void writeCheckList(llvm::ArrayRef<const Check *> Checks, llvm::ArrayRef<const Check *> Enabled,
                    llvm::raw_ostream &OS);

/// `heddle explain CHECK`: metadata, documentation and options, for a terminal.
void writeExplanation(const CheckInfo &Info, llvm::raw_ostream &OS);

/// docs/checks/NAME.md.
std::string checkPage(const CheckInfo &Info);

/// The table of checks in the README.
std::string checkTable(llvm::ArrayRef<const Check *> Checks);

/// Brings the generated files below `Root` up to date with `Checks`: pages of
/// checks that are gone are removed. With `CheckOnly` nothing is written.
/// Returns the files that were stale, relative to `Root`, sorted. It is an error
/// when README.md is missing or has no markers, or a file cannot be written.
llvm::Expected<std::vector<std::string>> writeCatalogue(llvm::StringRef Root, bool CheckOnly,
                                                        llvm::ArrayRef<const Check *> Checks);
/// The same for all checks.
llvm::Expected<std::vector<std::string>> writeCatalogue(llvm::StringRef Root, bool CheckOnly);

} // namespace heddle
