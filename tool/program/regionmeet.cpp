/// Whether two accesses of a region touch the same memory. That is a question
/// about integer sets (facts/dependence.h), asked with the loops that both are in
/// the same iteration of as parameters, and the conditions on the way to each as
/// further constraints. Where a range or a pointer depends on what cannot be told,
/// so does the answer.
///
/// Example: with `if (i == 0) a[n] = 0;` in a loop that writes a[i] for i < n, the
/// two never meet.
#include "program/regionwalk.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

constexpr size_t MaxGuards = 3;

Affine constantOf(int64_t V) {
  Affine A;
  A.Known = true;
  A.Constant = V;
  return A;
}

Affine negated(const Affine &A) {
  Affine R = A;
  R.Constant = -R.Constant;
  for (Term &T : R.Terms)
    T.Coefficient = -T.Coefficient;
  return R;
}
} // namespace

const Symbol &threadNumber() {
  static const Symbol S(ThreadNumber);
  return S;
}

bool names(const Affine &A, Symbol Variable) {
  return llvm::any_of(A.Terms, [&](const Term &T) { return T.Variable == Variable; });
}

bool RegionMemory::isIndex(Symbol S) const {
  return llvm::any_of(W.LoopIds, [&](const auto &L) { return L.L->Index == S; });
}

/// Where the range of an inner loop cannot be told, neither can what it covers.
bool RegionMemory::vague(const Point &X, uint32_t Tested, const LoopList &Equal) const {
  for (uint32_t Id : X.LoopIds) {
    const Loop &L = *W.LoopIds[Id].L;
    if (Id == Tested ||
        llvm::none_of(X.A.Subscripts, [&](const Affine &S) { return names(S, L.Index); }))
      continue;
    // In the same iteration, threads have the same index if they began with the same.
    bool Same = llvm::is_contained(Equal, Id);
    for (const Affine *Bound : {&L.Lower, &L.Upper}) {
      if (Same && Bound == &L.Upper)
        continue;
      if (!Bound->Known || !Bound->Through.empty())
        return true;
      for (const Term &T : Bound->Terms)
        if (!isIndex(T.Variable) && W.varies(T.Variable))
          return true;
    }
  }
  return false;
}

/// They meet only for certain values of a variable that says nothing of sizes.
bool RegionMemory::symbolic(const Point &X, const Point &Y) const {
  size_t N = std::min(X.A.Subscripts.size(), Y.A.Subscripts.size());
  auto Size = [&](Symbol S) {
    return llvm::any_of(
        W.LoopIds, [&](const auto &L) { return names(L.L->Upper, S) || names(L.L->Lower, S); });
  };
  for (size_t D = 0; D < N; ++D)
    for (const Point *From : {&X, &Y})
      for (const Term &T : From->A.Subscripts[D].Terms) {
        if (isIndex(T.Variable) || T.Variable == threadNumber() || Size(T.Variable))
          continue;
        auto Coefficient = [&](const Affine &A) {
          for (const Term &O : A.Terms)
            if (O.Variable == T.Variable)
              return O.Coefficient;
          return int64_t(0);
        };
        if (Coefficient(X.A.Subscripts[D]) != Coefficient(Y.A.Subscripts[D]))
          return true;
      }
  return false;
}

/// Conditions as loops of one iteration or more. False when X may be executed by
/// one thread only, and which is not known.
bool RegionMemory::addGuards(const Point &X, uint32_t Tested, std::vector<Loop> &Out) const {
  for (const Guard &G : X.Guards) {
    bool Threads = names(G.Value, threadNumber());
    bool Lost = llvm::any_of(G.Value.Terms, [&](const Term &T) {
      return T.Variable != threadNumber() && !isIndex(T.Variable) && W.varies(T.Variable);
    });
    if (Lost) {
      if (G.Kind == GuardKind::Zero)
        return false;
      continue;
    }
    if (Threads && Tested != None)
      continue;
    auto Add = [&](const Affine &Lower, const Affine &Upper) {
      if (Out.size() >= 2 * MaxGuards)
        return;
      Loop L;
      L.Index = Symbol("#guard" + std::to_string(Out.size()));
      L.Lower = Lower, L.Upper = Upper;
      Out.push_back(std::move(L));
    };
    switch (G.Kind) {
    case GuardKind::Zero:
      Add(G.Value, constantOf(1));
      Add(negated(G.Value), constantOf(1));
      break;
    case GuardKind::Positive:
      Add(constantOf(0), G.Value);
      break;
    case GuardKind::NonZero:
      // Thread numbers begin with 0.
      if (Threads && G.Value.Terms.size() == 1 && G.Value.Constant == 0)
        Add(constantOf(0), G.Value.Terms[0].Coefficient > 0 ? G.Value : negated(G.Value));
      break;
    }
  }
  return true;
}

