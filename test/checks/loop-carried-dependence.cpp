// RUN: %check-fixture %s heddle-loop-carried-dependence -- -fopenmp -std=c++20
#include <mutex>
#include <vector>

extern "C" {
int omp_get_thread_num(void);
int omp_get_num_threads(void);
struct omp_lock_t { void *p; };
void omp_set_lock(omp_lock_t *);
void omp_unset_lock(omp_lock_t *);
}

constexpr int N = 1000;
double a[N], b[N], c[N], grid[N][N];
int count, flag, position[N];
double total;
double f(double);

// Iterations of a worksharing loop

void true_dependence_bad() {
#pragma omp parallel for
  for (int i = 1; i < N; i++)
    a[i] = a[i - 1] + b[i]; // EXPECT: the same element is read as `a[i - 1]` in the next iteration
                            // NOTE@-1: `a[i - 1]` is read here
}

void anti_dependence_bad() {
#pragma omp parallel for
  for (int i = 0; i < N - 4; i++)
    a[i] = a[i + 4] + b[i]; // EXPECT: is read as `a[i + 4]` in the iteration 4 earlier
}

void inner_dimension_bad() {
#pragma omp parallel
  for (int i = 0; i < N; i++) {
#pragma omp for
    for (int j = 1; j < N; j++)
      grid[i][j] = grid[i][j - 1]; // EXPECT: this loop must not run in parallel as it is
  }
}

void one_element_bad() {
#pragma omp parallel for
  for (int i = 0; i < N; i++)
    for (int k = 0; k < 10; k++)
      c[k] = a[i] + k; // EXPECT: `c[k]` is the same element in several iterations
}

void collapsed_bad() {
#pragma omp parallel for collapse(2)
  for (int i = 1; i < N; i++)
    for (int j = 0; j < N; j++)
      grid[i][j] += grid[i - 1][j]; // EXPECT: `grid[i - 1][j]` in the next iteration
}

void special_iteration_bad() {
#pragma omp parallel for
  for (int i = 0; i < N; i++) {
    a[i] = i; // EXPECT: the same element is written as `a[0]` in the next iteration
    if (i == 1)
      a[0] = 1;
  }
}

void before_the_first_column_bad() {
  double m[100][100];
#pragma omp parallel for
  for (int i = 1; i < 100; i++)
    for (int j = 0; j < 100; j++)
      m[i][j] = m[i][j - 1]; // EXPECT: this loop must not run in parallel
}

int twice[8] = {0, 1, 2, 3, 4, 3, 6, 7}, once[8] = {7, 5, 3, 1, 0, 2, 4, 6};
void through_an_index_bad() {
#pragma omp parallel for
  for (int i = 0; i < 8; i++)
    a[twice[i]] += i; // EXPECT: `a[twice[i]]` is the same element in several iterations
}

unsigned char shade[N];
void histogram_bad(int n) {
  int bins[256] = {};
#pragma omp parallel for
  for (int i = 0; i < n; i++)
    bins[shade[i]]++; // EXPECT: make it atomic, or a reduction (+) of `bins`
}

void histogram_ok(int n) {
  int bins[256] = {};
#pragma omp parallel for reduction(+ : bins)
  for (int i = 0; i < n; i++)
    bins[shade[i]]++;
#pragma omp parallel for
  for (int i = 0; i < n; i++) {
#pragma omp atomic
    bins[shade[i]]++;
  }
#pragma omp parallel
  {
    int mine[256] = {};
#pragma omp for
    for (int i = 0; i < n; i++)
      mine[shade[i]]++;
#pragma omp critical
    for (int k = 0; k < 256; k++)
      bins[k] += mine[k];
  }
}

void through_an_index_ok() {
#pragma omp parallel for
  for (int i = 0; i < 8; i++)
    a[once[i]] += i;
#pragma omp parallel for
  for (int i = 0; i < N; i++)
    a[position[i]] += i;
}

