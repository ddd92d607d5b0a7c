/// What a directive promises of one thread: that the lanes of a simd loop do not
/// need each other's results, and that a mergeable task may share the variables it
/// would copy. Lanes execute each statement together, from the first to the last,
/// so a value that a later statement of a later iteration reads is there in time;
/// one that an earlier statement reads is not, unless the distance is safelen or
/// more.
///
/// Example: `a[i] = a[i - 1];` reads what the lane beside it has not written yet;
/// `a[i] = a[i + 1];` reads before anything is written.
#include "program/regionwalk.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

RaceSide raceSide(const RegionWalk &W, const Point &X) {
  RaceSide S;
  S.Text = X.A.Text;
  S.Callee = X.Callee;
  S.At = X.A.At;
  S.Inside = X.Inside;
  S.Write = X.Write, S.ReadsToo = X.ReadsToo, S.Atomic = X.Atomic;
  S.Operator = X.A.Reduction;
  S.Criticals = W.criticals(X);
  for (const HeldLock &L : X.State.Locks)
    S.Locks.push_back(L.Text);
  if (uint32_t N = W.executor(X.Node); N != None) {
    S.Executor = W.Nodes[N].D->Kind;
    S.Construct = W.Nodes[N].Frame == 0 ? W.Nodes[N].Index : None;
  }
  return S;
}

std::vector<Race> findLaneRaces(const Program &P, const Protections &Around, FunctionId F,
                                uint32_t D) {
  std::vector<Race> Out;
  const Directive &Simd = P.facts(F).Regions.Directives[D];
  if (Simd.Loops.size() != 1 || Simd.Untold || P.facts(F).Loops[Simd.Loops[0]].Index.empty())
    return Out;
  RegionWalk W(P, Around, F, D);
  W.run();
  if (W.Capped)
    return Out;
  RegionMemory Memory(W);
  std::set<std::string> Done;
  for (const Point &X : W.Points)
    for (const Point &Y : W.Points) {
      // X writes; each pair of writes once.
      if (!X.Write || (Y.Write && Y.Order < X.Order) || X.Owner != None || Y.Owner != None ||
          !(X.A.Base == Y.A.Base) || X.Atomic || Y.Atomic || !X.Callee.empty() || !Y.Callee.empty())
        continue;
      std::string Key = toString(X.A.Base) + X.A.Field.str().str();
      uint32_t L = W.position(X, 0, 0);
      if (Done.count(Key) || L == None || W.position(Y, 0, 0) != L ||
          W.around(X.Node, DirectiveKind::Ordered) != None)
        continue;
      Race R;
      bool Scalar = X.A.Subscripts.empty() && Y.A.Subscripts.empty();
      if (Scalar) {
        bool Update = &X == &Y && X.ReadsToo;
        bool Earlier = !Y.Write && Y.Order < X.Order && !X.Conditional;
        if (!Update && !Earlier)
          continue;
        for (const LoopScalar &S : P.facts(F).Loops[Simd.Loops[0]].Scalars)
          if (S.Variable == X.Variable)
            R.Use = S;
        if (!R.Use || R.Use->Use == ScalarUse::Private)
          continue;
      } else {
        std::optional<int64_t> Distance;
        if (Memory.meet(X, Y, L, {}, &Distance) != Carried::Yes || !Distance || !*Distance)
          continue;
        int64_t Step = W.LoopIds[L].L->Step;
        if (!Step || *Distance % Step != 0)
          continue;
        int64_t N = *Distance / Step;
        const Point &First = N > 0 ? X : Y, &Second = N > 0 ? Y : X;
        if (First.Order < Second.Order || (Simd.SafeLength && std::abs(N) >= Simd.SafeLength))
          continue;
        R.Distance = N;
      }
      Done.insert(Key);
      R.F = F;
      R.Region = D;
      R.Relation = RaceRelation::Lanes;
      R.A = raceSide(W, X);
      R.B = raceSide(W, Y);
      R.Name = X.Name;
      R.Scalar = Scalar;
      R.Loop = Simd.Loops[0];
      Out.push_back(std::move(R));
    }
  return Out;
}

std::vector<Race> findMergedTasks(const Program &P, FunctionId F) {
  std::vector<Race> Out;
  const RegionFacts &R = P.facts(F).Regions;
  for (uint32_t S = 0; S < R.Steps.size(); ++S) {
    if (R.Steps[S].Kind != RegionStepKind::Directive)
      continue;
    uint32_t D = R.Steps[S].Index;
    const Directive &Task = R.Directives[D];
    if (Task.Kind != DirectiveKind::Task || !Task.Mergeable)
      continue;
    std::set<Symbol> Done;
    for (uint32_t K = S + 1; K < R.Steps[S].End; ++K) {
      if (R.Steps[K].Kind != RegionStepKind::Access)
        continue;
      const RegionAccess &A = R.Accesses[R.Steps[K].Index];
      const Clause *C = RegionWalk::clause(Task, A.Variable);
      if (A.What.Kind != AccessKind::Write || !A.Direct || !C ||
          C->Kind != ClauseKind::FirstPrivate || !Done.insert(A.Variable).second)
        continue;
      Race New;
      New.F = F;
      New.Region = D;
      New.Relation = RaceRelation::Merged;
      New.A.Text = A.What.Text;
      New.A.At = A.What.At;
      New.A.Write = true;
      New.A.ReadsToo = A.ReadsToo;
      New.B = New.A;
      New.Name = C->Name;
      Out.push_back(std::move(New));
    }
  }
  return Out;
}

} // namespace heddle
