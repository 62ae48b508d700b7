#include "core/train/matrix_product.h"

#include <dnnl.h>

#include <stdexcept>

namespace modlab {

void MatrixProduct(bool transpose_a, bool transpose_b, int64_t rows, int64_t columns, int64_t inner, const float* a,
                   const float* b, bool add, float* c) {
  const dnnl_status_t status =
      dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', rows, columns, inner, 1, a,
                 transpose_a ? rows : inner, b, transpose_b ? inner : columns, add ? 1 : 0, c, columns);
  if (status != dnnl_success) throw std::logic_error("oneDNN refuses a matrix product");
}

}  // namespace modlab
