/// Calls, also implicit ones, and what their callees are handed: the objects
/// behind pointer and reference arguments, and callables.
///
/// Example: `std::for_each(v.begin(), v.end(), [&](int x) { sum += x; })` is a
/// call of for_each, whose body is not ours, and a call of the lambda by way of
/// its argument.
#include "facts/context.h"

#include "clang/AST/Attr.h"
#include "clang/AST/StmtCXX.h"

namespace heddle {

using namespace clang;

namespace {

/// Deeper expressions are generated tables; walking them would need more stack
/// than the parser itself.
constexpr unsigned MaxDepth = 2000;

bool isLoop(const Stmt *S) { return isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(S); }

/// A function, a pointer to one, or an object with a call operator: no iterator and no
/// number.
bool canBeCalled(QualType T, ASTContext &Ast) {
  T = T.getNonReferenceType();
  const CXXRecordDecl *R = T->getAsCXXRecordDecl();
  if (!R)
    return T->isFunctionType() || T->isFunctionPointerType() || T->isMemberFunctionPointerType();
  return R->hasDefinition() &&
         !R->getDefinition()->lookup(Ast.DeclarationNames.getCXXOperatorName(OO_Call)).empty();
}

/// The variable that a member chain or subscript starts from, when all steps
/// stay inside it.
const VarDecl *rootVariable(const Expr *E) {
  while (true) {
    E = strip(E);
    if (const auto *M = dyn_cast<MemberExpr>(E)) {
      if (M->isArrow())
        return nullptr;
      E = M->getBase();
    } else if (const auto *A = dyn_cast<ArraySubscriptExpr>(E)) {
      if (!A->getBase()->IgnoreParenImpCasts()->getType()->isArrayType())
        return nullptr;
      E = A->getBase();
    } else if (const auto *O = dyn_cast<CXXOperatorCallExpr>(E);
               O && O->getOperator() == OO_Subscript)
      E = O->getArg(0);
    else
      break;
  }
  const auto *D = dyn_cast<DeclRefExpr>(E);
  const auto *V = D ? dyn_cast<VarDecl>(D->getDecl()) : nullptr;
  return V && V->hasLocalStorage() ? V->getCanonicalDecl() : nullptr;
}

/// E changes something, looks at what may change, or calls what is not the library's.
bool actsOnState(UnitContext &Unit, const Stmt *E) {
  if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->isIncrementDecrementOp())
    return true;
  if (const auto *B = dyn_cast<BinaryOperator>(E); B && B->isAssignmentOp())
    return true;
  if (const auto *C = dyn_cast<CallExpr>(E))
    if (!C->getDirectCallee() ||
        !(C->getDirectCallee()->isConstexpr() || Unit.inSystemHeader(C->getDirectCallee())))
      return true;
  if (const auto *K = dyn_cast<CXXConstructExpr>(E))
    if (const CXXConstructorDecl *D = K->getConstructor();
        !D->isTrivial() && !D->isConstexpr() && !Unit.inSystemHeader(D))
      return true;
  if (const auto *D = dyn_cast<DeclRefExpr>(E))
    if (const auto *V = dyn_cast<VarDecl>(D->getDecl());
        V && V->hasGlobalStorage() && !V->getType().isConstQualified() && !V->isConstexpr() &&
        !V->getType()->isArrayType() && !Unit.inSystemHeader(V))
      return true;
  return llvm::any_of(E->children(), [&](const Stmt *C) { return C && actsOnState(Unit, C); });
}

} // namespace

uint32_t FunctionContext::loopOf(const Expr *Call) const {
  auto It = CallIndices.find(Call);
  return It == CallIndices.end() ? None : Facts.Calls[It->second].Loop;
}

void FunctionContext::prepare(const Stmt *Body) {
  if (const auto *C = dyn_cast<CXXConstructorDecl>(Fn))
    for (const CXXCtorInitializer *I : C->inits()) {
      const Expr *Init = initializer(I);
      if (const FieldDecl *F = I->getAnyMember())
        Destinations[strip(Init)] = {RootKind::This, {}, 0, Symbol(("*." + F->getName()).str())};
      else
        Destinations[strip(Init)] = {RootKind::This, {}, 0, Symbol("*")};
      prepareIn(Init, None, 0);
    }
  prepareIn(Body, None, 0);
}

