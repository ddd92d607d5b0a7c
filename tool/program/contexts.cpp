/// Absolute names for places. The summaries name memory relative to a function;
/// to tell whether two threads meet at one object, both need its absolute name.
/// A context says what the parameters and `this` of a function stand for, and
/// for a lambda, in which activation its captures live.
///
/// Example: `Sampler s; s.start();` gives start the context This = {Local s};
/// the thread that it starts with [this] gets the same, so its write to
/// {This *.last} is one to {Local s .last}, like that of main.
#include "program/contexts.h"

#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

constexpr uint8_t MaxContexts = 12;
constexpr uint64_t ThisBit = uint64_t(1) << 63;

uint64_t hashOf(const Context &C) {
  auto Hash = [](const Place &P) { return llvm::DenseMapInfo<Place>::getHashValue(P); };
  uint64_t H = llvm::hash_combine(C.Function, C.Frame, C.Unit, Hash(C.This));
  for (const Place &P : C.Params)
    H = llvm::hash_combine(H, Hash(P));
  for (auto [Index, F] : C.Callables)
    H = llvm::hash_combine(H, Index, F);
  // Two values are reserved by the map.
  return H & ~(uint64_t(3) << 62);
}

uint64_t bitOf(const Place &P) {
  if (P.Root == RootKind::This)
    return ThisBit;
  return P.Root == RootKind::Parameter && P.Index < 63 ? uint64_t(1) << P.Index : 0;
}

/// Applies Fn to all places of a function that make a difference to others.
template <class Fn> void forPlaces(const FunctionFacts &F, Fn Apply) {
  for (const Access &A : F.Accesses)
    Apply(A.What);
  for (const LockOp &L : F.LockOps)
    Apply(L.Mutex);
  for (const BlockingCall &B : F.Blocking)
    Apply(B.Releases);
  for (const Launch &L : F.Launches) {
    Apply(L.Object);
    Apply(L.Handle);
    llvm::for_each(L.Args, Apply);
  }
  for (const Join &J : F.Joins)
    Apply(J.Handle);
  for (const Binding &B : F.Bindings)
    Apply(B.Pointer), Apply(B.Target);
  llvm::for_each(F.Returns, Apply);
}

} // namespace

Contexts::Contexts(const Program &P, const Names &N)
    : P(P), N(N), Count(P.Functions.size()), Used(P.Functions.size()), Spread(P.Functions.size()),
      Touches(P.Functions.size()), Captured(P.Functions.size()), Resolved(P.Functions.size()) {
  findCaptured();
  findUsed();
  findSpread();
  findExposed();
  findTouching();
}

void Contexts::findUsed() {
  for (const std::vector<FunctionId> &Cycle : P.BottomUp)
    for (unsigned Round = 0; Round < (Cycle.size() > 1 ? 3 : 1); ++Round)
      for (FunctionId F : Cycle) {
        const FunctionFacts &Facts = P.facts(F);
        uint64_t Bits = 0;
        forPlaces(Facts, [&](const Place &What) { Bits |= bitOf(What); });
        for (uint32_t I = 0; I < Facts.Calls.size(); ++I) {
          const Call &C = Facts.Calls[I];
          // What a library does is in the accesses; destructors end handles.
          if (P.Functions[F].Targets[I].empty())
            Bits |= bitOf(C.Object);
          for (const CallTarget &T : P.Functions[F].Targets[I]) {
            if (Used[T.Callee] & ThisBit)
              Bits |= bitOf(C.Object);
            for (uint32_t A = 0; A < C.Args.size() && A < 63; ++A)
              if (Used[T.Callee] >> A & 1)
                Bits |= bitOf(C.Args[A]);
          }
        }
        Used[F] |= Bits;
      }
}

/// Applies Fn to every place of F whose address gets out of the activation:
/// handed to a new thread, captured, stored in an object, or passed to a
/// function that does one of these.
template <class Fn> void Contexts::forSpread(FunctionId F, Fn Apply) {
  const FunctionFacts &Facts = P.facts(F);
  for (const Launch &L : Facts.Launches) {
    Apply(L.Object);
    llvm::for_each(L.Args, Apply);
  }
  for (const Binding &B : Facts.Bindings)
    // A plain pointer or reference of our own is one more name, no more.
    if (!(isOwnLocal(Facts, B.Pointer) && B.Pointer.Path.empty()))
      Apply(B.Target);
  for (uint32_t I = 0; I < Facts.Calls.size(); ++I)
    for (const CallTarget &T : P.Functions[F].Targets[I]) {
      uint64_t Bits = Spread[T.Callee];
      if (Bits & ThisBit)
        Apply(Facts.Calls[I].Object);
      for (uint32_t A = 0; A < Facts.Calls[I].Args.size() && A < 63; ++A)
        if (Bits >> A & 1)
          Apply(Facts.Calls[I].Args[A]);
    }
}

