/// Findings as clang prints its diagnostics, so that every tool that reads
/// clang's output, and every person who does, can read ours.
///
/// Edits on the line of the finding stand under the caret as in clang; others,
/// which clang leaves out, are shown as the lines they take away and bring:
///
///     sum.cpp:4:3: note: suggested change
///         + |   #pragma omp parallel for reduction(+ : s)
#include "report/report.h"
#include "report/source.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Format.h"
#include <map>

using llvm::StringRef;

namespace heddle {
namespace {

/// Lines longer than this are shown in part, around the caret.
constexpr size_t LongLine = 240;
constexpr size_t BeforeCaret = 80;

enum class Style { Plain, Bold, Note, Warning, Error, Caret, Insertion, Removal };

struct TextWriter {
  const TextOptions &O;
  llvm::raw_ostream &OS;
  Sources Files{};

  void paint(Style S) {
    if (!O.Color)
      return;
    static constexpr StringRef Sequences[] = {
        "\033[0m",      "\033[1m",      "\033[0;1;36m", "\033[0;1;35m",
        "\033[0;1;31m", "\033[0;1;32m", "\033[0;32m",   "\033[0;31m"};
    OS << Sequences[static_cast<size_t>(S)];
  }
  void paint(Style S, StringRef Text) {
    paint(S);
    OS << Text;
    paint(Style::Plain);
  }

  void location(const Span &At) {
    if (At.File.empty())
      return;
    paint(Style::Bold);
    OS << printable(below(O.Base, At.File.str())) << ':';
    if (At.valid()) {
      OS << At.Line << ':';
      if (At.Column)
        OS << At.Column << ':';
    }
    OS << ' ';
    paint(Style::Plain);
  }

  void gutter(const llvm::Twine &Label) {
    std::string Text = Label.str();
    OS.indent(Text.size() < 5 ? 5 - Text.size() : 0) << Text << " | ";
  }

  void headline(const Span &At, Severity Level, StringRef Message, StringRef Tag) {
    static constexpr Style Styles[] = {Style::Note, Style::Warning, Style::Error};
    location(At);
    paint(Styles[static_cast<size_t>(Level)],
          (enumNames(Level)[static_cast<size_t>(Level)] + ": ").str());
    if (Level != Severity::Note)
      paint(Style::Bold);
    OS << printable(Message);
    if (!Tag.empty())
      OS << " [" << printable(Tag) << ']';
    if (Level != Severity::Note)
      paint(Style::Plain);
    OS << '\n';
  }

  /// The part of a long line that is shown, as a range of bytes.
  static std::pair<size_t, size_t> window(StringRef Line, size_t Caret) {
    if (Line.size() <= LongLine)
      return {0, Line.size()};
    size_t Begin = Caret > BeforeCaret ? Caret - BeforeCaret : 0;
    size_t End = std::min(Line.size(), Begin + LongLine);
    auto Inside = [&](size_t At) { return (Line[At] & 0xC0) == 0x80; };
    while (Begin < Caret && Begin && Inside(Begin))
      ++Begin;
    while (End < Line.size() && Inside(End))
      ++End;
    return {Begin, End};
  }

  /// The line with a caret, and under it the replacements that fit there. False
  /// when the source is not at hand or is not what was analysed.
  bool excerpt(const Span &At, llvm::ArrayRef<const Edit *> Hints) {
    if (!At.valid())
      return false;
    std::optional<StringRef> Found = Files.line(At.File, At.Line);
    if (!Found || At.Column > Found->size() + 1)
      return false;
    size_t Caret = At.Column ? At.Column - 1 : 0;
    auto [Begin, End] = window(*Found, Caret);
    StringRef Line = Found->slice(Begin, End);
    std::vector<Cell> Cells = cells(Line);
    unsigned Shift = Begin ? 3 : 0;
    auto columnOf = [&, First = Begin, Last = End](size_t Byte) {
      Byte = std::clamp(Byte, First, Last) - First;
      unsigned X = Shift;
      for (const Cell &C : Cells) {
        if (C.Byte >= Byte)
          break;
        X += C.Width;
      }
      return X;
    };

    gutter(llvm::Twine(At.Line));
    if (Begin)
      OS << "...";
    for (const Cell &C : Cells)
      OS << C.Text;
    if (End < Found->size())
      OS << "...";
    OS << '\n';
    if (!At.Column)
      return true;

    unsigned X = columnOf(Caret);
    unsigned Stop = At.EndLine == At.Line && At.EndColumn > At.Column
                        ? columnOf(At.EndColumn - 1)
                        : X + 1;
    gutter("");
    OS.indent(X);
    paint(Style::Caret, "^" + std::string(Stop > X + 1 ? Stop - X - 1 : 0, '~'));
    OS << '\n';

    if (Hints.empty())
      return true;
    gutter("");
    unsigned Cursor = 0;
    paint(Style::Insertion);
    for (const Edit *E : Hints) {
      unsigned Start = std::max(columnOf(E->At.Column - 1), Cursor ? Cursor + 1 : 0);
      OS.indent(Start - Cursor);
      std::string Text = printable(E->Text);
      OS << Text;
      Cursor = Start;
      for (const Cell &C : cells(Text))
        Cursor += C.Width;
    }
    paint(Style::Plain);
    OS << '\n';
    return true;
  }

