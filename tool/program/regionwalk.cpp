/// Walks a region in the order of evaluation and notes with every access which
/// barriers may have been the last one before it, and which tasks may not be
/// finished. Two accesses of different threads can only meet when some barrier is
/// the last one for both; barriers are met by all threads together, so a loop
/// whose next iteration neither has begun since is in the same iteration for both.
/// Loops are walked until nothing is added, which is twice as a rule.
///
/// Example: in `for (k...) { #pragma omp for ... #pragma omp single x = k; }` the
/// single follows the barrier of the loop in the same k.
#include "program/regionwalk.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

constexpr size_t MaxPoints = 4000, MaxPhases = 200;

template <class T> std::set<T> crossed(const std::set<T> &In, uint32_t Loop) {
  std::set<T> Out;
  for (T Each : In) {
    Each.Since |= loopBit(Loop);
    Out.insert(Each);
  }
  return Out;
}

} // namespace

void RegionState::merge(const RegionState &O) {
  Phases.insert(O.Phases.begin(), O.Phases.end());
  Live.insert(O.Live.begin(), O.Live.end());
  llvm::erase_if(Locks, [&](const HeldLock &L) { return !llvm::is_contained(O.Locks, L); });
  Perhaps.insert(O.Perhaps.begin(), O.Perhaps.end());
  Spun |= O.Spun;
}

bool operator==(const RegionState &A, const RegionState &B) {
  auto Same = [](const auto &X, const auto &Y) {
    return X.size() == Y.size() &&
           std::equal(X.begin(), X.end(), Y.begin(),
                      [](const auto &P, const auto &Q) { return !(P < Q) && !(Q < P); });
  };
  return Same(A.Phases, B.Phases) && Same(A.Live, B.Live) && A.Locks == B.Locks &&
         A.Perhaps == B.Perhaps && A.Spun == B.Spun;
}

bool hasOrphans(const FunctionFacts &F) {
  return llvm::any_of(F.Regions.Directives, [](const Directive &D) {
    return D.Parent == None && D.Kind != DirectiveKind::Parallel && D.Kind != DirectiveKind::Simd &&
           D.Kind != DirectiveKind::Other;
  });
}

bool RegionWalk::within(uint32_t Node, uint32_t Outer) const {
  for (; Node != None; Node = Nodes[Node].Parent)
    if (Node == Outer)
      return true;
  return false;
}

uint32_t RegionWalk::around(uint32_t Node, DirectiveKind K) const {
  for (; Node != None; Node = Nodes[Node].Parent)
    if (Nodes[Node].D->Kind == K && !Nodes[Node].Nested)
      return Node;
  return None;
}

uint32_t RegionWalk::executor(uint32_t Node) const {
  for (; Node != None; Node = Nodes[Node].Parent) {
    if (Nodes[Node].Nested)
      continue;
    switch (Nodes[Node].D->Kind) {
    case DirectiveKind::Worksharing:
    case DirectiveKind::Section:
    case DirectiveKind::Single:
    case DirectiveKind::Master:
      return Node;
    default:
      break;
    }
  }
  return None;
}

uint32_t RegionWalk::task(uint32_t Node) const {
  for (; Node != None; Node = Nodes[Node].Parent)
    if (!Nodes[Node].Nested && !Nodes[Node].D->Undeferred &&
        (Nodes[Node].D->Kind == DirectiveKind::Task ||
         Nodes[Node].D->Kind == DirectiveKind::Taskloop))
      return Node;
  return None;
}

std::vector<Symbol> RegionWalk::criticals(const Point &X) const {
  std::vector<Symbol> Out = X.Criticals;
  for (uint32_t N = X.Node; N != None; N = Nodes[N].Parent)
    if (Nodes[N].D->Kind == DirectiveKind::Critical)
      Out.push_back(Nodes[N].D->Critical);
  return Out;
}

uint32_t RegionWalk::position(const Point &X, uint32_t Node, size_t Which) const {
  const RegionNode &N = Nodes[Node];
  for (uint32_t Id : X.LoopIds)
    if (LoopIds[Id].Frame == N.Frame && LoopIds[Id].Loop == N.D->Loops[Which])
      return Id;
  return None;
}

void RegionWalk::run() {
  enter(None, None, F);
  Now.Phases.insert(Phase());
  const RegionFacts &R = P.facts(F).Regions;
  if (Root == None)
    return steps(0, 0, R.Steps.size());
  for (uint32_t S = 0; S < R.Steps.size(); ++S)
    if (R.Steps[S].Kind == RegionStepKind::Directive && R.Steps[S].Index == Root) {
      // Loops around the region: all threads are in the same iteration.
      Current = node(0, Root, S);
      return steps(0, S + 1, R.Steps[S].End);
    }
}

