// The gates, the scores and the text of guidelines, on facts filled in by hand.

#include "advice/weigh.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <set>

using namespace heddle;

namespace {

Guidelines guidelines(llvm::StringRef Name) {
  llvm::Expected<Guidelines> G = loadGuidelines(Name);
  EXPECT_TRUE(bool(G)) << (G ? "" : llvm::toString(G.takeError()));
  return G ? std::move(*G) : Guidelines();
}

std::string fault(llvm::StringRef Yaml) {
  llvm::Expected<Guidelines> G = parseGuidelines(llvm::MemoryBufferRef(Yaml, "my.yaml"));
  return G ? "" : llvm::toString(G.takeError());
}

/// The text of the built-in guidelines with one piece replaced, to make faults.
std::string cppWith(llvm::StringRef From, llvm::StringRef To) {
  static constexpr struct {
    llvm::StringLiteral Name, Text;
  } Files[] = {
#include "embedded/guidelines.inc"
  };
  for (const auto &F : Files)
    if (F.Name == "cpp") {
      std::string Text = F.Text.str();
      size_t At = Text.find(From.str());
      EXPECT_NE(At, std::string::npos);
      return Text.replace(At, From.size(), To.str());
    }
  return {};
}

Span span(unsigned Line) { return {Symbol("a.cpp"), Line, 3, Line, 10}; }

Opportunity loop(LoopVerdict V, double Units, double Work) {
  Opportunity O;
  O.Kind = OpportunityKind::Loop;
  O.At = span(10);
  O.Name = "this loop in `f`";
  O.Units = Units, O.UnitWork = Work, O.Share = O.Weight = 0.9;
  O.Judgement.Verdict = V;
  O.Facts.push_back({FactKind::Work, Units * Work, "the work", O.At, {}});
  if (V == LoopVerdict::Parallel)
    O.Facts.push_back({FactKind::Independent, 1, "its iterations are independent", O.At, {}});
  return O;
}

void set(Opportunity &O, FactKind K, double Value) {
  O.Facts.push_back({K, Value, enumNames(K)[static_cast<size_t>(K)].str(), span(20), {}});
}

/// A counted loop of pure computation.
Opportunity kernel() {
  Opportunity O = loop(LoopVerdict::Parallel, 100000, 5000);
  set(O, FactKind::Regular, 1);
  set(O, FactKind::SharedWritten, 0);
  set(O, FactKind::WaitShare, 0);
  set(O, FactKind::DataParallelShare, 0.9);
  return O;
}

/// A loop that waits for something else in every iteration.
Opportunity waiting(FactKind What) {
  Opportunity O = loop(LoopVerdict::Parallel, 100, 2000);
  O.Overlap = true;
  O.UnitWait = 5e6;
  set(O, FactKind::WaitShare, 0.99);
  set(O, What, 1);
  set(O, FactKind::SharedWritten, 0);
  return O;
}

/// The body of threads that share data.
Opportunity workers() {
  Opportunity O;
  O.Kind = OpportunityKind::Launch;
  O.Current = Verdict::Threads;
  O.Units = 8, O.UnitWork = 1e6, O.Share = O.Weight = 0.9;
  O.At = span(5);
  O.Name = "the work of `worker`";
  set(O, FactKind::SharedWritten, 3);
  set(O, FactKind::Work, 8e6);
  O.Unprotected.push_back({FactKind::SharedWritten, 1, "`hits` is written here", span(7), {}});
  return O;
}

TEST(Guidelines, BothBuiltinsLoadAndEveryNumberHasAReason) {
  for (llvm::StringRef Name : {"cpp", "book"}) {
    Guidelines G = guidelines(Name);
    EXPECT_EQ(G.Name, Name);
    for (const Rule &R : G.Rules)
      EXPECT_FALSE(R.Reason.empty());
    for (const Candidate &C : G.Candidates)
      EXPECT_FALSE(C.Reason.empty());
  }
}

TEST(Guidelines, TheBookKnowsAllNine) {
  Guidelines G = guidelines("book");
  std::set<std::string> Ids;
  for (const Rule &R : G.Rules)
    Ids.insert(R.Guideline.str().str());
  EXPECT_EQ(Ids, (std::set<std::string>{"T1", "T2", "T3", "T4", "P1", "P2", "P3", "P4", "P5"}));
}

TEST(Guidelines, FaultsNameLineAndColumn) {
  EXPECT_EQ(fault(cppWith("fact: shared-written", "fact: shard-written")).substr(0, 8), "my.yaml:");
  EXPECT_NE(fault(cppWith("fact: shared-written", "fact: shard-written")).find("unknown"),
            std::string::npos);
  EXPECT_NE(fault(cppWith("guideline: T2", "guideline: T9")).find("not a guideline"),
            std::string::npos);
  EXPECT_NE(fault(cppWith("from: 65536", "from: 0")).find("above zero"), std::string::npos);
  EXPECT_NE(fault(cppWith("threads: 1.5", "threads: .nan")), "");
  EXPECT_NE(fault(cppWith("value: 20000", "value: -1")).find("negative"), std::string::npos);
  EXPECT_NE(fault(cppWith("title:", "titel:")), "");
  EXPECT_EQ(fault(""), "my.yaml:1:1: no guidelines in this file");
  EXPECT_NE(fault("[1, 2"), "");
  EXPECT_NE(fault("\t{"), "");
  EXPECT_NE(fault("\xff\xfe"), "");
  EXPECT_NE(fault("- - -\n x: *a"), "");
  llvm::Expected<Guidelines> Missing = loadGuidelines("no-such-file.yaml");
  ASSERT_FALSE(bool(Missing));
  EXPECT_NE(llvm::toString(Missing.takeError()).find("neither cpp nor book"), std::string::npos);
}

TEST(Rule, StrengthRisesAndFallsOverItsRange) {
  Rule R;
  R.From = 0.2, R.To = 0.8;
  EXPECT_EQ(R.strength(0), 0);
  EXPECT_DOUBLE_EQ(R.strength(0.5), 0.5);
  EXPECT_EQ(R.strength(2), 1);
  R.From = 2, R.To = 0;
  EXPECT_EQ(R.strength(0), 1);
  EXPECT_EQ(R.strength(3), 0);
  R = {};
  R.From = 1, R.To = 100, R.Logarithmic = true;
  EXPECT_DOUBLE_EQ(R.strength(10), 0.5);
  EXPECT_EQ(R.strength(0), 0);
  R.From = 100, R.To = 1;
  EXPECT_EQ(R.strength(0), 1);
}

TEST(Weigh, AKernelIsAParallelLoop) {
  OpportunityVerdict V = weigh(kernel(), guidelines("cpp"));
  EXPECT_EQ(V.Answer, Verdict::Parallel);
  EXPECT_EQ(V.Sure, Confidence::High);
  EXPECT_GT(V.Margin, 0.5);
  EXPECT_FALSE(V.For.empty());
  EXPECT_NEAR(V.Speedup.Bound, 1 / (0.1 + 0.9 / 8), 1e-9);
  EXPECT_NEAR(V.Speedup.Limit, 10, 1e-9);
  EXPECT_EQ(weigh(kernel(), guidelines("book")).Answer, Verdict::Processes);
}

TEST(Weigh, EvidenceAddsUpToTheScore) {
  Guidelines G = guidelines("cpp");
  OpportunityVerdict V = weigh(kernel(), G);
  double Sum = 0, Base = 0, Others = 0, N = 0;
  for (const Evidence &E : V.For)
    Sum += E.Weight;
  for (const Evidence &E : V.Against)
    Sum += E.Weight;
  for (const Candidate &C : G.Candidates)
    if (C.Model == V.Answer)
      Base = C.Base;
    else
      Others += V.Score[static_cast<size_t>(C.Model)] - C.Base, ++N;
  EXPECT_NEAR(Sum, V.Score[static_cast<size_t>(V.Answer)] - Base - Others / N, 1e-9);
}

TEST(Weigh, WaitsForSocketsAreAsyncAndForFilesThreads) {
  Guidelines G = guidelines("cpp");
  EXPECT_EQ(weigh(waiting(FactKind::NetworkShare), G).Answer, Verdict::Async);
  EXPECT_EQ(weigh(waiting(FactKind::NetworkShare), G).RunnerUp, Verdict::Threads);
  EXPECT_EQ(weigh(waiting(FactKind::FileShare), G).Answer, Verdict::Threads);
}

TEST(Weigh, SharedStateStaysInThreadsAndNamesWhatToProtect) {
  for (llvm::StringRef Name : {"cpp", "book"}) {
    OpportunityVerdict V = weigh(workers(), guidelines(Name));
    EXPECT_EQ(V.Answer, Verdict::Threads) << Name.str();
    ASSERT_EQ(V.First.size(), 1u);
    EXPECT_EQ(V.First[0].At, span(7));
  }
}

TEST(Weigh, HostileInputWouldFlipToProcesses) {
  Guidelines G = guidelines("cpp");
  auto Says = [](const OpportunityVerdict &V, llvm::StringRef What) {
    return std::any_of(V.Flips.begin(), V.Flips.end(),
                       [&](const std::string &F) { return llvm::StringRef(F).contains(What); });
  };
  EXPECT_TRUE(Says(weigh(kernel(), G), "hostile input"));
  Opportunity Stated = kernel();
  set(Stated, FactKind::CrashIsolation, 1);
  EXPECT_EQ(weigh(Stated, G).Answer, Verdict::Processes);
}

TEST(Gates, ARecurrenceStaysSerialAndIsNamed) {
  Opportunity O = loop(LoopVerdict::Carried, 100000, 5000);
  O.Judgement.Reason = "y[i - 1] is read here and written one iteration before";
  O.Judgement.From = span(12);
  OpportunityVerdict V = weigh(O, guidelines("cpp"));
  EXPECT_EQ(V.Answer, Verdict::Serial);
  EXPECT_EQ(V.By, Gate::CarriedDependence);
  EXPECT_EQ(V.Sure, Confidence::High);
  EXPECT_NE(V.Message.find("y[i - 1]"), std::string::npos);
  ASSERT_FALSE(V.For.empty());
  EXPECT_EQ(V.For[0].At, span(12));
  ASSERT_FALSE(V.Flips.empty());
  EXPECT_EQ(V.Flips[0], "without that dependence: a parallel loop");
}

TEST(Gates, AnUnknownDependenceIsNoDefault) {
  Opportunity O = loop(LoopVerdict::Unknown, 100000, 5000);
  O.Judgement.Reason = "the subscript is not affine";
  OpportunityVerdict V = weigh(O, guidelines("cpp"));
  EXPECT_EQ(V.Answer, Verdict::Insufficient);
  EXPECT_EQ(V.Sure, Confidence::Low);
  EXPECT_EQ(V.Flips.size(), 2u);
  O.Requests = true;
  EXPECT_NE(weigh(O, guidelines("cpp")).Answer, Verdict::Insufficient);
  EXPECT_EQ(weigh(O, guidelines("cpp")).Sure, Confidence::Low);
}

TEST(Gates, TenElementsStaySerial) {
  OpportunityVerdict V = weigh(loop(LoopVerdict::Parallel, 10, 20), guidelines("cpp"));
  EXPECT_EQ(V.Answer, Verdict::Serial);
  EXPECT_EQ(V.By, Gate::TooLittleWork);
  EXPECT_TRUE(V.Minor);
  Opportunity Open = loop(LoopVerdict::Parallel, 10, 20);
  set(Open, FactKind::Unresolved, 1);
  EXPECT_EQ(weigh(Open, guidelines("cpp")).Sure, Confidence::Low);
}

TEST(Gates, StartingProgramsNeedsProcesses) {
  Opportunity O = loop(LoopVerdict::Unknown, 1000, 300);
  O.UnitLaunch = 1e6;
  set(O, FactKind::LaunchesPrograms, 1);
  OpportunityVerdict V = weigh(O, guidelines("cpp"));
  EXPECT_EQ(V.Answer, Verdict::Processes);
  EXPECT_EQ(V.By, Gate::OnlyLaunches);
}

TEST(Gates, ProcessWideStatePerUnitNeedsProcesses) {
  Opportunity O = kernel();
  set(O, FactKind::ProcessWide, 1);
  EXPECT_EQ(weigh(O, guidelines("cpp")).By, Gate::HardIsolation);
  O.Units = 1;
  EXPECT_NE(weigh(O, guidelines("cpp")).By, Gate::HardIsolation);
}

TEST(Gates, OneLockOverEverythingWantsOneOwner) {
  Opportunity O = workers();
  O.Unprotected.clear();
  set(O, FactKind::LockedShare, 0.95);
  OpportunityVerdict V = weigh(O, guidelines("cpp"));
  EXPECT_EQ(V.Answer, Verdict::Async);
  ASSERT_FALSE(V.Flips.empty());
  EXPECT_EQ(V.Flips[0], "if less of the work stood under the lock: threads");
}

TEST(Program, WeighsByWorkAndMayBeMixed) {
  Guidelines G = guidelines("cpp");
  Opportunity A = kernel(), B = waiting(FactKind::NetworkShare);
  A.Weight = 0.5, B.Weight = 0.3;
  OpportunityVerdict X = weigh(A, G), Y = weigh(B, G);
  ProgramVerdict V = weighProgram({&X, &Y}, 1, G);
  EXPECT_EQ(V.Answer, Verdict::Parallel);
  EXPECT_EQ(V.RunnerUp, Verdict::Async);
  EXPECT_TRUE(V.Mixed);
  EXPECT_NEAR(V.Margin, 0.25, 1e-9);
  Y.What.CoveredBy = 0;
  EXPECT_FALSE(weighProgram({&X, &Y}, 1, G).Mixed);
}

TEST(Program, SmallOrUnknownIsNotDressedUp) {
  Guidelines G = guidelines("cpp");
  Opportunity A = kernel();
  A.Weight = 0.02;
  OpportunityVerdict X = weigh(A, G);
  EXPECT_EQ(weighProgram({&X}, 1, G).Answer, Verdict::Serial);
  EXPECT_EQ(weighProgram({}, 1, G).Answer, Verdict::Serial);
  Opportunity B = loop(LoopVerdict::Unknown, 1000, 1e5);
  OpportunityVerdict Y = weigh(B, G);
  EXPECT_EQ(weighProgram({&X, &Y}, 1, G).Answer, Verdict::Insufficient);
  // Threads whose work is not known may have any part of it.
  Opportunity C = workers();
  C.Weight = 0.01;
  OpportunityVerdict Z = weigh(C, G);
  EXPECT_EQ(weighProgram({&X, &Z}, 1, G).Answer, Verdict::Serial);
  set(C, FactKind::Unresolved, 1);
  Z = weigh(C, G);
  EXPECT_EQ(weighProgram({&X, &Z}, 1, G).Answer, Verdict::Threads);
  EXPECT_EQ(weighProgram({&X, &Z}, 1, G).Sure, Confidence::Low);
  // A small part of all is all of a small program.
  EXPECT_EQ(weighProgram({&X}, 0.02, G).Answer, Verdict::Parallel);
}

TEST(Words, OperationsAreReadable) {
  EXPECT_EQ(operations(1), "1 operation");
  EXPECT_EQ(operations(12), "12 operations");
  EXPECT_EQ(operations(4200), "4.2 thousand operations");
  EXPECT_EQ(operations(5e8), "500 million operations");
}

} // namespace
