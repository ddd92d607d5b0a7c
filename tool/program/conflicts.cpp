/// Overlap of places. A place and one that goes on from it with members or
/// elements are the same memory, as far as no pointer is followed in between.
/// Elements at positions that are not constant are told apart by where the
/// position comes from: a loop over all of them meets everybody, the position that
/// a thread was started with meets no other thread of the same start.
///
/// Example: `shared = Point{}` writes {shared} and meets {shared .x}. `done[id] =
/// true` in each thread meets the scan `for (i...) if (done[i])`, but not another
/// thread's.
///
/// Two accesses that meet, at once and without a lock, race: unless there is a reason to
/// doubt one of the three, which is then said.
#include "program/conflicts.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

/// More places of one object are compared for equality only.
constexpr size_t MaxPlacesPerObject = 300;
/// Calls on the way from a function that has no callers in sight.
constexpr size_t FarFromRoot = 3;

/// The path up to the last pointer that is followed.
llvm::StringRef objectOf(llvm::StringRef Path) { return Path.take_front(Path.rfind('*') + 1); }

/// Takes the first step of a path: ".x", "[3]", "*".
llvm::StringRef takeStep(llvm::StringRef &Path) {
  size_t N = Path.empty() ? 0 : 1;
  while (N < Path.size() && Path[N] != '.' && Path[N] != '*' && Path[N] != '[')
    ++N;
  llvm::StringRef Step = Path.take_front(N);
  Path = Path.drop_front(N);
  return Step;
}

bool isVariable(llvm::StringRef Step) { return Step == "[]"; }

/// Rest lies within the object that an access of this type covers: its members, or
/// the elements of an array. The elements of a container are elsewhere.
bool covers(const ThreadAccess &Whole, llvm::StringRef Rest) {
  if (Rest.starts_with("."))
    return true;
  llvm::StringRef Type = Whole.Type.str();
  return Rest.starts_with("[") && (Type.ends_with("]") || Type.ends_with("*"));
}

/// By paths alone; elements at variable positions count as one.
bool mayOverlap(llvm::StringRef A, llvm::StringRef B) {
  while (true) {
    if (A.empty() || B.empty())
      return true;
    llvm::StringRef X = takeStep(A), Y = takeStep(B);
    if (X != Y && !(X.starts_with("[") && Y.starts_with("[") && (isVariable(X) || isVariable(Y))))
      return false;
  }
}

bool inRange(llvm::StringRef Step, const ElementIndex &I) {
  int64_t N;
  if (Step.drop_front().drop_back().getAsInteger(10, N))
    return true;
  return (!I.First || N >= *I.First) && (!I.Last || N <= *I.Last);
}

/// Of two elements, at least one at a variable position.
Meeting meetElements(llvm::StringRef X, llvm::StringRef Y, const ThreadAccess &A,
                     const ThreadAccess &B) {
  auto From = [](llvm::StringRef Step, const ThreadAccess &Of) {
    return isVariable(Step) ? Of.Element.From : IndexOrigin::Constant;
  };
  IndexOrigin I = From(X, A), J = From(Y, B);
  if (I == IndexOrigin::Own && J == IndexOrigin::Own)
    return A.Thread == B.Thread && A.Element.Repeats ? Meeting::Perhaps : Meeting::Never;
  if (I == IndexOrigin::Unknown && J == IndexOrigin::Unknown)
    return Meeting::Unknown;
  if ((I == IndexOrigin::Unknown && J == IndexOrigin::Own) ||
      (I == IndexOrigin::Own && J == IndexOrigin::Unknown))
    return Meeting::Unknown;
  if (I == IndexOrigin::Unknown || J == IndexOrigin::Unknown)
    return Meeting::Perhaps;
  if ((J == IndexOrigin::Constant && !inRange(Y, A.Element)) ||
      (I == IndexOrigin::Constant && !inRange(X, B.Element)))
    return Meeting::Never;
  return Meeting::Surely;
}

