/// The graph of lock orders, and its cycles. A lock is a node by the member that
/// it is, whatever the object (as the lock classes of Linux' lockdep are), or by
/// the variable. That is what can be known of objects behind pointers; where both
/// ends are known to be different objects, they do not match. A second graph has
/// the single objects as nodes, for orders within one class.
///
/// Two orders of a cycle must be possible at the same time: in threads that may
/// run at once, with no lock held by both, and not for reading only.
#include "program/lockorder.h"
#include "program/lockeffects.h"

#include "llvm/ADT/STLExtras.h"
#include <map>
#include <set>

namespace heddle {

namespace {

constexpr unsigned MaxLength = 4, MaxWitnesses = 48;
constexpr size_t MaxSteps = 400000;

using Node = std::pair<Symbol, Place>;

bool isNamed(const Place &P) {
  return P.Root == RootKind::Global || P.Root == RootKind::Local || P.Root == RootKind::Heap;
}

/// Empty when the lock has no name beyond its function.
Node classNode(const HeldLock &L) {
  if (!L.Class.empty())
    return {L.Class, {}};
  return {{}, isNamed(L.Mutex) ? L.Mutex : Place()};
}

Node objectNode(const HeldLock &L) { return {{}, L.Mutex}; }

bool mayMatch(const HeldLock &A, bool AExact, const HeldLock &B, bool BExact) {
  return !(AExact && BExact) || A.Mutex == B.Mutex;
}

/// A lock that both hold, and that lets only one of them in.
bool haveGate(const LockOrder &A, const LockOrder &B) {
  for (const HeldLock &L : A.Held)
    for (const HeldLock &M : B.Held) {
      bool Same = L.Mutex == M.Mutex && L.Mutex.known();
      // Objects that are not known may be the same.
      Same |= !L.Class.empty() && L.Class == M.Class && !(isNamed(L.Mutex) && isNamed(M.Mutex));
      if (Same && !(L.Shared && M.Shared))
        return true;
    }
  return false;
}

bool mayMeet(const LockOrder &A, const LockOrder &B) {
  if (haveGate(A, B))
    return false;
  return A.Thread == None || B.Thread == None || mayRunAtOnce(A, B);
}

/// A waits for what B holds.
bool waitsFor(const LockOrder &A, const LockOrder &B) {
  return mayMatch(A.Then, A.ThenExact, B.First, B.FirstExact) && !(A.Then.Shared && B.First.Shared);
}

class Graph {
public:
  Graph(llvm::ArrayRef<LockOrder> All, Node (*NodeOf)(const HeldLock &)) {
    std::map<std::pair<Node, Node>, std::vector<const LockOrder *>> Edges;
    for (const LockOrder &O : All) {
      Node A = NodeOf(O.First), B = NodeOf(O.Then);
      if (A != Node() && B != Node() && A != B)
        Edges[{A, B}].push_back(&O);
    }
    for (auto &[Ends, Orders] : Edges) {
      llvm::stable_sort(Orders, [](const LockOrder *A, const LockOrder *B) {
        return std::make_tuple(A->Thread == None, A->Through.size(), A->Then.At, A->First.At) <
               std::make_tuple(B->Thread == None, B->Through.size(), B->Then.At, B->First.At);
      });
      if (Orders.size() > MaxWitnesses)
        Orders.resize(MaxWitnesses);
      Next[Ends.first].push_back({Ends.second, std::move(Orders)});
    }
  }

  /// Found gets every cycle that adds a node.
  void search(std::vector<std::vector<const LockOrder *>> &Found) {
    std::set<Node> Covered;
    for (unsigned Length = 2; Length <= MaxLength; ++Length)
      for (const auto &[Start, Edges] : Next) {
        Path.clear();
        Nodes = {Start};
        if (!extend(Start, Start, Length))
          continue;
        if (llvm::all_of(Nodes, [&](const Node &N) { return Covered.count(N) != 0; }))
          continue;
        Covered.insert(Nodes.begin(), Nodes.end());
        Found.push_back(Path);
      }
  }

private:
  /// Completes Path, by Left orders from At, to a cycle through Start, which is its
  /// least node.
  bool extend(const Node &Start, const Node &At, unsigned Left) {
    auto It = Next.find(At);
    if (It == Next.end())
      return false;
    for (const auto &[To, Orders] : It->second) {
      if (Left == 1 ? To != Start : (To < Start || llvm::is_contained(Nodes, To)))
        continue;
      for (const LockOrder *O : Orders) {
        if (++Steps > MaxSteps)
          return false;
        if (!fits(*O, Left == 1))
          continue;
        Path.push_back(O);
        if (Left == 1)
          return true;
        Nodes.push_back(To);
        if (extend(Start, To, Left - 1))
          return true;
        Nodes.pop_back();
        Path.pop_back();
      }
    }
    return false;
  }

  bool fits(const LockOrder &O, bool Last) const {
    if (Path.empty())
      return true;
    return llvm::all_of(Path, [&](const LockOrder *E) { return mayMeet(*E, O); }) &&
           waitsFor(*Path.back(), O) && (!Last || waitsFor(O, *Path.front()));
  }

  std::map<Node, std::vector<std::pair<Node, std::vector<const LockOrder *>>>> Next;
  std::vector<const LockOrder *> Path;
  std::vector<Node> Nodes;
  size_t Steps = 0;
};

/// Starts with the order that comes first in the code.
LockCycle cycleOf(std::vector<const LockOrder *> Path, bool Objects) {
  auto First = llvm::min_element(Path, [](const LockOrder *A, const LockOrder *B) {
    return std::tie(A->Then.At, A->First.At) < std::tie(B->Then.At, B->First.At);
  });
  std::rotate(Path.begin(), First, Path.end());
  LockCycle C;
  C.Exact = Objects;
  for (const LockOrder *O : Path) {
    C.Orders.push_back(*O);
    C.Exact &= O->Thread != None;
  }
  return C;
}

} // namespace

std::vector<LockCycle> findLockCycles(const Program &P) {
  std::vector<LockOrder> All, Exact;
  llvm::copy_if(P.LockOrders, std::back_inserter(All),
                [](const LockOrder &O) { return O.Certain; });
  llvm::copy_if(All, std::back_inserter(Exact),
                [](const LockOrder &O) { return O.FirstExact && O.ThenExact; });
  llvm::append_range(All, ordersOutside(P));

  std::vector<std::vector<const LockOrder *>> Objects, Classes;
  Graph(Exact, objectNode).search(Objects);
  Graph(All, classNode).search(Classes);
  std::vector<LockCycle> Found;
  std::set<Span> Told;
  for (auto &Path : Objects) {
    for (const LockOrder *O : Path)
      Told.insert(O->Then.At);
    Found.push_back(cycleOf(std::move(Path), /*Objects=*/true));
  }
  for (auto &Path : Classes)
    if (llvm::any_of(Path, [&](const LockOrder *O) { return Told.count(O->Then.At) == 0; }))
      Found.push_back(cycleOf(std::move(Path), /*Objects=*/false));
  llvm::stable_sort(Found, [](const LockCycle &A, const LockCycle &B) {
    return A.Orders.front().Then.At < B.Orders.front().Then.At;
  });
  return Found;
}

} // namespace heddle
