#include "advice/check.h"
#include "program/conflicts.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Path.h"
#include <map>
#include <set>

using namespace heddle;

static const CheckInfo Info = {
    "unprotected-shared-state",
    "two threads may access the same memory at once, one writes, and no lock is common to both",
    "T1",
    Severity::Warning,
    /*DefaultOn=*/true,
    "0.1",
    R"(
## What it finds

A variable, member or heap object that two threads may access at the same time, where at least one
of them writes and no lock is held by both. The threads are followed from where they start, through
calls and across files; the locks that count are those held on every path. What runs before a thread
is started, or after it was joined, does not run at the same time.

## Why it matters

That is a data race: the behaviour of the program is undefined. Updates get lost, readers see half
of a change, and the optimizer may remove a loop that polls a flag. Containers lose their structure.

## Example

```cpp
int hits;

void count() { ++hits; }            // both threads write, and hold nothing

void run() {
  std::thread a(count), b(count);
  a.join();
  b.join();
}
```

> `hits` is written here by two threads that may run at once, and no lock protects it

Repair: guard every access with one mutex,

```cpp
std::mutex hitsMutex;

void count() {
  std::lock_guard lock(hitsMutex);
  ++hits;
}
```

or, for a single number or flag, make it `std::atomic<int>`.

A lock taken for reading (`std::shared_lock`) protects readers, not a writer. `volatile` protects
nothing.

## What it does not report

* Elements of arrays and containers at a position that a thread was started with, or that was
  looked up: each thread usually has a part of its own. A loop over all elements meets them; where
  only one side is looked up the finding has low confidence.
* Objects that are reached through a pointer which changes while the threads run: they are usually
  handed from one to the other.
* Members of objects that could not be named on both sides, and threads whose function is not known.
* What is reached only through a virtual call or callback with several candidates, unless the option
  `Guesses` is set.
* Atomics, thread-local variables, and what `std::call_once` initializes.

A note of low confidence is all that is said

* after a wait for the other thread that not all paths go through, such as `if (started) t.join();`;
* where both sides hold an element of one array of locks, perhaps the same one, where one side reads what
  its caller has given the lock up for, and where it holds the lock on some of the ways that lead there;
* of what a library does three calls below a function that nobody calls in sight: its callers may have
  to hold a lock;
* of an object that one allocation makes many times, and that each thread may have its own of;
* once, instead of a finding for each place, when two threads share places in this way in more than
  eight functions: then something that is not seen here probably keeps them apart.
)",
    {{"Guesses", "false",
      "also report what is reached through a virtual call or callback with several candidates"}}};

/// Further accesses that a finding lists.
constexpr size_t MaxOthers = 8;
/// Functions in which a thread writes, without a lock, what it shares with one other. Where
/// there are more, the likely explanation is one reason why these threads do not meet, not
/// so many mistakes.
constexpr size_t MaxAlike = 8;

static bool isWrite(const ThreadAccess &A) { return A.Kind == AccessKind::Write; }
static bool isPlain(const ThreadAccess &A) {
  return A.Kind == AccessKind::Read || A.Kind == AccessKind::Write;
}

namespace {

struct Conflict {
  const ThreadAccess *Write = nullptr, *Other = nullptr;
  Race Is;
};

class Reporter {
public:
  Reporter(const Program &P, const CheckOptions &Options, Sink &Out)
      : P(P), Out(Out), Known(P), Guesses(Options.flag("Guesses")),
        Groups(groupByPlace(P.SharedAccesses)) {
    for (const ThreadAccess &A : P.SharedAccesses)
      if (isWrite(A))
        Written.insert(A.What);
  }

