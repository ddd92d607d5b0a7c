/// The judge of one loop: collects what its iterations touch, callees included,
/// and compares. Parts: the verdict (loops.cpp), effects of calls (loopcalls.cpp),
/// calls whose body is known to the subscript (loopregions.cpp), which memory is
/// meant (loopmemory.cpp), what can be private (loopprivate.cpp), and rows of arrays with
/// one subscript (delinearise.cpp).
#pragma once

#include "facts/coverage.h"
#include "program/loops.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include <deque>
#include <map>
#include <memory>
#include <set>

namespace heddle {

/// An access that an iteration makes.
struct Item {
  LoopAccess A;
  llvm::SmallVector<const Loop *, 4> Inner; ///< Loops around it, outermost first.
  Symbol Callee;                            ///< Set for an access that this callee makes.
  bool Anywhere = false;                    ///< The base is not known.
  /// A callee names the object by itself, so it sees the original and no copy.
  bool ByItself = false;
  /// Position: in the function, then in the callee, and so on.
  llvm::SmallVector<uint32_t, 4> Order;
  /// Numbers of the conditions under which it is made, sorted.
  llvm::SmallVector<uint32_t, 4> Arms;
};

class Judge {
public:
  /// L may be None for the whole body of F, to collect only.
  Judge(const Program &P, FunctionId F, uint32_t L, LoopQuestion Q)
      : P(P), F(F), Facts(P.facts(F)), L(L), T(L == None ? Body : Facts.Loops[L]), Q(Q) {}

  LoopJudgement run();
  /// I in terms of what calls of In return.
  void followReturned(FunctionId In, Item &I);

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
  /// An assumption that the code does not meet as it is.
  void require(std::string What) {
    J.Manual = true;
    assume(std::move(What));
  }

  bool inside(uint32_t Other) const {
    if (L == None)
      return true;
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
  /// Loops around L, outermost first: those with an index, or all.
  llvm::SmallVector<const Loop *, 4> outer(bool All = false) const;
  const LoopScalar *scalar(Symbol Usr) const {
    for (const LoopScalar &S : T.Scalars)
      if (S.Variable == Usr)
        return &S;
    return nullptr;
  }
  bool local(Symbol Usr) const { return llvm::is_contained(T.Locals, Usr); }

  // loopmemory.cpp
  bool varies(Symbol Variable) const;
  bool baseVaries(const Place &Base) const;
  bool privateToIteration(const Place &Base) const;
  void settle();
  void takeApart();
  bool takeApart(llvm::ArrayRef<Item *> Group, size_t Dimension, Symbol Size, bool Assume);
  std::string nameOf(Symbol Variable) const;
  bool isConstant(const Place &Base) const;
  bool mayOverlap(const LoopAccess &A, const LoopAccess &B) const;
  bool keptApart(FunctionId G, const Place &A, const Place &B, unsigned Depth) const;

  // loops.cpp
  void scalars();
  void sideEffects();
  bool endsInIteration(const Event &E) const;
  bool startsAndEnds(const Launch &Start, const Join &End) const;
  void accesses();
  void pairs();
  void pair(const Item &A, const Item &B);
  void reduce(const Item &A, heddle::Carried Answer);
  std::optional<Symbol> rowsApart(const Item &A, const Item &B) const;
  void conflict(const Item &A, const Item &B, std::optional<int64_t> Distance);
  void callsOnCopies();
  void earlyExit();
  void fold();

  // loopcalls.cpp
  void calls();
  void call(uint32_t C, llvm::ArrayRef<const Loop *> Inner);
  void unresolved(const Call &C);
  void hidden(FunctionId Callee, const Call &Here);
  void effect(uint32_t C, const EffectAccess &E, llvm::ArrayRef<const Loop *> Inner);

  // loopregions.cpp
  /// All that one call of a function touches, in terms of the function.
  struct Region {
    bool Whole = false; ///< Nothing is missing.
    std::vector<Item> Items;
  };
  const Region &regionOf(FunctionId G);
  bool describesEffects(FunctionId G, const Region &R, const std::set<Span> &Expanded);
  enum class Handed : uint8_t {
    Over,    ///< A is now in terms of the caller.
    Own,     ///< Memory of the callee's own.
    Unknown, ///< It has no name there.
  };
  Handed inCaller(FunctionId In, uint32_t C, FunctionId Callee, llvm::ArrayRef<const Loop *> Inner,
                  LoopAccess &A, bool &ByItself);
  /// What call C of In does when it goes to Callee, in terms of In.
  bool lift(FunctionId In, uint32_t C, FunctionId Callee, std::vector<Item> &Out);
  llvm::SmallVector<uint32_t, 4> armsOf(FunctionId In, uint32_t Arm);
  uint32_t armNumber(uint64_t Site, uint32_t Arm) {
    return ArmNumbers.try_emplace({Site, Arm}, ArmNumbers.size()).first->second;
  }

  // loopprivate.cpp
  struct Copies {
    bool Possible = false;
    bool First = false, Last = false; ///< firstprivate, lastprivate.
    bool MustBeDead = false;          ///< Whether the last values are read is not known.
  };
  enum class Life : uint8_t { Dead, Perhaps, Live };
  bool privatise(const Item &A);
  Copies privateCopies(const Place &Base, bool Named);
  bool readsAreCovered(llvm::ArrayRef<const Item *> Reads, llvm::ArrayRef<const Item *> Writes,
                       bool &First);
  Coverage covered(const Item &R, llvm::ArrayRef<const Item *> Writes, bool AnyIteration = false,
                   bool OrUntouched = false) const;
  Life liveAfter(const Place &Base);
  bool readElsewhere(Symbol Global) const;
  bool readAround(Symbol Global) const;

  static const Loop Body;
  const Program &P;
  FunctionId F;
  const FunctionFacts &Facts;
  uint32_t L;
  const Loop &T;
  LoopQuestion Q;
  LoopJudgement J;
  bool Carried = false, Unknown = false;
  bool Acts = false;      ///< It does I/O, or what else must not be repeated or left out.
  llvm::BitVector Ending; ///< callsOnTheWayOut of the function.
  std::vector<Item> Items;
  std::set<std::string> Apart;    ///< Bases that are assumed not to overlap.
  llvm::StringSet<> Written;      ///< Places without subscripts that are written.
  llvm::StringSet<> WrittenBases; ///< With or without subscripts.
  /// What the subscripts of a base were taken apart under.
  std::map<Place, std::set<std::string>> RowAssumptions;
  std::map<Place, bool> Private;     ///< Bases asked for, and the answer.
  std::unique_ptr<Judge> Everything; ///< The whole body, once it is needed.
  std::map<FunctionId, Region> Regions;
  llvm::SmallVector<FunctionId, 4> Expanding;
  std::map<std::pair<uint64_t, uint32_t>, uint32_t> ArmNumbers;
  uint64_t Sites = 0;
  std::deque<Loop> Renamed; ///< Loops of callees with their bounds in terms of callers.
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
