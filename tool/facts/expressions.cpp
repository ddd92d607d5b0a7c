/// Expressions as steps: what is loaded, what is stored, and which stores only
/// combine the old value with another one.
///
/// Example: `s = a[i] + s;`, `s -= x;` and `if (m < e) m = e;` are one access
/// each, with the operators +, + and max.
#include "facts/evaluation.h"

namespace heddle {

using namespace clang;

namespace {

const Expr *plain(const Expr *E) { return E->IgnoreParenImpCasts(); }

/// Whether the least or greatest of values of type Other, compared as Compared, can
/// be kept in LHS: cutting a value changes its order, and the neutral element of a
/// signed LHS is the greatest one when it is compared as unsigned.
bool keepsOrder(const Expr *LHS, QualType Compared, QualType Other, const ASTContext &Ast) {
  QualType T = LHS->getType();
  if (!T->isIntegralOrEnumerationType() || !Other->isIntegralOrEnumerationType() ||
      !Compared->isIntegralOrEnumerationType() || Other->isDependentType())
    return true;
  unsigned Bits = Ast.getIntWidth(T);
  if (Bits < 32 && Ast.getIntWidth(Other) > Bits)
    return false;
  return !T->isSignedIntegerOrEnumerationType() || Compared->isSignedIntegerOrEnumerationType() ||
         Ast.getIntWidth(Compared) < Bits;
}

/// A number that becomes true or false after every step is no sum of its parts.
bool cutsToBool(const Expr *LHS, llvm::StringRef Operator, QualType Other) {
  return LHS->getType()->isBooleanType() && !Other->isBooleanType() &&
         (Operator == "+" || Operator == "*" || Operator == "^");
}

/// The expression LV occurs in S.
bool mentions(const Stmt *S, const Expr *LV, const ASTContext &Ast, unsigned Depth = 0) {
  if (!S || Depth > MaxSyntaxDepth)
    return true;
  if (const auto *E = dyn_cast<Expr>(S); E && sameExpr(E, LV, Ast))
    return true;
  return llvm::any_of(S->children(),
                      [&](const Stmt *C) { return C && mentions(C, LV, Ast, Depth + 1); });
}

/// Where A names V, B has E; else both are spelled alike.
bool sameWith(const Expr *A, const Expr *B, const VarDecl *V, const Expr *E,
              const ASTContext &Ast) {
  A = plain(A), B = plain(B);
  if (variableNamed(A) == V)
    return sameExpr(B, E, Ast);
  const auto *X = dyn_cast<ArraySubscriptExpr>(A), *Y = dyn_cast<ArraySubscriptExpr>(B);
  if (X && Y)
    return sameWith(X->getBase(), Y->getBase(), V, E, Ast) &&
           sameWith(X->getIdx(), Y->getIdx(), V, E, Ast);
  const auto *M = dyn_cast<MemberExpr>(A), *N = dyn_cast<MemberExpr>(B);
  if (M && N)
    return M->getMemberDecl() == N->getMemberDecl() &&
           sameWith(M->getBase(), N->getBase(), V, E, Ast);
  const auto *P = dyn_cast<CallExpr>(A), *Q = dyn_cast<CallExpr>(B);
  if (P && Q && P->getNumArgs() == Q->getNumArgs() && P->getDirectCallee() &&
      P->getDirectCallee() == Q->getDirectCallee()) {
    const auto *F = dyn_cast<CXXMemberCallExpr>(P), *G = dyn_cast<CXXMemberCallExpr>(Q);
    if (F && G &&
        !sameWith(F->getImplicitObjectArgument(), G->getImplicitObjectArgument(), V, E, Ast))
      return false;
    for (unsigned I = 0; I < P->getNumArgs(); ++I)
      if (!sameWith(P->getArg(I), Q->getArg(I), V, E, Ast))
        return false;
    return true;
  }
  return sameExpr(A, B, Ast);
}

} // namespace

/// `if (e < m) { m = e; at = i; }`: the least value and what is kept along with
/// it; also `if (a[i] < a[at]) at = i;`.
bool Evaluation::minMaxBranch(const IfStmt *S) {
  const auto *C = dyn_cast<BinaryOperator>(plain(S->getCond()));
  if (S->getElse() || !C || !C->isRelationalOp())
    return false;
  llvm::SmallVector<const BinaryOperator *, 4> All;
  auto Assignment = [&](const Stmt *Each) {
    const auto *A = dyn_cast<BinaryOperator>(Each);
    if (!A || A->getOpcode() != BO_Assign)
      return false;
    All.push_back(A);
    return true;
  };
  if (const auto *Body = dyn_cast<CompoundStmt>(S->getThen())) {
    if (Body->body_empty() || !llvm::all_of(Body->body(), Assignment))
      return false;
  } else if (!Assignment(S->getThen()))
    return false;
  for (const BinaryOperator *X : All)
    for (const BinaryOperator *Y : All)
      if (mentions(X->getRHS(), Y->getLHS(), Ast) ||
          (X != Y && sameExpr(X->getLHS(), Y->getLHS(), Ast)))
        return false;
  bool Less = C->getOpcode() == BO_LT || C->getOpcode() == BO_LE;
  for (const BinaryOperator *A : All) {
    bool Left = sameExpr(C->getLHS(), A->getLHS(), Ast) && sameExpr(C->getRHS(), A->getRHS(), Ast);
    bool Right = sameExpr(C->getRHS(), A->getLHS(), Ast) && sameExpr(C->getLHS(), A->getRHS(), Ast);
    if (Left == Right)
      continue;
    if (!keepsOrder(A->getLHS(), C->getLHS()->getType(), plain(A->getRHS())->getType(), Ast))
      return false;
    bool Max = Less == Left;
    if (All.size() == 1) {
      update(A->getLHS(), A->getRHS(), A, Max ? "max" : "min");
      return true;
    }
    llvm::StringRef Operator = Max ? "argmax" : "argmin";
    update(A->getLHS(), A->getRHS(), A, Operator);
    for (const BinaryOperator *Kept : All)
      if (Kept != A)
        update(Kept->getLHS(), Kept->getRHS(), Kept, Operator);
    return true;
  }
  // The position alone, the value being looked up with it.
  const BinaryOperator *A = All.front();
  const VarDecl *V = variableNamed(A->getLHS());
  if (All.size() != 1 || !V || !mentions(C, A->getLHS(), Ast))
    return false;
  bool Left = sameWith(C->getLHS(), C->getRHS(), V, A->getRHS(), Ast),
       Right = sameWith(C->getRHS(), C->getLHS(), V, A->getRHS(), Ast);
  if (Left == Right)
    return false;
  const Expr *Outer = std::exchange(Suppressed, A->getLHS());
  eval(C);
  Suppressed = Outer;
  update(A->getLHS(), A->getRHS(), A, Less == Left ? "argmax" : "argmin");
  return true;
}

/// Evaluates both sides of an update, the old value of LHS left out, and adds
/// the access that stands for the whole.
void Evaluation::update(const Expr *LHS, const Expr *RHS, const Expr *At,
                        llvm::StringRef Operator) {
  const Expr *Outer = std::exchange(Suppressed, LHS);
  if (RHS)
    eval(RHS);
  Suppressed = Outer;
  eval(LHS);
  if (Step *A = access(LHS, true, true)) {
    A->Operator = Operator;
    A->At = At;
  }
}

/// The operator when `LHS = RHS` only combines LHS with other values.
llvm::StringRef Evaluation::reduction(const Expr *LHS, const Expr *RHS) {
  const Expr *R = plain(RHS);
  if (LHS->getType()->isIntegralOrEnumerationType() && R->getType()->isFloatingType())
    return {};
  auto Operand = [&](const Expr *E) { return sameExpr(E, LHS, Ast); };
  if (const auto *C = dyn_cast<ConditionalOperator>(R)) {
    const auto *Test = dyn_cast<BinaryOperator>(plain(C->getCond()));
    if (!Test || !Test->isRelationalOp())
      return {};
    const Expr *Other = Operand(C->getFalseExpr())  ? C->getTrueExpr()
                        : Operand(C->getTrueExpr()) ? C->getFalseExpr()
                                                    : nullptr;
    if (!Other || mentions(Other, LHS, Ast))
      return {};
    bool Left = Operand(Test->getLHS()) && sameExpr(Test->getRHS(), Other, Ast);
    bool Right = Operand(Test->getRHS()) && sameExpr(Test->getLHS(), Other, Ast);
    if (Left == Right || !keepsOrder(LHS, Test->getLHS()->getType(), plain(Other)->getType(), Ast))
      return {};
    bool Less = Test->getOpcode() == BO_LT || Test->getOpcode() == BO_LE;
    bool TakesOther = Other == C->getTrueExpr();
    return (Less == Left) == TakesOther ? "max" : "min";
  }
  if (const auto *C = dyn_cast<CallExpr>(R)) {
    const FunctionDecl *Callee = C->getDirectCallee();
    if (!Callee || C->getNumArgs() != 2 || !Callee->getIdentifier() ||
        !(Callee->getBuiltinID() || Callee->isInStdNamespace()))
      return {};
    bool First = Operand(C->getArg(0));
    if (First == Operand(C->getArg(1)) || mentions(C->getArg(First), LHS, Ast))
      return {};
    QualType Compared = C->getType().getNonReferenceType();
    if (!keepsOrder(LHS, Compared, Compared, Ast))
      return {};
    llvm::StringRef Name = Callee->getName();
    if (Name == "max" || Name == "fmax" || Name == "fmaxf")
      return "max";
    if (Name == "min" || Name == "fmin" || Name == "fminf")
      return "min";
    return {};
  }
  llvm::StringRef Operator;
  const Expr *Node = R;
  for (unsigned Rounds = 0; Rounds < 64; ++Rounds) {
    const auto *O = dyn_cast<BinaryOperator>(plain(Node));
    if (!O)
      return {};
    llvm::StringRef Op = O->getOpcode() == BO_Sub ? "+" : O->getOpcodeStr();
    switch (O->getOpcode()) {
    case BO_Add:
    case BO_Sub:
    case BO_Mul:
    case BO_And:
    case BO_Or:
    case BO_Xor:
    case BO_LAnd:
    case BO_LOr:
      break;
    default:
      return {};
    }
    if (!Operator.empty() && Op != Operator)
      return {};
    Operator = Op;
    if (cutsToBool(LHS, Operator, plain(O->getRHS())->getType()) ||
        cutsToBool(LHS, Operator, plain(O->getLHS())->getType()))
      return {};
    if (Operand(O->getLHS()))
      return mentions(O->getRHS(), LHS, Ast) ? llvm::StringRef() : Operator;
    if (mentions(O->getLHS(), LHS, Ast)) {
      if (mentions(O->getRHS(), LHS, Ast))
        return {};
      Node = O->getLHS();
      continue;
    }
    if (O->getOpcode() == BO_Sub)
      return {};
    if (Operand(O->getRHS()))
      return Operator;
    Node = O->getRHS();
  }
  return {};
}

/// Assignments, compound ones included. False when A is something else.
bool Evaluation::assign(const BinaryOperator *A, bool Discard) {
  if (!A->isAssignmentOp())
    return false;
  const Expr *LHS = A->getLHS(), *RHS = A->getRHS();
  std::optional<int64_t> By;
  auto Constant = [&](const Expr *E) -> std::optional<int64_t> {
    Expr::EvalResult V;
    if (E->isValueDependent() || !E->getType()->isIntegerType() || !E->EvaluateAsInt(V, Ast) ||
        !V.Val.getInt().isRepresentableByInt64() || V.Val.getInt().getSignificantBits() > 62)
      return std::nullopt;
    return V.Val.getInt().getExtValue();
  };
  if (A->isCompoundAssignmentOp()) {
    llvm::StringRef Operator;
    switch (A->getOpcode()) {
    case BO_AddAssign:
    case BO_SubAssign:
      Operator = "+";
      By = Constant(RHS);
      if (By && A->getOpcode() == BO_SubAssign)
        By = -*By;
      break;
    case BO_MulAssign:
      Operator = "*";
      break;
    case BO_AndAssign:
      Operator = "&";
      break;
    case BO_OrAssign:
      Operator = "|";
      break;
    case BO_XorAssign:
      Operator = "^";
      break;
    default:
      break;
    }
    // `int n; n += 0.5` cuts off after every step.
    bool Cut = LHS->getType()->isIntegralOrEnumerationType() &&
               cast<CompoundAssignOperator>(A)->getComputationResultType()->isFloatingType();
    Cut |= cutsToBool(LHS, Operator, plain(RHS)->getType());
    if (!Discard || Cut || mentions(RHS, LHS, Ast) || LHS->getType()->isAnyPointerType())
      Operator = {};
    eval(RHS);
    eval(LHS);
    if (Step *S = access(LHS, true, true)) {
      S->Operator = Operator;
      S->Advance = By;
      S->At = A;
    }
    return true;
  }
  if (llvm::StringRef Operator = reduction(LHS, RHS); !Operator.empty()) {
    update(LHS, RHS, A, Discard ? Operator : llvm::StringRef());
    if (const auto *O = dyn_cast<BinaryOperator>(plain(RHS));
        O && O->isAdditiveOp() && !Out->empty()) {
      bool Left = sameExpr(O->getLHS(), LHS, Ast);
      By = Constant(Left ? O->getRHS() : O->getLHS());
      if (By && O->getOpcode() == BO_Sub)
        By = -*By;
      if (Out->back().What == Step::Access)
        Out->back().Advance = By;
    }
    return true;
  }
  eval(RHS);
  eval(LHS);
  if (Step *S = access(LHS, false, true))
    S->At = A;
  return true;
}

Step *Evaluation::access(const Expr *E, bool Reads, bool Writes, Step::Extent Size) {
  if (Suppressed && Reads && !Writes && sameExpr(E, Suppressed, Ast))
    return nullptr;
  if (isa<StringLiteral>(plain(E)))
    return nullptr;
  QualType T = E->getType();
  if (T.isVolatileQualified())
    markUnknown("a volatile access", E->getSourceRange());
  if (T->isAtomicType())
    markUnknown("an atomic access", E->getSourceRange());
  // A local reference stands for what it was bound to.
  const Expr *LV = plain(E);
  for (unsigned Rounds = 0; Rounds < 16; ++Rounds) {
    const auto *D = dyn_cast<DeclRefExpr>(LV);
    const auto *V = D ? dyn_cast<VarDecl>(D->getDecl()) : nullptr;
    if (!V || !V->getType()->isReferenceType() || !V->getInit() || isa<ParmVarDecl>(V) ||
        V->isCXXForRangeDecl())
      break;
    LV = strip(V->getInit());
  }
  Step &A = Out->emplace_back();
  A.What = Step::Access;
  A.E = LV;
  A.At = E;
  A.Named = E->IgnoreParens();
  A.Reads = Reads;
  A.Writes = Writes;
  A.Size = Size;
  std::string Path;
  const Expr *Root = LV;
  while (const auto *M = dyn_cast<MemberExpr>(Root)) {
    const auto *Field = dyn_cast<FieldDecl>(M->getMemberDecl());
    if (M->isArrow() || !Field || Field->getType()->isReferenceType() ||
        Field->getParent()->isUnion() || Field->isBitField())
      return &A;
    Path = ("." + Field->getName() + Path).str();
    Root = plain(M->getBase());
  }
  if (const VarDecl *V = variableNamed(Root); V && isScalarVariable(V) && !T->isArrayType()) {
    if (V->getTLSKind() != VarDecl::TLS_None && Writes)
      markUnknown("a thread-local variable is changed", E->getSourceRange());
    A.Var = V;
    A.Field = Symbol(Path);
  }
  return &A;
}

void Evaluation::eval(const Expr *E, bool Discard) {
  if (!E)
    return;
  if (++Depth > MaxSyntaxDepth) {
    markUnknown("nested more deeply than the analysis follows", E->getSourceRange());
    --Depth;
    return;
  }
  auto Alternatives = [&](const Expr *A, const Expr *B) {
    Step Branch;
    Branch.What = Step::Branch;
    Branch.Kids.push_back(sequence([&] { eval(A, Discard); }));
    Branch.Kids.push_back(sequence([&] { eval(B, Discard); }));
    Out->push_back(std::move(Branch));
  };
  if (const auto *P = dyn_cast<ParenExpr>(E)) {
    eval(P->getSubExpr(), Discard);
  } else if (const auto *W = dyn_cast<ExprWithCleanups>(E)) {
    eval(W->getSubExpr(), Discard);
  } else if (const auto *C = dyn_cast<CastExpr>(E)) {
    eval(C->getSubExpr(), Discard && C->getCastKind() == CK_ToVoid);
    // std::min gives one of the arguments, which are read already.
    const auto *Chosen = dyn_cast<CallExpr>(strip(C->getSubExpr()));
    bool Pure = Chosen && Chosen->getDirectCallee() &&
                F.Unit.inSystemHeader(Chosen->getDirectCallee()) &&
                F.Unit.api(Chosen->getDirectCallee()).Pure;
    if (C->getCastKind() == CK_LValueToRValue && !Pure)
      access(C->getSubExpr(), true, false);
  } else if (const auto *O = dyn_cast<BinaryOperator>(E)) {
    if (!assign(O, Discard)) {
      if (O->isLogicalOp()) {
        eval(O->getLHS());
        Alternatives(O->getRHS(), nullptr);
      } else {
        bool Comma = O->getOpcode() == BO_Comma;
        eval(O->getLHS(), Comma);
        eval(O->getRHS(), Comma && Discard);
      }
    }
  } else if (const auto *U = dyn_cast<UnaryOperator>(E)) {
    eval(U->getSubExpr());
    if (U->isIncrementDecrementOp())
      if (Step *A = access(U->getSubExpr(), true, true)) {
        A->Advance = U->isIncrementOp() ? 1 : -1;
        if (Discard && !U->getType()->isAnyPointerType())
          A->Operator = "+";
        A->At = U;
      }
  } else if (const auto *C = dyn_cast<AbstractConditionalOperator>(E)) {
    eval(C->getCond());
    Alternatives(C->getTrueExpr(), C->getFalseExpr());
  } else if (const auto *C = dyn_cast<CallExpr>(E)) {
    call(C, Discard);
  } else if (const auto *C = dyn_cast<CXXConstructExpr>(E)) {
    construct(C);
  } else if (const auto *L = dyn_cast<LambdaExpr>(E)) {
    lambda(L);
  } else if (const auto *S = dyn_cast<StmtExpr>(E)) {
    statement(S->getSubStmt());
  } else if (isa<CXXThrowExpr>(E)) {
    forEachChild(E, [&](const Stmt *K) { eval(dyn_cast<Expr>(K)); });
    exitAll(E->getSourceRange());
    if (Tries.empty() && !B.facts().Throws.valid())
      B.facts().Throws = F.Unit.span(E->getSourceRange());
    jump();
  } else if (isa<CoawaitExpr, CoyieldExpr, DependentCoawaitExpr>(E)) {
    markUnknown("the coroutine suspends", E->getSourceRange());
  } else if (isa<AtomicExpr>(E)) {
    markUnknown("an atomic access", E->getSourceRange());
    forEachChild(E, [&](const Stmt *K) { eval(dyn_cast<Expr>(K)); });
  } else if (const auto *D = dyn_cast<CXXDeleteExpr>(E)) {
    eval(D->getArgument());
    if (Step *A = access(D->getArgument(), false, true, Step::Whole)) {
      A->Var = nullptr;
      A->Pointee = true;
    }
  } else if (isa<UnaryExprOrTypeTraitExpr, CXXNoexceptExpr, CXXTypeidExpr, OpaqueValueExpr,
                 CXXDefaultArgExpr, BlockExpr>(E)) {
    // Not evaluated here.
  } else {
    forEachChild(E, [&](const Stmt *K) { eval(dyn_cast<Expr>(K)); });
  }
  --Depth;
}

} // namespace heddle
