/// Integers as affine forms: sums of loop indices and invariants. Variables that
/// are assigned once stand for their value, and those that advance by a constant
/// in every iteration for their closed form.
///
/// Example: after `int k = 2 * i;`, the subscript of a[k + 1] is 2*i + 1.
#include "facts/resolver.h"

#include "llvm/Support/MathExtras.h"

namespace heddle {

using namespace clang;

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
  if (Depth > MaxSubstitutions)
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
                     constantAffine(U->isPostfix()       ? 0
                                    : U->isIncrementOp() ? 1
                                                         : -1),
                     1);
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
  // In a parallel region, each thread has its own; see facts/region.h.
  if (const FunctionDecl *Callee = Call ? Call->getDirectCallee() : nullptr;
      Callee && Callee->getIdentifier() && Callee->getName() == "omp_get_thread_num")
    return term(Symbol(ThreadNumber));
  bool Element = isa<ArraySubscriptExpr>(E) ||
                 (Call && Call->isGLValue() &&
                  F.Unit.inSystemHeader(Call->getCalleeDecl() ? Call->getCalleeDecl() : F.Fn));
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
    bool Fixed =
        llvm::all_of(R.Subscripts, [](const Affine &A) { return A.Known && A.Terms.empty(); });
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

Affine constantAffine(int64_t Value) { return {true, Value, {}, {}}; }

Affine combine(const Affine &A, const Affine &B, int64_t Factor) {
  if (!A.Known || !B.Known)
    return {};
  if (!A.Through.empty() || !B.Through.empty()) {
    // `idx[i] + 1` is still an element, shifted.
    auto Number = [](const Affine &X) { return X.Terms.empty() && X.Through.empty(); };
    Affine R = Number(B) ? A : B;
    int64_t By;
    if ((!Number(B) && !(Number(A) && Factor == 1)) ||
        llvm::MulOverflow(Number(B) ? B.Constant : A.Constant, Number(B) ? Factor : 1, By) ||
        llvm::AddOverflow(R.Shift, By, R.Shift))
      return {};
    return R;
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

} // namespace heddle
