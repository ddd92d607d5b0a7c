#include "advice/reach.h"

#include "llvm/ADT/STLExtras.h"
#include <algorithm>

namespace heddle {

namespace {
/// Keeps products of many unknown trip counts finite and comparable.
constexpr double Most = 1e18;
/// As long as a chain may become.
constexpr size_t MostHops = 8;

double bounded(double N) { return std::min(N, Most); }

/// Calls Then(Callee, Call) for each callee that is certain and not in `Same`.
template <class Fn> void forCallees(const Program &P, FunctionId F, Fn Then) {
  const ProgramFunction &PF = P.function(F);
  for (size_t I = 0; I < PF.Targets.size(); ++I)
    for (const CallTarget &T : PF.Targets[I])
      if (T.Callee != None)
        Then(T, PF.Facts->Calls[I]);
}

Chain through(FunctionId F, const Span &At, const Chain &Rest) {
  Chain C;
  C.push_back({F, At});
  C.insert(C.end(), Rest.begin(), Rest.end());
  return C;
}

bool addHazard(std::vector<ReachedHazard> &To, ReachedHazard H) {
  if (llvm::any_of(To, [&](const ReachedHazard &O) { return O.Row == H.Row; }))
    return false;
  To.push_back(std::move(H));
  return true;
}

bool addLaunch(std::vector<ReachedLaunch> &To, ReachedLaunch L) {
  if (llvm::any_of(To, [&](const ReachedLaunch &O) { return O.Start == L.Start; }))
    return false;
  To.push_back(std::move(L));
  return true;
}

/// One round over `F`: takes over what its callees reach. True when it grew.
bool takeOver(const Program &P, FunctionId F, Reach &R) {
  bool Grew = false;
  forCallees(P, F, [&](const CallTarget &T, const Call &C) {
    if (!T.Certain || T.Callee == F)
      return;
    for (size_t I = 0; I < R.Hazards[T.Callee].size(); ++I) {
      const ReachedHazard &H = R.Hazards[T.Callee][I];
      if (H.Through.size() < MostHops)
        Grew |= addHazard(R.Hazards[F], {H.Row, H.At, through(F, C.At, H.Through)});
    }
    for (size_t I = 0; I < R.Launches[T.Callee].size(); ++I) {
      const ReachedLaunch &L = R.Launches[T.Callee][I];
      if (L.Through.size() < MostHops)
        Grew |= addLaunch(R.Launches[F], {L.Start, L.In, through(F, C.At, L.Through)});
    }
  });
  return Grew;
}

void bottomUp(const Program &P, const Guidelines &G, Reach &R) {
  for (const std::vector<FunctionId> &Cycle : P.BottomUp) {
    for (FunctionId F : Cycle) {
      const FunctionFacts &Facts = P.facts(F);
      for (const Call &C : Facts.Calls)
        if (const HazardModel *H = hazardOf(P, F, C))
          addHazard(R.Hazards[F], {H, C.At, {}});
      for (const Launch &L : Facts.Launches)
        addLaunch(R.Launches[F], {&L, F, {}});
      R.Waits[F] = ownWaits(Facts, None, G);
      forCallees(P, F, [&](const CallTarget &T, const Call &C) {
        if (llvm::is_contained(Cycle, T.Callee))
          return;
        double Times = trips(Facts, C.Loop, None, G);
        for (size_t I = 0; I < WaitKinds; ++I)
          R.Waits[F][I] = bounded(R.Waits[F][I] + Times * R.Waits[T.Callee][I]);
      });
    }
    bool Again = true;
    while (Again) {
      Again = false;
      for (FunctionId F : Cycle)
        Again |= takeOver(P, F, R);
    }
  }
}

/// Operations of all runs of `F`, callees not counted.
double ownTotal(const Program &P, const Guidelines &G, const Reach &R, FunctionId F) {
  const FunctionFacts &Facts = P.facts(F);
  double One = Facts.Cost + sum(ownWaits(Facts, None, G));
  for (const Launch &L : Facts.Launches)
    if (L.Kind == LaunchKind::Process)
      One += G.Limit.ProcessCost.Value * trips(Facts, L.Loop, None, G);
  return bounded(R.Runs[F] * One);
}

void topDown(const Program &P, const Guidelines &G, Reach &R) {
  for (const std::vector<FunctionId> &Cycle : llvm::reverse(P.BottomUp))
    for (FunctionId F : Cycle) {
      double Runs = 0;
      for (auto [Caller, Index] : P.function(F).Callers) {
        if (llvm::is_contained(Cycle, Caller))
          continue;
        const FunctionFacts &C = P.facts(Caller);
        Runs = bounded(Runs + R.Runs[Caller] * trips(C, C.Calls[Index].Loop, None, G));
      }
      R.Runs[F] = std::max(Runs, 1.0);
      R.Total = bounded(R.Total + ownTotal(P, G, R, F));
    }
}

/// Which programs a function is part of, by calls and by starts of threads.
void findMains(const Program &P, Reach &R) {
  for (FunctionId F = 0; F < P.Functions.size(); ++F)
    if (P.facts(F).Main)
      R.Mains.push_back(F);
  llvm::sort(R.Mains, [&](FunctionId A, FunctionId B) { return P.facts(A).At < P.facts(B).At; });
  std::vector<llvm::SmallVector<FunctionId, 2>> Started(P.Functions.size());
  for (const Thread &T : P.Threads)
    if (T.Starter != None && T.Entry != None)
      Started[T.Starter].push_back(T.Entry);
  for (llvm::BitVector &B : R.MainsOf)
    B.resize(R.Mains.size());
  for (size_t M = 0; M < R.Mains.size(); ++M) {
    std::vector<FunctionId> Todo = {R.Mains[M]};
    auto reach = [&](FunctionId F) {
      if (R.MainsOf[F].test(M))
        return;
      R.MainsOf[F].set(M);
      Todo.push_back(F);
    };
    R.MainsOf[R.Mains[M]].set(M);
    while (!Todo.empty()) {
      FunctionId F = Todo.back();
      Todo.pop_back();
      forCallees(P, F, [&](const CallTarget &T, const Call &) { reach(T.Callee); });
      for (FunctionId Entry : Started[F])
        reach(Entry);
    }
  }
}
} // namespace

Reach computeReach(const Program &P, const Guidelines &G) {
  Reach R;
  size_t N = P.Functions.size();
  R.Waits.resize(N);
  R.Hazards.resize(N);
  R.Launches.resize(N);
  R.Runs.assign(N, 1);
  R.MainsOf.resize(N);
  bottomUp(P, G, R);
  topDown(P, G, R);
  findMains(P, R);
  R.MainTotals.assign(R.Mains.size(), 0);
  for (FunctionId F = 0; F < N; ++F)
    for (unsigned M : R.MainsOf[F].set_bits())
      R.MainTotals[M] = bounded(R.MainTotals[M] + ownTotal(P, G, R, F));
  return R;
}

bool insideLoop(const FunctionFacts &F, uint32_t Inner, uint32_t Outer) {
  for (uint32_t L = Inner; L != None; L = F.Loops[L].Parent)
    if (L == Outer)
      return true;
  return Outer == None;
}

double trips(const FunctionFacts &F, uint32_t Inner, uint32_t Outer, const Guidelines &G) {
  double Times = 1;
  for (uint32_t L = Inner; L != None && L != Outer; L = F.Loops[L].Parent)
    Times =
        bounded(Times * (F.Loops[L].Trip ? double(*F.Loops[L].Trip) : G.Limit.UnknownTrip.Value));
  return Times;
}

const HazardModel *hazardOf(const Program &P, FunctionId F, const Call &C) {
  if (!P.Apis || C.Name.empty())
    return nullptr;
  const HazardModel *H = P.Apis->find(C.Name.str()).Hazard;
  if (!H || (H->Kind != HazardKind::MtUnsafe && H->Kind != HazardKind::ProcessWide))
    return nullptr;
  // A function of the program's own with the name of an API is not that API.
  size_t Index = &C - P.facts(F).Calls.data();
  const ProgramFunction &PF = P.function(F);
  return Index < PF.Targets.size() && !PF.Targets[Index].empty() ? nullptr : H;
}

WaitKind waitKind(const BlockingCall &B) {
  if (B.Category == BlockCategory::File && B.When == BlockWhen::IfNotNonblocking)
    return WaitKind::Descriptor;
  return static_cast<WaitKind>(B.Category);
}

double sum(const WaitCosts &W) {
  double S = 0;
  for (double V : W)
    S = bounded(S + V);
  return S;
}

WaitCosts ownWaits(const FunctionFacts &F, uint32_t Loop, const Guidelines &G) {
  WaitCosts W{};
  for (const BlockingCall &B : F.Blocking) {
    if (B.Call >= F.Calls.size() || B.Level == Tier::C)
      continue;
    uint32_t At = F.Calls[B.Call].Loop;
    if (!insideLoop(F, At, Loop))
      continue;
    double &To = W[static_cast<size_t>(waitKind(B))];
    To = bounded(To + G.wait(B.Category) * trips(F, At, Loop, G));
  }
  return W;
}

WaitCosts allWaits(const Program &P, const Reach &R, FunctionId F, uint32_t Loop,
                   const Guidelines &G) {
  const FunctionFacts &Facts = P.facts(F);
  WaitCosts W = ownWaits(Facts, Loop, G);
  forCallees(P, F, [&](const CallTarget &T, const Call &C) {
    if (!insideLoop(Facts, C.Loop, Loop))
      return;
    double Times = trips(Facts, C.Loop, Loop, G);
    for (size_t I = 0; I < WaitKinds; ++I)
      W[I] = bounded(W[I] + Times * R.Waits[T.Callee][I]);
  });
  return W;
}

} // namespace heddle
