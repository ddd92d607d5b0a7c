/// The numbered guidelines as data: which fact speaks for which model and how
/// much, with the reason of each number. The text is in tool/guidelines/*.yaml;
/// the code that weighs has no numbers of its own.
///
/// A rule reads one measured fact and turns its value into a strength between
/// 0 and 1 over the range From..To (falling when From is above To), then adds
/// strength * weight to the score of each model:
///
///     - { fact: wait-share, guideline: T3, from: 0.2, to: 0.8,
///         threads: 1.2, async: 1.2, serial: -0.8, reason: waiting overlaps }
#pragma once

#include "facts/facts.h"
#include "llvm/Support/Error.h"
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace llvm {
class MemoryBufferRef;
}

namespace heddle {

/// The answers. All but the last two are models of concurrency; all but the
/// last are scored.
enum class Verdict : uint8_t { Threads, Processes, Async, Parallel, Serial, Insufficient };
/// As in reports and YAML: `threads`, `parallel`, `insufficient-evidence`.
llvm::ArrayRef<llvm::StringLiteral> enumNames(Verdict);
/// For people: `threads`, `a parallel loop`, `an event loop (async)`, `serial`.
llvm::StringRef inWords(Verdict V);
inline constexpr size_t ScoredVerdicts = static_cast<size_t>(Verdict::Insufficient);
using Scores = std::array<double, ScoredVerdicts>;

/// What is measured of an opportunity. The letter is the group of the design:
/// S shared state, B blocking, L loop, I isolation, D data, F fork, U unresolved.
enum class FactKind : uint8_t {
  SharedWritten,     ///< S: places that workers would share and that are written.
  SharedReadBytes,   ///< S: bytes of data that workers would only read.
  LockedShare,       ///< S: part of the steps that stand under one and the same lock, 0..1.
  WaitShare,         ///< B: part of the time spent waiting, 0..1.
  NetworkShare,      ///< B: part of the waiting that an event loop can do, 0..1.
  FileShare,         ///< B: part of the waiting that is for files and databases, 0..1.
  Independent,       ///< L: 1 when iterations, or at least their waits, are independent.
  Assumptions,       ///< L: conditions under which they are.
  Reductions,        ///< L: results to combine.
  Regular,           ///< L: 1 for a counted loop that neither waits nor locks.
  Work,              ///< L: operations of the whole opportunity, waits not counted.
  DataParallelShare, ///< L: part of the program's work in data-parallel loops, 0..1.
  LaunchesPrograms,  ///< I: programs started per unit of work.
  ProcessWide,       ///< I: calls that change state of the whole process.
  ThreadUnsafe,      ///< I: calls into libraries that are not thread-safe.
  CrashIsolation,    ///< I: 1 when a crash or a compromise must stay contained; only ever stated.
  Snapshot,          ///< I: 1 when workers need a frozen copy of the data; only ever stated.
  WorkerBytes,       ///< D: bytes that each worker needs for itself.
  ItemBytes,         ///< D: bytes that would cross between processes per unit of work.
  PointerRich,       ///< D: shared places that hold or are reached through pointers.
  ThreadsRunning,    ///< F: other threads that may run when a process is forked here.
  LocksHeld,         ///< F: locks that are held when a process is forked here.
  Unresolved,        ///< U: calls and places that could not be resolved.
  CurrentThreads,    ///< 1 when the code uses threads here today; likewise below.
  CurrentProcesses,
  CurrentAsync,
  CurrentParallel,
};
/// As in YAML: `shared-written`.
llvm::ArrayRef<llvm::StringLiteral> enumNames(FactKind);

/// Questions that are answered before any score, in the order of the YAML.
enum class Gate : uint8_t {
  OnlyLaunches,      ///< The body only starts programs.
  TooLittleWork,     ///< The whole costs less than starting a worker.
  CarriedDependence, ///< An iteration needs what an earlier one left.
  UnknownDependence, ///< Independence could not be decided.
  HardIsolation,     ///< State of the whole process is changed per unit of work.
  OneLock,           ///< All that is written stands under one lock, nearly all the time.
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(Gate);

enum class OpportunityKind : uint8_t { Loop, Calls, Launch, Handler };
llvm::ArrayRef<llvm::StringLiteral> enumNames(OpportunityKind);

/// A number and why it is that number.
struct Setting {
  double Value = 0;
  std::string Reason;
};

/// A model that may win. Base is its score before any fact.
struct Candidate {
  Verdict Model = Verdict::Serial;
  double Base = 0;
  std::vector<OpportunityKind> Kinds; ///< Where it applies; everywhere when empty.
  std::string Reason;
};

struct Rule {
  FactKind Fact = FactKind::SharedWritten;
  Symbol Guideline; ///< T1..T4, P1..P5; empty where the book has none.
  double From = 0, To = 1;
  bool Logarithmic = false; ///< Strength grows with the logarithm of the value.
  Scores Weights{};
  std::string Reason;
  /// For facts that sources cannot show: the condition in words, `a crash here
  /// must stay contained`. Such a rule says what would change the verdict.
  std::string If;

  double strength(double Value) const;
};

struct GateRule {
  Gate When = Gate::CarriedDependence;
  Verdict Then = Verdict::Serial;
  Symbol Guideline;
  std::string Reason;
};

/// Thresholds. Work is counted in operations, about one nanosecond each.
struct Limits {
  Setting ThreadCost;      ///< Operations that starting and joining a thread costs.
  Setting ProcessCost;     ///< The same for a process.
  Setting UnknownTrip;     ///< Iterations by which shares of the work count an unknown loop.
  Setting AssumedTrip;     ///< Iterations assumed of an opportunity whose count is unknown.
  Setting LikelyTrip;      ///< Most iterations one may hope for in an unknown loop.
  Setting LaunchShare;     ///< OnlyLaunches: least part of the body that is starting programs.
  Setting OneLockShare;    ///< OneLock: least LockedShare.
  Setting GroupSize;       ///< Fewest blocking calls on different objects that make a group.
  Setting Cores;           ///< Workers assumed for the speedup bound.
  Setting Temperature;     ///< Softmax temperature that turns scores into a margin.
  Setting HighMargin;      ///< Least margin of high confidence.
  Setting MediumMargin;    ///< Least margin of medium confidence.
  Setting MinorShare;      ///< An opportunity below this part of the work is minor.
  Setting MixedShare;      ///< Least part of the work for a second model of the program.
  Setting ConcurrentShare; ///< Below this part of the work the program stays serial.
};

inline constexpr size_t WaitCategories = 12;

struct Guidelines {
  std::string Name; ///< `cpp`, `book` or the path.
  std::string Title;
  std::vector<Candidate> Candidates;
  Limits Limit;
  /// Operations that one wait costs, by BlockCategory. Zero where the wait is
  /// no work that could overlap.
  std::array<Setting, WaitCategories> Waits;
  std::vector<GateRule> Gates; ///< In order of evaluation.
  std::vector<Rule> Rules;
  /// Facts that people state because sources cannot show them.
  std::vector<FactKind> Assumed;

  double wait(BlockCategory C) const { return Waits[static_cast<size_t>(C)].Value; }
  const Candidate *candidate(Verdict V, OpportunityKind K) const;
  const GateRule *gate(Gate G) const;
};

/// `cpp`, `book`, or the path of a YAML file of the same form. Errors are
/// `FILE:LINE:COLUMN: what is wrong`.
llvm::Expected<Guidelines> loadGuidelines(llvm::StringRef NameOrPath);
llvm::Expected<Guidelines> parseGuidelines(llvm::MemoryBufferRef Yaml);

} // namespace heddle
