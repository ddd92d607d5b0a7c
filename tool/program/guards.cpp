/// Locks at accesses, for annotations. A function is entered with the locks that all
/// its callers hold, a fixed point from the callers down; one that nobody calls here,
/// or that a thread starts with, is entered with none. A lock and the object of a
/// member are related by their places.
///
/// Example: `void add() { lock_guard g(mu); grow(); }` enters grow with {This *.mu},
/// so `n++` in it, on {This *.n}, is under the lock `.mu` of the same object.
#include "program/guards.h"
#include "program/contexts.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"
#include <map>
#include <set>

namespace heddle {

namespace {

constexpr unsigned MaxRounds = 12;

bool isWrite(AccessKind K) { return K == AccessKind::Write; }

/// What a function is entered with.
struct Entry {
  bool Reached = false;
  bool Early = true; ///< By `main` alone, before it starts anything.
  Lockset Locks;
};

class Guards {
public:
  explicit Guards(const Program &P) : P(P), Entries(P.Functions.size()) {}

  std::vector<GuardCandidate> run() {
    findRoots();
    for (unsigned Round = 0; Round < MaxRounds && Changed; ++Round) {
      Changed = false;
      for (const std::vector<FunctionId> &Cycle : llvm::reverse(P.BottomUp))
        for (FunctionId F : Cycle)
          if (Entries[F].Reached)
            calls(F);
    }
    findSynchronising();
    for (FunctionId F = 0; F < P.Functions.size(); ++F)
      accesses(F);
    std::vector<GuardCandidate> Out;
    for (auto &[Usr, Sites] : Found) {
      if (Excluded.contains(Usr))
        continue;
      GuardCandidate C;
      C.Usr = Usr;
      for (auto &[At, A] : Sites)
        C.Accesses.push_back(std::move(A));
      Out.push_back(std::move(C));
    }
    return Out;
  }

private:
  void findRoots() {
    llvm::DenseSet<Symbol> Started;
    for (const ProgramFunction &PF : P.Functions) {
      for (const Launch &L : PF.Facts->Launches)
        Started.insert(L.Entry);
      for (const Call &C : PF.Facts->Calls)
        for (const Callable &K : C.Callables)
          Started.insert(K.Usr);
    }
    for (FunctionId F = 0; F < P.Functions.size(); ++F) {
      const ProgramFunction &PF = P.Functions[F];
      bool Called = llvm::any_of(PF.Callers, [&](const auto &C) { return C.first != F; });
      if (Called && !PF.Facts->Main && !Started.contains(PF.Facts->Usr))
        continue;
      Entries[F].Reached = true;
      Entries[F].Early = PF.Facts->Main;
    }
  }

  Lockset locks(FunctionId F, size_t B, size_t E) const {
    const ProgramFunction &PF = P.Functions[F];
    Lockset Out = Entries[F].Locks;
    if (!PF.Released.empty())
      for (const Place &R : PF.Released[B][E])
        llvm::erase_if(Out, [&](const HeldLock &H) { return !R.known() || H.Mutex == R; });
    llvm::append_range(Out, locksAt(PF, B, E));
    llvm::sort(Out);
    Out.erase(std::unique(Out.begin(), Out.end()), Out.end());
    return Out;
  }

  /// Blocks of `main` that nothing was started before; in other functions what holds
  /// at the entry holds throughout.
  llvm::BitVector earlyBlocks(FunctionId F) const {
    const FunctionFacts &Facts = P.facts(F);
    llvm::BitVector Early(Facts.Blocks.size(), Entries[F].Early);
    llvm::SmallVector<uint32_t, 16> Work;
    auto Late = [&](uint32_t B) {
      if (Early.test(B))
        Early.reset(B), Work.push_back(B);
    };
    for (const Block &B : Facts.Blocks)
      if (llvm::any_of(B.Events, [&](const Event &E) { return starts(F, E); }))
        llvm::for_each(B.Next, Late);
    while (!Work.empty())
      llvm::for_each(Facts.Blocks[Work.pop_back_val()].Next, Late);
    return Early;
  }

