/// What the conditions of a function ask: those that are asked more than once, and
/// the values that decide. The first are such as `if (shared) lock();`
/// ... `if (shared) unlock();`. Paths on which the answers differ do not exist, and
/// the program stage leaves them out.
///
/// A condition qualifies when it has no side effects and nothing it reads is
/// assigned in the function after it is asked first. What callees or other
/// threads do to a member or global in between is not looked at.
#include "facts/context.h"

#include "clang/AST/RecursiveASTVisitor.h"

namespace heddle {

using namespace clang;

namespace {

constexpr unsigned MaxNodes = 24;

/// Variables and members that E reads; false when it does anything else.
bool reads(const Expr *E, llvm::SmallVectorImpl<const ValueDecl *> &Out, unsigned &Nodes) {
  E = strip(E);
  if (++Nodes > MaxNodes || E->isValueDependent())
    return false;
  if (const auto *D = dyn_cast<DeclRefExpr>(E)) {
    if (isa<VarDecl>(D->getDecl()))
      Out.push_back(D->getDecl());
    return isa<VarDecl, EnumConstantDecl>(D->getDecl()) && !D->getType().isVolatileQualified() &&
           !D->getType()->isAtomicType();
  }
  if (const auto *M = dyn_cast<MemberExpr>(E)) {
    Out.push_back(M->getMemberDecl());
    return isa<FieldDecl>(M->getMemberDecl()) && !M->getType().isVolatileQualified() &&
           !M->getType()->isAtomicType() && reads(M->getBase(), Out, Nodes);
  }
  if (isa<IntegerLiteral, CharacterLiteral, CXXBoolLiteralExpr, CXXNullPtrLiteralExpr, GNUNullExpr,
          CXXThisExpr>(E))
    return true;
  if (const auto *C = dyn_cast<CastExpr>(E))
    return !isa<CXXDynamicCastExpr>(C) && !C->getType()->isRecordType() &&
           reads(C->getSubExpr(), Out, Nodes);
  if (const auto *U = dyn_cast<UnaryOperator>(E))
    return !U->isIncrementDecrementOp() && U->getOpcode() != UO_AddrOf &&
           U->getOpcode() != UO_Deref && reads(U->getSubExpr(), Out, Nodes);
  if (const auto *B = dyn_cast<BinaryOperator>(E))
    return !B->isAssignmentOp() && reads(B->getLHS(), Out, Nodes) && reads(B->getRHS(), Out, Nodes);
  return false;
}

struct Asked {
  const Expr *Whole;
  Symbol Text;
  bool Negated;
  llvm::SmallVector<const ValueDecl *, 4> Reads;
};

class Finder : public RecursiveASTVisitor<Finder> {
public:
  explicit Finder(FunctionContext &F) : F(F) {}

  bool VisitIfStmt(IfStmt *S) { return ask(S->getCond()), true; }
  bool VisitConditionalOperator(ConditionalOperator *S) { return ask(S->getCond()), true; }
  bool VisitBinaryOperator(BinaryOperator *B) {
    if (B->isAssignmentOp())
      change(B->getLHS());
    return true;
  }
  bool VisitUnaryOperator(UnaryOperator *U) {
    if (U->isIncrementDecrementOp() || U->getOpcode() == UO_AddrOf)
      change(U->getSubExpr());
    return true;
  }
  bool TraverseLambdaExpr(LambdaExpr *) { return true; }

  void finish() {
    llvm::DenseMap<Symbol, llvm::SmallVector<const Asked *, 2>> ByText;
    for (const Asked &A : All)
      ByText[A.Text].push_back(&A);
    for (const auto &[Text, Same] : ByText) {
      if (Same.size() < 2)
        continue;
      SourceLocation First = Same.front()->Whole->getBeginLoc();
      bool Stable = llvm::none_of(Same.front()->Reads, [&](const ValueDecl *D) {
        const auto *V = dyn_cast<VarDecl>(D);
        if (V && F.Escaping.contains(V->getCanonicalDecl()))
          return true;
        return llvm::any_of(Changes.lookup(D->getCanonicalDecl()), [&](SourceLocation L) {
          return F.Unit.Sources.isBeforeInTranslationUnit(First, L);
        });
      });
      if (Stable)
        for (const Asked *A : Same)
          F.Tests[A->Whole] = {Text, A->Negated};
    }
  }

private:
  void ask(const Expr *Condition) {
    // Each operand of && and || is a branch of its own.
    const Expr *E = Condition ? Condition->IgnoreParenImpCasts() : nullptr;
    if (const auto *B = dyn_cast_or_null<BinaryOperator>(E); B && B->isLogicalOp()) {
      ask(B->getLHS());
      return ask(B->getRHS());
    }
    if (!Condition || Condition->isValueDependent())
      return;
    Asked A{E, {}, false, {}};
    const Expr *Core = core(Condition, A.Negated, F.Unit.Ast);
    unsigned Nodes = 0;
    if (!reads(Core, A.Reads, Nodes) || A.Reads.empty())
      return;
    A.Text = F.Unit.text(Core);
    All.push_back(std::move(A));
  }

