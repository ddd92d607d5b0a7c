// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=c++20
// RUN: %parallel %s -- -std=c++20
// REQUIRES: openmp
//
// Loops that are nearly private, linear, a reduction, a search for the least, a
// collection, or a call with a row of its own, and are not by one detail.
#include "Inputs/show.h"

#include <algorithm>
#include <vector>

constexpr int N = 240, M = 8;
double a[N], b[N], c[4 * N], image[N][M], flat[(N + 1) * M];
int numbers[N], keys[N], hist[16];

static void prepare() {
  fill(a, 1), fill(b, 2), fill(c, 3), fill(image, 4), fill(flat, 5), fill(numbers, 6), fill(keys, 7);
  std::fill(hist, hist + 16, 0);
}
static auto state() { return std::tie(a, b, c, image, flat, numbers, keys, hist); }

// What they call

void loadPart(double *to, const double *from) {
  for (int j = 0; j < M - 1; ++j)  // EXPECT: if `from` and `to` do not overlap
    to[j] = from[j];
}
void loadSometimes(double *to, const double *from) {
  if (from[0] > 4) {
    to[0] = from[0];
    to[1] = from[1];
  }
}
bool sometimes(int i, double *out) {
  if (numbers[i] % 2)
    return false;
  *out = a[i];
  return true;
}
double addAndReturn(double &to, double x) {
  to += x;
  return to;
}
void decayAndAdd(double &to, double x) { to = to / 2 + x; }
void move(double *data, int to, int from) { data[to] = data[from] + 1; }
void exchange(double &x, double &y) {
  double t = x;
  x = y;
  y = t;
}
double *remembered;
void remember(double *p) { remembered = p; }
double recall() { return remembered ? *remembered : 0; }
void skipOdd(int &i) {
  if (numbers[i % N] % 2)
    ++i;
}
void setRow(double *row, int n, double x) {
  for (int j = 0; j < n; ++j)  // EXPECT: independent
    row[j] = x + j;
}
void setFrom(double *row, const double *from, int n) {
  for (int j = 0; j < n; ++j)  // EXPECT: if `from` and `row` do not overlap
    row[j] = from[j] / 2;
}

// Nearly private arrays

void read_before_it_is_written_bad() {
  double tmp[M] = {};
  for (int i = 0; i < N; ++i) {  // CARRIED
    a[i] += tmp[1] + tmp[3];
    for (int j = 0; j < M; ++j)  // EXPECT: independent
      tmp[j] = image[i][j];
  }
}

void fewer_written_than_read_bad() {
  double tmp[16] = {};
  for (int i = 0; i < N; ++i) {  // CARRIED
    for (int j = 0; j < numbers[i]; ++j)  // EXPECT: independent
      tmp[j] = a[i] + j;
    b[i] = tmp[5];
  }
}

void one_row_of_two_ok() {
  double tmp[2][2] = {};
  for (int i = 0; i < N; ++i) {  // CARRIED
    tmp[i % 2][0] = a[i];
    tmp[i % 2][1] = b[i];
    c[i] = tmp[0][0] + tmp[1][1];
  }
}

void part_filled_by_a_call_ok() {
  double tmp[M] = {};
  for (int i = 0; i < N; ++i) {  // CARRIED
    loadPart(tmp, image[i]);
    b[i] = tmp[M - 1];
    tmp[M - 1] = a[i];
  }
}

void sometimes_filled_by_a_call_ok() {
  double tmp[2] = {};
  for (int i = 0; i < N; ++i) {  // CARRIED
    loadSometimes(tmp, image[i]);
    b[i] = tmp[0] + tmp[1];
  }
}

void read_through_another_pointer_ok() {
  double tmp[2] = {};
  const double *before = tmp;
  for (int i = 0; i < N; ++i) {  // CARRIED
    b[i] = before[1];
    tmp[0] = a[i];
    tmp[1] = tmp[0] * 2;
  }
}

void after_an_inner_break_ok() {
  double tmp[M] = {};
  for (int i = 0; i < N; ++i) {  // CARRIED
    for (int j = 0; j < M; ++j) {
      if (image[i][j] > 8)
        break;
      tmp[j] = image[i][j];
    }
    b[i] = tmp[M - 1];
  }
}