/// A's function has given up for a while what B holds: it knows what stays as it is.
bool gaveUp(const ThreadAccess &A, const ThreadAccess &B) {
  return A.Kind == AccessKind::Read && llvm::any_of(B.Held, [&](const HeldLock &L) {
           return llvm::is_contained(A.GivenUp, L.Mutex);
         });
}

bool mayHold(const ThreadAccess &A, const ThreadAccess &B) {
  return llvm::any_of(A.MayHold, [&](const Place &Lock) {
    return llvm::is_contained(B.MayHold, Lock) ||
           llvm::any_of(B.Held, [&](const HeldLock &L) { return L.Mutex == Lock; });
  });
}

bool holdOneName(const ThreadAccess &A, const ThreadAccess &B) {
  return llvm::any_of(A.Held, [&](const HeldLock &L) {
    return llvm::any_of(
        B.Held, [&](const HeldLock &M) { return M.Mutex == L.Mutex && !(L.Shared && M.Shared); });
  });
}

} // namespace

/// The object stands for several: it is made by a function that several threads of one
/// start have called for each of them, or that is called at several places.
bool Races::isOneOfMany(const ThreadAccess &A, const ThreadAccess &B) const {
  if (A.What.Root != RootKind::Heap)
    return false;
  auto [It, New] = Makers.try_emplace(A.What.Name, None);
  if (New) {
    Span Made = positionOf(A.What);
    auto Maker = llvm::find_if(P.Functions, [&](const ProgramFunction &F) {
      const Span &Body = F.Facts->Body;
      return Made.File == Body.File && Body.Line <= Made.Line && Made.Line <= Body.EndLine;
    });
    if (Maker != P.Functions.end())
      It->second = Maker - P.Functions.begin();
  }
  FunctionId Maker = It->second;
  if (A.Thread == B.Thread)
    return P.Threads[A.Thread].Starter != None && P.Threads[A.Thread].Starter != Maker;
  return Maker != None && P.function(Maker).Callers.size() > 1;
}

/// Far inside of a library, on a way from a function that nobody calls here.
bool Races::isFarFromRoot(const ThreadAccess &A) const {
  const Thread &T = P.Threads[A.Thread];
  return !T.Start && !P.facts(T.Entry).Main && A.Through.size() >= FarFromRoot;
}

/// On the way to the access something is called under a condition that it sets itself,
/// and `main` may have called it before there were threads: `if (!ready) init();`.
bool Races::mayBeDone(const ThreadAccess &A) const {
  // Or is done once, and who does it now is not told.
  if (P.function(A.In).CalledAlone &&
      llvm::any_of(A.Held, [](const HeldLock &L) { return L.Sort == LockSort::Once; }))
    return true;
  return llvm::any_of(A.Through, [&](const Hop &H) {
    const FunctionFacts &Facts = P.facts(H.In);
    auto Called = llvm::find_if(Facts.Calls, [&](const Call &C) { return C.At == H.At; });
    if (Called == Facts.Calls.end())
      return false;
    uint32_t Index = Called - Facts.Calls.begin();
    auto SetsItself = [&](const Access &Asked) {
      return Asked.Kind == AccessKind::Read && Asked.What.Root == RootKind::Global &&
             llvm::any_of(P.Functions[H.In].Targets[Index], [&](const CallTarget &T) {
               const ProgramFunction &Callee = P.Functions[T.Callee];
               return Callee.CalledAlone &&
                      llvm::any_of(Callee.Effects.Accesses, [&](const EffectAccess &E) {
                        return E.Kind == AccessKind::Write && E.What == Asked.What;
                      });
             });
    };
    for (uint32_t B = 0; B < Facts.Blocks.size(); ++B)
      for (uint32_t Next : Facts.Blocks[B].Next)
        if (Facts.Blocks[B].Next.size() == 2 &&
            llvm::any_of(Facts.Blocks[Next].Events, [&](const Event &E) {
              return E.Kind == EventKind::Call && E.Index == Index;
            }))
          if (llvm::any_of(Facts.Blocks[B].Events, [&](const Event &E) {
                return E.Kind == EventKind::Access && SetsItself(Facts.Accesses[E.Index]);
              }))
            return true;
    return false;
  });
}

