// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// How threads start and end: what runs in them, who holds the handle, who joins.
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// What a thread runs

namespace free_function_by_ref_bad {
  void add(int &total, int n) { total += n; }
  void run() {
    int total = 0;
    std::thread a(add, std::ref(total), 1); // EXPECT: `total` is handed over here
    std::thread b(add, std::ref(total), 2);
    a.join();
    b.join();
  }
}
namespace free_function_by_copy_ok {
  void add(std::string name, int n) { name += std::to_string(n); }
  void run() {
    std::string name = "x";
    std::thread a(add, name, 1);
    name += "y";
    std::thread b(add, name, 2);
    a.join();
    b.join();
  }
}
namespace captured_this_bad {
  class Meter {
  public:
    void measure() {
      std::thread worker([this] { ++ticks; }); // EXPECT: `ticks` is written here
      ++ticks;
      worker.join();
    }
  private:
    int ticks = 0;
  };
  void run() { Meter().measure(); }
}
namespace captured_this_copy_ok {
  class Meter {
  public:
    int measure() {
      std::thread worker([*this]() mutable { ++ticks; });
      ++ticks;
      worker.join();
      return ticks;
    }
  private:
    int ticks = 0;
  };
  void run() { Meter().measure(); }
}
namespace init_capture_reference_bad {
  void run() {
    int sum = 0;
    std::thread worker([&out = sum] { out = 5; }); // EXPECT: `sum` (here
    sum = 6;
    worker.join();
  }
}
namespace init_capture_moved_ok {
  void run() {
    std::vector<int> input(10, 1);
    std::thread worker([data = std::move(input)]() mutable { data[0] = 2; });
    input = {1, 2, 3};
    worker.join();
  }
}
namespace nested_lambda_bad {
  void run() {
    int count = 0;
    auto step = [&count] { auto inner = [&count] { ++count; }; inner(); }; // EXPECT: `count` is written here
    std::thread a([&step] { step(); });
    std::thread b([&step] { step(); });
    a.join();
    b.join();
  }
}
namespace nested_lambda_ok {
  void run() {
    int left = 0, right = 0;
    auto step = [](int &count) { auto inner = [&count] { ++count; }; inner(); };
    std::thread a([&] { step(left); });
    std::thread b([&] { step(right); });
    a.join();
    b.join();
  }
}
namespace function_object_bad {
  struct Summer {
    long *total;
    long n;
    void operator()() const { *total += n; } // EXPECT: `total` (here
  };
  void run() {
    long total = 0;
    std::thread a(Summer{&total, 1}), b(Summer{&total, 2});
    a.join();
    b.join();
  }
}
namespace function_object_ok {
  struct Summer {
    long total = 0;
    void operator()(long n) { total += n; }
  };
  void run() {
    Summer summer;
    std::thread a(summer, 1), b(summer, 2);
    a.join();
    b.join();
  }
}
namespace function_object_by_ref_bad {
  struct Summer {
    long total = 0;
    void operator()(long n) { total += n; } // EXPECT: `summer.total` is written here
  };
  void run() {
    Summer summer;
    std::thread a(std::ref(summer), 1), b(std::ref(summer), 2);
    a.join();
    b.join();
  }
}
namespace member_function_bad {
  class Server {
  public:
    void serve(int n) { served += n; } // EXPECT: `server.served` is written here
    int served = 0;
  };
  void run() {
    Server server;
    std::thread a(&Server::serve, &server, 1);
    std::thread b(&Server::serve, &server, 2);
    a.join();
    b.join();
  }
}
namespace member_function_on_copies_ok {
  class Server {
  public:
    void serve(int n) { served += n; }
    int served = 0;
  };
  void run() {
    Server server;
    std::thread a(&Server::serve, server, 1);
    std::thread b(&Server::serve, server, 2);
    a.join();
    b.join();
  }
}
namespace bound_member_bad {
  class Feed {
  public:
    void push(int n) { last = n; } // EXPECT: `feed.last` is written here
    int last = 0;
  };
  void run() {
    Feed feed;
    auto task = std::bind(&Feed::push, &feed, 3);
    std::thread a(task), b(task);
    a.join();
    b.join();
  }
}
namespace bound_reference_bad {
  void bump(int &n) { ++n; }
  void run() {
    int n = 0;
    std::thread a(std::bind(bump, std::ref(n))); // EXPECT: `n` is handed over here
    std::thread b(std::bind(bump, std::ref(n)));
    a.join();
    b.join();
  }
}
namespace bound_copy_ok {
  void bump(int &n) { ++n; }
  void run() {
    int n = 0;
    std::thread a(std::bind(bump, n));
    ++n;
    a.join();
  }
}
namespace std_function_bad {
  void run() {
    int state = 0;
    std::function<void()> task = [&state] { state++; }; // EXPECT: `state` is written here
    std::thread a(task), b(task);
    a.join();
    b.join();
  }
}
namespace invoked_member_bad {
  struct Gauge {
    void set(int v) { value = v; }
    int value = 0;
  };
  void run() {
    Gauge gauge;
    auto work = [&gauge](int v) { std::invoke(&Gauge::set, gauge, v); }; // EXPECT: `gauge` is written here
    std::thread a(work, 1), b(work, 2);
    a.join();
    b.join();
  }
}

