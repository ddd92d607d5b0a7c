// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// What orders threads without a common lock: condition variables, barriers, latches,
// semaphores, call_once, the initialisation of static locals.
#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace predicate_wait_ok {
  std::mutex m;
  std::condition_variable ready;
  bool done;
  int result;
  int run() {
    std::thread worker([] {
      {
        std::lock_guard hold(m);
        result = 1;
        done = true;
      }
      ready.notify_one();
    });
    std::unique_lock hold(m);
    ready.wait(hold, [] { return done; });
    int got = result;
    hold.unlock();
    worker.join();
    return got;
  }
}
namespace written_before_flag_ok {
  std::mutex m;
  std::condition_variable ready;
  bool done;
  std::string result;
  std::size_t run() {
    std::thread worker([] {
      result = "answer"; // published by the lock below
      std::lock_guard hold(m);
      done = true;
      ready.notify_one();
    });
    {
      std::unique_lock hold(m);
      while (!done)
        ready.wait(hold);
    }
    std::size_t n = result.size();
    worker.join();
    return n;
  }
}
namespace written_after_flag_bad {
  std::mutex m;
  std::condition_variable ready;
  bool done;
  std::string result;
  std::size_t run() {
    std::thread worker([] {
      {
        std::lock_guard hold(m);
        done = true;
      }
      ready.notify_one();
      result = "answer"; // EXPECT: result` is written here
    });
    {
      std::unique_lock hold(m);
      ready.wait(hold, [] { return done; });
    }
    std::size_t n = result.size();
    worker.join();
    return n;
  }
}
namespace flag_without_lock_bad {
  std::mutex m;
  std::condition_variable ready;
  bool done;
  void run() {
    std::thread worker([] {
      done = true; // not under the lock // EXPECT: done` is written here
      ready.notify_one();
    });
    {
      std::unique_lock hold(m);
      ready.wait_for(hold, std::chrono::milliseconds(5), [] { return done; });
    }
    worker.join();
  }
}
namespace bounded_queue_ok {
  template <class T> class Channel {
  public:
    void send(T value) {
      std::unique_lock hold(m);
      space.wait(hold, [this] { return items.size() < 4; });
      items.push_back(std::move(value));
      data.notify_one();
    }
    T receive() {
      std::unique_lock hold(m);
      data.wait(hold, [this] { return !items.empty(); });
      T value = std::move(items.front());
      items.pop_front();
      space.notify_one();
      return value;
    }
  private:
    std::mutex m;
    std::condition_variable data, space;
    std::deque<T> items;
  };
  int run() {
    Channel<int> channel;
    std::thread producer([&] {
      for (int i = 0; i < 8; ++i)
        channel.send(i);
    });
    int total = 0;
    for (int i = 0; i < 8; ++i)
      total += channel.receive();
    producer.join();
    return total;
  }
}
namespace queue_peeked_bad {
  class Channel {
  public:
    void send(int value) {
      std::lock_guard hold(m);
      items.push(value); // EXPECT: `channel.items` is written here
      data.notify_one();
    }
    bool empty() const { return items.empty(); }
    int receive() {
      std::unique_lock hold(m);
      data.wait(hold, [this] { return !items.empty(); });
      int value = items.front();
      items.pop();
      return value;
    }
  private:
    std::mutex m;
    std::condition_variable data;
    std::queue<int> items;
  };
  int run() {
    Channel channel;
    std::thread producer([&] { channel.send(1); });
    channel.empty();
    int got = channel.receive();
    producer.join();
    return got;
  }
}
namespace notified_object_handed_over_ok {
  struct Message {
    std::string text;
  };
  std::mutex m;
  std::condition_variable arrived;
  std::unique_ptr<Message> box;
  void run() {
    std::thread sender([] {
      auto message = std::make_unique<Message>();
      message->text = "hi";
      std::lock_guard hold(m);
      box = std::move(message);
      arrived.notify_one();
    });
    std::unique_ptr<Message> mine;
    {
      std::unique_lock hold(m);
      arrived.wait(hold, [] { return box != nullptr; });
      mine = std::move(box);
    }
    mine->text += "!";
    sender.join();
  }
}