void independent_ok() {
#pragma omp parallel for
  for (int i = 0; i < N; i++)
    a[i] = 2 * a[i] + b[i];
#pragma omp parallel for
  for (int i = 0; i < N / 2; i++)
    a[2 * i] = a[2 * i + 1];
#pragma omp parallel for collapse(2)
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      grid[i][j] *= 2;
#pragma omp parallel for
  for (int i = 0; i < N; i++) {
    if (i == 0)
      count = 0;
  }
}

void sequential_outer_loop_ok() {
  for (int t = 1; t < N; t++)
#pragma omp parallel for
    for (int j = 0; j < N; j++)
      grid[t][j] = grid[t - 1][j];
#pragma omp parallel
  for (int t = 1; t < N; t++)
#pragma omp for
    for (int j = 0; j < N; j++)
      grid[t][j] = grid[t - 1][j];
}

void ranges_of_rows_ok(const int *row, double *y) {
#pragma omp parallel for
  for (int i = 0; i < N; i++)
    for (int k = row[i]; k < row[i + 1]; k++)
      y[k] = 0;
}

// Data sharing

void temporary_bad() {
  double t;
#pragma omp parallel for
  for (int i = 0; i < N; i++) {
    t = a[i] + 1; // EXPECT: iterations of this loop all write `t`, which the threads share: it lacks `private(t)`
    b[i] = t * t;
  }
}

void inner_index_bad() {
  int i, j;
#pragma omp parallel for
  for (i = 0; i < N; i++)
    for (j = 0; j < N; j++) // EXPECT: it lacks `private(j)`
      grid[i][j] = 0;
}

int last_value_bad() {
  int x;
#pragma omp parallel for
  for (int i = 0; i < N; i++)
    x = i; // EXPECT: it lacks `lastprivate(x)`
  return x;
}

double sum_bad() {
  double sum = 0;
#pragma omp parallel for
  for (int i = 0; i < N; i++)
    sum += a[i]; // EXPECT: it lacks `reduction(+ : sum)`
  return sum;
}

double largest_bad() {
  double m = a[0];
#pragma omp parallel for
  for (int i = 0; i < N; i++)
    if (a[i] > m) // the test is part of the update
      m = a[i]; // EXPECT: it lacks `reduction(max : m)`
  return m;
}

void induction_bad() {
  int k = 0;
#pragma omp parallel for
  for (int i = 0; i < N; i++) {
    a[k] = b[i];
    k++; // EXPECT: all advance `k` at the same time
  }
}

void private_array_bad() {
  double work[8];
#pragma omp parallel for
  for (int i = 0; i < N; i++) {
    for (int k = 0; k < 8; k++)
      work[k] = a[i] * k; // EXPECT: `work[k]` is the same element in several iterations
    b[i] = work[3];
  }
}

void static_local_bad() {
#pragma omp parallel for
  for (int i = 0; i < N; i++) {
    static double t;
    t = a[i]; // EXPECT: iterations of this loop all write `t`
    b[i] = t;
  }
}

double clauses_ok() {
  double t, sum = 0, work[8];
  int i, j, x, first = 3;
#pragma omp parallel for private(t, j, work) reduction(+ : sum) lastprivate(x) firstprivate(first)
  for (i = 0; i < N; i++) {
    t = a[i] + first;
    first = i;
    for (j = 0; j < 8; j++)
      work[j] = t;
    sum += work[0] + t;
    x = i;
  }
  double inside = 0;
#pragma omp parallel
  {
    double t, mine = 0;
#pragma omp for nowait
    for (int i = 0; i < N; i++) {
      t = a[i];
      mine += t;
    }
#pragma omp atomic
    inside += mine;
  }
#pragma omp parallel default(none) firstprivate(first) shared(a)
  {
    first++;
#pragma omp for linear(first)
    for (int i = 0; i < N; i++)
      a[i] = first;
  }
  return sum + x + inside;
}

double scratch;
#pragma omp threadprivate(scratch)
thread_local double scratch2;
void threadprivate_ok() {
#pragma omp parallel
  {
    scratch += 1;
    scratch2 += 1;
  }
}

