/// What must not be done in a signal handler, nor in the child of a process with threads,
/// before it runs another program.
#pragma once

#include "program/program.h"

namespace heddle {

/// A step that is not async-signal-safe.
struct UnsafeStep {
  UnsafeCause Cause = UnsafeCause::Lock;
  Symbol What;      ///< The function, or `new` and `delete`; of a lock, its name.
  bool Own = false; ///< A lock of the program, not of a library.
  /// Names the lock: USR of the variable, or of the member that it is whatever the object;
  /// of a library, what the function does. Empty when it is not known.
  Symbol Lock;
  bool OneObject = false; ///< It is a variable.
  std::string Why;        ///< `takes the lock of the heap`.
  Span At;
  FunctionId In = None;
  Chain Through; ///< Calls that lead to it.
  /// It is on the way to the end of the process, which its function takes now and then:
  /// a failed assertion.
  bool Rare = false;
};

/// Code that is walked from some point until it runs another program or ends the process.
struct SafetyWalk {
  std::vector<UnsafeStep> Unsafe; ///< The first of each What; nearest first.
  bool Returns = false;           ///< It may come back to its caller.
  bool Execs = false;             ///< It may run another program.
  bool Dies = false;              ///< It may end the process at once, or signal itself.
  /// What it returns, where that is always the same constant.
  std::optional<int64_t> Value;
};

/// The code that runs in the child of a fork, as far as it is in one function.
struct ChildCode {
  FunctionId In = None;
  Span At; ///< The call whose result tells the child that it is one.
  SafetyWalk What;
};

class SignalSafety {
public:
  explicit SignalSafety(const Program &P) : P(P) {}
  /// A call of the function.
  const SafetyWalk &of(FunctionId F);
  /// What runs in the child of L, a launch in F that tells it by its result: in F itself,
  /// and in callers of F that ask what F returns.
  std::vector<ChildCode> ofChild(FunctionId F, const Launch &L);

  /// As UnsafeStep::Lock, all locks that a call of the function may take. Sorted.
  std::vector<Symbol> locksTaken(FunctionId F) const;

private:
  struct Asked {
    uint32_t Call;
    int64_t Child; ///< What the call gives in the child.
  };
  SafetyWalk walk(FunctionId F, std::vector<uint32_t> From, const Asked *Child);
  bool step(FunctionId F, const Event &E, SafetyWalk &Out);
  bool call(FunctionId F, uint32_t Index, SafetyWalk &Out);
  void child(FunctionId F, Asked A, unsigned Depth, std::vector<ChildCode> &Out);

  const Program &P;
  llvm::DenseMap<FunctionId, SafetyWalk> Known;
  llvm::DenseSet<FunctionId> Active;
};

} // namespace heddle
