// RUN: %check-fixture %s heddle-inconsistent-lock -- -std=c++20 -pthread
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

// Every kind of guard

class guarded_reader_bad {
public:
  void set(int v) {
    std::lock_guard<std::mutex> g(m);
    last = v; // NOTE: written here, holding `m`
  }
  int get() const { return last; } // EXPECT: `last` is read here without `m`, which is held at 1 of 2 accesses

private:
  mutable std::mutex m;
  int last = 0;
};

class guarded_reader_ok {
public:
  void set(int v) {
    std::lock_guard<std::mutex> g(m);
    last = v;
  }
  int get() const {
    std::scoped_lock g(m);
    return last;
  }

private:
  mutable std::mutex m;
  int last = 0;
};

class scoped_lock_of_two_bad {
public:
  void move(int n) {
    std::scoped_lock g(a, b);
    left -= n;
    right += n;
  }
  int both() {
    std::scoped_lock g(a, b);
    return left + right;
  }
  void add(int n) { left += n; } // EXPECT: `left` is written here without `a`, which is held at 2 of 3 accesses

private:
  std::mutex a, b;
  int left = 0, right = 0;
};

class scoped_lock_of_two_ok {
public:
  void move(int n) {
    std::scoped_lock g(a, b);
    left -= n;
  }
  int first() {
    std::lock_guard g(a);
    return left;
  }

private:
  std::mutex a, b;
  int left = 0;
};

class early_unlock_bad {
public:
  void push(int v) {
    std::unique_lock lock(m);
    items.push_back(v);
    lock.unlock();
    ++count; // EXPECT: `count` is written here without `m`, which is held at 2 of 3 accesses
  }
  int size() {
    std::lock_guard g(m);
    return count;
  }
  void clear() {
    std::lock_guard g(m);
    items.clear();
    count = 0;
  }

private:
  std::mutex m;
  std::vector<int> items;
  int count = 0;
};

class early_unlock_ok {
public:
  int push(int v) {
    std::unique_lock lock(m);
    items.push_back(v);
    int now = ++count;
    lock.unlock();
    return now * 2;
  }
  int pop() {
    std::unique_lock lock(m, std::defer_lock);
    lock.lock();
    items.pop_back();
    return --count;
  }

private:
  std::mutex m;
  std::vector<int> items;
  int count = 0;
};

class released_for_a_while_ok {
public:
  void flush() {
    std::unique_lock lock(m);
    ++flushes;
    lock.unlock();
    write(path);
    lock.lock();
    ++flushes;
  }
  void rename(std::string to) {
    std::lock_guard g(m);
    path = std::move(to);
  }

private:
  void write(const std::string &to) { (void)to.size(); }
  std::mutex m;
  std::string path;
  int flushes = 0;
};

class try_lock_failed_bad {
public:
  void set(int v) {
    std::lock_guard g(m);
    value = v;
  }
  int get() {
    std::unique_lock lock(m, std::try_to_lock);
    if (lock.owns_lock())
      return value;
    return value; // EXPECT: `value` is read here without `m`, which is held at 2 of 3 accesses
  }

private:
  std::mutex m;
  int value = 0;
};

class try_lock_checked_ok {
public:
  void set(int v) {
    std::lock_guard g(m);
    value = v;
  }
  int get() {
    std::unique_lock lock(m, std::try_to_lock);
    if (!lock.owns_lock())
      return -1;
    return value;
  }

private:
  std::mutex m;
  int value = 0;
};

// Readers and writers

class write_under_shared_bad {
public:
  int find(int k) const {
    std::shared_lock g(m);
    return table.at(k);
  }
  void put(int k, int v) {
    std::unique_lock g(m);
    table[k] = v;
  }
  void drop(int k) {
    std::shared_lock g(m);
    table.erase(k); // EXPECT: `table` is written here with `m` locked for reading only
  }

private:
  mutable std::shared_mutex m;
  std::map<int, int> table;
};

class read_under_shared_ok {
public:
  int find(int k) const {
    std::shared_lock g(m);
    return table.at(k);
  }
  size_t size() const {
    std::shared_lock g(m);
    return table.size();
  }
  void put(int k, int v) {
    std::unique_lock g(m);
    table[k] = v;
  }

private:
  mutable std::shared_mutex m;
  std::map<int, int> table;
};

