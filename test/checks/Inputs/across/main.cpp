#include "counter.h"
#include <thread>

int main() {
  Counter counter;
  std::thread worker([&counter] {
    counter.addLocked();
    counter.addUnlocked();
  });
  counter.addLocked();
  counter.addUnlocked();
  worker.join();

  std::lock_guard guard(counter.mutex);
  counter.waitForDisk(); // EXPECT: `Counter::waitForDisk` ends in `std::this_thread::sleep_for` (a sleep)
}
