/// What may run at once with what. Every thread is followed from its entry
/// through the calls it makes, once per context (contexts.cpp). On the way the
/// set of other threads that may be running is kept: a launch adds one, a join
/// takes it away (lifetimes.cpp). Two accesses may happen at once when each
/// finds the other's thread in its set.
///
/// Example: main writes `n`, starts T, writes `n`, joins T, reads `n`. Only the
/// second write has T in its set; a write in T always has main in its.
///
/// Memory that one activation of a function owns (its locals, what it
/// allocates) can be known only to threads that were started since that
/// activation began. So for every owner on the stack the set is kept a second
/// time, counted from then on: what an earlier call of the same handler left
/// running has an object of its own.
///
/// Public functions of a library that no `main` reaches are each the start of a
/// thread of their own, that never meets another such: their callers are not
/// known. Signal handlers, event handlers and coroutines run on a thread that
/// is not known here, and meet nobody.
#include "program/concurrency.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

constexpr size_t MaxVisits = 400000, MaxOwners = 8;
constexpr unsigned MaxRounds = 24;
/// Sets of locks that one function is followed with; then what they have in common.
constexpr size_t MaxVariants = 8;
/// Candidates of a call; with more, nothing can be said of any of them.
constexpr size_t MaxTargets = 4;

} // namespace

/// The visit for an entry with the locks and threads of Like, made if need be.
uint32_t Concurrency::visitOf(uint32_t Thread, uint32_t Context, const Visit &Like) {
  auto &Variants = VisitsOf[{Thread, Context}];
  for (uint32_t V : Variants)
    if (Visits[V].Merged ||
        (Visits[V].Locks == Like.Locks && Visits[V].Live == Like.Live &&
         Visits[V].LiveSince == Like.LiveSince && Visits[V].Order == Like.Order))
      return V;
  if (Visits.size() >= MaxVisits) {
    P.ThreadsComplete = false;
    return None;
  }
  Visit V;
  V.Thread = Thread;
  V.Context = Context;
  V.Merged = !Settled || Variants.size() >= MaxVariants;
  V.Started.resize(Lives[Known[Context].Function].Starts.size());
  if (auto It = StartedIn.find({Thread, Context}); It != StartedIn.end())
    V.Started = It->second;
  Visits.push_back(std::move(V));
  if (Visits.back().Merged) // from now on it stands for all that come
    Variants.insert(Variants.begin(), Visits.size() - 1);
  else
    Variants.push_back(Visits.size() - 1);
  return Visits.size() - 1;
}

/// The entry of a thread: what is known of its surroundings goes in.
void Concurrency::enter(uint32_t T) {
  if (Settled && States[T].Entered)
    return;
  States[T].Entered = true;
  Visit Like;
  bool First = !P.Threads[T].Start; // begins alone
  if (Settled && !First) {
    Like.Live = States[T].With, Like.LiveSince = States[T].WithSince;
    Like.Order = States[T].Order;
    // Parents come before their children.
    Lockset &Held = States[T].HeldAbove = States[T].Held;
    llvm::append_range(Held, States[States[T].Parent].HeldAbove);
    for (HeldLock &H : Held) {
      if (H.Owner == None)
        H.Owner = States[T].Parent;
      if (!llvm::is_contained(States[T].GivenBack, std::pair(H.Mutex, H.Owner)))
        Like.Locks.push_back(H);
    }
  }
  uint32_t V = visitOf(T, States[T].Context, Like);
  if (V == None)
    return;
  Visit &Entry = Visits[V];
  bool New = !Entry.Reached;
  if (Settled && New)
    Entry.Order = Like.Order, Entry.Locks = Like.Locks;
  Entry.Reached = Entry.Certain = true;
  ++Stamp;
  if (!First) {
    New |= insertAll(Entry.Live, States[T].With);
    for (const auto &[Owner, Set] : States[T].WithSince)
      New |= insertAll(sinceOf(Entry.LiveSince, Owner), Set);
  }
  Entry.Dirty |= New;
}

/// What is reached through an object from outside is from outside as well.
void Concurrency::handOn(uint32_t V, const Call &C) {
  auto &Foreign = States[Visits[V].Thread].Foreign;
  auto Pass = [&](const Place &What) {
    Absolute A = Known.absolute(Visits[V].Context, What);
    if (A.From == Origin::Handed && Foreign.contains(A.Via) &&
        Foreign.insert(rootOf(A.What)).second)
      Visits[V].Dirty = true;
  };
  if (!P.Threads[Visits[V].Thread].Start)
    return;
  Pass(C.Object);
  llvm::for_each(C.Args, Pass);
}

