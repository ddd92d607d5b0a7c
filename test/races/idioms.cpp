// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// Whole idioms, mostly sound: worker objects, work split into blocks, snapshots, shards.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <queue>
#include <random>
#include <shared_mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

namespace workers_in_vector_ok {
  struct Worker {
    int id;
    long done = 0;
    explicit Worker(int i) : id(i) {}
    void run() {
      for (int i = 0; i < 10; ++i)
        done += id;
    }
  };
  long run() {
    std::vector<Worker> workers;
    for (int i = 0; i < 3; ++i)
      workers.emplace_back(i);
    std::vector<std::thread> threads;
    for (auto &w : workers)
      threads.emplace_back(&Worker::run, &w);
    for (auto &t : threads)
      t.join();
    long sum = 0;
    for (auto &w : workers)
      sum += w.done;
    return sum;
  }
}
namespace worker_objects_with_threads_ok {
  class Worker {
  public:
    explicit Worker(int n) : limit(n) {
      thread = std::thread([this] { work(); });
    }
    ~Worker() {
      if (thread.joinable())
        thread.join();
    }
    Worker(const Worker &) = delete;

  private:
    void work() {
      for (int i = 0; i < limit; ++i)
        ++count;
    }
    int limit;
    int count = 0;
    std::thread thread;
  };
  void run() {
    std::vector<std::unique_ptr<Worker>> all;
    for (int i = 0; i < 3; ++i)
      all.push_back(std::make_unique<Worker>(i));
  }
}
namespace copy_under_lock_ok {
  class Board {
  public:
    void post(std::string s) {
      std::lock_guard l(m);
      items.push_back(std::move(s));
    }
    std::vector<std::string> snapshot() const {
      std::lock_guard l(m);
      return items;
    }

  private:
    mutable std::mutex m;
    std::vector<std::string> items;
  };
  void run() {
    Board b;
    std::thread t([&] { b.post("x"); });
    auto s = b.snapshot();
    s.push_back("mine");
    t.join();
    auto e = b.snapshot();
    e.clear();
  }
}
namespace matrix_blocks_ok {
  using Row = std::vector<double>;
  void scale(std::vector<Row> &m, size_t from, size_t to) {
    for (size_t r = from; r < to; ++r)
      for (auto &c : m[r])
        c *= 2;
  }
  void run() {
    std::vector<Row> m(8, Row(8, 1.0));
    std::vector<std::thread> ts;
    for (int t = 0; t < 2; ++t)
      ts.emplace_back(scale, std::ref(m), t * 4, (t + 1) * 4);
    for (auto &t : ts)
      t.join();
  }
}
namespace accumulate_blocks_alarm {
  template <class It> void block(It a, It b, long &out) { out = std::accumulate(a, b, 0L); }
  long run() {
    std::vector<int> v(1000, 1);
    std::vector<long> results(4);
    std::vector<std::thread> ts(3);
    auto start = v.begin();
    for (int i = 0; i < 3; ++i) {
      auto end = start;
      std::advance(end, 250);
      ts[i] = std::thread(block<std::vector<int>::iterator>, start, end, std::ref(results[i])); // EXPECT: `results[]` is handed over here
      start = end;
    }
    block(start, v.end(), results[3]);
    for (auto &t : ts)
      t.join();
    return std::accumulate(results.begin(), results.end(), 0L);
  }
}
namespace map_reduce_locals_ok {
  std::map<std::string, int> run() {
    std::vector<std::string> words{"a", "b", "a"};
    std::mutex m;
    std::map<std::string, int> total;
    auto count = [&](size_t from, size_t to) {
      std::map<std::string, int> mine;
      for (size_t i = from; i < to; ++i)
        ++mine[words[i]];
      std::lock_guard l(m);
      for (auto &[w, n] : mine)
        total[w] += n;
    };
    std::thread a(count, 0, 1), b(count, 1, 3);
    a.join();
    b.join();
    return total;
  }
}
namespace lazy_optional_ok {
  class Lazy {
  public:
    int get() {
      std::lock_guard l(m);
      if (!v)
        v = 4;
      return *v;
    }

  private:
    std::mutex m;
    std::optional<int> v;
  };
  void run() {
    Lazy z;
    std::thread a([&] { z.get(); }), b([&] { z.get(); });
    a.join();
    b.join();
  }
}
namespace lazy_optional_bad {
  class Lazy {
  public:
    int get() {
      if (!v)
        v = 4; // EXPECT: `z.v` is written here
      return *v;
    }

