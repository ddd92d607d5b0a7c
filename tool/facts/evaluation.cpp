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
#include "facts/loopbody.h"

#include "clang/AST/Attr.h"
#include "clang/AST/StmtOpenMP.h"
#include "clang/Basic/Builtins.h"
#include "clang/Basic/OpenMPKinds.h"
#include "llvm/ADT/FoldingSet.h"

namespace heddle {

using namespace clang;

namespace {

constexpr unsigned MaxDepth = 1500;

const Expr *plain(const Expr *E) { return E->IgnoreParenImpCasts(); }

bool mentions(const Stmt *S, const Expr *LV, const ASTContext &Ast, unsigned Depth = 0) {
  if (!S || Depth > MaxDepth)
    return true;
  if (const auto *E = dyn_cast<Expr>(S); E && sameExpr(E, LV, Ast))
    return true;
  return llvm::any_of(S->children(), [&](const Stmt *C) {
    return C && mentions(C, LV, Ast, Depth + 1);
  });
}

const VarDecl *variableOf(const Expr *E) {
  const auto *D = dyn_cast<DeclRefExpr>(plain(E));
  const auto *V = D ? dyn_cast<VarDecl>(D->getDecl()) : nullptr;
  return V ? V->getCanonicalDecl() : nullptr;
}

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

/// Part of the implementation of the standard library: in namespace std, or in
/// one of the reserved names.
bool isStandard(const Decl *D) {
  const DeclContext *Outermost = nullptr;
  for (const DeclContext *C = D->getDeclContext(); C && !C->isTranslationUnit(); C = C->getParent())
    if (C->isNamespace())
      Outermost = C;
  const auto *N = dyn_cast_or_null<NamespaceDecl>(Outermost);
  return N && (N->isStdNamespace() || N->getName().starts_with("__"));
}

/// The variable of `x`, `x.f` and `x[i]`: what changes when these do.
const VarDecl *rootOf(const Expr *E) {
  E = plain(E);
  if (const auto *M = dyn_cast<MemberExpr>(E); M && !M->isArrow())
    return rootOf(M->getBase());
  if (const auto *C = dyn_cast<CastExpr>(E))
    return rootOf(C->getSubExpr());
  return variableOf(E);
}

} // namespace

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

bool writesIn(const Stmt *S, const VarDecl *V) {
  if (!S)
    return false;
  if (const auto *B = dyn_cast<BinaryOperator>(S); B && B->isAssignmentOp())
    if (rootOf(B->getLHS()) == V)
      return true;
  if (const auto *U = dyn_cast<UnaryOperator>(S))
    if ((U->isIncrementDecrementOp() || U->getOpcode() == UO_AddrOf) && rootOf(U->getSubExpr()) == V)
      return true;
  if (const auto *C = dyn_cast<CallExpr>(S)) {
    const FunctionDecl *F = C->getDirectCallee();
    bool Operator = isa<CXXOperatorCallExpr>(C) && isa_and_nonnull<CXXMethodDecl>(F);
    for (unsigned I = 0; I < C->getNumArgs(); ++I) {
      if (!C->getArg(I)->isGLValue() || rootOf(C->getArg(I)) != V)
        continue;
      if (Operator && I == 0) {
        if (!isAccessor(cast<CXXMethodDecl>(F)))
          return true;
        continue;
      }
      unsigned P = Operator ? I - 1 : I;
      if (!F || P >= F->getNumParams() ||
          (F->getParamDecl(P)->getType()->isReferenceType() &&
           !F->getParamDecl(P)->getType().getNonReferenceType().isConstQualified()))
        return true;
    }
    if (const auto *M = dyn_cast<CXXMemberCallExpr>(C);
        M && M->getMethodDecl() && !isAccessor(M->getMethodDecl()) &&
        rootOf(M->getImplicitObjectArgument()) == V)
      return true;
  }
  if (const auto *D = dyn_cast<DeclStmt>(S))
    for (const Decl *Each : D->decls())
      if (const auto *R = dyn_cast<VarDecl>(Each);
          R && R->getType()->isReferenceType() && R->getInit() &&
          !R->getType().getNonReferenceType().isConstQualified() && rootOf(R->getInit()) == V)
        return true;
  if (const auto *L = dyn_cast<LambdaExpr>(S); L && writesIn(L->getBody(), V))
    return true;
  bool Found = false;
  forEachChild(S, [&](const Stmt *C) { Found = Found || writesIn(C, V); });
  return Found;
}

void collectUses(FunctionBody &B, const Stmt *S) {
  if (const auto *D = dyn_cast<BinaryOperator>(S); D && D->isAssignmentOp())
    if (const VarDecl *V = rootOf(D->getLHS()))
      ++B.Uses[V].Writes;
  if (const auto *U = dyn_cast<UnaryOperator>(S))
    if (const VarDecl *V = rootOf(U->getSubExpr())) {
      if (U->isIncrementDecrementOp())
        ++B.Uses[V].Writes;
      if (U->getOpcode() == UO_AddrOf)
        B.Uses[V].AddressTaken = true;
    }
  if (const auto *C = dyn_cast<CompoundStmt>(S))
    for (const Stmt *Each : C->body())
      if (const auto *A = dyn_cast<BinaryOperator>(Each); A && A->getOpcode() == BO_Assign)
        if (const VarDecl *V = variableOf(A->getLHS())) {
          B.Uses[V].Assignment = A;
          B.Uses[V].Block = C;
        }
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
            R && R->getType()->isReferenceType() && R->getInit())
          Candidates.push_back(R->getInit());
    for (const Expr *E : Candidates)
      if (const VarDecl *V = E->isGLValue() ? rootOf(E) : nullptr; V && writesIn(S, V))
        ++B.Uses[V].Writes;
  }
  if (const auto *L = dyn_cast<LambdaExpr>(S))
    for (const LambdaCapture &C : L->captures())
      if (C.capturesVariable() && C.getCaptureKind() == LCK_ByRef)
        if (const auto *V = dyn_cast<VarDecl>(C.getCapturedVar());
            V && writesIn(L->getBody(), V->getCanonicalDecl()))
          ++B.Uses[V->getCanonicalDecl()].Writes;
  forEachChild(S, [&](const Stmt *C) { collectUses(B, C); });
}

