/// Loop headers in normal form: an index that starts at Lower and advances by
/// Step while below (above) Upper. Integers, pointers and iterators count alike;
/// a `while` whose body advances one variable once is such a loop too.
///
/// Example: `for (long i = n - 1; i >= 0; --i)` has Lower n - 1, Upper -1
/// (exclusive) and Step -1.
#include "facts/loopbody.h"

#include "llvm/Support/MathExtras.h"

namespace heddle {

using namespace clang;

namespace {

const Expr *plain(const Expr *E) { return strip(E); }

const VarDecl *variableOf(const Expr *E) {
  const auto *D = dyn_cast<DeclRefExpr>(plain(E));
  const auto *V = D ? dyn_cast<VarDecl>(D->getDecl()) : nullptr;
  return V ? V->getCanonicalDecl() : nullptr;
}

struct Update {
  const VarDecl *V = nullptr;
  const Expr *E = nullptr;
  std::optional<int64_t> By; ///< Empty when the step is not a constant.
  bool InCondition = false;
  const Expr *Step = nullptr; ///< Then: the step.
};

/// A pointer, or an iterator that can advance by any number.
bool isRandomAccess(QualType T) {
  if (T->isAnyPointerType())
    return true;
  const CXXRecordDecl *R = T->getAsCXXRecordDecl();
  if (!R || !R->hasDefinition())
    return false;
  DeclarationNameTable &Names = R->getASTContext().DeclarationNames;
  return !R->getDefinition()->lookup(Names.getCXXOperatorName(OO_PlusEqual)).empty();
}

class Header {
public:
  Header(FunctionBody &B, uint32_t L)
      : B(B), L(B.facts().Loops[L]), H(B.Headers[L]), Ast(B.F.Unit.Ast) {}

  void recognise();

private:
  bool unknown(const llvm::Twine &Why, SourceRange At) {
    if (L.Unknown.empty()) {
      L.Unknown = Symbol(Why.str());
      L.UnknownAt = B.F.Unit.span(At);
    }
    return false;
  }
  std::optional<int64_t> constant(const Expr *E) const {
    Expr::EvalResult V;
    if (E->isValueDependent() || !E->getType()->isIntegralOrEnumerationType())
      return std::nullopt;
    if (Affine A = affineOf(B, E, L.Parent); A.Known && A.Terms.empty() && A.Through.empty())
      return A.Constant;
    return std::nullopt;
  }
  std::optional<Update> update(const Expr *E) const;
  void updates(const Expr *E, llvm::SmallVectorImpl<Update> &Out) const;
  void bodyUpdates(const Stmt *Body, llvm::SmallVectorImpl<Update> &Out) const;
  bool changes(const Stmt *In, const Expr *Value) const;
  bool fixed(const Expr *Value) const;
  bool condition(const Expr *Cond, llvm::SmallVectorImpl<Update> &Updates);
  const UnaryOperator *countDown(const Expr *E) const;
  const Expr *initial(const Stmt *Init, const VarDecl *V) const;
  void lower(const Stmt *Init);
  void pointerBounds(const Expr *Bound);
  void trip();
  bool annotatable(const ForStmt *S, llvm::ArrayRef<Update> Updates) const;
  bool firstOnLine(SourceLocation At) const;

