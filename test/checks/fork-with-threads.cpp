// RUN: %check-fixture %s heddle-fork-with-threads -- -std=c++20 -pthread
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <syslog.h>
#include <thread>
#include <unistd.h>
#include <vector>

extern char **environ;
static std::mutex logMutex;
static int lines;
static void writeLog() {
  std::lock_guard<std::mutex> guard(logMutex); // NOTE: the child takes the lock `logMutex`, here
  lines++;
}
static void describe() { writeLog(); }
static void runChild() { describe(); }

void lock_in_the_child_bad() {
  std::thread worker([] { writeLog(); }); // NOTE: may be running
  if (fork() == 0) { // EXPECT: the child of this `fork` takes the lock `logMutex`, in `writeLog`, while other threads may be running
    writeLog();
    _exit(0);
  }
  worker.join();
}

void exec_at_once_ok(char **arguments) {
  std::thread worker([] { writeLog(); });
  if (fork() == 0) {
    dup2(1, 2);
    execv(arguments[0], arguments);
    std::perror("exec");
    _exit(127);
  }
  worker.join();
}

void before_the_first_thread_ok() {
  if (fork() == 0) {
    writeLog();
    _exit(0);
  }
  std::thread worker([] { writeLog(); });
  worker.join();
}

void after_the_last_thread_ok() {
  std::thread worker([] { writeLog(); });
  worker.join();
  if (fork() == 0) {
    writeLog();
    _exit(0);
  }
}

void through_three_calls_bad() {
  std::thread worker([] { writeLog(); });
  pid_t child = fork(); // EXPECT: takes the lock `logMutex`, in `writeLog`
  if (child == 0) {
    runChild(); // NOTE: the child calls `runChild` here
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  worker.join();
}

void parent_only_ok() {
  std::thread worker([] { writeLog(); });
  pid_t child = fork();
  if (child == 0)
    _exit(0);
  writeLog();
  waitpid(child, nullptr, 0);
  worker.join();
}

void parent_first_bad() {
  std::thread worker([] { writeLog(); });
  pid_t child = fork(); // EXPECT: takes the lock `logMutex`
  if (child > 0) {
    waitpid(child, nullptr, 0);
  } else {
    writeLog();
    _exit(0);
  }
  worker.join();
}

void by_a_switch_bad() {
  std::thread worker([] { syslog(LOG_INFO, "worker"); });
  switch (fork()) { // EXPECT: calls `syslog`, which takes the lock of the system log's connection
  case -1:
    break;
  case 0:
    syslog(LOG_INFO, "child");
    _exit(0);
  default:
    writeLog();
  }
  worker.join();
}

void by_a_switch_ok() {
  std::thread worker([] { writeLog(); });
  switch (fork()) {
  case 0:
    _exit(0);
  case -1:
    syslog(LOG_INFO, "failed");
    break;
  default:
    writeLog();
  }
  worker.join();
}

void exit_in_the_child_bad() {
  std::thread worker([] { writeLog(); });
  if (!fork()) // EXPECT: calls `exit`, which runs the exit handlers and destructors of the program
    std::exit(1);
  worker.join();
}

void heap_only_bad() {
  std::thread worker([] { writeLog(); });
  if (fork() == 0) { // EXPECT: calls `malloc`
    // NOTE@-1: low confidence
    void *memory = std::malloc(10);
    (void)memory;
    _exit(0);
  }
  worker.join();
}

void spawn_ok(char **arguments) {
  std::thread worker([] { writeLog(); });
  pid_t child;
  posix_spawn(&child, arguments[0], nullptr, nullptr, arguments, environ);
  waitpid(child, nullptr, 0);
  worker.join();
}

// A function that forks for its callers.
static int forkTimed() {
  int child = fork(); // EXPECT: takes the lock `logMutex`, in `writeLog`
  if (child == 0)
    return 0;
  waitpid(child, nullptr, WNOHANG);
  return child;
}
void by_a_wrapper() {
  std::thread worker([] { writeLog(); });
  if (forkTimed() == 0) { // NOTE: the child goes on in `by_a_wrapper`, after this call
    writeLog();
    _exit(0);
  }
  worker.join();
}

// The fork is in a thread, beside the one that has started it.
void in_a_thread_bad() {
  std::thread worker([] {
    if (fork() == 0) { // EXPECT: takes the lock `logMutex`
      writeLog();
      _exit(0);
    }
  });
  writeLog();
  worker.join();
}

struct Saver {
  void save() {
    std::string text = "saved";
    text += "!";
    writeLog();
  }
  ~Saver() { writeLog(); }
};
void by_a_method_bad() {
  std::thread worker([] { writeLog(); });
  if (fork() == 0) { // EXPECT: takes the lock `logMutex`, in `writeLog`
    Saver saver;
    saver.save();
    _exit(0);
  }
  worker.join();
}

void by_a_destructor_bad() {
  std::thread worker([] { writeLog(); });
  if (fork() == 0) { // EXPECT: takes the lock `logMutex`, in `writeLog`
    {
      Saver saver;
    }
    _exit(0);
  }
  worker.join();
}

static void execute(char **arguments) {
  execv(arguments[0], arguments);
  _exit(127);
}
void exec_in_a_function_ok(char **arguments) {
  std::thread worker([] { writeLog(); });
  if (fork() == 0) {
    execute(arguments);
    writeLog();
  }
  worker.join();
}

static std::mutex childMutex;
void lock_that_no_other_thread_takes_ok() {
  std::thread worker([] { writeLog(); });
  if (fork() == 0) {
    {
      std::lock_guard<std::mutex> guard(childMutex);
      lines = 0;
    }
    _exit(0);
  }
  worker.join();
}

// A message before the end that is not meant to come.
static void check(bool good) {
  if (!good) {
    std::fprintf(stderr, "not good\n");
    std::abort();
  }
}
void failed_assertion_ok() {
  std::thread worker([] { writeLog(); });
  if (fork() == 0) {
    check(lines == 0);
    _exit(0);
  }
  worker.join();
}

void lock_of_the_library_that_no_other_thread_takes_ok() {
  std::thread worker([] { writeLog(); });
  if (fork() == 0) {
    syslog(LOG_INFO, "child");
    _exit(0);
  }
  worker.join();
}
