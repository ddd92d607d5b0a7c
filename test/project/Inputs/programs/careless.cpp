#include <thread>

int counter;

void bump() {
  counter++;
}

int main() {
  std::thread other(bump);
  bump();
  other.join();
}
