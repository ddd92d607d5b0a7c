// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=c++20
// RUN: %parallel %s -- -std=c++20
// REQUIRES: openmp
//
// Variables and arrays that every iteration may have for itself, and those that
// only look so.
#include "Inputs/show.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

constexpr int N = 320;
double a[N], b[N], c[N];
double image[N][16], blurred[N][16];
int keys[N];
double kept;

static void prepare() {
  fill(a, 1), fill(b, 2), fill(c, 3), fill(image, 4), fill(blurred, 5), fill(keys, 6);
  kept = 0;
}
static auto state() { return std::tie(a, b, c, image, blurred, keys, kept); }

// Scalars

void declared_inside_bad() {
  for (int i = 0; i < N; ++i) {  // EXPECT: independent
    double t = a[i] * 2;
    b[i] = t * t + t;
  }
}

void declared_outside_bad() {
  double t;
  for (int i = 0; i < N; ++i) {  // EXPECT: private(t)
    t = a[i] * 2;
    b[i] = t * t + t;
  }
}

void several_bad() {
  double x, y, distance;
  for (int i = 0; i < N; ++i) {  // EXPECT: private(distance, x, y)
    x = a[i] - 4;
    y = b[i] - 4;
    distance = x * x + y * y;
    c[i] = distance > 10 ? distance : 0;
  }
}

void set_on_both_branches_bad() {
  double weight;
  for (int i = 0; i < N; ++i) {  // EXPECT: private(weight)
    if (a[i] > 5)
      weight = 2;
    else
      weight = 0.5;
    b[i] *= weight;
  }
}

void inner_index_bad() {
  int j;
  for (int i = 0; i < N; ++i)  // EXPECT: private(j)
    for (j = 0; j < 16; ++j)
      blurred[i][j] = image[i][j] + 1;
}

void inner_sum_bad() {
  double sum;
  for (int i = 0; i < N; ++i) {  // EXPECT: private(sum)
    sum = 0;
    for (int j = 0; j < 16; ++j)
      sum += image[i][j];
    a[i] = sum;
  }
}

void pointer_to_the_row_bad() {
  double *row;
  for (int i = 0; i < N; ++i) {  // EXPECT: private(row)
    row = image[i];
    for (int j = 0; j < 16; ++j)
      row[j] *= 2;
  }
}

void swapped_through_a_temporary_bad() {
  double t;
  for (int i = 0; i < N; ++i) {  // EXPECT: private(t)
    t = a[i];
    a[i] = b[i];
    b[i] = t;
  }
}

double last_value_bad() {
  double t = 0;
  for (int i = 0; i < N; ++i) {  // EXPECT: lastprivate(t)
    t = a[i] + b[i];
    c[i] = t;
  }
  return t;
}

int last_index_bad() {
  int at = 0;
  for (int i = 0; i < N; ++i) {  // EXPECT: lastprivate(at)
    at = i * 2;
    a[i] = at;
  }
  return at;
}

// Arrays

void array_inside_bad() {
  for (int i = 0; i < N; ++i) {  // EXPECT: independent
    double window[16];
    for (int j = 0; j < 16; ++j)
      window[j] = image[i][15 - j];
    for (int j = 0; j < 16; ++j)
      blurred[i][j] = window[j];
  }
}

void array_outside_bad() {
  double tmp[16];
  for (int i = 0; i < N; ++i) {  // EXPECT: private(tmp)
    for (int j = 0; j < 16; ++j)
      tmp[j] = image[i][j] * 2;
    for (int j = 0; j < 16; ++j)
      blurred[i][j] = tmp[15 - j];
  }
}

void smoothed_rows_bad() {
  double padded[18];
  for (int i = 0; i < N; ++i) {  // EXPECT: private(padded)
    padded[0] = padded[17] = 0;
    for (int j = 0; j < 16; ++j)
      padded[j + 1] = image[i][j];
    for (int j = 0; j < 16; ++j)
      blurred[i][j] = padded[j] + 2 * padded[j + 1] + padded[j + 2];
  }
}

void known_elements_bad() {
  double corner[3];
  for (int i = 0; i < N; ++i) {  // EXPECT: private(corner)
    corner[0] = a[i];
    corner[1] = b[i];
    corner[2] = corner[0] + corner[1];
    c[i] = corner[2] * corner[2];
  }
}

void zeroed_first_bad() {
  int seen[10];
  for (int i = 0; i < N; ++i) {  // EXPECT: private(seen)
    for (int k = 0; k < 10; ++k)
      seen[k] = 0;
    for (int j = 0; j < 16; ++j)
      seen[static_cast<int>(image[i][j])]++;
    int most = 0;
    for (int k = 1; k < 10; ++k)
      if (seen[k] > seen[most])
        most = k;
    keys[i] = most;
  }
}

void std_array_outside_bad() {
  std::array<double, 16> tmp;
  for (int i = 0; i < N; ++i) {  // EXPECT: private(tmp)
    for (int j = 0; j < 16; ++j)
      tmp[j] = image[i][j];
    a[i] = tmp[0] * tmp[15];
  }
}

