#include "facts/coverage.h"

#include "facts/isl.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

#include <isl/set.h>

namespace heddle {

namespace {

/// Pivots of one question.
constexpr unsigned long MaxOperations = 200000;
constexpr size_t MaxWrites = 48, MaxDimensions = 8;

/// Writes sets in isl's notation. All have the dimensions of the read's loops,
/// then one for each subscript; the index of the tested loop is a parameter.
class Sets {
public:
  Sets(const CoverageQuery &Q, unsigned Dimensions) : Q(Q), Dimensions(Dimensions) {}

  std::string read() {
    Side S;
    begin(S, "i");
    if (Q.AnyIteration) // whichever these two are
      begin(S, "k"), S.Names.pop_back();
    around(S);
    for (unsigned D = 0; D < Dimensions; ++D) {
      const auto &Subscripts = Q.Read.Access->Subscripts;
      if (D < Subscripts.size() && usable(Subscripts[D]))
        equal(S, D, *Q.Read.Access);
      else if (D < Q.Extent.size())
        S.Constraints.push_back("0 <= " + element(D) + " < " + std::to_string(Q.Extent[D]));
    }
    return finish(S);
  }

  /// Empty when nothing can be said for certain.
  std::string write(const CoveringWrite &W) {
    const LoopAccess &A = *W.What.Access;
    if (A.Subscripts.size() != Dimensions)
      return {};
    // Loops around both: the write is in the same iteration of them, or, from
    // some depth on, in an earlier one.
    size_t Common = 0;
    while (Common < std::min(W.What.Inner.size(), Q.Read.Inner.size()) &&
           W.What.Inner[Common] == Q.Read.Inner[Common] && !Q.AnyIteration)
      ++Common;
    std::vector<std::string> All;
    for (size_t Depth = W.Before ? Common + 1 : Common; Depth-- > 0;)
      if (std::string One = write(W, Depth, Common); !One.empty())
        All.push_back(std::move(One));
    return llvm::join(All, "; ");
  }

  /// All that the access may touch in iteration k of the tested loop.
  std::string any(const AccessInstance &I) {
    Side S;
    begin(S, "k");
    for (size_t K = 0; K < I.Inner.size(); ++K) {
      const Loop &L = *I.Inner[K];
      if (L.Index.empty())
        continue;
      std::string Name = "w" + std::to_string(K);
      S.Exists.push_back(Name);
      domain(S, L, Name);
      S.Names.push_back({L.Index, Name});
    }
    for (unsigned D = 0; D < Dimensions && D < I.Access->Subscripts.size(); ++D)
      if (usable(I.Access->Subscripts[D]))
        equal(S, D, *I.Access);
    return finish(S);
  }

  /// Values outside of [0, Size).
  std::string outside(const Affine &Value, Symbol Size) {
    Side S;
    begin(S, "i");
    around(S);
    S.Constraints.push_back(element(0) + " = " + text(S, Value));
    S.Constraints.push_back("(" + element(0) + " < 0 or " + element(0) + " >= " + parameter(Size) +
                            ")");
    return finish(S);
  }

  std::vector<std::pair<Symbol, std::string>> named() const {
    std::vector<std::pair<Symbol, std::string>> Out;
    for (const auto &[Variable, Number] : Parameters)
      Out.push_back({Variable, "p" + std::to_string(Number)});
    llvm::sort(Out);
    return Out;
  }
  std::string parameters() const { return "[" + llvm::join(ParameterNames, ", ") + "] -> "; }

private:
  struct Side {
    llvm::SmallVector<std::pair<Symbol, std::string>, 8> Names;
    std::vector<std::string> Constraints, Exists;
    bool Exact = true; ///< No bound and no value had to be left open.
  };

  static bool usable(const Affine &A) { return A.Known && A.Through.empty(); }
  static std::string element(unsigned D) { return "e" + std::to_string(D); }

  std::string parameter(Symbol S) {
    auto [It, New] = Parameters.try_emplace(S, Parameters.size());
    std::string Name = "p" + std::to_string(It->second);
    if (New)
      ParameterNames.push_back(Name);
    return Name;
  }

