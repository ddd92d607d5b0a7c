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
  if (!S.Var)
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

void inductionsIn(FunctionBody &B, const std::vector<Step> &S) {
  for (const Step &Node : S) {
    inductionsIn(B, Node.Kids);
    if (Node.What != Step::Loop)
      continue;
    LoopHeader &H = B.Headers[Node.Index];
    const std::vector<Symbol> &Locals = B.facts().Loops[Node.Index].Locals;
    for (unsigned Part : {1u, 2u})
      for (const Step &Each : Node.Kids[Part].Kids) {
        if (Each.What == Step::Jump || Each.What == Step::Label)
          break;
        if (Each.What != Step::Access || !Each.Var || !Each.Advance || !*Each.Advance ||
            !Each.Field.empty() || Each.Var == H.Index || Each.Var->hasGlobalStorage() ||
            (Part == 1 && H.HasContinue) || B.use(Each.Var).AddressTaken)
          continue;
        QualType T = Each.Var->getType();
        if (!T->isIntegralOrEnumerationType() && !T->isAnyPointerType() && !isPointerLike(T))
          continue;
        if (writesTo(Node.Kids, Each.Var) != 1 ||
            llvm::is_contained(Locals, B.F.Unit.usr(Each.Var)))
          continue;
        H.Inductions.push_back({Each.Var, Each.At ? Each.At : Each.E, *Each.Advance, Part == 1});
      }
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
  S.ReadAfter = Skip || S.Global || Later || (Stored && !X.Exposed);
  bool Induction =
      llvm::any_of(H.Inductions, [&](const struct Induction &I) { return I.Var == X.V; });
  if (X.Update && !X.Exposed && !X.Mixed && !X.PlainWrite) {
    S.Use = ScalarUse::Reduction;
    S.Operator = Symbol(X.Update->Operator);
  } else if (Induction && X.Field.empty()) {
    S.Use = ScalarUse::Induction;
  } else if (X.Exposed || X.Update) {
    S.Use = ScalarUse::Carried;
    S.ReadAt = At(X.Exposed ? *X.Exposed : *X.Update);
  } else if (S.ReadAfter && !End.covers(X.V, X.Field)) {
    S.Use = ScalarUse::Carried;
    S.ReadAt = Later ? At(*Later) : Span();
  } else
    S.Use = ScalarUse::Private;
  Out.Scalars.push_back(std::move(S));
}

} // namespace

void findInductions(FunctionBody &B) { inductionsIn(B, B.Root.Kids); }

void classifyScalars(FunctionBody &B) { Classifier(B).run(B.Root.Kids, nullptr); }

} // namespace heddle
