// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=c++20
// RUN: %parallel %s -- -std=c++20
// REQUIRES: openmp
//
// What iterations only combine: sums, extremes, logic, counts, tables, lists. The
// data are digits, so that sums are exact in any order. What stands under _OPENMP is
// the same loop by hand, for labels that no pragma alone can show.
#include "Inputs/show.h"

#include <algorithm>
#include <cfloat>
#include <climits>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

constexpr int N = 500;
double a[N], b[N];
int numbers[N];
unsigned words[N];
double image[40][12];
int table[10];
std::vector<double> values;

struct Point {
  double x, y;
  void fill(unsigned seed) { x = nextDigit(seed), y = nextDigit(seed); }
};
std::vector<Point> points;
struct Totals {
  double sum = 0, weight = 0;
  int count = 0;
} totals;

static void prepare() {
  fill(a, 1), fill(b, 2), fill(numbers, 3), fill(words, 4), fill(image, 5), fill(values, N, 6);
  fill(points, N, 7), std::fill(table, table + 10, 0);
  totals = Totals();
}
static auto state() { return std::tie(a, numbers, table, totals.sum, totals.weight, totals.count); }

// Scalars

double sum_bad() {
  double sum = 0;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : sum)
    sum += a[i];
  return sum;
}

double difference_bad() {
  double left = 10000;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : left)
    left -= a[i] * b[i];
  return left;
}

double sum_spelled_out_bad() {
  double sum = 0;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : sum)
    sum = a[i] + sum;
  return sum;
}

double dot_product_bad(const double *x, const double *y, int n) {
  double sum = 0;
  for (int i = 0; i < n; ++i)  // EXPECT: reduction(+ : sum)
    sum += x[i] * y[i];
  return sum;
}

unsigned product_bad() {
  unsigned product = 1;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(* : product)
    product *= words[i] * 2 + 1;
  return product;
}

unsigned checksum_bad() {
  unsigned check = 0;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(^ : check)
    check ^= words[i] << (i % 20);
  return check;
}

unsigned flags_bad() {
  unsigned all = ~0u, any = 0;
  for (int i = 0; i < N; ++i) {  // EXPECT: reduction(& : all), reduction(| : any)
    all &= words[i] | 16;
    any |= words[i] << 4;
  }
  return all + any;
}

bool all_positive_bad() {
  bool all = true;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(&& : all)
    all = all && numbers[i] >= 0;
  return all;
}

bool any_nine_bad() {
  bool any = false;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(|| : any)
    any = any || numbers[i] == 9;
  return any;
}

double largest_bad() {
  double most = a[0];
  for (int i = 1; i < N; ++i)  // EXPECT: reduction(max : most)
    if (a[i] > most)
      most = a[i];
  return most;
}

double smallest_of_function_bad() {
  double least = DBL_MAX;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(min : least)
    least = std::min(least, std::sqrt(a[i] + b[i]));
  return least;
}

int largest_by_choice_bad() {
  int most = INT_MIN;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(max : most)
    most = numbers[i] > most ? numbers[i] : most;
  return most;
}

int count_bad() {
  int count = 0;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : count)
    if (numbers[i] % 3 == 0)
      ++count;
  return count;
}

double mean_and_spread_bad() {
  double sum = 0, squares = 0;
  for (int i = 0; i < N; ++i) {  // EXPECT: reduction(+ : squares), reduction(+ : sum)
    sum += a[i];
    squares += a[i] * a[i];
  }
  return squares / N - sum / N * (sum / N);
}

double sum_of_a_matrix_bad() {
  double sum = 0;
  for (int i = 0; i < 40; ++i)  // EXPECT: reduction(+ : sum)
    for (int j = 0; j < 12; ++j)
      sum += image[i][j];
  return sum;
}

double pairs_bad() {
  double energy = 0;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : energy)
    for (int j = i + 1; j < N; ++j)
      energy += a[i] * b[j];
  return energy;
}

double range_for_sum_bad() {
  double sum = 0;
  for (double value : values)  // EXPECT: reduction(+ : sum)
    sum += value;
  return sum;
}

double with_a_temporary_bad() {
  double sum = 0, d;
  for (int i = 0; i < N; ++i) {  // EXPECT: private(d), reduction(+ : sum)
    d = a[i] - b[i];
    sum += d * d;
  }
  return sum;
}

int different_words_bad() {
  int odd = 0, even = 0;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : even), reduction(+ : odd)
    if (words[i] & 1)
      odd++;
    else
      even++;
  return odd * 1000 + even;
}

// Of arrays, tables, lists

void histogram_bad() {
  int hist[256] = {};
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : hist[:256])
    hist[numbers[i]]++;
  std::memcpy(table, hist, sizeof table);
}

void global_histogram_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : table)
    table[numbers[i]] += 1;
}

