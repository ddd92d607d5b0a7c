// RUN: %check-fixture %s heddle-escaping-local -- -std=c++20 -pthread
// RUN: %check-fixture %s heddle-escaping-local -- -std=c++20 -pthread -DDRIVER
// RUN: %asan %s -std=c++20
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// In the driver every thread is late: what it was handed has died by then.
static void late() {
#ifdef DRIVER
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
#endif
}
static void touch(int *what) {
  late();
  ++*what;
}
static void add(int &what) {
  late();
  ++what;
}
static void take(int what) {
  late();
  ++what;
}

// Detached

void lambda_detached_bad() {
  int count = 0;
  std::thread worker([&] { // EXPECT: `count` is handed by reference to the thread started here, which is detached
    late();
    ++count; // NOTE: the thread uses `count` here
  });
  worker.detach(); // NOTE: the thread is let go here
} // NOTE: `count` dies here

void lambda_copies_ok() {
  int count = 0;
  std::thread worker([count]() mutable {
    late();
    ++count;
  });
  worker.detach();
}

void reference_wrapper_bad() {
  int count = 0;
  std::thread(add, std::ref(count)).detach(); // EXPECT: `count` is handed by reference
}

void decayed_copy_ok() {
  int count = 0;
  std::thread(take, count).detach();
}

void pointer_bad() {
  int count = 0;
  std::thread(touch, &count).detach(); // EXPECT: `count` is handed by reference
}

void captured_pointer_bad() {
  int count = 0;
  int *where = &count;
  std::thread([where] { touch(where); }).detach(); // EXPECT: `count` is handed by reference
}

void pointer_to_static_ok() {
  static int count = 0;
  int *where = &count;
  std::thread([where] { touch(where); }).detach();
}

void pointer_variable_by_reference_bad() {
  static int count;
  int *where = &count;
  std::thread([&] { // EXPECT: `where` is handed by reference
    late();
    ++*where;
  }).detach();
}

void parameter_by_value_bad(int count) {
  std::thread([&count] { // EXPECT: `count` is handed by reference
    late();
    ++count;
  }).detach();
}

void reference_parameter_ok(int &count) {
  std::thread([&count] {
    late();
    ++count;
  }).detach();
}

void shared_pointer_ok() {
  auto count = std::make_shared<int>(0);
  std::thread([count] {
    late();
    ++*count;
  }).detach();
}

void shared_pointer_by_reference_bad() {
  auto text = std::make_shared<std::string>("a");
  std::thread([&text] { // EXPECT: `text` is handed by reference
    late();
    text->push_back('b');
  }).detach();
}

void unused_parameter_ok() {
  int count = 0;
  std::thread([](int *) { late(); }, &count).detach();
}

void two_locals_bad() {
  int first = 0;
  std::string second;
  std::thread([&] { // EXPECT: is handed by reference
    late();
    second.push_back('x'); // NOTE: the thread uses `second` here
    ++first;               // NOTE: the thread uses `first` here
  }).detach();
}

// Joined

int joined_ok() {
  int count = 0;
  std::thread worker([&] { touch(&count); });
  worker.join();
  return count;
}

int return_before_join_ok(bool broken) {
  int count = 0;
  std::thread worker([&] { touch(&count); });
  if (broken) {
    worker.join();
    return -1;
  }
  worker.join();
  return count;
}

void joinable_ok() {
  int count = 0;
  std::thread worker([&] { touch(&count); });
  if (worker.joinable())
    worker.join();
}

void joined_in_loop_ok() {
  int counts[4] = {};
  std::vector<std::thread> workers;
  for (int &count : counts)
    workers.emplace_back(add, std::ref(count));
  for (std::thread &worker : workers)
    worker.join();
}

void loop_variable_bad() {
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i)
    workers.emplace_back([&] { // EXPECT: `i` is handed by reference to the thread started here, which is waited for only after `i` has died
      late();
      ++i;
    });
  for (std::thread &worker : workers)
    worker.join();
}

void local_of_iteration_bad() {
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) {
    int mine = i;
    workers.emplace_back(touch, &mine); // EXPECT: `mine` is handed by reference
  }
  for (std::thread &worker : workers)
    worker.join();
}

void joined_in_iteration_ok() {
  for (int i = 0; i < 3; ++i) {
    int mine = i;
    std::thread worker(touch, &mine);
    worker.join();
  }
}

void joined_after_block_bad() {
  std::thread worker;
  {
    int count = 0;
    worker = std::thread([&] { touch(&count); }); // EXPECT: `count` is handed by reference to the thread started here, which is waited for only after
  } // NOTE: `count` dies here
  worker.join();
}

