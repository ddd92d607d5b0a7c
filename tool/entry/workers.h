/// Work in processes, because the front end parses hostile input: a crash or a
/// job that never ends costs that job, not the run.
///
/// Workers are forked once and then fed numbers of jobs over a socket; each
/// answers with a frame of eight bytes of length and that many bytes of result.
/// One that dies fails the job it had and is replaced. They end with the parent,
/// however that ends.
///
/// Example: with two workers and jobs 0..4, of which 1 crashes, `Done` is called
/// with four results and one error, in the order in which they come.
#pragma once

#include "llvm/Support/Error.h"
#include <functional>
#include <string>

namespace heddle {

/// The run was ended by a signal, such as Ctrl-C. Nothing is to be printed; the
/// exit code is 128 + Signal.
class Interrupted : public llvm::ErrorInfo<Interrupted> {
public:
  static char ID;
  explicit Interrupted(int Signal) : Signal(Signal) {}
  void log(llvm::raw_ostream &OS) const override;
  std::error_code convertToErrorCode() const override;
  int Signal;
};

struct WorkerOptions {
  unsigned Count = 1;   ///< Processes; at least one is used.
  unsigned Timeout = 0; ///< Seconds for one job; 0 for no limit.
};

/// Calls `Work` for each number below `Jobs`, in worker processes, and `Done`
/// here, once for each, as results come in. The error of a failed job says what
/// happened: `the analyzer crashed (signal 11, Segmentation fault)`. The caller
/// must have a single thread. Fails when the run was interrupted, or when no
/// process can be started; all workers have ended by then.
llvm::Error runWorkers(const WorkerOptions &O, size_t Jobs,
                       llvm::function_ref<std::string(size_t Job)> Work,
                       llvm::function_ref<void(size_t Job, llvm::Expected<std::string>)> Done);

} // namespace heddle
