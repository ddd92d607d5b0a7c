#include "entry/workers.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace heddle {

using Clock = std::chrono::steady_clock;

char Interrupted::ID = 0;
void Interrupted::log(llvm::raw_ostream &OS) const { OS << "interrupted"; }
std::error_code Interrupted::convertToErrorCode() const {
  return std::make_error_code(std::errc::interrupted);
}

namespace {

/// A result beyond this is no result but a worker gone wrong.
constexpr uint64_t LargestResult = uint64_t(1) << 32;
/// The front end recurses; deep nesting must not look like a crash.
constexpr rlim_t WorkerStack = 256u << 20;

bool sendAll(int Fd, const void *Data, size_t Size) {
  const char *P = static_cast<const char *>(Data);
  while (Size) {
    ssize_t N = ::send(Fd, P, Size, MSG_NOSIGNAL);
    if (N < 0 && errno == EINTR)
      continue;
    if (N <= 0)
      return false;
    P += N;
    Size -= N;
  }
  return true;
}

bool receiveAll(int Fd, void *Data, size_t Size) {
  char *P = static_cast<char *>(Data);
  while (Size) {
    ssize_t N = ::recv(Fd, P, Size, 0);
    if (N < 0 && errno == EINTR)
      continue;
    if (N <= 0)
      return false;
    P += N;
    Size -= N;
  }
  return true;
}

/// Signals that end the run. They are blocked but for the time spent waiting,
/// so that none is lost between a look at `Caught` and the wait.
constexpr int Endings[] = {SIGINT, SIGTERM, SIGHUP};
volatile sig_atomic_t Caught = 0;
void onEnding(int Signal) { Caught = Signal; }

class SignalScope {
public:
  SignalScope() {
    Caught = 0;
    sigset_t Block;
    sigemptyset(&Block);
    for (size_t I = 0; I < std::size(Endings); ++I) {
      struct sigaction A = {};
      A.sa_handler = onEnding;
      sigemptyset(&A.sa_mask);
      ::sigaction(Endings[I], nullptr, &Old[I]);
      // What the caller ignores (nohup) stays ignored.
      if (Old[I].sa_handler != SIG_IGN) {
        ::sigaction(Endings[I], &A, nullptr);
        sigaddset(&Block, Endings[I]);
      }
    }
    ::sigprocmask(SIG_BLOCK, &Block, &Waiting);
  }
  ~SignalScope() {
    for (size_t I = 0; I < std::size(Endings); ++I)
      ::sigaction(Endings[I], &Old[I], nullptr);
    ::sigprocmask(SIG_SETMASK, &Waiting, nullptr);
  }
  sigset_t Waiting; ///< The mask to wait with.

private:
  struct sigaction Old[std::size(Endings)];
};

struct Worker {
  pid_t Process = -1;
  int Socket = -1;
  int Errors = -1; ///< A file in memory that takes its standard error.
  std::optional<size_t> Job;
  Clock::time_point Since;
  std::string Received;

  bool alive() const { return Process > 0; }
};

/// What a failed assertion or a fatal error of LLVM said, before any backtrace.
std::string firstLine(int Fd) {
  char Buffer[512];
  ssize_t N = ::pread(Fd, Buffer, sizeof Buffer, 0);
  if (N <= 0)
    return {};
  llvm::StringRef Line = llvm::StringRef(Buffer, N).ltrim().split('\n').first.rtrim();
  return Line.take_front(200).str();
}

/// The life of a worker. Nothing of the parent's state may be touched on the
/// way out: its streams would be flushed twice.
[[noreturn]] void serve(int Socket, int Errors, pid_t Parent,
                        llvm::function_ref<std::string(size_t)> Work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != Parent)
    ::_exit(1);
  // Ctrl-C reaches the whole group; the parent decides.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  ::signal(SIGTERM, SIG_DFL);
  sigset_t None;
  sigemptyset(&None);
  ::sigprocmask(SIG_SETMASK, &None, nullptr);
  rlimit Limit;
  if (::getrlimit(RLIMIT_STACK, &Limit) == 0 && Limit.rlim_cur < WorkerStack) {
    Limit.rlim_cur = std::min(WorkerStack, Limit.rlim_max);
    ::setrlimit(RLIMIT_STACK, &Limit);
  }
  rlimit NoCore = {0, 0};
  ::setrlimit(RLIMIT_CORE, &NoCore);
  if (int Null = ::open("/dev/null", O_RDWR); Null >= 0) {
    ::dup2(Null, STDIN_FILENO);
    ::dup2(Null, STDOUT_FILENO);
    ::dup2(Errors >= 0 ? Errors : Null, STDERR_FILENO);
  }
  for (uint64_t Job; receiveAll(Socket, &Job, sizeof Job);) {
    if (Errors >= 0 && ::ftruncate(Errors, 0) == 0)
      ::lseek(Errors, 0, SEEK_SET);
    std::string Result = Work(Job);
    uint64_t Size = Result.size();
    if (!sendAll(Socket, &Size, sizeof Size) || !sendAll(Socket, Result.data(), Size))
      break;
  }
  ::_exit(0);
}

