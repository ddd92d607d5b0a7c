/// Calls as if their bodies stood in the loop. Where a function's facts describe
/// all that it touches, its accesses are taken over with their subscripts, the
/// parameters replaced by what the call hands over (array regions across calls:
/// Creusillet, Irigoin 1996, here by renaming, without a summary of sets).
///
/// Example: `void row(double *A, int N) { for (int J = 0; J < N; J++) A[J] = 0; }`
/// called as `row(&M[I][0], 10)` writes M[I][J] for J in [0, 10).
#include "facts/linear.h"
#include "program/build.h"
#include "program/judge.h"

namespace heddle {

namespace {

/// Functions that are nested in this way, and accesses of one that are kept.
constexpr size_t MaxNested = 6, MaxItems = 400;

bool isWrite(AccessKind K) { return K == AccessKind::Write || K == AccessKind::AtomicWrite; }

/// Renames what a callee says to what its caller says.
class Renaming {
public:
  /// For call C of In, when it goes to Callee.
  Renaming(const Program &P, FunctionId In, uint32_t C, FunctionId Callee)
      : P(P), From(P.facts(Callee)), To(P.facts(In)), Here(To.Calls[C]), In(In), C(C),
        Lambda(P.function(Callee).Parent != None) {}

  Affine affine(const Affine &A, llvm::ArrayRef<const Loop *> Inner) const {
    if (!A.Known || !A.Through.empty())
      return {};
    Affine Out = constantAffine(A.Constant);
    for (const Term &T : A.Terms) {
      Affine Value = constantAffine(1);
      for (Symbol Factor : factorsOf(T.Variable))
        Value = product(Value, value(Factor, Inner));
      Out = combine(Out, Value, T.Coefficient);
    }
    return Out;
  }

  const LoopArgument *argument(uint32_t Number) const {
    const auto &All = Here.Loop == None ? To.Arguments : To.Loops[Here.Loop].Arguments;
    for (const LoopArgument &A : All)
      if (A.Call == C && A.Argument == Number)
        return &A;
    return nullptr;
  }

private:
  Affine value(Symbol Variable, llvm::ArrayRef<const Loop *> Inner) const {
    Affine Same = variableAffine(Variable);
    if (llvm::any_of(Inner, [&](const Loop *L) { return L->Index == Variable; }))
      return Same;
    for (uint32_t K = 0; K < From.Fixed.size(); ++K)
      if (From.Fixed[K] == Variable) {
        const LoopArgument *A = argument(K);
        return A ? A->Value : Affine();
      }
    llvm::StringRef Name = Variable.str();
    if (Name.starts_with("global "))
      return Same;
    // A member of the object, or of what a parameter refers to.
    Place Member;
    if (Name.consume_front("this ")) {
      if (Lambda)
        return Same;
      Member = {RootKind::This, {}, 0, Symbol(Name)};
    } else if (Name.consume_front("parameter ")) {
      auto [Number, Path] = Name.split(' ');
      Member = {RootKind::Parameter, {}, 0, Symbol(Path)};
      if (Number.getAsInteger(10, Member.Index) || Member.Index >= From.Fixed.size() ||
          From.Fixed[Member.Index].empty())
        return {};
    }
    if (Member.known()) {
      Place There = translate(P, In, C, Member);
      bool One = There.known() && There.Root != RootKind::Result && !There.Path.str().contains('[');
      return One ? variableAffine(Symbol(toString(There))) : Affine();
    }
    if (const heddle::Variable *V = P.Variables.lookup(Variable); V && V->Static)
      return Same;
    // What a lambda captured is a variable of ours.
    bool Captured = Lambda && !isOwnLocal(From, {RootKind::Local, Variable, 0, {}}) &&
                    P.Variables.lookup(Variable);
    return Captured ? Same : Affine();
  }

