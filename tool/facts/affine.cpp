/// Integers as affine forms: sums of loop indices and invariants. Variables that
/// are assigned once stand for their value, and those that advance by a constant
/// in every iteration for their closed form.
///
/// Example: after `int k = 2 * i;`, the subscript of a[k + 1] is 2*i + 1.
#include "facts/resolver.h"

#include "llvm/Support/MathExtras.h"

namespace heddle {

using namespace clang;

/// V is not written on a way from From to Use: not between them, and not in a
/// loop around Use that From is outside of.
bool Resolver::unchanged(const VarDecl *V, SourceLocation From, SourceLocation Use) {
  const SourceManager &SM = F.Unit.Sources;
  auto Before = [&](SourceLocation X, SourceLocation Y) {
    return SM.isBeforeInTranslationUnit(X, Y);
  };
  const VariableUse &U = B.use(V);
  if (U.AddressTaken)
    return false;
  for (SourceLocation W : U.Writes) {
    if (Before(From, W) && Before(W, Use))
      return false;
    for (uint32_t L : chain()) {
      SourceRange R = SM.getExpansionRange(B.Headers[L].S->getSourceRange()).getAsRange();
      if (Before(From, R.getBegin()) && !Before(W, R.getBegin()) && !Before(R.getEnd(), W))
        return false;
    }
  }
  return true;
}

/// The value of S is the same at From and at Use. Loads: memory may be read (by a
/// pointer that is only a base).
bool Resolver::stable(const Stmt *S, bool Loads, SourceLocation From, SourceLocation Use) {
  if (const auto *D = dyn_cast<DeclRefExpr>(S)) {
    const auto *V = dyn_cast<VarDecl>(D->getDecl());
    if (!V || V->getType().isConstQualified() || V->getType()->isArrayType())
      return true;
    V = V->getCanonicalDecl();
    if (V->hasGlobalStorage())
      return Loads;
    return unchanged(V, From, Use);
  }
  if (isa<CallExpr, CXXNewExpr, AtomicExpr>(S) && !Loads)
    return false;
  if (isa<MemberExpr, ArraySubscriptExpr>(S) && !Loads)
    return false;
  if (const auto *U = dyn_cast<UnaryOperator>(S);
      U && (U->isIncrementDecrementOp() || (U->getOpcode() == UO_Deref && !Loads)))
    return false;
  return llvm::all_of(S->children(),
                      [&](const Stmt *C) { return !C || stable(C, Loads, From, Use); });
}

/// What a variable holds at Use: its initializer, or the last assignment before
/// Use in a block around it. Null when not known.
const Expr *Resolver::value(const VarDecl *V, const Expr *Use, bool Loads) {
  if (V->hasGlobalStorage() && !V->getType().isConstQualified())
    return nullptr;
  const SourceManager &SM = F.Unit.Sources;
  SourceLocation At = SM.getExpansionLoc(Use->getBeginLoc());
  auto Holds = [&](const Expr *Value, SourceLocation From) {
    return unchanged(V, From, At) && stable(Value, Loads, From, At);
  };
  const VariableUse &U = B.use(V);
  for (const VariableUse::Assignment &A : llvm::reverse(U.Assignments)) {
    SourceLocation End = SM.getExpansionLoc(A.Is->getEndLoc());
    if (!SM.isBeforeInTranslationUnit(End, At) ||
        !SM.isBeforeInTranslationUnit(At, SM.getExpansionLoc(A.Block->getEndLoc())))
      continue;
    return !B.HasLabels && Holds(A.Is->getRHS(), End) ? A.Is->getRHS() : nullptr;
  }
  const Expr *Value = isa<ParmVarDecl>(V) ? nullptr : V->getAnyInitializer();
  if (!Value)
    return nullptr;
  SourceLocation From = SM.getExpansionLoc(Value->getEndLoc());
  // A constant of a scope that does not contain the use, as a captured one.
  if (!SM.isBeforeInTranslationUnit(From, At) || !isDeclaredIn(V, F.Fn))
    return U.Writes.empty() && V->getType().isConstQualified() ? Value : nullptr;
  return Holds(Value, From) ? Value : nullptr;
}

/// Has so few values that an index of a loop may well leave them; wider integers
/// are taken to be wide enough.
bool Resolver::isNarrow(QualType T) const {
  return T->isIntegralOrEnumerationType() && !T->isDependentType() &&
         (T->isBooleanType() || F.Unit.Ast.getIntWidth(T) < 32);
}

/// Every value of From is one of To.
bool Resolver::holds(QualType To, QualType From) const {
  const ASTContext &Ast = F.Unit.Ast;
  bool Signed = To->isSignedIntegerOrEnumerationType();
  bool FromSigned = From->isSignedIntegerOrEnumerationType();
  unsigned Bits = Ast.getIntWidth(To), FromBits = Ast.getIntWidth(From);
  if (Signed == FromSigned)
    return FromBits <= Bits;
  return Signed && FromBits < Bits;
}

/// The bounds of the loops around, where they are constants, keep A within T.
bool Resolver::fits(const Affine &A, QualType T) const {
  if (!A.Known || !A.Through.empty())
    return false;
  __int128 Least = A.Constant, Most = A.Constant;
  for (const Term &X : A.Terms) {
    const struct Loop *Around = nullptr;
    for (uint32_t L : chain())
      if (B.facts().Loops[L].Index == X.Variable)
        Around = &B.facts().Loops[L];
    auto Constant = [](const Affine &V) { return V.Known && V.Terms.empty() && V.Through.empty(); };
    if (!Around || !Constant(Around->Lower) || !Constant(Around->Upper))
      return false;
    __int128 Low = Around->Lower.Constant;
    __int128 High = __int128(Around->Upper.Constant) - (Around->Step > 0 ? 1 : -1);
    if (Low > High)
      std::swap(Low, High);
    Least += X.Coefficient * (X.Coefficient > 0 ? Low : High);
    Most += X.Coefficient * (X.Coefficient > 0 ? High : Low);
  }
  unsigned Bits = F.Unit.Ast.getIntWidth(T);
  bool Signed = T->isSignedIntegerOrEnumerationType();
  __int128 Values = __int128(1) << (Signed ? Bits - 1 : Bits);
  return Least >= (Signed ? -Values : 0) && Most < Values;
}

/// How far I has come at Use since loop L began.
Affine Resolver::advanced(uint32_t L, const Induction &I, const Expr *Use) {
  const struct Loop &Facts = B.facts().Loops[L];
  if (Facts.Index.empty() || std::abs(Facts.Step) != 1 || Facts.Strided || !Facts.Lower.Known)
    return {};
  Affine Done = combine(term(Facts.Index), Facts.Lower, -1);
  Affine R = combine(constantAffine(0), Done, Facts.Step * I.By);
  for (const Induction::Update &U : I.Updates)
    if (U.InBody && F.Unit.Sources.isBeforeInTranslationUnit(
                        U.End, F.Unit.Sources.getExpansionLoc(Use->getBeginLoc())))
      R = combine(R, constantAffine(U.By), 1);
  return R;
}

/// The sum over all loops around in which V is an induction, innermost first as far
/// as they go without a gap; nothing when it is none.
std::optional<Affine> Resolver::advanced(const VarDecl *V, const Expr *Use) {
  std::optional<Affine> Sum;
  for (uint32_t L : chain()) {
    auto It =
        llvm::find_if(B.Headers[L].Inductions, [&](const Induction &I) { return I.Var == V; });
    if (It != B.Headers[L].Inductions.end() && isNarrow(V->getType()))
      return Affine(); // it starts again from 0
    if (It != B.Headers[L].Inductions.end())
      Sum = Sum ? combine(*Sum, advanced(L, *It, Use), 1) : advanced(L, *It, Use);
    else if (Sum)
      break;
  }
  return Sum;
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
  }
  if (std::optional<Affine> R = advanced(V, D))
    return combine(*R, term(Symbol((Usr.str() + "#entry").str())), 1);
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
  // Casts, written or not. What is cut off to a few bits meets again.
  for (const Expr *Before = nullptr; E != Before;) {
    Before = E;
    E = E->IgnoreParens();
    if (const auto *Full = dyn_cast<FullExpr>(E))
      E = Full->getSubExpr();
    else if (const auto *M = dyn_cast<MaterializeTemporaryExpr>(E))
      E = M->getSubExpr();
    if (const auto *C = dyn_cast<CastExpr>(E)) {
      const Expr *From = C->getSubExpr();
      if (!From->getType()->isIntegralOrEnumerationType())
        return {};
      if (C->getCastKind() == CK_IntegralCast || C->getCastKind() == CK_IntegralToBoolean)
        if (isNarrow(C->getType()) && !holds(C->getType(), From->getType())) {
          Affine Whole = affine(From);
          return fits(Whole, C->getType()) ? Whole : Affine();
        }
      E = From;
    } else
      E = strip(E);
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
    case BO_Mul:
      return product(affine(O->getLHS()), affine(O->getRHS()));
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
    if (R.Subscripts.size() == 1 && R.Subscripts[0].Known && R.Subscripts[0].Through.empty() &&
        R.Subscripts[0].Terms.empty() && R.Base.known())
      return term(Symbol(toString(R.Base) + "[" + std::to_string(R.Subscripts[0].Constant) + "]" +
                         R.Field));
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

Affine affineOf(FunctionBody &B, const Expr *E, uint32_t Loop) {
  return Resolver(B, Loop).affine(E);
}

} // namespace heddle
