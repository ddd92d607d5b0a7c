// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=c++20
// RUN: %parallel %s -- -std=c++20
// REQUIRES: openmp
//
// What the elements live in: arrays, containers, structs, bits.
#include "Inputs/show.h"

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

constexpr int N = 300;
double plain[N];
std::array<double, N> fixed;
std::vector<double> values, results;
std::vector<int> counts;
std::vector<std::vector<double>> rows;
std::vector<bool> bits;
std::map<int, double> prices;
std::vector<std::string> names;
std::vector<std::pair<int, double>> pairs;

struct Bodies {
  std::vector<double> x, v, mass;
} bodies;

struct Particle {
  double position, speed;
  std::uint64_t digest(std::uint64_t h) const { return ::digest(::digest(h, position), speed); }
  void fill(unsigned seed) { position = nextDigit(seed), speed = nextDigit(seed); }
};
std::vector<Particle> particles;
Particle fleet[N];

struct Cell {
  unsigned alive : 1, next : 1, age : 6;
  std::uint64_t digest(std::uint64_t h) const { return mix(h, alive * 1000 + next * 100 + age); }
  void fill(unsigned seed) { alive = 1, next = 0, age = nextDigit(seed); }
};
Cell cells[N];

struct Packed {
  unsigned char low : 4, high : 4;
};
Packed packed;

struct Grid {
  int width = 20, height = 15;
  std::vector<double> data = std::vector<double>(300, 1.0);
  void scale_bad(double by);
  void smear_ok();
  double total_bad() const;
  double peak = 0;
  std::vector<double> history;
  void track_ok();
};
Grid grid;

static void prepare() {
  grid = Grid();
  fill(plain, 1), fill(fixed, 2), fill(values, N, 3), fill(results, N, 4), fill(counts, N, 5);
  rows.assign(20, std::vector<double>(15)), bits.assign(N, false);
  fill(rows, 6), fill(bits, 7);
  prices = {{1, 10.0}, {2, 20.0}, {5, 50.0}};
  names.assign(N, "name"), pairs.assign(N, {3, 4.0});
  bodies = {values, results, values};
  particles.assign(N, {}), fill(particles, 8), fill(fleet, 9), fill(cells, 10);
  packed = {0, 0};
}
static auto state() {
  return std::tuple_cat(std::tie(plain, fixed, values, results, counts, rows, bits, prices, names, pairs),
                        std::tie(bodies.x, bodies.v, bodies.mass, particles, fleet, cells, grid.data, grid.peak),
                        std::tuple(packed.low * 16 + packed.high));
}

// Independent

void c_array_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    plain[i] = plain[i] * plain[i];
}

void std_array_bad() {
  for (std::size_t i = 0; i < fixed.size(); ++i)  // EXPECT: independent
    fixed[i] += 1;
}

void vector_by_index_bad() {
  for (std::size_t i = 0; i < values.size(); ++i)  // EXPECT: independent
    values[i] *= 2;
}

void vector_at_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    values.at(i) = plain[i];
}

void two_global_vectors_bad() {
  for (std::size_t i = 0; i < values.size(); ++i)  // EXPECT: independent
    results[i] = values[i] + 1;
}

void vector_data_bad() {
  double *p = values.data();
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    p[i] += plain[i];
}

void range_for_by_reference_bad() {
  for (double &value : values)  // EXPECT: independent
    value = value * value - 1;
}

void range_for_over_array_bad() {
  for (double &value : plain)  // EXPECT: independent
    value /= 2;
}

void iterators_bad() {
  for (auto it = values.begin(); it != values.end(); ++it)  // EXPECT: independent
    *it += 10;
}

void local_vector_bad() {
  std::vector<double> squares(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)  // EXPECT: independent
    squares[i] = values[i] * values[i];
  results.swap(squares);
}

void nested_vectors_bad() {
  for (std::size_t i = 0; i < rows.size(); ++i)  // EXPECT: independent
    for (std::size_t j = 0; j < rows[i].size(); ++j)
      rows[i][j] += 2;
}

void nested_range_for_bad() {
  for (std::vector<double> &row : rows)  // EXPECT: independent
    for (double &value : row)
      value -= 1;
}

void owned_array_bad(int n) {
  std::unique_ptr<double[]> scratch(new double[n]);
  for (int i = 0; i < n; ++i)  // EXPECT: independent
    scratch[i] = values[i] * 3;
  for (int i = 0; i < n; ++i)  // EXPECT: independent
    results[i] = scratch[n - 1 - i];
}

void make_unique_array_bad(int n) {
  auto scratch = std::make_unique<double[]>(n);
  for (int i = 0; i < n; ++i)  // EXPECT: independent
    scratch[i] = i;
  for (int i = 0; i < n; ++i)  // EXPECT: independent
    values[i] += scratch[i];
}

void span_bad(std::span<double> s) {
  for (std::size_t i = 0; i < s.size(); ++i)  // EXPECT: independent
    s[i] += 5;
}

void span_range_for_bad(std::span<double> s) {
  for (double &value : s)  // EXPECT: independent
    value *= value;
}

void struct_of_arrays_bad(double step) {
  for (std::size_t i = 0; i < bodies.x.size(); ++i)  // EXPECT: independent
    bodies.x[i] += step * bodies.v[i] / bodies.mass[i];
}

void array_of_structs_bad(double step) {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    fleet[i].position += step * fleet[i].speed;
}

void vector_of_structs_bad() {
  for (Particle &p : particles) {  // EXPECT: independent
    p.position += p.speed;
    if (p.position > 10)
      p.speed = -p.speed;
  }
}

