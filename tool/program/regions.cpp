/// Which pairs of accesses of a region race. Two accesses do when different
/// threads may execute them between the same barriers, nothing excludes one while
/// the other runs, one of them writes, and they touch the same memory. The last is
/// a question about integer sets (facts/dependence.h): for a worksharing loop,
/// whether two different iterations do; for code that every thread executes,
/// whether two different thread numbers do. What cannot be told is no race.
///
/// Example: in `#pragma omp parallel { a[omp_get_thread_num()]++; n++; }` two
/// threads touch different elements of a, and the same n.
#include "program/regionwalk.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

namespace heddle {

namespace {

constexpr size_t MaxPairs = 200000;

bool isLoop(DirectiveKind K) { return K == DirectiveKind::Worksharing; }

/// All that a pair is judged by, but for the state.
std::string spelled(const Point &X) {
  std::string Out;
  llvm::raw_string_ostream S(Out);
  auto Put = [&](const Affine &A) {
    S << A.Known << A.Constant << '@' << A.Through.number() << '+' << A.Plus;
    for (const Term &T : A.Terms)
      S << ',' << T.Coefficient << '*' << T.Variable.number();
    S << ';';
  };
  S << toString(X.A.Base) << ' ' << X.A.Field.str() << ' ' << X.A.Type.str() << ' '
    << X.A.Reduction.str() << ' ' << X.Owner << ' ' << X.Node << ' ' << X.From << ' ' << X.Write
    << X.ReadsToo << X.Atomic << X.Conditional << X.Combines << ' ' << X.Callee.str() << '[';
  llvm::for_each(X.A.Subscripts, Put);
  llvm::for_each(X.Extents, Put);
  for (const Guard &G : X.Guards) {
    S << '?' << int(G.Kind);
    Put(G.Value);
  }
  for (uint32_t L : X.LoopIds)
    S << '/' << L;
  for (Symbol C : X.Criticals)
    S << '!' << C.str();
  return Out;
}

class Racer {
public:
  Racer(const Program &P, const Protections &Around, FunctionId F, uint32_t Root)
      : W(P, Around, F, Root), Memory(W) {}

  std::vector<Race> run();

private:
  void consider(const Point &X, const Point &Y);
  bool team(const Point &X, const Point &Y, Race &R);
  bool tasks(const Point &X, const Point &Y, Race &R);
  bool exclusive(const Point &X, const Point &Y, Race &R) const;
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

