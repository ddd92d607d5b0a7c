#include "advice/check.h"
#include "advice/waiting.h"
#include "program/eventcontexts.h"
#include "program/lifetimes.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/Path.h"
#include <map>

using namespace heddle;

static const CheckInfo Info = {
    "blocking-in-async",
    "a coroutine, or what an event loop calls, waits and holds up all others",
    "T3",
    Severity::Warning,
    /*DefaultOn=*/true,
    "0.1",
    R"(
## What it finds

A call that waits for a device, the network, a process, time or another thread, in code that shares
its thread with others and must give it back at once: directly, or in what it calls, in other files
too. Such code is

* a C++20 coroutine, between one `co_await` and the next,
* a handler of Asio or Boost.Asio (`post` to an `io_context`, `async_read`, timers), a callback of
  libuv, libevent, GLib or hiredis, a Qt slot that `connect` is given,
* the body of a loop that waits for the events of many descriptors (`epoll_wait`, `kevent`),
* a function with Clang's attribute `nonblocking`,
* what `.heddle.yaml` names:

```yaml
models:
  event-contexts: [Server::onRead, "Session::*"]
```

## Why it matters

An event loop serves one event at a time. While a handler waits 50 ms for a name server, nobody else
is served: no connection is accepted, no timer fires, and a GUI does not repaint.

## Example

```cpp
void Session::onRead(const std::string &host) {
  boost::asio::post(io, [this, host] {
    addrinfo *found = nullptr;
    getaddrinfo(host.c_str(), "80", nullptr, &found);   // all sessions wait for the name server
    connectTo(found);
  });
}
```

> `getaddrinfo` (name resolution) blocks in a handler that the event loop calls: nobody else is
> served meanwhile

Repair: use the asynchronous counterpart, here `resolver.async_resolve`, or hand the call to a pool of
threads that may wait, and come back to the loop with the result:

```cpp
  boost::asio::post(pool, [this, host] {
    auto found = resolve(host);
    boost::asio::post(io, [this, found] { connectTo(found); });
  });
```

## What it does not report

* Work that is posted to a `thread_pool`, or that `uv_queue_work` runs: it may wait.
* Descriptors that may be non-blocking: `recv` on a socket that the loop watches.
* Taking a lock, and calls that only sometimes wait for long (`printf`, `malloc`).
* What another coroutine does that is awaited: it is reported there.
)",
    {}};

namespace {

class Reporter {
public:
  Reporter(const Program &P, Sink &Out) : P(P), Out(Out), Contexts(eventContexts(P)) {
    for (const EventContext &C : Contexts)
      if (C.Kind != EventContextKind::Loop)
        Own.insert(C.In);
  }

  void run() {
    for (const EventContext &C : Contexts)
      look(C);
  }

private:
  void look(const EventContext &C) {
    const FunctionFacts &Facts = P.facts(C.In);
    // One finding for each kind of wait: the shortest way to it.
    std::map<BlockCategory, Wait> Found;
    for (uint32_t I = 0; I < Facts.Calls.size(); ++I) {
      if (C.Kind == EventContextKind::Loop &&
          (I == C.Waits || !isInLoop(Facts, Facts.Calls[I].Loop, C.Loop)))
        continue;
      for (Wait &W : waitsOf(P, C.In, I, [&](FunctionId F) { return Own.contains(F); })) {
        if (!counts(W, C.Kind))
          continue;
        auto [It, New] = Found.try_emplace(W.Fact->Category, W);
        if (!New && order(W) < order(It->second))
          It->second = std::move(W);
      }
    }
    for (const auto &[Category, W] : Found)
      report(C, W);
  }

  bool counts(const Wait &W, EventContextKind Kind) const {
    if (!W.matters() || (W.Fact->When == BlockWhen::IfNotNonblocking && !W.Fact->Known))
      return false;
    // The loop's own wait, by way of a wrapper.
    if (P.Apis)
      if (ApiModel M = P.Apis->find(W.Fact->Row.str()); M.Blocks && M.Blocks->Events)
        return false;
    return W.Certain || Kind != EventContextKind::Loop;
  }

  static std::tuple<int, int, size_t, Span> order(const Wait &W) {
    return {!W.Certain, int(W.Fact->When), W.Through.size(), W.named()};
  }

  std::string where(const EventContext &C) const {
    std::string Name = "`" + P.facts(C.In).Name.str().str() + "`";
    switch (C.Kind) {
    case EventContextKind::Coroutine:
      return " in the coroutine " + Name + ": its thread serves nobody else meanwhile";
    case EventContextKind::Handler:
      return " in a handler that the event loop calls: nobody else is served meanwhile";
    case EventContextKind::NonBlocking:
      return " in " + Name + ", which promises by its attribute not to wait";
    case EventContextKind::Named:
      return " in " + Name + ", which an event loop calls: nobody else is served meanwhile";
    case EventContextKind::Loop:
      return " in the loop that waits for events: nobody else is served meanwhile";
    }
    return {};
  }

  void report(const EventContext &C, const Wait &W) {
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = W.Fact->When == BlockWhen::Always && W.Certain ? Confidence::High : Confidence::Medium;
    A.At = W.named();
    A.Message = saying(P, W) + (W.Through.empty() ? "" : ",") + where(C);
    if (C.Start)
      A.For.push_back({"`" + C.Start->Api.str().str() + "` hands it to the loop here", Symbol("T3"),
                       1, C.Start->At});
    if (C.Waits != None)
      A.For.push_back(
          {"the loop waits for events here", Symbol("T3"), 1, P.facts(C.In).Calls[C.Waits].At});
    showWay(P, W, Symbol("T3"), A);
    A.For.push_back(
        {"have it done by a thread that may wait, and let it come back to the loop" + insteadOf(W),
         Symbol("T3"), 1, A.At});
    A.Identity = (P.facts(C.In).Name.str() + " " + W.Fact->Row.str()).str();
    Out.add(std::move(A));
  }

  const Program &P;
  Sink &Out;
  std::vector<EventContext> Contexts;
  /// What is looked at for itself.
  llvm::DenseSet<FunctionId> Own;
};

} // namespace

static void run(const Program &P, const CheckOptions &, Sink &Out) { Reporter(P, Out).run(); }

HEDDLE_CHECK(Info, run)
