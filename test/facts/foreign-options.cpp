// A database made for gcc: options that only gcc knows change nothing here.
// RUN: %heddle dump --stage=facts --format=text %s -- -std=c++20 -fconserve-stack \
// RUN:   -fno-canonical-system-headers -fanalyzer -Wlogical-op -Werror | FileCheck %s
// CHECK-NOT: error
// CHECK: function main
int main() {}
