#include "advice/opportunity.h"

#include "advice/measure.h"
#include "advice/reach.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <set>

namespace heddle {

using llvm::Twine;

const Fact *Opportunity::fact(FactKind K) const {
  for (const Fact &F : Facts)
    if (F.Kind == K)
      return &F;
  return nullptr;
}

std::string operations(double N) {
  static constexpr std::pair<double, const char *> Units[] = {
      {1e12, " trillion"}, {1e9, " billion"}, {1e6, " million"}, {1e3, " thousand"}};
  constexpr double Most = 1e15;
  if (N >= Most)
    return "a thousand trillion operations or more";
  std::string Out;
  llvm::raw_string_ostream To(Out);
  for (auto [Unit, Name] : Units)
    if (N >= Unit) {
      double V = N / Unit;
      To << llvm::format(V < 10 ? "%.1f" : "%.0f", V) << Name << " operations";
      return Out;
    }
  long long Whole = static_cast<long long>(N + 0.5);
  To << Whole << (Whole == 1 ? " operation" : " operations");
  return Out;
}

namespace {

/// Gathers in two passes: first what and where, with costs and dependence, then
/// the facts, which need to know the part that data-parallel loops have.
class Gatherer {
public:
  Gatherer(const Program &P, const Guidelines &G, GatherOptions Options)
      : P(P), G(G), Options(Options), R(computeReach(P, G)), Locks(countLockSteps(P, G, R)) {}

  Gathered run() {
    for (FunctionId F = 0; F < P.Functions.size(); ++F) {
      for (uint32_t L = 0; L < P.facts(F).Loops.size(); ++L)
        if (P.facts(F).Loops[L].Parent == None)
          addLoop(F, L);
      addLaunches(F);
      addCalls(F);
    }
    cover();
    addDataParallel();
    for (Found &X : All)
      complete(X);
    Gathered Out;
    Out.Opportunities = sorted();
    for (size_t M = 0; M < R.Mains.size(); ++M)
      Out.Programs.push_back({R.Mains[M], R.MainTotals[M]});
    Out.Total = R.Total;
    return Out;
  }

private:
  struct Found {
    Opportunity O;
    Body Code;
    std::vector<uint32_t> Threads;
  };

  const Program &P;
  const Guidelines &G;
  GatherOptions Options;
  Reach R;
  LockStepsOf Locks;
  std::vector<Found> All;

  static bool isParallel(const Opportunity &O) {
    return O.Judgement.Verdict == LoopVerdict::Parallel ||
           O.Judgement.Verdict == LoopVerdict::Reduction ||
           O.Judgement.Verdict == LoopVerdict::Conditional;
  }

  /// Operations of the program that `F` is part of, of the smallest if it is in
  /// several, of everything if it is in none.
  double totalFor(FunctionId F) const {
    double Total = R.Total;
    for (unsigned M : R.MainsOf[F].set_bits())
      Total = std::min(Total, R.MainTotals[M]);
    return Total;
  }

  void setWeight(Opportunity &O, double Weight) const {
    double Total = totalFor(O.In);
    O.Weight = Weight;
    O.Share = Total > 0 ? std::clamp(Weight / Total, 0.0, 1.0) : 0;
  }

  /// What part of its program's work is in data-parallel loops, for each.
  void addDataParallel() {
    std::vector<double> InMain(R.Mains.size());
    double InAll = 0;
    for (const Found &X : All) {
      if (X.O.Kind != OpportunityKind::Loop || X.O.CoveredBy != None || !isParallel(X.O) ||
          X.O.Overlap)
        continue;
      InAll += X.O.Weight;
      for (unsigned M : R.MainsOf[X.O.In].set_bits())
        InMain[M] += X.O.Weight;
    }
    for (Found &X : All) {
      if (X.O.Kind == OpportunityKind::Loop && !isParallel(X.O))
        continue;
      int M = R.MainsOf[X.O.In].find_first();
      double Part = M < 0 ? InAll : InMain[M], Total = M < 0 ? R.Total : R.MainTotals[M];
      double Share = Total > 0 ? std::min(Part / Total, 1.0) : 0;
      addFact(X.O, FactKind::DataParallelShare, Share,
              "data-parallel loops have about " + std::to_string(int(Share * 100 + 0.5)) +
                  "% of the program's work");
    }
  }

