/// The walk that gathers member accesses: internal to this stage.
#pragma once

#include "program/contexts.h"
#include "program/discipline.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringSet.h"
#include <map>

namespace heddle {

/// Parameters (bits 0..62) and `this` (bit 63) of a function.
using RootBits = uint64_t;
RootBits rootBit(const Place &What);
inline constexpr RootBits OwnThis = RootBits(1) << 63;

/// Mutex is Object, or reached from it: what follows then.
bool startsWith(const Place &Mutex, const Place &Object, llvm::StringRef &Rest);

/// A name for what is accessed that is the same in all functions, and the object
/// that its own locks must be in.
struct MemberName {
  std::string Key;  ///< Empty when it has no name.
  std::string Path; ///< Class and path, by which arrays and references are found.
  Place Object;     ///< Up to the last pointer that is followed.
};

/// Names and lock relations: disciplinenames.cpp.
class MemberNames {
public:
  explicit MemberNames(const Program &P);

  MemberName nameOf(FunctionId F, const Place &What, Symbol Member) const;
  /// The class of the object: of the method, or where the member is declared.
  Symbol ownerOf(FunctionId F, const MemberName &Name, Symbol Member) const;
  /// A method of the class takes this lock of its object.
  bool hasLock(Symbol Class, Symbol Path) const;
  MemberLock relate(FunctionId F, const HeldLock &L, const MemberName &Name,
                    const Place &What) const;
  /// The place is a lock, or something around one.
  bool isLock(FunctionId F, const Place &What) const;
  /// A method of this class takes a lock that is in the object.
  bool locksItself(Symbol Class) const { return SelfLocking.contains(Class); }
  /// The innermost function with this in its body; None when there is none.
  FunctionId functionAt(const Span &At) const;
  /// The class is a kind of lock: one method takes what another gives back.
  bool isLockClass(Symbol Class) const {
    return Takes.contains(Class) && GivesBack.contains(Class);
  }
  /// Objects of the class hold a lock as long as they live.
  bool isGuardClass(Symbol Class) const { return Guards.contains(Class); }
  Symbol classOf(FunctionId F) const { return P.facts(outermost(P, F)).Class; }

private:
  const Program &P;
  /// The last step leads out of a pointer that nobody here lets point to something new.
  bool leadsToParent(llvm::StringRef Path) const;

  llvm::DenseSet<Symbol> SelfLocking, Takes, GivesBack, Guards;
  /// Names of members that are pointed to something that was just made.
  llvm::DenseSet<Symbol> MadePointers;
  /// Class and path of a lock, and all that is around it; or the USR of a global.
  llvm::StringSet<> Locks;
  /// By file: bodies in order of their begin.
  llvm::DenseMap<Symbol, std::vector<std::pair<Span, FunctionId>>> Bodies;
};

/// Perhaps: by someone of whom nothing is known, who may see to the locks.
enum class DisciplineEntry : uint8_t { No, Perhaps, Yes };

/// Which functions others may call: disciplineentries.cpp.
class DisciplineEntries {
public:
  explicit DisciplineEntries(const Program &P);

  DisciplineEntry of(FunctionId F) const;
  /// By another function.
  bool isCalled(FunctionId F) const;
  /// The thread belongs to a `main` that starts threads.
  bool isOfProgram(const Thread &T) const;
  /// The class is defined in the source file of the unit.
  bool isLocal(uint32_t Unit, Symbol Class) const;
  /// Nobody calls the method but those that are in sight.
  bool hasAllCallers(FunctionId F) const {
    return Used.contains({P.Functions[F].Unit, P.facts(F).Class}) && P.facts(F).Overrides.empty();
  }

private:
  bool isOfLocalClass(FunctionId F) const;
  bool isCalledFromOutside(FunctionId F) const;

