/// The source lines that reports quote, and what makes them safe to print.
///
/// A span counts columns in bytes; a terminal counts cells and SARIF UTF-16 code
/// units. In `s = "ä"; x` the `x` is byte 10, cell 9 and code unit 9.
#pragma once

#include "base/span.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBuffer.h"
#include <optional>
#include <vector>

namespace heddle {

/// Reads source files once. A file that cannot be read, is no regular file or
/// has no such line gives nothing.
class Sources {
public:
  /// Line `Line` (from 1) of `File` without its end. Valid until the next call.
  std::optional<llvm::StringRef> line(Symbol File, uint32_t Line);

private:
  struct Source {
    std::unique_ptr<llvm::MemoryBuffer> Text;
    std::vector<uint64_t> Starts; ///< Offset of each line.
  };
  const Source &open(Symbol File);

  llvm::DenseMap<Symbol, Source> Files;
  uint64_t Held = 0; ///< Bytes in Files.
};

/// A character of a line, as a terminal shows it.
struct Cell {
  std::string Text;   ///< Printable UTF-8; `<U+001B>` or `<FF>` for what is not.
  unsigned Width = 0; ///< Columns of the terminal.
  size_t Byte = 0;    ///< Where it begins in the line.
};

/// All characters of a line; tabs become spaces up to the next multiple of 8.
std::vector<Cell> cells(llvm::StringRef Line);

/// Text with everything replaced that a terminal would act on: control
/// characters, formatting characters (bidirectional overrides), invalid UTF-8.
std::string printable(llvm::StringRef Text);

/// Column (from 1) in UTF-16 code units of byte column `Column` of `Line`.
uint32_t utf16Column(llvm::StringRef Line, uint32_t Column);

/// `File` relative to `Base` when it is below it, otherwise as it is.
llvm::StringRef below(llvm::StringRef Base, llvm::StringRef File);

} // namespace heddle
