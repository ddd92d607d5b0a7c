#include "advice/check.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include <map>

using namespace heddle;

static const CheckInfo Info = {
    "blocking-under-lock",
    "a lock is held during I/O, a sleep or a wait",
    "T3",
    Severity::Warning,
    /*DefaultOn=*/true,
    "0.1",
    R"(
## What it finds

A call that waits for a device, the network, a process, time or another thread, made while a lock is
held: in the function itself or in what it calls, in other files too. The finding is at the call in
the function that holds the lock; the notes show where the lock was taken and the way to the wait.
A lock that a condition variable gives up while it waits does not count; others that are held do.

## Why it matters

Everyone who needs the lock waits for the device as well. Threads that were to overlap their waiting
(guideline T3) then wait in line, and one slow disk or peer stops them all. Waiting for a thread
that needs the lock never ends.

## Example

```cpp
std::mutex mutex;
std::string log;

void flush(int fd) {
  std::lock_guard lock(mutex);
  write(fd, log.data(), log.size());
  fsync(fd);                           // every writer of the log waits for the disk
  log.clear();
}
```

> `fsync` (file I/O) blocks while `mutex` is held since line 5

Repair: take what is needed under the lock, and wait without it.

```cpp
void flush(int fd) {
  std::string batch;
  {
    std::lock_guard lock(mutex);
    batch.swap(log);
  }
  write(fd, batch.data(), batch.size());
  fsync(fd);
}
```

## What it does not report

* Taking a further lock: that is a question of order, not of waiting.
* Calls that only sometimes wait for long (`printf`, `malloc`), unless the option `TierB` is set.
* Locks held by callers only: they are reported where they are taken.
)",
    {{"TierB", "false", "also report calls that wait only sometimes and briefly, such as printf"}}};

static llvm::StringRef describe(BlockCategory C) {
  switch (C) {
  case BlockCategory::File:
    return "file I/O";
  case BlockCategory::Network:
    return "network I/O";
  case BlockCategory::Socket:
    return "socket I/O";
  case BlockCategory::Dns:
    return "name resolution";
  case BlockCategory::Process:
    return "a wait for a process";
  case BlockCategory::Sleep:
    return "a sleep";
  case BlockCategory::Lock:
    return "a lock";
  case BlockCategory::Terminal:
    return "terminal I/O";
  case BlockCategory::Database:
    return "a database";
  case BlockCategory::Ipc:
    return "inter-process communication";
  case BlockCategory::SyncWait:
    return "a wait for another thread";
  case BlockCategory::Gpu:
    return "a wait for the GPU";
  }
  return "";
}

namespace {

/// A wait, as seen from the function that holds locks.
struct Wait {
  const BlockingCall *Fact = nullptr;
  FunctionId In = None;
  Span At;
  Chain Through; ///< From this function on; empty when it waits itself.
  Lockset Held;
  bool Certain = true; ///< Not by way of one of several overriders.
};

/// A virtual call with more candidates says too little of any of them.
constexpr size_t MaxCandidates = 4;

class Reporter {
public:
  Reporter(const Program &P, const CheckOptions &Options, Sink &Out)
      : P(P), Out(Out), TierB(Options.flag("TierB")) {}

  void run(FunctionId F) {
    const ProgramFunction &PF = P.function(F);
    if (PF.Held.empty())
      return;
    Seen.clear();
    for (size_t B = 0; B < PF.Held.size(); ++B)
      for (size_t E = 0; E < PF.Held[B].size(); ++E) {
        const Event &Ev = PF.Facts->Blocks[B].Events[E];
        if (Ev.Kind == EventKind::Call && !PF.Held[B][E].empty())
          call(F, Ev.Index, PF.Held[B][E]);
      }
    for (auto &[Key, W] : Seen)
      report(F, W);
  }

private:
  void call(FunctionId F, uint32_t Index, const Lockset &Held) {
    const ProgramFunction &PF = P.function(F);
    const Span &At = PF.Facts->Calls[Index].At;
    for (const BlockingCall &K : PF.Facts->Blocking)
      if (K.Call == Index) {
        Wait W{&K, F, At, {}, Held, true};
        if (gives(F, K, W.Held))
          keep(std::move(W));
      }
    for (const CallTarget &T : PF.Targets[Index]) {
      if (!T.Certain &&
          (PF.Targets[Index].size() > MaxCandidates || PF.Facts->Calls[Index].ViaArgument))
        continue;
      for (const EffectBlock &K : P.function(T.Callee).Effects.Blocks) {
        Wait W{K.Fact, K.In, K.At, {{F, At}}, Held, T.Certain};
        W.Through.insert(W.Through.end(), K.Through.begin(), K.Through.end());
        for (const Place &D : K.Dropped) {
          Place Here = translate(P, F, Index, D);
          if (!Here.known())
            W.Held.clear();
          llvm::erase_if(W.Held, [&](const HeldLock &H) { return H.Mutex == Here; });
        }
        keep(std::move(W));
      }
    }
  }

