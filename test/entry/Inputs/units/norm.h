double norm(const double *A);