void Contexts::findSpread() {
  for (const std::vector<FunctionId> &Cycle : P.BottomUp)
    for (unsigned Round = 0; Round < (Cycle.size() > 1 ? 3 : 1); ++Round)
      for (FunctionId F : Cycle)
        forSpread(F, [&](const Place &What) {
          if (What.known())
            Spread[F] |= bitOf(What) | bitOf(resolved(F, What));
        });
}

void Contexts::findExposed() {
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    forSpread(F, [&](const Place &What) {
      if (!What.known())
        return;
      for (const Place &Named : {What, resolved(F, What)})
        if (Named.Root == RootKind::Local)
          Exposed.insert(Named.Name);
    });
    for (Symbol S : Captured[F])
      Exposed.insert(S);
  }
}

void Contexts::findTouching() {
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    const Summary &S = P.Functions[F].Effects;
    Touches[F] = S.ReadsGlobals || S.WritesGlobals || S.MayLaunch || S.Capped || S.Watched ||
                 llvm::any_of(S.Accesses, [](const EffectAccess &A) {
                   return A.What.Root == RootKind::Local || A.What.Root == RootKind::Global ||
                          (A.What.Root == RootKind::This && !A.What.Name.empty());
                 });
  }
}

bool Contexts::mayMeetOthers(uint32_t In) const {
  const Context &C = All[In];
  return Touches[C.Function] || C.This.known() || !C.Callables.empty() ||
         P.Functions[C.Function].Parent != None ||
         llvm::any_of(C.Params, [](const Place &Param) { return Param.known(); });
}

void Contexts::findCaptured() {
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    if (P.Functions[F].Parent == None)
      continue;
    const FunctionFacts &Facts = P.facts(F);
    auto Add = [&](const Place &What) {
      if (What.Root != RootKind::Local)
        return;
      FunctionId In = F;
      for (unsigned Depth = 0; In != None && Depth < 64; ++Depth) {
        if (isOwnLocal(P.facts(In), What) || P.Functions[In].Parent == None)
          break;
        Captured[In].push_back(What.Name);
        In = P.Functions[In].Parent;
      }
    };
    // What an init capture refers to is captured as well.
    auto AddBoth = [&](const Place &What) {
      Add(What);
      if (What.Root == RootKind::Local)
        Add(resolved(F, What));
    };
    forPlaces(Facts, AddBoth);
    for (const Call &C : Facts.Calls) {
      AddBoth(C.Object);
      llvm::for_each(C.Args, AddBoth);
    }
  }
  // A lambda that calls another one has what that one captured.
  for (const std::vector<FunctionId> &Cycle : P.BottomUp)
    for (FunctionId F : Cycle)
      if (P.Functions[F].Parent != None)
        for (const auto &Targets : P.Functions[F].Targets)
          for (const CallTarget &T : Targets)
            for (Symbol S : Captured[T.Callee])
              if (T.Callee != F && !isOwnLocal(P.facts(F), {RootKind::Local, S, 0, {}}))
                Captured[F].push_back(S);
  for (std::vector<Symbol> &Names : Captured) {
    llvm::sort(Names);
    Names.erase(std::unique(Names.begin(), Names.end()), Names.end());
  }
}

llvm::ArrayRef<Symbol> Contexts::captured(FunctionId Lambda) const { return Captured[Lambda]; }

uint32_t Contexts::add(Context C) {
  auto &Same = ByHash[hashOf(C)];
  for (uint32_t I : Same)
    if (All[I] == C)
      return I;
  if (Count[C.Function] == MaxContexts && C.Unit == None) {
    // Enough is known of this function; the rest is opaque.
    Context Opaque;
    Opaque.Function = C.Function;
    Opaque.Callables = C.Callables;
    Opaque.Params.resize(C.Params.size());
    if (!(Opaque == C))
      return add(std::move(Opaque));
  }
  if (Count[C.Function] < MaxContexts)
    ++Count[C.Function];
  Same.push_back(All.size());
  All.push_back(std::move(C));
  return All.size() - 1;
}