void joined_in_block_ok() {
  std::thread worker;
  {
    int count = 0;
    worker = std::thread([&] { touch(&count); });
    worker.join();
  }
}

// Handles that wait

void jthread_before_local_bad() {
  std::jthread worker;
  int count = 0;
  worker = std::jthread([&] { touch(&count); }); // EXPECT: `count` is handed by reference to the thread started here, which is waited for only after
}

void jthread_after_local_ok() {
  int count = 0;
  std::jthread worker([&] { touch(&count); });
}

void jthreads_ok() {
  int counts[2] = {};
  std::vector<std::jthread> workers;
  workers.emplace_back([&] { touch(&counts[0]); });
  workers.push_back(std::jthread([&] { touch(&counts[1]); }));
}

void jthreads_before_local_bad() {
  std::vector<std::jthread> workers;
  std::string text;
  workers.emplace_back([&] { // EXPECT: `text` is handed by reference
    late();
    text.push_back('x');
  });
}

struct Joiner {
  explicit Joiner(std::thread t) : thread(std::move(t)) {}
  ~Joiner() { thread.join(); }
  std::thread thread;
};
void own_guard_ok() {
  int count = 0;
  std::thread worker([&] { touch(&count); });
  Joiner joiner(std::move(worker));
}

void async_ok() {
  int count = 0;
  auto done = std::async(std::launch::async, [&] { touch(&count); });
}

void async_dropped_ok() {
  int count = 0;
  std::async(std::launch::async, [&] { touch(&count); });
}

static std::future<void> async_returned_bad() {
  int count = 0;
  return std::async(std::launch::async, [&] { touch(&count); }); // EXPECT: `count` is handed by reference to the task started here
}

static std::future<void> future_returned_bad() {
  int count = 0;
  auto done = std::async(std::launch::async, [&] { touch(&count); }); // EXPECT: whose handle is kept elsewhere
  return done; // NOTE: its handle goes elsewhere here
}

static std::future<int> value_returned_ok() {
  int count = 0;
  return std::async(std::launch::async, [count] { return count + 1; });
}

static std::thread thread_returned_bad() {
  int count = 0;
  return std::thread([&] { touch(&count); }); // EXPECT: `count` is handed by reference
}

static std::vector<std::thread> threads_returned_bad() {
  int count = 0;
  std::vector<std::thread> workers;
  workers.emplace_back([&] { touch(&count); }); // EXPECT: `count` is handed by reference
  return workers;
}

std::vector<std::thread> kept;
void kept_in_global_bad() {
  int count = 0;
  kept.emplace_back(touch, &count); // EXPECT: `count` is handed by reference to the thread started here, whose handle is kept elsewhere
}

void moved_to_global_bad() {
  int count = 0;
  std::thread worker(touch, &count); // EXPECT: `count` is handed by reference
  kept.push_back(std::move(worker)); // NOTE: its handle goes elsewhere here
}

// Objects that start threads

class Ticker_detached {
public:
  void start() {
    std::thread([this] {
      late();
      ++ticks;
    }).detach();
  }
  int ticks = 0;
};
void detaching_object_bad() {
  Ticker_detached ticker;
  ticker.start(); // EXPECT: `ticker` is handed by reference to the thread that this call starts, which is detached
}

void detaching_object_on_heap_ok() {
  auto *ticker = new Ticker_detached;
  ticker->start();
}

class Ticker_joining {
public:
  ~Ticker_joining() { stop(); }
  void start() {
    worker = std::thread([this] {
      late();
      ++ticks;
    });
  }
  void stop() {
    if (worker.joinable())
      worker.join();
  }
  int ticks = 0;
  std::thread worker;
};
void joining_object_ok() {
  Ticker_joining ticker;
  ticker.start();
}

class Store {
public:
  void fill_bad(int amount) {
    int copy = amount;
    worker = std::thread([&] { touch(&copy); }); // EXPECT: `copy` is handed by reference to the thread started here, whose handle is kept elsewhere
  }
  ~Store() { worker.join(); }
  std::thread worker;
};
void useStore() {
  Store store;
  store.fill_bad(1);
}

static void launchOn(int *what) { std::thread(touch, what).detach(); }
void started_by_helper_bad() {
  int count = 0;
  launchOn(&count); // EXPECT: `count` is handed by reference to the thread that this call starts
}
void helper_gets_global_ok() {
  static int count = 0;
  launchOn(&count);
}

// Waits for a signal

void promise_ok() {
  int count = 0;
  std::promise<void> done;
  std::thread([&] {
    touch(&count);
    done.set_value_at_thread_exit();
  }).detach();
  done.get_future().wait();
  late();
}

