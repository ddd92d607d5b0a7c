// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// Thread pools, actors, event loops and pipelines: work that is handed to a thread
// which was started before, often as a std::function.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

class ThreadPool {
public:
  explicit ThreadPool(int n) {
    for (int i = 0; i < n; ++i)
      workers.emplace_back([this] { loop(); });
  }
  ~ThreadPool() {
    {
      std::lock_guard<std::mutex> hold(m);
      stopping = true;
    }
    wake.notify_all();
    for (auto &w : workers)
      w.join();
  }
  void post(std::function<void()> f) {
    {
      std::lock_guard<std::mutex> hold(m);
      tasks.push(std::move(f));
    }
    wake.notify_one();
  }
  template <class F> auto submit(F f) {
    using R = std::invoke_result_t<F>;
    auto task = std::make_shared<std::packaged_task<R()>>(std::move(f));
    auto result = task->get_future();
    post([task] { (*task)(); });
    return result;
  }

private:
  void loop() {
    while (true) {
      std::function<void()> task;
      {
        std::unique_lock<std::mutex> hold(m);
        wake.wait(hold, [this] { return stopping || !tasks.empty(); });
        if (tasks.empty())
          return;
        task = std::move(tasks.front());
        tasks.pop();
      }
      task();
    }
  }
  std::vector<std::thread> workers;
  std::queue<std::function<void()>> tasks;
  std::mutex m;
  std::condition_variable wake;
  bool stopping = false;
};

namespace posted_counter_untold {
  int done;
  void run() {
    ThreadPool pool(2);
    for (int i = 0; i < 4; ++i)
      pool.post([] { ++done; });
  }
}
namespace posted_counter_locked_ok {
  std::mutex m;
  int done;
  void run() {
    ThreadPool pool(2);
    for (int i = 0; i < 4; ++i)
      pool.post([] {
        std::lock_guard hold(m);
        ++done;
      });
  }
}
namespace posted_local_against_poster_untold {
  void run() {
    int total = 0;
    ThreadPool pool(1);
    pool.post([&total] { total += 1; });
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    total += 2;
  }
}
namespace read_after_pool_ok {
  int run() {
    int total = 0;
    {
      ThreadPool pool(1);
      pool.post([&total] { total += 1; });
    }
    return total;
  }
}
namespace submitted_result_ok {
  int run() {
    ThreadPool pool(2);
    auto a = pool.submit([] { return 1; });
    auto b = pool.submit([] { return 2; });
    return a.get() + b.get();
  }
}
namespace submitted_shared_sum_untold {
  long sum;
  void run() {
    ThreadPool pool(2);
    auto a = pool.submit([] { sum += 1; });
    auto b = pool.submit([] { sum += 2; });
    a.get();
    b.get();
  }
}
namespace submitted_own_slots_ok {
  long run() {
    std::vector<long> out(4);
    ThreadPool pool(2);
    std::vector<std::future<void>> all;
    for (int i = 0; i < 4; ++i)
      all.push_back(pool.submit([&out, i] { out[i] = i; }));
    for (auto &f : all)
      f.get();
    return out[0] + out[3];
  }
}

// One thread owns the state and others send it messages

