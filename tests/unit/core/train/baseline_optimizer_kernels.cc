// The kernels as every x86-64 CPU runs them, under other names.
#include "tests/unit/core/train/baseline_optimizer_kernels.h"

#define MODLAB_SANITIZED 1  // no other versions
#define ApplyUpdate BaselineApplyUpdate
#define SumOfSquares BaselineSumOfSquares
#include "core/train/optimizer_kernels.cc"