  bool starts(FunctionId F, const Event &E) const {
    if (E.Kind == EventKind::Launch)
      return true;
    return E.Kind == EventKind::Call &&
           llvm::any_of(P.Functions[F].Targets[E.Index], [&](const CallTarget &T) {
             return P.Functions[T.Callee].Effects.MayLaunch;
           });
  }

  template <class Fn> void forEvents(FunctionId F, Fn Then) {
    const FunctionFacts &Facts = P.facts(F);
    llvm::BitVector Early = earlyBlocks(F);
    for (size_t B = 0; B < Facts.Blocks.size(); ++B) {
      bool Before = Early.test(B);
      for (size_t E = 0; E < Facts.Blocks[B].Events.size(); ++E) {
        const Event &Ev = Facts.Blocks[B].Events[E];
        Then(B, E, Ev, Before);
        Before &= !starts(F, Ev);
      }
    }
  }

  void calls(FunctionId F) {
    forEvents(F, [&](size_t B, size_t E, const Event &Ev, bool Early) {
      if (Ev.Kind != EventKind::Call)
        return;
      for (const CallTarget &T : P.Functions[F].Targets[Ev.Index])
        enter(T.Callee, F, Ev.Index, locks(F, B, E), Early);
    });
  }

  void enter(FunctionId Callee, FunctionId F, uint32_t Index, const Lockset &Held, bool Early) {
    Lockset Here;
    for (HeldLock L : Held)
      if (L.Mutex = inCallee(Callee, F, P.facts(F).Calls[Index], L.Mutex); L.Mutex.known())
        Here.push_back(L);
    llvm::sort(Here);
    Entry &E = Entries[Callee];
    if (!E.Reached) {
      E = {true, Early, std::move(Here)};
      Changed = true;
      return;
    }
    size_t Before = E.Locks.size();
    llvm::erase_if(E.Locks, [&](const HeldLock &L) { return !llvm::is_contained(Here, L); });
    Changed |= E.Locks.size() != Before || (E.Early && !Early);
    E.Early &= Early;
  }

  /// The caller's lock in terms of the callee; Unknown when it has no name there.
  Place inCallee(FunctionId Callee, FunctionId F, const Call &C, const Place &Lock) const {
    if (Lock.Root == RootKind::Global || P.Functions[Callee].Parent != None)
      return Lock;
    auto Below = [&](const Place &Object, RootKind Root, uint32_t Index) {
      Place Whole = resolve(P, F, Object), Out;
      llvm::StringRef Rest = Lock.Path.str();
      if (Whole.known() && rootOf(Whole) == rootOf(Lock) && Rest.consume_front(Whole.Path.str()) &&
          (Rest.empty() || Rest.front() == '.'))
        Out = {Root, {}, Index, Symbol(("*" + Rest).str())};
      return Out;
    };
    if (Place Here = Below(C.Object, RootKind::This, 0); Here.known())
      return Here;
    for (uint32_t I = 0; I < C.Args.size(); ++I)
      if (Place Here = Below(C.Args[I], RootKind::Parameter, I); Here.known())
        return Here;
    return {};
  }

  /// Condition variables, handles and the like are used without a lock of ours.
  void findSynchronising() {
    for (FunctionId F = 0; F < P.Functions.size(); ++F) {
      const FunctionFacts &Facts = P.facts(F);
      auto Add = [&](const Place &What) {
        if (What.known())
          Synchronising.insert({Facts.Class, resolve(P, F, What)});
      };
      for (const BlockingCall &B : Facts.Blocking)
        Add(B.On);
      for (const Join &J : Facts.Joins)
        Add(J.Handle);
      for (const Launch &L : Facts.Launches)
        Add(L.Handle);
    }
  }

  static bool isParameter(const Place &P) { return P.Root == RootKind::Parameter; }

