#pragma once

#include "base/symbol.h"
#include <tuple>

namespace heddle {

/// A range of source text. Lines and columns count from 1, columns in bytes,
/// as clang prints them; the end is exclusive. Line 0 means "no place known".
/// File is absolute, or relative to the working directory of the run when the
/// compile command was.
struct Span {
  Symbol File;
  uint32_t Line = 0, Column = 0;
  uint32_t EndLine = 0, EndColumn = 0;

  bool valid() const { return Line != 0; }
  auto key() const { return std::tie(File, Line, Column, EndLine, EndColumn); }
  friend bool operator==(const Span &A, const Span &B) { return A.key() == B.key(); }
  friend bool operator<(const Span &A, const Span &B) { return A.key() < B.key(); }
};

template <class F> void fields(Span &S, F &&f) {
  f("file", S.File);
  f("line", S.Line);
  f("column", S.Column);
  f("endLine", S.EndLine);
  f("endColumn", S.EndColumn);
}

} // namespace heddle
