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
#include "llvm/ADT/SmallVector.h"

namespace heddle {

/// Index into Program::Functions.
using FunctionId = uint32_t;

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
  Span At; ///< Where it was taken.
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
  Lockset Held; ///< Must be held at the access, beyond what the caller holds.
  Symbol Member, Text, Type;
  Span At;      ///< The access itself.
  Chain Through;///< Calls from this function to it; empty when it is here.
};

struct EffectBlock {
  const BlockingCall *Fact = nullptr;
  FunctionId In = None; ///< Where the blocking call stands.
  Span At;
  Chain Through;
  Lockset Held; ///< Locks taken between this function's entry and the call.
};

/// What a call of one function may do, callees included.
struct Summary {
  std::vector<EffectAccess> Accesses; ///< Sorted; capped, and then not Complete.
  std::vector<EffectBlock> Blocks;    ///< One witness per category and lockset.
  Lockset Acquired;                   ///< Must be held at exit and was not at entry.
  std::vector<Place> Released;        ///< May have been given back at exit.
  std::vector<uint32_t> Launches;     ///< Indices into Program::Threads, live at exit.
  std::vector<Place> Returns;         ///< Unique resolved pointees, as Facts::Returns.
  bool Pure = true;                   ///< No effect visible outside but its result.
  bool DoesIo = false;
  double Cost = 0;                    ///< Operations of one call, callees counted.
  bool Complete = true;
  Symbol WhyIncomplete;               ///< First reason, for people.
  Span WhyAt;
};

/// A callee of one call in one function.
struct CallTarget {
  FunctionId Callee = None;
  /// For a virtual call with several overriders, or several programs.
  bool Certain = true;
};

struct ProgramFunction {
  const FunctionFacts *Facts = nullptr;
  uint32_t Unit = None;
  FunctionId Parent = None; ///< For a lambda.
  /// Parallel to Facts->Calls.
  std::vector<llvm::SmallVector<CallTarget, 1>> Targets;
  std::vector<std::pair<FunctionId, uint32_t>> Callers; ///< Function, index of call.
  Summary Effects;
  /// Must-held locks before each event: Held[Block][Event], in terms of this
  /// function, callers not counted.
  std::vector<std::vector<Lockset>> Held;
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
  Symbol Name; ///< For messages: `thread started at a.cpp:12`, `main`.
};

/// One access, of one thread, to memory that is not its own.
struct ThreadAccess {
  Place What; ///< Absolute: global, escaped local, heap object.
  AccessKind Kind = AccessKind::Read;
  uint32_t Thread = None;
  FunctionId In = None;
  Lockset Held; ///< All that must be held, callers counted.
  Symbol Member, Text, Type;
  Span At;
  Chain Through; ///< From the thread's entry.
  /// Threads that may be running when this is executed by Thread.
  std::vector<uint32_t> Live;
};

struct Program {
  std::vector<UnitFacts> Units; ///< Sorted by main file.
  std::vector<ProgramFunction> Functions;
  llvm::DenseMap<Symbol, const Variable *> Variables; ///< By (resolved) USR.
  /// Callees before callers; functions of one cycle stand together.
  std::vector<std::vector<FunctionId>> BottomUp;
  std::vector<Thread> Threads;
  std::vector<ThreadAccess> SharedAccesses; ///< Sorted by place.
  std::shared_ptr<const Models> Apis;

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
/// Unknown when it does not survive (the callee's own locals).
Place translate(const Program &P, FunctionId Caller, uint32_t CallIndex, const Place &InCallee);

/// Both accesses may be executed at the same time by two different threads.
bool mayRunAtOnce(const Program &P, const ThreadAccess &A, const ThreadAccess &B);

} // namespace heddle
