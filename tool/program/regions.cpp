/// Which pairs of accesses of a region race. Two accesses do when different
/// threads may execute them between the same barriers, nothing excludes one while
/// the other runs, one of them writes, and they touch the same memory. The last is
/// a question about integer sets (facts/dependence.h): for a worksharing loop,
/// whether two different iterations do; for code that every thread executes,
/// whether two different thread numbers do. What cannot be told is no race.
///
/// Example: in `#pragma omp parallel { a[omp_get_thread_num()]++; n++; }` two
/// threads touch different elements of a, and the same n.
#include "facts/dependence.h"
#include "program/judge.h"
#include "program/regionwalk.h"

namespace heddle {

namespace {

constexpr size_t MaxPairs = 200000;
constexpr size_t MaxGuards = 3;

const Symbol &threadNumber() {
  static const Symbol S(ThreadNumber);
  return S;
}

Affine constantOf(int64_t V) {
  Affine A;
  A.Known = true;
  A.Constant = V;
  return A;
}

Affine negated(const Affine &A) {
  Affine R = A;
  R.Constant = -R.Constant;
  for (Term &T : R.Terms)
    T.Coefficient = -T.Coefficient;
  return R;
}

bool names(const Affine &A, Symbol Variable) {
  return llvm::any_of(A.Terms, [&](const Term &T) { return T.Variable == Variable; });
}

bool isLoop(DirectiveKind K) { return K == DirectiveKind::Worksharing; }

class Racer {
public:
  Racer(const Program &P, const Protections &Around, FunctionId F, uint32_t Root)
      : W(P, Around, F, Root) {}

  std::vector<Race> run();

private:
  using LoopList = llvm::SmallVector<uint32_t, 6>;

  void consider(const Point &X, const Point &Y);
  bool team(const Point &X, const Point &Y, Race &R);
  bool tasks(const Point &X, const Point &Y, Race &R);
  bool exclusive(const Point &X, const Point &Y, Race &R) const;
  std::vector<Symbol> criticals(const Point &X) const;
  std::optional<int64_t> onThread(const Point &X) const;
  size_t common(const Point &X, const Point &Y) const {
    size_t N = 0;
    while (N < X.LoopIds.size() && N < Y.LoopIds.size() && X.LoopIds[N] == Y.LoopIds[N])
      ++N;
    return N;
  }
  bool crosses(Crossed Since, uint32_t Loop) const {
    return Since & (Crossed(1) << std::min(Loop, 63u));
  }
  /// Loops around both that are in the same iteration.
  size_t equal(const Point &X, const Point &Y, Crossed Since, uint32_t Except = None) const {
    size_t N = common(X, Y), I = 0;
    while (I < N && (X.LoopIds[I] == Except || !crosses(Since, X.LoopIds[I])))
      ++I;
    return I;
  }
  /// Whether X and Y touch the same memory, in different iterations of Tested (a
  /// loop id, or None for different threads) and the same ones of Equal.
  Carried meet(const Point &X, const Point &Y, uint32_t Tested, const LoopList &Equal,
               std::optional<int64_t> *Distance = nullptr);
  bool vague(const Point &X, uint32_t Tested, const LoopList &Equal) const;
  bool symbolic(const Point &X, const Point &Y) const;
  bool addGuards(const Point &X, uint32_t Tested, std::vector<Loop> &Out) const;
  bool isIndex(Symbol S) const {
    return llvm::any_of(W.LoopIds, [&](const auto &L) { return L.L->Index == S; });
  }
  RaceSide side(const Point &X) const;
  uint32_t position(const Point &X, uint32_t Node, size_t Which) const;

