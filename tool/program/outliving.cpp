/// Which locals die before the threads that know them. For every start (an own
/// one, or one that a callee leaves running) the places that the new thread
/// reaches are put in terms of the function, by the effects of the thread's
/// entry. Then a forward may-analysis says at every end of a scope which starts
/// may be running, and for which of them something was waited for on some path.
///
/// Example: in `{ int x = 0; std::thread t([&] { x++; }); t.detach(); }` the
/// lambda reaches {Local x}, and where the scope of x ends the start is running.
///
/// A wait of any kind may be for the thread's last signal: condition variables,
/// latches, futures of a promise, a loop that polls an atomic, or a function whose
/// body is not known. After one nothing is said.
#include "program/outliving.h"
#include "program/contexts.h"
#include "program/lifetimes.h"
#include "program/reached.h"

#include "llvm/ADT/STLExtras.h"
#include <map>

namespace heddle {

namespace {

/// Handles that one function joins, with its callees.
constexpr size_t MaxJoined = 16;

/// One StartItem of a function, with places in its terms.
struct Started {
  FunctionId In = None; ///< Where Start stands.
  const Launch *Start = nullptr;
  Span Named;
  bool Owner = false; ///< The handle is an object that must not die before a join.
  Place Executor;     ///< What a task was given to; Unknown for a thread.
  std::vector<ReachedPlace> Reached;
};

/// What callers must know of a function. Bits are StartItems.
struct StartsOf {
  std::vector<Started> Items;
  uint64_t Waited = 0, Detached = 0, Moved = 0;
  /// Handles that are joined on some path; Unknown stands for one without a name.
  std::vector<Place> Joined;
};

struct State {
  uint64_t Running = 0, Waited = 0, Moved = 0;
  bool Reached = false;

  void wait(uint64_t Bits) { Waited |= Running & Bits; }
  bool meet(const State &From) {
    State Before = *this;
    Running |= From.Running;
    Waited |= From.Waited;
    Moved |= From.Moved;
    Reached = true;
    return !Before.Reached || Before.Running != Running || Before.Waited != Waited ||
           Before.Moved != Moved;
  }
};

uint64_t bit(size_t I) { return uint64_t(1) << I; }

/// Part is Whole or within it.
bool isPartOf(const Place &Part, const Place &Whole) {
  return Part.Root == Whole.Root && Part.Name == Whole.Name && Part.Index == Whole.Index &&
         Part.Path.str().starts_with(Whole.Path.str());
}

class Outliving {
public:
  Outliving(const Program &P, const Entries &Known, const std::vector<Lifetimes> &Lives,
            std::vector<StartsOf> &All, FunctionId F, std::vector<OutlivedLocal> &Out)
      : P(P), Known(Known), All(All), F(F), PF(P.Functions[F]), Facts(*PF.Facts), Life(Lives[F]),
        Out(Out) {}

  void run() {
    Mine = {};
    findJoined();
    if (!Life.Starts.empty() && !Facts.Blocks.empty()) {
      for (const StartItem &S : Life.Starts)
        Mine.Items.push_back(describe(S));
      Moves.resize(Facts.Joins.size());
      HowAt.resize(Mine.Items.size());
      for (size_t I = 0; I < Facts.Joins.size(); ++I)
        letGo(I);
      solve();
      judge();
    }
    All[F] = std::move(Mine);
  }

private:
  ApiModel row(Symbol Name) const { return P.Apis ? P.Apis->find(Name.str()) : ApiModel(); }

  void findJoined() {
    auto Add = [&](const Place &H) {
      if (Mine.Joined.size() < MaxJoined && !llvm::is_contained(Mine.Joined, H))
        Mine.Joined.push_back(H);
    };
    for (const Join &J : Facts.Joins)
      if (J.Kind == JoinKind::Join)
        Add(resolve(P, F, J.Handle));
    for (uint32_t C = 0; C < Facts.Calls.size(); ++C)
      for (const CallTarget &T : PF.Targets[C])
        for (const Place &H : All[T.Callee].Joined)
          if (Place Here = H.known() ? translate(P, F, C, H) : H; !isOwnLocal(Facts, Here))
            Add(Here.known() ? Here : Place());
  }

