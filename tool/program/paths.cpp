/// Path sensitivity where it is cheap (as in ESP: Das, Lerner, Seigle 2002): a
/// block is visited once for each set of answers to the conditions that are
/// asked again further on, and an edge that contradicts them is not taken.
///
/// Example: `if (c) lock(); n++; if (c) unlock();` unfolds n++ into one node
/// after c and one after !c; only the first goes on to the unlock.
#include "program/paths.h"

#include "llvm/ADT/STLExtras.h"
#include <map>

namespace heddle {

namespace {

constexpr size_t MaxTests = 6, MaxNodesPerBlock = 6;

/// Two bits for each test: 0 not known, 1 false, 2 true.
using Answers = uint32_t;

class Unfolder {
public:
  explicit Unfolder(const FunctionFacts &F) : F(F) {}

  std::vector<PathNode> run() {
    findTests();
    if (!Tests.empty() && explore())
      return sorted();
    Tests.clear();
    Index.clear();
    Nodes.clear();
    explore();
    return sorted();
  }

private:
  struct Test {
    Symbol Text;
    uint32_t Last = 0; ///< Last block that asks.
  };

  static std::pair<llvm::StringRef, bool> parse(Symbol Text) {
    llvm::StringRef S = Text.str();
    bool Negated = S.consume_front("!");
    return {S, Negated};
  }

  void findTests() {
    std::map<Symbol, std::pair<unsigned, uint32_t>> Count;
    for (uint32_t B = 0; B < F.Blocks.size(); ++B)
      if (!F.Blocks[B].Test.empty() && F.Blocks[B].Next.size() == 2) {
        auto &[N, Last] = Count[Symbol(parse(F.Blocks[B].Test).first)];
        ++N, Last = B;
      }
    for (const auto &[Text, C] : Count)
      if (C.first > 1 && Tests.size() < MaxTests)
        Tests.push_back({Text, C.second});
  }

  size_t testOf(const Block &B) const {
    if (B.Test.empty() || B.Next.size() != 2)
      return Tests.size();
    Symbol Text(parse(B.Test).first);
    for (size_t I = 0; I < Tests.size(); ++I)
      if (Tests[I].Text == Text)
        return I;
    return Tests.size();
  }

  /// False when there are too many nodes.
  bool explore() {
    size_t Limit = Tests.empty() ? ~size_t(0) : F.Blocks.size() * MaxNodesPerBlock;
    if (F.Blocks.empty())
      return true;
    node(0, 0);
    for (uint32_t N = 0; N < Nodes.size(); ++N) {
      auto [B, A] = Keys[N];
      const Block &Blk = F.Blocks[B];
      size_t T = testOf(Blk);
      for (uint32_t E = 0; E < Blk.Next.size(); ++E) {
        uint32_t To = Blk.Next[E];
        if (To >= F.Blocks.size())
          continue;
        Answers Along = A;
        if (T < Tests.size()) {
          bool Holds = (E == 0) != parse(Blk.Test).second;
          Answers Old = A >> (2 * T) & 3, New = Holds ? 2 : 1;
          if (Old && Old != New)
            continue;
          Along |= New << (2 * T);
        }
        if (To <= B) // round a loop: everything may have changed
          Along = 0;
        for (size_t I = 0; I < Tests.size(); ++I)
          if (Tests[I].Last < To)
            Along &= ~(Answers(3) << (2 * I));
        uint32_t Next = node(To, Along);
        Nodes[N].Next.push_back({Next, E});
      }
      if (Nodes.size() > Limit)
        return false;
    }
    return true;
  }

  uint32_t node(uint32_t B, Answers A) {
    auto [It, New] = Index.try_emplace({B, A}, Nodes.size());
    if (New) {
      Nodes.push_back({B, {}});
      if (Keys.size() < Nodes.size())
        Keys.resize(Nodes.size());
      Keys[Nodes.size() - 1] = {B, A};
    }
    return It->second;
  }

  std::vector<PathNode> sorted() const {
    std::vector<uint32_t> Order(Nodes.size()), Place(Nodes.size());
    for (uint32_t I = 0; I < Order.size(); ++I)
      Order[I] = I;
    llvm::sort(Order, [&](uint32_t A, uint32_t B) { return Keys[A] < Keys[B]; });
    for (uint32_t I = 0; I < Order.size(); ++I)
      Place[Order[I]] = I;
    std::vector<PathNode> Out;
    for (uint32_t I : Order) {
      Out.push_back(Nodes[I]);
      for (auto &[To, Edge] : Out.back().Next)
        To = Place[To];
    }
    return Out;
  }

  const FunctionFacts &F;
  std::vector<Test> Tests;
  std::map<std::pair<uint32_t, Answers>, uint32_t> Index;
  std::vector<std::pair<uint32_t, Answers>> Keys; ///< Parallel to Nodes.
  std::vector<PathNode> Nodes;
};

} // namespace

std::vector<PathNode> unfold(const FunctionFacts &F) { return Unfolder(F).run(); }

static llvm::BitVector reach(const FunctionFacts &F, llvm::ArrayRef<uint32_t> Starts,
                             uint32_t Without) {
  llvm::BitVector Seen(F.Blocks.size());
  llvm::SmallVector<uint32_t, 16> Work;
  auto Add = [&](llvm::ArrayRef<uint32_t> Next) {
    for (uint32_t B : Next)
      if (B < Seen.size() && B != Without && !Seen.test(B))
        Seen.set(B), Work.push_back(B);
  };
  Add(Starts);
  while (!Work.empty())
    Add(F.Blocks[Work.pop_back_val()].Next);
  return Seen;
}

llvm::BitVector reachedAfter(const FunctionFacts &F, uint32_t From, uint32_t Without) {
  return reach(F, F.Blocks[From].Next, Without);
}

llvm::BitVector onEveryWay(const FunctionFacts &F) {
  constexpr size_t MaxBlocks = 500;
  llvm::BitVector Out(F.Blocks.size());
  if (F.Blocks.size() > MaxBlocks)
    return Out;
  for (uint32_t Without = 0; Without < F.Blocks.size(); ++Without) {
    llvm::BitVector Seen = reachedFromEntry(F, Without);
    Out[Without] =
        llvm::none_of(Seen.set_bits(), [&](uint32_t B) { return F.Blocks[B].Next.empty(); });
  }
  return Out;
}

llvm::BitVector reachedFromEntry(const FunctionFacts &F, uint32_t Without) {
  return reach(F, {0}, Without);
}

} // namespace heddle
