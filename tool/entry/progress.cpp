#include "entry/progress.h"
#include "report/source.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

namespace heddle {

using llvm::StringRef;

std::string progressLine(size_t Done, size_t Total, StringRef File, double Seconds, size_t Width) {
  std::string Head = "[" + std::to_string(Done) + "/" + std::to_string(Total) + "] ";
  std::string Tail;
  if (Done && Seconds >= 0.5) {
    double Rate = Done / Seconds;
    auto Left = static_cast<unsigned long>(std::ceil((Total - Done) / Rate));
    llvm::raw_string_ostream(Tail)
        << llvm::format("  %.1f files/s  eta %lu:%02lu", Rate, Left / 60, Left % 60);
  }
  size_t Room = Width > Head.size() + Tail.size() ? Width - Head.size() - Tail.size() : 0;
  // The end of a path says more than its beginning.
  std::string Shown = printable(File);
  if (Shown.size() > Room)
    Shown = Room > 3 ? "..." + Shown.substr(Shown.size() - (Room - 3)) : "";
  return (Head + Shown + Tail).substr(0, Width);
}

Progress::Progress(bool Wanted, std::string Base)
    : Enabled(Wanted && llvm::sys::Process::StandardErrIsDisplayed()), Base(std::move(Base)) {}

void Progress::show(size_t Done, size_t Total, StringRef File) {
  if (!Enabled)
    return;
  Clock::time_point Now = Clock::now();
  if (Visible && Now - Last < std::chrono::milliseconds(100) && Done < Total)
    return;
  Last = Now;
  Visible = true;
  unsigned Columns = llvm::sys::Process::StandardErrColumns();
  std::chrono::duration<double> Since = Now - Start;
  llvm::errs() << "\r\033[K"
               << progressLine(Done, Total, below(Base, File), Since.count(),
                               Columns > 1 ? Columns - 1 : 79);
}

void Progress::erase() {
  if (Visible)
    llvm::errs() << "\r\033[K";
  Visible = false;
}

} // namespace heddle
