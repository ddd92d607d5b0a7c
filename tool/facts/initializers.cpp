/// What is called to initialise variables of static storage duration, before `main`
/// begins ([basic.start.dynamic]).
///
/// Example: `static Config config = load("/etc/x");` calls load, and the constructor of
/// Config if that is not elided.
#include "facts/context.h"

#include "clang/AST/RecursiveASTVisitor.h"

namespace heddle {

using namespace clang;

namespace {

class Finder : public RecursiveASTVisitor<Finder> {
public:
  Finder(UnitContext &U, const VarDecl *V) : U(U), V(V) {}

  bool VisitCallExpr(CallExpr *E) {
    const auto *M = dyn_cast<CXXMemberCallExpr>(E);
    add(E->getDirectCallee(), M ? M->getRecordDecl() : nullptr, E);
    return true;
  }
  bool VisitCXXConstructExpr(CXXConstructExpr *E) {
    // A stream without a file opens nothing.
    if (!(E->getConstructor()->isDefaultConstructor() && U.inSystemHeader(E->getConstructor())))
      add(E->getConstructor(), nullptr, E);
    return true;
  }
  // Runs when it is called.
  bool TraverseLambdaExpr(LambdaExpr *) { return true; }

private:
  void add(const FunctionDecl *F, const CXXRecordDecl *Object, const Expr *E) {
    if (!F || F->isConsteval())
      return;
    StaticCall C;
    const ApiModel &M = U.api(F, Object);
    if (M.Blocks)
      C.Blocks = FunctionContext::blockingOf(*M.Blocks, None);
    else if (U.inSystemHeader(F))
      return;
    C.Variable = U.name(V);
    C.Callee = U.usr(F->getTemplateInstantiationPattern() && !F->isTemplateInstantiation()
                         ? F->getTemplateInstantiationPattern()
                         : F);
    C.Name = U.name(F);
    C.At = U.span(E->getSourceRange());
    U.Facts.StaticCalls.push_back(std::move(C));
  }

  UnitContext &U;
  const VarDecl *V;
};

} // namespace

void findStaticCalls(UnitContext &Unit, const VarDecl *V) {
  if (V->isConstexpr() || V->getInit()->isValueDependent() || V->hasConstantInitialization())
    return;
  Finder(Unit, V).TraverseStmt(const_cast<Expr *>(V->getInit()));
}

} // namespace heddle