  RegionWalk W;
  RegionMemory Memory;
  std::vector<Race> Found;
  std::set<std::pair<std::string, uint32_t>> Done;
};

bool Racer::exclusive(const Point &X, const Point &Y, Race &R) const {
  bool AtomicX = X.Atomic || X.Combines, AtomicY = Y.Atomic || Y.Combines;
  if (AtomicX && AtomicY)
    return true;
  bool Same = false;
  for (const HeldLock &A : X.State.Locks)
    for (const HeldLock &B : Y.State.Locks)
      Same |= A.Mutex == B.Mutex && A.Mutex.known() && !(A.Shared && B.Shared);
  std::vector<Symbol> A = W.criticals(X), B = W.criticals(Y);
  Same |= llvm::any_of(A, [&](Symbol S) { return llvm::is_contained(B, S); });
  // Both work among the threads of one team.
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
        G.Value.Terms[0].Variable == threadNumber() && std::abs(G.Value.Terms[0].Coefficient) == 1)
      return -G.Value.Constant * G.Value.Terms[0].Coefficient;
  if (W.around(X.Node, DirectiveKind::Master) != None)
    return 0;
  return std::nullopt;
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
      auto Same = [&](size_t N) { Equal.assign(X.LoopIds.begin(), X.LoopIds.begin() + N); };
      if (A == B && isLoop(KindOf(A))) {
        const Directive &D = *W.Nodes[A].D;
        if (D.CrossIteration || D.Untold)
          continue;
        uint32_t First = D.Loops.empty() ? None : W.position(X, A, 0);
        if (First == None || W.position(Y, A, 0) != First)
          continue;
        size_t Before = W.Nodes[A].Loops;
        size_t N = std::min(equal(X, Y, Since, First), Before);
        if (W.around(X.Node, DirectiveKind::Ordered) != None &&
            W.around(Y.Node, DirectiveKind::Ordered) != None)
          continue;
        bool UsesThread =
            llvm::any_of(X.A.Subscripts, [](const Affine &S) { return names(S, threadNumber()); });
        Same(N);
        if (UsesThread && Memory.meet(X, Y, None, Equal) != Carried::Yes)
          continue;
        for (size_t K = 0; K < D.Loops.size(); ++K) {
          uint32_t Tested = W.position(X, A, K);
          if (Tested == None)
            break;
          std::optional<int64_t> Distance;
          if (Memory.meet(X, Y, Tested, Equal, &Distance) == Carried::Yes) {
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
      if (Memory.meet(X, Y, None, Equal) != Carried::Yes)
        continue;
      bool Sections = KindOf(A) == DirectiveKind::Section && KindOf(B) == DirectiveKind::Section &&
                      W.Nodes[A].Parent == W.Nodes[B].Parent;
      R.Relation = A == B     ? RaceRelation::Threads
                   : Sections ? RaceRelation::Sections
                              : RaceRelation::Constructs;
      auto GoesOn = [&](uint32_t N) {
        if (N == None || R.NoWait != None || !W.Nodes[N].D->NoWait)
          return;
        R.NoWait = W.Nodes[N].Index;
        R.NoWaitIn = W.Frames[W.Nodes[N].Frame].F;
      };
      for (const Point *Q : {&X, &Y})
        if (Q->From != None) {
          R.Relation = RaceRelation::Constructs;
          GoesOn(Q->From);
        }
      for (uint32_t N : {A, B})
        GoesOn(KindOf(N) == DirectiveKind::Section ? W.Nodes[N].Parent : N);
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
        if (Memory.meet(*Late, Early, Id, Equal) == Carried::Yes) {
          return true;
        }
      }
      if (!Any && Memory.meet(*Late, Early, None, Equal) == Carried::Yes)
        return true;
    }
  }
  return false;
}

void Racer::consider(const Point &X, const Point &Y) {
  if (X.Owner != Y.Owner || !(X.A.Base == Y.A.Base) || X.State.Spun || Y.State.Spun)
    return;
  std::string Key = toString(X.A.Base) + X.A.Field.str().str();
  if (Done.count({Key, X.Owner}))
    return;
  Race R;
  if (exclusive(X, Y, R))
    return;
  if (!team(X, Y, R) && !tasks(X, Y, R))
    return;
  Done.insert({Key, X.Owner});
  R.F = W.F;
  R.Region = W.Root;
  bool Swap = !X.Write;
  R.A = raceSide(W, Swap ? Y : X);
  R.B = raceSide(W, Swap ? X : Y);
  if (Swap && R.Distance)
    R.Distance = -*R.Distance;
  R.A.OneThread = onThread(Swap ? Y : X).has_value();
  R.B.OneThread = onThread(Swap ? X : Y).has_value();
  R.Name = X.Name;
  R.Scalar = X.A.Subscripts.empty();
  if (R.Relation == RaceRelation::Iterations && R.Scalar && R.A.Callee.empty())
    for (const LoopScalar &S : W.facts(W.Nodes[W.executor(X.Node)].Frame).Loops[R.Loop].Scalars)
      if (S.Variable == X.Variable)
        R.Use = S;
  Found.push_back(std::move(R));
}

std::vector<Race> Racer::run() {
  W.run();
  if (W.Capped)
    return {};
  for (Point &X : W.Points)
    X.A.Base = Memory.sameAs(X.A.Base);
  size_t Tested = 0;
  std::map<Place, std::vector<size_t>> ByBase;
  std::map<std::string, size_t> Alike;
  std::vector<size_t> Kept;
  for (size_t I = 0; I < W.Points.size(); ++I) {
    // Many accesses are the same as one before.
    auto [It, New] = Alike.try_emplace(spelled(W.Points[I]), I);
    if (!New && W.Points[It->second].State == W.Points[I].State)
      continue;
    ByBase[W.Points[I].A.Base].push_back(I);
    Kept.push_back(I);
  }
  for (size_t I : Kept)
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
  auto Take = [&](std::vector<Race> Some) {
    for (Race &R : Some)
      if (Seen.insert({std::min(R.A.At, R.B.At), std::max(R.A.At, R.B.At), R.Name}).second)
        Out.push_back(std::move(R));
  };
  auto Add = [&](FunctionId F, uint32_t Root) { Take(Racer(P, Around, F, Root).run()); };
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    const FunctionFacts &Facts = P.facts(F);
    const std::vector<Directive> &All = Facts.Regions.Directives;
    for (uint32_t D = 0; D < All.size(); ++D)
      if (All[D].Kind == DirectiveKind::Parallel && !All[D].Single)
        Add(F, D);
    for (uint32_t D = 0; D < All.size(); ++D)
      if (All[D].Kind == DirectiveKind::Simd)
        Take(findLaneRaces(P, Around, F, D));
    Take(findMergedTasks(P, F));
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