// Barriers and latches

namespace latch_hand_over_ok {
  int run() {
    std::latch ready(1);
    int value = 0;
    std::thread worker([&] {
      value = 4;
      ready.count_down();
    });
    ready.wait();
    int got = value;
    worker.join();
    return got;
  }
}
namespace latch_counted_down_first_bad {
  int run() {
    std::latch ready(1);
    int value = 0;
    std::thread worker([&] {
      ready.count_down();
      value = 4; // EXPECT: `value` is written here
    });
    ready.wait();
    int got = value;
    worker.join();
    return got;
  }
}
namespace latch_of_many_ok {
  int run() {
    constexpr int Count = 3;
    std::latch done(Count);
    std::vector<int> out(Count);
    std::vector<std::jthread> workers;
    for (int i = 0; i < Count; ++i)
      workers.emplace_back([&, i] {
        out[i] = i;
        done.count_down();
      });
    done.wait();
    return out[0] + out[1] + out[2];
  }
}
namespace barrier_phases_ok {
  int left, right;
  void run() {
    std::barrier sync(2);
    std::thread a([&] {
      left = 1;
      sync.arrive_and_wait();
      (void)right;
    });
    std::thread b([&] {
      right = 2;
      sync.arrive_and_wait();
      (void)left;
    });
    a.join();
    b.join();
  }
}
namespace barrier_same_phase_bad {
  int left;
  void run() {
    std::barrier sync(2);
    std::thread a([&] {
      sync.arrive_and_wait();
      left = 1; // EXPECT: left` is written here
    });
    std::thread b([&] {
      sync.arrive_and_wait();
      left = 2;
    });
    a.join();
    b.join();
  }
}
namespace barrier_completion_ok {
  int total;
  void run() {
    int parts[2] = {};
    auto combine = [&parts]() noexcept { total += parts[0] + parts[1]; };
    std::barrier sync(2, combine);
    auto work = [&](int me) {
      for (int round = 0; round < 3; ++round) {
        parts[me] = round;
        sync.arrive_and_wait();
      }
    };
    std::thread a(work, 0), b(work, 1);
    a.join();
    b.join();
  }
}

// Semaphores

