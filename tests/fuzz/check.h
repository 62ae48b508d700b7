#pragma once

#include <cstdio>
#include <cstdlib>

/// What must hold whatever the input is; ends the program where it does not, which is how libFuzzer notices.
#define FUZZ_CHECK(condition)                                                      \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)
