/// Ends of synchronizes-with edges ([intro.races]) that are neither locks nor
/// starts and joins: condition variables, semaphores, barriers, latches, and
/// atomics unless they are relaxed. Who meets whom is the program's to say.
///
/// Example: `while (!ready) cv.wait(lock);` waits on cv where the condition is
/// asked, not only in the body: a flag that is set already means the same.
#include "facts/context.h"

#include "clang/AST/Expr.h"
#include "clang/Analysis/CFG.h"

namespace heddle {

using namespace clang;

namespace {

/// memory_order_relaxed is 0 in [atomics.order], in C and in gcc's builtins.
bool isRelaxed(const Expr *Order, const ASTContext &Ast) {
  Expr::EvalResult R;
  return Order && !Order->isValueDependent() && Order->EvaluateAsInt(R, Ast) &&
         R.Val.getInt().isZero();
}

bool isMemoryOrder(QualType T) {
  T = T.getNonReferenceType();
  const auto *E = T->getAs<EnumType>();
  return E && E->getDecl()->getName() == "memory_order";
}

const Stmt *conditionOf(const Stmt *Loop) {
  if (const auto *W = dyn_cast<WhileStmt>(Loop))
    return W->getCond();
  if (const auto *D = dyn_cast<DoStmt>(Loop))
    return D->getCond();
  if (const auto *F = dyn_cast<ForStmt>(Loop))
    return F->getCond();
  return nullptr;
}

/// The integer that is zero when E is true (or, without When, false), supposing that it
/// never is below. Null when E asks for something else.
const Expr *zeroWhen(const Expr *E, bool When, const ASTContext &Ast) {
  bool Zero = false; // E says so; an integer alone says that it is not
  E = core(E, Zero, Ast);
  if (const auto *B = dyn_cast<BinaryOperator>(E); B && B->isRelationalOp()) {
    const Expr *Left = B->getLHS();
    BinaryOperatorKind Op = B->getOpcode();
    std::optional<int64_t> Right = constantOf(B->getRHS(), Ast);
    if (!Right) {
      Left = B->getRHS();
      Right = constantOf(B->getLHS(), Ast);
      Op = BinaryOperator::reverseComparisonOp(Op);
    }
    bool Not = Right == 0 ? Op == BO_GT : Right == 1 && Op == BO_GE;
    if (!Not && !(Right == 0 ? Op == BO_LE : Right == 1 && Op == BO_LT))
      return nullptr;
    Zero ^= !Not;
    E = strip(Left);
  }
  bool Counts = E->isLValue() && E->getType()->isIntegerType() && !E->getType()->isBooleanType();
  return Counts && Zero == When ? E : nullptr;
}

bool contains(const Stmt *Whole, const Stmt *Part, unsigned Depth = 0) {
  if (!Whole || Depth > 64)
    return false;
  if (Whole == Part)
    return true;
  return llvm::any_of(Whole->children(),
                      [&](const Stmt *C) { return contains(C, Part, Depth + 1); });
}

} // namespace

void FunctionContext::addSync(SyncKind Kind, const Place &Object, const Expr *Shown, SourceRange At,
                              int64_t Count) {
  if (!Object.known())
    return;
  SyncOp S;
  S.Kind = Kind;
  S.Object = Object;
  if (Shown)
    S.Text = Unit.text(Shown);
  S.Count = Count;
  S.At = Unit.span(At);
  Facts.Syncs.push_back(std::move(S));
  emit(EventKind::Sync, Facts.Syncs.size() - 1);
}

const Expr *FunctionContext::giverOf(const Expr *Future) {
  for (unsigned Depth = 0; Depth < 4; ++Depth) {
    Future = strip(Future);
    if (const auto *K = dyn_cast<CXXConstructExpr>(Future); K && K->getNumArgs() == 1)
      Future = K->getArg(0);
    else
      break;
  }
  const auto *C = dyn_cast<CXXMemberCallExpr>(strip(Future));
  if (!C || !C->getMethodDecl())
    return nullptr;
  const SyncModel *M = Unit.api(C->getMethodDecl(), C->getRecordDecl()).Syncs;
  return M && M->Gives ? C->getImplicitObjectArgument() : nullptr;
}

Place FunctionContext::promiseOf(const Expr *Future) {
  for (unsigned Depth = 0; Depth < 4; ++Depth) {
    const Expr *Giver = giverOf(Future);
    if (!Giver)
      break;
    Future = Giver;
  }
  return lvalue(strip(Future));
}

void FunctionContext::visitSync(const Expr *E, const SyncModel &M,
                                llvm::ArrayRef<const Expr *> Args, const Expr *Object) {
  if (M.Gives)
    return;
  int64_t Count = -1;
  if (M.Count >= 0 && static_cast<size_t>(M.Count) < Args.size())
    Count = constantOf(Args[M.Count], Unit.Ast).value_or(-1);
  const Expr *Shown = M.On == heddle::Object                    ? Object
                      : M.On >= 0 && size_t(M.On) < Args.size() ? strip(Args[M.On])
                                                                : nullptr;
  if (const auto *U = dyn_cast_or_null<UnaryOperator>(Shown); U && U->getOpcode() == UO_AddrOf)
    Shown = U->getSubExpr()->IgnoreParens();
  // One that may give up says so by its result; round a loop the condition says it.
  bool GivesUp = M.Perhaps && !Deciding.contains(E);
  std::vector<Event> *Here = std::exchange(Out, GivesUp ? nullptr : Out);
  size_t Before = Facts.Syncs.size();
  Place On = at(M.On, E, Args, Object);
  if (M.Given)
    On = Object && giverOf(Object) ? promiseOf(Object) : extend(On, "*");
  addSync(M.Kind, On, Shown, E->getSourceRange(), Count);
  Out = Here;
  if (Facts.Syncs.size() == Before)
    return;
  SyncOp &S = Facts.Syncs.back();
  if (M.Kind == SyncKind::Signal && LastStep != None) {
    S.Counter = Facts.Steps[LastStep].Counter;
    S.Step = Facts.Steps[LastStep].By;
  }
  if (M.Kind != SyncKind::Wait)
    return;
  if (uint32_t Loop = loopOf(E); Loop != None)
    WaitLoops.push_back({Loop, static_cast<uint32_t>(Before)});
  if (const Expr *Counter = awaitedZero(E, Args)) {
    S.Counter = lvalue(Counter);
    const auto *D = dyn_cast<DeclRefExpr>(strip(Counter));
    const auto *V = D ? dyn_cast<VarDecl>(D->getDecl()) : nullptr;
    const VarDecl *Defined = V && V->hasGlobalStorage() ? V->getDefinition() : nullptr;
    if (Defined && Defined->hasInit() && !Defined->getInit()->isValueDependent())
      if (const APValue *First = Defined->evaluateValue();
          First && First->isInt() && First->getInt().isRepresentableByInt64())
        S.Step = First->getInt().getExtValue();
  }
}

void FunctionContext::addStep(const Expr *Target, const Place &P, int64_t By) {
  bool Seen = !Facts.Accesses.empty() && Facts.Accesses.back().What == P;
  if (!Seen || !Target->getType()->isIntegerType() || Target->getType()->isBooleanType())
    return;
  LastStep = Facts.Steps.size();
  Facts.Steps.push_back({P, By});
}

const Expr *FunctionContext::awaitedZero(const Expr *Wait, llvm::ArrayRef<const Expr *> Args) {
  // cv.wait(lock, [&] { return n == 0; });
  if (const auto *L = Args.size() > 1 ? dyn_cast<LambdaExpr>(strip(Args[1])) : nullptr) {
    const auto *Body = dyn_cast<CompoundStmt>(L->getBody());
    const auto *R = Body && Body->size() == 1 ? dyn_cast<ReturnStmt>(Body->body_front()) : nullptr;
    return R && R->getRetValue() ? zeroWhen(R->getRetValue(), true, Unit.Ast) : nullptr;
  }
  uint32_t Loop = loopOf(Wait);
  for (const auto &[S, Index] : Loops)
    if (Index == Loop && Loop != None)
      if (const Expr *Condition = dyn_cast_or_null<Expr>(conditionOf(S)))
        return zeroWhen(Condition, false, Unit.Ast);
  return nullptr;
}

void FunctionContext::visitAtomic(const Expr *E, const Place &Object, const CXXMethodDecl *Method,
                                  llvm::ArrayRef<const Expr *> Args, const Expr *Shown) {
  SourceRange At = E->getSourceRange();
  for (const Expr *A : Args) {
    const auto *D = dyn_cast<CXXDefaultArgExpr>(A);
    if (isMemoryOrder(A->getType()) && isRelaxed(D ? D->getExpr() : A, Unit.Ast))
      return;
  }
  llvm::StringRef Name = Method->getDeclName().isIdentifier() ? Method->getName() : "";
  if (Name == "exchange" && Args.size() >= 1)
    visitFlag(E, Object, FlagStep::Exchange, nullptr, Args[0], Shown);
  else if (Name.starts_with("compare_exchange_") && Args.size() >= 2)
    visitFlag(E, Object, FlagStep::CompareExchange, Args[0], Args[1], Shown);
  else if ((Name == "store" || Method->getOverloadedOperator() == OO_Equal) && Args.size() >= 1)
    visitFlag(E, Object, FlagStep::Store, nullptr, Args[0], Shown);
  bool Stores = Method->getReturnType()->isVoidType() || Method->isCopyAssignmentOperator() ||
                Method->getOverloadedOperator() == OO_Equal;
  // What is loaded and not looked at orders nothing that follows.
  bool Waits = Method->isConst() || !Stores;
  if (Waits && !Method->getReturnType()->isVoidType() && !Deciding.contains(E))
    return Method->isConst() ? void() : addSync(SyncKind::Signal, Object, Shown, At);
  addSync(Method->isConst() ? SyncKind::Wait
          : Stores          ? SyncKind::Signal
                            : SyncKind::Both,
          Object, Shown, At);
}

void FunctionContext::visitAtomic(const AtomicExpr *E, bool Load) {
  if (isRelaxed(E->getOrder(), Unit.Ast))
    return;
  switch (E->getOp()) {
  case AtomicExpr::AO__atomic_exchange_n:
  case AtomicExpr::AO__c11_atomic_exchange:
    visitFlag(E, pointee(E->getPtr()), FlagStep::Exchange, nullptr, E->getVal1(), E->getPtr());
    break;
  case AtomicExpr::AO__atomic_compare_exchange_n:
  case AtomicExpr::AO__c11_atomic_compare_exchange_strong:
  case AtomicExpr::AO__c11_atomic_compare_exchange_weak:
    visitFlag(E, pointee(E->getPtr()), FlagStep::CompareExchange, E->getVal1(), E->getVal2(),
              E->getPtr());
    break;
  case AtomicExpr::AO__atomic_store_n:
  case AtomicExpr::AO__c11_atomic_store:
    visitFlag(E, pointee(E->getPtr()), FlagStep::Store, nullptr, E->getVal1(), E->getPtr());
    break;
  default:
    break;
  }
  bool Waits = Deciding.contains(E) && !E->getType()->isVoidType();
  if (Load && !Waits)
    return;
  addSync(Load    ? SyncKind::Wait
          : Waits ? SyncKind::Both
                  : SyncKind::Signal,
          pointee(E->getPtr()), E->getPtr(), E->getSourceRange());
}

void FunctionContext::leaveWaitLoops(const CFGBlock &From, Block &To) {
  const Stmt *Terminator = From.getTerminatorStmt();
  if (!Terminator)
    return;
  for (auto [Loop, Sync] : WaitLoops)
    for (const auto &[S, Index] : Loops)
      if (Index == Loop && (S == Terminator || contains(conditionOf(S), Terminator)))
        To.Events.push_back({EventKind::Sync, Sync});
}

} // namespace heddle
