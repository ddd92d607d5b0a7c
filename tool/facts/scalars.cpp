/// What a loop does to the scalars that live longer than one iteration. A
/// scalar that every path writes before it reads can be private to an iteration
/// (array and scalar privatisation, Tu and Padua 1993); one that is only
/// combined with other values is a reduction; one that advances by a constant
/// has a closed form; any other read sees the value of an earlier iteration.
///
/// Example: in `for (...) { t = a[i]; s += t; if (p) last = i; k++; b[k] = t; }`
/// t is private, s a reduction, last carried when it is read after the loop, and
/// k an induction.
#include "facts/loopbody.h"

#include "llvm/Support/MathExtras.h"

namespace heddle {

using namespace clang;

namespace {

using Key = std::pair<const VarDecl *, uint32_t>;

/// Walking beyond this many steps for values that are read after a loop is not
/// worth it; then all are taken to be.
constexpr size_t MaxWork = 2'000'000;

struct State {
  llvm::DenseSet<Key> Written;
  bool Dead = false;

  bool covers(const VarDecl *V, Symbol Field) const {
    if (Written.contains({V, 0}))
      return true;
    llvm::StringRef Path = Field.str();
    while (!Path.empty()) {
      if (Written.contains({V, Symbol(Path).number()}))
        return true;
      Path = Path.take_front(Path.rfind('.') == llvm::StringRef::npos ? 0 : Path.rfind('.'));
    }
    return false;
  }
};

struct Seen {
  const VarDecl *V = nullptr;
  Symbol Field;
  const Step *Write = nullptr;   ///< First write.
  const Step *Exposed = nullptr; ///< First read of the value from before.
  const Step *Update = nullptr;  ///< First `s = s op e` of it.
  bool Mixed = false;            ///< Updates with two operators, or other writes.
  bool PlainWrite = false;
};

/// Walks steps in order of evaluation with what must have been written so far.
class Walk {
public:
  explicit Walk(FunctionBody &B) : B(B) {}

  void steps(llvm::ArrayRef<Step> S, State &Now) {
    State Head = Now;
    steps(S, Now, Head);
  }
  void loop(const Step &L, State &Now);

  std::vector<Seen> All; ///< In order of first appearance.

private:
  void steps(llvm::ArrayRef<Step> S, State &Now, const State &Head) {
    for (const Step &Each : S)
      step(Each, Now, Head);
  }
  void step(const Step &S, State &Now, const State &Head);
  void access(const Step &S, State &Now);