  void change(const Expr *Target) {
    Target = strip(Target);
    SourceLocation At = Target->getBeginLoc();
    for (unsigned Depth = 0; Depth < 16; ++Depth) {
      if (const auto *M = dyn_cast<MemberExpr>(Target)) {
        Changes[M->getMemberDecl()->getCanonicalDecl()].push_back(At);
        if (M->isArrow())
          return;
        Target = strip(M->getBase());
      } else if (const auto *A = dyn_cast<ArraySubscriptExpr>(Target))
        Target = strip(A->getBase());
      else
        break;
    }
    if (const auto *D = dyn_cast<DeclRefExpr>(Target))
      Changes[D->getDecl()->getCanonicalDecl()].push_back(At);
  }

  FunctionContext &F;
  std::vector<Asked> All;
  llvm::DenseMap<const Decl *, llvm::SmallVector<SourceLocation, 2>> Changes;
};

class DecidingFinder : public RecursiveASTVisitor<DecidingFinder> {
public:
  explicit DecidingFinder(FunctionContext &F) : F(F) {}

  bool VisitIfStmt(IfStmt *S) { return decide(S->getCond()), true; }
  bool VisitWhileStmt(WhileStmt *S) { return decide(S->getCond()), true; }
  bool VisitDoStmt(DoStmt *S) { return decide(S->getCond()), true; }
  bool VisitForStmt(ForStmt *S) { return decide(S->getCond()), true; }
  bool VisitSwitchStmt(SwitchStmt *S) { return decide(S->getCond()), true; }
  bool VisitConditionalOperator(ConditionalOperator *S) { return decide(S->getCond()), true; }
  bool VisitReturnStmt(ReturnStmt *S) { return decide(S->getRetValue()), true; }
  bool VisitBinaryOperator(BinaryOperator *B) {
    if (B->isLogicalOp())
      decide(B->getLHS());
    if (B->getOpcode() == BO_Assign)
      if (const auto *D = dyn_cast<DeclRefExpr>(strip(B->getLHS())))
        Kept.push_back({D->getDecl()->getCanonicalDecl(), B->getRHS()});
    return true;
  }
  bool VisitVarDecl(VarDecl *V) {
    if (V->getInit())
      Kept.push_back({V->getCanonicalDecl(), V->getInit()});
    return true;
  }
  bool TraverseLambdaExpr(LambdaExpr *) { return true; }

  void finish() {
    // A variable may be kept in another one.
    for (bool Again = true; Again;) {
      Again = false;
      for (auto &[Variable, Value] : Kept)
        if (Value && Asked.contains(Variable)) {
          decide(std::exchange(Value, nullptr));
          Again = true;
        }
    }
  }

private:
  void decide(const Stmt *S, unsigned Depth = 0) {
    if (!S || Depth > 64 || isa<LambdaExpr>(S) || !F.Deciding.insert(S).second)
      return;
    if (const auto *D = dyn_cast<DeclRefExpr>(S))
      Asked.insert(D->getDecl()->getCanonicalDecl());
    for (const Stmt *Child : S->children())
      decide(Child, Depth + 1);
  }

  FunctionContext &F;
  llvm::DenseSet<const Decl *> Asked;
  std::vector<std::pair<const Decl *, const Expr *>> Kept;
};

} // namespace

const Expr *core(const Expr *E, bool &Negated, const ASTContext &Ast) {
  for (unsigned Rounds = 0; Rounds < 8; ++Rounds) {
    E = strip(E);
    if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->getOpcode() == UO_LNot) {
      Negated = !Negated;
      E = U->getSubExpr();
      continue;
    }
    const auto *B = dyn_cast<BinaryOperator>(E);
    if (!B || !B->isEqualityOp())
      return E;
    const Expr *Side = B->getRHS();
    if (!Side->isNullPointerConstant(const_cast<ASTContext &>(Ast),
                                     Expr::NPC_ValueDependentIsNotNull) &&
        constantOf(Side, Ast) != 0)
      return E;
    Negated ^= B->getOpcode() == BO_EQ;
    E = B->getLHS();
  }
  return E;
}

void FunctionContext::findDeciding(const Stmt *Body) {
  DecidingFinder Find(*this);
  Find.TraverseStmt(const_cast<Stmt *>(Body));
  Find.finish();
}

void FunctionContext::findTests(const Stmt *Body) {
  Finder Find(*this);
  Find.TraverseStmt(const_cast<Stmt *>(Body));
  Find.finish();
}

} // namespace heddle
