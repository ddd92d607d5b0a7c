#pragma once

#include "llvm/ADT/StringRef.h"
#include <chrono>
#include <string>

namespace heddle {

/// One line on standard error that says how far the run is, and is gone when
/// the run ends:
///
///     [12/130] db/db_impl.cc  3.4 files/s  eta 0:35
///
/// Nothing is written unless standard error is a terminal.
class Progress {
public:
  /// Paths below `Base` are shown relative to it.
  Progress(bool Enabled, std::string Base);
  ~Progress() { erase(); }
  void show(size_t Done, size_t Total, llvm::StringRef File);
  void erase();

private:
  using Clock = std::chrono::steady_clock;
  bool Enabled;
  bool Visible = false;
  std::string Base;
  Clock::time_point Start = Clock::now(), Last;
};

/// The line without what a terminal needs, at most `Width` bytes long.
std::string progressLine(size_t Done, size_t Total, llvm::StringRef File, double Seconds,
                         size_t Width);

} // namespace heddle
