// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=c++20
// RUN: %parallel %s -- -std=c++20
// REQUIRES: openmp
//
// The forms of a loop: what advances, in which direction, and where the loop says so.
// What stands under _OPENMP is the same loop by hand, for labels that no pragma alone can
// show.
#include "Inputs/show.h"

#include <cstddef>

constexpr int N = 400;
double a[N], b[N], c[N];
int numbers[N];
char text[N];

static void prepare() {
  fill(a, 1), fill(b, 2), fill(c, 3), fill(numbers, 4), fillText(text, 5);
}
static auto state() { return std::tie(a, b, c, numbers, text); }

// Independent

void counted_down_bad() {
  for (int i = N - 1; i >= 0; --i)  // EXPECT: independent
    a[i] = b[i] + 1;
}

void counted_down_to_one_bad() {
  for (int i = N; i > 0; i--)  // EXPECT: independent
    a[i - 1] = b[i - 1] * 2;
}

void unsigned_counted_down_bad() {
#ifdef _OPENMP
#pragma omp parallel for
  for (int i = 0; i < N; ++i)
    a[i] = c[i] - b[i];
#else
  for (std::size_t i = N; i-- > 0;)  // EXPECT: independent
    a[i] = c[i] - b[i];
#endif
}

void until_not_equal_bad() {
  for (int i = 0; i != N; ++i)  // EXPECT: independent
    c[i] = a[i] * b[i];
}

void inclusive_bound_bad(int last) {
  for (int i = 0; i <= last; ++i)  // EXPECT: independent
    a[i] += c[i];
}

void bound_on_the_left_bad() {
  for (int i = 0; N > i; i++)  // EXPECT: independent
    a[i] -= c[i];
}

void step_spelled_out_bad() {
  for (int i = 0; i < N; i = i + 3)  // EXPECT: independent
    a[i] = numbers[i];
}

void index_from_outside_bad() {
  int i;
  for (i = 0; i < N; i++)  // EXPECT: independent
    b[i] = a[i] + numbers[i];
}

void pointer_to_the_end_bad() {
  for (double *p = a; p != a + N; ++p)  // EXPECT: independent
    *p = *p * 2 + 1;
}

void pointer_backwards_bad() {
  for (double *p = a + N - 1; p >= a; --p)  // EXPECT: independent
    *p += 3;
}

void pointer_in_pairs_bad() {
  for (double *p = a; p < a + N; p += 2) {  // EXPECT: independent
    double t = p[0];
    p[0] = p[1];
    p[1] = t;
  }
}

void while_loop_bad() {
#ifdef _OPENMP
#pragma omp parallel for
  for (int i = 0; i < N; ++i)
    a[i] = b[i] * b[i];
#else
  int i = 0;
  while (i < N) {  // EXPECT: independent
    a[i] = b[i] * b[i];
    ++i;
  }
#endif
}

void while_counted_down_bad(int n) {
#ifdef _OPENMP
#pragma omp parallel for
  for (int i = n - 1; i >= 0; --i)
    c[i] = a[i] + b[i];
#else
  while (n > 0) {  // EXPECT: independent
    --n;
    c[n] = a[n] + b[n];
  }
#endif
}

void do_loop_bad() {
#ifdef _OPENMP
#pragma omp parallel for
  for (int i = 0; i < N; ++i)
    a[i] = numbers[i] + 1;
#else
  int i = 0;
  do {  // EXPECT: independent
    a[i] = numbers[i] + 1;
    i++;
  } while (i < N);
#endif
}

void step_in_the_body_bad() {
#ifdef _OPENMP
#pragma omp parallel for
  for (int i = 0; i < N; i += 2)
    a[i] = b[i];
#else
  for (int i = 0; i < N;) {  // EXPECT: independent
    a[i] = b[i];
    i += 2;
  }
#endif
}

void skipping_some_bad() {
  for (int i = 0; i < N; ++i) {  // EXPECT: independent
    if (numbers[i] % 2)
      continue;
    a[i] = b[i] / 2;
  }
}

void capitals_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    if (text[i] >= 'a' && text[i] <= 'z')
      text[i] = static_cast<char>(text[i] - 'a' + 'A');
}

