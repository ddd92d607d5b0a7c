/// How the checks of blocking speak of a wait.
#pragma once

#include "advice/advice.h"
#include "program/waits.h"

namespace heddle {

/// "file I/O", "a sleep".
llvm::StringRef describe(BlockCategory C);
/// "`fsync` (file I/O)".
std::string nameOf(const Wait &W);
/// "`fsync` (file I/O) blocks", or "`flush` ends in `fsync` (file I/O), which blocks":
/// with "may block" for what only sometimes waits.
std::string saying(const Program &P, const Wait &W);
/// So many calls away that the conditions on the way leave a doubt.
bool isFar(const Wait &W);
/// Makes A a note of low confidence, for this reason.
void doubt(Advice &A, std::string Why, const Span &At);
/// The calls that lead from the first one to the wait, and the wait; with the doubt that
/// a long way leaves.
void showWay(const Program &P, const Wait &W, Symbol Guideline, Advice &A);
/// "; instead of it there is X", or nothing.
std::string insteadOf(const Wait &W);

} // namespace heddle
