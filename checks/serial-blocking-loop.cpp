#include "advice/check.h"
#include "program/loops.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace heddle;

static const CheckInfo Info = {
    "serial-blocking-loop",
    "independent waits one after the other in a loop",
    "T3",
    Severity::Warning,
    /*DefaultOn=*/true,
    "0.1",
    R"(
## What it finds

A loop whose every iteration waits for the network, for a name lookup, for a file or for a process of
its own, directly or through the functions it calls, and whose iterations are otherwise independent.
The waits could overlap, but happen one after the other.

## Why it matters

Waiting costs no processor time. Ten lookups of 50 ms take half a second in a row, and 50 ms when
they overlap, on a single core.

## Example

```cpp
void resolveAll(const std::vector<std::string> &Hosts, std::vector<addrinfo *> &Found) {
  for (size_t I = 0; I < Hosts.size(); ++I)
    getaddrinfo(Hosts[I].c_str(), nullptr, nullptr, &Found[I]);
}
```

> each iteration waits for `getaddrinfo` (dns), and the iterations are independent: the waits can
> overlap

Repair: start all of them, then collect, on a pool of bounded size or with an asynchronous interface:

```cpp
  std::vector<std::future<void>> Waits;
  for (size_t I = 0; I < Hosts.size(); ++I)
    Waits.push_back(std::async(std::launch::async, [&, I] {
      getaddrinfo(Hosts[I].c_str(), nullptr, nullptr, &Found[I]);
    }));
  for (auto &W : Waits)
    W.get();
```

## What it does not report

* Loops over one stream: accept, poll, reading until the end of a file. The order is the point there.
* Loops that only wait for what was started before: joining threads, collecting futures.
* Loops that only sleep, and loops without a known end.
* Loops of which an iteration needs what another one left, or leaves early.
)",
    {},
};

namespace {

struct Wait {
  uint32_t Call = None; ///< In the loop's function.
  const BlockingCall *Fact = nullptr;
  Span At;
  Chain Through;
};

class Finder {
public:
  Finder(const Program &P, FunctionId F, uint32_t L)
      : P(P), F(F), Facts(P.facts(F)), L(L), T(Facts.Loops[L]) {}

  std::optional<Wait> find() const;

private:
  bool inside(uint32_t Other) const {
    for (; Other != None; Other = Facts.Loops[Other].Parent)
      if (Other == L)
        return true;
    return false;
  }
  /// The place is another object in each iteration.
  bool own(const Place &On) const {
    return On.Path.str().contains("[]") ||
           (On.Root == RootKind::Local && llvm::is_contained(T.Locals, On.Name)) ||
           (On.Root == RootKind::Result && On.Index < Facts.Calls.size() &&
            inside(Facts.Calls[On.Index].Loop));
  }
  bool launches() const {
    return llvm::any_of(Facts.Launches, [&](const Launch &X) { return inside(X.Loop); });
  }
  bool worthIt(const BlockingCall &B, bool Own, bool Known) const;
  bool declaredIn(const FunctionFacts &G, Symbol Variable) const;
  bool argumentVaries(uint32_t Call, uint32_t Argument) const;

