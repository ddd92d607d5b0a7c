#include "counter.h"
#include <chrono>
#include <thread>

void Counter::addLocked() {
  std::lock_guard guard(mutex);
  locked++;
}

void Counter::addUnlocked() {
  unlocked++; // EXPECT: `counter.unlocked` is written here
}

void Counter::waitForDisk() {
  std::this_thread::sleep_for(std::chrono::seconds(1));
}
