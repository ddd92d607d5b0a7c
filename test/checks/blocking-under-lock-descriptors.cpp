// RUN: %check-fixture %s heddle-blocking-under-lock -- -std=c++20 -pthread
//
// What a descriptor stands for, and when it does not block.
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

std::mutex m;
char buffer[100];

void opened_non_blocking_ok() {
  std::lock_guard<std::mutex> guard(m);
  int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  recv(s, buffer, 100, 0);
}
void opened_blocking_bad() {
  std::lock_guard<std::mutex> guard(m);
  int s = socket(AF_INET, SOCK_STREAM, 0);
  recv(s, buffer, 100, 0); // EXPECT: `recv` (socket I/O) may block while `m` is held
}
void read_of_a_socket_bad() {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  std::lock_guard<std::mutex> guard(m);
  read(s, buffer, 100); // EXPECT: `read` (socket I/O) may block while `m` is held
}
void read_of_a_file_bad() {
  int f = open("/etc/passwd", O_RDONLY);
  std::lock_guard<std::mutex> guard(m);
  read(f, buffer, 100); // EXPECT: `read` (file I/O) may block while `m` is held
}
void a_file_does_not_mind_the_flag_bad() {
  int f = open("/etc/passwd", O_RDONLY | O_NONBLOCK);
  std::lock_guard<std::mutex> guard(m);
  read(f, buffer, 100); // EXPECT: `read` (file I/O) may block while `m` is held
}
void read_of_a_pipe_bad() {
  int ends[2];
  if (pipe(ends) != 0)
    return;
  std::lock_guard<std::mutex> guard(m);
  read(ends[0], buffer, 100); // EXPECT: `read` (inter-process communication) may block while `m` is held
}
void non_blocking_pipe_ok() {
  int ends[2];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0)
    return;
  std::lock_guard<std::mutex> guard(m);
  read(ends[0], buffer, 100);
}
void read_of_the_terminal_bad() {
  std::lock_guard<std::mutex> guard(m);
  read(STDIN_FILENO, buffer, 100); // EXPECT: `read` (terminal I/O) may block while `m` is held
}
void told_not_to_wait_ok(int s) {
  std::lock_guard<std::mutex> guard(m);
  recv(s, buffer, 100, MSG_DONTWAIT);
  send(s, buffer, 100, MSG_DONTWAIT | MSG_NOSIGNAL);
}
void told_something_else_bad(int s) {
  std::lock_guard<std::mutex> guard(m);
  send(s, buffer, 100, MSG_NOSIGNAL); // EXPECT: `send` (socket I/O) may block while `m` is held // NOTE: against: the program has descriptors that do not block
}
void set_by_fcntl_ok() {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  fcntl(s, F_SETFL, fcntl(s, F_GETFL) | O_NONBLOCK);
  std::lock_guard<std::mutex> guard(m);
  recv(s, buffer, 100, 0);
}
void set_by_a_variable_ok() {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  int flags = fcntl(s, F_GETFL);
  flags |= O_NONBLOCK;
  fcntl(s, F_SETFL, flags);
  std::lock_guard<std::mutex> guard(m);
  recv(s, buffer, 100, 0);
}
void another_flag_bad() {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  fcntl(s, F_SETFD, FD_CLOEXEC);
  std::lock_guard<std::mutex> guard(m);
  recv(s, buffer, 100, 0); // EXPECT: `recv` (socket I/O) may block while `m` is held
}
void set_by_ioctl_ok() {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  ioctl(s, FIONBIO, &on);
  std::lock_guard<std::mutex> guard(m);
  recv(s, buffer, 100, 0);
}

void setNonBlocking(int fd) { fcntl(fd, F_SETFL, O_NONBLOCK); }
int nonBlockingSocket() { return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0); }
int blockingSocket() {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  return s;
}

void set_by_a_helper_ok() {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  setNonBlocking(s);
  std::lock_guard<std::mutex> guard(m);
  recv(s, buffer, 100, 0);
}
void made_by_a_helper_ok() {
  int s = nonBlockingSocket();
  std::lock_guard<std::mutex> guard(m);
  recv(s, buffer, 100, 0);
}
void made_by_a_helper_bad() {
  int s = blockingSocket();
  std::lock_guard<std::mutex> guard(m);
  read(s, buffer, 100); // EXPECT: `read` (socket I/O) may block while `m` is held
}

class connection_ok {
public:
  void open(int listening) {
    int accepted = accept(listening, nullptr, nullptr);
    setNonBlocking(accepted);
    fd = accepted;
  }
  void pump() {
    std::lock_guard<std::mutex> guard(m);
    recv(fd, buffer, 100, 0);
  }

private:
  int fd = -1;
};
class connection_bad {
public:
  explicit connection_bad(int listening) : fd(accept(listening, nullptr, nullptr)) {}
  void pump() {
    std::lock_guard<std::mutex> guard(m);
    read(fd, buffer, 100); // EXPECT: `read` (socket I/O) may block while `m` is held
  }

private:
  int fd;
};

void polls_ok(pollfd *all) {
  std::lock_guard<std::mutex> guard(m);
  poll(all, 1, 0);
}
void polls_bad(pollfd *all) {
  std::lock_guard<std::mutex> guard(m);
  poll(all, 1, 100); // EXPECT: `poll` (a wait for another thread) blocks while `m` is held
}

// A datagram socket has nobody at the other end to wait for

void connects_datagrams_ok(const sockaddr *to, socklen_t size) {
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  std::lock_guard<std::mutex> guard(m);
  connect(s, to, size);
}
void connects_a_stream_bad(const sockaddr *to, socklen_t size) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  std::lock_guard<std::mutex> guard(m);
  connect(s, to, size); // EXPECT: `connect` (socket I/O) may block while `m` is held
}
