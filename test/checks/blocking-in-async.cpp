// RUN: %check-fixture %s heddle-blocking-in-async -- -std=c++20 -pthread
#include "Inputs/asio.h"
#include <chrono>
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <future>
#include <mutex>
#include <netdb.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;

// Coroutines

struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  void await_resume() {}
};

Task sleeps_bad() {
  co_await Task();
  std::this_thread::sleep_for(10ms); // EXPECT: `std::this_thread::sleep_for` (a sleep) blocks in the coroutine `sleeps_bad`
}
Task computes_ok(int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i)
    sum += i;
  co_await Task();
}
Task resolves_bad(const char *host) {
  addrinfo *found = nullptr;
  getaddrinfo(host, "80", nullptr, &found); // EXPECT: `getaddrinfo` (name resolution) blocks in the coroutine
  co_return;
}
Task waits_for_a_future_bad(std::future<int> &f) {
  f.get(); // EXPECT: `std::future::get` (a wait for another thread) blocks in the coroutine
  co_return;
}
Task asks_a_future_ok(std::future<int> &f) {
  if (f.wait_for(0s) == std::future_status::ready)
    co_return;
  co_await Task();
}
Task takes_what_is_ready_ok(std::future<int> &f, int &out) {
  if (f.wait_for(0s) == std::future_status::ready)
    out = f.get();
  co_await Task();
}
int shell(const char *command) { return system(command); }
int twice(const char *command) { return shell(command) + shell(command); }
Task two_calls_away_bad() {
  twice("true"); // EXPECT: `twice` ends in `system` (a wait for a process), which blocks, in the coroutine
  co_return;
}
Task awaits_another_ok() {
  co_await sleeps_bad();
  co_await two_calls_away_bad();
}
Task locks_briefly_ok(std::mutex &m, int &n) {
  std::lock_guard<std::mutex> guard(m);
  ++n;
  co_return;
}
Task prints_ok() {
  printf("ready\n");
  co_return;
}
struct Session {
  std::thread worker;
  Task stop_bad() {
    worker.join(); // EXPECT: `std::thread::join` (a wait for another thread) blocks in the coroutine
    co_return;
  }
  ~Session() {
    if (worker.joinable())
      worker.join();
  }
};
struct Source {
  virtual ~Source() = default;
  virtual int next() = 0;
};
struct SlowSource : Source {
  int next() override { return usleep(1000); }
};
Task by_a_virtual_call_bad(Source &s) {
  s.next(); // EXPECT: `SlowSource::next` ends in `usleep` (a sleep), which blocks, in the coroutine
  co_return;
}
struct Flushes {
  int fd;
  ~Flushes() { fsync(fd); }
};
Task by_a_destructor_bad(int fd) {
  Flushes f{fd};
  co_return; // EXPECT: `Flushes::~Flushes` ends in `fsync` (file I/O), which blocks, in the coroutine
}
Task by_a_lambda_bad() {
  auto pause = [] { sleep(1); };
  pause(); // EXPECT: ends in `sleep` (a sleep), which blocks, in the coroutine
  co_return;
}
Task hands_on_ok() {
  std::thread([] { sleep(1); }).detach();
  co_return;
}

// Asio

void posted_bad(boost::asio::io_context &io) {
  boost::asio::post(io, [] {
    sleep(1); // EXPECT: `sleep` (a sleep) blocks in a handler that the event loop calls
  });
}
void posted_to_its_executor_bad(boost::asio::io_context &io) {
  boost::asio::post(io.get_executor(), [] {
    sleep(1); // EXPECT: `sleep` (a sleep) blocks in a handler that the event loop calls
  });
}
void posted_to_a_pool_ok(boost::asio::thread_pool &pool) {
  boost::asio::post(pool, [] { sleep(1); });
  boost::asio::post(pool.get_executor(), [] { sleep(1); });
}
void timer_bad(boost::asio::steady_timer &timer) {
  timer.async_wait([](int) {
    system("sync"); // EXPECT: `system` (a wait for a process) blocks in a handler
  });
}
void timer_ok(boost::asio::steady_timer &timer, int &ticks) {
  timer.async_wait([&ticks](int) { ++ticks; });
}
void read_bad(boost::asio::socket &s, char *buffer, const char *host) {
  boost::asio::async_read(s, buffer, [host](int, size_t) {
    gethostbyname(host); // EXPECT: `gethostbyname` (name resolution) blocks in a handler
  });
}
struct Server {
  boost::asio::socket s;
  char buffer[100];
  void log() { fsync(1); }
  void onRead_bad() {
    log(); // EXPECT: `Server::log` ends in `fsync` (file I/O), which blocks, in a handler
  }
  void start() { boost::asio::async_read(s, buffer, std::bind(&Server::onRead_bad, this)); }
  void receive_ok(int fd) {
    boost::asio::async_read(s, buffer, [this, fd](int, size_t) { recv(fd, buffer, 100, 0); });
  }
};

