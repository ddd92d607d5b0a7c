// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=c++20
// RUN: %parallel %s -- -std=c++20
// REQUIRES: openmp
//
// Well-known algorithms, whole: which of their loops can run in parallel.
#include "Inputs/show.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

constexpr int N = 40, W = 36, H = 28;
double a[N][N], b[N][N], vec[N], other[N];
int board[H][W], next[H][W], image[H][W];
unsigned big[64], bigger[64], crcTable[256];
std::vector<double> field, signal, filtered, kernel;
std::vector<int> labels, weights, gains, parents;
std::vector<std::vector<int>> graph;
std::string text = "the quick brown fox jumps over the lazy dog and runs away";
std::string pattern = "the slow brown dog jumps over a lazy fox and walks away..";

struct Body {
  double x, y, fx, fy;
  std::uint64_t digest(std::uint64_t h) const { return ::digest(::digest(::digest(::digest(h, x), y), fx), fy); }
  void fill(unsigned seed) { x = nextDigit(seed), y = nextDigit(seed), fx = fy = 0; }
};
std::vector<Body> bodies;
struct Point {
  double x, y;
  void fill(unsigned seed) { x = nextDigit(seed), y = nextDigit(seed); }
};
std::vector<Point> points, centres;

static void prepare() {
  fill(a, 1), fill(b, 2), fill(vec, 3), fill(other, 4), fill(board, 5), fill(next, 6), fill(image, 7);
  fill(big, 8), fill(bigger, 9), fill(crcTable, 10), fill(field, W * H, 11), fill(signal, 400, 12);
  fill(filtered, 400, 13), fill(kernel, 9, 14), fill(labels, 300, 15), fill(weights, N, 16);
  fill(gains, N, 17), fill(parents, 300, 18), fill(bodies, 60, 19), fill(points, 300, 20), fill(centres, 7, 21);
  graph.assign(300, std::vector<int>(4)), fill(graph, 22);
}
static auto state() {
  return std::tuple_cat(std::tie(a, b, vec, other, board, next, image, big, bigger, field), std::tie(filtered),
                        std::tie(labels, parents, bodies, points, centres, signal));
}

// Parallel

void mandelbrot_bad() {
  for (int y = 0; y < H; ++y)  // EXPECT: independent
    for (int x = 0; x < W; ++x) {
      double cx = x * 3.0 / W - 2, cy = y * 2.0 / H - 1, zx = 0, zy = 0;
      int n = 0;
      while (n < 50 && zx * zx + zy * zy < 4) {
        double t = zx * zx - zy * zy + cx;
        zy = 2 * zx * zy + cy;
        zx = t;
        ++n;
      }
      image[y][x] = n;
    }
}

void game_of_life_bad() {
  for (int y = 0; y < H; ++y)  // EXPECT: independent
    for (int x = 0; x < W; ++x) {
      int neighbours = 0;
      for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx)
          if (dx || dy)
            neighbours += board[(y + dy + H) % H][(x + dx + W) % W] > 5;
      next[y][x] = neighbours == 3 || (neighbours == 2 && board[y][x] > 5) ? 9 : 0;
    }
}

void forces_bad() {
  const std::size_t n = bodies.size();
  for (std::size_t i = 0; i < n; ++i) {  // EXPECT: independent
    double fx = 0, fy = 0;
    for (std::size_t j = 0; j < n; ++j) {
      double dx = bodies[j].x - bodies[i].x, dy = bodies[j].y - bodies[i].y;
      double d = dx * dx + dy * dy + 1;
      fx += dx / d;
      fy += dy / d;
    }
    bodies[i].fx = fx;
    bodies[i].fy = fy;
  }
}

void nearest_centres_bad() {
  for (std::size_t i = 0; i < points.size(); ++i) {  // EXPECT: independent
    double best = 1e9;
    int at = 0;
    for (std::size_t c = 0; c < centres.size(); ++c) {
      double dx = points[i].x - centres[c].x, dy = points[i].y - centres[c].y;
      if (dx * dx + dy * dy < best) {
        best = dx * dx + dy * dy;
        at = static_cast<int>(c);
      }
    }
    labels[i] = at;
  }
}

void convolution_bad() {
  const int n = static_cast<int>(signal.size()), k = static_cast<int>(kernel.size());
  for (int i = 0; i < n; ++i) {  // EXPECT: independent
    double sum = 0;
    for (int j = 0; j < k; ++j)
      sum += kernel[j] * signal[std::clamp(i + j - k / 2, 0, n - 1)];
    filtered[i] = sum;
  }
}

