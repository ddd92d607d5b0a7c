// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// Who owns an object: smart pointers, moves, copies, objects before they are published.
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace shared_pointee_bad {
  void run() {
    auto counter = std::make_shared<int>(0);
    std::thread a([counter] { ++*counter; }); // EXPECT: `*counter` is written here
    std::thread b([counter] { ++*counter; });
    a.join();
    b.join();
  }
}
namespace shared_count_only_ok {
  struct Texture {
    std::string name = "wood";
  };
  void run() {
    auto texture = std::make_shared<const Texture>();
    std::thread a([texture] { auto mine = texture; (void)mine->name.size(); });
    std::thread b([texture] { auto mine = texture; (void)mine->name.size(); });
    texture.reset();
    a.join();
    b.join();
  }
}
namespace shared_ptr_object_bad {
  std::shared_ptr<int> current;
  void run() {
    std::thread a([] { current = std::make_shared<int>(1); }); // EXPECT: current` is written here
    std::thread b([] { auto mine = current; });
    a.join();
    b.join();
  }
}
namespace shared_ptr_by_reference_capture_bad {
  void run() {
    auto state = std::make_shared<int>(1);
    std::thread a([&state] { state.reset(); }); // EXPECT: `state` is written here
    std::thread b([&state] { auto mine = state; });
    a.join();
    b.join();
  }
}
namespace shared_ptr_copies_reset_ok {
  void run() {
    auto state = std::make_shared<int>(1);
    std::thread a([state]() mutable { state.reset(); });
    std::thread b([state]() mutable { state.reset(); });
    a.join();
    b.join();
  }
}
namespace unique_moved_in_ok {
  struct Job {
    int progress = 0;
  };
  void run() {
    auto job = std::make_unique<Job>();
    job->progress = 1;
    std::thread worker([job = std::move(job)] { job->progress = 2; });
    worker.join();
  }
}
namespace unique_alias_kept_bad {
  struct Job {
    int progress = 0;
  };
  int run() {
    auto job = std::make_unique<Job>();
    Job *watch = job.get();
    std::thread worker([&job] { job->progress = 2; }); // EXPECT: `job->progress` is written here
    int seen = watch->progress;
    worker.join();
    return seen;
  }
}
namespace unique_as_argument_ok {
  struct Image {
    std::vector<int> pixels{1, 2, 3};
  };
  void blur(std::unique_ptr<Image> image) { image->pixels[0] = 9; }
  void run() {
    auto first = std::make_unique<Image>();
    auto second = std::make_unique<Image>();
    std::thread a(blur, std::move(first));
    std::thread b(blur, std::move(second));
    a.join();
    b.join();
  }
}
namespace weak_pointer_pointee_bad {
  struct Session {
    int requests = 0;
  };
  void handle(std::weak_ptr<Session> weak) {
    if (auto session = weak.lock()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      ++session->requests;
    }
  }
  void run() {
    auto session = std::make_shared<Session>();
    std::thread a(handle, std::weak_ptr<Session>(session)); // EXPECT: `session->requests` is handed over here
    std::thread b(handle, std::weak_ptr<Session>(session));
    a.join();
    b.join();
  }
}
namespace weak_pointer_read_ok {
  struct Session {
    int id = 4;
  };
  int handle(std::weak_ptr<const Session> weak) {
    auto session = weak.lock();
    return session ? session->id : 0;
  }
  void run() {
    auto session = std::make_shared<const Session>();
    std::thread a(handle, std::weak_ptr<const Session>(session));
    std::thread b(handle, std::weak_ptr<const Session>(session));
    a.join();
    b.join();
  }
}
namespace shared_from_this_bad {
  class Connection : public std::enable_shared_from_this<Connection> {
  public:
    std::thread start() {
      return std::thread([self = shared_from_this()] { self->bytes += 10; }); // EXPECT: `self->bytes` is written here
    }
    int total() const { return bytes; }
  private:
    int bytes = 0;
  };
  void run() {
    auto connection = std::make_shared<Connection>();
    std::thread worker = connection->start();
    connection->total();
    worker.join();
  }
}
namespace fresh_object_per_thread_ok {
  struct Parser {
    int line = 0;
    void parse() { ++line; }
  };
  void work() {
    auto parser = std::make_unique<Parser>();
    parser->parse();
    Parser local;
    local.parse();
  }
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}
namespace fresh_object_published_under_lock_ok {
  struct Entry {
    int value = 0;
  };
  std::mutex m;
  std::vector<std::unique_ptr<Entry>> entries;
  void work(int n) {
    auto entry = std::make_unique<Entry>();
    entry->value = n; // nobody else has it yet
    std::lock_guard hold(m);
    entries.push_back(std::move(entry));
  }
  void run() {
    std::thread a(work, 1), b(work, 2);
    a.join();
    b.join();
  }
}
namespace changed_after_publication_bad {
  struct Entry {
    int value = 0;
  };
  std::mutex m;
  Entry *latest;
  Entry store[2];
  void work(int n) {
    Entry *entry = &store[0];
    {
      std::lock_guard hold(m);
      latest = entry;
    }
    entry->value = n; // EXPECT: store[0].value` (here
  }
  void run() {
    std::thread a(work, 1), b(work, 2);
    a.join();
    b.join();
  }
}
namespace swap_then_use_ok {
  std::mutex m;
  std::vector<int> pending;
  void post(int n) {
    std::lock_guard hold(m);
    pending.push_back(n);
  }
  void drain() {
    std::vector<int> mine;
    {
      std::lock_guard hold(m);
      mine.swap(pending);
    }
    for (int &n : mine)
      n += 1;
    mine.clear();
  }
  void run() {
    std::thread a(post, 1), b(drain), c(drain);
    a.join();
    b.join();
    c.join();
  }
}
namespace move_out_then_use_ok {
  std::mutex m;
  std::map<int, std::string> pending;
  std::size_t drain() {
    std::unique_lock hold(m);
    auto mine = std::move(pending);
    pending.clear();
    hold.unlock();
    mine[1] += "x";
    return mine.size();
  }
  void run() {
    std::thread a(drain), b(drain);
    a.join();
    b.join();
  }
}
namespace reference_instead_of_copy_bad {
  std::mutex m;
  std::vector<int> pending{1, 2};
  int drain() {
    std::unique_lock hold(m);
    auto &mine = pending;
    hold.unlock();
    mine.push_back(3); // EXPECT: pending` (here
    return mine.back();
  }
  void run() {
    std::thread a(drain), b(drain);
    a.join();
    b.join();
  }
}
namespace pointer_copied_under_lock_bad {
  struct User {
    int visits = 0;
  };
  std::mutex m;
  std::shared_ptr<User> current = std::make_shared<User>();
  void visit() {
    std::shared_ptr<User> mine;
    {
      std::lock_guard hold(m);
      mine = current;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ++mine->visits; // EXPECT: `mine->visits` is written here
  }
  void run() {
    std::thread a(visit), b(visit);
    a.join();
    b.join();
  }
}
namespace snapshot_immutable_ok {
  struct Table {
    std::map<std::string, int> rows;
  };
  class Routes {
  public:
    std::shared_ptr<const Table> snapshot() const {
      std::lock_guard hold(m);
      return table;
    }
    void add(const std::string &key, int value) {
      std::lock_guard hold(m);
      auto next = std::make_shared<Table>(*table);
      next->rows[key] = value;
      table = next;
    }
  private:
    mutable std::mutex m;
    std::shared_ptr<const Table> table = std::make_shared<Table>();
  };
  void run() {
    Routes routes;
    std::thread a([&] { routes.add("a", 1); });
    std::thread b([&] { auto seen = routes.snapshot(); (void)seen->rows.size(); });
    a.join();
    b.join();
  }
}
namespace copy_before_start_ok {
  struct Options {
    int level = 1;
  };
  void run() {
    Options options;
    auto work = [options](int n) mutable { options.level += n; };
    std::thread a(work, 1), b(work, 2);
    options.level = 5;
    a.join();
    b.join();
  }
}
namespace raw_new_shared_bad {
  struct Shared {
    int n = 0;
  };
  void run() {
    auto *shared = new Shared;
    std::thread a([=] { shared->n++; }); // EXPECT: `shared->n` is written here
    std::thread b([=] { shared->n++; });
    a.join();
    b.join();
    delete shared;
  }
}
namespace deleted_while_used_bad {
  struct Shared {
    int n = 0;
  };
  void run() {
    auto *shared = new Shared;
    std::thread a([shared] { shared->n++; });
    delete shared; // EXPECT: `shared` is written here
    a.join();
  }
}
namespace pimpl_bad {
  class Widget {
  public:
    Widget();
    ~Widget();
    void poke();
  private:
    struct Impl;
    std::unique_ptr<Impl> impl;
  };
  struct Widget::Impl {
    int pokes = 0;
  };
  Widget::Widget() : impl(std::make_unique<Impl>()) {}
  Widget::~Widget() = default;
  void Widget::poke() { ++impl->pokes; } // EXPECT: `impl->pokes` is written here
  void run() {
    Widget widget;
    std::thread a([&] { widget.poke(); }), b([&] { widget.poke(); });
    a.join();
    b.join();
  }
}
namespace pimpl_locked_ok {
  class Widget {
  public:
    Widget();
    ~Widget();
    void poke();
  private:
    struct Impl;
    std::unique_ptr<Impl> impl;
  };
  struct Widget::Impl {
    std::mutex m;
    int pokes = 0;
  };
  Widget::Widget() : impl(std::make_unique<Impl>()) {}
  Widget::~Widget() = default;
  void Widget::poke() {
    std::lock_guard hold(impl->m);
    ++impl->pokes;
  }
  void run() {
    Widget widget;
    std::thread a([&] { widget.poke(); }), b([&] { widget.poke(); });
    a.join();
    b.join();
  }
}
namespace method_through_shared_ptr_bad {
  class Counter {
  public:
    void add() { ++n; } // EXPECT: `n` is written here
  private:
    int n = 0;
  };
  void run() {
    auto counter = std::make_shared<Counter>();
    std::thread a([counter] { counter->add(); });
    std::thread b([counter] { counter->add(); });
    a.join();
    b.join();
  }
}
namespace method_through_shared_ptr_ok {
  class Counter {
  public:
    void add() {
      std::lock_guard hold(m);
      ++n;
    }
  private:
    std::mutex m;
    int n = 0;
  };
  void run() {
    auto counter = std::make_shared<Counter>();
    std::thread a([counter] { counter->add(); });
    std::thread b([counter] { counter->add(); });
    a.join();
    b.join();
  }
}
namespace method_on_object_of_each_iteration_ok {
  class Job {
  public:
    void execute() { ++steps; }
  private:
    int steps = 0;
  };
  void run() {
    std::vector<std::thread> workers;
    for (int i = 0; i < 3; ++i) {
      auto job = std::make_shared<Job>();
      workers.emplace_back([job] { job->execute(); });
    }
    for (auto &w : workers)
      w.join();
  }
}
namespace method_through_raw_pointer_bad {
  class Counter {
  public:
    void add() { ++n; } // EXPECT: `local.n` is written here
  private:
    int n = 0;
  };
  void run() {
    Counter local;
    Counter *counter = &local;
    std::thread a([counter] { counter->add(); });
    counter->add();
    a.join();
  }
}
namespace linked_list_nodes_bad {
  struct Node {
    int value = 0;
    Node *next = nullptr;
  };
  Node tail;
  Node head{0, &tail};
  void work() { head.next->value++; } // EXPECT: `head.next->value` is written here
  void run() {
    std::thread a(work), b(work);
    a.join();
    b.join();
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(shared_pointee_bad::run)
  CASE(shared_count_only_ok::run)
  CASE(shared_ptr_object_bad::run)
  CASE(shared_ptr_by_reference_capture_bad::run)
  CASE(shared_ptr_copies_reset_ok::run)
  CASE(unique_moved_in_ok::run)
  CASE(unique_alias_kept_bad::run)
  CASE(unique_as_argument_ok::run)
  CASE(weak_pointer_pointee_bad::run)
  CASE(weak_pointer_read_ok::run)
  CASE(shared_from_this_bad::run)
  CASE(fresh_object_per_thread_ok::run)
  CASE(fresh_object_published_under_lock_ok::run)
  CASE(changed_after_publication_bad::run)
  CASE(swap_then_use_ok::run)
  CASE(move_out_then_use_ok::run)
  CASE(reference_instead_of_copy_bad::run)
  CASE(pointer_copied_under_lock_bad::run)
  CASE(snapshot_immutable_ok::run)
  CASE(copy_before_start_ok::run)
  CASE(raw_new_shared_bad::run)
  CASE(deleted_while_used_bad::run)
  CASE(pimpl_bad::run)
  CASE(pimpl_locked_ok::run)
  CASE(method_through_shared_ptr_bad::run)
  CASE(method_through_shared_ptr_ok::run)
  CASE(method_on_object_of_each_iteration_ok::run)
  CASE(method_through_raw_pointer_bad::run)
  CASE(linked_list_nodes_bad::run)
}
