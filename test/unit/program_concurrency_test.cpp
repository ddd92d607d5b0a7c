#include "program_support.h"
#include <gtest/gtest.h>

using namespace heddle;
using namespace heddle::test;

namespace {

const Place N = global("n");

TEST(ProgramConcurrency, BeforeTheStartAndAfterTheJoinNothingMeets) {
  Unit A("a.c");
  A.function("work").write(N);
  A.function("main").write(N).start("work", local("main", "t")).join(local("main", "t")).write(N);
  Program P = build({&A});
  EXPECT_FALSE(meets(P, N));
}

TEST(ProgramConcurrency, BetweenStartAndJoinTheyMeet) {
  Unit A("a.c");
  A.function("work").write(N);
  A.function("main").start("work", local("main", "t")).write(N).join(local("main", "t"));
  Program P = build({&A});
  EXPECT_TRUE(meets(P, N));
}

TEST(ProgramConcurrency, ADetachedThreadRunsOn) {
  Unit A("a.c");
  A.function("work").write(N);
  A.function("main")
      .start("work", local("main", "t"))
      .join(local("main", "t"), JoinKind::Detach)
      .write(N);
  Program P = build({&A});
  EXPECT_TRUE(meets(P, N));
}

TEST(ProgramConcurrency, SiblingsMeetUnlessOneIsJoinedBefore) {
  for (bool Joined : {false, true}) {
    Unit A("a.c");
    A.function("first").write(N);
    A.function("second").write(N);
    Writer W = A.function("main");
    W.start("first", local("main", "a"));
    if (Joined)
      W.join(local("main", "a"));
    W.start("second", local("main", "b"));
    Program P = build({&A});
    EXPECT_EQ(meets(P, N), !Joined);
  }
}

/// for (...) { start; <Inside> } <After>
Program loop(bool JoinInside, bool JoinAfter) {
  Unit A("a.c");
  A.function("work").write(N);
  Writer W = A.function("main");
  W.F.Loops.resize(2);
  W.goes({1}).block(0).start("work", local("main", "ts", "[]"));
  if (JoinInside)
    W.join(local("main", "ts", "[]"));
  W.goes({1, 2});
  W.block(1);
  if (JoinAfter)
    W.join(local("main", "ts", "[]"));
  W.goes({2, 3}).block().read(N);
  return build({&A});
}

TEST(ProgramConcurrency, AThreadStartedInALoopRunsBesideItself) {
  Program P = loop(false, true);
  EXPECT_TRUE(P.Threads[1].Many);
  EXPECT_TRUE(meets(P, N));
  for (const ThreadAccess &A : P.SharedAccesses)
    EXPECT_NE(A.Thread, 0u) << "all are joined when the loop is left";
}

TEST(ProgramConcurrency, AThreadJoinedInTheIterationDoesNot) {
  Program P = loop(true, false);
  EXPECT_FALSE(P.Threads[1].Many);
  EXPECT_FALSE(meets(P, N));
}

TEST(ProgramConcurrency, StartsAndJoinsInCalleesCount) {
  Unit A("a.cpp");
  A.function("work").write(N);
  A.function("Pool::start").start("work", self("*.t"));
  A.function("Pool::stop").join(self("*.t"));
  A.function("main")
      .write(N)
      .call("Pool::start", {}, local("main", "pool"))
      .read(global("other"))
      .call("Pool::stop", {}, local("main", "pool"))
      .write(N);
  Program P = build({&A});
  EXPECT_FALSE(meets(P, N));
}

TEST(ProgramConcurrency, LocksOfCallersCount) {
  Unit A("a.c");
  A.function("bump").write(N);
  A.function("work").lock(global("m")).call("bump").unlock(global("m"));
  A.function("main").start("work", local("main", "t")).call("work");
  Program P = build({&A});
  ASSERT_FALSE(P.SharedAccesses.empty());
  for (const ThreadAccess &A : P.SharedAccesses)
    EXPECT_EQ(texts(A.Held), std::vector<std::string>{"global m"});
}

TEST(ProgramConcurrency, ObjectsAreFollowedThroughArguments) {
  for (bool Same : {true, false}) {
    Unit A("a.c");
    A.function("work").write(parameter(0));
    A.function("main")
        .start("work", local("main", "a"), {local("main", "x")})
        .start("work", local("main", "b"), {local("main", Same ? "x" : "y")});
    Program P = build({&A});
    EXPECT_EQ(meets(P, local("main", "x")), Same);
  }
}

TEST(ProgramConcurrency, EveryActivationHasItsOwnLocals) {
  Unit A("a.c");
  A.function("work").write(parameter(0));
  A.function("serve")
      .write(local("serve", "x"))
      .start("work", local("serve", "t"), {local("serve", "x")})
      .join(local("serve", "t"), JoinKind::Detach);
  A.function("main").call("serve").call("serve");
  Program P = build({&A});
  EXPECT_FALSE(meets(P, local("serve", "x"))) << "what an earlier call left running has another x";
}

TEST(ProgramConcurrency, WhatAThreadMakesIsItsOwn) {
  Unit A("a.c");
  A.function("helper").write(parameter(0));
  A.function("work").call("helper", {local("work", "x")});
  A.function("main").start("work", local("main", "a")).start("work", local("main", "b"));
  Program P = build({&A});
  EXPECT_FALSE(meets(P, local("work", "x")));
}

TEST(ProgramConcurrency, MethodsOfOneObjectMeet) {
  Unit A("a.cpp");
  A.function("C::run").write(self("*.last"));
  A.function("C::start").start("C::run", self("*.t"), {}, self());
  A.function("C::read").write(self("*.last"));
  A.function("main")
      .call("C::start", {}, local("main", "c"))
      .call("C::read", {}, local("main", "c"));
  Program P = build({&A});
  EXPECT_TRUE(meets(P, local("main", "c", ".last")));
}

TEST(ProgramConcurrency, ProgramsOfOneDatabaseDoNotMeet) {
  Unit A("a.c"), B("b.c"), C("lib.c");
  C.variable("n").function("touch").write(N);
  A.function("other").read(global("z"));
  A.function("main").start("other", local("main", "t")).call("touch");
  B.function("main").call("touch");
  Program P = build({&A, &B, &C});
  EXPECT_FALSE(meets(P, N));
}

TEST(ProgramConcurrency, SetUpIsNotMixedWithWhatComesLater) {
  Unit A("a.c");
  A.function("touch").write(N);
  A.function("work").lock(global("m")).call("touch").unlock(global("m"));
  A.function("main")
      .call("touch")
      .start("work", local("main", "t"))
      .lock(global("m"))
      .call("touch")
      .unlock(global("m"));
  Program P = build({&A});
  for (const ThreadAccess &A : P.SharedAccesses)
    EXPECT_EQ(texts(A.Held), std::vector<std::string>{"global m"});
}

TEST(ProgramConcurrency, AWrapperStartsWhatItIsHanded) {
  Unit A("a.c");
  Writer S = A.function("spawn");
  S.start("", local("spawn", "t"), {parameter(1)});
  S.F.Launches[0].EntryParameter = 0;
  A.function("work").write(parameter(0));
  Writer M = A.function("main");
  M.call("spawn", {Place(), N}).write(N);
  M.F.Calls[0].Callables.push_back({0, Symbol("work"), Symbol("work"), {}});
  Program P = build({&A});
  EXPECT_TRUE(meets(P, N));
}

TEST(ProgramConcurrency, ALibraryMeetsTheThreadsItStarts) {
  Unit A("a.c");
  A.function("work").write(N);
  A.function("api").start("work", local("api", "t")).write(N);
  A.function("other").write(N);
  Program P = build({&A});
  EXPECT_TRUE(meets(P, N));
  for (const ThreadAccess &A : P.SharedAccesses)
    EXPECT_NE(A.In, named(P, "other"));
}

TEST(ProgramConcurrency, SignalHandlersMeetNobody) {
  Unit A("a.c");
  A.function("handler").write(N);
  Writer W = A.function("main");
  W.start("handler", Place()).write(N);
  W.F.Launches[0].Kind = LaunchKind::Signal;
  Program P = build({&A});
  EXPECT_FALSE(meets(P, N));
}

TEST(ProgramConcurrency, AsManyWaitsAsAreKept) {
  // One more, one fewer and exactly as many as the sets have bits.
  for (unsigned Count : {63, 64, 65}) {
    Unit A("a.c");
    A.function("work").write(N);
    Writer W = A.function("main");
    for (unsigned I = 0; I < Count; ++I)
      W.join(local("main", std::to_string(I)));
    Writer Start = A.function("start");
    Start.start("work", local("start", "t")).call("main").write(N);
    Program P = build({&A});
    EXPECT_TRUE(meets(P, N));
  }
}

} // namespace