  private:
    std::optional<int> v;
  };
  void run() {
    Lazy z;
    std::thread a([&] { z.get(); }), b([&] { z.get(); });
    a.join();
    b.join();
  }
}
namespace string_view_ok {
  size_t len(std::string_view s) { return s.size(); }
  void run() {
    std::string s = "abc";
    std::thread a(len, std::string_view(s)), b(len, std::string_view(s));
    a.join();
    b.join();
    s += "x";
  }
}
namespace tuple_results_ok {
  void run() {
    std::tuple<int, int> r;
    std::thread a([&] { std::get<0>(r) = 1; }), b([&] { std::get<1>(r) = 2; });
    a.join();
    b.join();
  }
}
namespace tuple_results_bad {
  void run() {
    std::tuple<int, int> r;
    std::thread a([&] { std::get<0>(r) = 1; }), b([&] { std::get<0>(r) = 2; }); // EXPECT: `r[0]` (here
    a.join();
    b.join();
  }
}
namespace timer_periodic_ok {
  class Periodic {
  public:
    explicit Periodic(std::function<void()> f) : f(std::move(f)), t([this] { loop(); }) {}
    ~Periodic() {
      {
        std::lock_guard l(m);
        stop = true;
      }
      cv.notify_one();
      t.join();
    }

  private:
    void loop() {
      std::unique_lock l(m);
      while (!cv.wait_for(l, std::chrono::milliseconds(1), [this] { return stop; }))
        f();
    }
    std::function<void()> f;
    std::mutex m;
    std::condition_variable cv;
    bool stop = false;
    std::thread t;
  };
  void run() {
    std::atomic<int> n{0};
    Periodic p([&] { ++n; });
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
}
namespace rcu_like_ok {
  class Config {
  public:
    std::shared_ptr<const std::string> get() const {
      std::shared_lock l(m);
      return p;
    }
    void set(std::string s) {
      auto n = std::make_shared<const std::string>(std::move(s));
      std::unique_lock l(m);
      p.swap(n);
    }

  private:
    mutable std::shared_mutex m;
    std::shared_ptr<const std::string> p = std::make_shared<const std::string>("x");
  };
  void run() {
    Config c;
    std::thread a([&] { c.set("y"); }), b([&] { (void)c.get()->size(); });
    a.join();
    b.join();
  }
}
namespace sharded_counter_ok {
  struct alignas(64) Shard {
    std::atomic<long> n{0};
  };
  class Counter {
  public:
    void add() {
      shards[std::hash<std::thread::id>{}(std::this_thread::get_id()) % 8].n.fetch_add(
          1, std::memory_order_relaxed);
    }
    long sum() const {
      long s = 0;
      for (auto &x : shards)
        s += x.n.load(std::memory_order_relaxed);
      return s;
    }

  private:
    std::array<Shard, 8> shards;
  };
  void run() {
    Counter c;
    std::thread a([&] { c.add(); }), b([&] { c.add(); });
    c.sum();
    a.join();
    b.join();
  }
}
namespace dining_ok {
  struct Fork {
    std::mutex m;
    int uses = 0;
  };
  void eat(Fork &l, Fork &r) {
    std::scoped_lock lk(l.m, r.m);
    ++l.uses;
    ++r.uses;
  }
  void run() {
    std::array<Fork, 3> forks;
    std::vector<std::thread> ps;
    for (int i = 0; i < 3; ++i)
      ps.emplace_back([&forks, i] { eat(forks[i], forks[(i + 1) % 3]); });
    for (auto &p : ps)
      p.join();
  }
}
namespace readers_before_writer_join_ok {
  void run() {
    std::vector<int> data{1, 2, 3};
    int sum = 0, mx = 0;
    {
      std::jthread a([&] {
        for (int d : data)
          sum += d;
      });
      std::jthread b([&] { mx = *std::max_element(data.begin(), data.end()); });
    }
    data.push_back(sum + mx);
  }
}
namespace logger_instance_bad {
  class Log {
  public:
    void write(const std::string &s) {
      buf += s; // EXPECT: `l.buf` is written here
      ++lines; // EXPECT: `l.lines` is written here
    }

  private:
    std::string buf;
    int lines = 0;
  };
  Log &log() {
    static Log l;
    return l;
  }
  void run() {
    std::thread a([] { log().write("a"); }), b([] { log().write("b"); });
    a.join();
    b.join();
  }
}
namespace observer_weak_ok {
  struct Sub {
    std::atomic<int> n{0};
    void on() { ++n; }
  };
  class Subject {
  public:
    void add(std::weak_ptr<Sub> s) {
      std::lock_guard l(m);
      subs.push_back(std::move(s));
    }
    void fire() {
      std::vector<std::shared_ptr<Sub>> live;
      {
        std::lock_guard l(m);
        for (auto &w : subs)
          if (auto s = w.lock())
            live.push_back(s);
      }
      for (auto &s : live)
        s->on();
    }