void FunctionContext::prepareIn(const Stmt *S, uint32_t Loop, unsigned Depth) {
  if (!S)
    return;
  if (Depth > MaxDepth) {
    Facts.Incomplete = Symbol("nested more deeply than the analysis follows");
    return;
  }
  auto Escape = [&](const Expr *E) {
    if (const VarDecl *V = rootVariable(E))
      Escaping.insert(V);
  };
  if (const auto *D = dyn_cast<DeclStmt>(S))
    for (const Decl *Each : D->decls())
      if (const auto *R = dyn_cast<CXXRecordDecl>(Each))
        Unit.LocalClasses.push_back(R);
  if (isLoop(S))
    if (auto It = Loops.find(S); It != Loops.end())
      Loop = It->second;
  if (const auto *R = dyn_cast<CXXForRangeStmt>(S))
    Ranges[R->getLoopVariable()] = R->getRangeInit();
  if (const auto *L = dyn_cast<LambdaExpr>(S)) {
    Unit.Lambdas.push_back({L, Facts.Usr});
    auto Init = L->capture_init_begin();
    for (const LambdaCapture &C : L->captures()) {
      const Expr *I = *Init++;
      if (!C.capturesVariable())
        continue;
      const auto *V = dyn_cast<VarDecl>(C.getCapturedVar());
      if (!V)
        continue;
      V = V->getCanonicalDecl();
      if (V->isInitCapture()) {
        if (I)
          Destinations[strip(I)] = variable(V);
        if (V->getType()->isReferenceType())
          Escape(V->getInit());
        prepareIn(V->getInit(), Loop, Depth + 1);
      } else if (C.getCaptureKind() == LCK_ByRef)
        Escaping.insert(V);
    }
    return;
  }
  if (isa<FunctionDecl>(Fn) && isa<BlockExpr>(S))
    return;
  // The statement of a directive.
  if (const auto *C = dyn_cast<CapturedStmt>(S))
    return prepareIn(C->getCapturedStmt(), Loop, Depth + 1);
  if (const auto *D = dyn_cast<DeclStmt>(S)) {
    for (const Decl *Each : D->decls())
      if (const auto *V = dyn_cast<VarDecl>(Each); V && V->getInit()) {
        Destinations[strip(V->getInit())] = variable(V);
        if (const auto *Init = dyn_cast<InitListExpr>(strip(V->getInit())))
          keepCallables(V, Init);
        if (V->getType()->isReferenceType())
          Escape(V->getInit());
        prepareIn(V->getInit(), Loop, Depth + 1);
      }
    return;
  }
  if (const auto *U = dyn_cast<UnaryOperator>(S); U && U->getOpcode() == UO_AddrOf)
    Escape(U->getSubExpr());
  if (const auto *C = dyn_cast<ImplicitCastExpr>(S);
      C && C->getCastKind() == CK_ArrayToPointerDecay)
    Escape(C->getSubExpr());
  if (const auto *B = dyn_cast<BinaryOperator>(S); B && B->getOpcode() == BO_Assign) {
    Destinations[strip(B->getRHS())] = lvalue(B->getLHS());
    reassigned(B->getLHS());
    keepCallable(B->getLHS(), B->getRHS());
  }
  if (const auto *N = dyn_cast<CXXNewExpr>(S); N && N->getConstructExpr())
    Destinations[N->getConstructExpr()] = pointee(N);

  // What is started or locked here and returned has a name, so that it does not count as
  // dropped.
  if (const auto *R = dyn_cast<ReturnStmt>(S); R && R->getRetValue()) {
    const Expr *V = strip(R->getRetValue());
    ReturnedValues.insert(V);
    const auto *C = dyn_cast<CallExpr>(V);
    if ((C && C->getDirectCallee() && Unit.api(C->getDirectCallee()).Launches) ||
        Unit.guard(V->getType()->getAsCXXRecordDecl()))
      Destinations[V] = {RootKind::Local, Symbol((Facts.Usr.str() + "#return").str()), 0, {}};
  }

  const auto *Call = dyn_cast<CallExpr>(S);
  const auto *Construct = dyn_cast<CXXConstructExpr>(S);
  if (Call || Construct) {
    CallIndices[cast<Expr>(S)] = Facts.Calls.size();
    heddle::Call C;
    C.Loop = Loop;
    C.At = Unit.span(S->getSourceRange());
    Facts.Calls.push_back(std::move(C));
  }
  if (Call) {
    if (const auto *O = dyn_cast<CXXOperatorCallExpr>(Call);
        O && O->getOperator() == OO_Equal && O->getNumArgs() == 2) {
      Destinations[strip(O->getArg(1))] = lvalue(O->getArg(0));
      reassigned(O->getArg(0));
    }
    const FunctionDecl *F = Call->getDirectCallee();
    const auto *M = dyn_cast<CXXMemberCallExpr>(Call);
    if (M && M->getMethodDecl()) {
      const Expr *Object = M->getImplicitObjectArgument();
      if (Unit.inSystemHeader(M->getMethodDecl())) {
        const ApiModel &Api = Unit.api(M->getMethodDecl(), M->getRecordDecl());
        if (Api.Container && Api.Container->changesStructure())
          for (const Expr *A : M->arguments())
            Destinations[strip(A)] = extend(lvalue(Object), "[]");
      } else
        Escape(Object);
    }
    if (F)
      for (unsigned I = 0, N = std::min(Call->getNumArgs(), F->getNumParams()); I < N; ++I)
        if (F->getParamDecl(I)->getType()->isReferenceType() &&
            (!Unit.inSystemHeader(F) || Unit.api(F).Returns))
          Escape(Call->getArg(I));
  }
  // A new thread has the objects that it is given for itself.
  if (Construct && Unit.api(Construct->getConstructor()).Launches)
    for (const Expr *A : Construct->arguments())
      if (const auto *K = dyn_cast<CXXConstructExpr>(strip(A));
          K && !K->getConstructor()->isCopyOrMoveConstructor() &&
          !Unit.inSystemHeader(K->getConstructor()))
        Destinations.try_emplace(K, fresh(K->getBeginLoc()));
  if (Construct)
    for (unsigned I = 0, N = std::min<unsigned>(Construct->getNumArgs(),
                                                Construct->getConstructor()->getNumParams());
         I < N; ++I)
      if (Construct->getConstructor()->getParamDecl(I)->getType()->isReferenceType() &&
          !Construct->getConstructor()->isCopyOrMoveConstructor() &&
          !Unit.inSystemHeader(Construct->getConstructor()))
        Escape(Construct->getArg(I));
  for (const Stmt *Child : S->children())
    prepareIn(Child, Loop, Depth + 1);
}

