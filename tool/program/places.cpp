/// What pointers point to, and one function's places in terms of another. A
/// binding says that a pointer holds the address of an object; `resolve` follows
/// bindings as long as the target is unique. A call replaces the callee's
/// parameters and `this` by what the call hands over. Both are flow-insensitive
/// and find one name for an object, not all: where a pointer may have several
/// targets the place stays as it is written.
///
/// Example: `struct Guard { std::mutex &M; Guard(std::mutex &m) : M(m) {
/// M.lock(); } ~Guard() { M.unlock(); } };` binds {This *.M} to {Parameter 0 *}.
/// `Guard g(mu)` makes that {g.M} -> mu for the caller, so the unlock in the
/// destructor, {This *.M*} there and {g.M*} here, is of mu.
#include "program/contexts.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace heddle {

namespace {

/// Rewrites of one place, and nested look-ups, before it is left as it is.
constexpr unsigned MaxRewrites = 16, MaxDepth = 6;
/// Bindings that a function exports to its callers.
constexpr size_t MaxExported = 32;

Place unknown(llvm::StringRef Why) { return {RootKind::Unknown, Symbol(Why), 0, {}}; }

Place resolveIn(const Program &P, FunctionId F, Place What, unsigned Depth);

Place translateIn(const Program &P, FunctionId Caller, uint32_t CallIndex, const Place &InCallee,
                  unsigned Depth) {
  const ProgramFunction &PF = P.Functions[Caller];
  if (CallIndex >= PF.Facts->Calls.size())
    return unknown("no such call");
  const Call &C = PF.Facts->Calls[CallIndex];
  llvm::StringRef Rest = InCallee.Path.str();
  Place Here;
  switch (InCallee.Root) {
  case RootKind::Unknown:
  case RootKind::Result:
    return unknown("returned in the callee");
  case RootKind::Global:
  case RootKind::Heap:
    Here = InCallee;
    break;
  case RootKind::Local:
    for (const CallTarget &T : PF.Targets[CallIndex])
      if (isOwnLocal(P.facts(T.Callee), InCallee))
        return unknown("a local of the callee");
    Here = InCallee;
    break;
  case RootKind::Parameter:
    if (InCallee.Index >= C.Args.size() || !Rest.consume_front("*"))
      return unknown("not handed over");
    Here = further(C.Args[InCallee.Index], Rest);
    break;
  case RootKind::This: {
    if (!InCallee.Name.empty()) { // captured, on its way to the method it belongs to
      Here = InCallee;
      if (P.facts(outermost(P, Caller)).Usr == InCallee.Name)
        Here.Name = {};
      break;
    }
    FunctionId Callee = PF.Targets[CallIndex].size() == 1 ? PF.Targets[CallIndex][0].Callee : None;
    if (Callee != None && P.Functions[Callee].Parent != None) {
      FunctionId Method = outermost(P, Callee);
      Here = InCallee;
      if (outermost(P, Caller) != Method)
        Here.Name = P.facts(Method).Usr;
      break;
    }
    if (!Rest.consume_front("*"))
      return unknown("not handed over");
    Here = further(C.Object, Rest);
    break;
  }
  }
  return Here.known() ? resolveIn(P, Caller, Here, Depth + 1) : Here;
}

/// One step of resolve; false when nothing is known.
bool rewrite(const Program &P, FunctionId F, Place &What, unsigned Depth) {
  const ProgramFunction &PF = P.Functions[F];
  if (What.Root == RootKind::Result) {
    llvm::StringRef Rest = What.Path.str();
    if (What.Index >= PF.Targets.size() || PF.Targets[What.Index].size() != 1 ||
        !Rest.consume_front("*") || Depth >= MaxDepth)
      return false;
    const Summary &S = P.Functions[PF.Targets[What.Index][0].Callee].Effects;
    if (S.Returns.size() != 1)
      return false;
    Place To = further(translateIn(P, F, What.Index, S.Returns[0], Depth), Rest);
    if (!To.known())
      return false;
    What = To;
    return true;
  }
  auto Follow = [&](const PointsTo &B, bool (*Usable)(const Place &)) {
    const PointsTo::Bound *Found = B.find(What);
    if (!Found || !Found->Target.known() || !Usable(Found->Target))
      return false;
    Place To = further(Found->Target, What.Path.str().drop_front(Found->Path.str().size() + 1));
    if (!To.known() || To == What)
      return false;
    What = To;
    return true;
  };
  if (Follow(PF.Bound, [](const Place &) { return true; }))
    return true;
  if (What.Root == RootKind::This && What.Name.empty()) {
    const FunctionFacts &Method = P.facts(outermost(P, F));
    auto It = P.ClassBound.find(Method.Class);
    return It != P.ClassBound.end() &&
           Follow(It->second, [](const Place &T) { return T.Root == RootKind::This; });
  }
  return Follow(P.Bound, [](const Place &T) {
    return T.Root == RootKind::Global || T.Root == RootKind::Local || T.Root == RootKind::Heap;
  });
}

Place resolveIn(const Program &P, FunctionId F, Place What, unsigned Depth) {
  if (!What.known() || Depth >= MaxDepth)
    return What;
  llvm::SmallVector<Place, MaxRewrites> Seen{What};
  for (unsigned I = 0; I < MaxRewrites; ++I) {
    Place Before = What;
    if (!rewrite(P, F, What, Depth))
      return What;
    // A pointer that runs along a structure is bound to itself, further on.
    if (llvm::is_contained(Seen, What))
      return Before;
    Seen.push_back(What);
  }
  return Seen.front();
}

/// `p = p->next` names no new object.
bool isStepAlong(const Place &Pointer, const Place &Target) {
  return rootOf(Pointer) == rootOf(Target) &&
         Target.Path.str().starts_with((Pointer.Path.str() + "*").str());
}

class Pointers {
public:
  explicit Pointers(Program &P) : P(P) {}