uint32_t RegionWalk::loopId(uint32_t Frame, uint32_t Loop) {
  auto [It, New] = LoopIdOf.try_emplace({Frame, Loop}, LoopIds.size());
  if (New)
    LoopIds.push_back({Frame, Loop, Frames[Frame].Loops[Loop]});
  return It->second;
}

uint32_t RegionWalk::node(uint32_t Frame, uint32_t Index, uint32_t Step) {
  auto [It, New] = NodeOf.try_emplace({Frame, Step}, Nodes.size());
  if (New) {
    RegionNode N;
    N.D = &facts(Frame).Regions.Directives[Index];
    N.Index = Index;
    N.Frame = Frame;
    N.Parent = Current;
    N.Loops = Around.size();
    bool Root = Nodes.empty() && this->Root != None;
    N.Nested = !Root &&
               (N.D->Kind == DirectiveKind::Parallel || (Current != None && Nodes[Current].Nested));
    Nodes.push_back(N);
    for (Symbol S : N.D->Locals)
      Inside.insert(rename(Frame, S));
    for (const Clause &C : N.D->Clauses)
      if (C.Kind != ClauseKind::Shared && C.Kind != ClauseKind::CopyPrivate &&
          C.Kind != ClauseKind::FirstPrivate)
        Inside.insert(rename(Frame, C.Variable));
  }
  return It->second;
}

void RegionWalk::barrier(uint32_t Id) {
  Now.Phases = {Phase{Id, 0}};
  Now.Live.clear();
  // A lock that is held across a barrier is handed over, not kept.
  Now.Spun = !Now.Perhaps.empty();
}

void RegionWalk::steps(uint32_t Frame, uint32_t Begin, uint32_t End) {
  const std::vector<RegionStep> &Steps = facts(Frame).Regions.Steps;
  for (uint32_t S = Begin; S < End && !Capped; S = Steps[S].End) {
    switch (Steps[S].Kind) {
    case RegionStepKind::Access:
      access(Frame, S);
      break;
    case RegionStepKind::Call:
      call(Frame, S);
      break;
    case RegionStepKind::Directive:
      directive(Frame, S);
      break;
    case RegionStepKind::Loop:
      loop(Frame, S);
      break;
    case RegionStepKind::Branch:
      branch(Frame, S);
      break;
    case RegionStepKind::Alternative:
      steps(Frame, S + 1, Steps[S].End);
      break;
    }
  }
}

void RegionWalk::branch(uint32_t Frame, uint32_t Step) {
  const std::vector<RegionStep> &Steps = facts(Frame).Regions.Steps;
  RegionState Entry = Now;
  std::optional<RegionState> Out;
  unsigned Kids = 0;
  for (uint32_t S = Step + 1; S < Steps[Step].End; S = Steps[S].End) {
    Now = Entry;
    steps(Frame, S + 1, Steps[S].End);
    ++Kids;
    if (Out)
      Out->merge(Now);
    else
      Out = Now;
  }
  if (Out)
    Now = std::move(*Out);
  if (Kids < 2)
    Now.merge(Entry);
}

bool spins(const FunctionFacts &Facts, uint32_t Step) {
  const std::vector<RegionStep> &Steps = Facts.Regions.Steps;
  if (!Facts.Loops[Steps[Step].Index].Index.empty())
    return false;
  for (uint32_t S = Step + 1; S < Steps[Step].End; ++S) {
    if (Steps[S].Kind == RegionStepKind::Directive) {
      DirectiveKind K = Facts.Regions.Directives[Steps[S].Index].Kind;
      if (K == DirectiveKind::Atomic || K == DirectiveKind::Critical || K == DirectiveKind::Other)
        return true;
    } else if (Steps[S].Kind == RegionStepKind::Access) {
      if (Facts.Regions.Accesses[Steps[S].Index].Atomic)
        return true;
    } else if (Steps[S].Kind == RegionStepKind::Call) {
      const Call &C = Facts.Calls[Steps[S].Index];
      for (const LockOp &L : Facts.LockOps)
        if (L.At == C.At)
          return true;
    }
  }
  return false;
}

