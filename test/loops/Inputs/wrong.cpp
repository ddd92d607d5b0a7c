// Labels that are wrong, for parallel.py to say so.
#include "show.h"

constexpr int N = 200;
double a[N], b[N];

static void prepare() { fill(a, 1), fill(b, 2); }
static auto state() { return std::tie(a, b); }

void prefix_sum_bad() {
  for (int i = 1; i < N; ++i)  // EXPECT: independent
    a[i] += a[i - 1];
}

void scaled_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    a[i] = b[i] * 2;
}

void unmarked_ok() {
  for (int i = 1; i < N; ++i)
    a[i] += a[i - 1];
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(prefix_sum_bad());
  SHOW(scaled_ok());
}
