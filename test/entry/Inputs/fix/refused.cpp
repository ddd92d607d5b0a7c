struct Pair {
  double x, y;
};
constexpr int N = 1000;
double a[N], b[N];
namespace other {
double kept;
}

void assumed(double *to, double *from, int n) {
  for (int i = 0; i < n; ++i)
    to[i] = from[i];
}

struct Sum {
  double values[N], total = 0;
  void add() {
    for (int i = 0; i < N; ++i)
      this->total += values[i];
  }
};

void elsewhere() {
  for (int i = 0; i < N; ++i)
    other::kept += a[i];
}

void binding(Pair p) {
  auto [x, y] = p;
  for (int i = 0; i < N; ++i)
    a[i] = x * b[i];
}

#define EACH for (int i = 0; i < N; ++i)
void macro() {
  EACH
    a[i] = b[i];
}

constexpr double constant(int n) {
  double s = 0;
  for (int i = 0; i < n; ++i)
    s += i;
  return s;
}

void directives() {
#pragma GCC ivdep
  for (int i = 0; i < N; ++i)
    a[i] = b[i];
#pragma omp parallel
  {
    for (int i = 0; i < N; ++i)
      a[i] = b[i];
  }
  [[likely]]
  for (int i = 0; i < N; ++i)
    a[i] = b[i];
}

void floating(float n) {
  for (int i = 0; i < n; ++i)
    a[i] = b[i];
}
