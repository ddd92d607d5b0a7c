/// The judge of one loop: collects what its iterations touch, callees included,
/// and compares. Parts: the verdict (loops.cpp), effects of calls (loopcalls.cpp),
/// which memory is meant (loopmemory.cpp).
#pragma once

#include "facts/dependence.h"
#include "program/loops.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include <set>

namespace heddle {

struct Item {
  LoopAccess A;
  llvm::SmallVector<const Loop *, 4> Inner;
  Symbol Callee;         ///< Set for an access that this callee makes.
  bool Anywhere = false; ///< The base is not known.
};

class Judge {
public:
  Judge(const Program &P, FunctionId F, uint32_t L, LoopQuestion Q)
      : P(P), F(F), Facts(P.facts(F)), L(L), T(Facts.Loops[L]), Q(Q) {}

  LoopJudgement run();

private:
  std::string quote(Symbol S) const { return ("`" + S.str() + "`").str(); }
  std::string quote(llvm::StringRef S) const { return ("`" + S + "`").str(); }
  void carried(const llvm::Twine &Why, const Span &From, const Span &To) {
    if (Carried)
      return;
    Carried = true;
    J.Reason = Why.str(), J.From = From, J.To = To;
  }
  void unknown(const llvm::Twine &Why, const Span &At) {
    if (Carried || Unknown)
      return;
    Unknown = true;
    J.Reason = Why.str(), J.To = At;
  }
  void assume(std::string What) {
    if (!llvm::is_contained(J.Assumptions, What))
      J.Assumptions.push_back(std::move(What));
  }

  bool inside(uint32_t Other) const {
    for (; Other != None; Other = Facts.Loops[Other].Parent)
      if (Other == L)
        return true;
    return false;
  }
  llvm::SmallVector<const Loop *, 4> chain(uint32_t Inner) const {
    llvm::SmallVector<const Loop *, 4> Out;
    for (; Inner != L && Inner != None; Inner = Facts.Loops[Inner].Parent)
      Out.push_back(&Facts.Loops[Inner]);
    std::reverse(Out.begin(), Out.end());
    return Out;
  }
  const LoopScalar *scalar(Symbol Usr) const {
    for (const LoopScalar &S : T.Scalars)
      if (S.Variable == Usr)
        return &S;
    return nullptr;
  }
  bool local(Symbol Usr) const { return llvm::is_contained(T.Locals, Usr); }
  bool varies(Symbol Variable) const;
  bool baseVaries(const Place &Base) const;
  bool privateToIteration(const Place &Base) const;
  void settle(Item I);
  void scalars();
  void sideEffects();
  void accesses();
  void calls();
  void call(uint32_t C, llvm::ArrayRef<const Loop *> Inner);
  void unresolved(const Call &C);
  void hidden(FunctionId Callee, const Call &Here);
  void effect(uint32_t C, const EffectAccess &E, llvm::ArrayRef<const Loop *> Inner);
  void pairs();
  void pair(const Item &A, const Item &B);
  bool mayOverlap(const LoopAccess &A, const LoopAccess &B) const;
  bool keptApart(FunctionId G, const Place &A, const Place &B, unsigned Depth) const;
  void conflict(const Item &A, const Item &B, std::optional<int64_t> Distance);

  const Program &P;
  FunctionId F;
  const FunctionFacts &Facts;
  uint32_t L;
  const Loop &T;
  LoopQuestion Q;
  LoopJudgement J;
  bool Carried = false, Unknown = false;
  std::vector<Item> Items;
  std::set<std::string> Apart; ///< Bases that are assumed not to overlap.
  llvm::StringSet<> Written;   ///< Places without subscripts that are written.
};

/// A base that is an object of its own, not what some pointer points to.
bool isObject(const Place &P);
/// A type whose objects the language lets nothing but themselves and characters
/// name (C11 6.5p7, [basic.lval]); records may contain each other.
bool namesOnlyItself(llvm::StringRef Type);

/// Path steps after the element that a call was given; false when a pointer is in
/// the way.
bool walkPath(LoopAccess &A, llvm::StringRef Path);

} // namespace heddle
