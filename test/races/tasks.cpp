// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// Tasks: std::async, std::packaged_task, std::promise and their futures.
#include <chrono>
#include <functional>
#include <future>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace async_counter_bad {
  int counter;
  void run() {
    auto a = std::async(std::launch::async, [] { ++counter; }); // EXPECT: counter` is written here
    auto b = std::async(std::launch::async, [] { ++counter; });
    a.get();
    b.get();
  }
}
namespace async_result_ok {
  int square(int n) { return n * n; }
  int run() {
    auto a = std::async(std::launch::async, square, 3);
    auto b = std::async(std::launch::async, square, 4);
    return a.get() + b.get();
  }
}
namespace async_by_ref_bad {
  void fill(std::vector<int> &v) { v.push_back(1); }
  std::size_t run() {
    std::vector<int> v;
    auto done = std::async(std::launch::async, fill, std::ref(v)); // EXPECT: `v` is handed over here
    std::size_t n = v.size();
    done.wait();
    return n;
  }
}
namespace async_by_ref_ok {
  void fill(std::vector<int> &v) { v.push_back(1); }
  std::size_t run() {
    std::vector<int> v;
    auto done = std::async(std::launch::async, fill, std::ref(v));
    done.wait();
    return v.size();
  }
}
namespace async_discarded_ok {
  int run() {
    int value = 0;
    std::async(std::launch::async, [&] { value = 1; }); // waits at the end of the statement
    return ++value;
  }
}
namespace async_cast_to_void_ok {
  int run() {
    int value = 0;
    (void)std::async(std::launch::async, [&] { value = 1; });
    return ++value;
  }
}
namespace async_kept_bad {
  int run() {
    int value = 0;
    auto pending = std::async(std::launch::async, [&] { value = 1; }); // EXPECT: `value` is written here
    return ++value;
  }
}
namespace async_deferred_ok {
  int run() {
    int value = 0;
    auto later = std::async(std::launch::deferred, [&] { ++value; });
    ++value;
    later.get(); // runs it here
    return value;
  }
}
namespace async_either_policy_bad {
  int run() {
    int value = 0;
    auto later = std::async(std::launch::async | std::launch::deferred, [&] { ++value; }); // EXPECT: `value` is written here
    ++value;
    later.get();
    return value;
  }
}
namespace async_member_bad {
  class Importer {
  public:
    void load() {
      auto rows = std::async(std::launch::async, &Importer::count, this);
      ++lines;
      rows.wait();
    }
  private:
    void count() { ++lines; } // EXPECT: `lines` is written here
    int lines = 0;
  };
  void run() { Importer().load(); }
}
namespace async_member_future_ok {
  class Loader {
  public:
    void start() {
      ready = std::async(std::launch::async, [this] { text = "loaded"; });
    }
    const std::string &get() {
      ready.wait();
      return text;
    }
  private:
    std::string text;
    std::future<void> ready;
  };
  void run() {
    Loader loader;
    loader.start();
    loader.get();
  }
}
namespace async_member_future_not_awaited_bad {
  class Loader {
  public:
    void start() {
      ready = std::async(std::launch::async, [this] { text = "loaded"; }); // EXPECT: `loader.text` is written here
    }
    std::size_t size() const { return text.size(); }
  private:
    std::string text;
    std::future<void> ready;
  };
  void run() {
    Loader loader;
    loader.start();
    loader.size();
  }
}
namespace vector_of_futures_ok {
  long run() {
    std::vector<int> data(100, 2);
    std::vector<std::future<long>> parts;
    for (int i = 0; i < 4; ++i)
      parts.push_back(std::async(std::launch::async, [&data, i] {
        return std::accumulate(data.begin() + i * 25, data.begin() + (i + 1) * 25, 0L);
      }));
    long total = 0;
    for (auto &p : parts)
      total += p.get();
    return total;
  }
}
namespace vector_of_futures_bad {
  long run() {
    std::vector<int> data(100, 2);
    long total = 0;
    std::vector<std::future<void>> parts;
    for (int i = 0; i < 4; ++i)
      parts.push_back(std::async(std::launch::async, [&data, &total, i] {
        total += std::accumulate(data.begin() + i * 25, data.begin() + (i + 1) * 25, 0L); // EXPECT: `total` is written here
      }));
    for (auto &p : parts)
      p.wait();
    return total;
  }
}
namespace get_orders_ok {
  int shared;
  int run() {
    auto first = std::async(std::launch::async, [] { shared = 1; return 1; });
    int n = first.get();
    auto second = std::async(std::launch::async, [n] { shared += n; });
    second.get();
    return shared;
  }
}
namespace polled_future_bad {
  int run() {
    int progress = 0;
    auto work = std::async(std::launch::async, [&] {
      for (int i = 0; i < 3; ++i) {
        progress = i; // EXPECT: `progress` is written here
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
    int seen = 0;
    while (work.wait_for(std::chrono::microseconds(1)) != std::future_status::ready)
      seen = progress;
    work.get();
    return seen + progress;
  }
}
namespace returned_future_ok {
  int result;
  std::future<void> begin() {
    return std::async(std::launch::async, [] { result = 5; });
  }
  int run() {
    auto f = begin();
    f.get();
    return result;
  }
}
namespace returned_future_bad {
  int result;
  std::future<void> begin() {
    return std::async(std::launch::async, [] { result = 5; }); // EXPECT: result` is written here
  }
  int run() {
    auto f = begin();
    int early = result;
    f.get();
    return early;
  }
}

// packaged_task

namespace packaged_task_ok {
  int run() {
    std::packaged_task<int(int)> task([](int n) { return n + 1; });
    auto answer = task.get_future();
    std::thread worker(std::move(task), 41);
    int got = answer.get();
    worker.join();
    return got;
  }
}
namespace packaged_task_bad {
  int run() {
    int attempts = 0;
    std::packaged_task<int()> task([&attempts] { return ++attempts; }); // EXPECT: `attempts` is written here
    auto answer = task.get_future();
    std::thread worker(std::move(task));
    ++attempts;
    int got = answer.get();
    worker.join();
    return got;
  }
}
namespace packaged_task_called_here_ok {
  int run() {
    int attempts = 0;
    std::packaged_task<int()> task([&attempts] { return ++attempts; });
    ++attempts;
    auto answer = task.get_future();
    task();
    return answer.get() + attempts;
  }
}

// Promises hand over

namespace promise_hand_over_ok {
  int run() {
    std::promise<void> ready;
    int message = 0;
    std::thread producer([&] {
      message = 42;
      ready.set_value();
    });
    ready.get_future().wait();
    int got = message;
    producer.join();
    return got;
  }
}
namespace promise_set_too_early_bad {
  int run() {
    std::promise<void> ready;
    auto wait = ready.get_future();
    int message = 0;
    std::thread producer([&] {
      ready.set_value();
      message = 42; // EXPECT: `message` is written here
    });
    wait.wait();
    int got = message;
    producer.join();
    return got;
  }
}
namespace promise_moved_into_thread_ok {
  struct Reply {
    std::string text;
  };
  void answer(std::promise<Reply> promise) { promise.set_value({"hello"}); }
  std::size_t run() {
    std::promise<Reply> promise;
    auto reply = promise.get_future();
    std::thread worker(answer, std::move(promise));
    std::size_t n = reply.get().text.size();
    worker.join();
    return n;
  }
}
namespace promise_of_the_object_ok {
  class Loop {
  public:
    Loop() : runner([this] { body(); }) {
      auto started = up.get_future();
      state = started.get();
    }
    ~Loop() {
      go.set_value();
      runner.join();
    }

  private:
    void body() {
      up.set_value(1);
      auto may = go.get_future();
      may.get();
      state = 0;
    }
    std::promise<int> up;
    std::promise<void> go;
    int state = 0;
    std::thread runner;
  };
  void run() { Loop loop; }
}
namespace another_promise_bad {
  int run() {
    std::promise<void> ready, other;
    auto wait = other.get_future();
    int message = 0;
    std::thread producer([&] {
      other.set_value();
      message = 42; // EXPECT: `message` is written here
      ready.set_value();
    });
    wait.wait();
    int got = message;
    producer.join();
    return got;
  }
}
namespace gate_future_ok {
  int table[4];
  void run() {
    std::promise<void> gate;
    std::shared_future<void> open(gate.get_future());
    std::thread a([open] { open.wait(); (void)table[1]; });
    std::thread b([open] { open.wait(); (void)table[2]; });
    table[1] = table[2] = 7;
    gate.set_value();
    a.join();
    b.join();
  }
}
namespace gate_future_untold {
  int table[4];
  void run() {
    std::promise<void> gate;
    std::shared_future<void> open(gate.get_future());
    std::thread a([open] { open.wait(); table[1]++; });
    std::thread b([open] { open.wait(); table[1]++; });
    gate.set_value();
    a.join();
    b.join();
  }
}
namespace continuation_chain_alarm {
  int run() {
    int stage = 0;
    auto first = std::async(std::launch::async, [&] { stage = 1; }); // EXPECT: `stage` is written here
    auto second = std::async(std::launch::async, [&, f = std::move(first)]() mutable {
      f.get();
      stage = 2;
    });
    second.get();
    return stage;
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(async_counter_bad::run)
  CASE(async_result_ok::run)
  CASE(async_by_ref_bad::run)
  CASE(async_by_ref_ok::run)
  CASE(async_discarded_ok::run)
  CASE(async_cast_to_void_ok::run)
  CASE(async_kept_bad::run)
  CASE(async_deferred_ok::run)
  CASE(async_either_policy_bad::run)
  CASE(async_member_bad::run)
  CASE(async_member_future_ok::run)
  CASE(async_member_future_not_awaited_bad::run)
  CASE(vector_of_futures_ok::run)
  CASE(vector_of_futures_bad::run)
  CASE(get_orders_ok::run)
  CASE(polled_future_bad::run)
  CASE(returned_future_ok::run)
  CASE(returned_future_bad::run)
  CASE(packaged_task_ok::run)
  CASE(packaged_task_bad::run)
  CASE(packaged_task_called_here_ok::run)
  CASE(promise_hand_over_ok::run)
  CASE(promise_set_too_early_bad::run)
  CASE(promise_moved_into_thread_ok::run)
  CASE(promise_of_the_object_ok::run)
  CASE(another_promise_bad::run)
  CASE(gate_future_ok::run)
  CASE(gate_future_untold::run)
  CASE(continuation_chain_alarm::run)
}
