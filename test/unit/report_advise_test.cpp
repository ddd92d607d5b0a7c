#include "report/advise.h"
#include "report_support.h"

using namespace heddle;

namespace {

struct AdviseTest : ReportTest {
  AdviseTest() {
    Callee.Name = Symbol("net::fetch");
    P.Functions.resize(1);
    P.Functions[0].Facts = &Callee;
  }

  AdviceReport report() {
    Symbol File = file("a.cpp", "int main() {\n  for (;;)\n    fetch();\n}\n");
    OpportunityVerdict V;
    V.What.Kind = OpportunityKind::Loop;
    V.What.In = 0;
    V.What.At = {File, 2, 3, 2, 6};
    V.What.Share = 0.75;
    Span Wait{Symbol(Directory + "/net.cpp"), 4, 5, 0, 0};
    V.What.Facts.push_back(
        {FactKind::WaitShare, 0.99, "it waits", Wait, {{0, {File, 3, 5, 0, 0}}}});
    V.Answer = Verdict::Threads;
    V.RunnerUp = Verdict::Async;
    V.Margin = 0.62;
    V.Sure = Confidence::High;
    V.For.push_back({"it waits: waits overlap", Symbol("T3"), 1.2, Wait});
    V.Against.push_back({"nothing known", Symbol(), -0.5, {}});
    V.First.push_back({"`hits` has no lock", Symbol("T1"), -1, {File, 1, 5, 0, 0}});
    V.Flips.push_back("without waits: serial");
    V.Speedup = {0.75, 4, 2.285714, 4, "f is a guess"};
    V.Message = "this loop belongs in threads";
    OpportunityVerdict Small;
    Small.Minor = true;
    Small.By = Gate::TooLittleWork;

    AdviceReport R;
    R.Guidelines = "cpp";
    R.Opportunities = {V, Small};
    R.Program.Answer = Verdict::Threads;
    R.Program.Sure = Confidence::Medium;
    R.Program.Shares = {{Verdict::Threads, 0.75}, {Verdict::Serial, 0.25}};
    R.Program.Message = "the program belongs in threads";
    return R;
  }

  FunctionFacts Callee;
  Program P;
};

} // namespace

TEST_F(AdviseTest, Text) {
  std::string Out;
  llvm::raw_string_ostream OS(Out);
  writeAdviceText(report(), P, {Directory, false}, OS);
  EXPECT_EQ(Out, "a.cpp:2:3: threads: this loop belongs in threads "
                 "[loop, high confidence, 0.62 ahead of async]\n"
                 "    2 |   for (;;)\n"
                 "      |   ^~~\n"
                 "  for      T3  it waits: waits overlap (net.cpp:4:5)\n"
                 "               through net::fetch (a.cpp:3:5)\n"
                 "  against      nothing known\n"
                 "  first    T1  `hits` has no lock (a.cpp:1:5)\n"
                 "  flips        without waits: serial\n"
                 "  speedup      at most 2.29 times with 4 workers, 4 with any number; f is a "
                 "guess\n"
                 "\n"
                 "threads: the program belongs in threads [medium confidence]\n"
                 "  work         threads 75%, serial 25%\n"
                 "1 opportunity by the guidelines 'cpp', and 1 minor not shown\n");
}

TEST_F(AdviseTest, NothingFound) {
  std::string Out;
  llvm::raw_string_ostream OS(Out);
  AdviceReport R;
  R.Guidelines = "book";
  R.Program.Message = "nothing to do";
  writeAdviceText(R, P, {}, OS);
  EXPECT_EQ(Out, "serial: nothing to do [low confidence]\n"
                 "no opportunities by the guidelines 'book'\n");
}

TEST_F(AdviseTest, Json) {
  std::string Out;
  llvm::raw_string_ostream OS(Out);
  AdviceReport R = report();
  R.Programs.push_back(R.Program);
  R.Programs[0].At = R.Opportunities[0].What.At;
  RunInfo Run;
  Run.Failed.push_back({"/b.cpp", {}, "broken"});
  writeAdviceJson(R, P, Run, OS);
  llvm::json::Value V = parsed(Out);
  const llvm::json::Value *O = at(&V, "opportunities", 0);
  EXPECT_EQ(shown(at(O, "line")), "2");
  EXPECT_EQ(shown(at(O, "kind")), R"("loop")");
  EXPECT_EQ(shown(at(O, "verdict")), R"("threads")");
  EXPECT_EQ(shown(at(O, "runner_up")), R"("async")");
  EXPECT_EQ(shown(at(O, "confidence")), R"("high")");
  EXPECT_EQ(shown(at(O, "function")), R"("net::fetch")");
  EXPECT_EQ(shown(at(O, "for", 0, "guideline")), R"("T3")");
  EXPECT_EQ(shown(at(O, "for", 0, "through", 0, "function")), R"("net::fetch")");
  EXPECT_EQ(shown(at(O, "against")), R"([{"weight":-0.5,"what":"nothing known"}])");
  EXPECT_EQ(shown(at(O, "flips")), R"(["without waits: serial"])");
  EXPECT_EQ(shown(at(O, "facts", 0, "kind")), R"("wait-share")");
  const llvm::json::Value *Small = at(&V, "opportunities", 1);
  EXPECT_EQ(shown(at(Small, "gate")), R"("too-little-work")");
  EXPECT_EQ(at(Small, "runner_up"), nullptr);
  EXPECT_EQ(at(Small, "scores"), nullptr);
  EXPECT_EQ(at(Small, "file"), nullptr);
  EXPECT_EQ(shown(at(&V, "program", "verdict")), R"("threads")");
  EXPECT_EQ(shown(at(&V, "program", "shares", 1)), R"({"share":0.25,"verdict":"serial"})");
  EXPECT_EQ(shown(at(&V, "programs", 0, "line")), "2");
  EXPECT_EQ(shown(at(&V, "incomplete")), R"([{"file":"/b.cpp","reason":"broken"}])");
}
