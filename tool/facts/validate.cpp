/// Checks every index of a unit's facts, once, where they enter.
///
/// Example: an event {call, 7} in a function with five calls is refused with
/// `function work: event 3 of block 0 is call 7 of 5`.
#include "facts/validate.h"

namespace heddle {

namespace {

/// Of steps in regions, which are walked recursively.
constexpr size_t MaxNesting = 5000;

/// Visits every Place below a value.
struct PlaceVisitor {
  llvm::function_ref<void(const Place &)> Visit;
  template <class T> void operator()(const char *, T &V) { walk(V); }
  template <class T> void walk(T &V) {
    if constexpr (std::is_same_v<T, Place>)
      Visit(V);
    else if constexpr (detail::IsVector<T>::value) {
      for (auto &E : V)
        walk(E);
    } else if constexpr (detail::IsOptional<T>::value) {
      if (V)
        walk(*V);
    } else if constexpr (std::is_class_v<T> && !std::is_same_v<T, Symbol> &&
                         !std::is_same_v<T, std::string>)
      fields(V, *this);
  }
};

/// The first fault found; the rest is not looked at.
class Validator {
public:
  explicit Validator(const FunctionFacts &F) : F(F) {}

  std::string run() {
    for (size_t B = 0; B < F.Blocks.size(); ++B)
      block(F.Blocks[B], B);
    for (const Call &C : F.Calls) {
      orNone("the loop of a call", C.Loop, F.Loops.size());
      orNone("the loop around a try", C.TryLoop, F.Loops.size());
      orNone("the arm of a call", C.Arm, F.Arms.size());
    }
    for (size_t I = 0; I < F.Arms.size(); ++I) {
      orNone("the arm around an arm", F.Arms[I].Parent, I);
      orNone("the loop of an arm", F.Arms[I].Loop, F.Loops.size());
    }
    for (const LoopAccess &A : F.Straight)
      orNone("the arm of an access", A.Arm, F.Arms.size());
    for (const LoopAccess &A : F.Returned)
      orNone("the arm of an access", A.Arm, F.Arms.size());
    arguments(F.Arguments);
    for (const Launch &L : F.Launches)
      orNone("the loop of a launch", L.Loop, F.Loops.size());
    for (const Join &J : F.Joins)
      orNone("the loop of a join", J.Loop, F.Loops.size());
    for (const BlockingCall &B : F.Blocking)
      orNone("the call that blocks", B.Call, F.Calls.size());
    for (const Loop &L : F.Loops)
      loop(L);
    regions(F.Regions);
    auto Visit = [&](const Place &P) {
      if (P.Root == RootKind::Result)
        index("the call of a place", P.Index, F.Calls.size());
    };
    PlaceVisitor{Visit}.walk(const_cast<FunctionFacts &>(F));
    return Fault;
  }

private:
  void index(const llvm::Twine &What, uint64_t I, size_t Size) {
    if (I >= Size && Fault.empty())
      Fault = (What + " is " + llvm::Twine(I) + " of " + llvm::Twine(Size)).str();
  }
  void orNone(const llvm::Twine &What, uint32_t I, size_t Size) {
    if (I != None)
      index(What, I, Size);
  }

  void block(const Block &B, size_t Number) {
    for (size_t I = 0; I < B.Events.size(); ++I) {
      const Event &E = B.Events[I];
      index("event " + llvm::Twine(I) + " of block " + llvm::Twine(Number), E.Index,
            countOf(F, E.Kind));
    }
    for (uint32_t N : B.Next)
      index("a successor of block " + llvm::Twine(Number), N, F.Blocks.size());
    orNone("the loop of a block", B.Loop, F.Loops.size());
    orNone("the try-lock of a block", B.Try, F.LockOps.size());
    for (const auto &Test : {B.Decides, B.Returned})
      if (Test)
        orNone("the call whose result decides", Test->Call, F.Calls.size());
    if (B.Decides)
      index("the branch on a result", 1, B.Next.size());
    orNone("the call that a switch is on", B.Switched, F.Calls.size());
    if (B.Switched != None && B.Cases.size() != B.Next.size() && Fault.empty())
      Fault = "a switch on a result has another number of cases than of successors";
    if (B.Try != None)
      index("the taken branch of a try-lock", B.TryTaken, B.Next.size());
  }

  void arguments(const std::vector<LoopArgument> &All) {
    for (const LoopArgument &A : All) {
      index("the call of an argument", A.Call, F.Calls.size());
      if (Fault.empty())
        orNone("an argument", A.Argument, F.Calls[A.Call].Args.size());
    }
  }

  void loop(const Loop &L) {
    orNone("the parent of a loop", L.Parent, F.Loops.size());
    for (uint32_t C : L.Calls)
      index("a call in a loop", C, F.Calls.size());
    arguments(L.Arguments);
    for (const LoopAccess &A : L.Accesses)
      orNone("the arm of an access", A.Arm, F.Arms.size());
    // More steps outwards than there are loops: a circle.
    size_t Steps = 0;
    for (uint32_t P = L.Parent; P < F.Loops.size() && Fault.empty(); P = F.Loops[P].Parent)
      if (++Steps > F.Loops.size())
        Fault = "loops contain each other in a circle";
  }

  void regions(const RegionFacts &R) {
    for (size_t D = 0; D < R.Directives.size(); ++D) {
      orNone("the parent of directive " + llvm::Twine(D), R.Directives[D].Parent, D);
      for (uint32_t L : R.Directives[D].Loops)
        index("a loop of directive " + llvm::Twine(D), L, F.Loops.size());
    }
    for (const RegionAccess &A : R.Accesses)
      orNone("the loop of an access in a region", A.Loop, F.Loops.size());
    std::vector<size_t> Ends{R.Steps.size()};
    for (size_t I = 0; I < R.Steps.size() && Fault.empty(); ++I) {
      const RegionStep &S = R.Steps[I];
      while (Ends.size() > 1 && Ends.back() == I)
        Ends.pop_back();
      if (S.End <= I || S.End > Ends.back())
        Fault = ("step " + llvm::Twine(I) + " of a region ends at " + llvm::Twine(S.End)).str();
      Ends.push_back(S.End);
      if (Ends.size() > MaxNesting)
        Fault = "the steps of a region are nested too deeply";
      switch (S.Kind) {
      case RegionStepKind::Directive:
        index("the directive of a step", S.Index, R.Directives.size());
        break;
      case RegionStepKind::Loop:
        index("the loop of a step", S.Index, F.Loops.size());
        break;
      case RegionStepKind::Access:
        index("the access of a step", S.Index, R.Accesses.size());
        break;
      case RegionStepKind::Call:
        index("the call of a step", S.Index, F.Calls.size());
        break;
      case RegionStepKind::Branch:
      case RegionStepKind::Alternative:
        break;
      }
    }
  }

  const FunctionFacts &F;
  std::string Fault;
};

} // namespace

llvm::Error validate(const UnitFacts &U) {
  for (const FunctionFacts &F : U.Functions)
    if (std::string Fault = Validator(F).run(); !Fault.empty())
      return llvm::createStringError("function " + F.Name.str() + ": " + Fault);
  return llvm::Error::success();
}

} // namespace heddle
