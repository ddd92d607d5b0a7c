// The plugin prints what the command line tool prints, and clang-tidy's own
// means of keeping it quiet work.
//
// RUN: %clang_tidy --checks='-*,heddle-*' --list-checks | FileCheck %s --check-prefix=LIST
// LIST: heddle-blocking-under-lock
// LIST: heddle-parallelizable-loop
// LIST: heddle-serial-blocking-loop
// LIST: heddle-threads-or-processes
// LIST: heddle-unprotected-shared-state
//
// RUN: %clang_tidy --checks='-*,heddle-unprotected-shared-state' --quiet %s -- -std=c++20 \
// RUN:   | FileCheck %s --implicit-check-not=warning:
// RUN: %clang_tidy --checks='-*,heddle-unprotected-shared-state' --quiet %s \
// RUN:   --warnings-as-errors='heddle-*' -- -std=c++20 > %t.errors || true
// RUN: FileCheck %s --check-prefix=ERROR < %t.errors
// RUN: %clang_tidy --checks='-*,heddle-blocking-under-lock' --quiet %s -- -std=c++20 \
// RUN:   | count 0
#include <thread>

int loud, quiet;
void count() {
  std::thread other([] {
    loud++;
    quiet++; // NOLINT(heddle-unprotected-shared-state)
  });
  loud++;
  quiet++; // NOLINT(heddle-unprotected-shared-state)
  other.join();
}
// CHECK: plugin.cpp:[[#]]:[[#]]: warning: {{.*}}loud{{.*}} [heddle-unprotected-shared-state]
// CHECK: note:
// ERROR: error: {{.*}} [heddle-unprotected-shared-state,-warnings-as-errors]