class container_size_bad {
public:
  void push(int v) {
    std::lock_guard g(m);
    items.push_back(v);
  }
  int pop() {
    std::lock_guard g(m);
    int v = items.back();
    items.pop_back();
    return v;
  }
  bool empty() const { return items.empty(); } // EXPECT: `items` is read here without `m`

private:
  std::mutex m;
  std::vector<int> items;
};

// Helpers

class private_helper_bad {
public:
  void add(int v) {
    std::lock_guard g(m);
    grow(v);
  }
  void addFast(int v) { grow(v); } // NOTE: by this call, in `private_helper_bad::addFast`

private:
  void grow(int v) { sum += v; } // EXPECT: `sum` is written here without `m`, which is held at 1 of 2 accesses
  std::mutex m;
  int sum = 0;
};

class private_helper_ok {
public:
  void add(int v) {
    std::lock_guard g(m);
    grow(v);
  }
  void addTwice(int v) {
    std::lock_guard g(m);
    grow(v);
    grow(v);
  }

private:
  void grow(int v) { sum += v; }
  std::mutex m;
  int sum = 0;
};

class helper_by_reference_bad {
public:
  void hit() {
    std::lock_guard g(m);
    bump(hits);
  }
  void hitFast() {
    bump(hits); // EXPECT: `hits` is written by this call
  }

private:
  static void bump(int &n) { ++n; }
  std::mutex m;
  int hits = 0;
};

class lambda_under_lock_ok {
public:
  void raise() {
    std::lock_guard g(m);
    std::for_each(all.begin(), all.end(), [this](int &v) { v += step; });
  }
  void setStep(int s) {
    std::lock_guard g(m);
    step = s;
  }

private:
  std::mutex m;
  std::vector<int> all;
  int step = 1;
};

class lambda_without_lock_bad {
public:
  int total() {
    auto get = [this] { return step; }; // EXPECT: `step` is read here without `m`
    return get() * 2;
  }
  void setStep(int s) {
    std::lock_guard g(m);
    step = s;
  }

private:
  std::mutex m;
  int step = 1;
};

class synchronized_wrapper_ok {
public:
  void put(int v) {
    synchronized([&] { value = v; });
  }
  int get() {
    int out = 0;
    synchronized([&] { out = value; });
    return out;
  }

private:
  template <class F> void synchronized(F f) {
    std::lock_guard g(m);
    f();
  }
  std::mutex m;
  int value = 0;
};

class synchronized_wrapper_bad {
public:
  void put(int v) {
    synchronized([&] { value = v; });
  }
  int get() { return value; } // EXPECT: `value` is read here without `m`

private:
  template <class F> void synchronized(F f) {
    std::lock_guard g(m);
    f();
  }
  std::mutex m;
  int value = 0;
};

struct Locker {
  explicit Locker(std::mutex *mutex) : mutex(mutex) { mutex->lock(); }
  ~Locker() { mutex->unlock(); }
  std::mutex *mutex;
};

class guard_of_ones_own_bad {
public:
  void set(int v) {
    Locker l(&m);
    value = v;
  }
  int get() { return value; } // EXPECT: `value` is read here without `m`

private:
  std::mutex m;
  int value = 0;
};

class guard_of_ones_own_ok {
public:
  void set(int v) {
    Locker l(&m);
    value = v;
  }
  int get() {
    Locker l(&m);
    return value;
  }

private:
  std::mutex m;
  int value = 0;
};

// Whose lock

class static_member_bad {
public:
  static void add(int v) {
    std::lock_guard g(mutex);
    total += v;
  }
  static void reset() {
    std::lock_guard g(mutex);
    total = 0;
  }
  static int get() { return total; } // EXPECT: `total` is read here without `mutex`

private:
  inline static std::mutex mutex;
  inline static int total = 0;
};

class static_member_ok {
public:
  static void add(int v) {
    std::lock_guard g(mutex);
    total += v;
  }
  static int get() {
    std::lock_guard g(mutex);
    return total;
  }

private:
  inline static std::mutex mutex;
  inline static int total = 0;
};

