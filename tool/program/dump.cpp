/// The Program as JSON: `heddle dump --stage=program`. Everything is text that a
/// person can read and a test can match; what is empty is left out.
#include "program/loops.h"
#include "program/program.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

namespace heddle {

namespace {

using llvm::json::Array;
using Object = llvm::json::Object;
using llvm::json::Value;

template <class T> std::string nameOf(T Enumerator) {
  return enumNames(Enumerator)[static_cast<size_t>(Enumerator)].str();
}

Value text(const llvm::Twine &T) {
  std::string S = T.str();
  return llvm::json::isUTF8(S) ? Value(std::move(S)) : Value(llvm::json::fixUTF8(S));
}
Value text(const Place &P) { return text(toString(P)); }
Value text(const HeldLock &L) {
  return text(llvm::Twine(toString(L.Mutex)) + (L.Shared ? " shared" : ""));
}
Value text(const Span &S) {
  return text(S.File.str() + ":" + llvm::Twine(S.Line) + ":" + llvm::Twine(S.Column));
}

template <class T> Array list(const T &All) {
  Array A;
  for (const auto &E : All)
    A.push_back(text(E));
  return A;
}

void put(Object &O, llvm::StringRef Key, Array A) {
  if (!A.empty())
    O[Key] = std::move(A);
}
void put(Object &O, llvm::StringRef Key, bool B) {
  if (B)
    O[Key] = true;
}

Value hop(const Program &P, const Hop &H) {
  return text(P.facts(H.In).Name.str() + " at " + H.At.File.str() + ":" + llvm::Twine(H.At.Line) +
              ":" + llvm::Twine(H.At.Column));
}

Array chain(const Program &P, const Chain &C) {
  Array A;
  for (const Hop &H : C)
    A.push_back(hop(P, H));
  return A;
}

Object effects(const Program &P, const Summary &S) {
  Object O;
  Array Accesses, Blocks, Bindings;
  for (const EffectAccess &A : S.Accesses) {
    Object E{{"what", text(nameOf(A.Kind) + " " + toString(A.What))}, {"at", text(A.At)}};
    put(E, "held", list(A.Held));
    put(E, "dropped", list(A.Dropped));
    put(E, "through", chain(P, A.Through));
    Accesses.push_back(std::move(E));
  }
  for (const EffectBlock &B : S.Blocks) {
    Object E{{"row", text(B.Fact->Row.str())},
             {"category", nameOf(B.Fact->Category)},
             {"tier", nameOf(B.Fact->Level)},
             {"at", text(B.At)}};
    put(E, "held", list(B.Held));
    put(E, "dropped", list(B.Dropped));
    put(E, "through", chain(P, B.Through));
    Blocks.push_back(std::move(E));
  }
  for (const Binding &B : S.Bindings)
    Bindings.push_back(text(toString(B.Pointer) + " -> " + toString(B.Target)));
  put(O, "accesses", std::move(Accesses));
  put(O, "blocks", std::move(Blocks));
  put(O, "acquired", list(S.Acquired));
  put(O, "released", list(S.Released));
  put(O, "returns", list(S.Returns));
  put(O, "bindings", std::move(Bindings));
  put(O, "pure", S.Pure);
  put(O, "doesIo", S.DoesIo);
  put(O, "readsGlobals", S.ReadsGlobals);
  put(O, "writesGlobals", S.WritesGlobals);
  put(O, "writesUnknown", S.WritesUnknown);
  put(O, "mayLaunch", S.MayLaunch);
  O["cost"] = S.Cost;
  if (!S.Complete)
    O["incomplete"] = text(S.WhyIncomplete.str());
  return O;
}

std::string eventText(const FunctionFacts &F, const Event &E) {
  switch (E.Kind) {
  case EventKind::Access:
    return nameOf(F.Accesses[E.Index].Kind) + " " + F.Accesses[E.Index].Text.str().str();
  case EventKind::LockOp:
    return nameOf(F.LockOps[E.Index].Kind) + " " + F.LockOps[E.Index].Text.str().str();
  case EventKind::Call:
    return "call " + F.Calls[E.Index].Name.str().str();
  case EventKind::Launch:
    return "launch " + F.Launches[E.Index].EntryName.str().str();
  case EventKind::Join:
    return nameOf(F.Joins[E.Index].Kind);
  case EventKind::Sync:
    return nameOf(F.Syncs[E.Index].Kind) + " " + F.Syncs[E.Index].Text.str().str();
  case EventKind::LifetimeEnd:
    return "end of a local";
  case EventKind::Allocation:
    return F.Allocations[E.Index].Frees ? "delete" : "new";
  }
  return {};
}

/// Events at which locks are held or the caller's were given back.
Array locksets(const ProgramFunction &PF) {
  Array Out;
  for (size_t B = 0; B < PF.Held.size(); ++B)
    for (size_t E = 0; E < PF.Held[B].size(); ++E) {
      bool Released = !PF.Released.empty() && !PF.Released[B][E].empty();
      if (PF.Held[B][E].empty() && !Released)
        continue;
      Object O{{"event", text(eventText(*PF.Facts, PF.Facts->Blocks[B].Events[E]))}};
      put(O, "held", list(PF.Held[B][E]));
      if (Released)
        put(O, "released", list(PF.Released[B][E]));
      Out.push_back(std::move(O));
    }
  return Out;
}

Array loops(const Program &P, FunctionId Id) {
  Array Out;
  const FunctionFacts &F = P.facts(Id);
  for (uint32_t L = 0; L < F.Loops.size(); ++L) {
    LoopJudgement J = judgeLoop(P, Id, L);
    Object O{{"at", text(F.Loops[L].At)}, {"verdict", text(nameOf(J.Verdict))}};
    if (!J.Reason.empty())
      O["reason"] = text(J.Reason);
    if (J.To.valid())
      O["because"] = text(J.To);
    Array If;
    for (const std::string &A : J.Assumptions)
      If.push_back(text(A));
    put(O, "if", std::move(If));
    Out.push_back(std::move(O));
  }
  return Out;
}

Object function(const Program &P, const ProgramFunction &PF) {
  const FunctionFacts &F = *PF.Facts;
  Object O{{"name", text(F.Name.str())}, {"usr", text(F.Usr.str())}, {"at", text(F.At)}};
  Array Calls;
  for (size_t I = 0; I < PF.Targets.size(); ++I) {
    if (PF.Targets[I].empty())
      continue;
    Array To;
    for (const CallTarget &T : PF.Targets[I])
      To.push_back(text(P.facts(T.Callee).Name.str() + " at " + P.facts(T.Callee).At.File.str() +
                        ":" + llvm::Twine(P.facts(T.Callee).At.Line)));
    Calls.push_back(Object{{"at", text(F.Calls[I].At)}, {"to", std::move(To)}});
  }
  put(O, "calls", std::move(Calls));
  put(O, "locks", locksets(PF));
  put(O, "loops", loops(P, static_cast<FunctionId>(&PF - P.Functions.data())));
  O["summary"] = effects(P, PF.Effects);
  return O;
}

Object thread(const Program &P, const Thread &T) {
  Object O{{"name", text(T.Name.str())}, {"entry", text(P.facts(T.Entry).Name.str())}};
  if (T.Starter != None)
    O["starter"] = text(P.facts(T.Starter).Name.str());
  if (T.Start)
    O["at"] = text(T.Start->At);
  put(O, "many", T.Many);
  return O;
}

Object threadCall(const Program &P, const ThreadCall &C) {
  Object O{{"thread", C.Thread}, {"in", text(P.facts(C.In).Name.str())}, {"at", text(C.At)}};
  put(O, "held", list(C.Held));
  put(O, "through", chain(P, C.Through));
  put(O, "live", Array(C.Live));
  put(O, "uncertain", !C.Certain);
  return O;
}

Object order(const Program &P, const LockOrder &L) {
  Object O = threadCall(P, L);
  O["first"] = text(L.First);
  O["then"] = text(L.Then);
  return O;
}

Object hazard(const Program &P, const HazardCall &H) {
  Object O = threadCall(P, H);
  O["call"] = text(H.What->Name.str());
  if (H.On.known())
    O["on"] = text(H.On);
  return O;
}

Object sharedAccess(const Program &P, const ThreadAccess &A) {
  Object O{{"what", text(nameOf(A.Kind) + " " + toString(A.What))},
           {"text", text(A.Text.str())},
           {"thread", A.Thread},
           {"in", text(P.facts(A.In).Name.str())},
           {"at", text(A.At)}};
  if (!(A.Named == A.At))
    O["named"] = text(A.Named);
  put(O, "held", list(A.Held));
  put(O, "through", chain(P, A.Through));
  Array Live;
  for (uint32_t T : A.Live)
    Live.push_back(T);
  put(O, "live", std::move(Live));
  put(O, "uncertain", !A.Certain);
  return O;
}

} // namespace

llvm::json::Value programJson(const Program &P) {
  Array Units, Functions, Threads, Shared, Orders, Hazards;
  for (const LockOrder &L : P.LockOrders)
    Orders.push_back(order(P, L));
  for (const HazardCall &H : P.HazardCalls)
    Hazards.push_back(hazard(P, H));
  for (const UnitFacts &U : P.Units)
    Units.push_back(text(U.MainFile.str()));
  std::vector<const ProgramFunction *> Sorted;
  for (const ProgramFunction &PF : P.Functions)
    Sorted.push_back(&PF);
  llvm::sort(Sorted, [](const ProgramFunction *A, const ProgramFunction *B) {
    return std::tie(A->Facts->At, A->Facts->Usr, A->Unit) <
           std::tie(B->Facts->At, B->Facts->Usr, B->Unit);
  });
  for (const ProgramFunction *PF : Sorted)
    Functions.push_back(function(P, *PF));
  for (const Thread &T : P.Threads)
    Threads.push_back(thread(P, T));
  for (const ThreadAccess &A : P.SharedAccesses)
    Shared.push_back(sharedAccess(P, A));
  llvm::json::Object O;
  O["complete"] = P.complete();
  put(O, "units", std::move(Units));
  put(O, "functions", std::move(Functions));
  put(O, "threads", std::move(Threads));
  put(O, "lockOrders", std::move(Orders));
  put(O, "hazardCalls", std::move(Hazards));
  put(O, "sharedAccesses", std::move(Shared));
  return O;
}

} // namespace heddle
