// In a host of another major the plugin ends the run: one line, not zero. The
// library preloaded here makes clang-tidy-19 say that it is 18.
//
// UNSUPPORTED: sanitized
// RUN: clang++ -shared -fPIC -DFAKE %s -o %t.so
// RUN: not env LD_PRELOAD=%t.so %clang_tidy --checks='-*,heddle-*,bugprone-*' %s -- 2>&1 \
// RUN:   | FileCheck %s
// CHECK: heddle-tidy-19.so: this plugin is built for clang-tidy 19 and cannot run in 'clang version 18.1.8'; load it in clang-tidy-19
// CHECK-NOT: {{.}}
#ifdef FAKE
#include <string>
namespace clang {
std::string getClangFullVersion() { return "clang version 18.1.8"; }
} // namespace clang
#endif
