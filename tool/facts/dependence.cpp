#include "facts/dependence.h"

#include "facts/isl.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <isl/set.h>
#include <isl/val.h>

namespace heddle {

namespace {

/// Pivots of one question: nests of real programs need some hundreds.
constexpr unsigned long MaxOperations = 20000;
/// Variables of one question, both sides and all loops: with more, numbers may
/// grow so large that even a limited count of operations takes minutes.
constexpr size_t MaxVariables = 26;

/// Different members of one element never overlap; a member overlaps the whole.
bool overlap(llvm::StringRef A, llvm::StringRef B) {
  if (A.size() > B.size())
    std::swap(A, B);
  return B.starts_with(A) && (A.size() == B.size() || B[A.size()] == '.' || B[A.size()] == '[');
}

bool usable(const Affine &A, const Affine &B, bool DistinctValues) {
  if (!A.Known || !B.Known || A.Through != B.Through || A.Plus != B.Plus)
    return false;
  return A.Through.empty() || DistinctValues;
}

/// Collects names and constraints and writes them in isl's notation.
class Formula {
public:
  explicit Formula(const DependenceQuery &Q) : Q(Q) {}

  std::string build(unsigned Dimensions) {
    for (const Loop *L : Q.Outer) {
      Side S{0, {}};
      domain(S, *L, parameter(L->Index));
    }
    Side A = side(0, Q.A), B = side(1, Q.B);
    if (std::abs(Q.Tested->Step) > 1 && (!Q.Tested->Lower.Known || varies(A, Q.Tested->Lower)))
      Constraints.push_back("i1 - i0 = " + std::to_string(Q.Tested->Step) + "*" + bound());
    for (unsigned D = 0; D < Dimensions; ++D) {
      const Affine &X = Q.A.Access->Subscripts[D], &Y = Q.B.Access->Subscripts[D];
      bool Ranges = D + 1 == Dimensions && (Q.A.Access->More || Q.B.Access->More);
      if (Ranges && usable(X, Y, Q.DistinctValues)) {
        Constraints.push_back(text(A, X) + " <= " + text(B, Y) + " + " +
                              std::to_string(Q.B.Access->More));
        Constraints.push_back(text(B, Y) + " <= " + text(A, X) + " + " +
                              std::to_string(Q.A.Access->More));
      } else if (usable(X, Y, Q.DistinctValues))
        Constraints.push_back(text(A, X) + " = " + text(B, Y));
    }
    std::string Out;
    llvm::raw_string_ostream S(Out);
    // Dimensions, not quantifiers: isl would eliminate these, at any cost.
    S << '[' << llvm::join(ParameterNames, ", ") << "] -> { [d, " << llvm::join(Bound, ", ")
      << "] : d = i1 - i0 and (d >= 1 or d <= -1)";
    for (const std::string &C : Constraints)
      S << " and " << C;
    S << " }";
    return Out;
  }

  size_t size() const { return Bound.size() + ParameterNames.size(); }

private:
  struct Side {
    unsigned Number;
    llvm::SmallVector<std::pair<Symbol, std::string>, 8> Names;
  };

  std::string bound(std::string Name = {}) {
    if (Name.empty())
      Name = "x" + std::to_string(Bound.size());
    Bound.push_back(Name);
    return Name;
  }

  std::string parameter(Symbol S) {
    auto [It, New] = Parameters.try_emplace(S, Parameters.size());
    std::string Name = "p" + std::to_string(It->second);
    if (New)
      ParameterNames.push_back(Name);
    return Name;
  }

  Side side(unsigned Number, const AccessInstance &I) {
    Side S{Number, {}};
    std::string Index = bound("i" + std::to_string(Number));
    S.Names.push_back({Q.Tested->Index, Index});
    domain(S, *Q.Tested, Index);
    for (const Loop *L : I.Inner) {
      if (L->Index.empty())
        continue;
      std::string Name = bound();
      // Bounds are evaluated outside the loop, so before its index is named.
      domain(S, *L, Name);
      S.Names.push_back({L->Index, Name});
    }
    return S;
  }

