// Code that the compiler rejects leaves expressions without types and values in the tree:
// an error through both doors, and no findings.
// RUN: %exits 3 %heddle dump --stage=facts --format=text %s -- 2>&1 | FileCheck %s
// RUN: %exits 1 %clang_tidy --checks='-*,heddle-*' --quiet %s -- | FileCheck %s --check-prefix=TIDY
// CHECK: error: use of undeclared identifier 'missing'
// CHECK-NOT: function
// TIDY: error: use of undeclared identifier 'missing'
// TIDY-NOT: [heddle-
#include <pthread.h>

int n;

void updates(int i) {
  n += missing;
  n -= missing.field;
  missing *= n;
  missing[i] |= 1;
  for (i = 0; i < 10; i += missing)
    n <<= missing;
}

void compares(pthread_mutex_t *m) {
  if (pthread_mutex_trylock(m) == missing)
    n = missing(n) ? missing : 0;
  switch (missing) {
  case missing:
    n--;
  }
}

enum later value;
struct never s;

void loops(struct never *p) {
  for (int i = missing; i < missing; missing++)
    p[i].x = i;
  n = n > s ? n : value;
}
