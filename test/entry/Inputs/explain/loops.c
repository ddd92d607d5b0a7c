double a[100], b[100];
double outside(double);

int find(double x) {
  for (int i = 0; i < 100; i++)
    if (a[i] == x)
      return i;
  return -1;
}

int position(double x) {
  int at = -1;
  for (int i = 0; i < 100; i++)
    if (a[i] == x) {
      at = i;
      break;
    }
  return at;
}

void scan(void) {
  for (int r = 0; r < 10; r++) {
    for (int i = 1; i < 100; i++)
      a[i] = a[i - 1] * 0.5 + b[i];
    for (int i = 1; i < 100; i++)
      b[i] = 0;
  }
}

void copy(double *to, double *from, int n) {
  for (int i = 0; i < n; i++)
    to[i] = from[i];
}

void call(void) {
  for (int i = 0; i < 100; i++)
    a[i] = outside(b[i]);
}

double sum(void) {
  double s = 0;
  for (int i = 0; i < 100; i++)
    s += b[i];
  return s;
}

void filter(double f) {
  double x = 1;
  for (int i = 0; i < 100; i++) {
    x = x * f + b[i];
    a[i] = x;
  }
}
