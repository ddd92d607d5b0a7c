// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=c++20
// RUN: %parallel %s -- -std=c++20
// REQUIRES: openmp
//
// What may be the same memory: pointers and references that are told apart by their
// declarations or types, those that are apart under an assumption, those that meet.
#include "Inputs/show.h"

#include <cstring>
#include <memory>
#include <span>
#include <vector>

constexpr int N = 260;
double a[2 * N], b[2 * N], c[2 * N];
float floats[N];
int order[N], starts[N], numbers[N];
std::vector<double> values, results;
std::vector<int> where;
struct Columns {
  std::vector<double> first, second;
  double head[N], tail[N];
} columns, others;

static void prepare() {
  fill(a, 1), fill(b, 2), fill(c, 3), fill(floats, 4), fill(numbers, 6);
  fill(values, N, 7), fill(results, N, 8), fill(where, N, 9);
  fill(columns.first, N, 10), fill(columns.second, N, 11), fill(columns.head, 12), fill(columns.tail, 13), fill(others.head, 14);
  permutation(order), permutation(where), ascending(starts);
}
static auto state() {
  return std::tie(a, b, c, floats, numbers, values, results, columns.first, columns.head);
}

// Apart

void restrict_bad(double *__restrict to, const double *__restrict from, int n) {
  for (int i = 0; i < n; ++i)  // EXPECT: independent
    to[i] = from[i] * 2;
}

void arrays_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    a[i] = b[i] + c[i];
}

void members_of_one_object_bad(Columns &both) {
  for (int i = 0; i < N; ++i) {  // EXPECT: independent
    both.first[i] = both.second[i] * 2;
    both.head[i] = both.tail[i] + 1;
  }
}

void one_member_of_two_objects_bad(Columns &one, const Columns &other) {
  for (int i = 0; i < N - 1; ++i)  // EXPECT: if `one.head` and `other.head` do not overlap
    one.head[i] = other.head[i + 1];
}

void local_array_and_parameter_bad(const double *from) {
  double squares[N];
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    squares[i] = from[i] * from[i];
  std::memcpy(a, squares, sizeof squares);
}

void new_memory_bad(const double *from, int n) {
  double *copy = new double[n];
  for (int i = 0; i < n; ++i)  // EXPECT: independent
    copy[i] = from[n - 1 - i];
  std::memcpy(a, copy, n * sizeof *copy);
  delete[] copy;
}

void by_type_bad(float *to, const int *from, int n) {
  for (int i = 0; i < n; ++i)  // EXPECT: independent
    to[i] = static_cast<float>(from[i]);
}

void two_halves_bad() {
  double *low = a, *high = a + N;
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    low[i] = high[i] + 1;
}

void same_place_through_two_names_bad() {
  double *p = a, *q = a;
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    p[i] = q[i] * 2;
}

void two_vectors_by_value_bad(std::vector<double> from) {
  for (std::size_t i = 0; i < from.size(); ++i)  // EXPECT: independent
    results[i] = from[i] + 1;
}

void read_only_pointers_bad(const double *x, const double *y) {
  double sum = 0;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : sum)
    sum += x[i] * y[i];
  a[0] = sum;
}

// Apart under an assumption

void pointers_bad(double *to, const double *from, int n) {
  for (int i = 0; i < n; ++i)  // EXPECT: if `from` and `to` do not overlap
    to[i] = from[i] + 1;
}

void three_pointers_bad(double *x, const double *y, const double *z, int n) {
  for (int i = 0; i < n; ++i)  // EXPECT: do not overlap
    x[i] = y[i] * z[i];
}

void vectors_by_reference_bad(std::vector<double> &to, const std::vector<double> &from) {
  for (std::size_t i = 0; i < from.size(); ++i)  // EXPECT: if `from` and `to` do not overlap
    to[i] = from[i] - 1;
}

void spans_bad(std::span<double> to, std::span<const double> from) {
  for (std::size_t i = 0; i < from.size(); ++i)  // EXPECT: if `from` and `to` do not overlap
    to[i] = from[i] * 3;
}

void stencil_between_pointers_bad(double *to, const double *from, int n) {
  for (int i = 1; i < n - 1; ++i)  // EXPECT: if `from` and `to` do not overlap
    to[i] = (from[i - 1] + from[i + 1]) / 2;
}

void scatter_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: if `order` has no duplicate values
    a[order[i]] = b[i];
}

void update_by_index_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: if `order` has no duplicate values
    a[order[i]] = a[order[i]] * 2 + b[i];
}