bool FunctionContext::hasZeroTimeout(const BlockingModel &M,
                                     llvm::ArrayRef<const Expr *> Args) const {
  if (M.Timeout < 0 || static_cast<size_t>(M.Timeout) >= Args.size())
    return false;
  const Expr *Timeout = strip(Args[M.Timeout]);
  if (!Timeout->getType().getNonReferenceType()->isRecordType())
    return constantOf(Timeout, Unit.Ast) == 0;
  // A std::chrono::duration is a class around one number.
  Expr::EvalResult R;
  return !Timeout->isValueDependent() && Timeout->EvaluateAsRValue(R, Unit.Ast) &&
         R.Val.isStruct() && R.Val.getStructNumFields() == 1 && R.Val.getStructField(0).isInt() &&
         R.Val.getStructField(0).getInt().isZero();
}

bool FunctionContext::isToldNotToWait(const BlockingModel &M,
                                      llvm::ArrayRef<const Expr *> Args) const {
  return M.Flags >= 0 && static_cast<size_t>(M.Flags) < Args.size() &&
         (constantOf(strip(Args[M.Flags]), Unit.Ast).value_or(0) & M.Unless) != 0;
}

BlockingCall FunctionContext::blockingOf(const BlockingModel &M, uint32_t Call) {
  BlockingCall B;
  B.Call = Call;
  B.Row = M.Name;
  B.Category = M.Category;
  B.When = M.When;
  B.Level = M.Level;
  B.Instead = M.Instead;
  return B;
}