class Pool {
public:
  Pool(const WorkerOptions &O, size_t Jobs, llvm::function_ref<std::string(size_t)> Work,
       llvm::function_ref<void(size_t, llvm::Expected<std::string>)> Done)
      : O(O), Jobs(Jobs), Work(Work), Done(Done),
        Workers(std::max<size_t>(1, std::min<size_t>(O.Count, Jobs))) {}
  ~Pool() {
    for (Worker &W : Workers)
      if (W.alive())
        end(W);
  }

  llvm::Error run() {
    while (Finished < Jobs) {
      if (llvm::Error E = feed())
        return E;
      if (wait() < 0 && errno != EINTR)
        return llvm::createStringError("cannot wait for worker processes: " +
                                       llvm::StringRef(std::strerror(errno)));
      if (Caught)
        return llvm::make_error<Interrupted>(Caught);
      for (size_t I = 0; I < Polled.size(); ++I)
        if (Polled[I].revents)
          receive(Workers[Polling[I]]);
      stopLate();
    }
    return llvm::Error::success();
  }

private:
  /// Gives each idle worker a job, starting those that are not there.
  llvm::Error feed() {
    for (Worker &W : Workers) {
      // A worker that ends while it is idle shows when it is given something.
      for (unsigned Attempt = 0; !W.Job && Next < Jobs; ++Attempt) {
        if (!W.alive())
          if (llvm::Error E = start(W)) {
            // Fewer workers than wished for will do.
            if (Attempt == 0 && anyBusy()) {
              llvm::consumeError(std::move(E));
              break;
            }
            return E;
          }
        uint64_t Job = Next;
        if (sendAll(W.Socket, &Job, sizeof Job)) {
          W.Job = Next++;
          W.Since = Clock::now();
        } else {
          end(W);
          if (Attempt == 3)
            return llvm::createStringError("worker processes end as soon as they start");
        }
      }
    }
    return llvm::Error::success();
  }

  bool anyBusy() const {
    for (const Worker &W : Workers)
      if (W.Job)
        return true;
    return false;
  }

