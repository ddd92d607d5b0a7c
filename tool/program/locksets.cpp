/// Which locks must be held where: a forward data-flow analysis over the blocks
/// of one function. At a join of paths only locks held on all of them remain
/// (intersection); locks of the caller that any path gave back count as given
/// back (union). A try-lock acquires on one edge only. Calls apply the lock
/// effects of the callee's summary, so a function that locks and returns, or a
/// guard class of the user's own, counts like the lock itself.
///
/// Example: `if (c) m.lock(); n++;` holds nothing at `n++`;
/// `MutexLock l(&m); n++;` holds m, because the constructor's summary acquires
/// {This *.mu*}, which is m for this caller.
///
/// A release that matches no held lock, of a lock that is known by another
/// pointer only, takes away every held lock with the same last step: it may be
/// the same lock.
#include "program/paths.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

namespace heddle {

namespace {

/// Of a recursive mutex; with more, all are given back at once.
constexpr uint8_t MaxTimes = 4;

struct LockState {
  Lockset Held;
  Lockset Perhaps;             ///< Held on some path; for what a callee leaves taken.
  std::vector<Place> Released; ///< Sorted; of the caller, not taken again since.
  bool Reached = false;

  friend bool operator==(const LockState &A, const LockState &B) {
    auto Times = [](const HeldLock &L, const HeldLock &M) { return L.Times == M.Times; };
    return A.Reached == B.Reached && A.Held == B.Held && A.Perhaps == B.Perhaps &&
           A.Released == B.Released &&
           std::equal(A.Held.begin(), A.Held.end(), B.Held.begin(), Times);
  }
};

llvm::StringRef lastStep(const Place &P) {
  llvm::StringRef Path = P.Path.str();
  size_t Dot = Path.rfind('.');
  return Dot == llvm::StringRef::npos ? Path : Path.drop_front(Dot);
}

bool isThroughPointer(const Place &P) {
  return P.Root == RootKind::Parameter || P.Root == RootKind::This || P.Root == RootKind::Result ||
         P.Path.str().contains('*');
}

bool mayBeSame(const Place &A, const Place &B) {
  return lastStep(A) == lastStep(B) && (isThroughPointer(A) || isThroughPointer(B)) &&
         !(A.Root == RootKind::This && B.Root == RootKind::This);
}

void insertPlace(std::vector<Place> &Set, const Place &P) {
  auto It = llvm::lower_bound(Set, P);
  if (It == Set.end() || !(*It == P))
    Set.insert(It, P);
}

void insertLock(Lockset &Set, const HeldLock &L) {
  auto It = llvm::lower_bound(Set, L);
  if (It == Set.end() || !(*It == L))
    Set.insert(It, L);
}

void acquire(LockState &S, HeldLock L, bool Adopted = false) {
  if (!L.Mutex.known())
    return;
  // A lock of the caller that was given back and is taken again is held as before.
  L.Restored = llvm::is_contained(S.Released, L.Mutex);
  llvm::erase(S.Released, L.Mutex);
  insertLock(S.Perhaps, L);
  for (HeldLock &H : S.Held)
    if (H.Mutex == L.Mutex) {
      H.Shared &= L.Shared;
      if (!Adopted && H.Times < MaxTimes)
        ++H.Times;
      return;
    }
  insertLock(S.Held, L);
}

/// ByGuard: a guard that gives back what it holds, and does nothing when it
/// holds nothing.
void release(LockState &S, const Place &Mutex, bool ByGuard) {
  for (HeldLock &H : S.Held)
    if (H.Mutex == Mutex && H.Times > 1) {
      --H.Times;
      return;
    }
  // At a position that is not known it may be any of the array.
  auto MayBeElement = [&](const HeldLock &H) {
    auto [Array, Position] = Mutex.Path.str().rsplit('[');
    auto [Other, At] = H.Mutex.Path.str().rsplit('[');
    return Position == "]" && !At.empty() && rootOf(H.Mutex) == rootOf(Mutex) && Array == Other;
  };
  if (llvm::none_of(S.Held, [&](const HeldLock &H) { return H.Mutex == Mutex; }))
    llvm::erase_if(S.Held, MayBeElement);
  size_t Before = S.Held.size();
  llvm::erase_if(S.Perhaps, [&](const HeldLock &H) { return H.Mutex == Mutex; });
  llvm::erase_if(S.Held, [&](const HeldLock &H) { return H.Mutex == Mutex; });
  if (S.Held.size() != Before || ByGuard || !Mutex.known())
    return;
  llvm::erase_if(S.Held, [&](const HeldLock &H) { return mayBeSame(H.Mutex, Mutex); });
  insertPlace(S.Released, Mutex);
}

/// The place as a person would write it, `Otherwise` when that is not clear.
Symbol spell(const Program &P, const Place &What, Symbol Otherwise) {
  std::string Text;
  llvm::StringRef Path = What.Path.str();
  if (What.Root == RootKind::Global || What.Root == RootKind::Local) {
    auto V = P.Variables.find(What.Name);
    if (V == P.Variables.end())
      return Otherwise;
    Text = V->second->Name.str();
  } else if (What.Root == RootKind::Parameter && !What.Name.empty())
    Text = What.Name.str();
  else if (What.Root == RootKind::This && Path.consume_front("*."))
    ;
  else
    return Otherwise;
  for (; !Path.empty(); Path = Path.drop_front())
    if (Path.consume_front("*."))
      Text += "->", Text += Path.front();
    else if (Path.size() > 1 || Path.front() != '*')
      Text += Path.front();
  return Text.empty() ? Otherwise : Symbol(Text);
}

/// What follows the last pointer.
llvm::StringRef inObject(const Place &What) {
  llvm::StringRef Path = What.Path.str();
  return Path.drop_front(Path.rfind('*') + 1);
}

/// The name of a member of `this` whatever the object; empty for anything else.
Symbol memberOfThis(const FunctionFacts &F, const Place &What) {
  llvm::StringRef Path = What.Path.str();
  if (What.Root != RootKind::This || F.Class.empty() || !Path.consume_front("*.") ||
      Path.contains('*'))
    return {};
  return Symbol((F.Class.str() + "@FI@" + Path).str());
}

/// The name of what the callee calls There, by the member that the call hands over;
/// empty when it hands over none.
Symbol memberHandedOver(const Call &C, const Place &There) {
  llvm::StringRef Path = There.Path.str();
  size_t I = There.Root == RootKind::This        ? 0
             : There.Root == RootKind::Parameter ? There.Index + 1
                                                 : C.Members.size();
  if (I >= C.Members.size() || C.Members[I].empty() || !Path.consume_front("*") ||
      Path.contains('*'))
    return {};
  return Symbol((C.Members[I].str() + Path).str());
}

class Locksets {
public:
  Locksets(Program &P, FunctionId F) : P(P), F(F), PF(P.Functions[F]), Facts(*PF.Facts) {}

