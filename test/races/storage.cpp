// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// Where data lives: globals of headers, static members, thread_local, constants, copies;
// before the first thread starts and after the last has ended.
#include "Inputs/shared.h"

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace header_global_bad {
  void run() {
    std::thread a([] { ++requestCount; }), b([] { ++requestCount; }); // EXPECT: `requestCount` is written here
    a.join();
    b.join();
  }
}
namespace header_method_ok {
  void run() {
    Tally tally;
    std::thread a([&] { tally.safeAdd(1); }), b([&] { tally.safeAdd(2); });
    a.join();
    b.join();
  }
}
namespace header_constant_ok {
  void run() {
    std::thread a([] { (void)retryLimit; }), b([] { (void)retryLimit; });
    a.join();
    b.join();
  }
}
namespace static_member_bad {
  class Widget {
  public:
    Widget() { ++created; } // EXPECT: created` is written here
  private:
    static int created;
  };
  int Widget::created = 0;
  void run() {
    std::thread a([] { Widget w; }), b([] { Widget w; });
    a.join();
    b.join();
  }
}
namespace thread_local_buffer_ok {
  const std::string &format(int n) {
    thread_local std::string buffer;
    buffer = std::to_string(n);
    return buffer;
  }
  void run() {
    std::thread a([] { format(1); }), b([] { format(2); });
    a.join();
    b.join();
  }
}
namespace thread_local_member_ok {
  class Random {
  public:
    static int next() { return static_cast<int>(engine()); }
  private:
    static thread_local std::mt19937 engine;
  };
  thread_local std::mt19937 Random::engine{7};
  void run() {
    std::thread a(Random::next), b(Random::next);
    a.join();
    b.join();
  }
}
namespace shared_engine_bad {
  std::mt19937 engine{7};
  int next() { return static_cast<int>(engine()); } // EXPECT: engine` is written here
  void run() {
    std::thread a(next), b(next);
    a.join();
    b.join();
  }
}
namespace thread_local_address_given_away_untold {
  thread_local int mine;
  void run() {
    mine = 1;
    int *address = &mine;
    std::thread other([address] { ++*address; });
    ++mine;
    other.join();
  }
}
namespace errno_ok {
  void fail(int code) { errno = code; }
  void run() {
    std::thread a(fail, 1), b(fail, 2);
    a.join();
    b.join();
  }
}
namespace immutable_after_start_ok {
  struct Config {
    std::string host;
    int port = 0;
  };
  Config config;
  void serve() { (void)(config.port + static_cast<int>(config.host.size())); }
  void run() {
    config.host = "localhost";
    config.port = 80;
    std::thread a(serve), b(serve);
    a.join();
    b.join();
    config.port = 81;
  }
}
namespace changed_between_starts_bad {
  int port;
  void serve() { (void)(port + 1); }
  void run() {
    port = 80;
    std::thread a(serve);
    port = 81; // EXPECT: port` is written here
    std::thread b(serve);
    a.join();
    b.join();
  }
}
namespace changed_between_rounds_ok {
  int round;
  void work() { (void)(round + 1); }
  void run() {
    for (int i = 0; i < 3; ++i) {
      round = i;
      std::thread a(work), b(work);
      a.join();
      b.join();
    }
  }
}
namespace joined_only_one_bad {
  int state;
  int run() {
    std::thread a([] { state = 1; }); // EXPECT: state` is written here
    std::thread b([] {});
    b.join();
    int seen = state;
    a.join();
    return seen;
  }
}
namespace joined_on_one_path_bad {
  int state;
  int run() {
    std::thread a([] { state = 1; }); // EXPECT: state` is written here
    bool eager = std::getenv("NEVER_SET") == nullptr;
    if (!eager)
      a.join();
    int seen = state;
    if (a.joinable())
      a.join();
    return seen;
  }
}
namespace one_after_another_ok {
  int state;
  void run() {
    for (int i = 0; i < 3; ++i) {
      std::thread worker([i] { state += i; });
      worker.join();
    }
  }
}
namespace grandchild_bad {
  int state;
  void run() {
    std::thread parent([] {
      std::thread child([] { state = 1; }); // EXPECT: state` is written here
      state = 2;
      child.join();
    });
    parent.join();
  }
}
namespace grandchild_joined_ok {
  int state;
  int run() {
    std::thread parent([] {
      std::thread child([] { state = 1; });
      child.join();
    });
    parent.join();
    return state;
  }
}
namespace grandchild_outlives_parent_bad {
  int state;
  std::thread child;
  int run() {
    std::thread parent([] { child = std::thread([] { state = 1; }); }); // EXPECT: state` is written here
    parent.join();
    int seen = state;
    child.join();
    return seen;
  }
}
namespace started_by_static_initialiser_bad {
  int ticks;
  struct Starter {
    Starter() : thread([] { ++ticks; }) {} // EXPECT: ticks` is written here
    ~Starter() { if (thread.joinable()) thread.join(); }
    std::thread thread;
  };
  void run() {
    static Starter starter;
    ++ticks;
    starter.thread.join();
  }
}
namespace copied_argument_ok {
  struct Point {
    int x = 0, y = 0;
  };
  void move(Point p) { p.x += 1; }
  void run() {
    Point p;
    std::thread a(move, p), b(move, p);
    p.x = 9;
    a.join();
    b.join();
  }
}
namespace pointer_argument_bad {
  struct Point {
    int x = 0, y = 0;
  };
  void move(Point *p) { p->x += 1; }
  void run() {
    Point p;
    std::thread a(move, &p), b(move, &p); // EXPECT: `p.x` is handed over here
    a.join();
    b.join();
  }
}
namespace different_objects_ok {
  struct Point {
    int x = 0, y = 0;
  };
  void move(Point *p) { p->x += 1; }
  void run() {
    Point p, q;
    std::thread a(move, &p), b(move, &q);
    a.join();
    b.join();
  }
}
namespace copy_holds_pointer_untold {
  struct Context {
    int *counter;
    int id;
  };
  void work(Context c) { *c.counter += c.id; }
  void run() {
    int counter = 0;
    std::thread a(work, Context{&counter, 1}), b(work, Context{&counter, 2});
    a.join();
    b.join();
  }
}
namespace member_reference_bad {
  struct View {
    int &target;
    void set(int v) { target = v; } // EXPECT: `value` (here
  };
  void run() {
    int value = 0;
    View x{value}, y{value};
    std::thread a([&] { x.set(1); }), b([&] { y.set(2); });
    a.join();
    b.join();
  }
}
namespace whole_struct_against_field_bad {
  struct Point {
    int x = 0, y = 0;
  };
  Point shared;
  void run() {
    std::thread a([] { shared = Point{1, 2}; }); // EXPECT: shared` is written here
    std::thread b([] { shared.x = 3; });
    a.join();
    b.join();
  }
}
namespace union_members_bad {
  union Value {
    int whole;
    float real;
  };
  Value value;
  void run() {
    std::thread a([] { value.whole = 1; }); // EXPECT: value.whole` is written here
    std::thread b([] { value.real = 2; });
    a.join();
    b.join();
  }
}
namespace aliased_reference_bad {
  int value;
  void run() {
    int &alias = value;
    std::thread a([&alias] { ++alias; }); // EXPECT: value` (here
    ++value;
    a.join();
  }
}
namespace ternary_reference_bad {
  int even, odd;
  void count(int n) { (n % 2 ? odd : even)++; } // EXPECT: odd` is written here // EXPECT: even` is written here
  void run() {
    std::thread a(count, 1), b(count, 3);
    a.join();
    b.join();
  }
}
namespace exception_path_ok {
  std::mutex m;
  int n;
  void work(bool fail) {
    try {
      std::lock_guard hold(m);
      ++n;
      if (fail)
        throw 1;
    } catch (int) {
      std::lock_guard hold(m);
      --n;
    }
  }
  void run() {
    std::thread a(work, true), b(work, false);
    a.join();
    b.join();
  }
}
namespace exception_handler_untold {
  std::mutex m;
  int n;
  void work(bool fail) {
    try {
      std::lock_guard hold(m);
      ++n;
      if (fail)
        throw 1;
    } catch (int) {
      --n; // the lock is gone
    }
  }
  void run() {
    std::thread a(work, true), b(work, true);
    a.join();
    b.join();
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(header_global_bad::run)
  CASE(header_method_ok::run)
  CASE(header_constant_ok::run)
  CASE(static_member_bad::run)
  CASE(thread_local_buffer_ok::run)
  CASE(thread_local_member_ok::run)
  CASE(shared_engine_bad::run)
  CASE(thread_local_address_given_away_untold::run)
  CASE(errno_ok::run)
  CASE(immutable_after_start_ok::run)
  CASE(changed_between_starts_bad::run)
  CASE(changed_between_rounds_ok::run)
  CASE(joined_only_one_bad::run)
  CASE(joined_on_one_path_bad::run)
  CASE(one_after_another_ok::run)
  CASE(grandchild_bad::run)
  CASE(grandchild_joined_ok::run)
  CASE(grandchild_outlives_parent_bad::run)
  CASE(started_by_static_initialiser_bad::run)
  CASE(copied_argument_ok::run)
  CASE(pointer_argument_bad::run)
  CASE(different_objects_ok::run)
  CASE(copy_holds_pointer_untold::run)
  CASE(member_reference_bad::run)
  CASE(whole_struct_against_field_bad::run)
  CASE(union_members_bad::run)
  CASE(aliased_reference_bad::run)
  CASE(ternary_reference_bad::run)
  CASE(exception_path_ok::run)
  CASE(exception_handler_untold::run)
}
