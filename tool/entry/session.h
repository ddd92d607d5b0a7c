/// What check, advise and dump have in common: from the command line to a run
/// that can begin, and from its result to an exit code.
#pragma once

#include "entry/config.h"
#include "entry/options.h"
#include "entry/progress.h"
#include "pipeline.h"
#include "report/report.h"

namespace heddle {

/// Exit codes. Incomplete wins over Findings: it never looks clean.
enum ExitCode : int { Clean = 0, Findings = 1, Failure = 2, Incomplete = 3 };

struct Session {
  Config Settings;
  RunOptions Run;
  TextOptions Text;
  bool Quiet = false;
};

/// Reads configuration, database or facts, models and selection. Units that
/// `skip:` names are left out.
llvm::Expected<Session> openSession(const CommandLine &C);

/// Calls `Act` (run, loadProgram, loadFacts) with the options of the session, and
/// shows a line of progress meanwhile.
template <class F> auto withProgress(Session &S, F &&Act) {
  Progress Line(!S.Quiet, S.Text.Base);
  S.Run.Extract.Progress = [&](size_t Done, size_t Total, llvm::StringRef File) {
    Line.show(Done, Total, File);
  };
  auto Result = Act(S.Run);
  S.Run.Extract.Progress = nullptr;
  return Result;
}

/// Takes out findings in files that `skip:` names.
void dropSkipped(const Config &C, std::vector<Advice> &Findings);

/// Prints the failed units on standard error, and gives the exit code.
int finish(const RunInfo &Info, const Session &S, bool AnyFindings);

/// Prints `heddle: error: WHAT`, unless WHAT is empty, and gives Failure. For an
/// interrupted run nothing is printed, and the code is 128 and the signal.
int fail(llvm::Error E);

} // namespace heddle