void array_reduction_ok() {
  int histogram[16] = {};
#pragma omp parallel for reduction(+ : histogram)
  for (int i = 0; i < N; i++)
    histogram[position[i] & 15]++;
#pragma omp parallel for reduction(+ : histogram[ : 16])
  for (int i = 0; i < N; i++)
    histogram[3]++;
}

void reductions_ok() {
  int s = 0, t = 0;
#pragma omp parallel for reduction(inscan, + : s)
  for (int i = 0; i < N; i++) {
    s += position[i];
#pragma omp scan inclusive(s)
    a[i] = s;
  }
#pragma omp parallel
#pragma omp for reduction(task, + : t)
  for (int i = 0; i < N; i++) {
#pragma omp task in_reduction(+ : t)
    t += i;
  }
}

// Code that every thread executes

void every_thread_bad() {
#pragma omp parallel
  {
    count++; // EXPECT: `count` is updated here by every thread of the parallel region
  }
}

void the_others_bad() {
  int n = 0, m = 0;
#pragma omp parallel
  {
    if (omp_get_thread_num() == 0)
      n = omp_get_num_threads(); // EXPECT: `n` is written here by one thread
    else
      m += n; // EXPECT: `m` is updated here by every thread
  }
}

void thread_number_ok(double *out) {
  int n = 0;
#pragma omp parallel
  {
    int id = omp_get_thread_num();
    if (id == 0)
      n = omp_get_num_threads();
    out[id] = id;
    for (int k = 0; k < 10; k++)
      out[id] += k;
  }
  int id;
#pragma omp parallel private(id)
  {
    id = omp_get_thread_num();
    if (id != 0)
      out[id] = 1;
    grid[omp_get_thread_num()][0] = 1;
  }
}

void neighbours_element_bad(double *out) {
#pragma omp parallel
  {
    int id = omp_get_thread_num();
    out[id] = out[id + 1]; // EXPECT: `out[id]` is written here
  }
}

void by_hand_ok(double *out, int n) {
#pragma omp parallel
  {
    int id = omp_get_thread_num(), all = omp_get_num_threads();
    for (int i = id; i < n; i += all)
      out[i] = 1;
    int first = id * n / all, last = (id + 1) * n / all;
    for (int i = first; i < last; i++)
      out[i] += 1;
  }
}

void one_thread_ok() {
#pragma omp parallel num_threads(1)
  count++;
#pragma omp parallel if (0)
  count++;
}

// Barriers

void nowait_bad() {
  double first;
#pragma omp parallel
  {
#pragma omp for nowait
    for (int i = 0; i < N; i++)
      a[i] = b[i] * 5; // EXPECT: because `nowait` lets the threads go on
#pragma omp single
    first = a[9];
  }
  total = first;
}

void master_without_barrier_bad() {
  int n;
#pragma omp parallel
  {
#pragma omp master
    n = omp_get_num_threads(); // EXPECT: a barrier is missing
    a[omp_get_thread_num()] = n;
  }
}

void reduction_without_barrier_bad() {
  double s = 0;
#pragma omp parallel
  {
#pragma omp for reduction(+ : s) nowait // EXPECT: because `nowait` lets the threads go on
    for (int i = 0; i < N; i++)
      s += a[i];
    b[omp_get_thread_num()] = s;
  }
}

void barriers_ok() {
  int n;
  double s = 0;
#pragma omp parallel
  {
#pragma omp master
    n = omp_get_num_threads();
#pragma omp barrier
    a[omp_get_thread_num()] = n;
#pragma omp barrier
#pragma omp for
    for (int i = 0; i < N; i++)
      a[i] = b[i] * 5;
#pragma omp single
    total = a[9];
#pragma omp for reduction(+ : s)
    for (int i = 0; i < N; i++)
      s += a[i];
    b[omp_get_thread_num()] = s;
  }
}

