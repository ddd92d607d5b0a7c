/// Which threads and processes a call of a function starts.
#pragma once

#include "program/program.h"

namespace heddle {

struct ReachedStart {
  const Launch *Start = nullptr;
  FunctionId In = None;
  Chain Through; ///< Calls from the function to In.
  /// Every call of the function gets there, as far as its conditions say.
  bool Always = true;
  /// In terms of the function; Unknown when it does not survive.
  Place Handle;
};

/// By function: starts of threads, tasks and processes in it and in what it calls.
std::vector<std::vector<ReachedStart>> findStarts(const Program &P);

} // namespace heddle