  void run() {
    struct Found {
      Conflict Worst;
      llvm::SmallVector<uint32_t, 2> Groups;
    };
    // One finding for a member in a program, whatever the number of objects.
    std::map<std::tuple<uint32_t, Symbol, Place>, Found> All;
    for (uint32_t G = 0; G < Groups.size(); ++G) {
      if (isMoving(P.SharedAccesses[Groups[G].Begin].What))
        continue;
      Conflict C = worst(Groups[G]);
      if (!C.Write)
        continue;
      bool Field = !C.Write->What.Path.empty() && !C.Write->Member.empty();
      uint32_t Of = programOf(C.Write->Thread);
      Found &F = All[Field ? std::make_tuple(Of, C.Write->Member, Place())
                           : std::make_tuple(Of, Symbol(), C.Write->What)];
      F.Groups.push_back(G);
      if (!F.Worst.Write || rank(C) < rank(F.Worst))
        F.Worst = C;
    }
    // The two sides may be two places; they are one finding.
    std::set<std::pair<Span, Span>> Said;
    std::map<std::pair<uint32_t, uint32_t>, std::vector<const Found *>> ByThreads;
    for (const auto &[Key, F] : All) {
      Span One = F.Worst.Write->At, Two = F.Worst.Other->At;
      if (Said.insert({std::min(One, Two), std::max(One, Two)}).second)
        ByThreads[std::minmax(F.Worst.Write->Thread, F.Worst.Other->Thread)].push_back(&F);
    }
    for (auto &[Threads, Alike] : ByThreads) {
      std::set<FunctionId> Functions;
      for (const Found *F : Alike)
        Functions.insert(F->Worst.Write->In);
      if (Functions.size() <= MaxAlike) {
        for (const Found *F : Alike)
          report(F->Worst, F->Groups, 0);
        continue;
      }
      const Found *First = *llvm::min_element(
          Alike, [&](const Found *A, const Found *B) { return rank(A->Worst) < rank(B->Worst); });
      report(First->Worst, First->Groups, Alike.size() - 1);
    }
  }

private:
  /// The unit with the `main` that the thread goes back to; None when there is none.
  uint32_t programOf(uint32_t Thread) const {
    for (unsigned Depth = 0; P.Threads[Thread].Parent != None && Depth < 64; ++Depth)
      Thread = P.Threads[Thread].Parent;
    FunctionId Entry = P.Threads[Thread].Entry;
    return P.facts(Entry).Main ? P.function(Entry).Unit : None;
  }

  /// What lies behind a pointer that is changed meanwhile.
  bool isMoving(const Place &What) const {
    llvm::StringRef Path = What.Path.str();
    for (size_t Star = Path.find('*'); Star != llvm::StringRef::npos;
         Star = Path.find('*', Star + 1)) {
      Place Pointer = What;
      Pointer.Path = Symbol(Path.take_front(Star));
      if (Written.contains(Pointer))
        return true;
    }
    return false;
  }

  /// The lower, the more telling: sure, written without any lock, by a thread
  /// that was started, near its entry.
  std::tuple<int, int, size_t, int, int, size_t, Span, Span> rank(const Conflict &C) const {
    return {C.Is.How != Meeting::Surely,
            !C.Write->Certain + !C.Other->Certain,
            C.Write->Held.size() + C.Other->Held.size(),
            P.Threads[C.Write->Thread].Start == nullptr,
            !isWrite(*C.Other),
            C.Write->Through.size() + C.Other->Through.size(),
            C.Write->At,
            C.Other->At};
  }

  Race conflict(const ThreadAccess &W, const ThreadAccess &O) const {
    if (!Guesses && !(W.Certain && O.Certain))
      return {};
    Race R = Known.of(W, O);
    return R.How < Meeting::Perhaps ? Race() : R;
  }

  template <class Fn> void forOverlaps(const PlaceGroup &G, Fn Then) const {
    for (uint32_t Other : G.Overlaps)
      for (size_t I = Groups[Other].Begin; I < Groups[Other].End; ++I)
        Then(P.SharedAccesses[I]);
  }

  Conflict worst(const PlaceGroup &G) const {
    Conflict Worst;
    for (size_t I = G.Begin; I < G.End; ++I) {
      const ThreadAccess &A = P.SharedAccesses[I];
      if (!isWrite(A))
        continue;
      forOverlaps(G, [&](const ThreadAccess &B) {
        Conflict C{&A, &B, conflict(A, B)};
        if (C.Is.How != Meeting::Never && (!Worst.Write || rank(C) < rank(Worst)))
          Worst = C;
      });
    }
    return Worst;
  }

  std::string nameOf(const ThreadAccess &A) const {
    auto V = P.Variables.find(A.What.Name);
    llvm::StringRef Path = A.What.Path.str();
    bool Named = A.What.Root == RootKind::Global || A.What.Root == RootKind::Local;
    if (!Named || V == P.Variables.end() || Path.contains('*') || Path.contains("#"))
      return "`" + A.Text.str().str() + "`";
    std::string Name = (V->second->Name.str() + Path).str();
    if (Name == A.Text.str() || llvm::StringRef(Name).ends_with((":" + A.Text.str()).str()))
      return "`" + Name + "`";
    bool SameEnd = llvm::StringRef(Name).rsplit('.').second == A.Text.str() && !Path.empty();
    return "`" + Name + "`" +
           (SameEnd || !(A.Named == A.At) ? "" : " (here `" + A.Text.str().str() + "`)");
  }