void skipped_by_continue_ok() {
  double tmp[2] = {};
  for (int i = 0; i < N; ++i) {  // CARRIED
    c[i] = tmp[1];
    if (numbers[i] > 5)
      continue;
    tmp[0] = a[i];
    tmp[1] = tmp[0] + 1;
  }
}

// Nearly private results of calls

void set_sometimes_ok() {
  double x = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    sometimes(i, &x);
    b[i] = x;
  }
}

void address_is_remembered_ok() {
  double x = 0;
  remember(nullptr);
  for (int i = 0; i < N; ++i) {  // CARRIED
    b[i] = recall();
    x = a[i];
    remember(&x);
  }
  remember(nullptr);
}

// Nearly linear

void started_again_ok() {
  int k = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    c[k] = c[k] / 2 + a[i];
    ++k;
    if (k == 10)
      k = 0;
  }
}

void twice_on_one_path_ok() {
  int k = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    c[k++] = a[i];
    if (numbers[i] > 5)
      c[k++] = b[i];
  }
}

void quadratic_ok() {
  int k = 0;
  for (int i = 0; i < 30; ++i) {  // CARRIED
    c[k] = a[i];
    k += numbers[i] + i;
  }
}

void step_that_changes_ok() {
  int k = 0, step = 1;
  for (int i = 0; i < N; ++i) {  // CARRIED
    c[k] = a[i];
    k += step;
    step = numbers[i] % 3;
  }
}

void moved_by_a_lambda_ok() {
  int k = 0;
  auto advance = [&k](int by) { k += by; };
  for (int i = 0; i < N; ++i) {  // CARRIED
    c[k] = a[i];
    advance(numbers[i] % 2);
  }
}

void index_moved_by_a_call_ok() {
  for (int i = 0; i < N; ++i) {
    // NOT-SHOWN: an index that the body changes is not for OpenMP
    b[i] = a[i];
    skipOdd(i);
  }
}

// Nearly the least and where

int least_of_another_array_ok() {
  double best = 100;
  int at = -1;
  for (int i = 0; i < N; ++i)  // CARRIED
    if (a[i] + i % 3 < best) {
      best = b[i] + 2;
      at = i;
    }
  return at;
}

int least_with_a_margin_ok() {
  double best = 1000;
  int at = -1;
  for (int i = 0; i < N; ++i)  // CARRIED
    if (c[i] + 1 < best) {
      best = c[i] + 3;
      at = i;
    }
  return at;
}

int least_and_how_often_improved_ok() {
  double best = 1000;
  int at = -1, improved = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    if (c[i] - i < best) {
      best = c[i] - i;
      at = i;
      ++improved;
    }
  return at * 100 + improved;
}

void place_of_least_so_far_ok() {
  double best = 1000;
  int at = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    if (c[i] < best) {
      best = c[i];
      at = i;
    }
    numbers[i] = at;
  }
}

int only_least_ok() {
  double best = 1000;
  int at = -1;
  for (int i = 0; i < N; ++i)  // CARRIED
    if (c[i] < best) {
      best = c[i];
      at = i;
    } else if (c[i] == best + numbers[i])
      at = -1;
  return at;
}

// Nearly a collection

std::vector<double> sizes_ok() {
  std::vector<double> out;
  for (int i = 0; i < N; ++i)  // CARRIED
    out.push_back(a[i] + static_cast<double>(out.size()) / 2);
  return out;
}

std::vector<double> without_repetition_ok() {
  std::vector<double> out = {-1};
  for (int i = 0; i < N; ++i)  // CARRIED
    if (out.back() != a[i])
      out.push_back(a[i]);
  return out;
}

std::vector<double> limited_ok() {
  std::vector<double> out;
  for (int i = 0; i < N; ++i)  // CARRIED
    if (out.size() < 50)
      out.push_back(a[i]);
  return out;
}

void count_seen_elsewhere_ok() {
  std::vector<double> out;
  const std::vector<double> &same = out;
  for (int i = 0; i < N; ++i) {  // CARRIED
    if (numbers[i] > 2)
      out.push_back(a[i]);
    keys[i] = static_cast<int>(same.size());
  }
}