llvm::SmallVector<CallTarget, 1> Concurrency::targets(uint32_t V, uint32_t Index) const {
  const Context &C = Known[Visits[V].Context];
  llvm::SmallVector<CallTarget, 1> All = P.Functions[C.Function].Targets[Index];
  if (uint32_t Called = P.facts(C.Function).Calls[Index].CalleeParameter; Called != None)
    for (auto [Parameter, Callee] : C.Callables)
      if (Parameter == Called)
        return {{Callee, true}};
  if (All.size() < 2 || C.Unit == None || P.facts(C.Function).Calls[Index].Virtual)
    return All;
  for (const CallTarget &T : All)
    if (P.Functions[T.Callee].Unit == C.Unit)
      return {{T.Callee, true}};
  return All;
}

Lockset Concurrency::locks(uint32_t V, size_t Block, size_t Event) {
  uint32_t In = Visits[V].Context;
  const ProgramFunction &PF = P.Functions[Known[In].Function];
  Lockset Out = Visits[V].Locks;
  if (!PF.Released.empty() && !Out.empty())
    for (const Place &R : PF.Released[Block][Event]) {
      Place Lock = Known.absolute(In, R).What;
      llvm::erase_if(Out, [&](const HeldLock &H) { return H.Mutex == Lock; });
    }
  for (HeldLock H : locksAt(PF, Block, Event)) {
    Absolute A = Known.absolute(In, H.Mutex);
    // A mutex that no other thread can know keeps nobody out.
    if (A.From == Origin::Own && !A.What.Path.str().contains('*') && !Known.isExposed(A.What))
      continue;
    H.Mutex = A.What;
    if (!H.Mutex.known())
      continue;
    // Who takes it can do so, because nobody holds it for the thread any more.
    llvm::erase_if(
        Out, [&](const HeldLock &O) { return O.Mutex == H.Mutex && O.Owner != None && !O.Shared; });
    Out.push_back(H);
  }
  llvm::sort(Out);
  Out.erase(std::unique(Out.begin(), Out.end()), Out.end());
  return Out;
}

/// Locks that are held on some of the ways to the event only.
std::vector<Place> Concurrency::mayHold(uint32_t V, size_t Block, size_t Event) {
  std::vector<Place> Out = Visits[V].MayHold;
  const ProgramFunction &PF = P.Functions[Known[Visits[V].Context].Function];
  if (PF.MayHold.empty())
    return Out;
  for (const Place &M : PF.MayHold[Block][Event])
    if (Place Lock = Known.absolute(Visits[V].Context, M).What; Lock.known())
      Out.push_back(Lock);
  llvm::sort(Out);
  Out.erase(std::unique(Out.begin(), Out.end()), Out.end());
  return Out;
}

