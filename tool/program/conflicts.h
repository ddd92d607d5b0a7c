/// Which accesses of two threads meet in memory, and which of them conflict.
#pragma once

#include "program/program.h"

namespace heddle {

/// The accesses to one place, by their range in Program::SharedAccesses.
struct PlaceGroup {
  size_t Begin = 0, End = 0;
  /// The groups whose place overlaps this one, itself included; indices into the
  /// list of groups.
  std::vector<uint32_t> Overlaps;
};

/// All places of the sorted list.
std::vector<PlaceGroup> groupByPlace(llvm::ArrayRef<ThreadAccess> Sorted);

/// What is known of two accesses whose places overlap.
enum class Meeting : uint8_t {
  Never,
  Unknown, ///< At elements that may be the same, or not: nobody can tell.
  Perhaps, ///< One of them is at an element that is computed.
  Surely,  ///< As far as the paths go.
};
/// Whether both accesses can be to the same memory, by their paths and the
/// positions of elements on them. A thread that runs several times does not meet
/// itself at the element that each was started for.
Meeting meet(const ThreadAccess &A, const ThreadAccess &B);

/// A judgement of two accesses.
struct Race {
  Meeting How = Meeting::Never;
  /// Why How is no more than Perhaps though the places are the same; empty otherwise.
  llvm::StringRef Doubt;
};

/// Judges pairs of accesses. The program must outlive it.
class Races {
public:
  explicit Races(const Program &P) : P(P) {}

  /// Whether the two, made by different threads or by several of one start, race
  /// ([intro.races]): W a plain write, O not a part of the same atomic object; both at
  /// once, to the same memory, without a lock that keeps one out. Never for other kinds.
  Race of(const ThreadAccess &W, const ThreadAccess &O) const;

private:
  bool isOneOfMany(const ThreadAccess &A, const ThreadAccess &B) const;
  bool mayBeDone(const ThreadAccess &A) const;
  bool isFarFromRoot(const ThreadAccess &A) const;

  const Program &P;
  /// By name of a heap object: the function that makes it.
  mutable llvm::DenseMap<Symbol, FunctionId> Makers;
};

} // namespace heddle
