/// What a thread reaches of the objects of the function that starts it: by the
/// pointers and references that it is handed, and by what a lambda captures by
/// reference. The effects of the entry, callees included, are renamed as for a
/// call.
///
/// Example: `std::thread t(count, std::ref(n), m)` with `void count(int &n, int m)`
/// reaches the n of the caller, and has a copy of m.
#include "program/reached.h"
#include "program/contexts.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

/// Places that are kept of one start.
constexpr size_t MaxReached = 64;

class Reach {
public:
  Reach(const Program &P, FunctionId F, FunctionId Entry, const Launch &L)
      : P(P), F(F), Entry(Entry), L(L) {}

  std::vector<ReachedPlace> run() {
    if (Entry == None) {
      add(resolve(P, F, L.Object), L.At, F, false);
      for (const Place &A : L.Args)
        add(resolve(P, F, A), L.At, F, false);
      return std::move(Out);
    }
    const ProgramFunction &PF = P.Functions[Entry];
    for (const EffectAccess &A : PF.Effects.Accesses)
      add(here(A.What), A.At, A.Through.empty() ? Entry : None, true);
    // What the effects do not tell: synchronisation, and functions without a body.
    for (const LockOp &O : PF.Facts->LockOps)
      add(here(resolve(P, Entry, O.Mutex)), O.At, Entry, true);
    for (uint32_t I = 0; I < PF.Facts->Calls.size(); ++I) {
      const Call &C = PF.Facts->Calls[I];
      if (!PF.Targets[I].empty())
        continue;
      add(here(resolve(P, Entry, C.Object)), C.At, Entry, true);
      for (const Place &A : C.Args)
        add(here(resolve(P, Entry, A)), C.At, Entry, true);
    }
    return std::move(Out);
  }

private:
  /// A place of the entry in terms of F.
  Place here(const Place &What) const {
    llvm::StringRef Rest = What.Path.str();
    switch (What.Root) {
    case RootKind::Unknown:
    case RootKind::Global:
    case RootKind::Heap:
    case RootKind::Result:
      return {};
    case RootKind::Local:
      return isOwnLocal(P.facts(Entry), What) ? Place() : resolve(P, F, What);
    case RootKind::Parameter:
      if (What.Index >= L.Args.size() || !Rest.consume_front("*"))
        return {};
      return resolve(P, F, further(L.Args[What.Index], Rest));
    case RootKind::This: {
      if (P.Functions[Entry].Parent != None || !What.Name.empty()) { // captured
        bool SameMethod = outermost(P, Entry) == outermost(P, F);
        return SameMethod && What.Name.empty() ? resolve(P, F, What) : Place();
      }
      if (!Rest.consume_front("*"))
        return {};
      // A function object is copied; what its members point to is not.
      if (P.facts(Entry).Name.str().ends_with("operator()") && !Rest.contains('*'))
        return {};
      return resolve(P, F, further(L.Object, Rest));
    }
    }
    return {};
  }

  void add(const Place &What, const Span &At, FunctionId In, bool Certain) {
    if (!mayBeLocal(What) || Out.size() >= MaxReached ||
        llvm::any_of(Out, [&](const ReachedPlace &R) { return R.What == What; }))
      return;
    Out.push_back({What, At, In, Certain});
  }

  const Program &P;
  FunctionId F, Entry;
  const Launch &L;
  std::vector<ReachedPlace> Out;
};

} // namespace

Entries::Entries(const Program &P) : P(P) {
  for (FunctionId F = 0; F < P.Functions.size(); ++F)
    ByUsr[P.facts(F).Usr].push_back(F);
}

FunctionId Entries::find(Symbol Usr, uint32_t Unit) const {
  auto It = ByUsr.find(Usr);
  if (Usr.empty() || It == ByUsr.end())
    return None;
  for (FunctionId F : It->second)
    if (P.Functions[F].Unit == Unit)
      return F;
  return It->second.size() == 1 ? It->second.front() : None;
}

bool mayBeLocal(const Place &What) {
  return What.Root == RootKind::Local || What.Root == RootKind::Parameter ||
         What.Root == RootKind::This;
}

std::vector<ReachedPlace> reachedBy(const Program &P, const Entries &Known, FunctionId F,
                                    const Launch &L) {
  return Reach(P, F, Known.find(L.Entry, P.Functions[F].Unit), L).run();
}

} // namespace heddle
