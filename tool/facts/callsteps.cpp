/// Calls as steps. What a library function does to its object and arguments is
/// known from the models and the types of its parameters; what a function of our
/// own does is left to its summary, and only what it is given is noted.
///
/// Example: `v.push_back(x)` reads x and writes v as a whole; `update(&a[i])`
/// notes that argument 0 is a[i].
#include "facts/evaluation.h"

#include "clang/AST/Attr.h"
#include "clang/Basic/Builtins.h"

namespace heddle {

using namespace clang;

namespace {

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

/// A callable whose body cannot be seen from here: a pointer to a function in a
/// variable, or an object such as std::function that holds one.
bool isUnknownCallable(const Expr *E) {
  E = strip(E);
  QualType T = E->getType();
  if (T->isFunctionPointerType()) {
    const auto *U = dyn_cast<UnaryOperator>(E);
    const auto *D = dyn_cast<DeclRefExpr>(U ? U->getSubExpr() : E);
    return !D || !isa<FunctionDecl>(D->getDecl());
  }
  const CXXRecordDecl *R = T->getAsCXXRecordDecl();
  if (!R || !R->hasDefinition() || R->isLambda() || R->getDefinition()->isEmpty())
    return false;
  ASTContext &Ast = R->getASTContext();
  return !R->getDefinition()->lookup(Ast.DeclarationNames.getCXXOperatorName(OO_Call)).empty();
}

} // namespace

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

/// One argument of a call. Known: the call's effect is what the parameter's type
/// allows; otherwise the callee's summary will say.
void Evaluation::argument(const FunctionDecl *Callee, unsigned Number, const Expr *E, uint32_t Call,
                          bool Known, bool Pure, uint64_t Bytes) {
  if (isa<CXXDefaultArgExpr>(E)) // what it does is a call of its own
    return;
  eval(E);
  const ParmVarDecl *P =
      Callee && Number < Callee->getNumParams() ? Callee->getParamDecl(Number) : nullptr;
  QualType T = P ? P->getType() : E->getType();
  bool Reference = P && T->isReferenceType();
  const Expr *S = strip(E);
  if (!Reference && !T->isAnyPointerType() && !isPointerLike(T)) {
    // A record by value without a copy constructor that is called (C).
    if (!Known && T->isIntegralOrEnumerationType())
      B.Arguments.push_back({innermost(), Call, Number, E, true});
    return;
  }
  const auto *AddressOf = dyn_cast<UnaryOperator>(S);
  if (AddressOf && AddressOf->getOpcode() != UO_AddrOf)
    AddressOf = nullptr;
  if (Reference && !S->isGLValue() && !isPointerLike(T)) {
    if (!Known)
      B.Arguments.push_back({innermost(), Call, Number, E, false, false, true});
    return;
  }
  const Expr *Object = Reference && S->isGLValue() ? S
                       : AddressOf                 ? AddressOf->getSubExpr()
                                                   : nullptr;
  QualType Pointed = Reference ? T.getNonReferenceType() : T->getPointeeType();
  bool Copied = Reference && isCopiedFrom(Callee, Number);
  bool Const = Pure || Copied || (!Pointed.isNull() && Pointed.isConstQualified());
  if (Object && Object->getType()->isFunctionType())
    return;
  if (Known || (Object && variableRoot(Object) && isScalarVariable(variableRoot(Object)))) {
    if (Object) {
      bool Array = Object->getType()->isArrayType();
      const VarDecl *Root = variableRoot(Object);
      // `memcpy(&a[i], ...)`: more elements may follow.
      uint64_t Each = Known && AddressOf && !Array && !(Root && isScalarVariable(Root)) &&
                              !Object->getType()->isIncompleteType()
                          ? Ast.getTypeSizeInChars(Object->getType()).getQuantity()
                          : 0;
      bool Follow = Each && Bytes > Each;
      if (Follow && Bytes / Each < INT32_MAX) {
        if (Step *A = access(Object, true, !Const))
          A->More = (Bytes - 1) / Each;
      } else if (Follow) {
        if (Step *A = access(S, true, !Const, Step::Range)) {
          A->Var = nullptr;
          A->Pointee = true;
        }
      } else if (Step *A = access(Object, true, !Const, Array ? Step::Range : Step::Element))
        A->Escapes = !Known && !Copied;
    } else if (!Reference && !(Pointed.isNull() ? false : Pointed->isFunctionType())) {
      if (Step *A = access(S, true, !Const, Step::Range)) {
        A->Var = nullptr;
        A->Pointee = true;
      }
    }
  }
  if (!Known)
    B.Arguments.push_back({innermost(), Call, Number, E});
}

void Evaluation::call(const CallExpr *E, bool Discard) {
  const FunctionDecl *Callee = E->getDirectCallee();
  auto Found = F.CallIndices.find(E);
  uint32_t Index = Found == F.CallIndices.end() ? None : Found->second;
  if (auto Loop = F.Loops.find(E); Loop != F.Loops.end()) {
    if (Index != None)
      B.Handled.insert(Index);
    return algorithm(E, algorithmOf(F.Unit, E), Loop->second);
  }
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
  const auto *Operator = dyn_cast<CXXOperatorCallExpr>(E);
  bool CallsUnknown =
      (Operator && Operator->getOperator() == OO_Call) ||
      llvm::any_of(E->arguments(), [](const Expr *A) { return isUnknownCallable(A); });
  bool Library = System && !CallsUnknown && (isStandard(Callee) || Api.Container || Api.Returns);
  // strlen, memcpy, frexp...: what the compiler knows acts on its arguments only.
  bool OnArguments =
      Builtin &&
      llvm::is_contained({"string.h", "strings.h", "math.h", "ctype.h", "complex.h", "wchar.h"},
                         llvm::StringRef(Ast.BuiltinInfo.getHeaderName(Builtin)
                                             ? Ast.BuiltinInfo.getHeaderName(Builtin)
                                             : ""));
  // How far from a pointer the effects go: a number when it is given, no further than
  // one object in mathematics.
  uint64_t Bytes = ~uint64_t(0);
  if (OnArguments && E->getNumArgs()) {
    const Expr *Size = E->getArg(E->getNumArgs() - 1);
    Expr::EvalResult V;
    llvm::StringRef Header = Ast.BuiltinInfo.getHeaderName(Builtin);
    if (Header == "math.h" || Header == "complex.h")
      Bytes = 0;
    else if (Size->getType()->isIntegerType() && !Size->isValueDependent() &&
             Size->EvaluateAsInt(V, Ast))
      Bytes = V.Val.getInt().getLimitedValue();
  }
  bool Known = (Pure && !Object) || ((Library || OnArguments || (Builtin && Api.Returns)) && !Acts);
  // `a = b` as the compiler writes it: both objects, and nothing else.
  const auto *Assigned = dyn_cast_or_null<CXXMethodDecl>(Callee);
  if (Object && Assigned && Assigned->isDefaulted() && E->getNumArgs() == First + 1 &&
      (Assigned->isCopyAssignmentOperator() || Assigned->isMoveAssignmentOperator())) {
    const Expr *From = E->getArg(First);
    eval(From);
    if (strip(From)->isGLValue())
      access(strip(From), true, false);
    if (Step *A = access(Object, false, true))
      A->Pointee = Object->getType()->isAnyPointerType();
    if (Index != None)
      B.Handled.insert(Index);
    return;
  }
  if (Callee && Callee->hasAttr<ReturnsTwiceAttr>())
    markUnknown("setjmp", E->getSourceRange());

  for (unsigned I = First; I < E->getNumArgs(); ++I)
    argument(Callee, I - First, E->getArg(I), Index, Known, Pure, Bytes);
  if (Callee && Callee->isNoReturn()) {
    called(Index);
    jump();
    return;
  }
  if (Known && Index != None)
    B.Handled.insert(Index);
  if (!Known || F.HasDirectives)
    called(Index);
  const auto *Method = dyn_cast_or_null<CXXMethodDecl>(Callee);
  if (!Object || !Method)
    return;
  if (!Known) {
    B.Arguments.push_back({innermost(), Index, None, Object});
    if (!Method->isStatic() && variableRoot(Object) && isScalarVariable(variableRoot(Object)))
      if (Step *A = access(Object, true, !Method->isConst()))
        A->Escapes = true;
    return;
  }
  // Element access is an access where the result is used, not here.
  bool Structure = Api.Container && Api.Container->changesStructure();
  bool Pointer = Object->getType()->isAnyPointerType();
  auto Look = [&] {
    if (!Api.Container || Api.Container->Effect != ContainerEffect::ReadStructure ||
        (!Pointer && !strip(Object)->isGLValue()))
      return;
    if (Step *A = access(Object, true, false, Step::Structure)) {
      A->Var = nullptr;
      A->Pointee = Pointer;
    }
  };
  if ((Api.Returns || Pure) && !Structure)
    return Look();
  OverloadedOperatorKind Op = Method->getOverloadedOperator();
  bool Write = !Method->isConst();
  if (Api.Container && Api.Container->Effect == ContainerEffect::ReadStructure)
    Write = false;
  if (Api.Container && Api.Container->Effect == ContainerEffect::Atomic)
    markUnknown("an atomic access", E->getSourceRange());
  if (!Write &&
      (E->getNumArgs() == First || Op == OO_Subscript || Op == OO_Star || Op == OO_Arrow)) {
    // size(), empty(), *it: the elements are not read by this alone
    return Look();
  }
  bool Assign = Op == OO_Equal;
  if (Step *A = access(Object, !Assign, Write, Step::Whole)) {
    A->Pointee = Pointer;
    if (Api.Container && Api.Container->Effect == ContainerEffect::Append &&
        (Discard || E->getType()->isVoidType()))
      A->Operator = "append";
    if (Op == OO_PlusPlus || Op == OO_MinusMinus)
      A->Advance = Op == OO_PlusPlus ? 1 : -1;
    if ((Op == OO_PlusEqual || Op == OO_MinusEqual) && E->getNumArgs() == 2)
      if (Expr::EvalResult V;
          !E->getArg(1)->isValueDependent() && E->getArg(1)->getType()->isIntegerType() &&
          E->getArg(1)->EvaluateAsInt(V, Ast) && V.Val.getInt().isRepresentableByInt64() &&
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
  bool Known = C->isTrivial() || C->isDefaulted() || (F.Unit.inSystemHeader(C) && !Acts);
  // What containers and the like are made from is only read.
  bool Reads = Known && (isStandard(C) || C->isDefaulted());
  for (unsigned I = 0; I < E->getNumArgs(); ++I)
    argument(C, I, E->getArg(I), Index, Known, Reads);
  if (!Known || F.HasDirectives)
    called(Index);
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

} // namespace heddle
