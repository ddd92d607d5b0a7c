// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=gnu11
// RUN: %parallel %s -- -std=gnu11
// REQUIRES: openmp
//
// Loops as they are written in C: arrays with sizes from parameters, pointers with
// and without restrict, structs, tables.
#include "Inputs/show_c.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { N = 200, W = 24, H = 16 };
static double x[N], y[N], z[N];
static double matrix[W * H], other[W * H];
static unsigned char picture[3 * W * H], grey[W * H];
static int counts[N], links[N];
struct node {
  double weight;
  int parent;
  unsigned visited : 1, open : 1;
};
static struct node nodes[N];

static void prepare(void) {
  FILL(x, 1);
  FILL(y, 2);
  FILL(z, 3);
  FILL(matrix, 4);
  FILL(other, 5);
  FILL(picture, 6);
  FILL(grey, 7);
  FILL(counts, 8);
  FILL(links, 9);
  memset(nodes, 0, sizeof nodes);
}
static uint64_t state(void) {
  uint64_t h = DIGEST(DIGEST(DIGEST(1, x), y), z);
  h = DIGEST(DIGEST(DIGEST(DIGEST(h, matrix), other), grey), counts);
  return DIGEST(h, nodes);
}

// Independent

void axpy_bad(int n, double by, const double *restrict from, double *restrict to) {
  int i;
  for (i = 0; i < n; i++)  // EXPECT: independent
    to[i] += by * from[i];
}

void matrix_as_parameter_bad(int n, int m, double to[n][m], double from[n][m]) {
  for (int i = 0; i < n; i++)  // EXPECT: if `from` and `to` do not overlap
    for (int j = 0; j < m; j++)
      to[i][j] = from[i][j] * 2;
}

void rows_of_constant_length_bad(double to[][W], int n) {
  for (int i = 0; i < n; i++)  // EXPECT: independent
    for (int j = 1; j < W; j++)
      to[i][j] += to[i][j - 1];
}

void local_matrix_bad(int n, int m) {
  double t[n][m];
  for (int i = 0; i < n; i++)  // EXPECT: independent
    for (int j = 0; j < m; j++)
      t[i][j] = matrix[i] + other[j];
  memcpy(matrix, t, sizeof t);
}

void to_grey_bad(void) {
  for (int i = 0; i < W * H; i++)  // EXPECT: independent
    grey[i] = (unsigned char)((picture[3 * i] + picture[3 * i + 1] + picture[3 * i + 2]) / 3);
}

void inverted_bad(unsigned char *p, const unsigned char *end) {
#ifdef _OPENMP
#pragma omp parallel for
  for (unsigned char *q = p; q < end; q++)
    *q = (unsigned char)(255 - *q);
#else
  for (; p < end; p++)  // EXPECT: independent
    *p = (unsigned char)(255 - *p);
#endif
}

double norm_bad(const double *v, int n) {
  double sum = 0;
  for (int i = 0; i < n; i++)  // EXPECT: reduction(+ : sum)
    sum += v[i] * v[i];
  return sum;
}

double farthest_bad(const double *v, int n) {
  double most = 0;
  for (int i = 0; i < n; i++)  // EXPECT: reduction(max : most)
    most = fmax(most, fabs(v[i] - 4));
  return most;
}

void struct_members_bad(void) {
  for (int i = 0; i < N; i++) {  // EXPECT: independent
    struct node *each = &nodes[i];
    each->weight = x[i];
    each->parent = i ? i - 1 : 0;
  }
}

void copied_structs_bad(struct node *restrict to) {
  for (int i = 0; i < N; i++)  // EXPECT: independent
    to[i] = nodes[N - 1 - i];
}

void allocated_bad(int n) {
  double *scratch = malloc(n * sizeof *scratch);
  for (int i = 0; i < n; i++)  // EXPECT: independent
    scratch[i] = x[i] + y[i];
  for (int i = 0; i < n; i++)  // EXPECT: independent
    z[i] = scratch[n - 1 - i];
  free(scratch);
}

void cleared_rows_bad(void) {
  for (int i = 0; i < H; i++)  // EXPECT: independent
    memset(&matrix[i * W], 0, W * sizeof *matrix);
}

void conditional_update_bad(int n) {
  for (int i = 0; i < n; i++)  // EXPECT: independent
    if (x[i] > y[i])
      x[i] = y[i];
    else if (x[i] < z[i])
      x[i] = z[i];
}

