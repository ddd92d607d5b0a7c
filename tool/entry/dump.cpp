/// `heddle dump`: what a stage knows, for people who want to see why, and for
/// later stages to begin from.
#include "entry/files.h"
#include "entry/session.h"
#include "entry/stored.h"
#include "entry/verbs.h"
#include "facts/listing.h"

namespace heddle {

static void writeFacts(const std::vector<UnitFacts> &Units, Format As, llvm::raw_ostream &OS) {
  if (As == Format::Json)
    return writeFactsJson(Units, OS);
  if (As == Format::Binary)
    return writeFactsBinary(Units, OS);
  for (const UnitFacts &U : Units)
    printListing(U, OS);
}

int runDumpVerb(const CommandLine &C) {
  llvm::Expected<Session> S = openSession(C);
  if (!S)
    return fail(S.takeError());
  llvm::Expected<std::vector<UnitFacts>> Units = withProgress(*S, loadFacts);
  if (!Units)
    return fail(Units.takeError());
  Program P;
  if (C.Last == Stage::Facts)
    P.Units = std::move(*Units);
  else
    P = buildProgram(std::move(*Units), S->Run.Apis);

  auto Write = [&](llvm::raw_ostream &OS) {
    switch (C.Last) {
    case Stage::Facts:
      return writeFacts(P.Units, C.As, OS);
    case Stage::Program:
      OS << llvm::formatv("{0:2}", programJson(P)) << '\n';
      return;
    case Stage::Advice:
      std::vector<Advice> Findings = runChecks(P, S->Run.Checks);
      dropSkipped(S->Settings, Findings);
      OS << llvm::formatv("{0:2}", toJson(Findings)) << '\n';
    }
  };
  if (llvm::Error E = writeOutput(C.Output, Write))
    return fail(std::move(E));
  return finish(describeRun(P, S->Run.Checks), *S, /*AnyFindings=*/false);
}

} // namespace heddle
