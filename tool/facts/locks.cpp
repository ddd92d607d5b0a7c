/// Lock operations: on mutexes, through guards, and the branches that try-locks
/// open. Which locks are held where is computed later, from the graph.
///
/// Example: `std::unique_lock l(m, std::defer_lock); l.lock();` binds l to m
/// and acquires what l points to, which the binding resolves to m.
#include "facts/context.h"

#include "clang/AST/Expr.h"
#include "clang/Lex/Lexer.h"

namespace heddle {

using namespace clang;

namespace {

/// The tag arguments of [thread.lock] and of boost, which are distinct empty
/// types in both.
enum class Tag { None, Defer, Adopt, Try };

Tag tagOf(const Expr *E) {
  const CXXRecordDecl *R = E->getType().getNonReferenceType()->getAsCXXRecordDecl();
  if (!R)
    return Tag::None;
  return llvm::StringSwitch<Tag>(R->getName())
      .Case("defer_lock_t", Tag::Defer)
      .Case("adopt_lock_t", Tag::Adopt)
      .Case("try_to_lock_t", Tag::Try)
      .Default(Tag::None);
}

struct GuardArguments {
  llvm::SmallVector<const Expr *, 2> Mutexes;
  Tag How = Tag::None;
};

GuardArguments guardArguments(const CXXConstructExpr *E) {
  GuardArguments G;
  for (const Expr *A : E->arguments()) {
    if (isa<CXXDefaultArgExpr>(A))
      break;
    if (Tag T = tagOf(A); T != Tag::None)
      G.How = T;
    else if (QualType Q = strip(A)->getType();
             Q->getAsCXXRecordDecl() || Q->isAnyPointerType() || Q->isRecordType())
      G.Mutexes.push_back(A);
  }
  return G;
}

const Expr *lockNamed(const Expr *E) {
  E = strip(E);
  if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->getOpcode() == UO_AddrOf)
    return U->getSubExpr()->IgnoreParens();
  return E;
}

/// The member that is the lock itself, not a pointer or reference to it.
Symbol lockMember(UnitContext &Unit, const Expr *Named) {
  while (const auto *A = dyn_cast<ArraySubscriptExpr>(Named->IgnoreParenImpCasts()))
    Named = A->getBase();
  const auto *M = dyn_cast<MemberExpr>(Named->IgnoreParenImpCasts());
  const auto *F = M ? dyn_cast<FieldDecl>(M->getMemberDecl()) : nullptr;
  if (!F || F->getType()->isReferenceType() || F->getType()->isAnyPointerType() ||
      isPointerLike(F->getType()))
    return {};
  return Unit.usr(F);
}

/// Whether the lock is known to make its holder wait when it takes it again.
bool isStrict(UnitContext &Unit, const LockModel &Row, const Expr *Named) {
  if (Row.Strict || Row.Recursive)
    return Row.Strict;
  const CXXRecordDecl *R = Named->getType().getNonReferenceType()->getAsCXXRecordDecl();
  if (R && Row.Role == LockRole::Guard) {
    const LockModel *Lock = Unit.Apis.find((Unit.name(R).str() + "::lock").str()).Locks;
    return Lock && Lock->Strict;
  }
  const auto *D = dyn_cast<DeclRefExpr>(Named->IgnoreParenImpCasts());
  const auto *V = D ? dyn_cast<VarDecl>(D->getDecl()) : nullptr;
  const Expr *Init = V ? V->getAnyInitializer() : nullptr;
  if (Row.StrictIf.empty() || !Init || !Init->getBeginLoc().isMacroID())
    return false;
  return Lexer::getImmediateMacroName(Init->getBeginLoc(), Unit.Sources, Unit.Ast.getLangOpts()) ==
         Row.StrictIf.str();
}

Symbol guardStep(size_t I, size_t N) {
  return N == 1 ? Symbol() : Symbol((".#" + llvm::Twine(I)).str());
}

} // namespace

