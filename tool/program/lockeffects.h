/// Which locks a call may take on the way, and what is held meanwhile: for what
/// no thread is followed through. Internal to this stage.
#pragma once

#include "program/lockorder.h"

namespace heddle {

/// The orders of functions whose callers are not known, in terms of lock classes
/// and of globals; Thread is None.
std::vector<LockOrder> ordersOutside(const Program &P);

} // namespace heddle
