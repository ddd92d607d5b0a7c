// RUN: %check-fixture %s heddle-blocking-in-parallel-region -- -std=c++20 -fopenmp
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <execution>
#include <future>
#include <mutex>
#include <netdb.h>
#include <numeric>
#include <string>
#include <sys/socket.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_for_each.h>
#include <thread>
#include <unistd.h>
#include <vector>

// OpenMP

void loop_bad(int n) {
#pragma omp parallel for
  for (int i = 0; i < n; ++i)
    usleep(100); // EXPECT: `usleep` (a sleep) blocks in a parallel region, which has one thread a core
}
void loop_ok(double *a, int n) {
#pragma omp parallel for
  for (int i = 0; i < n; ++i)
    a[i] = std::sqrt(a[i]);
}
void serial_loop_ok(int n) {
  for (int i = 0; i < n; ++i)
    usleep(100);
}
void resolve(const char *host) { gethostbyname(host); }
void lookUp(const char *host) { resolve(host); }
void two_calls_away_bad(const char **hosts, int n) {
#pragma omp parallel for
  for (int i = 0; i < n; ++i)
    lookUp(hosts[i]); // EXPECT: `lookUp` ends in `gethostbyname` (name resolution), which blocks, in a parallel region
}
void region_bad(int n) {
#pragma omp parallel
  {
    system("true"); // EXPECT: `system` (a wait for a process) blocks in a parallel region
#pragma omp for
    for (int i = 0; i < n; ++i)
      std::sqrt(double(i));
  }
}
void one_for_all_ok(int n) {
#pragma omp parallel
  {
#pragma omp single
    sleep(1);
#pragma omp master
    sleep(1);
#pragma omp for
    for (int i = 0; i < n; ++i)
      std::sqrt(double(i));
  }
}
void under_a_lock_ok(int n) {
#pragma omp parallel for
  for (int i = 0; i < n; ++i) {
#pragma omp critical
    fsync(i);
  }
}
void task_bad(int n) {
#pragma omp parallel
#pragma omp single
  for (int i = 0; i < n; ++i) {
#pragma omp task
    std::sqrt(double(i));
  }
#pragma omp parallel
  {
#pragma omp task
    sleep(1); // EXPECT: `sleep` (a sleep) blocks in a parallel region
  }
}
void single_thread_ok(int n) {
#pragma omp parallel for num_threads(1)
  for (int i = 0; i < n; ++i)
    usleep(100);
}
void prints_ok(int n) {
#pragma omp parallel for
  for (int i = 0; i < n; ++i)
    printf("%d\n", i);
}
void perhaps_non_blocking_ok(int *fds, int n) {
  char buffer[16];
#pragma omp parallel for private(buffer)
  for (int i = 0; i < n; ++i)
    recv(fds[i], buffer, sizeof buffer, 0);
}
void after_the_region_ok(int n) {
#pragma omp parallel for
  for (int i = 0; i < n; ++i)
    std::sqrt(double(i));
  sleep(1);
}
void simd_ok(double *a, int n) {
#pragma omp simd
  for (int i = 0; i < n; ++i)
    a[i] *= 2;
  usleep(1);
}

// Parallel algorithms

void policy_bad(std::vector<int> &v) {
  std::for_each(std::execution::par, v.begin(), v.end(), [](int &x) {
    std::this_thread::sleep_for(std::chrono::milliseconds(x)); // EXPECT: `std::this_thread::sleep_for` (a sleep) blocks in a parallel region
  });
}
void policy_ok(std::vector<int> &v) {
  std::for_each(std::execution::par, v.begin(), v.end(), [](int &x) { x *= 2; });
}
void no_policy_ok(std::vector<int> &v) {
  std::for_each(v.begin(), v.end(), [](int &x) { usleep(x); });
}
void serial_policy_ok(std::vector<int> &v) {
  std::for_each(std::execution::seq, v.begin(), v.end(), [](int &x) { usleep(x); });
}
void futures_bad(std::vector<std::future<int>> &v) {
  std::for_each(std::execution::par, v.begin(), v.end(), [](std::future<int> &f) {
    f.get(); // EXPECT: `std::future::get` (a wait for another thread) blocks in a parallel region
  });
}

// TBB

void tbb_range_bad(const std::vector<std::string> &hosts) {
  tbb::parallel_for(size_t(0), hosts.size(), [&](size_t i) {
    gethostbyname(hosts[i].c_str()); // EXPECT: `gethostbyname` (name resolution) blocks in a parallel region
  });
}
void tbb_range_ok(std::vector<double> &v) {
  tbb::parallel_for(size_t(0), v.size(), [&](size_t i) { v[i] *= 2; });
}
void tbb_each_bad(std::vector<int> &v) {
  tbb::parallel_for_each(v.begin(), v.end(), [](int &fd) {
    fsync(fd); // EXPECT: `fsync` (file I/O) blocks in a parallel region
  });
}
void tbb_body_object_bad(int n) {
  struct Sync {
    void operator()(const tbb::blocked_range<int> &r) const {
      for (int i = r.begin(); i != r.end(); ++i)
        fsync(i); // EXPECT: `fsync` (file I/O) blocks in a parallel region
    }
  };
  tbb::parallel_for(tbb::blocked_range<int>(0, n), Sync());
}
