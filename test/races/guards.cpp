// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// Every guard of the standard library, used well and badly.
#include <chrono>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace guard_temporary_bad {
  std::mutex m;
  int n;
  void work() {
    std::lock_guard<std::mutex>{m}; // gone at once
    ++n; // EXPECT: n` is written here
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace guard_declares_variable_bad {
  std::mutex m;
  int n;
  void work() {
    std::unique_lock<std::mutex>(m); // declares a lock without a mutex, named m
    ++n; // EXPECT: n` is written here
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace guard_in_condition_ok {
  std::mutex m;
  int n;
  void work() {
    if (std::lock_guard<std::mutex> hold(m); n < 10)
      ++n;
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace guard_scope_too_small_bad {
  std::mutex m;
  int n;
  void work() {
    int seen;
    {
      std::lock_guard hold(m);
      seen = n;
    }
    n = seen + 1; // EXPECT: n` is written here
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace guard_in_loop_ok {
  std::mutex m;
  int n;
  void work() {
    for (int i = 0; i < 3; ++i) {
      std::lock_guard hold(m);
      if (n > 100)
        break;
      n += i;
    }
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace scoped_lock_two_ok {
  struct Account {
    std::mutex m;
    int balance = 100;
  };
  void transfer(Account &from, Account &to, int amount) {
    std::scoped_lock both(from.m, to.m);
    from.balance -= amount;
    to.balance += amount;
  }
  void run() {
    Account x, y;
    std::thread a([&] { transfer(x, y, 5); });
    std::thread b([&] { transfer(y, x, 7); });
    a.join();
    b.join();
  }
}
namespace scoped_lock_one_of_two_bad {
  struct Account {
    std::mutex m;
    int balance = 100;
  };
  void transfer(Account &from, Account &to, int amount) {
    std::scoped_lock one(from.m);
    from.balance -= amount;
    to.balance += amount;
  }
  void run() {
    Account x, y;
    std::thread a([&] { transfer(x, y, 5); }); // EXPECT: `x.balance` is handed over here
    std::thread b([&] { transfer(y, x, 7); });
    a.join();
    b.join();
  }
}
namespace scoped_lock_empty_bad {
  int n;
  void work() {
    std::scoped_lock nothing;
    ++n; // EXPECT: n` is written here
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace unique_lock_deferred_never_bad {
  std::mutex m;
  int n;
  void work() {
    std::unique_lock<std::mutex> hold(m, std::defer_lock);
    ++n; // EXPECT: n` is written here
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace unique_lock_deferred_std_lock_ok {
  std::mutex m1, m2;
  int x, y;
  void work() {
    std::unique_lock<std::mutex> a(m1, std::defer_lock), b(m2, std::defer_lock);
    std::lock(a, b);
    ++x;
    ++y;
  }
  void other() {
    std::lock_guard hold(m2);
    ++y;
  }
  void run() {
    std::thread a(work), b(other);
    a.join();
    b.join();
  }
}
namespace lock_then_adopt_ok {
  std::mutex m;
  int n;
  void work() {
    m.lock();
    std::lock_guard<std::mutex> hold(m, std::adopt_lock);
    ++n;
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace adopt_ends_early_bad {
  std::mutex m;
  int n;
  void work() {
    m.lock();
    {
      std::lock_guard<std::mutex> hold(m, std::adopt_lock);
    }
    ++n; // EXPECT: n` is written here
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace early_unlock_relock_ok {
  std::mutex m;
  std::vector<int> queue;
  void work() {
    std::unique_lock hold(m);
    queue.push_back(1);
    hold.unlock();
    std::this_thread::yield();
    hold.lock();
    queue.push_back(2);
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace early_unlock_still_used_bad {
  std::mutex m;
  std::vector<int> queue;
  void work() {
    std::unique_lock hold(m);
    queue.push_back(1);
    hold.unlock();
    queue.push_back(2); // EXPECT: queue` is written here
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace unlock_on_one_branch_bad {
  std::mutex m;
  int n;
  void work(bool fast) {
    std::unique_lock hold(m);
    ++n;
    if (fast)
      hold.unlock();
    ++n; // EXPECT: n` is written here
  }
  void run() {
    std::thread a(work, true), b(work, true);
    a.join();
    b.join();
  }
}
namespace unlock_and_leave_ok {
  std::mutex m;
  int n;
  bool work(bool fast) {
    std::unique_lock hold(m);
    if (fast) {
      hold.unlock();
      return false;
    }
    ++n;
    return true;
  }
  void run() {
    std::thread a(work, true), b(work, false), c(work, false);
    a.join();
    b.join();
    c.join();
  }
}
namespace try_lock_guard_ok {
  std::mutex m;
  int n;
  void work() {
    std::unique_lock hold(m, std::try_to_lock);
    if (!hold.owns_lock())
      return;
    ++n;
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace try_lock_guard_operator_bool_ok {
  std::mutex m;
  int n;
  void work() {
    if (std::unique_lock hold{m, std::try_to_lock})
      ++n;
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace try_lock_guard_unchecked_bad {
  std::mutex m;
  int n;
  void work() {
    std::unique_lock hold(m, std::try_to_lock);
    ++n; // EXPECT: n` is written here
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace try_lock_else_branch_bad {
  std::mutex m;
  int n;
  void work() {
    if (m.try_lock()) {
      ++n;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      m.unlock();
    } else {
      --n; // EXPECT: n` is written here
    }
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace timed_lock_ok {
  std::timed_mutex m;
  int n;
  void work() {
    if (!m.try_lock_until(std::chrono::system_clock::now() + std::chrono::seconds(1)))
      return;
    ++n;
    m.unlock();
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace timed_lock_ignored_bad {
  std::timed_mutex m;
  int n;
  void work() {
    bool taken = m.try_lock_until(std::chrono::system_clock::now());
    ++n; // EXPECT: n` is written here
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (taken)
      m.unlock();
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace timed_unique_lock_ok {
  std::timed_mutex m;
  int n;
  void work() {
    std::unique_lock<std::timed_mutex> hold(m, std::chrono::system_clock::now() + std::chrono::seconds(1));
    if (hold)
      ++n;
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace recursive_ok {
  std::recursive_mutex m;
  int depth;
  void nest(int n) {
    std::lock_guard hold(m);
    ++depth;
    if (n > 0)
      nest(n - 1);
    --depth;
  }
  void run() {
    std::thread a(nest, 3), b(nest, 3);
    a.join();
    b.join();
  }
}
namespace recursive_inner_release_ok {
  std::recursive_mutex m;
  int n;
  void inner() {
    std::lock_guard hold(m);
    ++n;
  }
  void outer() {
    std::lock_guard hold(m);
    inner();
    ++n; // still held
  }
  void run() {
    std::thread a(outer), b(outer);
    a.join();
    b.join();
  }
}
namespace moved_lock_ok {
  std::mutex m;
  int n;
  void work() {
    std::unique_lock<std::mutex> first(m);
    std::unique_lock<std::mutex> second(std::move(first));
    ++n;
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace moved_lock_dies_bad {
  std::mutex m;
  int n;
  void work() {
    std::unique_lock<std::mutex> first(m);
    {
      std::unique_lock<std::mutex> second(std::move(first));
    }
    ++n; // EXPECT: n` is written here
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace returned_lock_ok {
  class Store {
  public:
    [[nodiscard]] std::unique_lock<std::mutex> lock() { return std::unique_lock<std::mutex>(m); }
    int value = 0;
  private:
    std::mutex m;
  };
  void run() {
    Store store;
    auto work = [&store] {
      auto hold = store.lock();
      ++store.value;
    };
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace returned_lock_dropped_bad {
  class Store {
  public:
    std::unique_lock<std::mutex> lock() { return std::unique_lock<std::mutex>(m); }
    int value = 0;
  private:
    std::mutex m;
  };
  void run() {
    Store store;
    auto work = [&store] {
      store.lock();
      ++store.value; // EXPECT: `store.value` is written here
    };
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace lock_passed_along_ok {
  std::mutex m;
  std::vector<int> log;
  void append(const std::unique_lock<std::mutex> &, int n) { log.push_back(n); }
  void work() {
    std::unique_lock hold(m);
    append(hold, 1);
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace lock_released_by_callee_bad {
  std::mutex m;
  int n;
  void pause(std::unique_lock<std::mutex> &hold) { hold.unlock(); }
  void work() {
    std::unique_lock hold(m);
    pause(hold);
    ++n; // EXPECT: n` is written here
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace shared_lock_readers_ok {
  class Config {
  public:
    std::string get(const std::string &key) const {
      std::shared_lock hold(m);
      auto it = values.find(key);
      return it == values.end() ? "" : it->second;
    }
    void set(const std::string &key, const std::string &value) {
      std::unique_lock hold(m);
      values[key] = value;
    }
  private:
    mutable std::shared_mutex m;
    std::map<std::string, std::string> values;
  };
  void run() {
    Config config;
    std::thread a([&] { config.set("a", "1"); });
    std::thread b([&] { config.get("a"); });
    a.join();
    b.join();
  }
}
namespace shared_lock_writer_bad {
  class Stats {
  public:
    int get() const {
      std::shared_lock hold(m);
      ++reads; // EXPECT: `stats.reads` is written here
      return value;
    }
  private:
    mutable std::shared_mutex m;
    mutable int reads = 0;
    int value = 0;
  };
  void run() {
    Stats stats;
    std::thread a([&] { stats.get(); });
    std::thread b([&] { stats.get(); });
    a.join();
    b.join();
  }
}
namespace shared_mutex_manual_ok {
  std::shared_mutex m;
  int n;
  int read() {
    m.lock_shared();
    int seen = n;
    m.unlock_shared();
    return seen;
  }
  void write() {
    m.lock();
    ++n;
    m.unlock();
  }
  void run() {
    std::thread a(read), b(write);
    a.join();
    b.join();
  }
}
namespace upgraded_after_release_ok {
  std::shared_mutex m;
  int n;
  void ensure() {
    {
      std::shared_lock look(m);
      if (n)
        return;
    }
    std::unique_lock change(m);
    if (!n)
      n = 1;
  }
  void run() {
    std::thread a(ensure), b(ensure);
    a.join();
    b.join();
  }
}
namespace double_checked_plain_bad {
  std::mutex m;
  int *instance;
  int *get() {
    if (!instance) {
      std::lock_guard hold(m);
      if (!instance)
        instance = new int(1); // EXPECT: instance` is written here
    }
    return instance;
  }
  void run() {
    std::thread a(get), b(get);
    a.join();
    b.join();
  }
}
namespace release_disowns_ok {
  std::mutex m;
  int n;
  void work() {
    std::unique_lock hold(m);
    std::mutex *raw = hold.release();
    ++n;
    raw->unlock();
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace swapped_locks_ok {
  std::mutex m;
  int n;
  void work() {
    std::unique_lock<std::mutex> outer;
    std::unique_lock<std::mutex> inner(m);
    outer.swap(inner);
    ++n;
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace assigned_lock_ok {
  std::mutex m;
  int n;
  void work() {
    std::unique_lock<std::mutex> hold;
    hold = std::unique_lock<std::mutex>(m);
    ++n;
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace conditional_lock_same_condition_alarm {
  std::mutex m;
  int n;
  void work(bool threaded) {
    if (threaded)
      m.lock();
    ++n; // EXPECT: n` is written here
    if (threaded)
      m.unlock();
  }
  void run() {
    std::thread a(work, true), b(work, true);
    a.join();
    b.join();
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(guard_temporary_bad::run)
  CASE(guard_declares_variable_bad::run)
  CASE(guard_in_condition_ok::run)
  CASE(guard_scope_too_small_bad::run)
  CASE(guard_in_loop_ok::run)
  CASE(scoped_lock_two_ok::run)
  CASE(scoped_lock_one_of_two_bad::run)
  CASE(scoped_lock_empty_bad::run)
  CASE(unique_lock_deferred_never_bad::run)
  CASE(unique_lock_deferred_std_lock_ok::run)
  CASE(lock_then_adopt_ok::run)
  CASE(adopt_ends_early_bad::run)
  CASE(early_unlock_relock_ok::run)
  CASE(early_unlock_still_used_bad::run)
  CASE(unlock_on_one_branch_bad::run)
  CASE(unlock_and_leave_ok::run)
  CASE(try_lock_guard_ok::run)
  CASE(try_lock_guard_operator_bool_ok::run)
  CASE(try_lock_guard_unchecked_bad::run)
  CASE(try_lock_else_branch_bad::run)
  CASE(timed_lock_ok::run)
  CASE(timed_lock_ignored_bad::run)
  CASE(timed_unique_lock_ok::run)
  CASE(recursive_ok::run)
  CASE(recursive_inner_release_ok::run)
  CASE(moved_lock_ok::run)
  CASE(moved_lock_dies_bad::run)
  CASE(returned_lock_ok::run)
  CASE(returned_lock_dropped_bad::run)
  CASE(lock_passed_along_ok::run)
  CASE(lock_released_by_callee_bad::run)
  CASE(shared_lock_readers_ok::run)
  CASE(shared_lock_writer_bad::run)
  CASE(shared_mutex_manual_ok::run)
  CASE(upgraded_after_release_ok::run)
  CASE(double_checked_plain_bad::run)
  CASE(release_disowns_ok::run)
  CASE(swapped_locks_ok::run)
  CASE(assigned_lock_ok::run)
  CASE(conditional_lock_same_condition_alarm::run)
}
