// RUN: %heddle dump --stage=facts --format=text %s -- -std=c++20 -pthread | FileCheck %s
// Where the scopes of locals end whose address is out, and where handles go.
#include <future>
#include <thread>
#include <utility>
void use(int *);

void order() {
  std::jthread worker;
  int x = 0, y = 0;
  worker = std::jthread([&] { use(&x); });
}
// What was declared last dies first, before the destructor of the handle.
// CHECK-LABEL: function order
// CHECK:       launch thread order()::lambda {{.*}} handle local worker joins at end
// CHECK:       end local x
// CHECK-NEXT:  call std::jthread::~jthread on local worker
// CHECK-NEXT:  end local worker
// CHECK-NOT:   end local y

void early(bool c) {
  int x = 0;
  use(&x);
  if (c)
    return;
  use(nullptr);
}
// CHECK-LABEL: function early
// CHECK:       call use with
// CHECK:       end local x
// CHECK:       end local x

std::thread moved() {
  std::thread first(use, nullptr);
  std::thread second = std::move(first);
  return std::thread(use, nullptr);
}
// CHECK-LABEL: function moved
// CHECK:       launch thread use {{.*}} handle local first
// CHECK:       move local first
// CHECK:       launch thread use {{.*}} returned