// Where the handles are

namespace vector_of_threads_bad {
  int processed;
  void run() {
    std::vector<std::thread> workers;
    for (int i = 0; i < 4; ++i)
      workers.emplace_back([] { processed++; }); // EXPECT: processed` is written here
    for (auto &w : workers)
      w.join();
  }
}
namespace vector_of_threads_ok {
  void run() {
    std::vector<int> partial(4);
    std::vector<std::thread> workers;
    for (int i = 0; i < 4; ++i)
      workers.push_back(std::thread([&partial, i] { partial[i] = i * i; }));
    for (auto &w : workers)
      w.join();
    int total = 0;
    for (int p : partial)
      total += p;
    (void)total;
  }
}
namespace array_of_threads_bad {
  int best;
  void run() {
    std::array<std::thread, 2> workers;
    for (std::size_t i = 0; i < workers.size(); ++i)
      workers[i] = std::thread([i] { best = static_cast<int>(i); }); // EXPECT: best` is written here
    for (std::size_t i = 0; i < workers.size(); ++i)
      workers[i].join();
  }
}
namespace array_read_after_all_joined_ok {
  int last;
  int run() {
    std::thread workers[1];
    workers[0] = std::thread([] { last = 3; });
    for (std::thread &w : workers)
      w.join();
    return last;
  }
}
namespace map_of_threads_bad {
  int open;
  void run() {
    std::map<std::string, std::thread> sessions;
    sessions.emplace("a", std::thread([] { ++open; })); // EXPECT: open` is written here
    sessions["b"] = std::thread([] { ++open; });
    for (auto &[name, session] : sessions)
      session.join();
  }
}
namespace member_thread_joined_in_destructor_ok {
  class Job {
  public:
    explicit Job(int n) : input(n), worker([this] { result = input * 2; }) {}
    ~Job() { worker.join(); }
  private:
    int input, result = 0;
    std::thread worker;
  };
  void run() { Job job(4); }
}
namespace member_thread_polled_bad {
  class Job {
  public:
    explicit Job(int n) : input(n), worker([this] { result = input * 2; }) {} // EXPECT: `job.result` is written here
    ~Job() { worker.join(); }
    int peek() const { return result; }
  private:
    int input, result = 0;
    std::thread worker;
  };
  void run() {
    Job job(4);
    job.peek();
  }
}
namespace member_started_before_initialised_bad {
  class Reader {
  public:
    Reader() : worker(&Reader::loop, this) { limit = 8; } // EXPECT: `reader.limit` is written here
    ~Reader() { worker.join(); }
  private:
    void loop() { seen = limit; }
    int limit = 0, seen = 0;
    std::thread worker;
  };
  void run() { Reader reader; }
}
namespace start_and_stop_methods_ok {
  class Service {
  public:
    void start() { worker = std::thread(&Service::loop, this); }
    void stop() {
      if (worker.joinable())
        worker.join();
    }
    int total() const { return sum; }
  private:
    void loop() {
      for (int i = 0; i < 10; ++i)
        sum += i;
    }
    int sum = 0;
    std::thread worker;
  };
  int run() {
    Service service;
    service.start();
    service.stop();
    return service.total();
  }
}
namespace read_before_stop_bad {
  class Service {
  public:
    void start() { worker = std::thread(&Service::loop, this); }
    void stop() { worker.join(); }
    int total() const { return sum; }
  private:
    void loop() {
      for (int i = 0; i < 10; ++i)
        sum += i; // EXPECT: `service.sum` is written here
    }
    int sum = 0;
    std::thread worker;
  };
  int run() {
    Service service;
    service.start();
    int early = service.total();
    service.stop();
    return early;
  }
}
namespace handle_moved_ok {
  int value;
  int run() {
    std::thread a([] { value = 1; });
    std::thread b = std::move(a);
    b.join();
    return value;
  }
}
namespace handle_moved_bad {
  int value;
  int run() {
    std::thread a([] { value = 1; }); // EXPECT: value` is written here
    std::thread b = std::move(a);
    int early = value;
    b.join();
    return early;
  }
}
namespace handle_returned_ok {
  int value;
  std::thread spawn() { return std::thread([] { value = 1; }); }
  int run() {
    std::thread worker = spawn();
    worker.join();
    return value;
  }
}
namespace handle_returned_bad {
  int value;
  std::thread spawn() { return std::thread([] { value = 1; }); } // EXPECT: value` is written here
  int run() {
    std::thread worker = spawn();
    int early = value;
    worker.join();
    return early;
  }
}
namespace joined_by_helper_ok {
  int value;
  void finish(std::vector<std::thread> &all) {
    for (auto &t : all)
      t.join();
    all.clear();
  }
  int run() {
    std::vector<std::thread> all;
    all.emplace_back([] { value = 7; });
    finish(all);
    return value;
  }
}
namespace joined_by_guard_ok {
  class Joiner {
  public:
    explicit Joiner(std::thread t) : thread(std::move(t)) {}
    ~Joiner() { if (thread.joinable()) thread.join(); }
  private:
    std::thread thread;
  };
  int run() {
    int value = 0;
    {
      Joiner joiner(std::thread([&] { value = 3; }));
    }
    return value;
  }
}
namespace joined_by_guard_too_late_bad {
  class Joiner {
  public:
    explicit Joiner(std::thread t) : thread(std::move(t)) {}
    ~Joiner() { if (thread.joinable()) thread.join(); }
  private:
    std::thread thread;
  };
  int run() {
    int value = 0;
    Joiner joiner(std::thread([&] { value = 3; })); // EXPECT: `value` is written here
    return value;
  }
}
namespace heap_thread_ok {
  int value;
  int run() {
    auto worker = std::make_unique<std::thread>([] { value = 2; });
    worker->join();
    return value;
  }
}
namespace detached_writer_bad {
  int heartbeat;
  void start() { std::thread([] { heartbeat = 1; }).detach(); } // EXPECT: heartbeat` is written here
  void run() {
    start();
    heartbeat = 2;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}
namespace detached_own_state_ok {
  void start() {
    auto state = std::make_shared<int>(1);
    std::thread([state] { ++*state; }).detach();
  }
  void run() {
    start();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// jthread and stop tokens

namespace jthread_scope_ok {
  int run() {
    int value = 0;
    {
      std::jthread worker([&] { value = 9; });
    }
    return value;
  }
}
namespace jthread_still_running_bad {
  int run() {
    int value = 0;
    std::jthread worker([&] { value = 9; }); // EXPECT: `value` is written here
    return ++value;
  }
}
namespace jthread_reassigned_ok {
  int run() {
    int value = 0;
    std::jthread worker([&] { value += 1; });
    worker.join();
    worker = std::jthread([&] { value += 2; });
    worker.join();
    return value;
  }
}
namespace stop_token_loop_ok {
  int run() {
    int rounds = 0;
    std::jthread worker([&rounds](std::stop_token stop) {
      while (!stop.stop_requested())
        ++rounds;
    });
    worker.request_stop();
    worker.join();
    return rounds;
  }
}
namespace stop_requested_not_joined_bad {
  int run() {
    int rounds = 0;
    std::jthread worker([&rounds](std::stop_token stop) {
      do
        ++rounds; // EXPECT: `rounds` is written here
      while (!stop.stop_requested());
    });
    worker.request_stop();
    return rounds;
  }
}
namespace vector_of_jthreads_ok {
  int run() {
    int results[3] = {};
    {
      std::vector<std::jthread> pool;
      for (int i = 0; i < 3; ++i)
        pool.emplace_back([&results, i] { results[i] = i; });
    }
    return results[0] + results[1] + results[2];
  }
}
namespace jthread_member_order_bad {
  class Poller {
  public:
    ~Poller() { samples = -1; }
    std::jthread worker{[this] { ++samples; }}; // EXPECT: `poller.samples` is written here
  private:
    int samples = 0;
  };
  void run() { Poller poller; }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(free_function_by_ref_bad::run)
  CASE(free_function_by_copy_ok::run)
  CASE(captured_this_bad::run)
  CASE(captured_this_copy_ok::run)
  CASE(init_capture_reference_bad::run)
  CASE(init_capture_moved_ok::run)
  CASE(nested_lambda_bad::run)
  CASE(nested_lambda_ok::run)
  CASE(function_object_bad::run)
  CASE(function_object_ok::run)
  CASE(function_object_by_ref_bad::run)
  CASE(member_function_bad::run)
  CASE(member_function_on_copies_ok::run)
  CASE(bound_member_bad::run)
  CASE(bound_reference_bad::run)
  CASE(bound_copy_ok::run)
  CASE(std_function_bad::run)
  CASE(invoked_member_bad::run)
  CASE(vector_of_threads_bad::run)
  CASE(vector_of_threads_ok::run)
  CASE(array_of_threads_bad::run)
  CASE(array_read_after_all_joined_ok::run)
  CASE(map_of_threads_bad::run)
  CASE(member_thread_joined_in_destructor_ok::run)
  CASE(member_thread_polled_bad::run)
  CASE(member_started_before_initialised_bad::run)
  CASE(start_and_stop_methods_ok::run)
  CASE(read_before_stop_bad::run)
  CASE(handle_moved_ok::run)
  CASE(handle_moved_bad::run)
  CASE(handle_returned_ok::run)
  CASE(handle_returned_bad::run)
  CASE(joined_by_helper_ok::run)
  CASE(joined_by_guard_ok::run)
  CASE(joined_by_guard_too_late_bad::run)
  CASE(heap_thread_ok::run)
  CASE(detached_writer_bad::run)
  CASE(detached_own_state_ok::run)
  CASE(jthread_scope_ok::run)
  CASE(jthread_still_running_bad::run)
  CASE(jthread_reassigned_ok::run)
  CASE(stop_token_loop_ok::run)
  CASE(stop_requested_not_joined_bad::run)
  CASE(vector_of_jthreads_ok::run)
  CASE(jthread_member_order_bad::run)
}
