#include "facts/loops.h"

#include "facts/loopbody.h"

#include "clang/AST/StmtOpenMP.h"
#include "clang/Basic/Builtins.h"

namespace heddle {

using namespace clang;

namespace {

bool isLoop(const Stmt *S) { return isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(S); }

/// Trip count of a loop whose bound is not a constant, for estimates of cost.
constexpr double AssumedTrip = 16;

/// A function of the C library with a body worth counting.
bool isLibraryFunction(FunctionContext &F, const FunctionDecl *Callee) {
  if (unsigned Id = Callee->getBuiltinID())
    return F.Unit.Ast.BuiltinInfo.isPredefinedLibFunction(Id);
  // std::sqrt(float) and the like.
  return F.Unit.inSystemHeader(Callee) && Callee->getNumParams() &&
         Callee->getParamDecl(0)->getType()->isRealFloatingType();
}

SourceLocation headerEnd(const Stmt *S) {
  if (const auto *L = dyn_cast<ForStmt>(S))
    return L->getRParenLoc();
  if (const auto *L = dyn_cast<WhileStmt>(S))
    return L->getRParenLoc();
  if (const auto *L = dyn_cast<CXXForRangeStmt>(S))
    return L->getRParenLoc();
  return cast<DoStmt>(S)->getDoLoc();
}

const Stmt *bodyOf(const Stmt *S) {
  if (const auto *L = dyn_cast<ForStmt>(S))
    return L->getBody();
  if (const auto *L = dyn_cast<WhileStmt>(S))
    return L->getBody();
  if (const auto *L = dyn_cast<CXXForRangeStmt>(S))
    return L->getBody();
  return cast<DoStmt>(S)->getBody();
}

void number(FunctionContext &F, const Stmt *S, uint32_t Parent,
            llvm::DenseMap<const Stmt *, uint32_t> &Out) {
  if (isa<CallExpr>(S) && algorithmOf(F.Unit, S).Model) {
    const auto *C = cast<CallExpr>(S);
    Loop L;
    L.Kind = LoopKind::Algorithm;
    L.Parent = Parent;
    L.At = L.Body = F.Unit.span(C->getSourceRange());
    Out[S] = F.Facts.Loops.size();
    // What it is given is evaluated before it runs.
    F.Facts.Loops.push_back(std::move(L));
  }
  F.HasDirectives |= isa<OMPExecutableDirective>(S);
  if (isLoop(S)) {
    Loop L;
    L.Kind = isa<ForStmt>(S)     ? LoopKind::For
             : isa<WhileStmt>(S) ? LoopKind::While
             : isa<DoStmt>(S)    ? LoopKind::Do
                                 : LoopKind::RangeFor;
    L.Parent = Parent;
    L.At = F.Unit.span(SourceRange(S->getBeginLoc(), headerEnd(S)));
    L.Body = F.Unit.span(bodyOf(S)->getSourceRange());
    Parent = F.Facts.Loops.size();
    Out[S] = Parent;
    F.Facts.Loops.push_back(std::move(L));
  }
  forEachChild(S, [&](const Stmt *C) { number(F, C, Parent, Out); });
}

/// Operations of one execution of S. Address arithmetic, operators, loads of
/// memory and calls count; constants and variables do not. A function of the C
/// library (exp, strlen) counts 20.
double cost(FunctionBody &B, const Stmt *S) {
  double Sum = 0;
  if (isa<BinaryOperator, UnaryOperator, ArraySubscriptExpr, CXXNewExpr, CXXDeleteExpr>(S))
    Sum = 1;
  else if (const auto *C = dyn_cast<CallExpr>(S)) {
    const FunctionDecl *Callee = C->getDirectCallee();
    Sum = isa<CXXOperatorCallExpr>(C) ? 1 : Callee && isLibraryFunction(B.F, Callee) ? 20 : 4;
  } else if (const auto *M = dyn_cast<MemberExpr>(S); M && M->isArrow())
    Sum = 1;
  forEachChild(S, [&](const Stmt *C) { Sum += cost(B, C); });
  auto It = B.F.Loops.find(S);
  if (It == B.F.Loops.end())
    return Sum;
  Loop &L = B.facts().Loops[It->second];
  if (L.Kind == LoopKind::RangeFor)
    Sum += 2;
  L.Cost = Sum;
  return Sum * (L.Trip ? static_cast<double>(*L.Trip) : AssumedTrip);
}

/// An integer is compared with something, other than whether it is above zero.
bool isBounded(const Expr *E, const ASTContext &Ast) {
  const auto *B = E ? dyn_cast<BinaryOperator>(strip(E)) : nullptr;
  if (!B)
    return false;
  if (B->isLogicalOp())
    return isBounded(B->getLHS(), Ast) || isBounded(B->getRHS(), Ast);
  if (!B->isRelationalOp() || !B->getLHS()->getType()->isIntegerType())
    return false;
  return constantOf(B->getLHS(), Ast).value_or(1) > 0 &&
         constantOf(B->getRHS(), Ast).value_or(1) > 0;
}

/// Fills Loop::Limit. Loop is the innermost one around S.
void findLimits(FunctionContext &F, const Stmt *S, uint32_t Loop) {
  const Expr *Condition = nullptr;
  if (const auto *I = dyn_cast<IfStmt>(S))
    Condition = I->getCond();
  else if (const auto *W = dyn_cast<WhileStmt>(S))
    Condition = W->getCond();
  if (Loop != None && !F.Facts.Loops[Loop].Limit.valid() && isBounded(Condition, F.Unit.Ast))
    F.Facts.Loops[Loop].Limit = F.Unit.span(Condition->getSourceRange());
  if (auto It = F.Loops.find(S); It != F.Loops.end() && isLoop(S))
    Loop = It->second;
  forEachChild(S, [&](const Stmt *C) { findLimits(F, C, Loop); });
}

} // namespace

llvm::DenseMap<const Stmt *, uint32_t> numberLoops(FunctionContext &F) {
  llvm::DenseMap<const Stmt *, uint32_t> Out;
  if (const Stmt *Body = F.Fn->getBody())
    number(F, Body, None, Out);
  return Out;
}

void fillLoops(FunctionContext &F) {
  const Stmt *Body = F.Fn->getBody();
  if (!Body)
    return;
  FunctionBody B(F);
  B.Headers.resize(F.Facts.Loops.size());
  for (const auto &[S, L] : F.Loops)
    B.Headers[L].S = S;
  collectUses(B, Body);
  evaluate(B, Body);
  for (uint32_t L = 0; L < B.Headers.size(); ++L)
    recogniseHeader(B, L);
  keepInMemory(B);
  findInductions(B);
  F.Facts.Cost = cost(B, Body);
  findLimits(F, Body, None);
  classifyScalars(B);
  collect(B);
  if (F.HasDirectives)
    fillRegions(B);
  spellLoops(B, Body);
  for (uint32_t C = 0; C < F.Facts.Calls.size(); ++C) {
    const Call &Each = F.Facts.Calls[C];
    if (Each.Loop == None || B.Handled.contains(C))
      continue;
    // Library destructors only undo what the library's constructors did.
    if (Each.System && Each.Name.str().contains("::~"))
      continue;
    F.Facts.Loops[Each.Loop].Calls.push_back(C);
  }
}

} // namespace heddle
