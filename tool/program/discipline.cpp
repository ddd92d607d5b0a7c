/// Accesses to members with the locks that must be held, callers counted. Every
/// function that outsiders may call is entered with no lock, and calls are followed
/// with the locks that are held at them: once per set of locks. So a private method
/// has the locks of its callers, and one that is called both ways shows both.
///
/// Example: `void add() { lock_guard g(mu_); addLocked(); }` visits addLocked with
/// {This *.mu_}; when `void grow() { addLocked(); }` is public too, a second time
/// with nothing.
///
/// Objects that are nobody else's say nothing about discipline: locals, what was
/// just allocated, the object that a constructor makes or a destructor ends. Nor do
/// the steps of `main` before it starts the first thread. A method is not entered
/// from outside when code outside of its class calls it: then these calls count.
/// What a helper without a lock of its own does to objects it is handed, is taken
/// from its summary and named where the caller hands it over.
#include "program/disciplinewalk.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

/// Sets of locks that a function is visited with; more add nothing new.
constexpr size_t MaxVisitsOfOne = 12;
constexpr RootBits ThisBit = RootBits(1) << 63;

bool isWrite(AccessKind K) { return K == AccessKind::Write; }

/// Mutex is Object, or reached from it: what follows then.
bool startsWith(const Place &Mutex, const Place &Object, llvm::StringRef &Rest) {
  if (!Object.known() || !(rootOf(Mutex) == rootOf(Object)))
    return false;
  Rest = Mutex.Path.str();
  if (!Rest.consume_front(Object.Path.str()))
    return false;
  return Rest.empty() || Rest.front() == '.' || Rest.front() == '*' || Rest.front() == '[';
}

llvm::BitVector reachable(const FunctionFacts &F) {
  llvm::BitVector Seen(F.Blocks.size());
  llvm::SmallVector<uint32_t, 16> Work;
  if (!F.Blocks.empty())
    Seen.set(0), Work.push_back(0);
  while (!Work.empty())
    for (uint32_t N : F.Blocks[Work.pop_back_val()].Next)
      if (!Seen.test(N))
        Seen.set(N), Work.push_back(N);
  return Seen;
}

Span spanOf(const FunctionFacts &F, const Event &E) {
  switch (E.Kind) {
  case EventKind::Access:
    return F.Accesses[E.Index].At;
  case EventKind::Call:
    return F.Calls[E.Index].At;
  default:
    return {};
  }
}

bool isBefore(const Span &A, const Span &B) {
  return A.File == B.File && std::tie(A.Line, A.Column) < std::tie(B.Line, B.Column);
}

void extendSpan(LockedSpans &Spans, const HeldLock &L, const Span &At) {
  auto It = llvm::find_if(Spans, [&](const LockedSpan &S) { return S.Lock.Mutex == L.Mutex; });
  if (It == Spans.end()) {
    Spans.push_back({L, At, At});
    return;
  }
  if (isBefore(At, It->First))
    It->First = At;
  if (isBefore(It->Last, At))
    It->Last = At;
}

/// The function takes a lock in the object.
bool locksIn(const ProgramFunction &F, const Place &Object) {
  llvm::StringRef Rest;
  for (const auto &Block : F.Held)
    for (const Lockset &Held : Block)
      for (const HeldLock &L : Held)
        if (startsWith(L.Mutex, Object, Rest))
          return true;
  return false;
}

/// As the source spells it, unless that is a macro, or the parameter of a helper.
Symbol nameFor(const Program &P, const Place &What, Symbol Text) {
  llvm::StringRef Path = What.Path.str().take_front(What.Path.str().find('['));
  llvm::StringRef Last = Path.rsplit('.').second;
  while (Last.consume_back("*"))
    ;
  if (Last.empty() && What.Root == RootKind::Global)
    if (auto V = P.Variables.find(What.Name); V != P.Variables.end())
      Last = V->second->Name.str().rsplit(':').second.empty()
                 ? V->second->Name.str()
                 : V->second->Name.str().rsplit(':').second;
  return Last.empty() || Text.str().contains(Last) ? Text : Symbol(Last);
}

} // namespace

bool DisciplineWalk::isCalledFromOutside(FunctionId F) const {
  Symbol Class = P.facts(F).Class;
  return llvm::any_of(P.Functions[F].Callers, [&](const auto &C) {
    const ProgramFunction &Caller = P.Functions[outermost(P, C.first)];
    // A `main` without threads is one way to use a class, no more.
    bool Alone = Caller.Facts->Main && !Caller.Effects.MayLaunch;
    return Caller.Facts->Class != Class && !Alone;
  });
}

