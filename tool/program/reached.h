/// What a started thread reaches: internal to this stage.
#pragma once

#include "program/build.h"

namespace heddle {

/// Memory that a thread reaches by reference, in terms of the starting function.
struct ReachedPlace {
  Place What;
  Span At; ///< The use.
  FunctionId In = None;
  bool Certain = true; ///< The use is seen, not guessed.
};

/// Functions by USR, for the entries of launches.
class Entries {
public:
  explicit Entries(const Program &P);
  /// As named in Unit; None when there is no definition, or several elsewhere.
  FunctionId find(Symbol Usr, uint32_t Unit) const;

private:
  const Program &P;
  llvm::DenseMap<Symbol, llvm::SmallVector<FunctionId, 1>> ByUsr;
};

/// It may turn out to be somebody's local.
bool mayBeLocal(const Place &What);

/// Locals, and what may be some caller's, that the thread started by L in F
/// reaches; each place once. Copies that the thread gets are left out.
std::vector<ReachedPlace> reachedBy(const Program &P, const Entries &Known, FunctionId F,
                                    const Launch &L);

} // namespace heddle
