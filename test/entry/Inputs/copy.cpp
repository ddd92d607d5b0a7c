int from[100], to[100];
void copy() {
  for (int i = 0; i < 100; ++i)
    to[i] = from[i];
}
