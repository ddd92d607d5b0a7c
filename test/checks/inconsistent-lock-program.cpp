// RUN: %check-fixture %s heddle-inconsistent-lock -- -std=c++20 -pthread
// A program whose threads are in sight: what is said of two accesses by following the
// threads stands.
#include <mutex>
#include <thread>

std::mutex m;
int joined, before, between, dead, kept;

void add_ok() {
  std::lock_guard lock(m);
  ++joined;
  ++before;
  ++between;
  ++dead;
}

// Nobody calls it, and `main` stands in this file.
void nobody_calls_it_ok() { ++dead; }

// Nor does anybody here call this, but others get its address.
void by_pointer_bad() { ++kept; } // EXPECT: `kept` is written here without `m`
void (*const table[])() = {by_pointer_bad};

void keep_ok(int i) {
  table[i]();
  std::lock_guard lock(m);
  ++kept;
}

// The class is used here, so that all of its callers are in sight.
class Counter {
public:
  void add() {
    std::lock_guard lock(own);
    ++count;
  }
  int nobody_calls_it_ok() { return count; }

private:
  std::mutex own;
  int count = 0;
};

void report_ok() {
  ++joined;
  std::lock_guard lock(m);
  ++before;
}

int main(int argc, char **) {
  before = 1;
  std::thread t(add_ok);
  std::thread u(keep_ok, argc);
  {
    std::lock_guard lock(m);
    ++joined;
    ++between;
  }
  t.join();
  ++between;
  report_ok();
  u.join();
  Counter c;
  c.add();
  return joined;
}