  Started describe(const StartItem &S) const {
    Started Out;
    if (S.Own != None) {
      const Launch &L = Facts.Launches[S.Own];
      const ApiModel Row = row(L.Api);
      int Handle = Row.Launches ? Row.Launches->Handle : NoPosition;
      Out.In = F;
      Out.Start = &L;
      Out.Named = L.At;
      Out.Owner = L.Kind == LaunchKind::Thread && Handle == Object && !L.JoinsAtEnd;
      if (L.Kind != LaunchKind::Thread && !L.JoinsAtEnd)
        Out.Executor = resolve(P, F, Handle == Object || Handle >= 0 ? L.Handle : receiver(L));
      Out.Reached = reachedBy(P, Known, F, L);
      return Out;
    }
    if (S.Callee == None || S.Item >= All[S.Callee].Items.size())
      return Out;
    Out = All[S.Callee].Items[S.Item];
    Out.Named = Facts.Calls[S.Call].At;
    if (Out.Executor.known())
      Out.Executor = translate(P, F, S.Call, Out.Executor);
    std::vector<ReachedPlace> Here;
    for (ReachedPlace R : Out.Reached) {
      R.What = translate(P, F, S.Call, R.What);
      if (mayBeLocal(R.What))
        Here.push_back(R);
    }
    Out.Reached = std::move(Here);
    return Out;
  }

  /// The object whose method is the launch.
  Place receiver(const Launch &L) const {
    for (const Call &C : Facts.Calls)
      if (C.At == L.At && C.Object.known())
        return C.Object;
    return {};
  }

  /// A detach, or a move of the handle, and which starts it is of.
  void letGo(size_t Index) {
    const Join &J = Facts.Joins[Index];
    if (J.Kind == JoinKind::Join)
      return;
    Place Handle = resolve(P, F, J.Handle);
    uint64_t Of = 0;
    for (size_t I = 0; I < Life.Starts.size(); ++I) {
      const StartItem &S = Life.Starts[I];
      if (endsHandle(Handle, false, S.Handle, S.JoinsAtEnd) ||
          (Handle.known() && isPartOf(S.Handle, Handle)) ||
          (!Handle.known() && !S.Handle.known() && S.Own != None &&
           contains(J.At, Facts.Launches[S.Own].At)))
        Of |= bit(I);
    }
    if (!Of) // of a handle that was moved here
      for (size_t I = 0; I < Life.Starts.size(); ++I)
        if (isOwnLocal(Facts, Life.Starts[I].Handle))
          Of |= bit(I);
    (J.Kind == JoinKind::Detach ? Mine.Detached : Moves[Index]) |= Of;
    for (size_t I = 0; I < Life.Starts.size(); ++I)
      if (Of & bit(I) && !HowAt[I].valid())
        HowAt[I] = J.At;
  }

  static bool contains(const Span &Whole, const Span &Part) {
    return Whole.File == Part.File &&
           std::tie(Whole.Line, Whole.Column) <= std::tie(Part.Line, Part.Column) &&
           std::tie(Part.EndLine, Part.EndColumn) <= std::tie(Whole.EndLine, Whole.EndColumn);
  }

  bool isSignal(const BlockingCall &B) const {
    return B.Category == BlockCategory::SyncWait && !row(B.Row).Joins;
  }

  /// The call may wait for a sign of any thread.
  bool mayWait(uint32_t Index) const {
    for (const BlockingCall &B : Facts.Blocking)
      if (B.Call == Index && isSignal(B))
        return true;
    for (const CallTarget &T : PF.Targets[Index])
      for (const EffectBlock &B : P.Functions[T.Callee].Effects.Blocks)
        if (isSignal(*B.Fact))
          return true;
    const Call &C = Facts.Calls[Index];
    return PF.Targets[Index].empty() && !C.System && !row(C.Name);
  }

