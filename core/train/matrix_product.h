#pragma once

#include <cstdint>

namespace modlab {

/// Writes A B to `c` [rows x columns], or adds it to what is there. A is [rows x inner] and B [inner x columns], or
/// where `transpose_a` or `transpose_b` says so `a` and `b` hold their transposes; all row by row, without gaps. Made
/// for the products of a training step, where one side is a batch: oneDNN's are faster at those than OpenBLAS's. Runs
/// on as many threads as OpenMP is set to; the same number of threads gives the same bits.
void MatrixProduct(bool transpose_a, bool transpose_b, int64_t rows, int64_t columns, int64_t inner, const float* a,
                   const float* b, bool add, float* c);

}  // namespace modlab
