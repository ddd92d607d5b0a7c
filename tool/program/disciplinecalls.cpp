/// How the walk of discipline.cpp goes from a caller to a callee: which locks are held
/// there and what they are called, which objects are nobody else's, and what a helper
/// without a lock of its own does to the objects it is handed.
///
/// Example: `void add() { lock_guard g(mu_); list_.grow(); }` visits grow with the lock
/// {Unknown}, and notes what it does to {This *.list_} as done in add, under mu_.
#include "program/disciplinewalk.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

bool startsWith(const Place &Mutex, const Place &Object, llvm::StringRef &Rest) {
  if (!Object.known() || !(rootOf(Mutex) == rootOf(Object)))
    return false;
  Rest = Mutex.Path.str();
  if (!Rest.consume_front(Object.Path.str()))
    return false;
  return Rest.empty() || Rest.front() == '.' || Rest.front() == '*' || Rest.front() == '[';
}

/// What the locks of the caller are called in the callee.
Lockset DisciplineWalk::locksFor(uint32_t V, uint32_t Index, FunctionId Callee,
                                 const Lockset &Held) const {
  FunctionId F = Visits[V].Function;
  const Call &C = P.facts(F).Calls[Index];
  bool Lambda = P.Functions[Callee].Parent != None;
  Lockset Out;
  auto Add = [&](const HeldLock &L, Place Mutex) {
    HeldLock Named = L;
    Named.Mutex = std::move(Mutex);
    if (!Named.Mutex.known())
      Named.Shared = false;
    Out.push_back(std::move(Named));
  };
  for (const HeldLock &L : Held) {
    if (!L.Mutex.known() || L.Mutex.Root == RootKind::Global) {
      Add(L, L.Mutex);
      continue;
    }
    bool Named = false;
    if (Lambda && outermost(P, F) == outermost(P, Callee)) {
      Add(L, L.Mutex);
      Named = true;
    } else if (Lambda) {
      // A wrapper that locks, and calls what it was handed: named where it was called.
      for (const auto &[Outer, At] : P.Functions[F].Callers)
        if (!Named && outermost(P, Outer) == outermost(P, Callee))
          if (Place There = translate(P, Outer, At, L.Mutex); There.known())
            Add(L, There), Named = true;
    } else {
      llvm::StringRef Rest;
      if (startsWith(L.Mutex, resolve(P, F, C.Object), Rest)) {
        Add(L, further({RootKind::This, {}, 0, Symbol("*")}, Rest));
        Named = true;
      }
      for (uint32_t I = 0; I < C.Args.size(); ++I)
        if (startsWith(L.Mutex, resolve(P, F, C.Args[I]), Rest)) {
          Add(L, further({RootKind::Parameter, {}, I, Symbol("*")}, Rest));
          Named = true;
        }
    }
    if (!Named)
      Add(L, {});
  }
  llvm::sort(Out);
  Out.erase(std::unique(Out.begin(), Out.end()), Out.end());
  return Out;
}

