// RUN: %check-fixture %s heddle-lock-order-cycle -- -std=c++20 -pthread
// RUN: %check-fixture %s heddle-lock-order-cycle -- -std=c++20 -pthread -DDRIVER
// RUN: %deadlock %s -std=c++20
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <shared_mutex>
#include <thread>
#include <vector>

int shared;

// Opposite orders

std::mutex oppositeA, oppositeB;
void opposite_guards_bad() {
  std::thread a([] {
    std::lock_guard<std::mutex> first(oppositeA);  // NOTE: takes `oppositeA` here
    std::lock_guard<std::mutex> second(oppositeB); // EXPECT: `oppositeB` is taken here
    shared++;
  });
  std::thread b([] {
    std::lock_guard<std::mutex> first(oppositeB);
    std::lock_guard<std::mutex> second(oppositeA); // NOTE: and then `oppositeA` here
    shared++;
  });
  a.join();
  b.join();
}

std::mutex sameOrderA, sameOrderB;
void same_order_ok() {
  auto work = [] {
    std::lock_guard<std::mutex> first(sameOrderA);
    std::lock_guard<std::mutex> second(sameOrderB);
    shared++;
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

std::mutex unlockedA, unlockedB;
void first_given_back_ok() {
  std::thread a([] {
    std::unique_lock<std::mutex> first(unlockedA);
    first.unlock();
    std::lock_guard<std::mutex> second(unlockedB);
  });
  std::thread b([] {
    {
      std::lock_guard<std::mutex> first(unlockedB);
    }
    std::lock_guard<std::mutex> second(unlockedA);
  });
  a.join();
  b.join();
}

std::mutex scopedA, scopedB;
void scoped_lock_of_both_ok() {
  std::thread a([] { std::scoped_lock both(scopedA, scopedB); });
  std::thread b([] { std::scoped_lock both(scopedB, scopedA); });
  a.join();
  b.join();
}

std::mutex stdLockA, stdLockB;
void std_lock_and_adopt_ok() {
  std::thread a([] {
    std::lock(stdLockA, stdLockB);
    std::lock_guard<std::mutex> first(stdLockA, std::adopt_lock);
    std::lock_guard<std::mutex> second(stdLockB, std::adopt_lock);
  });
  std::thread b([] {
    std::unique_lock<std::mutex> first(stdLockB, std::defer_lock);
    std::unique_lock<std::mutex> second(stdLockA, std::defer_lock);
    std::lock(first, second);
  });
  a.join();
  b.join();
}

std::mutex triedA, triedB;
void tried_second_ok() {
  std::thread a([] {
    std::lock_guard<std::mutex> first(triedA);
    std::lock_guard<std::mutex> second(triedB);
  });
  std::thread b([] {
    std::lock_guard<std::mutex> first(triedB);
    if (triedA.try_lock()) {
      shared++;
      triedA.unlock();
    }
  });
  a.join();
  b.join();
}

std::mutex gate, gatedA, gatedB;
void gate_around_both_ok() {
  std::thread a([] {
    std::lock_guard<std::mutex> outer(gate);
    std::lock_guard<std::mutex> first(gatedA);
    std::lock_guard<std::mutex> second(gatedB);
  });
  std::thread b([] {
    std::lock_guard<std::mutex> outer(gate);
    std::lock_guard<std::mutex> first(gatedB);
    std::lock_guard<std::mutex> second(gatedA);
  });
  a.join();
  b.join();
}

// Who runs at once

std::mutex serialA, serialB;
void serial_forward() {
  std::lock_guard<std::mutex> first(serialA);
  std::lock_guard<std::mutex> second(serialB);
}
void serial_backward() {
  std::lock_guard<std::mutex> first(serialB);
  std::lock_guard<std::mutex> second(serialA);
}
void joined_in_between_ok() {
  std::thread a(serial_forward);
  a.join();
  std::thread b(serial_backward);
  b.join();
}

std::mutex oneThreadA, oneThreadB;
void one_thread_ok() {
  std::thread a([] {
    {
      std::lock_guard<std::mutex> first(oneThreadA);
      std::lock_guard<std::mutex> second(oneThreadB);
    }
    std::lock_guard<std::mutex> first(oneThreadB);
    std::lock_guard<std::mutex> second(oneThreadA);
  });
  a.join();
}

std::mutex workersA, workersB;
void one_of_many_workers_bad() {
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; i++)
    workers.emplace_back([] {
      {
        std::lock_guard<std::mutex> first(workersA);
        std::lock_guard<std::mutex> second(workersB); // EXPECT: `workersB` is taken here
      }
      std::lock_guard<std::mutex> first(workersB);
      std::lock_guard<std::mutex> second(workersA);
    });
  for (std::thread &t : workers)
    t.join();
}

std::mutex mainA, mainB;
void main_thread_takes_part_bad() {
  std::thread a([] {
    std::lock_guard<std::mutex> first(mainA);
    std::lock_guard<std::mutex> second(mainB); // EXPECT: `mainB` is taken here
  });
  {
    std::lock_guard<std::mutex> first(mainB);
    std::lock_guard<std::mutex> second(mainA);
  }
  a.join();
}

std::mutex beforeA, beforeB;
void before_the_thread_ok() {
  {
    std::lock_guard<std::mutex> first(beforeB);
    std::lock_guard<std::mutex> second(beforeA);
  }
  std::thread a([] {
    std::lock_guard<std::mutex> first(beforeA);
    std::lock_guard<std::mutex> second(beforeB);
  });
  a.join();
}

// Through calls

std::mutex calledA, calledB;
static void takes_b() {
  std::lock_guard<std::mutex> guard(calledB); // EXPECT: `calledB` is taken here
  shared++;
}
static void takes_a() {
  std::lock_guard<std::mutex> guard(calledA);
  shared++;
}
void through_calls_case() {
  std::thread a([] {
    std::lock_guard<std::mutex> guard(calledA);
    takes_b(); // NOTE: comes by this call
  });
  std::thread b([] {
    std::lock_guard<std::mutex> guard(calledB);
    takes_a();
  });
  a.join();
  b.join();
}

class Journal {
public:
  void write() {
    std::lock_guard<std::mutex> guard(m);
    if (makeRoom()) {
      m.unlock();
      m.lock();
    }
  }

private:
  // Gives the lock of its caller up for a while.
  bool makeRoom() {
    bool waited = false;
    while (size > 3) {
      m.unlock();
      std::this_thread::yield();
      m.lock();
      waited = true;
      --size;
    }
    ++size;
    return waited;
  }
  std::mutex m;
  int size = 0;
};
Journal journal;
void given_up_by_callee_ok() {
  std::thread a([] {
    for (int i = 0; i < 6; ++i)
      journal.write();
  });
  a.join();
}

struct Account {
  std::mutex m;
  int money = 0;
};
static void transfer(Account &from, Account &to) {
  std::lock_guard<std::mutex> first(from.m);
  std::lock_guard<std::mutex> second(to.m); // EXPECT: is taken here by
  from.money--;
  to.money++;
}
Account alice, bob;
void transfer_both_ways_case() {
  std::thread a([] { transfer(alice, bob); });
  std::thread b([] { transfer(bob, alice); });
  a.join();
  b.join();
}

static void ordered_transfer_ok(Account &from, Account &to) {
  if (&from < &to) {
    std::lock_guard<std::mutex> first(from.m);
    std::lock_guard<std::mutex> second(to.m);
    from.money--, to.money++;
  } else {
    std::lock_guard<std::mutex> first(to.m);
    std::lock_guard<std::mutex> second(from.m);
    from.money--, to.money++;
  }
}
Account carol, dave;
void transfer_by_address_ok() {
  std::thread a([] { ordered_transfer_ok(carol, dave); });
  std::thread b([] { ordered_transfer_ok(dave, carol); });
  a.join();
  b.join();
}

static void swapped_transfer_ok(Account &from, Account &to) {
  Account *first = &from, *second = &to;
  if (first > second)
    std::swap(first, second);
  std::lock_guard<std::mutex> one(first->m);
  std::lock_guard<std::mutex> two(second->m);
  from.money--, to.money++;
}
Account eve, frank;
void transfer_after_swap_ok() {
  std::thread a([] { swapped_transfer_ok(eve, frank); });
  std::thread b([] { swapped_transfer_ok(frank, eve); });
  a.join();
  b.join();
}

class Guard {
public:
  explicit Guard(std::mutex &m) : Mutex(m) { Mutex.lock(); }
  ~Guard() { Mutex.unlock(); }

private:
  std::mutex &Mutex;
};
std::mutex wrappedA, wrappedB;
void own_guard_class_bad() {
  std::thread a([] {
    Guard first(wrappedA);
    Guard second(wrappedB); // EXPECT: `wrappedB` is taken here
  });
  std::thread b([] {
    Guard first(wrappedB);
    Guard second(wrappedA);
  });
  a.join();
  b.join();
}

// Members

class Cache;
class Store {
public:
  void put(Cache &c);
  void evict() {
    std::lock_guard<std::mutex> guard(StoreMutex); // EXPECT: `StoreMutex` is taken here by a thread
    Size--;
  }

private:
  std::mutex StoreMutex;
  int Size = 0;
};
class Cache {
public:
  void fill() {
    std::lock_guard<std::mutex> guard(CacheMutex); // NOTE: and then `CacheMutex` here
    Used++;
  }
  void shrink(Store &s) {
    std::lock_guard<std::mutex> guard(CacheMutex);
    Used--;
    s.evict(); // NOTE: a thread comes by this call, in `Cache::shrink`
  }

private:
  std::mutex CacheMutex;
  int Used = 0;
};
void Store::put(Cache &c) {
  std::lock_guard<std::mutex> guard(StoreMutex);
  Size++;
  c.fill();
}

class Reader {
public:
  void forward() {
    std::lock_guard<std::mutex> a(First);
    std::lock_guard<std::mutex> b(Second);
  }
  void alsoForward() {
    std::lock_guard<std::mutex> a(First);
    helper();
  }

private:
  void helper() { std::lock_guard<std::mutex> b(Second); }
  std::mutex First, Second;
};

struct Tree_ok {
  std::mutex m;
  std::unique_ptr<Tree_ok> left, right;
  int value = 0;
  int sum() {
    std::lock_guard<std::mutex> guard(m);
    return value + (left ? left->sum() : 0) + (right ? right->sum() : 0);
  }
};

// Readers

std::shared_mutex readA, readB;
void readers_only_ok() {
  std::thread a([] {
    std::shared_lock<std::shared_mutex> first(readA);
    std::shared_lock<std::shared_mutex> second(readB);
  });
  std::thread b([] {
    std::shared_lock<std::shared_mutex> first(readB);
    std::shared_lock<std::shared_mutex> second(readA);
  });
  a.join();
  b.join();
}

std::shared_mutex mixedA, mixedB;
void reader_and_writer_bad() {
  std::thread a([] {
    std::shared_lock<std::shared_mutex> first(mixedA);
    std::unique_lock<std::shared_mutex> second(mixedB); // EXPECT: `mixedB` is taken here
  });
  std::thread b([] {
    std::shared_lock<std::shared_mutex> first(mixedB);
    std::unique_lock<std::shared_mutex> second(mixedA);
  });
  a.join();
  b.join();
}

// Three threads

std::mutex ringA, ringB, ringC;
void ring_of_three_bad() {
  std::thread a([] {
    std::lock_guard<std::mutex> first(ringA);
    std::lock_guard<std::mutex> second(ringB); // EXPECT: `ringB` is taken here
  });
  std::thread b([] {
    std::lock_guard<std::mutex> first(ringB);
    std::lock_guard<std::mutex> second(ringC);
  });
  std::thread c([] {
    std::lock_guard<std::mutex> first(ringC);
    std::lock_guard<std::mutex> second(ringA);
  });
  a.join();
  b.join();
  c.join();
}

// The same lock again

std::mutex again;

int total;
void kept_from_the_pass_before_bad(int n) {
  for (int i = 0; i < n; ++i) {
    again.lock(); // EXPECT: `again` is taken here by a thread that holds it already
    total += i;
  }
}
void given_back_in_the_callee_ok(int n) {
  struct Back {
    static void give() { again.unlock(); }
  };
  for (int i = 0; i < n; ++i) {
    again.lock();
    total += i;
    Back::give();
  }
}
void given_back_on_one_way_ok(int n) {
  for (int i = 0; i < n; ++i) {
    again.lock();
    if (i != n - 1)
      again.unlock();
  }
}
void taken_in_one_pass_only_ok(int n) {
  bool have = false;
  for (int i = 0; i < n; ++i) {
    if (!have)
      again.lock(), have = true;
    total += i;
  }
}
void guarded_in_each_pass_ok(int n) {
  for (int i = 0; i < n; ++i) {
    std::lock_guard<std::mutex> guard(again);
    if (i == total)
      continue;
    total += i;
  }
}
struct Row {
  std::mutex m;
  Row *next;
};
void every_row_ok(Row *first) {
  for (Row *r = first; r; r = r->next)
    r->m.lock();
}
void handed_over_ok(std::vector<Row *> &rows, std::unique_lock<std::mutex> &lock) {
  for (Row *r : rows) {
    lock.lock();
    total += r->next != nullptr;
    lock.unlock();
  }
}
void taken_and_left_ok(int n) {
  for (int i = 0; i < n; ++i) {
    again.lock();
    total += i;
    break;
  }
  again.unlock();
}
struct Line {
  static std::mutex out;
  Line() { out.lock(); }
  ~Line() { out.unlock(); }
  Line &operator<<(int n) { return total += n, *this; }
};
std::mutex Line::out;
Line line() { return Line(); }
void a_line_each_ok() {
  line() << 1;
  line() << 2;
}
void help() { line() << 1; }
void helps_and_ends_ok(int n) {
  for (int i = 0; i < n; ++i) {
    if (i == total) {
      help();
      std::exit(1);
    }
    help();
  }
}
void a_line_in_each_pass_ok(int n) {
  for (int i = 0; i < n; ++i)
    line() << i;
}
void unlocks_by_another_ok(int n, void (*giveBack)()) {
  for (int i = 0; i < n; ++i) {
    again.lock();
    giveBack();
  }
}
void taken_twice_bad() {
  std::lock_guard<std::mutex> first(again);
  again.lock(); // EXPECT: `again` is taken here by a thread that holds it already
  again.unlock();
}

class Counter {
public:
  int get() {
    std::lock_guard<std::mutex> guard(M);
    return N;
  }
  void bump() {
    std::lock_guard<std::mutex> guard(M);
    N = get() + 1; // EXPECT: by way of this call by a thread that holds it already
  }
  void bumpLater() {
    std::unique_lock<std::mutex> guard(M);
    N++;
    guard.unlock();
    get();
  }
  void maybe(bool locked) {
    if (!locked)
      M.lock();
    N++;
    if (!locked)
      M.unlock();
  }
  void callsMaybe() {
    std::lock_guard<std::mutex> guard(M);
    maybe(true);
  }

private:
  std::mutex M;
  int N = 0;
};

std::recursive_mutex recursive;
void recursive_ok() {
  std::lock_guard<std::recursive_mutex> first(recursive);
  std::lock_guard<std::recursive_mutex> second(recursive);
  shared++;
}

pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;
void pthread_twice_bad() {
  pthread_mutex_lock(&plain);
  pthread_mutex_lock(&plain); // EXPECT: `plain` is taken here by a thread that holds it already
  pthread_mutex_unlock(&plain);
}

pthread_mutex_t unknownKind;
void pthread_of_unknown_kind_ok() {
  pthread_mutex_lock(&unknownKind);
  pthread_mutex_lock(&unknownKind);
  pthread_mutex_unlock(&unknownKind);
  pthread_mutex_unlock(&unknownKind);
}

// A lock that may fail is given back on the way where it was taken.
static int waitFor(pthread_mutex_t *m) {
  int failed = pthread_mutex_lock(m);
  if (failed == 0)
    pthread_mutex_unlock(m);
  return failed;
}
pthread_mutex_t checkedA = PTHREAD_MUTEX_INITIALIZER, checkedB = PTHREAD_MUTEX_INITIALIZER;
void result_is_checked_ok() {
  std::thread a([] {
    waitFor(&checkedA);
    waitFor(&checkedB);
  });
  std::thread b([] {
    waitFor(&checkedB);
    waitFor(&checkedA);
  });
  a.join();
  b.join();
}

std::mutex slots[8];
void elements_ok(int i, int j) {
  std::lock_guard<std::mutex> first(slots[i]);
  std::lock_guard<std::mutex> second(slots[j]);
}

#ifdef DRIVER
#define CASE(F)                                                                                    \
  if (argc > 1 && !std::strcmp(argv[1], #F))                                                       \
    F();

int main(int argc, char **argv) {
  CASE(opposite_guards_bad)
  CASE(same_order_ok)
  CASE(first_given_back_ok)
  CASE(scoped_lock_of_both_ok)
  CASE(std_lock_and_adopt_ok)
  CASE(tried_second_ok)
  CASE(through_calls_case)      // through_calls_bad
  CASE(transfer_both_ways_case) // transfer_both_ways_bad
  CASE(given_up_by_callee_ok)
  CASE(transfer_by_address_ok)
  CASE(transfer_after_swap_ok)
  CASE(own_guard_class_bad)
  CASE(reader_and_writer_bad)
  CASE(ring_of_three_bad)
  CASE(recursive_ok)
  CASE(result_is_checked_ok)
}
#endif