void time_steps_ok() {
#pragma omp parallel
  for (int t = 0; t < 100; t++) {
#pragma omp for
    for (int i = 1; i < N - 1; i++)
      b[i] = a[i - 1] + a[i + 1];
#pragma omp for
    for (int i = 1; i < N - 1; i++)
      a[i] = b[i];
  }
}

void time_steps_bad() {
#pragma omp parallel
  for (int t = 0; t < 100; t++) {
#pragma omp for schedule(dynamic)
    for (int i = 1; i < N - 1; i++)
      b[i] = a[i - 1] + a[i + 1]; // EXPECT: because `nowait` lets the threads go on
#pragma omp for schedule(dynamic) nowait
    for (int i = 1; i < N - 1; i++)
      a[i] = b[i]; // EXPECT: because `nowait` lets the threads go on
  }
}

void same_schedule_ok() {
#pragma omp parallel
  {
#pragma omp for schedule(static) nowait
    for (int i = 0; i < N; i++)
      a[i] = i;
#pragma omp for schedule(static) nowait
    for (int i = 0; i < N; i++)
      b[i] = a[i];
  }
}

// Protection

void one_side_critical_bad() {
#pragma omp parallel
  {
#pragma omp critical
    count += 1; // EXPECT: and read without protection at the same time
    if (count > 3)
      a[omp_get_thread_num()] = 0;
  }
}

void different_names_bad() {
#pragma omp parallel sections
  {
#pragma omp section
    {
#pragma omp critical(one)
      count++; // EXPECT: sections of different names do not exclude each other
    }
#pragma omp section
    {
#pragma omp critical(two)
      count--;
    }
  }
}

void one_side_atomic_bad() {
#pragma omp parallel
  {
#pragma omp atomic write
    flag = 1; // EXPECT: `flag` is written here atomically, and read without protection
    if (flag)
      a[omp_get_thread_num()] = 0;
  }
}

void beside_the_atomic_bad() {
#pragma omp parallel for
  for (int i = 0; i < N; i++) {
#pragma omp atomic
    total += count; // the right side is not atomic
    count = 1; // EXPECT: `count` is written here in one iteration, and read in another
  }
}

omp_lock_t lock, other;
std::mutex m;

void locks_bad() {
#pragma omp parallel
  {
    omp_set_lock(&lock);
    count++; // EXPECT: `count` is updated here under
    omp_unset_lock(&lock);
    omp_set_lock(&other);
    count--;
    omp_unset_lock(&other);
  }
}

void protected_ok() {
  int old, k;
#pragma omp parallel private(old, k)
  {
#pragma omp critical
    count += 1;
#pragma omp critical
    k = count;
#pragma omp atomic
    flag++;
#pragma omp atomic capture
    old = flag++;
#pragma omp atomic read
    k = flag;
    omp_set_lock(&lock);
    total += k;
    omp_unset_lock(&lock);
    {
      std::lock_guard guard(m);
      b[0] += old;
    }
  }
}

struct Account {
  int sum;
  omp_lock_t lock;
};
void pay(Account *p) {
  omp_set_lock(&p->lock);
  p->sum++;
  omp_unset_lock(&p->lock);
}
void look(Account *p) { p->sum++; } // NOTE: `one.sum` is written here, in `look`
void locks_in_calls_ok() {
  Account one;
#pragma omp parallel sections
  {
#pragma omp section
    pay(&one);
#pragma omp section
    {
      omp_set_lock(&one.lock);
      look(&one);
      omp_unset_lock(&one.lock);
    }
  }
}
void locks_in_calls_bad() {
  Account one;
#pragma omp parallel sections
  {
#pragma omp section
    pay(&one);
#pragma omp section
    look(&one); // EXPECT: `one.sum` is written by `look` here without protection, and read by `pay` under
  }
}

void guard_is_left_bad() {
#pragma omp parallel
  {
    {
      std::lock_guard guard(m);
      b[0] += 1;
    }
    b[1] += 1; // EXPECT: `b[1]` is updated here by every thread
  }
}

