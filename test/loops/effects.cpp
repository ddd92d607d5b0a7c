// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=c++20
// RUN: %parallel %s -- -std=c++20
// REQUIRES: openmp
//
// Calls in the body that do more than compute: state between calls, output, locks,
// and calls whose callee is one of several or is not known.
#include "Inputs/show.h"

#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

constexpr int N = 200;
double a[N], b[N];
int numbers[N];
std::mutex lock;
double shared;
int calls;

// Shapes: every area is pure, and one of the names is not.

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
  virtual const char *name() const = 0;
  virtual void grow(double by) = 0;
};
int queries;
struct Square : Shape {
  double side = 2;
  double area() const override { return side * side; }
  const char *name() const override { return "square"; }
  void grow(double by) override { side += by; }
};
struct Rectangle : Shape {
  double width = 3, height = 4;
  double area() const override { return width * height; }
  const char *name() const override {
    static char text[32];
    std::snprintf(text, sizeof text, "rectangle %d", ++queries);
    return text;
  }
  void grow(double by) override { width += by, height += by; }
};
const Square square;
const Rectangle rectangle;
const Shape *shapes[N];

static void prepare() {
  fill(a, 1), fill(b, 2), fill(numbers, 3);
  shared = 0, calls = 0;
  fillFrom(shapes, {&rectangle, &square, &square});
  std::srand(1);
}
static auto state() { return std::tie(a, b, numbers, shared, calls); }

// What they call

double timesCalled(double x) {
  static int times = 0;
  return x + ++times;
}
double cached(int n) {
  static double last = 0;
  static int of = -1;
  if (of != n) {
    of = n;
    last = std::sqrt(n) + last / 2;
  }
  return last;
}
/// The last digit first.
const char *digitsOf(int n) {
  static char text[12];
  int k = 0;
  do {
    text[k++] = static_cast<char>('0' + n % 10);
    n /= 10;
  } while (n);
  text[k] = 0;
  return text;
}
double fromTable(int n) {
  static const double table[] = {1, 0.5, 0.25, 2};
  return table[n % 4];
}
double inThreadLocalScratch(double x) {
  thread_local double scratch[4];
  scratch[0] = x;
  scratch[1] = scratch[0] * 2;
  return scratch[0] + scratch[1];
}
thread_local int perThread;
double countsPerThread(double x) { return x + ++perThread; }
double underLock(double x) {
  std::lock_guard<std::mutex> guard(lock);
  shared = shared / 2 + x;
  return shared;
}
double checked(double x) {
  if (x < 0)
    throw std::runtime_error("negative");
  return std::sqrt(x);
}
double sine(double x) { return std::sin(x); }
double twice(double x) { return 2 * x; }
double stateful(double x) {
  shared = shared / 2 + x;
  return shared;
}

// Independent

void constant_table_in_the_callee_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    a[i] = fromTable(numbers[i]);
}

void virtual_calls_all_pure_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    a[i] = shapes[i]->area();
}

void virtual_call_on_one_class_bad() {
  Rectangle r;
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    a[i] = r.area() * b[i];
}

void sum_of_areas_bad() {
  double total = 0;
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : total)
    total += shapes[i]->area();
  shared = total;
}

void thread_local_scratch_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    a[i] = inThreadLocalScratch(b[i]);
}

void function_pointer_to_a_constant_bad() {
  double (*const f)(double) = twice;
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    a[i] = f(b[i]);
}

void allocated_in_the_iteration_bad() {
  for (int i = 0; i < N; ++i) {  // EXPECT: independent
    auto own = std::make_unique<double[]>(8);
    own[0] = a[i];
    own[7] = own[0] * 2;
    b[i] = own[7];
  }
}

// Carried, or not known

void static_counter_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    a[i] = timesCalled(b[i]);
}

void cache_of_one_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    a[i] = cached(numbers[i]);
}

void static_buffer_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    numbers[i] = digitsOf(i)[0] - '0';
}

void thread_local_counter_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    a[i] = countsPerThread(b[i]);
}

void random_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    numbers[i] = std::rand() % 100;
}

void tokens_ok() {
  char text[] = "3 1 4 1 5 9 2 6 5 3 5 8 9 7 9 3 2 3 8 4";
  char *word = std::strtok(text, " ");
  for (int i = 0; i < 19; ++i) {  // CARRIED
    numbers[i] = word ? std::atoi(word) : -1;
    word = std::strtok(nullptr, " ");
  }
}

void order_under_a_lock_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    a[i] = underLock(b[i]);
}