void FunctionContext::addBlocking(uint32_t Call, const BlockingModel &M, const Place &Releases,
                                  const Place &On) {
  BlockingCall B = blockingOf(M, Call);
  B.Releases = Releases;
  B.On = On;
  Facts.Blocking.push_back(std::move(B));
}

/// A default argument is evaluated by every call that leaves it out. One that does more
/// than to give a constant is a call whose body is not here.
void FunctionContext::visitDefaults(llvm::ArrayRef<const Expr *> Args, uint32_t Index) {
  for (const Expr *A : Args) {
    const auto *D = dyn_cast<CXXDefaultArgExpr>(A);
    if (!D || !D->getExpr() || !actsOnState(Unit, D->getExpr()))
      continue;
    heddle::Call C;
    C.Name = Symbol(("default argument `" + Unit.text(D->getExpr()).str() + "`").str());
    C.Callee = C.Name;
    C.Loop = Facts.Calls[Index].Loop;
    C.At = Facts.Calls[Index].At;
    Facts.Calls.push_back(std::move(C));
    emit(EventKind::Call, Facts.Calls.size() - 1);
  }
}

void FunctionContext::visitCall(const CallExpr *E) {
  auto Found = CallIndices.find(E);
  if (Found == CallIndices.end())
    return;
  uint32_t Index = Found->second;
  const FunctionDecl *F = E->getDirectCallee();
  const ParmVarDecl *Called = nullptr;
  if (!F) { // through a pointer that is always the same, or a parameter
    Target T = callable(E->getCallee());
    F = T.F;
    Called = T.Parameter;
  } else if (const auto *O = dyn_cast<CXXOperatorCallExpr>(E);
             O && O->getOperator() == OO_Call && Unit.inSystemHeader(F))
    Called = callable(O->getArg(0)).Parameter;
  llvm::SmallVector<const Expr *, 8> Args(E->arguments());
  visitDefaults(Args, Index);
  const Expr *Object = nullptr;
  const CXXRecordDecl *Class = nullptr;
  bool Virtual = false;
  if (const auto *M = dyn_cast<CXXMemberCallExpr>(E)) {
    Object = M->getImplicitObjectArgument();
    Class = M->getRecordDecl();
    const CXXMethodDecl *Method = M->getMethodDecl();
    const auto *Callee = dyn_cast<MemberExpr>(E->getCallee()->IgnoreParens());
    const Expr *Stripped = Object ? strip(Object) : nullptr;
    bool ByValue = Stripped && !Stripped->getType()->isAnyPointerType() &&
                   isa<DeclRefExpr>(Stripped) &&
                   !cast<DeclRefExpr>(Stripped)->getDecl()->getType()->isReferenceType();
    if (Method && Method->isVirtual() && !(Callee && Callee->hasQualifier()) && !ByValue &&
        !Method->hasAttr<FinalAttr>() && !Method->getParent()->hasAttr<FinalAttr>())
      Virtual = true;
  } else if (isa<CXXOperatorCallExpr>(E)) {
    if (const auto *M = dyn_cast_or_null<CXXMethodDecl>(F); M && M->isInstance() && !Args.empty()) {
      Object = Args.front();
      Args.erase(Args.begin());
      Class = Object->getType()->getAsCXXRecordDecl();
    }
  }
  bool IsLambda = false;
  if (const auto *M = dyn_cast_or_null<CXXMethodDecl>(F))
    IsLambda = M->getParent()->isLambda();

  {
    heddle::Call &C = Facts.Calls[Index];
    if (F) {
      Facts.ReturnsTwice |= F->hasAttr<ReturnsTwiceAttr>();
      C.Callee = Unit.usr(F->getTemplateInstantiationPattern() && !F->isTemplateInstantiation()
                              ? F->getTemplateInstantiationPattern()
                              : F);
      C.Name = Unit.name(F);
      C.System = Unit.inSystemHeader(F) || F->getBuiltinID() != 0;
    } else
      C.Name = Unit.text(E->getCallee());
    C.Virtual = Virtual;
    if (Called)
      C.CalleeParameter = Called->getFunctionScopeIndex();
    if (IsLambda)
      C.Object = {RootKind::This, {}, 0, Symbol("*")};
    else if (Object)
      C.Object = Object->getType()->isAnyPointerType() ? pointee(Object) : lvalue(Object);
    for (const Expr *A : Args)
      C.Args.push_back(argument(A));
    if (!C.System && !C.Callee.empty())
      C.Members = members(Args, Object);
  }
  static const ApiModel NoModel;
  const ApiModel &M = F ? Unit.api(F, Class) : NoModel;

  // Callables that are handed over: a launch starts them, a library function
  // is taken to call them, a function of ours may do either.
  llvm::SmallVector<Callable, 2> Handed;
  for (size_t I = 0; I < Args.size(); ++I) {
    QualType T = Args[I]->getType();
    const CXXRecordDecl *R = T.getNonReferenceType()->getAsCXXRecordDecl();
    bool Function = T->isFunctionPointerType() || T->isFunctionType() ||
                    T->isMemberFunctionPointerType() || (R && R->isLambda()) ||
                    (strip(Args[I])->getType()->getAsCXXRecordDecl() &&
                     strip(Args[I])->getType()->getAsCXXRecordDecl()->isLambda()) ||
                    isCallableWrapper(Unit, strip(Args[I])->getType());
    if (!Function)
      continue;
    if (Target Called = callable(Args[I]); Called.F)
      Handed.push_back(
          {static_cast<uint32_t>(I), Unit.usr(Called.F), Unit.name(Called.F), Called.Object});
  }
  Facts.Calls[Index].Callables.assign(Handed.begin(), Handed.end());
  emit(EventKind::Call, Index);
  if (M.Descriptor)
    Unit.Fds.call(E, *M.Descriptor);
  else if (F && !Unit.inSystemHeader(F))
    for (size_t I = 0; I < Args.size(); ++I)
      Unit.Fds.argument(F, I, Args[I]);
  if (M.Blocks && M.Blocks->Timeout >= 0 && Object)
    AskedReady.insert(Unit.text(strip(Object)));
  bool Ready = M.Blocks && M.Blocks->Category == BlockCategory::SyncWait && Object &&
               M.Blocks->Timeout < 0 && AskedReady.contains(Unit.text(strip(Object)));
  if (M.Blocks && !Ready && !hasZeroTimeout(*M.Blocks, Args) && !isToldNotToWait(*M.Blocks, Args)) {
    Place Releases = at(M.Blocks->Releases, E, Args, Object);
    if (M.Blocks->Releases >= 0 && static_cast<size_t>(M.Blocks->Releases) < Args.size() &&
        Unit.guard(Args[M.Blocks->Releases]->getType()->getAsCXXRecordDecl()))
      Releases = extend(Releases, "*"); // the mutex behind the guard
    addBlocking(Index, *M.Blocks, Releases, at(M.Blocks->On, E, Args, Object));
    if (M.Blocks->When == BlockWhen::IfNotNonblocking && M.Blocks->On >= 0 &&
        static_cast<size_t>(M.Blocks->On) < Args.size())
      Unit.Fds.wait(Args[M.Blocks->On], Facts.Blocking.size() - 1, *M.Blocks);
  }
  // pthread_once, std::call_once: one call at a time, and all return after it.
  if (M.Syncs && M.Syncs->Kind == SyncKind::Both && !Handed.empty())
    return visitOnce(E, Index, *M.Syncs, Args, Object, Handed);
  if (M.Syncs && Handed.empty())
    visitSync(E, *M.Syncs, Args, Object);
  if (M.Locks && visitLock(E, *M.Locks, Args, Object))
    return;
  if (M.Launches) {
    Place Handle = at(M.Launches->Handle, E, Args, Object);
    visitLaunch(E, *M.Launches, Args, Object, Handle);
    return;
  }
  if (M.Joins) {
    visitJoin(E, *M.Joins, Args, Object);
    return;
  }
  if (E->isXValue() && M.Returns && M.Returns->Returns == ReturnedPlace::Argument && !Args.empty())
    visitMove(Args[0], E);
  if (!F || (!Unit.inSystemHeader(F) && !F->getBuiltinID())) {
    if (Unit.guard(E->getType()->getAsCXXRecordDecl()) && !Destinations.contains(E))
      dropGuard(E, Index);
    // Assignments that the compiler writes touch the whole object.
    if (const auto *Method = dyn_cast_or_null<CXXMethodDecl>(F);
        Method && Method->isDefaulted() && Object && !Args.empty()) {
      access(lvalue(Args[0]), AccessKind::Read, Args[0]);
      access(lvalue(Object), AccessKind::Write, Object);
    }
    return;
  }
  // Containers of threads: `threads.emplace_back(f, x)` constructs one in place.
  if (M.Container && M.Container->changesStructure() && Object && F->isTemplateInstantiation())
    if (const auto *Spec = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
            Object->getType().getNonReferenceType()->getAsCXXRecordDecl());
        Spec && Spec->getTemplateArgs().size() &&
        Spec->getTemplateArgs()[0].getKind() == TemplateArgument::Type)
      if (const CXXRecordDecl *Element =
              Spec->getTemplateArgs()[0].getAsType()->getAsCXXRecordDecl())
        for (const CXXConstructorDecl *K : Element->ctors())
          if (const LaunchModel *L = Unit.api(K).Launches) {
            if (!Args.empty() && canBeCalled(strip(Args[0])->getType(), Unit.Ast)) {
              visitLaunch(E, *L, Args, nullptr, extend(lvalue(Object), "[]"));
              Handed.clear();
            }
            break;
          }
  visitSystemEffects(E, F, Args, Object, M);
  if (joinsAll(E, M, Args))
    return;
  // std::bind and push_back keep a callable, and so do C functions that register
  // a handler; an algorithm calls it, and a wait its predicate.
  bool Keeps = M.Returns || (M.Container && M.Container->Effect != ContainerEffect::None);
  if (Keeps || (!M.CallsBack && !Unit.name(F).str().starts_with("std::")))
    return;
  callBack(Index, Handed);
  if (M.Syncs && !Handed.empty()) // a predicate is asked before the wait ends
    visitSync(E, *M.Syncs, Args, Object);
}

