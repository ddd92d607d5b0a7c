/// Code that an event loop runs: while it waits, nobody else is served.
///
/// Example: `boost::asio::post(io, [&] { reload(); });` runs the lambda on a thread that
/// runs io; so does a coroutine between two co_await, and a callback of libuv.
#pragma once

#include "program/program.h"

namespace heddle {

enum class EventContextKind : uint8_t {
  Coroutine,
  Handler,     ///< Start hands it to an event loop.
  NonBlocking, ///< It promises not to wait, by attribute.
  Named,       ///< `.heddle.yaml` says so.
  Loop,        ///< The loop itself, which waits for events of many descriptors.
};

struct EventContext {
  EventContextKind Kind = EventContextKind::Handler;
  FunctionId In = None;
  uint32_t Loop = None;          ///< Of a Loop: index into the loops of In.
  const Launch *Start = nullptr; ///< Of a Handler.
  uint32_t Waits = None;         ///< Of a Loop: the call in it that waits for events.
};

/// All of them, once for each function or loop; sorted by function.
std::vector<EventContext> eventContexts(const Program &P);

} // namespace heddle
