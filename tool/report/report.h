/// Findings as text, JSON and SARIF. A report only renders: it gets findings in
/// their final order and writes to a stream, the same bytes every time.
///
/// Example, as text:
///
///     src/hits.cpp:12:3: warning: `hits` is written ... without a lock
///     [heddle-unprotected-shared-state]
///        12 |   hits++;
///           |   ^~~~
///     src/main.cpp:20:10: note: the thread is started here [T1]
#pragma once

#include "advice/check.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/raw_ostream.h"

namespace heddle {

/// A unit that could not be analysed, or not in full.
struct FailedUnit {
  std::string File;   ///< Its main file.
  Span At;            ///< The error, where there is a place.
  std::string Reason; ///< The compiler's first error, or what happened to the worker.
};

/// What a report has to say about the run besides the findings.
struct RunInfo {
  size_t Files = 0;                  ///< Units of the run, the failed ones among them.
  std::vector<FailedUnit> Failed;    ///< Sorted by file.
  std::vector<const Check *> Checks; ///< Those that ran, sorted by name.
};

/// Counts the units of `P` and lists those with errors.
RunInfo describeRun(const Program &P, const CheckSelection &S);

struct TextOptions {
  /// Absolute directory; paths below it are printed relative to it. All are
  /// printed as they are when it is empty.
  std::string Base;
  bool Color = false; ///< Escape sequences of a terminal, in clang's colours.
};

/// Findings as clang prints diagnostics: the finding with source excerpt and
/// caret, edits as fix-it hints, then the evidence as notes, that for the
/// verdict before that against it. A source file that is missing or has changed
/// costs the excerpt only. What could drive a terminal is printed as `<U+001B>`.
void writeText(llvm::ArrayRef<Advice> Findings, const TextOptions &O, llvm::raw_ostream &OS);

/// One line for each unit that failed: `a.cpp:3:10: error: 'x.h' file not found`.
void writeFailures(const RunInfo &Run, const TextOptions &O, llvm::raw_ostream &OS);

/// One line: `3 warnings, 1 note in 12 files (unprotected-shared-state 2, ...)`.
void writeSummary(llvm::ArrayRef<Advice> Findings, const RunInfo &Run, llvm::raw_ostream &OS);

/// One object:
///
///     { "version": "0.1.0",
///       "findings": [ { "check", "level", "confidence", "file", "line", "column",
///                       "endLine", "endColumn", "message", "verdict", "runnerUp", "margin",
///                       "kind", "for": [{ "what", "guideline", "weight", "file", "line", ... }],
///                       "against": [...], "edits": [{ "file", "line", ..., "text" }],
///                       "fingerprint" } ],
///       "incomplete": [ { "file", "reason", "in", "line", "column" } ],
///       "summary": { "files", "failed", "findings", "bySeverity": {...}, "byCheck": {...} } }
///
/// Members that have nothing to say are left out, but for check, level,
/// confidence, message and fingerprint. Lines and columns count from 1, columns
/// in bytes; an end is exclusive. Files are as in the compile database; "in" is
/// the header with the error when that is not the file itself.
void writeJson(llvm::ArrayRef<Advice> Findings, const RunInfo &Run, llvm::raw_ostream &OS);

/// A SARIF 2.1.0 log with one run. Rules are the checks of `Run`; files below
/// `Base` (absolute; may be empty) are relative to the base id `SRCROOT`,
/// others are `file://` URIs. Columns are UTF-16 code units, counted in the
/// source files.
void writeSarif(llvm::ArrayRef<Advice> Findings, const RunInfo &Run, llvm::StringRef Base,
                llvm::raw_ostream &OS);

} // namespace heddle
