/// Effects of the calls in a loop, as accesses of the loop. A callee's effect on
/// the object that argument k points to becomes an access to the element that
/// the loop passes there.
///
/// Example: `void set(P *p) { p->x = 1; }` makes `set(&a[i])` a write of a[i].x.
#include "program/build.h"
#include "program/judge.h"

#include "llvm/ADT/DenseSet.h"

namespace heddle {

namespace {

/// Functions that are looked at for effects of one call.
constexpr size_t MaxReached = 500;
/// Trip count of inner loops whose bound is not a constant.
constexpr double AssumedTrip = 16;

} // namespace

void Judge::calls() {
  J.Work = T.Cost;
  if (L == None) {
    for (uint32_t C = 0; C < Facts.Calls.size(); ++C)
      if (Facts.Calls[C].Order)
        call(C, chain(Facts.Calls[C].Loop));
    return;
  }
  for (uint32_t K = L; K < Facts.Loops.size(); ++K) {
    if (!inside(K))
      continue;
    llvm::SmallVector<const Loop *, 4> Inner = chain(K);
    double Times = 1;
    for (const Loop *I : Inner)
      Times *= I->Trip ? static_cast<double>(*I->Trip) : AssumedTrip;
    for (uint32_t C : Facts.Loops[K].Calls) {
      call(C, Inner);
      double Cost = 0;
      for (const CallTarget &To : P.function(F).Targets[C])
        Cost = std::max(Cost, P.function(To.Callee).Effects.Cost);
      J.Work += Times * Cost;
    }
  }
}

/// A call whose body is not here: what the models say.
void Judge::unresolved(const Call &C) {
  if (C.Callee.empty() && C.Name.empty())
    return unknown("a call through a pointer, whose target is not known", C.At);
  ApiModel M = P.Apis ? P.Apis->find(C.Name.str()) : ApiModel();
  if (M.CallsBack || C.Name.str().ends_with("operator()"))
    return unknown("what " + quote(C.Name) + " calls is not known", C.At);
  if (M.Pure)
    return;
  if (M.Blocks) {
    if (Q.IgnoreIo)
      return;
    Acts = true;
    return carried(quote(C.Name) + " does I/O or waits, and its order would change", C.At, C.At);
  }
  if (M.Hazard && M.Hazard->Kind != HazardKind::Conditional &&
      M.Hazard->Kind != HazardKind::UnsafeOnSameObject)
    return carried(quote(C.Name) + " uses state that all its calls share", C.At, C.At);
  // sideEffects asks whether it is over when the iteration is.
  if (Q.IgnoreIo && (M.Launches || M.Joins))
    return;
  if (M.Locks || M.Launches || M.Joins)
    return unknown(quote(C.Name) + " synchronises with other threads", C.At);
  if (M.Returns || M.Container)
    return;
  // A system call acts on the descriptors and buffers it is given.
  if (Q.IgnoreIo && C.System && M.AsyncSignalSafe)
    return;
  if (C.Virtual)
    return unknown("the target of the virtual call of " + quote(C.Name) + " is not known", C.At);
  unknown("what " + (C.Name.empty() ? std::string("this call") : quote(C.Name)) +
              " does is not known: its body is not here",
          C.At);
}

/// Effects of library functions that Callee reaches.
void Judge::hidden(FunctionId Callee, const Call &Here) {
  llvm::SmallVector<FunctionId, 16> Work{Callee};
  llvm::DenseSet<FunctionId> Seen{Callee};
  auto Says = [&](Symbol Name) {
    return quote(Here.Name) + (Callee == Work.back() ? " calls " : " reaches a call of ") +
           quote(Name);
  };
  while (!Work.empty()) {
    FunctionId G = Work.back();
    const FunctionFacts &Body = P.facts(G);
    if (!Body.LockOps.empty())
      return unknown(quote(Here.Name) + " takes or gives back a lock", Here.At);
    if (!Body.Joins.empty())
      return unknown(quote(Here.Name) + " waits for a thread", Here.At);
    llvm::SmallVector<FunctionId, 8> Next;
    llvm::BitVector Last = callsOnTheWayOut(Body);
    for (uint32_t C = 0; C < Body.Calls.size(); ++C) {
      if (Last.test(C))
        continue;
      const Call &Each = Body.Calls[C];
      for (const CallTarget &To : P.function(G).Targets[C])
        if (Seen.insert(To.Callee).second && P.function(To.Callee).Effects.HiddenEffects)
          Next.push_back(To.Callee);
      if (!P.function(G).Targets[C].empty() || !P.Apis)
        continue;
      ApiModel M = P.Apis->find(Each.Name.str());
      if (M.Hazard && M.Hazard->Kind != HazardKind::Conditional &&
          M.Hazard->Kind != HazardKind::UnsafeOnSameObject)
        return carried(Says(Each.Name) + ", which uses state that all its calls share", Here.At,
                       Here.At);
      // Methods of the standard library change their object and arguments, which
      // are accesses; I/O is known apart.
      llvm::StringRef Name = Each.Name.str();
      bool Standard = Name.starts_with("std::") || Name.starts_with("__");
      bool Modelled = M.Pure || M.Container || M.Returns || M.Blocks;
      if (!Each.System || ((Modelled || Standard) && !Name.ends_with("operator()")))
        continue;
      return unknown(Says(Each.Name) + ", whose effects are not known", Here.At);
    }
    Work.pop_back();
    Work.append(Next.begin(), Next.end());
    if (Seen.size() > MaxReached)
      return unknown("the effects of " + quote(Here.Name) + " are too many to follow", Here.At);
  }
}

bool walkPath(LoopAccess &A, llvm::StringRef Path) {
  if (Path.contains('*'))
    return false;
  while (!Path.empty()) {
    if (Path.consume_front("[")) {
      auto [Number, Rest] = Path.split(']');
      Path = Rest;
      int64_t N = 0;
      bool Constant = !Number.empty() && !Number.getAsInteger(10, N);
      if (A.Field.empty() && !A.Subscripts.empty()) {
        Affine &Last = A.Subscripts.back();
        if (!Constant || !Last.Known || !Last.Through.empty() ||
            __builtin_add_overflow(Last.Constant, N, &Last.Constant))
          Last = {};
      } else {
        Affine I;
        I.Known = Constant;
        I.Constant = N;
        A.Subscripts.push_back(I);
        if (!A.Field.empty())
          A.Field = Symbol((A.Field.str() + "[]").str());
      }
      continue;
    }
    size_t End = Path.find_first_of(".[", 1);
    llvm::StringRef Step = Path.take_front(End);
    Path = Path.drop_front(Step.size());
    if (A.Subscripts.empty())
      A.Base = extend(A.Base, Step);
    else
      A.Field = Symbol((A.Field.str() + Step).str());
  }
  return true;
}

void Judge::effect(uint32_t C, const EffectAccess &E, llvm::ArrayRef<const Loop *> Inner) {
  const Call &Here = Facts.Calls[C];
  bool Write = E.Kind == AccessKind::Write || E.Kind == AccessKind::AtomicWrite;
  if (E.What.Root == RootKind::Heap)
    return;
  if (!E.Held.empty())
    return unknown(quote(Here.Name) + " takes " + quote(E.Held.front().Text) +
                       ", and the order may matter",
                   Here.At);
  if (E.Kind == AccessKind::AtomicWrite)
    return unknown(quote(Here.Name) + " changes the atomic " + quote(E.Text), Here.At);
  Item I;
  I.A.Kind = Write ? AccessKind::Write : AccessKind::Read;
  I.A.Text = E.Text; // BaseText stays empty: the callee's words mean nothing here
  I.A.Type = E.Type;
  I.A.At = Here.At;
  I.Callee = Here.Name;
  I.Inner.assign(Inner.begin(), Inner.end());
  I.Order = {Here.Order};
  I.Arms = armsOf(F, Here.Arm);
  I.Arms.push_back(armNumber(0, C)); // whether it is made, and of all it names, is not known
  llvm::sort(I.Arms);
  I.ByItself = E.What.Root == RootKind::Global || E.What.Root == RootKind::Local;
  if (!E.What.known()) {
    if (!Write)
      return;
    I.Anywhere = true;
    Items.push_back(std::move(I));
    return;
  }
  llvm::StringRef Path = E.What.Path.str();
  if (E.What.Root == RootKind::Parameter || E.What.Root == RootKind::This) {
    if (!Path.consume_front("*"))
      return;
    uint32_t Argument = E.What.Root == RootKind::This ? None : E.What.Index;
    const auto &All = Here.Loop == None ? Facts.Arguments : Facts.Loops[Here.Loop].Arguments;
    for (const LoopArgument &Given : All) {
      if (Given.Call != C || Given.Argument != Argument || !Given.What.Base.known())
        continue;
      LoopAccess Known = Given.What;
      if (!walkPath(Known, Path))
        break;
      Known.Kind = I.A.Kind;
      Known.Type = E.Type;
      Known.At = Here.At;
      I.A = std::move(Known);
      Items.push_back(std::move(I));
      return;
    }
  }
  Place Where = translate(P, F, C, E.What);
  if (!Where.known()) {
    if (!Write)
      return;
    I.Anywhere = true;
    Items.push_back(std::move(I));
    return;
  }
  llvm::StringRef Full = Where.Path.str();
  size_t Open = Full.find('[');
  I.A.Base = Where;
  I.A.Base.Path = Symbol(Full.take_front(Open));
  if (Open != llvm::StringRef::npos && !walkPath(I.A, Full.drop_front(Open)))
    I.A.Subscripts.assign(1, {});
  Items.push_back(std::move(I));
}

void Judge::call(uint32_t C, llvm::ArrayRef<const Loop *> Inner) {
  const Call &Here = Facts.Calls[C];
  const auto &Targets = P.function(F).Targets[C];
  if (Ending.empty())
    Ending = callsOnTheWayOut(Facts);
  auto Exits = [&] { assume(quote(Here.Name) + " does not end the program"); };
  if (P.Apis && P.Apis->find(Here.Name.str()).Exits)
    Exits();
  if (Ending.test(C)) // on the way to abort(), whatever the order
    return;
  if (Targets.empty())
    return unresolved(Here);
  for (const CallTarget &To : Targets) {
    const Summary &S = P.function(To.Callee).Effects;
    Acts |= S.DoesIo;
    if (S.DoesIo && !Q.IgnoreIo)
      carried(quote(Here.Name) + " does I/O, and its order would change", Here.At, Here.At);
    if (S.MayExit)
      Exits();
    if (S.MayThrow && !(Here.Caught && inside(Here.TryLoop)))
      carried("an exception of " + quote(Here.Name) +
                  " may leave the loop here, so an iteration depends on those before it",
              Here.At, Here.At);
    if (!S.Complete)
      unknown("the effects of " + quote(Here.Name) + " are not all known" +
                  (S.WhyIncomplete.empty() ? std::string() : ": " + S.WhyIncomplete.str().str()),
              Here.At);
    if (S.MayLaunch)
      unknown(quote(Here.Name) + " starts a thread", Here.At);
    if (S.WritesUnknown)
      unknown(quote(Here.Name) + " writes through a pointer that is not known", Here.At);
    if (S.HiddenEffects)
      hidden(To.Callee, Here);
    // The destructor of a variable of the iteration: what belongs to that goes with it.
    if (!Here.Order && Here.Name.str().contains("::~")) {
      for (const EffectAccess &E : S.Accesses)
        if (E.What.Root == RootKind::Global || !E.What.known())
          effect(C, E, Inner);
      continue;
    }
    bool Plain = llvm::none_of(S.Accesses, [](const EffectAccess &E) {
      return !E.Held.empty() || E.Kind == AccessKind::AtomicWrite;
    });
    if (Plain && Here.Order && lift(F, C, To.Callee, Items))
      continue;
    if (S.KeepsState)
      unknown(quote(Here.Name) + " changes a variable of its own or of its thread", Here.At);
    for (const EffectAccess &E : S.Accesses)
      effect(C, E, Inner);
  }
}

} // namespace heddle
