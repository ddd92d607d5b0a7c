/// What a function is called with: internal to this stage.
#pragma once

#include "program/build.h"
#include "llvm/ADT/DenseSet.h"

namespace heddle {

/// A function together with the objects it works on, all with absolute names.
/// Objects that have no name, or are nobody else's, are Unknown; what the
/// function does to them is named after the function itself (`opaque`).
struct Context {
  FunctionId Function = None;
  /// For a lambda: the context of the function it is written in. For another
  /// function: the context that lent it a callable.
  uint32_t Frame = None;
  /// Unit of `main`, when names mean different things in different programs.
  uint32_t Unit = None;
  Place This;
  llvm::SmallVector<Place, 2> Params;
  /// Functions handed over as arguments, by parameter.
  llvm::SmallVector<std::pair<uint32_t, FunctionId>, 1> Callables;

  friend bool operator==(const Context &A, const Context &B) {
    return A.Function == B.Function && A.Frame == B.Frame && A.Unit == B.Unit && A.This == B.This &&
           A.Params == B.Params && A.Callables == B.Callables;
  }
};

/// Where an absolute place comes from, which decides who else can have it.
enum class Origin : uint8_t {
  Nobody,    ///< No name.
  Published, ///< A global, or reached through one: everybody.
  Own,       ///< Made in this activation: who was started in it.
  Handed,    ///< From a caller or the surrounding function.
};

struct Absolute {
  Place What;
  Origin From = Origin::Nobody;
  /// Whose activation it belongs to, and the name it has there: see Since.
  Symbol Owner, Exact;
  Place Via = {}; ///< Root of the object that was handed over.
};

/// The contexts, each stored once.
class Contexts {
public:
  Contexts(const Program &P, const Names &N);

  uint32_t add(Context C);
  const Context &operator[](uint32_t I) const { return All[I]; }

  /// A place of the function of `In`, named absolutely.
  Absolute absolute(uint32_t In, const Place &What);
  /// The context for Callee, called or started from `In` with these places of
  /// the caller. Handle, when not null, are callables that are handed over.
  uint32_t forCall(uint32_t In, FunctionId Callee, const Place &Object, llvm::ArrayRef<Place> Args,
                   llvm::ArrayRef<Callable> Handed);

  /// Whether a call in this context may touch what others can see: a global, a
  /// captured local, or an object that it was handed.
  bool mayMeetOthers(uint32_t In) const;
  /// False for a local whose address never gets out of its activation.
  bool isExposed(const Place &What) const {
    return What.Root != RootKind::Local || Exposed.contains(What.Name);
  }
  /// Roots of all objects that the context is handed.
  llvm::DenseSet<Place> handed(uint32_t In) const;

  /// Locals of others that a lambda (and lambdas in it) mentions.
  llvm::ArrayRef<Symbol> captured(FunctionId Lambda) const;

private:
  void findUsed();
  template <class Fn> void forSpread(FunctionId F, Fn Apply);
  void findSpread();
  void findExposed();
  void findTouching();
  void findCaptured();
  Place settle(uint32_t In, Place What) const;
  uint32_t frameFor(uint32_t In, FunctionId Lambda) const;
  const Place &resolved(FunctionId F, const Place &What);

  const Program &P;
  const Names &N;
  std::vector<Context> All;
  llvm::DenseMap<uint64_t, llvm::SmallVector<uint32_t, 1>> ByHash;
  /// How many contexts a function has; a few, then all is opaque.
  std::vector<uint8_t> Count;
  /// Parameters (bits) and `this` (bit 63) that matter.
  std::vector<uint64_t> Used;
  /// The same bits: what gets about, to threads or into other objects.
  std::vector<uint64_t> Spread;
  std::vector<bool> Touches;                 ///< Globals or captured locals.
  llvm::DenseSet<Symbol> Exposed;            ///< Locals whose address gets about.
  std::vector<std::vector<Symbol>> Captured; ///< Sorted.
  std::vector<llvm::DenseMap<Place, Place>> Resolved;
};

/// The object behind `this` or a parameter of F that has no other name.
Place opaque(const FunctionFacts &F, const Place &What);
/// What owns a place: for a local and an opaque object the USR of its function,
/// for a heap object its name.
Symbol ownerOf(const Place &What);

} // namespace heddle
