/// Affine forms of integers, and of where a memory access goes. An integer is a
/// sum of loop indices and invariants; a pointer is a base object with such a
/// sum as offset. Variables that are assigned once stand for their value, and
/// those that advance by a constant in every iteration for their closed form.
///
/// Example: in `double *row = a + 4 * i;` and `row[j + 1]`, the access is to
/// base *a with the subscript 4*i + j + 1.
#include "facts/loopbody.h"

#include "llvm/Support/MathExtras.h"

namespace heddle {

using namespace clang;

namespace {

/// Substitutions nest at most this deep.
constexpr unsigned MaxDepth = 40;

Affine term(Symbol Variable) { return {true, 0, {{Variable, 1}}, {}}; }

struct PointerRef {
  ElementRef To;
  bool Offset = false; ///< The last subscript counts elements from the base.
};

class Resolver {
public:
  Resolver(FunctionBody &B, uint32_t Loop) : B(B), F(B.F), Loop(Loop) {}

  Affine affine(const Expr *E);
  ElementRef element(const Expr *E);
  PointerRef pointee(const Expr *E);

private:
  bool after(const Expr *E, const Expr *Update) const {
    const SourceManager &SM = F.Unit.Sources;
    return SM.isBeforeInTranslationUnit(SM.getExpansionLoc(Update->getEndLoc()),
                                        SM.getExpansionLoc(E->getBeginLoc()));
  }
  /// Innermost first.
  llvm::SmallVector<uint32_t, 6> chain() const {
    llvm::SmallVector<uint32_t, 6> Out;
    for (uint32_t L = Loop; L != None; L = B.facts().Loops[L].Parent)
      Out.push_back(L);
    return Out;
  }
  bool stable(const Stmt *S, bool Loads);
  const Expr *value(const VarDecl *V, const Expr *Use, bool Loads);
  Affine advanced(uint32_t L, const Induction &I, const Expr *Use);
  Affine variable(const DeclRefExpr *D, const VarDecl *V);
  PointerRef pointerVariable(const DeclRefExpr *D, const VarDecl *V);
  PointerRef unknownPointer(const Expr *E);
  /// A pointer that is loaded from the element Of.
  PointerRef loaded(const Expr *E, ElementRef Of);
  void offset(PointerRef &P, const Affine &By, int64_t Factor = 1);
  /// Adds a dimension.
  void subscript(ElementRef &R, const Affine &Index) {
    if (!R.Field.empty())
      R.Field += "[]";
    R.Subscripts.push_back(Index);
  }
  /// The class only points to the elements: span, string_view.
  bool isView(QualType T) const {
    const CXXRecordDecl *R = T.getNonReferenceType()->getAsCXXRecordDecl();
    return R && R->hasDefinition() && T.isTriviallyCopyableType(F.Unit.Ast) &&
           llvm::any_of(R->fields(),
                        [](const FieldDecl *D) { return D->getType()->isAnyPointerType(); });
  }
  ElementRef container(const Expr *Object) {
    ElementRef R = Object->getType()->isAnyPointerType() ? pointee(Object).To : element(Object);
    if (isView(Object->getType()))
      R.Base = extend(R.Base, "*");
    return R;
  }
  const ReturnModel *returns(const CallExpr *C) {
    const FunctionDecl *Callee = C->getDirectCallee();
    const auto *M = dyn_cast<CXXMemberCallExpr>(C);
    return Callee ? F.Unit.api(Callee, M ? M->getRecordDecl() : nullptr).Returns : nullptr;
  }

