#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

std::mutex m;
int guarded;
int racing;
int limit;
int result;
std::atomic<int> hits;
thread_local int depth;
int mine;
std::vector<int> table(8);

void work(int number) {
  {
    std::lock_guard<std::mutex> lock(m);
    guarded += limit; // line 20
  }
  racing++;
  hits++;
  depth++;
  table[number] = 1; // line 25
}

int never() { return racing; }

void show() { result += guarded; } // line 30

struct Session {
  int steps = 0;
  void step() { ++steps; } // line 34
};

int main() {
  limit = 5; // line 38
  std::thread a(work, 1);
  std::thread b(work, 2);
  {
    std::lock_guard<std::mutex> lock(m);
    guarded = 0; // line 43
  }
  mine++; // line 45
  int local = 0;
  int *where = &local;
  ++*where; // line 48
  Session session;
  session.step();
  a.join();
  b.join();
  show();
  return result + local; // line 54
}
