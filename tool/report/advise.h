/// What `heddle advise` prints: a verdict for every opportunity and for the
/// program, with the evidence.
#pragma once

#include "advice/weigh.h"
#include "report/report.h"

namespace heddle {

/// For people. Opportunities come with most work first; minor ones are counted
/// only. `P` is the program that the report was made from: call chains are
/// printed with its names.
void writeAdviceText(const AdviceReport &R, const Program &P, const TextOptions &O,
                     llvm::raw_ostream &OS);

/// One object:
///
///     { "version": "0.1.0", "guidelines": "cpp",
///       "opportunities": [ { "file", "line", "column", "endLine", "endColumn", "function",
///           "kind", "current", "verdict", "runner_up", "margin", "confidence", "gate", "minor",
///           "message", "share",
///           "for": [{ "guideline", "what", "weight", "file", "line", "column", "through":
///                     [{ "function", "file", "line", "column" }] }],
///           "against": [...], "first": [...], "flips": ["..."],
///           "speedup": { "share", "workers", "bound", "limit", "assumption" },
///           "scores": { "threads": 0.4, ... },
///           "facts": [{ "kind", "value", "what", "file", "line", "through" }] } ],
///       "program": { "verdict", "runner_up", "margin", "confidence", "mixed", "message",
///                    "shares": [{ "verdict", "share" }], "for", "against" },
///       "programs": [ { "file", "line", ... as "program" } ],
///       "incomplete": [ { "file", "reason", "in", "line", "column" } ] }
///
/// Members that have nothing to say are left out. A limit of null means that the
/// speedup has none. Shares and margins are 0..1.
void writeAdviceJson(const AdviceReport &R, const Program &P, const RunInfo &Run,
                     llvm::raw_ostream &OS);

} // namespace heddle