void elimination_bad() {
  for (int k = 0; k < N - 1; ++k)  // CARRIED
    for (int i = k + 1; i < N; ++i) {  // EXPECT: independent
      double by = a[i][k] / (a[k][k] + 10);
      for (int j = k; j < N; ++j)
        a[i][j] -= by * a[k][j];
    }
}

void heat_steps_bad(int steps) {
  for (int t = 0; t < steps; ++t) {  // CARRIED
    for (int i = 1; i < N - 1; ++i)  // EXPECT: independent
      other[i] = (vec[i - 1] + 2 * vec[i] + vec[i + 1]) / 4;
    for (int i = 1; i < N - 1; ++i)  // EXPECT: independent
      vec[i] = other[i];
  }
}

void every_second_pair_bad() {
  for (int i = 0; i < N - 1; i += 2)  // EXPECT: independent
    if (vec[i] > vec[i + 1])
      std::swap(vec[i], vec[i + 1]);
}

void butterflies_bad(int half) {
  for (int i = 0; i < half; ++i) {  // EXPECT: independent
    double u = vec[i], v = vec[i + half];
    vec[i] = u + v;
    vec[i + half] = u - v;
  }
}

int primes_bad(int n) {
  int count = 0;
  for (int i = 2; i < n; ++i) {  // EXPECT: reduction(+ : count)
    bool prime = true;
    for (int d = 2; d * d <= i; ++d)
      if (i % d == 0) {
        prime = false;
        break;
      }
    if (prime)
      ++count;
  }
  return count;
}

double pi_bad(int n) {
  double sum = 0;
  for (int i = 0; i < n; ++i) {  // EXPECT: reduction(+ : sum)
    double x = (i + 0.5) / n;
    sum += std::floor(4096 / (1 + x * x));
  }
  return sum;
}

int differing_letters_bad() {
  int different = 0;
  for (std::size_t i = 0; i < text.size(); ++i)  // EXPECT: reduction(+ : different)
    different += text[i] != pattern[i];
  return different;
}

void symmetric_forces_bad() {
  double force[N] = {};
  for (int i = 0; i < N; ++i)  // EXPECT: reduction(+ : force
    for (int j = i + 1; j < N; ++j) {
      double f = vec[i] - vec[j];
      force[i] -= f;
      force[j] += f;
    }
  std::memcpy(other, force, sizeof other);
}

// Serial

void big_addition_ok() {
  unsigned long long carry = 0;
  for (int i = 0; i < 64; ++i) {  // CARRIED
    carry += 0xFFFFFFF0ull + big[i] + bigger[i];
    big[i] = static_cast<unsigned>(carry);
    carry >>= 32;
  }
}

unsigned crc_ok() {
  unsigned crc = ~0u;
  for (std::size_t i = 0; i < text.size(); ++i)  // CARRIED
    crc = (crc >> 8) ^ crcTable[(crc ^ static_cast<unsigned char>(text[i])) & 255] ^ (crc << 3);
  return crc;
}

double edit_distance_ok() {
  const int n = N - 1;
  for (int i = 1; i <= n; ++i)  // CARRIED
    for (int j = 1; j <= n; ++j)
      b[i][j] = std::min({b[i - 1][j] + 1, b[i][j - 1] + 1, b[i - 1][j - 1] + (text[i] != pattern[j])});
  return b[n][n];
}

void knapsack_ok() {
  for (int item = 0; item < 20; ++item)  // CARRIED
    for (int room = N - 1; room >= weights[item]; --room)
      vec[room] = std::max(vec[room], vec[room - weights[item]] + gains[item]);
}

void continued_root_ok() {
  for (int j = 1; j < N; ++j)  // CARRIED
    vec[j] = (vec[j] + 9) / (std::sqrt(vec[j - 1]) + 1);
}

void bubble_pass_ok() {
  for (int i = 0; i < N - 1; ++i)  // CARRIED
    if (vec[i] > vec[i + 1])
      std::swap(vec[i], vec[i + 1]);
}

void relax_edges_ok() {
  for (std::size_t v = 0; v < graph.size(); ++v)  // CARRIED
    for (int w : graph[v])
      labels[w] = std::min(labels[w], labels[v] + 1);
}

