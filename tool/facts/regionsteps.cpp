/// The accesses and calls of a function with directives as a list of steps, each
/// with the conditions that hold where it is executed. Conditions are kept that
/// compare integers: which iteration, or which thread, comes here.
///
/// Example: in `if (i == 1) a[0] = 1;` the write of a[0] has the guard i - 1 == 0.
#include "facts/loopbody.h"

namespace heddle {

using namespace clang;

namespace {

using Kind = DirectiveKind;

bool isThreadNumber(const Expr *E) {
  const auto *C = E ? dyn_cast<CallExpr>(strip(E)) : nullptr;
  const FunctionDecl *F = C ? C->getDirectCallee() : nullptr;
  return F && F->getIdentifier() && F->getName() == "omp_get_thread_num";
}

/// Writes the tree of steps as a list.
class Flattener {
public:
  explicit Flattener(FunctionBody &B)
      : B(B), R(B.facts().Regions), Ast(B.F.Unit.Ast),
        Everything(llvm::any_of(R.Directives, [](const Directive &D) {
          return D.Parent == None && D.Kind != Kind::Parallel && D.Kind != Kind::Simd &&
                 D.Kind != Kind::Other;
        })) {
    numbers(B.F.Fn->getBody());
    for (auto &[V, Known] : Numbers)
      if (Known == B.use(V).Writes.size() + V->hasInit() && !B.use(V).AddressTaken)
        ThreadNumbers.insert(B.F.Unit.usr(V));
  }

  void run(llvm::ArrayRef<Step> Steps, uint32_t Loop, uint32_t Under);

private:
  /// Counts, by variable, how often it gets the number of the thread.
  void numbers(const Stmt *S) {
    if (const auto *D = dyn_cast<DeclStmt>(S))
      for (const Decl *Each : D->decls())
        if (const auto *V = dyn_cast<VarDecl>(Each); V && isThreadNumber(V->getInit()))
          ++Numbers[V->getCanonicalDecl()];
    if (const auto *A = dyn_cast<BinaryOperator>(S);
        A && A->getOpcode() == BO_Assign && isThreadNumber(A->getRHS()))
      if (const VarDecl *V = variableNamed(A->getLHS()))
        ++Numbers[V];
    forEachChild(S, [&](const Stmt *C) { numbers(C); });
  }

  Affine renamed(Affine A) const {
    Affine Out = constantAffine(A.Constant);
    Out.Known = A.Known;
    for (const Term &T : A.Terms) {
      Affine One = constantAffine(0);
      One.Terms.push_back(
          {ThreadNumbers.contains(T.Variable) ? Symbol(ThreadNumber) : T.Variable, T.Coefficient});
      Out = combine(Out, One, 1);
    }
    Out.Through = A.Through;
    Out.Plus = A.Plus;
    return Out;
  }

  uint32_t open(RegionStepKind K, uint32_t Index) {
    RegionStep &S = R.Steps.emplace_back();
    S.Kind = K;
    S.Index = Index;
    return R.Steps.size() - 1;
  }
  void close(uint32_t At) { R.Steps[At].End = R.Steps.size(); }

  void access(const Step &S, uint32_t Loop, uint32_t Under);
  std::vector<Affine> extents(const Expr *E, uint32_t Loop);
  /// Adds what Condition being Holds says; false when that cannot be told.
  bool guards(const Expr *Condition, bool Holds, uint32_t Loop, std::vector<Guard> &Out,
              unsigned Depth = 0);
  Affine value(const Expr *E, uint32_t Loop) {
    if (isThreadNumber(E)) {
      Affine A;
      A.Known = true;
      A.Terms.push_back({Symbol(ThreadNumber), 1});
      return A;
    }
    return renamed(affineOf(B, E, Loop));
  }