  const Program &P;
  FunctionId F;
  const FunctionFacts &Facts;
  uint32_t L;
  const Loop &T;
};

/// Own: what is waited on is another object in each iteration. Known: we know
/// what is waited on at all.
bool Finder::worthIt(const BlockingCall &B, bool Own, bool Known) const {
  if (Known && !Own)
    return false;
  switch (B.Category) {
  case BlockCategory::Dns:
  case BlockCategory::Network:
    return B.Level == Tier::A;
  case BlockCategory::Socket:
  case BlockCategory::Database:
    return B.Level == Tier::A && Own;
  case BlockCategory::File:
    return B.Level != Tier::C && Own;
  case BlockCategory::Process:
    // Starting and waiting in one; a wait alone is for what runs already.
    return B.Level == Tier::A && P.Apis && P.Apis->find(B.Row.str()).Launches;
  case BlockCategory::SyncWait:
    return B.Level == Tier::A && (Own || !Known) && launches();
  default:
    return false;
  }
}

bool Finder::declaredIn(const FunctionFacts &G, Symbol Variable) const {
  const heddle::Variable *V = P.Variables.lookup(Variable);
  return V && V->At.File == G.Body.File &&
         std::tie(V->At.Line, V->At.Column) >= std::tie(G.Body.Line, G.Body.Column) &&
         std::tie(V->At.Line, V->At.Column) < std::tie(G.Body.EndLine, G.Body.EndColumn);
}

bool Finder::argumentVaries(uint32_t Call, uint32_t Argument) const {
  for (const Loop &Each : Facts.Loops)
    for (const LoopArgument &A : Each.Arguments)
      if (A.Call == Call && A.Argument == Argument)
        return own(A.What.Base) || llvm::any_of(A.What.Subscripts, [&](const Affine &S) {
                 return !S.Known || llvm::any_of(S.Terms, [&](const Term &X) {
                   return X.Variable == T.Index || llvm::is_contained(T.Locals, X.Variable);
                 });
               });
  return false;
}

std::optional<Wait> Finder::find() const {
  for (const BlockingCall &B : Facts.Blocking) {
    if (B.Call >= Facts.Calls.size() || !inside(Facts.Calls[B.Call].Loop))
      continue;
    if (worthIt(B, own(B.On), B.On.known()))
      return Wait{B.Call, &B, Facts.Calls[B.Call].At, {}};
  }
  const ProgramFunction &Here = P.function(F);
  for (uint32_t C = 0; C < Facts.Calls.size() && C < Here.Targets.size(); ++C) {
    if (!inside(Facts.Calls[C].Loop))
      continue;
    for (const CallTarget &To : Here.Targets[C])
      for (const EffectBlock &E : P.function(To.Callee).Effects.Blocks) {
        if (!E.Fact || E.In == None || !E.Held.empty())
          continue;
        const Place &On = E.Fact->On;
        bool Own = On.Root == RootKind::Local && declaredIn(P.facts(E.In), On.Name);
        if (E.In == To.Callee && On.Root == RootKind::Parameter)
          Own = argumentVaries(C, On.Index);
        if (E.In == To.Callee && On.Root == RootKind::This)
          Own = argumentVaries(C, None);
        if (worthIt(*E.Fact, Own, On.known()))
          return Wait{C, E.Fact, E.At, E.Through};
      }
  }
  return std::nullopt;
}

void run(const Program &P, const CheckOptions &, Sink &Out) {
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    const FunctionFacts &Facts = P.facts(F);
    std::vector<bool> Settled(Facts.Loops.size());
    for (uint32_t L = 0; L < Facts.Loops.size(); ++L) {
      const Loop &T = Facts.Loops[L];
      Settled[L] = (T.Parent != None && Settled[T.Parent]) || !T.Parallel.empty();
      if (Settled[L] || T.Index.empty() || (T.Trip && *T.Trip < 2))
        continue;
      std::optional<Wait> W = Finder(P, F, L).find();
      if (!W)
        continue;
      LoopJudgement J = judgeLoop(P, F, L, {.IgnoreIo = true});
      if (J.Verdict == LoopVerdict::Carried || J.Verdict == LoopVerdict::Unknown)
        continue;
      Settled[L] = true;
      llvm::StringRef Category = enumNames(BlockCategory())[size_t(W->Fact->Category)];
      Advice A;
      A.Check = Symbol(Info.Name);
      A.Verdict = Symbol("async");
      A.Kind = Symbol("loop");
      A.At = T.At;
      A.Sure = J.Verdict == LoopVerdict::Conditional ? Confidence::Low : Confidence::Medium;
      std::string If =
          J.Assumptions.empty() ? std::string() : " if " + llvm::join(J.Assumptions, " and ");
      A.Message = ("each iteration waits for `" + W->Fact->Row.str() + "` (" + Category +
                   "), and the iterations are independent" + If + ": the waits can overlap")
                      .str();
      const Span &At = Facts.Calls[W->Call].At;
      if (At == W->At)
        A.For.push_back(
            {("`" + W->Fact->Row.str() + "` may wait here").str(), Symbol("T3"), 1, At});
      else {
        A.For.push_back(
            {("`" + Facts.Calls[W->Call].Name.str() + "` is called here").str(), {}, 0, At});
        for (const Hop &H : W->Through)
          if (!(H.At == W->At))
            A.For.push_back({H.In == None
                                 ? std::string("through this call")
                                 : ("`" + P.facts(H.In).Name.str() + "` goes on to it here").str(),
                             {},
                             0,
                             H.At});
        A.For.push_back(
            {("`" + W->Fact->Row.str() + "` may wait here").str(), Symbol("T3"), 1, W->At});
      }
      if (!W->Fact->Instead.empty())
        A.For.push_back({("instead: " + W->Fact->Instead.str()).str(), Symbol("T3"), 0, At});
      A.Identity = (Facts.Name.str() + " loop " + llvm::Twine(L) + " " + W->Fact->Row.str()).str();
      Out.add(std::move(A));
    }
  }
}

} // namespace

HEDDLE_CHECK(Info, run)
