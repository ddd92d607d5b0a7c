/// What a function says about locks besides those it must hold: which a guard may
/// hold, which it makes ready or ends, and when there is nobody to keep out: before the
/// threads of an object are started, and after they have ended.
///
/// Example: after `if (busy || guard.try_lock())` the guard may have its lock, and an
/// access there is no evidence of a missing one.
#include "program/disciplinewalk.h"
#include "program/paths.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

/// Locks that are tried, or taken through a guard: whether the guard has its lock is
/// for the program to test, so on any path is held perhaps.
std::vector<std::vector<Lockset>> DisciplineWalk::perhapsHeld(FunctionId F) const {
  const FunctionFacts &Facts = P.facts(F);
  auto IsTested = [&](const LockOp &Op) {
    return Op.Kind == LockOpKind::TryAcquire ||
           (Op.Kind == LockOpKind::Acquire && isOwnLocal(Facts, Op.Mutex));
  };
  if (llvm::none_of(Facts.LockOps, IsTested))
    return {};
  auto Drop = [](Lockset &S, const Place &Mutex) {
    llvm::erase_if(S, [&](const HeldLock &H) { return H.Mutex == Mutex; });
  };
  auto Apply = [&](Lockset &S, const Event &E) {
    if (E.Kind != EventKind::LockOp)
      return;
    const LockOp &Op = Facts.LockOps[E.Index];
    Place Mutex = resolve(P, F, Op.Mutex);
    Drop(S, Mutex);
    if (Mutex.known() && IsTested(Op)) {
      HeldLock L = lockOf(P, F, Op);
      L.Tried = true;
      S.push_back(std::move(L));
    }
  };
  std::vector<Lockset> In(Facts.Blocks.size());
  bool Again = true;
  for (unsigned Round = 0; Again && Round < 32; ++Round) {
    Again = false;
    for (size_t B = 0; B < Facts.Blocks.size(); ++B) {
      const Block &Each = Facts.Blocks[B];
      Lockset Out = In[B];
      for (const Event &E : Each.Events)
        Apply(Out, E);
      for (uint32_t I = 0; I < Each.Next.size(); ++I) {
        Lockset Along = Out;
        if (Each.Try < Facts.LockOps.size() && Each.TryTaken != I)
          Drop(Along, resolve(P, F, Facts.LockOps[Each.Try].Mutex));
        for (const HeldLock &H : Along)
          if (Lockset &Into = In[Each.Next[I]]; !llvm::is_contained(Into, H))
            Into.push_back(H), Again = true;
      }
    }
  }
  std::vector<std::vector<Lockset>> At(Facts.Blocks.size());
  for (size_t B = 0; B < Facts.Blocks.size(); ++B)
    for (const Event &E : Facts.Blocks[B].Events) {
      At[B].push_back(In[B]);
      Apply(In[B], E);
    }
  return At;
}

/// Where a lock is made ready, nobody else has the object that it is in.
void DisciplineWalk::findPrepared() {
  constexpr size_t Most = 8;
  Prepared.resize(P.Functions.size());
  for (FunctionId F = 0; F < P.Functions.size(); ++F)
    Perhaps.push_back(perhapsHeld(F));
  for (const std::vector<FunctionId> &Cycle : P.BottomUp)
    for (FunctionId F : Cycle) {
      std::vector<Place> &Out = Prepared[F];
      auto Add = [&](const Place &Mutex) {
        if (Mutex.known() && Out.size() < Most && !llvm::is_contained(Out, Mutex))
          Out.push_back(Mutex);
      };
      for (const LockOp &Op : P.facts(F).LockOps)
        if (Op.Kind == LockOpKind::Prepare)
          Add(resolve(P, F, Op.Mutex));
      for (uint32_t I = 0; I < P.facts(F).Calls.size(); ++I)
        for (const CallTarget &T : P.Functions[F].Targets[I])
          if (T.Callee != F && T.Certain)
            for (const Place &Mutex : Prepared[T.Callee])
              if (Mutex.Root != RootKind::Global)
                Add(translate(P, F, I, Mutex));
    }
}

/// The function ends threads that it has not started: what is done after that is done
/// alone, as far as the object goes.
void DisciplineWalk::findJoins() {
  Joins.resize(P.Functions.size());
  for (const std::vector<FunctionId> &Cycle : P.BottomUp)
    for (FunctionId F : Cycle)
      if (!P.Functions[F].Effects.MayLaunch)
        for (const Block &B : P.facts(F).Blocks)
          for (const Event &E : B.Events)
            if (joinsOthers(F, E))
              Joins.set(F);
}

bool DisciplineWalk::joinsOthers(FunctionId F, const Event &E) const {
  if (E.Kind == EventKind::Join)
    return P.facts(F).Joins[E.Index].Kind == JoinKind::Join;
  return E.Kind == EventKind::Call &&
         llvm::any_of(P.Functions[F].Targets[E.Index], [&](const CallTarget &T) {
           return T.Certain && T.Callee != F && Joins.test(T.Callee);
         });
}

