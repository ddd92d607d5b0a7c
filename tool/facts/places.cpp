/// From expressions to places. A place names memory by how the code reaches it,
/// so `this->mu_` in two methods is one place, and following a pointer is the
/// step "*" that the program stage can replace by what the pointer is bound to.
///
/// Example: in `Conn *c = pool[i]; c->state = 1;` the write is to
/// {Local c, "*.state"}, and a binding says that c points to what pool[] holds.
#include "facts/context.h"

#include "llvm/ADT/StringExtras.h"

namespace heddle {

using namespace clang;

namespace {

/// Longer paths are walks through linked structures; no two of them are known
/// to be the same object.
constexpr size_t MaxPath = 96;

Place unknown(llvm::StringRef Why) { return {RootKind::Unknown, Symbol(Why), 0, {}}; }

Place step(const Place &P, llvm::StringRef Step) {
  if (P.Path.str().size() + Step.size() > MaxPath)
    return unknown("a long chain of pointers");
  return extend(P, Step);
}

/// Elements that have no address of their own, as those of vector<bool>, share words
/// with their neighbours; of at least so many.
constexpr int64_t PackedElements = 64;

std::string indexStep(const Expr *Index, const ASTContext &Ast, bool Packed = false) {
  Expr::EvalResult R;
  if (!Index->isValueDependent() && Index->EvaluateAsInt(R, Ast) && R.Val.isInt() &&
      R.Val.getInt().isRepresentableByInt64()) {
    int64_t I = R.Val.getInt().getExtValue();
    return "[" + std::to_string(Packed ? I - I % PackedElements : I) + "]";
  }
  // A key that is spelled out.
  const Expr *Key = strip(Index);
  if (const auto *K = dyn_cast<CXXConstructExpr>(Key); K && K->getNumArgs())
    Key = strip(K->getArg(0));
  if (const auto *S = dyn_cast<StringLiteral>(Key); S && S->getCharByteWidth() == 1 &&
                                                    S->getLength() <= 32 &&
                                                    llvm::all_of(S->getString(), llvm::isAlnum))
    return ("[\"" + S->getString() + "\"]").str();
  return "[]";
}

/// The member that stands for Field among those that share memory with it: the others
/// of a union, and neighbouring bit-fields.
const FieldDecl *memoryOf(const FieldDecl *Field) {
  const RecordDecl *R = Field->getParent();
  if (R->isUnion() && !R->field_empty())
    return (*R->field_begin())->getName().empty() ? Field : *R->field_begin();
  if (!Field->isBitField())
    return Field;
  const FieldDecl *First = nullptr;
  for (const FieldDecl *F : R->fields()) {
    if (!F->isBitField() || F->isZeroLengthBitField(R->getASTContext()))
      First = nullptr;
    else if (!First && !F->getName().empty())
      First = F;
    if (F == Field)
      break;
  }
  return First ? First : Field;
}

/// `offsetof(T, a.b)`, also as it is spelled by hand: ".-b.-a", the way from the member
/// to the object. Empty for any other expression.
std::string outOfMember(const Expr *Offset) {
  std::string Steps;
  const Expr *E = Offset->IgnoreParenCasts();
  if (const auto *O = dyn_cast<OffsetOfExpr>(E)) {
    for (unsigned I = O->getNumComponents(); I-- > 0;) {
      const OffsetOfNode &N = O->getComponent(I);
      if (N.getKind() != OffsetOfNode::Field)
        return {};
      Steps += (".-" + N.getField()->getName()).str();
    }
    return Steps;
  }
  const auto *U = dyn_cast<UnaryOperator>(E);
  if (!U || U->getOpcode() != UO_AddrOf)
    return {};
  const auto *M = dyn_cast<MemberExpr>(U->getSubExpr()->IgnoreParens());
  for (; M; M = dyn_cast<MemberExpr>(M->getBase()->IgnoreParens())) {
    Steps += (".-" + M->getMemberDecl()->getName()).str();
    if (M->isArrow()) {
      const auto *Zero = dyn_cast<IntegerLiteral>(M->getBase()->IgnoreParenCasts());
      return Zero && Zero->getValue().isZero() ? Steps : std::string();
    }
  }
  return {};
}

bool isPointer(QualType T) { return T->isAnyPointerType() || isPointerLike(T); }

} // namespace

bool isPointerLike(QualType T) {
  const CXXRecordDecl *R = T.getNonReferenceType()->getAsCXXRecordDecl();
  if (!R || !R->hasDefinition())
    return false;
  R = R->getDefinition();
  ASTContext &Ast = R->getASTContext();
  // unique_ptr<T[]> has no arrow; it and its kin name what they point to.
  if (!R->lookup(Ast.DeclarationNames.getCXXOperatorName(OO_Arrow)).empty() ||
      !R->lookup(&Ast.Idents.get("element_type")).empty())
    return true;
  // weak_ptr has it from its only base.
  return R->getNumBases() == 1 && !R->isDependentContext() &&
         isPointerLike(R->bases_begin()->getType());
}

std::optional<int64_t> constantOf(const Expr *E, const ASTContext &Ast) {
  Expr::EvalResult V;
  if (!E || E->isValueDependent() || !E->getType()->isIntegerType() || !E->EvaluateAsInt(V, Ast) ||
      !V.Val.getInt().isRepresentableByInt64())
    return std::nullopt;
  return V.Val.getInt().getExtValue();
}

const Expr *strip(const Expr *E) {
  while (E) {
    const Expr *Before = E;
    E = E->IgnoreParenImpCasts();
    if (const auto *C = dyn_cast<ExprWithCleanups>(E))
      E = C->getSubExpr();
    else if (const auto *M = dyn_cast<MaterializeTemporaryExpr>(E))
      E = M->getSubExpr();
    else if (const auto *B = dyn_cast<CXXBindTemporaryExpr>(E))
      E = B->getSubExpr();
    else if (const auto *C = dyn_cast<CXXConstructExpr>(E);
             C && C->getNumArgs() == 1 && C->getConstructor()->isCopyOrMoveConstructor() &&
             (C->isElidable() || strip(C->getArg(0))->isPRValue()))
      E = C->getArg(0);
    else if (const auto *F = dyn_cast<CXXFunctionalCastExpr>(E); F && F->getType()->isRecordType())
      E = F->getSubExpr();
    if (E == Before)
      return E;
  }
  return E;
}

Place FunctionContext::variable(const VarDecl *V, bool Follow) {
  V = V->getCanonicalDecl();
  if (V->getTLSKind() != VarDecl::TLS_None)
    return unknown("thread-local");
  if (V->hasGlobalStorage()) {
    if (Unit.inSystemHeader(V))
      return unknown("owned by a library");
    Unit.mention(V);
    return {RootKind::Global, Unit.usr(V), 0, {}};
  }
  const auto *P = dyn_cast<ParmVarDecl>(V);
  if (P && P->getDeclContext() == Fn &&
      (isPointer(P->getType()) || P->getType()->isReferenceType()))
    return {RootKind::Parameter, Symbol(P->getName()), P->getFunctionScopeIndex(), {}};
  // A copy that a lambda owns is nobody else's; what a copied pointer points to is.
  if (!Follow && Copied.contains(V))
    return unknown("a copy owned by the lambda");
  Unit.mention(V);
  return {RootKind::Local, Unit.usr(V), 0, {}};
}

Place FunctionContext::fresh(SourceLocation Where) {
  Span S = Unit.span(Where);
  return {RootKind::Heap,
          Symbol((S.File.str() + ":" + llvm::Twine(S.Line) + ":" + llvm::Twine(S.Column)).str()),
          0,
          {}};
}

Place FunctionContext::copied(const Expr *E) {
  const Expr *S = strip(E);
  if (auto It = Destinations.find(S); It != Destinations.end() && It->second.Root == RootKind::Heap)
    return It->second;
  Place Copy = fresh(E->getBeginLoc());
  if (isa<InitListExpr>(S)) {
    bindInit(Copy, S->getType(), S);
    return Copy;
  }
  if (const auto *K = dyn_cast<CXXConstructExpr>(S);
      K && K->getConstructor()->isCopyOrMoveConstructor())
    S = strip(K->getArg(0));
  const CXXRecordDecl *R = S->getType()->getAsCXXRecordDecl();
  if (!S->isGLValue() || !R || !R->hasDefinition())
    return Copy;
  Place From = lvalue(S);
  for (const FieldDecl *F : R->getDefinition()->fields())
    if (From.known() && !F->getName().empty() &&
        (isPointer(F->getType()) || F->getType()->isReferenceType())) {
      std::string Member = ("." + F->getName()).str();
      Facts.Bindings.push_back(
          {step(Copy, Member), step(From, Member + "*"), Unit.span(E->getBeginLoc())});
    }
  return Copy;
}

Place FunctionContext::lvalue(const Expr *E) {
  E = strip(E);
  if (const auto *C = dyn_cast<CastExpr>(E))
    return C->getType()->isAnyPointerType() ? unknown("a temporary") : lvalue(C->getSubExpr());
  if (const auto *D = dyn_cast<DeclRefExpr>(E)) {
    if (const auto *V = dyn_cast<VarDecl>(D->getDecl()))
      return V->getType()->isReferenceType() ? step(variable(V, true), "*") : variable(V);
    if (const auto *B = dyn_cast<BindingDecl>(D->getDecl()))
      if (const Expr *Bound = B->getBinding())
        return lvalue(Bound);
    return unknown("not a variable");
  }
  if (const auto *M = dyn_cast<MemberExpr>(E)) {
    if (const auto *V = dyn_cast<VarDecl>(M->getMemberDecl()))
      return variable(V);
    const auto *Field = dyn_cast<FieldDecl>(M->getMemberDecl());
    if (!Field)
      return unknown("not a data member");
    Place Base = M->isArrow() ? pointee(M->getBase()) : lvalue(M->getBase());
    if (Field->getName().empty()) // anonymous struct or union
      return Base;
    Place P = step(Base, ("." + memoryOf(Field)->getName()).str());
    return Field->getType()->isReferenceType() ? step(P, "*") : P;
  }
  if (const auto *A = dyn_cast<ArraySubscriptExpr>(E)) {
    const Expr *Base = A->getBase()->IgnoreParenImpCasts();
    Place P = Base->getType()->isArrayType() ? lvalue(Base) : pointee(A->getBase());
    return step(P, indexStep(A->getIdx(), Unit.Ast));
  }
  if (const auto *U = dyn_cast<UnaryOperator>(E)) {
    if (U->getOpcode() == UO_Deref)
      return pointee(U->getSubExpr());
    if (U->getOpcode() == UO_Extension || U->isPrefix())
      return lvalue(U->getSubExpr());
  }
  if (const auto *B = dyn_cast<BinaryOperator>(E)) {
    if (B->getOpcode() == BO_Comma)
      return lvalue(B->getRHS());
    if (B->isAssignmentOp())
      return lvalue(B->getLHS());
  }
  if (const auto *O = dyn_cast<CXXOperatorCallExpr>(E);
      O && O->getDirectCallee() && Unit.inSystemHeader(O->getDirectCallee())) {
    switch (O->getOperator()) {
    case OO_Star:
    case OO_Arrow:
      return pointee(O->getArg(0));
    case OO_Subscript:
      if (O->getNumArgs() == 2) {
        Place Base = lvalue(O->getArg(0));
        if (const ApiModel &M = Unit.api(O->getDirectCallee(), nullptr);
            M.Returns && M.Returns->Returns == ReturnedPlace::Pointee)
          Base = step(Base, "*");
        return step(Base, indexStep(O->getArg(1), Unit.Ast, /*Packed=*/O->isPRValue()));
      }
      break;
    case OO_Equal:
    case OO_PlusEqual:
      return lvalue(O->getArg(0));
    default:
      break;
    }
  }
  if (isa<CallExpr>(E))
    return pointee(E); // a returned reference
  if (isa<CXXThisExpr>(E))
    return pointee(E);
  if (const auto It = Destinations.find(E); It != Destinations.end())
    return It->second;
  return unknown("a temporary");
}

Place FunctionContext::pointee(const Expr *E) {
  E = strip(E);
  if (const auto *C = dyn_cast<CastExpr>(E)) {
    if (C->getCastKind() == CK_IntegralToPointer)
      return unknown("an address computed from an integer");
    return pointee(C->getSubExpr());
  }
  if (isa<CXXThisExpr>(E))
    return OwnsThis ? unknown("a copy owned by the lambda")
                    : Place{RootKind::This, {}, 0, Symbol("*")};
  if (const auto *N = dyn_cast<CXXNewExpr>(E)) {
    // `new (memory) T`: the object is where it is put.
    if (const FunctionDecl *New = N->getOperatorNew();
        New && New->isReservedGlobalPlacementOperator() && N->getNumPlacementArgs() == 1)
      return pointee(N->getPlacementArg(0));
    return fresh(N->getBeginLoc());
  }
  if (const auto *S = dyn_cast<StmtExpr>(E)) // ({ ...; value; })
    if (const auto *Last =
            S->getSubStmt()->body_empty() ? nullptr : dyn_cast<Expr>(S->getSubStmt()->body_back()))
      return pointee(Last);
  if (const auto *U = dyn_cast<UnaryOperator>(E)) {
    if (U->getOpcode() == UO_AddrOf)
      return lvalue(U->getSubExpr());
    if (U->isIncrementDecrementOp())
      return pointee(U->getSubExpr());
  }
  if (const auto *B = dyn_cast<BinaryOperator>(E)) {
    if (std::string Out = B->getOpcode() == BO_Sub ? outOfMember(B->getRHS()) : std::string();
        !Out.empty())
      return step(pointee(B->getLHS()), Out);
    if (B->isAdditiveOp()) // p + i is within what p points into
      return pointee(B->getLHS()->getType()->isAnyPointerType() ? B->getLHS() : B->getRHS());
    if (B->getOpcode() == BO_Comma || B->getOpcode() == BO_Assign)
      return pointee(B->getRHS());
  }
  if (const auto *C = dyn_cast<ConditionalOperator>(E)) {
    bool NullLeft =
        C->getTrueExpr()->isNullPointerConstant(Unit.Ast, Expr::NPC_ValueDependentIsNull);
    bool NullRight =
        C->getFalseExpr()->isNullPointerConstant(Unit.Ast, Expr::NPC_ValueDependentIsNull);
    if (NullLeft || NullRight)
      return pointee(NullLeft ? C->getFalseExpr() : C->getTrueExpr());
    Place A = pointee(C->getTrueExpr());
    return A == pointee(C->getFalseExpr()) ? A : unknown("one of two objects");
  }
  // A call that returns a reference to an array is for the calls below: lvalue() asks here.
  if (E->getType()->isArrayType() && !isa<CallExpr>(E))
    return lvalue(E);
  if (const auto *D = dyn_cast<DeclRefExpr>(E))
    if (const auto *V = dyn_cast<VarDecl>(D->getDecl())) {
      Place P = step(variable(V, true), "*");
      return V->getType()->isReferenceType() ? step(P, "*") : P;
    }
  if (const auto *M = dyn_cast<CXXConstructExpr>(E)) {
    // A smart pointer made from a pointer, or from another smart pointer.
    if (M->getNumArgs() >= 1 && isPointerLike(M->getType()) && isPointer(M->getArg(0)->getType()))
      return pointee(M->getArg(0));
    return unknown("a temporary");
  }
  if (isa<LambdaExpr>(E))
    return unknown("a function object");
  if (const auto *Call = dyn_cast<CallExpr>(E)) {
    const FunctionDecl *F = Call->getDirectCallee();
    const Expr *Object = nullptr;
    const CXXRecordDecl *Class = nullptr;
    if (const auto *M = dyn_cast<CXXMemberCallExpr>(Call)) {
      Object = M->getImplicitObjectArgument();
      Class = M->getRecordDecl();
    } else if (isa<CXXOperatorCallExpr>(Call) && isa_and_nonnull<CXXMethodDecl>(F))
      Object = Call->getArg(0);
    if (F)
      if (const ReturnModel *R = Unit.api(F, Class).Returns) {
        switch (R->Returns) {
        case ReturnedPlace::Fresh:
          return fresh(Call->getBeginLoc());
        case ReturnedPlace::Object:
          return Object ? argument(Object) : unknown("no object");
        case ReturnedPlace::Element: {
          const ContainerModel *C = Unit.api(F, Class).Container;
          bool Looks = C && C->Effect == ContainerEffect::ReadStructure &&
                       Call->getNumArgs() == 1 && isa<CXXMemberCallExpr>(Call);
          return Object ? step(argument(Object),
                               Looks ? indexStep(Call->getArg(0), Unit.Ast) : std::string("[]"))
                        : unknown("no object");
        }
        case ReturnedPlace::Pointee:
          return Object ? step(argument(Object), "*") : unknown("no object");
        case ReturnedPlace::Argument: {
          if (!Call->getNumArgs())
            return unknown("no argument");
          // std::get<1>(t)
          const TemplateArgumentList *A = F->getTemplateSpecializationArgs();
          Place Whole = argument(Call->getArg(0));
          return A && A->size() && A->get(0).getKind() == TemplateArgument::Integral
                     ? step(Whole, ("[" + llvm::toString(A->get(0).getAsIntegral(), 10) + "]"))
                     : Whole;
        }
        case ReturnedPlace::Callable:
          return unknown("a function object");
        }
      }
    if (F && Unit.inSystemHeader(F)) {
      const auto *O = dyn_cast<CXXOperatorCallExpr>(Call);
      if (O && (O->getOperator() == OO_Star || O->getOperator() == OO_Subscript ||
                O->getOperator() == OO_Equal)) {
        Place P = lvalue(O);
        return isPointer(E->getType()) ? step(P, "*") : P;
      }
      if (O && (O->getOperator() == OO_PlusPlus || O->getOperator() == OO_MinusMinus ||
                O->getOperator() == OO_Arrow))
        return pointee(O->getArg(0));
      return unknown("returned by a library");
    }
    if (auto It = CallIndices.find(Call); It != CallIndices.end())
      return {RootKind::Result, {}, It->second, Symbol("*")};
    return unknown("returned by a call");
  }
  if (E->isGLValue() && isPointer(E->getType()))
    return step(lvalue(E), "*");
  if (E->isGLValue() && isa<MemberExpr, ArraySubscriptExpr, UnaryOperator>(E))
    return step(lvalue(E), "*");
  return unknown("a computed address");
}

Place FunctionContext::argument(const Expr *E) {
  const Expr *S = strip(E);
  QualType T = S->getType();
  if (S->isNullPointerConstant(Unit.Ast, Expr::NPC_ValueDependentIsNull) != Expr::NPCK_NotNull)
    return unknown("null");
  // The call binds a reference to an object, or copies a pointer.
  if (S->isGLValue() && E->isGLValue() && !T->isFunctionType())
    return lvalue(S);
  if (isPointer(T) || T->isArrayType())
    return pointee(S);
  if (const auto *C = dyn_cast<CallExpr>(S); C && C->getDirectCallee())
    if (const ReturnModel *R = Unit.api(C->getDirectCallee()).Returns;
        R && R->Returns == ReturnedPlace::Argument && C->getNumArgs())
      return argument(C->getArg(0)); // std::ref(x)
  return unknown("a value");
}

Place FunctionContext::handedOver(const Expr *E) {
  const Expr *S = strip(E);
  // The new thread has a copy: of a pointer, or of a whole object.
  if (isPointer(S->getType()) || S->getType()->isArrayType())
    return pointee(S);
  return S->isGLValue() ? unknown("a copy") : argument(E);
}

Place FunctionContext::at(int Position, const Expr *Call, llvm::ArrayRef<const Expr *> Args,
                          const Expr *Object) {
  if (Position == heddle::Object)
    return Object ? (Object->getType()->isAnyPointerType() ? pointee(Object) : lvalue(Object))
                  : unknown("no object");
  if (Position == ReturnValue) {
    auto It = Destinations.find(Call);
    return It != Destinations.end() ? It->second : unknown("dropped");
  }
  if (Position < 0 || static_cast<size_t>(Position) >= Args.size())
    return unknown("no such argument");
  const Expr *A = strip(Args[Position]);
  if (A->getType()->isAnyPointerType())
    return pointee(A);
  return lvalue(A); // a handle by value: the variable it was read from
}

void FunctionContext::bind(const Place &Pointer, const Expr *Value, SourceLocation At) {
  if (!Pointer.known())
    return;
  const Expr *V = strip(Value);
  // A smart pointer that is made from nothing.
  if (const auto *K = dyn_cast<CXXConstructExpr>(V); K && isPointerLike(K->getType())) {
    if (K->getNumArgs() == 0)
      return;
    if (K->getNumArgs() == 1)
      V = strip(K->getArg(0));
  }
  if (V->isNullPointerConstant(Unit.Ast, Expr::NPC_ValueDependentIsNull) != Expr::NPCK_NotNull)
    return;
  V = strip(Value);
  Place Target = V->isGLValue() && !isPointer(V->getType()) ? lvalue(V) : pointee(V);
  if (Target == extend(Pointer, "*")) // p = p + 1
    return;
  Facts.Bindings.push_back({Pointer, Target, Unit.span(At)});
}

void FunctionContext::bindInit(const Place &Target, QualType T, const Expr *Init) {
  const Expr *I = strip(Init);
  if (T->isReferenceType()) {
    Facts.Bindings.push_back({Target, lvalue(I), Unit.span(I->getBeginLoc())});
    return;
  }
  if (isPointer(T)) {
    bind(Target, Init, Init->getBeginLoc());
    return;
  }
  if (T->isRecordType() && giverOf(I)) {
    Facts.Bindings.push_back({Target, promiseOf(I), Unit.span(I->getBeginLoc())});
    return;
  }
  // A guard that a function returned holds what that one locked.
  if (auto It = CallIndices.find(I);
      It != CallIndices.end() && isa<CallExpr>(I) && Unit.guard(T->getAsCXXRecordDecl())) {
    Facts.Bindings.push_back(
        {Target, {RootKind::Result, {}, It->second, Symbol("*")}, Unit.span(I->getBeginLoc())});
    return;
  }
  if (const auto *L = dyn_cast<InitListExpr>(I)) {
    const auto *R = T->getAsRecordDecl();
    if (!R)
      return;
    unsigned N = 0;
    for (const FieldDecl *F : R->fields()) {
      if (N >= L->getNumInits())
        return;
      const Expr *Member = L->getInit(N++);
      if (!F->getName().empty() && Member && !isa<ImplicitValueInitExpr>(Member))
        bindInit(step(Target, ("." + F->getName()).str()), F->getType(), Member);
    }
  }
}

} // namespace heddle