  RegionWalk W;
  std::vector<Race> Found;
  std::set<std::pair<std::string, uint32_t>> Done;
};

std::vector<Symbol> Racer::criticals(const Point &X) const {
  std::vector<Symbol> Out = X.Criticals;
  for (uint32_t N = X.Node; N != None; N = W.Nodes[N].Parent)
    if (W.Nodes[N].D->Kind == DirectiveKind::Critical)
      Out.push_back(W.Nodes[N].D->Critical);
  return Out;
}

bool Racer::exclusive(const Point &X, const Point &Y, Race &R) const {
  bool AtomicX = X.Atomic || X.Combines, AtomicY = Y.Atomic || Y.Combines;
  if (AtomicX && AtomicY)
    return true;
  for (const HeldLock &A : X.State.Locks)
    for (const HeldLock &B : Y.State.Locks)
      if (A.Mutex == B.Mutex && A.Mutex.known() && !(A.Shared && B.Shared))
        return true;
  std::vector<Symbol> A = criticals(X), B = criticals(Y);
  bool Same = llvm::any_of(A, [&](Symbol S) { return llvm::is_contained(B, S); });
  if (Same && W.Root != None && W.Nodes[0].D->Teams) {
    R.OtherTeam = true;
    return false;
  }
  return Same;
}

/// The thread that executes X, when its number is known.
std::optional<int64_t> Racer::onThread(const Point &X) const {
  for (const Guard &G : X.Guards)
    if (G.Kind == GuardKind::Zero && G.Value.Terms.size() == 1 &&
        G.Value.Terms[0].Variable == threadNumber() &&
        std::abs(G.Value.Terms[0].Coefficient) == 1)
      return -G.Value.Constant * G.Value.Terms[0].Coefficient;
  if (W.around(X.Node, DirectiveKind::Master) != None)
    return 0;
  return std::nullopt;
}

/// Where the range of an inner loop cannot be told, neither can what it covers.
bool Racer::vague(const Point &X, uint32_t Tested, const LoopList &Equal) const {
  for (uint32_t Id : X.LoopIds) {
    const Loop &L = *W.LoopIds[Id].L;
    if (Id == Tested || llvm::is_contained(Equal, Id) ||
        llvm::none_of(X.A.Subscripts, [&](const Affine &S) { return names(S, L.Index); }))
      continue;
    for (const Affine *Bound : {&L.Lower, &L.Upper}) {
      if (!Bound->Known || !Bound->Through.empty())
        return true;
      for (const Term &T : Bound->Terms)
        if (!isIndex(T.Variable) && W.varies(T.Variable))
          return true;
    }
  }
  return false;
}

/// They meet only for certain values of a variable that says nothing of sizes.
bool Racer::symbolic(const Point &X, const Point &Y) const {
  size_t N = std::min(X.A.Subscripts.size(), Y.A.Subscripts.size());
  auto Size = [&](Symbol S) {
    return llvm::any_of(W.LoopIds, [&](const auto &L) {
      return names(L.L->Upper, S) || names(L.L->Lower, S);
    });
  };
  for (size_t D = 0; D < N; ++D)
    for (const Point *From : {&X, &Y})
      for (const Term &T : From->A.Subscripts[D].Terms) {
        if (isIndex(T.Variable) || T.Variable == threadNumber() || Size(T.Variable))
          continue;
        auto Coefficient = [&](const Affine &A) {
          for (const Term &O : A.Terms)
            if (O.Variable == T.Variable)
              return O.Coefficient;
          return int64_t(0);
        };
        if (Coefficient(X.A.Subscripts[D]) != Coefficient(Y.A.Subscripts[D]))
          return true;
      }
  return false;
}

/// Conditions as loops of one iteration or more. False when X may be executed by
/// one thread only, and which is not known.
bool Racer::addGuards(const Point &X, uint32_t Tested, std::vector<Loop> &Out) const {
  for (const Guard &G : X.Guards) {
    bool Threads = names(G.Value, threadNumber());
    bool Lost = llvm::any_of(G.Value.Terms, [&](const Term &T) {
      return T.Variable != threadNumber() && !isIndex(T.Variable) && W.varies(T.Variable);
    });
    if (Lost) {
      if (G.Kind == GuardKind::Zero)
        return false;
      continue;
    }
    if (Threads && Tested != None)
      continue;
    auto Add = [&](const Affine &Lower, const Affine &Upper) {
      if (Out.size() >= 2 * MaxGuards)
        return;
      Loop L;
      L.Index = Symbol("#guard" + std::to_string(Out.size()));
      L.Lower = Lower, L.Upper = Upper;
      Out.push_back(std::move(L));
    };
    switch (G.Kind) {
    case GuardKind::Zero:
      Add(G.Value, constantOf(1));
      Add(negated(G.Value), constantOf(1));
      break;
    case GuardKind::Positive:
      Add(constantOf(0), G.Value);
      break;
    case GuardKind::NonZero:
      // Thread numbers begin with 0.
      if (Threads && G.Value.Terms.size() == 1 && G.Value.Constant == 0)
        Add(constantOf(0),
            G.Value.Terms[0].Coefficient > 0 ? G.Value : negated(G.Value));
      break;
    }
  }
  return true;
}

Carried Racer::meet(const Point &X, const Point &Y, uint32_t Tested, const LoopList &Equal,
                    std::optional<int64_t> *Distance) {
  if (vague(X, Tested, Equal) || vague(Y, Tested, Equal) || symbolic(X, Y))
    return Carried::Unknown;
  if (X.A.Subscripts.size() != Y.A.Subscripts.size())
    return Carried::Unknown;
  static const Loop Threads = [] {
    Loop L;
    L.Index = threadNumber();
    L.Lower = constantOf(0);
    return L;
  }();
  std::vector<Loop> GuardsX, GuardsY;
  if (!addGuards(X, Tested, GuardsX) || !addGuards(Y, Tested, GuardsY))
    return Carried::Unknown;
  llvm::SmallVector<const Loop *, 6> Outer, InnerX, InnerY;
  auto Split = [&](const Point &Q, llvm::SmallVectorImpl<const Loop *> &Inner) {
    for (uint32_t Id : Q.LoopIds)
      if (Id != Tested && !llvm::is_contained(Equal, Id) && !W.LoopIds[Id].L->Index.empty())
        Inner.push_back(W.LoopIds[Id].L);
  };
  for (uint32_t Id : Equal)
    if (Id != Tested && !W.LoopIds[Id].L->Index.empty())
      Outer.push_back(W.LoopIds[Id].L);
  Split(X, InnerX);
  Split(Y, InnerY);
  for (const Loop &L : GuardsX)
    InnerX.push_back(&L);
  for (const Loop &L : GuardsY)
    InnerY.push_back(&L);
  const Loop *T = Tested == None ? &Threads : W.LoopIds[Tested].L;
  auto Varies = [&](Symbol S) {
    if (llvm::any_of(Outer, [&](const Loop *L) { return L->Index == S; }))
      return false;
    return isIndex(S) || W.varies(S);
  };
  DependenceQuery Q{T, Outer, {&X.A, InnerX}, {&Y.A, InnerY}, Varies, false};
  DependenceResult R = testPair(Q);
  if (Distance)
    *Distance = R.Distance;
  return R.Answer;
}

/// The loop id of the loop number Which that the construct at Node shares out.
uint32_t Racer::position(const Point &X, uint32_t Node, size_t Which) const {
  const RegionNode &N = W.Nodes[Node];
  for (uint32_t Id : X.LoopIds)
    if (W.LoopIds[Id].Frame == N.Frame && W.LoopIds[Id].Loop == N.D->Loops[Which])
      return Id;
  return None;
}

bool Racer::team(const Point &X, const Point &Y, Race &R) {
  if (W.Root == None || W.Nodes[0].D->Single || X.Owner != None)
    return false;
  uint32_t A = W.executor(X.Node), B = W.executor(Y.Node);
  auto KindOf = [&](uint32_t N) { return N == None ? DirectiveKind::Other : W.Nodes[N].D->Kind; };
  std::optional<int64_t> ThreadX = onThread(X), ThreadY = onThread(Y);
  if (ThreadX && ThreadX == ThreadY)
    return false;
  std::set<Crossed> Tried;
  for (const Phase &Px : X.State.Phases)
    for (const Phase &Py : Y.State.Phases) {
      if (Px.Barrier != Py.Barrier || !Tried.insert(Px.Since | Py.Since).second)
        continue;
      Crossed Since = Px.Since | Py.Since;
      LoopList Equal;
      auto Same = [&](size_t N) {
        Equal.assign(X.LoopIds.begin(), X.LoopIds.begin() + N);
      };
      if (A == B && isLoop(KindOf(A))) {
        const Directive &D = *W.Nodes[A].D;
        if (D.CrossIteration || D.Untold)
          continue;
        uint32_t First = D.Loops.empty() ? None : position(X, A, 0);
        if (First == None || position(Y, A, 0) != First)
          continue;
        size_t Before = W.Nodes[A].Loops;
        size_t N = std::min(equal(X, Y, Since, First), Before);
        if (W.around(X.Node, DirectiveKind::Ordered) != None &&
            W.around(Y.Node, DirectiveKind::Ordered) != None)
          continue;
        bool UsesThread = llvm::any_of(X.A.Subscripts, [](const Affine &S) {
          return names(S, threadNumber());
        });
        Same(N);
        if (UsesThread && meet(X, Y, None, Equal) != Carried::Yes)
          continue;
        for (size_t K = 0; K < D.Loops.size(); ++K) {
          uint32_t Tested = position(X, A, K);
          if (Tested == None)
            break;
          std::optional<int64_t> Distance;
          if (meet(X, Y, Tested, Equal, &Distance) == Carried::Yes) {
            R.Relation = RaceRelation::Iterations;
            R.Loop = D.Loops[K];
            if (Distance && W.LoopIds[Tested].L->Step)
              R.Distance = *Distance / W.LoopIds[Tested].L->Step;
            return true;
          }
          Equal.push_back(Tested);
        }
        continue;
      }
      Same(equal(X, Y, Since));
      bool Instance = A == B && A != None && Equal.size() >= W.Nodes[A].Loops;
      // One thread executes a section, and a single construct.
      if (Instance)
        continue;
      if (KindOf(A) == DirectiveKind::Master && KindOf(B) == DirectiveKind::Master)
        continue;
      if (A == None && B == None && X.Conditional && Y.Conditional)
        continue;
      if (isLoop(KindOf(A)) && isLoop(KindOf(B))) {
        const Directive &D = *W.Nodes[A].D, &E = *W.Nodes[B].D;
        // Equal iterations of loops with the same bounds are the same thread's.
        bool Static = D.Schedule == E.Schedule && D.Chunk == E.Chunk &&
                      (D.Schedule == ScheduleKind::Static || D.Schedule == ScheduleKind::Unset);
        if (Static)
          continue;
      }
      if (meet(X, Y, None, Equal) != Carried::Yes)
        continue;
      bool Sections = KindOf(A) == DirectiveKind::Section && KindOf(B) == DirectiveKind::Section &&
                      W.Nodes[A].Parent == W.Nodes[B].Parent;
      R.Relation = A == B ? RaceRelation::Threads
                   : Sections ? RaceRelation::Sections
                              : RaceRelation::Constructs;
      for (uint32_t N : {A, B})
        if (N != None && R.NoWait == None && W.Nodes[N].Frame == 0) {
          uint32_t Of = KindOf(N) == DirectiveKind::Section ? W.Nodes[N].Parent : N;
          if (W.Nodes[Of].D->NoWait)
            R.NoWait = W.Nodes[Of].Index;
        }
      return true;
    }
  return false;
}

/// A task that X's thread has made, or its maker's, and that is not waited for.
bool Racer::tasks(const Point &X, const Point &Y, Race &R) {
  for (const Point *Late : {&X, &Y}) {
    const Point &Early = Late == &X ? Y : X;
    uint32_t Task = W.task(Early.Node);
    if (Task == None)
      continue;
    // The same copy for both: one from around the task.
    if (X.Owner != None && (W.within(X.Owner, Task) || !W.within(Late->Node, X.Owner)))
      continue;
    for (const LiveTask &T : Late->State.Live) {
      if (T.Task != Task)
        continue;
      size_t N = equal(*Late, Early, T.Since);
      LoopList Equal(Late->LoopIds.begin(), Late->LoopIds.begin() + N);
      R.Relation = RaceRelation::Tasks;
      bool Any = false;
      for (size_t I = N; I < common(*Late, Early); ++I) {
        uint32_t Id = Late->LoopIds[I];
        if (!crosses(T.Since, Id))
          continue;
        Any = true;
        // What the body declares is new in every iteration.
        if (llvm::is_contained(W.LoopIds[Id].L->Locals, X.Variable) &&
            X.A.Base.Root == RootKind::Local)
          continue;
        if (W.LoopIds[Id].L->Index.empty()) {
          if (X.A.Subscripts.empty())
            return true;
          continue;
        }
        if (meet(*Late, Early, Id, Equal) == Carried::Yes) {
          R.Loop = W.LoopIds[Id].Loop;
          return true;
        }
      }
      if (!Any && meet(*Late, Early, None, Equal) == Carried::Yes)
        return true;
    }
  }
  return false;
}

RaceSide Racer::side(const Point &X) const {
  RaceSide S;
  S.Text = X.A.Text;
  S.Callee = X.Callee;
  S.At = X.A.At;
  S.Inside = X.Inside;
  S.Write = X.Write, S.ReadsToo = X.ReadsToo, S.Atomic = X.Atomic;
  S.Operator = X.A.Reduction;
  S.Criticals = criticals(X);
  for (const HeldLock &L : X.State.Locks)
    S.Locks.push_back(L.Text);
  if (uint32_t N = W.executor(X.Node); N != None) {
    S.Executor = W.Nodes[N].D->Kind;
    S.Construct = W.Nodes[N].Frame == 0 ? W.Nodes[N].Index : None;
  }
  return S;
}

void Racer::consider(const Point &X, const Point &Y) {
  if (X.Owner != Y.Owner || !(X.A.Base == Y.A.Base) || X.State.Spun || Y.State.Spun)
    return;
  std::string Memory = toString(X.A.Base) + X.A.Field.str().str();
  if (Done.count({Memory, X.Owner}))
    return;
  Race R;
  if (exclusive(X, Y, R))
    return;
  if (!team(X, Y, R) && !tasks(X, Y, R))
    return;
  Done.insert({Memory, X.Owner});
  R.F = W.F;
  R.Region = W.Root;
  bool Swap = !X.Write;
  R.A = side(Swap ? Y : X);
  R.B = side(Swap ? X : Y);
  if (Swap && R.Distance)
    R.Distance = -*R.Distance;
  R.Name = X.Name;
  R.Scalar = X.A.Subscripts.empty();
  if (R.Relation == RaceRelation::Iterations && R.Scalar && R.A.Callee.empty())
    for (const LoopScalar &S : W.facts(0).Loops[R.Loop].Scalars)
      if (S.Variable == X.Variable)
        R.Use = S;
  Found.push_back(std::move(R));
}

std::vector<Race> Racer::run() {
  W.run();
  if (W.Capped)
    return {};
  size_t Tested = 0;
  std::map<Place, std::vector<size_t>> ByBase;
  for (size_t I = 0; I < W.Points.size(); ++I)
    ByBase[W.Points[I].A.Base].push_back(I);
  for (size_t I = 0; I < W.Points.size(); ++I)
    for (size_t K : ByBase[W.Points[I].A.Base]) {
      if (K < I || (!W.Points[I].Write && !W.Points[K].Write))
        continue;
      if (++Tested > MaxPairs)
        return std::move(Found);
      consider(W.Points[I], W.Points[K]);
    }
  return std::move(Found);
}

} // namespace

std::vector<Race> findRaces(const Program &P) {
  Protections Around(P);
  std::vector<Race> Out;
  std::set<std::tuple<Span, Span, Symbol>> Seen;
  auto Add = [&](FunctionId F, uint32_t Root) {
    for (Race &R : Racer(P, Around, F, Root).run())
      if (Seen.insert({std::min(R.A.At, R.B.At), std::max(R.A.At, R.B.At), R.Name}).second)
        Out.push_back(std::move(R));
  };
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    const FunctionFacts &Facts = P.facts(F);
    const std::vector<Directive> &All = Facts.Regions.Directives;
    for (uint32_t D = 0; D < All.size(); ++D)
      if (All[D].Kind == DirectiveKind::Parallel && !All[D].Single)
        Add(F, D);
    // Tasks that any thread of a team may run; the program itself begins with one.
    bool Tasks = llvm::any_of(All, [](const Directive &D) {
      return D.Kind == DirectiveKind::Task || D.Kind == DirectiveKind::Taskloop;
    });
    if (Tasks && hasOrphans(Facts) && !Facts.Main)
      Add(F, None);
  }
  return Out;
}

llvm::ArrayRef<llvm::StringLiteral> enumNames(RaceRelation) {
  static constexpr llvm::StringLiteral Names[] = {"iterations", "threads", "constructs", "sections",
                                                  "tasks",      "lanes",   "merged"};
  return Names;
}

} // namespace heddle
