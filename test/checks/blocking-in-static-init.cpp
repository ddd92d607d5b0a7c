// RUN: %check-fixture %s heddle-blocking-in-static-init -- -std=c++20
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <netdb.h>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

std::string readKey() {
  std::ifstream in("/etc/app/key");
  std::string key;
  std::getline(in, key);
  return key;
}
std::string secret() { return readKey(); }
int square(int n) { return n * n; }
int host() {
  gethostbyname("localhost");
  return 1;
}

static const std::string file_key_bad = readKey(); // EXPECT: `readKey` ends in
std::string far_key_bad = secret(); // EXPECT: `secret` ends in
std::ifstream config_bad("/etc/app/config"); // EXPECT: to initialise `config_bad` before `main` begins
FILE *log_bad = fopen("/var/log/app", "a"); // EXPECT: `fopen` (file I/O) may block to initialise `log_bad` before `main` begins
int address_bad = host(); // EXPECT: `host` ends in `gethostbyname` (name resolution), which blocks, to initialise `address_bad`
int started_bad = system("mkdir -p /tmp/app"); // EXPECT: `system` (a wait for a process) blocks to initialise
int both_bad = square(3) + host(); // EXPECT: `host` ends in `gethostbyname`
int chosen_bad = [] { return host(); }(); // EXPECT: ends in `gethostbyname`
struct Loader {
  Loader() { usleep(1000); }
};
Loader loader_bad; // EXPECT: `Loader::Loader` ends in `usleep` (a sleep), which blocks, to initialise `loader_bad`
struct Settings {
  static int level_bad;
};
int Settings::level_bad = host(); // EXPECT: to initialise `Settings::level_bad`
namespace {
std::vector<std::string> keys_bad = {"a", readKey()}; // EXPECT: `readKey` ends in
}

int number_ok = square(3);
std::string empty_ok;
std::mutex mutex_ok;
constexpr int constant_ok = 4 * 4;
std::string text_ok = std::to_string(number_ok);
int (*later_ok)() = host;
auto lazily_ok = [] { return host(); };
std::ofstream closed_ok;
const std::string &local_ok() {
  static const std::string value = readKey();
  return value;
}
thread_local int number_of_thread_ok = square(2);
struct Greeter {
  Greeter() { std::cout << "ready\n"; }
};
Greeter greeter_ok;
int main() { return host(); }
