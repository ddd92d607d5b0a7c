#include "advice/measure.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include <algorithm>
#include <map>
#include <set>

namespace heddle {

using llvm::Twine;

void addFact(Opportunity &O, FactKind K, double Value, const Twine &What, Span At, Chain Through) {
  O.Facts.push_back({K, Value, What.str(), At.valid() ? At : O.At, std::move(Through)});
}

bool isPrivate(const Program &P, Body Code, const Place &What) {
  if (What.Root != RootKind::Local)
    return false;
  auto V = P.Variables.find(What.Name);
  if (V == P.Variables.end() || Code.Loop == None)
    return true;
  const Span &Inside = P.facts(Code.In).Loops[Code.Loop].Body, &At = V->second->At;
  return At.File == Inside.File && At.Line >= Inside.Line && At.Line <= Inside.EndLine;
}

namespace {

/// "1 place", "3 places".
std::string count(size_t N, llvm::StringRef One, llvm::StringRef Many) {
  return (Twine(N) + " " + (N == 1 ? One : Many)).str();
}
std::string count(size_t N, llvm::StringRef One) { return count(N, One, (One + "s").str()); }

std::string percent(double Share) {
  return std::to_string(static_cast<int>(Share * 100 + 0.5)) + "%";
}

std::string bytes(double N) {
  constexpr double Unit = 1024;
  if (N < Unit)
    return std::to_string(static_cast<long long>(N)) + " bytes";
  if (N < Unit * Unit)
    return std::to_string(static_cast<long long>(N / Unit)) + " KiB";
  return std::to_string(static_cast<long long>(N / Unit / Unit)) + " MiB";
}

/// All accesses of the body to one place.
struct Touched {
  bool Written = false, Plain = false; ///< Plain: written other than atomically.
  Lockset Common;                      ///< Held at every access.
  Symbol Text, Type;
  Span At; ///< A write, where there is one.
  Chain Through;

  void add(AccessKind Kind, const Lockset &Held, Symbol ItsText, Symbol ItsType, const Span &ItsAt,
           const Chain &ItsThrough) {
    bool Write = Kind == AccessKind::Write || Kind == AccessKind::AtomicWrite;
    bool First = !At.valid();
    if (First)
      Common = Held;
    else
      llvm::erase_if(Common, [&](const HeldLock &L) {
        return llvm::none_of(Held, [&](const HeldLock &O) { return O.Mutex == L.Mutex; });
      });
    if (First || (Write && !Written)) {
      Text = ItsText, Type = ItsType, At = ItsAt, Through = ItsThrough;
    }
    Written |= Write;
    Plain |= Kind == AccessKind::Write;
  }
};
using Places = std::map<Place, Touched>;

/// Held at an access of a callee: what the caller holds and the callee did not
/// give back, and what the callee took.
Lockset merged(const Lockset &A, const Lockset &B, llvm::ArrayRef<Place> Dropped) {
  Lockset L = A;
  llvm::erase_if(L, [&](const HeldLock &X) { return llvm::is_contained(Dropped, X.Mutex); });
  L.insert(L.end(), B.begin(), B.end());
  llvm::sort(L);
  return L;
}

/// What the body touches and what it could not resolve.
struct Surroundings {
  Places Shared;
  size_t Unresolved = 0;
  std::string WhyUnresolved;
  Span UnresolvedAt;

