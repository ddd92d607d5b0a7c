#include <thread>

int counter;

void bump() {
  counter++; // EXPECT: `counter` is written here by two threads
}

int main() {
  std::thread other(bump);
  bump();
  other.join();
}
