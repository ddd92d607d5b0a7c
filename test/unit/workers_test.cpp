#include "entry/workers.h"
#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"
#include <csignal>
#include <set>
#include <unistd.h>
#include <vector>

using namespace heddle;

namespace {

/// Results in order of jobs; errors as `! WHAT`.
std::vector<std::string> run(WorkerOptions O, size_t Jobs,
                             llvm::function_ref<std::string(size_t)> Work) {
  std::vector<std::string> Results(Jobs);
  std::vector<unsigned> Calls(Jobs);
  llvm::Error E = runWorkers(O, Jobs, Work, [&](size_t I, llvm::Expected<std::string> R) {
    ++Calls[I];
    Results[I] = R ? *R : "! " + llvm::toString(R.takeError());
  });
  EXPECT_FALSE(bool(E)) << llvm::toString(std::move(E));
  EXPECT_TRUE(llvm::all_of(Calls, [](unsigned N) { return N == 1; }));
  return Results;
}

bool startsWith(llvm::StringRef Text, llvm::StringRef Prefix) { return Text.starts_with(Prefix); }

TEST(Workers, ResultsDoNotDependOnTheCount) {
  auto Work = [](size_t I) { return std::string(I * 7919 % 100000, 'a' + I % 26); };
  std::vector<std::string> One = run({1, 0}, 40, Work);
  EXPECT_EQ(One, run({2, 0}, 40, Work));
  EXPECT_EQ(One, run({7, 0}, 40, Work));
  EXPECT_EQ(One, run({64, 0}, 40, Work));
  EXPECT_EQ(One, run({0, 0}, 40, Work));
}

TEST(Workers, NoJobs) {
  EXPECT_TRUE(run({4, 0}, 0, [](size_t) { return ""; }).empty());
}

TEST(Workers, LargeAndBinaryResults) {
  auto Work = [](size_t I) { return I ? std::string(50 << 20, '\0') : std::string(); };
  std::vector<std::string> R = run({2, 0}, 2, Work);
  EXPECT_EQ(R[0], "");
  EXPECT_EQ(R[1].size(), size_t(50 << 20));
}

TEST(Workers, WorkHappensInAnotherProcessAndIsReused) {
  std::vector<std::string> R = run({2, 0}, 20, [](size_t) { return std::to_string(::getpid()); });
  std::set<std::string> Processes(R.begin(), R.end());
  EXPECT_EQ(Processes.count(std::to_string(::getpid())), 0u);
  EXPECT_LE(Processes.size(), 2u);
}

/// As a real fault does. A handler that an earlier test left behind would return
/// from a signal that is only raised, and the job would go on.
static void crash(int Signal) {
  ::signal(Signal, SIG_DFL);
  ::raise(Signal);
}

TEST(Workers, ACrashCostsOneJob) {
  for (unsigned Count : {1u, 3u}) {
    std::vector<std::string> R = run({Count, 0}, 9, [](size_t I) -> std::string {
      if (I == 2)
        crash(SIGSEGV);
      if (I == 4)
        ::_exit(7);
      if (I == 6)
        ::raise(SIGKILL);
      return "ok";
    });
    EXPECT_TRUE(startsWith(R[2], "! the analyzer crashed (signal 11, ")) << R[2];
    EXPECT_EQ(R[4], "! the analyzer ended early (exit code 7)");
    EXPECT_TRUE(startsWith(R[6], "! the analyzer was killed (signal 9)")) << R[6];
    for (size_t I : {0, 1, 3, 5, 7, 8})
      EXPECT_EQ(R[I], "ok");
  }
}

TEST(Workers, ACrashOfTheLastAndOfAll) {
  std::vector<std::string> R = run({2, 0}, 5, [](size_t) -> std::string { ::_exit(1); });
  for (const std::string &S : R)
    EXPECT_EQ(S, "! the analyzer ended early (exit code 1)");
}

TEST(Workers, WhatWasSaidBeforeTheCrashIsTheReason) {
  std::vector<std::string> R = run({1, 0}, 3, [](size_t I) -> std::string {
    std::string Text = "noise of job " + std::to_string(I) + "\n";
    EXPECT_EQ(::write(STDERR_FILENO, Text.data(), Text.size()), ssize_t(Text.size()));
    if (I == 1)
      crash(SIGABRT);
    return "ok";
  });
  EXPECT_TRUE(startsWith(R[1], "! the analyzer crashed (signal 6, "));
  EXPECT_TRUE(llvm::StringRef(R[1]).ends_with(": noise of job 1")) << R[1];
}

TEST(Workers, ALateJobIsStopped) {
  std::vector<std::string> R = run({2, 1}, 4, [](size_t I) -> std::string {
    if (I == 1)
      ::sleep(60);
    return "ok";
  });
  EXPECT_EQ(R[1], "! the analyzer was stopped after 1 seconds");
  for (size_t I : {0, 2, 3})
    EXPECT_EQ(R[I], "ok");
}

TEST(Workers, DeepRecursionHasRoom) {
  struct Deep {
    static size_t down(size_t N) {
      volatile char Frame[1024];
      Frame[0] = static_cast<char>(N);
      return N == 0 ? 0 : down(N - 1) + 1 + (Frame[0] - Frame[0]);
    }
  };
  std::vector<std::string> R =
      run({1, 0}, 1, [](size_t) { return std::to_string(Deep::down(50000)); });
  EXPECT_EQ(R[0], "50000");
}

TEST(Workers, ASignalEndsTheRun) {
  // A test runner may have it ignored, and then so do we.
  ::signal(SIGINT, SIG_DFL);
  pid_t Parent = ::getpid();
  llvm::Error E = runWorkers(
      {2, 0}, 100,
      [&](size_t I) -> std::string {
        if (I == 3)
          ::kill(Parent, SIGINT);
        ::usleep(10000);
        return "";
      },
      [](size_t, llvm::Expected<std::string> R) {
        if (!R)
          llvm::consumeError(R.takeError());
      });
  int Signal = 0;
  llvm::handleAllErrors(std::move(E), [&](const Interrupted &I) { Signal = I.Signal; });
  EXPECT_EQ(Signal, SIGINT);
}

} // namespace