namespace {

class Evaluation {
public:
  explicit Evaluation(FunctionBody &B) : B(B), F(B.F), Ast(B.F.Unit.Ast), Out(&B.Root.Kids) {}

  void statement(const Stmt *S);
  void eval(const Expr *E, bool Discard = false);

private:
  struct Frame {
    uint32_t Loop; ///< None for a switch.
    const Stmt *S;
  };

  /// Runs Do with a fresh sequence and returns it.
  template <class Fn> Step sequence(Fn Do) {
    Step S;
    std::vector<Step> *Outer = Out;
    Out = &S.Kids;
    Do();
    Out = Outer;
    return S;
  }
  void push(Step::Kind K) { Out->emplace_back().What = K; }
  void jump() { push(Step::Jump); }

  void markUnknown(llvm::StringRef Why, SourceRange At) {
    for (const Frame &E : Around)
      if (E.Loop != None && B.facts().Loops[E.Loop].Unknown.empty()) {
        B.facts().Loops[E.Loop].Unknown = Symbol(Why);
        B.facts().Loops[E.Loop].UnknownAt = F.Unit.span(At);
      }
  }
  void markExit(uint32_t L, SourceRange At) {
    if (!B.facts().Loops[L].EarlyExit.valid())
      B.facts().Loops[L].EarlyExit = F.Unit.span(At);
    B.Headers[L].HasBreak = true;
  }
  void exitAll(SourceRange At) {
    for (const Frame &E : Around)
      if (E.Loop != None)
        markExit(E.Loop, At);
  }
  uint32_t innermost() const {
    for (const Frame &E : llvm::reverse(Around))
      if (E.Loop != None)
        return E.Loop;
    return None;
  }
  void declare(const VarDecl *V) {
    if (V->hasGlobalStorage())
      return;
    Symbol Usr = F.Unit.usr(V);
    for (const Frame &E : Around)
      if (E.Loop != None)
        B.facts().Loops[E.Loop].Locals.push_back(Usr);
  }

