/// All units merged into one Program: names resolved, calls bound to their
/// candidates, effects of each function summarised bottom-up over the call
/// graph, and what may run at once with what. Checks read this and nothing else.
///
/// A database usually holds several programs, so a name resolves in its own
/// unit first; internal linkage never leaves its unit; several strong
/// definitions of one name stay apart, and a unit that only declares it sees
/// each of them as a candidate.
#pragma once

#include "facts/facts.h"
#include "facts/models.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/JSON.h"

/// Hashes symbol numbers: never iterate over such a map for output.
template <> struct llvm::DenseMapInfo<heddle::Place> {
  static heddle::Place getEmptyKey() {
    return {heddle::RootKind::Unknown, DenseMapInfo<heddle::Symbol>::getEmptyKey(), 0, {}};
  }
  static heddle::Place getTombstoneKey() {
    return {heddle::RootKind::Unknown, DenseMapInfo<heddle::Symbol>::getTombstoneKey(), 0, {}};
  }
  static unsigned getHashValue(const heddle::Place &P) {
    uint64_t Root = (uint64_t(P.Index) << 8) | uint64_t(P.Root);
    uint64_t Names = (uint64_t(P.Name.number()) << 32) | P.Path.number();
    return DenseMapInfo<uint64_t>::getHashValue(Names * 0x9e3779b97f4a7c15ull + Root);
  }
  static bool isEqual(const heddle::Place &A, const heddle::Place &B) { return A == B; }
};

namespace heddle {

/// Index into Program::Functions.
using FunctionId = uint32_t;

/// What pointers may hold, flow-insensitively. Bindings are listed by the root of
/// the pointer, so that a look-up compares the few paths that can match.
struct PointsTo {
  struct Bound {
    Symbol Path;  ///< Of the pointer, below the root.
    Place Target; ///< Unknown when there are several, or one that has no name.
    /// When there are two that have names: the one and the other.
    Place One = {}, Other = {};
  };
  /// Keys have an empty path.
  llvm::DenseMap<Place, llvm::SmallVector<Bound, 2>> ByRoot;

