#include "program/waits.h"

namespace heddle {

constexpr size_t MaxCandidates = 4;

std::vector<Wait> waitsIn(const Program &P, FunctionId F, const Span &At) {
  std::vector<Wait> Out;
  for (const EffectBlock &B : P.function(F).Effects.Blocks) {
    Wait W{B.Fact, B.In, None, B.At, {{F, At}}, true, &B};
    W.Through.insert(W.Through.end(), B.Through.begin(), B.Through.end());
    Out.push_back(std::move(W));
  }
  return Out;
}

std::vector<Wait> waitsOf(const Program &P, FunctionId F, uint32_t Call,
                          llvm::function_ref<bool(FunctionId)> Skip) {
  std::vector<Wait> Out;
  const ProgramFunction &PF = P.function(F);
  const heddle::Call &C = PF.Facts->Calls[Call];
  for (const BlockingCall &B : PF.Facts->Blocking)
    if (B.Call == Call)
      Out.push_back({&B, F, Call, C.At, {}, true, nullptr});
  for (const CallTarget &T : PF.Targets[Call]) {
    if (Skip && Skip(T.Callee))
      continue;
    if (!T.Certain && (PF.Targets[Call].size() > MaxCandidates || C.ViaArgument))
      continue;
    for (Wait &W : waitsIn(P, T.Callee, C.At)) {
      W.Call = Call;
      W.Through.front().In = F;
      W.Certain = T.Certain;
      Out.push_back(std::move(W));
    }
  }
  return Out;
}

} // namespace heddle
