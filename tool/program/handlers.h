/// Functions that run as signal handlers.
#pragma once

#include "program/program.h"

namespace heddle {

struct SignalHandler {
  FunctionId Entry = None;
  const Launch *Start = nullptr;
  Span At; ///< Where it is installed: the Start, or the call that hands it to the Start.
  /// Start is in a function that is handed the handler: this one.
  FunctionId Through = None;
};

/// All that are known, sorted by function and place. A function that is installed several
/// times is there as often.
std::vector<SignalHandler> signalHandlers(const Program &P);

} // namespace heddle
