/// Which tasks may not be finished when something is executed. A task is there from
/// the directive on until its maker's next taskwait, the end of a taskgroup around
/// it, or a barrier; its own children outlive the first of these. Between siblings,
/// depend clauses decide.
///
/// Example: after `task A; task B depend(...)`, A may still run in the code that
/// follows, and in B unless both name the same item and one of them writes it.
#include "program/regionwalk.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"

namespace heddle {

/// By their depend clauses, the task Earlier is finished before D begins.
bool RegionWalk::ordered(uint32_t Earlier, const Directive &D, Crossed Since) const {
  const Directive &E = *Nodes[Earlier].D;
  if (E.Untold || D.Untold)
    return true;
  for (const Depend &X : E.Depends)
    for (const Depend &Y : D.Depends) {
      if (X.Kind == Y.Kind && (X.Kind == DependKind::In || X.Kind == DependKind::InOutSet))
        continue;
      if (!(X.What.Base == Y.What.Base) || X.What.Field != Y.What.Field)
        continue;
      const auto &S = X.What.Subscripts, &T = Y.What.Subscripts;
      bool Differ = false;
      for (size_t I = 0; I < std::min(S.size(), T.size()); ++I) {
        if (!S[I].Known || !T[I].Known || !S[I].Through.empty() || !T[I].Through.empty())
          continue;
        bool SameTerms =
            S[I].Terms.size() == T[I].Terms.size() &&
            std::equal(S[I].Terms.begin(), S[I].Terms.end(), T[I].Terms.begin(),
                       [](const Term &A, const Term &B) {
                         return A.Variable == B.Variable && A.Coefficient == B.Coefficient;
                       });
        bool Varies = llvm::any_of(S[I].Terms, [&](const Term &V) {
          return llvm::any_of(LoopIds, [&](const LoopId &L) {
            return L.L->Index == V.Variable && (Since & loopBit(&L - LoopIds.data()));
          });
        });
        if (!SameTerms)
          continue;
        // In another iteration of this one loop, it is another element.
        bool One = llvm::has_single_bit(Since);
        Differ |= Varies ? One && S[I].Constant == T[I].Constant : S[I].Constant != T[I].Constant;
      }
      if (!Differ)
        return true;
    }
  return false;
}

void RegionWalk::dependWait(const Directive &D, uint32_t Node, std::set<LiveTask> &Live) {
  std::set<LiveTask> Done;
  std::set<uint32_t> Earlier;
  uint32_t Parent = task(Nodes[Node].Parent);
  for (const LiveTask &T : Live)
    if (task(Nodes[T.Task].Parent) == Parent && ordered(T.Task, D, T.Since)) {
      Done.insert(T);
      Earlier.insert(Before[T.Task].begin(), Before[T.Task].end());
    }
  for (auto It = Live.begin(); It != Live.end();)
    It = Done.count(*It) || Earlier.count(It->Task) ? Live.erase(It) : std::next(It);
  for (const LiveTask &T : Done)
    if (T.Task != Node)
      Earlier.insert(T.Task);
  Before[Node] = std::move(Earlier);
}

void RegionWalk::taskwait(uint32_t Node) {
  uint32_t Parent = task(Node);
  std::set<uint32_t> Gone;
  for (const LiveTask &T : Now.Live) {
    if (task(Nodes[T.Task].Parent) != Parent)
      continue;
    Gone.insert(T.Task);
    for (uint32_t C : Created[T.Task])
      if (!Left[T.Task].count(C))
        Gone.insert(C);
  }
  for (auto It = Now.Live.begin(); It != Now.Live.end();)
    It = Gone.count(It->Task) ? Now.Live.erase(It) : std::next(It);
}

void RegionWalk::task(uint32_t Frame, uint32_t Step, uint32_t Node) {
  const RegionStep &S = facts(Frame).Regions.Steps[Step];
  const Directive &D = *Nodes[Node].D;
  if (Nodes[Node].Nested)
    return steps(Frame, Step + 1, S.End);
  if (D.Undeferred) {
    dependWait(D, Node, Now.Live);
    return steps(Frame, Step + 1, S.End);
  }
  RegionState Outer = Now;
  if (D.Kind == DirectiveKind::Task)
    dependWait(D, Node, Now.Live);
  else
    for (uint32_t L : D.Loops) {
      // Each iteration may be a task of its own.
      Now.Live.insert({Node, loopBit(loopId(Frame, L))});
    }
  std::set<LiveTask> Entry = Now.Live;
  Lockset Locks;
  std::swap(Locks, Now.Locks);
  steps(Frame, Step + 1, S.End);
  std::set<uint32_t> &Made = Created[Node], &Rest = Left[Node];
  for (uint32_t N = 0; N < Nodes.size(); ++N)
    if (N != Node && within(N, Node) && task(N) == N)
      Made.insert(N);
  for (const LiveTask &T : Now.Live)
    if (Made.count(T.Task))
      Rest.insert(T.Task);
  bool Waits = D.Kind == DirectiveKind::Taskloop && !D.NoWait;
  Now.Live = std::move(Outer.Live);
  Now.Locks = std::move(Locks);
  if (Waits)
    return;
  Now.Live.insert({Node, 0});
  for (uint32_t N : Made)
    Now.Live.insert({N, 0});
}

} // namespace heddle
