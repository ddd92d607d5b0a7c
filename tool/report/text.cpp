/// Findings as clang prints its diagnostics, so that every tool that reads
/// clang's output, and every person who does, can read ours.
///
/// Edits on the line of the finding stand under the caret as in clang; others,
/// which clang leaves out, are shown as the lines they take away and bring:
///
///     sum.cpp:4:3: note: suggested change
///         + |   #pragma omp parallel for reduction(+ : s)
#include "report/report.h"
#include "report/writer.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <map>

using llvm::StringRef;

namespace heddle {
namespace {

/// The lines that an edit changes, before and after.
struct Change {
  std::vector<std::string> Old, New;
};

/// Nothing when the edit does not fit the file, or changes too much to show.
std::optional<Change> changeOf(const Edit &E, Sources &Files) {
  constexpr uint32_t MostLines = 40;
  uint32_t Last = std::max(E.At.EndLine, E.At.Line);
  if (Last - E.At.Line >= MostLines)
    return std::nullopt;
  Change C;
  for (uint32_t L = E.At.Line; L <= Last; ++L) {
    std::optional<StringRef> Text = Files.line(E.At.File, L);
    if (!Text)
      return std::nullopt;
    C.Old.push_back(Text->str());
  }
  size_t Begin = E.At.Column ? E.At.Column - 1 : 0;
  size_t End = Begin;
  if (E.At.EndLine >= E.At.Line)
    End = E.At.EndColumn ? E.At.EndColumn - 1 : 0;
  if (Begin > C.Old.front().size() || End > C.Old.back().size() ||
      (C.Old.size() == 1 && End < Begin))
    return std::nullopt;
  std::string Text = C.Old.front().substr(0, Begin) + E.Text + C.Old.back().substr(End);
  llvm::SmallVector<StringRef> Pieces;
  StringRef(Text).split(Pieces, '\n');
  for (StringRef P : Pieces)
    C.New.push_back(P.str());

  size_t Same = 0;
  while (Same < C.Old.size() && Same < C.New.size() && C.Old[Same] == C.New[Same])
    ++Same;
  C.Old.erase(C.Old.begin(), C.Old.begin() + Same);
  C.New.erase(C.New.begin(), C.New.begin() + Same);
  while (!C.Old.empty() && !C.New.empty() && C.Old.back() == C.New.back()) {
    C.Old.pop_back();
    C.New.pop_back();
  }
  return C;
}

void writeChange(TextWriter &W, const Edit &E) {
  W.headline(E.At, Severity::Note, "suggested change", "");
  std::optional<Change> C = changeOf(E, W.Files);
  if (!C)
    return;
  for (StringRef Line : C->Old) {
    W.gutter("-");
    W.sourceLine(Line, Style::Removal);
  }
  for (StringRef Line : C->New) {
    W.gutter("+");
    W.sourceLine(Line, Style::Insertion);
  }
}

void writeNote(TextWriter &W, const Evidence &E, StringRef Label) {
  W.headline(E.At, Severity::Note, (Label + E.What).str(), E.Guideline.str());
  W.excerpt(E.At);
}

/// A text of one line that goes on the line of the finding.
bool isHint(const Edit &E, const Span &At) {
  return E.At.File == At.File && E.At.Line == At.Line && E.At.Column && E.At.EndLine <= E.At.Line &&
         !E.Text.empty() && !StringRef(E.Text).contains('\n');
}

void writeFinding(TextWriter &W, const Advice &A) {
  W.headline(A.At, A.Level, A.Message, ("heddle-" + A.Check.str()).str());
  std::vector<const Edit *> Edits;
  for (const Edit &E : A.Edits)
    if (E.At.valid())
      Edits.push_back(&E);
  llvm::sort(Edits, [](const Edit *X, const Edit *Y) {
    return std::tie(X->At, X->Text) < std::tie(Y->At, Y->Text);
  });
  auto Others = llvm::make_filter_range(Edits, [&](const Edit *E) { return !isHint(*E, A.At); });
  auto Hints = llvm::make_filter_range(Edits, [&](const Edit *E) { return isHint(*E, A.At); });
  W.excerpt(A.At, llvm::to_vector(Hints));
  for (const Evidence &E : A.For)
    writeNote(W, E, "");
  for (const Evidence &E : A.Against)
    writeNote(W, E, "against: ");
  for (const Edit *E : Others)
    writeChange(W, *E);
  if (A.Sure == Confidence::Low)
    W.headline(A.At, Severity::Note, "low confidence", "");
}

} // namespace

RunInfo describeRun(const Program &P, const CheckSelection &S) {
  RunInfo Run;
  Run.Files = P.Units.size();
  for (const UnitFacts &U : P.Units) {
    if (U.Errors.empty())
      continue;
    FailedUnit F{U.MainFile.str().str(), U.Errors.front().At, U.Errors.front().Message};
    if (size_t More = U.Errors.size() - 1)
      F.Reason += " (and " + std::to_string(More) + " more)";
    Run.Failed.push_back(std::move(F));
  }
  Run.Checks = S.Enabled;
  llvm::sort(Run.Checks,
             [](const Check *A, const Check *B) { return A->Info.Name < B->Info.Name; });
  return Run;
}

void writeText(llvm::ArrayRef<Advice> Findings, const TextOptions &O, llvm::raw_ostream &OS) {
  TextWriter W{O, OS};
  for (const Advice &A : Findings)
    writeFinding(W, A);
}

void writeFailures(const RunInfo &Run, const TextOptions &O, llvm::raw_ostream &OS) {
  TextWriter W{O, OS};
  for (const FailedUnit &F : Run.Failed) {
    Span At = F.At;
    std::string Reason = F.Reason;
    if (!At.valid() || At.File.empty())
      At = Span{Symbol(F.File)};
    else if (At.File.str() != F.File)
      Reason += " (in the unit of " + below(O.Base, F.File).str() + ")";
    W.headline(At, Severity::Error, Reason, "");
  }
}

void writeSummary(llvm::ArrayRef<Advice> Findings, const RunInfo &Run, llvm::raw_ostream &OS) {
  size_t Levels[3] = {};
  std::map<StringRef, size_t> Checks;
  for (const Advice &A : Findings) {
    ++Levels[static_cast<size_t>(A.Level)];
    ++Checks[A.Check.str()];
  }
  if (Findings.empty())
    OS << "no findings";
  llvm::ListSeparator Comma;
  for (Severity S : {Severity::Error, Severity::Warning, Severity::Note})
    if (size_t N = Levels[static_cast<size_t>(S)])
      OS << Comma << plural(N, enumNames(S)[static_cast<size_t>(S)]);
  OS << " in " << plural(Run.Files, "file");
  if (!Checks.empty()) {
    std::vector<std::pair<StringRef, size_t>> Sorted(Checks.begin(), Checks.end());
    llvm::sort(Sorted, [](const auto &A, const auto &B) {
      return std::tie(B.second, A.first) < std::tie(A.second, B.first);
    });
    OS << " (";
    llvm::ListSeparator Between;
    for (const auto &[Name, N] : Sorted)
      OS << Between << Name << ' ' << N;
    OS << ')';
  }
  if (!Run.Failed.empty())
    OS << "; incomplete: " << plural(Run.Failed.size(), "file") << " failed";
  OS << '\n';
}

} // namespace heddle
