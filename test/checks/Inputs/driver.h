// Lets ThreadSanitizer run one case of a fixture by its name, see test/tsan.py.
#pragma once
#include <string.h>

#define CASE(Function)                                                                             \
  if (Count > 1 && strcmp(Arguments[1], #Function) == 0)                                      \
    Function();