  FunctionBody &B;
  llvm::DenseMap<Key, size_t> Known;
};

void Walk::access(const Step &S, State &Now) {
  if (!S.Var || S.InMemory)
    return;
  auto [It, New] = Known.try_emplace({S.Var, S.Field.number()}, All.size());
  if (New)
    All.push_back({S.Var, S.Field});
  Seen &X = All[It->second];
  bool Covered = Now.Dead || Now.covers(S.Var, S.Field);
  if (S.Reads && !Covered) {
    if (S.Writes && !S.Operator.empty() && !S.Escapes) {
      X.Mixed |= X.Update && X.Update->Operator != S.Operator;
      if (!X.Update)
        X.Update = &S;
    } else if (!X.Exposed)
      X.Exposed = &S;
  }
  if (S.Writes) {
    if (!X.Write)
      X.Write = &S;
    // After `s += e` the value is still that of all iterations.
    bool Combines = S.Reads && !Covered;
    X.PlainWrite |= !Combines;
    if (!Combines && !S.Escapes)
      Now.Written.insert({S.Var, S.Field.number()});
  }
}

void Walk::step(const Step &S, State &Now, const State &Head) {
  switch (S.What) {
  case Step::Access:
    return access(S, Now);
  case Step::Sequence:
  case Step::Directive:
    return steps(S.Kids, Now, Head);
  case Step::Call:
    return;
  case Step::Branch: {
    std::optional<State> Result;
    for (const Step &Each : S.Kids) {
      State Copy = Now;
      step(Each, Copy, Head);
      if (Copy.Dead)
        continue;
      if (!Result)
        Result = std::move(Copy);
      else {
        llvm::SmallVector<Key, 8> Lost;
        for (const Key &K : Result->Written)
          if (!Copy.Written.contains(K))
            Lost.push_back(K);
        for (const Key &K : Lost)
          Result->Written.erase(K);
      }
    }
    if (Result)
      Now = std::move(*Result);
    else
      Now.Dead = true;
    return;
  }
  case Step::Switch: {
    State Entry = Now;
    State Body = Now;
    steps(S.Kids, Body, Entry);
    Now = std::move(Entry);
    return;
  }
  case Step::Loop:
    return loop(S, Now);
  case Step::Jump:
    Now.Dead = true;
    return;
  case Step::Label:
    Now.Written.clear();
    Now.Dead = false;
    return;
  case Step::Case:
    Now = Head;
    return;
  }
}

/// One iteration, then what holds after the loop.
void Walk::loop(const Step &L, State &Now) {
  const LoopHeader &H = B.Headers[L.Index];
  const std::optional<uint64_t> &Trip = B.facts().Loops[L.Index].Trip;
  steps(L.Kids[0].Kids, Now);
  State Body = Now;
  steps(L.Kids[1].Kids, Body);
  if (H.HasContinue) {
    Body = Now;
  } else
    Body.Dead = false;
  steps(L.Kids[2].Kids, Body);
  if ((L.AtLeastOnce || (Trip && *Trip > 0)) && !H.HasContinue && !H.HasBreak)
    Now = std::move(Body);
}

size_t count(const std::vector<Step> &S) {
  size_t N = S.size();
  for (const Step &Each : S)
    N += count(Each.Kids);
  return N;
}

unsigned writesTo(const std::vector<Step> &S, const VarDecl *V) {
  unsigned N = 0;
  for (const Step &Each : S)
    N += (Each.What == Step::Access && Each.Var == V && Each.Writes) + writesTo(Each.Kids, V);
  return N;
}

/// Every iteration advances V in Part, and in nothing else than these updates.
void advances(FunctionBody &B, const Step &Node, const VarDecl *V, Induction &Out) {
  LoopHeader &H = B.Headers[Node.Index];
  unsigned Counted = 0;
  for (unsigned Part : {1u, 2u})
    for (const Step &Each : Node.Kids[Part].Kids) {
      if (Each.What == Step::Jump || Each.What == Step::Label)
        break;
      Induction::Update U;
      U.InBody = Part == 1;
      if (Each.What == Step::Access && Each.Var == V && Each.Advance && Each.Field.empty() &&
          !Each.InMemory) {
        U.By = *Each.Advance;
        U.End = (Each.At ? Each.At : Each.E)->getEndLoc();
        ++Counted;
      } else if (Each.What == Step::Loop) {
        // An inner loop that always makes the same number of iterations.
        const LoopHeader &Inner = B.Headers[Each.Index];
        const std::optional<uint64_t> &Trip = B.facts().Loops[Each.Index].Trip;
        auto It = llvm::find_if(Inner.Inductions, [&](const Induction &I) { return I.Var == V; });
        if (It == Inner.Inductions.end() || !Trip || *Trip > INT32_MAX || Inner.HasBreak)
          continue;
        if (llvm::MulOverflow(It->By, static_cast<int64_t>(*Trip), U.By))
          continue;
        U.End = Inner.S->getEndLoc();
        Counted += writesTo(Each.Kids, V);
      } else
        continue;
      if (Part == 1 && H.HasContinue)
        return;
      U.End = B.F.Unit.Sources.getExpansionLoc(U.End);
      if (llvm::AddOverflow(Out.By, U.By, Out.By))
        return;
      Out.Updates.push_back(U);
    }
  if (Counted && writesTo(Node.Kids, V) == Counted && Out.By)
    Out.Var = V;
}

void variablesIn(const std::vector<Step> &S, llvm::SmallVectorImpl<const VarDecl *> &Out) {
  for (const Step &Each : S) {
    if (Each.What == Step::Access && Each.Var && Each.Advance && !llvm::is_contained(Out, Each.Var))
      Out.push_back(Each.Var);
    variablesIn(Each.Kids, Out);
  }
}

void inductionsIn(FunctionBody &B, const std::vector<Step> &S) {
  for (const Step &Node : S) {
    inductionsIn(B, Node.Kids);
    if (Node.What != Step::Loop)
      continue;
    LoopHeader &H = B.Headers[Node.Index];
    const std::vector<Symbol> &Locals = B.facts().Loops[Node.Index].Locals;
    llvm::SmallVector<const VarDecl *, 8> Candidates;
    variablesIn(Node.Kids, Candidates);
    for (const VarDecl *V : Candidates) {
      if (V == H.Index || V->hasGlobalStorage() || B.use(V).AddressTaken)
        continue;
      QualType T = V->getType();
      if (T->isBooleanType()) // it does not go on counting
        continue;
      if (!T->isIntegralOrEnumerationType() && !T->isAnyPointerType() && !isPointerLike(T))
        continue;
      if (llvm::is_contained(Locals, B.F.Unit.usr(V)))
        continue;
      Induction I;
      advances(B, Node, V, I);
      if (I.Var)
        H.Inductions.push_back(std::move(I));
    }
  }
}

/// `prev = i;` once at the end of every iteration (Wolfe, "Beyond induction
/// variables", 1992).
bool isWrapAround(FunctionBody &B, const Step &L, const VarDecl *V) {
  const LoopHeader &H = B.Headers[L.Index];
  if (H.HasContinue || H.HasBreak || writesTo(L.Kids, V) != 1)
    return false;
  for (const Step &Each : L.Kids[1].Kids) {
    if (Each.What == Step::Jump || Each.What == Step::Label)
      return false;
    const auto *A =
        Each.What == Step::Access && Each.Var == V && Each.Writes && !Each.Reads && Each.At
            ? dyn_cast<BinaryOperator>(Each.At)
            : nullptr;
    if (!A || A->getOpcode() != BO_Assign)
      continue;
    Affine To = affineOf(B, A->getRHS(), L.Index);
    Symbol Index = B.facts().Loops[L.Index].Index;
    return To.Known && To.Through.empty() && !Index.empty() && To.Terms.size() == 1 &&
           To.Terms[0].Variable == Index;
  }
  return false;
}

void givenToCalls(const std::vector<Step> &S, llvm::DenseSet<const VarDecl *> &Out) {
  for (const Step &Each : S) {
    if (Each.Var && Each.Escapes)
      Out.insert(Each.Var);
    givenToCalls(Each.Kids, Out);
  }
}

void markInMemory(std::vector<Step> &S, const llvm::DenseSet<const VarDecl *> &Which) {
  for (Step &Each : S) {
    Each.InMemory = Each.Var && Which.contains(Each.Var);
    markInMemory(Each.Kids, Which);
  }
}

/// Where a loop stands: the sequences around it, outermost first.
struct Frame {
  const std::vector<Step> *Steps;
  size_t At;
  const Step *Owner; ///< The step whose Kids these are; null for the root.
};

class Classifier {
public:
  explicit Classifier(FunctionBody &B)
      : B(B), Skip(B.HasLabels || count(B.Root.Kids) * B.Headers.size() > MaxWork) {}