  /// Starts that the call may wait for, in itself or in what it calls.
  uint64_t waitedFor(uint32_t Index) const {
    if (mayWait(Index))
      return ~uint64_t(0);
    const Call &C = Facts.Calls[Index];
    uint64_t Bits = 0;
    auto IsGiven = [&](const Place &What) {
      return What.known() &&
             (resolve(P, F, C.Object) == What ||
              llvm::any_of(C.Args, [&](const Place &A) { return resolve(P, F, A) == What; }));
    };
    const ApiModel Row = row(C.Name);
    for (size_t I = 0; I < Mine.Items.size(); ++I) {
      const Place &Executor = Mine.Items[I].Executor;
      if (Executor.known() && !Row.Launches && IsGiven(Executor))
        Bits |= bit(I);
      // What a library does with a handle that is handed over is not known.
      if (!Executor.known() && C.System && !Row && !C.Object.known() &&
          IsGiven(Life.Starts[I].Handle))
        Bits |= bit(I);
    }
    for (const CallTarget &T : PF.Targets[Index])
      for (const Place &H : All[T.Callee].Joined)
        Bits |= joinedBy(H.known() ? translate(P, F, Index, H) : H);
    return Bits;
  }

  /// Starts that a join of Handle may be for.
  uint64_t joinedBy(const Place &Handle) const {
    uint64_t Same = 0, Nameless = 0;
    for (size_t I = 0; I < Life.Starts.size(); ++I) {
      if (endsHandle(Handle, false, Life.Starts[I].Handle, Life.Starts[I].JoinsAtEnd))
        Same |= bit(I);
      if (!Life.Starts[I].Handle.known() || !isOwnLocal(Facts, Life.Starts[I].Handle))
        Nameless |= bit(I);
    }
    return Same ? Same : Nameless;
  }

  void step(State &S, const Event &E, uint32_t Loop) const {
    uint64_t Begins = 0;
    if (auto It = Life.At.find({uint32_t(E.Kind), E.Index}); It != Life.At.end()) {
      Begins = It->second.first;
      for (size_t I = 0; I < Life.Ends.size() && It->second.second >> I; ++I)
        if (It->second.second >> I & 1 && !Life.Ends[I].WhenLeft)
          end(S, Life.Ends[I]);
    }
    switch (E.Kind) {
    case EventKind::Join:
      if (Facts.Joins[E.Index].Kind == JoinKind::Join)
        S.wait(joinedBy(resolve(P, F, Facts.Joins[E.Index].Handle)) | S.Moved);
      S.Moved |= Moves[E.Index];
      break;
    case EventKind::Call:
      S.wait(WaitedFor[E.Index]);
      if (sleeps(E.Index))
        S.wait(startedBefore(Loop));
      break;
    case EventKind::Access:
      if (Facts.Accesses[E.Index].Kind == AccessKind::AtomicRead)
        S.wait(startedBefore(Loop));
      break;
    case EventKind::LifetimeEnd:
      handleDies(S, Facts.LifetimeEnds[E.Index].What);
      break;
    case EventKind::LockOp:
    case EventKind::Launch:
    case EventKind::Sync:
    case EventKind::Allocation:
      break;
    }
    for (size_t I = 0; I < Life.Starts.size(); ++I) {
      const StartItem &Start = Life.Starts[I];
      bool Returned =
          E.Kind == EventKind::Launch && Start.Own == E.Index && Facts.Launches[E.Index].Returned;
      // A handle that is dropped at once and waits in its destructor.
      bool Over = Start.Own != None && Start.JoinsAtEnd && !Start.Handle.known() && !Returned;
      if ((!(Begins >> I & 1) && !Returned) || Over)
        continue;
      S.Running |= bit(I);
      S.Waited &= ~bit(I);
      S.Moved &= ~bit(I);
      if (Returned)
        S.Moved |= bit(I);
      if (Start.Callee == None || Start.Item >= All[Start.Callee].Items.size())
        continue;
      const StartsOf &Callee = All[Start.Callee];
      S.Waited |= (Callee.Waited >> Start.Item & 1) << I;
      S.Moved |= (Callee.Moved >> Start.Item & 1) << I;
    }
  }