void ordered_ok() {
#pragma omp parallel for ordered
  for (int i = 1; i < N; i++) {
#pragma omp ordered
    a[i] = a[i - 1] + 1;
  }
}

void ordered_bad() {
#pragma omp parallel for ordered
  for (int i = 1; i < N; i++)
    a[i] = a[i - 1] + 1; // EXPECT: this loop must not run in parallel as it is
}

// Sections, single

void sections_bad() {
#pragma omp parallel sections
  {
    count = 1; // EXPECT: written in another section
#pragma omp section
    count = 2;
  }
}

void sections_ok() {
  int i;
#pragma omp parallel
  {
#pragma omp sections
    {
#pragma omp section
      for (i = 0; i < N; i++)
        a[i] = 1;
#pragma omp section
      count = 2;
    }
#pragma omp single
    {
      count++;
      for (i = 0; i < N; i++)
        b[i] = a[i];
    }
  }
}

// Tasks

int siblings_bad() {
  int x = 0;
#pragma omp parallel
#pragma omp single
  {
#pragma omp task
    x = 1; // EXPECT: by a task that runs at the same time
#pragma omp task
    x = 2;
  }
  return x;
}

int fibonacci_bad(int n) {
  int i, j;
  if (n < 2)
    return n;
#pragma omp task shared(i)
  i = fibonacci_bad(n - 1); // EXPECT: `i` is written here and read by a task
#pragma omp task shared(j)
  j = fibonacci_bad(n - 2);
  int early = i;
#pragma omp taskwait
  return early + j;
}

int fibonacci_ok(int n) {
  int i, j;
  if (n < 2)
    return n;
#pragma omp task shared(i)
  i = fibonacci_ok(n - 1);
#pragma omp task shared(j)
  j = fibonacci_ok(n - 2);
#pragma omp taskwait
  return i + j;
}

void grandchildren_bad() {
  double part[2], sum;
#pragma omp parallel
#pragma omp single
  {
#pragma omp task
    {
#pragma omp task
      part[1] = a[1]; // EXPECT: by a task that runs at the same time
      part[0] = a[0];
    }
#pragma omp taskwait
    sum = part[0] + part[1];
  }
  total = sum;
}

void in_a_loop_bad() {
#pragma omp parallel
#pragma omp single
  for (int i = 0; i < N; i++) {
#pragma omp task
    count++; // EXPECT: `count` is updated here and updated by a task
  }
}

void every_thread_makes_one_bad() {
  int x = 0;
#pragma omp parallel
#pragma omp task depend(inout : x)
  x++; // EXPECT: `x` is updated here by every thread
}

void tasks_ok() {
  int x = 0, y = 0;
#pragma omp parallel
#pragma omp single
  {
    for (int i = 0; i < N; i++) {
#pragma omp task
      a[i] = i;
    }
#pragma omp taskwait
    total = a[3];
#pragma omp task depend(out : x)
    x = 1;
#pragma omp task depend(in : x)
    y = x;
#pragma omp taskgroup
    {
#pragma omp task
      count = 1;
    }
    count = 2;
#pragma omp task if (0)
    flag = 1;
    flag = 2;
  }
  total += y;
}

void copies_ok() {
#pragma omp parallel
#pragma omp single
  {
    int k = 0;
#pragma omp task
    k++;
    k = 2;
#pragma omp task firstprivate(k)
    k++;
  }
}

double block[16][16];
void wavefront_ok() {
#pragma omp parallel
#pragma omp single
  for (int i = 1; i < 16; i++)
    for (int j = 1; j < 16; j++)
#pragma omp task depend(in : block[i - 1][j], block[i][j - 1]) depend(out : block[i][j])
      block[i][j] = block[i - 1][j] + block[i][j - 1];
}

void depends_bad() {
  int x = 0, y = 0;
#pragma omp parallel
#pragma omp single
  {
#pragma omp task depend(out : x)
    y = 1; // EXPECT: `y` is written here and written by a task
#pragma omp task depend(out : y)
    y = 2;
  }
}

