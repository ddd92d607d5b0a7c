#include "shared.h"

double a[1000][1000], b[1000][1000], c[1000];

void nest(int n) {
  int i, j;
  double t;
  for (i = 0; i < n; i++)
    for (j = 0; j < n; j++) {
      t = b[i][j];
      a[i][j] = t * t;
    }
}

double sum(int n) {
  int i;
  double total = 0;
  for (i = 0; i < n; i++)
    total += c[i];
  return total;
}

void triangle(void) {
	for (int i = 0; i < 1000; i++)
		for (int j = 0; j < i; j++)
			a[i][j] += 1;
}

int last(int n) {
  int i;
  double seen = 0;
  for (i = 0; i < 1000; i++) {
    seen = c[i];
    a[0][i] = seen;
  }
  c[0] = seen + i;
  /* With n = 0 the index would have no value. */
  for (i = 0; i < n; i++)
    a[1][i] = 0;
  return seen + i;
}

void annotated(int n) {
  #pragma omp parallel for \
      schedule(static)
  // which stays
  for (int i = 0; i < n; i++)
    c[i] = 0;
}
