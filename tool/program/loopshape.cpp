#include "program/loopshape.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

/// With as many pieces, an uneven share of them no longer shows.
constexpr uint64_t EnoughPieces = 64;
/// Recovering several indices from one takes divisions; a body of as many
/// operations hides them.
constexpr double HidesDivisions = 100;

bool inside(const FunctionFacts &F, uint32_t Inner, uint32_t Outer) {
  for (; Inner < F.Loops.size(); Inner = F.Loops[Inner].Parent)
    if (Inner == Outer)
      return true;
  return false;
}

int64_t coefficient(const Affine &A, Symbol Variable) {
  for (const Term &T : A.Terms)
    if (T.Variable == Variable)
      return T.Coefficient;
  return 0;
}

bool changesIn(const Affine &A, const Loop &L) {
  if (!A.Known || !A.Through.empty())
    return true;
  return llvm::any_of(A.Terms, [&](const Term &T) {
    return T.Variable == L.Index || llvm::is_contained(L.Locals, T.Variable) ||
           llvm::any_of(L.Scalars, [&](const LoopScalar &S) { return S.Variable == T.Variable; });
  });
}

} // namespace

LoopShape balanceOf(const FunctionFacts &F, uint32_t L) {
  const Loop &T = F.Loops[L];
  LoopShape Shape;
  auto found = [&](LoopBalance B, const llvm::Twine &Why, const Span &At) {
    if (Shape.Balance != LoopBalance::Even)
      return;
    Shape.Balance = B;
    Shape.Why = Why.str();
    Shape.At = At;
  };
  for (uint32_t K = L; K < F.Loops.size(); ++K) {
    if (!inside(F, K, L))
      continue;
    const Loop &Each = F.Loops[K];
    if (Each.Spelling.GuardedCalls)
      found(LoopBalance::Varied, "some iterations call more than others", Each.At);
    if (K == L)
      continue;
    if (Each.Spelling.Guarded) {
      found(LoopBalance::Varied, "an inner loop runs in some iterations only", Each.At);
      continue;
    }
    if (Each.Index.empty() || Each.EarlyExit.valid()) {
      found(LoopBalance::Varied, "how long an inner loop runs depends on the data", Each.At);
      continue;
    }
    if (T.Index.empty() || Each.Trip)
      continue;
    // What the length of the inner loop gains from one iteration to the next.
    int64_t Gain = coefficient(Each.Upper, T.Index) - coefficient(Each.Lower, T.Index);
    if (!Each.Upper.Through.empty() || !Each.Lower.Through.empty())
      found(LoopBalance::Varied, "how long an inner loop runs depends on the data", Each.At);
    else if (Gain != 0) {
      bool Grows = (Gain > 0) == (Each.Step > 0) == (T.Step > 0);
      found(Grows ? LoopBalance::Growing : LoopBalance::Shrinking,
            "an inner loop runs " + llvm::Twine(Grows ? "longer" : "shorter") +
                " from one iteration to the next",
            Each.At);
    }
  }
  return Shape;
}

bool isRectangular(const FunctionFacts &F, uint32_t Outer, uint32_t Inner) {
  const Loop &I = F.Loops[Inner];
  for (uint32_t K = I.Parent; K < F.Loops.size(); K = F.Loops[K].Parent) {
    if (changesIn(I.Lower, F.Loops[K]) || changesIn(I.Upper, F.Loops[K]))
      return false;
    if (K == Outer)
      return true;
  }
  return false;
}

/// The loop right below one that is already part of the space, if it can be too.
static uint32_t nextLevel(const Program &P, FunctionId F, uint32_t L, uint32_t Last,
                          const LoopJudgement &J, double &Work) {
  const FunctionFacts &Facts = P.facts(F);
  uint32_t K = Facts.Loops[Last].Spelling.Only;
  if (K >= Facts.Loops.size() || Facts.Loops[K].Parent != Last)
    return None;
  const Loop &I = Facts.Loops[K];
  if (I.Kind != LoopKind::For || !I.Annotatable || !I.Spelling.Obstacle.empty() ||
      !I.Spelling.Directive.empty() || !I.Parallel.empty() || I.EarlyExit.valid() ||
      !isRectangular(Facts, L, K))
    return None;
  LoopJudgement Inner = judgeLoop(P, F, K);
  bool Parallel = Inner.Verdict == LoopVerdict::Parallel ||
                  Inner.Verdict == LoopVerdict::Reduction ||
                  Inner.Verdict == LoopVerdict::Conditional;
  bool Agrees =
      llvm::all_of(Inner.Assumptions,
                   [&](const std::string &A) { return llvm::is_contained(J.Assumptions, A); }) &&
      llvm::all_of(Inner.Reductions, [&](const LoopJudgement::Reduction &R) {
        return llvm::any_of(J.Reductions, [&](const LoopJudgement::Reduction &X) {
          return X.Name == R.Name && X.Operator == R.Operator;
        });
      });
  if (!Parallel || !Agrees || !Inner.LastPrivate.empty() || !Inner.Linears.empty())
    return None;
  Work = Inner.Work;
  return K;
}

LoopShape shapeOf(const Program &P, FunctionId F, uint32_t L, const LoopJudgement &J) {
  const FunctionFacts &Facts = P.facts(F);
  LoopShape Shape = balanceOf(Facts, L);
  const Loop &T = Facts.Loops[L];
  if (!J.LastPrivate.empty() || !J.Linears.empty() || T.Spelling.IndexReadAfter ||
      (T.Trip && *T.Trip >= EnoughPieces))
    return Shape;
  uint64_t Pieces = T.Trip.value_or(1);
  uint32_t Last = L;
  unsigned Levels = 1;
  while (Pieces < EnoughPieces && Levels < 3) {
    double Work = 0;
    uint32_t K = nextLevel(P, F, L, Last, J, Work);
    if (K == None || Work < HidesDivisions)
      break;
    Last = K;
    ++Levels;
    // One level more is enough when nothing is known.
    std::optional<uint64_t> Trip = Facts.Loops[K].Trip;
    Pieces = Trip ? Pieces * std::min<uint64_t>(*Trip, EnoughPieces) : EnoughPieces;
  }
  Shape.Collapse = Levels;
  return Shape;
}

} // namespace heddle
