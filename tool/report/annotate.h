/// What `heddle annotate` prints.
///
///     pool.h:12:7: guarded: `Pool::count` GUARDED_BY(mu): held at all 7 accesses
///        12 |   int count;
///           |       ^~~~~
#pragma once

#include "advice/annotate.h"
#include "report/report.h"

namespace heddle {

void writeGuardsText(llvm::ArrayRef<GuardAnnotation> All, const TextOptions &O,
                     llvm::raw_ostream &OS);
/// `{"version": ..., "guards": [...], "incomplete": [...]}`.
void writeGuardsJson(llvm::ArrayRef<GuardAnnotation> All, const RunInfo &Run,
                     llvm::raw_ostream &OS);

} // namespace heddle
