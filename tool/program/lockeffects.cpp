/// Lock orders bottom-up over the call graph: every function knows the locks that
/// a call of it may take, in its own terms, with the calls that lead there. What
/// is held at a call comes before all that the callee takes.
///
/// Example: `void log() { lock(l); }` may take l; `lock(a); log();` is therefore
/// the order a, l. When log() itself is called with l held, and always takes it,
/// the thread waits for itself.
#include "program/lockeffects.h"
#include "program/build.h"
#include "program/paths.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

constexpr size_t MaxTaken = 48;
/// Of functions with more blocks it is not asked which are on every way round a loop.
constexpr size_t MaxBlocks = 500;

/// A lock that a call of some function takes, in terms of that function.
struct Taken {
  HeldLock Lock;
  FunctionId In = None;
  Chain Through;
  Lockset Inner;              ///< Held beside what the caller holds.
  std::vector<Place> Dropped; ///< Of the caller, given back before.
  bool Always = false;        ///< On every way through the function.
  bool Certain = true;
};

class LockEffects {
public:
  explicit LockEffects(const Program &P) : P(P), All(P.Functions.size()) {
    for (const std::vector<FunctionId> &Cycle : P.BottomUp)
      for (unsigned Round = 0; Round < (Cycle.size() > 1 ? 2 : 1); ++Round)
        for (FunctionId F : Cycle)
          if (P.Functions[F].Effects.Watched)
            collect(F, Round + 1 == (Cycle.size() > 1 ? 2 : 1));
  }

  std::vector<LockOrder> Orders;
  std::vector<Relock> Relocks;

private:
  void collect(FunctionId F, bool Record) {
    const ProgramFunction &PF = P.Functions[F];
    const FunctionFacts &Facts = *PF.Facts;
    std::vector<Taken> Out;
    llvm::BitVector Every;
    for (size_t B = 0; B < Facts.Blocks.size(); ++B)
      for (size_t E = 0; E < Facts.Blocks[B].Events.size(); ++E)
        for (Taken &T : takenBy(F, Facts.Blocks[B].Events[E])) {
          const Lockset &Held = locksAt(PF, B, E);
          if (Record) {
            order(F, T, Held);
            again(F, T, B);
          }
          if (Every.empty())
            Every = onEveryWay(Facts);
          T.Always &= Every.test(B);
          if (Out.size() < MaxTaken)
            Out.push_back(forCallers(F, std::move(T), Held, B, E));
        }
    All[F] = std::move(Out);
  }

  /// By one event of F, in terms of F.
  std::vector<Taken> takenBy(FunctionId F, const Event &Ev) const {
    std::vector<Taken> Out;
    if (Ev.Kind == EventKind::LockOp)
      for (HeldLock &L : locksTaken(P, F, Ev)) {
        Taken T;
        T.Lock = std::move(L);
        T.In = F;
        T.Always = true;
        Out.push_back(std::move(T));
      }
    if (Ev.Kind != EventKind::Call)
      return Out;
    const auto &Targets = P.Functions[F].Targets[Ev.Index];
    for (const CallTarget &To : Targets)
      for (const Taken &K : All[To.Callee]) {
        Taken T = K;
        T.Lock = lockHere(P, F, Ev.Index, T.Lock);
        bool ForCaller = llvm::is_contained(P.Functions[To.Callee].Effects.Acquired, K.Lock);
        // What takes and gives it back has given it its name.
        if (!ForCaller && !K.Lock.Class.empty())
          T.Lock.Class = K.Lock.Class, T.Lock.Text = K.Lock.Text;
        if (!T.Lock.Mutex.known() && T.Lock.Class.empty())
          continue;
        for (HeldLock &L : T.Inner)
          L = lockHere(P, F, Ev.Index, L);
        for (Place &D : T.Dropped)
          D = translate(P, F, Ev.Index, D);
        const Span &At = P.facts(F).Calls[Ev.Index].At;
        if (ForCaller) {
          T.Lock.At = At; // taken for F
          T.In = F;
          T.Through.clear();
        } else
          T.Through.insert(T.Through.begin(), Hop{F, At});
        if (T.Through.size() > MaxHops)
          T.Through.pop_back();
        T.Certain &= To.Certain && Targets.size() == 1;
        Out.push_back(std::move(T));
      }
    return Out;
  }

  Taken forCallers(FunctionId F, Taken T, const Lockset &Held, size_t B, size_t E) const {
    llvm::append_range(T.Inner, Held);
    const auto &Released = P.Functions[F].Released;
    if (!Released.empty())
      llvm::append_range(T.Dropped, Released[B][E]);
    return T;
  }