/// Calls of what is handed over to the call of this index.
void FunctionContext::callBack(uint32_t Index, llvm::ArrayRef<Callable> Handed) {
  for (const Callable &H : Handed) {
    heddle::Call Via;
    Via.Callee = H.Usr;
    Via.Name = H.Name;
    Via.ViaArgument = true;
    Via.Object = H.Object;
    Via.Loop = Facts.Calls[Index].Loop;
    Via.At = Facts.Calls[Index].At;
    Facts.Calls.push_back(std::move(Via));
    emit(EventKind::Call, Facts.Calls.size() - 1);
  }
}

/// The flag is held while the function runs, and waited for by all others.
void FunctionContext::visitOnce(const CallExpr *E, uint32_t Index, const SyncModel &M,
                                llvm::ArrayRef<const Expr *> Args, const Expr *Object,
                                llvm::ArrayRef<Callable> Handed) {
  LockOp Op;
  Op.Mutex = at(M.On, E, Args, Object);
  Op.Sort = LockSort::Once;
  Op.At = Unit.span(E->getSourceRange());
  const Expr *Shown = M.On >= 0 && size_t(M.On) < Args.size() ? strip(Args[M.On]) : E;
  if (const auto *U = dyn_cast<UnaryOperator>(Shown); U && U->getOpcode() == UO_AddrOf)
    Shown = U->getSubExpr()->IgnoreParens();
  Op.Text = Unit.text(Shown);
  Facts.LockOps.push_back(Op);
  emit(EventKind::LockOp, Facts.LockOps.size() - 1);
  callBack(Index, Handed);
  Op.Kind = LockOpKind::Release;
  Facts.LockOps.push_back(std::move(Op));
  emit(EventKind::LockOp, Facts.LockOps.size() - 1);
  visitSync(E, M, Args, Object);
}

} // namespace heddle
