/// The walk through one parallel region that collects its accesses with all that
/// decides whether two of them may run at once. Only the files of regions include
/// this. Parts: the walk itself (regionwalk.cpp), tasks (regiontasks.cpp), calls
/// (regioncalls.cpp), whose memory a variable is (regionsharing.cpp), which memory
/// is meant (regionmeet.cpp), lanes (regionlanes.cpp), and pairs (regions.cpp).
#pragma once

#include "facts/dependence.h"
#include "program/regions.h"
#include <deque>
#include <map>
#include <set>

namespace heddle {

/// A call that is walked into, because it has directives of its own.
struct RegionFrame {
  FunctionId F = None;
  uint32_t Parent = None; ///< Index of the frame of the caller.
  uint32_t Call = None;
  uint32_t Node = None;            ///< Directive at the call.
  std::vector<const Loop *> Loops; ///< Parallel to the function's loops, with names of the frame.
};

/// Between the name of a variable and the number of a frame that is not the first.
inline constexpr llvm::StringLiteral FrameMark = "#frame";

/// A directive on the way to an access.
struct RegionNode {
  const Directive *D = nullptr;
  uint32_t Index = None; ///< In the function.
  uint32_t Frame = 0;
  uint32_t Parent = None; ///< The node around.
  bool Nested = false;    ///< In an inner parallel region: another team's.
  size_t Loops = 0;       ///< How many loops of the region are around.
};

/// Loops whose next iteration has begun since: bits over RegionWalk::LoopIds.
using Crossed = uint64_t;
inline Crossed loopBit(uint32_t Loop) { return Crossed(1) << std::min(Loop, 63u); }

struct Phase {
  uint32_t Barrier = None; ///< The last barrier passed; None for the start.
  Crossed Since = 0;
  friend bool operator<(const Phase &A, const Phase &B) {
    return std::tie(A.Barrier, A.Since) < std::tie(B.Barrier, B.Since);
  }
};
struct LiveTask {
  uint32_t Task = None; ///< Node.
  Crossed Since = 0;
  friend bool operator<(const LiveTask &A, const LiveTask &B) {
    return std::tie(A.Task, A.Since) < std::tie(B.Task, B.Since);
  }
};

struct RegionState {
  std::set<Phase> Phases;
  std::set<LiveTask> Live; ///< Tasks that may not be finished.
  Lockset Locks;
  std::set<Place> Perhaps; ///< Locks that are taken on some way here.
  /// Has waited for another thread by other means than a barrier, such as a flag:
  /// what comes after what is not known.
  bool Spun = false;

  void merge(const RegionState &O);
  friend bool operator==(const RegionState &A, const RegionState &B);
};

/// An access and where it stands.
struct Point {
  LoopAccess A; ///< Base resolved, in terms of the function of the region.
  Symbol Variable, Name;
  uint32_t Owner = None;         ///< Node whose private copy it is, or None for shared memory.
  uint32_t Node = None;          ///< Innermost directive.
  std::vector<uint32_t> LoopIds; ///< Loops around, in the region, outermost first.
  std::vector<Guard> Guards;
  std::vector<Affine> Extents; ///< As in RegionAccess.
  bool Write = false, ReadsToo = false, Atomic = false, Conditional = false;
  bool Combines = false; ///< The end of a reduction, or of lastprivate.
  uint32_t From = None;  ///< The node that Combines.
  Symbol Callee;
  Span Inside;
  std::vector<Symbol> Criticals; ///< In the callee, beside those of Node.
  RegionState State;
  uint32_t Order = 0;
};

/// Where in the program directives protect what is under them.
struct Protections {
  explicit Protections(const Program &P);
  /// The critical sections and so on around At.
  llvm::SmallVector<const Directive *, 2> at(const Span &At) const;
  /// By function, what calls of it may do, on all ways through its callees.
  struct Waits {
    bool Barrier = false; ///< Of the region that the call is in.
    bool Other = false;   ///< For a flag, or a lock that is handed over.
  };
  std::vector<Waits> Waiting;
  std::map<Symbol, std::vector<const Directive *>> ByFile;
};

class RegionWalk {
public:
  RegionWalk(const Program &P, const Protections &Around, FunctionId F, uint32_t Root)
      : P(P), Protected(Around), F(F), Root(Root) {}
  void run();

  const Program &P;
  const Protections &Protected;
  FunctionId F;
  uint32_t Root; ///< The directive; None for the tasks of the function itself.
  std::vector<RegionFrame> Frames;
  std::vector<RegionNode> Nodes;
  std::vector<Point> Points;
  struct LoopId {
    uint32_t Frame, Loop;
    const struct Loop *L;
  };
  std::vector<LoopId> LoopIds;
  /// USRs (of the frame) of what is private to a thread or task, or declared inside.
  std::set<Symbol> Inside;
  /// USRs and places, as Term::Variable has them, of what is written inside.
  std::set<std::string> Written;
  bool Capped = false;