  void end(State &S, const EndItem &E) const {
    uint64_t Over = E.AtEnd ? E.Ends & ~S.Moved : E.Ends;
    S.wait(Over);
    S.Running &= ~Over;
  }

  /// Handles of tasks, containers of handles and executors wait in the end.
  void handleDies(State &S, const Place &Local) const {
    uint64_t Over = 0;
    for (size_t I = 0; I < Life.Starts.size(); ++I) {
      bool Waits = Life.Starts[I].JoinsAtEnd && isPartOf(Life.Starts[I].Handle, Local);
      if (Waits || isPartOf(Mine.Items[I].Executor, Local))
        Over |= bit(I);
    }
    Over &= ~S.Moved;
    S.wait(Over);
    S.Running &= ~Over;
  }

  /// Starts that are not in the loop: what the loop polls may be theirs.
  uint64_t startedBefore(uint32_t Loop) const {
    uint64_t Bits = 0;
    for (size_t I = 0; Loop != None && I < Life.Starts.size(); ++I)
      if (!isInLoop(Facts, Life.Starts[I].Loop, Loop))
        Bits |= bit(I);
    return Bits;
  }

  bool sleeps(uint32_t Call) const {
    return llvm::any_of(Facts.Blocking, [&](const BlockingCall &B) {
      return B.Call == Call && B.Category == BlockCategory::Sleep;
    });
  }

  void along(State &S, uint32_t From, uint32_t To) const {
    uint32_t A = Facts.Blocks[From].Loop, B = Facts.Blocks[To].Loop;
    for (const EndItem &E : Life.Ends)
      if (E.WhenLeft && isInLoop(Facts, A, E.Loop) && !isInLoop(Facts, B, E.Loop))
        end(S, E);
  }

  void solve() {
    for (uint32_t C = 0; C < Facts.Calls.size(); ++C)
      WaitedFor.push_back(waitedFor(C));
    At.assign(Facts.Blocks.size(), {});
    At[0].Reached = true;
    llvm::BitVector Dirty(At.size());
    Dirty.set(0);
    for (int B = Dirty.find_first(); B != -1; B = Dirty.find_first()) {
      Dirty.reset(B);
      State S = At[B];
      for (const Event &E : Facts.Blocks[B].Events)
        step(S, E, Facts.Blocks[B].Loop);
      for (uint32_t To : Facts.Blocks[B].Next) {
        State Along = S;
        along(Along, B, To);
        if (At[To].meet(Along))
          Dirty.set(To);
      }
    }
  }

  /// What was seen at the ends of one local's lifetime.
  struct Death {
    bool Running = false, Waited = false;
    Span At;
  };

  void dies(const Place &Local, const Span &Where, bool Leaves, const State &S) {
    if (Facts.Main && Leaves) // and the program with it
      return;
    for (size_t I = 0; I < Mine.Items.size(); ++I) {
      Death &D = Deaths[{I, Local}];
      D.Waited |= S.Waited >> I & 1;
      if (!(S.Running >> I & 1) || S.Waited >> I & 1)
        continue;
      if (!D.Running || Where < D.At)
        D.At = Where;
      D.Running = true;
    }
  }

  /// Ends of scopes in the settled states. Parameters die last.
  void judge() {
    llvm::DenseSet<Place> Listed;
    for (const LifetimeEnd &E : Facts.LifetimeEnds)
      Listed.insert(E.What);
    for (size_t B = 0; B < Facts.Blocks.size(); ++B) {
      State S = At[B];
      if (!S.Reached)
        continue;
      for (const Event &E : Facts.Blocks[B].Events) {
        if (E.Kind == EventKind::LifetimeEnd) {
          const LifetimeEnd &End = Facts.LifetimeEnds[E.Index];
          dies(End.What, End.At, End.Leaves, S);
        }
        step(S, E, Facts.Blocks[B].Loop);
      }
      if (!Facts.Blocks[B].Next.empty())
        continue;
      Mine.Waited |= S.Waited;
      Mine.Moved |= S.Moved;
      Span Close = Facts.Body;
      Close.Line = Close.EndLine;
      Close.Column = Close.EndColumn ? Close.EndColumn - 1 : 0;
      llvm::DenseSet<Place> Parameters;
      for (const Started &Start : Mine.Items)
        for (const ReachedPlace &R : Start.Reached)
          if (isOwnLocal(Facts, R.What) && !Listed.contains(rootOf(R.What)) &&
              Parameters.insert(rootOf(R.What)).second)
            dies(rootOf(R.What), Close, /*Leaves=*/true, S);
    }
    for (const auto &[Key, D] : Deaths)
      if (D.Running && !D.Waited)
        report(Key.first, Key.second, D);
  }