  bool run() {
    Lockset OldAcquired = PF.Effects.Acquired;
    std::vector<Place> OldReleased = PF.Effects.Released;
    PF.Effects.Acquired.clear();
    PF.Effects.Released.clear();
    PF.Held.clear();
    PF.Released.clear();
    PF.MayHold.clear();
    if (anyLocks()) {
      solve();
      record();
    }
    return OldAcquired != PF.Effects.Acquired || OldReleased != PF.Effects.Released;
  }

private:
  bool anyLocks() const {
    if (!Facts.LockOps.empty())
      return true;
    for (size_t I = 0; I < PF.Targets.size(); ++I)
      if (PF.Targets[I].empty() && unseenLock(Facts.Calls[I]))
        return true;
    for (const auto &Targets : PF.Targets)
      for (const CallTarget &T : Targets) {
        const Summary &S = P.Functions[T.Callee].Effects;
        if (!S.Acquired.empty() || !S.Released.empty())
          return true;
      }
    return false;
  }

  /// A method that is defined elsewhere and named as those of locks are. It counts where
  /// a lock is an excuse, as what is taken on some ways does, and never as evidence.
  static std::optional<LockOpKind> unseenLock(const Call &C) {
    if (C.System || !C.Object.known())
      return std::nullopt;
    return llvm::StringSwitch<std::optional<LockOpKind>>(C.Name.str().rsplit("::").second)
        .Cases("lock", "Lock", LockOpKind::Acquire)
        .Cases("unlock", "Unlock", LockOpKind::Release)
        .Default(std::nullopt);
  }

