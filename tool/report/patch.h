/// Edits of findings, gathered file by file and applied to their texts.
///
/// The edits of one finding belong together: all are taken or none. One that is
/// there already (a header that two units include) is taken once; one that
/// overlaps another is refused with its finding. Of two that overlap, the
/// finding that comes first wins.
#pragma once

#include "advice/advice.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

namespace heddle {

class Patch {
public:
  /// Takes the edits of a finding, unless one overlaps an edit that was taken
  /// before: then that one is returned. Null when they are taken.
  const Edit *add(const Advice &A);

  /// By file, sorted by place.
  std::map<Symbol, std::vector<Edit>> Files;
};

/// The text with the edits made, which are sorted and do not overlap. Lines end
/// as the line of the edit does. An edit that lies outside the text is an error.
llvm::Expected<std::string> applyEdits(llvm::StringRef Text, llvm::ArrayRef<Edit> Edits);

/// A unified diff, as `patch -p1` and `git apply` read it. `Name` is relative,
/// or absolute and then has no prefixes.
void writeDiff(llvm::StringRef Name, llvm::StringRef Old, llvm::StringRef New,
               llvm::raw_ostream &OS);

} // namespace heddle
