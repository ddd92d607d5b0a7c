/// Small questions about expressions and variables that the walkers of loops
/// share: which variable an expression names, whether something changes it, and
/// how often a function does.
///
/// Example: in `v[i] = 1;` with a vector v, nothing changes the variable v, for
/// operator[] only gives access; in `m[i] = 1;` with a map m, m changes.
#include "facts/loopbody.h"

#include "llvm/ADT/FoldingSet.h"

namespace heddle {

using namespace clang;

namespace {

const Expr *plain(const Expr *E) { return E->IgnoreParenImpCasts(); }

/// A non-const method that a const one of the same name stands beside only gives
/// access: begin, at, operator[] of a vector (not of a map).
bool isAccessor(const CXXMethodDecl *M) {
  if (M->isConst())
    return true;
  for (const NamedDecl *N : M->getParent()->lookup(M->getDeclName())) {
    if (const auto *U = dyn_cast<UsingShadowDecl>(N))
      N = U->getTargetDecl();
    const auto *Other = dyn_cast<CXXMethodDecl>(N);
    if (Other && Other->isConst() && Other->getNumParams() == M->getNumParams())
      return true;
  }
  return false;
}

} // namespace

bool isDeclaredIn(const VarDecl *V, const FunctionDecl *F) {
  const DeclContext *C = V->getDeclContext();
  while (isa<CapturedDecl>(C))
    C = C->getParent();
  return C == F;
}

const VarDecl *variableNamed(const Expr *E) {
  const auto *D = dyn_cast<DeclRefExpr>(plain(E));
  const auto *V = D ? dyn_cast<VarDecl>(D->getDecl()) : nullptr;
  return V ? V->getCanonicalDecl() : nullptr;
}

const VarDecl *variableRoot(const Expr *E) {
  E = plain(E);
  if (const auto *M = dyn_cast<MemberExpr>(E); M && !M->isArrow())
    return variableRoot(M->getBase());
  if (const auto *C = dyn_cast<CastExpr>(E))
    return variableRoot(C->getSubExpr());
  return variableNamed(E);
}

bool sameExpr(const Expr *A, const Expr *B, const ASTContext &Ast) {
  A = plain(A), B = plain(B);
  if (A->getStmtClass() != B->getStmtClass())
    return false;
  llvm::FoldingSetNodeID X, Y;
  A->Profile(X, Ast, true);
  B->Profile(Y, Ast, true);
  return X == Y;
}

void forEachChild(const Stmt *S, llvm::function_ref<void(const Stmt *)> Do) {
  if (const auto *C = dyn_cast<CapturedStmt>(S))
    return Do(C->getCapturedStmt());
  if (const auto *L = dyn_cast<LambdaExpr>(S)) {
    for (const Expr *I : L->capture_inits())
      if (I)
        Do(I);
    return;
  }
  if (const auto *R = dyn_cast<CXXForRangeStmt>(S)) {
    for (const Stmt *C : {static_cast<const Stmt *>(R->getInit()),
                          static_cast<const Stmt *>(R->getRangeInit()), R->getBody()})
      if (C)
        Do(C);
    return;
  }
  for (const Stmt *C : S->children())
    if (C)
      Do(C);
}

bool isScalarVariable(const VarDecl *V) {
  QualType T = V->getType();
  if (T->isReferenceType() || T->isArrayType() || T->isDependentType())
    return false;
  if (const CXXRecordDecl *R = T->getAsCXXRecordDecl())
    return R->hasDefinition() && !R->isUnion() && T.isTriviallyCopyableType(V->getASTContext()) &&
           llvm::none_of(R->fields(),
                         [](const FieldDecl *F) { return F->getType()->isArrayType(); });
  return T->isScalarType() || T->isRecordType();
}

bool isCopiedFrom(const FunctionDecl *F, unsigned Parameter) {
  const FunctionTemplateDecl *T = F->getPrimaryTemplate();
  if (!T || !F->isInStdNamespace())
    return false;
  const FunctionDecl *Pattern = T->getTemplatedDecl();
  // The last parameter may be a pack.
  unsigned Last = Pattern->getNumParams();
  if (Last == 0)
    return false;
  QualType Type = Pattern->getParamDecl(std::min(Parameter, Last - 1))->getType();
  if (const auto *Pack = Type->getAs<PackExpansionType>())
    Type = Pack->getPattern();
  bool Hands = F->getDeclName().isIdentifier() &&
               (F->getName() == "forward" || F->getName() == "move" || F->getName() == "invoke");
  return Type->isRValueReferenceType() && Type.getNonReferenceType()->isTemplateTypeParmType() &&
         !Hands;
}

bool writesIn(const Stmt *S, const VarDecl *V) {
  if (!S)
    return false;
  if (const auto *B = dyn_cast<BinaryOperator>(S); B && B->isAssignmentOp())
    if (variableRoot(B->getLHS()) == V)
      return true;
  if (const auto *U = dyn_cast<UnaryOperator>(S))
    if ((U->isIncrementDecrementOp() || U->getOpcode() == UO_AddrOf) &&
        variableRoot(U->getSubExpr()) == V)
      return true;
  if (const auto *C = dyn_cast<CallExpr>(S)) {
    const FunctionDecl *F = C->getDirectCallee();
    bool Operator = isa<CXXOperatorCallExpr>(C) && isa_and_nonnull<CXXMethodDecl>(F);
    for (unsigned I = 0; I < C->getNumArgs(); ++I) {
      if (!C->getArg(I)->isGLValue() || isa<MaterializeTemporaryExpr>(C->getArg(I)) ||
          variableRoot(C->getArg(I)) != V)
        continue;
      if (Operator && I == 0) {
        if (!isAccessor(cast<CXXMethodDecl>(F)))
          return true;
        continue;
      }
      unsigned P = Operator ? I - 1 : I;
      if (!F || P >= F->getNumParams() ||
          (F->getParamDecl(P)->getType()->isReferenceType() &&
           !F->getParamDecl(P)->getType().getNonReferenceType().isConstQualified() &&
           !isCopiedFrom(F, P)))
        return true;
    }
    if (const auto *M = dyn_cast<CXXMemberCallExpr>(C);
        M && M->getMethodDecl() && !isAccessor(M->getMethodDecl()) &&
        variableRoot(M->getImplicitObjectArgument()) == V)
      return true;
  }
  if (const auto *D = dyn_cast<DeclStmt>(S))
    for (const Decl *Each : D->decls())
      if (const auto *R = dyn_cast<VarDecl>(Each);
          R && R->getType()->isReferenceType() && R->getInit() &&
          !R->getType().getNonReferenceType().isConstQualified() && variableRoot(R->getInit()) == V)
        return true;
  if (const auto *L = dyn_cast<LambdaExpr>(S); L && writesIn(L->getBody(), V))
    return true;
  bool Found = false;
  forEachChild(S, [&](const Stmt *C) { Found = Found || writesIn(C, V); });
  return Found;
}

void collectUses(FunctionBody &B, const Stmt *S) {
  SourceLocation At = B.F.Unit.Sources.getExpansionLoc(S->getBeginLoc());
  if (const auto *D = dyn_cast<BinaryOperator>(S); D && D->isAssignmentOp())
    if (const VarDecl *V = variableRoot(D->getLHS()))
      B.Uses[V].Writes.push_back(At);
  if (const auto *U = dyn_cast<UnaryOperator>(S))
    if (const VarDecl *V = variableRoot(U->getSubExpr())) {
      if (U->isIncrementDecrementOp())
        B.Uses[V].Writes.push_back(At);
      if (U->getOpcode() == UO_AddrOf)
        B.Uses[V].AddressTaken = true;
    }
  // A label of a switch may be jumped to past an assignment.
  if (const auto *C = dyn_cast<CompoundStmt>(S);
      C && llvm::none_of(C->body(), [](const Stmt *Each) { return isa<SwitchCase>(Each); }))
    for (const Stmt *Each : C->body())
      if (const auto *A = dyn_cast<BinaryOperator>(Each); A && A->getOpcode() == BO_Assign)
        if (const VarDecl *V = variableNamed(A->getLHS()))
          B.Uses[V].Assignments.push_back({A, C});
  // Calls and references: what may be changed through them.
  if (isa<CallExpr, DeclStmt>(S)) {
    llvm::SmallVector<const Expr *, 8> Candidates;
    if (const auto *C = dyn_cast<CallExpr>(S)) {
      Candidates.append(C->arg_begin(), C->arg_end());
      if (const auto *M = dyn_cast<CXXMemberCallExpr>(C))
        Candidates.push_back(M->getImplicitObjectArgument());
    } else
      for (const Decl *Each : cast<DeclStmt>(S)->decls())
        if (const auto *R = dyn_cast<VarDecl>(Each);
            R && R->getType()->isReferenceType() && R->getInit()) {
          Candidates.push_back(R->getInit());
          if (const VarDecl *V = variableRoot(R->getInit());
              V && !R->getType().getNonReferenceType().isConstQualified())
            B.Uses[V].Referenced = true;
        }
    for (const Expr *E : Candidates)
      if (const VarDecl *V = E->isGLValue() ? variableRoot(E) : nullptr; V && writesIn(S, V))
        B.Uses[V].Writes.push_back(At);
  }
  if (const auto *L = dyn_cast<LambdaExpr>(S))
    for (const LambdaCapture &C : L->captures())
      if (C.capturesVariable() && C.getCaptureKind() == LCK_ByRef)
        if (const auto *V = dyn_cast<VarDecl>(C.getCapturedVar());
            V && writesIn(L->getBody(), V->getCanonicalDecl()))
          B.Uses[V->getCanonicalDecl()].Writes.push_back(At);
  forEachChild(S, [&](const Stmt *C) { collectUses(B, C); });
}

} // namespace heddle
