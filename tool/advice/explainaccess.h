/// Why an access to memory is safe from other threads, or is not: the answer to
/// `heddle explain FILE:LINE` for what is read and written on that line.
///
/// Example: of `hits++` in a thread, with `m` held there and at all other accesses
/// to `hits`, it says that it is guarded, names `m`, and shows the others.
#pragma once

#include "advice/advice.h"
#include "program/observe.h"

namespace heddle {

struct AccessExplanation {
  Span At;
  std::string Text;     ///< The memory, as the source spells it.
  std::string Access;   ///< `read`, `written`, `read and written`.
  std::string Function; ///< Where it stands.
  /// `race`, `unknown`, `guarded`, `read-only`, `ordered`, `one-thread`, `owned`,
  /// `alone`, `atomic` or `thread-local`.
  std::string Verdict;
  std::string Message;          ///< Fact and why, in one sentence without a full stop.
  std::vector<Evidence> Places; ///< Locks, other accesses, starts and joins.
};

/// The accesses on a line of one of the files, in their order. `Seen` is what was
/// observed of the line; `Findings` are those of the checks: one that shows an
/// access as one of its sides speaks for it.
std::vector<AccessExplanation> explainAccesses(const Program &P, const Observation &Seen,
                                               llvm::ArrayRef<Advice> Findings,
                                               llvm::function_ref<bool(Symbol File)> IsFile,
                                               uint32_t Line);

template <class F> void fields(AccessExplanation &S, F &&f) {
  f("at", S.At);
  f("text", S.Text);
  f("access", S.Access);
  f("function", S.Function);
  f("verdict", S.Verdict);
  f("message", S.Message);
  f("places", S.Places);
}

} // namespace heddle
