/// Which function a callable stands for: a lambda, a function or member pointer, a
/// function object, or what a variable, std::function or std::bind was made from.
///
/// Example: in `auto f = std::bind(&C::m, &c, 1); std::thread t(f);` the thread runs
/// C::m with c and 1.
#include "facts/context.h"

namespace heddle {

using namespace clang;

bool isCallableWrapper(UnitContext &Unit, QualType T) {
  const CXXRecordDecl *R = T.getNonReferenceType()->getAsCXXRecordDecl();
  return R && R->hasDefinition() && Unit.inSystemHeader(R) &&
         !R->getDefinition()->lookup(Unit.Ast.DeclarationNames.getCXXOperatorName(OO_Call)).empty();
}

/// Of a generic lambda, the first that was needed: all do the same to what it captured.
static const FunctionDecl *callOperator(const CXXRecordDecl *Lambda) {
  if (const FunctionTemplateDecl *T = Lambda->getDependentLambdaCallOperator())
    for (const FunctionDecl *S : T->specializations())
      if (S->hasBody())
        return S;
  return Lambda->getLambdaCallOperator();
}

void FunctionContext::reassigned(const Expr *E) {
  if (const auto *D = dyn_cast<DeclRefExpr>(strip(E)))
    if (const auto *V = dyn_cast<VarDecl>(D->getDecl()))
      Reassigned.insert(V->getCanonicalDecl());
}

FunctionContext::Target FunctionContext::callable(const Expr *E) {
  Target T;
  E = strip(E);
  for (unsigned Rounds = 0; E && Rounds < 8; ++Rounds) {
    if (const auto *L = dyn_cast<LambdaExpr>(E)) {
      T.F = callOperator(L->getLambdaClass());
      T.Object = {RootKind::This, {}, 0, Symbol("*")};
      return T;
    }
    if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->getOpcode() == UO_AddrOf) {
      E = strip(U->getSubExpr());
      continue;
    }
    if (const auto *C = dyn_cast<CastExpr>(E)) {
      E = strip(C->getSubExpr());
      continue;
    }
    // A lambda made a function pointer.
    if (const auto *C = dyn_cast<CXXMemberCallExpr>(E);
        C && isa_and_nonnull<CXXConversionDecl>(C->getMethodDecl()) &&
        C->getType()->isFunctionPointerType()) {
      E = strip(C->getImplicitObjectArgument());
      continue;
    }
    if (const auto *D = dyn_cast<DeclRefExpr>(E)) {
      if (const auto *F = dyn_cast<FunctionDecl>(D->getDecl())) {
        T.F = F;
        return T;
      }
      const auto *V = dyn_cast<VarDecl>(D->getDecl());
      if (const auto *P = dyn_cast_or_null<ParmVarDecl>(V);
          P && P->getDeclContext() == Fn &&
          (isCallableWrapper(Unit, P->getType()) || !P->getType()->getAsCXXRecordDecl())) {
        T.Parameter = P;
        return T;
      }
      if (const CXXRecordDecl *R =
              V ? V->getType().getNonReferenceType()->getAsCXXRecordDecl() : nullptr;
          R && R->isLambda()) {
        T.F = callOperator(R);
        T.Object = {RootKind::This, {}, 0, Symbol("*")};
        return T;
      }
      // Of a variable that holds a function or a library's wrapper of one, what it begins with.
      bool Wrapper =
          V && V->hasLocalStorage() && !isa<ParmVarDecl>(V) && !V->getType()->isReferenceType() &&
          (V->getType()->isFunctionPointerType() || isCallableWrapper(Unit, V->getType())) &&
          !Reassigned.contains(V->getCanonicalDecl());
      if (V && V->getInit() && (V->getType().isConstQualified() || Wrapper)) {
        E = strip(V->getInit());
        continue;
      }
    }
    if (const auto *C = dyn_cast<CallExpr>(E); C && C->getDirectCallee()) {
      const ApiModel &M = Unit.api(C->getDirectCallee());
      if (M.Returns && M.Returns->Returns == ReturnedPlace::Argument && C->getNumArgs()) {
        T.ByReference |= !C->isGLValue();
        E = strip(C->getArg(0)); // std::ref(f), std::move(f)
        continue;
      }
      // std::bind(f, x): calls f with what is bound.
      if (M.Returns && M.Returns->Returns == ReturnedPlace::Callable && C->getNumArgs()) {
        T.Bound.append(C->arg_begin() + 1, C->arg_end());
        E = strip(C->getArg(0));
        continue;
      }
      return T;
    }
    // A function object, or std::function made from a callable.
    if (const auto *C = dyn_cast<CXXConstructExpr>(E); C && C->getNumArgs() == 1) {
      E = strip(C->getArg(0));
      continue;
    }
    break;
  }
  const CXXRecordDecl *R = E->getType()->getAsCXXRecordDecl();
  if (R && R->hasDefinition() && !Unit.inSystemHeader(R))
    for (const NamedDecl *N :
         R->getDefinition()->lookup(Unit.Ast.DeclarationNames.getCXXOperatorName(OO_Call)))
      if (const auto *M = dyn_cast<CXXMethodDecl>(N)) {
        T.F = M;
        T.Object = E->isGLValue() ? lvalue(E) : Place();
        return T;
      }
  return T;
}

} // namespace heddle
