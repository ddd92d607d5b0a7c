#include "advice/explainaccess.h"
#include "program/conflicts.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Path.h"
#include <map>
#include <set>

namespace heddle {

namespace {

/// Other accesses that are shown.
constexpr size_t MaxShown = 4;

/// From the worst to the best: of several contexts the worst speaks.
constexpr llvm::StringLiteral Verdicts[] = {"race",    "unknown",    "guarded", "read-only",
                                            "ordered", "one-thread", "owned",   "alone"};

bool isWrite(AccessKind K) { return K == AccessKind::Write || K == AccessKind::AtomicWrite; }
bool isAtomic(AccessKind K) { return K == AccessKind::AtomicRead || K == AccessKind::AtomicWrite; }

std::string quoted(Symbol S) { return "`" + S.str().str() + "`"; }

std::string lineOf(const Span &At) {
  return (llvm::sys::path::filename(At.File.str()) + ":" + llvm::Twine(At.Line)).str();
}

/// A lock of A that keeps B out.
const HeldLock *commonLock(const ThreadAccess &A, const ThreadAccess &B) {
  for (const HeldLock &L : A.Held)
    for (const HeldLock &O : B.Held)
      if (L.Mutex == O.Mutex && !(L.Shared && (O.Shared || isWrite(A.Kind))) &&
          !(O.Shared && isWrite(B.Kind)))
        return &L;
  return nullptr;
}

std::string locksOf(const ThreadAccess &A) {
  std::string S;
  for (const HeldLock &L : A.Held)
    S += (S.empty() ? "" : " and ") + quoted(L.Text) + (L.Shared ? " for reading" : "");
  return S.empty() ? "no lock" : S;
}

/// What one line does to one place, in the code.
struct Spelled {
  FunctionId In = None;
  const Access *First = nullptr;
  bool Reads = false, Writes = false, Plain = false;
};

class Explainer {
public:
  Explainer(const Program &P, const Observation &Seen, llvm::ArrayRef<Advice> Findings)
      : P(P), Seen(Seen), Findings(Findings), Known(P) {}

  AccessExplanation run(const Spelled &S) {
    const Access &A = *S.First;
    AccessExplanation Out;
    Out.At = A.At;
    Out.Text = A.Text.str();
    Out.Access = S.Reads && S.Writes ? "read and written" : S.Writes ? "written" : "read";
    Out.Function = P.facts(S.In).Name.str();
    Head = quoted(A.Text) + " is " + Out.Access + " here";
    if (!S.Plain)
      return give(Out, "atomic", Head + " by an atomic operation: others may do the same at once");
    if (finding(Out))
      return Out;
    std::vector<const ObservedAccess *> All;
    for (const ObservedAccess &O : Seen.Here)
      if (O.Is.At == A.At && O.Is.Text == A.Text)
        All.push_back(&O);
    if (All.empty())
      return unseen(Out, S);
    std::optional<AccessExplanation> Worst;
    for (const ObservedAccess *O : All) {
      AccessExplanation One = Out;
      judge(One, *O);
      if (!Worst || rank(One) < rank(*Worst))
        Worst = std::move(One);
    }
    return *Worst;
  }

  AccessExplanation ownThread(FunctionId In, const Access &A) {
    AccessExplanation Out;
    Out.At = A.At;
    Out.Text = A.Text.str();
    Out.Access = isWrite(A.Kind) ? "written" : "read";
    Out.Function = P.facts(In).Name.str();
    return give(Out, "thread-local",
                quoted(A.Text) + " is thread_local: every thread has one of its own");
  }

private:
  static AccessExplanation &give(AccessExplanation &E, llvm::StringRef Verdict,
                                 const llvm::Twine &Message) {
    E.Verdict = Verdict;
    E.Message = Message.str();
    return E;
  }
  static size_t rank(const AccessExplanation &E) {
    return llvm::find(Verdicts, E.Verdict) - std::begin(Verdicts);
  }
  static void note(AccessExplanation &E, const llvm::Twine &What, const Span &At) {
    std::string Text = What.str();
    if (At.valid() &&
        llvm::none_of(E.Places, [&](const Evidence &X) { return X.At == At && X.What == Text; }))
      E.Places.push_back({std::move(Text), {}, 0, At});
  }
  std::string thread(uint32_t T) const { return P.Threads[T].Name.str().str(); }
  /// The thread that the program of T begins with: another one's never meet T.
  uint32_t firstOf(uint32_t T) const {
    for (unsigned Depth = 0; P.Threads[T].Parent != None && Depth < 64; ++Depth)
      T = P.Threads[T].Parent;
    return T;
  }
  const Launch *startOf(uint32_t T) const { return P.Threads[T].Start; }

  /// A finding of a check of which this access is one side.
  bool finding(AccessExplanation &E) const {
    for (const Advice &A : Findings) {
      bool Side = A.At == E.At || llvm::any_of(A.For, [&](const Evidence &X) {
                    return X.At == E.At && X.Weight > 0;
                  });
      if (!Side || A.Check.str() == "threads-or-processes")
        continue;
      give(E, A.Sure == Confidence::Low ? "unknown" : "race", A.Message);
      E.Places.push_back({"found by heddle-" + A.Check.str().str(), A.Check, 0, A.At});
      for (const Evidence &X : A.For)
        note(E, X.What, X.At);
      for (const Evidence &X : A.Against)
        note(E, "against: " + X.What, X.At);
      return true;
    }
    return false;
  }

