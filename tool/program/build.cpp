/// Builds the Program: the steps in their order.
#include "program/build.h"

namespace heddle {

Program buildProgram(std::vector<UnitFacts> Units, std::shared_ptr<const Models> Apis) {
  Program P;
  P.Units = std::move(Units);
  P.Apis = std::move(Apis);
  auto Resolved = std::make_shared<Names>(mergeUnits(P));
  const Names &N = *Resolved;
  P.Resolved = Resolved;
  bindCalls(P, N);
  bindPointers(P);
  summarise(P);
  findConcurrency(P, N);
  return P;
}

} // namespace heddle
