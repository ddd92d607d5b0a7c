// RUN: %check-fixture %s heddle-parallelizable-loop -- -std=c++20
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

constexpr int N = 100000;
double a[N], b[N], c[N];
double grid[1000][1000], next[1000][1000];
int histogram[256];

//===-- Independent iterations --------------------------------------------===//

void element_by_element_bad() {
  for (int i = 0; i < N; ++i)
    a[i] = std::sqrt(b[i]) * std::sin(c[i]) + std::exp(b[i]);
}

void temporary_in_the_body_bad() {
  for (int i = 0; i < N; ++i) {
    double scaled = b[i] * 2.0;
    double root = std::sqrt(scaled);
    a[i] = root + std::log(scaled + 1.0);
  }
}

void temporary_outside_bad() {
  double scaled;
  for (int i = 0; i < N; ++i) {
    scaled = std::pow(b[i], 1.5);
    a[i] = std::sqrt(scaled) + std::log(scaled + 1.0);
  }
}

void vector_of_results_bad(std::vector<double> &out, const std::vector<double> &in) {
  for (std::size_t i = 0; i < in.size(); ++i)
    out[i] = std::cos(in[i]) * std::exp(in[i]);
}

void nest_bad() {
  for (int i = 1; i < 999; ++i)
    for (int j = 1; j < 999; ++j)
      next[i][j] =
          0.25 * (grid[i - 1][j] + grid[i + 1][j] + grid[i][j - 1] + grid[i][j + 1]);
}

double heavy(double x) {
  double y = x;
  for (int k = 0; k < 1000; ++k)
    y = std::sin(y) + x;
  return y;
}
void call_without_effects_bad() {
  for (int i = 0; i < N; ++i)
    a[i] = heavy(b[i]);
}

void even_and_odd_bad() {
  for (int i = 0; i < N / 2; ++i)
    a[2 * i] = heavy(a[2 * i + 1]);
}

//===-- Reductions --------------------------------------------------------===//

double sum_bad() {
  double sum = 0;
  for (int i = 0; i < N; ++i)
    sum += std::sqrt(a[i]) * std::exp(b[i]);
  return sum;
}

double largest_bad() {
  double largest = heavy(a[0]);
  for (int i = 1; i < N; ++i)
    largest = std::max(largest, heavy(a[i]));
  return largest;
}

//===-- What one iteration leaves to the next -----------------------------===//

void prefix_sum_ok() {
  for (int i = 1; i < N; ++i)
    a[i] = a[i - 1] + std::sqrt(b[i]);
}

void in_place_stencil_ok() {
  for (int i = 1; i < N - 1; ++i)
    a[i] = std::sqrt(a[i - 1]) + std::sqrt(a[i + 1]);
}

double recurrence_ok(double x) {
  for (int i = 0; i < N; ++i)
    x = std::sin(x) + b[i];
  return x;
}

void write_to_one_place_ok(int *last) {
  for (int i = 0; i < N; ++i) {
    *last = static_cast<int>(std::sqrt(b[i]));
    a[i] = *last + std::sqrt(c[i]);
    c[i] = a[*last % N];
  }
}

void collapsing_subscript_ok() {
  for (int i = 0; i < N; ++i)
    a[i / 2] += heavy(b[i]);
}

int search_ok(double wanted) {
  for (int i = 0; i < N; ++i)
    if (std::abs(heavy(a[i]) - wanted) < 1e-9)
      return i;
  return -1;
}

void ordered_output_ok() {
  for (int i = 0; i < N; ++i)
    std::printf("%g\n", heavy(a[i]));
}

void insert_in_map_ok(std::map<int, double> &found) {
  for (int i = 0; i < N; ++i)
    found[static_cast<int>(a[i])] = heavy(a[i]);
}

int state;
double stateful(double x) {
  state = state * 1664525 + 1013904223;
  return x + state;
}
void call_with_state_ok() {
  for (int i = 0; i < N; ++i)
    a[i] = stateful(b[i]);
}

void linked_list_ok(struct Node *node);
struct Node {
  double value;
  Node *next;
};
void linked_list_ok(Node *node) {
  for (; node; node = node->next)
    node->value = heavy(node->value);
}

//===-- Not worth it ------------------------------------------------------===//

void few_and_cheap_ok() {
  for (int i = 0; i < 8; ++i)
    a[i] = b[i];
}
