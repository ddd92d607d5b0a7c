#include "advice/check.h"
#include "advice/waiting.h"

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
* A socket of which nothing is known, in a program that makes some non-blocking: it is no more than a
  note.
* A wait that is more than four calls away is no more than a note: too many conditions lie between.
* What a function does that takes a lock for its caller.
* Locks held by callers only: they are reported where they are taken.
)",
    {{"TierB", "false", "also report calls that wait only sometimes and briefly, such as printf"}}};

namespace {

/// A wait, with the locks that are held meanwhile.
struct HeldWait {
  Wait What;
  Lockset Held;
};

class Reporter {
public:
  Reporter(const Program &P, const CheckOptions &Options, Sink &Out)
      : P(P), Out(Out), TierB(Options.flag("TierB")),
        HasNonBlocking(llvm::any_of(P.Units, [](const UnitFacts &U) { return U.NonBlocking; })) {}

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
    for (Wait &W : waitsOf(P, F, Index)) {
      HeldWait H{std::move(W), Held};
      if (!H.What.Effect && !gives(F, *H.What.Fact, H.Held))
        continue;
      if (H.What.Effect)
        for (const Place &D : H.What.Effect->Dropped) {
          Place Here = translate(P, F, Index, D);
          if (!Here.known())
            H.Held.clear();
          llvm::erase_if(H.Held, [&](const HeldLock &L) { return L.Mutex == Here; });
        }
      keep(F, std::move(H));
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

  void keep(FunctionId F, HeldWait W) {
    // A lock that is still held when the function is left is for the caller, who says how
    // long: here is no section to shorten.
    llvm::erase_if(W.Held, [&](const HeldLock &H) {
      return H.Tried || llvm::any_of(P.function(F).Effects.Acquired,
                                     [&](const HeldLock &Kept) { return Kept.Mutex == H.Mutex; });
    });
    bool Brief =
        TierB && W.What.Fact->Category != BlockCategory::Lock && W.What.Fact->Level <= Tier::B;
    if (W.Held.empty() || !(W.What.matters() || Brief))
      return;
    // The lock that was taken last is the one whose section is to be shortened.
    const HeldLock *Last = &W.Held.front();
    for (const HeldLock &H : W.Held)
      if (Last->At < H.At)
        Last = &H;
    W.Held = {*Last};
    auto Key = std::make_tuple(Last->At, Last->Mutex, W.What.Fact->Category);
    auto [It, New] = Seen.try_emplace(Key, W);
    if (!New && order(W.What) < order(It->second.What))
      It->second = std::move(W);
  }

  static std::tuple<int, int, size_t, Span, Span> order(const Wait &W) {
    return {!W.Certain, int(W.Fact->When), W.Through.size(), W.named(), W.At};
  }

  void report(FunctionId F, const HeldWait &H) {
    const Wait &W = H.What;
    const HeldLock &L = H.Held.front();
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = W.Fact->When == BlockWhen::Always && W.Certain ? Confidence::High : Confidence::Medium;
    bool Unknown =
        W.Fact->When == BlockWhen::IfNotNonblocking && !W.Fact->Known &&
        (W.Fact->Category == BlockCategory::Socket || W.Fact->Category == BlockCategory::Network) &&
        HasNonBlocking;
    A.At = W.named();
    std::string Lock = "`" + L.Text.str().str() + "`";
    std::string Since = L.At.File == A.At.File
                            ? " since line " + std::to_string(L.At.Line)
                            : " since " + L.At.File.str().str() + ":" + std::to_string(L.At.Line);
    A.Message =
        saying(P, W) + (W.Through.empty() ? " while " : ", while ") + Lock + " is held" + Since;
    A.For.push_back({Lock + " is taken here", Symbol("T3"), 1, L.At});
    showWay(P, W, Symbol("T3"), A);
    if (Unknown)
      doubt(A, "the program has descriptors that do not block, and this may be one", W.At);
    A.For.push_back(
        {"take what it needs under " + Lock + ", give the lock back, then call it" + insteadOf(W),
         Symbol("T3"), 1, A.At});
    A.Identity = (P.facts(F).Name.str() + " " + L.Text.str() + " " + W.Fact->Row.str()).str();
    Out.add(std::move(A));
  }

  const Program &P;
  Sink &Out;
  bool TierB, HasNonBlocking;
  /// Once per acquisition and category.
  std::map<std::tuple<Span, Place, BlockCategory>, HeldWait> Seen;
};

} // namespace

static void run(const Program &P, const CheckOptions &Options, Sink &Out) {
  Reporter R(P, Options, Out);
  for (FunctionId F = 0; F < P.Functions.size(); ++F)
    R.run(F);
}

HEDDLE_CHECK(Info, run)
