// RUN: %check-fixture %s heddle-serial-blocking-loop -- -std=c++20 -pthread
#include <sstream>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <future>
#include <netdb.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

// Independent waits, one after the other

void resolve_each_bad(const std::vector<std::string> &hosts, std::vector<addrinfo *> &out) {
  for (size_t i = 0; i < hosts.size(); ++i)
  // EXPECT@-1: each iteration waits for `getaddrinfo` (dns)
    getaddrinfo(hosts[i].c_str(), nullptr, nullptr, &out[i]);
}

addrinfo *resolve(const std::string &host) {
  addrinfo *found = nullptr;
  getaddrinfo(host.c_str(), "80", nullptr, &found);
  return found;
}
void resolve_through_helper_bad(const std::vector<std::string> &hosts,
                                std::vector<addrinfo *> &out) {
  for (size_t i = 0; i < hosts.size(); ++i)
  // EXPECT@-1: each iteration waits for `getaddrinfo` (dns)
    out[i] = resolve(hosts[i]);
}

struct Server {
  int socket = -1;
  sockaddr_storage address = {};
  int status = 0;
};
void connect_each_bad(std::vector<Server> &servers) {
  for (Server &server : servers) // EXPECT: each iteration waits for `connect` (socket)
    server.status = connect(server.socket, reinterpret_cast<sockaddr *>(&server.address),
                            sizeof server.address);
}

void receive_from_each_bad(const std::vector<int> &sockets, std::vector<int> &answers) {
  for (size_t i = 0; i < sockets.size(); ++i) {
  // EXPECT@-1: each iteration waits for `recv` (socket)
    char buffer[64];
    answers[i] = static_cast<int>(recv(sockets[i], buffer, sizeof buffer, 0));
  }
}

// The next wait needs the one before

long fetchPage(int socket, long cursor) {
  send(socket, &cursor, sizeof cursor, 0);
  long next = 0;
  recv(socket, &next, sizeof next, 0);
  return next;
}
long follow_the_cursor_ok(int socket) {
  long cursor = 1;
  for (int page = 0; page < 100; ++page)
    cursor = fetchPage(socket, cursor);
  return cursor;
}

std::string read_one_stream_ok(int socket) {
  std::string all;
  char buffer[4096];
  for (;;) {
    ssize_t got = recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0)
      break;
    all.append(buffer, static_cast<size_t>(got));
  }
  return all;
}

bool retry_ok(int socket, const sockaddr *address, socklen_t size) {
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (connect(socket, address, size) == 0)
      return true;
    sleep(1);
  }
  return false;
}

// Waiting is the purpose

void event_loop_ok(pollfd *all, nfds_t count, const bool &stop) {
  while (!stop)
    poll(all, count, 1000);
}

void every_second_ok(int &ticks) {
  for (int i = 0; i < 3600; ++i) {
    ticks++;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

void already_started_ok(std::vector<std::future<int>> &pending, std::vector<int> &out) {
  for (size_t i = 0; i < pending.size(); ++i)
    out[i] = pending[i].get();
}

void join_all_ok(std::vector<std::thread> &workers) {
  for (std::thread &worker : workers)
    worker.join();
}

// Nothing blocks

size_t lengths_ok(const std::vector<std::string> &words) {
  size_t total = 0;
  for (const std::string &word : words)
    total += word.size();
  return total;
}

// A task whose result is taken at once is no task

int square(int n) { return n * n; }
void task_awaited_at_once_bad(std::vector<int> &out) {
  for (size_t i = 0; i < out.size(); ++i) // EXPECT: each iteration waits for `std::future::get`
    out[i] = std::async(std::launch::async, square, int(i)).get();
}
void task_of_the_iteration_bad(const std::vector<int> &in, std::vector<int> &out) {
  for (size_t i = 0; i < in.size(); ++i) { // EXPECT: each iteration waits for `std::future::get`
    auto result = std::async(std::launch::async, square, in[i]);
    out[i] = result.get();
  }
}
void all_started_first_ok(const std::vector<int> &in, std::vector<int> &out) {
  std::vector<std::future<int>> pending;
  for (int n : in)
    pending.push_back(std::async(std::launch::async, square, n));
  for (size_t i = 0; i < pending.size(); ++i)
    out[i] = pending[i].get();
}
void each_needs_the_last_ok(std::vector<int> &out) {
  int last = 1;
  for (size_t i = 0; i < out.size(); ++i)
    last = out[i] = std::async(std::launch::async, square, last).get();
}
int total;
void adds_up(int n) { total += n; }
void tasks_share_a_sum_ok(const std::vector<int> &in) {
  for (size_t i = 0; i < in.size(); ++i)
    std::async(std::launch::async, adds_up, in[i]).get();
}

// Many files, and one

std::string slurp(const std::string &path) {
  std::ifstream in(path);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}
void read_all_files_bad(const std::vector<std::string> &names, std::vector<std::string> &out) {
  for (size_t i = 0; i < names.size(); ++i) // EXPECT: each iteration waits for `std::basic_ifstream::basic_ifstream`
    out[i] = slurp(names[i]);
}
void lines_of_one_file_ok(std::ifstream &in, std::vector<std::string> &out) {
  std::string line;
  while (std::getline(in, line))
    out.push_back(line);
}
