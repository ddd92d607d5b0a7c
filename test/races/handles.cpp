// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// More ways to name an entry, to keep handles and to join them.
#include <algorithm>
#include <array>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>
namespace joined_by_mem_fn_ok {
  int n;
  int run() {
    std::vector<std::thread> all;
    all.emplace_back([] { n = 1; });
    std::for_each(all.begin(), all.end(), std::mem_fn(&std::thread::join));
    return n;
  }
}
namespace joined_by_lambda_ok {
  int n;
  int run() {
    std::vector<std::thread> all;
    all.emplace_back([] { n = 1; });
    std::for_each(all.begin(), all.end(), [](std::thread &t) { t.join(); });
    return n;
  }
}
namespace array_initialised_bad {
  int n;
  void f() { ++n; } // EXPECT: n` is written here
  void run() {
    std::thread all[2] = {std::thread(f), std::thread(f)};
    for (auto &t : all)
      t.join();
  }
}
namespace std_array_initialised_ok {
  int n;
  int run() {
    std::array<std::thread, 1> all{std::thread([] { n = 2; })};
    for (auto &t : all)
      t.join();
    return n;
  }
}
namespace static_member_entry_bad {
  class C {
  public:
    static void entry(C *c) { ++c->n; }
    void run() {
      std::thread a(&C::entry, this), b(entry, this); // EXPECT: `c->n` is handed over here
      a.join();
      b.join();
    }

  private:
    int n = 0;
  };
  void run() { C().run(); }
}
namespace bound_this_bad {
  class C {
  public:
    void go() {
      std::thread a(std::bind(&C::step, this, 1));
      step(2);
      a.join();
    }

  private:
    void step(int k) { n += k; } // EXPECT: `c.n` is written here
    int n = 0;
  };
  void run() {
    C c;
    c.go();
  }
}
namespace ref_lambda_untold {
  void run() {
    int n = 0;
    auto f = [n]() mutable { ++n; };
    std::thread a(std::ref(f)), b(std::ref(f));
    a.join();
    b.join();
  }
}
namespace template_class_bad {
  template <class T> class Cell {
  public:
    void set(T v) { value = v; } // EXPECT: `c.value` is written here
    T get() const { return value; }

  private:
    T value{};
  };
  void run() {
    Cell<int> c;
    std::thread a([&c] { c.set(1); });
    c.get();
    a.join();
  }
}
namespace list_of_futures_ok {
  int run() {
    std::list<std::future<int>> fs;
    for (int i = 0; i < 3; ++i)
      fs.push_back(std::async(std::launch::async, [i] { return i; }));
    int s = 0;
    while (!fs.empty()) {
      s += fs.front().get();
      fs.pop_front();
    }
    return s;
  }
}
namespace unique_ptr_threads_ok {
  int n;
  int run() {
    std::vector<std::unique_ptr<std::thread>> all;
    all.push_back(std::make_unique<std::thread>([] { n = 1; }));
    for (auto &t : all)
      t->join();
    return n;
  }
}
namespace new_thread_ok {
  int n;
  int run() {
    std::thread *t = new std::thread([] { n = 1; });
    t->join();
    delete t;
    return n;
  }
}
namespace new_thread_bad {
  int n;
  int run() {
    std::thread *t = new std::thread([] { n = 1; }); // EXPECT: n` is written here
    int e = n;
    t->join();
    delete t;
    return e;
  }
}
namespace thread_swapped_ok {
  int n;
  int run() {
    std::thread a([] { n = 1; });
    std::thread b;
    b.swap(a);
    b.join();
    return n;
  }
}
namespace generic_lambda_untold {
  void run() {
    int n = 0;
    auto work = [&n](auto k) { n += k; };
    std::thread a(work, 1), b(work, 2L);
    a.join();
    b.join();
  }
}
namespace member_lambda_copies_ok {
  class C {
  public:
    void go() {
      std::thread a([copy = n]() mutable { ++copy; });
      ++n;
      a.join();
    }

  private:
    int n = 0;
  };
  void run() {
    C c;
    c.go();
  }
}
namespace loop_local_ok {
  void run() {
    std::vector<std::thread> all;
    for (int i = 0; i < 3; ++i)
      all.emplace_back([i] {
        int local = i;
        auto bump = [&local] { ++local; };
        bump();
      });
    for (auto &t : all)
      t.join();
  }
}
namespace loop_variable_captured_bad {
  void run() {
    std::vector<std::thread> all;
    int seen = 0;
    for (int i = 0; i < 3; ++i) // EXPECT: `i` is written here
      all.emplace_back([&i, &seen] { seen = i; }); // EXPECT: `seen` is written here
    for (auto &t : all)
      t.join();
  }
}
namespace nested_class_owner_ok {
  class Outer {
    struct Inner {
      int v = 0;
      void set(int x) { v = x; }
    };

  public:
    void go() {
      std::thread a([this] { left.set(1); }), b([this] { right.set(2); });
      a.join();
      b.join();
    }

  private:
    Inner left, right;
  };
  void run() {
    Outer o;
    o.go();
  }
}
namespace nested_class_owner_bad {
  class Outer {
    struct Inner {
      int v = 0;
      void set(int x) { v = x; } // EXPECT: `o.left.v` is written here
    };

  public:
    void go() {
      std::thread a([this] { left.set(1); }), b([this] { left.set(2); });
      a.join();
      b.join();
    }

  private:
    Inner left;
  };
  void run() {
    Outer o;
    o.go();
  }
}
namespace two_locks_one_common_ok {
  std::mutex a, b;
  int n;
  void first() {
    std::scoped_lock l(a, b);
    ++n;
  }
  void second() {
    std::lock_guard l(b);
    ++n;
  }
  void run() {
    std::thread x(first), y(second);
    x.join();
    y.join();
  }
}
namespace pairwise_different_locks_bad {
  std::mutex a, b, c;
  int n;
  void first() {
    std::scoped_lock l(a, b);
    ++n; // EXPECT: n` is written here
  }
  void second() {
    std::lock_guard l(c);
    ++n;
  }
  void run() {
    std::thread x(first), y(second);
    x.join();
    y.join();
  }
}
namespace structured_result_ok {
  std::pair<int, int> compute() { return {1, 2}; }
  int run() {
    auto f = std::async(std::launch::async, compute);
    auto [x, y] = f.get();
    return x + y;
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(joined_by_mem_fn_ok::run)
  CASE(joined_by_lambda_ok::run)
  CASE(array_initialised_bad::run)
  CASE(std_array_initialised_ok::run)
  CASE(static_member_entry_bad::run)
  CASE(bound_this_bad::run)
  CASE(ref_lambda_untold::run)
  CASE(template_class_bad::run)
  CASE(list_of_futures_ok::run)
  CASE(unique_ptr_threads_ok::run)
  CASE(new_thread_ok::run)
  CASE(new_thread_bad::run)
  CASE(thread_swapped_ok::run)
  CASE(generic_lambda_untold::run)
  CASE(member_lambda_copies_ok::run)
  CASE(loop_local_ok::run)
  CASE(loop_variable_captured_bad::run)
  CASE(nested_class_owner_ok::run)
  CASE(nested_class_owner_bad::run)
  CASE(two_locks_one_common_ok::run)
  CASE(pairwise_different_locks_bad::run)
  CASE(structured_result_ok::run)
}
