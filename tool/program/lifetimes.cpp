/// Happens-before by start and join, within one function and its callees: a
/// forward may-analysis of what is running. A launch begins it; a join of the
/// same handle ends it; so does the destructor of a handle that waits there. A
/// join of the elements of a container, in a loop, ends all that were stored to
/// the container, once the loop is left. Calls begin what their callee leaves
/// running, and end what it surely joins.
///
/// Where the result of a call says that nothing was started, nothing was: of a launch by
/// its model, of a wrapper by what it returns when it leaves something running.
///
/// Example: after `for (auto &t : threads) t.join();` nothing that was started
/// into `threads` runs any more, so what follows is after all they did.
#include "program/lifetimes.h"
#include "program/paths.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

constexpr size_t MaxItems = 64;

/// Without a last "[...]".
Place containerOf(const Place &P) {
  llvm::StringRef Path = P.Path.str();
  if (!Path.ends_with("]"))
    return P;
  Place C = P;
  C.Path = Symbol(Path.take_front(Path.rfind('[')));
  return C;
}

bool isElement(const Place &P) { return P.Path.str().ends_with("]"); }

bool isConstantElement(const Place &P) { return isElement(P) && !P.Path.str().ends_with("[]"); }

/// Whether the loop of the waits goes over all elements that the loop of the starts
/// went over; true when the bounds do not tell.
bool coversStarts(const Loop &Waits, const Loop &Starts) {
  if (Waits.Index.empty() || Starts.Index.empty() || Waits.Strided || Starts.Strided)
    return true;
  if (std::abs(Waits.Step) != std::abs(Starts.Step))
    return std::abs(Waits.Step) == 1;
  if (Waits.Step != Starts.Step)
    return true;
  // A - B, where they differ by a constant.
  auto Difference = [](const Affine &A, const Affine &B) -> std::optional<int64_t> {
    auto Same = [](const Term &S, const Term &T) {
      return S.Variable == T.Variable && S.Coefficient == T.Coefficient;
    };
    if (!A.Known || !B.Known || !A.Through.empty() || !B.Through.empty() ||
        A.Terms.size() != B.Terms.size() ||
        !std::equal(A.Terms.begin(), A.Terms.end(), B.Terms.begin(), Same))
      return std::nullopt;
    return A.Constant - B.Constant;
  };
  int64_t Sign = Waits.Step < 0 ? -1 : 1;
  return Sign * Difference(Waits.Lower, Starts.Lower).value_or(0) <= 0 &&
         Sign * Difference(Waits.Upper, Starts.Upper).value_or(0) >= 0;
}

bool isDestructor(const Call &C) {
  return C.Name.str().rsplit("::").second.starts_with("~") || C.Name.str().starts_with("~");
}

class Builder {
public:
  Builder(const Program &P, const std::vector<Lifetimes> &All, FunctionId F)
      : P(P), All(All), F(F), PF(P.Functions[F]), Facts(*PF.Facts) {}

  Lifetimes run() {
    for (const Block &B : Facts.Blocks)
      for (const Event &E : B.Events)
        collect(E);
    match();
    overwrite();
    if (!L.Starts.empty() || !L.Ends.empty())
      solve();
    return std::move(L);
  }

private:
  void collect(const Event &E) {
    auto &[Begins, Ends] = L.At[{uint32_t(E.Kind), E.Index}];
    if (Begins || Ends) // an event that stands in two blocks
      return;
    if (E.Kind == EventKind::Launch) {
      const Launch &S = Facts.Launches[E.Index];
      StartItem I;
      I.Own = E.Index;
      I.Handle = resolve(P, F, S.Handle);
      I.JoinsAtEnd = S.JoinsAtEnd;
      I.Loop = S.Loop;
      I.Asked = S.Call;
      if (S.Succeeds != -1)
        I.Tells = {S.Succeeds};
      if (L.Starts.size() < MaxItems) {
        if (runsOn(S))
          Begins |= uint64_t(1) << L.Starts.size();
        L.Starts.push_back(I);
      }
    } else if (E.Kind == EventKind::Join) {
      const Join &J = Facts.Joins[E.Index];
      if (J.Kind == JoinKind::Join)
        addEnd(Ends, {resolve(P, F, J.Handle), false, J.Loop, 0, false});
    } else if (E.Kind == EventKind::Call)
      collectCall(E.Index, Begins, Ends);
  }

