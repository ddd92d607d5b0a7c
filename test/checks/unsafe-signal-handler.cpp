// RUN: %check-fixture %s heddle-unsafe-signal-handler -- -std=c++20 -pthread
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

static volatile std::sig_atomic_t stop;

void prints_bad(int) {
  std::printf("bye\n"); // EXPECT: `prints_bad` is a signal handler and calls `printf`, which takes the lock of a stream
}
void install_prints() {
  std::signal(SIGTERM, prints_bad); // NOTE: it is installed here, by `signal`
}

void sets_a_flag_ok(int) {
  stop = 1;
}
void writes_ok(int) {
  const char text[] = "bye\n";
  int saved = errno;
  (void)!write(2, text, sizeof text - 1);
  errno = saved;
}
void reaps_ok(int) {
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}
void ends_at_once_ok(int) {
  _exit(1);
}
void formats_ok(int) {
  char text[32];
  snprintf(text, sizeof text, "%d\n", 1);
  (void)!write(2, text, strlen(text));
}
void never_installed_ok(int) {
  std::printf("not a handler\n");
}
void install_good_ones() {
  struct sigaction action = {};
  action.sa_handler = sets_a_flag_ok;
  sigaction(SIGINT, &action, nullptr);
  action.sa_handler = writes_ok;
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = reaps_ok;
  sigaction(SIGCHLD, &action, nullptr);
  std::signal(SIGHUP, ends_at_once_ok);
  std::signal(SIGUSR1, formats_ok);
  std::signal(SIGPIPE, SIG_IGN);
}

void exits_bad(int) {
  std::exit(0); // EXPECT: calls `exit`, which runs the exit handlers and destructors of the program
}
void by_sigaction_bad(int, siginfo_t *, void *) {
  syslog(LOG_INFO, "signal"); // EXPECT: calls `syslog`, which takes the lock of the system log's connection
}
void install_by_sigaction() {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = by_sigaction_bad;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGUSR2, &action, nullptr);
  struct sigaction other = {};
  other.sa_handler = exits_bad;
  sigaction(SIGTERM, &other, nullptr);
}

// The struct is used again: what was stored last counts.
void reused_ok(int) {
  stop = 1;
}
void reused_bad(int) {
  free(malloc(10)); // EXPECT: calls `malloc`, which takes the lock of the heap
}
void install_reused() {
  struct sigaction action = {};
  action.sa_handler = reused_ok;
  sigaction(SIGINT, &action, nullptr);
  action.sa_handler = reused_bad;
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

// Through calls.
static std::mutex logMutex;
static void writeLog(const char *text) {
  std::lock_guard<std::mutex> guard(logMutex); // NOTE: `writeLog` takes the lock `logMutex`, here
  (void)!write(2, text, strlen(text));
}
static void note(const char *text) {
  writeLog(text); // NOTE: `note` calls `writeLog` here
}
static void reload() {
  note("reload");
}
void through_three_bad(int) {
  reload(); // EXPECT: is a signal handler and through `reload` takes the lock `logMutex`: a signal that comes while the lock is held waits for it for ever
}
static void raiseFlag() {
  stop = 1;
}
void through_a_call_ok(int) {
  raiseFlag();
}
void install_through() {
  std::signal(SIGHUP, through_three_bad);
  std::signal(SIGUSR1, through_a_call_ok);
}

// Functions that install what they are given.
static void on(int number, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigaction(number, &action, nullptr);
}
void by_a_wrapper_bad(int) {
  std::cout << "signal\n"; // EXPECT: calls `std::operator<<`, which changes the buffer of a stream
}
void by_a_wrapper_ok(int) {
  stop = 1;
}
void install_by_a_wrapper() {
  on(SIGINT, by_a_wrapper_bad); // NOTE: it is installed here, through `on`
  on(SIGTERM, by_a_wrapper_ok);
}

// Lambdas and methods.
void install_lambda_bad() {
  std::signal(SIGINT, [](int) { delete new int; }); // EXPECT: uses `new`, which takes the lock of the heap
}
void install_lambda_ok() {
  std::signal(SIGINT, [](int) { stop = 1; });
}
struct Server {
  static void onSignal(int);
  void flush() { text += "flushed"; } // NOTE: `Server::flush` calls `std::basic_string::operator+=`
  std::string text;
};
static Server server;
void Server::onSignal(int) {
  server.flush(); // EXPECT: `Server::onSignal` is a signal handler and through `Server::flush` calls
}
void install_method() {
  std::signal(SIGTERM, &Server::onSignal);
}

// A destructor.
struct Report {
  ~Report() { std::puts("done"); } // NOTE: `Report::~Report` calls `puts`
};
void by_a_destructor_bad(int) {
  Report report;
  stop = 1;
} // EXPECT: through `Report::~Report` calls `puts`
struct Quiet {
  ~Quiet() { stop = 1; }
};
void by_a_destructor_ok(int) {
  Quiet quiet;
}
void install_destructors() {
  std::signal(SIGINT, by_a_destructor_bad);
  std::signal(SIGTERM, by_a_destructor_ok);
}

// Virtual functions.
struct Sink {
  virtual ~Sink() = default;
  virtual void put(const char *text) = 0;
};
struct File final : Sink {
  void put(const char *text) override { std::fputs(text, stderr); }
};
static File file;
static Sink *sink = &file;
void by_a_virtual_bad(int) {
  sink->put("signal"); // EXPECT: through `File::put` calls `fputs`
}
void install_virtual() {
  std::signal(SIGINT, by_a_virtual_bad);
}

// Jumps: out of a fault they are the point, out of anything else they leave it half done.
static sigjmp_buf back;
void jumps_bad(int) {
  siglongjmp(back, 1); // EXPECT: calls `siglongjmp`, which leaves the interrupted function in the middle
}
void jumps_out_of_a_fault_ok(int) {
  siglongjmp(back, 1);
}
void install_jumps() {
  std::signal(SIGALRM, jumps_bad);
  std::signal(SIGSEGV, jumps_out_of_a_fault_ok);
}

// A last resort has low confidence.
void crash_bad(int number) {
  std::fprintf(stderr, "crash %d\n", number); // EXPECT: calls `fprintf`
  // NOTE@-1: low confidence
  std::signal(number, SIG_DFL);
  std::raise(number);
}
void install_crash() {
  std::signal(SIGSEGV, crash_bad);
  std::signal(SIGABRT, crash_bad);
}

// Nothing comes after an exec.
void runs_another_program_ok(int) {
  if (fork() == 0) {
    execl("/bin/true", "true", nullptr);
    std::perror("exec");
    _exit(127);
  }
}
void install_exec() {
  std::signal(SIGUSR1, runs_another_program_ok);
}

// A function of the program that has the name of one of the library is not that one.
struct Journal {
  static void printf(const char *) { stop = 1; }
};
void own_printf_ok(int) {
  Journal::printf("signal");
}
void install_own_printf() {
  std::signal(SIGUSR1, own_printf_ok);
}
