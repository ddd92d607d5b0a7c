/// The whole run, top to bottom: what an entry point calls.
#pragma once

#include "advice/check.h"
#include "facts/extract.h"
#include "program/program.h"
#include <functional>

namespace heddle {

} // namespace heddle
