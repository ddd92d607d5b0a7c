// RUN: %check-fixture %s heddle-parallelizable-loop -- -std=c++20
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

constexpr int N = 100000;
double a[N], b[N], c[N];
double grid[1000][1000], next[1000][1000];
int histogram[256];

// Independent iterations

void element_by_element_bad() {
  for (int i = 0; i < N; ++i) // EXPECT: iterations of this loop are independent
    a[i] = std::sqrt(b[i]) * std::sin(c[i]) + std::exp(b[i]);
}

void temporary_in_the_body_bad() {
  for (int i = 0; i < N; ++i) { // EXPECT: iterations of this loop are independent
    double scaled = b[i] * 2.0;
    double root = std::sqrt(scaled);
    a[i] = root + std::log(scaled + 1.0);
  }
}

void temporary_outside_bad() {
  double scaled;
  for (int i = 0; i < N; ++i) {
  // EXPECT@-1: iterations of this loop are independent: run it in parallel (index `i`, private(scaled))
    scaled = std::pow(b[i], 1.5);
    a[i] = std::sqrt(scaled) + std::log(scaled + 1.0);
  }
}

void vector_of_results_bad(std::vector<double> &out, const std::vector<double> &in) {
  for (std::size_t i = 0; i < in.size(); ++i)
  // EXPECT@-1: can run in parallel if `in` and `out` do not overlap
    out[i] = std::cos(in[i]) * std::exp(in[i]);
}

void nest_bad() {
  for (int i = 1; i < 999; ++i) // EXPECT: iterations of this loop are independent
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
  for (int i = 0; i < N; ++i) // EXPECT: iterations of this loop are independent
    a[i] = heavy(b[i]);
}

void even_and_odd_bad() {
  for (int i = 0; i < N / 2; ++i) // EXPECT: iterations of this loop are independent
    a[2 * i] = heavy(a[2 * i + 1]);
}

// Reductions

double sum_bad() {
  double sum = 0;
  for (int i = 0; i < N; ++i) // EXPECT: reduction(+ : sum)
    sum += std::sqrt(a[i]) * std::exp(b[i]);
  return sum;
}

double largest_bad() {
  double largest = heavy(a[0]);
  for (int i = 1; i < N; ++i) // EXPECT: reduction(max : largest)
    largest = std::max(largest, heavy(a[i]));
  return largest;
}

struct Stats {
  std::vector<double> samples;
  double total = 0;
  void add_up_bad() {
    for (std::size_t i = 0; i < samples.size(); ++i)  // EXPECT: reduction(+ : total)
      total += heavy(samples[i]);
  }
};

// Containers, iterators, references

void range_for_bad(std::vector<double> &values) {
  for (double &value : values)  // EXPECT: independent
    value = heavy(value);
}

void iterator_bad(std::vector<double> &values) {
  for (auto it = values.begin(); it != values.end(); ++it)  // EXPECT: independent
    *it = heavy(*it);
}

void map_values_bad(std::map<int, double> &values) {
  for (auto &[key, value] : values)  // EXPECT: independent
    value = heavy(value + key);
}

void nested_vectors_bad(std::vector<std::vector<double>> &rows) {
  for (std::size_t i = 0; i < rows.size(); ++i)  // EXPECT: independent
    for (std::size_t j = 0; j < 100; ++j)
      rows[i][j] = heavy(rows[i][j]);
}

void owned_arrays_bad(int n) {
  std::unique_ptr<double[]> from(new double[n]), to(new double[n]);
  for (int i = 0; i < n; ++i)  // EXPECT: independent
    to[i] = heavy(from[i]);
}

struct Particle {
  double position, speed;
};
void move(Particle &p) { p.position += heavy(p.speed); }
void write_through_reference_bad(std::vector<Particle> &all) {
  for (std::size_t i = 0; i < all.size(); ++i)  // EXPECT: independent
    move(all[i]);
}

void pointer_walk_bad(float *first, int n) {
  for (float *p = first; p < first + n; ++p)  // EXPECT: independent
    *p = std::sqrt(*p) * std::exp(*p) + std::log(*p);
}

void row_by_row_bad(double *image, int height) {
  for (int y = 0; y < height; ++y) {  // EXPECT: independent
    double *row = image + 640 * y;
    for (int x = 0; x < 640; ++x)
      row[x] = heavy(row[x]);
  }
}

void restrict_bad(double *__restrict to, const double *__restrict from, int n) {
  for (int i = 0; i < n; ++i)  // EXPECT: independent
    to[i] = heavy(from[i]);
}

