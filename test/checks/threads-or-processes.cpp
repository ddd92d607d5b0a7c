// RUN: %check-fixture %s heddle-threads-or-processes -- -std=c++20 -pthread
//
// Each case has about the same work, so that none is too small a part of the
// whole to be worth a line.
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <mutex>
#include <netdb.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

constexpr int Rows = 2000, Columns = 2000;

double heavy(double X) {
  double Sum = 0;
  for (int I = 0; I < 1000; ++I)
    Sum += X / (I + 1);
  return Sum;
}

long ask(const char *Host) {
  addrinfo *Found = nullptr;
  if (getaddrinfo(Host, "80", nullptr, &Found) != 0)
    return -1;
  int Socket = socket(Found->ai_family, Found->ai_socktype, Found->ai_protocol);
  long Bytes = -1;
  if (connect(Socket, Found->ai_addr, Found->ai_addrlen) == 0) {
    char Buffer[512];
    Bytes = recv(Socket, Buffer, sizeof Buffer, 0);
  }
  close(Socket);
  freeaddrinfo(Found);
  return Bytes;
}

} // namespace

void image_bad(double (&Image)[Rows][Columns]) {
  for (int R = 0; R < Rows; ++R) // EXPECT: can become a parallel loop: its iterations are independent
    for (int C = 0; C < Columns; ++C)
      Image[R][C] = heavy(R * 0.5 + C);
}

void hosts_bad(const char *const (&Hosts)[1000], long (&Sizes)[1000]) {
  for (int I = 0; I < 1000; ++I) // EXPECT: belongs in an event loop (async)
    Sizes[I] = ask(Hosts[I]);
}

// Every sample needs the one before it.
void filter_ok(double (&Y)[Rows * Columns]) {
  for (int I = 1; I < Rows * Columns; ++I)
    Y[I] = heavy(Y[I]) + 0.5 * Y[I - 1];
}

// Too little to pay for a thread.
void ten_ok(double (&Y)[10]) {
  for (int I = 0; I < 10; ++I)
    Y[I] = Y[I] * 2;
}

// What is called is not known, so neither is what the iterations share.
void unknown_ok(double (&Y)[Rows * Columns], double (*Function)(double)) {
  for (int I = 0; I < Rows * Columns; ++I)
    Y[I] = heavy(Function(Y[I]));
}

// The lines of one file have an order.
void save_ok(std::FILE *Out, const double (&Y)[Rows * Columns]) {
  for (int I = 0; I < Rows * Columns; ++I) {
    double Value = heavy(Y[I]);
    std::fwrite(&Value, sizeof Value, 1, Out);
  }
}

// Runs in threads already, and is well placed there.
static long Total;
static std::mutex TotalLock;
static void work() {
  double Sum = 0;
  for (int I = 0; I < Rows * Columns; ++I)
    Sum += heavy(I);
  std::lock_guard<std::mutex> Guard(TotalLock);
  Total += static_cast<long>(Sum);
}
void started_ok() {
  std::vector<std::thread> Workers;
  for (int I = 0; I < 4; ++I)
    Workers.emplace_back(work);
  for (std::thread &W : Workers)
    W.join();
}

// Starts other programs, which run in processes whatever this one does.
void programs_ok(const std::vector<std::string> &Files) {
  for (const std::string &File : Files)
    if (std::system(("gzip -k " + File).c_str()) != 0)
      return;
}