void RegionWalk::loop(uint32_t Frame, uint32_t Step) {
  const RegionStep &S = facts(Frame).Regions.Steps[Step];
  uint32_t Id = loopId(Frame, S.Index);
  auto [Walked, First] = Walks.try_emplace({Frame, Step});
  if (!First && Walked->second.first == Now) {
    Now = Walked->second.second;
    return;
  }
  RegionState Entry = Now;
  Around.push_back(Id);
  for (unsigned Round = 0; Round < 4 && !Capped; ++Round) {
    RegionState Start = Now;
    steps(Frame, Step + 1, S.End);
    RegionState Next = Start;
    RegionState Back = Now;
    // The next iteration may be another thread's.
    if (Current != None && Nodes[Current].D->Kind == DirectiveKind::Worksharing)
      Back.Spun = Start.Spun;
    // Inside of a construct that one thread executes, only its instance counts.
    if (executor(Current) == None)
      Back.Phases = crossed(Back.Phases, Id);
    Back.Live = crossed(Back.Live, Id);
    Next.merge(Back);
    if (Next == Start || Next.Phases.size() > MaxPhases)
      break;
    Now = std::move(Next);
  }
  Around.pop_back();
  // Once it is left, the loop begins anew when it is come to again.
  std::set<Phase> Phases;
  for (Phase Each : Now.Phases) {
    Each.Since &= ~loopBit(Id);
    Phases.insert(Each);
  }
  Now.Phases = std::move(Phases);
  // A loop is taken to run, so what stands after it comes after its barriers.
  Now.Spun |= spins(facts(Frame), Step);
  Walks[{Frame, Step}] = {std::move(Entry), Now};
}

/// Heap was allocated in the text of Body.
bool RegionWalk::within(const Place &Heap, const Span &Body) {
  auto [FileLine, Column] = Heap.Name.str().rsplit(':');
  auto [File, Line] = FileLine.rsplit(':');
  unsigned Row = 0, Col = 0;
  if (Line.getAsInteger(10, Row) || Column.getAsInteger(10, Col))
    return false;
  auto At = std::make_pair(Row, Col);
  return File == Body.File.str() && At >= std::make_pair(Body.Line, Body.Column) &&
         At <= std::make_pair(Body.EndLine, Body.EndColumn);
}

void RegionWalk::record(std::pair<uint64_t, uint64_t> Key, Point New) {
  auto [It, Fresh] = Known.try_emplace(Key, Points.size());
  if (!Fresh) {
    Points[It->second].State.merge(Now);
    return;
  }
  if (Points.size() >= MaxPoints) {
    Capped = true;
    return;
  }
  // Memory that was allocated in the region is the thread's that did it.
  if (Root != None && New.A.Base.Root == RootKind::Heap && within(New.A.Base, Nodes[0].D->Body))
    return;
  for (const auto &[Lock, End] : Scopes)
    if (End.File == New.A.At.File &&
        std::tie(End.Line, End.Column) < std::tie(New.A.At.Line, New.A.At.Column))
      llvm::erase_if(Now.Locks, [&](const HeldLock &H) { return H.At == Lock; });
  New.Guards.insert(New.Guards.end(), Outside.begin(), Outside.end());
  New.Conditional |= Unclear;
  New.State = Now;
  New.Node = Current;
  New.LoopIds = Around;
  New.Order = Points.size();
  Points.push_back(std::move(New));
}

/// What a pointer of the thread's own, in a variable that Owner has copies of,
/// points to may be the thread's as well.
bool RegionWalk::ownMemory(uint32_t Frame, const Place &Base, uint32_t Owner) const {
  if ((Owner == None && Frame == 0) || !Base.Path.str().contains('*') ||
      Base.Root == RootKind::Global)
    return false;
  Place To = resolve(P, Frames[Frame].F, Base);
  if (To.Root == RootKind::Parameter || To.Root == RootKind::This)
    return Frame == 0 && To == Base;
  if (To.Root == RootKind::Heap) {
    // Made by a callee, for each of its calls.
    const Span &Body = P.facts(F).Body;
    return Frame != 0 || !within(To, Body);
  }
  return To == Base || To.Path.str().contains('*');
}

void RegionWalk::access(uint32_t Frame, uint32_t Step) {
  const RegionAccess &A = facts(Frame).Regions.Accesses[facts(Frame).Regions.Steps[Step].Index];
  Point Q;
  Q.A = A.What;
  Q.Write = A.What.Kind == AccessKind::Write;
  Q.ReadsToo = A.ReadsToo;
  Q.Atomic = A.Atomic;
  Q.Conditional = A.Conditional;
  Q.Variable = A.Variable;
  Q.Name = A.What.BaseText.empty() ? A.What.Text : A.What.BaseText;
  bool Static = A.What.Base.Root == RootKind::Global;
  uint32_t Owner = A.Variable.empty() ? None : owner(A.Variable, Static, Frame, Current);
  const Clause *Named =
      Owner == None || Nodes[Owner].Frame != Frame ? nullptr : clause(*Nodes[Owner].D, A.Variable);
  bool Reduced =
      Named && (Named->Kind == ClauseKind::Reduction || Named->Kind == ClauseKind::InReduction);
  // A reference is copied as what it refers to where a clause says so.
  bool Reference = A.Direct && A.What.Base.Path.str().starts_with("*");
  bool Direct = A.Direct && (!Reference || (Named && Named->Kind != ClauseKind::Shared));
  if (Direct || Reduced)
    Q.Owner = Owner;
  if (Q.Write && A.Direct) {
    Written.insert(rename(Frame, A.Variable).str().str());
    Written.insert(toString(A.What.Base) + A.What.Field.str().str());
  }
  // A pointer of the thread's own: only what it begins with is known.
  bool Copied = Named && Named->Kind == ClauseKind::FirstPrivate;
  if (!Direct && !Copied && ownMemory(Frame, A.What.Base, Owner))
    return;
  Q.Guards = rename(Frame, A.Guards);
  for (const Affine &E : A.Extents)
    Q.Extents.push_back(rename(Frame, E));
  if (!settle(Frame, Q.A))
    return;
  record({(uint64_t(Frame) << 32) | Step, 0}, std::move(Q));
}

