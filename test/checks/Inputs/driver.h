// Lets ThreadSanitizer run cases of a fixture by their names, see test/tsan.py.
#pragma once
#include <string.h>

static int wanted(const char *Case, int Count, char **Arguments) {
  for (int I = 1; I < Count; ++I)
    if (strcmp(Arguments[I], Case) == 0)
      return 1;
  return 0;
}

#define CASE(Function)                                                                             \
  if (wanted(#Function, Count, Arguments))                                                         \
    Function();