  void addEnd(uint64_t &Ends, EndItem I) {
    if (L.Ends.size() >= MaxItems)
      return;
    Ends |= uint64_t(1) << L.Ends.size();
    L.Ends.push_back(std::move(I));
  }

  void collectCall(uint32_t Index, uint64_t &Begins, uint64_t &Ends) {
    const Call &C = Facts.Calls[Index];
    if (C.Object.known() && isDestructor(C) && PF.Targets[Index].empty())
      addEnd(Ends, {resolve(P, F, C.Object), true, C.Loop, 0, false});
    for (const CallTarget &T : PF.Targets[Index]) {
      const Lifetimes &Callee = All[T.Callee];
      for (uint32_t I = 0; I < Callee.Starts.size(); ++I) {
        if (!(Callee.AtExit.Running >> I & 1) || L.Starts.size() >= MaxItems)
          continue;
        StartItem S;
        S.Call = Index;
        S.Callee = T.Callee;
        S.Item = I;
        S.Handle = translate(P, F, Index, Callee.Starts[I].Handle);
        S.JoinsAtEnd = Callee.Starts[I].JoinsAtEnd;
        S.Loop = C.Loop;
        S.Asked = Index;
        if (PF.Targets[Index].size() == 1)
          S.Tells = Callee.Starts[I].Returned;
        Begins |= uint64_t(1) << L.Starts.size();
        L.Starts.push_back(S);
      }
      bool Sure = PF.Targets[Index].size() == 1;
      for (uint32_t I = 0; I < Callee.Ends.size(); ++I)
        if ((Callee.AtExit.Ended | Callee.AtExit.MayEnd) >> I & 1)
          if (Place H = translate(P, F, Index, Callee.Ends[I].Handle); H.known())
            addEnd(Ends, {H, Callee.Ends[I].AtEnd, C.Loop, 0, false,
                          !Sure || !(Callee.AtExit.Ended >> I & 1)});
    }
  }

  /// Which start each wait ends. One that ends nothing we can name, such as of
  /// handles that were moved elsewhere, ends the starts that nothing else ends.
  void match() {
    uint64_t Matched = 0;
    llvm::BitVector Partial(L.Ends.size());
    for (size_t N = 0; N < L.Ends.size(); ++N) {
      EndItem &E = L.Ends[N];
      for (size_t I = 0; I < L.Starts.size(); ++I)
        if (endsHandle(E.Handle, E.AtEnd, L.Starts[I].Handle, L.Starts[I].JoinsAtEnd)) {
          bool Loops = isElement(E.Handle) && E.Loop < Facts.Loops.size() &&
                       L.Starts[I].Loop < Facts.Loops.size() && E.Loop != L.Starts[I].Loop;
          if (Loops && !coversStarts(Facts.Loops[E.Loop], Facts.Loops[L.Starts[I].Loop]))
            Partial.set(N);
          else
            E.Ends |= uint64_t(1) << I;
        } else if (isConstantElement(E.Handle) && isElement(L.Starts[I].Handle) &&
                   containerOf(E.Handle) == containerOf(L.Starts[I].Handle))
          Partial.set(N); // another element of the same array
      Matched |= E.Ends;
    }
    for (size_t N = 0; N < L.Ends.size(); ++N) {
      EndItem &E = L.Ends[N];
      if (Partial.test(N) && !E.Ends)
        continue;
      bool Elements = isElement(E.Handle);
      if (!E.Ends && !E.AtEnd && (!E.Handle.known() || isOwnLocal(Facts, E.Handle)))
        for (size_t I = 0; I < L.Starts.size(); ++I)
          if (!(Matched >> I & 1) &&
              (!L.Starts[I].Handle.known() || isOwnLocal(Facts, L.Starts[I].Handle)))
            E.Ends |= uint64_t(1) << I, Elements = true;
      bool Inside = true;
      for (size_t I = 0; I < L.Starts.size(); ++I)
        if (E.Ends >> I & 1) {
          // A handle of each iteration is like an element.
          Elements |= isElement(L.Starts[I].Handle) || L.Starts[I].Loop != None;
          Inside &= isInLoop(Facts, L.Starts[I].Loop, E.Loop);
        }
      E.WhenLeft = E.Loop != None && Elements && !(E.Ends && Inside);
    }
  }