Race Races::of(const ThreadAccess &W, const ThreadAccess &O) const {
  Race R;
  // One atomic side does not make the other safe.
  if (W.Kind != AccessKind::Write || O.Kind == AccessKind::AtomicRead)
    return R;
  Meeting How = meet(W, O);
  if (How == Meeting::Never || !mayRunAtOnce(P, W, O) || isProtected(P, W, O))
    return R;
  R.How = How;
  if (How < Meeting::Perhaps)
    return R;
  if (llvm::is_contained(W.Doubtful, O.Thread) || llvm::is_contained(O.Doubtful, W.Thread))
    R.Doubt = "one thread waits for the other before, on some of its ways";
  else if (mayHold(W, O) || mayHold(O, W))
    R.Doubt = "a lock that the other side holds is held on some of the ways that lead here";
  else if (holdOneName(W, O))
    R.Doubt = "both sides hold a lock of one name, which may be the same";
  else if (gaveUp(O, W))
    R.Doubt = "the function gives the lock of its caller up before it reads, and may know why";
  else if (isOneOfMany(W, O))
    R.Doubt = "the object is made many times, and each thread may have one of its own";
  else if (W.EndsPerhaps || O.EndsPerhaps)
    R.Doubt = "the object is ended on some ways only, perhaps when nobody else has it any more";
  else if (mayBeDone(W) || mayBeDone(O))
    R.Doubt = "it is done under a condition that it sets, and was perhaps done before there were "
              "threads";
  else if (isFarFromRoot(W) || isFarFromRoot(O))
    R.Doubt = "callers that are not in sight may have to hold a lock";
  if (!R.Doubt.empty())
    R.How = Meeting::Perhaps;
  return R;
}

Meeting meet(const ThreadAccess &A, const ThreadAccess &B) {
  llvm::StringRef P = A.What.Path.str(), Q = B.What.Path.str();
  Meeting Least = Meeting::Surely;
  while (!P.empty() && !Q.empty()) {
    llvm::StringRef X = takeStep(P), Y = takeStep(Q);
    bool Elements = X.starts_with("[") && Y.starts_with("[");
    if (Elements && (isVariable(X) || isVariable(Y)))
      Least = std::min(Least, meetElements(X, Y, A, B));
    else if (X != Y)
      return Meeting::Never;
  }
  if ((!P.empty() && !covers(B, P)) || (!Q.empty() && !covers(A, Q)))
    return Meeting::Never;
  return Least;
}

std::vector<PlaceGroup> groupByPlace(llvm::ArrayRef<ThreadAccess> Sorted) {
  std::vector<PlaceGroup> Groups;
  for (size_t Begin = 0, End; Begin < Sorted.size(); Begin = End) {
    for (End = Begin + 1; End < Sorted.size() && Sorted[End].What == Sorted[Begin].What;)
      ++End;
    Groups.push_back({Begin, End, {}});
  }
  auto PlaceOf = [&](size_t G) -> const Place & { return Sorted[Groups[G].Begin].What; };
  // The places of one object stand together, but for what is behind its pointers.
  llvm::DenseMap<Place, llvm::SmallVector<uint32_t, 4>> ByObject;
  for (uint32_t G = 0; G < Groups.size(); ++G) {
    Place Object = PlaceOf(G);
    Object.Path = Symbol(objectOf(Object.Path.str()));
    ByObject[Object].push_back(G);
  }
  for (const auto &[Object, Members] : ByObject)
    for (uint32_t G : Members) {
      Groups[G].Overlaps.push_back(G);
      if (Members.size() > MaxPlacesPerObject)
        continue;
      size_t Skip = Object.Path.str().size();
      for (uint32_t H : Members)
        if (H != G && mayOverlap(PlaceOf(G).Path.str().drop_front(Skip),
                                 PlaceOf(H).Path.str().drop_front(Skip)))
          Groups[G].Overlaps.push_back(H);
      llvm::sort(Groups[G].Overlaps);
    }
  return Groups;
}

} // namespace heddle