Carried RegionMemory::meet(const Point &X, const Point &Y, uint32_t Tested, const LoopList &Equal,
                           std::optional<int64_t> *Distance) const {
  if (Tested != None)
    if (std::optional<bool> Known = tabulated(X, Y, Tested))
      return *Known ? Carried::Yes : Carried::No;
  if (Tested != None && crowded(X, Y, Tested))
    return Carried::Yes;
  if (vague(X, Tested, Equal) || vague(Y, Tested, Equal) || symbolic(X, Y))
    return Carried::Unknown;
  if (Tested != None && (leavesRow(X, Y, Tested) || leavesRow(Y, X, Tested)))
    return Carried::Yes;
  if (X.A.Subscripts.size() != Y.A.Subscripts.size())
    return Carried::Unknown;
  static const Loop Threads = [] {
    Loop L;
    L.Index = threadNumber();
    L.Lower = constantOf(0);
    return L;
  }();
  std::vector<Loop> GuardsX, GuardsY;
  if (!addGuards(X, Tested, GuardsX) || !addGuards(Y, Tested, GuardsY))
    return Carried::Unknown;
  llvm::SmallVector<const Loop *, 6> Outer, InnerX, InnerY;
  auto Split = [&](const Point &Q, llvm::SmallVectorImpl<const Loop *> &Inner) {
    for (uint32_t Id : Q.LoopIds)
      if (Id != Tested && !llvm::is_contained(Equal, Id) && !W.LoopIds[Id].L->Index.empty())
        Inner.push_back(W.LoopIds[Id].L);
  };
  for (uint32_t Id : Equal)
    if (Id != Tested && !W.LoopIds[Id].L->Index.empty())
      Outer.push_back(W.LoopIds[Id].L);
  Split(X, InnerX);
  Split(Y, InnerY);
  for (const Loop &L : GuardsX)
    InnerX.push_back(&L);
  for (const Loop &L : GuardsY)
    InnerY.push_back(&L);
  const Loop *T = Tested == None ? &Threads : W.LoopIds[Tested].L;
  auto Varies = [&](Symbol S) {
    if (llvm::any_of(Outer, [&](const Loop *L) { return L->Index == S; }))
      return false;
    return isIndex(S) || W.varies(S);
  };
  DependenceQuery Q{T, Outer, {&X.A, InnerX}, {&Y.A, InnerY}, Varies, false};
  DependenceResult R = testPair(Q);
  if (Distance)
    *Distance = R.Distance;
  return R.Answer;
}

/// X runs below the begin of its row, into the end of the row before, which Y
/// reaches in another iteration of Tested: `b[i][j - 1]` with j = 0.
bool RegionMemory::leavesRow(const Point &X, const Point &Y, uint32_t Tested) const {
  const std::vector<Affine> &S = X.A.Subscripts, &T = Y.A.Subscripts;
  if (X.Extents.size() != S.size() || S.size() != T.size())
    return false;
  auto Column = [&](const Point &Q, const Affine &A) -> const Loop * {
    if (!A.Known || !A.Through.empty() || A.Terms.size() != 1 || A.Terms[0].Coefficient != 1)
      return nullptr;
    for (uint32_t Id : Q.LoopIds)
      if (Id != Tested && W.LoopIds[Id].L->Index == A.Terms[0].Variable)
        return W.LoopIds[Id].L->Step == 1 ? W.LoopIds[Id].L : nullptr;
    return nullptr;
  };
  for (size_t D = 1; D < S.size(); ++D) {
    const Loop *LX = Column(X, S[D]), *LY = Column(Y, T[D]);
    Symbol Row = W.LoopIds[Tested].L->Index;
    if (!LX || !LY || !names(S[D - 1], Row) || !names(T[D - 1], Row))
      continue;
    const Affine &From = LX->Lower, &To = LY->Upper, &Size = X.Extents[D];
    if (!From.Known || !From.Terms.empty() || !To.Known || !Size.Known ||
        !llvm::equal(To.Terms, Size.Terms, [](const Term &A, const Term &B) {
          return A.Variable == B.Variable && A.Coefficient == B.Coefficient;
        }))
      continue;
    int64_t Below = From.Constant + S[D].Constant;
    int64_t Last = To.Constant - 1 + T[D].Constant - Size.Constant;
    if (Below < 0 && Below > -4096 && Last >= Below)
      return true;
  }
  return false;
}

/// The array of constants that is spelled so; null when it is not one.
const Variable *RegionMemory::table(Symbol Text) const {
  for (const Point &X : W.Points) {
    if (X.Name != Text || X.A.Base.Root != RootKind::Global || !X.A.Base.Path.empty())
      continue;
    const Variable *V = W.P.Variables.lookup(X.A.Base.Name);
    if (!V || V->Values.empty())
      return nullptr;
    for (const ProgramFunction &F : W.P.Functions)
      for (const Access &A : F.Facts->Accesses)
        if (A.Kind != AccessKind::Read && A.What.Root == RootKind::Global &&
            A.What.Name == X.A.Base.Name)
          return nullptr;
    return V;
  }
  return nullptr;
}