/// By block: from which event on all waits are over. Empty when there are none.
std::vector<size_t> DisciplineWalk::afterJoins(FunctionId F) const {
  if (!Joins.test(F))
    return {};
  const std::vector<Block> &Blocks = P.facts(F).Blocks;
  std::vector<size_t> First(Blocks.size(), 0);
  // Whether a wait may have been before a block, and may come after it.
  llvm::BitVector Before(Blocks.size()), Later(Blocks.size());
  for (size_t B = 0; B < Blocks.size(); ++B)
    for (size_t E = 0; E < Blocks[B].Events.size(); ++E)
      if (joinsOthers(F, Blocks[B].Events[E]))
        First[B] = E + 1;
  for (bool Again = true; Again;) {
    Again = false;
    for (size_t B = 0; B < Blocks.size(); ++B)
      for (uint32_t N : Blocks[B].Next) {
        if ((First[B] || Before.test(B)) && !Before.test(N))
          Before.set(N), Again = true;
        if ((First[N] || Later.test(N)) && !Later.test(B))
          Later.set(B), Again = true;
      }
  }
  for (size_t B = 0; B < Blocks.size(); ++B)
    if (Later.test(B) || (!First[B] && !Before.test(B)))
      First[B] = Blocks[B].Events.size();
  return First;
}

/// A thread that the object keeps is started: one of its members, or by one of them.
bool DisciplineWalk::startsOwn(FunctionId F, const Event &E) const {
  auto IsMember = [&](const Place &What) {
    Place There = resolve(P, F, What);
    return There.Root == RootKind::This && There.Path.str().size() > 1;
  };
  if (E.Kind == EventKind::Launch)
    return IsMember(P.facts(F).Launches[E.Index].Handle);
  return E.Kind == EventKind::Call && IsMember(P.facts(F).Calls[E.Index].Object) &&
         llvm::any_of(P.Functions[F].Targets[E.Index],
                      [&](const CallTarget &T) { return P.Functions[T.Callee].Effects.MayLaunch; });
}

/// By block: up to which event no thread of the object may have been started. Empty
/// when the function starts none.
std::vector<size_t> DisciplineWalk::beforeStarts(FunctionId F) const {
  const std::vector<Block> &Blocks = P.facts(F).Blocks;
  if (P.facts(F).Class.empty() || !P.Functions[F].Effects.MayLaunch)
    return {};
  std::vector<size_t> Until;
  llvm::BitVector Before(Blocks.size()), Starts(Blocks.size());
  for (size_t B = 0; B < Blocks.size(); ++B) {
    auto First = llvm::find_if(Blocks[B].Events, [&](const Event &E) { return startsOwn(F, E); });
    Until.push_back(First - Blocks[B].Events.begin());
    if (First != Blocks[B].Events.end())
      Starts.set(B);
  }
  if (Starts.none())
    return {};
  for (bool Again = true; Again;) {
    Again = false;
    for (size_t B = 0; B < Blocks.size(); ++B)
      if (Starts.test(B) || Before.test(B))
        for (uint32_t N : Blocks[B].Next)
          if (!Before.test(N))
            Before.set(N), Again = true;
  }
  for (size_t B = 0; B < Blocks.size(); ++B)
    if (Before.test(B))
      Until[B] = 0;
  return Until;
}

/// The same is done where control goes the other way with a lock that need not be
/// there, as in `if (mutex) { lock_guard g(*mutex); add(); } else add();`: objects
/// without the lock are for one thread.
bool DisciplineWalk::isOtherArm(const DisciplineVisit &V, size_t Block, size_t Event) const {
  const ProgramFunction &PF = P.Functions[V.Function];
  if (PF.Held.empty())
    return false;
  const FunctionFacts &Facts = *PF.Facts;
  const heddle::Event &Here = Facts.Blocks[Block].Events[Event];
  auto Reaches = [&](size_t From, size_t To) { return reachedAfter(Facts, From).test(To); };
  auto IsSame = [&](const heddle::Event &There) {
    if (There.Kind != Here.Kind)
      return false;
    if (Here.Kind == EventKind::Access) {
      const Access &A = Facts.Accesses[Here.Index], &B = Facts.Accesses[There.Index];
      return A.Kind == B.Kind && A.What.known() && A.What == B.What;
    }
    const auto &Ours = PF.Targets[Here.Index], &Theirs = PF.Targets[There.Index];
    return Facts.Calls[Here.Index].Object == Facts.Calls[There.Index].Object && Ours.size() == 1 &&
           Theirs.size() == 1 && Ours[0].Callee == Theirs[0].Callee;
  };
  const Lockset &Held = locksAt(PF, Block, Event);
  auto IsOptional = [&](const HeldLock &L) {
    return L.Mutex.Path.str().count('*') > (L.Mutex.Root == RootKind::Global ? 0u : 1u) &&
           !llvm::is_contained(Held, L);
  };
  for (size_t B = 0; B < Facts.Blocks.size(); ++B)
    for (size_t E = 0; B != Block && E < Facts.Blocks[B].Events.size(); ++E)
      if (IsSame(Facts.Blocks[B].Events[E]) && llvm::any_of(locksAt(PF, B, E), IsOptional) &&
          !Reaches(B, Block) && !Reaches(Block, B))
        return true;
  return false;
}

} // namespace heddle
