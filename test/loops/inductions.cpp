// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=c++20
// RUN: %parallel %s -- -std=c++20
// REQUIRES: openmp
//
// A second variable that goes along with the index: in step with it, and then it
// can be computed, or only sometimes. What stands under _OPENMP is the same loop by
// hand, for labels that no pragma alone can show.
#include "Inputs/show.h"

#include <vector>

constexpr int N = 256;
double a[N], b[4 * N + 8], c[N];
int numbers[N];
unsigned char pixels[3 * N], grey[N];
std::vector<double> values;

static void prepare() {
  fill(a, 1), fill(b, 2), fill(c, 3), fill(numbers, 4), fill(pixels, 5), fill(grey, 6);
  fill(values, N, 7);
}
static auto state() { return std::tie(a, b, c, numbers, pixels, grey, values); }

// In step with the index

void every_second_output_bad() {
  int k = 0;
  for (int i = 0; i < N; ++i) {  // EXPECT: linear(k : 2)
    b[k] = a[i];
    k += 2;
  }
}

int packed_output_bad() {
  int k = 0;
  for (int i = 0; i < N; ++i)  // EXPECT: linear(k : 1)
    b[k++] = a[i] * 2;
  return k;
}

void from_the_other_end_bad() {
  int k = N - 1;
  for (int i = 0; i < N; ++i) {  // EXPECT: linear(k : -1)
    b[k] = a[i];
    --k;
  }
}

void interleaved_bad() {
  int k = 0;
  for (int i = 0; i < N; ++i) {  // EXPECT: linear(k : 2)
    b[k++] = a[i];
    b[k++] = c[i];
  }
}

void grey_of_colours_bad() {
  int p = 0;
#ifdef _OPENMP
#pragma omp parallel for linear(p : 3)
  for (int i = 0; i < N; ++i) {
    grey[i] = static_cast<unsigned char>((pixels[p] + pixels[p + 1] + pixels[p + 2]) / 3);
    p += 3;
  }
#else
  for (int i = 0; i < N; ++i, p += 3)  // EXPECT: linear(p : 3)
    grey[i] = static_cast<unsigned char>((pixels[p] + pixels[p + 1] + pixels[p + 2]) / 3);
#endif
}

void pointer_along_bad() {
  const double *from = b;
  for (int i = 0; i < N; ++i) {  // EXPECT: linear(from : 4)
    a[i] = *from;
    from += 4;
  }
}

void output_pointer_along_bad() {
  double *out = b;
  for (int i = 0; i < N; ++i)  // EXPECT: linear(out : 1)
    *out++ = a[i] + 1;
}

void both_pointers_bad(double *to, const double *from, int n) {
#ifdef _OPENMP
#pragma omp parallel for linear(to : 1) linear(from : 1)
  for (int i = 0; i < n; ++i)
    *to++ = *from++ * 3;
#else
  for (int i = 0; i < n; ++i)  // EXPECT: if `from` and `to` do not overlap
    *to++ = *from++ * 3;
#endif
}

void computed_each_time_bad() {
  int k;
  for (int i = 0; i < N; ++i) {  // EXPECT: private(k)
    k = 4 * i + 3;
    b[k] = a[i];
  }
}

void rows_in_a_linear_array_bad() {
  int k = 0;
  for (int y = 0; y < 16; ++y)  // EXPECT: linear(k : 16)
    for (int x = 0; x < 16; ++x)
      a[k++] = x * y;
}

// Only sometimes, or not by a constant

int positives_first_ok() {
  int k = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    if (a[i] > 4)
      b[k++] = a[i];
  return k;
}

int without_repeats_ok() {
  int k = 1;
  for (int i = 1; i < N; ++i)  // CARRIED
    if (numbers[i] != numbers[i - 1])
      b[k++] = numbers[i];
  return k;
}

int in_place_filter_ok() {
  int k = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    if (values[i] != 3)
      values[k++] = values[i];
  return k;
}

void growing_steps_ok() {
  int k = 0, step = 0;
  for (int i = 0; i < 40; ++i) {  // CARRIED
    b[k] = a[i];
    step = (step + numbers[i]) % 7;
    k += step;
  }
}

void steps_from_data_ok() {
  int k = 0;
  for (int i = 0; i < N / 4; ++i) {  // CARRIED
    b[k] += a[i];
    k += numbers[i];
  }
}

void ring_buffer_ok() {
  int head = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    c[head] = c[head] / 2 + a[i];
    head = (head + 1) % 16;
  }
}

void wrapped_neighbour_bad() {
  int before = N - 1;
#ifdef _OPENMP
#pragma omp parallel for
  for (int i = 0; i < N; ++i)
    b[i] = a[i] + a[i ? i - 1 : before];
#else
  for (int i = 0; i < N; ++i) {  // EXPECT: if `before` is computed from the index
    b[i] = a[i] + a[before];
    before = i;
  }
#endif
}

void previous_index_ok() {
  int before = N - 1;
  for (int i = 0; i < N; ++i) {  // CARRIED
    a[i] = a[before] / 2 + c[i];
    before = i;
  }
}

void merged_ok() {
  int i = 0, j = 0;
  for (int k = 0; k < N; ++k)  // CARRIED
    if (j >= N / 2 || (i < N / 2 && a[i] <= c[j]))
      b[k] = a[i++];
    else
      b[k] = c[j++];
}

int run_lengths_ok() {
  int k = 0;
  numbers[0] = 0;
  for (int i = 1; i < N; ++i) {  // CARRIED
    if (pixels[i] != pixels[i - 1])
      ++k;
    numbers[k] = i;
  }
  return k;
}

void column_by_column_ok() {
  int k = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    a[k] = a[k] / 2 + i;
    k += 16;
    if (k >= N)
      k -= N - 1;
  }
}

void doubling_ok() {
  unsigned k = 1;
  for (int i = 0; i < N; ++i) {  // CARRIED
    a[i] = k % 1000;
    k = k * 2 + 1;
  }
}

// Independent as well, but beyond the analysis: it says nothing, or less

void meeting_pointers_untold() {
#ifdef _OPENMP
#pragma omp parallel for
  for (int i = 0; i < N / 2; ++i) {
    int j = N - 1 - i;
    double t = a[i];
    a[i] = a[j];
    a[j] = t;
  }
#else
  for (int i = 0, j = N - 1; i < j; ++i, --j) {
    double t = a[i];
    a[i] = a[j];
    a[j] = t;
  }
#endif
}

void offset_advances_untold(int width, int height) {
  int offset = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x)  // EXPECT: independent
      a[offset + x] = numbers[y] + x;
    offset += width;
  }
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(every_second_output_bad());
  SHOW(packed_output_bad());
  SHOW(from_the_other_end_bad());
  SHOW(interleaved_bad());
  SHOW(grey_of_colours_bad());
  SHOW(pointer_along_bad());
  SHOW(output_pointer_along_bad());
  SHOW(both_pointers_bad(b, a, N));
  SHOW(meeting_pointers_untold());
  SHOW(computed_each_time_bad());
  SHOW(rows_in_a_linear_array_bad());
  SHOW(offset_advances_untold(16, 16));
  SHOW(positives_first_ok());
  SHOW(without_repeats_ok());
  SHOW(in_place_filter_ok());
  SHOW(growing_steps_ok());
  SHOW(steps_from_data_ok());
  SHOW(ring_buffer_ok());
  SHOW(wrapped_neighbour_bad());
  SHOW(previous_index_ok());
  SHOW(merged_ok());
  SHOW(run_lengths_ok());
  SHOW(column_by_column_ok());
  SHOW(doubling_ok());
}
