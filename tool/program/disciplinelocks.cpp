/// What a function says about locks besides those it must hold: which a guard may
/// hold, and which it makes ready or ends.
///
/// Example: after `if (busy || guard.try_lock())` the guard may have its lock, and an
/// access there is no evidence of a missing one.
#include "program/disciplinewalk.h"

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
    if (Mutex.known() && IsTested(Op))
      S.push_back({Mutex, Op.Shared, Op.Text, Op.At, /*Tried=*/true});
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

} // namespace heddle
