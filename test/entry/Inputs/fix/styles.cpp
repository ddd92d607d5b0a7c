#include <cmath>
#include <vector>

double heavy(double x) { return std::sin(x) * x; }

void each(std::vector<double> &values) {
  for (double &value : values) {
    if (value < 0)
      continue;
    value = heavy(value);
  }
}

void scratch(std::vector<double> &out, int n) {
  double t;
  for (int i = 0; i < n; ++i) {
    t = heavy(out[i]);
    out[i] = t * t;
  }
}

double sum(const std::vector<double> &values) {
  double s = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % 3 == 0)
      continue;
    s += heavy(values[i]);
  }
  for (double value : values)
    s += value;
  return s;
}

void steps(std::vector<double> &out) {
  for (auto it = out.begin(); it != out.end(); ++it)
    *it = heavy(*it);
}