void DisciplineWalk::enter(FunctionId F, bool Early, RootBits Owned) {
  DisciplineVisit V;
  V.Function = F;
  V.Early = Early;
  V.Owned = Owned;
  V.Outside = P.facts(F).Class.empty() && !P.facts(F).Main;
  visit(std::move(V));
}

void DisciplineWalk::enterAll() {
  llvm::DenseSet<Symbol> Handed;
  for (const ProgramFunction &PF : P.Functions)
    for (const Call &C : PF.Facts->Calls)
      for (const Callable &H : C.Callables)
        Handed.insert(H.Usr);
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    const ProgramFunction &PF = P.Functions[F];
    const FunctionFacts &Facts = *PF.Facts;
    if (PF.Parent != None)
      continue;
    bool Called = llvm::any_of(PF.Callers, [&](const auto &C) { return C.first != F; });
    if (Facts.Constructor || Facts.Destructor) {
      if (!Called)
        enter(F, false, ThisBit);
    } else if (Handed.contains(Facts.Usr) || (P.Apis && P.Apis->isNamedLocked(Facts.Name.str()))) {
      // Called back by someone, or only by those who see to the lock.
      DisciplineVisit V;
      V.Function = F;
      V.Certain = false;
      visit(std::move(V));
    } else if (Facts.Class.empty()) {
      if (Facts.Main || (!Called && Facts.Link != Linkage::Internal))
        enter(F, Facts.Main, 0);
    } else if (Facts.Visible == Visibility::Public && Facts.Link != Linkage::Internal
                   ? !isCalledFromOutside(F)
                   : !Called && (Facts.Visible != Visibility::Private || !Facts.Overrides.empty()))
      enter(F, false, 0);
  }
  for (const Thread &T : P.Threads)
    if (T.Start) {
      DisciplineVisit V;
      V.Function = T.Entry;
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
    if (llvm::all_of(VisitsOf[F], [&](uint32_t V) { return Visits[V].OnLocal; }))
      enter(F, false, 0);
  }
}

void DisciplineWalk::visit(DisciplineVisit V) {
  const FunctionFacts &Facts = P.facts(V.Function);
  for (const RequiredLock &R : Facts.Requires)
    if (Place Mutex = resolve(P, V.Function, R.Mutex); Mutex.known())
      V.Locks.push_back({Mutex, R.Shared, R.Text, {}, false});
  for (uint32_t I : Facts.Consumed)
    V.Owned |= rootBit({RootKind::Parameter, {}, I, {}});
  if (Facts.Constructor || Facts.Destructor)
    V.Owned |= ThisBit;
  V.Certain &= !Facts.Unchecked && !(P.Apis && P.Apis->isNamedLockFree(Facts.Name.str()));
  llvm::sort(V.Locks);
  V.Locks.erase(std::unique(V.Locks.begin(), V.Locks.end()), V.Locks.end());
  auto &Known = VisitsOf[V.Function];
  for (uint32_t I : Known)
    if (Visits[I].Locks == V.Locks && Visits[I].Owned == V.Owned && Visits[I].Early == V.Early &&
        Visits[I].Certain == V.Certain && Visits[I].Outside == V.Outside)
      return;
  if (Known.size() >= MaxVisitsOfOne)
    return;
  Known.push_back(Visits.size());
  Visits.push_back(std::move(V));
}

void DisciplineWalk::work() {
  for (; Done < Visits.size(); ++Done)
    process(Done);
}

Lockset DisciplineWalk::heldAt(const DisciplineVisit &V, size_t Block, size_t Event) const {
  const ProgramFunction &PF = P.Functions[V.Function];
  Lockset Out = V.Locks;
  if (!PF.Released.empty() && !Out.empty())
    for (const Place &R : PF.Released[Block][Event])
      llvm::erase_if(Out, [&](const HeldLock &H) { return H.Mutex == R; });
  for (const HeldLock &H : locksAt(PF, Block, Event))
    if (H.Mutex.known())
      Out.push_back(H);
  if (const auto &Maybe = Perhaps[V.Function]; !Maybe.empty())
    for (const HeldLock &H : Maybe[Block][Event])
      if (llvm::none_of(Out, [&](const HeldLock &O) { return O.Mutex == H.Mutex; }))
        Out.push_back(H);
  return Out;
}