  std::string nameOf(FunctionId F) const { return "`" + P.facts(F).Name.str().str() + "`"; }

  /// Launches that run from the loop, itself or through calls.
  std::vector<ReachedLaunch> launchesIn(FunctionId F, uint32_t L) const {
    std::vector<ReachedLaunch> Out;
    const ProgramFunction &PF = P.function(F);
    for (const Launch &X : PF.Facts->Launches)
      if (insideLoop(*PF.Facts, X.Loop, L))
        Out.push_back({&X, F, {}});
    for (size_t I = 0; I < PF.Targets.size(); ++I)
      if (insideLoop(*PF.Facts, PF.Facts->Calls[I].Loop, L))
        for (const CallTarget &T : PF.Targets[I])
          if (T.Certain)
            llvm::append_range(Out, R.Launches[T.Callee]);
    return Out;
  }

  void addLoop(FunctionId F, uint32_t L) {
    const FunctionFacts &Facts = P.facts(F);
    const Loop &Lp = Facts.Loops[L];
    std::vector<ReachedLaunch> Launches = launchesIn(F, L);
    size_t Programs = 0;
    for (const ReachedLaunch &X : Launches)
      Programs += X.Start->Kind == LaunchKind::Process;
    // Around the start of a thread, the launch is the opportunity.
    if (Lp.Parallel.empty() && Programs < Launches.size())
      return;

    Found X;
    Opportunity &O = X.O;
    O.Kind = OpportunityKind::Loop;
    O.In = F, O.Index = L, O.At = Lp.At;
    O.Name = "this loop in " + nameOf(F);
    O.UnitsKnown = Lp.Trip.has_value();
    O.Units = Lp.Trip ? double(*Lp.Trip) : G.Limit.AssumedTrip.Value;
    WaitCosts Waits = allWaits(P, R, F, L, G);
    // Waiting for a program is part of starting it.
    if (Programs)
      Waits[static_cast<size_t>(WaitKind::Process)] = 0;
    O.UnitWait = sum(Waits);
    O.UnitLaunch = double(Programs) * G.Limit.ProcessCost.Value;
    judge(F, L, O);
    if (!Lp.Parallel.empty())
      O.Current = Verdict::Parallel;
    else if (Programs)
      O.Current = Verdict::Processes;
    double Around = R.Runs[F] * trips(Facts, Lp.Parent, None, G);
    setWeight(O, Around * trips(Facts, L, Lp.Parent, G) * (O.UnitWork + O.UnitWait + O.UnitLaunch));
    X.Code = {F, L};
    bool Splits = isParallel(O) || !Lp.Parallel.empty();
    bool Small = O.UnitsKnown && O.total() < G.Limit.ThreadCost.Value;
    if (Programs)
      for (const ReachedLaunch &S : Launches)
        if (S.Start->Kind == LaunchKind::Process) {
          addFact(O, FactKind::LaunchesPrograms, double(Programs),
                  "`" + Twine(S.Start->Api.str()) + "` starts a program here", S.Start->At,
                  S.Through);
          break;
        }
    All.push_back(std::move(X));
    // Inside a loop that must stay serial, the next level may still be split.
    if (Splits || Small)
      return;
    for (uint32_t I = 0; I < Facts.Loops.size(); ++I)
      if (Facts.Loops[I].Parent == L)
        addLoop(F, I);
  }

  void judge(FunctionId F, uint32_t L, Opportunity &O) {
    O.Judgement = judgeLoop(P, F, L);
    O.UnitWork = std::max(O.Judgement.Work, P.facts(F).Loops[L].Cost);
    if (isParallel(O) || O.UnitWait <= 0)
      return;
    // What the waits themselves do (move a file offset, say) may still order
    // the iterations; asking without them says whether the waits could overlap.
    LoopJudgement WithoutIo = judgeLoop(P, F, L, {/*IgnoreIo=*/true});
    bool Counted = !P.facts(F).Loops[L].Index.empty();
    if (WithoutIo.Verdict == LoopVerdict::Unknown && !Counted) {
      O.Requests = servesRequests(F, L, O);
      if (!O.Requests)
        return;
    }
    O.Judgement = std::move(WithoutIo);
    if (!O.Requests)
      orderBySharedWait(F, L, O);
    O.Overlap = isParallel(O);
  }