  void order(FunctionId F, const Taken &T, const Lockset &Held) {
    for (const HeldLock &H : Held) {
      if (H.Tried || H.At == T.Lock.At || llvm::is_contained(T.Dropped, H.Mutex))
        continue;
      if (H.Mutex == T.Lock.Mutex) {
        if (T.Certain && T.Always && T.Lock.Strict && !(H.Shared && T.Lock.Shared) &&
            isOneObject(F, H) && !isHandedOut(F, H.Mutex) && !isHeldByResult(F, H))
          Relocks.push_back({H, T.Lock, F, T.Through});
        continue;
      }
      if (!P.Functions[F].Outside || !T.Certain || isOrderedByHand(P, F, H, T.Lock))
        continue;
      LockOrder O;
      O.In = T.In;
      O.At = T.Lock.At;
      O.Through = T.Through;
      O.Held = Held;
      llvm::append_range(O.Held, T.Inner);
      llvm::for_each(O.Held, forget);
      O.First = H;
      O.Then = T.Lock;
      forget(O.First), forget(O.Then);
      O.FirstExact = isGlobal(O.First.Mutex);
      O.ThenExact = isGlobal(O.Then.Mutex);
      Orders.push_back(std::move(O));
    }
  }

  /// Taken in every pass of a loop that never gives it back: for the second pass it is
  /// held from the first.
  void again(FunctionId F, const Taken &T, uint32_t Block) {
    const FunctionFacts &Facts = P.facts(F);
    if (!T.Certain || !T.Always || !T.Through.empty() || !T.Lock.Strict || T.Lock.Shared ||
        Facts.Blocks.size() > MaxBlocks || !isOneObject(F, T.Lock) || isHeldByResult(F, T.Lock))
      return;
    // What a local or a parameter points to may be another one in each pass.
    if (T.Lock.Mutex.Root != RootKind::Global && T.Lock.Mutex.Root != RootKind::This)
      return;
    // What ends the program follows itself, but is no loop.
    if (Facts.Blocks[Block].Loop == None)
      return;
    llvm::BitVector Cycle = reachedAfter(Facts, Block);
    if (!Cycle.test(Block))
      return;
    for (uint32_t B : llvm::make_early_inc_range(Cycle.set_bits()))
      if (!reachedAfter(Facts, B).test(Block))
        Cycle.reset(B);
    if (!isPassedAlways(Facts, Cycle, Block))
      return;
    for (uint32_t B : Cycle.set_bits())
      if (llvm::any_of(Facts.Blocks[B].Events,
                       [&](const Event &E) { return mayGiveBack(F, E, T.Lock.Mutex); }))
        return;
    Relocks.push_back({T.Lock, T.Lock, F, T.Through});
  }

  /// No way from where the cycle is entered leads there again, but by Block.
  static bool isPassedAlways(const FunctionFacts &F, const llvm::BitVector &Cycle, uint32_t Block) {
    llvm::BitVector Entered(Cycle.size());
    Entered[0] = Cycle.test(0);
    for (uint32_t B = 0; B < F.Blocks.size(); ++B)
      if (!Cycle.test(B))
        for (uint32_t N : F.Blocks[B].Next)
          if (Cycle.test(N))
            Entered.set(N);
    return llvm::all_of(Entered.set_bits(), [&](uint32_t B) {
      return B == Block || !reachedAfter(F, B, Block).test(B);
    });
  }

  bool mayGiveBack(FunctionId F, const Event &E, const Place &Mutex) const {
    const FunctionFacts &Facts = P.facts(F);
    if (E.Kind == EventKind::LockOp) {
      const LockOp &Op = Facts.LockOps[E.Index];
      Place Here = resolve(P, F, Op.Mutex);
      return Op.Kind == LockOpKind::Release && (!Here.known() || Here == Mutex);
    }
    if (E.Kind != EventKind::Call)
      return false;
    const auto &Targets = P.Functions[F].Targets[E.Index];
    if (Targets.empty())
      return !Facts.Calls[E.Index].System;
    return llvm::any_of(Targets, [&](const CallTarget &To) {
      return llvm::any_of(P.Functions[To.Callee].Effects.Released, [&](const Place &R) {
        Place Here = translate(P, F, E.Index, R);
        return !Here.known() || Here == Mutex;
      });
    });
  }

  static bool isGlobal(const Place &What) {
    llvm::StringRef Path = What.Path.str();
    return What.Root == RootKind::Global && !Path.contains('*') && !Path.contains("[]");
  }

  /// What a name of one function means elsewhere is not known.
  static void forget(HeldLock &L) {
    if (L.Mutex.Root != RootKind::Global && L.Mutex.Root != RootKind::Heap)
      L.Mutex = {};
  }

  /// It cannot have become another one since.
  bool isOneObject(FunctionId F, const HeldLock &L) const {
    llvm::StringRef Path = L.Mutex.Path.str();
    if (Path.contains("[]") || !isSteady(P, F, L))
      return false;
    switch (L.Mutex.Root) {
    case RootKind::Global:
    case RootKind::Local:
      return !Path.contains('*');
    case RootKind::This:
    case RootKind::Parameter:
      return Path.count('*') == 1;
    default:
      return false;
    }
  }

