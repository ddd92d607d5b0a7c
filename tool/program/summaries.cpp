/// What a call may do, computed once per function from its callees upwards
/// (Reps, Horwitz, Sagiv 1995 in its simplest form: effects are sets, places
/// are renamed at calls). An effect keeps the locks taken on the way, and the
/// chain of calls that leads to it, for people.
///
/// Example: `void add(Counter *C) { C->N++; }` reads and writes {Parameter 0
/// *.N}. `void twice(Table *T) { add(&T->Hits); add(&T->Hits); }` therefore
/// reads and writes {Parameter 0 *.Hits.N}, through one call of add.
///
/// Of two accesses to one place that differ in locks only, the one with fewer
/// locks is kept: it is the one that matters. Functions of a cycle are computed
/// a few times over; places have bounded length, so that ends.
#include "program/build.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include <algorithm>

namespace heddle {

namespace {

constexpr size_t MaxAccesses = 128, MaxBlocks = 32;
/// Rounds for the functions of one cycle.
constexpr unsigned CycleRounds = 4;
/// Iterations of a loop whose count is not known, as in Loop::Cost.
constexpr double UnknownTrip = 16, MaxCost = 1e15;

bool isWrite(AccessKind K) { return K == AccessKind::Write || K == AccessKind::AtomicWrite; }

bool isIo(BlockCategory C) {
  switch (C) {
  case BlockCategory::Sleep:
  case BlockCategory::Lock:
  case BlockCategory::SyncWait:
    return false;
  default:
    return true;
  }
}

bool startsThread(LaunchKind K) {
  return K == LaunchKind::Thread || K == LaunchKind::Task || K == LaunchKind::ParallelRegion;
}

template <class T> bool isSubset(const std::vector<T> &A, const std::vector<T> &B) {
  return std::includes(B.begin(), B.end(), A.begin(), A.end());
}

template <class T> void sortUnique(std::vector<T> &V) {
  llvm::sort(V);
  V.erase(std::unique(V.begin(), V.end()), V.end());
}

/// What is known of library functions by name, looked up once each.
class KnownApis {
public:
  explicit KnownApis(const Models *All) : All(All) {}
  const ApiModel &find(Symbol Name) {
    auto [It, New] = Rows.try_emplace(Name);
    if (New && All)
      It->second = All->find(Name.str());
    return It->second;
  }

private:
  const Models *All;
  llvm::DenseMap<Symbol, ApiModel> Rows;
};

class Summariser {
public:
  Summariser(Program &P, KnownApis &Apis, FunctionId F)
      : P(P), Apis(Apis), F(F), PF(P.Functions[F]), Facts(*PF.Facts) {}

  void run() {
    Summary &Old = PF.Effects;
    S.Acquired = Old.Acquired;
    S.Released = Old.Released;
    S.Returns = Old.Returns;
    S.Bindings = Old.Bindings;
    S.Cost = Facts.Cost;
    if (!Facts.Incomplete.empty())
      incomplete(Facts.Incomplete, Facts.At);
    Ending = callsOnTheWayOut(Facts);
    S.MayThrow = Facts.Throws.valid();
    S.KeepsState = Facts.KeepsState;
    for (uint32_t I = 0; I < Facts.Blocking.size(); ++I)
      BlockingOf[Facts.Blocking[I].Call].push_back(I);
    for (size_t B = 0; B < Facts.Blocks.size(); ++B)
      for (size_t E = 0; E < Facts.Blocks[B].Events.size(); ++E)
        event(B, E);
    bool Writes = llvm::any_of(S.Accesses, [](const EffectAccess &A) { return isWrite(A.Kind); });
    finish();
    S.Pure = !S.HiddenEffects && !Writes && !S.WritesUnknown && S.Complete;
    PF.Effects = std::move(S);
  }

private:
  void incomplete(Symbol Why, Span At) {
    if (S.Complete)
      S.WhyIncomplete = Why, S.WhyAt = At;
    S.Complete = false;
  }

  void event(size_t B, size_t E) {
    const Event &Ev = Facts.Blocks[B].Events[E];
    switch (Ev.Kind) {
    case EventKind::Access:
      return access(B, E, Facts.Accesses[Ev.Index]);
    case EventKind::Call:
      return call(B, E, Ev.Index);
    case EventKind::LockOp:
      S.Watched = S.HiddenEffects = true;
      return;
    case EventKind::Join:
    case EventKind::Sync:
      S.HiddenEffects = true;
      return;
    case EventKind::Launch:
      S.HiddenEffects = true;
      S.MayLaunch |= startsThread(Facts.Launches[Ev.Index].Kind);
      S.Watched |= Facts.Launches[Ev.Index].Child != -1;
      return;
    case EventKind::LifetimeEnd:
    case EventKind::Allocation:
      return;
    }
  }

