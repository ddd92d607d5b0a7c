/// What show.h is, for C: the program defines prepare() and state(), and calls
///
///     SHOW(scale_bad(a, N));
///     SHOW_RESULT(sum_bad(a, N));
#pragma once
#pragma GCC system_header

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void prepare(void);
static uint64_t state(void);

static const char *wantedCase;
static inline void only(int argc, char **argv) { wantedCase = argc > 1 ? argv[1] : NULL; }
static inline int wanted(const char *call) {
  size_t length = strcspn(call, "(");
  return !wantedCase || (strlen(wantedCase) == length && !strncmp(wantedCase, call, length));
}

/// Digits: sums of them are exact in any order.
#define FILL(array, seed)                                                                          \
  do {                                                                                             \
    unsigned next = (seed);                                                                        \
    for (size_t k = 0; k < sizeof(array) / sizeof *(array); ++k) {                                 \
      next = next * 1664525u + 1013904223u;                                                        \
      (array)[k] = (next >> 16) % 10;                                                              \
    }                                                                                              \
  } while (0)

static inline uint64_t digestBytes(uint64_t h, const void *from, size_t size) {
  const unsigned char *p = from;
  for (size_t k = 0; k < size; ++k) {
    h = (h ^ p[k]) * 0x9E3779B97F4A7C15u;
    h ^= h >> 29;
  }
  return h;
}
#define DIGEST(h, object) digestBytes(h, &(object), sizeof(object))

static inline void show(const char *call, double result) {
  printf("%.*s %016llx\n", (int)strcspn(call, "("), call, (unsigned long long)DIGEST(state(), result));
}

#define SHOW(call)                                                                                 \
  if (wanted(#call)) {                                                                             \
    prepare();                                                                                     \
    call;                                                                                          \
    show(#call, 0);                                                                                \
  }
#define SHOW_RESULT(call)                                                                          \
  if (wanted(#call)) {                                                                             \
    prepare();                                                                                     \
    show(#call, call);                                                                             \
  }