void Concurrency::call(uint32_t V, uint32_t Index, size_t Block, size_t Event, const LifeState &S,
                       const OrderState &O) {
  uint32_t In = Visits[V].Context, Thread = Visits[V].Thread;
  FunctionId F = Known[In].Function;
  const Call &C = P.facts(F).Calls[Index];
  auto Targets = targets(V, Index);
  if (Targets.empty())
    return;
  handOn(V, C);
  auto Launches = [&](const CallTarget &T) { return P.Functions[T.Callee].Effects.MayLaunch; };
  bool Unclear = Targets.size() > MaxTargets;
  llvm::erase_if(Targets, [&](const CallTarget &T) {
    const Summary &E = P.Functions[T.Callee].Effects;
    bool Silent = E.Accesses.empty() && E.Complete && !E.WritesGlobals && !E.ReadsGlobals &&
                  !E.Watched && Syncs.of(T.Callee).AtExit.empty();
    return !Launches(T) && (Silent || Unclear);
  });
  if (Targets.empty())
    return;
  const Moment M = momentAt(V, S);
  if (M.Live.empty() && !P.Threads[Thread].Start && !Observing) // alone
    llvm::erase_if(Targets, [&](const CallTarget &T) {
      if (Settled && !Launches(T))
        CalledAlone.push_back(T.Callee);
      return !Launches(T);
    });
  if (Targets.empty())
    return;
  Lockset Locks = locks(V, Block, Event);
  const ThreadSet Doubtful = doubtful(V, S);
  const std::vector<Place> MayHold = mayHold(V, Block, Event);
  Ordering Order = orderAt(V, O);
  for (const CallTarget &T : Targets) {
    uint32_t Context = Known.forCall(In, T.Callee, C.Object, C.Args, C.Callables);
    if (!Known.mayMeetOthers(Context) && !Observing)
      continue;
    Visit Like;
    Like.Locks = Locks;
    Like.Live = M.Live;
    Like.Order = Order;
    for (const auto &[Owner, Set] : M.LiveSince)
      if (Like.LiveSince.size() < MaxOwners)
        Like.LiveSince.push_back({Owner, Set});
    // Objects of one iteration, and of the heap, as far as they are handed over.
    auto HandOver = [&](const Place &What, const Place &Given) {
      bool Heap = What.Root == RootKind::Heap;
      if (!Heap && What.Root != RootKind::Local)
        return;
      // What was handed to us already stays with those who know it.
      if (Absolute From = Known.absolute(In, Given); Heap && From.From == Origin::Handed) {
        const ThreadSet *Set = threadsOf(M.LiveSince, From.Exact);
        if (!Set)
          Set = threadsOf(M.LiveSince, From.Owner);
        if (Set) {
          insertAll(sinceOf(Like.LiveSince, What.Name), *Set);
          return;
        }
      }
      bool Iteration = isPerIteration(V, What);
      if (Iteration || (Heap && !threadsOf(M.LiveSince, What.Name)))
        insertAll(sinceOf(Like.LiveSince, What.Name),
                  withChildren(Thread, started(V, Iteration ? S.Recent : S.Running)));
    };
    HandOver(Known[Context].This, C.Object);
    for (size_t I = 0; I < Known[Context].Params.size(); ++I)
      HandOver(Known[Context].Params[I], C.Args[I]);

    uint32_t To = visitOf(Thread, Context, Like);
    if (To == None)
      continue;
    Visit &Next = Visits[To];
    bool New = !Next.Reached;
    if (New) {
      Next.Reached = true;
      Next.Locks = Locks;
      Next.Order = Order;
      Next.From = V;
      Next.FromAt = C.At;
    } else {
      size_t Before = Next.Locks.size();
      llvm::erase_if(Next.Locks, [&](HeldLock &H) {
        auto It = llvm::find_if(Locks, [&](const HeldLock &O) { return O.Mutex == H.Mutex; });
        if (It == Locks.end())
          return true;
        if (It->Shared && !H.Shared)
          H.Shared = New = true;
        return false;
      });
      New |= Next.Locks.size() != Before;
      New |= meetOrder(Next.Order, Order);
    }
    bool Certain = Visits[V].Certain && T.Certain;
    New |= Certain && !Next.Certain;
    Next.Certain |= Certain;
    New |= insertAll(Next.Live, Like.Live);
    New |= insertAll(Next.Doubtful, Doubtful);
    for (const Place &M : MayHold)
      if (auto It = llvm::lower_bound(Next.MayHold, M); It == Next.MayHold.end() || !(*It == M))
        New = true, Next.MayHold.insert(It, M);
    for (const auto &[Owner, Set] : Like.LiveSince) {
      New |= !threadsOf(Next.LiveSince, Owner);
      New |= insertAll(sinceOf(Next.LiveSince, Owner), Set);
    }
    Next.Dirty |= New;
    if (Settled)
      continue;
    Next.Callers.insert(V);
    // What the callee leaves running.
    const std::vector<StartItem> &Starts = Lives[F].Starts;
    for (size_t I = 0; I < Starts.size(); ++I)
      if (Starts[I].Call == Index && Starts[I].Callee == T.Callee)
        if (insertAll(Visits[V].Started[I], Visits[To].Started[Starts[I].Item])) {
          Visits[V].Dirty = true;
          ++Stamp;
          for (uint32_t Caller : Visits[V].Callers)
            Visits[Caller].Dirty = true;
        }
  }
}