  void applyUnseen(LockState &S, const Call &C) const {
    std::optional<LockOpKind> Kind = unseenLock(C);
    if (!Kind)
      return;
    Place Mutex = resolve(P, F, C.Object);
    if (*Kind == LockOpKind::Release)
      return release(S, Mutex, isOwnLocal(Facts, C.Object));
    HeldLock L;
    L.Mutex = Mutex;
    L.Text = spell(P, Mutex, C.Name);
    L.At = C.At;
    L.Tried = true;
    acquire(S, L);
  }

  void applyCall(LockState &S, uint32_t Index) const {
    const auto &Targets = PF.Targets[Index];
    if (Targets.empty())
      return applyUnseen(S, Facts.Calls[Index]);
    Lockset Common;
    bool First = true;
    for (const CallTarget &T : Targets) {
      const Summary &E = P.Functions[T.Callee].Effects;
      for (const Place &R : E.Released)
        release(S, translate(P, F, Index, R), isOwnLocal(Facts, Facts.Calls[Index].Object));
      Lockset Acquired;
      for (HeldLock L : E.Acquired) {
        L = lockHere(P, F, Index, L);
        L.At = Facts.Calls[Index].At;
        if (L.Mutex.known())
          Acquired.push_back(L);
      }
      llvm::sort(Acquired);
      if (First)
        Common = std::move(Acquired);
      else
        llvm::erase_if(Common, [&](const HeldLock &L) { return !llvm::is_contained(Acquired, L); });
      First = false;
    }
    for (const HeldLock &L : Common)
      acquire(S, L);
  }

  void apply(LockState &S, const Event &E) const {
    if (E.Kind == EventKind::Call)
      return applyCall(S, E.Index);
    if (E.Kind != EventKind::LockOp)
      return;
    const LockOp &Op = Facts.LockOps[E.Index];
    if (Op.Kind == LockOpKind::Acquire || Op.Kind == LockOpKind::Adopt)
      acquire(S, lockOf(P, F, Op), Op.Kind == LockOpKind::Adopt);
    else if (Op.Kind == LockOpKind::Release) {
      Place Mutex = resolve(P, F, Op.Mutex);
      // One of two: neither is surely held any more, unless it was taken the same way.
      if (llvm::none_of(S.Held, [&](const HeldLock &H) { return H.Mutex == Mutex; }))
        for (const Choice &C : choices(P, Mutex))
          release(S, choose(C, Mutex), /*ByGuard=*/true);
      release(S, Mutex, isOwnLocal(Facts, Op.Mutex));
    }
  }

  static bool meet(LockState &Into, const LockState &From) {
    if (!Into.Reached) {
      Into = From;
      return true;
    }
    LockState Before = Into;
    llvm::erase_if(Into.Held, [&](HeldLock &H) {
      for (const HeldLock &O : From.Held)
        if (O.Mutex == H.Mutex) {
          H.Shared |= O.Shared;
          H.Times = std::min(H.Times, O.Times);
          return false;
        }
      return true;
    });
    for (const HeldLock &L : From.Perhaps)
      insertLock(Into.Perhaps, L);
    for (const Place &R : From.Released)
      insertPlace(Into.Released, R);
    return !(Before == Into);
  }

