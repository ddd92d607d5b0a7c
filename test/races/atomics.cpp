// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// Atomics: what they protect, what they order, and what they do neither for.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace atomic_counter_ok {
  std::atomic<int> hits{0};
  void work() {
    hits++;
    hits += 2;
    hits = hits.load() + 1;
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace atomic_and_plain_bad {
  std::atomic<int> hits{0};
  int misses;
  void work() {
    hits++;
    misses++; // EXPECT: misses` is written here
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace release_acquire_ok {
  int payload;
  std::atomic<bool> ready{false};
  int run() {
    std::thread producer([] {
      payload = 42;
      ready.store(true, std::memory_order_release);
    });
    while (!ready.load(std::memory_order_acquire))
      std::this_thread::yield();
    int got = payload;
    producer.join();
    return got;
  }
}
namespace sequentially_consistent_flag_ok {
  int payload;
  std::atomic<bool> ready{false};
  int run() {
    std::thread producer([] {
      payload = 42;
      ready = true;
    });
    while (!ready)
      std::this_thread::yield();
    int got = payload;
    producer.join();
    return got;
  }
}
namespace relaxed_flag_bad {
  int payload;
  std::atomic<bool> ready{false};
  int run() {
    std::thread producer([] {
      payload = 42; // EXPECT: payload` is written here
      ready.store(true, std::memory_order_relaxed);
    });
    while (!ready.load(std::memory_order_relaxed))
      std::this_thread::yield();
    int got = payload;
    producer.join();
    return got;
  }
}
namespace flag_set_first_bad {
  int payload;
  std::atomic<bool> ready{false};
  int run() {
    std::thread producer([] {
      ready.store(true, std::memory_order_release);
      payload = 42; // EXPECT: payload` is written here
    });
    while (!ready.load(std::memory_order_acquire))
      std::this_thread::yield();
    int got = payload;
    producer.join();
    return got;
  }
}
namespace flag_not_awaited_untold {
  int payload;
  std::atomic<bool> ready{false};
  int run() {
    std::thread producer([] {
      payload = 42;
      ready.store(true, std::memory_order_release);
    });
    bool seen = ready.load(std::memory_order_acquire);
    int got = payload; // whatever was seen
    producer.join();
    return got + seen;
  }
}
namespace flag_checked_once_ok {
  int payload;
  std::atomic<bool> ready{false};
  int run() {
    std::thread producer([] {
      payload = 42;
      ready.store(true, std::memory_order_release);
    });
    int got = 0;
    if (ready.load(std::memory_order_acquire))
      got = payload;
    producer.join();
    return got;
  }
}
namespace published_pointer_ok {
  struct Config {
    std::string name;
    int limit = 0;
  };
  std::atomic<Config *> current{nullptr};
  int run() {
    std::thread loader([] {
      auto *fresh = new Config;
      fresh->name = "x";
      fresh->limit = 3;
      current.store(fresh, std::memory_order_release);
    });
    Config *seen;
    while (!(seen = current.load(std::memory_order_acquire)))
      std::this_thread::yield();
    int limit = seen->limit;
    loader.join();
    delete seen;
    return limit;
  }
}
namespace published_pointer_then_changed_untold {
  struct Config {
    int limit = 0;
  };
  std::atomic<Config *> current{nullptr};
  int run() {
    std::thread loader([] {
      auto *fresh = new Config;
      current.store(fresh, std::memory_order_release);
      fresh->limit = 3;
    });
    Config *seen;
    while (!(seen = current.load(std::memory_order_acquire)))
      std::this_thread::yield();
    int limit = seen->limit;
    loader.join();
    delete seen;
    return limit;
  }
}
namespace atomic_pointer_plain_pointee_untold {
  int storage;
  std::atomic<int *> shared{&storage};
  void work() { ++*shared.load(); }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace spinlock_flag_ok {
  std::atomic_flag busy = ATOMIC_FLAG_INIT;
  int n;
  void work() {
    while (busy.test_and_set(std::memory_order_acquire))
      std::this_thread::yield();
    ++n;
    busy.clear(std::memory_order_release);
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace spinlock_class_ok {
  class Spinlock {
  public:
    void lock() {
      while (flag.exchange(true, std::memory_order_acquire))
        std::this_thread::yield();
    }
    void unlock() { flag.store(false, std::memory_order_release); }
  private:
    std::atomic<bool> flag{false};
  };
  Spinlock lock;
  int n;
  void work() {
    lock.lock();
    ++n;
    lock.unlock();
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace compare_exchange_lock_ok {
  std::atomic<int> owner{0};
  int n;
  void work(int me) {
    int expected = 0;
    while (!owner.compare_exchange_weak(expected, me, std::memory_order_acquire)) {
      expected = 0;
      std::this_thread::yield();
    }
    ++n;
    owner.store(0, std::memory_order_release);
  }
  void run() {
    std::thread a(work, 1), b(work, 2);
    a.join();
    b.join();
  }
}
namespace check_then_set_bad {
  std::atomic<bool> busy{false};
  int n;
  void work() {
    while (busy.load())
      std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    busy.store(true); // both may come here
    ++n; // EXPECT: n` is written here
    busy.store(false);
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace claimed_by_exchange_ok {
  std::atomic<bool> claimed{false};
  int winner;
  void work(int me) {
    if (!claimed.exchange(true))
      winner = me; // only one gets here
  }
  void run() {
    std::thread a(work, 1), b(work, 2);
    a.join();
    b.join();
  }
}
namespace claimed_here_only_bad {
  std::atomic<bool> claimed{false};
  int winner;
  void claims() {
    if (!claimed.exchange(true))
      winner = 1; // EXPECT: winner` is written here
  }
  void overrides() { winner = 2; }
  void run() {
    std::thread a(claims), b(overrides);
    a.join();
    b.join();
  }
}
namespace pushed_and_counted_bad {
  struct Node {
    Node *next;
  };
  std::atomic<Node *> head{nullptr};
  int pushed;
  Node nodes[2];
  void push(int i) {
    Node *seen = head.load();
    do
      nodes[i].next = seen;
    while (!head.compare_exchange_weak(seen, &nodes[i]));
    ++pushed; // EXPECT: pushed` is written here
  }
  void run() {
    std::thread a(push, 0), b(push, 1);
    a.join();
    b.join();
  }
}
namespace claimed_index_ok {
  std::atomic<std::size_t> next{0};
  std::vector<int> out(8);
  void work() {
    for (std::size_t i; (i = next.fetch_add(1)) < out.size();)
      out[i] = static_cast<int>(i);
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace atomic_ref_ok {
  int n;
  void work() { std::atomic_ref<int>(n).fetch_add(1); }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace atomic_ref_mixed_untold {
  int n;
  void run() {
    std::thread a([] { std::atomic_ref<int>(n).fetch_add(1); });
    std::thread b([] { n++; });
    a.join();
    b.join();
  }
}
namespace volatile_flag_bad {
  volatile bool stop;
  void run() {
    std::thread worker([] {
      for (int i = 0; i < 1000 && !stop; ++i)
        std::this_thread::yield();
    });
    stop = true; // EXPECT: stop` is written here
    worker.join();
  }
}
namespace stop_flag_ok {
  class Ticker {
  public:
    Ticker() : worker([this] { loop(); }) {}
    ~Ticker() {
      running = false;
      worker.join();
    }
  private:
    void loop() {
      while (running)
        ++ticks;
    }
    std::atomic<bool> running{true};
    long ticks = 0;
    std::thread worker;
  };
  void run() { Ticker ticker; }
}
namespace stop_flag_plain_bad {
  class Ticker {
  public:
    Ticker() : worker([this] { loop(); }) {}
    ~Ticker() {
      running = false; // EXPECT: `ticker.running` is written here
      worker.join();
    }
  private:
    void loop() {
      for (int i = 0; i < 1000 && running; ++i)
        std::this_thread::yield();
    }
    bool running = true;
    std::thread worker;
  };
  void run() { Ticker ticker; }
}
namespace atomic_wait_ok {
  std::atomic<int> state{0};
  int data;
  int run() {
    std::thread producer([] {
      data = 5;
      state.store(1);
      state.notify_one();
    });
    state.wait(0);
    int got = data;
    producer.join();
    return got;
  }
}
namespace reference_count_ok {
  class Node {
  public:
    void retain() { count.fetch_add(1, std::memory_order_relaxed); }
    void release() {
      if (count.fetch_sub(1, std::memory_order_acq_rel) == 1)
        delete this;
    }
    int value = 0;
  private:
    std::atomic<int> count{1};
  };
  void run() {
    auto *node = new Node;
    node->retain();
    std::thread a([node] { (void)node->value; node->release(); });
    std::thread b([node] { (void)node->value; node->release(); });
    a.join();
    b.join();
  }
}
namespace atomic_struct_member_bad {
  struct Slot {
    std::atomic<bool> used{false};
    std::string text;
  };
  Slot slot;
  void write(const char *text) {
    slot.used = true;
    slot.text = text; // EXPECT: slot.text` is written here
  }
  void run() {
    std::thread a(write, "a"), b(write, "b");
    a.join();
    b.join();
  }
}
namespace builtin_atomics_ok {
  long n;
  void work() { __atomic_fetch_add(&n, 1, __ATOMIC_RELAXED); }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace shared_ptr_atomic_functions_ok {
  std::shared_ptr<const int> current = std::make_shared<const int>(0);
  void publish(int n) { std::atomic_store(&current, std::make_shared<const int>(n)); }
  int look() { return *std::atomic_load(&current); }
  void run() {
    std::thread a(publish, 1), b([] { look(); });
    a.join();
    b.join();
  }
}
namespace shared_ptr_plain_assign_bad {
  std::shared_ptr<const int> current = std::make_shared<const int>(0);
  void publish(int n) { current = std::make_shared<const int>(n); } // EXPECT: current` is written here
  int look() { return *current; }
  void run() {
    std::thread a(publish, 1), b([] { look(); });
    a.join();
    b.join();
  }
}
namespace sequence_of_two_stages_ok {
  int first, second;
  std::atomic<int> stage{0};
  void run() {
    std::thread a([] {
      first = 1;
      stage.store(1, std::memory_order_release);
    });
    std::thread b([] {
      while (stage.load(std::memory_order_acquire) < 1)
        std::this_thread::yield();
      second = first + 1;
      stage.store(2, std::memory_order_release);
    });
    while (stage.load(std::memory_order_acquire) < 2)
      std::this_thread::yield();
    (void)(first + second);
    a.join();
    b.join();
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(atomic_counter_ok::run)
  CASE(atomic_and_plain_bad::run)
  CASE(release_acquire_ok::run)
  CASE(sequentially_consistent_flag_ok::run)
  CASE(relaxed_flag_bad::run)
  CASE(flag_set_first_bad::run)
  CASE(flag_not_awaited_untold::run)
  CASE(flag_checked_once_ok::run)
  CASE(published_pointer_ok::run)
  CASE(published_pointer_then_changed_untold::run)
  CASE(atomic_pointer_plain_pointee_untold::run)
  CASE(spinlock_flag_ok::run)
  CASE(spinlock_class_ok::run)
  CASE(compare_exchange_lock_ok::run)
  CASE(check_then_set_bad::run)
  CASE(claimed_by_exchange_ok::run)
  CASE(claimed_here_only_bad::run)
  CASE(pushed_and_counted_bad::run)
  CASE(claimed_index_ok::run)
  CASE(atomic_ref_ok::run)
  CASE(atomic_ref_mixed_untold::run)
  CASE(volatile_flag_bad::run)
  CASE(stop_flag_ok::run)
  CASE(stop_flag_plain_bad::run)
  CASE(atomic_wait_ok::run)
  CASE(reference_count_ok::run)
  CASE(atomic_struct_member_bad::run)
  CASE(builtin_atomics_ok::run)
  CASE(shared_ptr_atomic_functions_ok::run)
  CASE(shared_ptr_plain_assign_bad::run)
  CASE(sequence_of_two_stages_ok::run)
}