  FunctionBody &B;
  RegionFacts &R;
  const ASTContext &Ast;
  bool Everything; ///< Also what stands under no directive.
  llvm::DenseMap<const VarDecl *, unsigned> Numbers;
  llvm::DenseSet<Symbol> ThreadNumbers;
  std::vector<Guard> Guards;
  unsigned Unclear = 0; ///< Conditions around that Guards do not tell.
};

bool Flattener::guards(const Expr *Condition, bool Holds, uint32_t Loop, std::vector<Guard> &Out,
                       unsigned Depth) {
  if (!Condition || Depth > 32)
    return false;
  const Expr *E = strip(Condition);
  if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->getOpcode() == UO_LNot)
    return guards(U->getSubExpr(), !Holds, Loop, Out, Depth + 1);
  const auto *O = dyn_cast<BinaryOperator>(E);
  if (O && O->isLogicalOp()) {
    if ((O->getOpcode() == BO_LAnd) != Holds)
      return false;
    bool Left = guards(O->getLHS(), Holds, Loop, Out, Depth + 1);
    return guards(O->getRHS(), Holds, Loop, Out, Depth + 1) && Left;
  }
  auto Add = [&](GuardKind K, const Affine &A) {
    if (!A.Known || !A.Through.empty())
      return false;
    Out.push_back({K, A});
    return true;
  };
  if (O && O->isComparisonOp() && O->getLHS()->getType()->isIntegralOrEnumerationType() &&
      O->getRHS()->getType()->isIntegralOrEnumerationType()) {
    Affine X = value(O->getLHS(), Loop), Y = value(O->getRHS(), Loop);
    BinaryOperatorKind Op = O->getOpcode();
    if (!Holds)
      Op = BinaryOperator::negateComparisonOp(Op);
    switch (Op) {
    case BO_EQ:
      return Add(GuardKind::Zero, combine(X, Y, -1));
    case BO_NE:
      return Add(GuardKind::NonZero, combine(X, Y, -1));
    case BO_LT:
      return Add(GuardKind::Positive, combine(Y, X, -1));
    case BO_GT:
      return Add(GuardKind::Positive, combine(X, Y, -1));
    case BO_LE:
      return Add(GuardKind::Positive, combine(combine(Y, X, -1), constantAffine(1), 1));
    case BO_GE:
      return Add(GuardKind::Positive, combine(combine(X, Y, -1), constantAffine(1), 1));
    default:
      return false;
    }
  }
  if (E->getType()->isIntegralOrEnumerationType())
    return Add(Holds ? GuardKind::NonZero : GuardKind::Zero, value(E, Loop));
  return false;
}

/// Names the variable of a glvalue; Direct when the memory is part of it.
const VarDecl *rootOf(const Expr *E, bool &Direct) {
  for (unsigned Rounds = 0; E && Rounds < 256; ++Rounds) {
    E = strip(E);
    if (const auto *D = dyn_cast<DeclRefExpr>(E)) {
      const auto *V = dyn_cast<VarDecl>(D->getDecl());
      if (!V)
        return nullptr;
      if (V->getType()->isReferenceType()) {
        if (!V->getInit() || isa<ParmVarDecl>(V) || V->isCXXForRangeDecl())
          return V->getCanonicalDecl();
        E = V->getInit();
        continue;
      }
      return V->getCanonicalDecl();
    }
    if (const auto *M = dyn_cast<MemberExpr>(E)) {
      if (const auto *V = dyn_cast<VarDecl>(M->getMemberDecl()))
        return V->getCanonicalDecl();
      Direct &= !M->isArrow();
      E = M->getBase();
    } else if (const auto *A = dyn_cast<ArraySubscriptExpr>(E)) {
      const Expr *Base = A->getBase()->IgnoreParenImpCasts();
      Direct &= Base->getType()->isArrayType();
      E = Base;
    } else if (const auto *U = dyn_cast<UnaryOperator>(E)) {
      Direct &= U->getOpcode() != UO_Deref;
      E = U->getSubExpr();
    } else if (const auto *C = dyn_cast<CXXOperatorCallExpr>(E); C && C->getNumArgs()) {
      Direct &= C->getOperator() == OO_Subscript;
      E = C->getArg(0);
    } else if (const auto *C = dyn_cast<CXXMemberCallExpr>(E)) {
      E = C->getImplicitObjectArgument();
    } else if (const auto *O = dyn_cast<BinaryOperator>(E); O && O->isAdditiveOp()) {
      E = O->getLHS()->getType()->isAnyPointerType() ? O->getLHS() : O->getRHS();
    } else if (const auto *C = dyn_cast<CastExpr>(E)) {
      E = C->getSubExpr();
    } else
      return nullptr;
  }
  return nullptr;
}

void Flattener::access(const Step &S, uint32_t Loop, uint32_t Under) {
  // What goes to a call is the call's; a variable that begins here is new.
  if (S.Escapes || S.Size == Step::Structure || (!S.E && S.Index == None))
    return;
  RegionAccess A;
  A.What = accessOf(B, S, Loop);
  if (!A.What.Base.known())
    return;
  for (Affine &I : A.What.Subscripts)
    I = renamed(I);
  const Expr *E = S.E ? S.E : B.Headers[S.Index].Range;
  A.Extents = extents(E, Loop);
  if (A.Extents.size() != A.What.Subscripts.size())
    A.Extents.clear();
  A.Direct = !S.Pointee;
  if (const VarDecl *V = rootOf(E, A.Direct))
    A.Variable = B.F.Unit.usr(V);
  A.What.Kind = S.Writes ? AccessKind::Write : AccessKind::Read;
  A.What.Reduction = S.Writes ? Symbol(S.Operator) : Symbol();
  A.ReadsToo = S.Writes && S.Reads;
  if (S.Writes && S.At)
    A.What.At = B.F.Unit.span(S.At->getSourceRange());
  if (const Expr *X = Under == None ? nullptr : B.Atomics.lookup(Under); X && S.E)
    A.Atomic = sameExpr(S.E, X, Ast);
  QualType T = E->getType();
  const CXXRecordDecl *Class = T.getNonReferenceType()->getAsCXXRecordDecl();
  A.Atomic |= T->isAtomicType() || (Class && Class->isInStdNamespace() && Class->getIdentifier() &&
                                    Class->getName().contains("atomic"));
  A.Conditional = Unclear != 0;
  A.Loop = Loop;
  A.Guards = Guards;
  R.Accesses.push_back(std::move(A));
  close(open(RegionStepKind::Access, R.Accesses.size() - 1));
}

std::vector<Affine> Flattener::extents(const Expr *E, uint32_t Loop) {
  std::vector<Affine> Out;
  E = strip(E);
  while (const auto *A = dyn_cast<ArraySubscriptExpr>(E)) {
    E = A->getBase()->IgnoreParenImpCasts();
    const ArrayType *T = Ast.getAsArrayType(E->getType());
    if (!T)
      return {};
    if (const auto *C = dyn_cast<ConstantArrayType>(T))
      Out.push_back(constantAffine(C->getSize().getLimitedValue(INT32_MAX)));
    else if (const auto *V = dyn_cast<VariableArrayType>(T); V && V->getSizeExpr())
      Out.push_back(affineOf(B, V->getSizeExpr(), Loop));
    else
      return {};
  }
  std::reverse(Out.begin(), Out.end());
  return Out;
}

bool leaves(llvm::ArrayRef<Step> S) {
  if (S.empty())
    return false;
  return S.back().What == Step::Jump || (S.back().What == Step::Sequence && leaves(S.back().Kids));
}

void Flattener::run(llvm::ArrayRef<Step> Steps, uint32_t Loop, uint32_t Under) {
  size_t Before = Guards.size();
  unsigned UnclearBefore = Unclear;
  for (const Step &S : Steps) {
    switch (S.What) {
    case Step::Access:
      if (Under != None || Everything)
        access(S, Loop, Under);
      break;
    case Step::Call:
      if (Under != None || Everything) {
        uint32_t At = open(RegionStepKind::Call, S.Index);
        R.Steps[At].Conditional = Unclear != 0;
        R.Steps[At].Guards = Guards;
        close(At);
      }
      break;
    case Step::Directive: {
      uint32_t At = open(RegionStepKind::Directive, S.Index);
      R.Steps[At].Conditional = Unclear != 0;
      R.Steps[At].Guards = Guards;
      // What holds before a region holds for all its threads.
      bool Region = R.Directives[S.Index].Kind == Kind::Parallel;
      std::vector<Guard> Outside = Region ? std::exchange(Guards, {}) : Guards;
      unsigned UnclearOutside = Region ? std::exchange(Unclear, 0) : Unclear;
      run(S.Kids, Loop, S.Index);
      Guards = std::move(Outside);
      Unclear = UnclearOutside;
      close(At);
      break;
    }
    case Step::Loop: {
      uint32_t At = open(RegionStepKind::Loop, S.Index);
      for (const Step &Part : S.Kids)
        run(Part.Kids, S.Index, Under);
      close(At);
      break;
    }
    case Step::Branch: {
      uint32_t At = open(RegionStepKind::Branch, None);
      std::vector<Guard> Of[2];
      bool Told[2] = {guards(S.Condition, true, Loop, Of[0]),
                      guards(S.Condition, false, Loop, Of[1])};
      for (size_t K = 0; K < S.Kids.size(); ++K) {
        uint32_t Kid = open(RegionStepKind::Alternative, None);
        size_t Size = Guards.size();
        bool Clear = K < 2 && Told[K];
        if (K < 2)
          Guards.insert(Guards.end(), Of[K].begin(), Of[K].end());
        Unclear += !Clear;
        run(S.Kids[K].Kids, Loop, Under);
        Unclear -= !Clear;
        Guards.resize(Size);
        close(Kid);
      }
      close(At);
      // After `if (p) continue;` p does not hold.
      if (S.Kids.size() == 2)
        for (size_t K : {0, 1})
          if (leaves(S.Kids[K].Kids)) {
            Guards.insert(Guards.end(), Of[1 - K].begin(), Of[1 - K].end());
            Unclear += !Told[1 - K];
          }
      break;
    }
    case Step::Switch: {
      uint32_t At = open(RegionStepKind::Branch, None);
      uint32_t Kid = open(RegionStepKind::Alternative, None);
      ++Unclear;
      run(S.Kids, Loop, Under);
      --Unclear;
      close(Kid);
      close(At);
      break;
    }
    case Step::Sequence:
      run(S.Kids, Loop, Under);
      break;
    case Step::Jump:
    case Step::Case:
      break;
    case Step::Label:
      // Reached from anywhere: what was known no longer is.
      Guards.resize(Before);
      ++Unclear;
      break;
    }
  }
  Guards.resize(std::min(Before, Guards.size()));
  Unclear = UnclearBefore;
}

} // namespace

void fillRegions(FunctionBody &B) {
  RegionFacts &R = B.facts().Regions;
  for (const FunctionBody::DependItem &I : B.Depends) {
    const Expr *E = I.E->IgnoreParenImpCasts();
    Depend D;
    D.Kind = I.Kind;
    if (const auto *S = dyn_cast<ArraySectionExpr>(E)) {
      const Expr *Base = S->getBase()->IgnoreParenImpCasts();
      D.What = describe(B,
                        Base->getType()->isArrayType() ? elementOf(B, Base, I.Loop)
                                                       : pointeeOf(B, Base, I.Loop),
                        nullptr);
      D.What.Subscripts.assign(1, {});
    } else
      D.What = describe(B, elementOf(B, E, I.Loop), E);
    R.Directives[I.Directive].Depends.push_back(std::move(D));
  }
  Flattener(B).run(B.Root.Kids, None, None);
}

} // namespace heddle