bool FunctionContext::visitLock(const Expr *E, const LockModel &M,
                                llvm::ArrayRef<const Expr *> Args, const Expr *Object) {
  if (M.Role == LockRole::Guard)
    return false;
  Place Mutex = at(M.Mutex, E, Args, Object);
  const Expr *Named = M.Mutex == heddle::Object                       ? Object
                      : M.Mutex >= 0 && size_t(M.Mutex) < Args.size() ? Args[M.Mutex]
                                                                      : nullptr;
  if (!Named)
    return false;
  const CXXRecordDecl *R = Named->getType().getNonReferenceType()->getAsCXXRecordDecl();
  if (!R && Named->getType()->isAnyPointerType())
    R = Named->getType()->getPointeeType()->getAsCXXRecordDecl();
  if (Unit.guard(R))
    Mutex = extend(Mutex, "*");
  LockOp Op;
  Op.Kind = M.Role == LockRole::Lock      ? LockOpKind::Acquire
            : M.Role == LockRole::Unlock  ? LockOpKind::Release
            : M.Role == LockRole::Prepare ? LockOpKind::Prepare
                                          : LockOpKind::TryAcquire;
  Op.Mutex = Mutex;
  Op.Shared = M.Shared;
  Op.Sort = M.Sort;
  const Expr *Shown = lockNamed(Named);
  Op.Member = lockMember(Unit, Shown);
  Op.Strict = isStrict(Unit, M, Shown);
  Op.Text = isa<CXXThisExpr>(Shown) ? Symbol("this") : Unit.text(Shown);
  Op.At = Unit.span(E->getSourceRange());
  // Functions that lock several at once, such as std::lock.
  if (Op.Kind == LockOpKind::Acquire && M.All) {
    for (const Expr *A : Args.drop_front(M.Mutex)) {
      Op.Mutex = lvalue(A);
      if (Unit.guard(A->getType()->getAsCXXRecordDecl()))
        Op.Mutex = extend(Op.Mutex, "*");
      Op.Member = lockMember(Unit, strip(A));
      Op.Text = Unit.text(A);
      Facts.LockOps.push_back(Op);
      emit(EventKind::LockOp, Facts.LockOps.size() - 1);
    }
    return true;
  }
  Facts.LockOps.push_back(std::move(Op));
  uint32_t Index = Facts.LockOps.size() - 1;
  emit(EventKind::LockOp, Index);
  // Also of a lock that reports failure: on that branch it is not held.
  if (M.Role == LockRole::TryLock ||
      (M.Role == LockRole::Lock && M.Succeeds == 0 && E->getType()->isIntegerType()))
    TryOps[E] = Index;
  return true;
}

void FunctionContext::visitFlag(const Expr *E, const Place &Object, FlagStep Step,
                                const Expr *Expected, const Expr *Value, const Expr *Shown) {
  auto Zero = [&](const Expr *V) -> std::optional<bool> {
    if (strip(V)->isNullPointerConstant(Unit.Ast, Expr::NPC_ValueDependentIsNotNull))
      return true;
    std::optional<int64_t> N = constantOf(strip(V), Unit.Ast);
    return N ? std::optional(*N == 0) : std::nullopt;
  };
  LockOp Op;
  Op.Kind = Step == FlagStep::Store ? LockOpKind::Release : LockOpKind::TryAcquire;
  switch (Step) {
  case FlagStep::Store:
    if (Zero(Value) != true)
      return;
    break;
  case FlagStep::Exchange:
    if (Zero(Value) != false)
      return;
    TrySuccess[E] = 0;
    break;
  case FlagStep::CompareExchange: {
    if (const auto *U = dyn_cast<UnaryOperator>(strip(Expected)); U && U->getOpcode() == UO_AddrOf)
      Expected = U->getSubExpr();
    // What is expected is what it begins with, not what somebody has seen in it.
    const auto *D = dyn_cast<DeclRefExpr>(strip(Expected));
    const auto *V = D ? dyn_cast<VarDecl>(D->getDecl()) : nullptr;
    if (Zero(Value) == true || !V || !V->getInit() || Zero(V->getInit()) != true)
      return;
    TrySuccess[E] = 1;
    break;
  }
  }
  Op.Mutex = Object;
  Op.Sort = LockSort::Flag;
  if (Shown)
    Op.Text = Unit.text(strip(Shown));
  Op.At = Unit.span(E->getSourceRange());
  Facts.LockOps.push_back(std::move(Op));
  uint32_t Index = Facts.LockOps.size() - 1;
  emit(EventKind::LockOp, Index);
  if (Facts.LockOps[Index].Kind == LockOpKind::TryAcquire)
    TryOps[E] = Index;
}

