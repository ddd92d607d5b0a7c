/// Arrays of which only one dimension is left in the text: `a[i * n + j]` is the
/// element (i, j) of rows of n elements when 0 <= j < n (delinearisation: Grosser,
/// Ramanujam, Pouchet, Sadayappan, Pop, "Optimistic delinearization of
/// parametrically sized arrays", 2015). What cannot be proved becomes an assumption of
/// the verdict: "`j` stays within a row of `lda` elements".
#include "facts/linear.h"
#include "program/judge.h"

namespace heddle {

namespace {

/// Dimensions that are taken out of one subscript.
constexpr unsigned MaxTaken = 4;

struct Parts {
  Affine Quotient, Remainder;
};

/// Value = Quotient * Size + Remainder, by the terms in which Size occurs.
Parts divide(const Affine &Value, Symbol Size) {
  Parts Out{constantAffine(0), constantAffine(Value.Constant)};
  for (const Term &T : Value.Terms) {
    llvm::SmallVector<Symbol, 2> Factors = factorsOf(T.Variable);
    auto It = llvm::find(Factors, Size);
    if (It == Factors.end()) {
      Out.Remainder = combine(Out.Remainder, variableAffine(T.Variable), T.Coefficient);
      continue;
    }
    Factors.erase(It);
    Affine Rest = Factors.empty() ? constantAffine(1) : variableAffine(productOf(Factors));
    Out.Quotient = combine(Out.Quotient, Rest, T.Coefficient);
  }
  return Out;
}

} // namespace

/// As in the source, as far as that is known.
std::string Judge::nameOf(Symbol Variable) const {
  if (const heddle::Variable *V = P.Variables.lookup(Variable))
    return V->Name.str().str();
  for (const Loop *K : outer())
    if (K->Index == Variable)
      return K->IndexName.str().str();
  for (const Loop &K : Facts.Loops)
    if (K.Index == Variable)
      return K.IndexName.str().str();
  for (const Loop &K : Renamed)
    if (K.Index == Variable)
      return K.IndexName.str().str();
  auto [Front, Last] = Variable.str().rsplit('.');
  if (!Last.empty())
    return Last.str();
  return Variable.str().rsplit('#').second.split('@').first.str();
}

bool Judge::takeApart(llvm::ArrayRef<Item *> Group, size_t Dimension, Symbol Size, bool Assume) {
  std::set<std::string> Assumed;
  llvm::SmallVector<Parts, 8> All;
  std::vector<Symbol> NotNegative;
  // A parameter or local that has one value here: its name stands before the place.
  auto NameOf = [](Symbol S) { return S.str().rsplit('#').second.split('@').first; };
  bool Writes = llvm::any_of(Group, [](Item *I) { return I->A.Kind == AccessKind::Write; });
  auto Positive = [&](Symbol S) {
    return Writes && !NameOf(S).empty() && S != Size && factorsOf(S).size() == 1 &&
           llvm::none_of(Facts.Loops, [&](const Loop &K) { return K.Index == S; });
  };
  llvm::SmallVector<const Loop *, 4> Outer = outer();
  auto Varies = [this](Symbol S) { return varies(S); };
  for (Item *I : Group) {
    const Affine &S = I->A.Subscripts[Dimension];
    if (!S.Known || !S.Through.empty() || I->A.More)
      return false;
    Parts P = divide(S, Size);
    if (!P.Quotient.Known || !P.Remainder.Known)
      return false;
    if (!isWithin(P.Remainder, Size, {&I->A, I->Inner}, L == None ? nullptr : &T, Outer, Varies,
                  Positive, NotNegative)) {
      const std::vector<Term> &Rest = P.Remainder.Terms;
      if (!Assume || Rest.size() != 1 || Rest[0].Coefficient != 1 ||
          factorsOf(Rest[0].Variable).size() > 1)
        return false;
      std::string Column = nameOf(Rest[0].Variable);
      if (P.Remainder.Constant)
        Column += (P.Remainder.Constant > 0 ? " + " : " - ") +
                  std::to_string(std::abs(P.Remainder.Constant));
      Assumed.insert(Column);
    }
    All.push_back(std::move(P));
  }
  for (const std::string &Column : Assumed)
    RowAssumptions[Group.front()->A.Base].insert(quote(Column) + " stays within a row of " +
                                                 quote(nameOf(Size)) + " elements");
  for (size_t I = 0; I < Group.size(); ++I) {
    std::vector<Affine> &S = Group[I]->A.Subscripts;
    S[Dimension] = All[I].Quotient;
    S.insert(S.begin() + Dimension + 1, All[I].Remainder);
  }
  for (Symbol S : NotNegative)
    assume(quote(NameOf(S)) + " is not negative");
  return true;
}

void Judge::takeApart() {
  std::map<Place, llvm::SmallVector<Item *, 8>> Groups;
  for (Item &I : Items)
    if (!I.Anywhere && !I.A.Structure)
      Groups[I.A.Base].push_back(&I);
  for (auto &[Base, Group] : Groups) {
    size_t Dimensions = Group.front()->A.Subscripts.size();
    if (!llvm::all_of(Group, [&](Item *I) { return I->A.Subscripts.size() == Dimensions; }))
      continue;
    for (size_t D = 0, Taken = 0; D < Group.front()->A.Subscripts.size(); ++D) {
      std::set<Symbol> Sizes;
      for (Item *I : Group)
        for (const Term &T : I->A.Subscripts[D].Terms)
          if (llvm::SmallVector<Symbol, 2> Factors = factorsOf(T.Variable); Factors.size() > 1)
            for (Symbol Each : Factors)
              if (!varies(Each) &&
                  llvm::none_of(Facts.Loops, [&](const Loop &K) { return K.Index == Each; }))
                Sizes.insert(Each);
      bool Done = false;
      for (bool Assume : {false, true})
        for (Symbol Size : Sizes)
          if (!Done && Taken < MaxTaken && takeApart(Group, D, Size, Assume))
            Done = true;
      if (Done) {
        ++Taken;
        --D; // the quotient may hold more
      }
    }
  }
}

} // namespace heddle