  /// Adds a target; two different ones make the pointer ambiguous.
  void add(const Place &Pointer, const Place &Target);
  /// The binding whose pointer is the longest prefix of What that is followed by
  /// "*"; null when there is none.
  const Bound *find(const Place &What) const;
};

/// One step of a call chain: In calls something at At.
struct Hop {
  FunctionId In = None;
  Span At;
};
/// From the outermost caller to the innermost; kept short (8 hops).
using Chain = std::vector<Hop>;

/// A lock as seen from some function: resolved through bindings.
struct HeldLock {
  Place Mutex;
  bool Shared = false;
  Symbol Text;
  Span At;           ///< Where it was taken.
  uint8_t Times = 1; ///< Of a recursive mutex: how often it was taken, at least.
  /// By a callee that takes it on some of its ways only, and tells its caller: a
  /// try-lock of one's own. Callers are taken to know.
  bool Tried = false;
  /// The caller held it: the function has given it back and taken it again.
  bool Restored = false;
  LockSort Sort = LockSort::Mutex;
  /// It is held by another thread, for as long as the one that runs here lives: the
  /// index of that thread in Program::Threads.
  uint32_t Owner = None;
  /// Of a lock that is an element: the access is to the same element.
  bool OfElement = true;
  bool Strict = false; ///< As in LockOp.
  /// Of a lock that is a member: its name whatever the object, the same for all
  /// objects of the class. USR of the member (of the object that is locked, where
  /// the member is itself a class around a lock); empty when there is none.
  Symbol Class = {};
  friend bool operator==(const HeldLock &A, const HeldLock &B) {
    return A.Mutex == B.Mutex && A.Shared == B.Shared;
  }
  friend bool operator<(const HeldLock &A, const HeldLock &B) {
    return std::tie(A.Mutex, A.Shared) < std::tie(B.Mutex, B.Shared);
  }
};
using Lockset = std::vector<HeldLock>; ///< Sorted, without duplicates.

/// An access that a call of the function makes, in the function itself or in
/// what it calls. Roots are in terms of this function: its parameters, this,
/// its escaping locals, or absolute.
struct EffectAccess {
  Place What;
  AccessKind Kind = AccessKind::Read;
  Lockset Held;               ///< Must be held at the access, beyond what the caller holds.
  std::vector<Place> Dropped; ///< Locks of the caller that were given back before.
  Symbol Member, Text, Type;
  Span At;       ///< The access itself.
  Chain Through; ///< Calls from this function to it; empty when it is here.
};

struct EffectBlock {
  const BlockingCall *Fact = nullptr;
  FunctionId In = None; ///< Where the blocking call stands.
  Span At;
  Chain Through;
  Lockset Held; ///< Locks taken between this function's entry and the call.
  /// Locks of the caller that were given back before, or are while waiting. An
  /// Unknown place stands for some lock that could not be named.
  std::vector<Place> Dropped;
};

/// What a call of one function may do, callees included.
struct Summary {
  /// Sorted; capped, and then not Complete. Memory that the call itself made
  /// (its locals, fresh heap objects) is left out.
  std::vector<EffectAccess> Accesses;
  std::vector<EffectBlock> Blocks; ///< One witness per category and lockset.
  Lockset Acquired;                ///< Must be held at exit and was not at entry.
  std::vector<Place> Released;     ///< May have been given back at exit.
  std::vector<uint32_t> Launches;  ///< Indices into Program::Threads, live at exit.
  std::vector<Binding> Bindings;   ///< Made on objects of the caller.
  std::vector<Place> Returns;      ///< Unique resolved pointees, as Facts::Returns.
  bool Pure = true;                ///< No effect visible outside but its result.
  bool DoesIo = false;
  /// Variables of static storage duration, the first of each for people. These
  /// hold also when Accesses was capped.
  bool ReadsGlobals = false, WritesGlobals = false;
  Symbol GlobalWritten;
  Span GlobalWrittenAt;
  /// Something is written that could not be named: `p->x` with unknown p.
  bool WritesUnknown = false;
  Span UnknownWrittenAt;
  bool MayThrow = false;   ///< An exception of the sources analysed may leave it.
  bool MayExit = false;    ///< It may end the program, by exit().
  bool KeepsState = false; ///< As in FunctionFacts.
  bool MayLaunch = false;  ///< A thread or task is started on the way.
  /// A lock is taken on the way, something called that is not safe in threads, or a
  /// process made of this one.
  bool Watched = false;
  /// Effects that are no accesses: I/O, locks, starts, state inside libraries.
  bool HiddenEffects = false;
  double Cost = 0;     ///< Operations of one call, callees counted.
  bool Capped = false; ///< Accesses were left out.
  bool Complete = true;
  Symbol WhyIncomplete; ///< First reason, for people.
  Span WhyAt;
};

/// A callee of one call in one function.
struct CallTarget {
  FunctionId Callee = None;
  /// False for one of several overriders or programs, and for a function that is
  /// handed to a library which may keep it for later.
  bool Certain = true;
};

struct ProgramFunction {
  const FunctionFacts *Facts = nullptr;
  uint32_t Unit = None;
  FunctionId Parent = None; ///< For a lambda.
  /// Parallel to Facts->Calls.
  std::vector<llvm::SmallVector<CallTarget, 1>> Targets;
  std::vector<std::pair<FunctionId, uint32_t>> Callers; ///< Function, index of call.
  /// Some of its callers are not in these sources: it may run on any thread.
  bool Outside = false;
  /// The analysis of threads has followed it, or found nobody else running.
  bool Followed = false;
  /// It may be called where nobody else runs: by `main` before it starts a thread.
  bool CalledAlone = false;
  Summary Effects;
  PointsTo Bound; ///< Own bindings and those that callees make on our objects.
  /// Must-held locks before each event: Held[Block][Event], in terms of this
  /// function, callers not counted.
  /// Empty when the function and its callees do not lock.
  std::vector<std::vector<Lockset>> Held;
  /// In the same shape: locks of the caller that may have been given back.
  std::vector<std::vector<std::vector<Place>>> Released;
  /// In the same shape, sorted: locks that are held on some of the ways to the event.
  std::vector<std::vector<std::vector<Place>>> MayHold;
};

/// A start of a thread (or task, region, handler) at one place in the code, or
/// the initial thread of a program (no Start).
struct Thread {
  FunctionId Entry = None;
  FunctionId Starter = None; ///< The function with the Launch; None for main.
  const Launch *Start = nullptr;
  /// Several of these may run at once: started in a loop, by a parallel
  /// region, or by a function that several threads call.
  bool Many = false;
  uint32_t Parent = None; ///< The thread that starts it; None for the first.
  Symbol Name;            ///< For messages: `the thread started at a.cpp:12`, `the main thread`.
  Lockset HeldAtStart;    ///< By its parent, wherever it is started.
  std::vector<Place> Signals; ///< All that it may signal. Sorted.
  /// What it signals when a counter has grown. Sorted.
  std::vector<Place> Raises;
};

/// An object that was waited for. With a counter, until that was zero.
struct Awaited {
  Place Object, Counter;
  friend bool operator==(const Awaited &, const Awaited &) = default;
  friend auto operator<(const Awaited &A, const Awaited &B) {
    return std::tie(A.Object, A.Counter) < std::tie(B.Object, B.Counter);
  }
};

/// What a thread has done before an access, as far as others can know. Absolute
/// places, sorted.
struct Ordering {
  std::vector<Awaited> Waited; ///< Surely waited for.
  /// Mutexes surely taken, with the thread that took them: itself, or one that it was
  /// started by.
  std::vector<std::pair<Place, uint32_t>> Taken;
  std::vector<Place> Signalled; ///< Or given back, perhaps.
  bool SignalledAny = false;    ///< More than are kept.
  friend bool operator==(const Ordering &, const Ordering &) = default;
  friend auto operator<(const Ordering &A, const Ordering &B) {
    return std::tie(A.Waited, A.Taken, A.Signalled, A.SignalledAny) <
           std::tie(B.Waited, B.Taken, B.Signalled, B.SignalledAny);
  }
};

/// Where the position of an element comes from.
enum class IndexOrigin : uint8_t {
  Constant, ///< As the path says.
  Range,    ///< A loop over elements that are the same for every thread.
  Own,      ///< What the thread was started with.
  Unknown,
};
struct ElementIndex {
  IndexOrigin From = IndexOrigin::Constant;
  std::optional<int64_t> First, Last; ///< Of a Range, where they are constants.
  /// Own: two starts may be given the same one.
  bool Repeats = false;
  friend bool operator==(const ElementIndex &, const ElementIndex &) = default;
  friend auto operator<(const ElementIndex &A, const ElementIndex &B) {
    return std::tie(A.From, A.First, A.Last, A.Repeats) <
           std::tie(B.From, B.First, B.Last, B.Repeats);
  }
};

/// One access, of one thread, to memory that is not its own.
struct ThreadAccess {
  Place What; ///< Absolute: global, escaped local, heap object.
  AccessKind Kind = AccessKind::Read;
  uint32_t Thread = None;
  FunctionId In = None;
  Lockset Held; ///< All that must be held, callers counted.
  /// Locks of the callers that the function of the access has given back, and takes again
  /// later or not.
  std::vector<Place> GivenUp;
  std::vector<Place> MayHold; ///< Locks that are held on some ways only, sorted.
  Symbol Member, Text, Type;
  Span At;
  Chain Through; ///< From the thread's entry.
  /// Where the code that is passed a pointer or reference to the object gets it:
  /// the call, or the start of the thread. At, for what is named in place.
  Span Named;
  /// No call on the way is a guess among several candidates.
  bool Certain = true;
  /// Thread got the object from outside: a global, or handed over at its start.
  /// Otherwise it is its own, unless a thread that it started got it.
  bool Foreign = false;
  /// Threads that may be running when this is executed by Thread.
  std::vector<uint32_t> Live;
  /// Of these, some that were waited for before, though not on all ways.
  std::vector<uint32_t> Doubtful;
  std::shared_ptr<const Ordering> Order; ///< Never null.
  ElementIndex Element;                  ///< Of "[]" in What.
  /// The object is gone afterwards, on some ways through the function only.
  bool EndsPerhaps = false;
};

/// A thread waits for a lock, or calls what is not safe in threads.
struct ThreadCall {
  uint32_t Thread = None;
  FunctionId In = None;
  Lockset Held; ///< All that must be held, callers counted.
  Span At;
  Chain Through; ///< From the thread's entry.
  bool Certain = true;
  /// Threads that may be running, and may have the object in question.
  std::vector<uint32_t> Live;
};

/// Thread waits for Then while it holds First, which is one of Held.
struct LockOrder : ThreadCall {
  HeldLock First, Then;
  /// The places name one object each, not one for every call or element.
  bool FirstExact = false, ThenExact = false;
};

/// A call that matches a row of mt-unsafe.yaml that has a state.
struct HazardCall : ThreadCall {
  const Call *What = nullptr;
  Place On; ///< Absolute; the object, where the row is about one.
};

/// A new process is made of the one that runs, while other threads may be running.
struct ForkCall : ThreadCall {
  const Launch *What = nullptr;
};

/// A write without a lock, in a loop, to a part of an array or object.
struct HotWrite : ThreadCall {
  const Access *What = nullptr;
  uint32_t Loop = None; ///< Innermost loop of In around it.
  Place On;             ///< Absolute.
};

struct Program {
  std::vector<UnitFacts> Units; ///< Sorted by main file.
  std::vector<ProgramFunction> Functions;
  llvm::DenseMap<Symbol, const Variable *> Variables; ///< By (resolved) USR.
  /// Callees before callers; functions of one cycle stand together.
  std::vector<std::vector<FunctionId>> BottomUp;
  std::vector<Thread> Threads;
  std::vector<ThreadAccess> SharedAccesses; ///< Sorted by place.
  /// Accesses in threads of which it is not known what they access. Sorted.
  std::vector<Span> Unplaced;
  bool ThreadsComplete = true; ///< False where a limit has ended the analysis of threads.
  /// How many must meet at a barrier, or may come in through a semaphore, where that is
  /// a constant.
  llvm::DenseMap<Place, int64_t> SyncCounts;
  /// Counters that need not be zero when all that was added has been taken off again.
  llvm::DenseSet<Place> Uneven;
  llvm::DenseSet<Place> Semaphores;
  /// Those that are also posted by who has not waited for them.
  llvm::DenseSet<Place> OpenSemaphores;
  std::vector<LockOrder> LockOrders;   ///< Sorted.
  std::vector<HazardCall> HazardCalls; ///< Sorted by place in the code.
  std::vector<HotWrite> HotWrites;     ///< Sorted by place.
  std::vector<ForkCall> ForkCalls;     ///< Sorted by place in the code.
  std::shared_ptr<const Models> Apis;
  /// Pointers with one name in the whole program: globals, locals, heap.
  PointsTo Bound;
  /// Which function a name means where, for what is looked at on demand.
  std::shared_ptr<const struct Names> Resolved;
  /// By USR of a class: what members point to, as far as it is in the same object.
  llvm::DenseMap<Symbol, PointsTo> ClassBound;