  static std::string locks(const ThreadAccess &A) {
    if (A.Held.empty())
      return "no lock";
    constexpr size_t Most = 2;
    std::string S;
    for (const HeldLock &L : llvm::ArrayRef(A.Held).take_front(Most))
      S += (S.empty() ? "`" : " and `") + L.Text.str().str() + "`" +
           (L.Shared ? " for reading" : "");
    if (A.Held.size() > Most)
      S += " and " + std::to_string(A.Held.size() - Most) + " more";
    return S;
  }

  std::string where(const Span &At) const {
    return (llvm::sys::path::filename(At.File.str()) + ":" + llvm::Twine(At.Line)).str();
  }

  std::string message(const Conflict &C) const {
    const ThreadAccess &W = *C.Write, &O = *C.Other;
    bool SamePlace = W.At == O.At, SameThread = W.Thread == O.Thread;
    std::string S = nameOf(W);
    S += W.Named == W.At ? " is written here by "
                         : " is handed over here and written at " + where(W.At) + " by ";
    if (SameThread)
      S += "several threads that may run at once";
    else if (SamePlace)
      S += "two threads that may run at once";
    else
      S += P.Threads[W.Thread].Name.str().str();
    if (!SamePlace && SameThread)
      S += std::string(", and ") + (isWrite(O) ? "written" : "read") + " at " + where(O.At);
    else if (!SamePlace)
      S += " while " + P.Threads[O.Thread].Name.str().str() + " may " +
           (isWrite(O) ? "write" : "read") + " it at " + where(O.At);
    if (W.Held.empty() && O.Held.empty())
      return S + ", and no lock protects it";
    bool Common = llvm::any_of(W.Held, [&](const HeldLock &L) {
      return llvm::any_of(O.Held, [&](const HeldLock &M) { return M.Mutex == L.Mutex; });
    });
    if (Common)
      return S + ", and " + locks(W) + (W.Held.size() == 1 ? " does" : " do") +
             " not keep others out";
    return S + ", holding " + locks(W) + " here and " + locks(O) + " there";
  }

  void note(Advice &A, const llvm::Twine &What, const Span &At) const {
    std::string Text = What.str();
    bool Said =
        llvm::any_of(A.For, [&](const Evidence &E) { return E.What == Text && E.At == At; });
    if (At.valid() && !Said)
      A.For.push_back({std::move(Text), Symbol("T1"), 1, At});
  }

  /// The access, and how its thread comes to it.
  void side(Advice &A, const ThreadAccess &S, bool Here) const {
    const Thread &T = P.Threads[S.Thread];
    if (!Here)
      note(A,
           llvm::Twine(isWrite(S) ? "written" : "read") + " here by " + T.Name.str() +
               ", holding " + locks(S),
           S.At);
    for (const HeldLock &L : S.Held)
      note(A, "`" + L.Text.str() + "` is taken here", L.At);
    for (const Hop &H : S.Through)
      note(A, T.Name.str() + " comes by this call, in `" + P.facts(H.In).Name.str() + "`", H.At);
  }

  void starts(Advice &A, const Conflict &C) const {
    for (const ThreadAccess *S : {C.Write, C.Other}) {
      const Thread &T = P.Threads[S->Thread];
      if (!T.Start || (S == C.Other && S->Thread == C.Write->Thread))
        continue;
      note(A,
           T.Name.str() + " starts here and runs `" + P.facts(T.Entry).Name.str() + "`" +
               (T.Many ? "; several of it may run at once" : ""),
           T.Start->At);
    }
  }

  static bool isScalar(llvm::StringRef Type) {
    if (Type.ends_with("*"))
      return true;
    Type.consume_front("volatile ");
    return llvm::StringSwitch<bool>(Type)
        .Cases("int", "bool", "_Bool", "char", "signed char", "unsigned char", "short", "long",
               true)
        .Cases("unsigned int", "unsigned short", "unsigned long", "long long", "unsigned long long",
               "float", "double", true)
        .Cases("size_t", "std::size_t", "uint32_t", "uint64_t", "int32_t", "int64_t", "uint8_t",
               "ssize_t", "time_t", true)
        .Default(false);
  }

