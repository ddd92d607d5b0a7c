double mean(const double *A) {
  double Sum = 0;
  for (int I = 0; I < 1000000; ++I)
    Sum += A[I];
  return Sum / 1000000;
}
