/// Facts written by hand, for tests of the program stage: a Writer appends
/// events to the last block of a function.
#pragma once

#include "program/program.h"
#include "llvm/ADT/Twine.h"
#include <initializer_list>

namespace heddle::test {

inline Place global(llvm::StringRef Usr, llvm::StringRef Path = "") {
  return {RootKind::Global, Symbol(Usr), 0, Symbol(Path)};
}
/// USRs of locals begin with that of their function.
inline Place local(llvm::StringRef Function, llvm::StringRef Name, llvm::StringRef Path = "") {
  return {RootKind::Local, Symbol((Function + "#" + Name + "@1").str()), 0, Symbol(Path)};
}
inline Place parameter(uint32_t Index, llvm::StringRef Path = "*") {
  return {RootKind::Parameter, {}, Index, Symbol(Path)};
}
inline Place self(llvm::StringRef Path = "*") { return {RootKind::This, {}, 0, Symbol(Path)}; }

class Writer {
public:
  Writer(FunctionFacts &F, Symbol File, uint32_t Line) : F(F), File(File), Line(Line) {
    if (F.Blocks.empty())
      F.Blocks.emplace_back();
  }

  Writer &read(const Place &P) { return access(P, AccessKind::Read); }
  Writer &write(const Place &P) { return access(P, AccessKind::Write); }
  Writer &lock(const Place &M, bool Shared = false) {
    return lockOp(LockOpKind::Acquire, M, Shared);
  }
  Writer &unlock(const Place &M) { return lockOp(LockOpKind::Release, M, false); }
  Writer &tryLock(const Place &M) { return lockOp(LockOpKind::TryAcquire, M, false); }

  Writer &call(llvm::StringRef Callee, std::vector<Place> Args = {}, const Place &Object = {}) {
    Call C;
    C.Callee = C.Name = Symbol(Callee);
    C.Object = Object;
    C.Args = std::move(Args);
    C.Loop = F.Blocks.back().Loop;
    C.At = here();
    F.Calls.push_back(std::move(C));
    return event(EventKind::Call, F.Calls.size() - 1);
  }
  /// A library function that waits.
  Writer &blocks(llvm::StringRef Row, BlockCategory Category, const Place &Releases = {}) {
    call(Row);
    F.Calls.back().System = true;
    BlockingCall B;
    B.Call = F.Calls.size() - 1;
    B.Row = Symbol(Row);
    B.Category = Category;
    B.When = BlockWhen::Always;
    B.Level = Tier::A;
    B.Releases = Releases;
    F.Blocking.push_back(B);
    return *this;
  }
  Writer &start(llvm::StringRef Entry, const Place &Handle, std::vector<Place> Args = {},
                const Place &Object = {}) {
    Launch L;
    L.Entry = L.EntryName = Symbol(Entry);
    L.Handle = Handle;
    L.Args = std::move(Args);
    L.Object = Object;
    L.Loop = F.Blocks.back().Loop;
    L.At = here();
    F.Launches.push_back(std::move(L));
    return event(EventKind::Launch, F.Launches.size() - 1);
  }
  Writer &join(const Place &Handle, JoinKind Kind = JoinKind::Join) {
    Join J;
    J.Kind = Kind;
    J.Handle = Handle;
    J.Loop = F.Blocks.back().Loop;
    J.At = here();
    F.Joins.push_back(std::move(J));
    return event(EventKind::Join, F.Joins.size() - 1);
  }
  Writer &bind(const Place &Pointer, const Place &Target) {
    F.Bindings.push_back({Pointer, Target, here()});
    return *this;
  }
  Writer &returns(const Place &P) {
    F.Returns.push_back(P);
    return *this;
  }
  /// Opens another block; edges are given by goes().
  Writer &block(uint32_t Loop = None) {
    F.Blocks.emplace_back();
    F.Blocks.back().Loop = Loop;
    return *this;
  }
  Writer &goes(std::initializer_list<uint32_t> Next) {
    F.Blocks.back().Next = Next;
    return *this;
  }
  /// The last block ends in a branch on the last lock operation.
  Writer &branchesOnTry(uint32_t Taken) {
    F.Blocks.back().Try = F.LockOps.size() - 1;
    F.Blocks.back().TryTaken = Taken;
    return *this;
  }