const Place &Contexts::resolved(FunctionId F, const Place &What) {
  auto [It, New] = Resolved[F].try_emplace(What);
  if (New) {
    Place R = resolve(P, F, What);
    return Resolved[F][What] = R;
  }
  return It->second;
}

Place Contexts::settle(uint32_t In, Place What) const {
  if (What.Root != RootKind::Global || All[In].Unit == None)
    return What;
  const auto &Renamed = N.Renamed[All[In].Unit];
  if (auto It = Renamed.find(What.Name); It != Renamed.end())
    What.Name = It->second;
  return What;
}

Absolute Contexts::absolute(uint32_t In, const Place &What) {
  FunctionId F = All[In].Function;
  const FunctionFacts &Facts = P.facts(F);
  if (!What.known())
    return {};
  Place Here = resolved(F, What);
  if (!Here.known())
    return {};
  llvm::StringRef Rest = Here.Path.str();
  bool Lambda = P.Functions[F].Parent != None;
  switch (Here.Root) {
  case RootKind::Unknown:
    return {};
  case RootKind::Result: {
    // A function without a body here and without arguments gives its only object.
    if (Here.Index >= Facts.Calls.size() || !P.Functions[F].Targets[Here.Index].empty())
      return {};
    const Call &C = Facts.Calls[Here.Index];
    if (C.Callee.empty() || C.System || !C.Args.empty() || C.Object.known() || C.Virtual ||
        !Here.Path.str().starts_with("*"))
      return {};
    return {{RootKind::Global, Symbol((C.Callee.str() + "()").str()), 0, Here.Path},
            Origin::Published,
            {},
            {}};
  }
  case RootKind::Global:
    return {settle(In, Here), Origin::Published, {}, {}};
  case RootKind::Heap:
    if (What.Root == RootKind::Global)
      return {Here, Origin::Published, {}, {}};
    if (Lambda && What.Root == RootKind::Local && !isOwnLocal(Facts, What))
      return {Here, Origin::Handed, ownerOf(What), What.Name, rootOf(What)};
    return {Here, Origin::Own, Facts.Usr, Here.Name};
  case RootKind::Local:
    // An init capture points to what the function around the lambda has bound it to.
    if (Lambda && isOwnLocal(Facts, Here) && Here.Path.str().contains('*') &&
        All[In].Frame != None && All[All[In].Frame].Function == P.Functions[F].Parent)
      if (Place Outside = resolved(P.Functions[F].Parent, Here);
          Outside.Root == RootKind::This || Outside.Root == RootKind::Parameter) {
        Absolute Outer = absolute(All[In].Frame, Outside);
        if (Outer.From == Origin::Own) {
          Outer.From = Origin::Handed;
          Outer.Via = rootOf(Outer.What);
        }
        return Outer;
      }
    if (!Lambda || isOwnLocal(Facts, Here))
      return {Here, Origin::Own, Facts.Usr, Here.Name};
    if (Here.Path.str().contains('*') && All[In].Frame != None &&
        All[All[In].Frame].Function == P.Functions[F].Parent) {
      Absolute Outer = absolute(All[In].Frame, Here);
      if (Outer.From != Origin::Published)
        Outer.From = Outer.What.known() ? Origin::Handed : Origin::Nobody;
      Outer.Via = rootOf(Here);
      return Outer;
    }
    // By the captured variable, be it the object or a pointer to it.
    return {Here, Origin::Handed, ownerOf(Here), Here.Name,
            rootOf(What.Root == RootKind::Local && !isOwnLocal(Facts, What) ? What : Here)};
  case RootKind::This:
    if (Lambda) {
      uint32_t Frame = All[In].Frame;
      if (Frame == None || All[Frame].Function != P.Functions[F].Parent)
        return {};
      Here.Name = {};
      Absolute Outer = absolute(Frame, Here);
      if (Outer.From == Origin::Own) {
        Outer.From = Origin::Handed;
        Outer.Via = rootOf(Outer.What);
      }
      return Outer;
    }
    if (!Here.Name.empty() && Here.Name != Facts.Usr)
      return {};
    break;
  case RootKind::Parameter:
    break;
  }
  Place Object = Here.Root == RootKind::This          ? All[In].This
                 : Here.Index < All[In].Params.size() ? All[In].Params[Here.Index]
                                                      : Place();
  if (!Rest.consume_front("*"))
    return {};
  if (!Object.known())
    return {opaque(Facts, Here), Origin::Own, Facts.Usr, Facts.Usr};
  Place Whole = further(Object, Rest);
  if (!Whole.known())
    return {};
  // Members of the object may be bound where the object was made.
  Place Bound = resolved(F, Whole);
  Place Owned = Object;
  if (Bound.Root == RootKind::Global || Bound.Root == RootKind::Heap ||
      Bound.Root == RootKind::Local) {
    Whole = Bound;
    // Another object, that a member points to.
    if (Bound.Root == RootKind::Local && Object.Root == RootKind::Heap)
      Owned = Bound;
  }
  return {settle(In, Whole),
          Whole.Root == RootKind::Global || Object.Root == RootKind::Global ? Origin::Published
                                                                            : Origin::Handed,
          ownerOf(Owned), Owned.Name, rootOf(Object)};
}

