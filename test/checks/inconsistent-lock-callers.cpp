// RUN: %check-fixture %s heddle-inconsistent-lock -- -std=c++20 -pthread
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