  /// No thread that was followed comes here.
  AccessExplanation unseen(AccessExplanation &E, const Spelled &S) const {
    bool AnyStart = llvm::any_of(P.Threads, [](const Thread &T) { return T.Start != nullptr; });
    if (!AnyStart)
      return give(E, "alone",
                  Head + ", and no thread is started in what was analysed: nothing runs at the "
                         "same time");
    const FunctionFacts &F = P.facts(S.In);
    return give(E, "unknown",
                Head +
                    ", and whether another thread may run then cannot be told: no thread that "
                    "was followed comes to `" +
                    F.Name.str() + "`");
  }

  void judge(AccessExplanation &E, const ObservedAccess &O) const {
    if (O.From == ObservedAccess::Nameless) {
      give(E, "unknown", Head + ", and which object that is cannot be told");
      return;
    }
    // Threads other than this one that touch the memory, and those that may now.
    std::vector<const ObservedAccess *> Others, Meeting;
    for (const ObservedAccess &X : Seen.Same) {
      if (!(X.Is.What == O.Is.What))
        continue;
      if (X.Is.Thread != O.Is.Thread && firstOf(X.Is.Thread) == firstOf(O.Is.Thread))
        Others.push_back(&X);
      if (mayRunAtOnce(P, O.Is, X.Is))
        Meeting.push_back(&X);
    }
    if (!Meeting.empty())
      return together(E, O, Meeting);
    if (Others.empty())
      return single(E, O);
    apart(E, O, Others);
  }

  /// Nobody else touches it.
  void single(AccessExplanation &E, const ObservedAccess &O) const {
    if (O.From == ObservedAccess::Own) {
      bool Local = O.Is.What.Root == RootKind::Local;
      give(E, "owned",
           Head + ", and the object " + (Local ? "is local to `" + E.Function + "` and " : "") +
               "was handed to no other thread");
      return;
    }
    if (O.From == ObservedAccess::Given && O.Is.Live.empty()) {
      give(E, "owned", Head + ", and only " + thread(O.Is.Thread) + " has the object");
      return;
    }
    give(E, "one-thread", Head + ", and only " + thread(O.Is.Thread) + " accesses it");
    if (const Launch *L = startOf(O.Is.Thread))
      note(E, "the thread starts here, and once", L->At);
  }

  /// The worst that the thread does to it.
  static const ObservedAccess *telling(llvm::ArrayRef<const ObservedAccess *> All, uint32_t T) {
    const ObservedAccess *Best = nullptr;
    for (const ObservedAccess *X : All)
      if (X->Is.Thread == T && (!Best || (isWrite(X->Is.Kind) && !isWrite(Best->Is.Kind))))
        Best = X;
    return Best;
  }

  /// Others touch it, but not while this may be executed.
  void apart(AccessExplanation &E, const ObservedAccess &O,
             llvm::ArrayRef<const ObservedAccess *> Others) const {
    std::string Why;
    std::set<uint32_t> Told;
    for (const ObservedAccess *X : Others) {
      uint32_t T = X->Is.Thread;
      if (Told.size() >= MaxShown || !Told.insert(T).second)
        continue;
      X = telling(Others, T);
      auto End = llvm::find_if(O.Ended, [&](const auto &E) { return E.first == T; });
      auto MyEnd = llvm::find_if(X->Ended, [&](const auto &E) { return E.first == O.Is.Thread; });
      std::string One;
      if (End != O.Ended.end()) {
        One = "after " + thread(T) + " has ended, at " + lineOf(End->second);
        note(E, thread(T) + " is waited for here", End->second);
      } else if (MyEnd != X->Ended.end()) {
        One = "before " + thread(T) + " comes to it, which waits for this one at " +
              lineOf(MyEnd->second);
        note(E, thread(O.Is.Thread) + " is waited for here", MyEnd->second);
      } else if (const Launch *L = startOf(T)) {
        One = "before " + thread(T);
        note(E, thread(T) + " starts here", L->At);
      } else if (const Launch *Mine = startOf(O.Is.Thread)) {
        One = "after what " + thread(T) + " does to it before it starts this one, at " +
              lineOf(Mine->At);
        note(E, thread(O.Is.Thread) + " starts here", Mine->At);
      } else
        One = "while " + thread(T) + " does not run";
      Why += (Why.empty() ? "" : ", and ") + One;
      note(E, std::string(isWrite(X->Is.Kind) ? "written" : "read") + " here by " + thread(T),
           X->Is.At);
    }
    give(E, "ordered", Head + " " + Why);
  }

