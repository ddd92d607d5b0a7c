/// Which arrays and objects can be private to an iteration: those of which every
/// read sees a value written earlier in the same iteration, or one from before
/// the loop that no iteration overwrites; and whose last values nobody needs, or
/// every iteration writes alike.
///
/// Example: with `double t[5]` declared before it, the loop
/// `for (i...) { for (m < 5) t[m] = f(i, m); for (m < 5) a[i][m] = t[m]; }` is
/// parallel once each thread has a t of its own.
#include "program/judge.h"

namespace heddle {

namespace {

/// Bytes that a copy on every thread's stack may have.
constexpr uint64_t MaxPrivate = 64 * 1024;

bool isWrite(const Item &I) { return I.A.Kind == AccessKind::Write; }
/// An update reads what it combines with.
bool isRead(const Item &I) { return !isWrite(I) || !I.A.Reduction.empty(); }

/// The variable of an object, the base itself for what a pointer reaches.
Place rootOf(const Place &Base) {
  return isObject(Base) && Base.Root != RootKind::This ? Place{Base.Root, Base.Name, Base.Index, {}}
                                                       : Base;
}

bool isElementOf(llvm::StringRef Whole, llvm::StringRef Part) {
  return Part.starts_with(Whole) &&
         (Part.size() == Whole.size() || Part[Whole.size()] == '.' || Part[Whole.size()] == '[');
}

} // namespace

Coverage Judge::covered(const Item &R, llvm::ArrayRef<const Item *> Writes, bool AnyIteration,
                        bool OrUntouched) const {
  llvm::SmallVector<CoveringWrite, 8> Covering;
  llvm::SmallVector<AccessInstance, 8> All;
  for (const Item *W : Writes) {
    // A write to the object as a whole covers its members.
    bool Same = W->A.Base == R.A.Base ? isElementOf(W->A.Field.str(), R.A.Field.str())
                                      : W->A.Subscripts.empty() && W->A.Field.empty() &&
                                            R.A.Subscripts.empty() && R.A.Field.empty() &&
                                            isElementOf(W->A.Base.Path.str(), R.A.Base.Path.str());
    if (W->A.Base == R.A.Base ? !isElementOf(R.A.Field.str(), W->A.Field.str()) && !Same : !Same)
      continue; // another member
    All.push_back({&W->A, W->Inner});
    if (W->A.Part)
      continue;
    bool Always = std::includes(R.Arms.begin(), R.Arms.end(), W->Arms.begin(), W->Arms.end());
    if (Same && (AnyIteration ? W->Arms.empty() : Always))
      Covering.push_back({{&W->A, W->Inner}, W->Order < R.Order || AnyIteration});
  }
  auto Varies = [this](Symbol S) { return varies(S); };
  llvm::SmallVector<const Loop *, 4> Outer = outer();
  const heddle::Variable *V = P.Variables.lookup(R.A.Base.Name);
  CoverageQuery Query;
  Query.Tested = L == None ? nullptr : &T;
  Query.Outer = Outer;
  Query.Read = {&R.A, R.Inner};
  Query.Writes = Covering;
  if (OrUntouched)
    Query.AllWrites = All;
  Query.Varies = Varies;
  if (V && R.A.Base.Path.empty() && isObject(R.A.Base) && R.A.Field.empty())
    Query.Extent = V->Extent;
  Query.AnyIteration = AnyIteration;
  // Nothing that is written is part of what is read.
  if (OrUntouched && All.empty())
    return Coverage::OrUntouched;
  return findCoverage(Query);
}

bool Judge::readsAreCovered(llvm::ArrayRef<const Item *> Reads, llvm::ArrayRef<const Item *> Writes,
                            bool &First) {
  for (const Item *R : Reads) {
    Coverage C = covered(*R, Writes, false, true);
    if (C == Coverage::No)
      return false;
    First |= C == Coverage::OrUntouched;
  }
  return true;
}

bool Judge::readElsewhere(Symbol Global) const {
  const heddle::Variable *V = P.Variables.lookup(Global);
  if (!V || V->Link != Linkage::Internal)
    return true;
  for (FunctionId G = 0; G < P.Functions.size(); ++G) {
    if (G == F || Regions.count(G))
      continue;
    for (const Access &A : P.facts(G).Accesses)
      if (A.What.Root == RootKind::Global && A.What.Name == Global)
        return true;
    for (const Call &C : P.facts(G).Calls)
      if (llvm::any_of(C.Args, [&](const Place &A) {
            return A.Root == RootKind::Global && A.Name == Global;
          }))
        return true;
  }
  return false;
}

/// The next call of the function may see what the loop left in a global.
bool Judge::readAround(Symbol Global) const {
  auto Begins = [](const Span &S) { return std::make_pair(S.Line, S.Column); };
  auto Ends = [](const Span &S) { return std::make_pair(S.EndLine, S.EndColumn); };
  return llvm::any_of(Facts.Accesses, [&](const Access &A) {
    bool Inside = A.At.File == T.Body.File && Begins(T.At) <= Begins(A.At) &&
                  Begins(A.At) < std::max(Ends(T.Body), Ends(T.At));
    return A.Kind == AccessKind::Read && A.What.Root == RootKind::Global && A.What.Name == Global &&
           !Inside;
  });
}

/// Whether the values that the loop leaves in Base are read.
Judge::Life Judge::liveAfter(const Place &Base) {
  Life Answer = Life::Dead;
  if (!Everything) {
    Everything = std::make_unique<Judge>(P, F, None, Q);
    Everything->accesses();
    Everything->calls();
    Everything->settle();
  }
  uint32_t First = ~0u, Last = 0;
  for (const Item &I : Items)
    First = std::min(First, I.Order.front()), Last = std::max(Last, I.Order.front());
  llvm::SmallVector<const Loop *, 4> Around = outer(true);
  for (const Item &R : Everything->Items) {
    if (!(rootOf(R.A.Base) == Base) || !isRead(R) || llvm::is_contained(R.Inner, &T))
      continue;
    size_t Common = 0;
    while (Common < Around.size() && Common < R.Inner.size() && Around[Common] == R.Inner[Common])
      ++Common;
    bool Later = R.Order.front() > Last;
    // Nothing but another call of the function sees a local after its end.
    if (!Later && !Common && Base.Root == RootKind::Local)
      continue;
    uint32_t Body = Common ? static_cast<uint32_t>(Around[Common - 1] - Facts.Loops.data()) : None;
    // A variable of the iteration around does not outlive it.
    if (!Later && Body != None && llvm::is_contained(Facts.Loops[Body].Locals, Base.Name))
      continue;
    Judge Scope(P, F, Body, Q);
    Item Read = R;
    Read.Inner.erase(Read.Inner.begin(), Read.Inner.begin() + Common);
    std::vector<Item> Between;
    for (const Item &W : Everything->Items) {
      if (!(rootOf(W.A.Base) == Base) || !isWrite(W) || !W.A.Reduction.empty() ||
          llvm::is_contained(W.Inner, &T) || (Later && W.Order.front() < Last) ||
          W.Inner.size() < Common ||
          !std::equal(Around.begin(), Around.begin() + Common, W.Inner.begin()))
        continue;
      Between.push_back(W);
      Between.back().Inner.erase(Between.back().Inner.begin(),
                                 Between.back().Inner.begin() + Common);
    }
    llvm::SmallVector<const Item *, 8> Writes;
    for (const Item &W : Between)
      Writes.push_back(&W);
    Scope.Written = Everything->Written;
    Scope.WrittenBases = Everything->WrittenBases;
    // Where bounds are not known, the first and last elements may be left over.
    Coverage C = Scope.covered(Read, Writes, false, !Writes.empty());
    if (C == Coverage::No)
      return Life::Live;
    if (C == Coverage::OrUntouched)
      Answer = Life::Perhaps;
  }
  return Answer;
}

Judge::Copies Judge::privateCopies(const Place &Base, bool Named) {
  Copies Out;
  llvm::SmallVector<const Item *, 16> Reads, Writes;
  bool Array = false, Looks = false, Changes = false;
  for (const Item &I : Items) {
    if (!(rootOf(I.A.Base) == Base))
      continue;
    if (I.Anywhere)
      return Out;
    if (I.A.Structure) {
      Looks = true;
      continue;
    }
    Changes |= isWrite(I) && I.A.Subscripts.empty();
    Array |= !I.A.Subscripts.empty();
    Out.First |= !I.A.Container.empty();
    if (isRead(I))
      Reads.push_back(&I);
    if (isWrite(I) && I.A.Reduction.empty())
      Writes.push_back(&I);
  }
  // What is only written is a result, not scratch space.
  bool Result = Reads.empty();
  if (Looks && Changes) // how many elements there are is carried along
    return Out;
  if (Writes.empty() || (!Named && Result))
    return Out;
  // So is a member of an object that is only written, whatever else of it is read.
  auto Meet = [](const Item *R, const Item *W) {
    auto Path = [](const Item *I) { return (I->A.Base.Path.str() + I->A.Field.str()).str(); };
    return isElementOf(Path(R), Path(W)) || isElementOf(Path(W), Path(R));
  };
  if (!Named && llvm::none_of(Reads, [&](const Item *R) {
        return llvm::any_of(Writes, [&](const Item *W) { return Meet(R, W); });
      }))
    return Out;
  // A pointer from outside would go on pointing to the original.
  for (const Binding &B : Facts.Bindings)
    if (B.Target.Root == Base.Root && B.Target.Name == Base.Name && Named &&
        !(B.Pointer.Root == RootKind::Local && local(B.Pointer.Name)))
      return Out;
  if (!readsAreCovered(Reads, Writes, Out.First))
    return Out;
  Out.Possible = true;
  Life After = Named ? liveAfter(Base) : Life::Dead;
  if (After == Life::Dead && Base.Root == RootKind::Global && readElsewhere(Base.Name))
    After = Life::Perhaps;
  if (After == Life::Dead && !Result)
    return Out;
  bool Alike = llvm::all_of(
      Writes, [&](const Item *W) { return covered(*W, Writes, true) == Coverage::Yes; });
  if (Alike) {
    Out.Last = true;
    Out.First |= Array;
  } else if (After == Life::Perhaps && !Result)
    Out.MustBeDead = true;
  else
    Out.Possible = false;
  return Out;
}

/// Takes the object that A touches to be private, where that is possible.
bool Judge::privatise(const Item &A) {
  if (A.Anywhere || !A.A.Base.known())
    return false;
  Place Base = rootOf(A.A.Base);
  if (auto It = Private.find(Base); It != Private.end())
    return It->second;
  bool &Answer = Private[Base];
  const heddle::Variable *V = P.Variables.lookup(Base.Name);
  bool Named =
      Base.Path.empty() && V && (Base.Root == RootKind::Local || Base.Root == RootKind::Global);
  Copies C = privateCopies(Base, Named);
  if (!C.Possible)
    return false;
  Answer = true;
  for (const Item &I : Items)
    if (auto Rows = RowAssumptions.find(I.A.Base);
        Rows != RowAssumptions.end() && rootOf(I.A.Base) == Base)
      for (const std::string &Each : Rows->second)
        assume(Each);
  if (V && V->ThreadLocal)
    return true;
  bool ByItself =
      llvm::any_of(Items, [&](const Item &I) { return I.ByItself && rootOf(I.A.Base) == Base; });
  if (!Named || ByItself) {
    Symbol Name = Named ? V->Name : A.A.BaseText.empty() ? A.A.Text : A.A.BaseText;
    J.Scratch.push_back(Name);
    require(quote(Name) + " is scratch space, of which every thread has its own");
    return true;
  }
  if (V->Size > MaxPrivate)
    J.Expressible = false;
  if (C.MustBeDead)
    assume("nothing uses what the loop leaves in " + quote(V->Name));
  if (C.First)
    J.FirstPrivate.push_back(V->Name);
  if (C.Last)
    J.LastPrivate.push_back(V->Name);
  if (!C.First && !C.Last)
    J.Private.push_back(V->Name);
  return true;
}

} // namespace heddle
