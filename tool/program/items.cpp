/// What a loop goes over. An input is read by a call of items.yaml in the loop, or in a
/// function of the program that the loop calls for it. A container shows by its bound:
/// `v.size()`, or an iterator. An integer that is a parameter or an option says how many
/// workers there are as often as how many items; elements that are read tell the second.
///
/// Example: `while (getline(in, line))` goes over lines, `for (auto &p : paths)` over
/// elements of `paths`, `for (i = 0; i < n; i++) run(argv[i])` over elements of `argv`, and
/// `for (i = 0; i < n; i++) spawn(i)` over nothing.
#include "program/items.h"
#include "program/lifetimes.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

constexpr uint64_t FewItems = 4;

/// The row of a call that gives an item: of the library, or of a function that makes such
/// a call outside of any loop.
const ItemModel *itemModel(const Program &P, FunctionId F, uint32_t Index, unsigned Depth = 0) {
  const Call &C = P.facts(F).Calls[Index];
  const auto &Targets = P.function(F).Targets[Index];
  if (Targets.empty())
    return C.System && P.Apis && !C.Name.empty() ? P.Apis->find(C.Name.str()).Item : nullptr;
  if (Targets.size() != 1 || Depth)
    return nullptr;
  const FunctionFacts &Callee = P.facts(Targets[0].Callee);
  for (uint32_t I = 0; I < Callee.Calls.size(); ++I)
    if (Callee.Calls[I].Loop == None)
      if (const ItemModel *M = itemModel(P, Targets[0].Callee, I, Depth + 1))
        return M;
  return nullptr;
}

bool mentions(const LoopAccess &A, Symbol Index) {
  return llvm::any_of(A.Subscripts, [&](const Affine &S) {
    return llvm::any_of(S.Terms, [&](const Term &T) { return T.Variable == Index; });
  });
}

/// The element that the index of the loop names.
const LoopAccess *elementOf(const Loop &T) {
  for (const LoopAccess &A : T.Accesses)
    if (A.Kind == AccessKind::Read && !A.Structure && mentions(A, T.Index))
      return &A;
  for (const LoopArgument &A : T.Arguments)
    if (mentions(A.What, T.Index))
      return &A.What;
  return nullptr;
}

/// The container whose size is the bound, where it is asked for that.
const LoopAccess *sizedBy(const Loop &T) {
  for (const Term &X : T.Upper.Terms)
    for (const LoopAccess &A : T.Accesses)
      if (A.Subscripts.empty() && X.Variable.str() == toString(A.Base) + ".size()")
        return &A;
  return nullptr;
}

/// `p = p->next`: the pointer of such a step; null when the loop makes none.
const LoopScalar *listOf(const FunctionFacts &F, const Loop &T) {
  for (const LoopScalar &S : T.Scalars)
    if (S.Use == ScalarUse::Carried)
      for (const Binding &B : F.Bindings)
        if (B.Pointer.Root == RootKind::Local && B.Pointer.Name == S.Variable &&
            B.Target.Root == B.Pointer.Root && B.Target.Name == S.Variable &&
            B.Target.Path.str().starts_with("*.") && B.Target.Path.str().ends_with("*"))
          return &S;
  return nullptr;
}

} // namespace

bool isLoopWithin(const FunctionFacts &F, uint32_t Inner, uint32_t Outer) {
  return Outer != None && isInLoop(F, Inner, Outer);
}

std::optional<ItemLoop> itemsOf(const Program &P, FunctionId F, uint32_t L) {
  const FunctionFacts &Facts = P.facts(F);
  const Loop &T = Facts.Loops[L];
  if (T.Trip && *T.Trip < FewItems)
    return std::nullopt;
  for (uint32_t C = 0; C < Facts.Calls.size(); ++C)
    if (Facts.Calls[C].Loop == L)
      if (const ItemModel *M = itemModel(P, F, C))
        return ItemLoop{ItemSource::Input, M->What, Facts.Calls[C].At, {}};
  if (const LoopScalar *S = T.Index.empty() ? listOf(Facts, T) : nullptr)
    return ItemLoop{ItemSource::List,
                    ("element of the list in `" + S->Name.str() + "`").str(),
                    S->At.valid() ? S->At : T.At,
                    {RootKind::Local, S->Variable, 0, Symbol("*")}};
  if (T.Index.empty())
    return std::nullopt;
  const LoopAccess *Sized = sizedBy(T), *A = Sized ? Sized : elementOf(T);
  if (!A || A->Scalar)
    return std::nullopt;
  // A bound that is no number is an iterator.
  bool Container =
      T.Kind == LoopKind::RangeFor || T.Kind == LoopKind::Algorithm || Sized || !T.Upper.Known;
  Symbol Name = A->BaseText.empty() ? A->Text : A->BaseText;
  return ItemLoop{Container ? ItemSource::Container : ItemSource::Array,
                  ("element of `" + Name.str() + "`").str(), T.At, A->Base};
}

bool isRepeated(const FunctionFacts &F, uint32_t L, EventKind Kind, uint32_t Index) {
  llvm::BitVector Holds(F.Blocks.size()), Seen(F.Blocks.size());
  for (size_t B = 0; B < F.Blocks.size(); ++B)
    if (llvm::any_of(F.Blocks[B].Events,
                     [&](const Event &E) { return E.Kind == Kind && E.Index == Index; }))
      Holds.set(B);
  std::vector<uint32_t> Work;
  for (unsigned B : Holds.set_bits())
    Work.push_back(B);
  while (!Work.empty()) {
    uint32_t B = Work.back();
    Work.pop_back();
    for (uint32_t N : F.Blocks[B].Next) {
      if (N == B || !isInLoop(F, F.Blocks[N].Loop, L))
        continue;
      if (Holds.test(N))
        return true;
      if (!Seen.test(N))
        Seen.set(N), Work.push_back(N);
    }
  }
  // A loop of one block follows itself.
  return llvm::any_of(Holds.set_bits(), [&](unsigned B) {
    return llvm::is_contained(F.Blocks[B].Next, B) && F.Blocks[B].Next.size() > 1;
  });
}

} // namespace heddle