double stack_ok() {
  std::vector<double> stack = {0};
  for (int i = 0; i < N; ++i)  // CARRIED
    if (numbers[i] > 3 || stack.size() < 2)
      stack.push_back(a[i]);
    else
      stack.pop_back();
  return stack.back() + static_cast<double>(stack.size());
}

double work_list_ok() {
  std::vector<int> todo = {40, 33};
  for (std::size_t i = 0; i < todo.size(); ++i)
    // NOT-SHOWN: the list grows on the way
    if (todo[i] > 1)
      todo.push_back(todo[i] / 2);
  return static_cast<double>(todo.size());
}

// Nearly a histogram

void at_most_five_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    if (hist[keys[i] & 7] < 5 + i % 2)
      hist[keys[i] & 7]++;
}

void two_operators_in_a_table_ok() {
  for (int i = 0; i < N; ++i) {  // CARRIED
    hist[keys[i]] += numbers[i];
    hist[numbers[i]] ^= 3;
  }
}

void cut_off_in_a_table_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    hist[keys[i] & 7] += a[i] - 4.5;
}

void bin_from_the_table_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    hist[(hist[keys[i]] + keys[i]) % 16]++;
}

void table_decays_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    hist[keys[i] & 7] = hist[keys[i] & 7] / 2 + numbers[i];
}

// Nearly a reduction through a call

void sum_and_every_sum_ok() {
  double sum = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    b[i] = addAndReturn(sum, a[i]);
}

double decaying_sum_ok() {
  double sum = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    decayAndAdd(sum, a[i]);
  return sum;
}

// Nearly a row of its own

void row_before_is_read_ok() {
  for (int i = 1; i < N; ++i)  // CARRIED
    setFrom(flat + i * M, flat + (i - 1) * M, M);
}

void first_of_next_row_is_read_ok() {
  for (int i = 0; i < N; ++i) {  // CARRIED
    a[i] = flat[(i + 1) * M];
    setRow(flat + i * M, M, i);
  }
}

void moved_along_ok() {
  for (int i = 1; i < N; ++i)  // CARRIED
    move(a, i, i - 1);
}

void every_pair_twice_ok() {
  for (int i = 0; i < N; ++i) {  // CARRIED
    a[i] += i;
    exchange(a[i], a[N - 1 - i]);
  }
}

void rows_by_number_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    setRow(image[keys[i] & 3], M, a[i]);
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(read_before_it_is_written_bad());
  SHOW(fewer_written_than_read_bad());
  SHOW(one_row_of_two_ok());
  SHOW(part_filled_by_a_call_ok());
  SHOW(sometimes_filled_by_a_call_ok());
  SHOW(read_through_another_pointer_ok());
  SHOW(after_an_inner_break_ok());
  SHOW(skipped_by_continue_ok());
  SHOW(set_sometimes_ok());
  SHOW(address_is_remembered_ok());
  SHOW(started_again_ok());
  SHOW(twice_on_one_path_ok());
  SHOW(quadratic_ok());
  SHOW(step_that_changes_ok());
  SHOW(moved_by_a_lambda_ok());
  SHOW(index_moved_by_a_call_ok());
  SHOW(least_of_another_array_ok());
  SHOW(least_with_a_margin_ok());
  SHOW(least_and_how_often_improved_ok());
  SHOW(place_of_least_so_far_ok());
  SHOW(only_least_ok());
  SHOW(sizes_ok());
  SHOW(without_repetition_ok());
  SHOW(limited_ok());
  SHOW(count_seen_elsewhere_ok());
  SHOW(stack_ok());
  SHOW(work_list_ok());
  SHOW(at_most_five_ok());
  SHOW(two_operators_in_a_table_ok());
  SHOW(cut_off_in_a_table_ok());
  SHOW(bin_from_the_table_ok());
  SHOW(table_decays_ok());
  SHOW(sum_and_every_sum_ok());
  SHOW(decaying_sum_ok());
  SHOW(row_before_is_read_ok());
  SHOW(first_of_next_row_is_read_ok());
  SHOW(moved_along_ok());
  SHOW(every_pair_twice_ok());
  SHOW(rows_by_number_ok());
}
