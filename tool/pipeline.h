/// The whole run, top to bottom: what an entry point calls.
///
///     compile commands ──extract──▶ facts ──merge──▶ Program ──checks──▶ findings
///
/// Extraction runs in worker processes, the rest here.
#pragma once

#include "advice/check.h"
#include "facts/extract.h"
#include "program/program.h"
#include <functional>

namespace heddle {

struct ExtractOptions {
  unsigned Workers = 1;
  unsigned Timeout = 0; ///< Seconds for one unit; 0 for no limit.
  /// Called when a unit is done: how many are, of how many, and its file.
  std::function<void(size_t Done, size_t Total, llvm::StringRef File)> Progress;
};

/// Facts of all jobs, in their order whatever the number of workers. A unit
/// that does not parse, crashes the front end or takes too long has its errors
/// and no facts: half of a file's locks would make false findings. Fails only
/// when interrupted, or when there can be no workers.
llvm::Expected<std::vector<UnitFacts>> extractAll(llvm::ArrayRef<CompileJob> Jobs,
                                                  const Models &Apis, const ExtractOptions &O);

struct RunOptions {
  std::vector<CompileJob> Jobs;
  /// Facts that are there already, and not to be extracted.
  std::vector<UnitFacts> Ready;
  std::shared_ptr<const Models> Apis;
  CheckSelection Checks;
  ExtractOptions Extract;
};

/// Extracts, and adds `Ready`, which it takes from the options.
llvm::Expected<std::vector<UnitFacts>> loadFacts(RunOptions &O);
/// The same, merged.
llvm::Expected<Program> loadProgram(RunOptions &O);

struct RunResult {
  Program Whole; ///< Its units tell which failed.
  std::vector<Advice> Findings;
};

/// All of it. Takes `Ready` as above.
llvm::Expected<RunResult> run(RunOptions &O);

} // namespace heddle