  /// Takes away the lock that the call gives up while it waits; false when it
  /// gives up one that is not known.
  bool gives(FunctionId F, const BlockingCall &K, Lockset &Held) const {
    bool Any = K.Releases.known();
    if (P.Apis && !Any)
      if (const ApiModel M = P.Apis->find(K.Row.str()); M.Blocks)
        Any = M.Blocks->Releases != NoPosition;
    if (!Any)
      return true;
    Place Lock = resolve(P, F, K.Releases);
    size_t Before = Held.size();
    llvm::erase_if(Held, [&](const HeldLock &H) { return H.Mutex == Lock; });
    return Held.size() != Before || Lock.known();
  }

  void keep(Wait W) {
    llvm::erase_if(W.Held, [](const HeldLock &H) { return H.Tried; });
    // What surely waits counts, what only may must be known to wait for long.
    bool Sure = W.Fact->When == BlockWhen::Always;
    Tier Least = TierB || Sure ? Tier::B : Tier::A;
    if (W.Held.empty() || W.Fact->Category == BlockCategory::Lock || W.Fact->Level > Least)
      return;
    // The lock that was taken last is the one whose section is to be shortened.
    const HeldLock *Last = &W.Held.front();
    for (const HeldLock &H : W.Held)
      if (Last->At < H.At)
        Last = &H;
    W.Held = {*Last};
    auto Key = std::make_tuple(Last->At, Last->Mutex, W.Fact->Category);
    auto [It, New] = Seen.try_emplace(Key, W);
    if (!New && order(W) < order(It->second))
      It->second = std::move(W);
  }

  static std::tuple<int, int, size_t, Span, Span> order(const Wait &W) {
    return {!W.Certain, int(W.Fact->When), W.Through.size(),
            W.Through.empty() ? W.At : W.Through[0].At, W.At};
  }

  void report(FunctionId F, const Wait &W) {
    const HeldLock &L = W.Held.front();
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = W.Fact->When == BlockWhen::Always && W.Certain ? Confidence::High : Confidence::Medium;
    A.At = W.Through.empty() ? W.At : W.Through.front().At;
    std::string Lock = "`" + L.Text.str().str() + "`";
    std::string Call =
        "`" + W.Fact->Row.str().str() + "` (" + describe(W.Fact->Category).str() + ")";
    std::string Does = W.Fact->When == BlockWhen::Always ? " blocks" : " may block";
    std::string Since = L.At.File == A.At.File
                            ? " since line " + std::to_string(L.At.Line)
                            : " since " + L.At.File.str().str() + ":" + std::to_string(L.At.Line);
    if (W.Through.empty())
      A.Message = Call + Does + " while " + Lock + " is held" + Since;
    else {
      FunctionId First = W.Through.size() > 1 ? W.Through[1].In : W.In;
      A.Message = "`" + P.facts(First).Name.str().str() + "` ends in " + Call + ", which" + Does +
                  ", while " + Lock + " is held" + Since;
    }
    auto Note = [&](const llvm::Twine &What, const Span &At) {
      A.For.push_back({What.str(), Symbol("T3"), 1, At});
    };
    Note(Lock + " is taken here", L.At);
    for (size_t I = 1; I < W.Through.size(); ++I)
      Note("on the way: called here, in `" + P.facts(W.Through[I].In).Name.str() + "`",
           W.Through[I].At);
    if (!W.Through.empty())
      Note(Call + " is called here", W.At);
    std::string Remedy = "take what it needs under " + Lock + ", give the lock back, then call it";
    if (!W.Fact->Instead.empty())
      Remedy += "; instead of it there is " + W.Fact->Instead.str().str();
    Note(Remedy, A.At);
    A.Identity = (P.facts(F).Name.str() + " " + L.Text.str() + " " + W.Fact->Row.str()).str();
    Out.add(std::move(A));
  }

  const Program &P;
  Sink &Out;
  bool TierB;
  /// Once per acquisition and category.
  std::map<std::tuple<Span, Place, BlockCategory>, Wait> Seen;
};

} // namespace

static void run(const Program &P, const CheckOptions &Options, Sink &Out) {
  Reporter R(P, Options, Out);
  for (FunctionId F = 0; F < P.Functions.size(); ++F)
    R.run(F);
}

HEDDLE_CHECK(Info, run)