/// For elements at positions that an array of constants holds: whether two
/// iterations find the same one.
std::optional<bool> RegionMemory::tabulated(const Point &X, const Point &Y, uint32_t Tested) const {
  if (X.A.Subscripts.size() != 1 || Y.A.Subscripts.size() != 1 || !X.Guards.empty() ||
      !Y.Guards.empty())
    return std::nullopt;
  const Affine &S = X.A.Subscripts[0], &T = Y.A.Subscripts[0];
  const Loop &L = *W.LoopIds[Tested].L;
  if (!S.Known || S.Through.empty() || S.Through != T.Through || S.Terms.size() != 1 ||
      T.Terms.size() != 1 || S.Terms[0].Variable != L.Index || T.Terms[0].Variable != L.Index ||
      !L.Lower.Known || !L.Lower.Terms.empty() || !L.Trip)
    return std::nullopt;
  const Variable *V = table(S.Through);
  if (!V)
    return std::nullopt;
  std::multimap<int64_t, int64_t> Seen;
  int64_t Count = V->Values.size(), Trip = std::min<uint64_t>(*L.Trip, 100000);
  auto At = [&](const Affine &A, int64_t I) -> std::optional<int64_t> {
    int64_t Position = A.Constant + A.Terms[0].Coefficient * (L.Lower.Constant + I * L.Step);
    if (Position < 0 || Position >= Count)
      return std::nullopt;
    return V->Values[Position] + A.Plus;
  };
  for (int64_t I = 0; I < Trip; ++I)
    if (auto E = At(S, I))
      Seen.insert({*E, I});
  for (int64_t I = 0; I < Trip; ++I)
    if (auto E = At(T, I))
      for (auto [It, End] = Seen.equal_range(*E); It != End; ++It)
        if (It->second != I)
          return true;
  return false;
}

/// `count[kind[i]]++` with more iterations than elements, or so few elements that
/// nobody would run so few iterations in parallel.
bool RegionMemory::crowded(const Point &X, const Point &Y, uint32_t Tested) const {
  constexpr int64_t Few = 256;
  if (&X != &Y || !X.ReadsToo || X.A.Subscripts.size() != 1 || X.Extents.size() != 1 ||
      X.A.Subscripts[0].Through.empty() || !X.Extents[0].Known || !X.Extents[0].Terms.empty() ||
      X.Conditional || !X.Guards.empty())
    return false;
  int64_t Size = X.Extents[0].Constant;
  const std::optional<uint64_t> &Trip = W.LoopIds[Tested].L->Trip;
  return Size > 0 && (Trip ? *Trip > uint64_t(Size) : Size <= Few);
}

Place RegionMemory::sameAs(const Place &Base) {
  if (!Same) {
    Same.emplace();
    const FunctionFacts &Facts = W.P.facts(W.F);
    if (W.Root == None)
      return Base;
    const Span &Region = Facts.Regions.Directives[W.Root].Body;
    auto Begins = [](const Span &S) { return std::make_pair(S.Line, S.Column); };
    auto Ends = [](const Span &S) { return std::make_pair(S.EndLine, S.EndColumn); };
    // A loop that comes back to the region after `p = q;`, which nothing undoes.
    for (const Loop &L : Facts.Loops) {
      if (L.Body.File != Region.File || Begins(Region) < Begins(L.Body) ||
          Ends(L.Body) < Ends(Region))
        continue;
      for (const Binding &B : Facts.Bindings) {
        bool Variables =
            B.Pointer.Path.empty() && B.Target.Path.str() == "*" &&
            (B.Pointer.Root == RootKind::Global || B.Pointer.Root == RootKind::Local) &&
            (B.Target.Root == RootKind::Global || B.Target.Root == RootKind::Local);
        if (!Variables || B.At.File != Region.File || Begins(B.At) < Ends(Region) ||
            Ends(L.Body) < Begins(B.At))
          continue;
        bool Only = llvm::none_of(Facts.Bindings, [&](const Binding &O) {
          bool Either = (O.Pointer.Root == B.Pointer.Root && O.Pointer.Name == B.Pointer.Name) ||
                        (O.Pointer.Root == B.Target.Root && O.Pointer.Name == B.Target.Name);
          return &O != &B && Either && Begins(L.Body) <= Begins(O.At) &&
                 Begins(O.At) <= Ends(L.Body);
        });
        if (!Only)
          continue;
        Place P = resolve(W.P, W.F, extend(B.Pointer, "*")), Q = resolve(W.P, W.F, B.Target);
        if (!(P == Q))
          Same->insert({P, Q});
      }
    }
  }
  auto It = Same->find(Base);
  return It == Same->end() ? Base : It->second;
}

} // namespace heddle