  private:
    std::mutex m;
    std::vector<std::weak_ptr<Sub>> subs;
  };
  void run() {
    Subject s;
    auto x = std::make_shared<Sub>();
    s.add(x);
    std::thread a([&] { s.fire(); }), b([&] { s.fire(); });
    a.join();
    b.join();
  }
}
namespace bank_transfer_bad {
  struct Acc {
    std::mutex m;
    int bal = 100;
  };
  void transfer(Acc &a, Acc &b, int n) {
    {
      std::lock_guard l(a.m);
      a.bal -= n;
    }
    b.bal += n;
  }
  void run() {
    Acc a, b;
    std::thread t(transfer, std::ref(a), std::ref(b), 1), u(transfer, std::ref(b), std::ref(a), 2); // EXPECT: `a.bal` is handed over here
    t.join();
    u.join();
  }
}
namespace try_lock_all_ok {
  std::mutex m1, m2;
  int n;
  void work() {
    if (std::try_lock(m1, m2) == -1) {
      std::lock_guard a(m1, std::adopt_lock), b(m2, std::adopt_lock);
      ++n;
    }
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace unlock_in_callback_scope_ok {
  class Q {
  public:
    template <class F> void each(F f) {
      std::unique_lock l(m);
      auto copy = items;
      l.unlock();
      for (int i : copy)
        f(i);
    }
    void add(int i) {
      std::lock_guard l(m);
      items.push_back(i);
    }

  private:
    std::mutex m;
    std::vector<int> items;
  };
  void run() {
    Q q;
    std::thread a([&] { q.add(1); }), b([&] {
      int s = 0;
      q.each([&](int i) { s += i; });
    });
    a.join();
    b.join();
  }
}
namespace thread_vector_member_stop_ok {
  class Pool {
  public:
    void start(int n) {
      for (int i = 0; i < n; ++i)
        ts.emplace_back([this, i] { sums[i] += i; });
    }
    long stop() {
      for (auto &t : ts)
        if (t.joinable())
          t.join();
      ts.clear();
      long s = 0;
      for (long x : sums)
        s += x;
      return s;
    }

  private:
    std::vector<std::thread> ts;
    std::array<long, 4> sums{};
  };
  void run() {
    Pool p;
    p.start(3);
    p.stop();
  }
}
namespace inherited_thread_ok {
  class Base {
  public:
    virtual ~Base() = default;
    void start() {
      t = std::thread([this] { body(); });
    }
    void join() { t.join(); }

  protected:
    virtual void body() = 0;

  private:
    std::thread t;
  };
  class D : public Base {
  public:
    int v = 0;

  protected:
    void body() override { v = 3; }
  };
  int run() {
    D d;
    d.start();
    d.join();
    return d.v;
  }
}
namespace condition_variable_any_ok {
  std::mutex m;
  std::condition_variable_any cv;
  std::deque<int> q;
  bool closed;
  void run() {
    std::jthread c([](std::stop_token st) {
      std::unique_lock l(m);
      while (cv.wait(l, st, [] { return !q.empty() || closed; }) && !q.empty())
        q.pop_front();
    });
    {
      std::lock_guard l(m);
      q.push_back(1);
      closed = true;
    }
    cv.notify_all();
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(workers_in_vector_ok::run)
  CASE(worker_objects_with_threads_ok::run)
  CASE(copy_under_lock_ok::run)
  CASE(matrix_blocks_ok::run)
  CASE(accumulate_blocks_alarm::run)
  CASE(map_reduce_locals_ok::run)
  CASE(lazy_optional_ok::run)
  CASE(lazy_optional_bad::run)
  CASE(string_view_ok::run)
  CASE(tuple_results_ok::run)
  CASE(tuple_results_bad::run)
  CASE(timer_periodic_ok::run)
  CASE(rcu_like_ok::run)
  CASE(sharded_counter_ok::run)
  CASE(dining_ok::run)
  CASE(readers_before_writer_join_ok::run)
  CASE(logger_instance_bad::run)
  CASE(observer_weak_ok::run)
  CASE(bank_transfer_bad::run)
  CASE(try_lock_all_ok::run)
  CASE(unlock_in_callback_scope_ok::run)
  CASE(thread_vector_member_stop_ok::run)
  CASE(inherited_thread_ok::run)
  CASE(condition_variable_any_ok::run)
}