namespace actor_ok {
  class Actor {
  public:
    Actor() : thread([this] { loop(); }) {}
    ~Actor() {
      send([this] { running = false; });
      thread.join();
    }
    void send(std::function<void()> message) {
      std::lock_guard hold(m);
      mailbox.push_back(std::move(message));
      wake.notify_one();
    }
    void add(int n) {
      send([this, n] { total += n; });
    }
  private:
    void loop() {
      while (running) {
        std::function<void()> next;
        {
          std::unique_lock hold(m);
          wake.wait(hold, [this] { return !mailbox.empty(); });
          next = std::move(mailbox.front());
          mailbox.pop_front();
        }
        next();
      }
    }
    std::mutex m;
    std::condition_variable wake;
    std::deque<std::function<void()>> mailbox;
    bool running = true; // only the actor's thread looks at these
    int total = 0;
    std::thread thread;
  };
  void run() {
    Actor actor;
    actor.add(1);
    actor.add(2);
  }
}
namespace actor_peeked_bad {
  class Actor {
  public:
    Actor() : thread([this] { loop(); }) {}
    ~Actor() {
      {
        std::lock_guard hold(m);
        stopping = true;
      }
      wake.notify_one();
      thread.join();
    }
    void add(int n) {
      std::lock_guard hold(m);
      mailbox.push_back(n);
      wake.notify_one();
    }
    int total() const { return sum; }
  private:
    void loop() {
      while (true) {
        int n;
        {
          std::unique_lock hold(m);
          wake.wait(hold, [this] { return stopping || !mailbox.empty(); });
          if (mailbox.empty())
            return;
          n = mailbox.front();
          mailbox.pop_front();
        }
        sum += n; // EXPECT: `actor.sum` is written here
      }
    }
    std::mutex m;
    std::condition_variable wake;
    std::deque<int> mailbox;
    bool stopping = false;
    int sum = 0;
    std::thread thread;
  };
  void run() {
    Actor actor;
    actor.add(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    actor.total();
  }
}
namespace event_loop_handlers_bad {
  class Loop {
  public:
    void on(const std::string &name, std::function<void()> f) { handlers[name] = std::move(f); } // EXPECT: `loop.handlers` is written here
    void start() {
      thread = std::thread([this] {
        for (auto &[name, handler] : handlers)
          handler();
      });
    }
    ~Loop() { thread.join(); }
  private:
    std::map<std::string, std::function<void()>> handlers;
    std::thread thread;
  };
  void run() {
    Loop loop;
    loop.on("a", [] {});
    loop.start();
    loop.on("b", [] {}); // while it runs
  }
}
namespace event_loop_prepared_ok {
  class Loop {
  public:
    void on(const std::string &name, std::function<void()> f) { handlers[name] = std::move(f); }
    void start() {
      thread = std::thread([this] {
        for (auto &[name, handler] : handlers)
          handler();
      });
    }
    ~Loop() { thread.join(); }
  private:
    std::map<std::string, std::function<void()>> handlers;
    std::thread thread;
  };
  void run() {
    Loop loop;
    loop.on("a", [] {});
    loop.on("b", [] {});
    loop.start();
  }
}
namespace pipeline_ok {
  template <class T> class Pipe {
  public:
    void put(T t) {
      std::lock_guard hold(m);
      items.push(std::move(t));
      some.notify_one();
    }
    std::optional<T> take() {
      std::unique_lock hold(m);
      some.wait(hold, [this] { return closed || !items.empty(); });
      if (items.empty())
        return std::nullopt;
      T t = std::move(items.front());
      items.pop();
      return t;
    }
    void close() {
      std::lock_guard hold(m);
      closed = true;
      some.notify_all();
    }
  private:
    std::mutex m;
    std::condition_variable some;
    std::queue<T> items;
    bool closed = false;
  };
  struct Chunk {
    std::string data;
    int length = 0;
  };
  int run() {
    Pipe<std::unique_ptr<Chunk>> first, second;
    std::thread reader([&] {
      for (int i = 0; i < 3; ++i) {
        auto c = std::make_unique<Chunk>();
        c->data = "abc";
        first.put(std::move(c));
      }
      first.close();
    });
    std::thread counter([&] {
      while (auto c = first.take()) {
        (*c)->length = static_cast<int>((*c)->data.size());
        second.put(std::move(*c));
      }
      second.close();
    });
    int total = 0;
    while (auto c = second.take())
      total += (*c)->length;
    reader.join();
    counter.join();
    return total;
  }
}
namespace timer_callback_untold {
  class Timer {
  public:
    explicit Timer(std::function<void()> f)
        : callback(std::move(f)), thread([this] { callback(); }) {}
    ~Timer() { thread.join(); }
  private:
    std::function<void()> callback;
    std::thread thread;
  };
  int run() {
    int fired = 0;
    Timer timer([&fired] { ++fired; });
    return fired;
  }
}
namespace function_pointer_table_untold {
  using Handler = void (*)();
  int requests;
  void get() { ++requests; }
  void post() { ++requests; }
  const Handler handlers[] = {get, post};
  void dispatch(int kind) { handlers[kind](); }
  void run() {
    std::thread a(dispatch, 0), b(dispatch, 1);
    a.join();
    b.join();
  }
}
namespace parallel_for_helper_bad {
  template <class F> void parallelFor(int n, F body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < n; ++i)
      threads.emplace_back(body, i);
    for (auto &t : threads)
      t.join();
  }
  int run() {
    int sum = 0;
    parallelFor(4, [&sum](int i) { sum += i; }); // EXPECT: `sum` is written here
    return sum;
  }
}
namespace parallel_for_helper_ok {
  template <class F> void parallelFor(int n, F body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < n; ++i)
      threads.emplace_back(body, i);
    for (auto &t : threads)
      t.join();
  }
  int run() {
    std::vector<int> squares(4);
    parallelFor(4, [&squares](int i) { squares[i] = i * i; });
    int sum = 0;
    for (int s : squares)
      sum += s;
    return sum;
  }
}
namespace spawn_wrapper_forwarding_bad {
  template <class F, class... Args> std::thread spawn(F &&f, Args &&...args) {
    return std::thread(std::forward<F>(f), std::forward<Args>(args)...);
  }
  int n;
  void bump(int by) { n += by; } // EXPECT: n` is written here
  void run() {
    std::thread a = spawn(bump, 1), b = spawn(bump, 2);
    a.join();
    b.join();
  }
}
namespace group_of_std_functions_bad {
  class Group {
  public:
    void go(std::function<void()> f) { threads.emplace_back(std::move(f)); }
    void wait() {
      for (auto &t : threads)
        t.join();
    }
  private:
    std::vector<std::thread> threads;
  };
  void run() {
    int errors = 0;
    Group group;
    group.go([&] { ++errors; }); // EXPECT: `errors` is written here
    group.go([&] { ++errors; });
    group.wait();
  }
}
namespace group_of_std_functions_ok {
  class Group {
  public:
    void go(std::function<void()> f) { threads.emplace_back(std::move(f)); }
    void wait() {
      for (auto &t : threads)
        t.join();
    }
  private:
    std::vector<std::thread> threads;
  };
  int run() {
    int left = 0, right = 0;
    Group group;
    group.go([&] { ++left; });
    group.go([&] { ++right; });
    group.wait();
    return left + right;
  }
}
namespace timer_constructed_from_callable_bad {
  class Timer {
  public:
    explicit Timer(std::function<void()> f) : thread(std::move(f)) {}
    ~Timer() { thread.join(); }
  private:
    std::thread thread;
  };
  int run() {
    int fired = 0;
    Timer timer([&fired] { ++fired; }); // EXPECT: `fired` is written here
    return fired;
  }
}
namespace background_task_ok {
  std::future<int> background(std::function<int()> f) {
    return std::async(std::launch::async, std::move(f));
  }
  int run() {
    int seen = 0;
    auto later = background([&seen] { return ++seen; });
    later.wait();
    return seen;
  }
}
namespace thread_group_bad {
  class Group {
  public:
    template <class F> void go(F f) { threads.emplace_back(std::move(f)); }
    void wait() {
      for (auto &t : threads)
        t.join();
    }
  private:
    std::vector<std::thread> threads;
  };
  void run() {
    int errors = 0;
    Group group;
    group.go([&] { ++errors; }); // EXPECT: `errors` is written here
    group.go([&] { ++errors; });
    group.wait();
  }
}
namespace thread_group_waited_ok {
  class Group {
  public:
    template <class F> void go(F f) { threads.emplace_back(std::move(f)); }
    void wait() {
      for (auto &t : threads)
        t.join();
    }
  private:
    std::vector<std::thread> threads;
  };
  int run() {
    int errors = 0;
    Group group;
    group.go([&] { ++errors; });
    group.wait();
    return errors;
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(posted_counter_untold::run)
  CASE(posted_counter_locked_ok::run)
  CASE(posted_local_against_poster_untold::run)
  CASE(read_after_pool_ok::run)
  CASE(submitted_result_ok::run)
  CASE(submitted_shared_sum_untold::run)
  CASE(submitted_own_slots_ok::run)
  CASE(actor_ok::run)
  CASE(actor_peeked_bad::run)
  CASE(event_loop_handlers_bad::run)
  CASE(event_loop_prepared_ok::run)
  CASE(pipeline_ok::run)
  CASE(timer_callback_untold::run)
  CASE(function_pointer_table_untold::run)
  CASE(parallel_for_helper_bad::run)
  CASE(parallel_for_helper_ok::run)
  CASE(spawn_wrapper_forwarding_bad::run)
  CASE(group_of_std_functions_bad::run)
  CASE(group_of_std_functions_ok::run)
  CASE(timer_constructed_from_callable_bad::run)
  CASE(background_task_ok::run)
  CASE(thread_group_bad::run)
  CASE(thread_group_waited_ok::run)
}