void order_under_a_local_lock_ok() {
  std::mutex m;
  double last = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    std::lock_guard<std::mutex> guard(m);
    last = last / 2 + b[i];
    a[i] = last;
  }
}

void atomic_ticket_ok() {
  std::atomic<int> next = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    numbers[i] = next++;
}

void printed_ok() {
  for (int i = 0; i < 20; ++i)  // CARRIED
    std::printf("%d: %g\n", i, a[i]);
}

void streamed_ok() {
  for (int i = 0; i < 20; ++i)  // CARRIED
    std::cout << i << ' ' << b[i] << '\n' << std::flush;
}

void read_ok() {
  std::FILE *f = std::tmpfile();
  std::fputs("10 20 30 40 50 60 70 80 90 100 110 120", f);
  std::rewind(f);
  for (int i = 0; i < 12; ++i)  // CARRIED
    if (std::fscanf(f, "%d", &numbers[i]) != 1)
      numbers[i] = -1;
  std::fclose(f);
}

void virtual_calls_one_with_state_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    numbers[i] = static_cast<int>(std::strlen(shapes[i]->name()));
}

void virtual_writes_to_one_object_ok() {
  Square s;
  Shape *shape = &s;
  for (int i = 0; i < N; ++i) {  // CARRIED
    shape->grow(a[i]);
    b[i] = shape->area();
  }
}

void unknown_function_ok(double (*f)(double)) {
  for (int i = 0; i < N; ++i)  // CARRIED
    a[i] = f(b[i]);
}

void unknown_function_object_ok(const std::function<double(double)> &f) {
  for (int i = 0; i < N; ++i)  // CARRIED
    a[i] = f(b[i]);
}

void one_function_of_a_table_ok() {
  static double (*const functions[])(double) = {sine, twice, stateful};
  for (int i = 0; i < N; ++i)  // CARRIED
    a[i] = functions[i % 3](b[i]);
}

void counted_globally_ok() {
  for (int i = 0; i < N; ++i) {  // CARRIED
    a[i] = calls;
    ++calls;
  }
}

void environment_ok() {
  for (int i = 0; i < 20; ++i) {  // CARRIED
    const char *before = std::getenv("LOOP_COUNT");
    numbers[i] = before ? std::atoi(before) + 1 : 1;
    setenv("LOOP_COUNT", std::to_string(numbers[i]).c_str(), 1);
  }
  unsetenv("LOOP_COUNT");
}

bool thrown_ok() {
  try {
    for (int i = 0; i < N; ++i) {
      // NOT-SHOWN: an exception may not leave a parallel loop
      b[i] = checked(a[i] - i);
    }
  } catch (const std::runtime_error &) {
    return true;
  }
  return false;
}

// Independent as well, but beyond the analysis: it says nothing, or less

void formatted_into_a_local_untold() {
  for (int i = 0; i < N; ++i) {
    char text[32];
    std::snprintf(text, sizeof text, "%d", numbers[i] * 7);
    a[i] = static_cast<double>(std::strlen(text));
  }
}

void constant_template_argument_untold() {
  auto apply = [](auto f, double x) { return f(x); };
  for (int i = 0; i < N; ++i)
    a[i] = apply(sine, b[i]);
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(constant_table_in_the_callee_bad());
  SHOW(virtual_calls_all_pure_bad());
  SHOW(virtual_call_on_one_class_bad());
  SHOW(sum_of_areas_bad());
  SHOW(thread_local_scratch_bad());
  SHOW(function_pointer_to_a_constant_bad());
  SHOW(formatted_into_a_local_untold());
  SHOW(allocated_in_the_iteration_bad());
  SHOW(constant_template_argument_untold());
  SHOW(static_counter_ok());
  SHOW(cache_of_one_ok());
  SHOW(static_buffer_ok());
  SHOW(thread_local_counter_ok());
  SHOW(random_ok());
  SHOW(tokens_ok());
  SHOW(order_under_a_lock_ok());
  SHOW(order_under_a_local_lock_ok());
  SHOW(atomic_ticket_ok());
  SHOW(printed_ok());
  SHOW(streamed_ok());
  SHOW(read_ok());
  SHOW(virtual_calls_one_with_state_ok());
  SHOW(virtual_writes_to_one_object_ok());
  SHOW(unknown_function_ok(stateful));
  SHOW(unknown_function_object_ok(stateful));
  SHOW(one_function_of_a_table_ok());
  SHOW(counted_globally_ok());
  SHOW(environment_ok());
  SHOW(thrown_ok());
}
