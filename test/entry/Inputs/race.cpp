#include <thread>

int hits;
void count() {
  std::thread other([] { hits++; });
  hits++;
  other.join();
}
