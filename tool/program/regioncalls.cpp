/// Calls in a region. A function that has directives of its own is walked into as
/// if it stood here, because its barriers and worksharing constructs belong to the
/// region; of any other, the effects that its summary lists are accesses here.
///
/// Example: `void add(int k) { #pragma omp critical  sum += k; }`, called in a
/// parallel region, is a write of sum in the critical section.
#include "program/build.h"
#include "program/judge.h"
#include "program/regionwalk.h"

namespace heddle {

namespace {

constexpr unsigned MaxDepth = 8;
constexpr size_t MaxFrames = 200;

Affine sum(const Affine &A, const Affine &B) {
  if (!A.Known || !B.Known || !A.Through.empty() || !B.Through.empty())
    return {};
  Affine R = A;
  if (__builtin_add_overflow(R.Constant, B.Constant, &R.Constant))
    return {};
  for (const Term &T : B.Terms) {
    auto It = llvm::find_if(R.Terms, [&](const Term &X) { return X.Variable == T.Variable; });
    if (It == R.Terms.end())
      R.Terms.push_back(T);
    else if (__builtin_add_overflow(It->Coefficient, T.Coefficient, &It->Coefficient))
      return {};
  }
  llvm::erase_if(R.Terms, [](const Term &T) { return T.Coefficient == 0; });
  llvm::sort(R.Terms, [](const Term &X, const Term &Y) { return X.Variable < Y.Variable; });
  return R;
}

bool contains(const Span &Outer, const Span &Inner) {
  return Outer.File == Inner.File &&
         std::tie(Outer.Line, Outer.Column) <= std::tie(Inner.Line, Inner.Column) &&
         std::tie(Inner.Line, Inner.Column) <= std::tie(Outer.EndLine, Outer.EndColumn);
}

} // namespace

Protections::Protections(const Program &P) {
  for (const ProgramFunction &F : P.Functions)
    for (const Directive &D : F.Facts->Regions.Directives)
      switch (D.Kind) {
      case DirectiveKind::Critical:
      case DirectiveKind::Atomic:
      case DirectiveKind::Ordered:
      case DirectiveKind::Single:
      case DirectiveKind::Master:
      case DirectiveKind::Task:
      case DirectiveKind::Parallel:
        ByFile[D.Body.File].push_back(&D);
        break;
      default:
        break;
      }
  Waiting.resize(P.Functions.size());
  auto Own = [&](FunctionId F) {
    const FunctionFacts &Facts = P.facts(F);
    Waits W;
    for (const Directive &D : Facts.Regions.Directives) {
      bool Outside = true;
      for (uint32_t K = D.Parent; K != None; K = Facts.Regions.Directives[K].Parent)
        Outside &= Facts.Regions.Directives[K].Kind != DirectiveKind::Parallel;
      bool Ends = D.Kind == DirectiveKind::Worksharing || D.Kind == DirectiveKind::Sections ||
                  D.Kind == DirectiveKind::Single;
      W.Barrier |= Outside && (D.Kind == DirectiveKind::Barrier || (Ends && !D.NoWait));
    }
    for (uint32_t S = 0; S < Facts.Regions.Steps.size(); ++S)
      W.Other |= Facts.Regions.Steps[S].Kind == RegionStepKind::Loop && spins(Facts, S);
    const Summary &E = P.function(F).Effects;
    W.Other |= !E.Acquired.empty() || !E.Released.empty();
    return W;
  };
  for (const std::vector<FunctionId> &Cycle : P.BottomUp) {
    Waits All;
    for (FunctionId F : Cycle) {
      Waits W = Own(F);
      for (const auto &Targets : P.function(F).Targets)
        for (const CallTarget &T : Targets)
          W.Barrier |= Waiting[T.Callee].Barrier, W.Other |= Waiting[T.Callee].Other;
      All.Barrier |= W.Barrier, All.Other |= W.Other;
    }
    for (FunctionId F : Cycle)
      Waiting[F] = All;
  }
}

llvm::SmallVector<const Directive *, 2> Protections::at(const Span &At) const {
  llvm::SmallVector<const Directive *, 2> Out;
  if (auto It = ByFile.find(At.File); It != ByFile.end())
    for (const Directive *D : It->second)
      if (contains(D->Body, At))
        Out.push_back(D);
  return Out;
}

uint32_t RegionWalk::enter(uint32_t Frame, uint32_t Call, FunctionId Callee) {
  auto [It, New] = FrameOf.try_emplace({Frame, Call, Callee}, Frames.size());
  if (!New)
    return It->second;
  uint32_t Id = Frames.size();
  RegionFrame New_{Callee, Frame, Call, Current, {}};
  Frames.push_back(New_);
  for (const Loop &L : P.facts(Callee).Loops) {
    if (Id == 0) {
      Frames[Id].Loops.push_back(&L);
      continue;
    }
    Loop &Copy = Copies.emplace_back();
    Copy.Kind = L.Kind;
    Copy.Index = rename(Id, L.Index);
    Copy.IndexName = L.IndexName;
    Copy.Lower = rename(Id, L.Lower);
    Copy.Upper = rename(Id, L.Upper);
    Copy.Step = L.Step;
    Copy.Trip = L.Trip;
    Copy.Locals = L.Locals;
    Frames[Id].Loops.push_back(&Copy);
  }
  return Id;
}

Symbol RegionWalk::rename(uint32_t Frame, Symbol Variable) const {
  if (Frame == 0 || Variable.empty())
    return Variable;
  llvm::StringRef Name = Variable.str();
  bool Own = Name.starts_with(facts(Frame).Usr.str()) || Name.starts_with("local ") ||
             Name.starts_with("parameter ") || Name.starts_with("this") ||
             Name.starts_with("result ");
  return Own ? Symbol((Name + FrameMark + llvm::Twine(Frame)).str()) : Variable;
}

Affine RegionWalk::rename(uint32_t Frame, const Affine &A) const {
  Affine R = A;
  for (Term &T : R.Terms)
    T.Variable = rename(Frame, T.Variable);
  llvm::sort(R.Terms, [](const Term &X, const Term &Y) { return X.Variable < Y.Variable; });
  return R;
}

std::vector<Guard> RegionWalk::rename(uint32_t Frame, const std::vector<Guard> &G) const {
  std::vector<Guard> Out = G;
  for (Guard &Each : Out)
    Each.Value = rename(Frame, Each.Value);
  return Out;
}

const LoopAccess *RegionWalk::given(uint32_t Frame, uint32_t Call, uint32_t Argument) const {
  const FunctionFacts &Facts = facts(Frame);
  auto Is = [&](const LoopArgument &A) {
    return A.Call == Call && A.Argument == Argument && !A.Value.Known && !A.Temporary;
  };
  for (const LoopArgument &A : Facts.Arguments)
    if (Is(A))
      return &A.What;
  for (const Loop &L : Facts.Loops)
    for (const LoopArgument &A : L.Arguments)
      if (Is(A))
        return &A.What;
  return nullptr;
}

Place RegionWalk::lift(uint32_t Frame, Place X) const {
  X = resolve(P, Frames[Frame].F, X);
  while (Frame != 0 && (X.Root == RootKind::Parameter || X.Root == RootKind::This)) {
    uint32_t Up = Frames[Frame].Parent;
    X = resolve(P, Frames[Up].F, translate(P, Frames[Up].F, Frames[Frame].Call, X));
    Frame = Up;
  }
  if (Frame != 0 && X.Root == RootKind::Local)
    X.Name = rename(Frame, X.Name);
  return X;
}

bool RegionWalk::settle(uint32_t Frame, LoopAccess &A) const {
  if (A.Base.Root == RootKind::Result)
    A = followReturned(P, Frames[Frame].F, std::move(A));
  for (Affine &S : A.Subscripts)
    S = rename(Frame, S);
  Place X = resolve(P, Frames[Frame].F, A.Base);
  while (Frame != 0 && (X.Root == RootKind::Parameter || X.Root == RootKind::This)) {
    llvm::StringRef Path = X.Path.str();
    if (!Path.consume_front("*"))
      return false;
    uint32_t Up = Frames[Frame].Parent, Call = Frames[Frame].Call;
    const LoopAccess *Given = given(Up, Call, X.Root == RootKind::This ? None : X.Index);
    if (!Given) {
      X = lift(Frame, X);
      Frame = 0;
      A.Subscripts.assign(1, {});
      break;
    }
    LoopAccess K = *Given;
    for (Affine &S : K.Subscripts)
      S = rename(Up, S);
    if (!walkPath(K, Path))
      return false;
    size_t Done = 0;
    if (!K.Subscripts.empty() && !A.Subscripts.empty() && K.Field.empty()) {
      K.Subscripts.back() = sum(K.Subscripts.back(), A.Subscripts.front());
      Done = 1;
    }
    K.Subscripts.insert(K.Subscripts.end(), A.Subscripts.begin() + Done, A.Subscripts.end());
    A.Subscripts = std::move(K.Subscripts);
    A.Field = Symbol((K.Field.str() + A.Field.str()).str());
    A.BaseText = K.BaseText;
    A.Distinct |= K.Distinct;
    X = resolve(P, Frames[Up].F, K.Base);
    Frame = Up;
  }
  if (Frame != 0 && X.Root == RootKind::Local)
    X.Name = rename(Frame, X.Name);
  // One element of an array that a pointer or a call stands for: which one is lost.
  if (llvm::StringRef Path = X.Path.str(); Path.contains('[')) {
    X.Path = Symbol(Path.take_front(Path.find('[')));
    A.Subscripts.assign(1, {});
  }
  A.Base = X;
  return X.known() && X.Root != RootKind::Result;
}

/// A guard gives its lock back at the end of its scope, where there is no call.
void RegionWalk::acquired(uint32_t Frame, const LockOp &L, const HeldLock &H) {
  const FunctionFacts &Facts = facts(Frame);
  const Span *End = nullptr;
  for (const LockOp &R : Facts.LockOps)
    if (R.Kind == LockOpKind::Release && L.At < R.At && lift(Frame, R.Mutex) == H.Mutex &&
        (!End || R.At < *End) &&
        llvm::none_of(Facts.Calls, [&](const Call &C) { return C.At == R.At; }))
      End = &R.At;
  if (End)
    Scopes[L.At] = *End;
  else
    Now.Perhaps.insert(H.Mutex);
}

/// Takes and gives back locks; false when the call does neither.
bool RegionWalk::lockCall(uint32_t Frame, const Call &C) {
  bool Found = false;
  for (const LockOp &L : facts(Frame).LockOps) {
    if (!(L.At == C.At) || L.Kind == LockOpKind::Prepare)
      continue;
    Found = true;
    HeldLock H;
    H.Mutex = lift(Frame, L.Mutex);
    H.Shared = L.Shared;
    H.Text = L.Text;
    H.At = L.At;
    if (L.Kind == LockOpKind::Release)
      Now.Perhaps.erase(H.Mutex);
    else
      acquired(Frame, L, H);
    if (L.Kind == LockOpKind::Release)
      llvm::erase_if(Now.Locks, [&](const HeldLock &O) {
        return O.Mutex == H.Mutex || !H.Mutex.known() || O.Text == H.Text;
      });
    else if (!llvm::is_contained(Now.Locks, H))
      Now.Locks.push_back(H);
    llvm::sort(Now.Locks);
  }
  return Found;
}

void RegionWalk::call(uint32_t Frame, uint32_t Step) {
  uint32_t Index = facts(Frame).Regions.Steps[Step].Index;
  const Call &C = facts(Frame).Calls[Index];
  if (lockCall(Frame, C))
    return;
  const auto &Targets = P.function(Frames[Frame].F).Targets[Index];
  if (Targets.size() != 1 || !Targets[0].Certain)
    return;
  FunctionId Callee = Targets[0].Callee;
  if (hasOrphans(P.facts(Callee))) {
    for (uint32_t K = Frame; K != None; K = Frames[K].Parent)
      if (Frames[K].F == Callee)
        return;
    if (Depth >= MaxDepth || Frames.size() >= MaxFrames) {
      Capped = true;
      return;
    }
    ++Depth;
    uint32_t Inner = enter(Frame, Index, Callee);
    const RegionStep &Here = facts(Frame).Regions.Steps[Step];
    std::vector<Guard> Saved = Outside, Mine = rename(Frame, Here.Guards);
    bool SavedUnclear = Unclear;
    Outside.insert(Outside.end(), Mine.begin(), Mine.end());
    Unclear |= Here.Conditional;
    steps(Inner, 0, P.facts(Callee).Regions.Steps.size());
    Outside = std::move(Saved);
    Unclear = SavedUnclear;
    --Depth;
    return;
  }
  for (size_t E = 0; E < P.function(Callee).Effects.Accesses.size(); ++E)
    effect(Frame, Step, Callee, E);
  if (Protected.Waiting[Callee].Barrier && Root != None)
    barrier((1u << 31) | (Frame << 20) | Step);
  Now.Spun |= Protected.Waiting[Callee].Other;
}

void RegionWalk::effect(uint32_t Frame, uint32_t Step, FunctionId Callee, size_t Index) {
  const RegionStep &Here = facts(Frame).Regions.Steps[Step];
  const Call &C = facts(Frame).Calls[Here.Index];
  const EffectAccess &E = P.function(Callee).Effects.Accesses[Index];
  if (!E.What.known() || E.What.Root == RootKind::Heap || E.What.Root == RootKind::Result)
    return;
  Point Q;
  Q.Write = E.Kind == AccessKind::Write || E.Kind == AccessKind::AtomicWrite;
  Q.Atomic = E.Kind == AccessKind::AtomicRead || E.Kind == AccessKind::AtomicWrite;
  for (const Directive *D : Protected.at(E.At))
    switch (D->Kind) {
    case DirectiveKind::Critical:
      Q.Criticals.push_back(D->Critical);
      break;
    case DirectiveKind::Atomic:
      Q.Atomic = true;
      break;
    default:
      return; // who executes it is not known here
    }
  Q.A.Kind = Q.Write ? AccessKind::Write : AccessKind::Read;
  Q.A.Text = E.Text;
  Q.A.Type = E.Type;
  Q.A.At = C.At;
  Q.Inside = E.At;
  Q.Callee = C.Name;
  Q.Conditional = Here.Conditional;
  Q.Guards = rename(Frame, Here.Guards);
  llvm::StringRef Path = E.What.Path.str();
  bool Through = E.What.Root == RootKind::Parameter || E.What.Root == RootKind::This;
  const LoopAccess *Given =
      Through && Path.consume_front("*")
          ? given(Frame, Here.Index, E.What.Root == RootKind::This ? None : E.What.Index)
          : nullptr;
  if (Given) {
    LoopAccess K = *Given;
    if (!walkPath(K, Path))
      return;
    Q.A.Base = K.Base, Q.A.Subscripts = K.Subscripts, Q.A.Field = K.Field;
    llvm::StringRef Text = K.Text.str();
    Text.consume_front("&");
    Q.A.Text = Symbol((Text + Path).str());
    Q.A.BaseText = K.BaseText, Q.A.Distinct = K.Distinct, Q.A.Rows = K.Rows;
  } else {
    Place Where = translate(P, Frames[Frame].F, Here.Index, E.What);
    if (!Where.known())
      return;
    llvm::StringRef Full = Where.Path.str();
    size_t Open = Full.find('[');
    Q.A.Base = Where;
    Q.A.Base.Path = Symbol(Full.take_front(Open));
    if (Open != llvm::StringRef::npos && !walkPath(Q.A, Full.drop_front(Open)))
      Q.A.Subscripts.assign(1, {});
  }
  Q.Name = Q.A.BaseText.empty() ? E.Text : Q.A.BaseText;
  if (Q.A.Base.Root == RootKind::Local) {
    uint32_t Owner = owner(Q.A.Base.Name, false, Frame, Current);
    bool Pointee = Q.A.Base.Path.str().contains('*');
    if (Pointee && ownMemory(Frame, Q.A.Base, Owner))
      return;
    if (!Pointee)
      Q.Owner = Owner;
    Q.Variable = Q.A.Base.Name;
  }
  if (Q.Write) {
    Written.insert(toString(Q.A.Base) + Q.A.Field.str().str());
    if (!Q.A.Base.Path.str().contains('*') &&
        (Q.A.Base.Root == RootKind::Local || Q.A.Base.Root == RootKind::Global))
      Written.insert(rename(Frame, Q.A.Base.Name).str().str());
  }
  if (!settle(Frame, Q.A))
    return;
  Lockset Saved = Now.Locks;
  for (HeldLock L : E.Held) {
    L.Mutex = lift(Frame, translate(P, Frames[Frame].F, Here.Index, L.Mutex));
    if (L.Mutex.known() && !llvm::is_contained(Now.Locks, L))
      Now.Locks.push_back(L);
  }
  for (const Place &D : E.Dropped) {
    Place Lost = lift(Frame, translate(P, Frames[Frame].F, Here.Index, D));
    llvm::erase_if(Now.Locks, [&](const HeldLock &H) { return H.Mutex == Lost; });
  }
  llvm::sort(Now.Locks);
  record({(uint64_t(Frame) << 32) | Step, Index + 1}, std::move(Q));
  Now.Locks = std::move(Saved);
}

} // namespace heddle
