/// The explanations of a loop and of accesses, as text and as JSON.
///
///     sum.c:7:3: carried: this loop in `scan` must stay serial as it is: ...
///         7 |   for (int i = 1; i < n; i++)
///           |   ^~~~~~~~~~~~~~~~~~~~~~~~~~~
///     sum.c:8:5: note: here is the one side
///     ...
///       work     about 4 operations in each of an unknown number of iterations
///       change   write to another array than the one that is read
#pragma once

#include "advice/explainaccess.h"
#include "advice/explainloop.h"
#include "report/report.h"

namespace heddle {

void writeLoopText(const LoopExplanation &E, const TextOptions &O, llvm::raw_ostream &OS);
void writeAccessText(const AccessExplanation &E, const TextOptions &O, llvm::raw_ostream &OS);
/// One object with the members of LoopExplanation, when there is a loop, and a list
/// with those of the accesses; what has nothing to say is left out.
void writeExplainedJson(const LoopExplanation *Loop, llvm::ArrayRef<AccessExplanation> Accesses,
                        const RunInfo &Run, llvm::raw_ostream &OS);

} // namespace heddle
