// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// Locks of one's own making, locks that belong to objects, and the wrong lock.
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace own_raii_ok {
  class Locker {
  public:
    explicit Locker(std::mutex &m) : mutex(m) { mutex.lock(); }
    ~Locker() { mutex.unlock(); }
    Locker(const Locker &) = delete;
  private:
    std::mutex &mutex;
  };
  std::mutex m;
  int n;
  void work() {
    Locker hold(m);
    ++n;
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace own_raii_pointer_ok {
  class Locker {
  public:
    explicit Locker(std::mutex *m) : mutex(m) { mutex->lock(); }
    ~Locker() { mutex->unlock(); }
  private:
    std::mutex *mutex;
  };
  std::mutex m;
  int n;
  void work() {
    Locker hold(&m);
    ++n;
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace own_raii_forgets_bad {
  class Locker {
  public:
    explicit Locker(std::mutex &m) : mutex(m) {} // does not lock
    void lock() { mutex.lock(); }
  private:
    std::mutex &mutex;
  };
  std::mutex m;
  int n;
  void work() {
    Locker hold(m);
    ++n; // EXPECT: n` is written here
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace own_mutex_class_ok {
  class Mutex {
  public:
    void lock() { impl.lock(); }
    void unlock() { impl.unlock(); }
  private:
    std::mutex impl;
  };
  Mutex m;
  int n;
  void work() {
    std::lock_guard<Mutex> hold(m);
    ++n;
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace null_mutex_untold {
  struct NullMutex {
    void lock() {}
    void unlock() {}
  };
  NullMutex m;
  int n;
  void work() {
    std::lock_guard<NullMutex> hold(m);
    ++n;
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace lock_policy_template_ok {
  template <class Mutex> class Counter {
  public:
    void add() {
      std::lock_guard<Mutex> hold(m);
      ++n;
    }
  private:
    Mutex m;
    int n = 0;
  };
  void run() {
    Counter<std::mutex> counter;
    std::thread a([&] { counter.add(); }), b([&] { counter.add(); });
    a.join();
    b.join();
  }
}
namespace lock_unlock_functions_ok {
  std::mutex m;
  int n;
  void enter() { m.lock(); }
  void leave() { m.unlock(); }
  void work() {
    enter();
    ++n;
    leave();
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace left_too_early_bad {
  std::mutex m;
  int n;
  void enter() { m.lock(); }
  void leave() { m.unlock(); }
  void work() {
    enter();
    ++n;
    leave();
    ++n; // EXPECT: n` is written here
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace with_lock_callback_ok {
  std::mutex m;
  int n;
  template <class F> void withLock(F f) {
    std::lock_guard hold(m);
    f();
  }
  void run() {
    std::thread a([] { withLock([] { ++n; }); });
    std::thread b([] { withLock([] { ++n; }); });
    a.join();
    b.join();
  }
}
namespace with_lock_std_function_ok {
  class Guarded {
  public:
    void update(const std::function<void(int &)> &f) {
      std::lock_guard hold(m);
      f(value);
    }
  private:
    std::mutex m;
    int value = 0;
  };
  void run() {
    Guarded guarded;
    std::thread a([&] { guarded.update([](int &v) { ++v; }); });
    std::thread b([&] { guarded.update([](int &v) { --v; }); });
    a.join();
    b.join();
  }
}
namespace after_lock_callback_bad {
  std::mutex m;
  int n;
  template <class F> void logged(F f) {
    {
      std::lock_guard hold(m);
    }
    f();
  }
  void run() {
    std::thread a([] { logged([] { ++n; }); }); // EXPECT: n` is written here
    std::thread b([] { logged([] { ++n; }); });
    a.join();
    b.join();
  }
}
namespace synchronized_wrapper_ok {
  template <class T> class Synchronized {
  public:
    class Access {
    public:
      Access(T &v, std::mutex &m) : value(v), hold(m) {}
      T *operator->() { return &value; }
    private:
      T &value;
      std::unique_lock<std::mutex> hold;
    };
    Access operator->() { return Access(value, m); }
    Access lock() { return Access(value, m); }
  private:
    T value{};
    std::mutex m;
  };
  void run() {
    Synchronized<std::vector<int>> list;
    std::thread a([&] { list->push_back(1); });
    std::thread b([&] { list->push_back(2); });
    a.join();
    b.join();
  }
}
namespace wrong_mutex_of_two_bad {
  class Stats {
  public:
    void hit() {
      std::lock_guard hold(hitMutex);
      ++hits; // EXPECT: `stats.hits` is written here
    }
    void reset() {
      std::lock_guard hold(missMutex);
      hits = 0;
      misses = 0;
    }
  private:
    std::mutex hitMutex, missMutex;
    int hits = 0, misses = 0;
  };
  void run() {
    Stats stats;
    std::thread a([&] { stats.hit(); }), b([&] { stats.reset(); });
    a.join();
    b.join();
  }
}
namespace local_mutex_bad {
  int n;
  void work() {
    std::mutex m; // everyone has one
    std::lock_guard hold(m);
    ++n; // EXPECT: n` is written here
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace static_local_mutex_ok {
  int n;
  void work() {
    static std::mutex m;
    std::lock_guard hold(m);
    ++n;
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace per_object_mutex_static_data_bad {
  class Session {
  public:
    void open() {
      std::lock_guard hold(m);
      ++total; // EXPECT: total` is written here
    }
    static int total;
  private:
    std::mutex m;
  };
  int Session::total;
  void run() {
    Session x, y;
    std::thread a([&] { x.open(); }), b([&] { y.open(); });
    a.join();
    b.join();
  }
}
namespace static_mutex_static_data_ok {
  class Session {
  public:
    void open() {
      std::lock_guard hold(m);
      ++total;
    }
  private:
    inline static int total = 0;
    inline static std::mutex m;
  };
  void run() {
    Session x, y;
    std::thread a([&] { x.open(); }), b([&] { y.open(); });
    a.join();
    b.join();
  }
}
namespace other_object_unlocked_bad {
  class Account {
  public:
    void mergeFrom(Account &other) {
      std::lock_guard hold(m);
      balance += other.balance;
      other.balance = 0;
    }
    void pay(int n) {
      std::lock_guard hold(m);
      balance += n;
    }
  private:
    std::mutex m;
    int balance = 0;
  };
  void run() {
    Account x, y;
    std::thread a([&] { x.mergeFrom(y); }); // EXPECT: `y.balance` is handed over here
    std::thread b([&] { y.pay(3); });
    a.join();
    b.join();
  }
}
namespace other_object_locked_ok {
  class Account {
  public:
    void mergeFrom(Account &other) {
      std::scoped_lock both(m, other.m);
      balance += other.balance;
      other.balance = 0;
    }
    void pay(int n) {
      std::lock_guard hold(m);
      balance += n;
    }
  private:
    std::mutex m;
    int balance = 0;
  };
  void run() {
    Account x, y;
    std::thread a([&] { x.mergeFrom(y); });
    std::thread b([&] { y.pay(3); });
    a.join();
    b.join();
  }
}
namespace mutex_by_reference_member_ok {
  class Part {
  public:
    Part(std::mutex &m, int &n) : m(m), n(n) {}
    void work() {
      std::lock_guard hold(m);
      ++n;
    }
  private:
    std::mutex &m;
    int &n;
  };
  void run() {
    std::mutex m;
    int n = 0;
    Part x(m, n), y(m, n);
    std::thread a([&] { x.work(); }), b([&] { y.work(); });
    a.join();
    b.join();
  }
}
namespace different_mutexes_by_reference_bad {
  class Part {
  public:
    Part(std::mutex &m, int &n) : m(m), n(n) {}
    void work() {
      std::lock_guard hold(m);
      ++n; // EXPECT: `n` is written here
    }
  private:
    std::mutex &m;
    int &n;
  };
  void run() {
    std::mutex first, second;
    int n = 0;
    Part x(first, n), y(second, n);
    std::thread a([&] { x.work(); }), b([&] { y.work(); });
    a.join();
    b.join();
  }
}
namespace mutex_in_shared_ptr_ok {
  struct State {
    std::mutex m;
    int n = 0;
  };
  void work(std::shared_ptr<State> s) {
    std::lock_guard hold(s->m);
    ++s->n;
  }
  void run() {
    auto state = std::make_shared<State>();
    std::thread a(work, state), b(work, state);
    a.join();
    b.join();
  }
}
namespace mutex_argument_ok {
  void add(std::mutex &m, int &n) {
    std::lock_guard hold(m);
    ++n;
  }
  void run() {
    std::mutex m;
    int n = 0;
    std::thread a(add, std::ref(m), std::ref(n));
    std::thread b(add, std::ref(m), std::ref(n));
    a.join();
    b.join();
  }
}
namespace mutex_argument_mixed_bad {
  void add(std::mutex &m, int &n) {
    std::lock_guard hold(m);
    ++n;
  }
  void run() {
    std::mutex m, other;
    int n = 0;
    std::thread a(add, std::ref(m), std::ref(n)); // EXPECT: `n` is handed over here
    std::thread b(add, std::ref(other), std::ref(n));
    a.join();
    b.join();
  }
}
namespace mutex_array_stripes_ok {
  struct Stripe {
    std::mutex m;
    int n = 0;
  };
  class Table {
  public:
    void add(int key) {
      Stripe &s = stripes[key % 4];
      std::lock_guard hold(s.m);
      ++s.n;
    }
  private:
    std::array<Stripe, 4> stripes;
  };
  void run() {
    Table table;
    std::thread a([&] { table.add(1); }), b([&] { table.add(5); });
    a.join();
    b.join();
  }
}
namespace private_helper_expects_lock_ok {
  class Registry {
  public:
    void add(const std::string &name) {
      std::lock_guard hold(m);
      insert(name);
    }
    void addTwice(const std::string &name) {
      std::lock_guard hold(m);
      insert(name);
      insert(name + "2");
    }
  private:
    void insert(const std::string &name) { names.push_back(name); }
    std::mutex m;
    std::vector<std::string> names;
  };
  void run() {
    Registry registry;
    std::thread a([&] { registry.add("a"); }), b([&] { registry.addTwice("b"); });
    a.join();
    b.join();
  }
}
namespace one_caller_forgets_bad {
  class Registry {
  public:
    void add(const std::string &name) {
      std::lock_guard hold(m);
      insert(name);
    }
    void addFast(const std::string &name) { insert(name); }
  private:
    void insert(const std::string &name) { names.push_back(name); } // EXPECT: `registry.names` is written here
    std::mutex m;
    std::vector<std::string> names;
  };
  void run() {
    Registry registry;
    std::thread a([&] { registry.add("a"); }), b([&] { registry.addFast("b"); });
    a.join();
    b.join();
  }
}
namespace escaping_reference_bad {
  class Settings {
  public:
    std::string &name() {
      std::lock_guard hold(m);
      return text;
    }
  private:
    std::mutex m;
    std::string text;
  };
  void run() {
    Settings settings;
    std::thread a([&] { settings.name() += "a"; }); // EXPECT: `settings.text` (here
    std::thread b([&] { settings.name() += "b"; });
    a.join();
    b.join();
  }
}
namespace returned_copy_ok {
  class Settings {
  public:
    std::string name() const {
      std::lock_guard hold(m);
      return text;
    }
    void rename(std::string to) {
      std::lock_guard hold(m);
      text = std::move(to);
    }
  private:
    mutable std::mutex m;
    std::string text;
  };
  void run() {
    Settings settings;
    std::thread a([&] { auto s = settings.name(); s += "a"; });
    std::thread b([&] { settings.rename("b"); });
    a.join();
    b.join();
  }
}
namespace escaping_pointer_untold {
  class Directory {
  public:
    int *find(int key) {
      std::lock_guard hold(m);
      auto it = entries.find(key);
      return it == entries.end() ? nullptr : &it->second;
    }
    void put(int key, int value) {
      std::lock_guard hold(m);
      entries[key] = value;
    }
  private:
    std::mutex m;
    std::map<int, int> entries;
  };
  void run() {
    Directory directory;
    directory.put(1, 1);
    std::thread a([&] { if (int *p = directory.find(1)) ++*p; });
    std::thread b([&] { if (int *p = directory.find(1)) ++*p; });
    a.join();
    b.join();
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(own_raii_ok::run)
  CASE(own_raii_pointer_ok::run)
  CASE(own_raii_forgets_bad::run)
  CASE(own_mutex_class_ok::run)
  CASE(null_mutex_untold::run)
  CASE(lock_policy_template_ok::run)
  CASE(lock_unlock_functions_ok::run)
  CASE(left_too_early_bad::run)
  CASE(with_lock_callback_ok::run)
  CASE(with_lock_std_function_ok::run)
  CASE(after_lock_callback_bad::run)
  CASE(synchronized_wrapper_ok::run)
  CASE(wrong_mutex_of_two_bad::run)
  CASE(local_mutex_bad::run)
  CASE(static_local_mutex_ok::run)
  CASE(per_object_mutex_static_data_bad::run)
  CASE(static_mutex_static_data_ok::run)
  CASE(other_object_unlocked_bad::run)
  CASE(other_object_locked_ok::run)
  CASE(mutex_by_reference_member_ok::run)
  CASE(different_mutexes_by_reference_bad::run)
  CASE(mutex_in_shared_ptr_ok::run)
  CASE(mutex_argument_ok::run)
  CASE(mutex_argument_mixed_bad::run)
  CASE(mutex_array_stripes_ok::run)
  CASE(private_helper_expects_lock_ok::run)
  CASE(one_caller_forgets_bad::run)
  CASE(escaping_reference_bad::run)
  CASE(returned_copy_ok::run)
  CASE(escaping_pointer_untold::run)
}
