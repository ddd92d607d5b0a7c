#include "facts/dependence.h"
#include "gtest/gtest.h"

using namespace heddle;

namespace {

Affine value(int64_t Constant, std::initializer_list<std::pair<const char *, int64_t>> Terms = {}) {
  Affine A;
  A.Known = true;
  A.Constant = Constant;
  for (const auto &[Name, Coefficient] : Terms)
    A.Terms.push_back({Symbol(Name), Coefficient});
  return A;
}

Loop loop(const char *Index, Affine Lower, Affine Upper, int64_t Step = 1) {
  Loop L;
  L.Index = Symbol(Index);
  L.Lower = std::move(Lower);
  L.Upper = std::move(Upper);
  L.Step = Step;
  return L;
}

LoopAccess access(std::vector<Affine> Subscripts, const char *Field = "",
                  const char *Type = "double") {
  LoopAccess A;
  A.Subscripts = std::move(Subscripts);
  A.Field = Symbol(Field);
  A.Type = Symbol(Type);
  return A;
}

struct Nest {
  Loop Tested;
  std::vector<Loop> Outer, Inner;
  std::vector<Symbol> Varying;

  DependenceResult test(const LoopAccess &A, const LoopAccess &B,
                        bool DistinctValues = false) const {
    std::vector<const Loop *> Around, Inside;
    for (const Loop &L : Outer)
      Around.push_back(&L);
    for (const Loop &L : Inner)
      Inside.push_back(&L);
    auto Varies = [&](Symbol S) { return llvm::is_contained(Varying, S); };
    return testPair({&Tested, Around, {&A, Inside}, {&B, Inside}, Varies, DistinctValues});
  }
};

Nest simple(int64_t Step = 1) {
  return {loop("i", value(0), value(0, {{"n", 1}}), Step), {}, {}, {}};
}

TEST(Dependence, SameElementInEachIteration) {
  EXPECT_EQ(simple().test(access({value(0, {{"i", 1}})}), access({value(0, {{"i", 1}})})).Answer,
            Carried::No);
}

TEST(Dependence, NeighbourHasADistance) {
  DependenceResult R =
      simple().test(access({value(0, {{"i", 1}})}), access({value(-1, {{"i", 1}})}));
  EXPECT_EQ(R.Answer, Carried::Yes);
  EXPECT_EQ(R.Distance, 1);
}

TEST(Dependence, OneElementForAll) {
  EXPECT_EQ(simple().test(access({}), access({})).Answer, Carried::Yes);
  EXPECT_EQ(simple().test(access({value(3)}), access({value(4)})).Answer, Carried::No);
}

TEST(Dependence, EvenAndOdd) {
  EXPECT_EQ(simple().test(access({value(0, {{"i", 2}})}), access({value(1, {{"i", 2}})})).Answer,
            Carried::No);
  // The step of the loop does the same.
  EXPECT_EQ(simple(2).test(access({value(0, {{"i", 1}})}), access({value(1, {{"i", 1}})})).Answer,
            Carried::No);
}

TEST(Dependence, StepWithoutKnownStart) {
  Nest N = simple(4);
  N.Tested.Lower = {};
  EXPECT_EQ(N.test(access({value(0, {{"i", 1}})}), access({value(2, {{"i", 1}})})).Answer,
            Carried::No);
  EXPECT_EQ(N.test(access({value(0, {{"i", 1}})}), access({value(8, {{"i", 1}})})).Answer,
            Carried::Yes);
}

TEST(Dependence, DistanceBeyondTheBound) {
  Nest N{loop("i", value(0), value(10)), {}, {}, {}};
  EXPECT_EQ(N.test(access({value(0, {{"i", 1}})}), access({value(10, {{"i", 1}})})).Answer,
            Carried::No);
  EXPECT_EQ(N.test(access({value(0, {{"i", 1}})}), access({value(9, {{"i", 1}})})).Answer,
            Carried::Yes);
}

TEST(Dependence, CountsDown) {
  Nest N{loop("i", value(9), value(-1), -1), {}, {}, {}};
  DependenceResult R = N.test(access({value(0, {{"i", 1}})}), access({value(1, {{"i", 1}})}));
  EXPECT_EQ(R.Answer, Carried::Yes);
  EXPECT_EQ(R.Distance, -1);
}

TEST(Dependence, LinearisedRows) {
  Nest N = simple();
  N.Inner.push_back(loop("j", value(0), value(8)));
  LoopAccess A = access({value(0, {{"i", 8}, {"j", 1}})});
  EXPECT_EQ(N.test(A, A).Answer, Carried::No);
  N.Inner[0].Upper = value(9);
  EXPECT_EQ(N.test(A, A).Answer, Carried::Yes);
}

TEST(Dependence, TriangularInnerLoop) {
  // for i: for j in [0, i): a[i] = a[j]
  Nest N = simple();
  N.Inner.push_back(loop("j", value(0), value(0, {{"i", 1}})));
  EXPECT_EQ(N.test(access({value(0, {{"i", 1}})}), access({value(0, {{"j", 1}})})).Answer,
            Carried::Yes);
  // Upper triangle and transpose: a[i][j] with j < i, and a[j][i], never meet in two iterations...
  EXPECT_EQ(N.test(access({value(0, {{"i", 1}}), value(0, {{"j", 1}})}),
                   access({value(0, {{"j", 1}}), value(0, {{"i", 1}})}))
                .Answer,
            Carried::No);
}

TEST(Dependence, OuterIndexIsTheSameOnBothSides) {
  Nest N{loop("j", value(0), value(0, {{"m", 1}})),
         {loop("i", value(0), value(0, {{"n", 1}}))},
         {},
         {}};
  EXPECT_EQ(N.test(access({value(0, {{"i", 1}}), value(0, {{"j", 1}})}),
                   access({value(1, {{"i", 1}}), value(-1, {{"j", 1}})}))
                .Answer,
            Carried::No);
}

TEST(Dependence, UnknownSubscript) {
  LoopAccess Odd = access({Affine()});
  EXPECT_EQ(simple().test(Odd, Odd).Answer, Carried::Unknown);
  LoopAccess Row = access({value(0, {{"i", 1}}), Affine()});
  EXPECT_EQ(simple().test(Row, Row).Answer, Carried::No);
}

TEST(Dependence, VaryingVariable) {
  Nest N = simple();
  LoopAccess A = access({value(0, {{"k", 1}})});
  EXPECT_EQ(N.test(A, A).Answer, Carried::Yes);
  N.Varying.push_back(Symbol("k"));
  EXPECT_EQ(N.test(A, A).Answer, Carried::Unknown);
}

TEST(Dependence, SubscriptArray) {
  Affine Through = value(0, {{"i", 1}});
  Through.Through = Symbol("idx");
  LoopAccess A = access({Through});
  EXPECT_EQ(simple().test(A, A).Answer, Carried::Unknown);
  EXPECT_EQ(simple().test(A, A, true).Answer, Carried::No);
  EXPECT_EQ(simple().test(A, access({value(0, {{"i", 1}})}), true).Answer, Carried::Unknown);
}

TEST(Dependence, Members) {
  LoopAccess X = access({value(0)}, ".x"), Y = access({value(0)}, ".y"),
             Whole = access({value(0)}, "", "P");
  EXPECT_EQ(simple().test(X, Y).Answer, Carried::No);
  EXPECT_EQ(simple().test(X, Whole).Answer, Carried::Yes);
  EXPECT_EQ(simple().test(access({value(0)}, ".xy"), X).Answer, Carried::No);
}

TEST(Dependence, OtherTypeOfElement) {
  EXPECT_EQ(simple()
                .test(access({value(0, {{"i", 1}})}, "", "double"),
                      access({value(0, {{"i", 1}})}, "", "char"))
                .Answer,
            Carried::Unknown);
}

TEST(Dependence, HugeNumbersAreNoFault) {
  Affine A = value(INT64_MAX, {{"i", INT64_MAX}}), B = value(INT64_MIN, {{"i", INT64_MAX}});
  DependenceResult R = simple().test(access({A}), access({B}));
  EXPECT_NE(R.Answer, Carried::Yes);
}

/// A formula that is hard on purpose; whatever the answer is, it comes soon.
void hard(int Loops) {
  Nest N = simple();
  std::vector<Affine> A, B;
  for (int I = 0; I < Loops; ++I) {
    std::string Name = "j" + std::to_string(I);
    N.Inner.push_back(
        loop(Name.c_str(), value(-I, {{"i", I + 2}}), value(97 * I + 1, {{"n", 3}}), I + 3));
  }
  for (int I = 0; I < 6; ++I) {
    Affine X = value(I), Y = value(3 * I + 1);
    for (int K = 0; K < Loops; ++K) {
      X.Terms.push_back({N.Inner[K].Index, (I * 7 + K * 13) % 17 + 1});
      Y.Terms.push_back({N.Inner[K].Index, (I * 5 + K * 11) % 19 + 1});
    }
    A.push_back(X), B.push_back(Y);
  }
  N.test(access(A), access(B));
}

TEST(Dependence, HardQuestionsEnd) {
  for (int Loops : {1, 2, 3, 4, 5, 12, 40})
    hard(Loops);
}

} // namespace
