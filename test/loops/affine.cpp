// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=c++20
// RUN: %parallel %s -- -std=c++20
// REQUIRES: openmp
//
// Subscripts that are linear in the indices: nests, strides, linearised arrays,
// triangles.
#include "Inputs/show.h"

constexpr int N = 48;
double a[N][N], b[N][N], c[N][N];
double line[N * N], other[N * N];
double cube[8][N][N];
double vec[N], result[N];
unsigned factors[N][N], solution[N];

static void prepare() {
  fill(a, 1), fill(b, 2), fill(c, 3), fill(line, 4), fill(other, 5), fill(cube, 6);
  fill(vec, 7), fill(result, 8), fill(factors, 9), fill(solution, 10);
}
static auto state() { return std::tie(a, b, c, line, other, cube, vec, result, solution); }

// Independent

void add_matrices_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    for (int j = 0; j < N; ++j)
      c[i][j] = a[i][j] + b[i][j];
}

void multiply_matrices_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    for (int j = 0; j < N; ++j) {
      double sum = 0;
      for (int k = 0; k < N; ++k)
        sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
}

void multiply_in_place_of_sum_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    for (int j = 0; j < N; ++j) {
      c[i][j] = 0;
      for (int k = 0; k < N; ++k)
        c[i][j] += a[i][k] * b[k][j];
    }
}

void transpose_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    for (int j = 0; j < N; ++j)
      b[j][i] = a[i][j];
}

void transpose_in_place_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    for (int j = i + 1; j < N; ++j) {
      double t = a[i][j];
      a[i][j] = a[j][i];
      a[j][i] = t;
    }
}

void jacobi_bad() {
  for (int i = 1; i < N - 1; ++i)  // EXPECT: independent
    for (int j = 1; j < N - 1; ++j)
      b[i][j] = a[i - 1][j] + a[i + 1][j] + a[i][j - 1] + a[i][j + 1] - 4 * a[i][j];
}

void constant_row_length_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    for (int j = 0; j < N; ++j)
      line[i * N + j] += other[j * N + i];
}

void symbolic_row_length_bad(int rows, int columns) {
  for (int i = 0; i < rows; ++i)  // EXPECT: independent
    for (int j = 0; j < columns; ++j)
      line[i * columns + j] *= 2;
}

void symbolic_column_order_bad(int rows, int columns) {
  for (int j = 0; j < columns; ++j)  // EXPECT: independent
    for (int i = 0; i < rows; ++i)
      line[i * columns + j] += other[j];
}

void inner_of_a_recurrence_over_rows_bad() {
  for (int i = 1; i < N; ++i)  // CARRIED
    for (int j = 0; j < N; ++j)  // EXPECT: independent
      a[i][j] += a[i - 1][j];
}

void only_along_the_row_bad() {
  for (int i = 0; i < N; ++i)  // CARRIED
    for (int j = 1; j < N; ++j)  // EXPECT: independent
      cube[0][0][j] = cube[0][0][j] * 0.5 + a[i][j];
}

void outer_of_a_recurrence_along_rows_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    for (int j = 1; j < N; ++j)
      a[i][j] += a[i][j - 1];
}

void forward_substitution_bad() {
  for (int i = 1; i < N; ++i)  // CARRIED
    // NOT-SHOWN: a clause would give each thread zeros for the `solution[j]` that it reads
    for (int j = 0; j < i; ++j)  // EXPECT: only combine their results
      solution[i] -= factors[i][j] * solution[j];
}

void lower_triangle_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    for (int j = 0; j <= i; ++j)
      a[i][j] = b[i][j] - c[j][i];
}

void mirror_the_triangle_bad() {
  for (int i = 1; i < N; ++i)  // EXPECT: independent
    for (int j = 0; j < i; ++j)
      a[i][j] = a[j][i];
}

void trapezoid_bad(int n) {
  for (int i = 0; i < n; ++i)  // EXPECT: independent
    for (int j = i; j < i + n / 2; ++j)
      cube[0][i][j - i] = line[j] + vec[i];
}

void even_elements_bad() {
  for (int i = 0; i < N; i += 2)  // EXPECT: independent
    vec[i] = result[i] + result[i + 1];
}

void even_from_odd_bad() {
  for (int i = 0; i < N / 2; ++i)  // EXPECT: independent
    line[2 * i] += line[2 * i + 1];
}

void blocks_of_four_bad() {
  for (int i = 0; i < N * N; i += 4) {  // EXPECT: independent
    line[i] = other[i];
    line[i + 1] = line[i] + other[i + 1];
    line[i + 2] = line[i + 1] + other[i + 2];
    line[i + 3] = line[i + 2] + other[i + 3];
  }
}

void halves_bad() {
  for (int i = 0; i < N / 2; ++i)  // EXPECT: independent
    vec[i] = vec[i + N / 2] * 2;
}

