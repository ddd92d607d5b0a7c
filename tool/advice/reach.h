/// What a function reaches through its calls, and how often it runs: the index
/// that opportunities are measured with, computed once per Program.
///
/// Costs go bottom-up (a call costs what its callee costs, times the trips of
/// the loops around it), frequencies top-down (a function runs as often as its
/// callers call it). Their product says what part of the whole work a loop is.
///
/// Example: main calls `step` in a loop of 100, `step` reads a file. Then
/// Runs[step] is 100, Waits[main][File] is 100 waits, and `chdir` in `step` is
/// among Hazards[main] with the chain main -> step.
#pragma once

#include "advice/guidelines.h"
#include "program/program.h"
#include "llvm/ADT/BitVector.h"

namespace heddle {

/// The categories of blocking calls, and one more: calls that read and write
/// any descriptor, of which it is not known whether it is a file or a socket.
enum class WaitKind : uint8_t {
  File,
  Network,
  Socket,
  Dns,
  Process,
  Sleep,
  Lock,
  Terminal,
  Database,
  Ipc,
  SyncWait,
  Gpu,
  Descriptor,
};
inline constexpr size_t WaitKinds = static_cast<size_t>(WaitKind::Descriptor) + 1;
static_assert(WaitKinds == WaitCategories + 1);
WaitKind waitKind(const BlockingCall &B);
using WaitCosts = std::array<double, WaitKinds>;

struct ReachedHazard {
  const HazardModel *Row = nullptr;
  Span At;
  Chain Through;
};

struct ReachedLaunch {
  const Launch *Start = nullptr;
  FunctionId In = None;
  Chain Through;
};

struct Reach {
  /// Per function: operations that its waits cost in one call, callees counted.
  std::vector<WaitCosts> Waits;
  /// Per function: distinct rows of the models; callees counted.
  std::vector<std::vector<ReachedHazard>> Hazards;
  std::vector<std::vector<ReachedLaunch>> Launches;
  /// Per function: how often it runs in one run of the program, estimated.
  std::vector<double> Runs;
  /// Per function: the entries of Mains that reach it, by calls or launches.
  std::vector<llvm::BitVector> MainsOf;
  std::vector<FunctionId> Mains;  ///< Sorted by place.
  std::vector<double> MainTotals; ///< Per entry of Mains: operations of that program.
  double Total = 0;               ///< Operations of everything, waits counted.
};

Reach computeReach(const Program &P, const Guidelines &G);

/// Loop `Inner` is `Outer` or inside it.
bool insideLoop(const FunctionFacts &F, uint32_t Inner, uint32_t Outer);
/// How often code in loop `Inner` runs per iteration of `Outer` (per call of
/// the function when that is None), with the assumed count for unknown loops.
double trips(const FunctionFacts &F, uint32_t Inner, uint32_t Outer, const Guidelines &G);
/// Hazards of the call itself, if it is one of an API.
const HazardModel *hazardOf(const Program &P, FunctionId F, const Call &C);
double sum(const WaitCosts &W);
/// Waits of the blocking calls that stand in `F` itself inside `Loop`, per
/// iteration of it (per call when Loop is None).
WaitCosts ownWaits(const FunctionFacts &F, uint32_t Loop, const Guidelines &G);
/// The same with the waits of callees.
WaitCosts allWaits(const Program &P, const Reach &R, FunctionId F, uint32_t Loop,
                   const Guidelines &G);

} // namespace heddle
