/// Overlap of places. A place and one that goes on from it with members or
/// elements are the same memory, as far as no pointer is followed in between.
/// Elements at positions that are not constant are told apart by where the
/// position comes from: a loop over all of them meets everybody, the position that
/// a thread was started with meets no other thread of the same start.
///
/// Example: `shared = Point{}` writes {shared} and meets {shared .x}. `done[id] =
/// true` in each thread meets the scan `for (i...) if (done[i])`, but not another
/// thread's.
#include "program/conflicts.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

/// More places of one object are compared for equality only.
constexpr size_t MaxPlacesPerObject = 300;

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

} // namespace

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
