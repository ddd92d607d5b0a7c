// RUN: %check-fixture %s heddle-blocking-under-lock -- -std=c++20 -pthread
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <future>
#include <mutex>
#include <netdb.h>
#include <shared_mutex>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;

std::mutex m, other;
std::shared_mutex rw;
std::condition_variable changed;
std::string shared_;
bool ready;
int fd;

// Waiting for time or for others

void sleep_in_guard_bad() {
  std::lock_guard<std::mutex> guard(m);
  std::this_thread::sleep_for(10ms);
  // EXPECT@-1: `std::this_thread::sleep_for` (a sleep) blocks while `m` is held
}

void sleep_after_guard_ok() {
  {
    std::lock_guard<std::mutex> guard(m);
    shared_ += "x";
  }
  std::this_thread::sleep_for(10ms);
}

void sleep_before_guard_ok() {
  std::this_thread::sleep_for(10ms);
  std::lock_guard<std::mutex> guard(m);
  shared_ += "x";
}

void usleep_between_lock_and_unlock_bad() {
  m.lock();
  usleep(1000); // EXPECT: `usleep` (a sleep) blocks while `m` is held
  m.unlock();
}

void unlock_before_sleep_ok() {
  std::unique_lock<std::mutex> lock(m);
  lock.unlock();
  sleep(1);
  lock.lock();
  shared_ += "x";
}

void sleep_after_relock_bad() {
  std::unique_lock<std::mutex> lock(m);
  lock.unlock();
  lock.lock();
  sleep(1); // EXPECT: `sleep` (a sleep) blocks while `m` is held
}

void deferred_never_locked_ok() {
  std::unique_lock<std::mutex> lock(m, std::defer_lock);
  sleep(1);
}

void sleep_under_shared_lock_bad() {
  std::shared_lock lock(rw);
  std::this_thread::sleep_until(std::chrono::steady_clock::now() + 1s);
  // EXPECT@-1: `std::this_thread::sleep_until` (a sleep) blocks while `rw` is held
}

void sleep_under_scoped_lock_bad() {
  std::scoped_lock both(m, other);
  sleep(1); // EXPECT: `sleep` (a sleep) blocks while `m` is held
}

void try_lock_failed_ok() {
  if (!m.try_lock()) {
    sleep(1);
    return;
  }
  shared_ += "x";
  m.unlock();
}

void try_lock_taken_bad() {
  if (m.try_lock()) {
    sleep(1); // EXPECT: `sleep` (a sleep) blocks while `m` is held
    m.unlock();
  }
}

void join_under_lock_bad(std::thread &worker) {
  std::lock_guard guard(m);
  worker.join(); // EXPECT: `std::thread::join` (a wait for another thread) blocks while `m` is held
}

int get_under_lock_bad(std::future<int> &later) {
  std::lock_guard guard(m);
  return later.get();
  // EXPECT@-1: `std::future::get` (a wait for another thread) blocks while `m` is held
}

void wait_on_own_lock_ok() {
  std::unique_lock lock(m);
  changed.wait(lock, [] { return ready; });
  ready = false;
}

void timed_wait_on_own_lock_ok() {
  std::unique_lock lock(m);
  changed.wait_for(lock, 10ms);
}

void wait_while_holding_another_bad() {
  std::lock_guard outer(other);
  std::unique_lock lock(m);
  changed.wait(lock, [] { return ready; });
  // EXPECT@-1: `std::condition_variable::wait` (a wait for another thread) blocks while `other` is held
}

// Network, processes, terminal

void receive_under_lock_bad() {
  char buffer[64];
  std::lock_guard guard(m);
  recv(fd, buffer, sizeof buffer, 0); // EXPECT: `recv` (socket I/O) may block while `m` is held
}

void receive_then_lock_ok() {
  char buffer[64];
  ssize_t got = recv(fd, buffer, sizeof buffer, 0);
  std::lock_guard guard(m);
  if (got > 0)
    shared_.assign(buffer, static_cast<size_t>(got));
}

void connect_under_lock_bad(const sockaddr *address, socklen_t size) {
  std::lock_guard guard(m);
  connect(fd, address, size); // EXPECT: `connect` (socket I/O) may block while `m` is held
}

