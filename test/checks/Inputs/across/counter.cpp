#include "counter.h"
#include <chrono>
#include <thread>

void Counter::addLocked() {
  std::lock_guard guard(mutex);
  locked++;
}

void Counter::addUnlocked() {
  unlocked++;
}

void Counter::waitForDisk() {
  std::this_thread::sleep_for(std::chrono::seconds(1));
}
