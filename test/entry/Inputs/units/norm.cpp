#include "norm.h"

double norm(const double *A) {
  double Sum = 0;
  for (int I = 0; I < 1000000; ++I)
    Sum += A[I] * A[I];
  return Sum;
}
