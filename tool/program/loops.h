/// Which loops may run in parallel: the dependence facts of a loop, with the
/// effects of the calls in its body applied.
#pragma once

#include "program/program.h"

namespace heddle {

enum class LoopVerdict : uint8_t {
  Parallel,    ///< Iterations are independent (after privatisation of Private).
  Reduction,   ///< Independent but for associative updates listed in Reductions.
  Conditional, ///< Parallel if every one of Assumptions holds.
  Carried,     ///< An iteration needs what an earlier one left: From -> To.
  Unknown,     ///< Cannot tell; Reason says why.
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(LoopVerdict);

struct LoopJudgement {
  LoopVerdict Verdict = LoopVerdict::Unknown;
  /// For people: `a[i - 1] is read here and written as a[i] one iteration before`.
  std::string Reason;
  Span From, To;                        ///< The two sides of the conflict; To alone for Unknown.
  std::vector<std::string> Assumptions; ///< `a and b do not overlap`.
  /// An assumption is a change that has to be made first: `updates of h are made atomic`.
  bool Manual = false;
  std::vector<Symbol> Private; ///< Names of scalars to privatise.
  std::vector<Symbol> LastPrivate;
  /// What every thread needs for itself, and no clause can give it.
  std::vector<Symbol> Scratch;
  /// Private, and each copy begins with the value from before the loop.
  std::vector<Symbol> FirstPrivate;
  struct Reduction {
    Symbol Name, Operator;
  };
  /// Variables that advance by Step in every iteration, as OpenMP's `linear`.
  struct Linear {
    Symbol Name;
    int64_t Step = 1;
  };
  std::vector<Linear> Linears;
  /// The names above are enough for the clauses of a pragma. False when callees
  /// reach the variables by themselves and would miss the copies.
  bool Expressible = true;
  std::vector<Reduction> Reductions;
  double Work = 0; ///< Operations per iteration, callees counted.
};

struct LoopQuestion {
  /// Leave out the effects of blocking calls: asks whether the iterations
  /// could overlap their waiting.
  bool IgnoreIo = false;
};

/// Decides loop `L` of function `F`.
LoopJudgement judgeLoop(const Program &P, FunctionId F, uint32_t L, LoopQuestion Q = {});

/// What an access in `F` means when a call returns its base by reference, as in
/// `m.at(i, j) = 0`; without subscripts that are known when that cannot be said.
LoopAccess followReturned(const Program &P, FunctionId F, LoopAccess A);

} // namespace heddle
