/// Starts that a call leads to, bottom-up over the call graph. A callee that is one of
/// several candidates, or is only handed to a library, is left out.
///
/// Example: with `void spawn(F f) { std::thread(f).detach(); }` a call of `spawn` always
/// starts a thread; with `if (!running) ...` around it, it need not.
#include "program/starts.h"
#include "program/build.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

constexpr size_t MaxStarts = 8, MaxCalls = 4;

bool counts(LaunchKind K) {
  return K == LaunchKind::Thread || K == LaunchKind::Task || K == LaunchKind::Process;
}

void add(std::vector<ReachedStart> &All, ReachedStart S) {
  for (ReachedStart &Old : All)
    if (Old.Start == S.Start) {
      if (std::make_tuple(!S.Always, S.Through.size()) <
          std::make_tuple(!Old.Always, Old.Through.size()))
        Old = std::move(S);
      return;
    }
  if (All.size() < MaxStarts)
    All.push_back(std::move(S));
}

} // namespace

std::vector<std::vector<ReachedStart>> findStarts(const Program &P) {
  std::vector<std::vector<ReachedStart>> All(P.Functions.size());
  for (const std::vector<FunctionId> &Cycle : P.BottomUp)
    for (FunctionId F : Cycle) {
      const FunctionFacts &Facts = P.facts(F);
      auto Unconditional = [&](uint32_t Call) {
        return Call != None && Facts.Calls[Call].Arm == None && Facts.Calls[Call].Loop == None;
      };
      for (const Launch &L : Facts.Launches)
        if (counts(L.Kind))
          add(All[F], {&L, F, {}, Unconditional(L.Call), resolve(P, F, L.Handle)});
      for (uint32_t C = 0; C < Facts.Calls.size(); ++C) {
        const auto &Targets = P.function(F).Targets[C];
        if (Targets.size() != 1 || !Targets[0].Certain)
          continue;
        for (ReachedStart S : All[Targets[0].Callee]) {
          if (S.Through.size() >= MaxCalls)
            continue;
          S.Through.insert(S.Through.begin(), {F, Facts.Calls[C].At});
          S.Always &= Unconditional(C);
          S.Handle = translate(P, F, C, S.Handle);
          add(All[F], std::move(S));
        }
      }
    }
  return All;
}

} // namespace heddle
