// RUN: %check-fixture %s heddle-inconsistent-lock -- -std=c++20 -pthread
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

// A class that its file uses has no other users: their locks count

struct Impl_ok {
  int pending = 0;
  void add(int n) { pending += n; }
  int take() { return pending--; }
};

class pimpl_ok {
public:
  void add(int n) {
    std::lock_guard lock(m);
    impl->add(n);
  }
  int take() {
    std::lock_guard lock(m);
    return impl->take();
  }

private:
  std::mutex m;
  std::unique_ptr<Impl_ok> impl;
};

class state_ok {
public:
  std::mutex m;
  void put(int v) { value = v; }
  int get() { return value; }
  void reset() {
    std::lock_guard lock(m);
    value = 0;
  }

private:
  int value = 0;
};

void put_ok(state_ok &s) {
  std::lock_guard lock(s.m);
  s.put(1);
}
int get_ok(state_ok &s) {
  std::lock_guard lock(s.m);
  return s.get();
}

struct state_bad {
  class State {
  public:
    std::mutex m;
    void put(int v) { value = v; }
    int get() { return value; } // EXPECT: `value` is read here without `m`
    void reset() {
      std::lock_guard lock(m);
      value = 0;
    }

  private:
    int value = 0;
  };

  void put(State &s) {
    std::lock_guard lock(s.m);
    s.put(1);
  }
  int get(State &s) { return s.get(); } // NOTE: by this call, in `state_bad::get`
};

// What is called through a member pointer may be called with the lock

class by_member_pointer_ok {
public:
  void handle(int code) {
    std::lock_guard lock(m);
    ++handled;
    static void (by_member_pointer_ok::*const handlers[])() = {&by_member_pointer_ok::onOpen,
                                                               &by_member_pointer_ok::onClose};
    (this->*handlers[code])();
  }
  void onOpen() { ++handled; }
  void onClose() { --handled; }

private:
  std::mutex m;
  int handled = 0;
};

class by_name_bad {
public:
  void handle() {
    std::lock_guard lock(m);
    ++handled;
  }
  void onOpen() { ++handled; } // EXPECT: `handled` is written here without `m`

private:
  std::mutex m;
  int handled = 0;
};

// What a base class calls, it calls with its lock

class Base {
public:
  virtual ~Base() = default;
  void reset() {
    std::lock_guard lock(m);
    resetHere();
  }

protected:
  virtual void resetHere() = 0;
  std::mutex m;
};

class hook_ok : public Base {
public:
  void add() {
    std::lock_guard lock(m);
    ++count;
  }
  void unsafeAdd() { ++count; }

protected:
  void resetHere() override { count = 0; }

private:
  int count = 0;
};

class hook_bad : public Base {
public:
  void add() {
    std::lock_guard lock(m);
    ++count;
  }
  int get() const { return count; } // EXPECT: `count` is read here without `m`

protected:
  void resetHere() override { count = 0; }

private:
  int count = 0;
};

// A lock that is there for those who want it

class optional_lock_ok {
public:
  explicit optional_lock_ok(bool shared) : m(shared ? new std::mutex : nullptr) {}
  void add(int n) {
    if (m) {
      std::lock_guard lock(*m);
      addHere(n);
    } else {
      addHere(n);
    }
  }

private:
  void addHere(int n) { sum += n; }
  std::unique_ptr<std::mutex> m;
  long sum = 0;
};

class two_ways_bad {
public:
  void add(int n) {
    std::lock_guard lock(m);
    addHere(n);
  }
  void addFast(int n) { addHere(n); } // NOTE: by this call

private:
  void addHere(int n) { sum += n; } // EXPECT: `sum` is written here without `m`
  std::mutex m;
  long sum = 0;
};

// An object that holds the lock as long as it lives

class guarded_view_ok {
public:
  void add(int n) {
    std::lock_guard lock(m);
    addHere(n);
  }

private:
  friend class View;
  void addHere(int n) { sum += n; }
  std::mutex m;
  long sum = 0;
};

class View {
public:
  explicit View(guarded_view_ok &v) : view(v), guard(v.m) {}
  void add(int n) { view.addHere(n); }

private:
  guarded_view_ok &view;
  std::lock_guard<std::mutex> guard;
};

// What is tested before the lock is taken: the confidence is low

class tested_first_bad {
public:
  void add(int n) {
    if (!size) // EXPECT: `size` is read here without `m`
      return;
    std::lock_guard lock(m);
    size += n;
  }
  void clear() {
    std::lock_guard lock(m);
    size = 0;
  }

private:
  std::mutex m;
  int size = 1;
};

// Before the threads of an object begin, and after they have ended

class worker_ok {
public:
  void start() {
    running = true;
    thread = std::thread([this] { work(); });
  }
  void push(int job) {
    std::lock_guard lock(m);
    jobs.push_back(job);
    ++seen;
  }
  void stop() {
    {
      std::lock_guard lock(m);
      running = false;
    }
    thread.join();
    jobs.clear();
    seen = 0;
  }

private:
  void work() {
    std::lock_guard lock(m);
    while (running && !jobs.empty())
      jobs.pop_back();
  }
  std::mutex m;
  std::thread thread;
  std::vector<int> jobs;
  bool running = false;
  int seen = 0;
};