  void solve() {
    Paths = unfold(Facts);
    In.assign(Paths.size(), {});
    if (Paths.empty())
      return;
    In[0].Reached = true;
    llvm::BitVector Dirty(Paths.size());
    Dirty.set(0);
    // Sets only shrink, or grow towards the places of this function.
    for (int N = Dirty.find_first(); N != -1; N = Dirty.find_first()) {
      Dirty.reset(N);
      LockState Out = In[N];
      const Block &Blk = Facts.Blocks[Paths[N].Block];
      for (const Event &E : Blk.Events)
        apply(Out, E);
      for (auto [To, Edge] : Paths[N].Next) {
        LockState Along = Out;
        if (Blk.Try < Facts.LockOps.size()) {
          const LockOp &Op = Facts.LockOps[Blk.Try];
          bool Tried = Op.Kind == LockOpKind::TryAcquire;
          if (Tried && Blk.TryTaken == Edge)
            acquire(Along, lockOf(P, F, Op));
          else if (!Tried && Blk.TryTaken != Edge) // it failed
            release(Along, resolve(P, F, Op.Mutex), /*ByGuard=*/true);
        }
        if (meet(In[To], Along))
          Dirty.set(To);
      }
    }
  }

  /// It is taken for the caller: nothing here gives it back.
  bool leavesTaken(const LockOp &Try) const {
    Place Mutex = resolve(P, F, Try.Mutex);
    // A claim that decides what is done here is no lock for the caller.
    if (Try.Sort == LockSort::Flag && llvm::any_of(Facts.Blocks, [&](const Block &B) {
          return B.Try < Facts.LockOps.size() && &Facts.LockOps[B.Try] == &Try;
        }))
      return false;
    return Mutex.known() && llvm::none_of(Facts.LockOps, [&](const LockOp &Op) {
             return Op.Kind == LockOpKind::Release && resolve(P, F, Op.Mutex) == Mutex;
           });
  }

  void record() {
    LockState Exit;
    PF.Held.resize(Facts.Blocks.size());
    std::vector<std::vector<std::vector<Place>>> Released(Facts.Blocks.size());
    std::vector<std::vector<std::vector<Place>>> MayHold(Facts.Blocks.size());
    bool AnyReleased = false, AnyPerhaps = false;
    for (size_t B = 0; B < Facts.Blocks.size(); ++B) {
      PF.Held[B].resize(Facts.Blocks[B].Events.size());
      Released[B].resize(Facts.Blocks[B].Events.size());
      MayHold[B].resize(Facts.Blocks[B].Events.size());
    }
    // What several paths to one block have in common.
    llvm::BitVector Seen(Facts.Blocks.size());
    for (size_t N = 0; N < Paths.size(); ++N) {
      LockState S = In[N];
      if (!S.Reached)
        continue;
      uint32_t B = Paths[N].Block;
      for (size_t I = 0; I < Facts.Blocks[B].Events.size(); ++I) {
        if (Seen.test(B)) {
          LockState Common;
          Common.Held = std::move(PF.Held[B][I]);
          Common.Released = std::move(Released[B][I]);
          Common.Reached = true;
          meet(Common, S);
          PF.Held[B][I] = std::move(Common.Held);
          Released[B][I] = std::move(Common.Released);
        } else {
          PF.Held[B][I] = S.Held;
          Released[B][I] = S.Released;
        }
        AnyReleased |= !S.Released.empty();
        for (const HeldLock &H : S.Perhaps)
          insertPlace(MayHold[B][I], H.Mutex);
        apply(S, Facts.Blocks[B].Events[I]);
      }
      Seen.set(B);
      if (Facts.Blocks[B].Next.empty())
        meet(Exit, S);
    }
    for (const LockOp &Op : Facts.LockOps)
      if (Op.Kind == LockOpKind::TryAcquire && leavesTaken(Op))
        insertLock(Exit.Perhaps, lockOf(P, F, Op));
    for (size_t B = 0; B < MayHold.size(); ++B)
      for (size_t I = 0; I < MayHold[B].size(); ++I) {
        llvm::erase_if(MayHold[B][I], [&](const Place &M) {
          return llvm::any_of(PF.Held[B][I], [&](const HeldLock &H) { return H.Mutex == M; });
        });
        AnyPerhaps |= !MayHold[B][I].empty();
      }
    if (AnyPerhaps)
      PF.MayHold = std::move(MayHold);
    if (AnyReleased)
      PF.Released = std::move(Released);
    if (!Exit.Reached)
      return;
    for (HeldLock &H : Exit.Perhaps) {
      H.Tried = true;
      if (!H.Restored &&
          llvm::none_of(Exit.Held, [&](const HeldLock &O) { return O.Mutex == H.Mutex; }))
        insertLock(Exit.Held, H);
    }
    for (const HeldLock &H : Exit.Held)
      if (!H.Restored && !isOwnLocal(Facts, H.Mutex) && H.Mutex.Root != RootKind::Result)
        PF.Effects.Acquired.push_back(H);
    for (const Place &R : Exit.Released)
      if (!isOwnLocal(Facts, R) && R.Root != RootKind::Result)
        PF.Effects.Released.push_back(R);
  }

