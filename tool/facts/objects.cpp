/// Constructors and destructors as calls, those that nobody wrote down too.
///
/// Example: `{ Guard g(mu); work(); }` calls Guard's constructor with mu, and its
/// destructor where the block ends.
#include "facts/context.h"

namespace heddle {

using namespace clang;

bool UnitContext::holdsHandle(const CXXRecordDecl *R, unsigned Depth) {
  if (!R || !R->hasDefinition() || Depth > 4 || !inSystemHeader(R))
    return false;
  if (auto It = Handles.find(R->getCanonicalDecl()); It != Handles.end())
    return It->second;
  bool Holds = llvm::any_of(R->ctors(), [&](const CXXConstructorDecl *K) {
    const LaunchModel *L = api(K).Launches;
    return L && L->JoinsAtEnd;
  });
  // A container, or what owns one: its first argument is what it holds.
  if (const auto *S = dyn_cast<ClassTemplateSpecializationDecl>(R); S && !Holds)
    for (const TemplateArgument &A : S->getTemplateArgs().asArray())
      Holds |= A.getKind() == TemplateArgument::Type &&
               holdsHandle(A.getAsType()->getAsCXXRecordDecl(), Depth + 1);
  return Handles[R->getCanonicalDecl()] = Holds;
}

bool UnitContext::actsImplicitly(const CXXMethodDecl *M, unsigned Depth) {
  const CXXRecordDecl *R = M->getParent();
  const auto *K = dyn_cast<CXXConstructorDecl>(M);
  bool Destroys = isa<CXXDestructorDecl>(M);
  if (M->isUserProvided() || Depth > 16 || inSystemHeader(R) || R->isLambda() || R->isUnion() ||
      (K ? K->isCopyOrMoveConstructor() || K->isTrivial() : !Destroys || M->isTrivial()))
    return false;
  if (auto It = Implicit.find(M); It != Implicit.end())
    return It->second;
  auto Acts = [&](QualType T, const CXXConstructorDecl *Made) {
    const CXXRecordDecl *Part = Ast.getBaseElementType(T)->getAsCXXRecordDecl();
    if (!Part || !Part->hasDefinition())
      return false;
    const CXXMethodDecl *Of =
        Destroys ? static_cast<const CXXMethodDecl *>(Part->getDestructor()) : Made;
    if (!Of || (Destroys && Part->hasTrivialDestructor()))
      return false;
    if (inSystemHeader(Part))
      return Destroys ? holdsHandle(Part) : api(Made).Launches && Made->getNumParams();
    return Of->isUserProvided() ? !Of->isTrivial() : actsImplicitly(Of, Depth + 1);
  };
  bool Any = false;
  if (Destroys) {
    for (const CXXBaseSpecifier &B : R->bases())
      Any |= Acts(B.getType(), nullptr);
    for (const FieldDecl *F : R->fields())
      Any |= Acts(F->getType(), nullptr);
  } else
    for (const CXXCtorInitializer *I : K->inits()) {
      const Expr *Init = FunctionContext::initializer(I);
      const auto *Made = dyn_cast<CXXConstructExpr>(strip(Init));
      if (Made && (I->isBaseInitializer() || !I->isInClassMemberInitializer()))
        Any |= Acts(Made->getType(), Made->getConstructor());
      else if (I->isInClassMemberInitializer())
        Any |= !Init->isConstantInitializer(Ast, false);
    }
  return Implicit[M] = Any;
}

const Expr *FunctionContext::initializer(const CXXCtorInitializer *I) {
  const auto *D = dyn_cast<CXXDefaultInitExpr>(I->getInit());
  return D ? D->getExpr() : I->getInit();
}

void FunctionContext::visitConstruct(const CXXConstructExpr *E) {
  auto Found = CallIndices.find(E);
  if (Found == CallIndices.end())
    return;
  const CXXConstructorDecl *K = E->getConstructor();
  uint32_t Index = Found->second;
  llvm::SmallVector<const Expr *, 8> Args(E->arguments());
  visitDefaults(Args, Index);
  while (!Args.empty() && isa<CXXDefaultArgExpr>(Args.back()))
    Args.pop_back();
  Place Made;
  if (auto It = Destinations.find(E); It != Destinations.end())
    Made = It->second;
  {
    heddle::Call &C = Facts.Calls[Index];
    C.Callee = Unit.usr(K);
    C.Name = Unit.name(K);
    C.System = Unit.inSystemHeader(K) || K->isTrivial() ||
               !(K->isUserProvided() || Unit.actsImplicitly(K));
    C.Object = Made;
    for (const Expr *A : Args)
      C.Args.push_back(argument(A));
    if (!C.System)
      C.Members = members(Args, nullptr);
  }
  if (const LockModel *G = Unit.guard(K->getParent())) {
    if (!K->isCopyOrMoveConstructor() && !Args.empty())
      visitGuard(E, *G);
    else if (K->isMoveConstructor() && Made.known() && Made.Root != RootKind::This)
      if (Place From = lvalue(E->getArg(0)); From.known()) // gives back what the other one took
        Facts.Bindings.push_back({Made, extend(From, "*"), Unit.span(E->getSourceRange())});
    return;
  }
  const ApiModel &M = Unit.api(K);
  bool Copies = K->isCopyOrMoveConstructor();
  if (M.Launches && !Copies && !Args.empty()) {
    emit(EventKind::Call, Index);
    visitLaunch(E, *M.Launches, Args, nullptr, Made);
    return;
  }
  if (Copies && !K->isUserProvided()) {
    if (strip(E->getArg(0))->isGLValue() && !K->isMoveConstructor())
      access(lvalue(E->getArg(0)), AccessKind::Read, E->getArg(0));
    return;
  }
  if (M.Syncs)
    visitSync(E, *M.Syncs, Args, nullptr);
  if (Facts.Calls[Index].System) {
    if (M.Blocks && !K->isDefaultConstructor()) { // a stream without a file opens nothing
      emit(EventKind::Call, Index);
      addBlocking(Index, *M.Blocks, {},
                  M.Blocks->On >= 0 ? at(M.Blocks->On, E, Args, nullptr) : Made);
    }
    if (Copies && strip(E->getArg(0))->isGLValue() && !K->isMoveConstructor())
      access(lvalue(E->getArg(0)), AccessKind::Read, E->getArg(0));
    return;
  }
  for (size_t I = 0; I < Args.size(); ++I)
    if (Target T = callable(Args[I]);
        T.F && (Args[I]->getType()->isFunctionPointerType() || isa<LambdaExpr>(strip(Args[I])) ||
                isCallableWrapper(Unit, strip(Args[I])->getType())))
      Facts.Calls[Index].Callables.push_back(
          {static_cast<uint32_t>(I), Unit.usr(T.F), Unit.name(T.F), T.Object});
  emit(EventKind::Call, Index);
}

void FunctionContext::visitDestructor(const CXXDestructorDecl *D, const Place &Object,
                                      const VarDecl *V, SourceLocation At) {
  const CXXRecordDecl *R = D->getParent();
  if (Unit.guard(R)) {
    visitGuardEnd(R, Object, V, At);
    return;
  }
  bool System = Unit.inSystemHeader(D);
  // A library's destructor matters when it waits: the ends of threads.
  const ApiModel &M = Unit.api(D);
  if (System && !M && !Unit.holdsHandle(R))
    return;
  if (!System && (D->isTrivial() || R->hasTrivialDestructor()))
    return;
  heddle::Call C;
  C.Callee = Unit.usr(D);
  C.Name = Unit.name(D);
  C.System = System || !(D->isUserProvided() || Unit.actsImplicitly(D));
  C.Virtual = D->isVirtual() && !V;
  C.Object = Object;
  C.At = Unit.span(At);
  // Of a variable of a loop: at the end of every iteration.
  if (V && !System)
    for (const auto &[S, L] : Loops) {
      SourceRange R = Unit.Sources.getExpansionRange(S->getSourceRange()).getAsRange();
      SourceLocation Where = Unit.Sources.getExpansionLoc(V->getLocation());
      auto Before = [&](SourceLocation X, SourceLocation Y) {
        return Unit.Sources.isBeforeInTranslationUnit(X, Y);
      };
      // Inner loops have greater numbers.
      if (Before(R.getBegin(), Where) && Before(Where, R.getEnd()) &&
          (C.Loop == None || L > C.Loop))
        C.Loop = L;
    }
  Facts.Calls.push_back(std::move(C));
  uint32_t Index = Facts.Calls.size() - 1;
  emit(EventKind::Call, Index);
  if (M.Blocks)
    addBlocking(Index, *M.Blocks, {}, Object);
}

} // namespace heddle
