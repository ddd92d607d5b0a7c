/// Names to things. A compile database holds several programs, so a name means
/// the definition in its own unit first; definitions with internal linkage stay
/// there; and strong definitions of one name in several units are different
/// things, which never meet unless a unit that only declares the name sees both.
///
/// Example: two tests each define `int counter` and `main`. The two variables
/// get different names (USR and "@" and the main file), so that a lock in one
/// test is no help to the other. The inline function that both include is one.
#include "program/build.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include <map>
#include <set>

namespace heddle {

namespace {

/// Applies Fn to every USR of a variable in the function.
template <class Fn> void forVariables(FunctionFacts &F, Fn Apply) {
  auto InPlace = [&](Place &P) {
    if (P.Root == RootKind::Global || P.Root == RootKind::Local)
      Apply(P.Name);
  };
  auto InAffine = [&](Affine &A) {
    for (Term &T : A.Terms)
      Apply(T.Variable);
  };
  auto InLoopAccess = [&](LoopAccess &A) {
    InPlace(A.Base);
    llvm::for_each(A.Subscripts, InAffine);
  };
  llvm::for_each(F.Straight, InLoopAccess);
  llvm::for_each(F.Returned, InLoopAccess);
  for (LoopArgument &A : F.Arguments)
    InLoopAccess(A.What), InAffine(A.Value);
  for (Binding &B : F.Bindings)
    InPlace(B.Pointer), InPlace(B.Target);
  for (Access &A : F.Accesses)
    InPlace(A.What), Apply(A.Member);
  for (LockOp &L : F.LockOps)
    InPlace(L.Mutex), Apply(L.Member);
  for (RequiredLock &L : F.Requires)
    InPlace(L.Mutex);
  for (Call &C : F.Calls) {
    InPlace(C.Object);
    llvm::for_each(C.Args, InPlace);
    llvm::for_each(C.Members, Apply);
    for (Callable &K : C.Callables)
      InPlace(K.Object);
  }
  for (BlockingCall &B : F.Blocking)
    InPlace(B.Releases), InPlace(B.On);
  for (Launch &L : F.Launches) {
    InPlace(L.Object);
    InPlace(L.Handle);
    llvm::for_each(L.Args, InPlace);
  }
  for (Join &J : F.Joins)
    InPlace(J.Handle);
  for (SyncOp &S : F.Syncs)
    InPlace(S.Object), InPlace(S.Counter);
  for (CounterStep &S : F.Steps)
    InPlace(S.Counter);
  llvm::for_each(F.Quotients, Apply);
  for (LifetimeEnd &E : F.LifetimeEnds)
    InPlace(E.What);
  llvm::for_each(F.Returns, InPlace);
  for (Loop &L : F.Loops) {
    Apply(L.Index);
    InAffine(L.Lower);
    InAffine(L.Upper);
    for (LoopScalar &S : L.Scalars)
      Apply(S.Variable);
    llvm::for_each(L.Accesses, InLoopAccess);
    for (LoopArgument &A : L.Arguments)
      InLoopAccess(A.What);
    llvm::for_each(L.Locals, Apply);
  }
  auto InGuards = [&](std::vector<Guard> &All) {
    for (Guard &G : All)
      InAffine(G.Value);
  };
  for (Directive &D : F.Regions.Directives) {
    for (Clause &C : D.Clauses)
      Apply(C.Variable);
    for (Depend &I : D.Depends)
      InLoopAccess(I.What);
    llvm::for_each(D.Locals, Apply);
  }
  for (RegionStep &S : F.Regions.Steps)
    InGuards(S.Guards);
  for (RegionAccess &A : F.Regions.Accesses) {
    InLoopAccess(A.What);
    Apply(A.Variable);
    InGuards(A.Guards);
    llvm::for_each(A.Extents, InAffine);
  }
}

/// What tells one variable from another with the same USR: where it is defined,
/// and the unit if that has a copy of its own.
using Identity = std::pair<Span, Symbol>;

Identity identityOf(const UnitFacts &U, const Variable &V) {
  bool Copied = V.Static && V.Link == Linkage::Internal;
  return {V.At, Copied ? U.MainFile : Symbol()};
}

bool defines(const Variable &V) { return V.Definition || !V.Static; }

/// Gives variables that share a USR, but are different, names of their own.
void separateVariables(Program &P, Names &N) {
  llvm::DenseMap<Symbol, llvm::SmallVector<std::pair<Identity, Symbol>, 1>> Known;
  for (const UnitFacts &U : P.Units)
    for (const Variable &V : U.Variables) {
      if (!defines(V))
        continue;
      auto &Seen = Known[V.Usr];
      Identity Id = identityOf(U, V);
      if (llvm::none_of(Seen, [&](const auto &S) { return S.first == Id; }))
        Seen.push_back({Id, U.MainFile});
    }
  N.Renamed.resize(P.Units.size());
  for (size_t I = 0; I < P.Units.size(); ++I) {
    UnitFacts &U = P.Units[I];
    llvm::DenseMap<Symbol, Symbol> &Renamed = N.Renamed[I];
    for (Variable &V : U.Variables) {
      auto It = Known.find(V.Usr);
      if (It == Known.end())
        continue;
      if (It->second.size() < 2 || !defines(V))
        continue;
      const auto *Mine = llvm::find_if(
          It->second, [Id = identityOf(U, V)](const auto &S) { return S.first == Id; });
      Symbol New((V.Usr.str() + "@" + Mine->second.str()).str());
      Renamed[V.Usr] = New;
      V.Usr = New;
    }
    if (Renamed.empty())
      continue;
    for (FunctionFacts &F : U.Functions)
      forVariables(F, [&](Symbol &S) {
        if (auto It = Renamed.find(S); It != Renamed.end())
          S = It->second;
      });
  }
  for (const UnitFacts &U : P.Units)
    for (const Variable &V : U.Variables) {
      auto [It, New] = P.Variables.try_emplace(V.Usr, &V);
      if (!New && V.Definition && !It->second->Definition)
        It->second = &V;
    }
}

/// Takes out what refers to nothing: facts may come from a file of anyone's.
void repair(FunctionFacts &F) {
  for (Block &B : F.Blocks) {
    llvm::erase_if(B.Events, [&](const Event &E) { return E.Index >= countOf(F, E.Kind); });
    llvm::erase_if(B.Next, [&](uint32_t N) { return N >= F.Blocks.size(); });
    if (B.Try >= F.LockOps.size())
      B.Try = None;
    if (B.Loop >= F.Loops.size())
      B.Loop = None;
  }
  llvm::erase_if(F.Blocking, [&](const BlockingCall &B) { return B.Call >= F.Calls.size(); });
  auto Reset = [](uint32_t &I, size_t Size) {
    if (I >= Size)
      I = None;
  };
  for (size_t I = 0; I < F.Arms.size(); ++I) {
    Reset(F.Arms[I].Parent, I);
    Reset(F.Arms[I].Loop, F.Loops.size());
  }
  for (Call &C : F.Calls) {
    Reset(C.Loop, F.Loops.size());
    Reset(C.TryLoop, F.Loops.size());
  }
  llvm::erase_if(F.Arguments, [&](const LoopArgument &A) { return A.Call >= F.Calls.size(); });
  for (size_t L = 0; L < F.Loops.size(); ++L) {
    // Numbered from outside to inside, so there are no rings.
    if (F.Loops[L].Parent >= L)
      F.Loops[L].Parent = None;
    llvm::erase_if(F.Loops[L].Calls, [&](uint32_t C) { return C >= F.Calls.size(); });
    llvm::erase_if(F.Loops[L].Arguments, [&](const LoopArgument &A) {
      return A.Call != None && A.Call >= F.Calls.size();
    });
  }
}

/// Equal text of equal name is one function, also when a file is compiled twice.
using FunctionKey = std::tuple<Symbol, Span, Symbol>;

} // namespace

llvm::SmallVector<FunctionId, 1> Names::find(const Program &P, uint32_t Unit, Symbol Usr) const {
  if (auto It = Own[Unit].find(Usr); It != Own[Unit].end())
    return {It->second};
  llvm::SmallVector<FunctionId, 1> Found;
  auto It = External.find(Usr);
  if (It == External.end())
    return Found;
  for (FunctionId F : It->second)
    if (uint32_t Other = P.Functions[F].Unit; !(HasMain[Unit] && HasMain[Other]))
      Found.push_back(F);
  // What a test program defines in the place of the real thing.
  auto StandsIn = [&](FunctionId F) { return HasMain[P.Functions[F].Unit]; };
  if (!llvm::all_of(Found, StandsIn))
    llvm::erase_if(Found, StandsIn);
  return Found;
}

Names mergeUnits(Program &P) {
  llvm::sort(P.Units, [](const UnitFacts &A, const UnitFacts &B) {
    return std::tie(A.MainFile, A.CommandDigest) < std::tie(B.MainFile, B.CommandDigest);
  });
  for (UnitFacts &U : P.Units)
    llvm::for_each(U.Functions, repair);
  Names N;
  separateVariables(P, N);
  N.Own.resize(P.Units.size());
  N.HasMain.resize(P.Units.size());
  std::map<FunctionKey, FunctionId> Known;
  for (uint32_t U = 0; U < P.Units.size(); ++U) {
    const UnitFacts &Unit = P.Units[U];
    llvm::DenseMap<Symbol, const FunctionFacts *> ByUsr;
    for (const FunctionFacts &F : Unit.Functions) {
      ByUsr.try_emplace(F.Usr, &F);
      N.HasMain[U] = N.HasMain[U] || F.Main;
    }
    for (const FunctionFacts &F : Unit.Functions) {
      // A lambda is as much one thing as the function it is written in.
      const FunctionFacts *Root = &F;
      for (unsigned Depth = 0; Root->Parent && Depth < 64; ++Depth) {
        auto It = ByUsr.find(Root->Parent);
        if (It == ByUsr.end())
          break;
        Root = It->second;
      }
      bool Internal = Root->Link == Linkage::Internal;
      FunctionKey Key{F.Usr, F.Body, Internal ? Unit.MainFile : Symbol()};
      auto [It, New] = Known.try_emplace(Key, FunctionId(P.Functions.size()));
      bool Named = N.Own[U].try_emplace(F.Usr, It->second).second;
      if (!New)
        continue;
      ProgramFunction &PF = P.Functions.emplace_back();
      PF.Facts = &F;
      PF.Unit = U;
      if (Root->Link != Linkage::Internal && Named)
        N.External[F.Usr].push_back(It->second);
      for (Symbol O : F.Overrides)
        N.Overriders[O].push_back(It->second);
    }
  }
  for (ProgramFunction &PF : P.Functions)
    if (PF.Facts->Parent)
      if (auto It = N.Own[PF.Unit].find(PF.Facts->Parent); It != N.Own[PF.Unit].end())
        PF.Parent = It->second;
  return N;
}

FunctionId outermost(const Program &P, FunctionId F) {
  for (unsigned Depth = 0; P.Functions[F].Parent != None && Depth < 64; ++Depth)
    F = P.Functions[F].Parent;
  return F;
}

bool isWithin(const Program &P, FunctionId Inner, FunctionId Outer) {
  for (unsigned Depth = 0; Inner != None && Depth < 64; ++Depth) {
    if (Inner == Outer)
      return true;
    Inner = P.Functions[Inner].Parent;
  }
  return false;
}

bool isOwnLocal(const FunctionFacts &F, const Place &What) {
  if (What.Root != RootKind::Local)
    return false;
  return What.Name.str().rsplit('#').first == F.Usr.str();
}

bool Program::complete() const {
  return llvm::all_of(Units, [](const UnitFacts &U) { return U.Errors.empty(); });
}

} // namespace heddle
