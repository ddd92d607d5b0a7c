// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=c++20
// RUN: %parallel %s -- -std=c++20
// REQUIRES: openmp
//
// Calls in the body, by what they read and write: nothing but their arguments, a
// row of their own, a result of their own, an object of their own.
#include "Inputs/show.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

constexpr int N = 240, M = 12;
double a[N], b[N], c[N];
double image[N][M], flat[N * M + M];
int numbers[N];
std::vector<double> values;
std::vector<std::vector<double>> rows;

struct Body {
  double position = 1, speed = 2;
  void step(double by) { position += by * speed; }
  double energy() const { return speed * speed / 2; }
  void follow(const Body &other) { position = (position + other.position) / 2; }
  std::uint64_t digest(std::uint64_t h) const { return ::digest(::digest(h, position), speed); }
  void fill(unsigned seed) { position = nextDigit(seed), speed = nextDigit(seed); }
};
std::vector<Body> bodies;

static void prepare() {
  fill(a, 1), fill(b, 2), fill(c, 3), fill(image, 4), fill(flat, 5), fill(numbers, 6);
  fill(values, N, 7), fill(bodies, N, 8), rows.assign(20, std::vector<double>(15)), fill(rows, 9);
}
static auto state() { return std::tie(a, b, c, image, flat, numbers, values, bodies, rows); }

// What they call

double square(double x) { return x * x; }
double clamp(double x, double low, double high) { return x < low ? low : x > high ? high : x; }
double polynomial(double x) {
  double sum = 0;
  for (int k = 0; k < 5; ++k) {
    sum = sum * x + k;
  }
  return sum;
}
int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
double sumOfRow(const double *row, int n) {
  double sum = 0;
  for (int j = 0; j < n; ++j)  // EXPECT: reduction(+ : sum)
    sum += row[j];
  return sum;
}
double valueAt(int i) { return a[i] + 1; }
void setAt(int i, double x) { b[i] = x; }
void scaleRow(double *row, int n) {
  for (int j = 0; j < n; ++j)  // EXPECT: independent
    row[j] *= 2;
}
void smoothRow(double *row, int n) {
  for (int j = 1; j < n; ++j)
    row[j] = (row[j] + row[j - 1]) / 2;
}
void setRow(double *row, int n, double x) {
  for (int j = 0; j < n; ++j)  // EXPECT: independent
    row[j] = x + j;
}
void windowOf(double *data, int i) { data[i] = data[i] + data[i + 1]; }
void split(double x, double *whole, double *rest) {
  *whole = std::floor(x);
  *rest = x - *whole;
}
void minimum(const double *x, int n, double &out) {
  out = x[0];
  for (int j = 1; j < n; ++j)  // EXPECT: if `out` and `x` do not overlap
    out = std::min(out, x[j]);
}
void exchange(double &x, double &y) {
  double t = x;
  x = y;
  y = t;
}
void accumulate(double x, double *sum) { *sum = *sum / 2 + x; }
void negateAll(std::vector<double> &row) {
  for (double &x : row)  // EXPECT: independent
    x = -x;
}
double &element(int i) { return c[i]; }
int depth(int n) {
  numbers[n] = n == 0 ? 0 : numbers[n - 1] + 1;
  return numbers[n];
}
std::string label(int i) { return "row " + std::to_string(i); }

// Independent

void pure_call_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    a[i] = square(b[i]) + clamp(c[i], 2, 6);
}

void pure_call_with_a_loop_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    a[i] = polynomial(b[i]);
}

void recursive_call_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    numbers[i] = fibonacci(i % 12);
}

void library_calls_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    a[i] = std::sqrt(b[i]) + std::fabs(c[i]) + std::pow(b[i], 2);
}

void reads_a_row_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    a[i] = sumOfRow(image[i], M);
}

double sum_of_calls_bad() {
  double sum = 0;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : sum)
    sum += square(a[i]);
  return sum;
}

void reads_and_writes_globals_by_index_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    setAt(i, valueAt(i));
}

void rows_of_a_matrix_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    scaleRow(image[i], M);
}

void recurrence_in_every_row_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    smoothRow(image[i], M);
}

void rows_of_a_linear_array_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    setRow(flat + i * M, M, i);
}

void address_of_the_first_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    scaleRow(&flat[i * M], M);
}

void output_parameters_bad() {
  for (int i = 0; i < N; ++i) {  // EXPECT: independent
    double whole, rest;
    split(a[i] / 4, &whole, &rest);
    b[i] = whole + 10 * rest;
  }
}

void output_parameters_outside_bad() {
  double whole, rest;
  for (int i = 0; i < N; ++i) {  // EXPECT: private(rest, whole)
    split(a[i] / 4, &whole, &rest);
    b[i] = whole + 10 * rest;
  }
}

void output_to_elements_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    split(a[i] / 4, &b[i], &c[i]);
}

void output_by_reference_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    minimum(image[i], M, a[i]);
}

void exchanged_by_reference_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    exchange(a[i], b[N - 1 - i]);
}

void exchanged_inside_one_array_bad() {
  for (int i = 0; i < N / 2; ++i)  // EXPECT: independent
    exchange(a[2 * i], a[2 * i + 1]);
}

void method_of_every_element_bad(double by) {
  for (std::size_t i = 0; i < bodies.size(); ++i)  // EXPECT: independent
    bodies[i].step(by);
}

void method_through_range_for_bad(double by) {
  for (Body &body : bodies)  // EXPECT: independent
    body.step(by);
}