  FunctionBody &B;
  Loop &L;
  LoopHeader &H;
  const ASTContext &Ast;
};

std::optional<Update> Header::update(const Expr *E) const {
  E = plain(E);
  if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->isIncrementDecrementOp())
    if (const VarDecl *V = variableOf(U->getSubExpr()))
      return Update{V, E, U->isIncrementOp() ? 1 : -1};
  if (const auto *O = dyn_cast<CXXOperatorCallExpr>(E)) {
    const VarDecl *V = O->getNumArgs() ? variableOf(O->getArg(0)) : nullptr;
    switch (O->getOperator()) {
    case OO_PlusPlus:
      return V ? std::optional(Update{V, E, 1}) : std::nullopt;
    case OO_MinusMinus:
      return V ? std::optional(Update{V, E, -1}) : std::nullopt;
    case OO_PlusEqual:
    case OO_MinusEqual:
      if (V && O->getNumArgs() == 2)
        if (std::optional<int64_t> By = constant(O->getArg(1)))
          return Update{V, E, O->getOperator() == OO_PlusEqual ? *By : -*By};
      return std::nullopt;
    default:
      return std::nullopt;
    }
  }
  const auto *A = dyn_cast<BinaryOperator>(E);
  if (!A || !A->isAssignmentOp())
    return std::nullopt;
  const VarDecl *V = variableOf(A->getLHS());
  if (!V)
    return std::nullopt;
  const Expr *By = nullptr;
  bool Minus = false;
  if (A->getOpcode() == BO_AddAssign || A->getOpcode() == BO_SubAssign) {
    By = A->getRHS();
    Minus = A->getOpcode() == BO_SubAssign;
  } else if (const auto *O = dyn_cast<BinaryOperator>(plain(A->getRHS()));
             A->getOpcode() == BO_Assign && O && O->isAdditiveOp()) {
    Minus = O->getOpcode() == BO_Sub;
    if (variableOf(O->getLHS()) == V)
      By = O->getRHS();
    else if (!Minus && variableOf(O->getRHS()) == V)
      By = O->getLHS();
  }
  if (!By)
    return std::nullopt;
  std::optional<int64_t> C = constant(By);
  if (C && Minus)
    C = -*C;
  return Update{V, E, C, false, By};
}

void Header::updates(const Expr *E, llvm::SmallVectorImpl<Update> &Out) const {
  E = plain(E);
  if (const auto *O = dyn_cast<BinaryOperator>(E); O && O->getOpcode() == BO_Comma) {
    updates(O->getLHS(), Out);
    updates(O->getRHS(), Out);
  } else if (std::optional<Update> U = update(E))
    Out.push_back(*U);
}

/// Statements of the body itself that advance a variable, where no `continue`
/// skips them.
void Header::bodyUpdates(const Stmt *Body, llvm::SmallVectorImpl<Update> &Out) const {
  if (H.HasContinue)
    return;
  if (const auto *E = dyn_cast<Expr>(Body))
    return updates(E, Out);
  if (const auto *C = dyn_cast<CompoundStmt>(Body))
    for (const Stmt *Each : C->body())
      if (const auto *E = dyn_cast<Expr>(Each))
        updates(E, Out);
}

/// A variable that Value is computed from changes in In.
bool Header::changes(const Stmt *In, const Expr *Value) const {
  if (!In || !Value)
    return false;
  if (const VarDecl *V = variableOf(Value))
    return !V->getType().isConstQualified() && writesIn(In, V);
  bool Found = false;
  forEachChild(Value, [&](const Stmt *C) {
    if (const auto *E = dyn_cast<Expr>(C))
      Found = Found || changes(In, E);
  });
  return Found;
}

/// Computed from variables that do not change in the loop, without a look at memory.
bool Header::fixed(const Expr *Value) const {
  if (isa<CallExpr, ArraySubscriptExpr, MemberExpr>(Value))
    return false;
  if (const VarDecl *V = variableOf(Value))
    return !V->getType()->isReferenceType() && !B.use(V).AddressTaken && !writesIn(H.S, V);
  bool All = true;
  forEachChild(Value, [&](const Stmt *C) {
    const auto *E = dyn_cast<Expr>(C);
    All = All && E && fixed(E);
  });
  return All;
}

/// `i--` as, or in, the condition: what it says of the value that the body sees.
const UnaryOperator *Header::countDown(const Expr *E) const {
  const auto *U = dyn_cast<UnaryOperator>(plain(E));
  return U && U->isIncrementDecrementOp() && U->isPostfix() && variableOf(U->getSubExpr())
             ? U
             : nullptr;
}

bool Header::condition(const Expr *Cond, llvm::SmallVectorImpl<Update> &Updates) {
  Cond = plain(Cond);
  if (const UnaryOperator *U = countDown(Cond);
      U && U->isDecrementOp() && U->getType()->isIntegralOrEnumerationType()) {
    const VarDecl *V = variableOf(U->getSubExpr());
    Updates.push_back({V, U, -1, true, nullptr});
    if (llvm::count_if(Updates, [&](const Update &X) { return X.V == V; }) != 1)
      return unknown("its index changes more than once in an iteration", U->getSourceRange());
    L.Index = B.F.Unit.usr(V);
    L.IndexName = Symbol(V->getName());
    L.Step = -1;
    L.Upper = constantAffine(-1);
    H.Index = V;
    return true;
  }
  const Expr *Left = nullptr, *Right = nullptr;
  BinaryOperatorKind Op = BO_NE;
  if (const auto *R = dyn_cast<CXXRewrittenBinaryOperator>(Cond)) {
    auto Form = R->getDecomposedForm();
    Left = Form.LHS, Right = Form.RHS, Op = Form.Opcode;
  } else if (const auto *O = dyn_cast<BinaryOperator>(Cond)) {
    Left = O->getLHS(), Right = O->getRHS(), Op = O->getOpcode();
  } else if (const auto *O = dyn_cast<CXXOperatorCallExpr>(Cond);
             O && O->getNumArgs() == 2 && O->isComparisonOp()) {
    Left = O->getArg(0), Right = O->getArg(1);
    Op = BinaryOperator::getOverloadedOpcode(O->getOperator());
  }
  if (Left && (Op == BO_LAnd || Op == BO_LOr))
    return unknown("its condition may end it before the last element", Cond->getSourceRange());
  if (!Left || !(BinaryOperator::isRelationalOp(Op) || Op == BO_NE))
    return unknown("the number of iterations is not known before it starts",
                   Cond->getSourceRange());

  // The index on one side, alone or with a constant.
  for (bool Swapped : {false, true}) {
    const Expr *Side = plain(Swapped ? Right : Left), *Bound = Swapped ? Left : Right;
    int64_t Shift = 0;
    if (const UnaryOperator *U = countDown(Side)) {
      int64_t By = U->isIncrementOp() ? 1 : -1;
      Updates.push_back({variableOf(U->getSubExpr()), U, By, true, nullptr});
      Shift = -By;
      Side = plain(U->getSubExpr());
    }
    if (const auto *O = dyn_cast<BinaryOperator>(Side); O && O->isAdditiveOp())
      if (std::optional<int64_t> C = constant(O->getRHS())) {
        Shift = O->getOpcode() == BO_Add ? *C : -*C;
        Side = plain(O->getLHS());
      }
    const VarDecl *V = variableOf(Side);
    auto It = llvm::find_if(Updates, [&](const Update &U) { return V && U.V == V; });
    if (It == Updates.end())
      continue;
    if (llvm::count_if(Updates, [&](const Update &U) { return U.V == V; }) != 1)
      return unknown("its index changes more than once in an iteration", It->E->getSourceRange());
    if (!V->getType()->isIntegralOrEnumerationType() && !V->getType()->isAnyPointerType() &&
        !isPointerLike(V->getType()))
      return unknown("its index is not an integer, pointer or iterator", Side->getSourceRange());
    if (changes(L.Kind == LoopKind::For ? cast<ForStmt>(H.S)->getBody() : H.S, Bound) ||
        (L.Kind == LoopKind::For && changes(cast<ForStmt>(H.S)->getInc(), Bound)))
      return unknown("its bound `" + B.F.Unit.text(Bound).str() + "` changes in the loop",
                     Bound->getSourceRange());
    BinaryOperatorKind Compare = Swapped ? BinaryOperator::reverseComparisonOp(Op) : Op;
    bool Up = Compare == BO_LT || Compare == BO_LE;
    if (Compare == BO_NE) {
      if (!It->By || std::abs(*It->By) != 1)
        return unknown("its condition may never be met with this step", Cond->getSourceRange());
      Up = *It->By > 0;
    } else if (It->By && (*It->By == 0 || (*It->By > 0) != Up))
      return unknown("its index moves away from its bound", Cond->getSourceRange());
    if (!It->By && !(It->Step && fixed(It->Step)))
      return unknown("its step changes in the loop", It->E->getSourceRange());
    L.Index = B.F.Unit.usr(V);
    L.IndexName = Symbol(V->getName());
    L.Step = It->By ? *It->By : Up ? 1 : -1;
    H.Index = V;
    if (V->getType()->isIntegralOrEnumerationType()) {
      int64_t Inclusive = Compare == BO_LE ? 1 : Compare == BO_GE ? -1 : 0;
      L.Upper = combine(affineOf(B, Bound, L.Parent), constantAffine(Inclusive - Shift), 1);
    }
    return true;
  }
  return unknown("the number of iterations is not known before it starts", Cond->getSourceRange());
}

const Expr *Header::initial(const Stmt *Init, const VarDecl *V) const {
  if (!Init)
    return nullptr;
  if (const auto *D = dyn_cast<DeclStmt>(Init)) {
    for (const Decl *Each : D->decls())
      if (const auto *R = dyn_cast<VarDecl>(Each); R && R->getCanonicalDecl() == V)
        return R->getInit();
    return nullptr;
  }
  const auto *E = dyn_cast<Expr>(Init);
  const auto *O = E ? dyn_cast<BinaryOperator>(plain(E)) : nullptr;
  if (O && O->getOpcode() == BO_Comma) {
    const Expr *Found = initial(O->getLHS(), V);
    return Found ? Found : initial(O->getRHS(), V);
  }
  if (O && O->getOpcode() == BO_Assign && variableOf(O->getLHS()) == V)
    return O->getRHS();
  return nullptr;
}

void Header::lower(const Stmt *Init) {
  const Expr *E = initial(Init, H.Index);
  const auto *S = cast<ForStmt>(H.S);
  if (!E || changes(S->getBody(), E) || changes(S->getInc(), E))
    return;
  // `for (i = i + 1; ...)` starts from a value that the index has lost.
  if (changes(Init, E) && !isa<DeclStmt>(Init))
    return;
  if (H.Index->getType()->isIntegralOrEnumerationType()) {
    L.Lower = affineOf(B, E, L.Parent);
    return;
  }
  H.Start = E;
  L.Lower = constantAffine(0);
}

/// A pointer loop counts from its start: `p < a + n` gives the bound n.
void Header::pointerBounds(const Expr *Bound) {
  ElementRef From = pointeeOf(B, H.Start, L.Parent), To = pointeeOf(B, Bound, L.Parent);
  if (!From.Base.known() || !(From.Base == To.Base) || From.Field != To.Field ||
      From.Subscripts.size() != To.Subscripts.size() || From.Subscripts.empty())
    return;
  L.Upper = combine(To.Subscripts.back(), From.Subscripts.back(), -1);
}

void Header::trip() {
  Affine Count = combine(L.Upper, L.Lower, -1);
  if (!Count.Known || !Count.Terms.empty() || !Count.Through.empty() || L.Step == 0 ||
      L.Step == INT64_MIN || Count.Constant == INT64_MIN)
    return;
  int64_t Distance = L.Step > 0 ? Count.Constant : -Count.Constant, Step = std::abs(L.Step);
  L.Trip = Distance <= 0 ? 0 : (Distance - 1) / Step + 1;
}

bool Header::firstOnLine(SourceLocation At) const {
  if (At.isMacroID())
    return false;
  auto [File, Offset] = B.F.Unit.Sources.getDecomposedLoc(At);
  bool Invalid = false;
  llvm::StringRef Text = B.F.Unit.Sources.getBufferData(File, &Invalid);
  if (Invalid || Offset > Text.size())
    return false;
  llvm::StringRef Before = Text.take_front(Offset);
  size_t Line = Before.rfind('\n');
  return Before.drop_front(Line == llvm::StringRef::npos ? 0 : Line + 1).trim(" \t").empty();
}

/// OpenMP's canonical form: `init; index op bound; index += constant`.
bool Header::annotatable(const ForStmt *S, llvm::ArrayRef<Update> Updates) const {
  if (L.InMacro || !firstOnLine(S->getForLoc()) || !S->getInc() || !S->getInit() || H.Update ||
      Updates.size() != 1 || S->getConditionVariable())
    return false;
  if (!H.Index->getType()->isIntegerType() && !H.Index->getType()->isAnyPointerType())
    return false;
  if (const auto *D = dyn_cast<DeclStmt>(S->getInit()); D && !D->isSingleDecl())
    return false;
  if (const auto *E = dyn_cast<Expr>(S->getInit()))
    if (const auto *O = dyn_cast<BinaryOperator>(plain(E)); !O || O->getOpcode() != BO_Assign)
      return false;
  const auto *O = dyn_cast<BinaryOperator>(plain(S->getCond()));
  return O && (variableOf(O->getLHS()) == H.Index || variableOf(O->getRHS()) == H.Index) &&
         !H.Index->hasGlobalStorage() && initial(S->getInit(), H.Index);
}

void Header::recognise() {
  L.InMacro = H.S->getBeginLoc().isMacroID();
  if (const auto *C = dyn_cast<CallExpr>(H.S)) {
    AlgorithmCall Is = algorithmOf(B.F.Unit, C);
    L.Index = Symbol((B.F.Facts.Usr.str() + "#element@" + llvm::Twine(L.At.Line) + ":" +
                      llvm::Twine(L.At.Column))
                         .str());
    L.Lower = constantAffine(0);
    if (Is.Model->Index) {
      L.Lower = affineOf(B, C->getArg(Is.First), L.Parent);
      L.Upper = affineOf(B, C->getArg(Is.First + 1), L.Parent);
    }
    return;
  }
  if (const auto *R = dyn_cast<CXXForRangeStmt>(H.S)) {
    const VarDecl *V = R->getLoopVariable();
    H.Index = V->getCanonicalDecl();
    H.Range = R->getRangeInit();
    L.Index = B.F.Unit.usr(V);
    L.IndexName = Symbol(V->getName());
    L.Lower = constantAffine(0);
    QualType T = H.Range->getType();
    if (const ConstantArrayType *A = Ast.getAsConstantArrayType(T.getNonReferenceType())) {
      L.Upper = constantAffine(A->getSize().getLimitedValue(INT32_MAX));
      trip();
    }
    // OpenMP 5.0 takes ranges whose iterators can jump.
    const auto *Begin =
        R->getBeginStmt() ? dyn_cast<VarDecl>(R->getBeginStmt()->getSingleDecl()) : nullptr;
    L.Annotatable = !L.InMacro && firstOnLine(R->getForLoc()) && !R->getInit() && Begin &&
                    !isa<DecompositionDecl>(V) && isRandomAccess(Begin->getType());
    return;
  }
  const Expr *Cond = nullptr;
  llvm::SmallVector<Update, 4> Updates;
  const Stmt *Body = nullptr, *Init = nullptr;
  if (const auto *S = dyn_cast<ForStmt>(H.S)) {
    Cond = S->getCond(), Body = S->getBody(), Init = S->getInit();
    if (S->getInc())
      updates(S->getInc(), Updates);
  } else if (const auto *S = dyn_cast<WhileStmt>(H.S))
    Cond = S->getCond(), Body = S->getBody();
  else if (const auto *S = dyn_cast<DoStmt>(H.S))
    Cond = S->getCond(), Body = S->getBody();
  if (!Cond) {
    unknown("it has no condition", H.S->getBeginLoc());
    return;
  }
  size_t InHeader = Updates.size();
  bodyUpdates(Body, Updates);
  if (!condition(Cond, Updates))
    return;
  const Update *U = llvm::find_if(Updates, [&](const Update &X) { return X.V == H.Index; });
  bool InBody = U >= Updates.data() + InHeader && !U->InCondition;
  if (InBody)
    H.Update = U->E;
  // Anything else that may move the index.
  unsigned Others = 0;
  auto Count = [&](const Stmt *S) {
    if (S && S != H.Update && writesIn(S, H.Index))
      ++Others;
  };
  if (const auto *C = dyn_cast<CompoundStmt>(Body)) {
    for (const Stmt *Each : C->body())
      if (const auto *E = dyn_cast<Expr>(Each); !InBody || !E || plain(E) != H.Update)
        Count(Each);
  } else if (const auto *E = dyn_cast<Expr>(Body); !InBody || !E || plain(E) != H.Update)
    Count(Body);
  if (!U->InCondition)
    Count(Cond);
  if (Others || B.use(H.Index).AddressTaken) {
    unknown("its index `" + L.IndexName.str() + "` may change in the body", H.S->getBeginLoc());
    L.Index = {};
    H.Index = nullptr;
    return;
  }
  // What it starts from, where the header does not say.
  if (H.Index->getType()->isIntegralOrEnumerationType()) {
    L.Lower.Known = true;
    L.Lower.Terms = {{Symbol((L.Index.str() + "#entry").str()), 1}};
  } else
    L.Lower = constantAffine(0);
  struct Before { // the condition has moved it once when the body begins
    Loop &L;
    int64_t By;
    ~Before() { L.Lower = combine(L.Lower, constantAffine(By), 1); }
  } Moved{L, U->InCondition ? *U->By : 0};
  if (InBody || !isa<ForStmt>(H.S)) {
    if (isa<DoStmt>(H.S))
      L.Upper = {};
    return;
  }
  lower(Init);
  if (H.Start && H.Index->getType()->isAnyPointerType())
    if (const auto *O = dyn_cast<BinaryOperator>(plain(Cond)))
      pointerBounds(variableOf(O->getLHS()) == H.Index ? O->getRHS() : O->getLHS());
  if (U->InCondition)
    return;
  if (U->By)
    trip();
  else
    L.Strided = true;
  L.Annotatable = annotatable(cast<ForStmt>(H.S), llvm::ArrayRef(Updates).take_front(InHeader)) &&
                  U->By.has_value();
}

} // namespace

void recogniseHeader(FunctionBody &B, uint32_t L) { Header(B, L).recognise(); }

} // namespace heddle
