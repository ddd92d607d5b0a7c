// What storage.cpp shares: variables and a class that a header defines.
#pragma once
#include <mutex>

inline int requestCount = 0;
inline constexpr int retryLimit = 3;

class Tally {
public:
  void safeAdd(int n) {
    std::lock_guard<std::mutex> hold(m);
    total += n;
  }

private:
  std::mutex m;
  int total = 0;
};
