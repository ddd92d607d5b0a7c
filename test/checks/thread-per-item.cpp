// RUN: %check-fixture %s heddle-thread-per-item -- -std=c++20 -pthread
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <semaphore>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

static void serve(int fd) { close(fd); }
static void work(const std::string &) {}

void each_connection_bad(int listener) {
  for (;;) {
    int fd = accept(listener, nullptr, nullptr); // NOTE: the loop takes the next connection here
    if (fd < 0)
      continue;
    std::thread(serve, fd).detach(); // EXPECT: a thread is started here for every connection of the loop
  }
}

void one_after_the_other_ok(int listener) {
  for (;;) {
    int fd = accept(listener, nullptr, nullptr);
    std::thread server(serve, fd);
    server.join();
  }
}

void each_line_bad(std::ifstream &in) {
  std::vector<std::future<void>> results;
  std::string line;
  while (std::getline(in, line))
    results.push_back(std::async(std::launch::async, work, line)); // EXPECT: for every line of the loop, by `std::async`
}

void each_element_bad(const std::vector<std::string> &names) {
  std::vector<std::thread> threads;
  for (const std::string &name : names) // NOTE: the loop goes over every element of `names`
    threads.emplace_back(work, name); // EXPECT: for every element of `names`
  for (std::thread &t : threads)
    t.join();
}

void each_by_index_bad(const std::vector<std::string> &names) {
  std::vector<std::thread> threads;
  for (size_t i = 0; i < names.size(); ++i)
    threads.push_back(std::thread([&, i] { work(names[i]); })); // EXPECT: for every element of `names`
  for (std::thread &t : threads)
    t.join();
}

// Numbers are bounds.
void pool_of_constant_size_ok() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i)
    threads.emplace_back(serve, i);
  for (std::thread &t : threads)
    t.join();
}
void pool_of_given_size_ok(unsigned count) {
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i)
    threads.emplace_back(serve, i);
  for (std::thread &t : threads)
    t.join();
}
void one_a_core_ok() {
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i)
    threads.emplace_back(serve, i);
  for (std::thread &t : threads)
    t.join();
}

// The elements are the workers.
struct Worker {
  std::thread thread;
  int number = 0;
  void start() {
    thread = std::thread([this] { serve(number); });
  }
};
void start_the_workers_ok(std::vector<Worker> &workers) {
  for (Worker &w : workers)
    w.thread = std::thread(serve, w.number);
}
void start_the_workers_by_a_method_ok(std::vector<Worker> &workers) {
  for (Worker &w : workers)
    w.start();
}
void fill_an_array_ok(std::thread (&threads)[8]) {
  for (std::thread &t : threads)
    t = std::thread(serve, 1);
}

// Bounded by what the loop does before.
void as_many_as_a_semaphore_lets_in_ok(int listener, std::counting_semaphore<> &slots) {
  for (;;) {
    slots.acquire();
    int fd = accept(listener, nullptr, nullptr);
    std::thread([fd, &slots] {
      serve(fd);
      slots.release();
    }).detach();
  }
}
static std::atomic<int> running;
constexpr int limit = 100;
void as_many_as_a_number_says_ok(int listener) {
  for (;;) {
    int fd = accept(listener, nullptr, nullptr);
    if (running >= limit) {
      close(fd);
      continue;
    }
    running++;
    std::thread([fd] {
      serve(fd);
      running--;
    }).detach();
  }
}
void results_one_by_one_ok(const std::vector<std::string> &names) {
  for (const std::string &name : names) {
    std::future<void> result = std::async(std::launch::async, work, name);
    result.get();
  }
}
void jthread_of_an_iteration_ok(const std::vector<std::string> &names) {
  for (const std::string &name : names) {
    std::jthread helper(work, name);
    std::cout << name;
  }
}
void first_only_ok(const std::vector<std::string> &names) {
  for (const std::string &name : names)
    if (!name.empty()) {
      std::thread(work, name).detach();
      break;
    }
}

// Through calls.
static void spawn(int fd) {
  std::thread(serve, fd).detach(); // NOTE: the thread is started here
}
static int next(int listener) { return accept(listener, nullptr, nullptr); }
struct Acceptor {
  int listener;
  void handle(int fd) { spawn(fd); }
  void loop_bad();
};
void Acceptor::loop_bad() {
  while (true) {
    int fd = next(listener);
    handle(fd); // EXPECT: for every connection of the loop
  }
}
static std::once_flag once;
static bool started;
static void startOnce() {
  if (!started)
    std::thread(serve, 0).detach();
  started = true;
}
void lazily_ok(int listener) {
  while (true) {
    int fd = accept(listener, nullptr, nullptr);
    startOnce();
    close(fd);
  }
}

// A pool for each element, one after the other.
class Pool {
public:
  explicit Pool(int count) {
    for (int i = 0; i < count; ++i)
      threads.emplace_back(serve, i);
  }
  ~Pool() {
    for (std::thread &t : threads)
      t.join();
  }

private:
  std::vector<std::thread> threads;
};
static void compress(const std::string &) {
  std::thread reader(serve, 0);
  reader.join();
  Pool pool(4);
}
void pool_for_each_in_turn_ok(const std::vector<std::string> &names) {
  for (const std::string &name : names)
    compress(name);
}

// Services, which may be few.
void listen_bad(const std::vector<int> &sockets) {
  for (int socket : sockets)
    std::thread(serve, socket).detach(); // EXPECT: for every element of `sockets`
  // NOTE@-1: low confidence
}
