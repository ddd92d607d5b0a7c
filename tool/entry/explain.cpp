/// `heddle explain CHECK` and `heddle explain FILE:LINE`.
#include "report/explain.h"
#include "entry/files.h"
#include "entry/session.h"
#include "entry/verbs.h"
#include "report/catalogue.h"
#include "report/source.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/FileSystem.h"

namespace heddle {

using llvm::StringRef;

namespace {

/// `FILE:LINE`, also with the column that compilers print.
struct SourceLine {
  std::string File;
  uint32_t Line = 0;
};

std::optional<SourceLine> parsePlace(StringRef Text) {
  auto number = [](StringRef S, uint32_t &N) {
    return !S.empty() && !S.getAsInteger(10, N) && N > 0;
  };
  Text.consume_back(":");
  auto [File, Last] = Text.rsplit(':');
  uint32_t N = 0, Before = 0;
  if (File.empty() || !number(Last, N))
    return std::nullopt;
  auto [Shorter, Middle] = File.rsplit(':');
  if (!Shorter.empty() && number(Middle, Before))
    return SourceLine{Shorter.str(), Before};
  return SourceLine{File.str(), N};
}

std::string realPath(StringRef Path) {
  llvm::SmallString<256> Real;
  return llvm::sys::fs::real_path(Path, Real) ? Path.str() : Real.str().str();
}

int severity(const LoopExplanation &E) {
  static constexpr StringRef Order[] = {"parallel", "reduction", "conditional",
                                        "unknown",  "search",    "carried"};
  return llvm::find(Order, E.Verdict) - std::begin(Order);
}

/// The innermost loop around the line. Instances of one template may differ; the
/// worst speaks for all.
std::optional<LoopExplanation> loopAround(const Program &P, llvm::function_ref<bool(Symbol)> IsFile,
                                          uint32_t Line) {
  std::vector<LoopAt> Found = loopsAt(P, IsFile, Line);
  std::optional<LoopExplanation> Worst;
  for (const LoopAt &X : Found) {
    if (!(P.facts(X.In).Loops[X.Loop].At == P.facts(Found.front().In).Loops[Found.front().Loop].At))
      continue;
    LoopExplanation E = explainLoop(P, X.In, X.Loop);
    if (!Worst || severity(*Worst) < severity(E))
      Worst = std::move(E);
  }
  return Worst;
}

bool isAlone(const AccessExplanation &E) { return E.Verdict == "alone"; }

int explainPlace(CommandLine C, const SourceLine &Where) {
  // With flags, the file of the place is a unit; from a database come all, and
  // what the loop calls is known.
  C.Files.erase(C.Files.begin());
  if (C.Flags)
    C.Files.insert(C.Files.begin(), Where.File);
  llvm::Expected<Session> S = openSession(C);
  if (!S)
    return fail(S.takeError());
  llvm::Expected<Program> P = withProgress(*S, loadProgram);
  if (!P)
    return fail(P.takeError());
  RunInfo Info = describeRun(*P, S->Run.Checks);

  std::string Wanted = realPath(absolutePath(Where.File, workingDirectory()));
  llvm::DenseMap<Symbol, bool> Known;
  auto IsFile = [&](Symbol File) {
    auto [It, New] = Known.try_emplace(File);
    if (New)
      It->second = File.str() == Wanted || realPath(File.str()) == Wanted;
    return It->second;
  };
  std::optional<LoopExplanation> Loop = loopAround(*P, IsFile, Where.Line);
  CheckSelection Races = S->Run.Checks;
  llvm::erase_if(Races.Enabled, [](const Check *X) {
    return !llvm::StringRef(X->Info.Guidelines).contains("T1") || X->Info.Level < Severity::Warning;
  });
  std::vector<Advice> Findings = runChecks(*P, Races);
  Observation Seen =
      observeAccesses(*P, [&](const Span &At) { return At.Line == Where.Line && IsFile(At.File); });
  std::vector<AccessExplanation> Accesses = explainAccesses(*P, Seen, Findings, IsFile, Where.Line);
  // Of a program without threads the loop is what is asked for.
  if (Loop && llvm::all_of(Accesses, isAlone))
    Accesses.clear();
  if (!Loop && Accesses.empty()) {
    finish(Info, *S, false);
    std::string Near;
    for (const LoopAt &X : loopsNear(*P, IsFile, Where.Line)) {
      const Span &At = P->facts(X.In).Loops[X.Loop].At;
      Near += (Near.empty() ? "" : " and ") + below(S->Text.Base, At.File.str()).str() + ":" +
              std::to_string(At.Line);
    }
    return fail(
        llvm::createStringError("no loop, and no access to what other threads could have, at " +
                                Where.File + ":" + std::to_string(Where.Line) +
                                (Near.empty() ? "; no loop in that file was analysed"
                                              : "; the nearest loops are at " + Near)));
  }
  auto Write = [&](llvm::raw_ostream &OS) {
    if (C.As == Format::Json)
      return writeExplainedJson(Loop ? &*Loop : nullptr, Accesses, Info, OS);
    if (Loop)
      writeLoopText(*Loop, S->Text, OS);
    for (const AccessExplanation &A : Accesses)
      writeAccessText(A, S->Text, OS);
  };
  if (llvm::Error E = writeOutput("", Write))
    return fail(std::move(E));
  return finish(Info, *S, /*AnyFindings=*/false);
}

} // namespace

int runExplainVerb(const CommandLine &C) {
  if (std::optional<SourceLine> Where = parsePlace(C.Files.front()))
    return explainPlace(C, *Where);
  if (C.Files.size() > 1)
    return fail(llvm::createStringError("too many arguments"));
  llvm::Expected<const Check *> Which = namedCheck(C.Files.front());
  if (!Which)
    return fail(Which.takeError());
  auto Write = [&](llvm::raw_ostream &OS) { writeExplanation((*Which)->Info, OS); };
  if (llvm::Error E = writeOutput("", Write))
    return fail(std::move(E));
  return Clean;
}

} // namespace heddle