void DisciplineWalk::process(uint32_t Index) {
  const DisciplineVisit V = Visits[Index];
  const ProgramFunction &PF = P.Functions[V.Function];
  const FunctionFacts &Facts = *PF.Facts;
  llvm::BitVector Reached = reachable(Facts), Launched(Facts.Blocks.size());
  auto Launches = [&](const Event &E) {
    return E.Kind == EventKind::Launch ||
           (E.Kind == EventKind::Call && llvm::any_of(PF.Targets[E.Index], [&](const auto &T) {
              return P.Functions[T.Callee].Effects.MayLaunch;
            }));
  };
  // Whether something may have been started when a block is entered.
  bool Again = V.Early;
  while (Again) {
    Again = false;
    for (size_t B = 0; B < Facts.Blocks.size(); ++B)
      if (Launched.test(B) || llvm::any_of(Facts.Blocks[B].Events, Launches))
        for (uint32_t N : Facts.Blocks[B].Next)
          if (!Launched.test(N))
            Launched.set(N), Again = true;
  }
  LockedSpans Spans;
  for (size_t B = 0; B < Facts.Blocks.size(); ++B)
    for (size_t E = 0; E < Facts.Blocks[B].Events.size(); ++E)
      if (Span At = spanOf(Facts, Facts.Blocks[B].Events[E]); At.valid() && Reached.test(B))
        for (const HeldLock &L : heldAt(V, B, E))
          extendSpan(Spans, L, At);
  for (size_t B = 0; B < Facts.Blocks.size(); ++B) {
    if (!Reached.test(B))
      continue;
    bool Early = V.Early && !Launched.test(B);
    for (size_t E = 0; E < Facts.Blocks[B].Events.size(); ++E) {
      const Event &Ev = Facts.Blocks[B].Events[E];
      if (Ev.Kind == EventKind::Access && !Early)
        access(Index, Facts.Accesses[Ev.Index], heldAt(V, B, E), Spans);
      if (Ev.Kind == EventKind::Call)
        call(Index, Ev.Index, heldAt(V, B, E), Early);
      Early &= !Launches(Ev);
    }
  }
  if (!V.Early)
    escapes(Index);
}

bool DisciplineWalk::isOwned(const DisciplineVisit &V, const Place &What) const {
  for (const Place &Mutex : Prepared[V.Function]) {
    size_t Star = Mutex.Path.str().rfind('*');
    if (Star == llvm::StringRef::npos || !(rootOf(Mutex) == rootOf(What)))
      continue;
    if (What.Path.str().starts_with(Mutex.Path.str().take_front(Star + 1)))
      return true;
  }
  switch (What.Root) {
  case RootKind::Unknown:
  case RootKind::Heap:
    return true;
  case RootKind::Local:
    // What a local points to is somebody's; nobody knows whose.
    return true;
  case RootKind::This:
  case RootKind::Parameter:
    return V.Owned & rootBit(What);
  case RootKind::Global:
  case RootKind::Result:
    return false;
  }
  return true;
}

void DisciplineWalk::access(uint32_t V, const Access &A, const Lockset &Held,
                            const LockedSpans &Spans) {
  if (A.Kind != AccessKind::Read && A.Kind != AccessKind::Write)
    return;
  Place What = resolve(P, Visits[V].Function, A.What);
  // A heap object that a global points to is not fresh.
  if (What.Root == RootKind::Heap && A.What.Root == RootKind::Global)
    What = A.What;
  MemberAccess Out;
  Out.Write = isWrite(A.Kind);
  Out.At = Out.Named = A.At;
  Out.Text = A.Text;
  Lockset Around;
  for (const LockedSpan &S : Spans)
    if (isBefore(S.First, A.At) && isBefore(A.At, S.Last) &&
        llvm::none_of(Held, [&](const HeldLock &H) { return H.Mutex == S.Lock.Mutex; }))
      Around.push_back(S.Lock);
  note(V, What, A.Member, std::move(Out), Held, Around);
}