  /// Which starts store a handle over one that another start left, before which that
  /// one must be waited for. The classes of C++ do not let that happen.
  void overwrite() {
    auto IsPlain = [&](const StartItem &S) {
      return S.Own != None && !S.JoinsAtEnd && S.Handle.known() && runsOn(Facts.Launches[S.Own]);
    };
    for (StartItem &Later : L.Starts) {
      if (!IsPlain(Later) || Later.Loop != None)
        continue;
      for (size_t I = 0; I < L.Starts.size(); ++I) {
        const StartItem &S = L.Starts[I];
        if (&S == &Later || !IsPlain(S))
          continue;
        bool Same = S.Handle == Later.Handle && S.Loop == None;
        if (Same || (isConstantElement(Later.Handle) && S.Loop != None &&
                     S.Handle.Path.str().ends_with("[]") &&
                     containerOf(S.Handle) == containerOf(Later.Handle) &&
                     storesTo(S, Later.Handle.Path.str())))
          Later.Overwrites |= uint64_t(1) << I;
      }
    }
  }

  /// The start, in a loop, surely gets to the element at the end of Path.
  bool storesTo(const StartItem &S, llvm::StringRef Path) const {
    int64_t Element;
    if (Path.drop_front(Path.rfind('[') + 1).drop_back().getAsInteger(10, Element))
      return false;
    const Loop &In = Facts.Loops[S.Loop];
    for (const LoopArgument &A : In.Arguments) {
      if (A.Call >= Facts.Calls.size() || !(Facts.Calls[A.Call].At == Facts.Launches[S.Own].At) ||
          A.What.Subscripts.size() != 1)
        continue;
      const Affine &Position = A.What.Subscripts.front();
      if (In.Step == 1 && Position.Known && Position.Terms.size() == 1 &&
          Position.Terms[0].Variable == In.Index && Position.Terms[0].Coefficient == 1 &&
          In.Lower.Known && In.Lower.Terms.empty())
        return Element == In.Lower.Constant + Position.Constant;
    }
    return false;
  }

  /// The start cannot have happened where the result of its call is such.
  static bool isRefuted(const StartItem &S, const ResultTest &Test, bool Holds) {
    return S.Asked == Test.Call && S.Tells &&
           llvm::none_of(*S.Tells, [&](int64_t Value) { return Test.holds(Value) == Holds; });
  }

  void branch(LifeState &S, uint32_t From, uint32_t Edge) const {
    const heddle::Block &B = Facts.Blocks[From];
    if (B.Decides && B.Next.size() == 2)
      decided(S, *B.Decides, Edge == 0);
    if (B.Switched == None || Edge >= B.Cases.size())
      return;
    if (B.Cases[Edge])
      return decided(S, {B.Switched, Relation::Equal, *B.Cases[Edge]}, true);
    for (std::optional<int64_t> Other : B.Cases)
      if (Other)
        decided(S, {B.Switched, Relation::Equal, *Other}, false);
  }

