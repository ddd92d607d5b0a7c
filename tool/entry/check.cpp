/// `heddle check`: the findings of a program.
#include "entry/files.h"
#include "entry/session.h"
#include "entry/verbs.h"

namespace heddle {

int runCheckVerb(const CommandLine &C) {
  llvm::Expected<Session> S = openSession(C);
  if (!S)
    return fail(S.takeError());
  llvm::Expected<RunResult> R = withProgress(*S, run);
  if (!R)
    return fail(R.takeError());
  dropSkipped(S->Settings, R->Findings);
  RunInfo Info = describeRun(R->Whole, S->Run.Checks);

  auto Write = [&](llvm::raw_ostream &OS) {
    if (C.As == Format::Json)
      writeJson(R->Findings, Info, OS);
    else if (C.As == Format::Sarif)
      writeSarif(R->Findings, Info, S->Text.Base, OS);
    else
      writeText(R->Findings, S->Text, OS);
  };
  if (llvm::Error E = writeOutput(C.Output, Write))
    return fail(std::move(E));
  int Code = finish(Info, *S, !R->Findings.empty());
  if (!S->Quiet)
    writeSummary(R->Findings, Info, llvm::errs());
  return Code;
}

} // namespace heddle