  /// Locks that mean something to callers.
  Lockset held(size_t B, size_t E) const {
    Lockset L = locksAt(PF, B, E);
    llvm::erase_if(L, [&](const HeldLock &H) { return isOwnLocal(Facts, H.Mutex); });
    return L;
  }
  std::vector<Place> released(size_t B, size_t E) const {
    if (PF.Released.empty())
      return {};
    std::vector<Place> R = PF.Released[B][E];
    llvm::erase_if(R, [&](const Place &M) { return isOwnLocal(Facts, M); });
    return R;
  }

  void access(size_t B, size_t E, const Access &A) {
    EffectAccess Out;
    Out.What = resolve(P, F, A.What);
    // A heap object that a global points to is not fresh.
    if (Out.What.Root == RootKind::Heap && A.What.Root == RootKind::Global)
      Out.What = A.What;
    Out.Kind = A.Kind;
    Out.Member = A.Member;
    Out.Text = A.Text;
    Out.Type = A.Type;
    Out.At = A.At;
    if (!noteRoot(Out))
      return;
    Out.Held = held(B, E);
    Out.Dropped = released(B, E);
    keep(std::move(Out));
  }

  /// Sets the flags for the root; false when callers cannot see the access.
  bool noteRoot(const EffectAccess &A) {
    bool Write = isWrite(A.Kind);
    bool Own = isOwnLocal(Facts, A.What);
    switch (A.What.Root) {
    case RootKind::Heap:
      return false;
    case RootKind::Global:
      S.ReadsGlobals |= !Write;
      if (Write && !S.WritesGlobals)
        S.WritesGlobals = true, S.GlobalWritten = A.Text, S.GlobalWrittenAt = A.At;
      return true;
    case RootKind::Local:
      if (!Own)
        return true;
      if (!A.What.Path.str().contains('*'))
        return false;
      [[fallthrough]];
    case RootKind::Unknown:
    case RootKind::Result:
      if (Write && !S.WritesUnknown)
        S.WritesUnknown = true, S.UnknownWrittenAt = A.At;
      return false;
    case RootKind::Parameter:
    case RootKind::This:
      return true;
    }
    return false;
  }

  /// Adds the access unless one with fewer locks is there already.
  void keep(EffectAccess A) {
    auto &Same = ByPlace[A.What];
    for (size_t I : Same) {
      EffectAccess &O = S.Accesses[I];
      if (O.Kind != A.Kind)
        continue;
      if (isSubset(O.Held, A.Held) && isSubset(A.Dropped, O.Dropped))
        return;
      if (isSubset(A.Held, O.Held) && isSubset(O.Dropped, A.Dropped)) {
        O = std::move(A);
        return;
      }
    }
    // Far beyond what is kept: the rest would only cost time.
    if (S.Accesses.size() >= 8 * MaxAccesses) {
      Overflow = true;
      return;
    }
    Same.push_back(S.Accesses.size());
    S.Accesses.push_back(std::move(A));
  }

  void keep(EffectBlock B) {
    for (EffectBlock &O : S.Blocks)
      if (O.Fact->Category == B.Fact->Category && O.Fact->Level == B.Fact->Level &&
          O.Held == B.Held && O.Dropped == B.Dropped)
        return;
    if (S.Blocks.size() < 4 * MaxBlocks)
      S.Blocks.push_back(std::move(B));
  }

  double repetitions(uint32_t Loop) const {
    double N = 1;
    for (unsigned Depth = 0; Loop < Facts.Loops.size() && Depth < 32; ++Depth) {
      N *= Facts.Loops[Loop].Trip ? double(*Facts.Loops[Loop].Trip) : UnknownTrip;
      Loop = Facts.Loops[Loop].Parent;
    }
    return N;
  }

