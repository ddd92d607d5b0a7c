#include "facts/linear.h"
#include "gtest/gtest.h"

using namespace heddle;

namespace {

Affine var(const char *Name) { return variableAffine(Symbol(Name)); }

int64_t coefficient(const Affine &A, Symbol Variable) {
  for (const Term &T : A.Terms)
    if (T.Variable == Variable)
      return T.Coefficient;
  return 0;
}

TEST(Linear, TermsThatCancelAreGone) {
  Affine D = combine(combine(var("i"), var("n"), 3), var("n"), -3);
  ASSERT_TRUE(D.Known);
  ASSERT_EQ(D.Terms.size(), 1u);
  EXPECT_EQ(D.Terms[0].Variable, Symbol("i"));
}

TEST(Linear, ProductsAreVariables) {
  // (i + 2) * (n + 1) = i·n + i + 2n + 2
  Affine P =
      product(combine(var("i"), constantAffine(2), 1), combine(var("n"), constantAffine(1), 1));
  ASSERT_TRUE(P.Known);
  EXPECT_EQ(P.Constant, 2);
  EXPECT_EQ(coefficient(P, Symbol("i")), 1);
  EXPECT_EQ(coefficient(P, Symbol("n")), 2);
  Symbol In = productOf({Symbol("n"), Symbol("i")});
  EXPECT_EQ(In, productOf({Symbol("i"), Symbol("n")}));
  EXPECT_EQ(coefficient(P, In), 1);
  EXPECT_EQ(factorsOf(In).size(), 2u);
  EXPECT_EQ(factorsOf(Symbol("i")).size(), 1u);
}

TEST(Linear, ConstantsMultiplyAsUsual) {
  Affine P = product(constantAffine(4), combine(var("i"), constantAffine(1), 1));
  EXPECT_EQ(P.Constant, 4);
  EXPECT_EQ(coefficient(P, Symbol("i")), 4);
  EXPECT_TRUE(product(constantAffine(0), var("i")).Terms.empty());
}

TEST(Linear, OverflowIsNotKnown) {
  EXPECT_FALSE(combine(constantAffine(INT64_MAX), constantAffine(1), 1).Known);
  EXPECT_FALSE(combine(var("i"), constantAffine(INT64_MAX), 2).Known);
  EXPECT_FALSE(product(combine(constantAffine(0), var("i"), INT64_MAX), constantAffine(2)).Known);
}

TEST(Linear, WhatIsNotKnownStaysSo) {
  EXPECT_FALSE(combine(Affine(), var("i"), 1).Known);
  EXPECT_FALSE(product(Affine(), constantAffine(0)).Known);
}

TEST(Linear, AnElementOfAnArrayCanOnlyBeMoved) {
  Affine Element = var("i");
  Element.Through = Symbol("index");
  Affine Moved = combine(Element, constantAffine(3), 1);
  ASSERT_TRUE(Moved.Known);
  EXPECT_EQ(Moved.Plus, 3);
  EXPECT_EQ(Moved.Through, Symbol("index"));
  EXPECT_FALSE(combine(Element, var("j"), 1).Known);
  EXPECT_FALSE(combine(constantAffine(3), Element, -1).Known);
  EXPECT_FALSE(product(Element, constantAffine(2)).Known);
}

} // namespace
