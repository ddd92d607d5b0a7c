#pragma once
#include <mutex>

class Counter {
public:
  void addLocked();
  void addUnlocked();
  void waitForDisk();
  std::mutex mutex;

private:
  int locked = 0;
  int unlocked = 0;
};
