#include "facts/facts.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/xxhash.h"

namespace heddle {

using Names = llvm::ArrayRef<llvm::StringLiteral>;

Names enumNames(RootKind) {
  static constexpr llvm::StringLiteral N[] = {"unknown", "global", "local", "parameter",
                                              "this",    "heap",   "result"};
  return N;
}
Names enumNames(AccessKind) {
  static constexpr llvm::StringLiteral N[] = {"read", "write", "atomicRead", "atomicWrite"};
  return N;
}
Names enumNames(LockOpKind) {
  static constexpr llvm::StringLiteral N[] = {"acquire", "release", "tryAcquire", "adopt",
                                              "prepare"};
  return N;
}
Names enumNames(LockSort) {
  static constexpr llvm::StringLiteral N[] = {"mutex", "semaphore", "flag", "once"};
  return N;
}
Names enumNames(SyncKind) {
  static constexpr llvm::StringLiteral N[] = {"signal", "wait", "both", "init"};
  return N;
}
Names enumNames(BlockCategory) {
  static constexpr llvm::StringLiteral N[] = {"file",     "network", "socket",    "dns",
                                              "process",  "sleep",   "lock",      "terminal",
                                              "database", "ipc",     "sync-wait", "gpu"};
  return N;
}
Names enumNames(BlockWhen) {
  static constexpr llvm::StringLiteral N[] = {"always", "maybe", "if-not-nonblocking"};
  return N;
}
Names enumNames(Tier) {
  static constexpr llvm::StringLiteral N[] = {"A", "B", "C"};
  return N;
}
Names enumNames(LaunchKind) {
  static constexpr llvm::StringLiteral N[] = {"thread", "task",    "parallel-region", "process",
                                              "signal", "handler", "coroutine"};
  return N;
}
Names enumNames(JoinKind) {
  static constexpr llvm::StringLiteral N[] = {"join", "detach", "move"};
  return N;
}
Names enumNames(Relation) {
  static constexpr llvm::StringLiteral N[] = {"equal",       "notEqual", "less",
                                              "lessOrEqual", "greater",  "greaterOrEqual"};
  return N;
}
Names enumNames(ReturnKind) {
  static constexpr llvm::StringLiteral N[] = {"none", "unknown", "constant", "result", "test"};
  return N;
}
bool ResultTest::holds(int64_t Value) const {
  switch (Is) {
  case Relation::Equal:
    return Value == To;
  case Relation::NotEqual:
    return Value != To;
  case Relation::Less:
    return Value < To;
  case Relation::LessEqual:
    return Value <= To;
  case Relation::Greater:
    return Value > To;
  case Relation::GreaterEqual:
    return Value >= To;
  }
  return true;
}
Names enumNames(EventKind) {
  static constexpr llvm::StringLiteral N[] = {"access", "lockOp", "call",        "launch",
                                              "join",   "sync",   "lifetimeEnd", "allocation"};
  return N;
}
size_t countOf(const FunctionFacts &F, EventKind K) {
  switch (K) {
  case EventKind::Access:
    return F.Accesses.size();
  case EventKind::LockOp:
    return F.LockOps.size();
  case EventKind::Call:
    return F.Calls.size();
  case EventKind::Launch:
    return F.Launches.size();
  case EventKind::Join:
    return F.Joins.size();
  case EventKind::Sync:
    return F.Syncs.size();
  case EventKind::LifetimeEnd:
    return F.LifetimeEnds.size();
  case EventKind::Allocation:
    return F.Allocations.size();
  }
  return 0;
}
Names enumNames(ScalarUse) {
  static constexpr llvm::StringLiteral N[] = {"private", "reduction", "induction", "wrap-around",
                                              "carried"};
  return N;
}
Names enumNames(LoopKind) {
  static constexpr llvm::StringLiteral N[] = {"for", "range-for", "while", "do", "algorithm"};
  return N;
}
Names enumNames(DirectiveKind) {
  static constexpr llvm::StringLiteral N[] = {"parallel",  "worksharing", "sections", "section",
                                              "single",    "master",      "critical", "atomic",
                                              "barrier",   "ordered",     "task",     "taskwait",
                                              "taskgroup", "taskloop",    "simd",     "other"};
  return N;
}
Names enumNames(ClauseKind) {
  static constexpr llvm::StringLiteral N[] = {"private", "firstprivate", "lastprivate",
                                              "linear",  "reduction",    "inReduction",
                                              "shared",  "copyprivate"};
  return N;
}
Names enumNames(DependKind) {
  static constexpr llvm::StringLiteral N[] = {"in", "out", "mutexinoutset", "inoutset"};
  return N;
}
Names enumNames(DefaultSharing) {
  static constexpr llvm::StringLiteral N[] = {"unset", "shared", "none", "private", "firstprivate"};
  return N;
}
Names enumNames(ScheduleKind) {
  static constexpr llvm::StringLiteral N[] = {"unset",  "static", "dynamic",
                                              "guided", "auto",   "runtime"};
  return N;
}
Names enumNames(GuardKind) {
  static constexpr llvm::StringLiteral N[] = {"zero", "nonZero", "positive"};
  return N;
}
Names enumNames(RegionStepKind) {
  static constexpr llvm::StringLiteral N[] = {"directive",   "loop",   "branch",
                                              "alternative", "access", "call"};
  return N;
}
Names enumNames(Visibility) {
  static constexpr llvm::StringLiteral N[] = {"public", "protected", "private"};
  return N;
}
Names enumNames(Linkage) {
  static constexpr llvm::StringLiteral N[] = {"internal", "unique", "inline"};
  return N;
}

Place extend(const Place &P, llvm::StringRef Step) {
  Place R = P;
  if (!P.known())
    return R;
  llvm::StringRef Path = P.Path.str();
  // Out of a member and into it again.
  while (Step.starts_with(".-")) {
    llvm::StringRef Member =
        Step.drop_front(2).take_until([](char C) { return C == '.' || C == '*' || C == '['; });
    if (!Path.ends_with(Member) || !Path.drop_back(Member.size()).ends_with("."))
      break;
    Path = Path.drop_back(Member.size() + 1);
    Step = Step.drop_front(2 + Member.size());
  }
  R.Path = Symbol((llvm::Twine(Path) + Step).str());
  return R;
}

std::string toString(const Place &P) {
  std::string S = enumNames(P.Root)[size_t(P.Root)].str();
  if (P.Root == RootKind::Parameter || P.Root == RootKind::Result)
    S += " " + std::to_string(P.Index);
  else if (P.Name)
    S += (" " + P.Name.str()).str();
  if (P.Path)
    S += (" " + P.Path.str()).str();
  return S;
}

std::string digest(llvm::StringRef Content) {
  llvm::XXH128_hash_t H = llvm::xxh3_128bits(llvm::arrayRefFromStringRef(Content));
  return llvm::utohexstr(H.high64, true, 16) + llvm::utohexstr(H.low64, true, 16);
}

} // namespace heddle
