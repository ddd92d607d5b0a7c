/// What a function has waited for and signalled where: internal to this stage.
#pragma once

#include "program/paths.h"

namespace heddle {

/// Places are in terms of the function, resolved.
struct OrderState {
  std::vector<Awaited> Waited; ///< On every path. Sorted, like the others.
  std::vector<Place> Taken;    ///< Mutexes that were taken on every path.
  /// Or given back, on some path; also counters that it has lowered.
  std::vector<Place> Signalled;
  bool SignalledAny = false; ///< More than are kept.
  bool Reached = false;

  friend bool operator==(const OrderState &, const OrderState &) = default;
  /// Nothing to tell.
  bool empty() const {
    return Waited.empty() && Taken.empty() && Signalled.empty() && !SignalledAny;
  }
};

struct Orders {
  std::vector<OrderState> AtBlock; ///< Empty when nothing happens in the function.
  OrderState AtExit;
};

/// Of all functions, callees first.
class OrderTable {
public:
  explicit OrderTable(const Program &P);

  const Orders &of(FunctionId F) const { return All[F]; }
  /// Applies one event of F.
  void step(FunctionId F, OrderState &S, const Event &E) const;
  /// The event may change the state.
  bool matters(FunctionId F, const Event &E) const;

private:
  Orders compute(FunctionId F) const;

  const Program &P;
  std::vector<Orders> All;
};

} // namespace heddle
