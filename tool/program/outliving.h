/// Locals that a thread or task may still use when their scope has been left.
#pragma once

#include "program/program.h"

namespace heddle {

/// Why the thread may run on.
enum class GoesOn : uint8_t {
  Unjoined,    ///< Nothing waits for it in this function.
  Detached,    ///< At HowAt.
  HandedOn,    ///< Its handle is returned or moved elsewhere, at HowAt.
  JoinedLater, ///< It is waited for after the local has died, at HowAt.
};

/// A local, and a start that it is handed to by pointer or reference.
struct OutlivedLocal {
  FunctionId In = None; ///< Whose local it is.
  Place What;           ///< In terms of In: a local, or a part of one.
  const Launch *Start = nullptr;
  FunctionId Starter = None; ///< The function with Start: In, or one that it calls.
  Span Named;                ///< Start, or the call in In that leads to it.
  Span Dies;                 ///< Where its scope is left.
  GoesOn How = GoesOn::Unjoined;
  Span HowAt;
  Span Used; ///< Where the thread uses it.
  FunctionId UsedIn = None;
  bool Certain = true; ///< The thread's function is known, and so is its use.
};

/// All such locals, sorted by position. A start counts when no path from it to an
/// end of the local's scope waits for it, nor for any signal that it might give.
std::vector<OutlivedLocal> findOutlivedLocals(const Program &P);

} // namespace heddle
