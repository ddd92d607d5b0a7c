#include "stats.h"
static int hits, misses;
void count_hit() {
  stats_lock();
  ++hits;
  stats_unlock();
  ++misses; // EXPECT: `misses` is written here
}
