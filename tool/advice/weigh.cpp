#include "advice/weigh.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <cmath>

namespace heddle {

using llvm::StringRef;
using llvm::Twine;

namespace {

bool isScored(Verdict V) { return V != Verdict::Insufficient; }
size_t at(Verdict V) { return static_cast<size_t>(V); }
bool isConcurrent(Verdict V) { return isScored(V) && V != Verdict::Serial; }

std::string percent(double Share) {
  return std::to_string(static_cast<int>(Share * 100 + 0.5)) + "%";
}

void lowered(Confidence &C) {
  if (C != Confidence::Low)
    C = C == Confidence::High ? Confidence::Medium : Confidence::Low;
}

/// Each of several units sets state that the process has only once, and that is
/// all that ties them together.
bool setsProcessState(const Opportunity &O) {
  const Fact *Wide = O.fact(FactKind::ProcessWide);
  if (!Wide || O.Units <= 1)
    return false;
  if (O.Kind != OpportunityKind::Loop || O.fact(FactKind::Independent))
    return true;
  const Span &Call = Wide->Through.empty() ? Wide->At : Wide->Through.front().At;
  return O.Judgement.From == Call;
}

/// The condition of a gate.
bool closes(Gate Which, const Opportunity &O, const Guidelines &G) {
  const Limits &L = G.Limit;
  double Unit = O.UnitWork + O.UnitWait + O.UnitLaunch;
  bool Loop = O.Kind == OpportunityKind::Loop;
  switch (Which) {
  case Gate::OnlyLaunches:
    return O.fact(FactKind::LaunchesPrograms) && O.UnitLaunch >= L.LaunchShare.Value * Unit;
  case Gate::TooLittleWork:
    if (!Loop && O.Kind != OpportunityKind::Calls)
      return false;
    return Unit * (O.UnitsKnown ? O.Units : L.LikelyTrip.Value) < L.ThreadCost.Value;
  case Gate::CarriedDependence:
    return Loop && O.Judgement.Verdict == LoopVerdict::Carried;
  case Gate::UnknownDependence:
    return Loop && O.Judgement.Verdict == LoopVerdict::Unknown && !O.Requests &&
           O.Current != Verdict::Parallel;
  case Gate::HardIsolation:
    return O.fact(FactKind::CrashIsolation) || O.fact(FactKind::Snapshot) || setsProcessState(O);
  case Gate::OneLock: {
    const Fact *Locked = O.fact(FactKind::LockedShare), *Shared = O.fact(FactKind::SharedWritten);
    return Locked && Locked->Value >= L.OneLockShare.Value && Shared && Shared->Value > 0 &&
           O.Unprotected.empty();
  }
  }
  return false;
}

const GateRule *firstGate(const Opportunity &O, const Guidelines &G) {
  for (const GateRule &R : G.Gates)
    if (closes(R.When, O, G))
      return &R;
  return nullptr;
}

struct Decision {
  Verdict Answer = Verdict::Insufficient, RunnerUp = Verdict::Insufficient;
  double Margin = 0;
  const GateRule *By = nullptr;
  Scores Score{};
};

/// The models that apply, best first; equal scores in the order of Verdict.
std::vector<Verdict> ranking(const Opportunity &O, const Guidelines &G, Scores &Score) {
  std::vector<Verdict> Order;
  for (size_t I = 0; I < ScoredVerdicts; ++I)
    if (const Candidate *C = G.candidate(static_cast<Verdict>(I), O.Kind)) {
      Order.push_back(C->Model);
      Score[I] = C->Base;
    }
  for (const Rule &R : G.Rules)
    if (const Fact *F = O.fact(R.Fact))
      for (Verdict V : Order)
        Score[at(V)] += R.strength(F->Value) * R.Weights[at(V)];
  llvm::stable_sort(Order, [&](Verdict A, Verdict B) { return Score[at(A)] > Score[at(B)]; });
  return Order;
}

Decision decide(const Opportunity &O, const Guidelines &G) {
  Decision D;
  std::vector<Verdict> Order = ranking(O, G, D.Score);
  D.By = firstGate(O, G);
  if (D.By) {
    D.Answer = D.By->Then;
    for (Verdict V : llvm::reverse(Order))
      if (V != D.Answer)
        D.RunnerUp = V;
    D.Margin = isScored(D.Answer) ? 1 : 0;
    return D;
  }
  if (Order.empty())
    return D;
  D.Answer = Order[0];
  if (Order.size() == 1) {
    D.Margin = 1;
    return D;
  }
  D.RunnerUp = Order[1];
  double All = 0, Best = D.Score[at(Order[0])];
  auto likely = [&](Verdict V) {
    return std::exp((D.Score[at(V)] - Best) / G.Limit.Temperature.Value);
  };
  for (Verdict V : Order)
    All += likely(V);
  D.Margin = (likely(Order[0]) - likely(Order[1])) / All;
  return D;
}

/// What the rule adds to `V`, less the mean of what it adds to the others.
double pull(const Rule &R, double Strength, Verdict V, const Opportunity &O, const Guidelines &G) {
  double Others = 0;
  size_t N = 0;
  for (size_t I = 0; I < ScoredVerdicts; ++I)
    if (I != at(V) && G.candidate(static_cast<Verdict>(I), O.Kind))
      Others += R.Weights[I], ++N;
  return Strength * (R.Weights[at(V)] - (N ? Others / double(N) : 0));
}

void weighEvidence(const Opportunity &O, const Guidelines &G, OpportunityVerdict &V) {
  if (!isScored(V.Answer))
    return;
  for (const Rule &R : G.Rules) {
    const Fact *F = O.fact(R.Fact);
    if (!F)
      continue;
    double Weight = pull(R, R.strength(F->Value), V.Answer, O, G);
    if (Weight == 0)
      continue;
    Evidence E{F->What + ": " + R.Reason, R.Guideline, Weight, F->At};
    (Weight > 0 ? V.For : V.Against).push_back(std::move(E));
  }
  auto stronger = [](const Evidence &A, const Evidence &B) {
    return std::abs(A.Weight) > std::abs(B.Weight);
  };
  llvm::stable_sort(V.For, stronger);
  llvm::stable_sort(V.Against, stronger);
}

/// Why a gate closed, in words of the code at hand, and where.
Evidence gateEvidence(const GateRule &R, const Opportunity &O, const Guidelines &G) {
  Evidence E;
  E.Guideline = R.Guideline, E.Weight = 1, E.At = O.At;
  auto of = [&](FactKind K) {
    if (const Fact *F = O.fact(K))
      E.What = F->What, E.At = F->At;
  };
  switch (R.When) {
  case Gate::OnlyLaunches:
    of(FactKind::LaunchesPrograms);
    break;
  case Gate::TooLittleWork: {
    std::string Unit = operations(O.UnitWork + O.UnitWait + O.UnitLaunch);
    E.What = O.Kind != OpportunityKind::Loop ? "all of it costs about " + Unit
             : O.UnitsKnown ? "all its iterations together cost about " + operations(O.total())
                            : "an iteration costs about " + Unit;
    E.What += ", starting a thread about " + operations(G.Limit.ThreadCost.Value);
    break;
  }
  case Gate::CarriedDependence:
  case Gate::UnknownDependence:
    E.What = O.Judgement.Reason.empty() ? "the dependence between iterations is not known"
                                        : O.Judgement.Reason;
    if (O.Judgement.From.valid())
      E.At = O.Judgement.From;
    else if (O.Judgement.To.valid())
      E.At = O.Judgement.To;
    break;
  case Gate::HardIsolation:
    for (FactKind K : {FactKind::Snapshot, FactKind::CrashIsolation, FactKind::ProcessWide})
      of(K);
    break;
  case Gate::OneLock:
    of(FactKind::LockedShare);
    break;
  }
  return E;
}

/// The same opportunity without the dependence between its iterations.
Opportunity untied(const Opportunity &O) {
  Opportunity X = O;
  X.Judgement.Verdict = LoopVerdict::Parallel;
  if (!X.fact(FactKind::Independent))
    X.Facts.push_back({FactKind::Independent, 1, "its iterations are independent", O.At, {}});
  return X;
}

void gateFlips(const Opportunity &O, const Guidelines &G, OpportunityVerdict &V) {
  auto flip = [&](const Twine &If, const Opportunity &X) {
    Verdict Other = decide(X, G).Answer;
    if (Other != V.Answer)
      V.Flips.push_back((If + ": " + inWords(Other)).str());
  };
  switch (*V.By) {
  case Gate::CarriedDependence:
    flip("without that dependence", untied(O));
    break;
  case Gate::UnknownDependence: {
    flip("if the iterations are independent", untied(O));
    Opportunity X = O;
    X.Judgement.Verdict = LoopVerdict::Carried;
    flip("if an iteration needs what an earlier one left", X);
    break;
  }
  case Gate::TooLittleWork: {
    Opportunity X = O;
    X.UnitsKnown = true;
    double Unit = std::max(1.0, O.UnitWork + O.UnitWait + O.UnitLaunch);
    X.Units = std::ceil(G.Limit.ThreadCost.Value * G.Limit.Cores.Value / Unit);
    if (O.Kind == OpportunityKind::Loop)
      flip("from about " + Twine(static_cast<long long>(X.Units)) + " iterations", X);
    break;
  }
  case Gate::OneLock: {
    Opportunity X = O;
    llvm::erase_if(X.Facts, [](const Fact &F) { return F.Kind == FactKind::LockedShare; });
    flip("if less of the work stood under the lock", X);
    break;
  }
  case Gate::OnlyLaunches:
  case Gate::HardIsolation:
    break;
  }
}

/// Takes each fact away, and adds each that only people can know.
void findFlips(const Opportunity &O, const Guidelines &G, OpportunityVerdict &V) {
  if (V.By)
    return gateFlips(O, G, V);
  for (const Fact &F : O.Facts) {
    Opportunity X = O;
    llvm::erase_if(X.Facts, [&](const Fact &Y) { return Y.Kind == F.Kind; });
    Verdict Other = decide(X, G).Answer;
    if (Other != V.Answer)
      V.Flips.push_back(("if it were not so that " + F.What + ": " + inWords(Other)).str());
  }
  for (const Rule &R : G.Rules) {
    if (R.If.empty() || O.fact(R.Fact))
      continue;
    Opportunity X = O;
    X.Facts.push_back({R.Fact, R.To, R.If, O.At, {}});
    Verdict Other = decide(X, G).Answer;
    if (Other != V.Answer)
      V.Flips.push_back(("if " + R.If + ": " + inWords(Other)).str());
  }
  if (!O.UnitsKnown && O.Kind == OpportunityKind::Loop && isConcurrent(V.Answer)) {
    double Unit = std::max(1.0, O.UnitWork + O.UnitWait);
    auto Least = static_cast<long long>(std::ceil(G.Limit.ThreadCost.Value / Unit));
    if (Least > 1)
      V.Flips.push_back("below about " + std::to_string(Least) + " iterations: serial");
  }
}

void setConfidence(const Opportunity &O, const Guidelines &G, OpportunityVerdict &V) {
  const Limits &L = G.Limit;
  V.Sure = V.Margin >= L.HighMargin.Value     ? Confidence::High
           : V.Margin >= L.MediumMargin.Value ? Confidence::Medium
                                              : Confidence::Low;
  bool Open = O.fact(FactKind::Unresolved);
  if (!V.By) {
    if (Open)
      lowered(V.Sure);
    if (O.fact(FactKind::Assumptions) || !O.UnitsKnown)
      V.Sure = std::min(V.Sure, Confidence::Medium);
    if (O.Requests || O.Kind == OpportunityKind::Calls)
      V.Sure = Confidence::Low;
    return;
  }
  switch (*V.By) {
  case Gate::CarriedDependence:
  case Gate::OnlyLaunches:
    break;
  case Gate::TooLittleWork:
    // What is not resolved may cost anything.
    V.Sure = Open ? Confidence::Low : O.UnitsKnown ? Confidence::High : Confidence::Medium;
    break;
  case Gate::UnknownDependence:
    V.Sure = Confidence::Low;
    break;
  case Gate::HardIsolation:
  case Gate::OneLock:
    V.Sure = Open ? Confidence::Low : Confidence::Medium;
    break;
  }
}

void boundSpeedup(const Opportunity &O, const Guidelines &G, OpportunityVerdict &V) {
  if (!isConcurrent(V.Answer))
    return;
  SpeedupBound &S = V.Speedup;
  S.Share = O.Share;
  S.Workers = G.Limit.Cores.Value;
  S.Bound = 1 / ((1 - S.Share) + S.Share / S.Workers);
  S.Limit = S.Share < 1 ? 1 / (1 - S.Share) : 0;
  S.Assumption = "if " + percent(S.Share) +
                 " of the program's time is here, estimated by counting operations and waits with "
                 "loops of unknown length taken " +
                 std::to_string(static_cast<long long>(G.Limit.UnknownTrip.Value)) +
                 " times, and nothing else limits " +
                 std::to_string(static_cast<long long>(S.Workers)) + " workers";
}

/// The strongest reasons in the words of the facts alone, at most `N`.
std::vector<StringRef> reasons(const Opportunity &O, const Guidelines &G, Verdict V, size_t N) {
  std::vector<std::pair<double, StringRef>> All;
  for (const Rule &R : G.Rules)
    if (const Fact *F = O.fact(R.Fact); F && !R.Guideline.empty())
      if (double W = pull(R, R.strength(F->Value), V, O, G); W > 0)
        All.push_back({W, F->What});
  llvm::stable_sort(All, [](const auto &A, const auto &B) { return A.first > B.first; });
  std::vector<StringRef> Out;
  for (auto [W, What] : All)
    if (Out.size() < N && !llvm::is_contained(Out, What))
      Out.push_back(What);
  return Out;
}

void write(const Opportunity &O, const Guidelines &G, const Evidence *Gate, OpportunityVerdict &V) {
  constexpr size_t MostReasons = 2;
  std::string Claim;
  if (V.Answer == Verdict::Insufficient)
    Claim = "cannot be judged";
  else if (V.Answer == Verdict::Serial)
    Claim = "should stay serial";
  else if (V.Answer == O.Current)
    Claim = ("is well placed in " + inWords(V.Answer)).str();
  else if (V.By == Gate::OneLock)
    Claim = "wants one owner of its data, with a queue or an event loop";
  else if (V.Answer == Verdict::Parallel)
    Claim = "can become a parallel loop";
  else
    Claim = ("belongs in " + inWords(V.Answer)).str();
  V.Message = O.Name + " " + Claim;
  if (Gate)
    V.Message += ": " + Gate->What;
  else if (auto Why = reasons(O, G, V.Answer, MostReasons); !Why.empty())
    V.Message += ": " + llvm::join(Why, ", and ");
  else
    V.Message += ": nothing here speaks for running it at once";
}

/// The heaviest launch that belongs at once with the rest and reaches code that
/// could not be resolved, so that its work is known only from below.
const OpportunityVerdict *unmeasured(llvm::ArrayRef<const OpportunityVerdict *> Members) {
  const OpportunityVerdict *Found = nullptr;
  for (const OpportunityVerdict *M : Members) {
    bool Launch = M->What.Kind == OpportunityKind::Launch && M->What.Current == Verdict::Threads;
    if (Launch && isConcurrent(M->Answer) && M->What.fact(FactKind::Unresolved) &&
        (!Found || M->What.Weight > Found->What.Weight))
      Found = M;
  }
  return Found;
}

} // namespace

OpportunityVerdict weigh(const Opportunity &O, const Guidelines &G) {
  OpportunityVerdict V;
  V.What = O;
  Decision D = decide(O, G);
  V.Answer = D.Answer, V.RunnerUp = D.RunnerUp, V.Margin = D.Margin;
  if (!D.By)
    V.Score = D.Score;
  weighEvidence(O, G, V);
  Evidence Reason;
  if (D.By) {
    V.By = D.By->When;
    Reason = gateEvidence(*D.By, O, G);
    Evidence Full = Reason;
    Full.What += ": " + D.By->Reason;
    // Scores had no part in it; what they say against it is worth knowing.
    V.For.assign(1, std::move(Full));
  }
  if (V.Answer == Verdict::Threads || V.Answer == Verdict::Parallel)
    for (const Fact &F : O.Unprotected)
      V.First.push_back({F.What, Symbol("T1"), -1, F.At});
  setConfidence(O, G, V);
  findFlips(O, G, V);
  boundSpeedup(O, G, V);
  V.Minor =
      O.CoveredBy != None || O.Share < G.Limit.MinorShare.Value || V.By == Gate::TooLittleWork;
  write(O, G, D.By ? &Reason : nullptr, V);
  return V;
}

ProgramVerdict weighProgram(llvm::ArrayRef<const OpportunityVerdict *> Members, double Total,
                            const Guidelines &G) {
  ProgramVerdict R;
  std::array<double, ScoredVerdicts + 1> Share{};
  std::array<const OpportunityVerdict *, ScoredVerdicts + 1> Heaviest{};
  for (const OpportunityVerdict *M : Members) {
    if (M->What.CoveredBy != None)
      continue;
    size_t I = at(M->Answer);
    Share[I] += Total > 0 ? M->What.Weight / Total : 0;
    if (!Heaviest[I] || M->What.Weight > Heaviest[I]->What.Weight)
      Heaviest[I] = M;
  }
  double All = 0, Concurrent = 0;
  for (double S : Share)
    All += S;
  for (double &S : Share)
    S /= std::max(All, 1.0);
  for (size_t I = 0; I <= ScoredVerdicts; ++I) {
    if (Share[I] > 0)
      R.Shares.push_back({static_cast<Verdict>(I), Share[I]});
    if (isConcurrent(static_cast<Verdict>(I)))
      Concurrent += Share[I];
  }
  llvm::stable_sort(R.Shares,
                    [](const VerdictShare &A, const VerdictShare &B) { return A.Share > B.Share; });

  double Open = Share[at(Verdict::Insufficient)];
  if (Concurrent < G.Limit.ConcurrentShare.Value) {
    // Work that could not be followed may be any part of the whole.
    if (const OpportunityVerdict *Running = unmeasured(Members)) {
      R.Answer = Running->Answer, R.RunnerUp = Running->RunnerUp;
      R.For = Running->For, R.Against = Running->Against;
      R.Message =
          ("the program belongs in " + inWords(R.Answer) + " as far as " + Running->What.Name +
           " goes, but what part of its work that is could not be "
           "resolved")
              .str();
      return R;
    }
    bool Undecided = Open >= G.Limit.ConcurrentShare.Value;
    R.Answer = Undecided ? Verdict::Insufficient : Verdict::Serial;
    if (const OpportunityVerdict *H = Heaviest[at(R.Answer)])
      R.For = H->For, R.Against = H->Against;
    for (const VerdictShare &S : R.Shares)
      if (S.Answer != R.Answer && R.RunnerUp == Verdict::Insufficient)
        R.RunnerUp = S.Answer;
    R.Margin = Undecided ? 0 : 1 - Concurrent - Open;
    R.Sure = Undecided ? Confidence::Low : Confidence::Medium;
    R.Message = Undecided ? "the program cannot be judged: for " + percent(Open) +
                                " of its work the decisive facts are not known"
                          : "the program should stay serial: what could run at once is " +
                                percent(Concurrent) + " of its work";
    return R;
  }

  std::vector<VerdictShare> Models;
  for (const VerdictShare &S : R.Shares)
    if (isConcurrent(S.Answer))
      Models.push_back({S.Answer, S.Share / Concurrent});
  R.Answer = Models[0].Answer;
  R.RunnerUp = Models.size() > 1 ? Models[1].Answer : Heaviest[at(R.Answer)]->RunnerUp;
  R.Margin = Models[0].Share - (Models.size() > 1 ? Models[1].Share : 0);
  R.Mixed = Models.size() > 1 && Models[1].Share >= G.Limit.MixedShare.Value;
  const OpportunityVerdict &Main = *Heaviest[at(R.Answer)];
  R.Sure = Main.Sure;
  if (Open > Concurrent)
    lowered(R.Sure);
  R.For = Main.For, R.Against = Main.Against;
  R.Message = ("the program belongs in " + inWords(R.Answer)).str();
  if (R.Mixed)
    R.Message += (" and " + inWords(R.RunnerUp) + ", " + percent(Models[0].Share) + " and " +
                  percent(Models[1].Share) + " of what can run at once")
                     .str();
  R.Message += ", above all because of " + Main.What.Name;
  return R;
}

AdviceReport advise(const Program &P, const Guidelines &G, GatherOptions O) {
  AdviceReport R;
  R.Guidelines = G.Name;
  Gathered Found = gatherOpportunities(P, G, O);
  for (const Opportunity &X : Found.Opportunities)
    R.Opportunities.push_back(weigh(X, G));
  std::vector<const OpportunityVerdict *> Members;
  for (const OpportunityVerdict &V : R.Opportunities)
    Members.push_back(&V);
  R.Program = weighProgram(Members, Found.Total, G);
  for (const MainPart &M : Found.Programs) {
    Members.clear();
    for (const OpportunityVerdict &V : R.Opportunities)
      if (llvm::is_contained(V.What.Mains, M.Main))
        Members.push_back(&V);
    ProgramVerdict V = weighProgram(Members, M.Total, G);
    V.At = P.facts(M.Main).At;
    V.Name = V.At.File.str().str();
    R.Programs.push_back(std::move(V));
  }
  return R;
}

} // namespace heddle
