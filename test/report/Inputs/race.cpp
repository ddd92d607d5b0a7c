#include <thread>

int hits; // 🧵 wide

void count() { /* 🧵 */ ++hits; }

int main() {
  std::thread other(count);
  ++hits;
  other.join();
}
