/// Where a memory access goes: a base object, and subscripts from there. Pointers
/// are a base with an offset; containers are arrays of their elements.
///
/// Example: in `double *row = a + 4 * i;` and `row[j + 1]`, the access is to
/// base *a with the subscript 4*i + j + 1.
#include "facts/resolver.h"

namespace heddle {

using namespace clang;

void Resolver::offset(PointerRef &P, const Affine &By, int64_t Factor) {
  if (P.Offset)
    P.To.Subscripts.back() = combine(P.To.Subscripts.back(), By, Factor);
  else if (!By.Known || By.Constant || !By.Terms.empty()) {
    subscript(P.To, combine(constantAffine(0), By, Factor));
    P.Offset = true;
  }
}

std::optional<ElementRef> Resolver::viewed(const Expr *View) {
  struct Guard {
    unsigned &D;
    ~Guard() { --D; }
  } G{++Depth};
  if (Depth > MaxSubstitutions)
    return std::nullopt;
  const Expr *S = strip(View);
  if (const auto *D = dyn_cast<DeclRefExpr>(S)) {
    const auto *V = dyn_cast<VarDecl>(D->getDecl());
    const Expr *Made = V && !V->getType()->isReferenceType() && !isa<ParmVarDecl>(V)
                           ? value(V->getCanonicalDecl(), D, true)
                           : nullptr;
    return Made ? viewed(Made) : std::nullopt;
  }
  while (const auto *C = dyn_cast<CastExpr>(S))
    S = strip(C->getSubExpr());
  if (const auto *K = dyn_cast<CXXConstructExpr>(S); K && K->getNumArgs()) {
    const Expr *From = K->getArg(0);
    QualType T = From->getType();
    if (T->isArrayType() || (T->isRecordType() && !isPointerLike(T)))
      return T->isRecordType() ? container(From) : element(From);
    PointerRef P = pointee(From);
    if (!P.Offset || P.To.Subscripts.empty())
      return P.To;
    const Affine &First = P.To.Subscripts.back();
    bool Begin = First.Known && First.Through.empty() && First.Terms.empty() && !First.Constant;
    if (Begin && P.To.Field.empty())
      P.To.Subscripts.pop_back();
    else
      P.To.Subscripts.back() = {};
    return P.To;
  }
  // Part of another view, from somewhere on.
  if (const auto *M = dyn_cast<CXXMemberCallExpr>(S);
      M && isView(M->getImplicitObjectArgument()->getType())) {
    ElementRef R = container(M->getImplicitObjectArgument());
    subscript(R, {});
    return R;
  }
  return std::nullopt;
}

PointerRef Resolver::unknownPointer(const Expr *E) {
  PointerRef P;
  P.To.Base = F.pointee(E);
  P.To.BaseText = F.Unit.text(E);
  P.To.Subscripts.push_back({});
  P.Offset = true;
  return P;
}

PointerRef Resolver::loaded(const Expr *E, ElementRef Of) {
  PointerRef P;
  P.Offset = true;
  // `s->p` with one s is one pointer, not one of a row of them.
  bool First = llvm::all_of(Of.Subscripts, [](const Affine &A) {
    return A.Known && A.Terms.empty() && A.Constant == 0 && A.Through.empty();
  });
  if (First) {
    P.To.Base = Of.Base.known() ? extend(Of.Base, Of.Field + "*") : F.pointee(E);
    P.To.BaseText = F.Unit.text(E);
  } else {
    P.To = std::move(Of);
    P.To.Rows = true;
    P.To.Field += "*";
  }
  P.To.Distinct = E->getType().isRestrictQualified();
  P.To.Container = {};
  subscript(P.To, constantAffine(0));
  return P;
}

PointerRef Resolver::pointerVariable(const DeclRefExpr *D, const VarDecl *V) {
  auto Plain = [&](const Affine &Offset) {
    PointerRef P;
    P.To.Base = F.pointee(D);
    P.To.BaseText = Symbol(V->getName());
    P.To.Distinct = V->getType().isRestrictQualified();
    P.To.Subscripts.push_back(Offset);
    P.Offset = true;
    return P;
  };
  Symbol Usr = F.Unit.usr(V);
  for (uint32_t L : chain()) {
    const LoopHeader &H = B.Headers[L];
    if (H.Index == V && H.Range) {
      ElementRef R = Resolver(B, B.facts().Loops[L].Parent).container(H.Range);
      subscript(R, term(Usr));
      return loaded(D, std::move(R));
    }
    if (H.Index == V) {
      Affine I = term(Usr);
      if (H.Update && after(D, H.Update))
        I.Constant = B.facts().Loops[L].Step;
      if (!H.Start)
        return Plain(I);
      PointerRef P = Resolver(B, B.facts().Loops[L].Parent).pointee(H.Start);
      offset(P, I);
      return P;
    }
  }
  if (std::optional<Affine> R = advanced(V, D))
    return Plain(*R);
  if (const Expr *Value = value(V, D, true)) {
    // What a call returns has no better name than the variable.
    const Expr *S = strip(Value);
    while (const auto *C = dyn_cast<CastExpr>(S))
      S = strip(C->getSubExpr());
    const auto *Call = dyn_cast<CallExpr>(S);
    bool Named = !isa<CXXNewExpr, CallExpr, CXXConstructExpr>(S) ||
                 (Call && returns(Call) && returns(Call)->Returns != ReturnedPlace::Fresh);
    if (Named && !S->isNullPointerConstant(F.Unit.Ast, Expr::NPC_ValueDependentIsNull)) {
      PointerRef P = pointee(Value);
      P.To.Distinct |= V->getType().isRestrictQualified();
      return P;
    }
  }
  return Plain(constantAffine(0));
}

PointerRef Resolver::pointee(const Expr *E) {
  struct Guard {
    unsigned &D;
    ~Guard() { --D; }
  } G{++Depth};
  E = strip(E);
  if (Depth > MaxSubstitutions)
    return unknownPointer(E);
  if (const auto *C = dyn_cast<CastExpr>(E)) {
    const Expr *Sub = C->getSubExpr();
    if (!Sub->getType()->isAnyPointerType() && !Sub->getType()->isArrayType())
      return unknownPointer(E);
    PointerRef P = pointee(Sub);
    QualType From = Sub->getType()->isArrayType()
                        ? QualType(Sub->getType()->getArrayElementTypeNoTypeQual(), 0)
                        : Sub->getType()->getPointeeType(),
             To = E->getType()->isAnyPointerType() ? E->getType()->getPointeeType() : QualType();
    if (!To.isNull() && !From->isVoidType() && !To->isVoidType() &&
        !F.Unit.Ast.hasSameUnqualifiedType(From, To)) {
      // An array of rows seen as one row, or bytes of something else.
      if (P.To.Subscripts.empty())
        P.To.Subscripts.emplace_back();
      for (Affine &A : P.To.Subscripts)
        A = {};
      P.To.Subscripts.resize(1);
      P.Offset = true;
    }
    return P;
  }
  if (isa<CXXThisExpr>(E)) {
    PointerRef P;
    P.To.Base = F.pointee(E);
    P.To.BaseText = Symbol("*this");
    return P;
  }
  if (E->getType()->isArrayType()) {
    PointerRef P{element(E), true};
    subscript(P.To, constantAffine(0));
    return P;
  }
  if (const auto *U = dyn_cast<UnaryOperator>(E)) {
    if (U->getOpcode() == UO_AddrOf) {
      PointerRef P{element(U->getSubExpr()), false};
      // `&a[i]`, also `&*p`: more elements follow.
      P.Offset = !P.To.Subscripts.empty() && !llvm::StringRef(P.To.Field).contains('.');
      return P;
    }
    if (U->isIncrementDecrementOp()) {
      PointerRef P = pointee(U->getSubExpr());
      if (U->isPrefix())
        offset(P, constantAffine(U->isIncrementOp() ? 1 : -1));
      return P;
    }
    if (U->getOpcode() == UO_Deref)
      return loaded(E, pointee(U->getSubExpr()).To);
  }
  if (const auto *O = dyn_cast<BinaryOperator>(E); O && O->isAdditiveOp()) {
    bool Left = O->getLHS()->getType()->isAnyPointerType();
    PointerRef P = pointee(Left ? O->getLHS() : O->getRHS());
    offset(P, affine(Left ? O->getRHS() : O->getLHS()), O->getOpcode() == BO_Sub ? -1 : 1);
    return P;
  }
  if (const auto *D = dyn_cast<DeclRefExpr>(E)) {
    if (const auto *V = dyn_cast<VarDecl>(D->getDecl())) {
      if (!V->getType()->isReferenceType())
        return pointerVariable(D, V->getCanonicalDecl());
      return loaded(E, element(E));
    }
    return unknownPointer(E);
  }
  if (isa<MemberExpr, ArraySubscriptExpr>(E))
    return loaded(E, element(E));
  if (const auto *O = dyn_cast<CXXOperatorCallExpr>(E); O && O->getNumArgs() >= 1) {
    const ReturnModel *R = returns(O);
    switch (O->getOperator()) {
    case OO_PlusPlus:
    case OO_MinusMinus:
    case OO_Arrow:
      return pointee(O->getArg(0));
    case OO_Plus:
    case OO_Minus:
      if (O->getNumArgs() == 2 && isPointerLike(O->getArg(0)->getType())) {
        PointerRef P = pointee(O->getArg(0));
        offset(P, affine(O->getArg(1)), O->getOperator() == OO_Minus ? -1 : 1);
        return P;
      }
      break;
    case OO_Subscript:
    case OO_Star:
      if (R || F.Unit.inSystemHeader(O->getDirectCallee()))
        return loaded(E, element(E));
      break;
    default:
      break;
    }
    return unknownPointer(E);
  }
  if (const auto *C = dyn_cast<CallExpr>(E)) {
    const ReturnModel *R = returns(C);
    const auto *M = dyn_cast<CXXMemberCallExpr>(C);
    if (R && M && !C->getNumArgs()) {
      const Expr *Object = M->getImplicitObjectArgument();
      if (R->Returns == ReturnedPlace::Pointee)
        return pointee(Object);
      if (R->Returns == ReturnedPlace::Element || R->Returns == ReturnedPlace::Object) {
        PointerRef P{container(Object), true};
        subscript(P.To, constantAffine(0));
        return P;
      }
    }
    if (R && R->Returns == ReturnedPlace::Argument && C->getNumArgs())
      return pointee(C->getArg(0));
    // end(), find(): somewhere in the container.
    if (M && M->getMethodDecl())
      if (const ContainerModel *Model =
              F.Unit.api(M->getMethodDecl(), M->getRecordDecl()).Container;
          Model && Model->Effect == ContainerEffect::ReadStructure) {
        PointerRef P{container(M->getImplicitObjectArgument()), true};
        subscript(P.To, {});
        return P;
      }
    if (C->isGLValue() && C->getNumArgs() &&
        F.Unit.inSystemHeader(C->getDirectCallee() ? static_cast<const Decl *>(C->getDirectCallee())
                                                   : F.Fn))
      return loaded(E, element(E));
  }
  return unknownPointer(E);
}

ElementRef Resolver::element(const Expr *E) {
  struct Guard {
    unsigned &D;
    ~Guard() { --D; }
  } G{++Depth};
  E = strip(E);
  auto Opaque = [&](bool Subscript) {
    ElementRef R;
    R.Base = F.lvalue(E);
    R.BaseText = F.Unit.text(E);
    if (Subscript)
      R.Subscripts.emplace_back();
    return R;
  };
  if (Depth > MaxSubstitutions)
    return Opaque(true);
  if (const auto *C = dyn_cast<CastExpr>(E); C && C->getSubExpr()->isGLValue())
    return element(C->getSubExpr());
  // In C++ what is assigned to, or stepped, can be used at once.
  if (const auto *O = dyn_cast<BinaryOperator>(E); O && O->isGLValue()) {
    if (O->isAssignmentOp())
      return element(O->getLHS());
    if (O->getOpcode() == BO_Comma)
      return element(O->getRHS());
  }
  if (const auto *U = dyn_cast<UnaryOperator>(E);
      U && U->isGLValue() && U->isPrefix() && U->isIncrementDecrementOp())
    return element(U->getSubExpr());
  if (const auto *D = dyn_cast<DeclRefExpr>(E)) {
    if (const auto *Bound = dyn_cast<BindingDecl>(D->getDecl()))
      if (const Expr *To = Bound->getBinding())
        return element(To);
    const auto *V = dyn_cast<VarDecl>(D->getDecl());
    if (V && V->getType()->isReferenceType()) {
      V = V->getCanonicalDecl();
      for (uint32_t L : chain())
        if (B.Headers[L].Index == V && B.Headers[L].Range) {
          ElementRef R = Resolver(B, B.facts().Loops[L].Parent).container(B.Headers[L].Range);
          subscript(R, term(F.Unit.usr(V)));
          return R;
        }
      if (V->getInit() && !isa<ParmVarDecl>(V) &&
          stable(V->getInit(), true, F.Unit.Sources.getExpansionLoc(V->getInit()->getEndLoc()),
                 F.Unit.Sources.getExpansionLoc(E->getBeginLoc())))
        return element(V->getInit());
    }
    return Opaque(false);
  }
  if (const auto *M = dyn_cast<MemberExpr>(E)) {
    const auto *Field = dyn_cast<FieldDecl>(M->getMemberDecl());
    if (!Field)
      return Opaque(false);
    ElementRef R = M->isArrow() ? pointee(M->getBase()).To : element(M->getBase());
    bool Shared = Field->isBitField() || Field->getParent()->isUnion() || Field->getName().empty();
    R.Part |= Shared;
    if (R.Subscripts.empty()) {
      if (!Shared && R.Base.known())
        R.Base = extend(R.Base, ("." + Field->getName()).str());
      R.BaseText = F.Unit.text(E);
    } else if (!Shared)
      R.Field += ("." + Field->getName()).str();
    if (Field->getType()->isReferenceType())
      return loaded(E, std::move(R)).To;
    R.Distinct = false;
    return R;
  }
  if (const auto *A = dyn_cast<ArraySubscriptExpr>(E)) {
    const Expr *Base = A->getBase()->IgnoreParenImpCasts();
    Affine Index = affine(A->getIdx());
    if (Base->getType()->isArrayType()) {
      ElementRef R = element(Base);
      subscript(R, Index);
      return R;
    }
    PointerRef P = pointee(A->getBase());
    offset(P, Index);
    return std::move(P.To);
  }
  if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->getOpcode() == UO_Deref)
    return pointee(U->getSubExpr()).To;
  if (isa<AbstractConditionalOperator>(E)) { // one of two
    ElementRef R;
    R.BaseText = F.Unit.text(E);
    R.Subscripts.emplace_back();
    return R;
  }
  const auto *C = dyn_cast<CallExpr>(E);
  const FunctionDecl *Callee = C ? C->getDirectCallee() : nullptr;
  // Which element one of our own functions returns, its facts will say.
  if (Callee && !F.Unit.inSystemHeader(Callee) && C->isGLValue())
    return Opaque(false);
  if (!Callee || !F.Unit.inSystemHeader(Callee))
    return Opaque(C != nullptr);
  const ReturnModel *Model = returns(C);
  const Expr *Object = nullptr, *Index = nullptr;
  if (const auto *O = dyn_cast<CXXOperatorCallExpr>(C)) {
    if (O->getOperator() == OO_Star || O->getOperator() == OO_Arrow)
      return pointee(O->getArg(0)).To;
    if (O->getOperator() == OO_Subscript && O->getNumArgs() == 2)
      Object = O->getArg(0), Index = O->getArg(1);
  } else if (const auto *M = dyn_cast<CXXMemberCallExpr>(C)) {
    Object = M->getImplicitObjectArgument();
    if (C->getNumArgs() == 1)
      Index = C->getArg(0);
  }
  if (Model && Model->Returns == ReturnedPlace::Argument && C->getNumArgs()) {
    ElementRef R = element(C->getArg(0));
    // get<1>(pair): different numbers are different members.
    const TemplateArgumentList *Given = Callee->getTemplateSpecializationArgs();
    if (Given && Given->size() && Given->get(0).getKind() == TemplateArgument::Integral) {
      std::string Member = "." + std::to_string(Given->get(0).getAsIntegral().getLimitedValue());
      if (!R.Subscripts.empty())
        R.Field += Member;
      else if (R.Base.known())
        R.Base = extend(R.Base, Member);
    }
    return R;
  }
  if (!Object)
    return Opaque(true);
  // vector<bool> gives proxies: neighbours share a word.
  Affine I = Index && Index->getType()->isIntegralOrEnumerationType() && E->isGLValue()
                 ? affine(Index)
                 : Affine();
  if (Model && Model->Returns == ReturnedPlace::Pointee) {
    PointerRef P = pointee(Object);
    if (Index)
      offset(P, I);
    return std::move(P.To);
  }
  ElementRef R = container(Object);
  subscript(R, I);
  return R;
}

ElementRef elementOf(FunctionBody &B, const Expr *E, uint32_t Loop) {
  return Resolver(B, Loop).element(E);
}
ElementRef pointeeOf(FunctionBody &B, const Expr *E, uint32_t Loop) {
  return Resolver(B, Loop).pointee(E).To;
}

} // namespace heddle