/// What a worksharing construct does to its variables when it ends.
void RegionWalk::combine(uint32_t Node) {
  const RegionNode &N = Nodes[Node];
  for (size_t I = 0; I < N.D->Clauses.size(); ++I) {
    const Clause &C = N.D->Clauses[I];
    if (C.Kind != ClauseKind::Reduction && C.Kind != ClauseKind::LastPrivate)
      continue;
    const LoopAccess *Like = nullptr;
    for (const RegionAccess &A : facts(N.Frame).Regions.Accesses)
      if (A.Variable == C.Variable && A.Direct && A.What.Subscripts.empty() &&
          A.What.Field.empty()) {
        Like = &A.What;
        break;
      }
    if (!Like)
      continue;
    Point Q;
    Q.A = *Like;
    Q.A.At = N.D->At;
    Q.A.Text = C.Name;
    Q.A.Kind = AccessKind::Write;
    Q.Name = C.Name;
    Q.Variable = C.Variable;
    Q.Write = true;
    Q.Combines = true;
    Q.From = Node;
    Q.Owner = owner(C.Variable, Like->Base.Root == RootKind::Global, N.Frame, N.Parent);
    if (settle(N.Frame, Q.A))
      record({(uint64_t(1) << 63) | Node, I}, std::move(Q));
  }
}

void RegionWalk::directive(uint32_t Frame, uint32_t Step) {
  const RegionStep &S = facts(Frame).Regions.Steps[Step];
  uint32_t Node = node(Frame, S.Index, Step);
  const Directive &D = *Nodes[Node].D;
  uint32_t Outer = std::exchange(Current, Node);
  bool Nested = Nodes[Node].Nested;
  bool InTask = task(Outer) != None;
  switch (D.Kind) {
  case DirectiveKind::Parallel: {
    std::set<LiveTask> Live = Now.Live;
    std::vector<Guard> Saved = Outside, Mine = rename(Frame, S.Guards);
    bool SavedUnclear = Unclear;
    Outside.insert(Outside.end(), Mine.begin(), Mine.end());
    Unclear |= S.Conditional;
    steps(Frame, Step + 1, S.End);
    Outside = std::move(Saved);
    Unclear = SavedUnclear;
    Now.Live = std::move(Live);
    break;
  }
  case DirectiveKind::Worksharing:
  case DirectiveKind::Sections:
  case DirectiveKind::Single: {
    bool Spun = Now.Spun;
    if (D.Kind == DirectiveKind::Sections)
      sections(Frame, Step);
    else
      steps(Frame, Step + 1, S.End);
    if (!Nested && D.Kind != DirectiveKind::Single) {
      Current = Outer;
      combine(Node);
    }
    Now.Spun = Spun;
    if (!Nested && !D.NoWait && Root != None)
      barrier(Node);
    break;
  }
  case DirectiveKind::Barrier:
    if (!Nested && !InTask)
      barrier(Node);
    break;
  case DirectiveKind::Task:
  case DirectiveKind::Taskloop:
    task(Frame, Step, Node);
    break;
  case DirectiveKind::Taskwait:
    if (D.Depends.empty() && !D.Untold)
      taskwait(Outer);
    else
      dependWait(D, Node, Now.Live);
    break;
  case DirectiveKind::Taskgroup: {
    std::set<LiveTask> Live = Now.Live;
    steps(Frame, Step + 1, S.End);
    Now.Live = std::move(Live);
    break;
  }
  default:
    steps(Frame, Step + 1, S.End);
  }
  Current = Outer;
}

void RegionWalk::sections(uint32_t Frame, uint32_t Step) {
  const std::vector<RegionStep> &Steps = facts(Frame).Regions.Steps;
  RegionState Entry = Now, Out = Now;
  for (uint32_t S = Step + 1; S < Steps[Step].End; S = Steps[S].End) {
    Now = Entry;
    steps(Frame, S, Steps[S].End);
    Out.merge(Now);
  }
  Now = std::move(Out);
}

} // namespace heddle