  llvm::Error start(Worker &W) {
    int Pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, Pair) != 0)
      return cannotStart();
    int Errors = ::memfd_create("heddle-errors", MFD_CLOEXEC);
    llvm::outs().flush();
    llvm::errs().flush();
    pid_t Parent = ::getpid();
    pid_t Process = ::fork();
    if (Process < 0) {
      int Why = errno;
      ::close(Pair[0]);
      ::close(Pair[1]);
      if (Errors >= 0)
        ::close(Errors);
      errno = Why;
      return cannotStart();
    }
    if (Process == 0) {
      ::close(Pair[0]);
      // Sockets of the others would keep these alive after the parent's end.
      for (Worker &Other : Workers)
        if (Other.alive())
          ::close(Other.Socket);
      serve(Pair[1], Errors, Parent, Work);
    }
    ::close(Pair[1]);
    W = Worker();
    W.Process = Process;
    W.Socket = Pair[0];
    W.Errors = Errors;
    return llvm::Error::success();
  }

  static llvm::Error cannotStart() {
    return llvm::createStringError("cannot start a worker process: " +
                                   llvm::StringRef(std::strerror(errno)));
  }

  /// Kills the worker, if it still runs, and gives its exit status.
  int end(Worker &W) {
    ::close(W.Socket);
    ::kill(W.Process, SIGKILL);
    int Status = 0;
    while (::waitpid(W.Process, &Status, 0) < 0 && errno == EINTR)
      ;
    if (W.Errors >= 0)
      ::close(W.Errors);
    W = Worker();
    return Status;
  }

  /// Until something comes, a job is late, or a signal.
  int wait() {
    Polled.clear();
    Polling.clear();
    std::optional<Clock::time_point> First;
    for (size_t I = 0; I < Workers.size(); ++I) {
      if (!Workers[I].Job)
        continue;
      Polled.push_back({Workers[I].Socket, POLLIN, 0});
      Polling.push_back(I);
      if (!First || Workers[I].Since < *First)
        First = Workers[I].Since;
    }
    timespec Limit = {};
    if (O.Timeout && First) {
      auto Left = std::chrono::duration_cast<std::chrono::milliseconds>(
          *First + std::chrono::seconds(O.Timeout) - Clock::now());
      int64_t Milliseconds = std::max<int64_t>(Left.count() + 1, 0);
      Limit.tv_sec = Milliseconds / 1000;
      Limit.tv_nsec = Milliseconds % 1000 * 1000000;
    }
    int N = ::ppoll(Polled.data(), Polled.size(), O.Timeout ? &Limit : nullptr, &Signals.Waiting);
    if (N < 0)
      for (pollfd &P : Polled)
        P.revents = 0;
    return N;
  }

  void receive(Worker &W) {
    char Buffer[1 << 16];
    ssize_t N = ::recv(W.Socket, Buffer, sizeof Buffer, MSG_DONTWAIT);
    if (N < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (N <= 0) {
      fail(W, "");
      return;
    }
    W.Received.append(Buffer, N);
    uint64_t Size;
    if (W.Received.size() < sizeof Size)
      return;
    std::memcpy(&Size, W.Received.data(), sizeof Size);
    if (Size > LargestResult || W.Received.size() > sizeof Size + Size) {
      fail(W, "the analyzer gave an answer that makes no sense");
      return;
    }
    if (W.Received.size() < sizeof Size + Size)
      return;
    std::string Result = W.Received.substr(sizeof Size);
    size_t Job = *W.Job;
    W.Received.clear();
    W.Job.reset();
    ++Finished;
    Done(Job, std::move(Result));
  }

  void stopLate() {
    if (!O.Timeout)
      return;
    for (Worker &W : Workers)
      if (W.Job && Clock::now() - W.Since >= std::chrono::seconds(O.Timeout))
        fail(W, "the analyzer was stopped after " + std::to_string(O.Timeout) + " seconds");
  }

  /// Ends the worker and its job. Without a reason, how it ended is the reason.
  void fail(Worker &W, std::string Why) {
    size_t Job = *W.Job;
    if (Why.empty()) {
      // It has closed its socket; give it the time to end by itself, so that
      // the status is its own.
      siginfo_t Info;
      for (int I = 0; I < 200; ++I) {
        Info.si_pid = 0;
        if (::waitid(P_PID, W.Process, &Info, WEXITED | WNOHANG | WNOWAIT) != 0 || Info.si_pid)
          break;
        ::usleep(5000);
      }
      std::string Said = W.Errors >= 0 ? firstLine(W.Errors) : "";
      Why = describe(end(W));
      if (!Said.empty())
        Why += ": " + Said;
    } else
      end(W);
    ++Finished;
    Done(Job, llvm::createStringError(Why));
  }

  static std::string describe(int Status) {
    if (WIFSIGNALED(Status) && WTERMSIG(Status) == SIGKILL)
      return "the analyzer was killed (signal 9); the memory may not have sufficed";
    if (WIFSIGNALED(Status))
      return "the analyzer crashed (signal " + std::to_string(WTERMSIG(Status)) + ", " +
             strsignal(WTERMSIG(Status)) + ")";
    return "the analyzer ended early (exit code " + std::to_string(WEXITSTATUS(Status)) + ")";
  }

  const WorkerOptions &O;
  size_t Jobs;
  llvm::function_ref<std::string(size_t)> Work;
  llvm::function_ref<void(size_t, llvm::Expected<std::string>)> Done;
  SignalScope Signals;
  std::vector<Worker> Workers;
  std::vector<pollfd> Polled;
  std::vector<size_t> Polling; ///< Index of the worker for each of Polled.
  size_t Next = 0, Finished = 0;
};

} // namespace

llvm::Error runWorkers(const WorkerOptions &O, size_t Jobs,
                       llvm::function_ref<std::string(size_t)> Work,
                       llvm::function_ref<void(size_t, llvm::Expected<std::string>)> Done) {
  return Pool(O, Jobs, Work, Done).run();
}

} // namespace heddle