double const_method_bad() {
  double total = 0;
  for (const Body &body : bodies)  // EXPECT: reduction(+ : total)
    total += body.energy();
  return total;
}

void vector_per_row_bad() {
  for (std::size_t i = 0; i < rows.size(); ++i)  // EXPECT: independent
    negateAll(rows[i]);
}

void by_returned_reference_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    element(i) = a[i];
}

void lambda_bad() {
  auto scaled = [](double x) { return 3 * x + 1; };
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    a[i] = scaled(b[i]);
}

void lambda_with_captures_bad(double by) {
  auto store = [&](int i) { b[i] = a[i] * by; };
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    store(i);
}

void text_of_every_row_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    numbers[i] = static_cast<int>(label(i).size());
}

void library_swap_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    std::swap(a[i], b[i]);
}

void sorted_rows_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    std::sort(image[i], image[i] + M);
}

// Carried

void one_row_for_all_ok() {
  for (int i = 0; i < N; ++i) {  // CARRIED
    image[0][0] += a[i];
    smoothRow(image[0], M);
  }
}

void overlapping_rows_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    smoothRow(flat + i * (M - 1), M);
}

void next_row_too_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    setRow(flat + i * M, M + 1, i);
}

void neighbour_in_the_callee_ok() {
  for (int i = 0; i < N - 1; ++i)  // CARRIED
    windowOf(a, i);
}

void exchanged_with_the_next_ok() {
  for (int i = 0; i < N - 1; ++i)  // CARRIED
    exchange(a[i], a[i + 1]);
}

void kept_in_an_output_parameter_ok() {
  double sum = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    accumulate(a[i], &sum);
    b[i] = sum;
  }
}

void previous_result_as_argument_ok() {
  double x = 1;
  for (int i = 0; i < N; ++i) {  // CARRIED
    x = clamp(x + a[i] - 4, 0, 10);
    b[i] = x;
  }
}

void callee_reads_what_another_wrote_ok() {
  for (int i = 0; i < N - 1; ++i)  // CARRIED
    a[i + 1] = valueAt(i);
}

void callee_writes_the_next_ok() {
  for (int i = 0; i < N - 1; ++i)  // CARRIED
    setAt(i + 1, b[i] + 1);
}

void recursion_over_the_table_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    depth(i);
}

void object_follows_the_one_before_ok() {
  for (std::size_t i = 1; i < bodies.size(); ++i)  // CARRIED
    bodies[i].follow(bodies[i - 1]);
}

void one_object_for_all_ok() {
  Body body;
  for (int i = 0; i < N; ++i) {  // CARRIED
    body.step(a[i]);
    b[i] = body.position;
  }
}

void lambda_keeps_state_ok() {
  double last = 0;
  auto difference = [&](double x) {
    double d = x - last;
    last = x;
    return d;
  };
  for (int i = 0; i < N; ++i)  // CARRIED
    b[i] = difference(a[i]);
}

void mutable_lambda_ok() {
  auto counter = [k = 0]() mutable { return k++; };
  for (int i = 0; i < N; ++i)  // CARRIED
    numbers[i] = counter();
}

void returned_reference_to_one_place_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    element(i / 2) = element(i) + 1;
}

void text_from_the_text_before_ok() {
  std::string text;
  for (int i = 0; i < N; ++i) {  // CARRIED
    text = label(static_cast<int>(text.size()) + i);
    numbers[i] = static_cast<int>(text.size());
  }
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(pure_call_bad());
  SHOW(pure_call_with_a_loop_bad());
  SHOW(recursive_call_bad());
  SHOW(library_calls_bad());
  SHOW(reads_a_row_bad());
  SHOW(sum_of_calls_bad());
  SHOW(reads_and_writes_globals_by_index_bad());
  SHOW(rows_of_a_matrix_bad());
  SHOW(recurrence_in_every_row_bad());
  SHOW(rows_of_a_linear_array_bad());
  SHOW(address_of_the_first_bad());
  SHOW(output_parameters_bad());
  SHOW(output_parameters_outside_bad());
  SHOW(output_to_elements_bad());
  SHOW(output_by_reference_bad());
  SHOW(exchanged_by_reference_bad());
  SHOW(exchanged_inside_one_array_bad());
  SHOW(method_of_every_element_bad(2));
  SHOW(method_through_range_for_bad(2));
  SHOW(const_method_bad());
  SHOW(vector_per_row_bad());
  SHOW(by_returned_reference_bad());
  SHOW(lambda_bad());
  SHOW(lambda_with_captures_bad(2));
  SHOW(text_of_every_row_bad());
  SHOW(library_swap_bad());
  SHOW(sorted_rows_bad());
  SHOW(one_row_for_all_ok());
  SHOW(overlapping_rows_ok());
  SHOW(next_row_too_ok());
  SHOW(neighbour_in_the_callee_ok());
  SHOW(exchanged_with_the_next_ok());
  SHOW(kept_in_an_output_parameter_ok());
  SHOW(previous_result_as_argument_ok());
  SHOW(callee_reads_what_another_wrote_ok());
  SHOW(callee_writes_the_next_ok());
  SHOW(recursion_over_the_table_ok());
  SHOW(object_follows_the_one_before_ok());
  SHOW(one_object_for_all_ok());
  SHOW(lambda_keeps_state_ok());
  SHOW(mutable_lambda_ok());
  SHOW(returned_reference_to_one_place_ok());
  SHOW(text_from_the_text_before_ok());
}