void scatter_in_a_vector_bad() {
  for (std::size_t i = 0; i < where.size(); ++i)  // EXPECT: if `where` has no duplicate values
    results[where[i]] = values[i];
}

void gather_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    a[i] = b[order[i]];
}

void bounds_in_an_array_bad(const int *first) {
  for (int i = 0; i < N - 1; ++i) {  // EXPECT: independent
    double sum = 0;
    for (int k = first[i]; k < first[i + 1]; ++k)
      sum += b[k];
    a[i] = sum;
  }
}

// Not apart

void shifted_pointer_ok() {
  double *p = a + 1;
  for (int i = 0; i < N; ++i)  // CARRIED
    p[i] = a[i] + 1;
}

void shifted_by_four_ok() {
  const double *p = a;
  double *q = a + 4;
  for (int i = 0; i < N; ++i)  // CARRIED
    q[i] = p[i] * 0.5;
}

void reference_to_an_element_ok() {
  double &first = a[0];
  for (int i = 1; i < N; ++i) {  // CARRIED
    a[i] += first;
    first = a[i] / 2;
  }
}

void pointer_to_an_element_ok() {
  double *middle = &a[N / 2];
  for (int i = 0; i < N; ++i)  // CARRIED
    a[i] = *middle + i;
}

void view_of_the_same_vector_ok() {
  std::span<double> all = values, later = all.subspan(1);
  for (std::size_t i = 0; i < later.size(); ++i)  // CARRIED
    later[i] = all[i] + 1;
}

void data_of_the_same_vector_ok() {
  double *p = values.data() + 1;
  for (int i = 0; i < N - 1; ++i)  // CARRIED
    p[i] = values[i] + 1;
}

void bytes_of_the_same_array_ok() {
  unsigned char *bytes = reinterpret_cast<unsigned char *>(numbers);
  for (int i = 0; i < N; ++i)  // CARRIED
    numbers[i] = bytes[i] + 1;
}

void known_duplicates_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    a[i & 7] = a[(i + 1) & 7] + b[i];
}

void read_where_another_writes_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    a[order[i]] = a[i] + 1;
}

void index_array_is_written_ok() {
  for (int i = 0; i < N - 1; ++i) {  // CARRIED
    order[i + 1] = (order[i] + 3) % N;
    a[i] = order[i];
  }
}

void pointer_moves_from_one_to_the_next_ok() {
  double *last = a;
  for (int i = 1; i < N; ++i) {  // CARRIED
    a[i] = *last + 1;
    last = &a[i];
  }
}

void union_ok() {
  union {
    int number[8];
    float fraction[8];
  } both = {};
  for (int i = 0; i < N; ++i) {  // CARRIED
    both.number[i % 8] = numbers[i];
    a[i] = both.fraction[(i + 1) % 8] > 0 ? 1 : 2;
  }
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(restrict_bad(a, b, N));
  SHOW(arrays_bad());
  SHOW(members_of_one_object_bad(columns));
  SHOW(one_member_of_two_objects_bad(columns, others));
  SHOW(local_array_and_parameter_bad(b));
  SHOW(new_memory_bad(b, N));
  SHOW(by_type_bad(floats, numbers, N));
  SHOW(two_halves_bad());
  SHOW(same_place_through_two_names_bad());
  SHOW(two_vectors_by_value_bad(values));
  SHOW(read_only_pointers_bad(b, b));
  SHOW(pointers_bad(a, b, N));
  SHOW(three_pointers_bad(a, b, c, N));
  SHOW(vectors_by_reference_bad(results, values));
  SHOW(spans_bad(results, values));
  SHOW(stencil_between_pointers_bad(a, b, N));
  SHOW(scatter_bad());
  SHOW(update_by_index_bad());
  SHOW(scatter_in_a_vector_bad());
  SHOW(gather_bad());
  SHOW(bounds_in_an_array_bad(starts));
  SHOW(shifted_pointer_ok());
  SHOW(shifted_by_four_ok());
  SHOW(reference_to_an_element_ok());
  SHOW(pointer_to_an_element_ok());
  SHOW(view_of_the_same_vector_ok());
  SHOW(data_of_the_same_vector_ok());
  SHOW(bytes_of_the_same_array_ok());
  SHOW(known_duplicates_ok());
  SHOW(read_where_another_writes_ok());
  SHOW(index_array_is_written_ok());
  SHOW(pointer_moves_from_one_to_the_next_ok());
  SHOW(union_ok());
}