  void report(size_t I, const Place &Local, const Death &D) {
    const StartItem &S = Life.Starts[I];
    const Started &Start = Mine.Items[I];
    auto Uses = [&](const ReachedPlace &R) {
      return isPartOf(R.What, Local) && !R.What.Path.str().contains('*');
    };
    auto Used = llvm::find_if(Start.Reached, Uses);
    if (!Start.Start || Used == Start.Reached.end() || isPartOf(S.Handle, Local))
      return;
    // Moved from: what is used then is what the callee has made of it.
    if (S.Callee != None && llvm::any_of(P.facts(S.Callee).Consumed, [&](uint32_t Parameter) {
          const std::vector<Place> &Args = Facts.Calls[S.Call].Args;
          return Parameter < Args.size() && isPartOf(resolve(P, F, Args[Parameter]), Local);
        }))
      return;
    bool Detached = Mine.Detached & bit(I), Moved = Mine.Moved & bit(I);
    if (S.Callee != None) {
      Detached |= All[S.Callee].Detached >> S.Item & 1;
      Moved |= All[S.Callee].Moved >> S.Item & 1;
    }
    // The program ends where a thread's object dies that is neither joined nor let go.
    bool Kept = S.Handle.known() && !isOwnLocal(Facts, S.Handle);
    bool Ends = llvm::any_of(Life.Ends, [&](const EndItem &E) { return E.Ends & bit(I); });
    if (Start.Owner && !Detached && !Moved && !Kept && !Ends)
      return;
    OutlivedLocal L;
    L.In = F;
    L.What = Local;
    L.Start = Start.Start;
    L.Starter = Start.In;
    L.Named = Start.Named;
    L.Dies = D.At;
    L.HowAt = HowAt[I];
    L.How = Detached                                                ? GoesOn::Detached
            : Moved || (Kept && !Start.Executor.known())            ? GoesOn::HandedOn
            : Ends || (S.JoinsAtEnd && isOwnLocal(Facts, S.Handle)) ? GoesOn::JoinedLater
                                                                    : GoesOn::Unjoined;
    L.Used = Used->At;
    L.UsedIn = Used->In;
    L.Certain = Used->Certain;
    Out.push_back(std::move(L));
  }

  const Program &P;
  const Entries &Known;
  std::vector<StartsOf> &All;
  FunctionId F;
  const ProgramFunction &PF;
  const FunctionFacts &Facts;
  const Lifetimes &Life;
  std::vector<OutlivedLocal> &Out;
  StartsOf Mine;
  std::vector<uint64_t> Moves;     ///< By Join.
  std::vector<uint64_t> WaitedFor; ///< By Call.
  std::vector<Span> HowAt;         ///< By StartItem.
  std::vector<State> At;
  std::map<std::pair<size_t, Place>, Death> Deaths;
};

} // namespace

std::vector<OutlivedLocal> findOutlivedLocals(const Program &P) {
  std::vector<OutlivedLocal> Out;
  std::vector<Lifetimes> Lives = computeLifetimes(P);
  std::vector<StartsOf> All(P.Functions.size());
  Entries Known(P);
  for (const std::vector<FunctionId> &Cycle : P.BottomUp)
    for (FunctionId F : Cycle)
      Outliving(P, Known, Lives, All, F, Out).run();
  llvm::sort(Out, [](const OutlivedLocal &A, const OutlivedLocal &B) {
    return std::tie(A.Named, A.Start->At, A.What) < std::tie(B.Named, B.Start->At, B.What);
  });
  return Out;
}

} // namespace heddle