  FunctionFacts &F;

private:
  Span here() {
    ++Line;
    return {File, Line, 1, Line, 9};
  }
  Writer &event(EventKind K, size_t Index) {
    F.Blocks.back().Events.push_back({K, uint32_t(Index)});
    return *this;
  }
  Writer &access(const Place &P, AccessKind K) {
    Access A;
    A.What = P;
    A.Kind = K;
    A.Text = Symbol(toString(P));
    A.At = here();
    F.Accesses.push_back(std::move(A));
    return event(EventKind::Access, F.Accesses.size() - 1);
  }
  Writer &lockOp(LockOpKind K, const Place &M, bool Shared) {
    LockOp L;
    L.Kind = K;
    L.Mutex = M;
    L.Shared = Shared;
    L.Text = Symbol(toString(M));
    L.At = here();
    F.LockOps.push_back(std::move(L));
    return event(EventKind::LockOp, F.LockOps.size() - 1);
  }

  Symbol File;
  uint32_t Line;
};

/// One translation unit. Functions are a hundred lines apart.
class Unit {
public:
  explicit Unit(llvm::StringRef File) { Facts.MainFile = Symbol(File); }

  /// The Writer stays valid until finish().
  Writer function(llvm::StringRef Usr, Linkage Link = Linkage::Unique) {
    auto F = std::make_unique<FunctionFacts>();
    uint32_t Line = 100 * (Functions.size() + 1);
    F->Usr = F->Name = Symbol(Usr);
    F->Link = Link;
    F->Main = Usr == "main";
    F->At = {Facts.MainFile, Line, 1, Line, 5};
    F->Body = {Facts.MainFile, Line, 6, Line + 99, 2};
    Functions.push_back(std::move(F));
    return Writer(*Functions.back(), Facts.MainFile, Line);
  }
  Unit &variable(llvm::StringRef Usr, bool Definition = true, Linkage Link = Linkage::Unique) {
    Variable V;
    V.Usr = V.Name = Symbol(Usr);
    V.Static = true;
    V.Definition = Definition;
    V.Link = Link;
    V.At = {Facts.MainFile, uint32_t(1 + Facts.Variables.size()), 1, 1, 2};
    Facts.Variables.push_back(std::move(V));
    return *this;
  }
  UnitFacts finish() {
    for (auto &F : Functions)
      Facts.Functions.push_back(std::move(*F));
    Functions.clear();
    return std::move(Facts);
  }

private:
  UnitFacts Facts;
  std::vector<std::unique_ptr<FunctionFacts>> Functions;
};

inline Program build(std::initializer_list<Unit *> Units) {
  std::vector<UnitFacts> All;
  for (Unit *U : Units)
    All.push_back(U->finish());
  return buildProgram(std::move(All), Models::builtin());
}

/// The function with this name; with several, that of the given file.
inline FunctionId named(const Program &P, llvm::StringRef Name, llvm::StringRef File = "") {
  for (FunctionId F = 0; F < P.Functions.size(); ++F)
    if (P.facts(F).Name.str() == Name && (File.empty() || P.facts(F).At.File.str() == File))
      return F;
  return None;
}

inline std::vector<std::string> texts(const Lockset &Held) {
  std::vector<std::string> Out;
  for (const HeldLock &L : Held)
    Out.push_back(toString(L.Mutex) + (L.Shared ? " shared" : ""));
  return Out;
}
/// "write global n", one for each access in the summary.
inline std::vector<std::string> accesses(const Program &P, llvm::StringRef Name) {
  std::vector<std::string> Out;
  for (const EffectAccess &A : P.function(named(P, Name)).Effects.Accesses)
    Out.push_back((enumNames(A.Kind)[size_t(A.Kind)] + " " + toString(A.What)).str());
  return Out;
}
/// Two threads may be at this place at once, and one writes.
inline bool meets(const Program &P, const Place &What) {
  for (const ThreadAccess &A : P.SharedAccesses)
    for (const ThreadAccess &B : P.SharedAccesses)
      if (A.What == What && B.What == What && A.Kind == AccessKind::Write && mayRunAtOnce(P, A, B))
        return true;
  return false;
}

} // namespace heddle::test
