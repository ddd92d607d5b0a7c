/// From the evaluation tree to facts: the accesses of each loop and of the code
/// outside of loops, with their place in the order of evaluation and the
/// condition under which they are made.
///
/// Example: `if (p) a[i] = 0; b[i] = 1;` gives a write of a[i] in an arm and a
/// later write of b[i] in none; after `if (p) continue;` all is in an arm.
#include "facts/loopbody.h"

namespace heddle {

using namespace clang;

LoopAccess describe(FunctionBody &B, ElementRef R, const Expr *E) {
  LoopAccess A;
  A.Base = R.Base;
  A.BaseText = R.BaseText;
  A.Subscripts = std::move(R.Subscripts);
  A.Field = Symbol(R.Field);
  A.Distinct = R.Distinct;
  A.Container = R.Container;
  A.Rows = R.Rows;
  A.Part = R.Part;
  if (E) {
    A.Text = B.F.Unit.text(E);
    QualType T = E->getType();
    A.Type = B.F.Unit.type(T.getNonReferenceType().getCanonicalType().getUnqualifiedType());
    A.At = B.F.Unit.span(E->getSourceRange());
  }
  return A;
}

/// From the first element of a range to that at the loop's index.
static void moveAlong(FunctionBody &B, LoopAccess &A, uint32_t L) {
  if (A.Subscripts.empty())
    A.Subscripts.push_back({});
  else
    A.Subscripts.back() = combine(A.Subscripts.back(), variableAffine(B.facts().Loops[L].Index), 1);
}

LoopAccess accessOf(FunctionBody &B, const Step &S, uint32_t L) {
  auto Type = [&](QualType T) {
    return B.F.Unit.type(T.getNonReferenceType().getCanonicalType().getUnqualifiedType());
  };
  if (!S.E) { // the element of a range-for
    const LoopHeader &H = B.Headers[S.Index];
    ElementRef R = elementOf(B, H.Range, B.facts().Loops[S.Index].Parent);
    R.Subscripts.push_back(variableAffine(B.facts().Loops[S.Index].Index));
    LoopAccess A = describe(B, std::move(R), H.Range);
    A.Type = Type(H.Index->getType());
    return A;
  }
  bool OfRange = S.Pointee && S.Index != None; // the element of an algorithm's range
  uint32_t From = OfRange ? B.facts().Loops[S.Index].Parent : L;
  LoopAccess A = describe(B, S.Pointee ? pointeeOf(B, S.E, From) : elementOf(B, S.E, L), S.E);
  if (OfRange)
    moveAlong(B, A, S.Index);
  if (S.Pointee && S.E->getType()->isAnyPointerType())
    A.Type = Type(S.E->getType()->getPointeeType());
  else if (OfRange)
    A.Type = {};
  if (S.More) {
    // Elements of an array can follow, and what follows a member is not known.
    if (A.Subscripts.empty())
      A.Subscripts.emplace_back();
    else if (A.Field.empty() && A.Subscripts.back().Through.empty())
      A.More = S.More;
    else
      A.Subscripts.back() = {}, A.Field = {};
  }
  if (S.Size == Step::Range) {
    if (S.Pointee && !A.Subscripts.empty())
      A.Subscripts.back() = {};
    else
      A.Subscripts.emplace_back();
  }
  return A;
}

namespace {

bool sameAccess(const LoopAccess &A, const LoopAccess &B) {
  auto Same = [](const Affine &X, const Affine &Y) {
    return X.Known == Y.Known && X.Constant == Y.Constant && X.Through == Y.Through &&
           X.Plus == Y.Plus && X.Terms.size() == Y.Terms.size() &&
           std::equal(X.Terms.begin(), X.Terms.end(), Y.Terms.begin(),
                      [](const Term &P, const Term &Q) {
                        return P.Variable == Q.Variable && P.Coefficient == Q.Coefficient;
                      });
  };
  return A.Kind == B.Kind && A.Base == B.Base && A.Field == B.Field && A.Type == B.Type &&
         A.Reduction == B.Reduction && A.More == B.More && A.Arm == B.Arm &&
         A.Structure == B.Structure && A.Subscripts.size() == B.Subscripts.size() &&
         std::equal(A.Subscripts.begin(), A.Subscripts.end(), B.Subscripts.begin(), Same);
}

/// Whether the steps may leave the sequence they are in. Jumps of an inner loop
/// that only leave or continue that loop count as well, which is safe.
bool mayJump(const Step &S) { return S.What == Step::Jump || llvm::any_of(S.Kids, mayJump); }

class Collector {
public:
  explicit Collector(FunctionBody &B) : B(B) {}

