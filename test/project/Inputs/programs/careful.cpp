#include <mutex>
#include <thread>

int counter;
std::mutex counterMutex;

void bump() {
  std::lock_guard guard(counterMutex);
  counter++;
}

int main() {
  std::thread other(bump);
  bump();
  other.join();
}
