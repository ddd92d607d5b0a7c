// RUN: %check-fixture %s heddle-loop-carried-dependence -- -std=c++20
//
// Loops that a library runs in parallel: execution policies and oneTBB, declared here
// as far as they are used.
#include <algorithm>
#include <atomic>
#include <execution>
#include <mutex>
#include <numeric>
#include <vector>

double total;
std::vector<double> values(1000), results(1000);
std::vector<int> order(1000);

// What all threads update

void sum_in_a_global_bad() {
  std::for_each(std::execution::par, values.begin(), values.end(), // EXPECT: several threads update `total`
                [](double x) { total += x; });
}

int count_in_a_capture_bad() {
  int count = 0;
  std::for_each(std::execution::par, values.begin(), values.end(), // EXPECT: several threads update `count`
                [&count](double x) {
                  if (x > 0)
                    ++count;
                });
  return count;
}

std::vector<double> collected_bad() {
  std::vector<double> found;
  std::for_each(std::execution::par_unseq, values.begin(), values.end(), // EXPECT: add to `found`
                [&](double x) {
                  if (x > 0)
                    found.push_back(x);
                });
  return found;
}

void shared_temporary_bad() {
  double scratch[4];
  std::for_each(std::execution::par, values.begin(), values.end(), // EXPECT: declare it inside
                [&](double &x) {
                  scratch[0] = x * 2;
                  scratch[1] = scratch[0] + 1;
                  x = scratch[1];
                });
}

// What one iteration leaves to the next

void previous_value_bad() {
  double last = 0;
  std::for_each(std::execution::par, values.begin(), values.end(), // EXPECT: `last` is written
                [&](double &x) {
                  double now = x;
                  x -= last;
                  last = now;
                });
}

void neighbour_bad() {
  std::for_each(std::execution::par, values.begin(), values.end() - 1, // EXPECT: must not run in parallel
                [&](double &x) { x = values[0] + x; });
}

// Independent

void each_on_its_own_ok() {
  std::for_each(std::execution::par, values.begin(), values.end(), [](double &x) { x = x * x; });
  std::transform(std::execution::par, values.begin(), values.end(), results.begin(),
                 [](double x) { return x + 1; });
}

double reduced_ok() {
  return std::reduce(std::execution::par, values.begin(), values.end());
}

long counted_ok() {
  return std::count_if(std::execution::par, values.begin(), values.end(),
                       [](double x) { return x > 0; });
}

int atomic_ok() {
  std::atomic<int> count = 0;
  std::for_each(std::execution::par, values.begin(), values.end(), [&](double x) {
    if (x > 0)
      ++count;
  });
  return count;
}

double locked_ok() {
  static std::mutex mutex;
  double sum = 0;
  std::for_each(std::execution::par, values.begin(), values.end(), [&](double x) {
    std::lock_guard lock(mutex);
    sum += x;
  });
  return sum;
}

void in_order_ok() {
  std::for_each(std::execution::seq, values.begin(), values.end(), [](double x) { total += x; });
  std::for_each(values.begin(), values.end(), [](double x) { total += x; });
}

void where_it_goes_is_not_known_ok() {
  std::for_each(std::execution::par, order.begin(), order.end(),
                [](int i) { results[i] = values[i] * 2; });
}