  void run();

private:
  void steps(const std::vector<Step> &Steps, uint32_t Loop, uint32_t Arm);
  void access(const Step &S, uint32_t Loop, uint32_t Arm);
  void argument(const ArgumentUse &A);
  uint32_t arm(uint32_t Parent, uint32_t Loop) {
    B.facts().Arms.push_back({Parent, Loop});
    return B.facts().Arms.size() - 1;
  }
  bool outlives(const VarDecl *V) const {
    return V->hasGlobalStorage() || V->isInitCapture() || !isDeclaredIn(V, B.F.Fn);
  }
  void add(LoopAccess A, uint32_t L) {
    FunctionFacts &F = B.facts();
    std::vector<LoopAccess> &All = L == None ? F.Straight : F.Loops[L].Accesses;
    if (llvm::none_of(All, [&](const LoopAccess &X) { return sameAccess(X, A); }))
      All.push_back(std::move(A));
  }

  FunctionBody &B;
  uint32_t Order = 0;
  /// For each loop: the arm it stands in.
  llvm::DenseMap<uint32_t, uint32_t> ArmOfLoop;
};

void Collector::run() {
  steps(B.Root.Kids, None, None);
  // A callable that an algorithm is given runs where the algorithm does.
  std::vector<Call> &Calls = B.facts().Calls;
  for (Call &C : Calls)
    if (C.ViaArgument)
      for (const Call &Host : Calls)
        if (!Host.ViaArgument && Host.At == C.At && Host.Order)
          C.Order = Host.Order, C.Arm = Host.Arm;
  for (const ArgumentUse &A : B.Arguments)
    if (A.Call != None && !B.Handled.contains(A.Call))
      argument(A);
  for (const auto &[E, Loop] : B.Returned)
    B.facts().Returned.push_back(describe(B, elementOf(B, E, Loop), E));
  for (const ParmVarDecl *P : B.F.Fn->parameters()) {
    const VariableUse &Use = B.use(P);
    bool Changes = (!Use.Writes.empty() || Use.AddressTaken) && !P->getType()->isReferenceType();
    B.facts().Fixed.push_back(Changes ? Symbol() : B.F.Unit.usr(P));
  }
}

void Collector::steps(const std::vector<Step> &Steps, uint32_t Loop, uint32_t Arm) {
  for (const Step &S : Steps) {
    ++Order;
    switch (S.What) {
    case Step::Access:
      access(S, Loop, Arm);
      break;
    case Step::Call:
      if (S.Index != None) {
        B.facts().Calls[S.Index].Order = Order;
        B.facts().Calls[S.Index].Arm = Arm;
      }
      break;
    case Step::Sequence:
    case Step::Directive:
      steps(S.Kids, Loop, Arm);
      break;
    case Step::Loop:
      ArmOfLoop[S.Index] = Arm;
      for (const Step &Part : S.Kids)
        steps(Part.Kids, S.Index, Arm);
      break;
    case Step::Branch:
      for (const Step &Side : S.Kids)
        if (!Side.Kids.empty())
          steps(Side.Kids, Loop, arm(Arm, Loop));
      break;
    case Step::Switch:
      steps(S.Kids, Loop, arm(Arm, Loop));
      break;
    case Step::Jump:
      break;
    case Step::Label:
    case Step::Case: {
      auto It = ArmOfLoop.find(Loop);
      Arm = arm(S.What == Step::Case ? Arm : It == ArmOfLoop.end() ? None : It->second, Loop);
      break;
    }
    }
    if (S.What != Step::Jump && mayJump(S))
      Arm = arm(Arm, Loop);
  }
}

void Collector::access(const Step &S, uint32_t L, uint32_t Arm) {
  if (S.Escapes || (S.Var && !S.InMemory && !outlives(S.Var)))
    return;
  LoopAccess A;
  if (S.Var) {
    ElementRef R;
    R.Base = B.F.variable(S.Var, true);
    if (S.Var->getTLSKind() != VarDecl::TLS_None || B.F.Copied.contains(S.Var) ||
        S.Var->isInitCapture()) {
      // State of the thread, or of the lambda itself.
      bool Own = S.Var->getTLSKind() == VarDecl::TLS_None;
      B.F.Unit.mention(S.Var);
      std::string Name = B.F.Unit.usr(S.Var).str().str() + (Own ? "#copy" : "");
      R.Base = {Own ? RootKind::Local : RootKind::Global, Symbol(Name), 0, {}};
      if (S.Writes)
        B.facts().KeepsState = true;
    }
    if (!R.Base.known())
      return;
    R.Base = extend(R.Base, S.Field.str());
    A = describe(B, std::move(R), S.E);
    A.BaseText = Symbol((S.Var->getName() + S.Field.str()).str());
    if (!S.E) {
      A.Text = A.BaseText;
      A.Type = B.F.Unit.type(S.Var->getType().getCanonicalType().getUnqualifiedType());
      A.At = B.F.Unit.span(S.At ? S.At->getSourceRange() : S.Var->getSourceRange());
    }
    A.Scalar = !S.InMemory;
  } else
    A = accessOf(B, S, L);
  A.Order = Order;
  A.Arm = Arm;
  A.Structure = S.Size == Step::Structure;
  if (S.E && S.At && !S.Writes)
    A.At = B.F.Unit.span(S.At->getSourceRange());
  else if (S.Named)
    A.At = B.F.Unit.span(S.Named->getSourceRange());
  if (S.Reads && !(S.Writes && !S.Operator.empty())) {
    A.Kind = AccessKind::Read;
    add(A, L);
  }
  if (S.Writes) {
    A.Kind = AccessKind::Write;
    A.Reduction = Symbol(S.Operator);
    add(std::move(A), L);
  }
}

void Collector::argument(const ArgumentUse &A) {
  FunctionFacts &F = B.facts();
  LoopArgument Out;
  Out.Call = A.Call;
  Out.Argument = A.Argument;
  QualType T = A.E->getType();
  if (A.Temporary) {
    Out.Temporary = true;
  } else if (A.Element && A.ByValue) {
    Out.Value = variableAffine(F.Loops[A.Loop].Index);
  } else if (A.Element) {
    Out.What = describe(B, pointeeOf(B, A.E, F.Loops[A.Loop].Parent), A.E);
    moveAlong(B, Out.What, A.Loop);
  } else if (A.ByValue) {
    Out.Value = affineOf(B, A.E, A.Loop);
    if (!Out.Value.Known)
      return;
  } else {
    Out.Pointer = A.E->isPRValue() || (T->isAnyPointerType() && A.Argument == None);
    Out.What =
        describe(B, Out.Pointer ? pointeeOf(B, A.E, A.Loop) : elementOf(B, A.E, A.Loop), A.E);
    if (T->isAnyPointerType() && Out.Pointer)
      Out.What.Type = B.F.Unit.type(T->getPointeeType().getCanonicalType().getUnqualifiedType());
  }
  (A.Loop == None ? F.Arguments : F.Loops[A.Loop].Arguments).push_back(std::move(Out));
}

} // namespace

void collect(FunctionBody &B) { Collector(B).run(); }

} // namespace heddle
