// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=c++20
// RUN: %parallel %s -- -std=c++20
// REQUIRES: openmp
//
// Loops inside the algorithms of the library. What stands under _OPENMP is the same
// by hand, for the label to be shown.
#include "Inputs/show.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

constexpr int N = 300;
std::vector<double> values, results, sorted;
std::vector<int> numbers;
double plain[N], other[N];

struct Particle {
  double position = 0, speed = 0;
  std::uint64_t digest(std::uint64_t h) const { return ::digest(::digest(h, position), speed); }
  void fill(unsigned seed) { position = nextDigit(seed), speed = nextDigit(seed); }
};
std::vector<Particle> particles;

static void prepare() {
  fill(values, N, 1), fill(results, N, 2), fill(numbers, N, 3), fill(plain, 4), fill(other, 5);
  fill(particles, N, 6);
  sorted = values, std::sort(sorted.begin(), sorted.end());
}
static auto state() { return std::tie(values, results, numbers, plain, other, particles, sorted); }

// Independent

void for_each_bad() {
#ifdef _OPENMP
#pragma omp parallel for
  for (double &x : values)
    x = std::sqrt(x);
#else
  std::for_each(values.begin(), values.end(), [](double &x) { x = std::sqrt(x); });
  // EXPECT@-1: independent
#endif
}

void for_each_over_an_array_bad() {
#ifdef _OPENMP
#pragma omp parallel for
  for (double &x : plain)
    x += 1;
#else
  std::for_each(plain, plain + N, [](double &x) { x += 1; });  // EXPECT: independent
#endif
}

void for_each_struct_bad(double step) {
#ifdef _OPENMP
#pragma omp parallel for
  for (Particle &p : particles)
    p.position += step * p.speed;
#else
  std::for_each(particles.begin(), particles.end(), [step](Particle &p) { p.position += step * p.speed; });
  // EXPECT@-1: independent
#endif
}

void transform_bad() {
#ifdef _OPENMP
#pragma omp parallel for
  for (int i = 0; i < N; ++i)
    results[i] = values[i] * 2 + 1;
#else
  std::transform(values.begin(), values.end(), results.begin(), [](double x) { return x * 2 + 1; });
  // EXPECT@-1: independent
#endif
}

void transform_in_place_bad() {
#ifdef _OPENMP
#pragma omp parallel for
  for (int i = 0; i < N; ++i)
    values[i] = values[i] * values[i];
#else
  std::transform(values.begin(), values.end(), values.begin(), [](double x) { return x * x; });
  // EXPECT@-1: independent
#endif
}

void transform_of_two_bad() {
#ifdef _OPENMP
#pragma omp parallel for
  for (int i = 0; i < N; ++i)
    plain[i] = values[i] + results[i];
#else
  std::transform(values.begin(), values.end(), results.begin(), plain, std::plus<>());
  // EXPECT@-1: independent
#endif
}

double accumulate_bad() {
#ifdef _OPENMP
  double sum = 0;
#pragma omp parallel for reduction(+ : sum)
  for (double x : values)
    sum += x;
  return sum;
#else
  return std::accumulate(values.begin(), values.end(), 0.0);  // EXPECT: only combine their results
#endif
}

double accumulate_squares_bad() {
#ifdef _OPENMP
  double sum = 0;
#pragma omp parallel for reduction(+ : sum)
  for (double x : values)
    sum += x * x;
  return sum;
#else
  return std::accumulate(values.begin(), values.end(), 0.0, [](double sum, double x) { return sum + x * x; });
  // EXPECT@-1: only combine their results
#endif
}

int count_if_bad() {
#ifdef _OPENMP
  int count = 0;
#pragma omp parallel for reduction(+ : count)
  for (int i = 0; i < N; ++i)
    count += numbers[i] > 4;
  return count;
#else
  auto count = std::count_if(numbers.begin(), numbers.end(), [](int n) { return n > 4; });
  // EXPECT@-1: only combine their results
  return static_cast<int>(count);
#endif
}

double sum_by_for_each_bad() {
  double sum = 0;
#ifdef _OPENMP
#pragma omp parallel for reduction(+ : sum)
  for (double x : values)
    sum += x;
#else
  std::for_each(values.begin(), values.end(), [&sum](double x) { sum += x; });  // EXPECT: reduction(+ : sum)
#endif
  return sum;
}

// Carried

void running_sum_by_for_each_ok() {
  double sum = 0;
#ifdef _OPENMP
  for (int i = 0; i < N; ++i) {  // CARRIED
    sum += values[i];
    values[i] = sum;
  }
#else
  std::for_each(values.begin(), values.end(), [&sum](double &x) {
    sum += x;
    x = sum;
  });
#endif
}

