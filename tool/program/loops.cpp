/// Decides whether the iterations of a loop are independent. Two iterations
/// conflict when both touch a piece of memory and one writes it (Bernstein,
/// 1966), so every write in the loop, those of callees included, is tested
/// against every access to the same base. What bases may overlap without our
/// knowing becomes an assumption of the verdict, never a silent yes.
///
/// Example: `for (i...) { t = b[i]; a[i] = t; s += t; }` with pointers a and b:
/// t is private, s a reduction, and the loop is parallel if `a` and `b` do not
/// overlap.
#include "program/loops.h"

#include "facts/dependence.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include <set>

namespace heddle {

namespace {

/// Pairs of accesses that are tested before we give up.
constexpr size_t MaxPairs = 40000;
/// Functions that are looked at for effects of one call.
constexpr size_t MaxReached = 500;
/// Trip count of inner loops whose bound is not a constant.
constexpr double AssumedTrip = 16;

struct Item {
  LoopAccess A;
  llvm::SmallVector<const Loop *, 4> Inner;
  Symbol Callee;         ///< Set for an access that this callee makes.
  bool Anywhere = false; ///< The base is not known.
};

class Judge {
public:
  Judge(const Program &P, FunctionId F, uint32_t L, LoopQuestion Q)
      : P(P), F(F), Facts(P.facts(F)), L(L), T(Facts.Loops[L]), Q(Q) {}

  LoopJudgement run();

private:
  std::string quote(Symbol S) const { return ("`" + S.str() + "`").str(); }
  std::string quote(llvm::StringRef S) const { return ("`" + S + "`").str(); }
  void carried(const llvm::Twine &Why, const Span &From, const Span &To) {
    if (Carried)
      return;
    Carried = true;
    J.Reason = Why.str(), J.From = From, J.To = To;
  }
  void unknown(const llvm::Twine &Why, const Span &At) {
    if (Carried || Unknown)
      return;
    Unknown = true;
    J.Reason = Why.str(), J.To = At;
  }
  void assume(std::string What) {
    if (!llvm::is_contained(J.Assumptions, What))
      J.Assumptions.push_back(std::move(What));
  }

  bool inside(uint32_t Other) const {
    for (; Other != None; Other = Facts.Loops[Other].Parent)
      if (Other == L)
        return true;
    return false;
  }
  llvm::SmallVector<const Loop *, 4> chain(uint32_t Inner) const {
    llvm::SmallVector<const Loop *, 4> Out;
    for (; Inner != L && Inner != None; Inner = Facts.Loops[Inner].Parent)
      Out.push_back(&Facts.Loops[Inner]);
    std::reverse(Out.begin(), Out.end());
    return Out;
  }
  const LoopScalar *scalar(Symbol Usr) const {
    for (const LoopScalar &S : T.Scalars)
      if (S.Variable == Usr)
        return &S;
    return nullptr;
  }
  bool local(Symbol Usr) const { return llvm::is_contained(T.Locals, Usr); }
  bool varies(Symbol Variable) const;
  bool baseVaries(const Place &Base) const;
  bool privateToIteration(const Place &Base) const;
  void settle(Item I);
  void scalars();
  void sideEffects();
  void accesses();
  void calls();
  void call(uint32_t C, llvm::ArrayRef<const Loop *> Inner);
  void unresolved(const Call &C);
  void hidden(FunctionId Callee, const Call &Here);
  void effect(uint32_t C, const EffectAccess &E, llvm::ArrayRef<const Loop *> Inner);
  void pairs();
  void pair(const Item &A, const Item &B);
  bool mayOverlap(const LoopAccess &A, const LoopAccess &B) const;
  bool keptApart(FunctionId G, const Place &A, const Place &B, unsigned Depth) const;
  void conflict(const Item &A, const Item &B, std::optional<int64_t> Distance);

