#include "facts/linear.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

namespace heddle {

namespace {

constexpr llvm::StringLiteral Times = "\xc2\xb7"; // a middle dot, which no name has
constexpr size_t MaxTerms = 24, MaxDegree = 4;

void normalise(Affine &R) {
  llvm::erase_if(R.Terms, [](const Term &T) { return T.Coefficient == 0; });
  llvm::sort(R.Terms, [](const Term &X, const Term &Y) { return X.Variable < Y.Variable; });
  if (R.Terms.size() > MaxTerms)
    R = {};
}

/// False on overflow.
bool addTerm(Affine &R, Symbol Variable, int64_t Coefficient) {
  auto It = llvm::find_if(R.Terms, [&](const Term &X) { return X.Variable == Variable; });
  if (It != R.Terms.end())
    return !llvm::AddOverflow(It->Coefficient, Coefficient, It->Coefficient);
  R.Terms.push_back({Variable, Coefficient});
  return true;
}

} // namespace

Affine constantAffine(int64_t Value) { return {true, Value, {}, {}, 0}; }
Affine variableAffine(Symbol Variable) { return {true, 0, {{Variable, 1}}, {}, 0}; }

Affine combine(const Affine &A, const Affine &B, int64_t Factor) {
  if (!A.Known || !B.Known)
    return {};
  if (!A.Through.empty() || !B.Through.empty()) {
    bool First = !A.Through.empty();
    Affine R = First ? A : B;
    const Affine &Other = First ? B : A;
    int64_t Added;
    if (!Other.Through.empty() || !Other.Terms.empty() || (!First && Factor != 1) ||
        llvm::MulOverflow(Other.Constant, First ? Factor : 1, Added) ||
        llvm::AddOverflow(R.Plus, Added, R.Plus))
      return {};
    return R;
  }
  Affine R = A;
  int64_t Product;
  if (llvm::MulOverflow(B.Constant, Factor, Product) ||
      llvm::AddOverflow(A.Constant, Product, R.Constant))
    return {};
  for (const Term &T : B.Terms)
    if (llvm::MulOverflow(T.Coefficient, Factor, Product) || !addTerm(R, T.Variable, Product))
      return {};
  normalise(R);
  return R;
}

llvm::SmallVector<Symbol, 2> factorsOf(Symbol Variable) {
  llvm::SmallVector<llvm::StringRef, 2> Parts;
  if (!Variable.str().contains(Times))
    return {Variable};
  Variable.str().split(Parts, Times);
  return llvm::SmallVector<Symbol, 2>(
      llvm::map_range(Parts, [](llvm::StringRef S) { return Symbol(S); }));
}

Symbol productOf(llvm::ArrayRef<Symbol> Factors) {
  llvm::SmallVector<Symbol, 4> Sorted(Factors);
  llvm::sort(Sorted);
  return Symbol(llvm::join(llvm::map_range(Sorted, [](Symbol S) { return S.str(); }), Times));
}

Affine product(const Affine &A, const Affine &B) {
  if (!A.Known || !B.Known || !A.Through.empty() || !B.Through.empty())
    return {};
  Affine R = combine(constantAffine(0), B, A.Constant);
  for (const Term &X : A.Terms) {
    if (!R.Known)
      return {};
    int64_t C;
    if (B.Constant &&
        (llvm::MulOverflow(X.Coefficient, B.Constant, C) || !addTerm(R, X.Variable, C)))
      return {};
    for (const Term &Y : B.Terms) {
      llvm::SmallVector<Symbol, 2> Factors = factorsOf(X.Variable);
      Factors.append(factorsOf(Y.Variable));
      if (Factors.size() > MaxDegree || llvm::MulOverflow(X.Coefficient, Y.Coefficient, C) ||
          !addTerm(R, productOf(Factors), C))
        return {};
    }
  }
  normalise(R);
  return R;
}

} // namespace heddle