  void run(const std::vector<Step> &S, const Step *Owner);

private:
  void classify(const Step &L);
  /// First reads of values that the loop at the top of Frames leaves behind.
  void readAfter(Walk &After);
  void report(const Step &L, const Seen &X, const State &End, const Walk &After);

  FunctionBody &B;
  bool Skip;
  std::vector<Frame> Frames;
};

void Classifier::run(const std::vector<Step> &S, const Step *Owner) {
  for (size_t I = 0; I < S.size(); ++I) {
    Frames.push_back({&S, I, Owner});
    if (S[I].What == Step::Loop) {
      classify(S[I]);
      for (const Step &Part : S[I].Kids) {
        // The parts of a loop are walked as its own frames.
        run(Part.Kids, &S[I]);
      }
    } else if (!S[I].Kids.empty())
      run(S[I].Kids, &S[I]);
    Frames.pop_back();
  }
}

void Classifier::readAfter(Walk &After) {
  State Now;
  for (const Frame &F : llvm::reverse(Frames)) {
    bool Alternatives = F.Owner && F.Owner->What == Step::Branch;
    if (!Alternatives) {
      State Before = Now;
      // The walk keeps pointers to steps, so it must see these and no copies.
      After.steps(llvm::ArrayRef(*F.Steps).drop_front(F.At + 1), Now);
      Now.Dead = false;
      if (F.Owner && F.Owner->What == Step::Switch)
        Now = Before;
    }
    if (F.Owner && F.Owner->What == Step::Loop) {
      State Around = Now;
      After.steps(F.Owner->Kids[2].Kids, Around);
      After.steps(F.Owner->Kids[0].Kids, Around);
      After.steps(F.Owner->Kids[1].Kids, Around);
    }
  }
}

void Classifier::classify(const Step &L) {
  Walk Body(B);
  State Now;
  Body.steps(L.Kids[0].Kids, Now);
  State Start = Now;
  Body.steps(L.Kids[1].Kids, Now);
  if (B.Headers[L.Index].HasContinue)
    Now = Start;
  Now.Dead = false;
  Body.steps(L.Kids[2].Kids, Now);
  Walk After(B);
  if (!Skip)
    readAfter(After);
  const VarDecl *Index = B.Headers[L.Index].Index;
  B.facts().Loops[L.Index].Spelling.IndexReadAfter =
      Skip || llvm::any_of(After.All,
                           [&](const Seen &X) { return X.V == Index && (X.Exposed || X.Update); });
  for (const Seen &X : Body.All)
    if (X.Write)
      report(L, X, Now, After);
}

void Classifier::report(const Step &L, const Seen &X, const State &End, const Walk &After) {
  const LoopHeader &H = B.Headers[L.Index];
  Loop &Out = B.facts().Loops[L.Index];
  Symbol Usr = B.F.Unit.usr(X.V);
  if (X.V == H.Index || llvm::is_contained(Out.Locals, Usr))
    return;
  auto At = [&](const Step &S) {
    const Expr *E = S.At ? S.At : S.E;
    return E ? B.F.Unit.span(E->getSourceRange()) : Span();
  };
  LoopScalar S;
  S.Variable = Usr;
  S.Name = Symbol((X.V->getName() + X.Field.str()).str());
  S.Global = X.V->hasGlobalStorage();
  S.At = At(*X.Write);
  bool Stored = B.use(X.V).AddressTaken;
  const Step *Later = nullptr;
  for (const Seen &Y : After.All)
    if (Y.V == X.V && !Later &&
        (Y.Field.str().starts_with(X.Field.str()) || X.Field.str().starts_with(Y.Field.str())))
      Later = Y.Exposed ? Y.Exposed : Y.Update;
  for (const struct Induction &I : H.Inductions)
    if (I.Var == X.V && X.V->getType()->isScalarType())
      S.Step = I.By;
  S.ReadAfter = Skip || S.Global || Later || (Stored && !X.Exposed);
  bool Induction =
      llvm::any_of(H.Inductions, [&](const struct Induction &I) { return I.Var == X.V; });
  if (X.Update && !X.Exposed && !X.Mixed && !X.PlainWrite) {
    S.Use = ScalarUse::Reduction;
    S.Operator = Symbol(X.Update->Operator);
  } else if (Induction && X.Field.empty()) {
    S.Use = ScalarUse::Induction;
  } else if (X.Exposed && !X.Update && X.Field.empty() && isWrapAround(B, L, X.V)) {
    S.Use = ScalarUse::WrapAround;
  } else if (X.Exposed || X.Update) {
    S.Use = ScalarUse::Carried;
    S.ReadAt = At(X.Exposed ? *X.Exposed : *X.Update);
  } else if (S.Global && !Later && !Skip && !End.covers(X.V, X.Field)) {
    S.Use = ScalarUse::Private;
    S.Partial = true;
  } else if (S.ReadAfter && !End.covers(X.V, X.Field)) {
    S.Use = ScalarUse::Carried;
    S.ReadAt = Later ? At(*Later) : Span();
  } else
    S.Use = ScalarUse::Private;
  Out.Scalars.push_back(std::move(S));
}

} // namespace

void keepInMemory(FunctionBody &B) {
  llvm::DenseSet<const VarDecl *> Given;
  givenToCalls(B.Root.Kids, Given);
  for (const auto &[V, Use] : B.Uses)
    if ((Use.AddressTaken || Use.Referenced) && isScalarVariable(V))
      Given.insert(V);
  for (const LoopHeader &H : B.Headers)
    Given.erase(H.Index);
  if (!Given.empty())
    markInMemory(B.Root.Kids, Given);
}

void findInductions(FunctionBody &B) { inductionsIn(B, B.Root.Kids); }

void classifyScalars(FunctionBody &B) { Classifier(B).run(B.Root.Kids, nullptr); }

} // namespace heddle
