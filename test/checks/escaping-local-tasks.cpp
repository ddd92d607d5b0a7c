// RUN: %check-fixture %s heddle-escaping-local -- -std=c++20 -pthread
// Tasks given to executors. Their implementation is not here, only what the models say of it.
#include <functional>
#include <future>
#include <memory>
#include <thread>

namespace asio {
class thread_pool {
public:
  explicit thread_pool(int threads);
  ~thread_pool();
  void join();
};
class io_context {
public:
  void run();
};
template <class Executor, class Task> void post(Executor &executor, Task task) { (void)executor; }
} // namespace asio

asio::thread_pool &pool();

void posted_and_left_bad() {
  int count = 0;
  asio::post(pool(), [&] { ++count; }); // EXPECT: `count` is handed by reference to the task started here, which nothing waits for here
}

void posted_copy_ok() {
  int count = 0;
  asio::post(pool(), [count]() mutable { ++count; });
}

void posted_to_parameter_bad(asio::thread_pool &given) {
  int count = 0;
  int *where = &count;
  asio::post(given, [where] { ++*where; }); // EXPECT: `count` is handed by reference
}

void posted_and_joined_ok(asio::thread_pool &given) {
  int count = 0;
  asio::post(given, [&] { ++count; });
  given.join();
}

void own_pool_ok() {
  int count = 0;
  asio::thread_pool own(2);
  asio::post(own, [&] { ++count; });
}

void own_pool_before_local_bad() {
  asio::thread_pool own(2);
  int count = 0;
  asio::post(own, [&] { ++count; }); // EXPECT: `count` is handed by reference
}

void run_here_ok(asio::io_context &loop) {
  int count = 0;
  asio::post(loop, [&] { ++count; });
  loop.run();
}

void two_posts_bad(asio::io_context &loop) {
  int count = 0;
  asio::post(loop, [&] { ++count; }); // EXPECT: `count` is handed by reference
  asio::post(loop, [] {});
}

// A body that is not here may do the waiting.
void waitForEverything();
void unknown_wait_ok() {
  int count = 0;
  asio::post(pool(), [&] { ++count; });
  waitForEverything();
}

struct Session {
  void begin(asio::io_context &loop) {
    asio::post(loop, [this] { ++steps; });
  }
  int steps = 0;
};
void session_on_stack_bad(asio::io_context &loop) {
  Session session;
  session.begin(loop); // EXPECT: `session` is handed by reference to the task that this call starts
}
void session_on_heap_ok(asio::io_context &loop) {
  auto *session = new Session;
  session->begin(loop);
}

// Futures

class Loader {
public:
  void load_bad() {
    int size = 0;
    done = std::async([&] { ++size; }); // EXPECT: `size` is handed by reference to the task started here, whose handle is kept elsewhere
  }
  void load_ok() {
    int size = 0;
    done = std::async([&] { ++size; });
    done.wait();
  }
  std::future<void> done;
};

void future_in_block_ok() {
  int size = 0;
  {
    auto done = std::async([&] { ++size; });
  }
}

void future_outside_of_block_bad() {
  std::future<void> done;
  {
    int size = 0;
    done = std::async([&] { ++size; }); // EXPECT: which is waited for only after `size` has died
  }
  done.get();
}

// Entries that are not known

typedef void (*Entry)(int *);
void unknown_entry_bad(Entry entry) {
  int count = 0;
  std::thread(entry, &count).detach(); // EXPECT: `count` is handed by reference
}
void unknown_entry_ok(Entry entry, int *given) { std::thread(entry, given).detach(); }

// Neither joined nor detached: the destructor ends the program, and nobody uses a dead local.
void destroyed_while_running_ok() {
  int count = 0;
  std::thread worker([&] { ++count; });
}
