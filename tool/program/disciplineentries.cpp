/// Where the walk of discipline.cpp enters: every function that others may call, with
/// no lock held, `main`, and what threads begin with.
///
/// Example: of a class in a header, a public method is entered, for anybody may call
/// it; a private one has the locks of its callers. When code outside of the class
/// calls a method with a lock held, these calls count. A class that is defined in a
/// source file and used there has no other users: all its callers are in sight. What
/// nobody calls in the file of `main` is called by nobody.
#include "program/build.h"
#include "program/disciplinewalk.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

DisciplineEntries::DisciplineEntries(const Program &P) : P(P) {
  size_t Count = P.Functions.size();
  HasMain.resize(P.Units.size());
  Addressed.resize(Count), Handed.resize(Count), Started.resize(Count);
  auto Mark = [&](llvm::BitVector &Set, uint32_t Unit, Symbol Usr) {
    if (P.Resolved)
      for (FunctionId F : P.Resolved->find(P, Unit, Usr))
        Set.set(F);
  };
  for (uint32_t U = 0; U < P.Units.size(); ++U) {
    Local.emplace_back(P.Units[U].LocalClasses.begin(), P.Units[U].LocalClasses.end());
    for (Symbol Usr : P.Units[U].Addressed)
      Mark(Addressed, U, Usr);
  }
  for (const Thread &T : P.Threads)
    if (T.Start && isOfProgram(T))
      Started.set(T.Entry);
  for (FunctionId F = 0; F < Count; ++F) {
    const ProgramFunction &PF = P.Functions[F];
    if (PF.Facts->Main)
      HasMain.set(PF.Unit);
    for (const Call &C : PF.Facts->Calls)
      for (const Callable &H : C.Callables)
        Mark(Handed, PF.Unit, H.Usr);
    if (isOfLocalClass(F) && PF.Facts->Overrides.empty() && isCalledFromOutside(F))
      Used.insert({PF.Unit, PF.Facts->Class});
  }
}

bool DisciplineEntries::isLocal(uint32_t Unit, Symbol Class) const {
  return !Class.empty() && Local[Unit].contains(Class);
}

bool DisciplineEntries::isOfLocalClass(FunctionId F) const {
  return isLocal(P.Functions[F].Unit, P.facts(F).Class);
}

bool DisciplineEntries::isCalled(FunctionId F) const {
  return llvm::any_of(P.Functions[F].Callers, [&](const auto &C) { return C.first != F; });
}

bool DisciplineEntries::isCalledFromOutside(FunctionId F) const {
  Symbol Class = P.facts(F).Class;
  return llvm::any_of(P.Functions[F].Callers, [&](const auto &C) {
    const ProgramFunction &Caller = P.Functions[outermost(P, C.first)];
    // A `main` without threads is one way to use a class, no more.
    bool Alone = Caller.Facts->Main && !Caller.Effects.MayLaunch;
    return Caller.Facts->Class != Class && !Alone;
  });
}

DisciplineEntry DisciplineEntries::of(FunctionId F) const {
  const ProgramFunction &PF = P.Functions[F];
  const FunctionFacts &Facts = *PF.Facts;
  if (PF.Parent != None)
    return DisciplineEntry::No;
  bool Called = isCalled(F);
  if (Facts.Constructor || Facts.Destructor)
    return Called ? DisciplineEntry::No : DisciplineEntry::Yes;
  // A free function that threads begin with is for that.
  if (Facts.Class.empty() && Started.test(F))
    return DisciplineEntry::No;
  // Called back by someone, or only by those who see to the lock.
  if (Handed.test(F) || (P.Apis && P.Apis->isNamedLocked(Facts.Name.str())))
    return DisciplineEntry::Perhaps;
  bool Internal = Facts.Link == Linkage::Internal;
  if (Facts.Class.empty()) {
    bool Dead = HasMain.test(PF.Unit) && !Addressed.test(F);
    return Facts.Main || (!Called && !Internal && !Dead) ? DisciplineEntry::Yes
                                                         : DisciplineEntry::No;
  }
  // By whom a member pointer is called, and with what, is not known.
  if (!Called && Addressed.test(F))
    return DisciplineEntry::Perhaps;
  if (Facts.Overrides.empty() && Used.contains({PF.Unit, Facts.Class}))
    return Called ? DisciplineEntry::No : DisciplineEntry::Perhaps;
  if (Facts.Visible == Visibility::Public && !Internal)
    return isCalledFromOutside(F) ? DisciplineEntry::No : DisciplineEntry::Yes;
  if (Called)
    return DisciplineEntry::No;
  // What a base class calls is for the base class to lock; a class that derives from
  // this one is no outsider.
  if (Facts.Visible != Visibility::Public)
    return Facts.Visible == Visibility::Private && Facts.Overrides.empty()
               ? DisciplineEntry::No
               : DisciplineEntry::Perhaps;
  return DisciplineEntry::Yes;
}

/// A `main` that starts threads, or what such a main has started: who runs at the
/// same time was looked at.
bool DisciplineEntries::isOfProgram(const Thread &T) const {
  const Thread *First = &T;
  for (unsigned Depth = 0; First->Parent != None && Depth < 64; ++Depth)
    First = &P.Threads[First->Parent];
  return !First->Start && P.facts(First->Entry).Main;
}

DisciplineVisit DisciplineWalk::outsideVisit(FunctionId F, bool Certain) const {
  const FunctionFacts &Facts = P.facts(F);
  DisciplineVisit V;
  V.Function = F;
  V.Early = Facts.Main;
  V.InProgram = Facts.Main && P.Functions[F].Effects.MayLaunch;
  V.Certain = Certain;
  V.Outside = Facts.Class.empty() && !Facts.Main;
  return V;
}

void DisciplineWalk::enterAll() {
  for (FunctionId F = 0; F < P.Functions.size(); ++F)
    if (DisciplineEntry E = Entries.of(F);
        E == DisciplineEntry::Perhaps || (E == DisciplineEntry::Yes && !Entries.isCalled(F)))
      visit(outsideVisit(F, E == DisciplineEntry::Yes));
  for (const Thread &T : P.Threads)
    if (T.Start) {
      DisciplineVisit V;
      V.Function = T.Entry;
      V.InProgram = Entries.isOfProgram(T);
      visit(std::move(V));
    }
}

/// After all others, so that what callers in sight do in the same way counts as theirs.
void DisciplineWalk::enterSupposed() {
  for (FunctionId F = 0; F < P.Functions.size(); ++F)
    if (Entries.isCalled(F) && Entries.of(F) == DisciplineEntry::Yes) {
      DisciplineVisit V = outsideVisit(F, /*Certain=*/true);
      V.Supposed = true;
      visit(std::move(V));
    }
}

/// Public methods that were seen on variables of their callers only: in tests, say.
void DisciplineWalk::enterForgotten() {
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    const FunctionFacts &Facts = P.facts(F);
    if (Facts.Class.empty() || Facts.Visible != Visibility::Public || Facts.Constructor ||
        Facts.Destructor || P.Functions[F].Parent != None)
      continue;
    if (Entries.hasAllCallers(F))
      continue;
    if (llvm::all_of(VisitsOf[F], [&](uint32_t V) { return Visits[V].OnLocal; }))
      visit(outsideVisit(F, /*Certain=*/true));
  }
}

} // namespace heddle