void weighted_histogram_bad() {
  unsigned weights[16] = {};
  for (int i = 0; i < N; ++i) {  // EXPECT: reduction(+ : weights[:16])
    int bin = (numbers[i] * 3 + 1) & 15;
    weights[bin] += words[i];
  }
  std::memcpy(table, weights, sizeof table);
}

void column_sums_bad() {
  double columns[12] = {};
  for (int i = 0; i < 40; ++i)  // EXPECT: reduction(+ : columns
    for (int j = 0; j < 12; ++j)
      columns[j] += image[i][j];
  std::memcpy(a, columns, sizeof columns);
}

void histogram_of_unknown_size_bad(int *hist) {
#ifdef _OPENMP
#pragma omp parallel for
  for (int i = 0; i < N; ++i)
#pragma omp atomic
    hist[numbers[i]]++;
#else
  for (int i = 0; i < N; ++i)  // EXPECT: updates of `hist` are made atomic
    hist[numbers[i]]++;
#endif
}

#ifdef _OPENMP
struct Best {
  double value;
  int at;
};
// Of equal ones the first, as in serial.
Best least(Best x, Best y) { return x.value < y.value || (x.value == y.value && x.at < y.at) ? x : y; }
Best most(Best x, Best y) { return x.value > y.value || (x.value == y.value && x.at < y.at) ? x : y; }
#pragma omp declare reduction(argmin : Best : omp_out = least(omp_out, omp_in)) \
    initializer(omp_priv = {DBL_MAX, INT_MAX})
#pragma omp declare reduction(argmax : Best : omp_out = most(omp_out, omp_in)) \
    initializer(omp_priv = {-DBL_MAX, INT_MAX})
#endif

int index_of_largest_bad() {
#ifdef _OPENMP
  Best found = {a[0], 0};
#pragma omp parallel for reduction(argmax : found)
  for (int i = 1; i < N; ++i)
    if (a[i] > found.value)
      found = {a[i], i};
  return found.at;
#else
  double best = a[0];
  int at = 0;
  for (int i = 1; i < N; ++i)  // EXPECT: reduction(argmax : best, at)
    if (a[i] > best) {
      best = a[i];
      at = i;
    }
  return at;
#endif
}

int nearest_point_bad(double x, double y) {
#ifdef _OPENMP
  Best found = {1e9, -1};
#pragma omp parallel for reduction(argmin : found)
  for (int i = 0; i < N; ++i) {
    double dx = points[i].x - x, dy = points[i].y - y;
    double d = dx * dx + dy * dy;
    if (d < found.value)
      found = {d, i};
  }
  return found.at;
#else
  double best = 1e9;
  int at = -1;
  for (int i = 0; i < N; ++i) {  // EXPECT: reduction(argmin : best, at)
    double dx = points[i].x - x, dy = points[i].y - y;
    double d = dx * dx + dy * dy;
    if (d < best) {
      best = d;
      at = i;
    }
  }
  return at;
#endif
}

std::vector<double> collected_bad() {
  std::vector<double> out;
#ifdef _OPENMP
#pragma omp parallel for ordered
  for (int i = 0; i < N; ++i) {
    double root = std::sqrt(a[i]);
#pragma omp ordered
    out.push_back(root);
  }
#else
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(append : out)
    out.push_back(std::sqrt(a[i]));
#endif
  return out;
}

std::vector<int> selected_bad() {
  std::vector<int> out;
#ifdef _OPENMP
#pragma omp parallel for ordered
  for (int i = 0; i < N; ++i) {
    bool chosen = a[i] > b[i];
#pragma omp ordered
    if (chosen)
      out.push_back(i);
  }
#else
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(append : out)
    if (a[i] > b[i])
      out.push_back(i);
#endif
  return out;
}

// Through calls and references

void by_reference_bad(double &sum) {
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : sum)
    sum += a[i];
}

void through_a_pointer_bad(int *count) {
  for (int i = 0; i < N; ++i)  // EXPECT: only combine their results
    // NOT-SHOWN: a clause takes no `*count`
    if (a[i] > 3)
      ++*count;
}

void add(double &to, double x) { to += x; }
double through_a_call_bad() {
  double sum = 0;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : sum)
    add(sum, a[i]);
  return sum;
}

void members_bad(Totals &t) {
#ifdef _OPENMP
  double sum = t.sum;
  int count = t.count;
#pragma omp parallel for reduction(+ : sum, count)
  for (int i = 0; i < N; ++i) {
    sum += a[i];
    count++;
  }
  t.sum = sum;
  t.count = count;
#else
  for (int i = 0; i < N; ++i) {  // EXPECT: reduction(+ : t.count), reduction(+ : t.sum)
    t.sum += a[i];
    t.count++;
  }
#endif
}

