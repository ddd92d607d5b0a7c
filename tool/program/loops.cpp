/// Decides whether the iterations of a loop are independent. Two iterations
/// conflict when both touch a piece of memory and one writes it (Bernstein,
/// 1966), so every write in the loop, those of callees included, is tested
/// against every access to the same base. What bases may overlap without our
/// knowing becomes an assumption of the verdict, never a silent yes.
///
/// Example: `for (i...) { t = b[i]; a[i] = t; s += t; }` with pointers a and b:
/// t is private, s a reduction, and the loop is parallel if `a` and `b` do not
/// overlap.
#include "program/build.h"
#include "program/judge.h"

#include "llvm/ADT/StringExtras.h"

namespace heddle {

namespace {

/// Pairs of accesses that are tested before we give up.
constexpr size_t MaxPairs = 40000;
/// Bytes of an array of which every thread can keep one for a reduction.
constexpr uint64_t MaxReducedArray = 64 * 1024;

std::string iterations(int64_t N) {
  return N == 1 ? "one iteration" : std::to_string(N) + " iterations";
}

} // namespace

void Judge::scalars() {
  for (const LoopScalar &S : T.Scalars) {
    switch (S.Use) {
    case ScalarUse::Private:
      if (S.Partial && (readElsewhere(S.Variable) || readAround(S.Variable)))
        assume("nothing uses what the loop leaves in " + quote(S.Name));
      (S.ReadAfter && !S.Partial ? J.LastPrivate : J.Private).push_back(S.Name);
      break;
    case ScalarUse::Reduction:
      // The value and what is kept along with it are one reduction.
      if (auto Same = llvm::find_if(J.Reductions,
                                    [&](const LoopJudgement::Reduction &R) {
                                      return S.Operator.str().starts_with("arg") &&
                                             R.Operator == S.Operator;
                                    });
          Same != J.Reductions.end())
        Same->Name = Symbol((Same->Name.str() + ", " + S.Name.str()).str());
      else
        J.Reductions.push_back({S.Name, S.Operator});
      break;
    case ScalarUse::Induction:
      if (S.Step)
        J.Linears.push_back({S.Name, S.Step});
      else
        require(quote(S.Name) + " is computed from the index instead of advanced");
      break;
    case ScalarUse::WrapAround:
      require(quote(S.Name) + " is computed from the index and the first iteration stands apart");
      break;
    case ScalarUse::Carried: {
      bool Outside =
          !S.ReadAt.valid() || S.ReadAt < T.At ||
          std::tie(T.Body.EndLine, T.Body.EndColumn) < std::tie(S.ReadAt.Line, S.ReadAt.Column);
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

/// The iteration that makes the start waits for its end, and nothing that the started
/// function writes is seen by other iterations.
bool Judge::startsAndEnds(const Launch &Start, const Join &End) const {
  if (End.Kind != JoinKind::Join || Start.Loop == None || !inside(Start.Loop) || End.Loop == None ||
      !inside(End.Loop) || !P.Resolved)
    return false;
  auto IsOwn = [&](const Place &What) {
    return What.Path.str().contains("[]") || What.Root == RootKind::Heap ||
           (What.Root == RootKind::Local && llvm::any_of(Facts.Loops, [&](const Loop &Each) {
              return inside(&Each - Facts.Loops.data()) &&
                     llvm::is_contained(Each.Locals, What.Name);
            }));
  };
  // `async(...).get()` waits for a temporary, within the same expression.
  bool Same = Start.Handle.known() ? Start.Handle == End.Handle && IsOwn(Start.Handle)
                                   : End.At.File == Start.At.File && End.At.Line == Start.At.Line &&
                                         End.At.Column <= Start.At.Column;
  if (!Same)
    return false;
  auto Entries = P.Resolved->find(P, P.function(F).Unit, Start.Entry);
  return !Entries.empty() && llvm::all_of(Entries, [&](FunctionId Entry) {
    const Summary &S = P.function(Entry).Effects;
    return S.Complete && !S.WritesUnknown && !S.WritesGlobals &&
           llvm::all_of(S.Accesses, [&](const EffectAccess &A) {
             if (A.Kind == AccessKind::Read || A.Kind == AccessKind::AtomicRead)
               return true;
             if (A.What.Root != RootKind::Parameter)
               return IsOwn(A.What);
             if (A.What.Index >= Start.Args.size())
               return false;
             const Place &Given = Start.Args[A.What.Index];
             return !Given.known() || IsOwn(Given);
           });
  });
}

bool Judge::endsInIteration(const Event &E) const {
  if (E.Kind == EventKind::Launch)
    return llvm::any_of(Facts.Joins,
                        [&](const Join &J) { return startsAndEnds(Facts.Launches[E.Index], J); });
  return llvm::any_of(Facts.Launches,
                      [&](const Launch &L) { return startsAndEnds(L, Facts.Joins[E.Index]); });
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
      // A task of which the iteration takes the result at once is like a call that waits.
      if (Q.IgnoreIo && (E.Kind == EventKind::Launch || E.Kind == EventKind::Join) &&
          endsInIteration(E))
        continue;
      if (E.Kind == EventKind::Launch)
        unknown("it starts " + quote(Facts.Launches[E.Index].Api), Facts.Launches[E.Index].At);
      if (E.Kind == EventKind::Join)
        unknown("it waits for a thread", Facts.Joins[E.Index].At);
    }
  }
}

void Judge::accesses() {
  auto Add = [&](const LoopAccess &A, llvm::ArrayRef<const Loop *> Inner) {
    if (A.Scalar && L != None)
      return;
    Item I;
    I.A = A;
    I.Inner.assign(Inner.begin(), Inner.end());
    I.Order = {A.Order};
    I.Arms = armsOf(F, A.Arm);
    Items.push_back(std::move(I));
  };
  if (L == None)
    for (const LoopAccess &A : Facts.Straight)
      Add(A, {});
  for (uint32_t K = L == None ? 0 : L; K < Facts.Loops.size(); ++K) {
    if (!inside(K))
      continue;
    llvm::SmallVector<const Loop *, 4> Inner = chain(K);
    for (const LoopAccess &A : Facts.Loops[K].Accesses)
      Add(A, Inner);
  }
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
    return unknown(
        Lost.Callee.empty()
            ? "what " + Name + " refers to is not known, and may be the same in two iterations"
            : quote(Lost.Callee) + " accesses " + Name + " through a pointer that is not known",
        Lost.A.At);
  }
  if (!(A.A.Base == B.A.Base)) {
    if (A.A.Structure || B.A.Structure || !mayOverlap(A.A, B.A))
      return;
    auto Label = [&](const Item &I) {
      return I.A.BaseText.empty() ? "what " + quote(I.Callee) + " accesses" : quote(I.A.BaseText);
    };
    std::string X = Label(A), Y = Label(B);
    if (X == Y)
      return unknown("whether two accesses to " + X + " mean the same memory is not known", A.A.At);
    Apart.insert(X);
    Apart.insert(Y);
    return;
  }
  // The structure of a container changes only as a whole.
  auto Whole = [](const Item &I) { return I.A.Subscripts.empty() && !I.A.Structure; };
  if ((A.A.Structure && !Whole(B)) || (B.A.Structure && !Whole(A)))
    return;
  llvm::SmallVector<const Loop *, 4> Outer = outer();
  auto Varies = [this](Symbol S) { return varies(S); };
  DependenceQuery Query{&T, Outer, {&A.A, A.Inner}, {&B.A, B.Inner}, Varies, false};
  DependenceResult R = testPair(Query);
  if (R.Answer == Carried::No) {
    if (auto Rows = RowAssumptions.find(A.A.Base); Rows != RowAssumptions.end())
      for (const std::string &Each : Rows->second)
        assume(Each);
    if (A.A.Rows || B.A.Rows)
      assume("the pointers in " + quote(A.A.BaseText) + " all differ");
    return;
  }
  if (privatise(A))
    return;
  if (!A.A.Reduction.empty() && A.A.Reduction == B.A.Reduction) {
    return reduce(A, R.Answer);
  }
  if (std::optional<Symbol> Rows = rowsApart(A, B))
    return assume(quote(*Rows) + " does not decrease");
  Query.DistinctValues = true;
  if (testPair(Query).Answer == Carried::No) {
    for (const Affine &S : A.A.Subscripts)
      if (!S.Through.empty())
        assume(quote(S.Through) + " has no duplicate values");
    return;
  }
  if (R.Answer == Carried::Yes)
    return conflict(A, B, R.Distance);
  bool First = llvm::any_of(A.A.Subscripts, [&](const Affine &S) {
    return !S.Known || !S.Through.empty() || llvm::any_of(S.Terms, [&](const Term &X) {
      return X.Variable != T.Index && varies(X.Variable);
    });
  });
  const Item &Odd = First ? A : B;
  if (!Odd.Callee.empty())
    return unknown("which elements of " +
                       quote(Odd.A.BaseText.empty() ? Odd.A.Text : Odd.A.BaseText) + " " +
                       quote(Odd.Callee) + " accesses is not known",
                   Odd.A.At);
  unknown("which element " + quote(Odd.A.Text) + " means is not a linear function of the index",
          Odd.A.At);
}

/// The row pointers of a compressed sparse matrix (Saad, "SPARSKIT", 1994): an
/// inner loop from Rows[i] to Rows[i + 1] has elements of its own in every
/// iteration i. Gives Rows.
std::optional<Symbol> Judge::rowsApart(const Item &A, const Item &B) const {
  auto Row = [&](const Item &I, const Affine &S) -> const Loop * {
    if (!S.Known || !S.Through.empty() || S.Terms.size() != 1 || S.Terms[0].Coefficient != 1)
      return nullptr;
    for (const Loop *K : I.Inner) {
      const Affine &Low = K->Lower, &High = K->Upper;
      if (K->Index == S.Terms[0].Variable && K->Step > 0 && !Low.Through.empty() &&
          Low.Through == High.Through && Low.Plus == High.Plus &&
          High.Constant - Low.Constant == 1 && Low.Terms.size() == 1 && High.Terms.size() == 1 &&
          Low.Terms[0].Variable == T.Index && High.Terms[0].Variable == T.Index &&
          Low.Terms[0].Coefficient == 1 && High.Terms[0].Coefficient == 1)
        return K;
    }
    return nullptr;
  };
  if (A.A.More || B.A.More)
    return std::nullopt;
  for (size_t D = 0; D < std::min(A.A.Subscripts.size(), B.A.Subscripts.size()); ++D) {
    const Affine &X = A.A.Subscripts[D], &Y = B.A.Subscripts[D];
    const Loop *P = Row(A, X), *Q = Row(B, Y);
    if (P && Q && X.Constant == Y.Constant && P->Lower.Through == Q->Lower.Through &&
        P->Lower.Constant == Q->Lower.Constant && P->Lower.Plus == Q->Lower.Plus)
      return P->Lower.Through;
  }
  return std::nullopt;
}

/// What A's base gets in A, and in the accesses that it meets, is combined with one
/// operator.
void Judge::reduce(const Item &A, heddle::Carried Answer) {
  const heddle::Variable *V = P.Variables.lookup(A.A.Base.Name);
  bool Variable = V && isObject(A.A.Base) && A.A.Base.Path.empty() && A.A.Field.empty();
  // Copies of an array begin with the neutral element: nothing else may look at it.
  bool Alone = llvm::all_of(Items, [&](const Item &I) {
    return !(I.A.Base == A.A.Base) || (I.A.Reduction == A.A.Reduction && !I.Anywhere);
  });
  bool Fixed = llvm::all_of(A.A.Subscripts, [&](const Affine &S) {
    return S.Known && S.Through.empty() && llvm::none_of(S.Terms, [&](const Term &X) {
             return X.Variable == T.Index || varies(X.Variable) ||
                    llvm::any_of(A.Inner, [&](const Loop *K) { return K->Index == X.Variable; });
           });
  });
  Symbol Name = A.Callee.empty() || A.A.BaseText.empty() ? A.A.Text : A.A.BaseText;
  if (Variable && A.A.Subscripts.empty()) {
    Name = V->Name;
  } else if (Variable && Alone && V->Extent.size() == A.A.Subscripts.size() &&
             V->Size <= MaxReducedArray) {
    // Every thread keeps an array of its own on its stack, and they are combined.
    // Clang 19 loses updates of an array section of a global, so that is named whole.
    std::string Section = V->Name.str().str();
    for (uint64_t N : V->Extent)
      Section += V->Static ? "" : "[:" + std::to_string(N) + "]";
    Name = Symbol(Section);
  } else if (Answer != Carried::Yes || !Fixed)
    return require("updates of " + quote(A.A.BaseText.empty() ? A.A.Text : A.A.BaseText) +
                   (A.A.Reduction.str() == "append" ? " take a lock" : " are made atomic"));
  else
    J.Expressible = false;
  if (A.ByItself)
    J.Expressible = false;
  // A reference or pointer from outside would go on naming the original.
  for (const Binding &B : Facts.Bindings)
    if (Variable && B.Target.Root == A.A.Base.Root && B.Target.Name == A.A.Base.Name &&
        !(B.Pointer.Root == RootKind::Local && local(B.Pointer.Name)))
      J.Expressible = false;
  if (llvm::none_of(J.Reductions, [&](const LoopJudgement::Reduction &X) {
        return X.Name == Name && X.Operator == A.A.Reduction;
      }))
    J.Reductions.push_back({Name, A.A.Reduction});
}

llvm::SmallVector<const Loop *, 4> Judge::outer(bool All) const {
  llvm::SmallVector<const Loop *, 4> Out;
  for (uint32_t K = T.Parent; K != None; K = Facts.Loops[K].Parent)
    if (All || !Facts.Loops[K].Index.empty())
      Out.push_back(&Facts.Loops[K]);
  std::reverse(Out.begin(), Out.end());
  return Out;
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

/// A callee that names a scalar by itself sees the variable, not the copy of an
/// iteration.
void Judge::callsOnCopies() {
  for (const Item &I : Items) {
    if (I.Callee.empty() || I.Anywhere || !isObject(I.A.Base))
      continue;
    const LoopScalar *S = scalar(I.A.Base.Name);
    if (!S || S->Use == ScalarUse::Carried)
      continue;
    if (S->Use == ScalarUse::Reduction && S->Operator == I.A.Reduction)
      J.Expressible = false;
    else
      carried(quote(S->Name) + " is changed here and used by " + quote(I.Callee), S->At, I.A.At);
  }
}

/// A loop that only looks for something is named as such.
void Judge::earlyExit() {
  if (!T.EarlyExit.valid())
    return;
  bool Writes = llvm::any_of(Items, [](const Item &I) { return I.A.Kind != AccessKind::Read; });
  Carried = false;
  carried(Writes || Acts
              ? "the loop may leave early here, so an iteration depends on those before it"
              : "it is a search: it ends here at the first match, so an iteration depends on "
                "those before it",
          T.EarlyExit, T.EarlyExit);
}

/// An algorithm that combines its elements: by an operator, or by a function that
/// does.
void Judge::fold() {
  if (T.Fold.empty())
    return;
  Symbol Operator = T.Fold;
  if (Operator.str() == "call") {
    Operator = {};
    for (uint32_t C : T.Calls)
      if (const auto &To = P.function(F).Targets[C]; To.size() == 1)
        Operator = P.facts(To.front().Callee).Folds;
    if (Operator.empty())
      return carried("each call gets the result of the one before", T.At, T.At);
  }
  J.Reductions.push_back({{}, Operator});
}

LoopJudgement Judge::run() {
  scalars();
  fold();
  if (!T.Unknown.empty())
    unknown(T.Unknown.str(), T.UnknownAt);
  else if (T.Index.empty())
    unknown("the number of iterations is not known before it starts", T.At);
  if (!Facts.Incomplete.empty())
    unknown(Facts.Incomplete.str(), T.At);
  sideEffects();
  accesses();
  calls();
  settle();
  earlyExit();
  callsOnCopies();
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
  llvm::sort(J.FirstPrivate);
  llvm::sort(J.Linears, [](const auto &A, const auto &B) { return A.Name < B.Name; });
  llvm::sort(J.Reductions, [](const auto &A, const auto &B) {
    return std::tie(A.Name, A.Operator) < std::tie(B.Name, B.Operator);
  });
  return std::move(J);
}

llvm::ArrayRef<llvm::StringLiteral> enumNames(LoopVerdict) {
  static constexpr llvm::StringLiteral Names[] = {"parallel", "reduction", "conditional", "carried",
                                                  "unknown"};
  return Names;
}

const Loop Judge::Body;

LoopAccess followReturned(const Program &P, FunctionId F, LoopAccess A) {
  Item I;
  I.A = std::move(A);
  Judge(P, F, None, {}).followReturned(F, I);
  return std::move(I.A);
}

LoopJudgement judgeLoop(const Program &P, FunctionId F, uint32_t L, LoopQuestion Q) {
  return Judge(P, F, L, Q).run();
}

} // namespace heddle