// Under an assumption

void pointers_bad(double *to, const double *from, int n) {
  for (int i = 0; i < n; ++i)  // EXPECT: if `from` and `to` do not overlap
    to[i] = heavy(from[i]);
}

void scatter_bad(std::vector<double> &to, const std::vector<int> &index) {
  for (std::size_t i = 0; i < index.size(); ++i)  // EXPECT: if `index` has no duplicate values
    to[index[i]] = heavy(i);
}

void histogram_bad(const std::vector<int> &values) {
  for (std::size_t i = 0; i < values.size(); ++i)  // EXPECT: reduction(+ : histogram)
    histogram[values[i]] += static_cast<int>(heavy(values[i]));
}

void pack_bad(double *__restrict to, const double *__restrict from, int n) {
  int k = 0;
  for (int i = 0; i < n; ++i)  // EXPECT: linear(k : 1)
    to[k++] = heavy(from[i]);
}

// What one iteration leaves to the next

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

void collapsing_subscript_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: if updates of `a` are made atomic
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

void neighbour_bits_ok(std::vector<bool> &flags) {
  for (std::size_t i = 0; i < flags.size(); ++i)
    flags[i] = heavy(static_cast<double>(i)) > 0;
}

void append_bad(std::vector<double> &to, const std::vector<double> &from) {
  for (double value : from)  // EXPECT: reduction(append : to)
    to.push_back(heavy(value));
}

int last_match_ok(const std::vector<double> &values) {
  int last = -1;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (heavy(values[i]) > 0)
      last = static_cast<int>(i);
  return last;
}

int filter_ok(const double *__restrict from, double *__restrict to, int n) {
  int k = 0;
  for (int i = 0; i < n; ++i)
    if (heavy(from[i]) > 0)
      to[k++] = from[i];
  return k;
}

void through_a_lambda_ok(std::vector<double> &values) {
  double sum = 0;
  auto add = [&](double x) { sum = sum * 0.5 + heavy(x); };
  for (double value : values)
    add(value);
  values[0] = sum;
}

void through_a_function_object_ok(std::vector<double> &values, const std::function<double(double)> &f) {
  for (double &value : values)
    value = heavy(f(value));
}

void sort_with_a_function_ok(std::vector<std::vector<double>> &rows, bool (*less)(double, double)) {
  for (auto &row : rows) {
    std::sort(row.begin(), row.end(), less);
    row[0] = heavy(row[0]);
  }
}

void only_the_inner_loop_bad(double *p, double *q, int n) {
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < 100; ++j)  // EXPECT: if `p` and `q` do not overlap
      p[j] = heavy(q[j]);
    double *t = p;
    p = q;
    q = t;
  }
}

// Not worth it

void few_and_cheap_ok() {
  for (int i = 0; i < 8; ++i)
    a[i] = b[i];
}

void fill_a_table_ok(int *heads) {
  for (int i = 0; i < 65536; ++i)
    heads[i] = -1;
}

void collect_a_little_ok(std::string &text) {
  for (int i = 0; i < 300000; ++i)
    text.push_back('x');
}

// Assumptions that make sense

struct Codes {
  int sizes[1000], fast[512], order[1000];
};

void result_is_no_scratch_space_ok(Codes *codes, const int *start) {
  for (int i = 0; i < 1000; ++i)
    for (int j = 0; j < codes->sizes[i]; ++j)
      codes->fast[start[i] + j] = i;
}

static const double Largest = 1e300;
double limited(double x) { return x < Largest ? std::sqrt(x) : Largest; }

void constants_do_not_change_bad(double *p) {
  for (int i = 0; i < 10000; ++i)  // EXPECT: independent
    p[i] = limited(i);
}

void assigned_twice_bad(std::vector<double> &values) {
  for (int i = 0; i < 10000; ++i)  // EXPECT: independent
    values[2 * i] = values[2 * i + 1] = heavy(i);
}

void halo_bad(double *u, int rows, int columns, int halo) {
  for (int j = halo; j < rows - halo; ++j)  // EXPECT: if `halo` is not negative
    for (int k = halo; k < columns - halo; ++k)
      u[k + j * columns] = heavy(j);
}

double halo_is_only_read_bad(const double *u, int rows, int columns, int halo) {
  double sum = 0;
  for (int j = halo; j < rows - halo; ++j)  // EXPECT: only combine
    for (int k = halo; k < columns - halo; ++k)
      sum += heavy(u[k + j * columns]);
  return sum;
}
