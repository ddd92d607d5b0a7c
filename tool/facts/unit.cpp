/// One traversal of a unit: the declarations outside system headers, every
/// function with a body among them, template instantiations and lambdas too.
#include "facts/context.h"
#include "facts/extract.h"
#include "facts/inputs.h"
#include "facts/loops.h"

#include "clang/AST/Attr.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"

namespace heddle {

using namespace clang;

namespace {

Linkage linkageOf(const FunctionDecl *F, ASTContext &Ast) {
  if (const auto *M = dyn_cast<CXXMethodDecl>(F); M && M->getParent()->isLambda())
    return Linkage::Internal;
  switch (Ast.GetGVALinkageForFunction(F)) {
  case GVA_Internal:
    return Linkage::Internal;
  case GVA_StrongExternal:
    return Linkage::Unique;
  default:
    return F->isExternallyVisible() ? Linkage::Inline : Linkage::Internal;
  }
}

void overridden(UnitContext &U, const CXXMethodDecl *M, std::vector<Symbol> &Out) {
  for (const CXXMethodDecl *Base : M->overridden_methods()) {
    Out.push_back(U.usr(Base));
    overridden(U, Base, Out);
  }
}

class Walk {
public:
  explicit Walk(UnitContext &U) : U(U) {}

  void context(const DeclContext *C) {
    for (const Decl *D : C->decls())
      decl(D);
  }

  void decl(const Decl *D) {
    if (D->isInvalidDecl() || !D->getLocation().isValid())
      return;
    // A linkage specification or namespace may hold both ours and a library's.
    if (isa<NamespaceDecl, LinkageSpecDecl, ExportDecl>(D))
      return context(cast<DeclContext>(D));
    if (U.inSystemHeader(D))
      return;
    if (const auto *T = dyn_cast<FunctionTemplateDecl>(D)) {
      if (T->getCanonicalDecl() == T)
        for (const FunctionDecl *S : T->specializations())
          function(S);
      return;
    }
    if (const auto *T = dyn_cast<ClassTemplateDecl>(D)) {
      if (T->getCanonicalDecl() == T)
        for (const ClassTemplateSpecializationDecl *S : T->specializations())
          if (S->getSpecializationKind() != TSK_ExplicitSpecialization)
            record(S);
      return;
    }
    if (const auto *R = dyn_cast<RecordDecl>(D))
      describeClass(U, R);
    if (const auto *R = dyn_cast<CXXRecordDecl>(D))
      return record(R);
    if (const auto *F = dyn_cast<FunctionDecl>(D))
      return function(F);
    if (const auto *V = dyn_cast<VarDecl>(D); V && V->getInit() && V->hasGlobalStorage()) {
      findAddressed(U, V->getInit());
      findStaticCalls(U, V);
    }
    if (const auto *V = dyn_cast<VarDecl>(D))
      if (V->hasGlobalStorage() && !V->getType()->isDependentType()) {
        U.mention(V);
        describeMember(U, V);
      }
    if (const auto *M = dyn_cast<FieldDecl>(D))
      describeMember(U, M);
  }

private:
  void record(const CXXRecordDecl *R) {
    // A lambda in a class belongs to the constructors, as default member initializers do.
    if (!R->isThisDeclarationADefinition() || R->isDependentContext() ||
        (R->isLambda() && isa<CXXRecordDecl>(R->getDeclContext())))
      return;
    context(R);
  }

  void function(const FunctionDecl *F) {
    if (F->isDependentContext() || !F->doesThisDeclarationHaveABody() || F->isInvalidDecl())
      return;
    // Defaulted special members are the compiler's, but for what they run of ours.
    const auto *M = dyn_cast<CXXMethodDecl>(F);
    if (F->isDefaulted() && !(M && U.actsImplicitly(M)))
      return;
    extractFunction(U, F, {});
    while (!U.Lambdas.empty()) {
      PendingLambda L = U.Lambdas.front();
      U.Lambdas.pop_front();
      const CXXMethodDecl *Call = L.Lambda->getCallOperator();
      if (!Seen.insert(Call).second) // by way of another constructor
        continue;
      if (!L.Lambda->isGenericLambda())
        extractFunction(U, Call, L.Parent);
      else
        for (const FunctionDecl *S : L.Lambda->getDependentCallOperator()->specializations())
          extractFunction(U, S, L.Parent);
    }
    for (const CXXRecordDecl *R : std::exchange(U.LocalClasses, {}))
      record(R);
  }

