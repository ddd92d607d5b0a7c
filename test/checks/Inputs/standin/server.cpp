#include "stats.h"
#include <thread>
int main() {
  std::thread a(count_hit), b(count_hit);
  a.join();
  b.join();
}
