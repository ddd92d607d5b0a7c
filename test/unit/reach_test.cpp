// Costs, frequencies and reach over a call graph made by hand.

#include "advice/reach.h"
#include "gtest/gtest.h"

using namespace heddle;

namespace {

/// main calls step in a loop of 100; step calls read once, and so does other,
/// which nothing calls.
struct ReachTest : testing::Test {
  std::vector<FunctionFacts> Facts{4};
  Program P;
  Guidelines G;
  enum : FunctionId { Main, Step, Read, Other };

  static Span span(unsigned Line) { return {Symbol("a.c"), Line, 1, Line, 2}; }

  void call(FunctionId From, FunctionId To, uint32_t Loop, unsigned Line) {
    Call C;
    C.Name = Facts[To].Name;
    C.Loop = Loop;
    C.At = span(Line);
    Facts[From].Calls.push_back(C);
    P.Functions[From].Targets.push_back({CallTarget{To, true}});
    P.Functions[To].Callers.push_back({From, uint32_t(Facts[From].Calls.size() - 1)});
  }

  void SetUp() override {
    llvm::Expected<Guidelines> Loaded = loadGuidelines("cpp");
    ASSERT_TRUE(bool(Loaded));
    G = std::move(*Loaded);
    P.Functions.resize(Facts.size());
    const char *Names[] = {"main", "step", "read_it", "other"};
    for (size_t I = 0; I < Facts.size(); ++I) {
      Facts[I].Name = Symbol(Names[I]);
      Facts[I].At = span(10 * (I + 1));
      P.Functions[I].Facts = &Facts[I];
    }
    Facts[Main].Main = true;
    Loop L;
    L.Trip = 100;
    Facts[Main].Loops.push_back(L);
    Facts[Step].Cost = 7;
    call(Main, Step, 0, 11);
    call(Step, Read, None, 21);
    call(Other, Read, None, 41);
    Call Api;
    Api.Name = Symbol("read");
    Facts[Read].Calls.push_back(Api);
    P.Functions[Read].Targets.emplace_back();
    BlockingCall B;
    B.Call = 0;
    B.Category = BlockCategory::File;
    Facts[Read].Blocking.push_back(B);
    Launch S;
    S.Kind = LaunchKind::Process;
    Facts[Read].Launches.push_back(S);
    P.BottomUp = {{Read}, {Step}, {Other}, {Main}};
  }
};

TEST_F(ReachTest, WaitsGoUpAndFrequenciesDown) {
  Reach R = computeReach(P, G);
  double One = G.wait(BlockCategory::File);
  size_t File = static_cast<size_t>(BlockCategory::File);
  EXPECT_EQ(R.Waits[Read][File], One);
  EXPECT_EQ(R.Waits[Main][File], 100 * One);
  EXPECT_EQ(R.Runs[Step], 100);
  EXPECT_EQ(R.Runs[Read], 101);
  EXPECT_EQ(R.Total, 700 + 101 * (One + G.Limit.ProcessCost.Value));
}

TEST_F(ReachTest, LaunchesAreReachedByAChain) {
  Reach R = computeReach(P, G);
  ASSERT_EQ(R.Launches[Main].size(), 1u);
  const Chain &C = R.Launches[Main][0].Through;
  ASSERT_EQ(C.size(), 2u);
  EXPECT_EQ(C[0].In, Main);
  EXPECT_EQ(C[0].At, span(11));
  EXPECT_EQ(C[1].At, span(21));
}

TEST_F(ReachTest, ProgramsHoldWhatTheirMainReaches) {
  Reach R = computeReach(P, G);
  ASSERT_EQ(R.Mains, std::vector<FunctionId>{Main});
  EXPECT_TRUE(R.MainsOf[Read].test(0));
  EXPECT_FALSE(R.MainsOf[Other].test(0));
}

TEST_F(ReachTest, RecursionEnds) {
  call(Read, Step, None, 31);
  P.BottomUp = {{Step, Read}, {Other}, {Main}};
  Reach R = computeReach(P, G);
  EXPECT_EQ(R.Launches[Step].size(), 1u);
  EXPECT_EQ(R.Runs[Step], 100);
}

TEST_F(ReachTest, TripsMultiplyUpToTheOuterLoop) {
  Loop Inner;
  Inner.Parent = 0;
  Facts[Main].Loops.push_back(Inner);
  EXPECT_EQ(trips(Facts[Main], 1, 0, G), G.Limit.UnknownTrip.Value);
  EXPECT_EQ(trips(Facts[Main], 1, None, G), 100 * G.Limit.UnknownTrip.Value);
  EXPECT_TRUE(insideLoop(Facts[Main], 1, 0));
  EXPECT_FALSE(insideLoop(Facts[Main], 0, 1));
  EXPECT_TRUE(insideLoop(Facts[Main], None, None));
}

} // namespace
