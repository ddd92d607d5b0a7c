/// Which functions run as signal handlers: those that a launch of that kind names, and
/// those that are handed to a function which installs its parameter.
///
/// Example: with `void on(int n, void (*f)(int)) { signal(n, f); }` the call
/// `on(SIGINT, stop)` makes `stop` a handler, in whatever file it is.
#include "program/handlers.h"
#include "program/build.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

std::vector<SignalHandler> signalHandlers(const Program &P) {
  std::vector<SignalHandler> All;
  if (!P.Resolved)
    return All;
  auto Add = [&](uint32_t Unit, Symbol Usr, const Launch &L, const Span &At, FunctionId Through) {
    llvm::SmallVector<FunctionId, 1> Entries = P.Resolved->find(P, Unit, Usr);
    if (Entries.size() == 1)
      All.push_back({Entries[0], &L, At, Through});
  };
  for (FunctionId F = 0; F < P.Functions.size(); ++F)
    for (const Launch &L : P.facts(F).Launches) {
      if (L.Kind != LaunchKind::Signal)
        continue;
      if (!L.Entry.empty())
        Add(P.function(F).Unit, L.Entry, L, L.At, None);
      if (L.EntryParameter == None)
        continue;
      for (auto [Caller, Index] : P.function(F).Callers) {
        const Call &C = P.facts(Caller).Calls[Index];
        for (const Callable &K : C.Callables)
          if (K.Arg == L.EntryParameter)
            Add(P.function(Caller).Unit, K.Usr, L, C.At, F);
      }
    }
  llvm::stable_sort(All, [&](const SignalHandler &A, const SignalHandler &B) {
    return std::tie(P.facts(A.Entry).At, A.At) < std::tie(P.facts(B.Entry).At, B.At);
  });
  return All;
}

} // namespace heddle