void bound_read_from_memory_bad(const int *count) {
  for (int i = 0; i < *count; ++i)  // EXPECT: independent
    a[i] = b[i] + c[i];
}

// Carried, or of no known length

int length_of_text_ok(const char *s) {
  int n = 0;
  while (s[n] != 0)
    // NOT-SHOWN: every step asks what is there before it goes on
    ++n;
  return n;
}

int collatz_ok(unsigned n) {
  int steps = 0;
  while (n != 1) {
    // NOT-SHOWN: the length is not known before the end
    n = n % 2 ? 3 * n + 1 : n / 2;
    ++steps;
  }
  return steps;
}

unsigned euclid_ok(unsigned x, unsigned y) {
  while (y) {
    // NOT-SHOWN: OpenMP takes no `while`
    unsigned t = x % y;
    x = y;
    y = t;
  }
  return x;
}

double newton_ok(double x) {
  double root = x;
  for (int i = 0; i < 40; ++i)  // CARRIED
    root = (root + x / root) / 2;
  return root;
}

void copy_text_ok(char *to, const char *from) {
  while ((*to++ = *from++)) {
    // NOT-SHOWN: OpenMP takes no `while`
  }
}

void backwards_recurrence_ok() {
  for (int i = N - 2; i >= 0; --i)  // CARRIED
    a[i] = a[i] + a[i + 1] / 2;
}

void pointer_recurrence_ok() {
  for (double *p = a + 1; p < a + N; ++p)  // CARRIED
    *p += p[-1];
}

void index_changed_in_the_body_ok() {
  for (int i = 0; i < N; ++i) {
    // NOT-SHOWN: an index that the body changes is not for OpenMP
    if (numbers[i] == 3)
      ++i;
    a[i % N] += 1;
  }
}

void sparse_steps_ok() {
  int i = 0;
  while (i < N) {
    // NOT-SHOWN: OpenMP takes no `while`
    a[i] = 0;
    i += 1 + numbers[i];
  }
}

void growing_step_ok() {
  for (int i = 1; i < N; i *= 2) {
    // NOT-SHOWN: OpenMP steps by what does not change
    a[i] = a[i / 2] + 1;
  }
}

void moving_bound_ok() {
  int n = 10;
  for (int i = 0; i < n; ++i) {
    // NOT-SHOWN: a bound that the body changes is not for OpenMP
    if (numbers[i] > 4 && n < N)
      ++n;
    a[i] = n;
  }
}

void until_it_settles_ok() {
  bool changed = true;
  while (changed) {
    // NOT-SHOWN: the length is not known before the end
    changed = false;
    for (int i = 1; i < N; ++i)  // CARRIED
      if (a[i - 1] > a[i]) {
        double t = a[i];
        a[i] = a[i - 1];
        a[i - 1] = t;
        changed = true;
      }
  }
}

int main(int argc, char **argv) {
  only(argc, argv);
  int count = N;
  SHOW(counted_down_bad());
  SHOW(counted_down_to_one_bad());
  SHOW(unsigned_counted_down_bad());
  SHOW(until_not_equal_bad());
  SHOW(inclusive_bound_bad(N - 1));
  SHOW(bound_on_the_left_bad());
  SHOW(step_spelled_out_bad());
  SHOW(index_from_outside_bad());
  SHOW(pointer_to_the_end_bad());
  SHOW(pointer_backwards_bad());
  SHOW(pointer_in_pairs_bad());
  SHOW(while_loop_bad());
  SHOW(while_counted_down_bad(N));
  SHOW(do_loop_bad());
  SHOW(step_in_the_body_bad());
  SHOW(skipping_some_bad());
  SHOW(capitals_bad());
  SHOW(bound_read_from_memory_bad(&count));
  SHOW(length_of_text_ok(text));
  SHOW(collatz_ok(27));
  SHOW(euclid_ok(1071, 462));
  SHOW(newton_ok(2));
  SHOW(copy_text_ok(text, text + 7));
  SHOW(backwards_recurrence_ok());
  SHOW(pointer_recurrence_ok());
  SHOW(index_changed_in_the_body_ok());
  SHOW(sparse_steps_ok());
  SHOW(growing_step_ok());
  SHOW(moving_bound_ok());
  SHOW(until_it_settles_ok());
}
