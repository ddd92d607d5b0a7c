/// What the visit of a thread keeps of an access: the memory in absolute terms, the locks
/// that are held then, and who else may be running and may have the object.
///
/// Example: `counter++` of a global, in a function that two threads run, is kept twice:
/// once for each, with the other among those that may run at once.
#include "program/concurrency.h"
#include "program/paths.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

/// What a call that waits for a lock is given is the lock: it looks after itself.
bool Concurrency::isLockItself(FunctionId F, const Access &A) const {
  const FunctionFacts &Facts = P.facts(F);
  return llvm::any_of(Facts.Blocking, [&](const BlockingCall &B) {
    return B.Category == BlockCategory::Lock && isInside(A.At, Facts.Calls[B.Call].At) &&
           !(A.At == Facts.Calls[B.Call].At);
  });
}

Chain Concurrency::chainTo(uint32_t V) const {
  Chain Out;
  for (unsigned Depth = 0; Visits[V].From != None && Depth < 64; ++Depth) {
    uint32_t From = Visits[V].From;
    Out.insert(Out.begin(), Hop{Known[Visits[From].Context].Function, Visits[V].FromAt});
    V = From;
  }
  // The ends say more than the middle.
  if (Out.size() > MaxHops)
    Out.erase(Out.begin() + MaxHops / 2, Out.end() - MaxHops / 2);
  return Out;
}

/// Up the calls, as long as the object comes from further up.
Span Concurrency::namedAt(uint32_t V, const Access &A, const Place &What) {
  if (resolve(P, Known[Visits[V].Context].Function, A.What).Root != RootKind::Parameter)
    return A.At;
  for (unsigned Depth = 0; Depth < 64; ++Depth) {
    if (Visits[V].From == None) {
      const Launch *Start = P.Threads[Visits[V].Thread].Start;
      return Start ? Start->At : A.At;
    }
    Span At = Visits[V].FromAt;
    V = Visits[V].From;
    const Context &C = Known[Visits[V].Context];
    bool Passed = llvm::any_of(C.Params, [&](const Place &Param) {
      return Param.Root == What.Root && Param.Name == What.Name && Param.known();
    });
    if (!Passed)
      return At;
  }
  return A.At;
}

/// The threads that may be running and may know the place.
ThreadSet Concurrency::sharing(uint32_t V, const Absolute &Where, const LifeState &S, bool Making) {
  // The object that is being made is known to its maker alone, unless it has
  // handed itself over already; that is what the sets below say. What is left
  // of a destroyed object is its destroyer's.
  const Moment &M = momentAt(V, S);
  ThreadSet Live;
  if (Where.From == Origin::Published && !Making)
    Live = M.Live;
  else if (Where.From == Origin::Own || Making)
    Live = withChildren(Visits[V].Thread,
                        started(V, isPerIteration(V, Where.What) ? S.Recent : S.Running));
  else if (const ThreadSet *Exact = threadsOf(M.LiveSince, Where.Exact))
    Live = *Exact;
  else if (const ThreadSet *Owned = threadsOf(M.LiveSince, Where.Owner))
    Live = *Owned;
  return concurrentOf(std::move(Live));
}

ThreadSet Concurrency::concurrentOf(ThreadSet Set) const {
  llvm::erase_if(Set, [&](uint32_t T) { return !States[T].Concurrent; });
  return Set;
}