addrinfo *resolve_under_lock_bad(const char *host) {
  std::lock_guard guard(m);
  addrinfo *found = nullptr;
  getaddrinfo(host, nullptr, nullptr, &found);
  // EXPECT@-1: `getaddrinfo` (name resolution) blocks while `m` is held
  return found;
}

int run_program_under_lock_bad() {
  std::lock_guard guard(m);
  return system("true"); // EXPECT: `system` (a wait for a process) blocks while `m` is held
}

int wait_for_child_bad(pid_t child) {
  std::lock_guard guard(m);
  int status = 0;
  waitpid(child, &status, 0); // EXPECT: `waitpid` (a wait for a process) blocks while `m` is held
  return status;
}

int accept_under_lock_bad() {
  std::lock_guard guard(m);
  return accept(fd, nullptr, nullptr); // EXPECT: `accept` (socket I/O) may block while `m` is held
}

void copy_out_then_send_ok() {
  std::string copy;
  {
    std::lock_guard guard(m);
    copy = shared_;
  }
  send(fd, copy.data(), copy.size(), 0);
}

// Through calls, other threads and own classes

void nap() { std::this_thread::sleep_for(1s); }
void helper_blocks_bad() {
  std::lock_guard guard(m);
  nap();
  // EXPECT@-1: `nap` ends in `std::this_thread::sleep_for` (a sleep), which blocks, while `m` is held
}

void helper_blocks_without_lock_ok() { nap(); }

void deeper() { nap(); }
void two_calls_deep_bad() {
  std::lock_guard guard(m);
  deeper();
  // EXPECT@-1: `deeper` ends in `std::this_thread::sleep_for` (a sleep), which blocks, while `m` is held
}

void started_thread_sleeps_ok() {
  std::lock_guard guard(m);
  std::thread([] { std::this_thread::sleep_for(1s); }).detach();
}

class Section {
public:
  Section() { m.lock(); }
  ~Section() { m.unlock(); }
};
void own_guard_bad() {
  Section section;
  sleep(1); // EXPECT: `sleep` (a sleep) blocks while `m` is held
}
void own_guard_closed_ok() {
  { Section section; }
  sleep(1);
}

class Queue_ok {
public:
  void push(int item) {
    {
      std::lock_guard guard(mutex);
      items.push_back(item);
    }
    filled.notify_one();
  }
  int pop() {
    std::unique_lock lock(mutex);
    while (items.empty())
      filled.wait(lock);
    int item = items.front();
    items.pop_front();
    return item;
  }

private:
  std::mutex mutex;
  std::condition_variable filled;
  std::deque<int> items;
};

class Client_bad {
public:
  int request(int socket) {
    std::lock_guard guard(mutex);
    char answer[16];
    return static_cast<int>(recv(socket, answer, sizeof answer, 0));
    // EXPECT@-1: `recv` (socket I/O) may block while `mutex` is held
  }

private:
  std::mutex mutex;
};

void released_on_the_early_return_ok(bool idle) {
  std::unique_lock lock(m);
  if (idle) {
    lock.unlock();
    sleep(1);
    return;
  }
  shared_ += "x";
}

void held_in_the_loop_bad() {
  std::lock_guard guard(m);
  for (int i = 0; i < 3; ++i)
    sleep(1); // EXPECT: `sleep` (a sleep) blocks while `m` is held
}

void locked_inside_the_loop_only_ok() {
  for (int i = 0; i < 3; ++i) {
    {
      std::lock_guard guard(m);
      shared_ += "x";
    }
    sleep(1);
  }
}

void lock_on_one_path_only_ok(bool careful) {
  if (careful) {
    std::lock_guard guard(m);
    shared_ += "x";
  } else {
    sleep(1);
  }
}

// Functions that give the caller's lock back for a while, as often as they like.
struct pauses_ok {
  std::mutex m;
  void slow() {
    m.unlock();
    sleep(1);
    m.lock();
  }
  void twice() {
    slow();
    slow();
  }
  void run() {
    m.lock();
    twice();
    m.unlock();
  }
};

struct paused_and_held_again_bad {
  std::mutex m;
  void slow() {
    m.unlock();
    sleep(1);
    m.lock();
  }
  void run() {
    m.lock();
    slow();
    sleep(1); // EXPECT: `sleep` (a sleep) blocks while
    m.unlock();
  }
};