void sieve_bad(void) {
  for (int i = 2; i < N; i++)  // CARRIED
    if (counts[i] != -1)
      for (int k = 2 * i; k < N; k += i)  // EXPECT: independent
        counts[k] -= counts[i] + 1;
}

// Carried

void tridiagonal_ok(int n) {
  for (int i = 1; i < n; i++) {  // CARRIED
    double by = z[i] / (1 + x[i - 1]);
    x[i] -= by;
    y[i] -= by * y[i - 1];
  }
}

void error_diffusion_ok(void) {
  int error = 0;
  for (int i = 0; i < W * H; i++) {  // CARRIED
    int value = grey[i] + error;
    grey[i] = value > 4 ? 9 : 0;
    error = value - grey[i];
  }
}

void low_pass_ok(const double *restrict in, double *restrict out, int n) {
  double state = 0;
  for (int i = 0; i < n; i++) {  // CARRIED
    state += (in[i] - state) / 4;
    out[i] = state;
  }
}

void depth_of_parents_ok(void) {
  for (int i = 1; i < N; i++)  // CARRIED
    counts[i] = counts[links[i] % i] + 1;
}

void overlapping_copy_ok(void) {
  for (int i = 0; i < N - 5; i++)  // CARRIED
    x[i + 5] = x[i] / 2;
}

void flags_in_one_word_ok(struct node *node) {
  for (int i = 0; i < N; i++) {  // CARRIED
    node->visited = counts[i] & 1;
    node->open = node->visited ^ (unsigned)(i & 1);
    x[i] = node->open;
  }
}

void shuffled_ok(void) {
  for (int i = N - 1; i > 0; i--) {  // CARRIED
    int k = (links[i] * 31 + i * 7) % (i + 1);
    double t = x[i];
    x[i] = x[k];
    x[k] = t;
  }
}

void insertion_sort_ok(void) {
  for (int i = 1; i < N; i++) {  // CARRIED
    double each = x[i];
    int k = i - 1;
    while (k >= 0 && x[k] > each) {
      x[k + 1] = x[k];
      k--;
    }
    x[k + 1] = each;
  }
}

void fibonacci_ok(void) {
  counts[0] = counts[1] = 1;
  for (int i = 2; i < 40; i++)  // CARRIED
    counts[i] = counts[i - 1] + counts[i - 2];
}

void union_of_sets_ok(void) {
  for (int i = 1; i < N; i++) {  // CARRIED
    int p = 1 + i % 50, q = 1 + (links[i] * 17 + i) % (N - 1);
    while (nodes[p].parent)
      p = nodes[p].parent;
    while (nodes[q].parent)
      q = nodes[q].parent;
    if (p > q)
      nodes[p].parent = q;
    else if (q > p)
      nodes[q].parent = p;
  }
}

static double seed = 1;
static double noise(void) {
  seed = fmod(seed * 7 + 3, 101);
  return seed;
}
void noise_from_a_file_static_ok(void) {
  for (int i = 0; i < N; i++)  // CARRIED
    x[i] += noise();
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(axpy_bad(N, 3, x, y));
  SHOW(matrix_as_parameter_bad(H, W, (double(*)[W])matrix, (double(*)[W])other));
  SHOW(rows_of_constant_length_bad((double(*)[W])matrix, H));
  SHOW(local_matrix_bad(H, W));
  SHOW(to_grey_bad());
  SHOW(inverted_bad(grey, grey + W * H));
  SHOW_RESULT(norm_bad(x, N));
  SHOW_RESULT(farthest_bad(x, N));
  SHOW(struct_members_bad());
  struct node *copy = calloc(N, sizeof *copy);
  SHOW(copied_structs_bad(copy));
  free(copy);
  SHOW(allocated_bad(N));
  SHOW(cleared_rows_bad());
  SHOW(conditional_update_bad(N));
  SHOW(sieve_bad());
  SHOW(tridiagonal_ok(N));
  SHOW(error_diffusion_ok());
  SHOW(low_pass_ok(x, y, N));
  SHOW(depth_of_parents_ok());
  SHOW(overlapping_copy_ok());
  SHOW(flags_in_one_word_ok(nodes));
  SHOW(shuffled_ok());
  SHOW(insertion_sort_ok());
  SHOW(fibonacci_ok());
  SHOW(union_of_sets_ok());
  SHOW(noise_from_a_file_static_ok());
}