  /// Others may touch it at the same time.
  void together(AccessExplanation &E, const ObservedAccess &O,
                llvm::ArrayRef<const ObservedAccess *> Meeting) const {
    std::vector<const ObservedAccess *> Conflicts;
    const ObservedAccess *Bare = nullptr;
    for (const ObservedAccess *X : Meeting) {
      if ((!isWrite(O.Is.Kind) && !isWrite(X->Is.Kind)) || isAtomic(X->Is.Kind))
        continue;
      Conflicts.push_back(X);
      if (!Bare && !commonLock(O.Is, X->Is))
        Bare = X;
    }
    if (Conflicts.empty()) {
      give(E, "read-only", Head + ", and while other threads run that have it, it is only read");
      others(E, Meeting);
      return;
    }
    if (!Bare) {
      // The lock that serves most often.
      std::map<std::string, size_t> Count;
      for (const ObservedAccess *X : Conflicts)
        ++Count[quoted(commonLock(O.Is, X->Is)->Text)];
      auto Best = std::max_element(Count.begin(), Count.end(), [](const auto &A, const auto &B) {
        return A.second < B.second;
      });
      give(E, "guarded",
           Head + " under " + Best->first + ", and so is every access that may run at once" +
               (Count.size() > 1 ? ", by it or another lock that both hold" : ""));
      for (const HeldLock &L : O.Is.Held)
        note(E, quoted(L.Text) + " is taken here", L.At);
      others(E, Conflicts);
      return;
    }
    std::string Doubt = doubt(O.Is, Bare->Is);
    std::string Both = std::string(isWrite(Bare->Is.Kind) ? "written" : "read") + " by " +
                       thread(Bare->Is.Thread) + " at " + lineOf(Bare->Is.At);
    if (!Doubt.empty())
      give(E, "unknown",
           Head + " and may be " + Both +
               " at the same time; whether that is a race cannot be "
               "told: " +
               Doubt);
    else
      give(E, "race",
           Head + " holding " + locksOf(O.Is) + ", and may be " + Both +
               " at the same time, holding " + locksOf(Bare->Is));
    others(E, {Bare});
    for (const HeldLock &L : O.Is.Held)
      note(E, quoted(L.Text) + " is taken here", L.At);
    if (const Launch *L = startOf(Bare->Is.Thread))
      note(E, thread(Bare->Is.Thread) + " starts here", L->At);
  }

  std::string doubt(const ThreadAccess &A, const ThreadAccess &B) const {
    Race One = Known.of(A, B), Two = Known.of(B, A);
    for (llvm::StringRef Doubt : {One.Doubt, Two.Doubt})
      if (!Doubt.empty())
        return Doubt.str();
    if (A.What.Path.str().contains("[]"))
      return "they may be different elements";
    if (!A.Certain || !B.Certain)
      return "it is reached by a virtual call or callback that has several candidates";
    if (A.What.Path.str().contains('*'))
      return "the pointer may lead to different objects";
    return "";
  }

  void others(AccessExplanation &E, llvm::ArrayRef<const ObservedAccess *> All) const {
    size_t Shown = 0;
    for (const ObservedAccess *X : All) {
      // Of `n++` the write is shown.
      bool Rest = !isWrite(X->Is.Kind) && llvm::any_of(All, [&](const ObservedAccess *O) {
        return isWrite(O->Is.Kind) && O->Is.At == X->Is.At && O->Is.Thread == X->Is.Thread;
      });
      if (X->Is.At == E.At || Rest)
        continue;
      if (++Shown > MaxShown)
        return;
      note(E,
           std::string(isWrite(X->Is.Kind) ? "written" : "read") + " here by " +
               thread(X->Is.Thread) + ", holding " + locksOf(X->Is),
           X->Is.At);
    }
  }

  const Program &P;
  const Observation &Seen;
  llvm::ArrayRef<Advice> Findings;
  Races Known;
  std::string Head;
};

} // namespace

std::vector<AccessExplanation> explainAccesses(const Program &P, const Observation &Seen,
                                               llvm::ArrayRef<Advice> Findings,
                                               llvm::function_ref<bool(Symbol File)> IsFile,
                                               uint32_t Line) {
  // Instances of one template stand for each other.
  std::map<std::pair<Span, Symbol>, Spelled> Spellings;
  std::map<std::pair<Span, Symbol>, AccessExplanation> Out;
  Explainer E(P, Seen, Findings);
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    const FunctionFacts &Facts = P.facts(F);
    if (!IsFile(Facts.Body.File))
      continue;
    for (const Access &A : Facts.Accesses) {
      if (A.At.Line != Line || !IsFile(A.At.File))
        continue;
      Spelled &S = Spellings[{A.At, A.Text}];
      if (S.In == None)
        S.In = F, S.First = &A;
      (isWrite(A.Kind) ? S.Writes : S.Reads) = true;
      S.Plain |= !isAtomic(A.Kind);
    }
    for (const Access &A : Facts.ThreadLocals)
      if (A.At.Line == Line && IsFile(A.At.File))
        Out.try_emplace({A.At, A.Text}, E.ownThread(F, A));
  }
  for (const auto &[Key, S] : Spellings)
    Out.try_emplace(Key, E.run(S));
  std::vector<AccessExplanation> All;
  for (auto &[Key, X] : Out)
    All.push_back(std::move(X));
  return All;
}

} // namespace heddle