  void call(size_t B, size_t E, uint32_t Index) {
    const Call &C = Facts.Calls[Index];
    for (uint32_t I : BlockingOf.lookup(Index))
      blocking(B, E, Facts.Blocking[I]);
    const auto &Targets = PF.Targets[Index];
    if (Targets.empty())
      return outside(C, Index);
    Lockset Held = held(B, E);
    std::vector<Place> Released = released(B, E);
    double Cost = 0;
    for (const CallTarget &T : Targets) {
      const Summary &Callee = P.Functions[T.Callee].Effects;
      if (!Callee.Complete)
        incomplete(Callee.WhyIncomplete, Callee.WhyAt);
      S.DoesIo |= Callee.DoesIo && !Ending.test(Index);
      S.MayLaunch |= Callee.MayLaunch;
      S.Watched |= Callee.Watched;
      S.MayThrow |= Callee.MayThrow && !C.Caught;
      S.MayExit |= Callee.MayExit;
      S.KeepsState |= Callee.KeepsState;
      S.HiddenEffects |= Callee.HiddenEffects && !Ending.test(Index);
      Overflow |= Callee.Capped;
      S.ReadsGlobals |= Callee.ReadsGlobals;
      if (Callee.WritesGlobals && !S.WritesGlobals) {
        S.WritesGlobals = true;
        S.GlobalWritten = Callee.GlobalWritten;
        S.GlobalWrittenAt = Callee.GlobalWrittenAt;
      }
      if (Callee.WritesUnknown && !S.WritesUnknown)
        S.WritesUnknown = true, S.UnknownWrittenAt = Callee.UnknownWrittenAt;
      if (T.Callee != F)
        Cost = std::max(Cost, Callee.Cost);
      for (const EffectAccess &A : Callee.Accesses)
        lift(A, Index, Held, Released);
      // What is only handed over need not be called here.
      if (C.ViaArgument && !T.Certain)
        continue;
      if (!Ending.test(Index)) // who ends the program holds nobody up
        for (const EffectBlock &K : Callee.Blocks)
          lift(K, Index, Held, Released);
    }
    S.Cost = std::min(MaxCost, S.Cost + Cost * repetitions(C.Loop));
  }

  /// A call of what is not in these sources.
  void outside(const Call &C, uint32_t Index) {
    const ApiModel &M = Apis.find(C.Name);
    S.MayExit |= M.Exits;
    S.Watched |= M.Hazard && !M.Hazard->State.empty();
    S.HiddenEffects |= !(M.Pure || M.Container || M.Returns || Ending.test(Index));
    if (C.System || M)
      return;
    if (C.Callee.empty())
      incomplete(Symbol(("`" + C.Name.str() + "` is called through a pointer").str()), C.At);
    else
      incomplete(Symbol(("the body of `" + C.Name.str() + "` is not in these sources").str()),
                 C.At);
  }

  void blocking(size_t B, size_t E, const BlockingCall &K) {
    S.DoesIo |= isIo(K.Category) && !Ending.test(K.Call);
    S.HiddenEffects |= !Ending.test(K.Call);
    if (Ending.test(K.Call))
      return;
    EffectBlock Out;
    Out.Fact = &K;
    Out.In = F;
    Out.At = Facts.Calls[K.Call].At;
    Out.Held = held(B, E);
    Out.Dropped = released(B, E);
    const ApiModel &M = Apis.find(K.Row);
    if (K.Releases.known() || (M.Blocks && M.Blocks->Releases != NoPosition)) {
      Place Lock = resolve(P, F, K.Releases);
      llvm::erase_if(Out.Held, [&](const HeldLock &H) { return H.Mutex == Lock; });
      // The caller's lock as well, when we only adopted it.
      if (!isOwnLocal(Facts, Lock) || Lock.Path.str().contains('*'))
        Out.Dropped.push_back(
            Lock.Root == RootKind::Result || Lock.Root == RootKind::Local ? Place() : Lock);
      sortUnique(Out.Dropped);
    }
    keep(std::move(Out));
  }

  Lockset liftLocks(const Lockset &Callee, uint32_t Index, const Lockset &Held) const {
    Lockset Out = Held;
    for (HeldLock L : Callee) {
      L = lockHere(P, F, Index, L);
      if (L.Mutex.known() && !isOwnLocal(Facts, L.Mutex))
        Out.push_back(L);
    }
    sortUnique(Out);
    return Out;
  }