  Program() = default;
  Program(Program &&) = default;
  Program &operator=(Program &&) = default;
  Program(const Program &) = delete;

  const ProgramFunction &function(FunctionId F) const { return Functions[F]; }
  const FunctionFacts &facts(FunctionId F) const { return *Functions[F].Facts; }
  bool complete() const;
};

/// Builds the Program. Units come in any order, the result is the same.
Program buildProgram(std::vector<UnitFacts> Units, std::shared_ptr<const Models> Apis);

/// The same place with everything known about pointers of `F` applied:
/// `p->x` becomes `g.x` when p can only point to g.
Place resolve(const Program &P, FunctionId F, const Place &What);

/// The callee's place in terms of the caller, by call `CallIndex` of `Caller`.
/// Unknown when it does not survive (the callee's own locals). The `this` that a
/// lambda captured keeps the USR of the method it belongs to as its Name while
/// it travels through functions outside of that method.
Place translate(const Program &P, FunctionId Caller, uint32_t CallIndex, const Place &InCallee);

/// One lock that both hold, and that keeps one out while the other is in.
bool isProtected(const Program &P, const ThreadAccess &A, const ThreadAccess &B);

/// Where a heap object is made: line and column in the file. Not valid for other places.
Span positionOf(const Place &Object);

/// Both accesses may be executed at the same time by two different threads.
bool mayRunAtOnce(const Program &P, const ThreadAccess &A, const ThreadAccess &B);

/// Each may be executed while the other is, by another thread.
bool mayRunAtOnce(const ThreadCall &A, const ThreadCall &B);

/// The locks at an event of `F`, callers not counted.
const Lockset &locksAt(const ProgramFunction &F, size_t Block, size_t Event);

/// The same as JSON, in compact text: for `heddle dump --stage=program`.
llvm::json::Value programJson(const Program &P);

} // namespace heddle
