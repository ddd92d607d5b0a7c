/// What the walk of discipline.cpp yields: one MemberUse for each member, with equal
/// accesses once. Arrays and references are joined to the member that they belong to,
/// and each access learns which locks its object can have.
///
/// Example: `{This *.v[]}` is known as "C .v" only; another access to `v` itself has
/// told that this is the member c:@S@C@FI@v.
#include "program/conflicts.h"
#include "program/disciplinewalk.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

/// A member of a base class has the locks of the class that its object is of.
void DisciplineWalk::findOwnLocks(MemberUse &Use) const {
  std::map<Symbol, llvm::DenseSet<Symbol>> ClassesWith;
  for (const MemberAccess &A : Use.Accesses)
    for (const MemberLock &L : A.Locks)
      if (L.Side == LockSide::Own)
        ClassesWith[L.Path].insert(A.Owner);
  Symbol Declared(llvm::StringRef(Use.Name).split(' ').first.rsplit("@FI@").first);
  for (MemberAccess &A : Use.Accesses)
    for (const auto &[Path, Classes] : ClassesWith)
      if (Classes.contains(A.Owner) || Classes.contains(Declared) || Names.hasLock(A.Owner, Path) ||
          Names.hasLock(Declared, Path))
        A.Has.push_back(Path);
}

std::vector<MemberUse> DisciplineWalk::finish() {
  // Arrays, containers and references are known by class and path only, where
  // another access gives the name of the member.
  for (auto It = Found.begin(); It != Found.end();) {
    auto Same = KeyOfPath.find(It->first);
    if (Same == KeyOfPath.end()) {
      ++It;
      continue;
    }
    auto &Into = Found[Same->second].Use.Accesses;
    auto &From = It->second.Use.Accesses;
    std::move(From.begin(), From.end(), std::back_inserter(Into));
    It = Found.erase(It);
  }
  std::map<Symbol, std::vector<MemberLock>> Declared;
  for (const UnitFacts &U : P.Units)
    for (const GuardedMember &G : U.Guarded) {
      MemberLock L;
      bool Own = G.Mutex.Root == RootKind::This;
      L.Side = Own                                ? LockSide::Own
               : G.Mutex.Root == RootKind::Global ? LockSide::Fixed
                                                  : LockSide::Other;
      llvm::StringRef Path = G.Mutex.Path.str();
      L.Path = Own ? Symbol(Path.drop_front(std::min<size_t>(1, Path.size())))
                   : Symbol((G.Mutex.Name.str() + " " + Path).str());
      L.Text = G.Text;
      auto &All = Declared[G.Member];
      if (!G.Pointee && llvm::none_of(All, [&](const MemberLock &O) { return O.same(L); }))
        All.push_back(L);
    }
  std::vector<MemberUse> Out;
  std::map<Span, llvm::DenseSet<size_t>> MembersUnder;
  for (auto &[Id, E] : Found) {
    const std::string &Key = Id.first;
    MemberUse &Use = E.Use;
    Use.Name = Key;
    if (auto It = Declared.find(Symbol(llvm::StringRef(Key).split(' ').first));
        It != Declared.end() && llvm::StringRef(Key).count('.') <= 1)
      Use.Declared = It->second;
    if (Use.Declared.empty() &&
        llvm::all_of(Use.Accesses, [](const MemberAccess &A) { return A.Locks.empty(); }))
      continue;
    auto KeyOf = [](const MemberAccess &A) {
      return std::make_tuple(A.Named, A.At, A.Write, A.Escapes, A.Certain, A.Judged, A.Setup);
    };
    llvm::stable_sort(Use.Accesses, [&](const MemberAccess &A, const MemberAccess &B) {
      return std::make_tuple(KeyOf(A), A.Through.size()) <
             std::make_tuple(KeyOf(B), B.Through.size());
    });
    auto SameLocks = [](const MemberAccess &A, const MemberAccess &B) {
      return std::equal(A.Locks.begin(), A.Locks.end(), B.Locks.begin(), B.Locks.end(),
                        [](const MemberLock &L, const MemberLock &O) {
                          return L.same(O) && L.Shared == O.Shared;
                        });
    };
    std::vector<MemberAccess> Kept;
    for (MemberAccess &A : Use.Accesses) {
      for (const MemberLock &L : A.Locks)
        MembersUnder[L.At].insert(Out.size());
      if (llvm::none_of(
              Kept, [&](const MemberAccess &O) { return KeyOf(O) == KeyOf(A) && SameLocks(O, A); }))
        Kept.push_back(std::move(A));
    }
    Use.Accesses = std::move(Kept);
    findOwnLocks(Use);
    Out.push_back(std::move(Use));
  }
  for (MemberUse &Use : Out)
    for (MemberAccess &A : Use.Accesses)
      for (MemberLock &L : A.Locks)
        L.Alone = L.At.valid() && MembersUnder[L.At].size() == 1;
  return Out;
}

std::vector<Span> racingAccesses(const Program &P) {
  std::vector<Span> Out;
  Races Known(P);
  const std::vector<ThreadAccess> &All = P.SharedAccesses;
  for (size_t Begin = 0, End; Begin < All.size(); Begin = End) {
    for (End = Begin; End < All.size() && All[End].What == All[Begin].What;)
      ++End;
    for (size_t I = Begin; I < End; ++I)
      for (size_t J = I; J < End; ++J)
        if (All[I].Certain && All[J].Certain &&
            (Known.of(All[I], All[J]).How != Meeting::Never ||
             Known.of(All[J], All[I]).How != Meeting::Never))
          Out.push_back(All[I].At), Out.push_back(All[J].At);
  }
  llvm::sort(Out);
  Out.erase(std::unique(Out.begin(), Out.end()), Out.end());
  return Out;
}

} // namespace heddle