void Concurrency::record(uint32_t V, const Access &A, size_t Block, size_t Event,
                         const LifeState &S, const std::shared_ptr<const Ordering> &Order) {
  uint32_t In = Visits[V].Context;
  FunctionId F = Known[In].Function;
  Absolute Where = Known.absolute(In, A.What);
  if (Where.From == Origin::Nobody)
    P.Unplaced.push_back(A.At);
  if (Where.From == Origin::Nobody || isLockItself(F, A))
    return;
  // A static local, which everybody can name, is its maker's alone until it is made.
  bool Making = P.facts(F).Constructor && A.What.Root == RootKind::This &&
                Known[In].This.Root == RootKind::Global &&
                !A.What.Path.str().drop_front(1).contains('*');
  ThreadSet Live = sharing(V, Where, S, Making);
  // What this iteration hands over is not known to those that earlier ones started.
  const std::vector<StartItem> &Starts = Lives[F].Starts;
  if (Where.What.Path.str().contains("[]"))
    for (size_t I = 0; I < Starts.size(); ++I)
      if ((S.Running & ~S.Recent) >> I & 1 && isOfIteration(V, A, Starts[I].Loop)) {
        ThreadSet Earlier = started(V, uint64_t(1) << I);
        ThreadSet Now = started(V, S.Recent);
        llvm::erase_if(Live, [&](uint32_t T) { return contains(Earlier, T) && !contains(Now, T); });
      }
  // Nor are those any more that this iteration has waited for.
  const std::vector<EndItem> &Ends = Lives[F].Ends;
  for (size_t I = 0; I < Ends.size() && S.Joined >> I; ++I)
    if (S.Joined >> I & 1 && Where.What.Path.str().contains("[]") &&
        isOfIteration(V, A, Ends[I].Loop)) {
      ThreadSet Over = started(V, Ends[I].Ends);
      llvm::erase_if(Live, [&](uint32_t T) { return contains(Over, T); });
    }
  const ThreadSet M = concurrentOf(momentAt(V, S).Live);
  if (Live.empty() && (M.empty() || choices(P, Where.What).empty()))
    return;
  ThreadAccess Out;
  Out.What = Where.What;
  Out.Kind = A.Kind;
  Out.Thread = Visits[V].Thread;
  Out.In = F;
  Out.Held = locks(V, Block, Event);
  if (const auto &Released = P.Functions[F].Released; !Released.empty())
    for (const Place &R : Released[Block][Event])
      if (Place Lock = Known.absolute(Visits[V].Context, R).What; Lock.known())
        Out.GivenUp.push_back(Lock);
  Out.Member = A.Member;
  Out.Text = A.Text;
  Out.Type = A.Type;
  Out.At = A.At;
  Out.Through = chainTo(V);
  Out.Named = namedAt(V, A, Where.What);
  // Which locks are held when control comes back by longjmp, nobody can tell.
  Out.Certain = Visits[V].Certain && !P.facts(F).ReturnsTwice;
  Out.Foreign = Where.From == Origin::Published ||
                (Where.From == Origin::Handed && States[Out.Thread].Foreign.contains(Where.Via));
  Out.Live.assign(Live.begin(), Live.end());
  Out.MayHold = mayHold(V, Block, Event);
  const ThreadSet Doubtful = doubtful(V, S);
  Out.Doubtful.assign(Doubtful.begin(), Doubtful.end());
  Out.Order = Order;
  Out.Element = elementOf(V, A, Where.What);
  if (A.Ends) {
    auto [It, New] = EveryWay.try_emplace(F);
    if (New)
      It->second = onEveryWay(P.facts(F));
    Out.EndsPerhaps = !It->second.test(Block);
  }
  for (HeldLock &H : Out.Held)
    H.OfElement = isOfElement(V, A, Where.What, H);
  // Either object is accessed, with the lock that is found by the same pointer.
  if (!Observed)
    for (const Choice &C : choices(P, Out.What)) {
      ThreadAccess Either = Out;
      Either.What = choose(C, Out.What);
      Either.Foreign |= Either.What.Root == RootKind::Global;
      for (HeldLock &H : Either.Held)
        H.Mutex = choose(C, H.Mutex);
      llvm::sort(Either.Held);
      if (Either.What.Root == RootKind::Global)
        Either.Live.assign(M.begin(), M.end());
      P.SharedAccesses.push_back(std::move(Either));
    }
  P.SharedAccesses.push_back(std::move(Out));
}

} // namespace heddle