  /// The lock was taken by the constructor of an object that a call has returned: its
  /// destructor gives it back, at the end of the expression if nobody keeps the object.
  bool isHeldByResult(FunctionId F, const HeldLock &L) const {
    const FunctionFacts &Facts = P.facts(F);
    for (size_t I = 0; I < Facts.Calls.size(); ++I)
      if (Facts.Calls[I].At == L.At)
        for (const CallTarget &T : P.Functions[F].Targets[I])
          if (leavesObject(T.Callee))
            return true;
    return false;
  }

  /// The function, or one that it calls, makes such an object as a temporary or result.
  bool leavesObject(FunctionId Callee, unsigned Depth = 0) const {
    const FunctionFacts &Body = P.facts(Callee);
    for (size_t I = 0; I < Body.Calls.size(); ++I) {
      const Place &Made = Body.Calls[I].Object;
      bool Unnamed = !Made.known() || Made.Name == Symbol((Body.Usr.str() + "#return").str());
      for (const CallTarget &T : P.Functions[Callee].Targets[I]) {
        if (P.Functions[T.Callee].Effects.Acquired.empty())
          continue;
        if (P.facts(T.Callee).Constructor ? Unnamed
                                          : Depth < MaxHops && leavesObject(T.Callee, Depth + 1))
          return true;
      }
    }
    return false;
  }

  /// The lock, or what it is in, is given to something that is not known here.
  bool isHandedOut(FunctionId F, const Place &Mutex) const {
    const FunctionFacts &Facts = P.facts(F);
    auto Holds = [&](const Place &What) {
      Place R = resolve(P, F, What);
      return R.Root == Mutex.Root && R.Name == Mutex.Name && R.Index == Mutex.Index &&
             Mutex.Path.str().starts_with(R.Path.str());
    };
    for (size_t I = 0; I < Facts.Calls.size(); ++I) {
      const Call &C = Facts.Calls[I];
      if (!C.System && P.Functions[F].Targets[I].empty() &&
          (Holds(C.Object) || llvm::any_of(C.Args, Holds)))
        return true;
    }
    return false;
  }

  const Program &P;
  std::vector<std::vector<Taken>> All;
};

} // namespace

std::vector<LockOrder> ordersOutside(const Program &P) { return LockEffects(P).Orders; }

std::vector<Relock> findRelocks(const Program &P) {
  std::vector<Relock> All = LockEffects(P).Relocks;
  auto Key = [](const Relock &R) {
    return std::make_tuple(R.Then.At, R.First.At, R.Through.size());
  };
  llvm::stable_sort(All, [&](const Relock &A, const Relock &B) { return Key(A) < Key(B); });
  All.erase(std::unique(All.begin(), All.end(),
                        [](const Relock &A, const Relock &B) {
                          return A.Then.At == B.Then.At && A.First.At == B.First.At;
                        }),
            All.end());
  return All;
}

bool isSteady(const Program &P, FunctionId F, const HeldLock &L) {
  const FunctionFacts &Facts = P.facts(F);
  auto Keeps = [&](const Place &What) {
    if (What.Root == RootKind::Parameter)
      return What.Index < Facts.Fixed.size() && !Facts.Fixed[What.Index].empty();
    if (What.Root != RootKind::Local || !What.Path.str().contains('*'))
      return true;
    Place Pointer{What.Root, What.Name, 0, {}};
    return llvm::none_of(Facts.Calls,
                         [&](const Call &C) { return llvm::is_contained(C.Args, Pointer); });
  };
  for (const LockOp &Op : Facts.LockOps)
    if (Op.At == L.At && !Keeps(Op.Mutex))
      return false;
  for (const Call &C : Facts.Calls)
    if (C.At == L.At && !(Keeps(C.Object) && llvm::all_of(C.Args, Keeps)))
      return false;
  return true;
}

bool isOrderedByHand(const Program &P, FunctionId F, const HeldLock &H, const HeldLock &L) {
  const ProgramFunction &PF = P.Functions[F];
  const FunctionFacts &Facts = *PF.Facts;
  auto IsOwn = [](const Place &What) {
    return What.Root == RootKind::Global || What.Root == RootKind::This;
  };
  // H as this function names it.
  Place First;
  bool Reversed = false;
  for (unsigned Pass = 0; Pass < 2; ++Pass)
    for (size_t B = 0; B < Facts.Blocks.size(); ++B)
      for (size_t E = 0; E < Facts.Blocks[B].Events.size(); ++E)
        for (const HeldLock &T : locksTaken(P, F, Facts.Blocks[B].Events[E]))
          if (Pass == 0 && T.At == H.At)
            First = T.Mutex;
          else if (Pass == 1 && T.Mutex == First)
            Reversed |= llvm::any_of(locksAt(PF, B, E),
                                     [&](const HeldLock &O) { return O.Mutex == L.Mutex; });
  return Reversed && !(IsOwn(First) && IsOwn(L.Mutex));
}

} // namespace heddle
