/// Calls to callees, and the order in which summaries can be computed. A direct
/// call has the candidates that its name has (merge.cpp); a virtual call may go
/// to every overrider as well. Cycles of the graph are its strongly connected
/// components (Tarjan 1972), found with a stack of our own: the depth of a
/// program is no bound for ours.
///
/// Example: main calls f, f and g call each other: {f, g} comes before {main}.
#include "program/build.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

/// A virtual call with more candidates says nothing about any of them.
constexpr size_t MaxCandidates = 64;

llvm::SmallVector<CallTarget, 1> targetsOf(const Program &P, const Names &N, uint32_t Unit,
                                           const Call &C) {
  llvm::SmallVector<CallTarget, 1> Out;
  if (C.Callee.empty() || (C.System && !C.Virtual && !C.ViaArgument))
    return Out;
  llvm::SmallVector<FunctionId, 1> Found = N.find(P, Unit, C.Callee);
  if (C.Virtual)
    if (auto It = N.Overriders.find(C.Callee); It != N.Overriders.end())
      for (FunctionId F : It->second)
        if (uint32_t Other = P.Functions[F].Unit;
            Other == Unit || !(N.HasMain[Unit] && N.HasMain[Other]))
          Found.push_back(F);
  llvm::sort(Found);
  Found.erase(std::unique(Found.begin(), Found.end()), Found.end());
  if (Found.size() > MaxCandidates)
    return Out;
  for (FunctionId F : Found)
    Out.push_back({F, Found.size() == 1});
  return Out;
}

/// Tarjan's algorithm over Targets.
class Components {
public:
  explicit Components(const Program &P)
      : P(P), Index(P.Functions.size(), None), Low(P.Functions.size()),
        OnStack(P.Functions.size()) {}

  std::vector<std::vector<FunctionId>> run() {
    for (FunctionId F = 0; F < P.Functions.size(); ++F)
      if (Index[F] == None)
        visit(F);
    return std::move(Found);
  }

private:
  struct Frame {
    FunctionId F;
    std::vector<FunctionId> Callees;
    size_t Next = 0;
  };

  void enter(FunctionId F) {
    Index[F] = Low[F] = Count++;
    OnStack[F] = true;
    Stack.push_back(F);
    Frame Fr{F, {}, 0};
    for (const auto &Targets : P.Functions[F].Targets)
      for (const CallTarget &T : Targets)
        Fr.Callees.push_back(T.Callee);
    Frames.push_back(std::move(Fr));
  }

  void visit(FunctionId Start) {
    enter(Start);
    while (!Frames.empty()) {
      Frame &Top = Frames.back();
      if (Top.Next < Top.Callees.size()) {
        FunctionId C = Top.Callees[Top.Next++];
        if (Index[C] == None)
          enter(C);
        else if (OnStack[C])
          Low[Top.F] = std::min(Low[Top.F], Index[C]);
        continue;
      }
      FunctionId F = Top.F;
      Frames.pop_back();
      if (!Frames.empty())
        Low[Frames.back().F] = std::min(Low[Frames.back().F], Low[F]);
      if (Low[F] != Index[F])
        continue;
      std::vector<FunctionId> &Cycle = Found.emplace_back();
      FunctionId Member;
      do {
        Member = Stack.back();
        Stack.pop_back();
        OnStack[Member] = false;
        Cycle.push_back(Member);
      } while (Member != F);
      llvm::sort(Cycle);
    }
  }

  const Program &P;
  std::vector<uint32_t> Index, Low;
  std::vector<bool> OnStack;
  std::vector<FunctionId> Stack;
  std::vector<Frame> Frames;
  std::vector<std::vector<FunctionId>> Found;
  uint32_t Count = 0;
};

} // namespace

void bindCalls(Program &P, const Names &N) {
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    ProgramFunction &PF = P.Functions[F];
    PF.Targets.reserve(PF.Facts->Calls.size());
    for (uint32_t I = 0; I < PF.Facts->Calls.size(); ++I) {
      PF.Targets.push_back(targetsOf(P, N, PF.Unit, PF.Facts->Calls[I]));
      for (const CallTarget &T : PF.Targets.back())
        P.Functions[T.Callee].Callers.push_back({F, I});
    }
  }
  P.BottomUp = Components(P).run();
}

llvm::BitVector callsOnTheWayOut(const FunctionFacts &F) {
  llvm::BitVector Returns(F.Blocks.size()), Calls(F.Calls.size());
  // A block without a way on leaves the function; one that follows itself does not.
  bool Changed = true;
  while (Changed) {
    Changed = false;
    for (size_t B = F.Blocks.size(); B-- > 0;) {
      const Block &Each = F.Blocks[B];
      if (!Returns.test(B) && (Each.Next.empty() || llvm::any_of(Each.Next, [&](uint32_t N) {
                                 return Returns.test(N);
                               })))
        Returns.set(B), Changed = true;
    }
  }
  for (size_t B = 0; B < F.Blocks.size(); ++B)
    if (!Returns.test(B))
      for (const Event &E : F.Blocks[B].Events)
        if (E.Kind == EventKind::Call)
          Calls.set(E.Index);
  return Calls;
}

} // namespace heddle