  void decided(LifeState &S, const ResultTest &Test, bool Holds) const {
    for (size_t I = 0; I < L.Starts.size(); ++I)
      if (isRefuted(L.Starts[I], Test, Holds)) {
        S.Recent &= ~(uint64_t(1) << I);
        if (L.Starts[I].Loop == None) // nor earlier
          S.Running &= ~(uint64_t(1) << I);
      }
    for (const Launch &Own : Facts.Launches)
      if (Own.Child != -1 && Own.Call == Test.Call && Own.Child == Test.To)
        S.Forked |= Test.Is == (Holds ? Relation::Equal : Relation::NotEqual);
  }

  /// What the function gives when it leaves something running.
  void returned(uint32_t Block, const LifeState &S) {
    const heddle::Block &B = Facts.Blocks[Block];
    for (size_t I = 0; I < L.Starts.size(); ++I) {
      StartItem &Start = L.Starts[I];
      if (!(S.Running >> I & 1) || !Start.Returned)
        continue;
      llvm::SmallVector<int64_t, 2> &All = *Start.Returned;
      bool Asked = B.Returned && B.Returned->Call == Start.Asked && Start.Tells;
      if (B.Returns == ReturnKind::Constant)
        All.push_back(B.Returned->To);
      else if (B.Returns == ReturnKind::Result && Asked)
        llvm::append_range(All, *Start.Tells);
      else if (B.Returns == ReturnKind::Test && Asked)
        for (int64_t Value : *Start.Tells)
          All.push_back(B.Returned->holds(Value));
      else if (B.Returns != ReturnKind::None)
        Start.Returned.reset();
    }
  }

  void along(LifeState &S, uint32_t From, uint32_t To) const {
    uint32_t A = Facts.Blocks[From].Loop, B = Facts.Blocks[To].Loop;
    for (size_t I = 0; I < L.Ends.size(); ++I) {
      const EndItem &E = L.Ends[I];
      if (!E.WhenLeft || E.Perhaps || !isInLoop(Facts, A, E.Loop) || isInLoop(Facts, B, E.Loop))
        continue;
      S.end(E.Ends);
      S.Ended |= uint64_t(1) << I;
    }
    if (To <= From && B != None) // back to the head of the loop B
      for (size_t I = 0; I < L.Starts.size(); ++I)
        if (isInLoop(Facts, L.Starts[I].Loop, B))
          S.Recent &= ~(uint64_t(1) << I);
    if (To <= From)
      S.Joined = 0;
  }

  static bool meet(LifeState &Into, const LifeState &From) {
    if (!Into.Reached) {
      Into = From;
      return true;
    }
    LifeState Before = Into;
    Into.Running |= From.Running;
    Into.Recent |= From.Recent;
    Into.Lost |= From.Lost;
    Into.MayEnd |= From.MayEnd;
    Into.Ended &= From.Ended;
    Into.Joined &= From.Joined;
    Into.Forked &= From.Forked;
    return Before.Running != Into.Running || Before.Recent != Into.Recent ||
           Before.Lost != Into.Lost || Before.MayEnd != Into.MayEnd || Before.Ended != Into.Ended ||
           Before.Joined != Into.Joined || Before.Forked != Into.Forked;
  }

  void solve() {
    std::vector<PathNode> Paths = unfold(Facts);
    L.AtBlock.assign(Facts.Blocks.size(), {});
    if (Paths.empty())
      return;
    std::vector<LifeState> In(Paths.size());
    In[0].Reached = true;
    llvm::BitVector Dirty(Paths.size());
    Dirty.set(0);
    for (int N = Dirty.find_first(); N != -1; N = Dirty.find_first()) {
      Dirty.reset(N);
      uint32_t B = Paths[N].Block;
      LifeState Out = In[N];
      for (const Event &E : Facts.Blocks[B].Events)
        L.step(Out, E);
      if (Facts.Blocks[B].Next.empty())
        meet(L.AtExit, Out);
      for (auto [To, Edge] : Paths[N].Next) {
        LifeState Along = Out;
        branch(Along, B, Edge);
        along(Along, B, Paths[To].Block);
        if (meet(In[To], Along))
          Dirty.set(To);
      }
    }
    for (StartItem &S : L.Starts)
      S.Returned.emplace();
    for (size_t N = 0; N < Paths.size(); ++N)
      if (In[N].Reached) {
        uint32_t B = Paths[N].Block;
        meet(L.AtBlock[B], In[N]);
        LifeState Out = In[N];
        for (const Event &E : Facts.Blocks[B].Events)
          L.step(Out, E);
        returned(B, Out);
      }
    // A function that returns nothing, or not by a return, tells nothing.
    for (StartItem &S : L.Starts)
      if (S.Returned && S.Returned->empty())
        S.Returned.reset();
  }

