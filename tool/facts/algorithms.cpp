/// Algorithms of the standard library as loops over the elements of their ranges.
///
/// Example: `std::transform(a.begin(), a.end(), b.begin(), f)` is a loop with an
/// index k of its own, which reads a[k], calls f with it and writes b[k].
#include "facts/evaluation.h"

namespace heddle {

using namespace clang;

AlgorithmCall algorithmOf(UnitContext &U, const Stmt *S) {
  AlgorithmCall Out;
  const auto *C = dyn_cast<CallExpr>(S);
  const FunctionDecl *Callee = C ? C->getDirectCallee() : nullptr;
  if (!Callee || C->getNumArgs() < 3 || isa<CXXMemberCallExpr, CXXOperatorCallExpr>(C) ||
      !U.inSystemHeader(Callee))
    return Out;
  Out.Model = U.api(Callee).Algorithm;
  if (!Out.Model)
    return Out;
  const CXXRecordDecl *First = C->getArg(0)->getType().getNonReferenceType()->getAsCXXRecordDecl();
  if (First && U.Apis.find(U.name(First).str()).Policy)
    Out.Policy = true;
  else if (First && U.Apis.find(U.name(First).str()).SerialPolicy)
    Out.Sequential = true;
  Out.First = Out.Policy || Out.Sequential;
  if (C->getNumArgs() < Out.First + Out.Model->Arguments)
    Out.Model = nullptr;
  return Out;
}

/// The element at the loop's index of the range that begins at E.
Step *Evaluation::elementAt(const Expr *E, uint32_t L, bool Writes) {
  Step &A = Out->emplace_back();
  A.What = Step::Access;
  A.E = E;
  A.At = E;
  A.Reads = !Writes;
  A.Writes = Writes;
  A.Pointee = true;
  A.Index = L;
  return &A;
}

void Evaluation::algorithm(const CallExpr *E, const AlgorithmCall &Is, uint32_t L) {
  const AlgorithmModel &M = *Is.Model;
  struct Loop &Facts = B.facts().Loops[L];
  llvm::ArrayRef<const Expr *> Args(E->getArgs(), E->getNumArgs());
  Args = Args.drop_front(Is.First);
  for (const Expr *A : Args)
    eval(A);
  size_t Extra = Args.size() - M.Arguments;
  bool Called = M.Calls;
  // A fold with one argument more has the operation there.
  if (!M.Fold.empty() && !M.Calls && Extra == 1)
    Called = true, Extra = 0;
  const Expr *Callable = Called ? Args.back() : nullptr;
  size_t OutAt = Args.size() - 1 - (Called ? 1 : 0);

  Facts.Parallel = Is.Policy ? Symbol("std::execution") : M.Parallel;
  if (!M.Fold.empty()) {
    Facts.Fold = !M.Calls && Called ? Symbol("call") : M.Fold;
    // `accumulate(v.begin(), v.end(), 0)` over floating-point numbers.
    QualType Element =
        Args[0]->getType()->isAnyPointerType() ? Args[0]->getType()->getPointeeType() : QualType();
    if (const CXXRecordDecl *R = Args[0]->getType()->getAsCXXRecordDecl(); R && Element.isNull())
      if (const auto *Spec = dyn_cast<ClassTemplateSpecializationDecl>(R);
          Spec && Spec->getTemplateArgs().size() &&
          Spec->getTemplateArgs()[0].getKind() == TemplateArgument::Type)
        Element = Spec->getTemplateArgs()[0].getAsType();
    if (!Element.isNull() && Element->isAnyPointerType())
      Element = Element->getPointeeType();
    if (E->getType()->isIntegralOrEnumerationType() && !M.Calls && !Element.isNull() &&
        Element->isFloatingType())
      Facts.Unknown = Symbol("every partial result is cut to a whole number"),
      Facts.UnknownAt = F.Unit.span(E->getSourceRange());
  }
  if (M.Search)
    Facts.EarlyExit = F.Unit.span(E->getSourceRange());

  uint32_t Via = None;
  for (uint32_t C = 0; C < F.Facts.Calls.size(); ++C)
    if (F.Facts.Calls[C].ViaArgument && F.Facts.Calls[C].At == F.Unit.span(E->getSourceRange()))
      Via = C;
  // A library that starts threads calls it all the same.
  for (const Launch &Started : F.Facts.Launches)
    if (Callable && Via == None && Started.At == F.Unit.span(E->getSourceRange()) &&
        Started.Entry) {
      Via = F.Facts.Calls.size();
      heddle::Call C;
      C.Callee = Started.Entry;
      C.Name = Started.EntryName;
      C.ViaArgument = true;
      C.Object = Started.Object;
      C.At = Started.At;
      F.Facts.Calls.push_back(std::move(C));
    }
  if (Callable && Via == None) {
    const CXXRecordDecl *R = strip(Callable)->getType()->getAsCXXRecordDecl();
    bool Plain = R && R->isInStdNamespace() && R->hasDefinition() && R->getDefinition()->isEmpty();
    if (!Plain && Facts.Unknown.empty()) {
      Facts.Unknown = Symbol("what it calls is not known");
      Facts.UnknownAt = F.Unit.span(Callable->getSourceRange());
    }
    // plus, multiplies and the like; not minus.
    if (Plain && Facts.Fold.str() == "call" && F.Unit.Apis.find(F.Unit.name(R).str()).Associative)
      Facts.Fold = Symbol("+");
  }

  Step Node;
  Node.What = Step::Loop;
  Node.Index = L;
  Around.push_back({L, E});
  Node.Kids.push_back(sequence([] {}));
  Node.Kids.push_back(sequence([&] {
    llvm::SmallVector<const Expr *, 3> Inputs;
    if (!M.Fills && !M.Index)
      Inputs.push_back(Args[0]);
    for (size_t I = 0; I < Extra; ++I)
      Inputs.push_back(Args[2 + I]);
    for (const Expr *I : Inputs)
      elementAt(I, L, false);
    if (Via != None) {
      F.Facts.Calls[Via].Loop = L;
      uint32_t Parameter = Facts.Fold.str() == "call" ? 1 : 0;
      if (M.Index)
        B.Arguments.push_back({L, Via, Parameter, Args[0], true, true});
      for (const Expr *I : Inputs)
        B.Arguments.push_back({L, Via, Parameter++, I, false, true});
      called(Via);
    }
    if (M.Out)
      elementAt(Args[OutAt], L, true);
    if (M.Fills)
      elementAt(Args[0], L, true);
  }));
  Node.Kids.push_back(sequence([] {}));
  Around.pop_back();
  Out->push_back(std::move(Node));
}

} // namespace heddle