class worker_bad {
public:
  void start() {
    thread = std::thread([this] { work(); });
    seen = 1; // EXPECT: `seen` is written here without `m`
  }
  void push(int job) {
    std::lock_guard lock(m);
    jobs.push_back(job);
    ++seen;
  }
  void stop() {
    jobs.clear(); // EXPECT: `jobs` is written here without `m`
    thread.join();
  }

private:
  void work() {
    std::lock_guard lock(m);
    while (!jobs.empty())
      jobs.pop_back();
  }
  std::mutex m;
  std::thread thread;
  std::vector<int> jobs;
  int seen = 0;
};

// What is made ready once, and only read from then on

class made_ready_ok {
public:
  void init(int n) {
    std::lock_guard lock(m);
    size = n;
  }
  int get() const { return size; }
  void use() {
    std::lock_guard lock(m);
    used += size;
  }

private:
  std::mutex m;
  int size = 0, used = 0;
};

class made_ready_bad {
public:
  void init(int n) {
    std::lock_guard lock(m);
    size = n;
  }
  int get() const { return size; } // EXPECT: `size` is read here without `m`
  void grow() {
    std::lock_guard lock(m);
    ++size;
  }

private:
  std::mutex m;
  int size = 0;
};

class once_ok {
public:
  int get() {
    std::call_once(once, [this] { table = 42; });
    return table;
  }

private:
  std::once_flag once;
  int table = 0;
};

// A constructor that hands a lambda on still has the object for itself

template <class F> void forEach(int n, F f) {
  for (int i = 0; i < n; ++i)
    f(i);
}

class filled_by_lambda_ok {
public:
  explicit filled_by_lambda_ok(int n) {
    forEach(n, [this](int i) { items.push_back(i); });
  }
  void add(int i) {
    std::lock_guard lock(m);
    items.push_back(i);
  }
  int last() {
    std::lock_guard lock(m);
    return items.back();
  }

private:
  std::mutex m;
  std::vector<int> items;
};

// A flag that is polled: the confidence is low

class polled_flag_bad {
public:
  void stop() {
    std::lock_guard lock(m);
    stopped = true;
  }
  bool isStopped() const { return stopped; } // EXPECT: `stopped` is read here without `m`

private:
  std::mutex m;
  bool stopped = false;
};

// A lock that need not be there: without it the object is one thread's

class optional_lock_inline_ok {
public:
  explicit optional_lock_inline_ok(bool threads) : m(threads ? new std::mutex : nullptr) {}
  void add(int n) {
    if (m) {
      std::lock_guard lock(*m);
      total += n;
    } else {
      total += n;
    }
  }
  int get() {
    if (m) {
      std::lock_guard lock(*m);
      return total;
    } else {
      return total;
    }
  }

private:
  std::unique_ptr<std::mutex> m;
  int total = 0;
};

// Callers in sight hold the lock; that others do not is no more than supposed, and says
// nothing beside what is in sight

class supposed_beside_real_bad {
public:
  void add(int n) {
    std::lock_guard lock(m);
    total += n;
    flush();
  }
  void flush() { total = 0; }
  int get() const { return total; } // EXPECT: `total` is read here without `m`, which is held at 2 of 3

private:
  std::mutex m;
  int total = 0;
};

// A caller in sight without the lock is no supposition

class caller_without_bad {
public:
  void add(int n) {
    std::lock_guard lock(m);
    total += n;
    flush();
  }
  void sync() { flush(); }
  void flush() { written += 1; } // EXPECT: `written` is written here without `m`
  void reset() {
    std::lock_guard lock(m);
    written = 0;
  }

private:
  std::mutex m;
  int total = 0, written = 0;
};

// What a derived class calls is for that class to lock

class for_derived_ok {
public:
  void add(int n) {
    std::lock_guard lock(m);
    total += n;
  }
  int get() {
    std::lock_guard lock(m);
    return total;
  }

protected:
  void replace(int n) { total = n; }
  std::mutex m;

private:
  int total = 0;
};

// Named for the end of the object

class ended_ok {
public:
  void add(int n) {
    std::lock_guard lock(m);
    total += n;
  }
  int get() {
    std::lock_guard lock(m);
    return total;
  }
  void terminate() { total = 0; }

private:
  std::mutex m;
  int total = 0;
};

// A claim says who goes on: what is done then is no discipline

class claimed_once_ok {
public:
  void finish(int r) {
    if (!done.exchange(true))
      result = r;
  }
  int get() const { return result; }

private:
  std::atomic<bool> done{false};
  int result = 0;
};

// The lock of a parent that the object was given, beside that of a part that it has made

struct Bus {
  std::mutex m;
};
class device_bad {
public:
  explicit device_bad(Bus *b) : bus(b) {}
  void put(int n) {
    std::lock_guard lock(bus->m);
    value = n;
  }
  void add(int n) {
    std::lock_guard lock(bus->m);
    value += n;
  }
  int get() const { return value; } // EXPECT: `value` is read here without `bus->m` // NOTE: low confidence

private:
  Bus *bus;
  int value = 0;
};
class hidden_bad {
  struct Parts {
    std::mutex m;
  };

public:
  hidden_bad() : parts(new Parts) {}
  void put(int n) {
    std::lock_guard lock(parts->m);
    value = n;
  }
  void add(int n) {
    std::lock_guard lock(parts->m);
    value += n;
  }
  int get() const { return value; } // EXPECT: `value` is read here without `parts->m`

private:
  Parts *parts;
  int value = 0;
};
