// RUN: %check-fixture %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// Races of which something speaks against, each with what it is; and, at the side of each,
// one of which nothing does.
#include <mutex>
#include <pthread.h>
#include <thread>

// A wait that not all ways go through.
namespace waits {
int behind, before;
bool started;
pthread_t handle;
void *work(void *) {
  ++behind; // EXPECT: `waits::behind` is written here
  ++before; // EXPECT: `waits::before` is written here
  return nullptr;
}
void stop() {
  if (started)
    pthread_join(handle, nullptr);
}
void run() {
  started = pthread_create(&handle, nullptr, work, nullptr) == 0;
  ++before;
  stop();
  ++behind; // NOTE: against: one thread waits for the other before, on some of its ways
}
} // namespace waits

// A lock that is held on some of the ways.
namespace ways {
std::mutex m;
int some, none;
void work(int how) {
  ++none; // EXPECT: `ways::none` is written here
  switch (how) {
  case 1:
    m.lock();
    break;
  case 2:
    break;
  }
  ++some; // EXPECT: `ways::some` is written here
  switch (how) {
  case 1:
    m.unlock();
  }
}
void run(int how) {
  std::thread t(work, how);
  {
    std::lock_guard guard(m);
    ++some; // NOTE: against: a lock that the other side holds is held on some of the ways
    ++none;
  }
  t.join();
}
} // namespace ways

// The end of an object on some ways: perhaps of the last who has it.
namespace ends {
struct Pool {
  int jobs = 0, users = 2;
};
struct Other {
  int jobs = 0;
};
void leave(Pool *p) {
  if (p->users == 0)
    delete p;
}
void drop(Other *o) {
  delete o;
}
void run() {
  Pool *p = new Pool;
  Other *o = new Other;
  std::thread t(leave, p); // EXPECT: `p` is handed over here
  std::thread u(drop, o);  // EXPECT: `o` is handed over here
  if (p->jobs == 0)        // NOTE: against: the object is ended on some ways only
    return t.detach(), u.detach();
  if (o->jobs == 0)
    return t.detach(), u.detach();
  t.join();
  u.join();
}
} // namespace ends

// What was perhaps done before there were threads.
namespace done {
bool ready, other;
int table, slots;
void init() {
  ready = true; // EXPECT: `done::ready` is written here // NOTE: against: it is done under a condition
  table = 7;    // EXPECT: `done::table` is written here
}
void fill() {
  slots = 7; // EXPECT: `done::slots` is written here
}
void use() {
  if (!ready)
    init();
  if (!other)
    fill();
}
void work() { use(); }
void run() {
  init();
  fill();
  std::thread t(work), u(work);
  t.join();
  u.join();
}
} // namespace done

// One lock of many.
namespace stripes {
std::mutex locks[8];
int total;
void add(unsigned key) {
  std::lock_guard guard(locks[key % 8]);
  ++total; // EXPECT: `stripes::total` is written here
}
void run() {
  std::thread a(add, 1), b(add, 2);
  a.join();
  b.join();
}
} // namespace stripes

// The lock of the caller is given up for a while.
namespace interval {
std::mutex m;
int size;
void wait() {
  m.unlock();
  int seen = size; // NOTE: against: the function gives the lock of its caller up
  m.lock();
  size = seen;
}
void work() {
  for (int i = 0; i < 2; ++i) {
    std::lock_guard guard(m);
    wait();
    ++size; // EXPECT: `interval::size` is written here
  }
}
void run() {
  std::thread a(work), b(work);
  a.join();
  b.join();
}
} // namespace interval

// What is made for each thread, as far as one can tell.
namespace made {
struct State {
  int n = 0;
};
struct Slot {
  pthread_t handle;
  State *state;
} slots[8];
State *create() { return new State; }
void *work(void *argument) {
  static_cast<Slot *>(argument)->state->n++;
  return nullptr;
}
void run(int n) {
  for (int i = 0; i < n; ++i)
    slots[i].state = create();
  for (int i = 0; i < n; ++i)
    pthread_create(&slots[i].handle, nullptr, work, &slots[i]); // EXPECT: state->n` is handed over here
}
} // namespace made

// Deep in a library.
namespace library {
struct Engine {
  int state = 0;
  std::thread worker;
  void work() { ++state; } // EXPECT: `state` is written here
  void begin() {
    worker = std::thread(&Engine::work, this);
    advance();
  }
  void advance() { change(); }
  void change() { set(); }
  void set() { ++state; } // NOTE: against: callers that are not in sight may have to hold a lock
};
} // namespace library

// Too many to be mistakes; and many, but in one place.
namespace many {
int a, b, c, d, e, f, g, h, i;
void incA() { ++a; } // EXPECT: so are 8 other places that the two share
void incB() { ++b; }
void incC() { ++c; }
void incD() { ++d; }
void incE() { ++e; }
void incF() { ++f; }
void incG() { ++g; }
void incH() { ++h; }
void incI() { ++i; }
void work() {
  incA();
  incB();
  incC();
  incD();
  incE();
  incF();
  incG();
  incH();
  incI();
}
void run() {
  std::thread t(work);
  work();
  t.join();
}
} // namespace many
namespace few {
int a, b, c, d, e, f, g, h, i;
void work() {
  ++a; // EXPECT: no lock protects it
  ++b; // EXPECT: no lock protects it
  ++c; // EXPECT: no lock protects it
  ++d; // EXPECT: no lock protects it
  ++e; // EXPECT: no lock protects it
  ++f; // EXPECT: no lock protects it
  ++g; // EXPECT: no lock protects it
  ++h; // EXPECT: no lock protects it
  ++i; // EXPECT: no lock protects it
}
void run() {
  std::thread t(work);
  work();
  t.join();
}
} // namespace few