  bool varies(const Side &S, const Affine &A) const {
    return llvm::any_of(A.Terms, [&](const Term &T) {
      return Q.Varies(T.Variable) &&
             llvm::none_of(S.Names, [&](const auto &N) { return N.first == T.Variable; });
    });
  }

  /// Lower <= Name < Upper, in steps.
  void domain(Side &S, const Loop &L, const std::string &Name) {
    bool Low = L.Lower.Known && L.Lower.Through.empty() && !varies(S, L.Lower);
    bool High = L.Upper.Known && L.Upper.Through.empty() && !varies(S, L.Upper);
    if (Low)
      Constraints.push_back(Name + (L.Step > 0 ? " >= " : " <= ") + text(S, L.Lower));
    if (High)
      Constraints.push_back(Name + (L.Step > 0 ? " < " : " > ") + text(S, L.Upper));
    if (Low && std::abs(L.Step) > 1)
      Constraints.push_back(Name + " = " + text(S, L.Lower) + " + " + std::to_string(L.Step) + "*" +
                            bound());
  }

  std::string text(Side &S, const Affine &A) {
    std::string Out = std::to_string(A.Constant);
    for (const Term &T : A.Terms)
      Out += " + " + std::to_string(T.Coefficient) + "*" + name(S, T.Variable);
    return "(" + Out + ")";
  }

  std::string name(Side &S, Symbol Variable) {
    for (const auto &[Known, Name] : llvm::reverse(S.Names))
      if (Known == Variable)
        return Name;
    if (!Q.Varies(Variable))
      return parameter(Variable);
    S.Names.push_back({Variable, bound()});
    return S.Names.back().second;
  }

