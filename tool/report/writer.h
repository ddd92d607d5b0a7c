/// What the text renderers share: clang's layout of a message, a source excerpt
/// with a caret, and clang's colours.
#pragma once

#include "report/report.h"
#include "report/source.h"

namespace heddle {

enum class Style { Plain, Bold, Note, Warning, Error, Caret, Insertion, Removal };

struct TextWriter {
  const TextOptions &O;
  llvm::raw_ostream &OS;
  Sources Files{};

  /// Switches to a style; nothing without colour.
  void paint(Style S);
  void paint(Style S, llvm::StringRef Text);

  /// `FILE:LINE:COLUMN`, as much of it as is known.
  std::string place(const Span &At) const;
  /// `FILE:LINE:COLUMN: `, or nothing.
  void location(const Span &At);
  /// `   12 | `.
  void gutter(const llvm::Twine &Label);
  /// `FILE:LINE:COLUMN: warning: MESSAGE [TAG]`.
  void headline(const Span &At, Severity Level, llvm::StringRef Message, llvm::StringRef Tag);
  /// The line with a caret, and under it the replacements that fit there. False
  /// when the source is not at hand or is not what was analysed.
  bool excerpt(const Span &At, llvm::ArrayRef<const Edit *> Hints = {});
  /// One line of source, made safe, in a style, the start of it if it is long.
  void sourceLine(llvm::StringRef Line, Style S);
};

/// `1 file`, `2 files`.
std::string plural(size_t N, llvm::StringRef Noun);

} // namespace heddle
