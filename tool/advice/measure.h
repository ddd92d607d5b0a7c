/// Measures the facts of one opportunity: what its workers would share, where
/// they wait, what they would have to copy. Facts only, in words and numbers.
///
/// Example: for a loop around `log(mutex, file, item)` this finds one shared
/// place that is written (with its span and the call chain), a locked share of
/// 0.97, and that 0.4 of the time goes into waits for files.
#pragma once

#include "advice/opportunity.h"
#include "advice/reach.h"
#include <map>

namespace heddle {

/// The code of an opportunity: one loop of a function, or all of it.
struct Body {
  FunctionId In = None;
  uint32_t Loop = None;
};

/// How many steps of a function stand under each lock, calls weighted with what
/// they cost.
struct LockSteps {
  struct Under {
    double Steps = 0;
    HeldLock Lock;
  };
  std::map<Place, Under> Locks;
  double All = 0;
};
/// By function.
using LockStepsOf = std::vector<LockSteps>;
LockStepsOf countLockSteps(const Program &P, const Guidelines &G, const Reach &R);

/// Adds the facts of `Code` to `O`, whose costs and judgement are filled in.
/// For a launch, `Code` is the function that is started and `Threads` are the
/// entries of Program::Threads that stand for it.
void measure(const Program &P, const Guidelines &G, const Reach &R, Body Code,
             llvm::ArrayRef<uint32_t> Threads, const LockStepsOf &Locks, Opportunity &O);

/// `What` lives no longer than one iteration (or call) of the body, so it is
/// never another worker's.
bool isPrivate(const Program &P, Body Code, const Place &What);

void addFact(Opportunity &O, FactKind K, double Value, const llvm::Twine &What, Span At = {},
             Chain Through = {});

} // namespace heddle
