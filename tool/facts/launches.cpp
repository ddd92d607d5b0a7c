/// Starts of threads, tasks, processes and handlers, and the joins that end
/// them. A handler may be handed over in a struct: then it is what was stored last to
/// the struct, before the call in the source.
///
/// Example: `std::thread t(&Server::run, &s, 3);` starts Server::run with `this`
/// pointing to s; t is the handle that `t.join()` names again.
#include "facts/context.h"

namespace heddle {

using namespace clang;

namespace {

/// Different values of what E reads can give the same value of E.
bool repeats(const Expr *E, const ASTContext &Ast, unsigned Depth = 0) {
  if (!E || Depth > 12)
    return false;
  E = E->IgnoreParenCasts();
  if (const auto *B = dyn_cast<BinaryOperator>(E)) {
    switch (B->getOpcode()) {
    case BO_Div:
    case BO_Rem:
    case BO_Shr:
    case BO_And:
      return !(B->getOpcode() == BO_Div && constantOf(B->getRHS(), Ast) == 1);
    default:
      return repeats(B->getLHS(), Ast, Depth + 1) || repeats(B->getRHS(), Ast, Depth + 1);
    }
  }
  if (const auto *U = dyn_cast<UnaryOperator>(E))
    return repeats(U->getSubExpr(), Ast, Depth + 1);
  if (const auto *A = dyn_cast<ArraySubscriptExpr>(E))
    return repeats(A->getIdx(), Ast, Depth + 1);
  if (const auto *D = dyn_cast<DeclRefExpr>(E))
    if (const auto *V = dyn_cast<VarDecl>(D->getDecl()); V && V->hasLocalStorage() && V->hasInit())
      return repeats(V->getInit(), Ast, Depth + 1);
  return false;
}

/// Values that only steer a start, such as std::launch, come before the entry.
bool isPolicy(QualType T) {
  T = T.getNonReferenceType();
  return T->isEnumeralType();
}

/// E names the enumerator, and no other besides it.
bool isEnumerator(UnitContext &Unit, const Expr *E, Symbol Name) {
  const auto *D = dyn_cast<DeclRefExpr>(strip(E));
  const auto *C = D ? dyn_cast<EnumConstantDecl>(D->getDecl()) : nullptr;
  return C && Name && Unit.name(C) == Name;
}

/// What is posted to a pool of threads, or to nobody in particular, holds up no loop.
bool hasThreadsOfItsOwn(const LaunchModel &M, llvm::ArrayRef<const Expr *> Args) {
  if (M.Entry != AnyCallable || M.Handle < 0)
    return false;
  if (static_cast<size_t>(M.Handle) + 1 >= Args.size())
    return true;
  const CXXRecordDecl *R =
      strip(Args[M.Handle])->getType().getNonReferenceType()->getAsCXXRecordDecl();
  for (const DeclContext *Around = R; Around; Around = Around->getParent())
    if (const auto *Named = dyn_cast<NamedDecl>(Around); Named && Named->getName() == "thread_pool")
      return true;
  return false;
}

} // namespace

void FunctionContext::visitLaunch(const Expr *E, const LaunchModel &M,
                                  llvm::ArrayRef<const Expr *> Args, const Expr *Object,
                                  const Place &Handle) {
  Launch L;
  L.Kind = M.Kind;
  L.Api = M.Name;
  L.Handle = Handle;
  L.Loop = loopOf(E);
  L.JoinsAtEnd = M.JoinsAtEnd;
  L.Returned = ReturnedValues.contains(E);
  L.Succeeds = M.Succeeds, L.Child = M.Child;
  L.OnLoop = M.Loop && !hasThreadsOfItsOwn(M, Args);
  if (M.Signal >= 0 && static_cast<size_t>(M.Signal) < Args.size())
    L.Signal = constantOf(Args[M.Signal], Unit.Ast).value_or(-1);
  if (auto It = CallIndices.find(E); It != CallIndices.end())
    L.Call = It->second;
  auto Hold = [&](const Place &P) {
    if (P.Root == RootKind::Local)
      HandleRoots.insert(P.Name);
  };
  Hold(Handle);
  if (Object && !Object->getType()->isAnyPointerType())
    Hold(lvalue(Object));
  L.At = Unit.span(E->getSourceRange());
  if (M.Entry == AnyCallable) {
    for (const Expr *A : Args) {
      Target T = callable(A);
      if (!T.F)
        continue;
      L.Entry = Unit.usr(T.F);
      L.EntryName = Unit.name(T.F);
      L.Object = T.Object;
      Facts.Launches.push_back(L);
      emit(EventKind::Launch, Facts.Launches.size() - 1);
    }
    if (L.Entry)
      return;
  }
  if (!M.Members.empty()) {
    if (M.Entry >= 0 && static_cast<size_t>(M.Entry) < Args.size())
      visitKept(std::move(L), M, Args[M.Entry]);
    return;
  }
  size_t Shift = 0;
  if (M.Entry >= 0) {
    if (static_cast<size_t>(M.Entry) < Args.size() && isPolicy(Args[M.Entry]->getType()))
      Shift = 1;
    if (Shift && isEnumerator(Unit, Args[M.Entry], M.Deferred)) {
      if (Target T = callable(Args[M.Entry + 1]); T.F) // sooner or later
        visitIndirect(T, L.Loop, L.At);
      return;
    }
    size_t Entry = M.Entry + Shift;
    if (Entry < Args.size()) {
      Target T = callable(Args[Entry]);
      if (T.Parameter)
        L.EntryParameter = T.Parameter->getFunctionScopeIndex();
      llvm::SmallVector<const Expr *, 4> Passed(T.Bound);
      if (M.FirstArgument >= 0)
        for (size_t I = M.FirstArgument + Shift; I < Args.size(); ++I)
          Passed.push_back(Args[I]);
      if (T.F) {
        L.Entry = Unit.usr(T.F);
        L.EntryName = Unit.name(T.F);
        L.Object = T.Object;
        const auto *Method = dyn_cast<CXXMethodDecl>(T.F);
        bool Lambda = Method && Method->getParent()->isLambda();
        // A function object is copied into the new thread, with all that it owns.
        if (Method && Method->isInstance() && !Lambda && !T.ByReference && M.FirstArgument >= 0 &&
            strip(Args[Entry])->getType()->getAsCXXRecordDecl() &&
            strip(Args[Entry])->getType()->getAsCXXRecordDecl()->getCanonicalDecl() ==
                Method->getParent()->getCanonicalDecl())
          L.Object = copied(Args[Entry]);
        if (Method && Method->isInstance() && !Lambda && !L.Object.known() && !Passed.empty()) {
          L.Object = handedOver(Passed.front());
          Passed.erase(Passed.begin());
        }
      } else if (!T.Parameter)
        L.EntryName = Unit.text(Args[Entry]);
      for (const Expr *A : Passed) {
        L.Args.push_back(handedOver(A));
        L.Repeats |= repeats(A, Unit.Ast);
      }
    }
  }
  Facts.Launches.push_back(std::move(L));
  emit(EventKind::Launch, Facts.Launches.size() - 1);
}

void FunctionContext::keepCallable(const Expr *Target, const Expr *Value) {
  const auto *M = dyn_cast<MemberExpr>(strip(Target));
  if (!M || !M->getType()->isFunctionPointerType())
    return;
  Symbol Member(M->getMemberDecl()->getName());
  // `sa.sa_handler` is a macro in the C library: the member of a union in the struct.
  while (M) {
    Place Object = M->isArrow() ? pointee(M->getBase()) : lvalue(M->getBase());
    if (Object.known())
      KeptCallables.push_back({Object, Member, Value});
    M = M->isArrow() ? nullptr : dyn_cast<MemberExpr>(strip(M->getBase()));
  }
}

void FunctionContext::keepCallables(const VarDecl *V, const InitListExpr *Init) {
  if (const InitListExpr *Semantic = Init->getSemanticForm())
    Init = Semantic;
  const RecordDecl *R = Init->getType()->getAsRecordDecl();
  if (!R)
    return;
  auto Keep = [&](const FieldDecl *F, const Expr *Value) {
    if (const auto *Inner = dyn_cast<InitListExpr>(strip(Value)))
      keepCallables(V, Inner);
    else if (F->getType()->isFunctionPointerType() && !isa<ImplicitValueInitExpr>(Value))
      KeptCallables.push_back({variable(V), Symbol(F->getName()), Value});
  };
  if (R->isUnion()) {
    if (Init->getInitializedFieldInUnion() && Init->getNumInits())
      Keep(Init->getInitializedFieldInUnion(), Init->getInit(0));
    return;
  }
  unsigned I = 0;
  for (const FieldDecl *F : R->fields())
    if (!F->isUnnamedBitField() && I < Init->getNumInits())
      Keep(F, Init->getInit(I++));
}

void FunctionContext::visitKept(Launch L, const LaunchModel &M, const Expr *Argument) {
  Place Object = pointee(Argument);
  llvm::SmallVector<llvm::StringRef, 2> Members;
  M.Members.str().split(Members, '|');
  auto Find = [&]() -> const KeptCallable * {
    const KeptCallable *Last = nullptr;
    for (const KeptCallable &K : KeptCallables)
      if (K.Object == Object && llvm::is_contained(Members, K.Member.str()) &&
          Unit.Sources.isBeforeInTranslationUnit(K.Value->getBeginLoc(), Argument->getBeginLoc()))
        Last = &K;
    return Last;
  };
  const KeptCallable *Last = Find();
  // What a variable of the file begins with stands outside of the function.
  const auto *U = dyn_cast<UnaryOperator>(strip(Argument));
  const auto *D = U ? dyn_cast<DeclRefExpr>(strip(U->getSubExpr())) : nullptr;
  const auto *V = D ? dyn_cast<VarDecl>(D->getDecl()) : nullptr;
  if (!Last && V && V->isFileVarDecl() && V->getAnyInitializer())
    if (const auto *Init = dyn_cast<InitListExpr>(strip(V->getAnyInitializer()))) {
      keepCallables(V, Init);
      Last = Find();
    }
  if (!Last)
    return;
  llvm::SmallVector<const Expr *, 2> Values{Last->Value};
  if (const auto *C = dyn_cast<ConditionalOperator>(strip(Last->Value)))
    Values = {C->getTrueExpr(), C->getFalseExpr()};
  for (const Expr *Value : Values) {
    Target T = callable(Value);
    if (!T.F && !T.Parameter)
      continue;
    Launch One = L;
    if (T.Parameter)
      One.EntryParameter = T.Parameter->getFunctionScopeIndex();
    if (T.F) {
      One.Entry = Unit.usr(T.F);
      One.EntryName = Unit.name(T.F);
      One.Object = T.Object;
    }
    Facts.Launches.push_back(std::move(One));
    emit(EventKind::Launch, Facts.Launches.size() - 1);
  }
}

void FunctionContext::visitIndirect(const Target &T, uint32_t Loop, const Span &At) {
  heddle::Call C;
  C.Callee = Unit.usr(T.F);
  C.Name = Unit.name(T.F);
  C.ViaArgument = true;
  C.Object = T.Object;
  C.Loop = Loop;
  C.At = At;
  Facts.Calls.push_back(std::move(C));
  emit(EventKind::Call, Facts.Calls.size() - 1);
}

bool FunctionContext::joinsAll(const CallExpr *E, const ApiModel &M,
                               llvm::ArrayRef<const Expr *> Args) {
  if (!M.Algorithm || !M.Algorithm->Calls || M.Algorithm->Index || Args.size() < 3)
    return false;
  const FunctionDecl *F = callable(Args.back()).F;
  const JoinModel *J = F ? Unit.api(F).Joins : nullptr;
  // A lambda that does nothing else.
  if (const auto *Method = dyn_cast_or_null<CXXMethodDecl>(F);
      Method && Method->getParent()->isLambda() && Method->getNumParams() == 1)
    if (const auto *Body = dyn_cast_or_null<CompoundStmt>(Method->getBody());
        Body && Body->size() == 1)
      if (const auto *C = dyn_cast<CXXMemberCallExpr>(Body->body_front()); C && C->getMethodDecl())
        if (const auto *D = dyn_cast<DeclRefExpr>(strip(C->getImplicitObjectArgument()));
            D && D->getDecl() == Method->getParamDecl(0))
          J = Unit.api(C->getMethodDecl(), C->getRecordDecl()).Joins;
  Place Elements = pointee(Args[0]);
  if (!J || J->Asks || J->Handle != heddle::Object || !Elements.known())
    return false;
  Join All;
  All.Kind = J->Kind;
  All.Handle = Elements;
  All.Loop = loopOf(E);
  All.At = Unit.span(E->getSourceRange());
  Facts.Joins.push_back(std::move(All));
  emit(EventKind::Join, Facts.Joins.size() - 1);
  return true;
}

void FunctionContext::visitJoin(const Expr *E, const JoinModel &M,
                                llvm::ArrayRef<const Expr *> Args, const Expr *Object) {
  Join J;
  J.Kind = M.Kind;
  J.Handle = at(M.Handle, E, Args, Object);
  J.Loop = loopOf(E);
  J.At = Unit.span(E->getSourceRange());
  if (M.Asks) {
    Asked[E] = std::move(J);
    return;
  }
  Facts.Joins.push_back(std::move(J));
  emit(EventKind::Join, Facts.Joins.size() - 1);
}

void FunctionContext::visitMove(const Expr *Variable, const Expr *E) {
  Variable = strip(Variable);
  if (!Variable->isGLValue() || !Variable->getType()->isRecordType())
    return;
  Place Handle = lvalue(Variable);
  if (Handle.Root != RootKind::Local || !HandleRoots.contains(Handle.Name))
    return;
  Join J;
  J.Kind = JoinKind::Move;
  J.Handle = Handle;
  J.Loop = loopOf(E);
  J.At = Unit.span(E->getSourceRange());
  Facts.Joins.push_back(std::move(J));
  emit(EventKind::Join, Facts.Joins.size() - 1);
}

void FunctionContext::visitLifetimeEnd(const VarDecl *V, const Stmt *Trigger) {
  V = V->getCanonicalDecl();
  if (V->getType()->isReferenceType() || !V->hasLocalStorage() || V->isImplicit())
    return;
  if (!Escaping.contains(V) && !HandleRoots.contains(Unit.usr(V)))
    return;
  LifetimeEnd End;
  End.What = {RootKind::Local, Unit.usr(V), 0, {}};
  End.Leaves = isa<ReturnStmt>(Trigger) || Trigger == Fn->getBody();
  End.At = Unit.span(isa<CompoundStmt>(Trigger) ? SourceRange(Trigger->getEndLoc())
                                                : Trigger->getSourceRange());
  Facts.LifetimeEnds.push_back(std::move(End));
  emit(EventKind::LifetimeEnd, Facts.LifetimeEnds.size() - 1);
}

} // namespace heddle
