/// `heddle annotate`: which lock guards what, printed or written as attributes.
#include "report/annotate.h"
#include "entry/files.h"
#include "entry/fix.h"
#include "entry/verbs.h"

namespace heddle {

int runAnnotateVerb(const CommandLine &C) {
  llvm::Expected<Session> S = openSession(C);
  if (!S)
    return fail(S.takeError());
  llvm::Expected<Program> P = withProgress(*S, loadProgram);
  if (!P)
    return fail(P.takeError());
  AnnotateOptions O;
  O.Attribute = C.Attribute;
  if (!C.Macro.empty())
    O.Macro = C.Macro;
  std::vector<GuardAnnotation> All = inferGuards(*P, O);
  llvm::erase_if(All,
                 [&](const GuardAnnotation &A) { return skips(S->Settings, A.At.File.str()); });
  if (C.Fix || C.Diff) {
    std::vector<Advice> Edits;
    for (const GuardAnnotation &A : All)
      Edits.push_back(asAdvice(A));
    return makeEdits(C, *S, *P, Edits);
  }
  RunInfo Info = describeRun(*P, S->Run.Checks);
  auto Write = [&](llvm::raw_ostream &OS) {
    if (C.As == Format::Json)
      writeGuardsJson(All, Info, OS);
    else
      writeGuardsText(All, S->Text, OS);
  };
  if (llvm::Error E = writeOutput("", Write))
    return fail(std::move(E));
  return finish(Info, *S, /*AnyFindings=*/false);
}

} // namespace heddle