  const Program &P;
  std::vector<llvm::DenseSet<Symbol>> Local; ///< By unit.
  llvm::BitVector HasMain;                   ///< By unit.
  /// By function: its address is taken, a call is given it, threads begin with it.
  llvm::BitVector Addressed, Handed, Started;
  /// Local classes that are used in their unit.
  llvm::DenseSet<std::pair<uint32_t, Symbol>> Used;
};

/// One function as it is called: with these locks, on objects of this kind.
struct DisciplineVisit {
  FunctionId Function = None;
  Lockset Locks;          ///< In terms of the function. Unknown ones are one lock without a name.
  RootBits Owned = 0;     ///< Objects that are nobody else's, or that the caller accounts for.
  bool Early = false;     ///< By `main`, before it has started anything.
  bool InProgram = false; ///< By a thread of a `main` that starts threads.
  bool Setup = false;     ///< While something is made ready that others get later.
  bool Certain = true;
  /// From a free function that outsiders call: what they do about locks is unknown.
  bool Outside = false;
  bool OnLocal = false; ///< On an object that is a variable of the caller.
  /// By outsiders nobody has seen, where there are callers in sight that come with
  /// other locks.
  bool Supposed = false;
  uint32_t From = None; ///< The visit that first came here, by the call at FromAt.
  Span FromAt;
};

/// What else is known of one step of a visit.
struct DisciplineMoment {
  bool Early = false;  ///< Before `main` has started anything.
  bool Setup = false;  ///< Before the object starts its own threads.
  bool Certain = true; ///< Not after the end of the threads of the object.
};

/// Every lock of a function with the first and last line and column where it is held.
struct LockedSpan {
  HeldLock Lock;
  Span First, Last;
};
using LockedSpans = std::vector<LockedSpan>;

class DisciplineWalk {
public:
  explicit DisciplineWalk(const Program &P)
      : P(P), Names(P), Entries(P), VisitsOf(P.Functions.size()) {}
  std::vector<MemberUse> run();

private:
  void enterAll();
  void enterSupposed();
  void enterForgotten();
  DisciplineVisit outsideVisit(FunctionId F, bool Certain) const;
  void visit(DisciplineVisit V);
  void work();
  void process(uint32_t V);
  Lockset heldAt(const DisciplineVisit &V, size_t Block, size_t Event) const;
  void access(uint32_t V, const Access &A, const Lockset &Held, const LockedSpans &Spans,
              DisciplineMoment When);
  bool isCertain(const EffectAccess &A) const;
  RootBits ownedAround(uint32_t V, FunctionId Lambda) const;
  bool isJudged(const DisciplineVisit &V, const Span &At) const;
  void findJoins();
  bool joinsOthers(FunctionId F, const Event &E) const;
  std::vector<size_t> afterJoins(FunctionId F) const;
  bool startsOwn(FunctionId F, const Event &E) const;
  std::vector<size_t> beforeStarts(FunctionId F) const;
  bool isOtherArm(const DisciplineVisit &V, size_t Block, size_t Event) const;
  void call(uint32_t V, uint32_t Index, const Lockset &Held, DisciplineMoment When);
  void lift(uint32_t V, uint32_t Index, FunctionId Callee, const Lockset &Held, RootBits Roots);
  void escapes(uint32_t V);
  uint32_t unitOf(FunctionId F, const MemberName &Name, Symbol Owner) const;
  void note(uint32_t V, const Place &What, Symbol Member, MemberAccess A, const Lockset &Held,
            const Lockset &Around = {});
  bool isOwned(const DisciplineVisit &V, const Place &What) const;
  void findPrepared();
  std::vector<std::vector<Lockset>> perhapsHeld(FunctionId F) const;
  Lockset locksFor(uint32_t V, uint32_t Index, FunctionId Callee, const Lockset &Held) const;
  Chain chainTo(uint32_t V) const;
  void findOwnLocks(MemberUse &Use) const;
  std::vector<MemberUse> finish();

  const Program &P;
  MemberNames Names;
  DisciplineEntries Entries;
  std::vector<DisciplineVisit> Visits;
  std::vector<llvm::SmallVector<uint32_t, 2>> VisitsOf;
  size_t Done = 0;
  /// By function: locks that it, or what it calls, makes ready or ends.
  std::vector<std::vector<Place>> Prepared;
  /// By function, then block and event: locks that a guard may hold there, as far as
  /// its state is tested and not the path. Empty when there are none.
  std::vector<std::vector<std::vector<Lockset>>> Perhaps;

  /// Functions that wait for the end of threads that others have started.
  llvm::BitVector Joins;

  struct Entry {
    MemberUse Use;
    std::string Path;
  };
  /// Key, and the unit for a member of a class that is no other's.
  using EntryKey = std::pair<std::string, uint32_t>;
  std::map<EntryKey, Entry> Found;
  std::map<EntryKey, EntryKey> KeyOfPath;
};

} // namespace heddle
