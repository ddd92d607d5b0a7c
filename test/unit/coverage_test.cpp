#include "facts/coverage.h"
#include "facts/linear.h"
#include "gtest/gtest.h"

using namespace heddle;

namespace {

Affine var(const char *Name) { return variableAffine(Symbol(Name)); }
Affine plus(Affine A, int64_t N) { return combine(A, constantAffine(N), 1); }

Loop loop(const char *Index, Affine Lower, Affine Upper, int64_t Step = 1) {
  Loop L;
  L.Index = Symbol(Index);
  L.Lower = std::move(Lower);
  L.Upper = std::move(Upper);
  L.Step = Step;
  return L;
}

LoopAccess access(std::vector<Affine> Subscripts) {
  LoopAccess A;
  A.Subscripts = std::move(Subscripts);
  return A;
}

/// One iteration of `for (i < n)`: writes in loops of their own, then a read.
struct Iteration {
  Loop Tested = loop("i", constantAffine(0), var("n"));
  std::vector<Symbol> Varying;
  std::vector<uint64_t> Extent;

  struct Write {
    std::vector<const Loop *> Inner;
    LoopAccess A;
    bool Before = true;
  };

  Coverage covers(std::vector<const Loop *> Inner, const LoopAccess &Read,
                  const std::vector<Write> &Writes, bool AnyIteration = false) const {
    std::vector<CoveringWrite> Covering;
    std::vector<AccessInstance> All;
    for (const Write &W : Writes) {
      Covering.push_back({{&W.A, W.Inner}, W.Before});
      All.push_back({&W.A, W.Inner});
    }
    auto Varies = [&](Symbol S) { return llvm::is_contained(Varying, S); };
    CoverageQuery Q;
    Q.Tested = &Tested;
    Q.Read = {&Read, Inner};
    Q.Writes = Covering;
    if (!AnyIteration)
      Q.AllWrites = All;
    Q.Varies = Varies;
    Q.Extent = Extent;
    Q.AnyIteration = AnyIteration;
    return findCoverage(Q);
  }
};

TEST(Coverage, ASecondLoopReadsWhatTheFirstWrote) {
  Loop W = loop("j", constantAffine(0), var("m")), R = loop("k", constantAffine(1), var("m"));
  EXPECT_EQ(Iteration().covers({&R}, access({var("k")}), {{{&W}, access({var("j")})}}),
            Coverage::Yes);
}

TEST(Coverage, OneElementTooManyIsAsBeforeTheLoop) {
  Loop W = loop("j", constantAffine(0), var("m")),
       R = loop("k", constantAffine(0), plus(var("m"), 1));
  EXPECT_EQ(Iteration().covers({&R}, access({var("k")}), {{{&W}, access({var("j")})}}),
            Coverage::OrUntouched);
}

TEST(Coverage, WhatOtherIterationsWriteIsNotUntouched) {
  // t[i] = ...; ... = t[i - 1]
  EXPECT_EQ(Iteration().covers({}, access({plus(var("i"), -1)}), {{{}, access({var("i")})}}),
            Coverage::No);
}

TEST(Coverage, TheWriteMustStandBeforeTheRead) {
  EXPECT_EQ(Iteration().covers({}, access({constantAffine(0)}),
                               {{{}, access({constantAffine(0)}), false}}),
            Coverage::No);
}

TEST(Coverage, EarlierIterationsOfALoopAroundBothCount) {
  // for (j < m) { ... = t[j - 1]; t[j] = ...; }: t[-1] is nobody's, the rest is covered.
  Loop J = loop("j", constantAffine(0), var("m"));
  EXPECT_EQ(
      Iteration().covers({&J}, access({plus(var("j"), -1)}), {{{&J}, access({var("j")}), false}}),
      Coverage::OrUntouched);
  // With t[j + 1] the value is that of a later iteration, so of an earlier i.
  EXPECT_EQ(
      Iteration().covers({&J}, access({plus(var("j"), 1)}), {{{&J}, access({var("j")}), false}}),
      Coverage::No);
}

TEST(Coverage, ALoopThatEndsEarlyCoversNothingAfterIt) {
  Loop W = loop("j", constantAffine(0), constantAffine(4));
  W.EarlyExit.Line = 1;
  EXPECT_EQ(Iteration().covers({}, access({constantAffine(2)}), {{{&W}, access({var("j")})}}),
            Coverage::No);
}

TEST(Coverage, StepsLeaveGaps) {
  Loop Even = loop("j", constantAffine(0), constantAffine(8), 2),
       All = loop("k", constantAffine(0), constantAffine(8));
  EXPECT_EQ(Iteration().covers({&All}, access({var("k")}), {{{&Even}, access({var("j")})}}),
            Coverage::OrUntouched);
  EXPECT_EQ(
      Iteration().covers({&All}, access({var("k")}),
                         {{{&Even}, access({var("j")})}, {{&Even}, access({plus(var("j"), 1)})}}),
      Coverage::Yes);
  Even.Strided = true;
  EXPECT_EQ(Iteration().covers({}, access({constantAffine(2)}), {{{&Even}, access({var("j")})}}),
            Coverage::No);
}

TEST(Coverage, AnUnknownElementNeedsTheWholeArray) {
  Iteration I;
  I.Extent = {4};
  Loop W = loop("j", constantAffine(0), constantAffine(4));
  EXPECT_EQ(I.covers({}, access({Affine()}), {{{&W}, access({var("j")})}}), Coverage::Yes);
  W = loop("j", constantAffine(0), constantAffine(3));
  EXPECT_EQ(I.covers({}, access({Affine()}), {{{&W}, access({var("j")})}}), Coverage::OrUntouched);
}

TEST(Coverage, AWriteAtAVaryingPlaceIsNoCertainWrite) {
  Iteration I;
  I.Varying = {Symbol("x")};
  EXPECT_EQ(I.covers({}, access({var("x")}), {{{}, access({var("x")})}}), Coverage::No);
}

TEST(Coverage, EveryIterationWritesTheSame) {
  Loop W = loop("j", constantAffine(0), constantAffine(3));
  LoopAccess T = access({var("j")});
  EXPECT_EQ(Iteration().covers({&W}, T, {{{&W}, T}}, true), Coverage::Yes);
  LoopAccess Own = access({var("i")});
  EXPECT_EQ(Iteration().covers({}, Own, {{{}, Own}}, true), Coverage::No);
}

TEST(Coverage, RowsOfSymbolicLength) {
  Loop I = loop("i", constantAffine(0), var("n")), J = loop("j", constantAffine(0), var("m"));
  LoopAccess A;
  auto Never = [](Symbol) { return false; };
  const Loop *Inner[] = {&J};
  std::vector<Symbol> Assumed;
  EXPECT_TRUE(isWithin(var("j"), Symbol("m"), {&A, Inner}, &I, {}, Never, Never, Assumed));
  EXPECT_FALSE(
      isWithin(plus(var("j"), 1), Symbol("m"), {&A, Inner}, &I, {}, Never, Never, Assumed));
  EXPECT_FALSE(isWithin(var("j"), Symbol("n"), {&A, Inner}, &I, {}, Never, Never, Assumed));
  EXPECT_TRUE(Assumed.empty());
}

TEST(Coverage, RowsInsideAHalo) {
  Loop I = loop("i", constantAffine(0), var("n")),
       J = loop("j", var("h"), combine(var("m"), var("h"), -1));
  LoopAccess A;
  const Loop *Inner[] = {&J};
  std::vector<Symbol> Assumed;
  EXPECT_TRUE(isWithin(
      var("j"), Symbol("m"), {&A, Inner}, &I, {}, [](Symbol) { return false; },
      [](Symbol S) { return S == Symbol("h"); }, Assumed));
  EXPECT_EQ(Assumed, std::vector{Symbol("h")});
}

} // namespace
