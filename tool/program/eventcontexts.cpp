#include "program/eventcontexts.h"
#include "program/build.h"
#include "program/lifetimes.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

/// The outermost loop around the call.
uint32_t outermostLoop(const FunctionFacts &F, uint32_t Loop) {
  for (unsigned Depth = 0; Loop < F.Loops.size() && F.Loops[Loop].Parent != None && Depth < 32;
       ++Depth)
    Loop = F.Loops[Loop].Parent;
  return Loop;
}

} // namespace

std::vector<EventContext> eventContexts(const Program &P) {
  std::vector<EventContext> All;
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    const FunctionFacts &Facts = P.facts(F);
    if (Facts.Coroutine)
      All.push_back({EventContextKind::Coroutine, F});
    if (Facts.NonBlocking)
      All.push_back({EventContextKind::NonBlocking, F});
    if (P.Apis && P.Apis->isEventContext(Facts.Name.str()))
      All.push_back({EventContextKind::Named, F});
    for (const Launch &L : Facts.Launches)
      if (L.OnLoop && P.Resolved)
        for (FunctionId Entry : P.Resolved->find(P, P.Functions[F].Unit, L.Entry))
          All.push_back({EventContextKind::Handler, Entry, None, &L});
    if (P.Apis)
      for (const BlockingCall &B : Facts.Blocking)
        if (uint32_t Loop = outermostLoop(Facts, Facts.Calls[B.Call].Loop); Loop != None)
          if (ApiModel M = P.Apis->find(B.Row.str()); M.Blocks && M.Blocks->Events)
            All.push_back({EventContextKind::Loop, F, Loop, nullptr, B.Call});
  }
  auto Key = [](const EventContext &C) { return std::make_tuple(C.In, C.Loop, C.Kind); };
  llvm::stable_sort(All, [&](const auto &A, const auto &B) { return Key(A) < Key(B); });
  // One reason is enough for a function, and one call for a loop.
  All.erase(std::unique(All.begin(), All.end(),
                        [](const EventContext &A, const EventContext &B) {
                          return A.In == B.In && A.Loop == B.Loop;
                        }),
            All.end());
  return All;
}

} // namespace heddle
