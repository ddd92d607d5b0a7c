#include "program_support.h"
#include <gtest/gtest.h>

using namespace heddle;
using namespace heddle::test;

namespace {

std::string resolved(const Program &P, llvm::StringRef In, const Place &What) {
  return toString(resolve(P, named(P, In), What));
}

TEST(ProgramPlaces, FollowsUniqueTargets) {
  Unit A("a.c");
  Writer W = A.function("f");
  W.bind(local("f", "p"), global("g")).bind(local("f", "q"), local("f", "p", "*.next*"));
  Program P = build({&A});
  EXPECT_EQ(resolved(P, "f", local("f", "p", "*.x")), "global g .x");
  EXPECT_EQ(resolved(P, "f", local("f", "q", "*.x")), "global g .next*.x");
}

TEST(ProgramPlaces, SeveralTargetsLeaveThePlaceAlone) {
  Unit A("a.c");
  A.function("f").bind(local("f", "p"), global("g")).bind(local("f", "p"), global("h"));
  Program P = build({&A});
  EXPECT_EQ(resolve(P, named(P, "f"), local("f", "p", "*.x")), local("f", "p", "*.x"));
}

TEST(ProgramPlaces, APointerThatRunsAlongAListEnds) {
  Unit A("a.c");
  A.function("f")
      .bind(local("f", "p"), global("head", "*"))
      .bind(local("f", "p"), local("f", "p", "*.next*"));
  A.function("g")
      .bind(local("g", "a"), local("g", "b", "*"))
      .bind(local("g", "b"), local("g", "a", "*"));
  Program P = build({&A});
  EXPECT_EQ(resolved(P, "f", local("f", "p", "*.x")), "global head *.x");
  EXPECT_TRUE(resolve(P, named(P, "g"), local("g", "a", "*.x")).known());
}

TEST(ProgramPlaces, TranslatesParametersAndThis) {
  Unit A("a.cpp");
  A.function("callee");
  A.function("caller").call("callee", {global("g"), Place()}, local("caller", "o"));
  Program P = build({&A});
  FunctionId F = named(P, "caller");
  EXPECT_EQ(toString(translate(P, F, 0, parameter(0, "*.x"))), "global g .x");
  EXPECT_EQ(translate(P, F, 0, self("*.y")), local("caller", "o", ".y"));
  EXPECT_FALSE(translate(P, F, 0, parameter(1)).known());
  EXPECT_FALSE(translate(P, F, 0, parameter(7)).known());
  EXPECT_FALSE(translate(P, F, 0, local("callee", "own")).known());
}

TEST(ProgramPlaces, AConstructorBindsMembersOfTheObject) {
  Unit A("a.cpp");
  A.function("Guard::Guard").bind(self("*.m"), parameter(0));
  A.function("f").call("Guard::Guard", {global("mutex")}, local("f", "g"));
  Program P = build({&A});
  EXPECT_EQ(resolved(P, "f", local("f", "g", ".m*")), "global mutex");
}

TEST(ProgramPlaces, MembersBoundInTheConstructorHoldInAllMethods) {
  Unit A("a.cpp");
  Writer K = A.function("C::C"), M = A.function("C::wait");
  K.F.Class = M.F.Class = Symbol("C");
  K.F.Constructor = true;
  K.bind(self("*.changed.m"), self("*.mutex"));
  M.read(self("*.x"));
  Program P = build({&A});
  EXPECT_EQ(resolved(P, "C::wait", self("*.changed.m*")), "this *.mutex");
}

TEST(ProgramPlaces, AReturnedReferenceIsWhatTheCalleeReturns) {
  Unit A("a.cpp");
  A.function("instance").returns(global("single"));
  A.function("f").call("instance").write({RootKind::Result, {}, 0, Symbol("*.x")});
  Program P = build({&A});
  EXPECT_EQ(accesses(P, "f"), std::vector<std::string>{"write global single .x"});
}

TEST(ProgramPlaces, PlacesDoNotGrowWithoutBound) {
  Unit A("a.c");
  A.function("f").write(parameter(0, "*.v")).call("f", {parameter(0, "*.next*")});
  Program P = build({&A});
  for (const EffectAccess &E : P.function(named(P, "f")).Effects.Accesses)
    EXPECT_LT(E.What.Path.str().size(), 100u);
}

} // namespace
