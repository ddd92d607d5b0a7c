/// The threads, and which of them may run at once: what concurrency.cpp learns
/// while it follows them. A launch makes a thread, once for each set of objects
/// that it is handed; whatever runs at that moment may run at the same time as
/// the new thread, and as long as it lives.
///
/// Example: `a = start(f); b = start(g); join(a); c = start(h);` lets f and g
/// run at once, and g and h, but not f and h.
#include "program/concurrency.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Path.h"
#include <deque>

namespace heddle {

namespace {

constexpr size_t MaxThreads = 4096;

Symbol nameOf(const Launch &L) {
  return Symbol(("the thread started at " + llvm::sys::path::filename(L.At.File.str()) + ":" +
                 llvm::Twine(L.At.Line))
                    .str());
}

} // namespace

Span positionOf(const Place &Object) {
  Span S;
  llvm::StringRef Name = Object.Name.str();
  auto [Front, Column] = Name.rsplit(':');
  auto [File, Line] = Front.rsplit(':');
  if (Line.getAsInteger(10, S.Line) || Column.getAsInteger(10, S.Column))
    return {};
  S.File = Symbol(File);
  return S;
}

bool isInside(const Span &At, const Span &Whole) {
  return At.valid() && At.File == Whole.File &&
         std::tie(At.Line, At.Column) >= std::tie(Whole.Line, Whole.Column) &&
         std::tie(At.Line, At.Column) < std::tie(Whole.EndLine, Whole.EndColumn);
}

bool insertInto(ThreadSet &Set, uint32_t T) {
  auto It = llvm::lower_bound(Set, T);
  if (It != Set.end() && *It == T)
    return false;
  Set.insert(It, T);
  return true;
}

bool insertAll(ThreadSet &Set, const ThreadSet &More) {
  bool New = false;
  for (uint32_t T : More)
    New |= insertInto(Set, T);
  return New;
}

bool contains(const ThreadSet &Set, uint32_t T) { return llvm::binary_search(Set, T); }

const ThreadSet *threadsOf(const Since &S, Symbol Owner) {
  for (const auto &[Key, Set] : S)
    if (Key == Owner)
      return &Set;
  return nullptr;
}

ThreadSet &sinceOf(Since &S, Symbol Owner) {
  for (auto &[Key, Set] : S)
    if (Key == Owner)
      return Set;
  S.push_back({Owner, {}});
  return S.back().second;
}

uint32_t Concurrency::addThread(FunctionId Entry, FunctionId Starter, const Launch *Start,
                                Symbol Name) {
  Thread T;
  T.Entry = Entry;
  T.Starter = Starter;
  T.Start = Start;
  T.Name = Name;
  P.Threads.push_back(T);
  States.emplace_back();
  return P.Threads.size() - 1;
}

void Concurrency::findRoots() {
  size_t Count = P.Functions.size();
  std::vector<bool> Reached(Count), Started(Count);
  std::deque<FunctionId> Work;
  auto Reach = [&](FunctionId F) {
    if (!Reached[F])
      Reached[F] = true, Work.push_back(F);
  };
  for (FunctionId F = 0; F < Count; ++F) {
    if (P.facts(F).Main)
      Reach(F);
    for (const Launch &L : P.facts(F).Launches)
      for (FunctionId E : N.find(P, P.Functions[F].Unit, L.Entry))
        Started[E] = true;
    for (const Call &C : P.facts(F).Calls)
      for (const Callable &H : C.Callables)
        for (FunctionId E : N.find(P, P.Functions[F].Unit, H.Usr))
          Started[E] = true;
  }
  while (!Work.empty()) {
    FunctionId F = Work.front();
    Work.pop_front();
    const FunctionFacts &Facts = P.facts(F);
    for (const auto &Targets : P.Functions[F].Targets)
      for (const CallTarget &T : Targets)
        Reach(T.Callee);
    for (const Launch &L : Facts.Launches)
      for (FunctionId E : N.find(P, P.Functions[F].Unit, L.Entry))
        Reach(E);
    for (const Call &C : Facts.Calls)
      for (const Callable &H : C.Callables)
        for (FunctionId E : N.find(P, P.Functions[F].Unit, H.Usr))
          Reach(E);
  }
  findOutside(Reached, Started);
  for (FunctionId F = 0; F < Count; ++F) {
    const ProgramFunction &PF = P.Functions[F];
    const FunctionFacts &Facts = *PF.Facts;
    bool Called = llvm::any_of(PF.Callers, [&](const auto &C) { return C.first != F; });
    bool Public = !Reached[F] && !Called && !Started[F] && PF.Parent == None &&
                  Facts.Link != Linkage::Internal;
    if (!Facts.Main && !(Public && PF.Effects.MayLaunch))
      continue;
    if (P.Threads.size() >= MaxThreads) {
      P.ThreadsComplete = false;
      return;
    }
    uint32_t T =
        addThread(F, None, nullptr,
                  Facts.Main ? Symbol("the main thread")
                             : Symbol(("the thread that runs `" + Facts.Name.str() + "`").str()));
    Context C;
    C.Function = F;
    if (Facts.Main && !N.Renamed[PF.Unit].empty())
      C.Unit = PF.Unit;
    States[T].Context = Known.add(std::move(C));
    if (PF.Effects.MayLaunch)
      enter(T);
  }
}

ThreadSet Concurrency::started(uint32_t V, uint64_t Items) const {
  ThreadSet Set;
  const std::vector<ThreadSet> &All = Visits[V].Started;
  for (size_t I = 0; I < All.size() && Items >> I; ++I)
    if (Items >> I & 1)
      insertAll(Set, All[I]);
  return Set;
}

/// Above has started Below, perhaps by way of others.
bool Concurrency::isAbove(uint32_t Above, uint32_t Below) const {
  for (unsigned Depth = 0; Below != None && Depth < 64; ++Depth) {
    // Its first parent, or another that starts it in the same way.
    if (States[Below].Parent == Above || contains(States[Above].Children, Below))
      return true;
    Below = States[Below].Parent;
  }
  return false;
}

/// With what the threads of the set may have started meanwhile. What a thread
/// that started `Thread` starts is no news from it: that is in the set already
/// if it runs at the same time.
ThreadSet Concurrency::withChildren(uint32_t Thread, const ThreadSet &Set) const {
  ThreadSet All = Set;
  llvm::SmallVector<uint32_t, 8> Work;
  for (uint32_t T : Set) {
    if (T != Thread && !isAbove(T, Thread))
      Work.push_back(T);
  }
  while (!Work.empty())
    for (uint32_t Child : States[Work.pop_back_val()].Children)
      if (insertInto(All, Child))
        Work.push_back(Child);
  return All;
}

/// Takes away what the waits that were passed have ended.
void Concurrency::endThreads(ThreadSet &Set, uint32_t V, uint64_t Ended) {
  if (!Ended || Set.empty())
    return;
  const Visit &Here = Visits[V];
  const std::vector<EndItem> &Ends = Lives[Known[Here.Context].Function].Ends;
  for (size_t I = 0; I < Ends.size() && Ended >> I; ++I) {
    if (!(Ended >> I & 1))
      continue;
    Place Handle = Known.absolute(Here.Context, Ends[I].Handle).What;
    ThreadSet Over;
    for (uint32_t T : Set)
      if (P.Threads[T].Start &&
          endsHandle(Handle, Ends[I].AtEnd, States[T].Handle, P.Threads[T].Start->JoinsAtEnd))
        Over.push_back(T);
    // A wait for what we cannot name ends what we could not name either.
    if (Over.empty() && !Ends[I].AtEnd)
      for (uint32_t T : Set)
        if (P.Threads[T].Start && (!States[T].Handle.known() || !Handle.known()))
          Over.push_back(T);
    llvm::erase_if(Set, [&](uint32_t T) { return contains(Over, T); });
    for (uint32_t T : Over)
      for (uint32_t Child : States[T].Outliving)
        insertInto(Set, Child);
  }
}

/// Threads that are waited for before, but not on all ways: perhaps on all ways that
/// there are, such as `if (started) join();`.
ThreadSet Concurrency::doubtful(uint32_t V, const LifeState &S) {
  ThreadSet Out = Visits[V].Doubtful;
  uint64_t Perhaps = S.MayEnd & ~S.Ended;
  if (!Perhaps)
    return Out;
  const ThreadSet &Live = momentAt(V, S).Live;
  ThreadSet Left = Live;
  endThreads(Left, V, Perhaps);
  const std::vector<EndItem> &Ends = Lives[Known[Visits[V].Context].Function].Ends;
  for (size_t I = 0; I < Ends.size(); ++I)
    if (Perhaps >> I & 1)
      for (uint32_t T : started(V, Ends[I].Ends))
        llvm::erase(Left, T);
  for (uint32_t T : Live)
    if (!contains(Left, T))
      insertInto(Out, T);
  return Out;
}

const Concurrency::Moment &Concurrency::momentAt(uint32_t V, const LifeState &S) {
  if (Last.Visit == V && Last.Running == S.Running && Last.Ended == S.Ended && Last.Stamp == Stamp)
    return Last.What;
  const Visit &Here = Visits[V];
  Symbol Self = P.facts(Known[Here.Context].Function).Usr;
  ThreadSet Running = started(V, S.Running);
  Moment M;
  M.Live = Here.Live;
  // What outlives a thread that was started and waited for here.
  const Lifetimes &Life = Lives[Known[Here.Context].Function];
  uint64_t Over = 0;
  for (size_t I = 0; I < Life.Ends.size() && S.Ended >> I; ++I)
    if (S.Ended >> I & 1)
      Over |= Life.Ends[I].Ends;
  for (uint32_t T : started(V, Over & ~S.Running))
    for (uint32_t Child : States[T].Outliving)
      insertInto(M.Live, Child);
  endThreads(M.Live, V, S.Ended);
  insertAll(M.Live, Running);
  M.Live = withChildren(Here.Thread, M.Live);
  // What others have started and was waited for here.
  ThreadSet Ended = M.Live;
  endThreads(Ended, V, S.Ended);
  llvm::erase_if(M.Live, [&](uint32_t T) { return !contains(Ended, T) && !contains(Running, T); });
  for (const auto &[Owner, Set] : Here.LiveSince) {
    if (Owner == Self)
      continue;
    ThreadSet Kept = Set;
    endThreads(Kept, V, S.Ended);
    insertAll(Kept, Running);
    sinceOf(M.LiveSince, Owner) = withChildren(Here.Thread, Kept);
  }
  sinceOf(M.LiveSince, Self) = withChildren(Here.Thread, Running);
  Last = {V, S.Running, S.Ended, Stamp, std::move(M)};
  return Last.What;
}

/// Every iteration of the loop has an object of its own.
bool Concurrency::inLoopOf(FunctionId F, const Place &Root, uint32_t Loop) const {
  if (Loop == None)
    return false;
  // The pointer is read anew in each iteration.
  if (Root.Root == RootKind::Local && Root.Path.str().contains('*'))
    return true;
  Span At;
  if (Root.Root == RootKind::Heap)
    At = positionOf(Root);
  else if (auto It = P.Variables.find(Root.Name); It != P.Variables.end())
    At = It->second->At;
  const FunctionFacts &Facts = P.facts(F);
  for (unsigned Depth = 0; Loop < Facts.Loops.size() && Depth < 64; ++Depth) {
    if (isInside(At, Facts.Loops[Loop].Body) || isInside(At, Facts.Loops[Loop].At))
      return true;
    Loop = Facts.Loops[Loop].Parent;
  }
  return false;
}

bool Concurrency::isPerIteration(uint32_t V, const Place &Root) const {
  FunctionId F = Known[Visits[V].Context].Function;
  return llvm::any_of(Lives[F].Starts,
                      [&](const StartItem &I) { return inLoopOf(F, Root, I.Loop); });
}

/// Above, of which there is only one, started Below, perhaps by way of others.
bool Concurrency::beganWithout(uint32_t Above, uint32_t Below) const {
  return isAbove(Above, Below) && !P.Threads[Above].Many;
}

void Concurrency::together(uint32_t A, uint32_t B, llvm::ArrayRef<Symbol> Owners) {
  auto OneWay = [&](uint32_t X, uint32_t Y) {
    if (beganWithout(X, Y))
      return;
    bool New = insertInto(States[X].With, Y);
    for (Symbol O : Owners)
      New |= insertInto(sinceOf(States[X].WithSince, O), Y);
    if (!New)
      return;
    ++Stamp;
    if (P.Threads[X].Start)
      enter(X);
  };
  OneWay(A, B);
  if (A != B)
    OneWay(B, A);
  else if (!P.Threads[A].Many)
    P.Threads[A].Many = Changed = true;
}

void Concurrency::start(uint32_t V, uint32_t Item, const Moment M, uint32_t Index,
                        const Lockset &Held, const Ordering &Order) {
  uint32_t In = Visits[V].Context, Parent = Visits[V].Thread;
  FunctionId F = Known[In].Function;
  const Launch &L = P.facts(F).Launches[Index];
  if (L.Kind == LaunchKind::Process)
    return;
  llvm::SmallVector<FunctionId, 1> Entries = N.find(P, P.Functions[F].Unit, L.Entry);
  if (L.EntryParameter != None)
    for (auto [Parameter, Callee] : Known[In].Callables)
      if (Parameter == L.EntryParameter)
        Entries = {Callee};
  if (Entries.size() != 1)
    return;
  const ApiModel Row = P.Apis ? P.Apis->find(L.Api.str()) : ApiModel();
  uint32_t Context = Known.forCall(In, Entries[0], L.Object, L.Args, {});
  auto [It, New] = ThreadOf.try_emplace({&L, Context}, P.Threads.size());
  if (New) {
    if (P.Threads.size() >= MaxThreads) {
      ThreadOf.erase(It);
      P.ThreadsComplete = false;
      return;
    }
    addThread(Entries[0], F, &L, nameOf(L));
    ThreadState &S = States.back();
    S.Held = Held;
    S.Order = Order;
    S.Context = Context;
    S.Parent = P.Threads.back().Parent = Parent;
    S.Foreign = Known.handed(Context);
    S.Posted = L.Kind == LaunchKind::Task && Row.Launches && Row.Launches->Handle == NoPosition;
    S.Handle = Known.absolute(In, L.Handle).What;
    S.Concurrent = L.Kind == LaunchKind::Thread || L.Kind == LaunchKind::Task ||
                   L.Kind == LaunchKind::ParallelRegion;
  }
  uint32_t T = It->second;
  llvm::erase_if(States[T].Held, [&](const HeldLock &H) { return !llvm::is_contained(Held, H); });
  meetOrder(States[T].Order, Order);
  P.Threads[T].HeldAtStart = States[T].Held;
  if (Visits[V].Started.size() > Item && insertInto(Visits[V].Started[Item], T)) {
    Visits[V].Dirty = true;
    ++Stamp;
    for (uint32_t C : Visits[V].Callers)
      Visits[C].Dirty = true;
  }
  if (!States[T].Concurrent)
    return enter(T);
  if (insertInto(States[Parent].Children, T))
    Changed = true, ++Stamp;

  llvm::SmallVector<Symbol, 8> Owners;
  for (const auto &[Owner, Set] : M.LiveSince)
    Owners.push_back(Owner);
  // What each iteration owns is known to the thread of this iteration alone; a
  // heap object that is older belongs to this activation.
  Symbol Self = P.facts(F).Usr;
  llvm::SmallVector<Symbol, 4> Fresh;
  auto AddOwn = [&](const Place &Root) {
    bool Heap = Root.Root == RootKind::Heap;
    if (!Heap && Root.Root != RootKind::Local)
      return;
    if (inLoopOf(F, Root, L.Loop))
      Owners.push_back(Root.Name);
    else if (Heap && !threadsOf(M.LiveSince, Root.Name))
      Fresh.push_back(Root.Name);
  };
  AddOwn(Known[Context].This);
  llvm::for_each(Known[Context].Params, AddOwn);
  for (Symbol S : Known.captured(Entries[0]))
    AddOwn({RootKind::Local, S, 0, {}});
  llvm::append_range(Owners, Fresh);

  // An executor that gives no handle may run what it is given one by one.
  auto InTurn = [&](uint32_t Other) {
    return States[T].Posted && States[Other].Posted && P.Threads[Other].Start->Api == L.Api;
  };
  if (!InTurn(Parent))
    together(T, Parent, Owners);
  for (uint32_t Other : M.Live) {
    if (!States[Other].Concurrent || InTurn(Other))
      continue;
    llvm::SmallVector<Symbol, 8> Shared;
    for (const auto &[Owner, Set] : M.LiveSince)
      if (contains(Set, Other))
        Shared.push_back(Owner);
    if (const ThreadSet *Mine = threadsOf(M.LiveSince, Self); Mine && contains(*Mine, Other))
      llvm::append_range(Shared, Fresh);
    together(T, Other, Shared);
  }
  if (L.Kind == LaunchKind::ParallelRegion || (Row.Launches && Row.Launches->Many))
    together(T, T, Owners);
  enter(T);
}

} // namespace heddle