  bool implicitCalls(const Stmt *S);
  void declaration(const DeclStmt *D);
  void loop(const Stmt *S, const Stmt *Init, llvm::function_ref<void()> Condition,
            const Stmt *Body, const Expr *Increment, bool AtLeastOnce);
  void directive(const OMPExecutableDirective *D);
  bool minMaxBranch(const IfStmt *S);
  Step *access(const Expr *E, bool Reads, bool Writes, Step::Extent Size = Step::Element);
  void update(const Expr *LHS, const Expr *RHS, const Expr *At, llvm::StringRef Operator);
  llvm::StringRef reduction(const Expr *LHS, const Expr *RHS);
  bool assign(const BinaryOperator *A, bool Discard);
  void call(const CallExpr *E);
  void construct(const CXXConstructExpr *E);
  void argument(const FunctionDecl *Callee, unsigned Number, const Expr *E, uint32_t Call, bool Known,
                bool Pure = false);
  void lambda(const LambdaExpr *L);

  FunctionBody &B;
  FunctionContext &F;
  const ASTContext &Ast;
  std::vector<Step> *Out;
  llvm::SmallVector<Frame, 8> Around;
  /// A glvalue whose reads are part of a reduction.
  const Expr *Suppressed = nullptr;
  Symbol Region; ///< Parallel annotation that the next loops are under.
  unsigned Depth = 0;
};

void Evaluation::statement(const Stmt *S) {
  if (!S)
    return;
  if (++Depth > MaxDepth) {
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
    loop(S, L->getInit(),
         [&] {
           if (L->getConditionVariableDeclStmt())
             statement(L->getConditionVariableDeclStmt());
           if (L->getCond())
             eval(L->getCond());
         },
         L->getBody(), L->getInc(), false);
  } else if (const auto *L = dyn_cast<WhileStmt>(S)) {
    loop(S, nullptr,
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
    for (const Stmt *Part : {static_cast<const Stmt *>(R->getBeginStmt()),
                             static_cast<const Stmt *>(R->getEndStmt()),
                             static_cast<const Stmt *>(R->getCond()),
                             static_cast<const Stmt *>(R->getInc()),
                             static_cast<const Stmt *>(R->getLoopVarStmt())})
      Library &= implicitCalls(Part);
    loop(S, nullptr,
         [&] {
           declare(R->getLoopVariable());
           if (!Library)
             markUnknown("what the iterators of its range do is not known", R->getRangeInit()->getSourceRange());
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
    Branch.Kids.push_back(sequence([&] { statement(T->getTryBlock()); }));
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

/// The calls of a range-for that are not written down. False when some are not
/// the standard library's.
bool Evaluation::implicitCalls(const Stmt *S) {
  if (!S)
    return true;
  bool Library = true;
  if (const auto *C = dyn_cast<CallExpr>(S)) {
    Library = C->getDirectCallee() && isStandard(C->getDirectCallee()) &&
              F.Unit.inSystemHeader(C->getDirectCallee());
    if (auto It = F.CallIndices.find(C); Library && It != F.CallIndices.end())
      B.Handled.insert(It->second);
  }
  for (const Stmt *Child : S->children())
    if (Child)
      Library &= implicitCalls(Child);
  return Library;
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

void Evaluation::directive(const OMPExecutableDirective *D) {
  OpenMPDirectiveKind K = D->getDirectiveKind();
  Symbol Saved = Region;
  if (isOpenMPParallelDirective(K) || isOpenMPWorksharingDirective(K) ||
      isOpenMPTaskLoopDirective(K) || isOpenMPTeamsDirective(K) || isOpenMPDistributeDirective(K))
    Region = Symbol("openmp");
  if (D->hasAssociatedStmt())
    statement(D->getRawStmt());
  Region = Saved;
}

bool Evaluation::minMaxBranch(const IfStmt *S) {
  const Stmt *Then = S->getThen();
  if (const auto *C = dyn_cast<CompoundStmt>(Then); C && C->size() == 1)
    Then = C->body_front();
  const auto *A = dyn_cast<BinaryOperator>(Then);
  const auto *C = dyn_cast<BinaryOperator>(plain(S->getCond()));
  if (S->getElse() || !A || A->getOpcode() != BO_Assign || !C || !C->isRelationalOp())
    return false;
  bool Left = sameExpr(C->getLHS(), A->getLHS(), Ast) && sameExpr(C->getRHS(), A->getRHS(), Ast);
  bool Right = sameExpr(C->getRHS(), A->getLHS(), Ast) && sameExpr(C->getLHS(), A->getRHS(), Ast);
  if (Left == Right || mentions(A->getRHS(), A->getLHS(), Ast))
    return false;
  bool Less = C->getOpcode() == BO_LT || C->getOpcode() == BO_LE;
  update(A->getLHS(), A->getRHS(), A, Less == Left ? "max" : "min");
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
    if (Left == Right)
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
    case BO_Add: case BO_Sub: case BO_Mul: case BO_And: case BO_Or: case BO_Xor:
    case BO_LAnd: case BO_LOr:
      break;
    default:
      return {};
    }
    if (!Operator.empty() && Op != Operator)
      return {};
    Operator = Op;
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
    case BO_AddAssign: case BO_SubAssign:
      Operator = "+";
      By = Constant(RHS);
      if (By && A->getOpcode() == BO_SubAssign)
        By = -*By;
      break;
    case BO_MulAssign: Operator = "*"; break;
    case BO_AndAssign: Operator = "&"; break;
    case BO_OrAssign: Operator = "|"; break;
    case BO_XorAssign: Operator = "^"; break;
    default: break;
    }
    if (!Discard || mentions(RHS, LHS, Ast) || LHS->getType()->isAnyPointerType())
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
  if (const VarDecl *V = variableOf(Root); V && isScalarVariable(V) && !T->isArrayType()) {
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
  if (++Depth > MaxDepth) {
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
    if (C->getCastKind() == CK_LValueToRValue)
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
    call(C);
  } else if (const auto *C = dyn_cast<CXXConstructExpr>(E)) {
    construct(C);
  } else if (const auto *L = dyn_cast<LambdaExpr>(E)) {
    lambda(L);
  } else if (const auto *S = dyn_cast<StmtExpr>(E)) {
    statement(S->getSubStmt());
  } else if (isa<CXXThrowExpr>(E)) {
    forEachChild(E, [&](const Stmt *K) { eval(dyn_cast<Expr>(K)); });
    exitAll(E->getSourceRange());
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

/// One argument of a call. Known: the call's effect is what the parameter's type
/// allows; otherwise the callee's summary will say.
void Evaluation::argument(const FunctionDecl *Callee, unsigned Number, const Expr *E, uint32_t Call,
                          bool Known, bool Pure) {
  eval(E);
  const ParmVarDecl *P =
      Callee && Number < Callee->getNumParams() ? Callee->getParamDecl(Number) : nullptr;
  QualType T = P ? P->getType() : E->getType();
  bool Reference = P && T->isReferenceType();
  const Expr *S = strip(E);
  if (!Reference && !T->isAnyPointerType() && !isPointerLike(T)) {
    // A record by value without a copy constructor that is called (C).
    return;
  }
  const auto *AddressOf = dyn_cast<UnaryOperator>(S);
  if (AddressOf && AddressOf->getOpcode() != UO_AddrOf)
    AddressOf = nullptr;
  if (Reference && !S->isGLValue() && !isPointerLike(T))
    return; // a temporary of the call
  const Expr *Object = Reference && S->isGLValue() ? S : AddressOf ? AddressOf->getSubExpr() : nullptr;
  QualType Pointed = Reference ? T.getNonReferenceType() : T->getPointeeType();
  bool Const = Pure || (!Pointed.isNull() && Pointed.isConstQualified());
  if (Object && Object->getType()->isFunctionType())
    return;
  if (Known || (Object && rootOf(Object) && isScalarVariable(rootOf(Object)))) {
    if (Object) {
      bool Array = Object->getType()->isArrayType();
      if (Step *A = access(Object, true, !Const, Array ? Step::Range : Step::Element))
        A->Escapes = !Known;
    } else if (!Reference && !(Pointed.isNull() ? false : Pointed->isFunctionType())) {
      if (Step *A = access(S, true, !Const, Step::Range)) {
        A->Var = nullptr;
        A->Pointee = true;
      }
    }
  }
  if (!Known && innermost() != None)
    B.Arguments.push_back({innermost(), Call, Number, E});
}

void Evaluation::call(const CallExpr *E) {
  const FunctionDecl *Callee = E->getDirectCallee();
  auto Found = F.CallIndices.find(E);
  uint32_t Index = Found == F.CallIndices.end() ? None : Found->second;
  const Expr *Object = nullptr;
  const CXXRecordDecl *Class = nullptr;
  unsigned First = 0;
  if (const auto *M = dyn_cast<CXXMemberCallExpr>(E)) {
    Object = M->getImplicitObjectArgument();
    Class = M->getRecordDecl();
  } else if (isa<CXXOperatorCallExpr>(E) && isa_and_nonnull<CXXMethodDecl>(Callee)) {
    Object = E->getArg(0);
    First = 1;
  }
  if (!Callee)
    eval(E->getCallee());
  if (Object)
    eval(Object);

  bool System = Callee && F.Unit.inSystemHeader(Callee);
  unsigned Builtin = Callee ? Callee->getBuiltinID() : 0;
  const ApiModel Api = Callee ? F.Unit.api(Callee, Class) : ApiModel();
  bool Acts = Api.Blocks || Api.Locks || Api.Launches || Api.Joins || Api.Hazard;
  bool Pure = Callee && (Api.Pure || Callee->hasAttr<ConstAttr>() || Callee->hasAttr<PureAttr>() ||
                         (Builtin && (Ast.BuiltinInfo.isConst(Builtin) ||
                                      Ast.BuiltinInfo.isConstWithoutErrnoAndExceptions(Builtin) ||
                                      Ast.BuiltinInfo.isPure(Builtin))));
  bool Library = System && (isStandard(Callee) || Callee->isOverloadedOperator() ||
                            Api.Container || Api.Returns);
  // strlen, memcpy, frexp...: what the compiler knows acts on its arguments only.
  bool OnArguments =
      Builtin && llvm::is_contained({"string.h", "strings.h", "math.h", "ctype.h", "complex.h",
                                     "wchar.h"},
                                    llvm::StringRef(Ast.BuiltinInfo.getHeaderName(Builtin)
                                                        ? Ast.BuiltinInfo.getHeaderName(Builtin)
                                                        : ""));
  bool Known = (Pure && !Object) || ((Library || OnArguments || (Builtin && Api.Returns)) && !Acts);
  if (Callee && Callee->hasAttr<ReturnsTwiceAttr>())
    markUnknown("setjmp", E->getSourceRange());

  for (unsigned I = First; I < E->getNumArgs(); ++I)
    argument(Callee, I - First, E->getArg(I), Index, Known, Pure);
  if (Callee && Callee->isNoReturn()) {
    if (Index != None)
      B.Handled.insert(Index);
    jump();
    return;
  }
  if (Known && Index != None)
    B.Handled.insert(Index);
  const auto *Method = dyn_cast_or_null<CXXMethodDecl>(Callee);
  if (!Object || !Method)
    return;
  if (!Known) {
    if (innermost() != None)
      B.Arguments.push_back({innermost(), Index, None, Object});
    if (!Method->isStatic() && rootOf(Object) && isScalarVariable(rootOf(Object)))
      if (Step *A = access(Object, true, !Method->isConst()))
        A->Escapes = true;
    return;
  }
  // Element access is an access where the result is used, not here.
  bool Structure = Api.Container && Api.Container->Effect == ContainerEffect::WriteStructure;
  if ((Api.Returns || Pure) && !Structure)
    return;
  bool Pointer = Object->getType()->isAnyPointerType();
  OverloadedOperatorKind Op = Method->getOverloadedOperator();
  bool Write = !Method->isConst();
  if (Api.Container && Api.Container->Effect == ContainerEffect::ReadStructure)
    Write = false;
  if (Api.Container && Api.Container->Effect == ContainerEffect::Atomic)
    markUnknown("an atomic access", E->getSourceRange());
  if (!Write && (E->getNumArgs() == First || Op == OO_Subscript || Op == OO_Star || Op == OO_Arrow))
    return; // size(), empty(), *it: the elements are not read by this alone
  bool Assign = Op == OO_Equal;
  if (Step *A = access(Object, !Assign, Write, Step::Whole)) {
    A->Pointee = Pointer;
    if (Op == OO_PlusPlus || Op == OO_MinusMinus)
      A->Advance = Op == OO_PlusPlus ? 1 : -1;
    if ((Op == OO_PlusEqual || Op == OO_MinusEqual) && E->getNumArgs() == 2)
      if (Expr::EvalResult V; !E->getArg(1)->isValueDependent() &&
                              E->getArg(1)->getType()->isIntegerType() &&
                              E->getArg(1)->EvaluateAsInt(V, Ast) &&
                              V.Val.getInt().isRepresentableByInt64() &&
                              V.Val.getInt().getSignificantBits() <= 62)
        A->Advance = (Op == OO_PlusEqual ? 1 : -1) * V.Val.getInt().getExtValue();
    A->At = E;
  }
}

void Evaluation::construct(const CXXConstructExpr *E) {
  auto Found = F.CallIndices.find(E);
  uint32_t Index = Found == F.CallIndices.end() ? None : Found->second;
  const CXXConstructorDecl *C = E->getConstructor();
  const ApiModel &Api = F.Unit.api(C);
  bool Acts = Api.Blocks || Api.Locks || Api.Launches || Api.Joins || Api.Hazard;
  bool Known = C->isTrivial() || (F.Unit.inSystemHeader(C) && !Acts);
  for (unsigned I = 0; I < E->getNumArgs(); ++I)
    argument(C, I, E->getArg(I), Index, Known);
  if (Known && Index != None)
    B.Handled.insert(Index);
}

void Evaluation::lambda(const LambdaExpr *L) {
  auto Init = L->capture_init_begin();
  for (const LambdaCapture &C : L->captures()) {
    const Expr *I = *Init++;
    if (!C.capturesVariable() || !I)
      continue;
    const auto *V = dyn_cast<VarDecl>(C.getCapturedVar());
    if (!V)
      continue;
    if (C.getCaptureKind() != LCK_ByRef) {
      eval(I);
      continue;
    }
    bool Writes = writesIn(L->getBody(), V->getCanonicalDecl());
    if (Step *A = access(I, true, Writes, Step::Range))
      A->Escapes = Writes;
  }
}

} // namespace

void evaluate(FunctionBody &B, const Stmt *S) { Evaluation(B).statement(S); }

} // namespace heddle
