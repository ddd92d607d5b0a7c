/// Making edits in files, for the verbs that do.
#pragma once

#include "entry/session.h"

namespace heddle {

/// Makes the edits of the findings, or prints them as a diff (`--diff`). Files that
/// have changed since they were analysed are left alone. Gives the exit code.
int makeEdits(const CommandLine &C, const Session &S, const Program &P,
              llvm::ArrayRef<Advice> Findings);

} // namespace heddle
