#include "program_support.h"
#include <gtest/gtest.h>

using namespace heddle;
using namespace heddle::test;

namespace {

std::vector<std::string> targetFiles(const Program &P, FunctionId F, uint32_t Call) {
  std::vector<std::string> Out;
  for (const CallTarget &T : P.function(F).Targets[Call])
    Out.push_back(P.facts(T.Callee).At.File.str().str());
  return Out;
}

using Files = std::vector<std::string>;

TEST(ProgramMerge, ANameMeansTheDefinitionInItsOwnUnit) {
  Unit A("a.c"), B("b.c");
  A.function("help").write(global("x"));
  A.function("main").call("help");
  B.function("help").write(global("y"));
  B.function("main").call("help");
  Program P = build({&A, &B});
  EXPECT_EQ(targetFiles(P, named(P, "main", "a.c"), 0), Files{"a.c"});
  EXPECT_EQ(targetFiles(P, named(P, "main", "b.c"), 0), Files{"b.c"});
}

TEST(ProgramMerge, AUnitThatOnlyDeclaresSeesAllCandidates) {
  Unit A("a.c"), B("b.c"), C("lib.c");
  A.function("hook");
  A.function("main");
  B.function("hook");
  B.function("main");
  C.function("library").call("hook");
  Program P = build({&A, &B, &C});
  FunctionId F = named(P, "library");
  EXPECT_EQ(targetFiles(P, F, 0), (Files{"a.c", "b.c"}));
  EXPECT_FALSE(P.function(F).Targets[0][0].Certain);
}

TEST(ProgramMerge, TwoMainsAreNeverInOneProgram) {
  Unit A("a.c"), B("b.c");
  A.function("main").call("only_in_b");
  B.function("main");
  B.function("only_in_b");
  Program P = build({&A, &B});
  EXPECT_TRUE(P.function(named(P, "main", "a.c")).Targets[0].empty());
}

TEST(ProgramMerge, InternalLinkageStaysInItsUnit) {
  Unit A("a.c"), B("b.c");
  A.function("work", Linkage::Internal);
  B.function("other").call("work");
  Program P = build({&A, &B});
  EXPECT_TRUE(P.function(named(P, "other")).Targets[0].empty());
}

TEST(ProgramMerge, AnInlineFunctionOfAHeaderIsOne) {
  Unit A("a.cpp"), B("b.cpp");
  for (Unit *U : {&A, &B}) {
    Writer W = U->function("inlined", Linkage::Inline);
    W.F.At.File = W.F.Body.File = Symbol("h.h");
  }
  B.function("user").call("inlined");
  Program P = build({&A, &B});
  EXPECT_EQ(P.Functions.size(), 2u);
  EXPECT_EQ(P.function(named(P, "user")).Targets[0].size(), 1u);
}

TEST(ProgramMerge, VariablesThatShareAUsrStayApart) {
  Unit A("a.c"), B("b.c"), C("c.c");
  A.variable("counter").function("fa").write(global("counter"));
  B.variable("counter").function("fb").write(global("counter"));
  C.variable("counter", /*Definition=*/false).function("fc").write(global("counter"));
  Program P = build({&A, &B, &C});
  EXPECT_EQ(accesses(P, "fa"), std::vector<std::string>{"write global counter@a.c"});
  EXPECT_EQ(accesses(P, "fb"), std::vector<std::string>{"write global counter@b.c"});
  EXPECT_EQ(accesses(P, "fc"), std::vector<std::string>{"write global counter"});
  EXPECT_TRUE(P.Variables.contains(Symbol("counter@a.c")));
}

TEST(ProgramMerge, OneDefinitionAndADeclarationAreOneVariable) {
  Unit A("a.c"), B("b.c");
  A.variable("counter").function("fa").write(global("counter"));
  B.variable("counter", /*Definition=*/false).function("fb").write(global("counter"));
  Program P = build({&A, &B});
  EXPECT_EQ(accesses(P, "fa"), accesses(P, "fb"));
}

TEST(ProgramMerge, TheOrderOfUnitsDoesNotMatter) {
  auto Make = [](bool Reversed) {
    Unit A("a.c"), B("b.c");
    A.variable("n").function("main").start("work", local("main", "t")).write(global("n"));
    B.variable("n", false).function("work").write(global("n"));
    Program P = Reversed ? build({&B, &A}) : build({&A, &B});
    return llvm::formatv("{0:2}", programJson(P)).str();
  };
  EXPECT_EQ(Make(false), Make(true));
}

TEST(ProgramMerge, FactsThatReferToNothingAreTakenOut) {
  Unit A("a.c");
  Writer W = A.function("f");
  W.write(global("x")).goes({7});
  for (EventKind K :
       {EventKind::Access, EventKind::LockOp, EventKind::Call, EventKind::Launch, EventKind::Join})
    W.F.Blocks[0].Events.push_back({K, 99});
  W.F.Blocks[0].Try = W.F.Blocks[0].Loop = 99;
  W.F.Blocking.emplace_back().Call = 99;
  W.F.Loops.emplace_back().Parent = 0;
  W.F.Loops[0].Calls = {99};
  W.returns({RootKind::Result, {}, 99, Symbol("*")});
  Program P = build({&A});
  EXPECT_EQ(accesses(P, "f"), std::vector<std::string>{"write global x"});
}

TEST(ProgramMerge, CalleesComeBeforeCallersAndCyclesTogether) {
  Unit A("a.c");
  A.function("main").call("f");
  A.function("f").call("g");
  A.function("g").call("f");
  Program P = build({&A});
  ASSERT_EQ(P.BottomUp.size(), 2u);
  EXPECT_EQ(P.BottomUp[0], (std::vector<FunctionId>{named(P, "f"), named(P, "g")}));
  EXPECT_EQ(P.BottomUp[1], std::vector<FunctionId>{named(P, "main")});
}

TEST(ProgramMerge, AVirtualCallMayReachEveryOverrider) {
  Unit A("a.cpp");
  A.function("Base::run");
  A.function("Derived::run").F.Overrides = {Symbol("Base::run")};
  Writer W = A.function("caller");
  W.call("Base::run");
  W.F.Calls[0].Virtual = true;
  Program P = build({&A});
  const auto &Targets = P.function(named(P, "caller")).Targets[0];
  ASSERT_EQ(Targets.size(), 2u);
  EXPECT_FALSE(Targets[0].Certain);
}

} // namespace
