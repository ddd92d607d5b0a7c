// Starts of threads and tasks, what they are handed, and joins.
// RUN: %heddle dump --stage=facts --format=text %s -- -std=c++20 -pthread | FileCheck %s
#include <functional>
#include <future>
#include <pthread.h>
#include <thread>
#include <vector>

struct Server {
  void serve(int) {}
  void start();
  std::thread Worker;
};
void work(int *, int &) {}
void *posix(void *P) { return P; }
int Total;

// CHECK-LABEL: function Server::start
// CHECK: launch thread Server::start()::lambda on this *{{.*}} handle this *.Worker
void Server::start() {
  Worker = std::thread([this] { serve(1); });
}

// CHECK-LABEL: function plain
// CHECK: launch thread work with (global Total, local N) handle local T
// CHECK: join local T
void plain() {
  int N = 0;
  std::thread T(work, &Total, std::ref(N));
  T.join();
}

// CHECK-LABEL: function method
// CHECK: launch thread Server::serve on local S with (unknown {{.*}}) handle local T joins at end
void method() {
  Server S;
  std::jthread T(&Server::serve, &S, 1);
}

// CHECK-LABEL: function pool
// CHECK: launch thread work with (global Total, local N) handle local Threads []
// CHECK: launch thread pool()::lambda{{.*}} handle local Threads []
// CHECK: join local T *
void pool() {
  int N = 0;
  std::vector<std::thread> Threads;
  Threads.emplace_back(work, &Total, std::ref(N));
  Threads.push_back(std::thread([&] { N++; }));
  for (std::thread &T : Threads)
    T.join();
}

// CHECK-LABEL: function reserved
// CHECK-NOT: launch
// CHECK: call std::vector::erase
// CHECK-NOT: launch
// CHECK: launch thread work with (global Total, local N) handle local Threads []
void reserved() {
  int N = 0;
  std::vector<std::thread> Threads;
  Threads.reserve(4);
  Threads.erase(Threads.begin());
  Threads.emplace_back(work, &Total, std::ref(N));
}

// CHECK-LABEL: function bound
// CHECK: launch thread work with (global Total, local N) handle local T
// CHECK: detach local T
void bound() {
  static int Unused;
  int N = 0;
  std::thread T(std::bind(work, &Total, std::ref(N)));
  T.detach();
}

// CHECK-LABEL: function task
// CHECK: launch task task()::lambda{{.*}} handle local F joins at end
// CHECK: join local F
int task() {
  auto F = std::async(std::launch::async, [] { return 1; });
  return F.get();
}

// CHECK-LABEL: function threads
// CHECK: launch thread posix with (local Data) handle local T
// CHECK: join local T
void threads() {
  int Data = 0;
  pthread_t T;
  pthread_create(&T, nullptr, posix, &Data);
  pthread_join(T, nullptr);
}

// A wrapper: its callers say what is started.
// CHECK-LABEL: function spawn
// CHECK: launch thread parameter 0 with (parameter 1 *) handle local T
void spawn(void *(*Entry)(void *), void *Data) {
  pthread_t T;
  pthread_create(&T, nullptr, Entry, Data);
}

// CHECK-LABEL: function wrapped
// CHECK: call spawn with ({{.*}}, global Total) handing over posix
void wrapped() { spawn(posix, &Total); }