// libuv and libevent

extern "C" {
struct uv_timer_t;
struct uv_loop_t;
struct uv_work_t;
struct uv_stream_t;
typedef void (*uv_timer_cb)(uv_timer_t *);
typedef void (*uv_work_cb)(uv_work_t *);
typedef void (*uv_after_work_cb)(uv_work_t *, int);
int uv_timer_start(uv_timer_t *, uv_timer_cb, unsigned long, unsigned long);
int uv_queue_work(uv_loop_t *, uv_work_t *, uv_work_cb, uv_after_work_cb);
typedef void (*uv_connection_cb)(uv_stream_t *, int);
int uv_listen(uv_stream_t *, int, uv_connection_cb);
struct event;
struct event_base;
typedef void (*event_callback_fn)(int, short, void *);
event *event_new(event_base *, int, short, event_callback_fn, void *);
}

void onTick(uv_timer_t *) {
  usleep(500); // EXPECT: `usleep` (a sleep) blocks in a handler that the event loop calls
}
void startTimer(uv_timer_t *t) { uv_timer_start(t, onTick, 0, 100); }
void workItem(uv_work_t *) { usleep(500); }
void workDone(uv_work_t *, int) {}
void queue(uv_loop_t *loop, uv_work_t *w) { uv_queue_work(loop, w, workItem, workDone); }
void onConnection(uv_stream_t *, int) {
  FILE *p = popen("date", "r");
  pclose(p); // EXPECT: `pclose` (a wait for a process) blocks in a handler
}
void listenOn(uv_stream_t *s) { uv_listen(s, 10, onConnection); }
void onReadable(int, short, void *) {
  sleep(1); // EXPECT: `sleep` (a sleep) blocks in a handler
}
event *watch(event_base *b, int fd) { return event_new(b, fd, 2, onReadable, nullptr); }
void onReadableWell(int fd, short, void *) {
  char buffer[64];
  recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
}
event *watchWell(event_base *b, int fd) { return event_new(b, fd, 2, onReadableWell, nullptr); }

// A loop that waits for events

void handle(int fd, const char *host) {
  char buffer[64];
  recv(fd, buffer, sizeof buffer, 0);
  hostent *h = gethostbyname(host);
  (void)h;
}
void event_loop_bad(int ep, const char *host) {
  epoll_event events[16];
  while (true) {
    int n = epoll_wait(ep, events, 16, -1);
    for (int i = 0; i < n; ++i)
      handle(events[i].data.fd, host); // EXPECT: `handle` ends in `gethostbyname` (name resolution), which blocks, in the loop that waits for events
  }
}
void event_loop_ok(int ep) {
  epoll_event events[16];
  sleep(1); // before the first event
  while (true) {
    int n = epoll_wait(ep, events, 16, -1);
    for (int i = 0; i < n; ++i) {
      char buffer[64];
      recv(events[i].data.fd, buffer, sizeof buffer, 0);
    }
  }
}
void one_wait_ok(int ep) {
  epoll_event e;
  epoll_wait(ep, &e, 1, -1);
  sleep(1);
}

// A promise not to wait

void render_bad() [[clang::nonblocking]] {
  usleep(10); // EXPECT: `usleep` (a sleep) blocks in `render_bad`, which promises by its attribute not to wait
}
int mix_ok(int a, int b) [[clang::nonblocking]] { return a + b; }

// Nothing of the kind

void plain_ok(const char *host) {
  sleep(1);
  gethostbyname(host);
}
