// Fetches the front page of each host that is named, one after the other. The
// program does nothing but wait, and the waits need nothing of each other: an
// event loop, or a few threads.
#include <cstdio>
#include <netdb.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

static int dial(const char *Host) {
  addrinfo Hints = {}, *Found = nullptr;
  Hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(Host, "80", &Hints, &Found) != 0)
    return -1;
  int Socket = socket(Found->ai_family, Found->ai_socktype, Found->ai_protocol);
  if (Socket >= 0 && connect(Socket, Found->ai_addr, Found->ai_addrlen) != 0) {
    close(Socket);
    Socket = -1;
  }
  freeaddrinfo(Found);
  return Socket;
}

// Bytes of the answer, or -1.
static long fetch(const char *Host) {
  int Socket = dial(Host);
  if (Socket < 0)
    return -1;
  std::string Request = std::string("GET / HTTP/1.0\r\nHost: ") + Host + "\r\n\r\n";
  long Bytes = -1;
  if (send(Socket, Request.data(), Request.size(), 0) >= 0) {
    char Buffer[4096];
    Bytes = 0;
    for (ssize_t N; (N = recv(Socket, Buffer, sizeof Buffer, 0)) > 0;)
      Bytes += N;
  }
  close(Socket);
  return Bytes;
}

int main(int Count, char **Names) {
  std::vector<long> Sizes(Count);
  for (int I = 1; I < Count; ++I)
    Sizes[I] = fetch(Names[I]);
  for (int I = 1; I < Count; ++I)
    std::printf("%10ld %s\n", Sizes[I], Names[I]);
}
