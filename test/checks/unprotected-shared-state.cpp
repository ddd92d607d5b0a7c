// RUN: %check-fixture %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %check-fixture %s heddle-unprotected-shared-state -- -std=c++20 -pthread -DDRIVER
// RUN: %tsan %s -std=c++20
#include <atomic>
#include <condition_variable>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

// No lock at all

int hits;
void global_counter_bad() {
  std::thread a([] { hits++; }); // EXPECT: `hits` is written here
  std::thread b([] { hits++; });
  a.join();
  b.join();
}

int lockedHits;
std::mutex lockedHitsMutex;
void global_counter_ok() {
  auto work = [] {
    std::lock_guard<std::mutex> guard(lockedHitsMutex);
    lockedHits++;
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

void captured_by_reference_bad() {
  int total = 0;
  std::thread worker([&total] { total += 1; }); // EXPECT: `total` is written here
  total += 2;
  worker.join();
}

int captured_by_value_ok() {
  int total = 1;
  std::thread worker([total]() mutable { total += 1; });
  total += 2;
  worker.join();
  return total;
}

std::atomic<int> atomicHits;
void atomic_counter_ok() {
  std::thread a([] { atomicHits++; });
  std::thread b([] { atomicHits.fetch_add(1, std::memory_order_relaxed); });
  a.join();
  b.join();
}

thread_local int ownHits;
void thread_local_ok() {
  std::thread a([] { ownHits++; });
  std::thread b([] { ownHits++; });
  a.join();
  b.join();
}

const std::vector<int> primes = {2, 3, 5, 7};
int const_data_ok() {
  int x = 0, y = 0;
  std::thread a([&x] { x = primes[1]; });
  std::thread b([&y] { y = primes[1]; });
  a.join();
  b.join();
  return x + y;
}

void static_local_bad() {
  auto next = [] {
    static int last = 0;
    return ++last; // EXPECT: `last` is written here
  };
  std::thread a([&] { next(); });
  std::thread b([&] { next(); });
  a.join();
  b.join();
}

struct Table {
  int cells[16] = {};
};
const Table &table() {
  static Table built;
  return built;
}
int magic_static_ok() {
  int x = 0, y = 0;
  std::thread a([&x] { x = table().cells[1]; });
  std::thread b([&y] { y = table().cells[2]; });
  a.join();
  b.join();
  return x + y;
}

// Before the start and after the end

int read_before_join_bad() {
  int result = 0;
  std::thread worker([&] { result = 42; }); // EXPECT: `result` is written here
  int early = result;
  worker.join();
  return early;
}

int read_after_join_ok() {
  int result = 0;
  std::thread worker([&] { result = 42; });
  worker.join();
  return result;
}

int configuration;
int write_before_start_ok() {
  configuration = 7;
  int seen = 0;
  std::thread worker([&seen] { seen = configuration; });
  worker.join();
  return seen;
}

int one_after_the_other_ok() {
  int total = 0;
  std::thread first([&] { total++; });
  first.join();
  std::thread second([&] { total++; });
  second.join();
  return total;
}

int join_in_loop_ok() {
  int sums[4] = {};
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i)
    workers.emplace_back([&sums, i] { sums[i] = i * i; });
  for (std::thread &worker : workers)
    worker.join();
  return sums[0] + sums[3];
}

void thread_in_loop_bad() {
  std::vector<int> results;
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i)
    workers.emplace_back([&results, i] { results.push_back(i); });
    // EXPECT@-1: `results` is written here
  for (std::thread &worker : workers)
    worker.join();
}

int jthread_bad() {
  int ready = 0;
  std::jthread worker([&] { ready = 1; }); // EXPECT: `ready` is written here
  return ready;
}

int jthread_ok() {
  int ready = 0;
  { std::jthread worker([&] { ready = 1; }); }
  return ready;
}