  /// An edit as the lines that go and the lines that come.
  void change(const Edit &E) {
    headline(E.At, Severity::Note, "suggested change", "");
    uint32_t Last = std::max(E.At.EndLine, E.At.Line);
    std::vector<std::string> Old, New;
    // An edit over more lines than these is not worth printing.
    constexpr uint32_t MostLines = 40;
    if (Last - E.At.Line >= MostLines)
      return;
    for (uint32_t L = E.At.Line; L <= Last; ++L) {
      std::optional<StringRef> Text = Files.line(E.At.File, L);
      if (!Text)
        return;
      Old.push_back(Text->str());
    }
    size_t Begin = E.At.Column ? E.At.Column - 1 : 0;
    size_t End = E.At.EndLine ? (E.At.EndColumn ? E.At.EndColumn - 1 : 0) : Begin;
    if (Begin > Old.front().size() || End > Old.back().size() ||
        (Old.size() == 1 && End < Begin))
      return;
    std::string Text = Old.front().substr(0, Begin) + E.Text + Old.back().substr(End);
    llvm::SmallVector<StringRef> Pieces;
    StringRef(Text).split(Pieces, '\n');
    for (StringRef P : Pieces)
      New.push_back(P.str());

    size_t Same = 0;
    while (Same < Old.size() && Same < New.size() && Old[Same] == New[Same])
      ++Same;
    while (Old.size() > Same && New.size() > Same && Old.back() == New.back()) {
      Old.pop_back();
      New.pop_back();
    }
    auto print = [&](llvm::ArrayRef<std::string> Lines, StringRef Mark, Style S) {
      for (const std::string &L : Lines.drop_front(Same)) {
        gutter(Mark);
        paint(S);
        StringRef Shown = StringRef(L).take_front(LongLine);
        for (const Cell &C : cells(Shown))
          OS << C.Text;
        OS << (Shown.size() < L.size() ? "..." : "");
        paint(Style::Plain);
        OS << '\n';
      }
    };
    print(Old, "-", Style::Removal);
    print(New, "+", Style::Insertion);
  }

  void finding(const Advice &A) {
    headline(A.At, A.Level, A.Message, ("heddle-" + A.Check.str()).str());
    // A hint is a replacement text of one line, on the line of the finding.
    std::vector<const Edit *> Hints, Others;
    for (const Edit &E : A.Edits) {
      bool Hint = E.At.File == A.At.File && E.At.Line == A.At.Line && E.At.Column &&
                  E.At.EndLine <= E.At.Line && !E.Text.empty() && !StringRef(E.Text).contains('\n');
      (Hint ? Hints : Others).push_back(&E);
    }
    auto byPlace = [](const Edit *X, const Edit *Y) {
      return std::tie(X->At, X->Text) < std::tie(Y->At, Y->Text);
    };
    llvm::sort(Hints, byPlace);
    llvm::sort(Others, byPlace);
    excerpt(A.At, Hints);
    for (const Evidence &E : A.For)
      note(E, "");
    for (const Evidence &E : A.Against)
      note(E, "against: ");
    for (const Edit *E : Others)
      if (E->At.valid())
        change(*E);
    if (A.Sure == Confidence::Low)
      headline(A.At, Severity::Note, "low confidence", "");
  }

  void note(const Evidence &E, StringRef Label) {
    headline(E.At, Severity::Note, (Label + E.What).str(), E.Guideline.str());
    excerpt(E.At, {});
  }
};

void plural(llvm::raw_ostream &OS, size_t N, StringRef Noun) {
  OS << N << ' ' << Noun << (N == 1 ? "" : "s");
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
    W.finding(A);
}

void writeFailures(const RunInfo &Run, const TextOptions &O, llvm::raw_ostream &OS) {
  TextWriter W{O, OS};
  for (const FailedUnit &F : Run.Failed) {
    Span At = F.At;
    bool Elsewhere = At.valid() && At.File.str() != F.File;
    if (!At.valid())
      At.File = Symbol(F.File);
    std::string Reason = F.Reason;
    if (Elsewhere)
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
    if (size_t N = Levels[static_cast<size_t>(S)]) {
      OS << Comma;
      plural(OS, N, enumNames(S)[static_cast<size_t>(S)]);
    }
  OS << " in ";
  plural(OS, Run.Files, "file");
  if (!Checks.empty()) {
    std::vector<std::pair<StringRef, size_t>> Sorted(Checks.begin(), Checks.end());
    llvm::sort(Sorted, [](auto &A, auto &B) {
      return std::tie(B.second, A.first) < std::tie(A.second, B.first);
    });
    OS << " (";
    llvm::ListSeparator Between;
    for (auto &[Name, N] : Sorted)
      OS << Between << Name << ' ' << N;
    OS << ')';
  }
  if (!Run.Failed.empty()) {
    OS << "; incomplete: ";
    plural(OS, Run.Failed.size(), "file");
    OS << " failed";
  }
  OS << '\n';
}

} // namespace heddle