void reverse_bad() {
  for (int i = 0; i < N / 2; ++i) {  // EXPECT: independent
    double t = vec[i];
    vec[i] = vec[N - 1 - i];
    vec[N - 1 - i] = t;
  }
}

void planes_bad() {
  for (int z = 0; z < 8; ++z)  // EXPECT: independent
    for (int y = 1; y < N; ++y)
      for (int x = 0; x < N; ++x)
        cube[z][y][x] -= cube[z][y - 1][x];
}

void matrix_times_vector_bad(int n) {
  for (int i = 0; i < n; ++i) {  // EXPECT: independent
    result[i] = 0;
    for (int j = 0; j < n; ++j)
      result[i] += a[i][j] * vec[j];
  }
}

void diagonal_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    line[i * (N + 1)] = 1;
}

// Carried

void gauss_seidel_ok() {
  for (int i = 1; i < N - 1; ++i)  // CARRIED
    for (int j = 1; j < N - 1; ++j)
      a[i][j] = (a[i - 1][j] + a[i + 1][j] + a[i][j - 1] + a[i][j + 1]) / 4;
}

void summed_area_ok() {
  for (int i = 1; i < N; ++i)  // CARRIED
    for (int j = 1; j < N; ++j)
      a[i][j] += a[i - 1][j] + a[i][j - 1] - a[i - 1][j - 1];
}

void longest_common_subsequence_ok() {
  for (int i = 1; i < N; ++i)  // CARRIED
    for (int j = 1; j < N; ++j)
      if (vec[i] == result[j])
        a[i][j] = a[i - 1][j - 1] + 1;
      else
        a[i][j] = a[i - 1][j] > a[i][j - 1] ? a[i - 1][j] : a[i][j - 1];
}

void shift_by_two_ok() {
  for (int i = 2; i < N; ++i)  // CARRIED
    vec[i] = vec[i - 2] + 1;
}

void flatten_with_overlapping_rows_ok() {
  for (int i = 0; i < N - 1; ++i)  // CARRIED
    for (int j = 1; j < N + 1; ++j)
      line[i * N + j] = line[i * N + j - 1] + other[j];
}

void symbolic_distance_ok(int by) {
  for (int i = by; i < N * N; ++i)  // CARRIED
    line[i] += line[i - by];
}

void halving_ok() {
  for (int i = 2; i < N * N; ++i)  // CARRIED
    line[i] = line[i / 2] + 1;
}

void wrap_around_ok() {
  for (int i = 0; i < N * N; ++i)  // CARRIED
    vec[i % N] += line[i] * vec[(i + 1) % N];
}

void mirrored_read_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    vec[i] = vec[N - 1 - i] + result[i];
}

void double_stride_ok() {
  for (int i = 1; i < N * N / 2; ++i)  // CARRIED
    line[2 * i] = line[i] + 1;
}

void skewed_ok() {
  for (int i = 1; i < N; ++i)  // CARRIED
    for (int j = 1; j < N - 1; ++j)
      a[i][j] = a[i - 1][j + 1] + a[i][j - 1];
}

void shortest_paths_ok() {
  for (int k = 0; k < N; ++k)  // CARRIED
    for (int i = 0; i < N; ++i)
      for (int j = 0; j < N; ++j)
        if (a[i][k] + a[k][j] < a[i][j])
          a[i][j] = a[i][k] + a[k][j];
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(add_matrices_bad());
  SHOW(multiply_matrices_bad());
  SHOW(multiply_in_place_of_sum_bad());
  SHOW(transpose_bad());
  SHOW(transpose_in_place_bad());
  SHOW(jacobi_bad());
  SHOW(constant_row_length_bad());
  SHOW(symbolic_row_length_bad(N, N));
  SHOW(symbolic_column_order_bad(N, N));
  SHOW(inner_of_a_recurrence_over_rows_bad());
  SHOW(only_along_the_row_bad());
  SHOW(outer_of_a_recurrence_along_rows_bad());
  SHOW(forward_substitution_bad());
  SHOW(lower_triangle_bad());
  SHOW(mirror_the_triangle_bad());
  SHOW(trapezoid_bad(N));
  SHOW(even_elements_bad());
  SHOW(even_from_odd_bad());
  SHOW(blocks_of_four_bad());
  SHOW(halves_bad());
  SHOW(reverse_bad());
  SHOW(planes_bad());
  SHOW(matrix_times_vector_bad(N));
  SHOW(diagonal_bad());
  SHOW(gauss_seidel_ok());
  SHOW(summed_area_ok());
  SHOW(longest_common_subsequence_ok());
  SHOW(shift_by_two_ok());
  SHOW(flatten_with_overlapping_rows_ok());
  SHOW(symbolic_distance_ok(3));
  SHOW(halving_ok());
  SHOW(wrap_around_ok());
  SHOW(mirrored_read_ok());
  SHOW(double_stride_ok());
  SHOW(skewed_ok());
  SHOW(shortest_paths_ok());
}