void fields_apart_bad() {
  for (int i = 1; i < N; ++i)  // EXPECT: independent
    fleet[i].position = fleet[i - 1].speed;
}

void strings_bad() {
  for (std::size_t i = 0; i < names.size(); ++i)  // EXPECT: independent
    names[i] = names[i] + std::to_string(i);
}

void structured_binding_bad() {
  for (auto &[key, value] : pairs)  // EXPECT: independent
    value += key;
}

void map_values_bad() {
  for (auto &[key, price] : prices)  // EXPECT: independent
    // NOT-SHOWN: a map has no iterators that OpenMP could divide
    price *= key;
}

void bits_read_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    plain[i] = bits[i] ? 1 : -1;
}

void bit_fields_of_own_elements_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    cells[i].age = cells[i].age + 1;
}

void Grid::scale_bad(double by) {
  for (std::size_t i = 0; i < data.size(); ++i)  // EXPECT: independent
    data[i] *= by;
}

double Grid::total_bad() const {
  double total = 0;
  for (std::size_t i = 0; i < data.size(); ++i)  // EXPECT: reduction(+ : total)
    total += data[i];
  return total;
}

// Carried

void Grid::smear_ok() {
  for (std::size_t i = 1; i < data.size(); ++i)  // CARRIED
    data[i] += data[i - 1];
}

void Grid::track_ok() {
  for (int i = 0; i < width * height; ++i) {  // CARRIED
    peak = peak * 0.5 + data[i];
    history.push_back(peak);
  }
}

void proxy_of_a_bit_ok() {
  for (int i = 0; i < N; ++i) {  // CARRIED
    auto bit = bits[i];
    bit = values[i] > 4;
  }
}

void vector_of_bool_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    bits[i] = values[i] > 4;
}

void flip_all_bits_ok() {
  for (std::size_t i = 0; i < bits.size(); ++i)  // CARRIED
    bits[i].flip();
}

void bits_of_one_word_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    if (i % 2)
      packed.low = i % 16;
    else
      packed.high = (packed.low + i) % 16;
}

void neighbours_in_vector_ok() {
  for (std::size_t i = 1; i < values.size() - 1; ++i)  // CARRIED
    values[i] = (values[i - 1] + values[i + 1]) / 2;
}

void std_array_recurrence_ok() {
  for (std::size_t i = 1; i < fixed.size(); ++i)  // CARRIED
    fixed[i] += fixed[i - 1];
}

void next_row_ok() {
  for (std::size_t i = 1; i < rows.size(); ++i)  // CARRIED
    rows[i][0] = rows[i - 1][0] + 1;
}

void same_field_ok() {
  for (int i = 1; i < N; ++i)  // CARRIED
    fleet[i].position = fleet[i - 1].position + fleet[i].speed;
}

void counting_in_a_map_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    prices[counts[i]] = prices[counts[i] / 2] + 1;
}

void growing_text_ok() {
  std::string text;
  for (int i = 0; i < N; ++i)  // CARRIED
    text = names[i] + text.substr(0, 20);
  names[0] = text;
}

void span_recurrence_ok(std::span<double> s) {
  for (std::size_t i = 1; i < s.size(); ++i)  // CARRIED
    s[i] = s[i - 1] * 2 - s[i];
}

void erase_while_walking_ok() {
  for (auto it = values.begin(); it != values.end();)
    // NOT-SHOWN: what it walks over shrinks
    if (*it > 5)
      it = values.erase(it);
    else
      ++it;
}

void shared_row_ok() {
  std::vector<double> &row = rows[3];
  for (std::size_t i = 0; i < rows.size(); ++i)  // CARRIED
    row[0] = row[0] / 2 + rows[i][1];
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(c_array_bad());
  SHOW(std_array_bad());
  SHOW(vector_by_index_bad());
  SHOW(vector_at_bad());
  SHOW(two_global_vectors_bad());
  SHOW(vector_data_bad());
  SHOW(range_for_by_reference_bad());
  SHOW(range_for_over_array_bad());
  SHOW(iterators_bad());
  SHOW(local_vector_bad());
  SHOW(nested_vectors_bad());
  SHOW(nested_range_for_bad());
  SHOW(owned_array_bad(N));
  SHOW(make_unique_array_bad(N));
  SHOW(span_bad(values));
  SHOW(span_range_for_bad(values));
  SHOW(struct_of_arrays_bad(2));
  SHOW(array_of_structs_bad(2));
  SHOW(vector_of_structs_bad());
  SHOW(fields_apart_bad());
  SHOW(strings_bad());
  SHOW(structured_binding_bad());
  SHOW(map_values_bad());
  SHOW(bits_read_bad());
  SHOW(bit_fields_of_own_elements_bad());
  SHOW(grid.scale_bad(3));
  SHOW(grid.total_bad());
  SHOW(grid.smear_ok());
  SHOW(grid.track_ok());
  SHOW(proxy_of_a_bit_ok());
  SHOW(vector_of_bool_ok());
  SHOW(flip_all_bits_ok());
  SHOW(bits_of_one_word_ok());
  SHOW(neighbours_in_vector_ok());
  SHOW(std_array_recurrence_ok());
  SHOW(next_row_ok());
  SHOW(same_field_ok());
  SHOW(counting_in_a_map_ok());
  SHOW(growing_text_ok());
  SHOW(span_recurrence_ok(values));
  SHOW(erase_while_walking_ok());
  SHOW(shared_row_ok());
}