struct Account {
  std::mutex m;
  int balance = 0;
  int limit = 0;
};

struct lock_of_another_object_bad {
  void pay(Account *from, Account *to, int n) {
    std::lock_guard g(from->m);
    from->balance -= n;
    to->balance += n; // EXPECT: `to->balance` is written here
  }
  void take(Account *from, int n) {
    std::lock_guard g(from->m);
    from->balance -= n;
  }
};

struct locks_of_both_objects_ok {
  void cap(Account *a, Account *b, int n) {
    std::scoped_lock g(a->m, b->m);
    a->limit = n;
    b->limit = n;
  }
  int get(Account *a) {
    std::lock_guard g(a->m);
    return a->limit;
  }
};

class different_locks_bad {
public:
  void a(int v) {
    std::lock_guard g(first);
    value = v;
  }
  void b(int v) {
    std::lock_guard g(first);
    value += v;
  }
  void c(int v) {
    std::lock_guard g(second);
    value -= v; // EXPECT: `value` is written here with `second`, not `first`
  }

private:
  std::mutex first, second;
  int value = 0;
};

class Base {
protected:
  std::mutex m;
  int shared = 0;
};

class inherited_lock_bad : Base {
public:
  void set(int v) {
    std::lock_guard g(m);
    shared = v;
  }
  int get() { return shared; } // EXPECT: `shared` is read here without `m`
};

// References that outlive the lock

class reference_escapes_bad {
public:
  void add(std::string s) {
    std::lock_guard g(m);
    names.push_back(std::move(s));
  }
  const std::vector<std::string> &all() { // EXPECT: a reference to `names` is returned here and used without `m`
    std::lock_guard g(m);
    return names;
  }

private:
  std::mutex m;
  std::vector<std::string> names;
};

class copy_is_returned_ok {
public:
  void add(std::string s) {
    std::lock_guard g(m);
    names.push_back(std::move(s));
  }
  std::vector<std::string> all() {
    std::lock_guard g(m);
    return names;
  }

private:
  std::mutex m;
  std::vector<std::string> names;
};

// Tested twice

class double_checked_bad {
public:
  int *get() {
    if (!made) { // EXPECT: `made` is read here without `m`
      std::lock_guard g(m);
      if (!made) {
        value = 42;
        made = true;
      }
    }
    return nullptr;
  }

private:
  std::mutex m;
  bool made = false;
  int value = 0;
};

class double_checked_ok {
public:
  void make() {
    if (!made.load(std::memory_order_acquire)) {
      std::lock_guard g(m);
      if (!made.load(std::memory_order_relaxed)) {
        value = 42;
        made.store(true, std::memory_order_release);
      }
    }
  }

private:
  std::mutex m;
  std::atomic<bool> made{false};
  int value = 0;
};

// What nobody else has

class constructor_and_destructor_ok {
public:
  explicit constructor_and_destructor_ok(int v) { init(v); }
  ~constructor_and_destructor_ok() { last = 0; }
  void set(int v) {
    std::lock_guard g(m);
    last = v;
  }

private:
  void init(int v) { last = v; }
  std::mutex m;
  int last = 0;
};

class never_written_again_ok {
public:
  explicit never_written_again_ok(std::string n) : name(std::move(n)) {}
  std::string label() {
    std::lock_guard g(m);
    return name + std::to_string(++uses);
  }
  size_t width() const { return name.size(); }

private:
  std::mutex m;
  std::string name;
  int uses = 0;
};

class fresh_object_ok {
public:
  static std::unique_ptr<fresh_object_ok> make(int v) {
    auto made = std::make_unique<fresh_object_ok>();
    made->value = v;
    return made;
  }
  void set(int v) {
    std::lock_guard g(m);
    value = v;
  }

private:
  std::mutex m;
  int value = 0;
};

class waits_for_condition_ok {
public:
  void put(int v) {
    {
      std::lock_guard g(m);
      value = v;
      ready = true;
    }
    changed.notify_one();
  }
  int get() {
    std::unique_lock lock(m);
    changed.wait(lock, [this] { return ready; });
    ready = false;
    return value;
  }

private:
  std::mutex m;
  std::condition_variable changed;
  bool ready = false;
  int value = 0;
};

