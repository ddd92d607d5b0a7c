/// A class that locks is meant for several threads, so what it accesses under its
/// lock almost everywhere, it should access so everywhere (Engler et al. 2001; the
/// criterion of Blackshear et al. 2018: written under the lock, read without).
///
///     void put(int v) { std::lock_guard g(m); last = v; }
///     int get() { return last; }                       // without m
#include "advice/check.h"
#include "program/discipline.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Path.h"
#include <set>

namespace heddle {
namespace {

const CheckInfo Info{
    .Name = "inconsistent-lock",
    .Summary = "a member is guarded by a lock almost everywhere, but not here",
    .Guidelines = "T1",
    .Level = Severity::Warning,
    .DefaultOn = true,
    .Since = HEDDLE_VERSION,
    .Documentation = R"(
## What it finds

An access to a member, or to a variable of static storage duration, without the lock that is held at
other accesses to it, in code that may be called by several threads though no thread is in sight: a
class that takes a lock is meant for that. The lock must be one of the object itself (`mu_`,
`impl_->mu_`, one that is inherited), or one for all objects (static, global). Locks of the callers
count, so a private method that is called with the lock held is fine; a public one is taken to be
called without, unless code outside of the class calls it with the lock.

Reported is also a write under a lock that is taken for reading, a lock other than the one that is
held elsewhere, and a reference to a guarded member that a method returns: it is used when the lock
is gone.

A note of low confidence is all that is said of a flag that is only polled, of what is tested before
the lock is taken, of what is never written under the lock, and of a public function whose callers in
sight all hold it. One lock for all objects counts where it is taken for the access: in the function
that makes it, or in the one that calls that; when only one function does so, the confidence is low
as well. So it is when the lock is in another object that this one was given: its callers may be
those who see to it.

There is one finding for a member. It says at how many of the accesses the lock is held, shows one
where it is, and the calls that lead to the one where it is not.

## Why it matters

One access without the lock makes the lock useless for that member: it is a data race, with lost
updates, torn values and broken containers.

## Example

```cpp
class Queue {
public:
  void push(int job) {
    std::lock_guard lock(mutex);
    jobs.push_back(job);
  }
  bool empty() const { return jobs.empty(); }    // push may be moving the elements
private:
  std::mutex mutex;
  std::vector<int> jobs;
};
```

> `jobs` is read here without `mutex`, which is held at 1 of 2 accesses

Repair: take the lock here as well,

```cpp
  bool empty() const {
    std::lock_guard lock(mutex);
    return jobs.empty();
  }
```

or make a single flag or number `std::atomic`. A flag that is tested before the lock is taken, and
once more under it, must be atomic too. When callers must hold the lock, say so with
`__attribute__((requires_capability(mutex)))`; members with `guarded_by(mutex)` are held to it.

## What it does not report

* Constructors, destructors, and what only they call; objects that nobody else has: locals, what was
  just allocated, what `main` does before it starts a thread.
* What an object does before it starts its own threads, and after it has waited for their end; what a
  function that is named like `init` does, and what is done once (`call_once`).
* Methods of a class that is defined and used in one source file have the locks of their callers there;
  what is called through a pointer, or by a base class, may be called with the lock.
* A lock that is taken on one way only: `if (mutex) { lock; add(); } else add();`.
* Members that are never written after construction, atomics, locks themselves.
* Accesses under a lock that cannot be told apart from the right one.
* Members that are accessed without the lock far more often than with it, unless some critical section is
  there for that member alone.
* What `unprotected-shared-state` reports, because the threads are in sight, and what it has found to be
  in order: two accesses by threads of one `main` that were followed.
)",
    .Options = {},
};

constexpr size_t MaxOpenShown = 8;

/// The judgement of one member.
struct Finding {
  MemberLock Guard;
  std::vector<const MemberAccess *> Locked, Open;
  size_t LockedSites = 0, OpenSites = 0;
  Confidence Sure = Confidence::Medium;
};

bool isBelow(Symbol Path, Symbol Around) {
  llvm::StringRef Rest = Path.str();
  return Rest.consume_front(Around.str()) && (Rest.starts_with(".") || Rest.starts_with("*"));
}

/// A mutex class of one's own holds another lock inside: the outer name counts.
void mergeNested(MemberUse &Use) {
  std::vector<MemberLock> All = Use.Declared;
  for (const MemberAccess &A : Use.Accesses)
    All.insert(All.end(), A.Locks.begin(), A.Locks.end());
  auto Merge = [&](std::vector<MemberLock> &Locks) {
    std::vector<MemberLock> Kept;
    for (MemberLock &L : Locks) {
      for (const MemberLock &Around : All)
        if ((L.Side == Around.Side || L.Side == LockSide::Theirs) && !Around.Path.empty() &&
            isBelow(L.Path, Around.Path))
          L.Path = Around.Path, L.Text = Around.Text;
      auto Same = llvm::find_if(Kept, [&](const MemberLock &K) { return K.same(L); });
      if (Same == Kept.end())
        Kept.push_back(std::move(L));
      else if (!Same->At.valid())
        Same->At = L.At;
    }
    Locks = std::move(Kept);
  };
  for (MemberAccess &A : Use.Accesses)
    Merge(A.Locks), Merge(A.GivenUp);
}

const MemberLock *lockAt(const MemberAccess &A, const MemberLock &Guard) {
  for (const MemberLock &L : A.Locks)
    if (L.same(Guard))
      return &L;
  return nullptr;
}

bool isProtected(const MemberAccess &A, const MemberLock &Guard) {
  const MemberLock *L = lockAt(A, Guard);
  return L && !L->Perhaps && !(L->Shared && A.Write);
}

/// Whether a lock for all objects is taken for the sake of this access: in its function,
/// or in the one that calls it. A caller further away has it for reasons of its own.
bool isTakenNearby(const Program &P, const MemberAccess &A, const MemberLock &L) {
  auto In = [&](FunctionId F) {
    const Span &Body = P.facts(F).Body;
    return L.At.File == Body.File &&
           std::tie(Body.Line, Body.Column) <= std::tie(L.At.Line, L.At.Column) &&
           std::tie(L.At.Line, L.At.Column) <= std::tie(Body.EndLine, Body.EndColumn);
  };
  return !L.At.valid() || L.Side != LockSide::Fixed || In(A.In) ||
         (!A.Through.empty() && In(A.Through.back().In));
}

/// `c` of `c->n`; nothing for a plain name.
llvm::StringRef objectIn(Symbol Text) {
  size_t End = Text.str().find_last_of(".>");
  return End == llvm::StringRef::npos ? "" : Text.str().take_front(End).rtrim('-');
}

/// Some lock that may be the guard under another name.
bool mayBeProtected(const MemberAccess &A, const MemberLock &Guard) {
  // Who gives a lock up and takes it again, knows what stays as it is meanwhile.
  if (!A.Write && llvm::any_of(A.GivenUp, [&](const MemberLock &L) { return L.same(Guard); }))
    return true;
  return llvm::any_of(A.Locks, [&](const MemberLock &L) {
    if (L.same(Guard) || L.Perhaps)
      return L.Perhaps;
    // `c->m` for `c->n`, though c was handed over in a way that hides it.
    if (L.Text == Guard.Text && objectIn(L.Text) == objectIn(A.Text) && !objectIn(A.Text).empty())
      return true;
    if (L.Side == LockSide::Theirs)
      return !(Guard.Side == LockSide::Own && L.Path == Guard.Path);
    return L.Side == LockSide::Other || L.Side == LockSide::Given || Guard.Side == LockSide::Given;
  });
}

/// The object has such a lock at all.
bool mayHave(const MemberAccess &A, const MemberLock &Guard) {
  return Guard.Side != LockSide::Own || llvm::any_of(A.Has, [&](Symbol Path) {
           return Path == Guard.Path || isBelow(Path, Guard.Path);
         });
}

size_t sites(llvm::ArrayRef<const MemberAccess *> Accesses) {
  std::set<Span> At;
  for (const MemberAccess *A : Accesses)
    At.insert(A->Named);
  return At.size();
}

/// One that others may see happen.
bool hasWrite(llvm::ArrayRef<const MemberAccess *> Accesses) {
  return llvm::any_of(Accesses, [](const MemberAccess *A) { return A->Write && !A->Setup; });
}

/// Some other access conflicts with it, and the two were not found to be ordered, or
/// never at once, by following the threads.
bool mayConflict(const MemberUse &Use, const MemberAccess &A) {
  if (A.Escapes)
    return true;
  return llvm::any_of(Use.Accesses, [&](const MemberAccess &B) {
    return (A.Write || B.Write) && !B.Setup && !(A.Judged && B.Judged);
  });
}

bool isFlag(const MemberAccess &A) {
  return !A.Write && !A.Escapes && (A.Type.str() == "bool" || A.Type.str() == "_Bool");
}

bool isBefore(const Span &A, const Span &B) {
  return A.File == B.File && std::tie(A.Line, A.Column) < std::tie(B.Line, B.Column);
}

/// A read before the lock is taken in the same function, or in one that it calls then.
bool isTestedFirst(const MemberAccess &A, const Finding &F) {
  return !A.Write && !A.Escapes && llvm::any_of(F.Locked, [&](const MemberAccess *L) {
    const MemberLock *Lock = lockAt(*L, F.Guard);
    return (L->In == A.In && Lock && isBefore(A.Named, Lock->At)) ||
           llvm::any_of(L->Through,
                        [&](const Hop &H) { return H.In == A.In && isBefore(A.Named, H.At); });
  });
}

/// Open because outsiders may call it, but those in sight who do hold the lock.
bool isOnlySupposed(const MemberAccess &A, const Finding &F) {
  return A.Supposed &&
         llvm::any_of(F.Locked, [&](const MemberAccess *L) { return L->Named == A.Named; });
}

Finding judgeFor(const Program &P, const MemberUse &Use, const MemberLock &Guard) {
  Finding F;
  F.Guard = Guard;
  for (const MemberAccess &A : Use.Accesses)
    if (const MemberLock *L = lockAt(A, Guard);
        L && L->Text.str().size() < F.Guard.Text.str().size())
      F.Guard.Text = L->Text;
  for (const MemberAccess &A : Use.Accesses)
    if (isProtected(A, Guard)) {
      if (!A.Escapes && isTakenNearby(P, A, *lockAt(A, Guard)))
        F.Locked.push_back(&A);
      // Where the threads are in sight, what they do is not for statistics.
    } else if (A.Certain && !(A.Judged && Guard.Side == LockSide::Fixed && Use.Declared.empty()) &&
               !mayBeProtected(A, Guard) && mayHave(A, Guard) && mayConflict(Use, A))
      F.Open.push_back(&A);
  // One place that is reached both ways shows no intention.
  llvm::erase_if(F.Locked, [&](const MemberAccess *L) {
    return L->At == L->Named && L->Locks.size() && lockAt(*L, Guard)->Side == LockSide::Fixed &&
           llvm::any_of(F.Open, [&](const MemberAccess *O) { return O->Named == L->Named; });
  });
  // What is only supposed says nothing beside what is in sight.
  if (llvm::any_of(F.Open, [&](const MemberAccess *O) { return !isOnlySupposed(*O, F); }))
    llvm::erase_if(F.Open, [&](const MemberAccess *O) { return isOnlySupposed(*O, F); });
  F.LockedSites = sites(F.Locked);
  F.OpenSites = sites(F.Open);
  return F;
}

/// The lock that is held at most of the accesses; a declared one before all others.
Finding judge(const Program &P, const MemberUse &Use) {
  Finding Best;
  std::vector<MemberLock> Tried;
  auto Try = [&](const MemberLock &L) {
    if (L.Side == LockSide::Other || L.Side == LockSide::Theirs ||
        llvm::any_of(Tried, [&](const MemberLock &T) { return T.same(L); }))
      return;
    Tried.push_back(L);
    Finding F = judgeFor(P, Use, L);
    auto Rank = [](const Finding &X) {
      return std::make_tuple(X.LockedSites, hasWrite(X.Locked), -int(X.Guard.Side));
    };
    if (Tried.size() == 1 || Rank(F) > Rank(Best))
      Best = std::move(F);
  };
  if (!Use.Declared.empty()) {
    Try(Use.Declared.front());
    return Best;
  }
  for (const MemberAccess &A : Use.Accesses)
    llvm::for_each(A.Locks, Try);
  return Best;
}

/// What the numbers are worth; nothing when they say too little.
std::optional<Confidence> confidence(const MemberUse &Use, const Finding &F) {
  if (F.Open.empty() || !(hasWrite(F.Locked) || hasWrite(F.Open)))
    return std::nullopt;
  if (!Use.Declared.empty())
    return Confidence::High;
  if (F.Locked.empty())
    return std::nullopt;
  size_t All = F.LockedSites + F.OpenSites;
  bool Most = 3 * F.LockedSites >= 2 * All;
  if (!hasWrite(F.Locked)) // read under it for the sake of something else, perhaps
    return Most && F.LockedSites >= 2 ? std::optional(Confidence::Low) : std::nullopt;
  bool Alone = llvm::any_of(F.Locked, [&](const MemberAccess *A) {
    const MemberLock *L = lockAt(*A, F.Guard);
    return A->Write && L && L->Alone;
  });
  // One lock for all, seen with it in one function: a coincidence as likely as not, or
  // the making of something that is only read afterwards.
  if (F.Guard.Side == LockSide::Fixed) {
    bool OneFunction = llvm::all_of(
        F.Locked, [&](const MemberAccess *A) { return A->In == F.Locked.front()->In; });
    if (OneFunction || !Most)
      return Alone && 2 * F.LockedSites >= All ? std::optional(Confidence::Low) : std::nullopt;
  }
  if (llvm::all_of(F.Open, [&](const MemberAccess *O) { return isOnlySupposed(*O, F); }))
    return Confidence::Low;
  // The lock of something larger, which callers hold as a rule.
  if (F.Guard.OfParent)
    return Most ? std::optional(Confidence::Low) : std::nullopt;
  // Seen under the lock once, and without it only in what helpers do with what they get.
  if (F.LockedSites < 2 &&
      llvm::all_of(F.Open, [](const MemberAccess *A) { return !(A->Named == A->At); }))
    return Confidence::Low;
  // A flag that is polled, or what is tested before the lock is taken: often meant so.
  if (llvm::all_of(F.Open,
                   [&](const MemberAccess *A) { return isFlag(*A) || isTestedFirst(*A, F); }))
    return 2 * F.LockedSites >= All ? std::optional(Confidence::Low) : std::nullopt;
  if (Most)
    return All >= 4 ? Confidence::High : Confidence::Medium;
  if (2 * F.LockedSites >= All)
    return Confidence::Medium;
  return Alone && 5 * F.LockedSites >= 2 * All ? std::optional(Confidence::Low) : std::nullopt;
}

std::string quoted(Symbol S) { return ("`" + S.str() + "`").str(); }

llvm::StringRef verb(const MemberAccess &A) { return A.Write ? "written" : "read"; }

class Reporter {
public:
  Reporter(const Program &P, Sink &Out) : P(P), Out(Out), Racing(racingAccesses(P)) {}

