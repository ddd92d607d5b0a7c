/// Where the position of an accessed element comes from, for accesses whose place
/// says "[]". The subscripts are those that the analysis of loops has found
/// (facts/loop.h): linear in loop indices and in other integers.
///
/// Example: in `void *work(void *arg) { int id = (int)arg; done[id] = 1; }` the
/// position is a local of a thread that is started in a loop: its own. In
/// `for (int i = 0; i < n; i++) if (done[i])` it ranges over the array.
#include "program/concurrency.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

bool isVariable(const Place &P) { return P.Path.str().contains("[]"); }

const Loop *loopWith(const FunctionFacts &F, Symbol Index) {
  for (const Loop &L : F.Loops)
    if (L.Index == Index && !Index.empty())
      return &L;
  return nullptr;
}

} // namespace

/// The access with its subscripts; null when they are not known.
const LoopAccess *Concurrency::subscripted(FunctionId F, const Span &At) {
  auto [It, New] = Subscripts.try_emplace(F);
  if (New) {
    const FunctionFacts &Facts = P.facts(F);
    auto Add = [&](const LoopAccess &A) {
      if (!A.Subscripts.empty())
        It->second.try_emplace(A.At, &A);
    };
    llvm::for_each(Facts.Straight, Add);
    for (const Loop &L : Facts.Loops)
      llvm::for_each(L.Accesses, Add);
  }
  auto Found = It->second.find(At);
  return Found == It->second.end() ? nullptr : Found->second;
}

/// What the call at At gets as this argument (None: as its object).
const LoopAccess *Concurrency::argumentAt(FunctionId F, const Span &At, uint32_t Argument) const {
  const FunctionFacts &Facts = P.facts(F);
  auto Find = [&](const std::vector<LoopArgument> &All) -> const LoopAccess * {
    for (const LoopArgument &A : All)
      if (A.Argument == Argument && A.Call < Facts.Calls.size() && Facts.Calls[A.Call].At == At &&
          !A.What.Subscripts.empty())
        return &A.What;
    return nullptr;
  };
  if (const LoopAccess *A = Find(Facts.Arguments))
    return A;
  for (const Loop &L : Facts.Loops)
    if (const LoopAccess *A = Find(L.Arguments))
      return A;
  return nullptr;
}

IndexOrigin Concurrency::originOf(uint32_t V, const Affine &Position, ElementIndex &Out,
                                  unsigned Depth) const {
  const FunctionFacts &Facts = P.facts(Known[Visits[V].Context].Function);
  const Thread &T = P.Threads[Visits[V].Thread];
  if (!Position.Known || !Position.Through.empty() || Depth > 4)
    return IndexOrigin::Unknown;
  IndexOrigin From = IndexOrigin::Constant;
  for (const Term &Each : Position.Terms) {
    IndexOrigin Here = IndexOrigin::Unknown;
    if (const Loop *L = loopWith(Facts, Each.Variable)) {
      ElementIndex Ignored;
      // A part that begins where the thread is told to is its own.
      IndexOrigin Begin = originOf(V, L->Lower, Ignored, Depth + 1);
      Here = Begin == IndexOrigin::Constant ? IndexOrigin::Range : Begin;
      bool Plain = Position.Terms.size() == 1 && Each.Coefficient == 1;
      if (Plain && L->Step > 0 && L->Lower.Known && L->Lower.Terms.empty())
        Out.First = L->Lower.Constant + Position.Constant;
      if (Plain && L->Step > 0 && L->Upper.Known && L->Upper.Terms.empty())
        Out.Last = L->Upper.Constant - 1 + Position.Constant;
    } else if (!P.Variables.count(Each.Variable) || !P.Variables.lookup(Each.Variable)->Static) {
      // A local or parameter, of a thread that is told which is its own.
      if (T.Start)
        Here = IndexOrigin::Own;
      Out.Repeats |= llvm::is_contained(Facts.Quotients, Each.Variable);
    }
    if (Here == IndexOrigin::Own || From == IndexOrigin::Own)
      From = IndexOrigin::Own;
    else
      From = std::max(From, Here);
  }
  return From;
}

/// Of several dimensions, one that is the thread's own is enough.
ElementIndex Concurrency::indexOf(uint32_t V, const LoopAccess &A) const {
  ElementIndex Out;
  IndexOrigin From = IndexOrigin::Constant;
  for (const Affine &Position : A.Subscripts) {
    IndexOrigin Here = originOf(V, Position, Out, 0);
    if (Here == IndexOrigin::Own || From == IndexOrigin::Own)
      From = IndexOrigin::Own;
    else
      From = std::max(From, Here);
  }
  if (A.Subscripts.size() > 1)
    Out.First = Out.Last = std::nullopt;
  Out.From = From == IndexOrigin::Constant ? IndexOrigin::Unknown : From;
  const Launch *Start = P.Threads[Visits[V].Thread].Start;
  Out.Repeats = From == IndexOrigin::Own && (Out.Repeats || (Start && Start->Repeats));
  return Out;
}

