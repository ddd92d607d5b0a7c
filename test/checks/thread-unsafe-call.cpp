// RUN: %check-fixture %s heddle-thread-unsafe-call -- -std=c++20 -pthread
// RUN: %check-fixture %s heddle-thread-unsafe-call -- -std=c++20 -pthread -DDRIVER
// RUN: %tsan %s -std=c++20
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <mutex>
#include <netdb.h>
#include <pwd.h>
#include <string>
#include <thread>
#include <vector>

static int year(time_t when) {
  return localtime(&when)->tm_year; // EXPECT: `localtime` is called here by several threads
}
void localtime_in_workers_case() {
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; i++)
    workers.emplace_back([i] { year(i); }); // NOTE: comes by this call
  for (std::thread &t : workers)
    t.join();
}

void localtime_beside_gmtime_bad() {
  time_t now = 0;
  std::thread a([now] { localtime(&now); }); // EXPECT: may call `gmtime` at
  std::thread b([now] { gmtime(&now); });
  a.join();
  b.join();
}

void localtime_r_ok() {
  time_t now = 0;
  auto work = [now] {
    tm local;
    localtime_r(&now, &local);
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

std::mutex timeMutex;
void localtime_under_a_lock_ok() {
  auto work = [] {
    time_t now = 0;
    std::lock_guard<std::mutex> guard(timeMutex);
    return localtime(&now)->tm_year;
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

void one_thread_only_ok() {
  time_t now = 0;
  localtime(&now);
  std::thread a([now] { localtime(&now); });
  a.join();
  localtime(&now);
}

void one_after_the_other_ok() {
  time_t now = 0;
  std::thread a([now] { localtime(&now); });
  a.join();
  std::thread b([now] { localtime(&now); });
  b.join();
}

void main_thread_takes_part_bad() {
  time_t now = 0;
  std::thread a([now] { (void)now; });
  char text[] = "a b";
  std::thread b([] {
    char mine[] = "c d";
    std::strtok(mine, " "); // EXPECT: `strtok` is called here by
  });
  std::strtok(text, " ");
  b.join();
  a.join();
}

void strtok_r_ok() {
  auto work = [] {
    char mine[] = "c d", *state;
    strtok_r(mine, " ", &state);
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

void setenv_beside_getenv_bad() {
  std::thread a([] { std::getenv("HOME"); });
  setenv("MODE", "1", 1); // EXPECT: may call `getenv` at
  a.join();
}

void setenv_before_threads_ok() {
  setenv("MODE", "1", 1);
  std::thread a([] { std::getenv("MODE"); }), b([] { std::getenv("HOME"); });
  a.join();
  b.join();
}

void rand_is_locked_in_the_library_ok() {
  std::thread a([] { std::rand(); }), b([] { std::rand(); });
  a.join();
  b.join();
}

void strerror_ok() {
  std::thread a([] { std::strerror(2); }), b([] { std::strerror(3); });
  a.join();
  b.join();
}

void drand48_bad() {
  std::thread a([] { drand48(); }); // EXPECT: may call `lrand48` at
  std::thread b([] { lrand48(); });
  a.join();
  b.join();
}

void getpwnam_bad() {
  std::thread a([] { getpwnam("a"); }); // EXPECT: both use the static storage of getpwnam
  std::thread b([] { getpwnam("b"); });
  a.join();
  b.join();
}

void different_storage_ok() {
  std::thread a([] { getservbyname("a", "tcp"); }), b([] { gethostbyname("b"); });
  a.join();
  b.join();
}

DIR *shared;
void readdir_on_one_stream_bad() {
  std::thread a([] { readdir(shared); }); // EXPECT: both use one object, the directory stream
  std::thread b([] { readdir(shared); });
  a.join();
  b.join();
}

void readdir_on_own_streams_ok() {
  auto work = [] {
    DIR *own = opendir(".");
    while (readdir(own))
      ;
    closedir(own);
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

namespace legacy {
struct passwd_entry {};
passwd_entry *getgrnam(const char *);
} // namespace legacy
void own_function_of_that_name_ok() {
  std::thread a([] { legacy::getgrnam("a"); }), b([] { legacy::getgrnam("b"); });
  a.join();
  b.join();
}

int never_in_a_thread_ok() {
  time_t now = 0;
  return localtime(&now)->tm_year;
}

#ifdef DRIVER
#define CASE(F)                                                                                    \
  if (argc > 1 && !std::strcmp(argv[1], #F))                                                       \
    F();
legacy::passwd_entry *legacy::getgrnam(const char *) { return nullptr; }
int main(int argc, char **argv) {
  CASE(localtime_in_workers_case) // localtime_in_workers_bad
  CASE(localtime_beside_gmtime_bad)
  CASE(localtime_r_ok)
  CASE(localtime_under_a_lock_ok)
  CASE(one_thread_only_ok)
  CASE(one_after_the_other_ok)
  CASE(strtok_r_ok)
  CASE(setenv_before_threads_ok)
  CASE(rand_is_locked_in_the_library_ok)
  CASE(strerror_ok)
  CASE(readdir_on_own_streams_ok)
}
#endif