  void remedy(Advice &A, const Conflict &C, llvm::ArrayRef<uint32_t> Of) const {
    // The lock that is held at most of the accesses.
    std::map<Place, std::pair<size_t, const HeldLock *>> Count;
    size_t Accesses = 0;
    for (uint32_t G : Of)
      for (size_t I = Groups[G].Begin; I < Groups[G].End; ++I) {
        ++Accesses;
        for (const HeldLock &L : P.SharedAccesses[I].Held) {
          auto &Entry = Count[L.Mutex];
          ++Entry.first;
          Entry.second = &L;
        }
      }
    const HeldLock *Best = nullptr;
    size_t Most = 0;
    for (const auto &[Mutex, Entry] : Count)
      if (Entry.first > Most)
        Most = Entry.first, Best = Entry.second;
    auto V = P.Variables.find(C.Write->What.Name);
    Span At = V != P.Variables.end() ? V->second->At : C.Write->At;
    std::string What = V != P.Variables.end()
                           ? (C.Write->What.Path.empty() ? "it is declared here; "
                                                         : "the object is declared here; ")
                           : "";
    bool C11 = C.Write->At.File.str().ends_with(".c");
    std::string Type = C.Write->Type.str().str();
    if (Best)
      What += "hold `" + Best->Text.str().str() + "` at every access, as " + std::to_string(Most) +
              " of " + std::to_string(Accesses) + " do";
    else if (isScalar(Type))
      What += "guard every access with one mutex, or make it " +
              (C11 ? "`_Atomic " + Type + "`" : "`std::atomic<" + Type + ">`");
    else
      What += "guard every access with one mutex";
    note(A, What, At);
  }

  /// Further accesses that race with one to the same place.
  void others(Advice &A, const Conflict &C, llvm::ArrayRef<uint32_t> Of) const {
    std::map<Span, const ThreadAccess *> More;
    auto MayRace = [&](const ThreadAccess &X) {
      bool Any = false;
      for (uint32_t G : Of)
        forOverlaps(Groups[G], [&](const ThreadAccess &Y) {
          Any = Any || conflict(X, Y).How != Meeting::Never || conflict(Y, X).How != Meeting::Never;
        });
      return Any;
    };
    for (uint32_t G : Of)
      forOverlaps(Groups[G], [&](const ThreadAccess &X) {
        bool Shown = X.At.Line == C.Write->At.Line || X.At.Line == C.Other->At.Line;
        auto It = More.find(X.At);
        bool Known = It != More.end() && (isWrite(*It->second) || !isWrite(X));
        if (!Shown && !Known && isPlain(X) && More.size() < MaxOthers && MayRace(X))
          More[X.At] = &X;
      });
    for (const auto &[At, X] : More)
      note(A,
           llvm::Twine("also ") + (isWrite(*X) ? "written" : "read") + " here by " +
               P.Threads[X->Thread].Name.str() + ", holding " + locks(*X),
           At);
  }

  /// Alike: how many other places the two threads share in the same way.
  void report(const Conflict &C, llvm::ArrayRef<uint32_t> Of, size_t Alike) const {
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    bool Certain = C.Write->Certain && C.Other->Certain;
    bool Deep = C.Write->What.Path.str().contains('*');
    A.Sure = C.Is.How != Meeting::Surely || Alike ? Confidence::Low
             : Certain && !Deep                   ? Confidence::High
                                                  : Confidence::Medium;
    if (A.Sure == Confidence::Low)
      A.Level = Severity::Note;
    A.At = C.Write->Named;
    A.Message = message(C);
    if (!C.Is.Doubt.empty())
      A.Against.push_back({C.Is.Doubt.str(), {}, 0, C.Other->At});
    if (Alike)
      A.Message += "; so are " + std::to_string(Alike) +
                   " other places that the two share: something that is not seen here may keep "
                   "them apart";
    side(A, *C.Write, /*Here=*/C.Write->Named == C.Write->At);
    if (!(C.Write->At == C.Other->At))
      side(A, *C.Other, /*Here=*/false);
    else if (C.Write->Thread != C.Other->Thread)
      side(A, *C.Other, /*Here=*/true);
    others(A, C, Of);
    starts(A, C);
    remedy(A, C, Of);
    A.Identity = (P.facts(C.Write->In).Name.str() + " " + C.Write->Text.str()).str();
    Out.add(std::move(A));
  }

  const Program &P;
  Sink &Out;
  Races Known;
  bool Guesses;
  std::vector<PlaceGroup> Groups;
  llvm::DenseSet<Place> Written;
};

} // namespace

static void run(const Program &P, const CheckOptions &Options, Sink &Out) {
  Reporter(P, Options, Out).run();
}

HEDDLE_CHECK(Info, run)
