/// The readable form of facts, for tests and for those who wonder why a finding
/// is there. Nothing reads it back; the JSON form is for programs.
#include "facts/listing.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

namespace heddle {
namespace {

class Listing {
public:
  Listing(const UnitFacts &U, llvm::raw_ostream &Out) : Out(Out) {
    for (const Variable &V : U.Variables)
      Names[V.Usr] = V.Name;
  }

  void function(const FunctionFacts &F) {
    Out << "function " << F.Name.str() << '\n';
    if (F.Incomplete)
      Out << "  incomplete: " << F.Incomplete.str() << '\n';
    for (const Binding &B : F.Bindings)
      Out << "  bind " << place(B.Pointer) << " -> " << place(B.Target) << '\n';
    for (const Place &P : F.Returns)
      Out << "  returns " << place(P) << '\n';
    for (size_t I = 0; I < F.Loops.size(); ++I)
      loop(F.Loops[I], I);
    for (size_t I = 0; I < F.Regions.Directives.size(); ++I)
      directive(F.Regions.Directives[I], I);
    steps(F, 0, F.Regions.Steps.size(), 2);
    for (size_t I = 0; I < F.Blocks.size(); ++I) {
      const Block &B = F.Blocks[I];
      Out << "  block " << I;
      llvm::StringRef Arrow = " -> ";
      for (uint32_t N : B.Next) {
        Out << Arrow << N;
        Arrow = ", ";
      }
      if (B.Loop != None)
        Out << " in loop " << B.Loop;
      if (B.Try != None)
        Out << " try " << place(F.LockOps[B.Try].Mutex) << " taken to " << B.Next[B.TryTaken];
      Out << '\n';
      for (const Event &E : B.Events) {
        Out << "    ";
        event(F, E);
        Out << '\n';
      }
    }
  }

private:
  std::string place(const Place &P) {
    Place Shown = P;
    if (auto It = Names.find(P.Name); It != Names.end())
      Shown.Name = It->second;
    if (P.Root == RootKind::Heap)
      Shown.Name = Symbol(P.Name.str().rsplit('/').second);
    return toString(Shown);
  }

  void places(llvm::ArrayRef<Place> All) {
    Out << '(';
    llvm::interleaveComma(All, Out, [&](const Place &P) { Out << place(P); });
    Out << ')';
  }

  template <class E> llvm::StringRef name(E Value) { return enumNames(Value)[size_t(Value)]; }

  void event(const FunctionFacts &F, const Event &E) {
    switch (E.Kind) {
    case EventKind::Access: {
      const Access &A = F.Accesses[E.Index];
      Out << name(A.Kind) << ' ' << place(A.What) << "  `" << A.Text.str() << '`';
      return;
    }
    case EventKind::LockOp: {
      const LockOp &L = F.LockOps[E.Index];
      Out << name(L.Kind) << ' ' << place(L.Mutex) << (L.Shared ? " shared" : "");
      return;
    }
    case EventKind::Sync: {
      const SyncOp &S = F.Syncs[E.Index];
      Out << name(S.Kind) << " on " << place(S.Object);
      return;
    }
    case EventKind::Call: {
      const Call &C = F.Calls[E.Index];
      Out << "call " << C.Name.str();
      if (C.Object.known())
        Out << " on " << place(C.Object);
      if (!C.Args.empty()) {
        Out << " with ";
        places(C.Args);
      }
      if (C.Virtual)
        Out << " virtual";
      if (C.ViaArgument)
        Out << " via argument";
      for (const Callable &K : C.Callables)
        Out << " handing over " << K.Name.str();
      for (const BlockingCall &B : F.Blocking)
        if (B.Call == E.Index)
          Out << " blocks: " << name(B.Category);
      return;
    }
    case EventKind::Launch: {
      const Launch &L = F.Launches[E.Index];
      Out << "launch " << name(L.Kind) << ' ' << L.EntryName.str();
      if (L.EntryParameter != None)
        Out << "parameter " << L.EntryParameter;
      if (L.Object.known())
        Out << " on " << place(L.Object);
      if (!L.Args.empty()) {
        Out << " with ";
        places(L.Args);
      }
      Out << " handle " << place(L.Handle);
      if (L.JoinsAtEnd)
        Out << " joins at end";
      if (L.Returned)
        Out << " returned";
      return;
    }
    case EventKind::Join: {
      const Join &J = F.Joins[E.Index];
      Out << name(J.Kind) << ' ' << place(J.Handle);
      return;
    }
    case EventKind::LifetimeEnd:
      Out << "end " << place(F.LifetimeEnds[E.Index].What);
      return;
    case EventKind::Allocation:
      Out << (F.Allocations[E.Index].Frees ? "delete" : "new");
      return;
    }
  }