  const FunctionFacts &facts(uint32_t Frame) const { return P.facts(Frames[Frame].F); }
  /// The innermost node of this kind around, in the same team; or None.
  uint32_t around(uint32_t Node, DirectiveKind K) const;
  /// The construct that says which thread executes the code at Node.
  uint32_t executor(uint32_t Node) const;
  /// Names of the critical sections around X.
  std::vector<Symbol> criticals(const Point &X) const;
  /// The loop id of the loop number Which that the construct at Node shares out.
  uint32_t position(const Point &X, uint32_t Node, size_t Which) const;
  /// The innermost task, or None.
  uint32_t task(uint32_t Node) const;
  bool within(uint32_t Node, uint32_t Outer) const;
  /// regionsharing.cpp: who owns the variable as code at Node sees it.
  uint32_t owner(Symbol Variable, bool Static, uint32_t Frame, uint32_t Node) const;
  static const Clause *clause(const Directive &D, Symbol Variable);
  bool varies(Symbol Variable) const;

private:
  void steps(uint32_t Frame, uint32_t Begin, uint32_t End);
  void directive(uint32_t Frame, uint32_t Step);
  void sections(uint32_t Frame, uint32_t Step);
  void task(uint32_t Frame, uint32_t Step, uint32_t Node);
  void loop(uint32_t Frame, uint32_t Step);
  void branch(uint32_t Frame, uint32_t Step);
  void access(uint32_t Frame, uint32_t Step);
  void combine(uint32_t Node);
  void barrier(uint32_t Id);
  void taskwait(uint32_t Node);
  void dependWait(const Directive &D, uint32_t Node, std::set<LiveTask> &Live);
  bool ordered(uint32_t Earlier, const Directive &D, Crossed Since) const;
  uint32_t node(uint32_t Frame, uint32_t Index, uint32_t Step);
  uint32_t loopId(uint32_t Frame, uint32_t Loop);
  static bool within(const Place &Heap, const Span &Body);
  bool ownMemory(uint32_t Frame, const Place &Base, uint32_t Owner) const;
  /// Adds the point, or what this visit adds to it.
  void record(std::pair<uint64_t, uint64_t> Key, Point New);

  // regioncalls.cpp
  void call(uint32_t Frame, uint32_t Step);
  void acquired(uint32_t Frame, const LockOp &L, const HeldLock &H);
  bool lockCall(uint32_t Frame, const Call &C);
  void effect(uint32_t Frame, uint32_t Step, FunctionId Callee, size_t Index);
  /// The place in terms of the region's function.
  Place lift(uint32_t Frame, Place X) const;
  /// Renames what belongs to the frame; the base in terms of the region's function.
  bool settle(uint32_t Frame, LoopAccess &A) const;
  Affine rename(uint32_t Frame, const Affine &A) const;
  std::vector<Guard> rename(uint32_t Frame, const std::vector<Guard> &G) const;
  Symbol rename(uint32_t Frame, Symbol Variable) const;
  const LoopAccess *given(uint32_t Frame, uint32_t Call, uint32_t Argument) const;
  uint32_t enter(uint32_t Frame, uint32_t Call, FunctionId Callee);

  /// Conditions of the calls and inner parallel regions around.
  std::vector<Guard> Outside;
  bool Unclear = false;
  RegionState Now;
  uint32_t Current = None;      ///< Node.
  std::vector<uint32_t> Around; ///< Loop ids.
  std::map<std::pair<uint64_t, uint64_t>, size_t> Known;
  /// By frame and step of a loop: the states before and after, when last walked.
  std::map<std::pair<uint32_t, uint32_t>, std::pair<RegionState, RegionState>> Walks;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> NodeOf, LoopIdOf;
  std::map<std::tuple<uint32_t, uint32_t, FunctionId>, uint32_t> FrameOf;
  /// By task node: those it created, directly or not, and those of them that may
  /// still run when it ends; and tasks that are finished before it begins.
  std::map<uint32_t, std::set<uint32_t>> Created, Left, Before;
  std::deque<Loop> Copies;
  /// Where locks that guards hold are given back, by where they are taken.
  std::map<Span, Span> Scopes;
  unsigned Depth = 0;
};

using LoopList = llvm::SmallVector<uint32_t, 6>;

/// Whether accesses of a region touch the same memory (regionmeet.cpp).
class RegionMemory {
public:
  explicit RegionMemory(const RegionWalk &W) : W(W) {}

  /// In different iterations of Tested (a loop id, or None for different threads)
  /// and the same ones of Equal. Distance: of the index, from X to Y.
  Carried meet(const Point &X, const Point &Y, uint32_t Tested, const LoopList &Equal,
               std::optional<int64_t> *Distance = nullptr) const;
  /// One name for what two pointers point to because one was assigned to the other.
  Place sameAs(const Place &Base);

private:
  bool isIndex(Symbol S) const;
  bool vague(const Point &X, uint32_t Tested, const LoopList &Equal) const;
  bool symbolic(const Point &X, const Point &Y) const;
  bool addGuards(const Point &X, uint32_t Tested, std::vector<Loop> &Out) const;
  bool leavesRow(const Point &X, const Point &Y, uint32_t Tested) const;
  std::optional<bool> tabulated(const Point &X, const Point &Y, uint32_t Tested) const;
  const Variable *table(Symbol Text) const;
  bool crowded(const Point &X, const Point &Y, uint32_t Tested) const;

  const RegionWalk &W;
  std::optional<std::map<Place, Place>> Same;
};

/// A term of A is this variable.
bool names(const Affine &A, Symbol Variable);
const Symbol &threadNumber();

/// Conflicts between the lanes of the simd directive D, and tasks that may or may
/// not have their own copy (regionlanes.cpp).
std::vector<Race> findLaneRaces(const Program &P, const Protections &Around, FunctionId F,
                                uint32_t D);
std::vector<Race> findMergedTasks(const Program &P, FunctionId F);
RaceSide raceSide(const RegionWalk &W, const Point &X);

/// The loop of the step looks at what other threads do until it may go on.
bool spins(const FunctionFacts &F, uint32_t Step);

/// Directives of F that take effect in a region of the caller's.
bool hasOrphans(const FunctionFacts &F);

} // namespace heddle