  void report(const MemberUse &Use) {
    Finding F = judge(P, Use);
    std::optional<Confidence> Sure = confidence(Use, F);
    if (!Sure || llvm::any_of(F.Open, [&](const MemberAccess *A) {
          return llvm::binary_search(Racing, A->At);
        }))
      return;
    F.Sure = *Sure;
    llvm::stable_sort(
        F.Open, [](const MemberAccess *A, const MemberAccess *B) { return rank(*A) < rank(*B); });
    llvm::stable_sort(
        F.Locked, [](const MemberAccess *A, const MemberAccess *B) { return rank(*A) < rank(*B); });
    say(Use, F);
  }

private:
  static std::tuple<bool, bool, size_t> rank(const MemberAccess &A) {
    return {A.Escapes, !A.Write, A.Through.size()};
  }

  std::string held(const MemberAccess &A) const {
    std::string S;
    for (const MemberLock &L : A.Locks)
      S += (S.empty() ? "" : " and ") + quoted(L.Text) + (L.Shared ? " for reading" : "");
    return S.empty() ? "no lock" : S;
  }

  std::string message(const Finding &F) const {
    const MemberAccess &A = *F.Open.front();
    std::string S = quoted(A.Text);
    if (A.Escapes)
      S = "a reference to " + S + " is returned here and used without " + quoted(F.Guard.Text);
    else {
      S += A.Named == A.At
               ? (" is " + verb(A) + " here").str()
               : (" is " + verb(A) + " by this call, at " +
                  llvm::sys::path::filename(A.At.File.str()) + ":" + llvm::Twine(A.At.Line) + ",")
                     .str();
      S += A.Locks.empty() ? " without " + quoted(F.Guard.Text)
                           : " with " + held(A) + ", not " + quoted(F.Guard.Text);
      if (const MemberLock *L = lockAt(A, F.Guard); L && L->Shared)
        return quoted(A.Text) + " is written here with " + quoted(L->Text) +
               " locked for reading only, which protects it at " + counted(F);
    }
    return S + ", which is held at " + counted(F);
  }