llvm::DenseSet<Place> Contexts::handed(uint32_t In) const {
  llvm::DenseSet<Place> Roots;
  for (Symbol S : Captured[All[In].Function])
    Roots.insert({RootKind::Local, S, 0, {}});
  for (unsigned Depth = 0; In != None && Depth < 64; ++Depth) {
    const Context &C = All[In];
    if (C.This.known())
      Roots.insert(rootOf(C.This));
    else
      Roots.insert({RootKind::This, P.facts(C.Function).Usr, 0, {}});
    // What the frame of a lambda was handed comes in as a captured local.
    if (Depth == 0)
      for (const Place &Param : C.Params)
        if (Param.known())
          Roots.insert(rootOf(Param));
    In = C.Frame;
  }
  return Roots;
}

uint32_t Contexts::frameFor(uint32_t In, FunctionId Lambda) const {
  FunctionId Parent = P.Functions[Lambda].Parent;
  for (unsigned Depth = 0; In != None && Depth < 64; ++Depth) {
    if (All[In].Function == Parent)
      return In;
    In = All[In].Frame;
  }
  return None;
}

uint32_t Contexts::forCall(uint32_t In, FunctionId Callee, const Place &Object,
                           llvm::ArrayRef<Place> Args, llvm::ArrayRef<Callable> Handed) {
  Context C;
  C.Function = Callee;
  C.Unit = All[In].Unit;
  auto Value = [&](const Place &What) {
    Absolute A = absolute(In, What);
    return isExposed(A.What) ? A.What : Place();
  };
  if (P.Functions[Callee].Parent != None)
    C.Frame = frameFor(In, Callee);
  else {
    if (Used[Callee] & ThisBit)
      C.This = Value(Object);
    if (!Handed.empty())
      C.Frame = In;
  }
  uint64_t Wanted = Used[Callee] & ~ThisBit;
  for (uint32_t I = 0; I < Args.size() && I < 63 && Wanted >> I; ++I)
    C.Params.push_back(Wanted >> I & 1 ? Value(Args[I]) : Place());
  while (!C.Params.empty() && C.Params.back() == Place())
    C.Params.pop_back();
  for (const Callable &H : Handed)
    if (auto Found = N.find(P, P.Functions[All[In].Function].Unit, H.Usr); Found.size() == 1)
      C.Callables.push_back({H.Arg, Found[0]});
  // What the caller was handed itself, and hands on.
  for (uint32_t I = 0; I < Args.size(); ++I)
    if (Args[I].Root == RootKind::Parameter && Args[I].Path.str() == "*")
      for (auto [Parameter, Function] : All[In].Callables)
        if (Parameter == Args[I].Index)
          C.Callables.push_back({I, Function});
  return add(std::move(C));
}

Place opaque(const FunctionFacts &F, const Place &What) {
  Place O = What;
  O.Name = F.Usr;
  return O;
}

Place rootOf(const Place &What) { return {What.Root, What.Name, What.Index, {}}; }

Symbol ownerOf(const Place &What) {
  switch (What.Root) {
  case RootKind::Local:
    return Symbol(What.Name.str().rsplit('#').first);
  case RootKind::This:
  case RootKind::Parameter:
  case RootKind::Heap:
    return What.Name;
  default:
    return {};
  }
}

} // namespace heddle
