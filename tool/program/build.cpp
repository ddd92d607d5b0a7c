/// Builds the Program: the steps in their order.
#include "program/build.h"

namespace heddle {

Program buildProgram(std::vector<UnitFacts> Units, std::shared_ptr<const Models> Apis) {
  Program P;
  P.Units = std::move(Units);
  P.Apis = std::move(Apis);
  Names N = mergeUnits(P);
  bindCalls(P, N);
  bindPointers(P);
  summarise(P);
  findConcurrency(P, N);
  return P;
}

} // namespace heddle
