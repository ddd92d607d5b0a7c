/// Steps that are not async-signal-safe: calls of the library that fork.yaml lists as such,
/// locks of the program, `new` and `delete`. The control-flow graph is walked from a point
/// on, into the functions of the program, and no further than a call that runs another
/// program or ends the process (signal-safety(7); POSIX, fork(): a child of a process with
/// threads may only do what is async-signal-safe until it calls exec).
///
/// Example: `if (fork() == 0) { log(); execv(p, a); perror(p); }` is walked on the branch
/// of the child: into `log`, and not to perror, which is only for an exec that fails.
#include "program/signalsafety.h"
#include "program/build.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

constexpr size_t MaxUnsafe = 16, MaxTargets = 3;
constexpr unsigned MaxWrappers = 3;
/// What fork gives in the parent, for tests that tell it from the child.
constexpr int64_t SomeProcess = INT32_MAX;

/// Whether control can take the edge when the call has given Value.
bool mayTake(const Block &B, size_t Edge, uint32_t Call, int64_t Value) {
  if (B.Decides && B.Decides->Call == Call && B.Next.size() == 2)
    return B.Decides->holds(Value) == (Edge == 0);
  if (B.Switched != Call || Call == None || Edge >= B.Cases.size())
    return true;
  if (B.Cases[Edge])
    return *B.Cases[Edge] == Value;
  return !llvm::is_contained(B.Cases, std::optional<int64_t>(Value));
}

auto rank(const UnsafeStep &S) { return std::make_pair(S.Rare, S.Through.size()); }

void add(SafetyWalk &Out, UnsafeStep S) {
  for (UnsafeStep &Old : Out.Unsafe)
    if (Old.What == S.What && Old.Own == S.Own) {
      if (rank(S) < rank(Old))
        Old = std::move(S);
      return;
    }
  if (Out.Unsafe.size() < MaxUnsafe)
    Out.Unsafe.push_back(std::move(S));
}

UnsafeStep stepOf(UnsafeCause Cause, Symbol What, std::string Why, const Span &At, FunctionId In) {
  UnsafeStep S;
  S.Cause = Cause;
  S.What = What;
  S.Why = std::move(Why);
  S.At = At;
  S.In = In;
  return S;
}

Symbol lockName(const Program &P, FunctionId F, const LockOp &L) {
  if (L.Member)
    return L.Member;
  Place Mutex = resolve(P, F, L.Mutex);
  return Mutex.Root == RootKind::Global ? Mutex.Name : Symbol();
}

} // namespace

/// False when nothing comes after it.
bool SignalSafety::call(FunctionId F, uint32_t Index, SafetyWalk &Out) {
  const Call &C = P.facts(F).Calls[Index];
  const auto &Targets = P.function(F).Targets[Index];
  if (Targets.empty()) {
    if (!C.System || !P.Apis || C.Name.empty())
      return true;
    const ApiModel Api = P.Apis->find(C.Name.str());
    Out.Execs |= Api.Execs;
    Out.Dies |= Api.EndsProcess || Api.Raises;
    if (Api.SignalUnsafe) {
      UnsafeStep S = stepOf(Api.SignalUnsafe->Cause, C.Name, Api.SignalUnsafe->Why, C.At, F);
      S.Lock = Symbol(S.Why);
      add(Out, std::move(S));
    }
    return !Api.Execs && !Api.EndsProcess &&
           !(Api.SignalUnsafe &&
             (Api.SignalUnsafe->Cause == UnsafeCause::Teardown ||
              Api.SignalUnsafe->Cause == UnsafeCause::Jump) &&
             Api.Exits);
  }
  // With many candidates nothing can be said of any of them; what is handed over may be
  // kept for later.
  if (Targets.size() > MaxTargets)
    return true;
  // Of several candidates one is called: what all of them do something like is done.
  bool All = llvm::all_of(Targets, [&](const CallTarget &T) {
    return Targets.size() == 1 || !of(T.Callee).Unsafe.empty();
  });
  bool Returns = false;
  for (const CallTarget &T : Targets) {
    if (!T.Certain && C.ViaArgument) {
      Returns = true;
      continue;
    }
    const SafetyWalk &Callee = of(T.Callee);
    Returns |= Callee.Returns;
    Out.Execs |= Callee.Execs;
    Out.Dies |= Callee.Dies;
    for (UnsafeStep S : Callee.Unsafe) {
      if (!All || S.Through.size() >= MaxHops || (S.Rare && Callee.Returns))
        continue;
      S.Rare = false;
      S.Through.insert(S.Through.begin(), {F, C.At});
      add(Out, std::move(S));
    }
  }
  return Returns;
}

/// False when nothing comes after it.
bool SignalSafety::step(FunctionId F, const Event &E, SafetyWalk &Out) {
  const FunctionFacts &Facts = P.facts(F);
  switch (E.Kind) {
  case EventKind::Call:
    return call(F, E.Index, Out);
  case EventKind::LockOp: {
    const LockOp &L = Facts.LockOps[E.Index];
    if (L.Kind == LockOpKind::Acquire && L.Sort == LockSort::Mutex) {
      UnsafeStep S =
          stepOf(UnsafeCause::Lock, L.Text, "takes the lock `" + L.Text.str().str() + "`", L.At, F);
      S.Own = true;
      S.Lock = lockName(P, F, L);
      S.OneObject = L.Member.empty();
      add(Out, std::move(S));
    }
    return true;
  }
  case EventKind::Allocation: {
    const Allocation &A = Facts.Allocations[E.Index];
    add(Out, stepOf(UnsafeCause::Heap, Symbol(A.Frees ? "delete" : "new"),
                    "takes the lock of the heap", A.At, F));
    return true;
  }
  default:
    return true;
  }
}

