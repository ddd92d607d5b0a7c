/// The control flow of one function, unfolded by what its repeated conditions
/// answer: internal to this stage.
#pragma once

#include "program/build.h"

#include "llvm/ADT/BitVector.h"

namespace heddle {

/// A block together with the answers that lead to it.
struct PathNode {
  uint32_t Block = None;
  /// Successors: index of the node, and of the edge in Block::Next.
  llvm::SmallVector<std::pair<uint32_t, uint32_t>, 2> Next;
};

/// Node 0 is the entry; nodes are sorted by block. Without repeated conditions
/// (Block::Test) there is one node for every block that can be reached, as there is
/// when unfolding would take too many.
std::vector<PathNode> unfold(const FunctionFacts &F);

/// Blocks that control may come to after From, From itself only by a cycle; without
/// going through the block Without, when there is one.
llvm::BitVector reachedAfter(const FunctionFacts &F, uint32_t From, uint32_t Without = None);
/// Blocks that every way from the entry to an exit goes through; none in functions with
/// very many blocks.
llvm::BitVector onEveryWay(const FunctionFacts &F);
/// The same as reachedAfter, from the entry on, which counts.
llvm::BitVector reachedFromEntry(const FunctionFacts &F, uint32_t Without = None);

} // namespace heddle