void taskloop_bad() {
  int j;
#pragma omp parallel
#pragma omp single
#pragma omp taskloop
  for (int i = 0; i < N; i++)
    for (j = 0; j < N; j++) // EXPECT: `j` is written here
      grid[i][j] = 0;
}

void taskloop_ok() {
#pragma omp parallel
#pragma omp single
  {
#pragma omp taskloop
    for (int i = 0; i < N; i++)
      a[i] = i;
    total = a[0];
  }
}

void mergeable_bad() {
  int x = 2;
#pragma omp task mergeable
  x++; // EXPECT: in a mergeable task, which may or may not have its own copy
}

// Calls

void next() { count++; } // NOTE: in `next`
void set(double *p) { *p = 1; }
void alone() {
#pragma omp critical
  total += 1;
}
void alone_in_a_loop() {
  for (int i = 0; i < 3; i++)
    alone();
}
void shared_out() {
#pragma omp for
  for (int i = 0; i < N; i++)
    a[i] = i;
}
void shared_out_nowait_bad() {
#pragma omp for nowait
  for (int i = 0; i < N; i++)
    a[i] = i; // EXPECT: because `nowait` lets the threads go on
}

void calls_bad() {
#pragma omp parallel for
  for (int i = 0; i < N; i++) {
    next(); // EXPECT: `count` is written by `next` here
    set(&a[0]); // EXPECT: `a[0]` is the same element in several iterations, and written by `set`
  }
}

void calls_ok() {
  double mine[4];
#pragma omp parallel for private(mine)
  for (int i = 0; i < N; i++) {
    set(&a[i]);
    set(&mine[0]);
    alone();
    alone_in_a_loop();
  }
#pragma omp parallel
  {
    shared_out();
#pragma omp single
    total = a[0];
  }
}

void orphan() {
#pragma omp parallel
  {
    shared_out_nowait_bad();
#pragma omp single
    total = a[0];
  }
}

// simd

void lanes_bad() {
#pragma omp simd
  for (int i = 1; i < N; i++)
    a[i] = a[i - 1] * b[i]; // EXPECT: this loop must not run with `simd`
#pragma omp simd
  for (int i = 4; i < N; i++)
    a[i] = a[i - 4] * b[i]; // EXPECT: it lacks `safelen(4)`
  double s = 0;
#pragma omp simd
  for (int i = 0; i < N; i++)
    s += a[i]; // EXPECT: it lacks `reduction(+ : s)`
  total = s;
}

void lanes_ok() {
#pragma omp simd
  for (int i = 0; i < N - 1; i++)
    a[i] = a[i + 1] * b[i];
#pragma omp simd safelen(4)
  for (int i = 4; i < N; i++)
    a[i] = a[i - 4] * b[i];
  double s = 0;
#pragma omp simd reduction(+ : s)
  for (int i = 0; i < N; i++)
    s += a[i];
  total = s;
}

// Devices

void teams_bad() {
  int n = 0;
#pragma omp target map(tofrom : n)
#pragma omp teams distribute parallel for
  for (int i = 0; i < N; i++) {
#pragma omp critical
    n++; // EXPECT: does not exclude the threads of other teams
  }
}

void locks_of_teams_bad() {
#pragma omp target map(tofrom : count)
#pragma omp teams distribute parallel for
  for (int i = 0; i < N; i++) {
    omp_set_lock(&lock);
    count++; // EXPECT: under a lock, which does not exclude the threads of other teams
    omp_unset_lock(&lock);
  }
}

void every_team_bad() {
#pragma omp target map(tofrom : a)
#pragma omp teams num_teams(2)
  {
    a[50] *= 2; // EXPECT: `a[50]` is updated here
  }
}

void teams_ok() {
  int n = 0;
#pragma omp target map(tofrom : n)
#pragma omp teams distribute parallel for
  for (int i = 0; i < N; i++) {
#pragma omp atomic
    n++;
  }
#pragma omp target teams distribute parallel for reduction(+ : n)
  for (int i = 0; i < N; i++)
    n++;
}

