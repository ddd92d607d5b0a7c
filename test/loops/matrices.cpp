// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=c++20
// RUN: %parallel %s -- -std=c++20
// REQUIRES: openmp
//
// Classes that stand for numbers: matrices with an operator(), vectors with operators.
#include "Inputs/show.h"

#include <cstddef>
#include <vector>

class Matrix {
public:
  Matrix(int rows, int columns) : data(rows * columns), height(rows), width(columns) {}
  double &operator()(int i, int j) { return data[i * width + j]; }
  double operator()(int i, int j) const { return data[i * width + j]; }
  int rows() const { return height; }
  int columns() const { return width; }

  void double_all_bad() {
    for (double &x : data)  // EXPECT: independent
      x *= 2;
  }

  void double_rows_bad() {
    for (int i = 0; i < height; ++i)  // EXPECT: independent
      for (int j = 0; j < width; ++j)
        (*this)(i, j) *= 2;
  }

  std::vector<double> data;
  int height, width;
};

struct Vector {
  double x = 0, y = 0;
  Vector operator+(const Vector &o) const { return {x + o.x, y + o.y}; }
  Vector operator*(double s) const { return {x * s, y * s}; }
  Vector &operator+=(const Vector &o) {
    x += o.x;
    y += o.y;
    return *this;
  }
  std::uint64_t digest(std::uint64_t h) const { return ::digest(::digest(h, x), y); }
  void fill(unsigned seed) { x = nextDigit(seed), y = nextDigit(seed); }
};

struct Particle {
  Vector place, speed, force;
  std::uint64_t digest(std::uint64_t h) const {
    return force.digest(speed.digest(place.digest(h)));
  }
  void fill(unsigned seed) { place.fill(seed), speed.fill(seed + 1), force = {}; }
};

Matrix a(20, 24), b(24, 16), square(20, 20);
std::vector<Particle> particles;

static void prepare() {
  fill(a.data, 1), fill(b.data, 2), fill(square.data, 3), fill(particles, 50, 4);
}
static auto state() { return std::tie(a.data, b.data, square.data, particles); }

// Independent

std::vector<double> product_bad() {
  Matrix c(a.rows(), b.columns());
  for (int i = 0; i < a.rows(); ++i)  // EXPECT: if `j` stays within a row of `width` elements
    for (int j = 0; j < b.columns(); ++j) {
      double sum = 0;
      for (int k = 0; k < a.columns(); ++k)
        sum += a(i, k) * b(k, j);
      c(i, j) = sum;
    }
  return c.data;
}

void move_all_bad(double step) {
  for (Particle &p : particles) {  // EXPECT: independent
    p.speed += p.force * step;
    p.place = p.place + p.speed * step;
  }
}

void forces_bad() {
  for (std::size_t i = 0; i < particles.size(); ++i) {  // EXPECT: independent
    Vector all;
    for (std::size_t j = 0; j < particles.size(); ++j)
      if (i != j)
        all += particles[j].place * 2;
    particles[i].force = all;
  }
}

Vector centre_bad() {
  Vector sum;
#ifdef _OPENMP
  double x = 0, y = 0;
#pragma omp parallel for reduction(+ : x, y)
  for (std::size_t i = 0; i < particles.size(); ++i)
    x += particles[i].place.x, y += particles[i].place.y;
  sum.x = x, sum.y = y;
#else
  for (const Particle &p : particles)  // EXPECT: reduction(+ : sum.x), reduction(+ : sum.y)
    sum += p.place;
#endif
  return sum;
}

// Carried

void down_the_rows_ok() {
  for (int i = 1; i < square.rows(); ++i)  // CARRIED
    for (int j = 0; j < 1; ++j)
      square(i, j) = square(i - 1, j) + 1;
}

void mirrored_ok() {
  for (int i = 0; i < 20; ++i)  // CARRIED
    square(i, 0) = square(19 - i, 0) / 2 + 1;
}

void drifting_ok() {
  Vector place;
  for (Particle &p : particles) {
    // NOT-SHOWN: the vector is no variable that a clause could share out
    place = place * 0.5 + p.place;
    p.place = place;
  }
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(a.double_all_bad());
  SHOW(a.double_rows_bad());
  SHOW(product_bad());
  SHOW(move_all_bad(2));
  SHOW(forces_bad());
  SHOW(centre_bad());
  SHOW(down_the_rows_ok());
  SHOW(mirrored_ok());
  SHOW(drifting_ok());
}