  static std::string counted(const Finding &F) {
    return std::to_string(F.LockedSites) + " of " + std::to_string(F.LockedSites + F.OpenSites) +
           " accesses";
  }

  void note(Advice &A, const llvm::Twine &What, const Span &At) const {
    std::string Text = What.str();
    bool Said =
        llvm::any_of(A.For, [&](const Evidence &E) { return E.What == Text && E.At == At; });
    if (At.valid() && !Said)
      A.For.push_back({std::move(Text), Symbol("T1"), 1, At});
  }

  void chain(Advice &A, const MemberAccess &X) const {
    for (const Hop &H : X.Through)
      note(A, "by this call, in `" + P.facts(H.In).Name.str() + "`", H.At);
  }

  void say(const MemberUse &Use, const Finding &F) {
    const MemberAccess &Here = *F.Open.front(),
                       &There = F.Locked.empty() ? Here : *F.Locked.front();
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = F.Sure;
    if (A.Sure == Confidence::Low)
      A.Level = Severity::Note;
    A.At = Here.Named;
    A.Message = message(F);
    if (!(Here.Named == Here.At))
      note(A, llvm::Twine(verb(Here)) + " here", Here.At);
    chain(A, Here);
    if (!F.Locked.empty()) {
      note(A, llvm::Twine(verb(There)) + " here, holding " + held(There), There.At);
      if (const MemberLock *L = lockAt(There, F.Guard))
        note(A, quoted(L->Text) + " is taken here", L->At);
      chain(A, There);
    }
    size_t Shown = 0;
    for (const MemberAccess *X : F.Open)
      if (!(X->Named == Here.Named) && Shown++ < MaxOpenShown)
        note(A,
             X->Escapes ? llvm::Twine("a reference to it is returned here")
                        : "also " + verb(*X) + " here, holding " + held(*X),
             X->Named);
    // Instantiations of one template are one place in the source.
    if (!Said.insert({A.At, Here.Text}).second)
      return;
    A.Identity = (P.facts(Here.In).Name.str() + " " + Use.Text.str()).str();
    Out.add(std::move(A));
  }

  const Program &P;
  Sink &Out;
  std::vector<Span> Racing;
  std::set<std::pair<Span, Symbol>> Said;
};

void run(const Program &P, const CheckOptions &, Sink &Out) {
  Reporter R(P, Out);
  for (MemberUse &Use : gatherMemberUses(P)) {
    mergeNested(Use);
    R.report(Use);
  }
}

} // namespace

HEDDLE_CHECK(Info, run)

} // namespace heddle