std::vector<Symbol> FunctionContext::members(llvm::ArrayRef<const Expr *> Args,
                                             const Expr *Object) {
  std::vector<Symbol> Out;
  for (size_t I = 0; I <= Args.size(); ++I) {
    const Expr *E = I == 0 ? Object : Args[I - 1];
    const Expr *Named = E ? lockNamed(E) : nullptr;
    if (!Named || !Named->getType()->isRecordType())
      continue;
    if (Symbol Member = lockMember(Unit, Named); !Member.empty()) {
      Out.resize(Args.size() + 1);
      Out[I] = Member;
    }
  }
  return Out;
}

void FunctionContext::visitGuard(const CXXConstructExpr *E, const LockModel &M) {
  auto It = Destinations.find(E);
  Place Guard = It != Destinations.end() ? It->second : Place();
  GuardArguments A = guardArguments(E);
  for (size_t I = 0; I < A.Mutexes.size(); ++I) {
    LockOp Op;
    Op.Kind = A.How == Tag::Try ? LockOpKind::TryAcquire : LockOpKind::Acquire;
    Op.Mutex = argument(A.Mutexes[I]);
    const Expr *Named = lockNamed(A.Mutexes[I]);
    Op.Strict = isStrict(Unit, M, Named);
    Op.Member = lockMember(Unit, Named);
    Op.Text = Unit.text(Named);
    Op.Shared = M.Shared;
    Op.At = Unit.span(E->getSourceRange());
    if (Guard.known())
      Facts.Bindings.push_back(
          {extend(Guard, guardStep(I, A.Mutexes.size()).str()), Op.Mutex, Op.At});
    if (A.How == Tag::Defer)
      continue;
    if (A.How == Tag::Adopt)
      Op.Kind = LockOpKind::Adopt;
    Facts.LockOps.push_back(Op);
    emit(EventKind::LockOp, Facts.LockOps.size() - 1);
    if (A.How == Tag::Try)
      TryOps[E] = Facts.LockOps.size() - 1;
    if (!Guard.known()) { // a temporary: gone at the end of the expression
      Op.Kind = LockOpKind::Release;
      Facts.LockOps.push_back(Op);
      emit(EventKind::LockOp, Facts.LockOps.size() - 1);
    }
  }
}

void FunctionContext::returnGuard(const Expr *E) {
  const Expr *V = strip(E);
  if (const auto *K = dyn_cast<CXXConstructExpr>(V)) {
    GuardArguments A = guardArguments(K);
    if (K->getConstructor()->isCopyOrMoveConstructor() && K->getNumArgs())
      V = strip(K->getArg(0)); // a local guard, moved
    else if (A.Mutexes.size() == 1) {
      Facts.Returns.push_back(argument(A.Mutexes[0]));
      return;
    } else
      return;
  }
  if (V->isGLValue())
    Facts.Returns.push_back(extend(lvalue(V), "*"));
  else if (auto It = CallIndices.find(V); It != CallIndices.end())
    Facts.Returns.push_back({RootKind::Result, {}, It->second, Symbol("*")});
}

void FunctionContext::dropGuard(const Expr *E, uint32_t Call) {
  LockOp Op;
  Op.Kind = LockOpKind::Release;
  Op.Mutex = {RootKind::Result, {}, Call, Symbol("*")};
  Op.Text = Unit.text(E);
  Op.At = Unit.span(E->getSourceRange());
  Facts.LockOps.push_back(std::move(Op));
  emit(EventKind::LockOp, Facts.LockOps.size() - 1);
}