  void affine(const Affine &A) {
    if (!A.Known) {
      Out << '?';
      return;
    }
    bool First = true;
    for (const Term &T : A.Terms) {
      auto It = Names.find(T.Variable);
      llvm::StringRef Name = It != Names.end()
                                 ? It->second.str()
                                 : T.Variable.str().rsplit('#').second.split('@').first;
      if (T.Variable.str() == ThreadNumber)
        Name = ThreadNumber;
      if (!First)
        Out << " + ";
      if (T.Coefficient != 1)
        Out << T.Coefficient << '*';
      Out << Name;
      First = false;
    }
    if (First)
      Out << A.Constant;
    else if (A.Constant)
      Out << (A.Constant > 0 ? " + " : " - ") << std::abs(A.Constant);
  }

  void loop(const Loop &L, size_t Number) {
    Out << "  loop " << Number << ' ' << name(L.Kind);
    if (L.Parent != None)
      Out << " in loop " << L.Parent;
    if (L.Index) {
      Out << ' ' << L.IndexName.str() << " from ";
      affine(L.Lower);
      Out << " to ";
      affine(L.Upper);
      if (L.Step != 1)
        Out << " by " << L.Step;
    }
    if (L.Trip)
      Out << " trip " << *L.Trip;
    if (L.EarlyExit.valid())
      Out << " leaves early";
    if (L.Unknown)
      Out << " unknown: " << L.Unknown.str();
    Out << '\n';
    for (const LoopScalar &S : L.Scalars) {
      Out << "    scalar " << S.Name.str() << ' ' << name(S.Use);
      if (S.Operator)
        Out << ' ' << S.Operator.str();
      Out << '\n';
    }
    for (const LoopAccess &A : L.Accesses) {
      Out << "    " << name(A.Kind) << ' ' << place(A.Base);
      for (const Affine &S : A.Subscripts) {
        Out << " [";
        affine(S);
        Out << ']';
      }
      if (A.Field)
        Out << ' ' << A.Field.str();
      if (A.Reduction)
        Out << " reduction " << A.Reduction.str();
      if (A.Distinct)
        Out << " distinct";
      Out << '\n';
    }
  }

  void directive(const Directive &D, size_t Number) {
    Out << "  directive " << Number << ' ' << name(D.Kind);
    if (D.Parent != None)
      Out << " in " << D.Parent;
    for (uint32_t L : D.Loops)
      Out << " of loop " << L;
    for (const Clause &C : D.Clauses)
      Out << ' ' << name(C.Kind) << '(' << C.Name.str() << ')';
    for (const Depend &I : D.Depends)
      Out << " depend(" << name(I.Kind) << ": " << I.What.Text.str() << ')';
    if (D.Schedule != ScheduleKind::Unset)
      Out << " schedule(" << name(D.Schedule) << ')';
    if (D.Critical)
      Out << " name " << D.Critical.str();
    if (D.SafeLength)
      Out << " safelen " << D.SafeLength;
    for (auto [Is, What] : {std::make_pair(D.Teams, " teams"),
                            {D.NoWait, " nowait"},
                            {D.Ordered, " ordered"},
                            {D.Single, " single"},
                            {D.Undeferred, " undeferred"},
                            {D.Mergeable, " mergeable"}})
      if (Is)
        Out << What;
    Out << '\n';
  }

  void guards(const std::vector<Guard> &All, bool Conditional) {
    for (const Guard &G : All) {
      Out << " if ";
      affine(G.Value);
      Out << (G.Kind == GuardKind::Zero      ? " == 0"
              : G.Kind == GuardKind::NonZero ? " != 0"
                                             : " > 0");
    }
    Out << (Conditional ? " sometimes" : "") << '\n';
  }

  void steps(const FunctionFacts &F, uint32_t Begin, uint32_t End, unsigned Indent) {
    const RegionFacts &R = F.Regions;
    for (uint32_t S = Begin; S < End; S = R.Steps[S].End) {
      const RegionStep &Step = R.Steps[S];
      Out.indent(2 * Indent) << name(Step.Kind);
      if (Step.Kind == RegionStepKind::Access) {
        const RegionAccess &A = R.Accesses[Step.Index];
        Out << ' ' << name(A.What.Kind) << ' ' << place(A.What.Base);
        for (const Affine &I : A.What.Subscripts) {
          Out << " [";
          affine(I);
          Out << ']';
        }
        if (A.What.Reduction)
          Out << " reduction " << A.What.Reduction.str();
        Out << (A.Atomic ? " atomic" : "");
        guards(A.Guards, A.Conditional);
        continue;
      }
      if (Step.Kind == RegionStepKind::Call)
        Out << ' ' << F.Calls[Step.Index].Name.str();
      else if (Step.Index != None)
        Out << ' ' << Step.Index;
      guards(Step.Guards, Step.Conditional);
      steps(F, S + 1, Step.End, Indent + 1);
    }
  }

  llvm::raw_ostream &Out;
  llvm::DenseMap<Symbol, Symbol> Names;
};

} // namespace

void printListing(const UnitFacts &U, llvm::raw_ostream &Out) {
  Listing L(U, Out);
  for (const UnitError &E : U.Errors)
    Out << "error " << E.Message << '\n';
  for (const FunctionFacts &F : U.Functions)
    L.function(F);
}

} // namespace heddle
