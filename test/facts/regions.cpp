// OpenMP directives, their clauses, and what is done under them.
// RUN: %heddle dump --stage=facts --format=text %s -- -fopenmp -std=c++20 | FileCheck %s
extern "C" int omp_get_thread_num(void);

int a[100], n;
void callee(int *);

// A combined directive is taken apart, and each clause goes to its part.
// CHECK-LABEL: function combined
// CHECK: directive 0 parallel{{$}}
// CHECK-NEXT: directive 1 worksharing in 0 of loop 0 of loop 1 private(t) reduction(s){{.*}} schedule(dynamic)
// CHECK-NEXT: directive 2 simd in 1 of loop 0 of loop 1 safelen 4
// CHECK: directive 0
// CHECK-NEXT: directive 1
// CHECK-NEXT: directive 2
// CHECK: loop 0
// CHECK: loop 1
// CHECK: write local t
// CHECK: write local s reduction +
void combined() {
  int s = 0, t;
#pragma omp parallel for simd collapse(2) private(t) reduction(+ : s) schedule(dynamic, 2) safelen(4)
  for (int i = 0; i < 10; i++)
    for (int j = 0; j < 10; j++) {
      t = a[i];
      s += t;
    }
}

// Which thread, and which iteration.
// CHECK-LABEL: function guarded
// CHECK: directive 0 parallel
// CHECK: access write global a [omp_get_thread_num()]{{$}}
// CHECK: alternative
// CHECK: access write global n if omp_get_thread_num() == 0
// CHECK: alternative
// CHECK: access write global n reduction + atomic if omp_get_thread_num() != 0
// CHECK: call callee if omp_get_thread_num() - 1 == 0
void guarded() {
#pragma omp parallel
  {
    int id = omp_get_thread_num();
    a[id] = 1;
    if (id == 0)
      n = 1;
    else {
#pragma omp atomic
      n++;
    }
    if (id == 1)
      callee(&a[3]);
  }
}

// CHECK-LABEL: function tasks
// CHECK: directive 0 parallel
// CHECK-NEXT: directive 1 sections in 0 nowait
// CHECK-NEXT: directive 2 section in 1
// CHECK-NEXT: directive 3 section in 1
// CHECK-NEXT: directive 4 task in 3 {{.*}}depend(out: a[1]){{.*}} undeferred
// CHECK-NEXT: directive 5 critical in 3 name guard
// CHECK-NEXT: directive 6 parallel teams
void tasks() {
#pragma omp parallel
#pragma omp sections nowait
  {
    n = 1;
#pragma omp section
    {
#pragma omp task depend(out : a[1]) if (0)
      a[1] = n;
#pragma omp critical(guard)
      n = 2;
    }
  }
#pragma omp target teams distribute parallel for
  for (int i = 0; i < 10; i++)
    a[i] = 0;
}

// Without directives nothing is listed.
// CHECK-LABEL: function plain
// CHECK-NOT: directive
// CHECK-NOT: access
void plain() { n = 1; }