  /// Parameters are named by their numbers, whatever the function calls them.
  static bool sameRoot(const Place &A, const Place &B) {
    return A.Root == B.Root && A.Index == B.Index && (isParameter(A) || A.Name == B.Name);
  }

  GuardLock relate(const HeldLock &L, const Place &Object, bool Field) const {
    GuardLock G;
    G.Shared = L.Shared;
    G.Text = L.Text;
    G.At = L.At;
    llvm::StringRef Rest = L.Mutex.Path.str();
    if (Field && sameRoot(L.Mutex, Object) && Rest.consume_front(Object.Path.str()) &&
        Rest.starts_with(".") && !Rest.contains('*') && !Rest.contains('['))
      G.Of = GuardLock::SameObject, G.Path = Symbol(Rest);
    else if (L.Mutex.Root == RootKind::Global &&
             L.Mutex.Path.str().find_first_of("*[") == llvm::StringRef::npos)
      G.Of = GuardLock::Fixed, G.Variable = L.Mutex.Name, G.Path = L.Mutex.Path;
    else
      G.Variable = L.Text;
    return G;
  }

  void accesses(FunctionId F) {
    if (!Entries[F].Reached)
      Entries[F].Early = false;
    const FunctionFacts &Facts = P.facts(F);
    forEvents(F, [&](size_t B, size_t E, const Event &Ev, bool Early) {
      if (Ev.Kind != EventKind::Access)
        return;
      const Access &A = Facts.Accesses[Ev.Index];
      if (!A.Member)
        return;
      Place What = resolve(P, F, A.What);
      if (A.Kind == AccessKind::AtomicRead || A.Kind == AccessKind::AtomicWrite ||
          A.Type.str().ends_with("]") || Synchronising.count({Facts.Class, What}))
        Excluded.insert(A.Member);
      if (Early || Excluded.contains(A.Member))
        return;
      llvm::StringRef Path = What.Path.str();
      size_t Dot = Path.rfind('.');
      bool Field = Dot != llvm::StringRef::npos;
      if (Field ? Path.drop_front(Dot).find_first_of("*[") != llvm::StringRef::npos
                : What.Root != RootKind::Global || !Path.empty())
        return;
      Place Object = What;
      Object.Path = Symbol(Path.take_front(Field ? Dot : 0));
      bool Making = (Facts.Constructor || Facts.Destructor) && Object.Root == RootKind::This;
      bool Fresh = Object.Root == RootKind::Heap || isOwnLocal(Facts, Object);
      std::vector<GuardLock> Locks;
      for (const HeldLock &L : locks(F, B, E))
        if (L.Mutex.known() && !L.Text.empty())
          Locks.push_back(relate(L, Object, Field));
      if (Making || (Fresh && Locks.empty()))
        return;
      add(A, F, std::move(Locks));
    });
  }

  void add(const Access &A, FunctionId F, std::vector<GuardLock> Locks) {
    auto [It, New] = Found[A.Member].try_emplace(A.At);
    GuardedAccess &G = It->second;
    G.Write |= isWrite(A.Kind);
    G.At = A.At;
    G.In = F;
    if (New) {
      G.Locks = std::move(Locks);
      return;
    }
    llvm::erase_if(G.Locks, [&](GuardLock &L) {
      auto Same = llvm::find_if(Locks, [&](const GuardLock &O) { return O.same(L); });
      if (Same != Locks.end())
        L.Shared |= Same->Shared;
      return Same == Locks.end();
    });
  }

  const Program &P;
  std::vector<Entry> Entries;
  bool Changed = true;
  std::set<std::pair<Symbol, Place>> Synchronising; ///< By class of the method.
  llvm::DenseSet<Symbol> Excluded;
  std::map<Symbol, std::map<Span, GuardedAccess>> Found;
};

} // namespace

std::vector<GuardCandidate> gatherGuards(const Program &P) { return Guards(P).run(); }

} // namespace heddle