  /// The index of the tested loop, for both sides or for one.
  void begin(Side &S, llvm::StringRef Own) {
    if (!Q.Tested)
      return;
    std::string Name = Own.str();
    if (llvm::find(ParameterNames, Name) == ParameterNames.end())
      ParameterNames.push_back(Name);
    domain(S, *Q.Tested, Name);
    S.Exact = true; // whichever iteration it is, both sides are in it
    S.Names.push_back({Q.Tested->Index, Name});
  }

  /// The loops outside of the tested one, and those around the read.
  void around(Side &S) {
    for (const Loop *L : Q.Outer)
      if (!L->Index.empty())
        domain(S, *L, parameter(L->Index));
    for (size_t K = 0; K < Q.Read.Inner.size(); ++K) {
      const Loop &L = *Q.Read.Inner[K];
      std::string Name = "r" + std::to_string(K);
      if (L.Index.empty())
        continue;
      domain(S, L, Name);
      S.Names.push_back({L.Index, Name});
    }
  }

  /// The write in the same iteration of the first Depth common loops, and in an
  /// earlier one of the next when there is one.
  std::string write(const CoveringWrite &W, size_t Depth, size_t Common) {
    Side S;
    begin(S, Q.AnyIteration ? "k" : "i");
    for (size_t K = 0; K < W.What.Inner.size(); ++K) {
      const Loop &L = *W.What.Inner[K];
      std::string Read = "r" + std::to_string(K);
      if (K < Depth) {
        S.Names.push_back({L.Index, Read});
        continue;
      }
      // Earlier iterations of a loop around both were not the last.
      bool Earlier = K == Depth && K < Common;
      if (L.Index.empty() || (L.EarlyExit.valid() && !Earlier))
        return {};
      std::string Name = "w" + std::to_string(K);
      S.Exists.push_back(Name);
      domain(S, L, Name, Earlier);
      if (Earlier)
        S.Constraints.push_back(Name + (L.Step > 0 ? " < " : " > ") + Read);
      S.Names.push_back({L.Index, Name});
    }
    for (unsigned D = 0; D < Dimensions; ++D) {
      const Affine &X = W.What.Access->Subscripts[D];
      if (!usable(X))
        return {};
      equal(S, D, *W.What.Access);
    }
    return S.Exact ? finish(S) : std::string();
  }

  /// Lower <= Name < Upper, in steps. Open: no matter that Upper is not known.
  void domain(Side &S, const Loop &L, const std::string &Name, bool Open = false) {
    bool Exact = S.Exact && !L.Strided;
    auto Usable = [&](const Affine &A) {
      return usable(A) && llvm::all_of(A.Terms, [&](const Term &T) {
               return known(S, T.Variable) || !Q.Varies(T.Variable);
             });
    };
    if (Usable(L.Lower)) {
      S.Constraints.push_back(Name + (L.Step > 0 ? " >= " : " <= ") + text(S, L.Lower));
      if (std::abs(L.Step) > 1) {
        std::string Times = "s" + std::to_string(S.Exists.size());
        S.Exists.push_back(Times);
        S.Constraints.push_back(Name + " = " + text(S, L.Lower) + " + " + std::to_string(L.Step) +
                                "*" + Times);
      }
    } else
      Exact = false;
    if (Usable(L.Upper))
      S.Constraints.push_back(Name + (L.Step > 0 ? " < " : " > ") + text(S, L.Upper));
    else if (!Open)
      Exact = false;
    S.Exact = Exact;
  }

  /// The element of A in dimension D, or one of those that follow.
  void equal(Side &S, unsigned D, const LoopAccess &A) {
    std::string First = text(S, A.Subscripts[D]);
    if (D + 1 == A.Subscripts.size() && A.More)
      S.Constraints.push_back(First + " <= " + element(D) + " <= " + First + " + " +
                              std::to_string(A.More));
    else
      S.Constraints.push_back(element(D) + " = " + First);
  }

  static bool known(const Side &S, Symbol Variable) {
    return llvm::any_of(S.Names, [&](const auto &N) { return N.first == Variable; });
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
    // Some value: a read may be anywhere then, a write does not count.
    S.Exact = false;
    std::string Name = "x" + std::to_string(S.Exists.size());
    S.Exists.push_back(Name);
    S.Names.push_back({Variable, Name});
    return Name;
  }