  const Program &P;
  const std::vector<Lifetimes> &All;
  FunctionId F;
  const ProgramFunction &PF;
  const FunctionFacts &Facts;
  Lifetimes L;
};

} // namespace

void Lifetimes::step(LifeState &S, const Event &E) const {
  auto It = At.find({uint32_t(E.Kind), E.Index});
  if (It == At.end())
    return;
  auto [Begin, End] = It->second;
  // A callee ends what ran before it; what it leaves running comes after.
  for (size_t I = 0; I < Ends.size() && End >> I; ++I) {
    if (!(End >> I & 1))
      continue;
    S.MayEnd |= uint64_t(1) << I;
    if (Ends[I].Perhaps)
      continue;
    if (Ends[I].WhenLeft) {
      S.Joined |= uint64_t(1) << I;
      continue;
    }
    S.end(Ends[I].Ends);
    S.Ended |= uint64_t(1) << I;
  }
  for (size_t I = 0; I < Starts.size() && Begin >> I; ++I)
    if (Begin >> I & 1)
      S.Lost |= Starts[I].Overwrites & S.Running;
  for (size_t I = 0; I < Ends.size() && Begin; ++I)
    if (Ends[I].Ends & Begin)
      S.MayEnd &= ~(uint64_t(1) << I);
  S.Running |= Begin;
  S.Recent |= Begin;
}

bool runsOn(const Launch &L) {
  switch (L.Kind) {
  case LaunchKind::Thread:
    return true;
  case LaunchKind::Task:
    // A dropped handle whose destructor waits makes the call wait.
    return L.Handle.known() || !L.JoinsAtEnd;
  case LaunchKind::ParallelRegion:
    return L.Handle.known();
  case LaunchKind::Process:
  case LaunchKind::Signal:
  case LaunchKind::Handler:
  case LaunchKind::Coroutine:
    return false;
  }
  return false;
}

bool endsHandle(const Place &Wait, bool AtEnd, const Place &Handle, bool JoinsAtEnd) {
  if (!Wait.known() || !Handle.known() || (AtEnd && !JoinsAtEnd))
    return false;
  if (Wait == Handle)
    return true;
  if (AtEnd)
    return Wait.Root == Handle.Root && Wait.Name == Handle.Name && Wait.Index == Handle.Index &&
           Handle.Path.str().starts_with(Wait.Path.str());
  // One element is not the others.
  if (isConstantElement(Wait) && isElement(Handle))
    return false;
  return (isElement(Wait) || isElement(Handle)) && containerOf(Wait) == containerOf(Handle);
}

bool isInLoop(const FunctionFacts &F, uint32_t Inner, uint32_t Outer) {
  if (Outer == None)
    return true;
  for (unsigned Depth = 0; Inner < F.Loops.size() && Depth < 64; ++Depth) {
    if (Inner == Outer)
      return true;
    Inner = F.Loops[Inner].Parent;
  }
  return false;
}

std::vector<Lifetimes> computeLifetimes(const Program &P) {
  std::vector<Lifetimes> All(P.Functions.size());
  for (const std::vector<FunctionId> &Cycle : P.BottomUp)
    for (unsigned Round = 0; Round < (Cycle.size() > 1 ? 2 : 1); ++Round)
      for (FunctionId F : Cycle)
        All[F] = Builder(P, All, F).run();
  return All;
}

} // namespace heddle