  UnitContext &U;
  llvm::DenseSet<const CXXMethodDecl *> Seen;
};

} // namespace

void extractFunction(UnitContext &Unit, const FunctionDecl *Fn, Symbol Parent) {
  const Stmt *Body = Fn->getBody();
  if (!Body)
    return;
  FunctionFacts Facts;
  Facts.Usr = Unit.usr(Fn);
  Facts.Name = Unit.name(Fn);
  Facts.Parent = Parent;
  Facts.Link = linkageOf(Fn, Unit.Ast);
  Facts.Main = Fn->isMain();
  Facts.Parameters = Fn->getNumParams();
  Facts.At = Unit.span(Fn->getLocation());
  Facts.Body = Unit.span(Body->getSourceRange());
  Facts.Coroutine = isa<CoroutineBodyStmt>(Body);
  if (const auto *T = Fn->getType()->getAs<FunctionProtoType>())
    for (const FunctionEffectWithCondition &E : T->getFunctionEffects())
      Facts.NonBlocking |= E.Effect.kind() == FunctionEffect::Kind::NonBlocking;
  FunctionContext F(Unit, Fn, Facts);
  if (const auto *M = dyn_cast<CXXMethodDecl>(Fn)) {
    Facts.Class = Unit.usr(M->getParent());
    Facts.Constructor = isa<CXXConstructorDecl>(M);
    Facts.Destructor = isa<CXXDestructorDecl>(M);
    Facts.Const = M->isConst();
    overridden(Unit, M, Facts.Overrides);
    llvm::sort(Facts.Overrides);
    Facts.Overrides.erase(std::unique(Facts.Overrides.begin(), Facts.Overrides.end()),
                          Facts.Overrides.end());
    if (M->getParent()->isLambda())
      F.OwnsThis = llvm::any_of(M->getParent()->captures(), [](const LambdaCapture &C) {
        return C.getCaptureKind() == LCK_StarThis;
      });
    if (M->getParent()->isLambda())
      for (const LambdaCapture &C : M->getParent()->captures())
        if (C.capturesVariable() && C.getCaptureKind() == LCK_ByCopy)
          if (const auto *V = dyn_cast<VarDecl>(C.getCapturedVar());
              V && !V->getType()->isReferenceType())
            F.Copied.insert(V->getCanonicalDecl());
  }
  describeFunction(F);
  F.Loops = numberLoops(F);
  F.prepare(Body);
  F.findTests(Body);
  F.findDeciding(Body);
  extractGraph(F);
  fillLoops(F);
  Unit.Facts.Functions.push_back(std::move(Facts));
}

UnitFacts extractUnit(ASTContext &Ast, const Models &Apis) {
  UnitFacts Facts;
  UnitContext U(Ast, Apis, Facts);
  if (OptionalFileEntryRef Main = U.Sources.getFileEntryRefForID(U.Sources.getMainFileID()))
    Facts.MainFile = U.span(U.Sources.getLocForStartOfFile(U.Sources.getMainFileID())).File;
  // What the compiler rejected leaves expressions without types and values in the tree.
  if (!Ast.getDiagnostics().hasUncompilableErrorOccurred())
    Walk(U).context(Ast.getTranslationUnitDecl());
  U.Fds.finish();
  listInputs(U);
  llvm::sort(Facts.Functions, [](const FunctionFacts &A, const FunctionFacts &B) {
    return std::tie(A.At, A.Usr) < std::tie(B.At, B.Usr);
  });
  llvm::sort(Facts.Variables, [](const Variable &A, const Variable &B) { return A.Usr < B.Usr; });
  for (std::vector<Symbol> *Names : {&Facts.LocalClasses, &Facts.Addressed}) {
    llvm::sort(*Names);
    Names->erase(std::unique(Names->begin(), Names->end()), Names->end());
  }
  llvm::sort(Facts.Fields, [](const Field &A, const Field &B) {
    return std::tie(A.Usr, A.At) < std::tie(B.Usr, B.At);
  });
  return Facts;
}

} // namespace heddle