  /// The loop waits itself, for a connection say, and hands on to a function
  /// that waits for more; most of the time goes into sockets and pipes.
  bool servesRequests(FunctionId F, uint32_t L, const Opportunity &O) const {
    WaitCosts Own = ownWaits(P.facts(F), L, G), Waits = allWaits(P, R, F, L, G);
    double Requests = 0;
    for (WaitKind K : {WaitKind::Network, WaitKind::Socket, WaitKind::Ipc})
      Requests += Waits[static_cast<size_t>(K)];
    return sum(Own) > 0 && sum(Waits) > sum(Own) && Requests > O.UnitWait - Requests + O.UnitWork;
  }

  /// Waits on one stream or descriptor happen in its order, however independent
  /// the iterations are otherwise.
  void orderBySharedWait(FunctionId F, uint32_t L, Opportunity &O) {
    const FunctionFacts &Facts = P.facts(F);
    auto order = [&](const BlockingCall &B, const Place &On, const Span &At) {
      if (B.Level == Tier::C || G.wait(B.Category) <= 0 || !On.known() ||
          On.Root == RootKind::Result || On.Path.str().contains('[') || isPrivate(P, {F, L}, On))
        return;
      O.Judgement.Verdict = LoopVerdict::Carried;
      O.Judgement.Reason = ("`" + Twine(B.Row.str()) +
                            "` works on the same object in every iteration, so its calls keep "
                            "their order")
                               .str();
      O.Judgement.From = O.Judgement.To = At;
    };
    for (const BlockingCall &B : Facts.Blocking)
      if (insideLoop(Facts, Facts.Calls[B.Call].Loop, L))
        order(B, resolve(P, F, B.On), Facts.Calls[B.Call].At);
    const ProgramFunction &PF = P.function(F);
    for (uint32_t I = 0; I < PF.Targets.size(); ++I)
      if (insideLoop(Facts, Facts.Calls[I].Loop, L))
        for (const CallTarget &T : PF.Targets[I])
          for (const EffectBlock &B : P.function(T.Callee).Effects.Blocks)
            // The place is in terms of the function that waits; one call deep it
            // can be followed.
            if (B.Fact && B.In == T.Callee)
              order(*B.Fact, translate(P, F, I, resolve(P, B.In, B.Fact->On)), Facts.Calls[I].At);
  }

  void addLaunches(FunctionId F) {
    const FunctionFacts &Facts = P.facts(F);
    for (uint32_t I = 0; I < Facts.Launches.size(); ++I) {
      const Launch &S = Facts.Launches[I];
      // Handlers of signals are no choice, and regions have a loop of their own.
      if (S.Kind == LaunchKind::Signal || S.Kind == LaunchKind::ParallelRegion)
        continue;
      if (S.Kind == LaunchKind::Process) {
        if (S.Loop == None)
          addProcess(F, I);
        continue;
      }
      Found X;
      for (uint32_t T = 0; T < P.Threads.size(); ++T)
        if (P.Threads[T].Start == &S && P.Threads[T].Entry != None) {
          X.Threads.push_back(T);
          X.Code.In = P.Threads[T].Entry;
        }
      if (X.Threads.empty())
        continue;
      Opportunity &O = X.O;
      bool Event = S.Kind == LaunchKind::Handler || S.Kind == LaunchKind::Coroutine;
      O.Kind = Event ? OpportunityKind::Handler : OpportunityKind::Launch;
      O.In = F, O.Index = I, O.At = S.At;
      O.Name = (Event ? "the handler " : "the work of ") + nameOf(X.Code.In);
      O.Current = Event ? Verdict::Async : Verdict::Threads;
      O.Units = trips(Facts, S.Loop, None, G);
      O.UnitsKnown = S.Loop == None || Facts.Loops[S.Loop].Trip.has_value();
      O.UnitWork = P.function(X.Code.In).Effects.Cost;
      O.UnitWait = sum(R.Waits[X.Code.In]);
      setWeight(O, R.Runs[F] * O.total());
      All.push_back(std::move(X));
    }
  }

  /// A program that is started once: no loop and no body of our own.
  void addProcess(FunctionId F, uint32_t I) {
    const Launch &S = P.facts(F).Launches[I];
    Found X;
    Opportunity &O = X.O;
    O.Kind = OpportunityKind::Launch;
    O.In = F, O.Index = I, O.At = S.At;
    O.Name = "the program started in " + nameOf(F);
    O.Current = Verdict::Processes;
    O.UnitLaunch = G.Limit.ProcessCost.Value;
    setWeight(O, R.Runs[F] * O.UnitLaunch);
    addFact(O, FactKind::LaunchesPrograms, 1, "`" + Twine(S.Api.str()) + "` starts a program here");
    addLocksHeld(F, I, O);
    All.push_back(std::move(X));
  }