void load(double *to, const double *from) {
  for (int j = 0; j < 16; ++j)  // EXPECT: if `from` and `to` do not overlap
    to[j] = from[j];
}
void filled_by_a_call_bad() {
  double tmp[16];
  for (int i = 0; i < N; ++i) {  // EXPECT: private(tmp)
    load(tmp, image[i]);
    a[i] = tmp[3] + tmp[12];
  }
}

void vector_inside_bad() {
  for (int i = 0; i < N; ++i) {  // EXPECT: independent
    std::vector<double> sorted(image[i], image[i] + 16);
    std::sort(sorted.begin(), sorted.end());
    a[i] = sorted[8];
  }
}

void table_from_before_bad() {
  double table[4] = {1, 2, 4, 8};
  for (int i = 0; i < N; ++i) {  // EXPECT: firstprivate(table)
    table[3] = b[i];
    a[i] = table[keys[i] % 4] + table[3];
  }
}

// Not for one iteration alone

void previous_value_ok() {
  double previous = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    b[i] = a[i] - previous;
    previous = b[i];
  }
}

void set_on_one_branch_ok() {
  double t = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    if (a[i] > 5)
      t = a[i];
    b[i] = t;
  }
}

void used_before_it_is_set_ok() {
  double t = 1;
  for (int i = 0; i < N; ++i) {  // CARRIED
    b[i] = t;
    t = a[i];
  }
}

void alternating_ok() {
  bool odd = false;
  for (int i = 0; i < N; ++i) {  // CARRIED
    if (odd)
      a[i] = b[i];
    if (keys[i] > 2)
      odd = !odd;
  }
}

void element_from_the_iteration_before_ok() {
  double tmp[16] = {};
  for (int i = 0; i < N; ++i) {  // CARRIED
    tmp[0] = a[i];
    c[i] = tmp[0] + tmp[1];
    tmp[1] = b[i];
  }
}

void half_written_ok() {
  double tmp[16] = {};
  for (int i = 0; i < N; ++i) {  // CARRIED
    tmp[keys[i]] = image[i][keys[i]];
    a[i] = tmp[0] + tmp[5];
  }
}

void sliding_window_ok() {
  double window[4] = {};
  for (int i = 0; i < N; ++i) {  // CARRIED
    window[i % 4] = a[i];
    b[i] = window[0] + window[1] + window[2] + window[3];
  }
}

void written_on_one_branch_ok() {
  double tmp[2] = {};
  for (int i = 0; i < N; ++i) {  // CARRIED
    if (keys[i] % 3) {
      tmp[0] = a[i];
      tmp[1] = b[i];
    }
    c[i] = tmp[0] * tmp[1];
  }
}

void ping_pong_ok() {
  double even[16], odd[16];
  double *from = even, *to = odd;
  std::fill(even, even + 16, 1.0);
  std::fill(odd, odd + 16, 0.0);
  for (int i = 0; i < N; ++i) {  // CARRIED
    to[0] = from[15] + a[i];
    to[15] = from[0] / 2;
    c[i] = to[0];
    std::swap(from, to);
  }
}

void one_buffer_for_all_ok() {
  std::vector<double> recent(16);
  for (int i = 0; i < N; ++i) {  // CARRIED
    recent[i % 16] += a[i];
    c[i] = recent[i % 16];
  }
}

void running_maximum_ok() {
  double most = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    most = std::max(most, a[i] + i % 50);
    b[i] = most;
  }
}

void global_scalar_ok() {
  for (int i = 0; i < N; ++i) {  // CARRIED
    a[i] += kept;
    kept = b[i];
  }
}

double best_so_far_ok(double least) {
  double found = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    if (a[i] > least) {
      found = found / 2 + b[i];
      least += 0.25;
    }
  return found;
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(declared_inside_bad());
  SHOW(declared_outside_bad());
  SHOW(several_bad());
  SHOW(set_on_both_branches_bad());
  SHOW(inner_index_bad());
  SHOW(inner_sum_bad());
  SHOW(pointer_to_the_row_bad());
  SHOW(swapped_through_a_temporary_bad());
  SHOW(last_value_bad());
  SHOW(last_index_bad());
  SHOW(array_inside_bad());
  SHOW(array_outside_bad());
  SHOW(smoothed_rows_bad());
  SHOW(known_elements_bad());
  SHOW(zeroed_first_bad());
  SHOW(std_array_outside_bad());
  SHOW(filled_by_a_call_bad());
  SHOW(vector_inside_bad());
  SHOW(table_from_before_bad());
  SHOW(previous_value_ok());
  SHOW(set_on_one_branch_ok());
  SHOW(used_before_it_is_set_ok());
  SHOW(alternating_ok());
  SHOW(element_from_the_iteration_before_ok());
  SHOW(half_written_ok());
  SHOW(sliding_window_ok());
  SHOW(written_on_one_branch_ok());
  SHOW(ping_pong_ok());
  SHOW(one_buffer_for_all_ok());
  SHOW(running_maximum_ok());
  SHOW(global_scalar_ok());
  SHOW(best_so_far_ok(0));
}