void Concurrency::process(uint32_t V, bool Record) {
  FunctionId F = Known[Visits[V].Context].Function;
  const FunctionFacts &Facts = P.facts(F);
  const Lifetimes &Life = Lives[F];
  const Orders &Order = Syncs.of(F);
  P.Functions[F].Followed = true;
  for (size_t B = 0; B < Facts.Blocks.size(); ++B) {
    LifeState S;
    if (!Life.AtBlock.empty()) {
      S = Life.AtBlock[B];
      if (!S.Reached || S.Forked)
        continue;
    }
    OrderState O;
    if (!Order.AtBlock.empty())
      O = Order.AtBlock[B];
    std::shared_ptr<const Ordering> Here;
    for (size_t E = 0; E < Facts.Blocks[B].Events.size(); ++E) {
      const Event &Ev = Facts.Blocks[B].Events[E];
      if (Ev.Kind == EventKind::Access && Record) {
        if (!Here)
          Here = std::make_shared<Ordering>(orderAt(V, O));
        if (Observed)
          look(V, Facts.Accesses[Ev.Index], B, E, S, Here);
        else
          record(V, Facts.Accesses[Ev.Index], B, E, S, Here);
      }
      if (Record)
        watch(V, B, E, S);
      if (Record && Ev.Kind == EventKind::Sync)
        raises(V, Facts.Syncs[Ev.Index]);
      if (Ev.Kind == EventKind::Call && !Record)
        call(V, Ev.Index, B, E, S, O);
      if (Ev.Kind == EventKind::Launch && !Record && !Settled)
        for (uint32_t I = 0; I < Life.Starts.size(); ++I)
          if (Life.Starts[I].Own == Ev.Index)
            start(V, I, momentAt(V, S), Ev.Index, locks(V, B, E), orderAt(V, O));
      if (!Settled && Syncs.matters(F, Ev))
        giveBack(V, Ev, S);
      Life.step(S, Ev);
      if (!Order.AtBlock.empty() && Syncs.matters(F, Ev)) {
        Syncs.step(F, O, Ev);
        Here = nullptr;
      }
    }
    if (Record && !Order.AtBlock.empty() && Facts.Blocks[B].Next.empty())
      signals(V, O);
  }
  // What outlives a thread outlives the wait for it.
  if (!Settled && States[Visits[V].Thread].Context == Visits[V].Context &&
      P.Threads[Visits[V].Thread].Start)
    for (uint32_t T : started(V, Life.AtExit.Running))
      if (!llvm::is_contained(States[Visits[V].Thread].Outliving, T))
        States[Visits[V].Thread].Outliving.push_back(T), Changed = true;
}

/// Follows all threads until nothing new is learned.
void Concurrency::follow() {
  for (unsigned Round = 0; Round < MaxRounds; ++Round) {
    bool Again = false;
    // Families of threads are looked at everywhere.
    if (Changed)
      for (Visit &V : Visits)
        V.Dirty |= !V.Live.empty();
    Changed = false;
    for (uint32_t V = 0; V < Visits.size(); ++V) {
      if (!Visits[V].Dirty)
        continue;
      Again = true;
      Visits[V].Dirty = false;
      process(V, /*Record=*/false);
    }
    if (!Again)
      return;
  }
  P.ThreadsComplete = false;
}

/// Ends the first phase: keeps what was started where, and starts anew.
void Concurrency::settle() {
  for (Visit &V : Visits)
    StartedIn[{V.Thread, V.Context}] = std::move(V.Started);
  Visits.clear();
  VisitsOf.clear();
  Last.Visit = None;
  Settled = true;
  Changed = false;
  for (uint32_t T = 0; T < States.size(); ++T) {
    bool Follow = States[T].Entered && States[T].Concurrent;
    States[T].Entered = false;
    if (Follow)
      enter(T);
  }
}

void Concurrency::run() {
  countSyncs();
  findUneven();
  findRoots();
  follow();
  settle();
  follow();
  for (uint32_t V = 0; V < Visits.size(); ++V)
    if (States[Visits[V].Thread].Concurrent)
      process(V, /*Record=*/true);
  markAlone();
  sortWatched();
  llvm::sort(P.Unplaced);
  P.Unplaced.erase(std::unique(P.Unplaced.begin(), P.Unplaced.end()), P.Unplaced.end());
  P.SharedAccesses = selectShared(P, std::move(P.SharedAccesses));
  for (FunctionId F = 0; F < P.Functions.size(); ++F)
    P.Functions[F].Effects.Launches.clear();
  for (uint32_t V = 0; V < Visits.size(); ++V) {
    FunctionId F = Known[Visits[V].Context].Function;
    for (uint32_t T : started(V, Lives[F].AtExit.Running))
      P.Functions[F].Effects.Launches.push_back(T);
  }
  for (ProgramFunction &PF : P.Functions) {
    llvm::sort(PF.Effects.Launches);
    PF.Effects.Launches.erase(std::unique(PF.Effects.Launches.begin(), PF.Effects.Launches.end()),
                              PF.Effects.Launches.end());
  }
}

/// What is done where nobody else runs needs no visit.
void Concurrency::markAlone() {
  llvm::BitVector Seen(P.Functions.size());
  while (!CalledAlone.empty()) {
    FunctionId F = CalledAlone.back();
    CalledAlone.pop_back();
    if (Seen.test(F))
      continue;
    Seen.set(F);
    P.Functions[F].Followed = P.Functions[F].CalledAlone = true;
    for (const auto &Targets : P.Functions[F].Targets)
      for (const CallTarget &T : Targets)
        CalledAlone.push_back(T.Callee);
  }
}

void findConcurrency(Program &P, const Names &N) { Concurrency(P, N).run(); }

} // namespace heddle