void DisciplineWalk::call(uint32_t V, uint32_t Index, const Lockset &Held, DisciplineMoment When) {
  const DisciplineVisit Here = Visits[V];
  FunctionId F = Here.Function;
  const Call &C = P.facts(F).Calls[Index];
  for (const CallTarget &T : P.Functions[F].Targets[Index]) {
    const FunctionFacts &Callee = P.facts(T.Callee);
    DisciplineVisit Next;
    Next.Function = T.Callee;
    Next.Early = When.Early;
    Next.InProgram = Here.InProgram;
    Next.Setup = Here.Setup || When.Setup;
    Next.Certain = Here.Certain && T.Certain && When.Certain;
    Next.Outside = Here.Outside;
    Next.Supposed = Here.Supposed;
    Next.From = V;
    Next.FromAt = C.At;
    RootBits Lifted = 0;
    auto Classify = [&](const Place &Handed, RootBits Bit, bool Locks) {
      Place O = resolve(P, F, Handed);
      if (O.Root == RootKind::Heap && Handed.Root == RootKind::Global)
        O = Handed;
      if (isOwned(Here, O)) {
        Next.Owned |= Bit;
        if (Bit == OwnThis && O.Root == RootKind::Local && O.Path.empty())
          Next.OnLocal = true;
        return;
      }
      llvm::StringRef Path = O.Path.str();
      bool Whole = Path == "*" || O.Root == RootKind::Result;
      if (Whole || Locks)
        return;
      Lifted |= Bit;
      // A part of the object: accounted for with the object.
      size_t Star = Path.rfind('*');
      bool Part = O.Root == RootKind::Global ? Star == llvm::StringRef::npos
                                             : Star == 0 || Star == llvm::StringRef::npos;
      if (Part)
        Next.Owned |= Bit;
    };
    if (P.Functions[T.Callee].Parent != None)
      Next.Owned = ownedAround(V, T.Callee);
    else {
      if (!Callee.Class.empty())
        Classify(C.Object, OwnThis, Names.locksItself(Callee.Class));
      for (uint32_t I = 0; I < C.Args.size() && I < 63; ++I)
        Classify(C.Args[I], RootBits(1) << I, /*Locks=*/false);
    }
    if (Callee.Constructor || Callee.Destructor)
      Lifted &= ~OwnThis;
    if (Lifted && !When.Early && When.Certain && T.Certain)
      lift(V, Index, T.Callee, Held, Lifted);
    Next.Locks = locksFor(V, Index, T.Callee, Held);
    visit(std::move(Next));
  }
}

/// What the function that the lambda is written in owns, where it is still running:
/// the lambda may be called by way of others.
RootBits DisciplineWalk::ownedAround(uint32_t V, FunctionId Lambda) const {
  for (unsigned Depth = 0; V != None && Depth < MaxHops; ++Depth, V = Visits[V].From)
    if (outermost(P, Visits[V].Function) == outermost(P, Lambda))
      return Visits[V].Owned;
  return 0;
}

/// Made by code that has no lock of its own for it, and by way of no guess.
bool DisciplineWalk::isCertain(const EffectAccess &A) const {
  FunctionId In = Names.functionAt(A.At);
  if (In == None || P.facts(In).Constructor || P.facts(In).Destructor)
    return false;
  if (Names.locksItself(Names.classOf(In)) &&
      llvm::any_of(P.facts(In).Accesses, [&](const Access &Own) {
        return Own.At == A.At && Own.What.Root == RootKind::This;
      }))
    return false;
  return llvm::all_of(A.Through, [&](const Hop &H) {
    const FunctionFacts &Facts = P.facts(H.In);
    for (size_t I = 0; I < Facts.Calls.size(); ++I)
      if (Facts.Calls[I].At == H.At && P.Functions[H.In].Targets[I].size() > 1)
        return false;
    return true;
  });
}

/// What the callee does to the objects it is handed, as done here.
void DisciplineWalk::lift(uint32_t V, uint32_t Index, FunctionId Callee, const Lockset &Held,
                          RootBits Roots) {
  FunctionId F = Visits[V].Function;
  for (const EffectAccess &A : P.Functions[Callee].Effects.Accesses) {
    if (A.Kind != AccessKind::Read && A.Kind != AccessKind::Write)
      continue;
    // A captured `this` travels on as it is.
    if (!(rootBit(A.What) & Roots) || (A.What.Root == RootKind::This && !A.What.Name.empty()))
      continue;
    if (!isCertain(A))
      continue;
    Place What = translate(P, F, Index, A.What);
    Lockset Locks = Held;
    for (const Place &D : A.Dropped)
      if (Place Here = translate(P, F, Index, D); Here.known())
        llvm::erase_if(Locks, [&](const HeldLock &H) { return H.Mutex == Here; });
    for (const HeldLock &L : A.Held)
      Locks.push_back(lockHere(P, F, Index, L));
    MemberAccess Out;
    Out.Write = A.Kind == AccessKind::Write;
    Out.At = A.At;
    Out.Named = P.facts(F).Calls[Index].At;
    Out.Text = A.Text;
    Out.Through.push_back({F, Out.Named});
    for (const Hop &H : A.Through)
      if (Out.Through.size() < MaxHops)
        Out.Through.push_back(H);
    note(V, What, A.Member, std::move(Out), Locks);
  }
}

} // namespace heddle
