/// What the value that a call gives decides: the branch that is taken, and what the
/// function returns in turn. Of calls that may start a thread or a process: whether they
/// have done so is told by nothing else.
///
/// Example: `int e = pthread_create(&t, 0, run, arg); if (e != 0) { free(arg); return -1; }`
/// frees where no thread was started, and returns -1 from there only.
#include "facts/context.h"

#include "clang/Analysis/CFG.h"

namespace heddle {

using namespace clang;

namespace {

std::optional<Relation> relationOf(BinaryOperatorKind Op) {
  switch (Op) {
  case BO_EQ:
    return Relation::Equal;
  case BO_NE:
    return Relation::NotEqual;
  case BO_LT:
    return Relation::Less;
  case BO_LE:
    return Relation::LessEqual;
  case BO_GT:
    return Relation::Greater;
  case BO_GE:
    return Relation::GreaterEqual;
  default:
    return std::nullopt;
  }
}

Relation opposite(Relation R) {
  switch (R) {
  case Relation::Equal:
    return Relation::NotEqual;
  case Relation::NotEqual:
    return Relation::Equal;
  case Relation::Less:
    return Relation::GreaterEqual;
  case Relation::LessEqual:
    return Relation::Greater;
  case Relation::Greater:
    return Relation::LessEqual;
  case Relation::GreaterEqual:
    return Relation::Less;
  }
  return R;
}

/// A comparison with a constant: of which value, how, and with what.
struct Comparison {
  const Expr *Value;
  Relation Is;
  int64_t To;
};

Comparison comparisonIn(const Expr *E, const ASTContext &Ast) {
  bool Negated = false;
  E = core(E, Negated, Ast);
  Comparison C{E, Relation::NotEqual, 0};
  if (const auto *B = dyn_cast<BinaryOperator>(E); B && B->isComparisonOp()) {
    const Expr *Left = B->getLHS();
    BinaryOperatorKind Op = B->getOpcode();
    std::optional<int64_t> Right = constantOf(B->getRHS(), Ast);
    if (!Right) {
      Left = B->getRHS();
      Right = constantOf(B->getLHS(), Ast);
      Op = BinaryOperator::reverseComparisonOp(Op);
    }
    if (std::optional<Relation> R = relationOf(Op); R && Right)
      C = {strip(Left), *R, *Right};
  }
  if (Negated)
    C.Is = opposite(C.Is);
  return C;
}

/// The call that E is, or whose value the variable E has: it was given to it in the
/// first of these blocks that gives it one.
const CallExpr *callIn(FunctionContext &F, const Expr *E, llvm::ArrayRef<uint32_t> Blocks) {
  E = strip(E);
  if (const auto *A = dyn_cast<BinaryOperator>(E); A && A->getOpcode() == BO_Assign)
    E = strip(A->getRHS());
  if (const auto *D = dyn_cast<DeclRefExpr>(E))
    for (uint32_t B : Blocks)
      if (auto It = F.Results[B].find(dyn_cast<VarDecl>(D->getDecl())); It != F.Results[B].end())
        return It->second;
  return dyn_cast<CallExpr>(E);
}

/// Index of a call that may start something; None for all others.
uint32_t indexOf(FunctionContext &F, const CallExpr *E) {
  auto It = E ? F.CallIndices.find(E) : F.CallIndices.end();
  if (It == F.CallIndices.end() || !E->getType()->isIntegralOrEnumerationType())
    return None;
  bool Starts = llvm::any_of(F.Facts.Launches, [&](const Launch &L) {
    return L.Call == It->second && (L.Succeeds != -1 || L.Child != -1);
  });
  return Starts || !F.Facts.Calls[It->second].System ? It->second : None;
}

} // namespace

void FunctionContext::keepResult(const VarDecl *V, const Expr *Value) {
  if (V->hasLocalStorage() && V->getType()->isIntegralOrEnumerationType() && !Escaping.contains(V))
    Results.back()[V] = Value ? dyn_cast<CallExpr>(strip(Value)) : nullptr;
}

void FunctionContext::branchOnResult(const Expr *Condition, llvm::ArrayRef<uint32_t> Before,
                                     Block &B) {
  Comparison C = comparisonIn(Condition, Unit.Ast);
  if (uint32_t Call = indexOf(*this, callIn(*this, C.Value, Before)); Call != None)
    B.Decides = ResultTest{Call, C.Is, C.To};
}

void FunctionContext::switchOnResult(const CFGBlock &From, llvm::ArrayRef<uint32_t> Before,
                                     Block &Out) {
  const auto *S = dyn_cast_or_null<SwitchStmt>(From.getTerminatorStmt());
  uint32_t Call = S ? indexOf(*this, callIn(*this, S->getCond(), Before)) : None;
  if (Call == None)
    return;
  Out.Switched = Call;
  for (const CFGBlock::AdjacentBlock &Next : From.succs()) {
    const CFGBlock *B = Next.getReachableBlock();
    if (!B)
      continue;
    const auto *C = dyn_cast_or_null<CaseStmt>(B->getLabel());
    Out.Cases.push_back(C && !C->getRHS() ? constantOf(C->getLHS(), Unit.Ast) : std::nullopt);
  }
}

void FunctionContext::returnResult(const Expr *Value, llvm::ArrayRef<uint32_t> Before, Block &B) {
  if (!Value || !Value->getType()->isIntegralOrEnumerationType() || Value->isValueDependent())
    return;
  B.Returns = ReturnKind::Unknown;
  if (std::optional<int64_t> N = constantOf(Value, Unit.Ast)) {
    B.Returns = ReturnKind::Constant;
    B.Returned = ResultTest{None, Relation::Equal, *N};
    return;
  }
  if (uint32_t Call = indexOf(*this, callIn(*this, Value, Before)); Call != None) {
    B.Returns = ReturnKind::Result;
    B.Returned = ResultTest{Call, Relation::NotEqual, 0};
    return;
  }
  Comparison C = comparisonIn(Value, Unit.Ast);
  if (uint32_t Call = indexOf(*this, callIn(*this, C.Value, Before)); Call != None) {
    B.Returns = ReturnKind::Test;
    B.Returned = ResultTest{Call, C.Is, C.To};
  }
}

} // namespace heddle
