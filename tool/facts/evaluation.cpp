/// The body of a function as a tree of accesses in the order of evaluation.
///
/// C++ sequences the parts of an expression well enough for dependence: what
/// is loaded is computed before, what is stored after. So one walk of the
/// syntax gives every load and store in an order that any execution follows,
/// with branches as alternatives and loops as nodes, and the analyses of
/// scalars run on that tree without looking at Clang's AST again.
///
/// Example: `if (a[i] > m) m = a[i];` is one access with operator `max`, and
/// `t = a[i]; b[i] = t;` is: read a[i], write t, read t, write b[i].
#include "facts/evaluation.h"

#include "clang/AST/StmtOpenMP.h"

namespace heddle {

using namespace clang;

void Evaluation::statement(const Stmt *S) {
  if (!S)
    return;
  if (++Depth > MaxSyntaxDepth) {
    markUnknown("nested more deeply than the analysis follows", S->getSourceRange());
    --Depth;
    return;
  }
  if (const auto *C = dyn_cast<CompoundStmt>(S)) {
    for (const Stmt *Each : C->body())
      statement(Each);
  } else if (const auto *D = dyn_cast<DeclStmt>(S)) {
    declaration(D);
  } else if (const auto *I = dyn_cast<IfStmt>(S)) {
    statement(I->getInit());
    if (I->getConditionVariableDeclStmt())
      statement(I->getConditionVariableDeclStmt());
    if (!minMaxBranch(I)) {
      eval(I->getCond());
      Step Branch;
      Branch.What = Step::Branch;
      Branch.Condition = I->getCond();
      Branch.Kids.push_back(sequence([&] { statement(I->getThen()); }));
      Branch.Kids.push_back(sequence([&] { statement(I->getElse()); }));
      Out->push_back(std::move(Branch));
    }
  } else if (const auto *W = dyn_cast<SwitchStmt>(S)) {
    statement(W->getInit());
    if (W->getConditionVariableDeclStmt())
      statement(W->getConditionVariableDeclStmt());
    eval(W->getCond());
    Around.push_back({None, S});
    Step Body = sequence([&] { statement(W->getBody()); });
    Around.pop_back();
    Body.What = Step::Switch;
    Out->push_back(std::move(Body));
  } else if (const auto *C = dyn_cast<SwitchCase>(S)) {
    push(Step::Case);
    statement(C->getSubStmt());
  } else if (const auto *L = dyn_cast<ForStmt>(S)) {
    loop(
        S, L->getInit(),
        [&] {
          if (L->getConditionVariableDeclStmt())
            statement(L->getConditionVariableDeclStmt());
          if (L->getCond())
            eval(L->getCond());
        },
        L->getBody(), L->getInc(), false);
  } else if (const auto *L = dyn_cast<WhileStmt>(S)) {
    loop(
        S, nullptr,
        [&] {
          if (L->getConditionVariableDeclStmt())
            statement(L->getConditionVariableDeclStmt());
          eval(L->getCond());
        },
        L->getBody(), nullptr, false);
  } else if (const auto *L = dyn_cast<DoStmt>(S)) {
    loop(S, nullptr, [] {}, L->getBody(), L->getCond(), true);
  } else if (const auto *R = dyn_cast<CXXForRangeStmt>(S)) {
    statement(R->getInit());
    if (R->getRangeInit())
      eval(R->getRangeInit());
    bool Library = true;
    for (const Stmt *Part :
         {static_cast<const Stmt *>(R->getBeginStmt()), static_cast<const Stmt *>(R->getEndStmt()),
          static_cast<const Stmt *>(R->getCond()), static_cast<const Stmt *>(R->getInc()),
          static_cast<const Stmt *>(R->getLoopVarStmt())})
      Library &= implicitCalls(Part);
    loop(
        S, nullptr,
        [&] {
          declare(R->getLoopVariable());
          if (!Library)
            markUnknown("what the iterators of its range do is not known",
                        R->getRangeInit()->getSourceRange());
          if (R->getRangeInit()->isGLValue() && !R->getRangeInit()->getType()->isArrayType())
            if (Step *A = access(R->getRangeInit(), true, false, Step::Structure))
              A->Var = nullptr;
          // The element is copied; through a reference it is only named.
          if (R->getLoopVariable()->getType()->isReferenceType())
            return;
          Step &A = Out->emplace_back();
          A.What = Step::Access;
          A.Reads = true;
          A.Index = innermost();
        },
        R->getBody(), nullptr, false);
  } else if (isa<ReturnStmt, CoreturnStmt>(S)) {
    forEachChild(S, [&](const Stmt *C) {
      if (const auto *E = dyn_cast<Expr>(C))
        eval(E);
    });
    if (const auto *R = dyn_cast<ReturnStmt>(S))
      returned(R->getRetValue());
    exitAll(S->getSourceRange());
    jump();
  } else if (isa<BreakStmt>(S)) {
    if (!Around.empty() && Around.back().Loop != None)
      markExit(Around.back().Loop, S->getSourceRange());
    jump();
  } else if (isa<ContinueStmt>(S)) {
    if (uint32_t L = innermost(); L != None)
      B.Headers[L].HasContinue = true;
    jump();
  } else if (isa<GotoStmt, IndirectGotoStmt>(S)) {
    const auto *G = dyn_cast<GotoStmt>(S);
    for (const Frame &E : Around) {
      if (E.Loop == None)
        continue;
      SourceRange R = E.S->getSourceRange();
      const SourceManager &SM = F.Unit.Sources;
      SourceLocation To = G ? G->getLabel()->getLocation() : SourceLocation();
      bool Inside = To.isValid() && !SM.isBeforeInTranslationUnit(To, R.getBegin()) &&
                    !SM.isBeforeInTranslationUnit(R.getEnd(), To);
      if (!Inside)
        markExit(E.Loop, S->getSourceRange());
      else
        B.Headers[E.Loop].HasContinue = true;
    }
    jump();
  } else if (const auto *L = dyn_cast<LabelStmt>(S)) {
    B.HasLabels = true;
    push(Step::Label);
    statement(L->getSubStmt());
  } else if (const auto *A = dyn_cast<AttributedStmt>(S)) {
    statement(A->getSubStmt());
  } else if (const auto *T = dyn_cast<CXXTryStmt>(S)) {
    Step Branch;
    Branch.What = Step::Branch;
    Tries.push_back(innermost());
    Branch.Kids.push_back(sequence([&] { statement(T->getTryBlock()); }));
    Tries.pop_back();
    for (unsigned I = 0; I < T->getNumHandlers(); ++I)
      Branch.Kids.push_back(sequence([&] {
        if (const VarDecl *V = T->getHandler(I)->getExceptionDecl())
          declare(V);
        statement(T->getHandler(I)->getHandlerBlock());
      }));
    Out->push_back(std::move(Branch));
  } else if (const auto *D = dyn_cast<OMPExecutableDirective>(S)) {
    directive(D);
  } else if (const auto *C = dyn_cast<CapturedStmt>(S)) {
    statement(C->getCapturedStmt());
  } else if (isa<AsmStmt>(S)) {
    markUnknown("inline assembly", S->getSourceRange());
  } else if (const auto *E = dyn_cast<Expr>(S)) {
    eval(E, true);
  } else {
    forEachChild(S, [&](const Stmt *C) { statement(C); });
  }
  --Depth;
}

/// `return sum + x;` of a function whose first parameter is sum.
void Evaluation::returned(const Expr *Value) {
  bool First = !std::exchange(Returned, true);
  if (Value && F.Fn->getReturnType()->isReferenceType())
    B.Returned.push_back({Value, innermost()});
  B.facts().Folds = {};
  if (!First || !Value || !F.Fn->getNumParams())
    return;
  const ParmVarDecl *P = F.Fn->getParamDecl(0);
  if (P->getType()->isReferenceType() && !P->getType().getNonReferenceType().isConstQualified())
    return;
  auto *Ref = DeclRefExpr::Create(const_cast<ASTContext &>(Ast), NestedNameSpecifierLoc(),
                                  SourceLocation(), const_cast<ParmVarDecl *>(P), false,
                                  SourceLocation(), P->getType().getNonReferenceType(), VK_LValue);
  B.facts().Folds = Symbol(reduction(Ref, Value));
}

void Evaluation::declaration(const DeclStmt *D) {
  for (const Decl *Each : D->decls()) {
    const auto *V = dyn_cast<VarDecl>(Each);
    if (!V)
      continue;
    declare(V);
    if (!V->getInit() || V->hasGlobalStorage())
      continue;
    eval(V->getInit());
    // A proxy of an element, as of vector<bool>, stands for it from now on.
    if (const auto *C = dyn_cast<CallExpr>(strip(V->getInit()));
        C && C->isPRValue() && C->getType()->isRecordType() && C->getDirectCallee()) {
      const auto *M = dyn_cast<CXXMethodDecl>(C->getDirectCallee());
      const ReturnModel *R = M ? F.Unit.api(M, M->getParent()).Returns : nullptr;
      if (R && R->Returns == ReturnedPlace::Element && !isPointerLike(C->getType()))
        access(C, true, true);
    }
    if (V->getType()->isReferenceType() || !isScalarVariable(V))
      continue;
    Step &A = Out->emplace_back();
    A.What = Step::Access;
    A.Var = V->getCanonicalDecl();
    A.Writes = true;
    A.At = V->getInit();
  }
}

void Evaluation::loop(const Stmt *S, const Stmt *Init, llvm::function_ref<void()> Condition,
                      const Stmt *Body, const Expr *Increment, bool AtLeastOnce) {
  statement(Init);
  auto Found = F.Loops.find(S);
  uint32_t L = Found == F.Loops.end() ? None : Found->second;
  if (L == None)
    return;
  if (!Region.empty())
    B.facts().Loops[L].Parallel = Region;
  Symbol Saved = std::exchange(Region, Symbol());
  Step Node;
  Node.What = Step::Loop;
  Node.Index = L;
  Node.AtLeastOnce = AtLeastOnce;
  Around.push_back({L, S});
  Node.Kids.push_back(sequence(Condition));
  Node.Kids.push_back(sequence([&] { statement(Body); }));
  Node.Kids.push_back(sequence([&] {
    if (Increment)
      eval(Increment, true);
  }));
  Around.pop_back();
  Region = Saved;
  Out->push_back(std::move(Node));
}

void evaluate(FunctionBody &B, const Stmt *S) { Evaluation(B).statement(S); }

} // namespace heddle