void FunctionContext::visitGuardEnd(const CXXRecordDecl *R, const Place &Guard, const VarDecl *V,
                                    SourceLocation At) {
  size_t N = 1;
  if (V && V->getInit())
    if (const auto *K = dyn_cast<CXXConstructExpr>(strip(V->getInit())))
      N = std::max<size_t>(1, guardArguments(K).Mutexes.size());
  for (size_t I = 0; I < N; ++I) {
    LockOp Op;
    Op.Kind = LockOpKind::Release;
    Op.Mutex = extend(extend(Guard, guardStep(I, N).str()), "*");
    Op.Text = V ? Symbol(V->getName()) : Symbol();
    Op.At = Unit.span(At);
    Facts.LockOps.push_back(std::move(Op));
    emit(EventKind::LockOp, Facts.LockOps.size() - 1);
  }
}

void FunctionContext::branchOnTry(const Expr *Condition, Block &B) {
  bool Negated = false;
  std::optional<int64_t> EqualTo;
  for (unsigned Rounds = 0; Condition && Rounds < 16; ++Rounds) {
    Condition = strip(Condition);
    if (const auto *U = dyn_cast<UnaryOperator>(Condition); U && U->getOpcode() == UO_LNot) {
      Negated = !Negated;
      Condition = U->getSubExpr();
      continue;
    }
    if (const auto *C = dyn_cast<BinaryOperator>(Condition); C && C->isEqualityOp() && !EqualTo) {
      Expr::EvalResult R;
      const Expr *Other = C->getLHS();
      if (!C->getRHS()->EvaluateAsInt(R, Unit.Ast)) {
        if (!C->getLHS()->EvaluateAsInt(R, Unit.Ast))
          return;
        Other = C->getRHS();
      }
      EqualTo = R.Val.getInt().tryExtValue();
      if (!EqualTo)
        return;
      Negated ^= C->getOpcode() == BO_NE;
      Condition = Other;
      continue;
    }
    if (const auto *A = dyn_cast<BinaryOperator>(Condition); A && A->getOpcode() == BO_Assign) {
      Condition = A->getRHS();
      continue;
    }
    if (const auto *D = dyn_cast<DeclRefExpr>(Condition)) {
      const auto *V = dyn_cast<VarDecl>(D->getDecl());
      auto It = V ? TryResults.find(V) : TryResults.end();
      if (It == TryResults.end())
        return;
      Condition = It->second;
      continue;
    }
    break;
  }
  // `if (guard)` and `if (guard.owns_lock())` ask the guard itself.
  const Expr *Tried = Condition;
  if (const auto *C = dyn_cast<CXXMemberCallExpr>(Condition); C && !TryOps.contains(C))
    if (const auto *D = dyn_cast_or_null<DeclRefExpr>(strip(C->getImplicitObjectArgument())))
      if (const auto *V = dyn_cast<VarDecl>(D->getDecl());
          V && V->getInit() && Unit.guard(V->getType()->getAsCXXRecordDecl()) &&
          C->getMethodDecl() && C->getMethodDecl()->getReturnType()->isBooleanType())
        Tried = strip(V->getInit());
  auto Op = TryOps.find(Tried);
  if (Op == TryOps.end())
    return;
  int64_t Succeeds = 1;
  if (auto It = TrySuccess.find(Tried); It != TrySuccess.end())
    Succeeds = It->second;
  else if (const auto *C = dyn_cast<CallExpr>(Tried); C && C->getDirectCallee()) {
    const auto *M = dyn_cast<CXXMemberCallExpr>(C);
    if (const LockModel *L = Unit.api(C->getDirectCallee(), M ? M->getRecordDecl() : nullptr).Locks)
      Succeeds = L->Succeeds;
  }
  // The true branch is taken for "not zero", or for "equal to EqualTo".
  bool TrueMeansTaken = EqualTo ? (*EqualTo == Succeeds) : Succeeds != 0;
  if (EqualTo && *EqualTo != Succeeds && *EqualTo != 0)
    return;
  if (Negated)
    TrueMeansTaken = !TrueMeansTaken;
  B.Try = Op->second;
  B.TryTaken = TrueMeansTaken ? 0 : 1;
}

} // namespace heddle
