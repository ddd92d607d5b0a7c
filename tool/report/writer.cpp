#include "report/writer.h"

#include "llvm/ADT/StringExtras.h"
#include <algorithm>

using llvm::StringRef;

namespace heddle {
namespace {

/// Lines longer than this are shown in part, around the caret.
constexpr size_t LongLine = 240;
constexpr size_t BeforeCaret = 80;
/// As wide as clang's, so that both can stand in one log.
constexpr size_t GutterWidth = 5;

/// The part of a line that is shown, as a range of bytes that begins and ends
/// with whole characters.
std::pair<size_t, size_t> window(StringRef Line, size_t Caret) {
  if (Line.size() <= LongLine)
    return {0, Line.size()};
  size_t Begin = Caret > BeforeCaret ? Caret - BeforeCaret : 0;
  size_t End = std::min(Line.size(), Begin + LongLine);
  auto Inside = [&](size_t At) { return (Line[At] & 0xC0) == 0x80; };
  while (Begin && Begin < Caret && Inside(Begin))
    ++Begin;
  while (End < Line.size() && Inside(End))
    ++End;
  return {Begin, End};
}

/// A line as it is shown, and where each of its bytes then stands.
struct Shown {
  size_t Begin, End; ///< Bytes of the line.
  unsigned Shift;    ///< Columns of what stands before.
  std::vector<Cell> Cells;

  Shown(StringRef Line, size_t Caret) {
    std::tie(Begin, End) = window(Line, Caret);
    Shift = Begin ? 3 : 0;
    Cells = cells(Line.slice(Begin, End));
  }
  unsigned column(size_t Byte) const {
    Byte = std::clamp(Byte, Begin, End) - Begin;
    unsigned X = Shift;
    for (const Cell &C : Cells) {
      if (C.Byte >= Byte)
        break;
      X += C.Width;
    }
    return X;
  }
};

void print(llvm::raw_ostream &OS, const Shown &S, StringRef Line) {
  if (S.Begin)
    OS << "...";
  for (const Cell &C : S.Cells)
    OS << C.Text;
  if (S.End < Line.size())
    OS << "...";
}

} // namespace

void TextWriter::paint(Style S) {
  if (!O.Color)
    return;
  static constexpr StringRef Sequences[] = {"\033[0m",      "\033[1m",      "\033[0;1;36m",
                                            "\033[0;1;35m", "\033[0;1;31m", "\033[0;1;32m",
                                            "\033[0;32m",   "\033[0;31m"};
  OS << Sequences[static_cast<size_t>(S)];
}

void TextWriter::paint(Style S, StringRef Text) {
  paint(S);
  OS << Text;
  paint(Style::Plain);
}

std::string TextWriter::place(const Span &At) const {
  std::string Out;
  if (At.File.empty())
    return Out;
  Out = printable(below(O.Base, At.File.str()));
  if (At.valid()) {
    Out += ":" + std::to_string(At.Line);
    if (At.Column)
      Out += ":" + std::to_string(At.Column);
  }
  return Out;
}

void TextWriter::location(const Span &At) {
  if (!At.File.empty())
    paint(Style::Bold, place(At) + ": ");
}

void TextWriter::gutter(const llvm::Twine &Label) {
  OS << llvm::right_justify(Label.str(), GutterWidth) << " | ";
}

void TextWriter::headline(const Span &At, Severity Level, StringRef Message, StringRef Tag) {
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

bool TextWriter::excerpt(const Span &At, llvm::ArrayRef<const Edit *> Hints) {
  std::optional<StringRef> Line = Files.line(At.File, At.Line);
  if (!Line || At.Column > Line->size() + 1)
    return false;
  size_t Caret = At.Column ? At.Column - 1 : 0;
  Shown S(*Line, Caret);
  gutter(llvm::Twine(At.Line));
  print(OS, S, *Line);
  OS << '\n';
  if (!At.Column)
    return true;

  unsigned X = S.column(Caret), Stop = X + 1;
  if (At.EndLine == At.Line && At.EndColumn > At.Column)
    Stop = S.column(At.EndColumn - 1);
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
    unsigned Start = std::max(S.column(E->At.Column - 1), Cursor ? Cursor + 1 : 0);
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

void TextWriter::sourceLine(StringRef Line, Style How) {
  paint(How);
  print(OS, Shown(Line, 0), Line);
  paint(Style::Plain);
  OS << '\n';
}

std::string plural(size_t N, StringRef Noun) {
  return (llvm::Twine(N) + " " + Noun + (N == 1 ? "" : "s")).str();
}

} // namespace heddle
