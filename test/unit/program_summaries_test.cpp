#include "program_support.h"
#include <gtest/gtest.h>

using namespace heddle;
using namespace heddle::test;

namespace {

using Texts = std::vector<std::string>;

const Summary &summary(const Program &P, llvm::StringRef Name) {
  return P.function(named(P, Name)).Effects;
}

TEST(ProgramSummaries, EffectsAreRenamedAtCalls) {
  Unit A("a.c");
  A.function("add").write(parameter(0, "*.n"));
  A.function("twice").call("add", {parameter(1, "*.hits")});
  A.function("all").call("twice", {Place(), global("table")});
  Program P = build({&A});
  EXPECT_EQ(accesses(P, "twice"), Texts{"write parameter 1 *.hits.n"});
  EXPECT_EQ(accesses(P, "all"), Texts{"write global table .hits.n"});
  const Summary &S = summary(P, "all");
  ASSERT_EQ(S.Accesses[0].Through.size(), 2u);
  EXPECT_EQ(S.Accesses[0].Through[0].In, named(P, "all"));
  EXPECT_EQ(S.Accesses[0].Through[1].In, named(P, "twice"));
  EXPECT_TRUE(S.WritesGlobals == false || S.GlobalWrittenAt.valid());
}

TEST(ProgramSummaries, OwnLocalsAndFreshObjectsVanish) {
  Unit A("a.c");
  A.function("f")
      .write(local("f", "x"))
      .write({RootKind::Heap, Symbol("a.c:3:4"), 0, {}})
      .write(local("f", "p", "*.y"));
  Program P = build({&A});
  EXPECT_TRUE(accesses(P, "f").empty());
  EXPECT_TRUE(summary(P, "f").WritesUnknown);
}

TEST(ProgramSummaries, TheAccessWithFewerLocksIsKept) {
  Unit A("a.c");
  A.function("f").lock(global("m")).write(global("x")).unlock(global("m")).write(global("x"));
  Program P = build({&A});
  ASSERT_EQ(accesses(P, "f"), Texts{"write global x"});
  EXPECT_TRUE(summary(P, "f").Accesses[0].Held.empty());
}

TEST(ProgramSummaries, LocksOfTheCallerAreAdded) {
  Unit A("a.c");
  A.function("g").lock(global("b")).write(global("x")).unlock(global("b"));
  A.function("f").lock(global("a")).call("g").unlock(global("a"));
  Program P = build({&A});
  EXPECT_EQ(texts(summary(P, "f").Accesses[0].Held), (Texts{"global a", "global b"}));
}

TEST(ProgramSummaries, ManyPlacesAreCapped) {
  Unit A("a.c");
  Writer W = A.function("f");
  for (int I = 0; I < 1000; ++I)
    W.read(global("g" + std::to_string(I)));
  W.write(global("written"));
  Program P = build({&A});
  const Summary &S = summary(P, "f");
  EXPECT_LE(S.Accesses.size(), 256u);
  EXPECT_TRUE(S.Capped);
  EXPECT_FALSE(S.Complete);
  EXPECT_FALSE(S.WhyIncomplete.empty());
  EXPECT_TRUE(llvm::is_contained(accesses(P, "f"), "write global written"));
}

TEST(ProgramSummaries, WhatIsNotThereMakesItIncomplete) {
  Unit A("a.c");
  A.function("g").call("elsewhere");
  A.function("f").call("g");
  Program P = build({&A});
  EXPECT_FALSE(summary(P, "f").Complete);
  EXPECT_NE(summary(P, "f").WhyIncomplete.str().find("`elsewhere`"), llvm::StringRef::npos);
}

TEST(ProgramSummaries, PureMeansNoEffectButTheResult) {
  Unit A("a.c");
  A.function("reads").read(parameter(0, "*.x"));
  A.function("writes").write(parameter(0, "*.x"));
  A.function("own").call("writes", {local("own", "l")});
  Program P = build({&A});
  EXPECT_TRUE(summary(P, "reads").Pure);
  EXPECT_FALSE(summary(P, "writes").Pure);
  EXPECT_TRUE(summary(P, "own").Pure);
}

TEST(ProgramSummaries, WaitsComeUpWithTheLocksThatAreGivenUp) {
  Unit A("a.c");
  A.function("nap").blocks("sleep", BlockCategory::Sleep);
  A.function("wait").blocks("pthread_cond_wait", BlockCategory::SyncWait, parameter(0, "*.m"));
  A.function("f").call("nap").call("wait", {global("g")});
  Program P = build({&A});
  const Summary &S = summary(P, "f");
  ASSERT_EQ(S.Blocks.size(), 2u);
  for (const EffectBlock &B : S.Blocks) {
    ASSERT_EQ(B.Through.size(), 1u);
    if (B.Fact->Category != BlockCategory::SyncWait) {
      EXPECT_TRUE(B.Dropped.empty());
      continue;
    }
    ASSERT_EQ(B.Dropped.size(), 1u);
    EXPECT_EQ(toString(B.Dropped[0]), "global g .m");
  }
  EXPECT_FALSE(S.DoesIo);
}

TEST(ProgramSummaries, RecursionEnds) {
  Unit A("a.c");
  A.function("f").write(global("x")).call("g", {parameter(0, "*.next*")});
  A.function("g").write(parameter(0, "*.v")).call("f", {parameter(0)});
  Program P = build({&A});
  EXPECT_TRUE(llvm::is_contained(accesses(P, "g"), "write global x"));
  EXPECT_TRUE(llvm::is_contained(accesses(P, "f"), "write parameter 0 *.next*.v"));
}

TEST(ProgramSummaries, CostCountsCalleesAndLoops) {
  Unit A("a.c");
  A.function("leaf").read(global("x")).F.Cost = 10;
  Writer W = A.function("f");
  Loop L;
  L.Trip = 100;
  W.F.Loops.push_back(L);
  W.F.Cost = 1;
  W.goes({1}).block(0).call("leaf").goes({1, 2}).block();
  Program P = build({&A});
  EXPECT_EQ(summary(P, "f").Cost, 1001);
}

} // namespace