int async_bad() {
  int partial = 0;
  std::future<int> later = std::async(std::launch::async, [&] { return partial += 1; });
  // EXPECT@-1: `partial` is written here
  partial += 10;
  return later.get();
}

int async_ok() {
  int partial = 0;
  std::future<int> later = std::async(std::launch::async, [&] { return partial += 1; });
  int got = later.get();
  partial += 10;
  return got + partial;
}

int detachedCounter;
void detached_bad() {
  std::thread([] { detachedCounter = 1; }).detach(); // EXPECT: `detachedCounter` is written here
  detachedCounter = 2;
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

// Locks, but not the same or not here

std::mutex leftMutex, rightMutex;
int balance;
void wrong_mutex_bad() {
  std::thread a([] {
    std::lock_guard guard(leftMutex);
    balance += 1; // EXPECT: holding `leftMutex` here and `rightMutex` there
  });
  std::thread b([] {
    std::lock_guard guard(rightMutex);
    balance -= 1;
  });
  a.join();
  b.join();
}

std::mutex fromMutex, toMutex;
int account;
void scoped_lock_ok() {
  std::thread a([] {
    std::scoped_lock both(fromMutex, toMutex);
    account += 1;
  });
  std::thread b([] {
    std::lock_guard one(toMutex);
    account -= 1;
  });
  a.join();
  b.join();
}

void std_lock_adopt_ok() {
  std::mutex one, two;
  int moved = 0;
  auto work = [&] {
    std::lock(one, two);
    std::lock_guard first(one, std::adopt_lock);
    std::lock_guard second(two, std::adopt_lock);
    moved++;
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

void early_unlock_bad() {
  std::mutex mutex;
  int pending = 0;
  auto work = [&] {
    std::unique_lock lock(mutex);
    lock.unlock();
    pending++; // EXPECT: `pending` is written here
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

void relock_ok() {
  std::mutex mutex;
  int pending = 0;
  auto work = [&] {
    std::unique_lock lock(mutex);
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
    pending++;
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

void deferred_lock_ok() {
  std::mutex mutex;
  int pending = 0;
  auto work = [&] {
    std::unique_lock lock(mutex, std::defer_lock);
    lock.lock();
    pending++;
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

void deferred_lock_bad() {
  std::mutex mutex;
  int pending = 0;
  auto work = [&] {
    std::unique_lock lock(mutex, std::defer_lock);
    pending++; // EXPECT: `pending` is written here
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

std::mutex levelMutex;
int level;
int reader_without_lock_bad() {
  std::thread writer([] {
    std::lock_guard guard(levelMutex);
    level = 3; // EXPECT: holding `levelMutex` here and no lock there
  });
  int seen = level; // NOTE: holding no lock
  writer.join();
  return seen;
}

std::shared_mutex cacheMutex;
std::map<std::string, int> cache;
int reader_writer_ok() {
  std::thread writer([] {
    std::unique_lock lock(cacheMutex);
    cache["a"] = 1;
  });
  int seen = 0;
  {
    std::shared_lock lock(cacheMutex);
    auto found = cache.find("a");
    seen = found == cache.end() ? 0 : found->second;
  }
  writer.join();
  return seen;
}

std::shared_mutex statsMutex;
int lookups;
void write_under_shared_lock_bad() {
  auto look = [] {
    std::shared_lock lock(statsMutex);
    lookups++; // EXPECT: `statsMutex` for reading does not keep others out
  };
  std::thread a(look), b(look);
  a.join();
  b.join();
}

std::map<int, int> index_;
bool map_bad() {
  std::thread writer([] { index_[1] = 1; }); // EXPECT: `index_` is written here
  bool found = index_.find(1) != index_.end();
  writer.join();
  return found;
}

std::mutex tryMutex;
int tried;
void try_lock_ok() {
  auto work = [] {
    if (tryMutex.try_lock()) {
      tried++;
      tryMutex.unlock();
    }
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

std::mutex ignoredMutex;
int ignored;
void try_lock_ignored_bad() {
  auto work = [] {
    for (int i = 0; i < 1000; ++i) {
      bool taken = ignoredMutex.try_lock();
      std::this_thread::yield(); // the other comes in between, also on one processor
      ignored++; // EXPECT: `ignored` is written here
      if (taken)
        ignoredMutex.unlock();
    }
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

std::mutex sometimesMutex;
int sometimes;
void lock_on_one_path_bad() {
  auto work = [](bool careful) {
    if (careful)
      sometimesMutex.lock();
    sometimes++; // EXPECT: `sometimes` is written here
    if (careful)
      sometimesMutex.unlock();
  };
  std::thread a(work, true), b(work, false);
  a.join();
  b.join();
}

// Through functions, pointers and objects

void bump(int &value) { value++; }
int throughHelper;
void helper_bad() {
  std::thread a([] { bump(throughHelper); });
  // EXPECT@-1: `throughHelper` is handed over here and written
  std::thread b([] { bump(throughHelper); });
  a.join();
  b.join();
}

std::mutex tallyMutex;
int tally;
void bumpTallyLocked() { tally++; }
void caller_holds_the_lock_ok() {
  auto work = [] {
    std::lock_guard guard(tallyMutex);
    bumpTallyLocked();
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

std::mutex queueMutex;
int queued;
void enqueue() {
  std::lock_guard guard(queueMutex);
  queued++;
}
void helper_locks_ok() {
  std::thread a(enqueue), b(enqueue);
  a.join();
  b.join();
}

class Section {
public:
  explicit Section(std::mutex &mutex) : mutex(mutex) { mutex.lock(); }
  ~Section() { mutex.unlock(); }

private:
  std::mutex &mutex;
};
std::mutex sectionMutex;
int sectioned;
void own_guard_ok() {
  auto work = [] {
    Section section(sectionMutex);
    sectioned++;
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

void addOne(int *value) { *value += 1; }
void pointer_argument_bad() {
  int shared = 0;
  std::thread a(addOne, &shared); // EXPECT: `shared` is handed over here and written
  std::thread b(addOne, &shared);
  a.join();
  b.join();
}

void pointer_argument_ok() {
  int left = 0, right = 0;
  std::thread a(addOne, &left);
  std::thread b(addOne, &right);
  a.join();
  b.join();
}

void reference_argument_bad() {
  int shared = 0;
  std::thread worker(bump, std::ref(shared)); // EXPECT: `shared` is handed over here and written
  shared++;
  worker.join();
}

struct Stats {
  int count = 0;
};
void shared_heap_object_bad() {
  auto stats = std::make_shared<Stats>();
  std::thread worker([stats] { stats->count++; }); // EXPECT: `stats->count` is written here
  stats->count++;
  worker.join();
}

void moved_heap_object_ok() {
  auto stats = std::make_unique<Stats>();
  stats->count = 1;
  std::thread worker([mine = std::move(stats)] { mine->count++; });
  worker.join();
}

class Sampler_bad {
public:
  ~Sampler_bad() { worker.join(); }
  void start() {
    worker = std::thread([this] { sample(); });
  }
  int read() { return last; }

private:
  void sample() { last = 17; } // EXPECT: `sampler.last` is written here
  int last = 0;
  std::thread worker;
};
int useSampler() {
  Sampler_bad sampler;
  sampler.start();
  return sampler.read();
}

class Recorder_ok {
public:
  explicit Recorder_ok(int first) : last(first), worker([this] { record(); }) {}
  ~Recorder_ok() { worker.join(); }
  int read() {
    std::lock_guard guard(mutex);
    return last;
  }

private:
  void record() {
    std::lock_guard guard(mutex);
    last++;
  }
  std::mutex mutex;
  int last;
  std::thread worker;
};
int useRecorder() {
  Recorder_ok recorder(3);
  return recorder.read();
}

// Handing over

void condition_variable_ok() {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<int> items;
  std::thread producer([&] {
    {
      std::lock_guard guard(mutex);
      items.push_back(1);
    }
    changed.notify_one();
  });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !items.empty(); });
    items.pop_back();
  }
  producer.join();
}

bool stopRequested;
void polled_flag_bad() {
  std::thread worker([] {
    for (int i = 0; i < 1000 && !stopRequested; ++i)
      std::this_thread::yield();
  });
  stopRequested = true; // EXPECT: `stopRequested` is written here
  worker.join();
}

std::once_flag settingsOnce;
std::string settings;
const std::string &loadSettings() {
  std::call_once(settingsOnce, [] { settings = "loaded"; });
  return settings;
}
void call_once_ok() {
  size_t x = 0, y = 0;
  std::thread a([&x] { x = loadSettings().size(); });
  std::thread b([&y] { y = loadSettings().size(); });
  a.join();
  b.join();
}

std::mutex lazyMutex;
Table *lazyTable;
Table *double_checked_bad() {
  auto get = [] {
    if (!lazyTable) {
      std::lock_guard guard(lazyMutex);
      if (!lazyTable)
        lazyTable = new Table; // EXPECT: `lazyTable` is written here
    }
    return lazyTable;
  };
  std::thread a(get), b(get);
  a.join();
  b.join();
  return lazyTable;
}

std::mutex carefulMutex;
std::atomic<Table *> carefulTable;
Table *double_checked_ok() {
  auto get = [] {
    if (!carefulTable.load(std::memory_order_acquire)) {
      std::lock_guard guard(carefulMutex);
      if (!carefulTable.load(std::memory_order_relaxed))
        carefulTable.store(new Table, std::memory_order_release);
    }
    return carefulTable.load();
  };
  std::thread a(get), b(get);
  a.join();
  b.join();
  return carefulTable;
}

#ifdef DRIVER
#include "Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(global_counter_bad)
  CASE(global_counter_ok)
  CASE(captured_by_reference_bad)
  CASE(captured_by_value_ok)
  CASE(atomic_counter_ok)
  CASE(thread_local_ok)
  CASE(const_data_ok)
  CASE(static_local_bad)
  CASE(magic_static_ok)
  CASE(read_before_join_bad)
  CASE(read_after_join_ok)
  CASE(write_before_start_ok)
  CASE(one_after_the_other_ok)
  CASE(join_in_loop_ok)
  CASE(thread_in_loop_bad)
  CASE(jthread_bad)
  CASE(jthread_ok)
  CASE(async_bad)
  CASE(async_ok)
  CASE(wrong_mutex_bad)
  CASE(scoped_lock_ok)
  CASE(std_lock_adopt_ok)
  CASE(early_unlock_bad)
  CASE(relock_ok)
  CASE(deferred_lock_ok)
  CASE(deferred_lock_bad)
  CASE(reader_without_lock_bad)
  CASE(reader_writer_ok)
  CASE(write_under_shared_lock_bad)
  CASE(map_bad)
  CASE(try_lock_ok)
  CASE(try_lock_ignored_bad)
  CASE(lock_on_one_path_bad)
  CASE(helper_bad)
  CASE(caller_holds_the_lock_ok)
  CASE(helper_locks_ok)
  CASE(own_guard_ok)
  CASE(pointer_argument_bad)
  CASE(pointer_argument_ok)
  CASE(reference_argument_bad)
  CASE(shared_heap_object_bad)
  CASE(moved_heap_object_ok)
  CASE(useSampler)  // Sampler_bad
  CASE(useRecorder) // Recorder_ok
  CASE(condition_variable_ok)
  CASE(polled_flag_bad)
  CASE(call_once_ok)
  CASE(double_checked_bad)
  CASE(double_checked_ok)
  CASE(detached_bad)
}
#endif