void latch_ok() {
  int count = 0;
  auto done = std::make_shared<std::latch>(1);
  std::thread([&count, done] {
    touch(&count);
    done->count_down();
  }).detach();
  done->wait();
}

void condition_variable_ok() {
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
  };
  auto shared = std::make_shared<Shared>();
  int count = 0;
  std::thread([&count, shared] {
    touch(&count);
    std::lock_guard lock(shared->mutex);
    shared->done = true;
    shared->changed.notify_one();
  }).detach();
  std::unique_lock lock(shared->mutex);
  shared->changed.wait(lock, [&] { return shared->done; });
}

void polled_atomic_ok() {
  static std::atomic<bool> done;
  done = false;
  int count = 0;
  std::thread([&count] {
    touch(&count);
    done = true;
  }).detach();
  while (!done)
    std::this_thread::yield();
}

void only_slept_bad() {
  int count = 0;
  std::thread(touch, &count).detach(); // EXPECT: `count` is handed by reference
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

static void waitForAll();
#ifdef DRIVER
static void waitForAll() {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, std::chrono::milliseconds(200));
}
#endif
void unknown_function_ok() {
  int count = 0;
  std::thread(touch, &count).detach();
  waitForAll();
}

// Function objects are copied

struct Adder {
  int &total;
  int own = 0;
  void operator()() {
    late();
    ++own;
    ++total;
  }
};
void function_object_bad() {
  int total = 0;
  Adder adder{total};
  std::thread(adder).detach(); // EXPECT: `total` is handed by reference
}

struct Counter {
  int own = 0;
  void operator()() {
    late();
    ++own;
  }
};
void function_object_ok() {
  Counter counter;
  std::thread(counter).detach();
}

#ifdef DRIVER
#include "Inputs/driver.h"
static int outliving;
static std::future<void> outlivingFuture;
void callParameter() {
  parameter_by_value_bad(1);
}
void callReference() {
  reference_parameter_ok(outliving);
}
void callReturn() {
  return_before_join_ok(true);
}
void callAsync() {
  outlivingFuture = async_returned_bad();
}
void callFuture() {
  outlivingFuture = future_returned_bad();
}
void callThread() {
  thread_returned_bad().detach();
}
void callThreads() {
  for (std::thread &worker : threads_returned_bad())
    worker.detach();
}
void callKept() {
  kept_in_global_bad();
}
void callMoved() {
  moved_to_global_bad();
}
int main(int Count, char **Arguments) {
  CASE(lambda_detached_bad)
  CASE(lambda_copies_ok)
  CASE(reference_wrapper_bad)
  CASE(decayed_copy_ok)
  CASE(pointer_bad)
  CASE(captured_pointer_bad)
  CASE(pointer_to_static_ok)
  CASE(pointer_variable_by_reference_bad)
  CASE(callParameter) // parameter_by_value_bad
  CASE(callReference) // reference_parameter_ok
  CASE(shared_pointer_ok)
  CASE(shared_pointer_by_reference_bad)
  CASE(unused_parameter_ok)
  CASE(two_locals_bad)
  CASE(joined_ok)
  CASE(callReturn) // return_before_join_ok
  CASE(joinable_ok)
  CASE(joined_in_loop_ok)
  CASE(loop_variable_bad)
  CASE(local_of_iteration_bad)
  CASE(joined_in_iteration_ok)
  CASE(joined_after_block_bad)
  CASE(joined_in_block_ok)
  CASE(jthread_before_local_bad)
  CASE(jthread_after_local_ok)
  CASE(jthreads_ok)
  CASE(jthreads_before_local_bad)
  CASE(own_guard_ok)
  CASE(async_ok)
  CASE(async_dropped_ok)
  CASE(callAsync)   // async_returned_bad
  CASE(callFuture)  // future_returned_bad
  CASE(value_returned_ok)
  CASE(callThread)  // thread_returned_bad
  CASE(callThreads) // threads_returned_bad
  CASE(callKept)    // kept_in_global_bad
  CASE(callMoved)   // moved_to_global_bad
  CASE(detaching_object_bad)
  CASE(detaching_object_on_heap_ok)
  CASE(joining_object_ok)
  CASE(useStore) // fill_bad
  CASE(started_by_helper_bad)
  CASE(helper_gets_global_ok)
  CASE(promise_ok)
  CASE(latch_ok)
  CASE(condition_variable_ok)
  CASE(polled_atomic_ok)
  CASE(only_slept_bad)
  CASE(unknown_function_ok)
  CASE(function_object_bad)
  CASE(function_object_ok)
  std::this_thread::sleep_for(std::chrono::milliseconds(120));
  for (std::thread &worker : kept)
    worker.join();
}
#endif