  FunctionBody &B;
  FunctionContext &F;
  uint32_t Loop;
  unsigned Depth = 0;
};

/// The same value wherever it is computed while the loops around stay in one
/// iteration. Loads: memory may be read (by a pointer that is only a base).
bool Resolver::stable(const Stmt *S, bool Loads) {
  if (const auto *D = dyn_cast<DeclRefExpr>(S)) {
    const auto *V = dyn_cast<VarDecl>(D->getDecl());
    if (!V || V->getType().isConstQualified() || V->getType()->isArrayType())
      return true;
    V = V->getCanonicalDecl();
    for (uint32_t L : chain())
      if (B.Headers[L].Index == V)
        return !B.Headers[L].Update;
    if (V->hasGlobalStorage())
      return Loads;
    const VariableUse &U = B.use(V);
    return !U.AddressTaken && (U.Writes == 0 || (U.Writes == 1 && U.Assignment && !V->hasInit() &&
                                                 !isa<ParmVarDecl>(V)));
  }
  if (isa<CallExpr, CXXNewExpr, AtomicExpr>(S) && !Loads)
    return false;
  if (isa<MemberExpr, ArraySubscriptExpr>(S) && !Loads)
    return false;
  if (const auto *U = dyn_cast<UnaryOperator>(S);
      U && (U->isIncrementDecrementOp() || (U->getOpcode() == UO_Deref && !Loads)))
    return false;
  return llvm::all_of(S->children(), [&](const Stmt *C) { return !C || stable(C, Loads); });
}

/// What a variable that is assigned once holds at Use; null when not known.
const Expr *Resolver::value(const VarDecl *V, const Expr *Use, bool Loads) {
  if (V->hasGlobalStorage() && !V->getType().isConstQualified())
    return nullptr;
  const VariableUse &U = B.use(V);
  const Expr *Value = nullptr;
  if (U.AddressTaken)
    return nullptr;
  if (U.Writes == 0 && !isa<ParmVarDecl>(V)) {
    Value = V->getAnyInitializer();
  } else if (U.Writes == 1 && U.Assignment) {
    const SourceManager &SM = F.Unit.Sources;
    SourceLocation At = SM.getExpansionLoc(Use->getBeginLoc());
    if (SM.isBeforeInTranslationUnit(SM.getExpansionLoc(U.Assignment->getEndLoc()), At) &&
        SM.isBeforeInTranslationUnit(At, SM.getExpansionLoc(U.Block->getEndLoc())))
      Value = U.Assignment->getRHS();
  }
  return Value && stable(Value, Loads) ? Value : nullptr;
}

/// Entry value + By * number of iterations done.
Affine Resolver::advanced(uint32_t L, const Induction &I, const Expr *Use) {
  const struct Loop &Facts = B.facts().Loops[L];
  if (Facts.Index.empty() || std::abs(Facts.Step) != 1 || !Facts.Lower.Known)
    return {};
  Affine Done = combine(term(Facts.Index), Facts.Lower, -1);
  Affine R = combine(constantAffine(0), Done, Facts.Step * I.By);
  if (I.InBody && after(Use, I.Update))
    R = combine(R, constantAffine(I.By), 1);
  return R;
}

Affine Resolver::variable(const DeclRefExpr *D, const VarDecl *V) {
  Symbol Usr = F.Unit.usr(V);
  for (uint32_t L : chain()) {
    const LoopHeader &H = B.Headers[L];
    if (H.Index == V) {
      Affine R = term(Usr);
      if (H.Range) {
        R.Through = F.Unit.text(H.Range);
        return R;
      }
      if (H.Update && after(D, H.Update))
        R.Constant = B.facts().Loops[L].Step;
      return R;
    }
    for (const Induction &I : H.Inductions)
      if (I.Var == V)
        return combine(advanced(L, I, D), term(Symbol((Usr.str() + "#entry").str())), 1);
  }
  if (const Expr *Value = value(V, D, false))
    if (Affine R = affine(Value); R.Known)
      return R;
  // An element of an array is what it was when it was loaded.
  if (const Expr *Value = value(V, D, true))
    if (Affine R = affine(Value); R.Known && !R.Through.empty())
      return R;
  return term(Usr);
}

Affine Resolver::affine(const Expr *E) {
  struct Guard {
    unsigned &D;
    ~Guard() { --D; }
  } G{++Depth};
  if (Depth > MaxDepth)
    return {};
  E = strip(E);
  while (const auto *C = dyn_cast<CastExpr>(E)) {
    if (!C->getSubExpr()->getType()->isIntegralOrEnumerationType())
      return {};
    E = strip(C->getSubExpr());
  }
  if (!E->getType()->isIntegralOrEnumerationType() || E->isValueDependent())
    return {};
  if (Expr::EvalResult V; E->EvaluateAsInt(V, F.Unit.Ast)) {
    if (!V.Val.getInt().isRepresentableByInt64() || V.Val.getInt().getSignificantBits() > 62)
      return {};
    return constantAffine(V.Val.getInt().getExtValue());
  }
  if (const auto *D = dyn_cast<DeclRefExpr>(E)) {
    const auto *V = dyn_cast<VarDecl>(D->getDecl());
    if (!V)
      return {};
    V = V->getCanonicalDecl();
    if (!V->getType()->isReferenceType())
      return variable(D, V);
    for (uint32_t L : chain())
      if (B.Headers[L].Index == V && B.Headers[L].Range) {
        Affine R = term(F.Unit.usr(V));
        R.Through = F.Unit.text(B.Headers[L].Range);
        return R;
      }
    if (V->getInit() && !isa<ParmVarDecl>(V))
      return affine(V->getInit());
    Place P = F.lvalue(E);
    return P.known() ? term(Symbol(toString(P))) : Affine();
  }
  if (const auto *U = dyn_cast<UnaryOperator>(E)) {
    if (U->getOpcode() == UO_Minus)
      return combine(constantAffine(0), affine(U->getSubExpr()), -1);
    if (U->getOpcode() == UO_Plus)
      return affine(U->getSubExpr());
    if (U->isIncrementDecrementOp())
      return combine(affine(U->getSubExpr()),
                     constantAffine(U->isPostfix() ? 0 : U->isIncrementOp() ? 1 : -1), 1);
  }
  if (const auto *O = dyn_cast<BinaryOperator>(E)) {
    switch (O->getOpcode()) {
    case BO_Add:
      return combine(affine(O->getLHS()), affine(O->getRHS()), 1);
    case BO_Sub:
      return combine(affine(O->getLHS()), affine(O->getRHS()), -1);
    case BO_Mul: {
      Affine X = affine(O->getLHS()), Y = affine(O->getRHS());
      if (X.Known && X.Terms.empty())
        std::swap(X, Y);
      if (Y.Known && Y.Terms.empty())
        return combine(constantAffine(0), X, Y.Constant);
      return {};
    }
    case BO_Shl: {
      Affine Y = affine(O->getRHS());
      if (Y.Known && Y.Terms.empty() && Y.Constant >= 0 && Y.Constant < 32)
        return combine(constantAffine(0), affine(O->getLHS()), int64_t(1) << Y.Constant);
      return {};
    }
    default:
      return {};
    }
  }
  const auto *Call = dyn_cast<CallExpr>(E);
  bool Element = isa<ArraySubscriptExpr>(E) ||
                 (Call && Call->isGLValue() && F.Unit.inSystemHeader(Call->getCalleeDecl() ? Call->getCalleeDecl() : F.Fn));
  if (Element) {
    ElementRef R = element(E);
    if (R.Subscripts.size() == 1 && R.Subscripts[0].Known && R.Subscripts[0].Through.empty() &&
        R.Field.empty() && !R.Subscripts[0].Terms.empty()) {
      R.Subscripts[0].Through = R.BaseText;
      return R.Subscripts[0];
    }
    return {};
  }
  if (isa<MemberExpr>(E)) {
    ElementRef R = element(E);
    bool Fixed = llvm::all_of(R.Subscripts,
                              [](const Affine &A) { return A.Known && A.Terms.empty(); });
    if (Fixed && R.Base.known())
      return term(Symbol(toString(R.Base) + R.Field));
    return {};
  }
  if (const auto *M = dyn_cast<CXXMemberCallExpr>(E);
      M && M->getMethodDecl() && M->getMethodDecl()->isConst() && !M->getNumArgs() &&
      F.Unit.inSystemHeader(M->getMethodDecl()))
    if (Place P = F.lvalue(M->getImplicitObjectArgument()); P.known())
      return term(Symbol(toString(P) + "." + M->getMethodDecl()->getNameAsString() + "()"));
  return {};
}

void Resolver::offset(PointerRef &P, const Affine &By, int64_t Factor) {
  if (P.Offset)
    P.To.Subscripts.back() = combine(P.To.Subscripts.back(), By, Factor);
  else if (!By.Known || By.Constant || !By.Terms.empty()) {
    subscript(P.To, combine(constantAffine(0), By, Factor));
    P.Offset = true;
  }
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
  if (Of.Subscripts.empty()) {
    P.To.Base = Of.Base.known() ? extend(Of.Base, "*") : F.pointee(E);
    P.To.BaseText = F.Unit.text(E);
  } else {
    P.To = std::move(Of);
    P.To.Rows = true;
    P.To.Field += "*";
  }
  P.To.Distinct = E->getType().isRestrictQualified();
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
    for (const Induction &I : H.Inductions)
      if (I.Var == V)
        return Plain(advanced(L, I, D));
  }
  if (const Expr *Value = value(V, D, true)) {
    // What a call returns has no better name than the variable.
    const Expr *S = strip(Value);
    while (const auto *C = dyn_cast<CastExpr>(S))
      S = strip(C->getSubExpr());
    const auto *Call = dyn_cast<CallExpr>(S);
    bool Named = !isa<CXXNewExpr, CallExpr, CXXConstructExpr>(S) || (Call && returns(Call) &&
                 returns(Call)->Returns != ReturnedPlace::Fresh);
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
  if (Depth > MaxDepth)
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
      if (const ContainerModel *Model = F.Unit.api(M->getMethodDecl(), M->getRecordDecl()).Container;
          Model && Model->Effect == ContainerEffect::ReadStructure) {
        PointerRef P{container(M->getImplicitObjectArgument()), true};
        subscript(P.To, {});
        return P;
      }
    if (C->isGLValue() && C->getNumArgs() && F.Unit.inSystemHeader(C->getDirectCallee() ? static_cast<const Decl *>(C->getDirectCallee()) : F.Fn))
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
  if (Depth > MaxDepth)
    return Opaque(true);
  if (const auto *C = dyn_cast<CastExpr>(E); C && C->getSubExpr()->isGLValue())
    return element(C->getSubExpr());
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
      if (V->getInit() && !isa<ParmVarDecl>(V) && stable(V->getInit(), true))
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
  const auto *C = dyn_cast<CallExpr>(E);
  const FunctionDecl *Callee = C ? C->getDirectCallee() : nullptr;
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

} // namespace

Affine constantAffine(int64_t Value) { return {true, Value, {}, {}}; }

Affine combine(const Affine &A, const Affine &B, int64_t Factor) {
  auto Zero = [](const Affine &X) { return X.Known && !X.Constant && X.Terms.empty(); };
  if (!A.Known || !B.Known)
    return {};
  if (!A.Through.empty() || !B.Through.empty()) {
    if (Zero(A) && Factor == 1)
      return B;
    return Zero(B) ? A : Affine();
  }
  Affine R;
  R.Known = true;
  int64_t Product;
  if (llvm::MulOverflow(B.Constant, Factor, Product) ||
      llvm::AddOverflow(A.Constant, Product, R.Constant))
    return {};
  R.Terms = A.Terms;
  for (const Term &T : B.Terms) {
    if (llvm::MulOverflow(T.Coefficient, Factor, Product))
      return {};
    auto It = llvm::find_if(R.Terms, [&](const Term &X) { return X.Variable == T.Variable; });
    if (It == R.Terms.end())
      R.Terms.push_back({T.Variable, Product});
    else if (llvm::AddOverflow(It->Coefficient, Product, It->Coefficient))
      return {};
  }
  llvm::erase_if(R.Terms, [](const Term &T) { return T.Coefficient == 0; });
  llvm::sort(R.Terms, [](const Term &X, const Term &Y) { return X.Variable < Y.Variable; });
  if (R.Terms.size() > 24)
    return {};
  return R;
}

Affine affineOf(FunctionBody &B, const Expr *E, uint32_t Loop) {
  return Resolver(B, Loop).affine(E);
}
ElementRef elementOf(FunctionBody &B, const Expr *E, uint32_t Loop) {
  return Resolver(B, Loop).element(E);
}
ElementRef pointeeOf(FunctionBody &B, const Expr *E, uint32_t Loop) {
  return Resolver(B, Loop).pointee(E).To;
}

} // namespace heddle
