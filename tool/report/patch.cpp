#include "report/patch.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Path.h"

namespace heddle {

using llvm::StringRef;

namespace {

using Position = std::pair<uint32_t, uint32_t>;

Position begin(const Edit &E) { return {E.At.Line, E.At.Column}; }
/// An insertion may leave its end open.
Position end(const Edit &E) { return std::max(begin(E), Position{E.At.EndLine, E.At.EndColumn}); }

bool same(const Edit &A, const Edit &B) {
  return begin(A) == begin(B) && end(A) == end(B) && A.Text == B.Text;
}

bool isInclude(const Edit &E) {
  StringRef Text = E.Text;
  return Text.starts_with("#include ") && Text.count('\n') == 1 && Text.ends_with("\n");
}

/// Both change the same text, or insert at the same place. Lines that include
/// headers may come in any order.
bool overlap(const Edit &A, const Edit &B) {
  if (isInclude(A) && isInclude(B))
    return false;
  if (begin(A) == end(A) && begin(B) == end(B))
    return begin(A) == begin(B);
  return begin(A) < end(B) && begin(B) < end(A);
}

bool before(const Edit &A, const Edit &B) {
  return std::make_tuple(begin(A), end(A), StringRef(A.Text)) <
         std::make_tuple(begin(B), end(B), StringRef(B.Text));
}

/// Offsets of the lines, which end as they do for the compiler.
std::vector<size_t> lineStarts(StringRef Text) {
  std::vector<size_t> Starts = {0};
  for (size_t I = 0; I < Text.size(); ++I)
    if (Text[I] == '\n' || (Text[I] == '\r' && !(I + 1 < Text.size() && Text[I + 1] == '\n')))
      Starts.push_back(I + 1);
  return Starts;
}

/// The lines of a text, each with its end.
std::vector<StringRef> linesOf(StringRef Text) {
  std::vector<StringRef> Lines;
  while (!Text.empty()) {
    size_t End = Text.find('\n');
    Lines.push_back(Text.take_front(End == StringRef::npos ? Text.size() : End + 1));
    Text = Text.drop_front(Lines.back().size());
  }
  return Lines;
}

/// Lines From..To of the old text became From..To of the new one.
struct Hunk {
  size_t Old, OldEnd, New, NewEnd;
};

/// What differs. Edits are small, so the nearest lines that are equal again end a
/// difference; that need not be the smallest one.
void compare(llvm::ArrayRef<StringRef> Old, llvm::ArrayRef<StringRef> New, size_t AtOld,
             size_t AtNew, std::vector<Hunk> &Out) {
  size_t Same = 0;
  while (Same < Old.size() && Same < New.size() && Old[Same] == New[Same])
    ++Same;
  Old = Old.drop_front(Same), New = New.drop_front(Same);
  AtOld += Same, AtNew += Same;
  while (!Old.empty() && !New.empty() && Old.back() == New.back())
    Old = Old.drop_back(), New = New.drop_back();
  if (Old.empty() && New.empty())
    return;
  constexpr size_t Reach = 200;
  for (size_t Sum = 0; Sum <= 2 * Reach; ++Sum)
    for (size_t I = Sum > Reach ? Sum - Reach : 0; I <= std::min(Sum, Reach); ++I) {
      size_t K = Sum - I;
      if (I >= Old.size() || K >= New.size() || Old[I] != New[K])
        continue;
      Out.push_back({AtOld, AtOld + I, AtNew, AtNew + K});
      return compare(Old.drop_front(I), New.drop_front(K), AtOld + I, AtNew + K, Out);
    }
  Out.push_back({AtOld, AtOld + Old.size(), AtNew, AtNew + New.size()});
}

void writeLine(char Mark, StringRef Line, llvm::raw_ostream &OS) {
  OS << Mark << Line;
  if (!Line.ends_with("\n"))
    OS << "\n\\ No newline at end of file\n";
}

void writeRange(size_t Begin, size_t Count, llvm::raw_ostream &OS) {
  OS << (Count ? Begin + 1 : Begin);
  if (Count != 1)
    OS << ',' << Count;
}

} // namespace

const Edit *Patch::add(const Advice &A) {
  for (const Edit &E : A.Edits) {
    auto It = Files.find(E.At.File);
    if (It == Files.end())
      continue;
    for (const Edit &Other : It->second)
      if (!same(E, Other) && overlap(E, Other))
        return &Other;
  }
  for (const Edit &E : A.Edits) {
    std::vector<Edit> &All = Files[E.At.File];
    auto At = llvm::lower_bound(All, E, before);
    if (At == All.end() || !same(*At, E))
      All.insert(At, E);
  }
  return nullptr;
}

llvm::Expected<std::string> applyEdits(StringRef Text, llvm::ArrayRef<Edit> Edits) {
  std::vector<size_t> Starts = lineStarts(Text);
  auto Offset = [&](Position P) -> std::optional<size_t> {
    if (P.first == 0 || P.first > Starts.size() || P.second == 0)
      return std::nullopt;
    size_t At = Starts[P.first - 1] + P.second - 1;
    size_t Next = P.first < Starts.size() ? Starts[P.first] : Text.size() + 1;
    return At < Next ? std::optional(At) : std::nullopt;
  };
  std::string Out;
  size_t Done = 0;
  for (const Edit &E : Edits) {
    std::optional<size_t> Begin = Offset(begin(E)), End = Offset(end(E));
    if (!Begin || !End || *Begin < Done || *End < *Begin)
      return llvm::createStringError("an edit does not fit the text");
    Out += Text.slice(Done, *Begin);
    size_t LineEnd = Text.find('\n', *Begin);
    if (LineEnd == StringRef::npos)
      LineEnd = Text.find('\n');
    bool Carriage = LineEnd != StringRef::npos && LineEnd > 0 && Text[LineEnd - 1] == '\r';
    for (char C : E.Text) {
      if (C == '\n' && Carriage)
        Out += '\r';
      Out += C;
    }
    Done = *End;
  }
  Out += Text.drop_front(Done);
  return Out;
}

void writeDiff(StringRef Name, StringRef Old, StringRef New, llvm::raw_ostream &OS) {
  constexpr size_t Context = 3;
  std::vector<StringRef> Before = linesOf(Old), After = linesOf(New);
  std::vector<Hunk> Changes;
  compare(Before, After, 0, 0, Changes);
  if (Changes.empty())
    return;
  bool Absolute = llvm::sys::path::is_absolute(Name);
  OS << "--- " << (Absolute ? "" : "a/") << Name << "\n+++ " << (Absolute ? "" : "b/") << Name
     << '\n';
  for (size_t I = 0; I < Changes.size();) {
    size_t Last = I;
    while (Last + 1 < Changes.size() && Changes[Last + 1].Old - Changes[Last].OldEnd <= 2 * Context)
      ++Last;
    size_t Lead = std::min(Context, Changes[I].Old);
    size_t Trail = std::min(Context, Before.size() - Changes[Last].OldEnd);
    size_t From = Changes[I].Old - Lead, To = Changes[Last].OldEnd + Trail;
    OS << "@@ -";
    writeRange(From, To - From, OS);
    OS << " +";
    size_t NewFrom = Changes[I].New - Lead;
    writeRange(NewFrom, Changes[Last].NewEnd + Trail - NewFrom, OS);
    OS << " @@\n";
    size_t At = From;
    for (; I <= Last; ++I) {
      for (; At < Changes[I].Old; ++At)
        writeLine(' ', Before[At], OS);
      for (; At < Changes[I].OldEnd; ++At)
        writeLine('-', Before[At], OS);
      for (size_t K = Changes[I].New; K < Changes[I].NewEnd; ++K)
        writeLine('+', After[K], OS);
    }
    for (; At < To; ++At)
      writeLine(' ', Before[At], OS);
  }
}

} // namespace heddle