  const DependenceQuery &Q;
  llvm::DenseMap<Symbol, unsigned> Parameters;
  std::vector<std::string> ParameterNames, Bound, Constraints;
};

/// What remains of A - B without the index of the loop; nothing when other
/// variables than invariants are involved.
struct Difference {
  int64_t Coefficient; ///< Of the index, the same on both sides.
  int64_t Constant;    ///< A minus B.
};
std::optional<Difference> difference(const DependenceQuery &Q, const Affine &A, const Affine &B) {
  if (A.Terms.size() != B.Terms.size())
    return std::nullopt;
  Difference D{0, 0};
  for (size_t I = 0; I < A.Terms.size(); ++I) {
    const Term &X = A.Terms[I], &Y = B.Terms[I];
    if (X.Variable != Y.Variable || X.Coefficient != Y.Coefficient)
      return std::nullopt;
    if (X.Variable == Q.Tested->Index) {
      D.Coefficient = X.Coefficient;
      continue;
    }
    auto IsInner = [&](const Loop *L) { return L->Index == X.Variable; };
    if (llvm::any_of(Q.A.Inner, IsInner) || llvm::any_of(Q.B.Inner, IsInner) ||
        Q.Varies(X.Variable))
      return std::nullopt;
  }
  if (llvm::SubOverflow(A.Constant, B.Constant, D.Constant))
    return std::nullopt;
  return D;
}

struct Solution {
  isl_bool Empty = isl_bool_error;
  std::optional<int64_t> Distance;
};

Solution solve(llvm::StringRef Text) {
  static thread_local llvm::StringMap<Solution> Known;
  if (auto It = Known.find(Text); It != Known.end())
    return It->second;
  Solution Out;
  isl_ctx *Ctx = islContext(MaxOperations);
  isl_set *Set = isl_set_read_from_str(Ctx, Text.str().c_str());
  Out.Empty = isl_set_is_empty(Set);
  if (Out.Empty == isl_bool_false) {
    // Both directions together, where each has its distance fixed by equalities.
    Set = isl_set_detect_equalities(isl_set_coalesce(Set));
    isl_val *Value = isl_set_plain_get_val_if_fixed(Set, isl_dim_set, 0);
    if (isl_val_is_int(Value) == isl_bool_true && isl_val_cmp_si(Value, INT32_MAX) <= 0 &&
        isl_val_cmp_si(Value, INT32_MIN) >= 0)
      Out.Distance = isl_val_get_num_si(Value);
    isl_val_free(Value);
  }
  isl_set_free(Set);
  isl_ctx_reset_error(Ctx);
  if (Known.size() < MaxRemembered)
    Known[Text] = Out;
  return Out;
}

} // namespace

bool isScalarType(llvm::StringRef Printed) {
  if (Printed.ends_with("*"))
    return true;
  for (llvm::StringRef Part : {"unsigned ", "signed ", "_Complex "})
    Printed.consume_front(Part);
  return llvm::is_contained({"char", "int", "long", "long long", "short", "float", "double",
                             "long double", "bool", "_Bool", "__int128", "wchar_t", "char8_t",
                             "char16_t", "char32_t"},
                            Printed);
}

DependenceResult testPair(const DependenceQuery &Q) {
  const LoopAccess &A = *Q.A.Access, &B = *Q.B.Access;
  if (!overlap(A.Field.str(), B.Field.str()))
    return {Carried::No, std::nullopt};
  unsigned Dimensions = std::min(A.Subscripts.size(), B.Subscripts.size());
  // One object seen as elements of two types: positions do not compare.
  bool Exact = A.Type == B.Type || A.Field != B.Field || !Dimensions ||
               A.Subscripts.size() != B.Subscripts.size() || !isScalarType(A.Type.str()) ||
               !isScalarType(B.Type.str());
  // Ranges in which the dimensions do not match, or from an element that is looked up.
  if ((A.More || B.More) && (A.Subscripts.size() != B.Subscripts.size() || A.Subscripts.empty() ||
                             !A.Subscripts.back().Through.empty()))
    return {Carried::Unknown, std::nullopt};
  if (!Exact)
    return {Carried::Unknown, std::nullopt};

  for (unsigned D = 0; D < Dimensions; ++D) {
    const Affine &X = A.Subscripts[D], &Y = B.Subscripts[D];
    if (!usable(X, Y, Q.DistinctValues)) {
      Exact = false;
      continue;
    }
    if (D + 1 == Dimensions && (A.More || B.More)) {
      Exact = false; // the solver will say
      continue;
    }
    std::optional<Difference> Diff = difference(Q, X, Y);
    if (!Diff) {
      // A value of which nothing is known but that it may differ.
      for (const AccessInstance *Side : {&Q.A, &Q.B})
        for (const Term &T : Side->Access->Subscripts[D].Terms)
          Exact &= T.Variable == Q.Tested->Index || !Q.Varies(T.Variable) ||
                   llvm::any_of(Side->Inner, [&](const Loop *L) { return L->Index == T.Variable; });
      continue;
    }
    if (Diff->Coefficient == 0) {
      if (Diff->Constant != 0)
        return {Carried::No, std::nullopt};
      continue;
    }
    if (Diff->Constant == 0 || Diff->Constant == INT64_MIN || Diff->Coefficient == INT64_MIN ||
        Diff->Constant % Diff->Coefficient != 0)
      return {Carried::No, std::nullopt};
    int64_t Distance = Diff->Constant / Diff->Coefficient;
    if (Q.Tested->Step && Distance % Q.Tested->Step != 0)
      return {Carried::No, std::nullopt};
  }

  Formula Conflict(Q);
  std::string Text = Conflict.build(Dimensions);
  if (Conflict.size() > MaxVariables)
    return {Carried::Unknown, std::nullopt};
  Solution S = solve(Text);
  DependenceResult R;
  R.Distance = S.Distance;
  if (S.Empty == isl_bool_true)
    R.Answer = Carried::No;
  else if (S.Empty == isl_bool_false && Exact)
    R.Answer = Carried::Yes;
  return R;
}

} // namespace heddle