// What declarations and names say

class declared_guard_bad {
public:
  int get() { return value; } // EXPECT: `value` is read here without `m`
  void set(int v) {
    std::lock_guard g(m);
    value = v;
  }

private:
  std::mutex m;
  int value __attribute__((guarded_by(m))) = 0;
};

class callers_hold_it_ok {
public:
  void add(int v) __attribute__((requires_capability(m))) { sum += v; }
  void addLocked(int v) { sum += v; }
  int peek() __attribute__((no_thread_safety_analysis)) { return sum; }
  void set(int v) {
    std::lock_guard g(m);
    sum = v;
  }

private:
  std::mutex m;
  int sum = 0;
};

class copies_the_other_bad {
public:
  copies_the_other_bad() = default;
  copies_the_other_bad(const copies_the_other_bad &o)
      : value(o.value) {} // EXPECT: `o.value` is read here without `m`
  void set(int v) {
    std::lock_guard g(m);
    value = v;
  }

private:
  std::mutex m;
  int value = 0;
};

class takes_the_other_ok {
public:
  takes_the_other_ok() = default;
  takes_the_other_ok(takes_the_other_ok &&o) : value(o.value) { o.value = 0; }
  void set(int v) {
    std::lock_guard g(m);
    value = v;
  }

private:
  std::mutex m;
  int value = 0;
};

class mostly_without_ok {
public:
  void tick() {
    std::lock_guard g(m);
    ++shared;
    mine = shared;
  }
  int a() { return mine; }
  int b() { return mine + 1; }
  int c() { return mine + 2; }

private:
  std::mutex m;
  int shared = 0;
  int mine = 0;
};

// Behind pointers, and in members of members

struct Node {
  int value = 0;
  Node *next = nullptr;
};

class pointee_bad {
public:
  void set(int v) {
    std::lock_guard g(m);
    *cell = v;
  }
  int get() { return *cell; } // EXPECT: `*cell` is read here without `m`

private:
  std::mutex m;
  std::unique_ptr<int> cell = std::make_unique<int>(0);
};

class nested_members_bad {
public:
  void hit() {
    std::lock_guard g(m);
    stats.last.value++;
    ++head->value;
  }
  int last() const { return stats.last.value; } // EXPECT: `stats.last.value` is read here without `m`
  int first() const { return head->value; }     // EXPECT: `head->value` is read here without `m`

private:
  struct Stats {
    Node last;
  };
  mutable std::mutex m;
  Stats stats;
  Node *head = nullptr;
};

class nested_members_ok {
public:
  void hit() {
    std::lock_guard g(m);
    stats.value++;
    tail.value++;
  }
  int last() const {
    std::lock_guard g(m);
    return stats.value;
  }
  Node copy() const {
    Node local;
    local.value = 1;
    return local;
  }

private:
  mutable std::mutex m;
  Node stats, tail;
};

class lock_behind_a_pointer_bad {
public:
  void set(int v) {
    std::lock_guard g(impl->m);
    impl->balance = v;
  }
  void reset() {
    std::lock_guard g(impl->m);
    impl->balance = 0;
  }
  int get() { return impl->balance; } // EXPECT: `impl->balance` is read here without `impl->m`

private:
  std::unique_ptr<Account> impl = std::make_unique<Account>();
};

class Friendly {
public:
  void set(int v) {
    std::lock_guard g(m);
    value = v;
  }
  friend int peek_bad(const Friendly &f);
  friend int look_ok(Friendly &f);

private:
  std::mutex m;
  int value = 0;
};
int peek_bad(const Friendly &f) { return f.value; } // EXPECT: `f.value` is read here without `m`
int look_ok(Friendly &f) {
  std::lock_guard g(f.m);
  return f.value;
}

// Outside callers say how a public method is called.
class callers_lock_it_ok {
public:
  std::mutex m;
  void set(int v) {
    std::lock_guard g(m);
    value = v;
  }
  int get() const { return value; }

private:
  int value = 0;
};
int ask_ok(callers_lock_it_ok &c) {
  std::lock_guard g(c.m);
  return c.get();
}