  void run() {
    for (const std::vector<FunctionId> &Cycle : P.BottomUp)
      for (unsigned Round = 0; Round < (Cycle.size() > 1 ? 2 : 1); ++Round)
        for (FunctionId F : Cycle)
          collect(F);
    publish();
    // Returned places once more, now that members and globals are known too.
    for (const std::vector<FunctionId> &Cycle : P.BottomUp)
      for (FunctionId F : Cycle)
        returns(F);
  }

private:
  void collect(FunctionId F) {
    ProgramFunction &PF = P.Functions[F];
    PF.Bound.ByRoot.clear();
    const FunctionFacts &Facts = *PF.Facts;
    for (const Binding &B : Facts.Bindings)
      add(F, B.Pointer, outdated(Facts, B) ? unknown("what a pointer was before") : B.Target);
    for (uint32_t I = 0; I < Facts.Calls.size(); ++I)
      for (const CallTarget &T : PF.Targets[I])
        for (const Binding &B : P.Functions[T.Callee].Effects.Bindings)
          if (Place Pointer = translateIn(P, F, I, B.Pointer, 0); Pointer.known())
            add(F, Pointer, translateIn(P, F, I, B.Target, 0));
    returns(F);
    exported(F);
  }

  /// After `old = p; p = q;` what old points to is not what p points to any more.
  static bool outdated(const FunctionFacts &Facts, const Binding &B) {
    bool OfVariable = B.Target.Root == RootKind::Local || B.Target.Root == RootKind::Parameter;
    if (!OfVariable || !B.Target.Path.str().starts_with("*"))
      return false;
    Place Variable = rootOf(B.Target);
    return llvm::any_of(Facts.Bindings, [&](const Binding &Later) {
      // What a range-for declares stands in one place, or before what it needs.
      bool After = &B < &Later && B.At.File == Later.At.File &&
                   std::tie(B.At.Line, B.At.Column) < std::tie(Later.At.Line, Later.At.Column);
      return After && Later.Pointer == Variable && !isStepAlong(Variable, Later.Target);
    });
  }

  void add(FunctionId F, const Place &Pointer, const Place &Target) {
    if (!Pointer.known() || isStepAlong(Pointer, Target))
      return;
    PointsTo &B = P.Functions[F].Bound;
    // Globals belong to everyone: publish() looks at all functions.
    if (Pointer.Root == RootKind::Global) {
      Globals.push_back({F, Pointer, Target});
      return;
    }
    // A parameter that is given another value was still handed over first.
    if ((Pointer.Root == RootKind::Parameter || Pointer.Root == RootKind::This) &&
        Pointer.Path.empty())
      return;
    B.add(Pointer, Target);
    if (Place Normal = resolveIn(P, F, Pointer, 1); !(Normal == Pointer))
      B.add(Normal, Target);
  }

  void returns(FunctionId F) {
    std::vector<Place> &Out = P.Functions[F].Effects.Returns;
    Out.clear();
    for (const Place &R : P.facts(F).Returns)
      if (Place To = resolveIn(P, F, R, 0); !isOwnLocal(P.facts(F), To))
        Out.push_back(To);
      else
        Out.push_back(unknown("a local"));
    llvm::sort(Out);
    Out.erase(std::unique(Out.begin(), Out.end()), Out.end());
  }

  void exported(FunctionId F) {
    ProgramFunction &PF = P.Functions[F];
    std::vector<Binding> &Out = PF.Effects.Bindings;
    Out.clear();
    for (const auto &[Root, Bounds] : PF.Bound.ByRoot) {
      if (Root.Root != RootKind::This && Root.Root != RootKind::Parameter)
        continue;
      for (const PointsTo::Bound &B : Bounds) {
        Place Target = resolveIn(P, F, B.Target, 1);
        if (isOwnLocal(*PF.Facts, Target) || Target.Root == RootKind::Result)
          Target = unknown("not known to the caller");
        Place Pointer = Root;
        Pointer.Path = B.Path;
        Out.push_back({Pointer, Target, {}});
      }
    }
    llvm::sort(Out, [](const Binding &A, const Binding &B) {
      return std::tie(A.Pointer, A.Target) < std::tie(B.Pointer, B.Target);
    });
    if (Out.size() > MaxExported)
      Out.resize(MaxExported);
  }