  void addLocksHeld(FunctionId F, uint32_t Index, Opportunity &O) {
    const ProgramFunction &PF = P.function(F);
    for (size_t B = 0; B < PF.Facts->Blocks.size(); ++B)
      for (size_t E = 0; E < PF.Facts->Blocks[B].Events.size(); ++E) {
        const Event &Ev = PF.Facts->Blocks[B].Events[E];
        const Lockset &Held = locksAt(PF, B, E);
        if (Ev.Kind != EventKind::Launch || Ev.Index != Index || Held.empty())
          continue;
        const HeldLock &L = Held.front();
        addFact(O, FactKind::LocksHeld, double(Held.size()),
                "the lock `" + Twine(L.Text.str()) + "` is held here", L.At);
        return;
      }
  }

  /// Waits one after the other, outside of loops, for different objects.
  void addCalls(FunctionId F) {
    const FunctionFacts &Facts = P.facts(F);
    std::set<Place> Objects;
    double Wait = 0;
    Span First;
    for (const BlockingCall &B : Facts.Blocking) {
      const Call &C = Facts.Calls[B.Call];
      double Cost = G.wait(B.Category);
      if (C.Loop != None || B.Level != Tier::A || Cost <= 0 || !B.On.known())
        continue;
      Wait += Cost;
      if (Objects.insert(resolve(P, F, B.On)).second && (!First.valid() || C.At < First))
        First = C.At;
    }
    if (double(Objects.size()) < G.Limit.GroupSize.Value)
      return;
    Found X;
    Opportunity &O = X.O;
    O.Kind = OpportunityKind::Calls;
    O.In = F, O.At = First;
    O.Name = "the waits one after the other in " + nameOf(F);
    O.UnitWork = Facts.Cost, O.UnitWait = Wait;
    setWeight(O, R.Runs[F] * Wait);
    X.Code = {F, None};
    All.push_back(std::move(X));
  }

  /// Which functions run only inside an opportunity that is split already, or
  /// would be by its verdict: choosing again inside gains nothing.
  void cover() {
    std::vector<uint32_t> By(P.Functions.size(), None);
    std::vector<std::vector<uint32_t>> LoopsOf(P.Functions.size());
    for (uint32_t I = 0; I < All.size(); ++I) {
      const Opportunity &O = All[I].O;
      if (O.Kind == OpportunityKind::Loop && (isParallel(O) || O.Current != Verdict::Serial))
        LoopsOf[O.In].push_back(I);
      for (uint32_t T : All[I].Threads)
        if (P.Threads[T].Many && P.function(P.Threads[T].Entry).Callers.empty())
          By[P.Threads[T].Entry] = I;
    }
    for (const std::vector<FunctionId> &Cycle : llvm::reverse(P.BottomUp))
      for (FunctionId F : Cycle)
        if (By[F] == None)
          By[F] = coverOf(F, Cycle, By, LoopsOf);
    for (uint32_t I = 0; I < All.size(); ++I)
      if (By[All[I].O.In] != I)
        All[I].O.CoveredBy = By[All[I].O.In];
  }

  uint32_t coverOf(FunctionId F, llvm::ArrayRef<FunctionId> Cycle, llvm::ArrayRef<uint32_t> By,
                   llvm::ArrayRef<std::vector<uint32_t>> LoopsOf) const {
    uint32_t Cover = None;
    for (auto [Caller, Index] : P.function(F).Callers) {
      if (llvm::is_contained(Cycle, Caller))
        continue;
      uint32_t Here = By[Caller];
      const FunctionFacts &C = P.facts(Caller);
      for (uint32_t I : LoopsOf[Caller])
        if (insideLoop(C, C.Calls[Index].Loop, All[I].O.Index))
          Here = I;
      if (Here == None)
        return None;
      if (Cover == None)
        Cover = Here;
    }
    return Cover;
  }

