// Calls, also implicit ones and those by way of a library.
// RUN: %heddle dump --stage=facts --format=text %s -- -std=c++20 -pthread | FileCheck %s
#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <poll.h>
#include <unistd.h>
#include <vector>

struct Base {
  virtual void run() {}
  virtual ~Base() {}
};
struct Derived final : Base {
  void run() override {}
};
struct Guarded {
  explicit Guarded(int *P) : Data(P) {}
  ~Guarded() { *Data = 0; }
  int *Data;
};
int Global;

// The constructor's member is bound to its parameter.
// CHECK-LABEL: function Guarded::Guarded
// CHECK: bind this *.Data -> parameter 0 *

// CHECK-LABEL: function dispatch
// CHECK: call Base::run on parameter 0 * virtual
// CHECK: call Derived::run on parameter 1 *{{$}}
// CHECK: call Base::run on local Value{{$}}
void dispatch(Base *B, Derived *D) {
  Base Value;
  B->run();
  D->run();
  Value.run();
}

// CHECK-LABEL: function implicit
// CHECK: call Guarded::Guarded on local G with (global Global)
// CHECK: write global Global
// CHECK: call Guarded::~Guarded on local G
void implicit() {
  Guarded G(&Global);
  Global = 1;
}

// CHECK-LABEL: function callback
// CHECK: call std::for_each
// CHECK: call callback()::lambda{{.*}} via argument
void callback(std::vector<int> &V) {
  std::for_each(V.begin(), V.end(), [](int X) { Global += X; });
}

// A function that never returns does not lead to the end.
// CHECK-LABEL: function never
// CHECK: block [[N:[0-9]+]] -> [[N]]
// CHECK-NEXT: call abort
void never(bool Bad) {
  if (Bad)
    abort();
  Global = 1;
}

// CHECK-LABEL: function waits
// CHECK: call sleep{{.*}} blocks: sleep
// CHECK: call std::condition_variable::wait{{.*}} blocks: sync-wait
void waits(std::mutex &M, std::condition_variable &C) {
  sleep(1);
  std::unique_lock<std::mutex> L(M);
  C.wait(L);
}

// CHECK-LABEL: function generic
// CHECK: call generic()::lambda
template <class F> void apply(F Act) { Act(); }
void generic() {
  apply([] { Global = 2; });
  auto Twice = [](auto X) { return X + Global; };
  Twice(1);
}

// Waiting for no time at all is not waiting.
// CHECK-LABEL: function polls
// CHECK: call poll{{[^:]*$}}
// CHECK: call poll{{.*}} blocks: sync-wait
void polls(struct pollfd *Descriptors) {
  poll(Descriptors, 1, 0);
  poll(Descriptors, 1, -1);
}
