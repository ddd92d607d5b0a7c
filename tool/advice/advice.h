/// What we think of the facts, with the evidence for and against.
#pragma once

#include "base/codec.h"
#include "base/span.h"

namespace heddle {

enum class Severity : uint8_t { Note, Warning, Error };
llvm::ArrayRef<llvm::StringLiteral> enumNames(Severity);

enum class Confidence : uint8_t { Low, Medium, High };
llvm::ArrayRef<llvm::StringLiteral> enumNames(Confidence);

/// One step of the evidence. Printed as a note under the finding.
struct Evidence {
  std::string What;
  Symbol Guideline;  ///< T1..T4, P1..P5, or empty.
  double Weight = 0; ///< Above 0 speaks for the verdict, below 0 against.
  Span At;
};

/// Replace the text of At (empty for an insertion) by Text.
struct Edit {
  Span At;
  std::string Text;
};

/// One finding.
struct Advice {
  Symbol Check; ///< Without prefix: `unprotected-shared-state`.
  /// `threads`, `processes`, `async`, `parallel`, `reduction`, `conditional`,
  /// `serial`, `insufficient-evidence`... Empty where a check has no verdict.
  Symbol Verdict, RunnerUp;
  double Margin = 0; ///< Score of the verdict minus that of the runner-up, 0..1.
  Severity Level = Severity::Warning;
  Confidence Sure = Confidence::High;
  Span At;
  std::string Message; ///< Fact, verdict and why, in one sentence without a full stop.
  std::vector<Evidence> For, Against;
  std::vector<Edit> Edits;
  /// Kind of opportunity (`loop`, `launch`...), for `threads-or-processes`.
  Symbol Kind;
  /// What identifies the finding when lines move: set by the check from names
  /// (function, place), never from line numbers.
  std::string Identity;
  std::string Fingerprint; ///< Computed by the sink from Check and Identity.
};

template <class F> void fields(Evidence &S, F &&f) {
  f("what", S.What);
  f("guideline", S.Guideline);
  f("weight", S.Weight);
  f("at", S.At);
}
template <class F> void fields(Edit &S, F &&f) {
  f("at", S.At);
  f("text", S.Text);
}
template <class F> void fields(Advice &S, F &&f) {
  f("check", S.Check);
  f("verdict", S.Verdict);
  f("runnerUp", S.RunnerUp);
  f("margin", S.Margin);
  f("level", S.Level);
  f("confidence", S.Sure);
  f("at", S.At);
  f("message", S.Message);
  f("for", S.For);
  f("against", S.Against);
  f("edits", S.Edits);
  f("kind", S.Kind);
  f("identity", S.Identity);
  f("fingerprint", S.Fingerprint);
}

} // namespace heddle
