// Lock operations, guards of every kind, and branches on try-locks.
// RUN: %heddle dump --stage=facts --format=text %s -- -std=c++20 -pthread | FileCheck %s
#include <mutex>
#include <pthread.h>
#include <shared_mutex>

std::mutex A, B;
std::shared_mutex S;
pthread_mutex_t P;
int N;

// CHECK-LABEL: function guard
// CHECK: bind local L -> global A
// CHECK: acquire global A
// CHECK: write global N
// CHECK: release local L *
// CHECK: read global N
int guard() {
  {
    std::lock_guard<std::mutex> L(A);
    N = 1;
  }
  return N;
}

// CHECK-LABEL: function both
// CHECK: acquire global A
// CHECK-NEXT: acquire global B
// CHECK: write global N
// CHECK: release local L .#0*
// CHECK-NEXT: release local L .#1*
void both() {
  std::scoped_lock L(A, B);
  N = 1;
}

// CHECK-LABEL: function early
// CHECK: acquire global A
// CHECK: write global N
// CHECK: release local L *
// CHECK: read global N
// CHECK: acquire local L *
int early() {
  std::unique_lock<std::mutex> L(A);
  N = 1;
  L.unlock();
  int Seen = N;
  L.lock();
  return Seen;
}

// CHECK-LABEL: function deferred
// CHECK: bind local L -> global A
// CHECK-NOT: acquire global A
// CHECK: write global N
// CHECK: acquire local L *
void deferred() {
  std::unique_lock<std::mutex> L(A, std::defer_lock);
  N = 1;
  L.lock();
}

// CHECK-LABEL: function reader
// CHECK: acquire global S shared
int reader() {
  std::shared_lock<std::shared_mutex> L(S);
  return N;
}

// The temporary is gone before the write.
// CHECK-LABEL: function temporary
// CHECK: acquire global A
// CHECK-NEXT: release global A
// CHECK-NEXT: write global N
void temporary() {
  std::lock_guard<std::mutex>{A};
  N = 1;
}

// CHECK-LABEL: function tried
// CHECK: try global A taken to [[TAKEN:[0-9]+]]
// CHECK: tryAcquire global A
// CHECK: block [[TAKEN]]
// CHECK-NEXT: write global N
// CHECK: release global A
void tried() {
  if (!A.try_lock())
    return;
  N = 1;
  A.unlock();
}

// pthread_mutex_trylock gives zero when it has the lock.
// CHECK-LABEL: function triedPosix
// CHECK: try global P taken to [[TAKEN:[0-9]+]]
// CHECK: block [[TAKEN]]
// CHECK-NEXT: write global N
void triedPosix() {
  int Error = pthread_mutex_trylock(&P);
  if (Error == 0) {
    N = 1;
    pthread_mutex_unlock(&P);
  }
}

// CHECK-LABEL: function triedGuard
// CHECK: try global A taken to [[TAKEN:[0-9]+]]
// CHECK: block [[TAKEN]]
// CHECK-NEXT: write global N
void triedGuard() {
  std::unique_lock<std::mutex> L(A, std::try_to_lock);
  if (L.owns_lock())
    N = 1;
}

// std::lock takes both at once.
// CHECK-LABEL: function together
// CHECK: acquire global A
// CHECK-NEXT: acquire global B
void together() {
  std::lock(A, B);
  A.unlock();
  B.unlock();
}

// A lock of the caller's own, through this and through a parameter.
// CHECK-LABEL: function Own::set
// CHECK: acquire this *.M
// CHECK: release local L *
// CHECK: acquire parameter 0 *.M
struct Own {
  std::mutex M;
  int V = 0;
  void set(Own *Other) {
    {
      std::lock_guard L(M);
      V = 1;
    }
    Other->M.lock();
    Other->M.unlock();
  }
};
