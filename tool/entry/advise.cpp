/// `heddle advise`: a verdict for every opportunity and for the program.
#include "report/advise.h"
#include "entry/files.h"
#include "entry/session.h"
#include "entry/verbs.h"

namespace heddle {

/// The option of the check that weighs by the same guidelines, so that one line
/// of .heddle.yaml sets them for both.
static constexpr llvm::StringLiteral GuidelinesOption = "threads-or-processes.Guidelines";

int runAdviseVerb(const CommandLine &C) {
  llvm::Expected<Session> S = openSession(C);
  if (!S)
    return fail(S.takeError());
  std::string Name = C.Guidelines;
  if (Name.empty())
    Name = S->Run.Checks.Options.lookup(GuidelinesOption);
  llvm::Expected<Guidelines> G = loadGuidelines(Name.empty() ? "cpp" : Name);
  if (!G)
    return fail(G.takeError());
  llvm::Expected<Program> P = withProgress(*S, loadProgram);
  if (!P)
    return fail(P.takeError());
  AdviceReport Report = advise(*P, *G);
  // Opportunities refer to each other by index, so none is taken out.
  for (OpportunityVerdict &V : Report.Opportunities)
    V.Minor |= skips(S->Settings, V.What.At.File.str());
  RunInfo Info = describeRun(*P, S->Run.Checks);

  auto Write = [&](llvm::raw_ostream &OS) {
    if (C.As == Format::Json)
      writeAdviceJson(Report, *P, Info, OS);
    else
      writeAdviceText(Report, *P, S->Text, OS);
  };
  if (llvm::Error E = writeOutput(C.Output, Write))
    return fail(std::move(E));
  return finish(Info, *S, /*AnyFindings=*/false);
}

} // namespace heddle