ElementIndex Concurrency::elementOf(uint32_t V, const Access &A, const Place &What) {
  ElementIndex Out;
  if (!isVariable(What))
    return Out;
  Out.From = IndexOrigin::Unknown;
  FunctionId F = Known[Visits[V].Context].Function;
  if (isVariable(A.What)) {
    if (const LoopAccess *L = subscripted(F, A.At))
      return indexOf(V, *L);
    return Out;
  }
  // The element was handed over: up the calls to where it is named.
  Place Root = resolve(P, F, A.What);
  for (unsigned Depth = 0; Depth < 16; ++Depth) {
    uint32_t Argument = Root.Root == RootKind::Parameter ? Root.Index : None;
    if (Root.Root != RootKind::Parameter && Root.Root != RootKind::This)
      return Out;
    uint32_t From = Visits[V].From;
    if (From == None) {
      const Launch *Start = P.Threads[Visits[V].Thread].Start;
      if (Start && Start->Loop != None) {
        Out.From = IndexOrigin::Own;
        Out.Repeats = Start->Repeats;
        startedWith(P.Threads[Visits[V].Thread], Out);
      }
      return Out;
    }
    FunctionId Caller = Known[Visits[From].Context].Function;
    if (const LoopAccess *L = argumentAt(Caller, Visits[V].FromAt, Argument))
      return indexOf(From, *L);
    const FunctionFacts &Facts = P.facts(Caller);
    auto Call =
        llvm::find_if(Facts.Calls, [&](const heddle::Call &C) { return C.At == Visits[V].FromAt; });
    if (Call == Facts.Calls.end() || (Argument != None && Argument >= Call->Args.size()))
      return Out;
    Root = resolve(P, Caller, Argument == None ? Call->Object : Call->Args[Argument]);
    V = From;
  }
  return Out;
}

/// The range of the elements that the starts of T hand over.
void Concurrency::startedWith(const Thread &T, ElementIndex &Out) const {
  const FunctionFacts &Facts = P.facts(T.Starter);
  constexpr uint32_t MaxArguments = 8;
  for (uint32_t I = 0; I < MaxArguments; ++I) {
    const LoopAccess *A = argumentAt(T.Starter, T.Start->At, I);
    if (!A || A->Subscripts.size() != 1)
      continue;
    const Affine &Position = A->Subscripts.front();
    if (!Position.Known || Position.Terms.size() != 1 || Position.Terms[0].Coefficient != 1)
      continue;
    const Loop *L = loopWith(Facts, Position.Terms[0].Variable);
    if (!L || L->Step <= 0)
      continue;
    if (L->Lower.Known && L->Lower.Terms.empty())
      Out.First = L->Lower.Constant + Position.Constant;
    if (L->Upper.Known && L->Upper.Terms.empty())
      Out.Last = L->Upper.Constant - 1 + Position.Constant;
    return;
  }
}

/// Threads of earlier iterations were given other elements than this one's.
bool Concurrency::isOfIteration(uint32_t V, const Access &A, uint32_t StartLoop) {
  FunctionId F = Known[Visits[V].Context].Function;
  const FunctionFacts &Facts = P.facts(F);
  const LoopAccess *L = subscripted(F, A.At);
  if (!L || StartLoop >= Facts.Loops.size() || Facts.Loops[StartLoop].Index.empty())
    return false;
  return llvm::any_of(L->Subscripts, [&](const Affine &Position) {
    return Position.Known && llvm::any_of(Position.Terms, [&](const Term &T) {
             return T.Variable == Facts.Loops[StartLoop].Index;
           });
  });
}

/// The lock, at a variable position, is that of the accessed element.
bool Concurrency::isOfElement(uint32_t V, const Access &A, const Place &What,
                              const HeldLock &Lock) {
  if (!isVariable(Lock.Mutex))
    return true;
  // What pointers lead to may belong to the element.
  if (!isVariable(What))
    return What.Root == RootKind::Heap || What.Path.str().contains('*');
  FunctionId F = Known[Visits[V].Context].Function;
  const FunctionFacts &Facts = P.facts(F);
  auto Op = llvm::find_if(Facts.LockOps, [&](const LockOp &O) {
    return O.At == Lock.At && O.Kind != LockOpKind::Release;
  });
  if (Op == Facts.LockOps.end())
    return true; // the callers know
  if (!isVariable(Op->Mutex) && !isVariable(A.What)) {
    // Both through one pointer, which leads to one element.
    llvm::StringRef X = Op->Mutex.Path.str(), Y = A.What.Path.str();
    return rootOf(Op->Mutex) == rootOf(A.What) && !X.contains('[') && !Y.contains('[');
  }
  const LoopAccess *Element = subscripted(F, A.At), *Of = argumentAt(F, Lock.At, 0);
  if (!Element || !Of || Element->Subscripts.size() != Of->Subscripts.size())
    return !Element || !Of;
  auto Same = [](const Affine &P, const Affine &Q) {
    auto SameTerm = [](const Term &S, const Term &T) {
      return S.Variable == T.Variable && S.Coefficient == T.Coefficient;
    };
    return P.Known && Q.Known && P.Constant == Q.Constant && P.Through == Q.Through &&
           P.Plus == Q.Plus && P.Terms.size() == Q.Terms.size() &&
           std::equal(P.Terms.begin(), P.Terms.end(), Q.Terms.begin(), SameTerm);
  };
  for (size_t I = 0; I < Element->Subscripts.size(); ++I)
    if (!Same(Element->Subscripts[I], Of->Subscripts[I]))
      return false;
  return true;
}

} // namespace heddle
