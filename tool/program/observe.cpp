/// The visit of all threads with accesses kept that nobody else can meet, and with
/// the waits that were passed before them. Which thread has ended is told by going
/// up the calls: in every function on the way the waits are known that were surely
/// passed (lifetimes.cpp).
///
/// Example: main starts T, joins it and calls show(), which reads `n`. The read in
/// show() is observed with nobody running, and with T ended at the join in main.
#include "program/observe.h"
#include "program/concurrency.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

constexpr size_t MaxObserved = 4096;

/// The event of an EndItem: a join, or the call in whose callee it is.
Span placeOf(const FunctionFacts &F, const Lifetimes &L, size_t Item) {
  Span First;
  auto Take = [&](const Span &At) {
    if (!First.valid() || At < First)
      First = At;
  };
  for (const auto &[Event, Bits] : L.At) {
    if (!(Bits.second >> Item & 1))
      continue;
    if (Event.first == uint32_t(EventKind::Join))
      Take(F.Joins[Event.second].At);
    else if (Event.first == uint32_t(EventKind::Call))
      Take(F.Calls[Event.second].At);
  }
  return First;
}

} // namespace

/// The state before the call at At in the function of V.
bool Concurrency::stateAtCall(uint32_t V, const Span &At, LifeState &S) const {
  FunctionId F = Known[Visits[V].Context].Function;
  const FunctionFacts &Facts = P.facts(F);
  const Lifetimes &Life = Lives[F];
  if (Life.AtBlock.empty())
    return false;
  for (size_t B = 0; B < Facts.Blocks.size(); ++B) {
    S = Life.AtBlock[B];
    for (const Event &E : Facts.Blocks[B].Events) {
      if (E.Kind == EventKind::Call && Facts.Calls[E.Index].At == At && S.Reached)
        return true;
      Life.step(S, E);
    }
  }
  return false;
}

std::vector<std::pair<uint32_t, Span>> Concurrency::endedBefore(uint32_t V, const LifeState &S) {
  std::vector<std::pair<uint32_t, Span>> Out;
  LifeState Now = S;
  bool Valid = true;
  for (unsigned Depth = 0; Depth < 64; ++Depth) {
    FunctionId F = Known[Visits[V].Context].Function;
    for (size_t I = 0; Valid && I < Lives[F].Ends.size(); ++I) {
      if (!(Now.Ended >> I & 1))
        continue;
      ThreadSet All;
      for (uint32_t T = 0; T < P.Threads.size(); ++T)
        All.push_back(T);
      ThreadSet Left = All;
      endThreads(Left, V, uint64_t(1) << I);
      for (uint32_t T : All)
        if (!contains(Left, T) &&
            llvm::none_of(Out, [&](const auto &Known) { return Known.first == T; }))
          Out.push_back({T, placeOf(P.facts(F), Lives[F], I)});
    }
    if (Visits[V].From == None)
      break;
    Span At = Visits[V].FromAt;
    V = Visits[V].From;
    Valid = stateAtCall(V, At, Now);
  }
  llvm::sort(Out);
  return Out;
}

void Concurrency::look(uint32_t V, const Access &A, size_t Block, size_t Event, const LifeState &S,
                       const std::shared_ptr<const Ordering> &Order) {
  uint32_t In = Visits[V].Context;
  Absolute Where = Known.absolute(In, A.What);
  if (!Wants(A.At, Where.From == Origin::Nobody ? Place() : Where.What))
    return;
  ObservedAccess O;
  size_t Before = P.SharedAccesses.size();
  record(V, A, Block, Event, S, Order);
  if (P.SharedAccesses.size() > Before) {
    O.Is = std::move(P.SharedAccesses.back());
    P.SharedAccesses.pop_back();
  } else { // nobody can meet it
    O.Is.What = Where.What;
    O.Is.Kind = A.Kind;
    O.Is.Thread = Visits[V].Thread;
    O.Is.In = Known[In].Function;
    O.Is.Held = locks(V, Block, Event);
    O.Is.Text = A.Text;
    O.Is.Member = A.Member;
    O.Is.Type = A.Type;
    O.Is.At = O.Is.Named = A.At;
    O.Is.Through = chainTo(V);
    O.Is.Certain = Visits[V].Certain;
    O.Is.Order = Order;
  }
  switch (Where.From) {
  case Origin::Nobody:
    O.From = ObservedAccess::Nameless;
    break;
  case Origin::Published:
    O.From = ObservedAccess::Global;
    break;
  case Origin::Own:
    O.From = ObservedAccess::Own;
    break;
  case Origin::Handed:
    O.From = ObservedAccess::Given;
    break;
  }
  const Moment &M = momentAt(V, S);
  O.Running.assign(M.Live.begin(), M.Live.end());
  O.Ended = endedBefore(V, S);
  Observed(std::move(O));
}

Observation Concurrency::observe(llvm::function_ref<bool(const Span &)> Wanted) {
  Observing = true;
  run();
  Observation Out;
  llvm::DenseSet<Place> Memory;
  auto VisitAll = [&](std::function<void(ObservedAccess)> Act) {
    Observed = std::move(Act);
    for (uint32_t V = 0; V < Visits.size(); ++V)
      process(V, /*Record=*/true);
  };
  Wants = [&](const Span &At, const Place &) {
    return Wanted(At) && Out.Here.size() < MaxObserved;
  };
  VisitAll([&](ObservedAccess O) {
    if (O.From != ObservedAccess::Nameless)
      Memory.insert(O.Is.What);
    Out.Here.push_back(std::move(O));
  });
  Wants = [&](const Span &, const Place &What) {
    return What.known() && Memory.contains(What) && Out.Same.size() < MaxObserved;
  };
  VisitAll([&](ObservedAccess O) { Out.Same.push_back(std::move(O)); });
  auto Before = [](const ObservedAccess &A, const ObservedAccess &B) {
    auto Key = [](const ObservedAccess &O) {
      return std::tie(O.Is.At, O.Is.What, O.Is.Kind, O.Is.Thread, O.Is.In, O.Is.Held);
    };
    return Key(A) < Key(B);
  };
  std::stable_sort(Out.Here.begin(), Out.Here.end(), Before);
  std::stable_sort(Out.Same.begin(), Out.Same.end(), Before);
  return Out;
}

Observation observeAccesses(Program &P, llvm::function_ref<bool(const Span &)> Wanted) {
  if (!P.Resolved)
    return {};
  P.Threads.clear();
  P.SharedAccesses.clear();
  return Concurrency(P, *P.Resolved).observe(Wanted);
}

} // namespace heddle
