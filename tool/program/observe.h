/// A closer look at single accesses, whether they conflict with others or not: for
/// questions about one line.
#pragma once

#include "program/program.h"

namespace heddle {

/// One access, by one thread in one context.
struct ObservedAccess {
  /// Live holds the threads that may be running and may have the memory.
  ThreadAccess Is;
  enum Whose : uint8_t {
    Nameless, ///< Which memory it is could not be found out.
    Global,   ///< Or reached through one: everybody's.
    Own,      ///< Made by this activation of the function.
    Given,    ///< By a caller, or by the starter of the thread.
  } From = Nameless;
  std::vector<uint32_t> Running; ///< All threads that may be running.
  /// Threads that have surely ended before, and where that was waited for.
  std::vector<std::pair<uint32_t, Span>> Ended;
};

struct Observation {
  std::vector<ObservedAccess> Here; ///< In the places that were asked for.
  std::vector<ObservedAccess> Same; ///< To the memory of one of Here, anywhere.
};

/// Visits all threads of the program once more. Threads and SharedAccesses are made
/// anew on the way, and agree with the result.
Observation observeAccesses(Program &P, llvm::function_ref<bool(const Span &)> Wanted);

} // namespace heddle
