/// Which memory an access of a loop means: the same base in every iteration, one
/// of the iteration's own, or something that may overlap another base.
///
/// Example: with `double *p = new double[n]` in the body, p* belongs to the
/// iteration; with `double *p = rows[i]` before it, p* is the same for all.
#include "facts/linear.h"
#include "program/judge.h"

namespace heddle {

bool isObject(const Place &P) {
  llvm::StringRef Path = P.Path.str();
  switch (P.Root) {
  case RootKind::This:
    return Path.starts_with("*") && !Path.drop_front().contains('*');
  case RootKind::Global:
  case RootKind::Local:
  case RootKind::Heap:
    return !Path.contains('*');
  default:
    return false;
  }
}

bool namesOnlyItself(llvm::StringRef Type) { return isScalarType(Type) && !Type.ends_with("char"); }

bool Judge::varies(Symbol Variable) const {
  if (llvm::SmallVector<Symbol, 2> Factors = factorsOf(Variable); Factors.size() > 1)
    return llvm::any_of(Factors, [&](Symbol Each) {
      auto Index = [&](const Loop &K) { return K.Index == Each; };
      return llvm::any_of(Facts.Loops, Index) || llvm::any_of(Renamed, Index) || varies(Each);
    });
  llvm::StringRef Name = Variable.str();
  if (Name.consume_back("#entry")) {
    const LoopScalar *S = scalar(Symbol(Name));
    return local(Symbol(Name)) || (S && S->Use != ScalarUse::Induction);
  }
  if (scalar(Variable) || local(Variable) || Written.contains(Name))
    return true;
  // `global x[0]`, `this *.n`: as a place is printed, with a position.
  if (Name.contains(' '))
    for (const auto &Base : WrittenBases)
      if (llvm::StringRef Rest = Name;
          Rest.consume_front(Base.getKey()) &&
          (Rest.empty() || Rest.front() == '[' || Rest.front() == '.' || Rest.starts_with(" .")))
        return true;
  if (L == None && Name.starts_with("global "))
    return false;
  if (L == None) {
    const heddle::Variable *V = P.Variables.lookup(Variable);
    return !llvm::is_contained(Facts.Fixed, Variable) && !(V && V->Static);
  }
  // A member of a variable of the iteration.
  return llvm::any_of(T.Locals, [&](Symbol S) { return Name.contains(S.str()); });
}

/// The base is reached by a pointer that has another value in each iteration.
bool Judge::baseVaries(const Place &Base) const {
  if (!Base.Path.str().contains('*'))
    return false;
  if (Base.Root == RootKind::Result)
    return Facts.Calls.size() > Base.Index && Facts.Calls[Base.Index].Loop != None &&
           inside(Facts.Calls[Base.Index].Loop);
  if (Base.Root == RootKind::Parameter)
    return Written.contains(toString({Base.Root, Base.Name, Base.Index, {}})) ||
           llvm::any_of(T.Scalars, [&](const LoopScalar &S) {
             return !S.Global && S.Name == Base.Name && S.Use != ScalarUse::Induction;
           });
  if (Base.Root != RootKind::Local && Base.Root != RootKind::Global)
    return false;
  if (Base.Name == T.Index)
    return false;
  const LoopScalar *S = scalar(Base.Name);
  return local(Base.Name) || Written.contains(Base.Name.str()) ||
         (S && S->Use != ScalarUse::Induction);
}

bool Judge::privateToIteration(const Place &Base) const {
  if (Base.Root == RootKind::Local)
    return !Base.Path.str().contains('*') && local(Base.Name);
  if (Base.Root != RootKind::Heap)
    return false;
  auto [FileLine, Column] = Base.Name.str().rsplit(':');
  auto [File, Line] = FileLine.rsplit(':');
  unsigned Row = 0, Col = 0;
  if (Line.getAsInteger(10, Row) || Column.getAsInteger(10, Col) || File != T.Body.File.str())
    return false;
  auto At = std::make_pair(Row, Col);
  return At >= std::make_pair(T.Body.Line, T.Body.Column) &&
         At < std::make_pair(T.Body.EndLine, T.Body.EndColumn);
}

/// Resolves bases and keeps what other iterations may see.
void Judge::settle() {
  for (Item &I : Items)
    followReturned(F, I);
  // First what is written: pointers among it have no fixed target.
  for (Item &I : Items) {
    if (I.A.Kind != AccessKind::Write || I.Anywhere)
      continue;
    bool Fixed =
        llvm::all_of(I.A.Subscripts, [](const Affine &A) { return A.Known && A.Terms.empty(); });
    Place To = resolve(P, F, I.A.Base);
    WrittenBases.insert(toString(To));
    if (!Fixed || privateToIteration(I.A.Base) || privateToIteration(To))
      continue;
    Written.insert(toString(To) + I.A.Field.str().str());
    if (To.Path.empty() && (To.Root == RootKind::Local || To.Root == RootKind::Global))
      Written.insert(To.Name.str());
  }
  std::vector<Item> All = std::move(Items);
  Items.clear();
  for (Item &I : All) {
    if (I.Anywhere) {
      Items.push_back(std::move(I));
      continue;
    }
    if (privateToIteration(I.A.Base))
      continue;
    Place To = resolve(P, F, I.A.Base);
    if (privateToIteration(To))
      continue;
    if (!I.A.Base.known() || (baseVaries(I.A.Base) && (To == I.A.Base || baseVaries(To)))) {
      I.Anywhere = true;
    } else if (baseVaries(I.A.Base)) {
      I.A.Base = To;
      I.A.Subscripts.assign(1, {});
    } else
      I.A.Base = To;
    if (!I.A.Base.known())
      I.Anywhere = true;
    Items.push_back(std::move(I));
  }
  takeApart();
}

/// Every call of G, of which no other is possible, passes distinct objects.
bool Judge::keptApart(FunctionId G, const Place &A, const Place &B, unsigned Depth) const {
  const ProgramFunction &Fn = P.function(G);
  if (A.Root != RootKind::Parameter || B.Root != RootKind::Parameter || A.Path.str() != "*" ||
      B.Path.str() != "*" || Fn.Facts->Link != Linkage::Internal || Fn.Callers.empty() || Depth > 3)
    return false;
  return llvm::all_of(Fn.Callers, [&](const std::pair<FunctionId, uint32_t> &From) {
    const Call &C = P.facts(From.first).Calls[From.second];
    if (C.ViaArgument || C.Callee != Fn.Facts->Usr || std::max(A.Index, B.Index) >= C.Args.size())
      return false;
    Place X = resolve(P, From.first, C.Args[A.Index]);
    Place Y = resolve(P, From.first, C.Args[B.Index]);
    X.Path = Symbol(X.Path.str().split('[').first);
    Y.Path = Symbol(Y.Path.str().split('[').first);
    if (isObject(X) && isObject(Y))
      return !(X == Y) &&
             (X.Root != Y.Root || X.Name != Y.Name ||
              !(X.Path.str().starts_with(Y.Path.str()) || Y.Path.str().starts_with(X.Path.str())));
    return keptApart(From.first, X, Y, Depth + 1);
  });
}

/// Nothing may write to an object that is defined const ([dcl.type.cv] p4, C11 6.7.3p6).
bool Judge::isConstant(const Place &Base) const {
  const Variable *V = P.Variables.lookup(Base.Name);
  return V && V->Const && V->Static && isObject(Base) && Base.Root == RootKind::Global;
}

bool Judge::mayOverlap(const LoopAccess &A, const LoopAccess &B) const {
  if (A.Distinct || B.Distinct || isConstant(A.Base) || isConstant(B.Base))
    return false;
  if (!A.Container.empty() && !B.Container.empty() && A.Container != B.Container)
    return false;
  // Elements of a container are not those of a named array.
  auto NamedArray = [](const LoopAccess &O) {
    return O.Container.empty() && isObject(O.Base) && isScalarType(O.Type.str()) &&
           (O.Base.Root == RootKind::Global || O.Base.Root == RootKind::Local);
  };
  if ((!A.Container.empty() && NamedArray(B)) || (!B.Container.empty() && NamedArray(A)))
    return false;
  if (A.Type != B.Type && namesOnlyItself(A.Type.str()) && namesOnlyItself(B.Type.str())) {
    auto Unsigned = [](llvm::StringRef T) {
      T.consume_front("unsigned ");
      return T;
    };
    if (Unsigned(A.Type.str()) != Unsigned(B.Type.str()))
      return false;
  }
  // Different members of one object, however that is reached.
  if (A.Base.Root == B.Base.Root && A.Base.Name == B.Base.Name && A.Base.Index == B.Base.Index &&
      A.Base.known()) {
    auto [HeadA, MemberA] = A.Base.Path.str().rsplit('*');
    auto [HeadB, MemberB] = B.Base.Path.str().rsplit('*');
    auto Within = [](llvm::StringRef Part, llvm::StringRef Whole) {
      return Part.consume_front(Whole) && (Part.empty() || Part[0] == '.' || Part[0] == '[');
    };
    bool Reached = A.Base.Path.str().contains('*') && B.Base.Path.str().contains('*');
    if (Reached && HeadA == HeadB && !Within(MemberA, MemberB) && !Within(MemberB, MemberA))
      return false;
  }
  bool X = isObject(A.Base), Y = isObject(B.Base);
  if (!X && !Y && keptApart(F, A.Base, B.Base, 0))
    return false;
  if (X && Y) {
    bool SameRoot = A.Base.Root == B.Base.Root && A.Base.Name == B.Base.Name;
    if (!SameRoot)
      return (A.Base.Root == RootKind::This || B.Base.Root == RootKind::This) &&
             A.Base.Root != RootKind::Local && B.Base.Root != RootKind::Local &&
             A.Base.Root != RootKind::Heap && B.Base.Root != RootKind::Heap;
    llvm::StringRef P = A.Base.Path.str(), R = B.Base.Path.str();
    return P.starts_with(R) || R.starts_with(P);
  }
  // A local or fresh object that no pointer here is bound to.
  auto Own = [](const LoopAccess &O, bool Object) {
    return Object && (O.Base.Root == RootKind::Local || O.Base.Root == RootKind::Heap);
  };
  auto FromCaller = [](const LoopAccess &O) {
    return O.Base.Root == RootKind::Parameter || O.Base.Root == RootKind::This;
  };
  return !((Own(A, X) && FromCaller(B)) || (Own(B, Y) && FromCaller(A)));
}

} // namespace heddle