void spread_labels_ok() {
  for (std::size_t v = 1; v < labels.size(); ++v)  // CARRIED
    labels[v] = labels[graph[v][0] % v];
}

void find_roots_ok() {
  parents[0] = 0;
  for (std::size_t v = 1; v < parents.size(); ++v) {  // CARRIED
    std::size_t p = (v * 7 + parents[v]) % v;
    parents[v] = parents[p] + 1;
  }
}

double exponential_average_ok(double by) {
  double average = signal[0];
  for (std::size_t i = 1; i < signal.size(); ++i) {  // CARRIED
    average = by * signal[i] + (1 - by) * average;
    filtered[i] = average;
  }
  return average;
}

void recursive_filter_ok() {
  for (std::size_t i = 2; i < signal.size(); ++i)  // CARRIED
    filtered[i] = signal[i] - filtered[i - 1] / 2 + filtered[i - 2] / 4;
}

double damped_steps_ok() {
  double norm = 1;
  for (int step = 0; step < 12; ++step) {  // CARRIED
    norm = std::sqrt(std::fabs(vec[step] * norm + other[step]));
    vec[step + 1] = vec[step] / (norm + 1);
  }
  return norm;
}

void random_walk_ok() {
  int at = 0;
  for (int step = 0; step < 500; ++step) {  // CARRIED
    at = graph[at][step % 4] * 31 % 300;
    labels[at]++;
  }
}

int longest_increasing_ok() {
  int best = 0;
  for (int i = 1; i < N; ++i) {  // CARRIED
    if (vec[i] >= vec[i - 1])
      weights[i] = weights[i - 1] + 1;
    best = std::max(best, weights[i]);
  }
  return best;
}

void union_of_intervals_ok() {
  int last = 0;
  for (int i = 1; i < N; ++i)  // CARRIED
    if (vec[i] <= other[last])
      other[last] = std::max(other[last], other[i] - 0.25);
    else
      last = i;
}

void softmax_rows_bad() {
  for (int i = 0; i < N; ++i) {  // EXPECT: independent
    double most = a[i][0], sum = 0;
    for (int j = 1; j < N; ++j)
      most = std::max(most, a[i][j]);
    for (int j = 0; j < N; ++j) {
      a[i][j] = std::exp(a[i][j] - most);
      sum += a[i][j];
    }
    for (int j = 0; j < N; ++j)
      a[i][j] /= sum;
  }
}

void neighbours_in_a_graph_bad() {
  for (std::size_t v = 0; v < graph.size(); ++v) {  // EXPECT: independent
    int most = -1;
    for (int w : graph[v])
      most = std::max(most, labels[w]);
    parents[v] = most;
  }
}

// Independent as well, but beyond the analysis: it says nothing, or less

void red_and_black_untold() {
  for (int colour = 0; colour < 2; ++colour)  // CARRIED
    for (int y = 1; y < N - 1; ++y)
      for (int x = 1 + (y + colour) % 2; x < N - 1; x += 2)  // EXPECT: independent
        a[y][x] = (a[y - 1][x] + a[y + 1][x] + a[y][x - 1] + a[y][x + 1]) / 4;
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(mandelbrot_bad());
  SHOW(game_of_life_bad());
  SHOW(forces_bad());
  SHOW(nearest_centres_bad());
  SHOW(convolution_bad());
  SHOW(softmax_rows_bad());
  SHOW(elimination_bad());
  SHOW(red_and_black_untold());
  SHOW(heat_steps_bad(6));
  SHOW(every_second_pair_bad());
  SHOW(butterflies_bad(N / 2));
  SHOW(neighbours_in_a_graph_bad());
  SHOW(primes_bad(500));
  SHOW(pi_bad(500));
  SHOW(differing_letters_bad());
  SHOW(symmetric_forces_bad());
  SHOW(big_addition_ok());
  SHOW(crc_ok());
  SHOW(edit_distance_ok());
  SHOW(knapsack_ok());
  SHOW(continued_root_ok());
  SHOW(bubble_pass_ok());
  SHOW(relax_edges_ok());
  SHOW(spread_labels_ok());
  SHOW(find_roots_ok());
  SHOW(exponential_average_ok(0.25));
  SHOW(recursive_filter_ok());
  SHOW(damped_steps_ok());
  SHOW(random_walk_ok());
  SHOW(longest_increasing_ok());
  SHOW(union_of_intervals_ok());
}
