// RUN: %check-fixture %s heddle-inconsistent-lock -- -std=c++20 -pthread
// One lock for all objects, and variables: it speaks for those that it is taken for, where
// they are accessed or by who calls for that.
#include <mutex>

std::mutex giant, statistics;
int depth, hits, misses;

static void step_ok() {
  ++depth;
  ++hits;
}
static void leap_ok() { depth += 2; }
static void walk_ok() {
  step_ok();
  leap_ok();
}

// Whatever is done from here is done under it, for other reasons.
void everything_ok() {
  std::lock_guard lock(giant);
  walk_ok();
}
void more_ok() {
  std::lock_guard lock(giant);
  walk_ok();
}
int read_depth_ok() { return depth; }

void hit_ok() {
  std::lock_guard lock(statistics);
  ++misses;
}
void clear_ok() {
  std::lock_guard lock(statistics);
  misses = 0;
}
int both_ok() {
  std::lock_guard lock(statistics);
  return misses;
}
int read_misses_bad() { return misses; } // EXPECT: `misses` is read here without `statistics`, which is held at 3 of 4

// Its members are not all guarded alike.
struct Slot {
  int size, used;
} slots[4];
void use_ok(int i) {
  std::lock_guard lock(statistics);
  ++slots[i].used;
}
void drop_ok(int i) {
  std::lock_guard lock(statistics);
  --slots[i].used;
}
int used_ok(int i) {
  std::lock_guard lock(statistics);
  return slots[i].used;
}
int sizeOf_ok(int i) { return slots[i].size; }
int used_bad(int i) { return slots[i].used; } // EXPECT: is read here without `statistics`
