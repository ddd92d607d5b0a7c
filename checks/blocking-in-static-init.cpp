#include "advice/check.h"
#include "advice/waiting.h"
#include "program/build.h"

#include <map>
#include <set>

using namespace heddle;

static const CheckInfo Info = {
    "blocking-in-static-init",
    "a global variable is initialised by input, output or a wait, before main begins",
    "T3",
    Severity::Warning,
    /*DefaultOn=*/true,
    "0.1",
    R"(
## What it finds

A variable of static storage duration outside of all functions whose initialisation reads or writes
files, asks the network, a database or another process, or sleeps: directly, or in what it calls, in
other files too.

## Why it matters

It happens before `main`, in every program that links the file, also in those that never use the
variable: each start waits. Nobody can handle a failure there; what is initialised in another file may
not exist yet ([basic.start.dynamic]). In a shared library it happens within `dlopen`, while the
loader's lock is held, and whoever loads another library waits too.

## Example

```cpp
static std::string readKey() {
  std::ifstream in("/etc/app/key");
  std::string key;
  std::getline(in, key);
  return key;
}

static const std::string key = readKey();
```

> `readKey` ends in `std::basic_ifstream::basic_ifstream` (file I/O), which may block, to initialise
> `key` before `main` begins

Repair: initialise it when it is needed first, which a local does once and safely in threads too:

```cpp
const std::string &key() {
  static const std::string value = readKey();
  return value;
}
```

## What it does not report

* Locals with `static`: control gets there when the program runs.
* Output to the terminal, locks, and what is only buffered.
)",
    {}};

namespace {

class Reporter {
public:
  Reporter(const Program &P, Sink &Out) : P(P), Out(Out) {}

  void run(uint32_t Unit) {
    // One finding for a variable and kind of wait.
    std::map<std::pair<Symbol, BlockCategory>, Wait> Found;
    auto Keep = [&](const StaticCall &C, Wait W) {
      if (counts(W)) {
        auto [It, New] = Found.try_emplace({C.Variable, W.Fact->Category}, W);
        if (!New && order(W) < order(It->second))
          It->second = std::move(W);
      }
    };
    for (const StaticCall &C : P.Units[Unit].StaticCalls) {
      if (C.Blocks) {
        Wait W;
        W.Fact = &*C.Blocks;
        W.At = C.At;
        Keep(C, std::move(W));
      } else if (P.Resolved)
        for (FunctionId F : P.Resolved->find(P, Unit, C.Callee))
          for (Wait &W : waitsIn(P, F, C.At))
            Keep(C, std::move(W));
    }
    for (const auto &[Key, W] : Found)
      report(Key.first, W);
  }

private:
  static bool counts(const Wait &W) {
    switch (W.Fact->Category) {
    case BlockCategory::Lock:
    case BlockCategory::Terminal:
    case BlockCategory::Gpu:
      return false;
    default:
      return W.Fact->Level <= Tier::B;
    }
  }

  static std::tuple<Tier, int, size_t, Span> order(const Wait &W) {
    return {W.Fact->Level, int(W.Fact->When), W.Through.size(), W.named()};
  }

  void report(Symbol Variable, const Wait &W) {
    // A header's variable, in every unit that includes it.
    if (!Said.insert({W.named(), W.Fact->Category}).second)
      return;
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = W.Fact->When == BlockWhen::Always ? Confidence::High : Confidence::Medium;
    A.At = W.named();
    A.Message = saying(P, W) + (W.Through.empty() ? "" : ",") + " to initialise `" +
                Variable.str().str() + "` before `main` begins";
    showWay(P, W, Symbol("T3"), A);
    A.For.push_back({"make it a local with `static` in a function that returns it: then it is "
                     "initialised once, when it is needed first",
                     Symbol("T3"), 1, A.At});
    A.Identity = (Variable.str() + " " + W.Fact->Row.str()).str();
    Out.add(std::move(A));
  }

  const Program &P;
  Sink &Out;
  std::set<std::pair<Span, BlockCategory>> Said;
};

} // namespace

static void run(const Program &P, const CheckOptions &, Sink &Out) {
  Reporter R(P, Out);
  for (uint32_t U = 0; U < P.Units.size(); ++U)
    R.run(U);
}

HEDDLE_CHECK(Info, run)
