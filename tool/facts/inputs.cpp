#include "facts/inputs.h"

#include "clang/Basic/SourceManager.h"

namespace heddle {

using namespace clang;
using llvm::StringRef;

namespace {

/// Finds the `#include` lines of a text. Those that stand in the fewest
/// conditions (the guard of a header is one) show where another may be added.
void listIncludes(StringRef Text, Input &Out) {
  unsigned Line = 0, Depth = 0, Least = ~0u;
  bool Comment = false;
  while (!Text.empty()) {
    auto [L, Rest] = Text.split('\n');
    Text = Rest;
    ++Line;
    L = L.trim();
    if (Comment || L.starts_with("/*")) {
      Comment = !L.contains("*/");
      continue;
    }
    if (!L.consume_front("#"))
      continue;
    L = L.ltrim();
    if (L.starts_with("if"))
      ++Depth;
    else if (L.starts_with("endif"))
      Depth -= Depth > 0;
    else if (L.consume_front("include")) {
      L = L.ltrim();
      if (!L.empty())
        Out.Includes.push_back(
            Symbol(L.drop_front().take_until([](char C) { return C == '>' || C == '"'; })));
      if (Depth > Least)
        continue;
      Least = Depth;
      Out.IncludeLine = Line + 1;
    }
  }
}

} // namespace

void listInputs(UnitContext &U) {
  std::vector<Input> &All = U.Facts.Inputs;
  for (unsigned I = 0; I < U.Sources.local_sloc_entry_size(); ++I) {
    const SrcMgr::SLocEntry &E = U.Sources.getLocalSLocEntry(I);
    if (!E.isFile() || SrcMgr::isSystem(E.getFile().getFileCharacteristic()))
      continue;
    SourceLocation Start = SourceLocation::getFromRawEncoding(E.getOffset());
    FileID File = U.Sources.getFileID(Start);
    std::optional<StringRef> Text = U.Sources.getBufferDataOrNone(File);
    if (!Text || !U.Sources.getFileEntryRefForID(File))
      continue;
    Input Each;
    Each.Path = U.span(Start).File;
    Each.Digest = digest(*Text);
    listIncludes(*Text, Each);
    All.push_back(std::move(Each));
  }
  llvm::stable_sort(All, [](const Input &A, const Input &B) { return A.Path < B.Path; });
  auto Same = [](const Input &A, const Input &B) { return A.Path == B.Path; };
  All.erase(std::unique(All.begin(), All.end(), Same), All.end());
}

} // namespace heddle
