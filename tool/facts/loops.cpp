#include "facts/loops.h"

#include "facts/loopbody.h"

#include "clang/AST/StmtOpenMP.h"
#include "clang/Basic/Builtins.h"

namespace heddle {

using namespace clang;

namespace {

bool isLoop(const Stmt *S) { return isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(S); }

/// Trip count of a loop whose bound is not a constant, for estimates of cost.
constexpr double AssumedTrip = 16;

/// A function of the C library with a body worth counting.
bool isLibraryFunction(FunctionContext &F, const FunctionDecl *Callee) {
  if (unsigned Id = Callee->getBuiltinID())
    return F.Unit.Ast.BuiltinInfo.isPredefinedLibFunction(Id);
  // std::sqrt(float) and the like.
  return F.Unit.inSystemHeader(Callee) && Callee->getNumParams() &&
         Callee->getParamDecl(0)->getType()->isRealFloatingType();
}

SourceLocation headerEnd(const Stmt *S) {
  if (const auto *L = dyn_cast<ForStmt>(S))
    return L->getRParenLoc();
  if (const auto *L = dyn_cast<WhileStmt>(S))
    return L->getRParenLoc();
  if (const auto *L = dyn_cast<CXXForRangeStmt>(S))
    return L->getRParenLoc();
  return cast<DoStmt>(S)->getDoLoc();
}

const Stmt *bodyOf(const Stmt *S) {
  if (const auto *L = dyn_cast<ForStmt>(S))
    return L->getBody();
  if (const auto *L = dyn_cast<WhileStmt>(S))
    return L->getBody();
  if (const auto *L = dyn_cast<CXXForRangeStmt>(S))
    return L->getBody();
  return cast<DoStmt>(S)->getBody();
}

void number(FunctionContext &F, const Stmt *S, uint32_t Parent,
            llvm::DenseMap<const Stmt *, uint32_t> &Out) {
  F.HasDirectives |= isa<OMPExecutableDirective>(S);
  if (isLoop(S)) {
    Loop L;
    L.Kind = isa<ForStmt>(S)     ? LoopKind::For
             : isa<WhileStmt>(S) ? LoopKind::While
             : isa<DoStmt>(S)    ? LoopKind::Do
                                 : LoopKind::RangeFor;
    L.Parent = Parent;
    L.At = F.Unit.span(SourceRange(S->getBeginLoc(), headerEnd(S)));
    L.Body = F.Unit.span(bodyOf(S)->getSourceRange());
    Parent = F.Facts.Loops.size();
    Out[S] = Parent;
    F.Facts.Loops.push_back(std::move(L));
  }
  forEachChild(S, [&](const Stmt *C) { number(F, C, Parent, Out); });
}

/// Operations of one execution of S. Address arithmetic, operators, loads of
/// memory and calls count; constants and variables do not. A function of the C
/// library (exp, strlen) counts 20.
double cost(FunctionBody &B, const Stmt *S) {
  double Sum = 0;
  if (isa<BinaryOperator, UnaryOperator, ArraySubscriptExpr, CXXNewExpr, CXXDeleteExpr>(S))
    Sum = 1;
  else if (const auto *C = dyn_cast<CallExpr>(S)) {
    const FunctionDecl *Callee = C->getDirectCallee();
    Sum = isa<CXXOperatorCallExpr>(C) ? 1 : Callee && isLibraryFunction(B.F, Callee) ? 20 : 4;
  } else if (const auto *M = dyn_cast<MemberExpr>(S); M && M->isArrow())
    Sum = 1;
  forEachChild(S, [&](const Stmt *C) { Sum += cost(B, C); });
  auto It = B.F.Loops.find(S);
  if (It == B.F.Loops.end())
    return Sum;
  Loop &L = B.facts().Loops[It->second];
  if (L.Kind == LoopKind::RangeFor)
    Sum += 2;
  L.Cost = Sum;
  return Sum * (L.Trip ? static_cast<double>(*L.Trip) : AssumedTrip);
}

bool sameAccess(const LoopAccess &A, const LoopAccess &B) {
  auto Same = [](const Affine &X, const Affine &Y) {
    return X.Known == Y.Known && X.Constant == Y.Constant && X.Through == Y.Through &&
           X.Shift == Y.Shift && X.Terms.size() == Y.Terms.size() &&
           std::equal(X.Terms.begin(), X.Terms.end(), Y.Terms.begin(),
                      [](const Term &P, const Term &Q) {
                        return P.Variable == Q.Variable && P.Coefficient == Q.Coefficient;
                      });
  };
  return A.Kind == B.Kind && A.Base == B.Base && A.Field == B.Field && A.Type == B.Type &&
         A.Reduction == B.Reduction && A.Subscripts.size() == B.Subscripts.size() &&
         std::equal(A.Subscripts.begin(), A.Subscripts.end(), B.Subscripts.begin(), Same);
}

class Collector {
public:
  explicit Collector(FunctionBody &B) : B(B) {}

