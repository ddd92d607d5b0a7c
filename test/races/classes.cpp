// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// Small classes as programs have them: caches, counters, loggers, registries, pools.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lru_cache_ok {
  class Cache {
  public:
    bool get(int key, std::string &out) {
      std::lock_guard<std::mutex> hold(m);
      auto it = index.find(key);
      if (it == index.end())
        return false;
      order.splice(order.begin(), order, it->second);
      out = it->second->second;
      return true;
    }
    void put(int key, std::string value) {
      std::lock_guard<std::mutex> hold(m);
      order.emplace_front(key, std::move(value));
      index[key] = order.begin();
      if (order.size() > 2)
        evict();
    }
  private:
    void evict() {
      index.erase(order.back().first);
      order.pop_back();
    }
    std::mutex m;
    std::list<std::pair<int, std::string>> order;
    std::unordered_map<int, std::list<std::pair<int, std::string>>::iterator> index;
  };
  void run() {
    Cache cache;
    std::thread a([&] { for (int i = 0; i < 4; ++i) cache.put(i, "x"); });
    std::thread b([&] { std::string s; cache.get(1, s); });
    a.join();
    b.join();
  }
}
namespace lru_cache_reorders_under_shared_lock_bad {
  class Cache {
  public:
    bool get(int key) {
      std::shared_lock hold(m);
      auto it = std::find(order.begin(), order.end(), key);
      if (it == order.end())
        return false;
      std::rotate(order.begin(), it, it + 1); // changes the order // EXPECT: `cache.order[0]` (here
      return true;
    }
    void put(int key) {
      std::unique_lock hold(m);
      order.push_back(key);
    }
  private:
    std::shared_mutex m;
    std::vector<int> order;
  };
  void run() {
    Cache cache;
    cache.put(1);
    cache.put(2);
    std::thread a([&] { cache.get(2); });
    std::thread b([&] { cache.get(1); });
    a.join();
    b.join();
  }
}
namespace memoizer_bad {
  class Fibonacci {
  public:
    long operator()(int n) const {
      auto it = known.find(n);
      if (it != known.end())
        return it->second;
      long value = n < 2 ? n : (*this)(n - 1) + (*this)(n - 2);
      known[n] = value; // const, but not safe // EXPECT: `fibonacci.known` is written here
      return value;
    }
  private:
    mutable std::map<int, long> known;
  };
  void run() {
    const Fibonacci fibonacci;
    std::thread a([&] { fibonacci(10); }), b([&] { fibonacci(12); });
    a.join();
    b.join();
  }
}
namespace statistics_bad {
  class Statistics {
  public:
    void record(double v) {
      std::lock_guard hold(m);
      sum += v; // EXPECT: `statistics.sum` is written here
      ++count; // EXPECT: `statistics.count` is written here
    }
    double mean() const { return count ? sum / count : 0; }
  private:
    mutable std::mutex m;
    double sum = 0;
    int count = 0;
  };
  void run() {
    Statistics statistics;
    std::thread a([&] { statistics.record(1.5); });
    std::thread b([&] { statistics.mean(); });
    a.join();
    b.join();
  }
}
namespace statistics_ok {
  class Statistics {
  public:
    void record(double v) {
      std::lock_guard hold(m);
      sum += v;
      ++count;
    }
    double mean() const {
      std::lock_guard hold(m);
      return count ? sum / count : 0;
    }
  private:
    mutable std::mutex m;
    double sum = 0;
    int count = 0;
  };
  void run() {
    Statistics statistics;
    std::thread a([&] { statistics.record(1.5); });
    std::thread b([&] { statistics.mean(); });
    a.join();
    b.join();
  }
}
namespace logger_level_bad {
  class Logger {
  public:
    static Logger &get() {
      static Logger logger;
      return logger;
    }
    void setLevel(int l) { level = l; } // EXPECT: `logger.level` is written here
    void write(int l, const std::string &line) {
      if (l < level)
        return;
      std::lock_guard hold(m);
      lines.push_back(line);
    }
  private:
    int level = 0;
    std::mutex m;
    std::vector<std::string> lines;
  };
  void run() {
    std::thread a([] { Logger::get().write(1, "a"); });
    std::thread b([] { Logger::get().setLevel(2); });
    a.join();
    b.join();
  }
}
namespace logger_level_ok {
  class Logger {
  public:
    static Logger &get() {
      static Logger logger;
      return logger;
    }
    void setLevel(int l) { level.store(l, std::memory_order_relaxed); }
    void write(int l, const std::string &line) {
      if (l < level.load(std::memory_order_relaxed))
        return;
      std::lock_guard hold(m);
      lines.push_back(line);
    }
  private:
    std::atomic<int> level{0};
    std::mutex m;
    std::vector<std::string> lines;
  };
  void run() {
    std::thread a([] { Logger::get().write(1, "a"); });
    std::thread b([] { Logger::get().setLevel(2); });
    a.join();
    b.join();
  }
}
namespace logger_stream_bad {
  std::ostringstream out;
  void log(const std::string &text) { out << text << '\n'; } // EXPECT: out` is written here
  void run() {
    std::thread a(log, "a"), b(log, "b");
    a.join();
    b.join();
  }
}
namespace logger_own_stream_ok {
  std::mutex m;
  std::string all;
  void log(const std::string &text) {
    std::ostringstream line;
    line << text << '\n';
    std::lock_guard hold(m);
    all += line.str();
  }
  void run() {
    std::thread a(log, "a"), b(log, "b");
    a.join();
    b.join();
  }
}
namespace observer_registry_bad {
  class Signal {
  public:
    void connect(std::function<void(int)> f) {
      std::lock_guard hold(m);
      slots.push_back(std::move(f)); // EXPECT: `signal.slots` is written here
    }
    void emit(int v) {
      for (auto &f : slots)
        f(v);
    }
  private:
    std::mutex m;
    std::vector<std::function<void(int)>> slots;
  };
  void run() {
    Signal signal;
    std::thread a([&] { signal.connect([](int) {}); });
    std::thread b([&] { signal.emit(1); });
    a.join();
    b.join();
  }
}
namespace observer_registry_ok {
  class Signal {
  public:
    void connect(std::function<void(int)> f) {
      std::lock_guard hold(m);
      slots.push_back(std::move(f));
    }
    void emit(int v) {
      std::vector<std::function<void(int)>> now;
      {
        std::lock_guard hold(m);
        now = slots;
      }
      for (auto &f : now)
        f(v);
    }
  private:
    std::mutex m;
    std::vector<std::function<void(int)>> slots;
  };
  void run() {
    Signal signal;
    std::thread a([&] { signal.connect([](int) {}); });
    std::thread b([&] { signal.emit(1); });
    a.join();
    b.join();
  }
}
namespace connection_pool_ok {
  class Connection {
  public:
    void query() { ++queries; }
  private:
    int queries = 0;
  };
  class Pool {
  public:
    Pool() {
      for (int i = 0; i < 2; ++i)
        idle.push_back(std::make_unique<Connection>());
    }
    std::unique_ptr<Connection> take() {
      std::lock_guard hold(m);
      if (idle.empty())
        return nullptr;
      auto c = std::move(idle.back());
      idle.pop_back();
      return c;
    }
    void give(std::unique_ptr<Connection> c) {
      std::lock_guard hold(m);
      idle.push_back(std::move(c));
    }
  private:
    std::mutex m;
    std::vector<std::unique_ptr<Connection>> idle;
  };
  void run() {
    Pool pool;
    auto work = [&pool] {
      if (auto c = pool.take()) {
        c->query(); // ours while it is out of the pool
        pool.give(std::move(c));
      }
    };
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace connection_pool_count_bad {
  class Pool {
  public:
    int take() {
      std::lock_guard hold(m);
      if (idle.empty())
        return -1;
      int c = idle.back();
      idle.pop_back(); // EXPECT: `pool.idle` is written here
      return c;
    }
    void give(int c) {
      std::lock_guard hold(m);
      idle.push_back(c);
    }
    bool exhausted() const { return idle.empty(); }
  private:
    std::mutex m;
    std::vector<int> idle{1, 2};
  };
  void run() {
    Pool pool;
    std::thread a([&] { pool.give(pool.take()); });
    std::thread b([&] { pool.exhausted(); });
    a.join();
    b.join();
  }
}
namespace double_buffer_ok {
  class Buffers {
  public:
    void write(int n) {
      std::lock_guard hold(m);
      back.push_back(n);
    }
    int flush() {
      {
        std::lock_guard hold(m);
        std::swap(front, back);
      }
      int total = 0;
      for (int n : front)
        total += n;
      front.clear();
      return total;
    }
  private:
    std::mutex m;
    std::vector<int> front, back;
  };
  int run() {
    Buffers buffers;
    std::thread writer([&] { for (int i = 0; i < 5; ++i) buffers.write(i); });
    int total = buffers.flush(); // the only one that touches front
    writer.join();
    return total + buffers.flush();
  }
}
namespace double_buffer_swapped_unlocked_bad {
  class Buffers {
  public:
    void write(int n) {
      std::lock_guard hold(m);
      back.push_back(n); // EXPECT: `buffers.back` is written here
    }
    std::size_t flush() {
      std::swap(front, back);
      return front.size();
    }
  private:
    std::mutex m;
    std::vector<int> front, back;
  };
  void run() {
    Buffers buffers;
    std::thread writer([&] { buffers.write(1); });
    buffers.flush();
    writer.join();
  }
}
namespace id_generator_bad {
  class Ids {
  public:
    static long next() { return ++last; } // EXPECT: last` is written here
  private:
    static long last;
  };
  long Ids::last = 0;
  struct Order {
    long id = Ids::next();
  };
  void run() {
    std::thread a([] { Order order; }), b([] { Order order; });
    a.join();
    b.join();
  }
}
namespace id_generator_ok {
  class Ids {
  public:
    static long next() { return ++last; }
  private:
    inline static std::atomic<long> last{0};
  };
  struct Order {
    long id = Ids::next();
  };
  void run() {
    std::thread a([] { Order order; }), b([] { Order order; });
    a.join();
    b.join();
  }
}
namespace bank_bad {
  class Account {
  public:
    explicit Account(int b) : balance(b) {}
    void deposit(int n) { balance += n; } // EXPECT: `account.balance` is written here
    bool withdraw(int n) {
      if (balance < n)
        return false;
      balance -= n;
      return true;
    }
  private:
    int balance;
  };
  void run() {
    Account account(100);
    std::vector<std::thread> clients;
    for (int i = 0; i < 3; ++i)
      clients.emplace_back([&account, i] {
        account.deposit(i);
        account.withdraw(i);
      });
    for (auto &c : clients)
      c.join();
  }
}
namespace base_class_member_bad {
  class Component {
  protected:
    void touch() { ++touched; } // EXPECT: `button.touched` is written here
    int touched = 0;
  };
  class Button : public Component {
  public:
    void click() { touch(); }
  };
  void run() {
    Button button;
    std::thread a([&] { button.click(); }), b([&] { button.click(); });
    a.join();
    b.join();
  }
}
namespace base_class_mutex_ok {
  class Lockable {
  protected:
    std::mutex m;
  };
  class Button : private Lockable {
  public:
    void click() {
      std::lock_guard hold(m);
      ++clicks;
    }
  private:
    int clicks = 0;
  };
  void run() {
    Button button;
    std::thread a([&] { button.click(); }), b([&] { button.click(); });
    a.join();
    b.join();
  }
}
namespace virtual_method_bad {
  class Shape {
  public:
    virtual ~Shape() = default;
    virtual void scale() = 0;
  };
  class Circle : public Shape {
  public:
    void scale() override { radius *= 2; } // EXPECT: `radius` is written here
  private:
    double radius = 1;
  };
  void run() {
    std::unique_ptr<Shape> shape = std::make_unique<Circle>();
    std::thread a([&] { shape->scale(); }), b([&] { shape->scale(); });
    a.join();
    b.join();
  }
}
namespace active_thread_base_bad {
  class Runnable {
  public:
    virtual ~Runnable() = default;
    void start() { thread = std::thread([this] { execute(); }); }
    void wait() { thread.join(); }
  protected:
    virtual void execute() = 0;
  private:
    std::thread thread;
  };
  class Download : public Runnable {
  public:
    int percent() const { return done; }
  protected:
    void execute() override { done = 100; } // EXPECT: `download.done` is written here
  private:
    int done = 0;
  };
  void run() {
    Download download;
    download.start();
    download.percent();
    download.wait();
  }
}
namespace crtp_counter_bad {
  template <class T> class Counted {
  public:
    Counted() { ++alive; } // EXPECT: alive` is written here
    ~Counted() { --alive; }
    inline static int alive = 0;
  };
  class Request : public Counted<Request> {};
  void run() {
    std::thread a([] { Request r; }), b([] { Request r; });
    a.join();
    b.join();
  }
}
namespace matrix_rows_ok {
  class Matrix {
  public:
    Matrix(int r, int c) : columns(c), cells(r * c) {}
    double &at(int r, int c) { return cells[r * columns + c]; }
  private:
    int columns;
    std::vector<double> cells;
  };
  void run() {
    Matrix matrix(4, 8);
    std::vector<std::thread> workers;
    for (int row = 0; row < 4; ++row)
      workers.emplace_back([&matrix, row] {
        for (int c = 0; c < 8; ++c)
          matrix.at(row, c) = row;
      });
    for (auto &w : workers)
      w.join();
  }
}
namespace rate_limiter_bad {
  class Limiter {
  public:
    bool allow() {
      if (tokens == 0)
        return false;
      std::lock_guard hold(m);
      --tokens; // EXPECT: `limiter.tokens` is written here
      return true;
    }
  private:
    std::mutex m;
    int tokens = 10;
  };
  void run() {
    Limiter limiter;
    std::thread a([&] { limiter.allow(); }), b([&] { limiter.allow(); });
    a.join();
    b.join();
  }
}
namespace copied_worker_object_ok {
  class Worker {
  public:
    explicit Worker(int id) : id(id) {}
    void run() {
      for (int i = 0; i < id; ++i)
        steps += i;
    }
  private:
    int id;
    int steps = 0;
  };
  void run() {
    Worker first(1), second(2);
    std::thread a(&Worker::run, &first), b(&Worker::run, &second);
    a.join();
    b.join();
  }
}
namespace progress_callback_untold {
  class Copier {
  public:
    void onProgress(std::function<void(int)> f) { report = std::move(f); }
    void start() {
      worker = std::thread([this] { report(50); });
    }
    void wait() { worker.join(); }
  private:
    std::function<void(int)> report;
    std::thread worker;
  };
  int run() {
    int percent = 0;
    Copier copier;
    copier.onProgress([&percent](int p) { percent = p; });
    copier.start();
    int seen = percent;
    copier.wait();
    return seen;
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(lru_cache_ok::run)
  CASE(lru_cache_reorders_under_shared_lock_bad::run)
  CASE(memoizer_bad::run)
  CASE(statistics_bad::run)
  CASE(statistics_ok::run)
  CASE(logger_level_bad::run)
  CASE(logger_level_ok::run)
  CASE(logger_stream_bad::run) // NOT-SHOWN: the stream is in a library that is not instrumented
  CASE(logger_own_stream_ok::run)
  CASE(observer_registry_bad::run)
  CASE(observer_registry_ok::run)
  CASE(connection_pool_ok::run)
  CASE(connection_pool_count_bad::run)
  CASE(double_buffer_ok::run)
  CASE(double_buffer_swapped_unlocked_bad::run)
  CASE(id_generator_bad::run)
  CASE(id_generator_ok::run)
  CASE(bank_bad::run)
  CASE(base_class_member_bad::run)
  CASE(base_class_mutex_ok::run)
  CASE(virtual_method_bad::run)
  CASE(active_thread_base_bad::run)
  CASE(crtp_counter_bad::run)
  CASE(matrix_rows_ok::run)
  CASE(rate_limiter_bad::run)
  CASE(copied_worker_object_ok::run)
  CASE(progress_callback_untold::run)
}