/// Blocks from which the function does not come back.
static llvm::BitVector leadsNowhere(const std::vector<Block> &Blocks) {
  llvm::BitVector Lost(Blocks.size(), true);
  for (bool Again = true; Again;) {
    Again = false;
    for (size_t B = 0; B < Blocks.size(); ++B)
      if (Lost.test(B) && (Blocks[B].Next.empty() ||
                           llvm::any_of(Blocks[B].Next, [&](uint32_t N) { return !Lost.test(N); })))
        Lost.reset(B), Again = true;
  }
  return Lost;
}

SafetyWalk SignalSafety::walk(FunctionId F, std::vector<uint32_t> From, const Asked *Child) {
  const std::vector<Block> &Blocks = P.facts(F).Blocks;
  SafetyWalk Out;
  bool First = true, Same = true;
  llvm::BitVector Seen(Blocks.size());
  for (uint32_t B : From)
    Seen.set(B);
  const llvm::BitVector Lost = leadsNowhere(Blocks);
  for (size_t Next = 0; Next < From.size(); ++Next) {
    const Block &B = Blocks[From[Next]];
    SafetyWalk Here;
    bool Ends = !llvm::all_of(B.Events, [&](const Event &E) { return step(F, E, Here); });
    Out.Execs |= Here.Execs;
    Out.Dies |= Here.Dies;
    for (UnsafeStep &S : Here.Unsafe) {
      S.Rare = Ends || Lost.test(From[Next]);
      add(Out, std::move(S));
    }
    if (Ends)
      continue;
    Out.Returns |= B.Next.empty();
    if (B.Returns != ReturnKind::None) {
      std::optional<int64_t> Value;
      if (B.Returns == ReturnKind::Constant)
        Value = B.Returned->To;
      else if (B.Returns == ReturnKind::Result && Child && B.Returned->Call == Child->Call)
        Value = Child->Child;
      Same &= First || Value == Out.Value;
      First = false;
      Out.Value = Value;
    }
    for (size_t E = 0; E < B.Next.size(); ++E)
      if (!Seen.test(B.Next[E]) && (!Child || mayTake(B, E, Child->Call, Child->Child))) {
        Seen.set(B.Next[E]);
        From.push_back(B.Next[E]);
      }
  }
  if (!Same)
    Out.Value.reset();
  llvm::stable_sort(Out.Unsafe,
                    [](const UnsafeStep &A, const UnsafeStep &B) { return rank(A) < rank(B); });
  return Out;
}

const SafetyWalk &SignalSafety::of(FunctionId F) {
  auto It = Known.find(F);
  if (It != Known.end())
    return It->second;
  static const SafetyWalk Nothing{{}, true, false, false, {}};
  if (P.facts(F).Blocks.empty() || !Active.insert(F).second)
    return Nothing;
  SafetyWalk W = walk(F, {0}, nullptr);
  Active.erase(F);
  return Known[F] = std::move(W);
}

std::vector<Symbol> SignalSafety::locksTaken(FunctionId F) const {
  std::vector<Symbol> Out;
  std::vector<FunctionId> Work{F};
  llvm::DenseSet<FunctionId> Seen{F};
  while (!Work.empty()) {
    FunctionId G = Work.back();
    Work.pop_back();
    for (const LockOp &L : P.facts(G).LockOps)
      if (Symbol Name = lockName(P, G, L))
        Out.push_back(Name);
    for (const Call &C : P.facts(G).Calls)
      if (C.System && P.Apis && !C.Name.empty())
        if (const SignalUnsafeModel *M = P.Apis->find(C.Name.str()).SignalUnsafe)
          Out.push_back(Symbol(M->Why));
    for (const auto &Targets : P.function(G).Targets)
      for (const CallTarget &T : Targets)
        if (Seen.insert(T.Callee).second)
          Work.push_back(T.Callee);
  }
  llvm::sort(Out);
  Out.erase(std::unique(Out.begin(), Out.end()), Out.end());
  return Out;
}

void SignalSafety::child(FunctionId F, Asked A, unsigned Depth, std::vector<ChildCode> &Out) {
  const FunctionFacts &Facts = P.facts(F);
  std::vector<uint32_t> From;
  for (const Block &B : Facts.Blocks)
    for (size_t E = 0; E < B.Next.size(); ++E)
      if (mayTake(B, E, A.Call, A.Child) && !mayTake(B, E, A.Call, SomeProcess) &&
          !llvm::is_contained(From, B.Next[E]))
        From.push_back(B.Next[E]);
  std::optional<int64_t> Returned;
  if (!From.empty()) {
    ChildCode Here{F, Facts.Calls[A.Call].At, walk(F, std::move(From), &A)};
    Returned = Here.What.Returns ? Here.What.Value : std::nullopt;
    Out.push_back(std::move(Here));
  } else if (llvm::any_of(Facts.Blocks, [&](const Block &B) {
               return B.Returns == ReturnKind::Result && B.Returned->Call == A.Call;
             }))
    Returned = A.Child;
  if (!Returned || Depth >= MaxWrappers)
    return;
  for (auto [Caller, Index] : P.function(F).Callers)
    if (Caller != F)
      child(Caller, {Index, *Returned}, Depth + 1, Out);
}

std::vector<ChildCode> SignalSafety::ofChild(FunctionId F, const Launch &L) {
  std::vector<ChildCode> Out;
  if (L.Call != None && L.Child != -1)
    child(F, {L.Call, L.Child}, 0, Out);
  return Out;
}

} // namespace heddle