void transform_with_state_ok() {
  double last = 0;
#ifdef _OPENMP
  for (int i = 0; i < N; ++i) {  // CARRIED
    results[i] = values[i] - last;
    last = values[i];
  }
#else
  std::transform(values.begin(), values.end(), results.begin(), [&last](double x) {
    double d = x - last;
    last = x;
    return d;
  });
#endif
}

double accumulate_horner_ok() {
#ifdef _OPENMP
  double sum = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    sum = sum / 2 + values[i];
  return sum;
#else
  return std::accumulate(values.begin(), values.end(), 0.0, [](double sum, double x) { return sum / 2 + x; });
#endif
}

void transform_into_the_next_ok() {
#ifdef _OPENMP
  for (int i = 0; i < N - 1; ++i)  // CARRIED
    values[i + 1] = values[i] * 0.5;
#else
  std::transform(values.begin(), values.end() - 1, values.begin() + 1, [](double x) { return x * 0.5; });
#endif
}

void generate_with_a_counter_ok() {
  int n = 0;
#ifdef _OPENMP
  for (int i = 0; i < N; ++i) {  // CARRIED
    n = n * 5 % 97 + 1;
    numbers[i] = n;
  }
#else
  std::generate(numbers.begin(), numbers.end(), [&n] { return n = n * 5 % 97 + 1; });
#endif
}

void partial_sum_ok() {
  // NOT-SHOWN: prefix sums need two passes, which is another algorithm
  std::partial_sum(values.begin(), values.end(), results.begin());
}

bool search_by_algorithm_ok() {
  // NOT-SHOWN: a search ends early
  return std::find_if(values.begin(), values.end(), [](double x) { return x > 8; }) != values.end();
}

bool any_of_ok() {
  // NOT-SHOWN: a search ends early
  return std::any_of(values.begin(), values.end(), [](double x) { return x > 8; });
}

int search_ok(double wanted) {
  for (int i = 0; i < N; ++i)
    // NOT-SHOWN: a loop of OpenMP may not be left early
    if (values[i] == wanted)
      return i;
  return -1;
}

int search_with_break_ok(double wanted) {
  int at = -1;
  for (int i = 0; i < N; ++i) {
    // NOT-SHOWN: a loop of OpenMP may not be left early
    if (values[i] == wanted) {
      at = i;
      break;
    }
  }
  return at;
}

int search_by_condition_ok(double wanted) {
  int i = 0;
  // NOT-SHOWN: a loop of OpenMP may not be left early
  while (i < N && values[i] != wanted)
    ++i;
  return i;
}

bool search_in_rows_ok(double wanted) {
  bool found = false;
  // NOT-SHOWN: a loop of OpenMP may not be left early
  for (int i = 0; i < N / 10 && !found; ++i)
    for (int j = 0; j < 10; ++j)
      if (values[i * 10 + j] == wanted) {
        found = true;
        break;
      }
  return found;
}

int binary_search_ok(double wanted) {
  int low = 0, high = N;
  // NOT-SHOWN: the length is not known before the end
  while (low < high) {
    int middle = (low + high) / 2;
    if (sorted[middle] < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

double sum_until_ok(double limit) {
  double sum = 0;
  // NOT-SHOWN: a loop of OpenMP may not be left early
  for (double x : values) {
    if (sum > limit)
      break;
    sum += x;
  }
  return sum;
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(for_each_bad());
  SHOW(for_each_over_an_array_bad());
  SHOW(for_each_struct_bad(2));
  SHOW(transform_bad());
  SHOW(transform_in_place_bad());
  SHOW(transform_of_two_bad());
  SHOW(accumulate_bad());
  SHOW(accumulate_squares_bad());
  SHOW(count_if_bad());
  SHOW(sum_by_for_each_bad());
  SHOW(running_sum_by_for_each_ok());
  SHOW(transform_with_state_ok());
  SHOW(accumulate_horner_ok());
  SHOW(transform_into_the_next_ok());
  SHOW(generate_with_a_counter_ok());
  SHOW(partial_sum_ok());
  SHOW(search_by_algorithm_ok());
  SHOW(any_of_ok());
  SHOW(search_ok(7));
  SHOW(search_with_break_ok(7));
  SHOW(search_by_condition_ok(7));
  SHOW(search_in_rows_ok(7));
  SHOW(binary_search_ok(7));
  SHOW(sum_until_ok(100));
}