  void complete(Found &X) {
    Opportunity &O = X.O;
    double Work = O.Units * O.UnitWork;
    for (unsigned M : R.MainsOf[O.In].set_bits())
      O.Mains.push_back(R.Mains[M]);
    if (isParallel(O) && O.Kind == OpportunityKind::Loop)
      addLoopFacts(O);
    if (O.UnitWork > 0)
      addFact(O, FactKind::Work, Work,
              "the work is about " + operations(Work) +
                  (O.UnitsKnown ? std::string()
                                : ", if it runs " +
                                      std::to_string(static_cast<long long>(O.Units)) + " times"));
    if (X.Code.In != None)
      measure(P, G, R, X.Code, X.Threads, Locks, O);
    if (O.Requests)
      requestFact(O);
    if (O.Kind == OpportunityKind::Calls)
      addFact(O, FactKind::Unresolved, 1,
              "whether one of the calls needs the result of another is not decided");
    if (!Options.IgnoreCurrentModel)
      addCurrent(O);
    for (FactKind K : G.Assumed)
      if (!O.fact(K))
        addFact(O, K, 1, "stated in the guidelines: " + Twine(enumNames(K)[size_t(K)]));
    // One of a kind: the first says more.
    llvm::stable_sort(O.Facts, [](const Fact &A, const Fact &B) { return A.Kind < B.Kind; });
    O.Facts.erase(
        llvm::unique(O.Facts, [](const Fact &A, const Fact &B) { return A.Kind == B.Kind; }),
        O.Facts.end());
  }

  void addLoopFacts(Opportunity &O) {
    const LoopJudgement &J = O.Judgement;
    addFact(O, FactKind::Independent, 1,
            O.Overlap
                ? "its iterations could wait at the same time, they need nothing of each other"
            : J.Verdict == LoopVerdict::Reduction
                ? "its iterations are independent but for results that combine"
                : "its iterations are independent");
    if (!J.Assumptions.empty())
      addFact(O, FactKind::Assumptions, double(J.Assumptions.size()),
              "that holds if " + llvm::join(J.Assumptions, ", and "));
    if (!J.Reductions.empty())
      addFact(O, FactKind::Reductions, double(J.Reductions.size()),
              "`" + Twine(J.Reductions.front().Name.str()) + "` combines with `" +
                  J.Reductions.front().Operator.str() + "`");
    const Loop &L = P.facts(O.In).Loops[O.Index];
    if (!L.Index.empty() && O.UnitWait <= 0)
      addFact(O, FactKind::Regular, 1, "it is a counted loop that waits for nothing");
  }

  void requestFact(Opportunity &O) {
    if (O.fact(FactKind::Unresolved))
      return;
    addFact(O, FactKind::Unresolved, 1,
            "whether each pass serves a request of its own is not decided");
  }

  static void addCurrent(Opportunity &O) {
    static constexpr std::pair<Verdict, FactKind> Kinds[] = {
        {Verdict::Threads, FactKind::CurrentThreads},
        {Verdict::Processes, FactKind::CurrentProcesses},
        {Verdict::Async, FactKind::CurrentAsync},
        {Verdict::Parallel, FactKind::CurrentParallel}};
    for (auto [V, K] : Kinds)
      if (O.Current == V)
        addFact(O, K, 1, "the code is in " + inWords(V) + " today");
  }

  /// Most work first; then by place, so that the order is the same in every run.
  std::vector<Opportunity> sorted() {
    std::vector<uint32_t> Order(All.size());
    for (uint32_t I = 0; I < Order.size(); ++I)
      Order[I] = I;
    llvm::stable_sort(Order, [&](uint32_t A, uint32_t B) {
      const Opportunity &X = All[A].O, &Y = All[B].O;
      if (X.Weight != Y.Weight)
        return X.Weight > Y.Weight;
      return std::tie(X.At, X.Kind, X.Name) < std::tie(Y.At, Y.Kind, Y.Name);
    });
    std::vector<uint32_t> NewIndex(All.size());
    for (uint32_t I = 0; I < Order.size(); ++I)
      NewIndex[Order[I]] = I;
    std::vector<Opportunity> Out;
    for (uint32_t I : Order) {
      Out.push_back(std::move(All[I].O));
      if (Out.back().CoveredBy != None)
        Out.back().CoveredBy = NewIndex[Out.back().CoveredBy];
    }
    return Out;
  }
};

} // namespace

Gathered gatherOpportunities(const Program &P, const Guidelines &G, GatherOptions O) {
  return Gatherer(P, G, O).run();
}

} // namespace heddle
