#pragma once

#include "facts/context.h"

namespace heddle {

/// Fills UnitFacts::Inputs with the files outside system headers: what was read,
/// and where a rewriting can include more.
void listInputs(UnitContext &U);

} // namespace heddle
