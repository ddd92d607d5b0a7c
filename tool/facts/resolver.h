/// Resolves integers to affine forms and accesses to base and subscripts. Only
/// affine.cpp (integers) and elements.cpp (memory) include this.
#pragma once

#include "facts/loopbody.h"

namespace heddle {

/// Substitutions nest at most this deep.
inline constexpr unsigned MaxSubstitutions = 40;

inline Affine term(Symbol Variable) { return variableAffine(Variable); }

struct PointerRef {
  ElementRef To;
  bool Offset = false; ///< The last subscript counts elements from the base.
};

/// Looks at expressions from where they stand in loop Loop.
class Resolver {
public:
  Resolver(FunctionBody &B, uint32_t Loop) : B(B), F(B.F), Loop(Loop) {}

  Affine affine(const clang::Expr *E);
  ElementRef element(const clang::Expr *E);
  PointerRef pointee(const clang::Expr *E);

private:
  bool after(const clang::Expr *E, const clang::Expr *Update) const {
    const clang::SourceManager &SM = F.Unit.Sources;
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
  bool unchanged(const clang::VarDecl *V, clang::SourceLocation From, clang::SourceLocation Use);
  bool stable(const clang::Stmt *S, bool Loads, clang::SourceLocation From,
              clang::SourceLocation Use);
  const clang::Expr *value(const clang::VarDecl *V, const clang::Expr *Use, bool Loads);
  bool isNarrow(clang::QualType T) const;
  bool holds(clang::QualType To, clang::QualType From) const;
  bool fits(const Affine &A, clang::QualType T) const;
  Affine advanced(uint32_t L, const Induction &I, const clang::Expr *Use);
  std::optional<Affine> advanced(const clang::VarDecl *V, const clang::Expr *Use);
  Affine variable(const clang::DeclRefExpr *D, const clang::VarDecl *V);
  PointerRef pointerVariable(const clang::DeclRefExpr *D, const clang::VarDecl *V);
  PointerRef unknownPointer(const clang::Expr *E);
  /// A pointer that is loaded from the element Of.
  PointerRef loaded(const clang::Expr *E, ElementRef Of);
  void offset(PointerRef &P, const Affine &By, int64_t Factor = 1);
  /// Adds a dimension.
  void subscript(ElementRef &R, const Affine &Index) {
    if (!R.Field.empty())
      R.Field += "[]";
    R.Subscripts.push_back(Index);
  }
  /// The class only points to the elements: span, string_view.
  bool isView(clang::QualType T) const {
    const clang::CXXRecordDecl *R = T.getNonReferenceType()->getAsCXXRecordDecl();
    return R && R->hasDefinition() && T.isTriviallyCopyableType(F.Unit.Ast) &&
           llvm::any_of(R->fields(),
                        [](const clang::FieldDecl *D) { return D->getType()->isAnyPointerType(); });
  }
  /// The elements that a view was made from.
  std::optional<ElementRef> viewed(const clang::Expr *View);
  ElementRef container(const clang::Expr *Object) {
    ElementRef R = Object->getType()->isAnyPointerType() ? pointee(Object).To : element(Object);
    clang::QualType T = Object->getType();
    if (T->isAnyPointerType())
      T = T->getPointeeType();
    if (isView(T)) {
      if (std::optional<ElementRef> Seen = viewed(Object))
        return *Seen;
      R.Base = extend(R.Base, "*");
    } else if (T->isRecordType())
      R.Container = F.Unit.type(T.getCanonicalType().getUnqualifiedType());
    return R;
  }
  const ReturnModel *returns(const clang::CallExpr *C) {
    const clang::FunctionDecl *Callee = C->getDirectCallee();
    const auto *M = llvm::dyn_cast<clang::CXXMemberCallExpr>(C);
    return Callee ? F.Unit.api(Callee, M ? M->getRecordDecl() : nullptr).Returns : nullptr;
  }

  FunctionBody &B;
  FunctionContext &F;
  uint32_t Loop;
  unsigned Depth = 0;
};

} // namespace heddle