  const Program &P;
  FunctionId F;
  const FunctionFacts &Facts;
  uint32_t L;
  const Loop &T;
  LoopQuestion Q;
  LoopJudgement J;
  bool Carried = false, Unknown = false;
  std::vector<Item> Items;
  std::set<std::string> Apart; ///< Bases that are assumed not to overlap.
  llvm::StringSet<> Written; ///< Places without subscripts that are written.
};

/// A base that is an object of its own, not what some pointer points to.
bool isObject(const Place &P) {
  llvm::StringRef Path = P.Path.str();
  switch (P.Root) {
  case RootKind::This:
    return Path.starts_with("*") && !Path.drop_front().contains('*');
  case RootKind::Global:
  case RootKind::Local:
  case RootKind::Heap:
    return !Path.contains('*');
  default:
    return false;
  }
}

/// Types whose objects the language lets nothing but themselves and characters
/// name (C11 6.5p7, [basic.lval]); records may contain each other.
bool namesOnlyItself(llvm::StringRef Type) {
  return isScalarType(Type) && !Type.ends_with("char");
}

std::string iterations(int64_t N) {
  return N == 1 ? "one iteration" : std::to_string(N) + " iterations";
}

bool Judge::varies(Symbol Variable) const {
  llvm::StringRef Name = Variable.str();
  if (Name.consume_back("#entry")) {
    const LoopScalar *S = scalar(Symbol(Name));
    return local(Symbol(Name)) || (S && S->Use != ScalarUse::Induction);
  }
  if (scalar(Variable) || local(Variable) || Written.contains(Name))
    return true;
  // A member of a variable of the iteration.
  return llvm::any_of(T.Locals, [&](Symbol S) { return Name.contains(S.str()); });
}

/// The base is reached by a pointer that has another value in each iteration.
bool Judge::baseVaries(const Place &Base) const {
  if (!Base.Path.str().contains('*'))
    return false;
  if (Base.Root == RootKind::Result)
    return Facts.Calls.size() > Base.Index && Facts.Calls[Base.Index].Loop != None &&
           inside(Facts.Calls[Base.Index].Loop);
  if (Base.Root == RootKind::Parameter)
    return llvm::any_of(T.Scalars, [&](const LoopScalar &S) {
      return !S.Global && S.Name == Base.Name && S.Use != ScalarUse::Induction;
    });
  if (Base.Root != RootKind::Local && Base.Root != RootKind::Global)
    return false;
  if (Base.Name == T.Index)
    return false;
  const LoopScalar *S = scalar(Base.Name);
  return local(Base.Name) || (S && S->Use != ScalarUse::Induction);
}

bool Judge::privateToIteration(const Place &Base) const {
  if (Base.Root == RootKind::Local)
    return !Base.Path.str().contains('*') && local(Base.Name);
  if (Base.Root != RootKind::Heap)
    return false;
  auto [FileLine, Column] = Base.Name.str().rsplit(':');
  auto [File, Line] = FileLine.rsplit(':');
  unsigned Row = 0, Col = 0;
  if (Line.getAsInteger(10, Row) || Column.getAsInteger(10, Col) || File != T.Body.File.str())
    return false;
  auto At = std::make_pair(Row, Col);
  return At >= std::make_pair(T.Body.Line, T.Body.Column) &&
         At < std::make_pair(T.Body.EndLine, T.Body.EndColumn);
}

/// Resolves the base and keeps what other iterations may see.
void Judge::settle(Item I) {
  if (privateToIteration(I.A.Base))
    return;
  Place To = resolve(P, F, I.A.Base);
  if (privateToIteration(To))
    return;
  if (!I.A.Base.known() || (baseVaries(I.A.Base) && (To == I.A.Base || baseVaries(To)))) {
    I.Anywhere = true;
  } else if (baseVaries(I.A.Base)) {
    I.A.Base = To;
    I.A.Subscripts.assign(1, {});
  } else
    I.A.Base = To;
  if (!I.A.Base.known())
    I.Anywhere = true;
  bool Fixed = llvm::all_of(I.A.Subscripts,
                            [](const Affine &A) { return A.Known && A.Terms.empty(); });
  if (I.A.Kind == AccessKind::Write && Fixed)
    Written.insert(toString(I.A.Base) + I.A.Field.str().str());
  Items.push_back(std::move(I));
}

void Judge::scalars() {
  for (const LoopScalar &S : T.Scalars) {
    switch (S.Use) {
    case ScalarUse::Private:
      (S.ReadAfter ? J.LastPrivate : J.Private).push_back(S.Name);
      break;
    case ScalarUse::Reduction:
      J.Reductions.push_back({S.Name, S.Operator});
      break;
    case ScalarUse::Induction:
      assume(quote(S.Name) + " is computed from the index instead of advanced");
      break;
    case ScalarUse::Carried: {
      bool Outside = !S.ReadAt.valid() || S.ReadAt < T.At ||
                     std::tie(T.Body.EndLine, T.Body.EndColumn) <
                         std::tie(S.ReadAt.Line, S.ReadAt.Column);
      if (Outside && S.ReadAfter)
        carried(quote(S.Name) + " is written in some iterations only and read after the loop", S.At,
                S.ReadAt.valid() ? S.ReadAt : S.At);
      else
        carried(quote(S.Name) + " is read here with the value that an earlier iteration left in it",
                S.At, S.ReadAt);
      break;
    }
    }
  }
}

/// Locks, starts and joins in the loop itself.
void Judge::sideEffects() {
  for (const Block &B : Facts.Blocks) {
    if (B.Loop == None || !inside(B.Loop))
      continue;
    for (const Event &E : B.Events) {
      if (E.Kind == EventKind::LockOp)
        unknown("the order in which iterations take " + quote(Facts.LockOps[E.Index].Text) +
                    " may matter",
                Facts.LockOps[E.Index].At);
      if (E.Kind == EventKind::Launch)
        unknown("it starts " + quote(Facts.Launches[E.Index].Api), Facts.Launches[E.Index].At);
      if (E.Kind == EventKind::Join)
        unknown("it waits for a thread", Facts.Joins[E.Index].At);
    }
  }
}

void Judge::accesses() {
  for (uint32_t K = L; K < Facts.Loops.size(); ++K) {
    if (!inside(K))
      continue;
    llvm::SmallVector<const Loop *, 4> Inner = chain(K);
    for (const LoopAccess &A : Facts.Loops[K].Accesses)
      settle({A, Inner, {}, false});
  }
}

void Judge::calls() {
  J.Work = T.Cost;
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
  if (M.Pure)
    return;
  if (M.Blocks) {
    if (Q.IgnoreIo)
      return;
    return carried(quote(C.Name) + " does I/O or waits, and its order would change", C.At, C.At);
  }
  if (M.Hazard && M.Hazard->Kind != HazardKind::Conditional &&
      M.Hazard->Kind != HazardKind::UnsafeOnSameObject)
    return carried(quote(C.Name) + " uses state that all its calls share", C.At, C.At);
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
    return quote(Here.Name) + (Callee == Work.back() ? " calls " : " reaches a call of ") + quote(Name);
  };
  while (!Work.empty()) {
    FunctionId G = Work.back();
    const FunctionFacts &Body = P.facts(G);
    if (!Body.LockOps.empty())
      return unknown(quote(Here.Name) + " takes or gives back a lock", Here.At);
    if (!Body.Joins.empty())
      return unknown(quote(Here.Name) + " waits for a thread", Here.At);
    llvm::SmallVector<FunctionId, 8> Next;
    for (uint32_t C = 0; C < Body.Calls.size(); ++C) {
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
      if (M.Pure || M.Container || M.Returns || M.Blocks || !Each.System ||
          Each.Name.str().contains("::"))
        continue;
      return unknown(Says(Each.Name) + ", whose effects are not known", Here.At);
    }
    Work.pop_back();
    Work.append(Next.begin(), Next.end());
    if (Seen.size() > MaxReached)
      return unknown("the effects of " + quote(Here.Name) + " are too many to follow", Here.At);
  }
}

/// Path steps after the element that a call was given.
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
  if (E.What.Root == RootKind::Local || E.What.Root == RootKind::Heap)
    return;
  if (!E.Held.empty())
    return unknown(quote(Here.Name) + " takes " + quote(E.Held.front().Text) +
                       ", and the order may matter",
                   Here.At);
  if (E.Kind == AccessKind::AtomicWrite)
    return unknown(quote(Here.Name) + " changes the atomic " + quote(E.Text), Here.At);
  Item I;
  I.A.Kind = Write ? AccessKind::Write : AccessKind::Read;
  I.A.Text = I.A.BaseText = E.Text;
  I.A.Type = E.Type;
  I.A.At = Here.At;
  I.Callee = Here.Name;
  I.Inner.assign(Inner.begin(), Inner.end());
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
    for (uint32_t K = L; K < Facts.Loops.size(); ++K)
      if (inside(K))
        for (const LoopArgument &Given : Facts.Loops[K].Arguments) {
          if (Given.Call != C || Given.Argument != Argument)
            continue;
          LoopAccess Known = Given.What;
          if (!walkPath(Known, Path))
            break;
          Known.Kind = I.A.Kind;
          Known.Type = E.Type;
          Known.At = Here.At;
          I.A = std::move(Known);
          return settle(std::move(I));
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
  settle(std::move(I));
}

void Judge::call(uint32_t C, llvm::ArrayRef<const Loop *> Inner) {
  const Call &Here = Facts.Calls[C];
  const auto &Targets = P.function(F).Targets[C];
  if (Targets.empty())
    return unresolved(Here);
  for (const CallTarget &To : Targets) {
    const Summary &S = P.function(To.Callee).Effects;
    if (S.DoesIo && !Q.IgnoreIo)
      carried(quote(Here.Name) + " does I/O, and its order would change", Here.At, Here.At);
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
    for (const EffectAccess &E : S.Accesses)
      effect(C, E, Inner);
  }
}

/// Every call of G, of which no other is possible, passes distinct objects.
bool Judge::keptApart(FunctionId G, const Place &A, const Place &B, unsigned Depth) const {
  const ProgramFunction &Fn = P.function(G);
  if (A.Root != RootKind::Parameter || B.Root != RootKind::Parameter || A.Path.str() != "*" ||
      B.Path.str() != "*" || Fn.Facts->Link != Linkage::Internal || Fn.Callers.empty() || Depth > 3)
    return false;
  return llvm::all_of(Fn.Callers, [&](const std::pair<FunctionId, uint32_t> &From) {
    const Call &C = P.facts(From.first).Calls[From.second];
    if (C.ViaArgument || C.Callee != Fn.Facts->Usr ||
        std::max(A.Index, B.Index) >= C.Args.size())
      return false;
    Place X = resolve(P, From.first, C.Args[A.Index]);
    Place Y = resolve(P, From.first, C.Args[B.Index]);
    X.Path = Symbol(X.Path.str().split('[').first);
    Y.Path = Symbol(Y.Path.str().split('[').first);
    if (isObject(X) && isObject(Y))
      return !(X == Y) && (X.Root != Y.Root || X.Name != Y.Name ||
                           !(X.Path.str().starts_with(Y.Path.str()) ||
                             Y.Path.str().starts_with(X.Path.str())));
    return keptApart(From.first, X, Y, Depth + 1);
  });
}

bool Judge::mayOverlap(const LoopAccess &A, const LoopAccess &B) const {
  if (A.Distinct || B.Distinct)
    return false;
  if (A.Type != B.Type && namesOnlyItself(A.Type.str()) && namesOnlyItself(B.Type.str())) {
    auto Unsigned = [](llvm::StringRef T) {
      T.consume_front("unsigned ");
      return T;
    };
    if (Unsigned(A.Type.str()) != Unsigned(B.Type.str()))
      return false;
  }
  bool X = isObject(A.Base), Y = isObject(B.Base);
  if (!X && !Y && keptApart(F, A.Base, B.Base, 0))
    return false;
  if (X && Y) {
    bool SameRoot = A.Base.Root == B.Base.Root && A.Base.Name == B.Base.Name;
    if (!SameRoot)
      return (A.Base.Root == RootKind::This || B.Base.Root == RootKind::This) &&
             A.Base.Root != RootKind::Local && B.Base.Root != RootKind::Local &&
             A.Base.Root != RootKind::Heap && B.Base.Root != RootKind::Heap;
    llvm::StringRef P = A.Base.Path.str(), R = B.Base.Path.str();
    return P.starts_with(R) || R.starts_with(P);
  }
  // A local or fresh object that no pointer here is bound to.
  auto Own = [](const LoopAccess &O, bool Object) {
    return Object && (O.Base.Root == RootKind::Local || O.Base.Root == RootKind::Heap);
  };
  auto FromCaller = [](const LoopAccess &O) {
    return O.Base.Root == RootKind::Parameter || O.Base.Root == RootKind::This;
  };
  return !((Own(A, X) && FromCaller(B)) || (Own(B, Y) && FromCaller(A)));
}

void Judge::conflict(const Item &A, const Item &B, std::optional<int64_t> Distance) {
  auto Does = [](const Item &I) {
    return std::string(I.A.Kind == AccessKind::Write ? "written" : "read") +
           (I.Callee.empty() ? std::string() : " by `" + I.Callee.str().str() + "`");
  };
  if (A.A.Subscripts.empty() && B.A.Subscripts.empty()) {
    const Item &W = A.A.Kind == AccessKind::Write ? A : B;
    const Item &R = &W == &A ? B : A;
    return carried(quote(W.A.Text) + " is " + Does(W) + " in every iteration" +
                       (R.A.Kind == AccessKind::Read ? " and read in others" : ""),
                   W.A.At, R.A.At);
  }
  int64_t Steps = Distance && T.Step ? *Distance / T.Step : 0;
  const Item &First = Steps < 0 ? B : A, &Second = Steps < 0 ? A : B;
  std::string When = Steps ? iterations(std::abs(Steps)) + " later" : "in another iteration";
  carried(quote(First.A.Text) + " is " + Does(First) + " here, and the same element is " +
              Does(Second) + " as " + quote(Second.A.Text) + " " + When,
          First.A.At, Second.A.At);
}

void Judge::pair(const Item &A, const Item &B) {
  bool Same = &A == &B;
  if (A.Anywhere || B.Anywhere) {
    // Constant data and what has another type cannot be meant.
    const Item &Lost = A.Anywhere ? A : B;
    if (!Same && namesOnlyItself(A.A.Type.str()) && namesOnlyItself(B.A.Type.str()) &&
        A.A.Type != B.A.Type)
      return;
    std::string Name = Lost.A.Text.empty() ? std::string("it") : quote(Lost.A.Text);
    return unknown(Lost.Callee.empty()
                       ? "what " + Name + " refers to is not known, and may be the same in two iterations"
                       : quote(Lost.Callee) + " accesses " + Name + " through a pointer that is not known",
                   Lost.A.At);
  }
  if (!(A.A.Base == B.A.Base)) {
    if (!mayOverlap(A.A, B.A))
      return;
    std::string X = quote(A.A.BaseText), Y = quote(B.A.BaseText);
    if (X == Y)
      return unknown("whether two accesses to " + X + " mean the same memory is not known", A.A.At);
    Apart.insert(X);
    Apart.insert(Y);
    return;
  }
  llvm::SmallVector<const Loop *, 4> Outer;
  for (uint32_t K = T.Parent; K != None; K = Facts.Loops[K].Parent)
    if (!Facts.Loops[K].Index.empty())
      Outer.push_back(&Facts.Loops[K]);
  std::reverse(Outer.begin(), Outer.end());
  auto Varies = [this](Symbol S) { return varies(S); };
  DependenceQuery Query{&T, Outer, {&A.A, A.Inner}, {&B.A, B.Inner}, Varies, false};
  DependenceResult R = testPair(Query);
  if (R.Answer == Carried::No) {
    if (A.A.Rows || B.A.Rows)
      assume("the pointers in " + quote(A.A.BaseText) + " all differ");
    return;
  }
  if (!A.A.Reduction.empty() && A.A.Reduction == B.A.Reduction) {
    Symbol Name = A.A.Subscripts.empty() ? A.A.Text : A.A.BaseText;
    // Which elements meet is known only at run time, and a clause cannot say it.
    if (R.Answer != Carried::Yes)
      return assume("updates of " + quote(Name) + " are made atomic");
    if (llvm::none_of(J.Reductions,
                      [&](const LoopJudgement::Reduction &X) { return X.Name == Name; }))
      J.Reductions.push_back({Name, A.A.Reduction});
    return;
  }
  Query.DistinctValues = true;
  if (testPair(Query).Answer == Carried::No) {
    for (const Affine &S : A.A.Subscripts)
      if (!S.Through.empty())
        assume(quote(S.Through) + " has no duplicate values");
    return;
  }
  if (R.Answer == Carried::Yes)
    return conflict(A, B, R.Distance);
  const Item &Odd = llvm::any_of(A.A.Subscripts, [](const Affine &S) { return !S.Known || !S.Through.empty(); })
                        ? A
                        : B;
  if (!Odd.Callee.empty())
    return unknown("which elements of " + quote(Odd.A.BaseText) + " " + quote(Odd.Callee) +
                       " accesses is not known",
                   Odd.A.At);
  unknown("which element " + quote(Odd.A.Text) + " means is not a linear function of the index",
          Odd.A.At);
}

void Judge::pairs() {
  size_t Tested = 0;
  for (size_t I = 0; I < Items.size() && !Carried; ++I)
    for (size_t K = I; K < Items.size() && !Carried; ++K) {
      if (Items[I].A.Kind != AccessKind::Write && Items[K].A.Kind != AccessKind::Write)
        continue;
      if (++Tested > MaxPairs)
        return unknown("it has too many accesses", T.At);
      pair(Items[I], Items[K]);
    }
}

LoopJudgement Judge::run() {
  if (T.EarlyExit.valid())
    carried("the loop may leave early here, so an iteration depends on those before it",
            T.EarlyExit, T.EarlyExit);
  scalars();
  if (!T.Unknown.empty())
    unknown(T.Unknown.str(), T.UnknownAt);
  else if (T.Index.empty())
    unknown("the number of iterations is not known before it starts", T.At);
  if (!Facts.Incomplete.empty())
    unknown(Facts.Incomplete.str(), T.At);
  sideEffects();
  accesses();
  calls();
  // A callee sees the variable itself, not the copy of an iteration.
  for (const Item &I : Items)
    if (!I.Callee.empty() && !I.Anywhere && isObject(I.A.Base))
      if (const LoopScalar *S = scalar(I.A.Base.Name); S && S->Use != ScalarUse::Carried)
        carried(quote(S->Name) + " is changed here and used by " + quote(I.Callee), S->At, I.A.At);
  // Testing is the expensive part, and cannot make a verdict better.
  if (!Carried)
    pairs();
  if (!Apart.empty()) {
    std::string Names, Last = *Apart.rbegin();
    for (const std::string &Name : Apart)
      if (Name != Last)
        Names += (Names.empty() ? "" : ", ") + Name;
    assume(Names + " and " + Last + " do not overlap");
  }
  if (Carried)
    J.Verdict = LoopVerdict::Carried;
  else if (Unknown)
    J.Verdict = LoopVerdict::Unknown;
  else if (!J.Assumptions.empty())
    J.Verdict = LoopVerdict::Conditional;
  else if (!J.Reductions.empty())
    J.Verdict = LoopVerdict::Reduction;
  else
    J.Verdict = LoopVerdict::Parallel;
  llvm::sort(J.Assumptions);
  llvm::sort(J.Private);
  llvm::sort(J.LastPrivate);
  llvm::sort(J.Reductions, [](const auto &A, const auto &B) {
    return std::tie(A.Name, A.Operator) < std::tie(B.Name, B.Operator);
  });
  return std::move(J);
}

} // namespace

llvm::ArrayRef<llvm::StringLiteral> enumNames(LoopVerdict) {
  static constexpr llvm::StringLiteral Names[] = {"parallel", "reduction", "conditional", "carried",
                                                  "unknown"};
  return Names;
}

LoopJudgement judgeLoop(const Program &P, FunctionId F, uint32_t L, LoopQuestion Q) {
  return Judge(P, F, L, Q).run();
}

} // namespace heddle