namespace binary_semaphore_mutex_ok {
  std::binary_semaphore turn(1);
  int n;
  void work() {
    turn.acquire();
    ++n;
    turn.release();
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace counting_semaphore_two_bad {
  std::counting_semaphore<2> slots(2);
  int n;
  void work() {
    slots.acquire();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ++n; // EXPECT: n` is written here
    slots.release();
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace semaphore_signal_ok {
  std::binary_semaphore filled(0);
  int slot;
  int run() {
    std::thread producer([] {
      slot = 3;
      filled.release();
    });
    filled.acquire();
    int got = slot;
    producer.join();
    return got;
  }
}
namespace semaphore_signal_early_bad {
  std::binary_semaphore filled(0);
  int slot;
  int run() {
    std::thread producer([] {
      filled.release();
      slot = 3; // EXPECT: slot` is written here
    });
    filled.acquire();
    int got = slot;
    producer.join();
    return got;
  }
}
namespace semaphore_ping_pong_alarm {
  std::binary_semaphore ping(1), pong(0);
  int ball;
  void run() {
    std::thread a([] {
      for (int i = 0; i < 3; ++i) {
        ping.acquire();
        ++ball; // EXPECT: ball` is written here
        pong.release();
      }
    });
    std::thread b([] {
      for (int i = 0; i < 3; ++i) {
        pong.acquire();
        ++ball;
        ping.release();
      }
    });
    a.join();
    b.join();
  }
}

// Once

namespace call_once_ok {
  std::once_flag once;
  std::string banner;
  const std::string &get() {
    std::call_once(once, [] { banner = "hello"; });
    return banner;
  }
  void run() {
    std::thread a([] { (void)get().size(); }), b([] { (void)get().size(); });
    a.join();
    b.join();
  }
}
namespace call_once_bypassed_bad {
  std::once_flag once;
  std::string banner;
  void prepare() {
    std::call_once(once, [] { banner = "hello"; }); // EXPECT: banner` is written here
  }
  void run() {
    std::thread a(prepare), b([] { (void)banner.size(); });
    a.join();
    b.join();
  }
}
namespace call_once_member_ok {
  class Lazy {
  public:
    int get() {
      std::call_once(once, &Lazy::compute, this);
      return value;
    }
  private:
    void compute() { value = 17; }
    std::once_flag once;
    int value = 0;
  };
  void run() {
    Lazy lazy;
    std::thread a([&] { lazy.get(); }), b([&] { lazy.get(); });
    a.join();
    b.join();
  }
}
namespace singleton_ok {
  class Catalog {
  public:
    static Catalog &instance() {
      static Catalog only;
      return only;
    }
    std::size_t size() const { return names.size(); }
  private:
    Catalog() { names.push_back("first"); }
    std::vector<std::string> names;
  };
  void run() {
    std::thread a([] { Catalog::instance().size(); });
    std::thread b([] { Catalog::instance().size(); });
    a.join();
    b.join();
  }
}
namespace singleton_changed_bad {
  class Catalog {
  public:
    static Catalog &instance() {
      static Catalog only;
      return only;
    }
    void add(const std::string &name) { names.push_back(name); } // EXPECT: `only.names` is written here
  private:
    std::vector<std::string> names;
  };
  void run() {
    std::thread a([] { Catalog::instance().add("a"); });
    std::thread b([] { Catalog::instance().add("b"); });
    a.join();
    b.join();
  }
}
namespace static_local_lambda_ok {
  const std::vector<int> &table() {
    static const std::vector<int> built = [] {
      std::vector<int> t;
      for (int i = 0; i < 4; ++i)
        t.push_back(i);
      return t;
    }();
    return built;
  }
  void run() {
    std::thread a([] { (void)table()[1]; }), b([] { (void)table()[2]; });
    a.join();
    b.join();
  }
}
namespace static_local_counter_bad {
  int nextId() {
    static int last = 0;
    return ++last; // EXPECT: `last` is written here
  }
  void run() {
    std::thread a(nextId), b(nextId);
    a.join();
    b.join();
  }
}
namespace static_local_buffer_bad {
  const char *format(int n) {
    static std::string buffer;
    buffer = std::to_string(n); // EXPECT: `buffer` is written here
    return buffer.c_str();
  }
  void run() {
    std::thread a([] { format(1); }), b([] { format(2); });
    a.join();
    b.join();
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(predicate_wait_ok::run)
  CASE(written_before_flag_ok::run)
  CASE(written_after_flag_bad::run)
  CASE(flag_without_lock_bad::run)
  CASE(bounded_queue_ok::run)
  CASE(queue_peeked_bad::run)
  CASE(notified_object_handed_over_ok::run)
  CASE(latch_hand_over_ok::run)
  CASE(latch_counted_down_first_bad::run)
  CASE(latch_of_many_ok::run)
  CASE(barrier_phases_ok::run)
  CASE(barrier_same_phase_bad::run)
  CASE(barrier_completion_ok::run)
  CASE(binary_semaphore_mutex_ok::run)
  CASE(counting_semaphore_two_bad::run)
  CASE(semaphore_signal_ok::run)
  CASE(semaphore_signal_early_bad::run)
  CASE(semaphore_ping_pong_alarm::run)
  CASE(call_once_ok::run)
  CASE(call_once_bypassed_bad::run)
  CASE(call_once_member_ok::run)
  CASE(singleton_ok::run)
  CASE(singleton_changed_bad::run)
  CASE(static_local_lambda_ok::run)
  CASE(static_local_counter_bad::run)
  CASE(static_local_buffer_bad::run)
}