  std::string finish(const Side &S) const {
    std::vector<std::string> Tuple;
    for (size_t K = 0; K < Q.Read.Inner.size(); ++K)
      Tuple.push_back("r" + std::to_string(K));
    for (unsigned D = 0; D < Dimensions; ++D)
      Tuple.push_back(element(D));
    std::string Body = S.Constraints.empty() ? "0 = 0" : llvm::join(S.Constraints, " and ");
    if (!S.Exists.empty())
      Body = "exists " + llvm::join(S.Exists, ", ") + " : " + Body;
    return "[" + llvm::join(Tuple, ", ") + "] : " + Body;
  }

  const CoverageQuery &Q;
  unsigned Dimensions;
  llvm::DenseMap<Symbol, unsigned> Parameters;
  std::vector<std::string> ParameterNames;
};

} // namespace

bool isWithin(const Affine &Value, Symbol Size, const AccessInstance &Where, const Loop *Tested,
              llvm::ArrayRef<const Loop *> Outer, llvm::function_ref<bool(Symbol)> Varies,
              llvm::function_ref<bool(Symbol)> Positive, std::vector<Symbol> &NotNegative) {
  CoverageQuery Q;
  Q.Tested = Tested;
  Q.Outer = Outer;
  Q.Read = Where;
  Q.Varies = Varies;
  Sets All(Q, 1);
  std::string Outside = All.outside(Value, Size);
  isl_ctx *Ctx = islContext(MaxOperations);
  auto Within = [&](const std::string &Given) {
    std::string Text = All.parameters() + "{ " + Outside + " }";
    isl_set *Set = isl_set_read_from_str(Ctx, Text.c_str());
    if (!Given.empty())
      Set = isl_set_intersect_params(
          Set, isl_set_read_from_str(Ctx, (All.parameters() + "{ : " + Given + " }").c_str()));
    bool Empty = isl_set_is_empty(Set) == isl_bool_true;
    isl_set_free(Set);
    isl_ctx_reset_error(Ctx);
    return Empty;
  };
  if (Within({}))
    return true;
  for (const auto &[Variable, Name] : All.named())
    if (Positive(Variable) && Within(Name + " >= 0")) {
      if (!llvm::is_contained(NotNegative, Variable))
        NotNegative.push_back(Variable);
      return true;
    }
  return false;
}

Coverage findCoverage(const CoverageQuery &Q) {
  const LoopAccess &R = *Q.Read.Access;
  size_t Dimensions = std::max(R.Subscripts.size(), Q.Extent.size());
  for (const CoveringWrite &W : Q.Writes)
    Dimensions = std::max(Dimensions, W.What.Access->Subscripts.size());
  if (Dimensions > MaxDimensions || Q.Writes.size() > MaxWrites || Q.AllWrites.size() > MaxWrites)
    return Coverage::No;
  Sets All(Q, Dimensions);
  std::string Read = All.read();
  std::vector<std::string> Writes, Any;
  for (const CoveringWrite &W : Q.Writes)
    if (std::string One = All.write(W); !One.empty())
      Writes.push_back(std::move(One));
  for (const AccessInstance &W : Q.AllWrites)
    Any.push_back(All.any(W));
  if (Writes.empty() && Any.empty())
    return Coverage::No;
  static thread_local llvm::StringMap<Coverage> Known;
  std::string Question =
      All.parameters() + Read + '\n' + llvm::join(Writes, ";") + '\n' + llvm::join(Any, ";");
  if (auto It = Known.find(Question); It != Known.end())
    return It->second;
  isl_ctx *Ctx = islContext(MaxOperations);
  auto Set = [&](const std::vector<std::string> &Parts) {
    std::string Text = All.parameters() + "{ " + llvm::join(Parts, "; ") + " }";
    return isl_set_read_from_str(Ctx, Text.c_str());
  };
  isl_set *Rest = Set({Read});
  if (!Writes.empty())
    Rest = isl_set_subtract(Rest, Set(Writes));
  isl_bool Empty = isl_set_is_empty(Rest);
  Coverage Answer = Empty == isl_bool_true ? Coverage::Yes : Coverage::No;
  if (Empty == isl_bool_false && !Any.empty()) {
    isl_set *Written = Set(Any);
    if (isl_set_is_disjoint(Rest, Written) == isl_bool_true)
      Answer = Coverage::OrUntouched;
    isl_set_free(Written);
  }
  isl_set_free(Rest);
  isl_ctx_reset_error(Ctx);
  if (Known.size() < MaxRemembered)
    Known[Question] = Answer;
  return Answer;
}

} // namespace heddle