void DisciplineWalk::note(uint32_t V, const Place &What, Symbol Member, MemberAccess A,
                          const Lockset &Held, const Lockset &Around) {
  const DisciplineVisit &Here = Visits[V];
  FunctionId F = Here.Function;
  if (isOwned(Here, What) || Names.isLock(F, What))
    return;
  if (What.Root == RootKind::This && Names.isLockClass(Names.classOf(F)))
    return;
  MemberName Name = Names.nameOf(F, What, Member);
  if (Name.Key.empty())
    return;
  A.In = F;
  A.Owner = Names.ownerOf(F, Name, Member);
  // Who makes a global lock ready sets up what it guards as well.
  A.Certain = Here.Certain && llvm::none_of(Prepared[F], [](const Place &Mutex) {
                return Mutex.Root == RootKind::Global;
              });
  // An object that is handed in from outside, by those who may see to its lock: a
  // class that takes the lock itself says otherwise.
  bool Handed = Name.Object.Root != RootKind::This && Name.Object.Root != RootKind::Global;
  if (Here.Outside && Handed && !locksIn(P.Functions[F], Name.Object) &&
      !Names.locksItself(A.Owner))
    A.Certain = false;
  A.Text = nameFor(P, What, A.Text);
  for (const HeldLock &L : Held)
    A.Locks.push_back(Names.relate(F, L, Name, What));
  for (const HeldLock &L : Around)
    A.GivenUp.push_back(Names.relate(F, L, Name, What));
  Chain Through = chainTo(V);
  A.Through.insert(A.Through.begin(), Through.begin(), Through.end());
  Entry &E = Found[Name.Key];
  if (E.Path.empty())
    E.Path = Name.Path;
  if (E.Use.Text.empty())
    E.Use.Text = A.Text;
  if (!Name.Path.empty() && Name.Key != Name.Path)
    KeyOfPath.try_emplace(Name.Path, Name.Key);
  E.Use.Accesses.push_back(std::move(A));
}

void DisciplineWalk::escapes(uint32_t V) {
  const DisciplineVisit &Here = Visits[V];
  const FunctionFacts &Facts = P.facts(Here.Function);
  for (const Place &R : Facts.Returns) {
    Place What = resolve(P, Here.Function, R);
    llvm::StringRef Path = What.Path.str();
    if (What.Root != RootKind::This || Path.size() < 2 || Path.rfind('*') != 0 ||
        Path.contains('['))
      continue;
    MemberAccess A;
    A.Escapes = true;
    A.At = A.Named = Facts.At;
    A.Text = Symbol(Path.drop_front(2));
    note(V, What, {}, std::move(A), Here.Locks);
  }
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

void DisciplineWalk::call(uint32_t V, uint32_t Index, const Lockset &Held, bool Early) {
  const DisciplineVisit Here = Visits[V];
  FunctionId F = Here.Function;
  const Call &C = P.facts(F).Calls[Index];
  for (const CallTarget &T : P.Functions[F].Targets[Index]) {
    const FunctionFacts &Callee = P.facts(T.Callee);
    DisciplineVisit Next;
    Next.Function = T.Callee;
    Next.Early = Early;
    Next.Certain = Here.Certain && T.Certain;
    Next.Outside = Here.Outside;
    Next.From = V;
    Next.FromAt = C.At;
    RootBits Lifted = 0;
    auto Classify = [&](const Place &Handed, RootBits Bit, bool Locks) {
      Place O = resolve(P, F, Handed);
      if (O.Root == RootKind::Heap && Handed.Root == RootKind::Global)
        O = Handed;
      if (isOwned(Here, O)) {
        Next.Owned |= Bit;
        if (Bit == ThisBit && O.Root == RootKind::Local && O.Path.empty())
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
      Next.Owned = outermost(P, F) == outermost(P, T.Callee) ? Here.Owned : 0;
    else {
      if (!Callee.Class.empty())
        Classify(C.Object, ThisBit, Names.locksItself(Callee.Class));
      for (uint32_t I = 0; I < C.Args.size() && I < 63; ++I)
        Classify(C.Args[I], RootBits(1) << I, /*Locks=*/false);
    }
    if (Callee.Constructor || Callee.Destructor)
      Lifted &= ~ThisBit;
    if (Lifted && !Early && T.Certain)
      lift(V, Index, T.Callee, Held, Lifted);
    Next.Locks = locksFor(V, Index, T.Callee, Held);
    visit(std::move(Next));
  }
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
    Out.Write = isWrite(A.Kind);
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

Chain DisciplineWalk::chainTo(uint32_t V) const {
  Chain Out;
  for (unsigned Depth = 0; Visits[V].From != None && Depth < MaxHops; ++Depth) {
    Out.insert(Out.begin(), Hop{Visits[Visits[V].From].Function, Visits[V].FromAt});
    V = Visits[V].From;
  }
  return Out;
}

std::vector<MemberUse> DisciplineWalk::run() {
  findPrepared();
  enterAll();
  work();
  enterForgotten();
  work();
  return finish();
}

std::vector<MemberUse> gatherMemberUses(const Program &P) { return DisciplineWalk(P).run(); }

} // namespace heddle
