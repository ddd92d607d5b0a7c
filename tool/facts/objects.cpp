/// Constructors and destructors as calls, those that nobody wrote down too.
///
/// Example: `{ Guard g(mu); work(); }` calls Guard's constructor with mu, and its
/// destructor where the block ends.
#include "facts/context.h"

namespace heddle {

using namespace clang;

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
    C.System = Unit.inSystemHeader(K) || K->isTrivial() || !K->isUserProvided();
    C.Object = Made;
    for (const Expr *A : Args)
      C.Args.push_back(argument(A));
    if (!C.System)
      C.Members = members(Args, nullptr);
  }
  if (const LockModel *G = Unit.guard(K->getParent())) {
    if (!K->isCopyOrMoveConstructor() && !Args.empty())
      visitGuard(E, *G);
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
  if (Facts.Calls[Index].System) {
    if (M.Blocks) {
      emit(EventKind::Call, Index);
      addBlocking(Index, *M.Blocks, {}, at(M.Blocks->On, E, Args, nullptr));
    }
    if (Copies && strip(E->getArg(0))->isGLValue() && !K->isMoveConstructor())
      access(lvalue(E->getArg(0)), AccessKind::Read, E->getArg(0));
    return;
  }
  for (size_t I = 0; I < Args.size(); ++I)
    if (Target T = callable(Args[I]);
        T.F && (Args[I]->getType()->isFunctionPointerType() || isa<LambdaExpr>(strip(Args[I]))))
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
  bool Waits = false;
  for (const CXXConstructorDecl *K : R->ctors())
    if (const LaunchModel *L = Unit.api(K).Launches)
      Waits |= L->JoinsAtEnd;
  const ApiModel &M = Unit.api(D);
  if (System && !Waits && !M)
    return;
  if (!System && (D->isTrivial() || R->hasTrivialDestructor()))
    return;
  heddle::Call C;
  C.Callee = Unit.usr(D);
  C.Name = Unit.name(D);
  C.System = System || !D->isUserProvided();
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