// Pointers

double *now, *then;
void one_pointer_becomes_the_other_bad() {
  for (int t = 0; t < 10; t++) {
#pragma omp parallel for
    for (int i = 1; i < N - 1; i++)
      now[i] = then[i - 1] + then[i + 1]; // EXPECT: this loop must not run in parallel
    then = now;
  }
}

void pointers_are_exchanged_ok() {
  for (int t = 0; t < 10; t++) {
#pragma omp parallel for
    for (int i = 1; i < N - 1; i++)
      now[i] = then[i - 1] + then[i + 1];
    double *tmp = then;
    then = now;
    now = tmp;
  }
}

double *fresh() { return new double[8]; }
void own_memory_ok() {
#pragma omp parallel
  {
    double *made = fresh();
    made[0] = 1;
    delete[] made;
  }
#pragma omp parallel
  {
    double *mine = new double[8];
    for (int i = 0; i < 8; i++)
      mine[i] = 0;
    delete[] mine;
  }
#pragma omp parallel for
  for (int i = 0; i < N; i++) {
    std::vector<int> v;
    v.push_back(i);
    double *row = grid[i];
    row[0] = v.size();
  }
}

void unknown_pointers_ok(double *x, double *y, double **rows) {
#pragma omp parallel for
  for (int i = 0; i < N; i++)
    x[i] = y[i + 1];
#pragma omp parallel for
  for (int i = 0; i < N; i++) {
    double *row = rows[i];
    row[0] = 1;
  }
}

// Waiting by other means

void flag_ok() {
  int ready = 0, value = 0;
#pragma omp parallel sections
  {
#pragma omp section
    {
      value = 42;
#pragma omp atomic write
      ready = 1;
    }
#pragma omp section
    {
      int seen = 0;
      while (!seen) {
#pragma omp atomic read
        seen = ready;
      }
      total = value;
    }
  }
}

// Elements that a method returns

class Grid {
public:
  Grid(int n) : cells(n), previous(n) {}
  double &cell(int i) { return cells[i]; }
  double &before(int i) { return previous[i]; }
  double &any(int i) { return i % 2 ? cells[i] : previous[i]; }

private:
  std::vector<double> cells, previous;
};

void accessor_ok(Grid &grid, int n) {
#pragma omp parallel for
  for (int i = 0; i < n; i++) {
    grid.cell(i) = 2 * grid.before(i);
    grid.cell(i) += 1;
  }
}

void accessor_of_several_ok(Grid &grid, int n) {
#pragma omp parallel for
  for (int i = 0; i < n; i++)
    grid.any(i) = i;
}

void accessor_through_an_index_ok(Grid &grid, const int *nodes, int n) {
#pragma omp parallel for
  for (int i = 0; i < n; i++)
    grid.cell(nodes[i]) += 1;
}

void accessor_of_the_next_bad(Grid &grid, int n) {
#pragma omp parallel for
  for (int i = 0; i < n - 1; i++)
    grid.cell(i) = grid.cell(i + 1);  // EXPECT: the same element is read as `grid.cell(i + 1)` in the iteration before
}

void accessor_of_one_bad(Grid &grid, int n) {
#pragma omp parallel for
  for (int i = 0; i < n; i++)
    grid.cell(0) = i;  // EXPECT: the same element in several iterations
}

// Pointers that change places

void ping_pong_ok(double *from, double *to, int steps, int n) {
  for (int t = 0; t < steps; t++) {
    double *old = from;
    from = to;
    to = old;
#pragma omp parallel for
    for (int i = 1; i < n; i++)
      from[i] = to[i - 1];
  }
}

void ping_pong_of_locals_ok(double *given, int steps, int n) {
  double *from = new double[n], *to = given, *old;
  for (int t = 0; t < steps; t++) {
    old = from;
    from = to;
    to = old;
#pragma omp parallel for
    for (int i = 1; i < n; i++)
      to[i] = from[i - 1];
  }
}
