// No thread is started here.
int total;
void add(int n) { total += n; }