  void unresolved(const Twine &Why, const Span &At) {
    if (!Unresolved++)
      WhyUnresolved = Why.str(), UnresolvedAt = At;
  }
};

/// Calls Then(Event, Held, Loop) for each event of the body.
template <class Fn> void forEvents(const Program &P, Body Code, Fn Then) {
  const ProgramFunction &PF = P.function(Code.In);
  for (size_t B = 0; B < PF.Facts->Blocks.size(); ++B) {
    const Block &Blk = PF.Facts->Blocks[B];
    if (!insideLoop(*PF.Facts, Blk.Loop, Code.Loop))
      continue;
    for (size_t E = 0; E < Blk.Events.size(); ++E)
      Then(Blk.Events[E], locksAt(PF, B, E), Blk.Loop);
  }
}

void touchCall(const Program &P, Body Code, uint32_t Index, const Lockset &Held, Surroundings &S) {
  const ProgramFunction &PF = P.function(Code.In);
  const Call &C = PF.Facts->Calls[Index];
  if (Index >= PF.Targets.size() || PF.Targets[Index].empty()) {
    bool Known = C.System || (P.Apis && !C.Name.empty() && P.Apis->find(C.Name.str()));
    if (!Known)
      S.unresolved(C.Name.empty()
                       ? Twine("a call through a pointer could not be resolved")
                       : "the body of `" + Twine(C.Name.str()) + "` is not in the database",
                   C.At);
    return;
  }
  for (const CallTarget &T : PF.Targets[Index]) {
    const Summary &Effects = P.function(T.Callee).Effects;
    if (!Effects.Complete)
      S.unresolved("the effects of `" + Twine(C.Name.str()) + "` are not all known" +
                       (Effects.WhyIncomplete ? ": " + Effects.WhyIncomplete.str() : Twine()).str(),
                   C.At);
    for (const EffectAccess &A : Effects.Accesses) {
      Place Here = translate(P, Code.In, Index, A.What);
      if (!Here.known() || Here.Root == RootKind::Result || isPrivate(P, Code, Here))
        continue;
      Chain Through = {{Code.In, C.At}};
      Through.insert(Through.end(), A.Through.begin(), A.Through.end());
      S.Shared[Here].add(A.Kind, merged(Held, A.Held, A.Dropped), A.Text, A.Type, A.At, Through);
    }
  }
}

Surroundings look(const Program &P, Body Code) {
  Surroundings S;
  const FunctionFacts &F = P.facts(Code.In);
  forEvents(P, Code, [&](const Event &E, const Lockset &Held, uint32_t) {
    if (E.Kind == EventKind::Call)
      return touchCall(P, Code, E.Index, Held, S);
    if (E.Kind != EventKind::Access)
      return;
    const Access &A = F.Accesses[E.Index];
    Place What = resolve(P, Code.In, A.What);
    if (!What.known())
      What = A.What;
    if (What.known() && What.Root != RootKind::Result && !isPrivate(P, Code, What))
      S.Shared[What].add(A.Kind, Held, A.Text, A.Type, A.At, {});
  });
  if (F.Incomplete)
    S.unresolved(F.Incomplete.str(), F.At);
  return S;
}

/// For a launch the program already knows what its threads share with others.
Places lookAtThreads(const Program &P, llvm::ArrayRef<uint32_t> Threads) {
  Places All;
  for (auto It = P.SharedAccesses.begin(), End = P.SharedAccesses.end(); It != End;) {
    auto Next = std::find_if(It, End, [&](const ThreadAccess &A) { return !(A.What == It->What); });
    bool Ours = false, Others = false;
    for (auto A = It; A != Next; ++A) {
      bool Mine = llvm::is_contained(Threads, A->Thread);
      Ours |= Mine;
      Others |= !Mine || P.Threads[A->Thread].Many;
    }
    if (Ours && Others) {
      Touched &T = All[It->What];
      for (auto A = It; A != Next; ++A)
        T.add(A->Kind, A->Held, A->Text, A->Type, A->At, A->Through);
    }
    It = Next;
  }
  return All;
}

double sizeOf(const Program &P, const Place &What) {
  if (What.Root != RootKind::Global && What.Root != RootKind::Local)
    return 0;
  auto V = P.Variables.find(What.Name);
  return V == P.Variables.end() ? 0 : double(V->second->Size);
}

bool throughPointer(const Place &What, const Touched &T) {
  return T.Type.str().ends_with("*") || What.Path.str().count('*') > 1;
}

void measureShared(const Program &P, const Places &Shared, bool Resolved, Opportunity &O) {
  // Where the iterations are known to be independent, what they write without a
  // lock are places of their own.
  bool Apart = O.Kind == OpportunityKind::Loop && O.fact(FactKind::Independent);
  size_t Written = 0, Linked = 0;
  const Touched *Witness = nullptr, *LinkedAt = nullptr, *LargestRead = nullptr;
  std::set<Symbol> Roots;
  double ReadBytes = 0, LargestSize = 0;
  for (const auto &[What, T] : Shared) {
    if (T.Written && Apart && T.Plain && T.Common.empty())
      continue;
    if (throughPointer(What, T) && !Linked++)
      LinkedAt = &T;
    if (!T.Written) {
      double Size = sizeOf(P, What);
      if (!Roots.insert(What.Name).second || Size == 0)
        continue;
      ReadBytes += Size;
      if (Size > LargestSize)
        LargestSize = Size, LargestRead = &T;
      continue;
    }
    if (!Written++)
      Witness = &T;
    if (T.Plain && T.Common.empty())
      O.Unprotected.push_back({FactKind::SharedWritten, 1,
                               ("`" + T.Text.str() +
                                "` is written here without a lock that all "
                                "its users hold")
                                   .str(),
                               T.At, T.Through});
  }
  llvm::sort(O.Unprotected, [](const Fact &A, const Fact &B) { return A.At < B.At; });
  if (Written)
    addFact(
        O, FactKind::SharedWritten, Written,
        "workers would write " +
            (Written == 1 ? "the shared place" : count(Written, "shared place") + ", among them") +
            " `" + Witness->Text.str().str() + "`",
        Witness->At, Witness->Through);
  else if (Resolved)
    addFact(O, FactKind::SharedWritten, 0, "no place that workers would share is written");
  if (LargestRead)
    addFact(O, FactKind::SharedReadBytes, ReadBytes,
            Twine("workers would only read ") + bytes(ReadBytes) + " of shared data, most of it `" +
                LargestRead->Text.str() + "`",
            LargestRead->At, LargestRead->Through);
  if (Linked)
    addFact(O, FactKind::PointerRich, Linked,
            count(Linked, "shared place") + (Linked == 1 ? " is" : " are") +
                " reached through pointers, such as `" + LinkedAt->Text.str() + "`",
            LinkedAt->At, LinkedAt->Through);
}

/// Adds a call of one known function that is made without a lock.
void addCallee(const Program &P, FunctionId Caller, uint32_t Index, const LockSteps &Inner,
               double Times, LockSteps &S) {
  S.All += Times * Inner.All;
  for (const auto &[Mutex, U] : Inner.Locks) {
    Place Here = translate(P, Caller, Index, Mutex);
    if (!Here.known())
      continue;
    LockSteps::Under &To = S.Locks[Here];
    To.Steps += Times * U.Steps, To.Lock = U.Lock;
  }
}

LockSteps countSteps(const Program &P, const Guidelines &G, const Reach &R, Body Code,
                     const LockStepsOf &Known) {
  LockSteps S;
  const ProgramFunction &PF = P.function(Code.In);
  S.All = Code.Loop == None ? PF.Facts->Cost : PF.Facts->Loops[Code.Loop].Cost;
  forEvents(P, Code, [&](const Event &E, const Lockset &Held, uint32_t Loop) {
    double Weight = 1, Times = trips(*PF.Facts, Loop, Code.Loop, G);
    if (E.Kind == EventKind::Call) {
      for (const BlockingCall &B : PF.Facts->Blocking)
        if (B.Call == E.Index && B.Level != Tier::C)
          Weight += G.wait(B.Category);
      if (E.Index < PF.Targets.size() && PF.Targets[E.Index].size() == 1) {
        FunctionId Callee = PF.Targets[E.Index][0].Callee;
        if (Held.empty())
          return addCallee(P, Code.In, E.Index, Known[Callee], Times, S);
        Weight += P.function(Callee).Effects.Cost + sum(R.Waits[Callee]);
      }
    } else if (E.Kind != EventKind::Access)
      return;
    S.All += Times * Weight;
    for (const HeldLock &L : Held) {
      LockSteps::Under &To = S.Locks[L.Mutex];
      To.Steps += Times * Weight, To.Lock = L;
    }
  });
  return S;
}

void measureLocks(const Program &P, const Guidelines &G, const Reach &R, Body Code,
                  const LockStepsOf &Known, Opportunity &O) {
  LockSteps S = countSteps(P, G, R, Code, Known);
  const LockSteps::Under *Most = nullptr;
  for (const auto &[Mutex, U] : S.Locks)
    if (Mutex.known() && (!Most || U.Steps > Most->Steps))
      Most = &U;
  if (!Most || S.All <= 0)
    return;
  double Share = std::min(1.0, Most->Steps / S.All);
  addFact(O, FactKind::LockedShare, Share,
          percent(Share) + " of the steps stand under the lock `" + Most->Lock.Text.str() + "`",
          Most->Lock.At);
}

/// The most expensive kind of wait, with the call chain to one of its calls.
void measureWaits(const Program &P, const Guidelines &G, Body Code, const WaitCosts &Waits,
                  Opportunity &O) {
  double Wait = sum(Waits), All = O.UnitWork + Wait + O.UnitLaunch;
  if (Wait <= 0) {
    addFact(O, FactKind::WaitShare, 0, "nothing waits here");
    return;
  }
  const FunctionFacts &F = P.facts(Code.In);
  struct {
    const BlockingCall *Call = nullptr;
    Span At;
    Chain Through;
    double Cost = 0;
  } Worst;
  auto consider = [&](const BlockingCall &B, const Span &At, Chain Through) {
    double Cost = B.Level == Tier::C ? 0 : G.wait(B.Category);
    if (Cost > Worst.Cost || (Cost == Worst.Cost && Cost > 0 && At < Worst.At))
      Worst = {&B, At, std::move(Through), Cost};
  };
  for (const BlockingCall &B : F.Blocking)
    if (insideLoop(F, F.Calls[B.Call].Loop, Code.Loop))
      consider(B, F.Calls[B.Call].At, {});
  const ProgramFunction &PF = P.function(Code.In);
  for (size_t I = 0; I < PF.Targets.size(); ++I) {
    if (!insideLoop(F, F.Calls[I].Loop, Code.Loop))
      continue;
    for (const CallTarget &T : PF.Targets[I])
      for (const EffectBlock &B : P.function(T.Callee).Effects.Blocks) {
        Chain Through = {{Code.In, F.Calls[I].At}};
        Through.insert(Through.end(), B.Through.begin(), B.Through.end());
        if (B.Fact)
          consider(*B.Fact, B.At, std::move(Through));
      }
  }
  std::string Where;
  if (Worst.Call)
    Where = (", most of it in `" + Worst.Call->Row.str() + "` (" +
             enumNames(BlockCategory{})[static_cast<size_t>(Worst.Call->Category)] + ")")
                .str();
  double Share = Wait / All;
  addFact(O, FactKind::WaitShare, Share,
          "about " + percent(Share) + " of the time goes into waiting" + Where, Worst.At,
          Worst.Through);
  auto part = [&](std::initializer_list<WaitKind> Kinds) {
    double Part = 0;
    for (WaitKind K : Kinds)
      Part += Waits[static_cast<size_t>(K)];
    return Part / Wait;
  };
  using enum WaitKind;
  if (double Net = part({Network, Socket, Dns, Ipc}); Net > 0)
    addFact(O, FactKind::NetworkShare, Net,
            percent(Net) + " of the waiting is for the network or for pipes", Worst.At,
            Worst.Through);
  if (double Files = part({File, Database}); Files > 0)
    addFact(O, FactKind::FileShare, Files,
            percent(Files) + " of the waiting is for files and databases", Worst.At, Worst.Through);
}

void measureIsolation(const Program &P, const Reach &R, Body Code, Opportunity &O) {
  struct Group {
    size_t Count = 0;
    ReachedHazard First;
  } Wide, Unsafe;
  llvm::StringSet<> Seen;
  auto take = [&](const HazardModel &Row, const Span &At, Chain Through) {
    if (!Seen.insert(Row.Name.str()).second)
      return;
    Group &To = Row.Kind == HazardKind::ProcessWide ? Wide : Unsafe;
    if (!To.Count++)
      To.First = {&Row, At, std::move(Through)};
  };
  const ProgramFunction &PF = P.function(Code.In);
  for (size_t I = 0; I < PF.Facts->Calls.size(); ++I) {
    const Call &C = PF.Facts->Calls[I];
    if (!insideLoop(*PF.Facts, C.Loop, Code.Loop))
      continue;
    if (const HazardModel *H = hazardOf(P, Code.In, C))
      take(*H, C.At, {});
    if (I >= PF.Targets.size())
      continue;
    for (const CallTarget &T : PF.Targets[I]) {
      if (!T.Certain)
        continue;
      for (const ReachedHazard &H : R.Hazards[T.Callee]) {
        Chain Through = {{Code.In, C.At}};
        Through.insert(Through.end(), H.Through.begin(), H.Through.end());
        take(*H.Row, H.At, std::move(Through));
      }
    }
  }
  if (Wide.Count)
    addFact(O, FactKind::ProcessWide, Wide.Count,
            "`" + Twine(Wide.First.Row->Name.str()) + "` changes state of the whole process" +
                (Wide.First.Row->Why.empty() ? "" : ": " + Wide.First.Row->Why),
            Wide.First.At, Wide.First.Through);
  if (Unsafe.Count)
    addFact(O, FactKind::ThreadUnsafe, Unsafe.Count,
            "`" + Twine(Unsafe.First.Row->Name.str()) + "` is not thread-safe" +
                (Unsafe.First.Row->Why.empty() ? "" : ": " + Unsafe.First.Row->Why),
            Unsafe.First.At, Unsafe.First.Through);
}

void measureData(const Program &P, const Places &Shared, Opportunity &O) {
  double Copied = 0, Crossing = 0;
  const Touched *CopiedAt = nullptr, *CrossingAt = nullptr;
  std::set<Symbol> Seen;
  for (const auto &[What, T] : Shared) {
    double Size = sizeOf(P, What);
    if (Size == 0 || !T.Written || !Seen.insert(What.Name).second)
      continue;
    bool Static = What.Root == RootKind::Global;
    (Static ? Copied : Crossing) += Size;
    (Static ? CopiedAt : CrossingAt) = &T;
  }
  if (CopiedAt)
    addFact(O, FactKind::WorkerBytes, Copied,
            "each process would need its own copy of at least " + bytes(Copied) +
                " of static data, such as `" + CopiedAt->Text.str() + "`",
            CopiedAt->At, CopiedAt->Through);
  if (CrossingAt)
    addFact(O, FactKind::ItemBytes, Crossing,
            "at least " + bytes(Crossing) + " would cross between processes, such as `" +
                CrossingAt->Text.str() + "`",
            CrossingAt->At, CrossingAt->Through);
}

void measureFork(const Program &P, const Reach &R, Body Code, llvm::ArrayRef<uint32_t> Own,
                 Opportunity &O) {
  size_t Running = 0;
  Span First;
  for (uint32_t I = 0; I < P.Threads.size(); ++I) {
    const Thread &T = P.Threads[I];
    if (!T.Start || T.Starter == None || llvm::is_contained(Own, I) ||
        (T.Start->Kind != LaunchKind::Thread && T.Start->Kind != LaunchKind::Task) ||
        !R.MainsOf[T.Starter].anyCommon(R.MainsOf[O.In]))
      continue;
    if (!Running++)
      First = T.Start->At;
  }
  if (Running)
    addFact(O, FactKind::ThreadsRunning, Running,
            count(Running, "other thread") + " of the program may run when a process is forked",
            First);
}

} // namespace

LockStepsOf countLockSteps(const Program &P, const Guidelines &G, const Reach &R) {
  LockStepsOf All(P.Functions.size());
  for (const std::vector<FunctionId> &Cycle : P.BottomUp)
    for (FunctionId F : Cycle)
      All[F] = countSteps(P, G, R, {F, None}, All);
  return All;
}

void measure(const Program &P, const Guidelines &G, const Reach &R, Body Code,
             llvm::ArrayRef<uint32_t> Threads, const LockStepsOf &Locks, Opportunity &O) {
  Surroundings S = look(P, Code);
  if (O.Kind == OpportunityKind::Launch || O.Kind == OpportunityKind::Handler)
    S.Shared = lookAtThreads(P, Threads);
  measureShared(P, S.Shared, S.Unresolved == 0, O);
  measureLocks(P, G, R, Code, Locks, O);

  WaitCosts Waits = allWaits(P, R, Code.In, Code.Loop, G);
  if (O.UnitLaunch > 0)
    Waits[static_cast<size_t>(WaitKind::Process)] = 0;
  measureWaits(P, G, Code, Waits, O);
  measureIsolation(P, R, Code, O);
  measureData(P, S.Shared, O);
  measureFork(P, R, Code, Threads, O);
  if (S.Unresolved)
    addFact(O, FactKind::Unresolved, S.Unresolved,
            S.WhyUnresolved +
                (S.Unresolved > 1 ? " (and " + std::to_string(S.Unresolved - 1) + " more)" : ""),
            S.UnresolvedAt);
}

} // namespace heddle
