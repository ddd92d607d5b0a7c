/// Decides whether the iterations of a loop are independent. Two iterations
/// conflict when both touch a piece of memory and one writes it (Bernstein,
/// 1966), so every write in the loop, those of callees included, is tested
/// against every access to the same base. What bases may overlap without our
/// knowing becomes an assumption of the verdict, never a silent yes.
///
/// Example: `for (i...) { t = b[i]; a[i] = t; s += t; }` with pointers a and b:
/// t is private, s a reduction, and the loop is parallel if `a` and `b` do not
/// overlap.
#include "program/judge.h"

#include "llvm/ADT/StringExtras.h"

namespace heddle {

namespace {

/// Pairs of accesses that are tested before we give up.
constexpr size_t MaxPairs = 40000;

std::string iterations(int64_t N) {
  return N == 1 ? "one iteration" : std::to_string(N) + " iterations";
}

} // namespace

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
      require(quote(S.Name) + " is computed from the index instead of advanced");
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
    if (!mayOverlap(A.A, B.A))
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
    auto Indirect = [](const Affine &S) { return !S.Through.empty(); };
    if (R.Answer != Carried::Yes && llvm::any_of(A.A.Subscripts, Indirect))
      return require("updates of " + quote(Name) + " are made atomic");
    if (R.Answer != Carried::Yes)
      return unknown("which element " + quote(A.A.Text) +
                         " means is not a linear function of the index",
                     A.A.At);
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
  const Item &Odd =
      llvm::any_of(A.A.Subscripts, [](const Affine &S) { return !S.Known || !S.Through.empty(); })
          ? A
          : B;
  if (!Odd.Callee.empty())
    return unknown("which elements of " +
                       quote(Odd.A.BaseText.empty() ? Odd.A.Text : Odd.A.BaseText) + " " +
                       quote(Odd.Callee) + " accesses is not known",
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

llvm::ArrayRef<llvm::StringLiteral> enumNames(LoopVerdict) {
  static constexpr llvm::StringLiteral Names[] = {"parallel", "reduction", "conditional", "carried",
                                                  "unknown"};
  return Names;
}

LoopJudgement judgeLoop(const Program &P, FunctionId F, uint32_t L, LoopQuestion Q) {
  return Judge(P, F, L, Q).run();
}

} // namespace heddle