void global_struct_bad() {
#ifdef _OPENMP
  double weight = totals.weight;
#pragma omp parallel for reduction(+ : weight)
  for (int i = 0; i < N; ++i)
    weight += b[i];
  totals.weight = weight;
#else
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : totals.weight)
    totals.weight += b[i];
#endif
}

// Not only combined

double average_so_far_ok() {
  double average = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    average += (a[i] - average) / (i + 1);
  return average;
}

double horner_ok(double x) {
  double sum = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    sum = sum * x + a[i];
  return sum;
}

unsigned rolling_hash_ok() {
  unsigned hash = 17;
  for (int i = 0; i < N; ++i)  // CARRIED
    hash = hash * 31 + words[i];
  return hash;
}

unsigned random_numbers_ok() {
  unsigned seed = 1;
  for (int i = 0; i < N; ++i) {  // CARRIED
    seed = seed * 1664525u + 1013904223u;
    numbers[i] = static_cast<int>(seed >> 24);
  }
  return seed;
}

void running_total_ok() {
  double sum = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    sum += a[i];
    b[i] = sum;
    a[i] = b[i];
  }
}

double capped_sum_ok() {
  double sum = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    sum += a[i];
    if (sum > 40)
      sum -= 40;
  }
  return sum;
}

int longest_run_ok() {
  int run = 0, longest = 0;
  for (int i = 1; i < N; ++i) {  // CARRIED
    run = numbers[i] >= numbers[i - 1] ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

double best_trade_ok() {
  double least = a[0], gain = 0;
  for (int i = 1; i < N; ++i) {  // CARRIED
    gain = std::max(gain, a[i] + i % 7 - least);
    least = std::min(least, a[i] + i % 7);
  }
  return gain;
}

double divided_ok() {
  double rest = 1;
  for (int i = 0; i < N; ++i)  // CARRIED
    rest = (a[i] + 1) / (rest + 1);
  return rest;
}

int two_operators_ok() {
  int x = 1;
  for (int i = 0; i < N; ++i) {  // CARRIED
    x += numbers[i];
    x ^= numbers[i] << 3;
  }
  return x;
}

int last_match_with_state_ok() {
  int at = -1;
  for (int i = 0; i < N; ++i)  // CARRIED
    if (numbers[i] > 4 && (at < 0 || i - at > 3))
      at = i;
  return at;
}

void table_of_successors_ok() {
  for (int i = 1; i < N; ++i)  // CARRIED
    table[numbers[i]] = table[numbers[i - 1]] + 1;
}

std::vector<double> differences_of_results_ok() {
  std::vector<double> out;
  out.push_back(0);
  for (int i = 0; i < N; ++i)  // CARRIED
    out.push_back(a[i] - out.back());
  return out;
}

double joined_text_ok() {
  std::string text;
  for (int i = 0; i < N; ++i)  // CARRIED
    if (text.size() < 100)
      text += static_cast<char>('a' + numbers[i]);
  return static_cast<double>(text.size()) + text[50];
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(sum_bad());
  SHOW(difference_bad());
  SHOW(sum_spelled_out_bad());
  SHOW(dot_product_bad(a, b, N));
  SHOW(product_bad());
  SHOW(checksum_bad());
  SHOW(flags_bad());
  SHOW(all_positive_bad());
  SHOW(any_nine_bad());
  SHOW(largest_bad());
  SHOW(smallest_of_function_bad());
  SHOW(largest_by_choice_bad());
  SHOW(count_bad());
  SHOW(mean_and_spread_bad());
  SHOW(sum_of_a_matrix_bad());
  SHOW(pairs_bad());
  SHOW(range_for_sum_bad());
  SHOW(with_a_temporary_bad());
  SHOW(different_words_bad());
  SHOW(histogram_bad());
  SHOW(global_histogram_bad());
  SHOW(weighted_histogram_bad());
  SHOW(column_sums_bad());
  SHOW(histogram_of_unknown_size_bad(table));
  SHOW(index_of_largest_bad());
  SHOW(nearest_point_bad(3, 4));
  SHOW(collected_bad());
  SHOW(selected_bad());
  SHOW(by_reference_bad(totals.sum));
  SHOW(through_a_pointer_bad(&totals.count));
  SHOW(through_a_call_bad());
  SHOW(members_bad(totals));
  SHOW(global_struct_bad());
  SHOW(average_so_far_ok());
  SHOW(horner_ok(0.5));
  SHOW(rolling_hash_ok());
  SHOW(random_numbers_ok());
  SHOW(running_total_ok());
  SHOW(capped_sum_ok());
  SHOW(longest_run_ok());
  SHOW(best_trade_ok());
  SHOW(divided_ok());
  SHOW(two_operators_ok());
  SHOW(last_match_with_state_ok());
  SHOW(table_of_successors_ok());
  SHOW(differences_of_results_ok());
  SHOW(joined_text_ok());
}