  /// Takes what the callee drops from Held; gives what our caller loses.
  std::vector<Place> liftDropped(const std::vector<Place> &Callee, uint32_t Index, Lockset &Held,
                                 const std::vector<Place> &Released) const {
    std::vector<Place> Out = Released;
    for (const Place &D : Callee) {
      Place Here = D.known() ? translate(P, F, Index, D) : D;
      size_t Before = Held.size();
      if (Here.known())
        llvm::erase_if(Held, [&](const HeldLock &H) { return H.Mutex == Here; });
      // Our caller may hold it as well: it is ours only since we took it again.
      bool Named = Here.known() && Here.Root != RootKind::Result;
      if (!isOwnLocal(Facts, Here) && (Named || Held.size() == Before))
        Out.push_back(Named ? Here : Place());
    }
    sortUnique(Out);
    return Out;
  }

  Chain through(uint32_t Index, const Chain &Rest) const {
    Chain Out{{F, Facts.Calls[Index].At}};
    for (const Hop &H : Rest)
      if (Out.size() < MaxHops)
        Out.push_back(H);
    return Out;
  }

  void lift(const EffectAccess &A, uint32_t Index, const Lockset &Held,
            const std::vector<Place> &Released) {
    EffectAccess Out = A;
    Out.What = translate(P, F, Index, A.What);
    if (!noteRoot(Out))
      return;
    Lockset Ours = Held;
    Out.Dropped = liftDropped(A.Dropped, Index, Ours, Released);
    llvm::erase_if(Out.Dropped, [](const Place &D) { return !D.known(); });
    Out.Held = liftLocks(A.Held, Index, Ours);
    Out.Through = through(Index, A.Through);
    keep(std::move(Out));
  }

  void lift(const EffectBlock &B, uint32_t Index, const Lockset &Held,
            const std::vector<Place> &Released) {
    EffectBlock Out = B;
    Lockset Ours = Held;
    Out.Dropped = liftDropped(B.Dropped, Index, Ours, Released);
    Out.Held = liftLocks(B.Held, Index, Ours);
    Out.Through = through(Index, B.Through);
    keep(std::move(Out));
  }

  void finish() {
    auto Rank = [](const EffectAccess &A) {
      return std::make_tuple(!isWrite(A.Kind), A.What.Root != RootKind::Global);
    };
    llvm::sort(S.Accesses, [&](const EffectAccess &A, const EffectAccess &B) {
      return std::make_tuple(Rank(A), A.What, A.Kind, A.Held, A.At) <
             std::make_tuple(Rank(B), B.What, B.Kind, B.Held, B.At);
    });
    if (S.Accesses.size() > MaxAccesses) {
      S.Accesses.resize(MaxAccesses);
      Overflow = true;
    }
    S.Capped = Overflow;
    if (Overflow)
      incomplete(Symbol("it touches more places than are kept"), Facts.At);
    llvm::sort(S.Accesses, [](const EffectAccess &A, const EffectAccess &B) {
      return std::tie(A.What, A.Kind, A.Held, A.At) < std::tie(B.What, B.Kind, B.Held, B.At);
    });
    llvm::sort(S.Blocks, [](const EffectBlock &A, const EffectBlock &B) {
      return std::make_tuple(A.Fact->Level, A.Fact->Category, A.At, A.Held) <
             std::make_tuple(B.Fact->Level, B.Fact->Category, B.At, B.Held);
    });
    if (S.Blocks.size() > MaxBlocks)
      S.Blocks.resize(MaxBlocks);
  }

  Program &P;
  KnownApis &Apis;
  FunctionId F;
  ProgramFunction &PF;
  const FunctionFacts &Facts;
  Summary S;
  bool Overflow = false;
  llvm::BitVector Ending;
  llvm::DenseMap<uint32_t, llvm::SmallVector<uint32_t, 1>> BlockingOf;
  llvm::DenseMap<Place, llvm::SmallVector<size_t, 2>> ByPlace;
};

} // namespace

void summarise(Program &P) {
  KnownApis Apis(P.Apis.get());
  for (const std::vector<FunctionId> &Cycle : P.BottomUp) {
    for (unsigned Round = 0; Round < CycleRounds; ++Round) {
      bool Changed = false;
      for (FunctionId F : Cycle)
        Changed |= computeLocksets(P, F);
      if (Cycle.size() == 1 || !Changed)
        break;
    }
    for (unsigned Round = 0; Round < (Cycle.size() > 1 ? CycleRounds : 1); ++Round)
      for (FunctionId F : Cycle)
        Summariser(P, Apis, F).run();
  }
}

} // namespace heddle
