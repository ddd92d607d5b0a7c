#include "program_support.h"
#include <gtest/gtest.h>

using namespace heddle;
using namespace heddle::test;

namespace {

using Texts = std::vector<std::string>;

/// Locks at the last event of a block.
Texts heldAtEndOf(const Program &P, llvm::StringRef Name, size_t Block) {
  const ProgramFunction &F = P.function(named(P, Name));
  return texts(locksAt(F, Block, F.Facts->Blocks[Block].Events.size() - 1));
}

TEST(ProgramLocksets, HeldBetweenLockAndUnlock) {
  Unit A("a.c");
  A.function("f").lock(global("m")).write(global("x")).unlock(global("m")).write(global("x"));
  Program P = build({&A});
  const ProgramFunction &F = P.function(named(P, "f"));
  EXPECT_TRUE(locksAt(F, 0, 0).empty());
  EXPECT_EQ(texts(locksAt(F, 0, 1)), Texts{"global m"});
  EXPECT_TRUE(locksAt(F, 0, 3).empty());
}

TEST(ProgramLocksets, OnlyWhatAllPathsHoldRemains) {
  Unit A("a.c");
  A.function("f")
      .lock(global("a"))
      .goes({1, 2})
      .block()
      .lock(global("b"))
      .goes({2})
      .block()
      .write(global("x"));
  Program P = build({&A});
  EXPECT_EQ(heldAtEndOf(P, "f", 2), Texts{"global a"});
}

TEST(ProgramLocksets, ATryLockHoldsOnOneBranchOnly) {
  Unit A("a.c");
  A.function("f")
      .tryLock(global("m"))
      .branchesOnTry(0)
      .goes({1, 2})
      .block()
      .write(global("x"))
      .block()
      .write(global("x"));
  Program P = build({&A});
  EXPECT_EQ(heldAtEndOf(P, "f", 1), Texts{"global m"});
  EXPECT_TRUE(heldAtEndOf(P, "f", 2).empty());
}

TEST(ProgramLocksets, CalleesLockAndUnlockForTheirCallers) {
  Unit A("a.cpp");
  A.function("take").lock(parameter(0, "*.m"));
  A.function("give").unlock(parameter(0, "*.m"));
  A.function("f")
      .call("take", {global("g")})
      .write(global("x"))
      .call("give", {global("g")})
      .write(global("x"));
  Program P = build({&A});
  const ProgramFunction &F = P.function(named(P, "f"));
  EXPECT_EQ(texts(locksAt(F, 0, 1)), Texts{"global g .m"});
  EXPECT_TRUE(locksAt(F, 0, 3).empty());
}

TEST(ProgramLocksets, AGuardClassOfTheUser) {
  Unit A("a.cpp");
  A.function("Guard::Guard").bind(self("*.m"), parameter(0)).lock(self("*.m*"));
  A.function("Guard::~Guard").unlock(self("*.m*"));
  A.function("f")
      .call("Guard::Guard", {global("mutex")}, local("f", "g"))
      .write(global("x"))
      .call("Guard::~Guard", {}, local("f", "g"))
      .write(global("x"));
  Program P = build({&A});
  const ProgramFunction &F = P.function(named(P, "f"));
  EXPECT_EQ(texts(locksAt(F, 0, 1)), Texts{"global mutex"});
  EXPECT_TRUE(locksAt(F, 0, 3).empty());
}

TEST(ProgramLocksets, TheCallersLockMayBeGivenBackAndTakenAgain) {
  Unit A("a.c");
  A.function("pause").unlock(global("m")).write(global("x")).lock(global("m"));
  A.function("f").lock(global("m")).call("pause").write(global("y"));
  Program P = build({&A});
  EXPECT_EQ(heldAtEndOf(P, "f", 0), Texts{"global m"});
  for (const EffectAccess &E : P.function(named(P, "f")).Effects.Accesses)
    EXPECT_EQ(texts(E.Held), E.What.Name.str() == "y" ? Texts{"global m"} : Texts{});
}

TEST(ProgramLocksets, AnUnknownLockIsNeverHeld) {
  Unit A("a.c");
  A.function("f").lock(Place()).write(global("x"));
  Program P = build({&A});
  EXPECT_TRUE(heldAtEndOf(P, "f", 0).empty());
}

TEST(ProgramLocksets, ReadingAndWritingLocksMeetAsReading) {
  Unit A("a.c");
  A.function("f")
      .goes({1, 2})
      .block()
      .lock(global("m"))
      .goes({3})
      .block()
      .lock(global("m"), /*Shared=*/true)
      .goes({3})
      .block()
      .write(global("x"));
  Program P = build({&A});
  EXPECT_EQ(heldAtEndOf(P, "f", 3), Texts{"global m shared"});
}

TEST(ProgramLocksets, ATryLockOfOnesOwnIsTakenToBeChecked) {
  Unit A("a.c");
  A.function("attempt").tryLock(global("m"));
  A.function("f").call("attempt").write(global("x"));
  Program P = build({&A});
  const ProgramFunction &F = P.function(named(P, "f"));
  ASSERT_EQ(texts(locksAt(F, 0, 1)), Texts{"global m"});
  EXPECT_TRUE(locksAt(F, 0, 1)[0].Tried);
}

} // namespace
