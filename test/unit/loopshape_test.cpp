#include "program/loopshape.h"

#include "gtest/gtest.h"

using namespace heddle;

namespace {

Affine constant(int64_t N) {
  Affine A;
  A.Known = true;
  A.Constant = N;
  return A;
}

Affine times(int64_t Coefficient, llvm::StringRef Variable, int64_t Plus = 0) {
  Affine A = constant(Plus);
  A.Terms.push_back({Symbol(Variable), Coefficient});
  return A;
}

Loop loop(uint32_t Parent, llvm::StringRef Index, Affine Lower, Affine Upper) {
  Loop L;
  L.Parent = Parent;
  L.Index = L.IndexName = Symbol(Index);
  L.Lower = std::move(Lower);
  L.Upper = std::move(Upper);
  return L;
}

/// `for (i < n)` around one more loop.
FunctionFacts nest(Loop Inner) {
  FunctionFacts F;
  F.Loops.push_back(loop(None, "i", constant(0), times(1, "n")));
  F.Loops.push_back(std::move(Inner));
  return F;
}

TEST(LoopBalance, TrianglesGrowOrShrink) {
  EXPECT_EQ(balanceOf(nest(loop(0, "j", constant(0), times(1, "i"))), 0).Balance,
            LoopBalance::Growing);
  EXPECT_EQ(balanceOf(nest(loop(0, "j", times(1, "i"), times(1, "n"))), 0).Balance,
            LoopBalance::Shrinking);
  EXPECT_EQ(balanceOf(nest(loop(0, "j", times(1, "i"), times(1, "i", 8))), 0).Balance,
            LoopBalance::Even);
}

TEST(LoopBalance, DirectionsCount) {
  FunctionFacts Down = nest(loop(0, "j", constant(0), times(1, "i")));
  Down.Loops[0].Step = -1;
  EXPECT_EQ(balanceOf(Down, 0).Balance, LoopBalance::Shrinking);
  // for (j = n; j > i; --j)
  FunctionFacts Inner = nest(loop(0, "j", times(1, "n"), times(1, "i")));
  Inner.Loops[1].Step = -1;
  EXPECT_EQ(balanceOf(Inner, 0).Balance, LoopBalance::Shrinking);
}

TEST(LoopBalance, DataDecides) {
  FunctionFacts Search = nest(loop(0, "j", constant(0), times(1, "n")));
  Search.Loops[1].EarlyExit.Line = 3;
  EXPECT_EQ(balanceOf(Search, 0).Balance, LoopBalance::Varied);
  FunctionFacts Guarded = nest(loop(0, "j", constant(0), times(1, "n")));
  Guarded.Loops[1].Spelling.Guarded = true;
  EXPECT_EQ(balanceOf(Guarded, 0).Balance, LoopBalance::Varied);
  FunctionFacts Rows = nest(loop(0, "j", constant(0), times(1, "i")));
  Rows.Loops[1].Upper.Through = Symbol("row");
  EXPECT_EQ(balanceOf(Rows, 0).Balance, LoopBalance::Varied);
  EXPECT_EQ(balanceOf(nest(loop(0, "j", constant(0), constant(9))), 0).Balance, LoopBalance::Even);
}

TEST(LoopShape, Rectangles) {
  EXPECT_TRUE(isRectangular(nest(loop(0, "j", constant(0), times(1, "n"))), 0, 1));
  EXPECT_FALSE(isRectangular(nest(loop(0, "j", constant(0), times(1, "i"))), 0, 1));
  EXPECT_FALSE(isRectangular(nest(loop(0, "j", constant(0), Affine())), 0, 1));
  FunctionFacts F = nest(loop(0, "j", constant(0), times(1, "m")));
  F.Loops[0].Locals.push_back(Symbol("m"));
  EXPECT_FALSE(isRectangular(F, 0, 1));
}

} // namespace
