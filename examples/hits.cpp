// Four workers answer requests and count the hits of each page. They share the
// counters, so threads are right here, but nothing protects what they share.
#include <cstdio>
#include <map>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

static std::map<std::string, long> Hits = {{"/", 0}, {"/news", 0}, {"/about", 0}};
static long Served = 0;

// One request is one line, the answer is the count so far.
static bool readLine(int Socket, std::string &Line) {
  Line.clear();
  char C = 0;
  while (read(Socket, &C, 1) == 1) {
    if (C == '\n')
      return true;
    Line += C;
  }
  return false;
}

static void serve(int Socket) {
  std::string Page;
  while (readLine(Socket, Page)) {
    auto Found = Hits.find(Page);
    if (Found == Hits.end())
      continue;
    Found->second++;
    Served++;
    std::string Answer = std::to_string(Found->second) + "\n";
    if (write(Socket, Answer.data(), Answer.size()) < 0)
      break;
  }
  close(Socket);
}

int main() {
  std::vector<std::thread> Workers;
  std::vector<int> Clients;
  for (int I = 0; I < 4; ++I) {
    int Pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, Pair) != 0)
      return 1;
    Clients.push_back(Pair[0]);
    Workers.emplace_back(serve, Pair[1]);
  }
  const std::string Requests = "/\n/news\n/\n/about\n/\n";
  for (int Client : Clients) {
    if (write(Client, Requests.data(), Requests.size()) < 0)
      return 1;
    shutdown(Client, SHUT_WR);
  }
  for (std::thread &Worker : Workers)
    Worker.join();
  for (int Client : Clients)
    close(Client);
  std::printf("%ld requests, %ld of them for /\n", Served, Hits["/"]);
}