  void run(const std::vector<Step> &Steps, uint32_t Loop) {
    for (const Step &S : Steps) {
      if (S.What == Step::Access && Loop != None)
        access(S, Loop);
      run(S.Kids, S.What == Step::Loop ? S.Index : Loop);
    }
  }

private:
  void access(const Step &S, uint32_t L);
  void add(LoopAccess A, uint32_t L) {
    std::vector<LoopAccess> &All = B.facts().Loops[L].Accesses;
    if (llvm::none_of(All, [&](const LoopAccess &X) { return sameAccess(X, A); }))
      All.push_back(std::move(A));
  }

  FunctionBody &B;
};

void Collector::access(const Step &S, uint32_t L) {
  if (S.Var)
    return;
  LoopAccess A = accessOf(B, S, L);
  if (S.Reads && !(S.Writes && !S.Operator.empty())) {
    A.Kind = AccessKind::Read;
    add(A, L);
  }
  if (S.Writes) {
    A.Kind = AccessKind::Write;
    A.Reduction = Symbol(S.Operator);
    add(std::move(A), L);
  }
}

} // namespace

LoopAccess describe(FunctionBody &B, ElementRef R, const Expr *E) {
  LoopAccess A;
  A.Base = R.Base;
  A.BaseText = R.BaseText;
  A.Subscripts = std::move(R.Subscripts);
  A.Field = Symbol(R.Field);
  A.Distinct = R.Distinct;
  A.Container = R.Container;
  A.Rows = R.Rows;
  if (E) {
    A.Text = B.F.Unit.text(E);
    QualType T = E->getType();
    A.Type = B.F.Unit.type(T.getNonReferenceType().getCanonicalType().getUnqualifiedType());
    A.At = B.F.Unit.span(E->getSourceRange());
  }
  return A;
}

LoopAccess accessOf(FunctionBody &B, const Step &S, uint32_t L) {
  LoopAccess A;
  if (!S.E) {
    const LoopHeader &H = B.Headers[S.Index];
    ElementRef R = elementOf(B, H.Range, B.facts().Loops[S.Index].Parent);
    Affine Position;
    Position.Known = true;
    Position.Terms.push_back({B.facts().Loops[S.Index].Index, 1});
    R.Subscripts.push_back(Position);
    A = describe(B, std::move(R), H.Range);
    A.Type = B.F.Unit.type(
        H.Index->getType().getNonReferenceType().getCanonicalType().getUnqualifiedType());
  } else {
    A = describe(B, S.Pointee ? pointeeOf(B, S.E, L) : elementOf(B, S.E, L), S.E);
    if (S.Pointee && S.E->getType()->isAnyPointerType())
      A.Type =
          B.F.Unit.type(S.E->getType()->getPointeeType().getCanonicalType().getUnqualifiedType());
    if (S.Size == Step::Range) {
      if (S.Pointee && !A.Subscripts.empty())
        A.Subscripts.back() = {};
      else
        A.Subscripts.emplace_back();
    }
  }
  return A;
}

llvm::DenseMap<const Stmt *, uint32_t> numberLoops(FunctionContext &F) {
  llvm::DenseMap<const Stmt *, uint32_t> Out;
  if (const Stmt *Body = F.Fn->getBody())
    number(F, Body, None, Out);
  return Out;
}

void fillLoops(FunctionContext &F) {
  const Stmt *Body = F.Fn->getBody();
  if (!Body)
    return;
  FunctionBody B(F);
  B.Headers.resize(F.Facts.Loops.size());
  for (const auto &[S, L] : F.Loops)
    B.Headers[L].S = S;
  if (F.Facts.Loops.empty() && !F.HasDirectives) {
    F.Facts.Cost = cost(B, Body);
    return;
  }
  collectUses(B, Body);
  evaluate(B, Body);
  for (uint32_t L = 0; L < B.Headers.size(); ++L)
    recogniseHeader(B, L);
  findInductions(B);
  F.Facts.Cost = cost(B, Body);
  classifyScalars(B);
  Collector(B).run(B.Root.Kids, None);
  if (F.HasDirectives)
    fillRegions(B);
  for (const ArgumentUse &A : B.Arguments) {
    if (A.Loop == None || A.Call == None || B.Handled.contains(A.Call))
      continue;
    QualType T = A.E->getType();
    bool Pointer = A.E->isPRValue() || (T->isAnyPointerType() && A.Argument == None);
    LoopArgument Out{
        A.Call, A.Argument,
        describe(B, Pointer ? pointeeOf(B, A.E, A.Loop) : elementOf(B, A.E, A.Loop), A.E)};
    if (T->isAnyPointerType() && Pointer)
      Out.What.Type = F.Unit.type(T->getPointeeType().getCanonicalType().getUnqualifiedType());
    F.Facts.Loops[A.Loop].Arguments.push_back(std::move(Out));
  }
  for (uint32_t C = 0; C < F.Facts.Calls.size(); ++C) {
    const Call &Each = F.Facts.Calls[C];
    if (Each.Loop == None || B.Handled.contains(C))
      continue;
    // Library destructors only undo what the library's constructors did.
    if (Each.System && Each.Name.str().contains("::~"))
      continue;
    F.Facts.Loops[Each.Loop].Calls.push_back(C);
  }
}

} // namespace heddle
