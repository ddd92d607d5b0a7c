/// Reads and writes of memory that may be visible outside one activation.
/// Every expression stands in the control-flow graph once, in the order of
/// evaluation, so each visit looks at one node and never at its children.
///
/// Example: `total += n` with a global `total` gives a read and a write of
/// {Global total}; with a local `total` whose address never leaves, nothing.
#include "facts/context.h"

#include "clang/AST/Expr.h"
#include "clang/Basic/Builtins.h"

namespace heddle {

using namespace clang;

namespace {

bool isAtomic(QualType T) { return T.getNonReferenceType()->isAtomicType(); }
/// Or a member of an atomic structure.
bool isAtomic(const Expr *E) {
  for (unsigned Depth = 0; Depth < 16; ++Depth) {
    if (isAtomic(E->getType()) || isAtomic(strip(E)->getType()))
      return true;
    const auto *M = dyn_cast<MemberExpr>(strip(E));
    if (!M || M->isArrow())
      return false;
    E = M->getBase();
  }
  return false;
}

/// The field or variable named last in the expression.
const NamedDecl *member(const Expr *E) {
  E = strip(E);
  if (const auto *M = dyn_cast<MemberExpr>(E))
    return M->getMemberDecl();
  if (const auto *D = dyn_cast<DeclRefExpr>(E))
    return D->getDecl();
  return nullptr;
}

/// A constant cannot change under a reader.
bool isConstant(const Expr *E) {
  const NamedDecl *D = member(E);
  const auto *V = dyn_cast_or_null<VarDecl>(D);
  return V && V->getType().isConstQualified() && V->hasGlobalStorage();
}

uint64_t sizeOf(QualType T, const ASTContext &Ast) {
  T = T.getNonReferenceType();
  if (T->isDependentType() || T->isIncompleteType() || T->isFunctionType() || T->isSizelessType() ||
      T->isVariableArrayType())
    return 0;
  return Ast.getTypeSizeInChars(T).getQuantity();
}

/// Fills Size, Offset and Object.
void layout(Access &A, const Expr *E, const ASTContext &Ast) {
  E = strip(E);
  A.Size = A.Object = sizeOf(E->getType(), Ast);
  while (const auto *M = dyn_cast<MemberExpr>(E)) {
    const auto *Field = dyn_cast<FieldDecl>(M->getMemberDecl());
    const Expr *Base = M->getBase();
    const Expr *Bare = Base->IgnoreParenImpCasts();
    QualType T = M->isArrow() ? Bare->getType()->getPointeeType() : Bare->getType();
    // A member of a base class is elsewhere.
    const RecordDecl *R = T.isNull() ? nullptr : T.getNonReferenceType()->getAsRecordDecl();
    if (!Field || !R || R->getDefinition() != Field->getParent() || R->isInvalidDecl() ||
        R->isDependentContext() || Field->getType()->isReferenceType() || !sizeOf(T, Ast)) {
      A.Offset = A.Object = 0;
      return;
    }
    A.Offset += Ast.getFieldOffset(Field) / Ast.getCharWidth();
    A.Object = sizeOf(T, Ast);
    if (M->isArrow())
      return;
    E = strip(Base);
  }
}

} // namespace

Access FunctionContext::describe(const Place &P, AccessKind K, const Expr *E) {
  Access A;
  A.What = P;
  A.Kind = K;
  if (const NamedDecl *D = member(E)) {
    A.Member = Unit.usr(D);
    if (const auto *Field = dyn_cast<FieldDecl>(D))
      Unit.mention(Field);
  }
  A.Text = Unit.text(E);
  A.Type = Unit.type(E->getType());
  layout(A, E, Unit.Ast);
  A.At = Unit.span(E->getSourceRange());
  return A;
}

void FunctionContext::access(const Place &P, AccessKind K, const Expr *E) {
  // One of two objects: either may be meant.
  if (const auto *C = dyn_cast<ConditionalOperator>(strip(E)); C && C->isGLValue()) {
    for (const Expr *Each : {C->getTrueExpr(), C->getFalseExpr()})
      access(lvalue(Each), K, Each);
    return;
  }
  if (!P.known()) {
    const auto *V = dyn_cast_or_null<VarDecl>(member(E));
    if (V && V->getTLSKind() != VarDecl::TLS_None)
      Facts.ThreadLocals.push_back(describe(P, K, E));
    return;
  }
  llvm::StringRef Path = P.Path.str();
  if (P.Root == RootKind::Local) {
    // Only a local whose address is out can be seen by others; what a local
    // pointer points to may be anything.
    if (!Path.contains('*')) {
      const Expr *Base = strip(E);
      while (true) {
        if (const auto *M = dyn_cast<MemberExpr>(Base); M && !M->isArrow())
          Base = strip(M->getBase());
        else if (const auto *A = dyn_cast<ArraySubscriptExpr>(Base))
          Base = strip(A->getBase());
        else if (const auto *O = dyn_cast<CXXOperatorCallExpr>(Base); O && O->getNumArgs())
          Base = strip(O->getArg(0));
        else if (const auto *C = dyn_cast<CallExpr>(Base);
                 C && C->getNumArgs() && C->getDirectCallee() &&
                 Unit.api(C->getDirectCallee()).Returns &&
                 Unit.api(C->getDirectCallee()).Returns->Returns == ReturnedPlace::Argument)
          Base = strip(C->getArg(0));
        else if (const auto *B = dyn_cast<BinaryOperator>(Base))
          Base = strip(B->getOpcode() == BO_Comma ? B->getRHS() : B->getLHS());
        else if (const auto *U = dyn_cast<UnaryOperator>(Base))
          Base = strip(U->getSubExpr());
        else
          break;
      }
      const auto *D = dyn_cast<DeclRefExpr>(Base);
      const auto *V = D ? dyn_cast<VarDecl>(D->getDecl()) : nullptr;
      if (!V || V->isImplicit() ||
          (V->getDeclContext() == Fn && !Escaping.contains(V->getCanonicalDecl())))
        return;
    }
  } else if (P.Root == RootKind::Parameter && !Path.starts_with("*"))
    return;
  else if (P.Root == RootKind::This && Path == "*")
    return;
  if (isConstant(E))
    return;
  Facts.Accesses.push_back(describe(P, K, E));
  emit(EventKind::Access, Facts.Accesses.size() - 1);
}

bool FunctionContext::isQuotient(const Expr *Value) {
  const auto *B = dyn_cast<BinaryOperator>(strip(Value));
  return B && (B->getOpcode() == BO_Div || B->getOpcode() == BO_Shr) &&
         B->getType()->isIntegerType();
}

void FunctionContext::addQuotient(const VarDecl *V) {
  if (V && V->getType()->isIntegerType() && !llvm::is_contained(Facts.Quotients, Unit.usr(V)))
    Facts.Quotients.push_back(Unit.usr(V));
}

void FunctionContext::visitAccess(const Stmt *S) {
  if (const auto *C = dyn_cast<CastExpr>(S)) {
    if (C->getCastKind() != CK_LValueToRValue || C->getSubExpr()->getType().isNull())
      return;
    bool Atomic = isAtomic(C->getSubExpr());
    Place P = lvalue(C->getSubExpr());
    access(P, Atomic ? AccessKind::AtomicRead : AccessKind::Read, C->getSubExpr()->IgnoreParens());
    if (Atomic && Deciding.contains(C))
      addSync(SyncKind::Wait, P, C->getSubExpr(), C->getSourceRange());
    return;
  }
  if (const auto *B = dyn_cast<BinaryOperator>(S); B && B->isAssignmentOp()) {
    bool Atomic = isAtomic(B->getLHS());
    Place P = lvalue(B->getLHS());
    if (Atomic) {
      access(P, AccessKind::AtomicWrite, B->getLHS());
      return addSync(B->isCompoundAssignmentOp() ? SyncKind::Both : SyncKind::Signal, P,
                     B->getLHS(), B->getSourceRange());
    }
    if (B->getOpcode() == BO_DivAssign || B->getOpcode() == BO_ShrAssign || isQuotient(B->getRHS()))
      if (const auto *D = dyn_cast<DeclRefExpr>(strip(B->getLHS())))
        addQuotient(dyn_cast<VarDecl>(D->getDecl()));
    if (B->isCompoundAssignmentOp())
      access(P, AccessKind::Read, B->getLHS());
    access(P, AccessKind::Write, B->getLHS());
    if (B->getOpcode() == BO_AddAssign || B->getOpcode() == BO_SubAssign)
      if (std::optional<int64_t> By = constantOf(B->getRHS(), Unit.Ast);
          By && std::abs(*By) <= INT32_MAX)
        addStep(B->getLHS(), P, B->getOpcode() == BO_AddAssign ? *By : -*By);
    if (B->getOpcode() == BO_Assign && B->getLHS()->getType()->isAnyPointerType())
      bind(P, B->getRHS(), B->getOperatorLoc());
    return;
  }
  if (const auto *U = dyn_cast<UnaryOperator>(S); U && U->isIncrementDecrementOp()) {
    Place P = lvalue(U->getSubExpr());
    if (isAtomic(U->getSubExpr())) {
      access(P, AccessKind::AtomicWrite, U->getSubExpr());
      return addSync(SyncKind::Both, P, U->getSubExpr(), U->getSourceRange());
    }
    access(P, AccessKind::Read, U->getSubExpr());
    access(P, AccessKind::Write, U->getSubExpr());
    addStep(U->getSubExpr(), P, U->isIncrementOp() ? 1 : -1);
    return;
  }
  if (const auto *A = dyn_cast<AtomicExpr>(S)) {
    bool Load = A->getOp() == AtomicExpr::AO__atomic_load ||
                A->getOp() == AtomicExpr::AO__atomic_load_n ||
                A->getOp() == AtomicExpr::AO__c11_atomic_load;
    access(pointee(A->getPtr()), Load ? AccessKind::AtomicRead : AccessKind::AtomicWrite,
           A->getPtr());
    visitAtomic(A, Load);
    return;
  }
  if (const auto *N = dyn_cast<CXXNewExpr>(S)) {
    if (const FunctionDecl *New = N->getOperatorNew();
        New && New->isReplaceableGlobalAllocationFunction())
      allocation(/*Frees=*/false, N->getSourceRange());
    return;
  }
  if (const auto *D = dyn_cast<CXXDeleteExpr>(S)) {
    if (const FunctionDecl *Delete = D->getOperatorDelete();
        Delete && Delete->isReplaceableGlobalAllocationFunction())
      allocation(/*Frees=*/true, D->getSourceRange());
    Place P = pointee(D->getArgument());
    if (const CXXRecordDecl *R =
            D->getDestroyedType().isNull() ? nullptr : D->getDestroyedType()->getAsCXXRecordDecl();
        R && R->hasDefinition() && R->getDestructor())
      visitDestructor(R->getDestructor(), P, nullptr, D->getBeginLoc());
    // The destructor may have waited for who else uses it.
    endObject(P, D->getArgument());
  }
}

void FunctionContext::allocation(bool Frees, SourceRange At) {
  Facts.Allocations.push_back({Frees, Unit.span(At)});
  emit(EventKind::Allocation, Facts.Allocations.size() - 1);
}

void FunctionContext::endObject(const Place &P, const Expr *E) {
  size_t Before = Facts.Accesses.size();
  access(P, AccessKind::Write, E);
  for (Access &A : llvm::drop_begin(Facts.Accesses, Before))
    A.Ends = true;
}

void FunctionContext::visitSystemEffects(const Expr *E, const FunctionDecl *F,
                                         llvm::ArrayRef<const Expr *> Args, const Expr *Object,
                                         const ApiModel &M) {
  bool Silent = M.Locks || M.Launches || M.Joins;
  if (const auto *Method = dyn_cast<CXXMethodDecl>(F); Method && Object && !Silent) {
    Place P = Object->getType()->isAnyPointerType() ? pointee(Object) : lvalue(Object);
    bool Assigns = Method->isCopyAssignmentOperator() || Method->isMoveAssignmentOperator();
    if (M.Container)
      switch (M.Container->Effect) {
      case ContainerEffect::ReadStructure:
        access(P, AccessKind::Read, Object);
        break;
      case ContainerEffect::WriteStructure:
      case ContainerEffect::Append:
        access(P, AccessKind::Write, Object);
        break;
      case ContainerEffect::Atomic:
        access(P, Method->isConst() ? AccessKind::AtomicRead : AccessKind::AtomicWrite, Object);
        if (!M.Syncs)
          visitAtomic(E, P, Method, Args, Object);
        break;
      case ContainerEffect::None:
        break;
      }
    // The classes that wait or block synchronise by themselves.
    else if (!M.Blocks)
      access(P, Method->isConst() ? AccessKind::Read : AccessKind::Write, Object);
    if (Assigns && Args.size() == 1 && isPointerLike(Object->getType()))
      bind(P, Args[0], E->getBeginLoc());
  }
  if (M.Writes && M.Writes->First >= 0)
    for (size_t I = M.Writes->First; I < Args.size(); ++I) {
      if (strip(Args[I])->getType()->isAnyPointerType() || Args[I]->getType()->isArrayType()) {
        if (M.Writes->Ends)
          endObject(pointee(Args[I]), strip(Args[I]));
        else
          access(pointee(Args[I]), AccessKind::Write, strip(Args[I]));
      }
      if (!M.Writes->Rest)
        break;
    }
  if (Silent || M.Hazard || M.Writes)
    return;
  // What goes through a range that begins where the container does gets to its first
  // element.
  if ((M.ReadsRange || M.WritesRange) && !Args.empty())
    if (const auto *C = dyn_cast<CXXMemberCallExpr>(strip(Args[0]));
        C && C->getMethodDecl() && C->getNumArgs() == 0 && !C->isGLValue())
      if (const ReturnModel *R = Unit.api(C->getMethodDecl(), C->getRecordDecl()).Returns;
          R && R->Returns == ReturnedPlace::Element)
        access(extend(argument(C->getImplicitObjectArgument()), "[0]"),
               M.WritesRange ? AccessKind::Write : AccessKind::Read,
               C->getImplicitObjectArgument());
  // What is passed by pointer or reference may be read, or written when it is
  // not const. Handles of libraries (FILE, pthread_t) look after themselves.
  bool Sync = F->getBuiltinID() && F->getName().starts_with("__sync_");
  for (unsigned I = 0, N = std::min<unsigned>(Args.size(), F->getNumParams()); I < N; ++I) {
    QualType T = F->getParamDecl(I)->getType();
    bool Reference = T->isReferenceType();
    if (!Reference && !T->isAnyPointerType())
      continue;
    QualType Pointed = Reference ? T.getNonReferenceType() : T->getPointeeType();
    const Expr *A = strip(Args[I]);
    QualType Object = Reference                          ? A->getType()
                      : A->getType()->isAnyPointerType() ? A->getType()->getPointeeType()
                                                         : A->getType();
    if (Object->isFunctionType() || A->getType()->isFunctionPointerType())
      continue;
    const auto *U = dyn_cast<UnaryOperator>(A);
    const Expr *Named = U && U->getOpcode() == UO_AddrOf ? U->getSubExpr() : A;
    if (const RecordDecl *R = Object->getAsRecordDecl();
        R && Unit.inSystemHeader(R) && !(Reference && A->isGLValue()))
      continue;
    if (Sync) {
      access(argument(A), AccessKind::AtomicWrite, Named);
      return;
    }
    // Passing a pointer itself (`f(p)`) says little of what is done behind it;
    // the address of a named object says it is meant.
    if (!Reference && Named == A && !A->getType()->isArrayType())
      continue;
    if (Reference && (T->isRValueReferenceType() || M.Returns))
      continue;
    access(argument(A), Pointed.isConstQualified() ? AccessKind::Read : AccessKind::Write, Named);
  }
}

} // namespace heddle
