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
#include "program/paths.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

/// Sets of locks that a function is visited with; more add nothing new.
constexpr size_t MaxVisitsOfOne = 12;

bool isWrite(AccessKind K) { return K == AccessKind::Write; }

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

void DisciplineWalk::visit(DisciplineVisit V) {
  const FunctionFacts &Facts = P.facts(V.Function);
  for (const RequiredLock &R : Facts.Requires)
    if (Place Mutex = resolve(P, V.Function, R.Mutex); Mutex.known())
      V.Locks.push_back({Mutex, R.Shared, R.Text, {}, false});
  for (uint32_t I : Facts.Consumed)
    V.Owned |= rootBit({RootKind::Parameter, {}, I, {}});
  if (Facts.Constructor || Facts.Destructor)
    V.Owned |= OwnThis;
  V.Setup |= P.Apis && P.Apis->isNamedSetup(Facts.Name.str());
  V.Certain &= !V.Setup && !Names.isGuardClass(Names.classOf(V.Function)) && !Facts.Unchecked &&
               !(P.Apis && (P.Apis->isNamedLockFree(Facts.Name.str()) ||
                            P.Apis->isNamedTeardown(Facts.Name.str())));
  llvm::sort(V.Locks);
  V.Locks.erase(std::unique(V.Locks.begin(), V.Locks.end()), V.Locks.end());
  auto &Known = VisitsOf[V.Function];
  for (uint32_t I : Known)
    if (Visits[I].Locks == V.Locks && Visits[I].Owned == V.Owned && Visits[I].Early == V.Early &&
        Visits[I].Certain == V.Certain && Visits[I].Outside == V.Outside &&
        Visits[I].InProgram == V.InProgram && Visits[I].Setup == V.Setup)
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
  llvm::BitVector Reached = reachedFromEntry(Facts), Launched(Facts.Blocks.size());
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
  std::vector<size_t> After = afterJoins(V.Function), Until = beforeStarts(V.Function);
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
      DisciplineMoment When;
      When.Early = Early;
      When.Setup = !Until.empty() && E < Until[B];
      When.Certain = !When.Setup && (After.empty() || E < After[B]);
      if (Ev.Kind == EventKind::Access || Ev.Kind == EventKind::Call)
        When.Certain &= !isOtherArm(V, B, E);
      if (Ev.Kind == EventKind::Access && !Early)
        access(Index, Facts.Accesses[Ev.Index], heldAt(V, B, E), Spans, When);
      if (Ev.Kind == EventKind::Call)
        call(Index, Ev.Index, heldAt(V, B, E), When);
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

/// What the analysis of threads says of an access there is all there is to say.
bool DisciplineWalk::isJudged(const DisciplineVisit &V, const Span &At) const {
  return V.InProgram && P.ThreadsComplete && P.Functions[V.Function].Followed &&
         !llvm::binary_search(P.Unplaced, At);
}

void DisciplineWalk::access(uint32_t V, const Access &A, const Lockset &Held,
                            const LockedSpans &Spans, DisciplineMoment When) {
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
  Out.Type = A.Type;
  Out.Certain = When.Certain;
  Out.Setup = When.Setup;
  Lockset Around;
  for (const LockedSpan &S : Spans)
    if (isBefore(S.First, A.At) && isBefore(A.At, S.Last) &&
        llvm::none_of(Held, [&](const HeldLock &H) { return H.Mutex == S.Lock.Mutex; }))
      Around.push_back(S.Lock);
  note(V, What, A.Member, std::move(Out), Held, Around);
}

/// Classes of one name that are defined in several source files have nothing in
/// common. None for a class that all units share.
uint32_t DisciplineWalk::unitOf(FunctionId F, const MemberName &Name, Symbol Owner) const {
  uint32_t Unit = P.Functions[F].Unit;
  bool Variable = Name.Object.Root == RootKind::Global && Name.Object.Path.empty();
  return !Variable && Entries.isLocal(Unit, Owner) ? Unit : None;
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
  A.Certain &= Here.Certain && llvm::none_of(Prepared[F], [](const Place &Mutex) {
                 return Mutex.Root == RootKind::Global;
               });
  // What is done once is done before others can go on.
  A.Setup |=
      Here.Setup || llvm::any_of(Held, [](const HeldLock &L) { return L.Sort == LockSort::Once; });
  A.Certain &= !A.Setup;
  A.Judged = isJudged(Here, A.At);
  A.Supposed = Here.Supposed;
  // An object that is handed in from outside, by those who may see to its lock: a
  // class that takes the lock itself says otherwise.
  bool Handed = Name.Object.Root != RootKind::This && Name.Object.Root != RootKind::Global;
  if (Here.Outside && Handed && !locksIn(P.Functions[F], Name.Object) &&
      !Names.locksItself(A.Owner))
    A.Certain = false;
  A.Text = nameFor(P, What, A.Text);
  for (const HeldLock &L : Held)
    if (L.Sort != LockSort::Once)
      A.Locks.push_back(Names.relate(F, L, Name, What));
  for (const HeldLock &L : Around)
    A.GivenUp.push_back(Names.relate(F, L, Name, What));
  Chain Through = chainTo(V);
  A.Through.insert(A.Through.begin(), Through.begin(), Through.end());
  uint32_t Unit = unitOf(F, Name, A.Owner);
  Entry &E = Found[{Name.Key, Unit}];
  if (E.Path.empty())
    E.Path = Name.Path;
  if (E.Use.Text.empty())
    E.Use.Text = A.Text;
  if (!Name.Path.empty() && Name.Key != Name.Path)
    KeyOfPath.try_emplace({Name.Path, Unit}, EntryKey{Name.Key, Unit});
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
  findJoins();
  enterAll();
  work();
  enterSupposed();
  work();
  enterForgotten();
  work();
  return finish();
}

std::vector<MemberUse> gatherMemberUses(const Program &P) { return DisciplineWalk(P).run(); }

} // namespace heddle
