/// What the declarations say about locks: Clang's thread-safety attributes, who may
/// call a function, and which arguments callers have done with. Attributes are taken
/// as facts; whether the code keeps to them is not looked at here.
///
/// Example: `void drop() __attribute__((requires_capability(mu_)));` says that
/// callers hold {This *.mu_}.
#include "facts/context.h"

#include "clang/AST/Attr.h"

namespace heddle {

using namespace clang;

namespace {

Visibility visibilityOf(const FunctionDecl *F) {
  if (!isa<CXXMethodDecl>(F))
    return Visibility::Public;
  switch (F->getAccess()) {
  case AS_private:
    return Visibility::Private;
  case AS_protected:
    return Visibility::Protected;
  default:
    return Visibility::Public;
  }
}

/// The parameter that the expression starts from, of whichever declaration.
const ParmVarDecl *parameterIn(const Expr *E) {
  while (E) {
    E = strip(E);
    if (const auto *M = dyn_cast<MemberExpr>(E))
      E = M->getBase();
    else if (const auto *U = dyn_cast<UnaryOperator>(E))
      E = U->getSubExpr();
    else
      break;
  }
  const auto *D = dyn_cast_or_null<DeclRefExpr>(E);
  return D ? dyn_cast<ParmVarDecl>(D->getDecl()) : nullptr;
}

/// The lock that an argument of an attribute names: a mutex or a pointer to one.
/// Unknown for a capability that must not be held, and for a mere string.
Place lockOf(FunctionContext &F, const Expr *E) {
  const Expr *S = strip(E);
  if (const auto *U = dyn_cast<UnaryOperator>(S); U && U->getOpcode() == UO_LNot)
    return {};
  if (isa<StringLiteral>(S) || S->isTypeDependent())
    return {};
  Place P = S->getType()->isAnyPointerType() ? F.pointee(S) : F.lvalue(S);
  const ParmVarDecl *Parameter = parameterIn(S);
  if (!Parameter || !F.Fn || Parameter->getFunctionScopeIndex() >= F.Fn->getNumParams())
    return P;
  const ParmVarDecl *Own = F.Fn->getParamDecl(Parameter->getFunctionScopeIndex());
  Place Root = F.variable(Own);
  return Root.known() ? Place{Root.Root, Root.Name, Root.Index, P.Path} : Root;
}

} // namespace

void describeFunction(FunctionContext &F) {
  FunctionFacts &Facts = F.Facts;
  Facts.Visible = visibilityOf(F.Fn);
  Facts.Unchecked = F.Fn->hasAttr<NoThreadSafetyAnalysisAttr>();
  findAddressed(F.Unit, F.Fn->getBody());
  if (const auto *C = dyn_cast<CXXConstructorDecl>(F.Fn))
    for (const CXXCtorInitializer *I : C->inits())
      findAddressed(F.Unit, I->getInit());
  for (const ParmVarDecl *P : F.Fn->parameters())
    if (P->getType()->isRValueReferenceType())
      Facts.Consumed.push_back(P->getFunctionScopeIndex());
  for (const auto *A : F.Fn->specific_attrs<RequiresCapabilityAttr>())
    for (const Expr *E : A->args())
      if (Place Mutex = lockOf(F, E); Mutex.known())
        Facts.Requires.push_back({Mutex, A->isShared(), F.Unit.text(E)});
}

void describeClass(UnitContext &Unit, const RecordDecl *R) {
  // A header that is looked at by itself is seen by others too.
  if (R->isThisDeclarationADefinition() && !R->isLambda() && !Unit.Ast.getLangOpts().IsHeaderFile &&
      Unit.Sources.isInMainFile(Unit.Sources.getExpansionLoc(R->getLocation())))
    Unit.Facts.LocalClasses.push_back(Unit.usr(R));
}

void findAddressed(UnitContext &Unit, const Stmt *Root) {
  llvm::SmallVector<const Stmt *, 32> Work{Root};
  while (!Work.empty()) {
    const Stmt *S = Work.pop_back_val();
    if (!S)
      continue;
    if (const auto *D = dyn_cast<DeclRefExpr>(S))
      if (const auto *F = dyn_cast<FunctionDecl>(D->getDecl()); F && !Unit.inSystemHeader(F))
        Unit.Facts.Addressed.push_back(Unit.usr(F));
    const Stmt *Called = nullptr;
    if (const auto *C = dyn_cast<CallExpr>(S))
      if (isa<DeclRefExpr>(C->getCallee()->IgnoreParenImpCasts()))
        Called = C->getCallee();
    for (const Stmt *Child : S->children())
      if (Child != Called)
        Work.push_back(Child);
  }
}

void describeMember(UnitContext &Unit, const ValueDecl *D) {
  auto Add = [&](const Expr *E, bool Pointee) {
    FunctionFacts Scratch;
    FunctionContext Outside(Unit, nullptr, Scratch);
    if (Place Mutex = lockOf(Outside, E); Mutex.known())
      Unit.Facts.Guarded.push_back({Unit.usr(D), Mutex, Pointee, Unit.text(E)});
  };
  for (const auto *A : D->specific_attrs<GuardedByAttr>())
    Add(A->getArg(), /*Pointee=*/false);
  for (const auto *A : D->specific_attrs<PtGuardedByAttr>())
    Add(A->getArg(), /*Pointee=*/true);
}

} // namespace heddle