  /// Bindings that hold beyond one function: of named objects, and of members
  /// within one object of a class.
  void publish() {
    // Nothing is looked up in what is being filled: the order must not matter.
    PointsTo Everywhere;
    llvm::DenseMap<Symbol, PointsTo> InClass;
    for (FunctionId F = 0; F < P.Functions.size(); ++F) {
      Symbol Class = P.facts(outermost(P, F)).Class;
      for (const auto &[Root, Bounds] : P.Functions[F].Bound.ByRoot)
        for (const PointsTo::Bound &B : Bounds) {
          Place Pointer = Root;
          Pointer.Path = B.Path;
          Place Target = resolveIn(P, F, B.Target, 1);
          bool Named = Root.Root == RootKind::Local || Root.Root == RootKind::Heap;
          if (Named && B.One.known()) {
            Everywhere.add(Pointer, resolveIn(P, F, B.One, 1));
            Everywhere.add(Pointer, resolveIn(P, F, B.Other, 1));
          } else if (Named)
            Everywhere.add(Pointer, Target);
          else if (Root.Root == RootKind::This && Root.Name.empty() && !Class.empty())
            InClass[Class].add(Pointer, Target.Root == RootKind::This ? Target : unknown(""));
        }
    }
    for (const auto &G : Globals) {
      Place Target = resolveIn(P, G.F, G.Target, 1);
      bool Absolute = Target.Root == RootKind::Global || Target.Root == RootKind::Heap ||
                      (Target.Root == RootKind::Local && !isStepAlong(G.Pointer, Target));
      Everywhere.add(G.Pointer, Absolute ? Target : unknown("not one object"));
    }
    P.Bound = std::move(Everywhere);
    P.ClassBound = std::move(InClass);
  }

  struct GlobalBinding {
    FunctionId F;
    Place Pointer, Target;
  };

  Program &P;
  std::vector<GlobalBinding> Globals;
};

} // namespace

Place further(const Place &Base, llvm::StringRef Rest) {
  if (!Base.known() || Rest.empty())
    return Base;
  auto Steps = [](llvm::StringRef Path) {
    return llvm::count_if(Path, [](char C) { return C == '*' || C == '.' || C == '['; });
  };
  if (size_t(Steps(Base.Path.str()) + Steps(Rest)) > MaxSteps)
    return unknown("a long chain of pointers");
  return extend(Base, Rest);
}

void PointsTo::add(const Place &Pointer, const Place &Target) {
  for (Bound &B : ByRoot[rootOf(Pointer)])
    if (B.Path == Pointer.Path) {
      if (B.Target == Target || B.One == Target || B.Other == Target)
        return;
      bool Second = B.Target.known() && Target.known();
      B.One = Second ? B.Target : Place();
      B.Other = Second ? Target : Place();
      B.Target = unknown("several targets");
      return;
    }
  ByRoot[rootOf(Pointer)].push_back({Pointer.Path, Target});
}

const PointsTo::Bound *PointsTo::find(const Place &What) const {
  auto It = ByRoot.find(rootOf(What));
  if (It == ByRoot.end())
    return nullptr;
  llvm::StringRef Path = What.Path.str();
  const Bound *Longest = nullptr;
  size_t Length = 0;
  for (const Bound &B : It->second) {
    llvm::StringRef Prefix = B.Path.str();
    if (Path.size() <= Prefix.size() || !Path.starts_with(Prefix) || Path[Prefix.size()] != '*')
      continue;
    if (!Longest || Prefix.size() > Length)
      Longest = &B, Length = Prefix.size();
  }
  return Longest;
}

void bindPointers(Program &P) { Pointers(P).run(); }

llvm::SmallVector<Choice, 2> choices(const Program &P, const Place &What) {
  const PointsTo::Bound *B = P.Bound.find(What);
  if (!B || !B->One.known())
    return {};
  Place Pointer = rootOf(What);
  Pointer.Path = B->Path;
  auto Named = [](const Place &T) {
    return T.Root == RootKind::Global || T.Root == RootKind::Local || T.Root == RootKind::Heap;
  };
  if (!Named(B->One) || !Named(B->Other))
    return {};
  return {{Pointer, B->One}, {Pointer, B->Other}};
}

Place choose(const Choice &C, const Place &What) {
  llvm::StringRef Path = What.Path.str();
  if (!(rootOf(What) == rootOf(C.Pointer)) || !Path.consume_front(C.Pointer.Path.str()) ||
      !Path.consume_front("*"))
    return What;
  return further(C.Target, Path);
}

Place resolve(const Program &P, FunctionId F, const Place &What) {
  return resolveIn(P, F, What, 0);
}

Place translate(const Program &P, FunctionId Caller, uint32_t CallIndex, const Place &InCallee) {
  return translateIn(P, Caller, CallIndex, InCallee, 0);
}

} // namespace heddle