  Program &P;
  FunctionId F;
  ProgramFunction &PF;
  const FunctionFacts &Facts;
  std::vector<PathNode> Paths;
  std::vector<LockState> In; ///< By node of Paths.
};

} // namespace

bool computeLocksets(Program &P, FunctionId F) { return Locksets(P, F).run(); }

HeldLock lockOf(const Program &P, FunctionId F, const LockOp &Op) {
  const FunctionFacts &Facts = P.facts(F);
  HeldLock L{resolve(P, F, Op.Mutex), Op.Shared, Op.Text, Op.At};
  L.Strict = Op.Strict;
  L.Sort = Op.Sort;
  // Or a claim: somebody gets it, the others go on without.
  L.Tried = Op.Sort == LockSort::Flag;
  // `lock.lock()` names the guard; people want the mutex.
  if (!(L.Mutex == Op.Mutex) && isOwnLocal(Facts, Op.Mutex) && Op.Mutex.Path.str() == "*")
    L.Text = spell(P, L.Mutex, L.Text);
  L.Class = !Op.Member.empty() && lastStep(L.Mutex) == lastStep(Op.Mutex)
                ? Op.Member
                : memberOfThis(Facts, L.Mutex);
  return L;
}

HeldLock lockHere(const Program &P, FunctionId Caller, uint32_t CallIndex, HeldLock L) {
  Place There = L.Mutex;
  L.Mutex = translate(P, Caller, CallIndex, There);
  L.Text = spell(P, L.Mutex, L.Text);
  // A class around a lock is named by the member that it is.
  if (Symbol Member = memberHandedOver(P.facts(Caller).Calls[CallIndex], There); !Member.empty())
    L.Class = Member;
  else if (inObject(There).empty() || inObject(There) != inObject(L.Mutex))
    L.Class = memberOfThis(P.facts(Caller), L.Mutex);
  return L;
}

llvm::SmallVector<HeldLock, 2> locksTaken(const Program &P, FunctionId F, const Event &E) {
  llvm::SmallVector<HeldLock, 2> Out;
  if (E.Kind == EventKind::LockOp) {
    const LockOp &Op = P.facts(F).LockOps[E.Index];
    if (Op.Kind == LockOpKind::Acquire && Op.Sort == LockSort::Mutex)
      Out.push_back(lockOf(P, F, Op));
  } else if (E.Kind == EventKind::Call && P.Functions[F].Targets[E.Index].size() == 1) {
    FunctionId Callee = P.Functions[F].Targets[E.Index].front().Callee;
    for (HeldLock L : P.Functions[Callee].Effects.Acquired) {
      if (L.Tried)
        continue;
      L = lockHere(P, F, E.Index, L);
      L.At = P.facts(F).Calls[E.Index].At;
      Out.push_back(std::move(L));
    }
  }
  llvm::erase_if(Out, [](const HeldLock &L) { return !L.Mutex.known(); });
  return Out;
}

const Lockset &locksAt(const ProgramFunction &F, size_t Block, size_t Event) {
  static const Lockset Nothing;
  if (Block >= F.Held.size() || Event >= F.Held[Block].size())
    return Nothing;
  return F.Held[Block][Event];
}

} // namespace heddle