  const Program &P;
  const FunctionFacts &From, &To;
  const Call &Here;
  FunctionId In;
  uint32_t C;
  bool Lambda;
};

/// The callee's access below the object that it was handed.
bool compose(LoopAccess &Out, const LoopAccess &Inner, bool Pointer, llvm::StringRef Path) {
  if (!walkPath(Out, Path))
    return false;
  llvm::ArrayRef<Affine> Rest = Inner.Subscripts;
  Out.More = Inner.More;
  // The first subscript counts from the element that the pointer points to.
  if (Pointer && Path.empty() && !Rest.empty()) {
    const Affine &First = Rest.front();
    bool Zero = First.Known && First.Terms.empty() && First.Constant == 0;
    if (Out.Subscripts.empty() || !Out.Field.empty()) {
      if (!Zero)
        return false;
    } else if (!Zero) {
      Affine &Last = Out.Subscripts.back();
      Last = combine(Last, First, 1);
    }
    Rest = Rest.drop_front();
  }
  if (!Rest.empty() && !Out.Field.empty())
    Out.Field = Symbol((Out.Field.str() + "[]").str());
  Out.Subscripts.insert(Out.Subscripts.end(), Rest.begin(), Rest.end());
  if (!Inner.Field.empty()) {
    if (Out.Subscripts.empty())
      Out.Base = extend(Out.Base, Inner.Field.str());
    else
      Out.Field = Symbol((Out.Field.str() + Inner.Field.str()).str());
  }
  return true;
}

} // namespace

llvm::SmallVector<uint32_t, 4> Judge::armsOf(FunctionId In, uint32_t Arm) {
  llvm::SmallVector<uint32_t, 4> Out;
  const std::vector<heddle::Arm> &All = P.facts(In).Arms;
  for (; Arm < All.size(); Arm = All[Arm].Parent) {
    if (In == F && (All[Arm].Loop == None ? L != None : !inside(All[Arm].Loop)))
      break;
    Out.push_back(armNumber(In, Arm));
  }
  llvm::sort(Out);
  return Out;
}

/// Every effect of the summary is one of the accesses taken over.
bool Judge::describesEffects(FunctionId G, const Region &R, const std::set<Span> &Expanded) {
  std::set<std::pair<Span, bool>> Known;
  for (const Item &I : R.Items)
    if (I.Callee.empty())
      Known.insert({I.A.At, isWrite(I.A.Kind)});
  for (const EffectAccess &E : P.function(G).Effects.Accesses) {
    if (E.What.Root == RootKind::Heap)
      continue;
    bool Write = isWrite(E.Kind);
    bool Found = E.Through.empty()
                     ? Known.count({E.At, Write}) || (!Write && Known.count({E.At, true}))
                     : Expanded.count(E.Through.front().At) != 0;
    if (!Found)
      return false;
  }
  return true;
}

const Judge::Region &Judge::regionOf(FunctionId G) {
  auto [It, New] = Regions.try_emplace(G);
  Region &R = It->second;
  if (!New || Expanding.size() >= MaxNested)
    return R;
  const FunctionFacts &Body = P.facts(G);
  const Summary &S = P.function(G).Effects;
  if (S.Capped || !S.Complete || S.WritesUnknown || Body.Coroutine || !Body.Incomplete.empty())
    return R;
  Expanding.push_back(G);
  auto Own = [&](const LoopAccess &A, llvm::SmallVector<const Loop *, 4> Inner) {
    if (isOwnLocal(Body, A.Base) && !A.Base.Path.str().contains('*'))
      return;
    Item I;
    I.A = A;
    I.Inner = std::move(Inner);
    I.Order = {A.Order};
    I.Arms = armsOf(G, A.Arm);
    followReturned(G, I);
    R.Items.push_back(std::move(I));
  };
  for (const LoopAccess &A : Body.Straight)
    Own(A, {});
  for (uint32_t K = 0; K < Body.Loops.size(); ++K) {
    llvm::SmallVector<const Loop *, 4> Inner;
    for (uint32_t X = K; X != None; X = Body.Loops[X].Parent)
      Inner.push_back(&Body.Loops[X]);
    std::reverse(Inner.begin(), Inner.end());
    for (const LoopAccess &A : Body.Loops[K].Accesses)
      Own(A, Inner);
  }
  std::set<Span> Expanded;
  bool Recursive = false;
  for (uint32_t C = 0; C < Body.Calls.size() && R.Items.size() <= MaxItems; ++C) {
    const auto &Targets = P.function(G).Targets[C];
    if (!Body.Calls[C].Order || Targets.empty())
      continue;
    bool All = true;
    for (const CallTarget &To : Targets) {
      // The summary of a recursive function does not tell its levels apart.
      Recursive |= llvm::is_contained(Expanding, To.Callee);
      All = All && lift(G, C, To.Callee, R.Items);
    }
    if (All)
      Expanded.insert(Body.Calls[C].At);
  }
  // The hidden begin() and end() of a range-for look at the container alone.
  std::vector<Item> Looks;
  for (const EffectAccess &E : S.Accesses) {
    auto Element = llvm::find_if(R.Items, [&](const Item &I) {
      return I.Callee.empty() && I.A.Base == E.What && !I.A.Container.empty();
    });
    if (E.Kind != AccessKind::Read || !E.Through.empty() || Element == R.Items.end())
      continue;
    Item I = *Element;
    I.Inner.clear();
    I.A.Subscripts.clear();
    I.A.Field = {};
    I.A.Kind = AccessKind::Read;
    I.A.Reduction = {};
    I.A.Structure = true;
    I.A.At = E.At;
    Looks.push_back(std::move(I));
  }
  R.Items.insert(R.Items.end(), Looks.begin(), Looks.end());
  Expanding.pop_back();
  R.Whole = !Recursive && R.Items.size() <= MaxItems && describesEffects(G, R, Expanded);
  return R;
}

Judge::Handed Judge::inCaller(FunctionId In, uint32_t C, FunctionId Callee,
                              llvm::ArrayRef<const Loop *> Inner, LoopAccess &A, bool &ByItself) {
  const FunctionFacts &From = P.facts(Callee);
  bool Lambda = P.function(Callee).Parent != None;
  Renaming Rename(P, In, C, Callee);
  for (Affine &S : A.Subscripts)
    S = Rename.affine(S, Inner);
  llvm::StringRef Path = A.Base.Path.str();
  switch (A.Base.Root) {
  case RootKind::Heap:
    return Handed::Own;
  case RootKind::Unknown:
  case RootKind::Result:
    return Handed::Unknown;
  case RootKind::Local:
    if (isOwnLocal(From, A.Base))
      return Path.contains('*') ? Handed::Unknown : Handed::Own;
    [[fallthrough]];
  case RootKind::Global:
    ByItself = true;
    return Handed::Over;
  case RootKind::Parameter:
    if (A.Base.Index >= From.Fixed.size() || From.Fixed[A.Base.Index].empty())
      return Handed::Unknown;
    [[fallthrough]];
  case RootKind::This:
    break;
  }
  bool This = A.Base.Root == RootKind::This;
  if (!Path.consume_front("*"))
    return Handed::Unknown;
  if (const LoopArgument *Given =
          Lambda && This ? nullptr : Rename.argument(This ? None : A.Base.Index)) {
    if (Given->Temporary)
      return Handed::Own;
    LoopAccess New = Given->What;
    if (!compose(New, A, Given->Pointer, Path))
      return Handed::Unknown;
    if (llvm::StringRef Text = New.BaseText.str();
        New.Base.Path.str().size() > Given->What.Base.Path.str().size())
      New.BaseText = Symbol((Text.consume_front("*") ? Text + "->" : Text + ".").str() +
                            New.Base.Path.str().rsplit('.').second.str());
    if (New.Container.empty())
      New.Container = A.Container;
    New.Rows |= A.Rows;
    A = std::move(New);
    return Handed::Over;
  }
  // What is handed over has a name at least.
  Place Where = translate(P, In, C, A.Base);
  if (!Where.known() || Where.Path.str().contains('['))
    return Handed::Unknown;
  if (!This)
    A.Subscripts.assign(A.Subscripts.size(), {});
  A.Base = Where;
  return Handed::Over;
}

/// `element(i)` that returns a reference is what the callee says that it is.
void Judge::followReturned(FunctionId In, Item &I) {
  for (unsigned Rounds = 0; I.A.Base.Root == RootKind::Result && Rounds < MaxNested; ++Rounds) {
    uint32_t C = I.A.Base.Index;
    llvm::StringRef Path = I.A.Base.Path.str();
    const auto &Targets = P.function(In).Targets;
    bool One = C < Targets.size() && Targets[C].size() == 1 && Targets[C].front().Certain &&
               Path.consume_front("*");
    const FunctionFacts *Callee = One ? &P.facts(Targets[C].front().Callee) : nullptr;
    if (!Callee || Callee->Returned.size() != 1 || !Callee->Returned.front().Base.known()) {
      // One of several, and which may change.
      I.A.Subscripts.assign(1, {});
      return;
    }
    LoopAccess Named = Callee->Returned.front();
    bool ByItself = I.ByItself;
    llvm::SmallVector<const Loop *, 4> Inner;
    if (inCaller(In, C, Targets[C].front().Callee, Inner, Named, ByItself) != Handed::Over ||
        !compose(Named, I.A, false, Path)) {
      I.A.Subscripts.assign(1, {});
      return;
    }
    if (Named.BaseText.empty())
      Named.BaseText = I.A.BaseText;
    Named.Text = I.A.Text, Named.Kind = I.A.Kind, Named.Type = I.A.Type, Named.At = I.A.At;
    Named.Reduction = I.A.Reduction, Named.Structure = I.A.Structure, Named.Part |= I.A.Part;
    Named.Order = I.A.Order, Named.Arm = I.A.Arm;
    I.A = std::move(Named);
    I.ByItself = ByItself;
  }
}

bool Judge::lift(FunctionId In, uint32_t C, FunctionId Callee, std::vector<Item> &Out) {
  if (llvm::is_contained(Expanding, Callee))
    return false;
  const Region &R = regionOf(Callee);
  if (!R.Whole)
    return false;
  const FunctionFacts &To = P.facts(In);
  const Call &Here = To.Calls[C];
  Renaming Rename(P, In, C, Callee);
  llvm::SmallVector<const Loop *, 4> Around;
  for (uint32_t K = Here.Loop; K != None && !(In == F && K == L); K = To.Loops[K].Parent)
    Around.push_back(&To.Loops[K]);
  std::reverse(Around.begin(), Around.end());
  llvm::SmallVector<uint32_t, 4> Arms = armsOf(In, Here.Arm);
  uint64_t Site = (uint64_t(1) << 32) + ++Sites;
  if (P.function(In).Targets[C].size() > 1) // one of several
    Arms.push_back(armNumber(Site, None));
  std::map<const Loop *, const Loop *> Copies;
  std::vector<Item> Lifted;
  for (const Item &I : R.Items) {
    Item New;
    New.Inner = Around;
    llvm::SmallVector<const Loop *, 4> Own;
    for (const Loop *K : I.Inner) {
      const Loop *&Copy = Copies[K];
      if (!Copy) {
        Loop X;
        X.Kind = K->Kind, X.Index = K->Index, X.IndexName = K->IndexName, X.Step = K->Step;
        X.Trip = K->Trip, X.EarlyExit = K->EarlyExit, X.Strided = K->Strided;
        X.Lower = Rename.affine(K->Lower, Own);
        X.Upper = Rename.affine(K->Upper, Own);
        Renamed.push_back(std::move(X));
        Copy = &Renamed.back();
      }
      Own.push_back(K);
      New.Inner.push_back(Copy);
    }
    LoopAccess A = I.A;
    New.ByItself = I.ByItself;
    switch (inCaller(In, C, Callee, I.Inner, A, New.ByItself)) {
    case Handed::Unknown:
      return false;
    case Handed::Own:
      continue;
    case Handed::Over:
      break;
    }
    New.A = A;
    A = I.A;
    New.A.Kind = A.Kind, New.A.Reduction = A.Reduction, New.A.Structure = A.Structure;
    New.A.Text = A.Text, New.A.Type = A.Type, New.A.Scalar = A.Scalar;
    New.A.At = Here.At;
    New.Callee = Here.Name;
    New.Order = {Here.Order};
    New.Order.append(I.Order.begin(), I.Order.end());
    New.Arms = Arms;
    for (uint32_t Each : I.Arms)
      New.Arms.push_back(armNumber(Site, Each));
    llvm::sort(New.Arms);
    Lifted.push_back(std::move(New));
  }
  Out.insert(Out.end(), Lifted.begin(), Lifted.end());
  return true;
}

} // namespace heddle
