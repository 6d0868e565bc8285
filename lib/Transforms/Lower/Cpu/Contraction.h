// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A linalg op on buffers that is a matrix product, and how its loops lie in it.

#ifndef MMC_LIB_TRANSFORMS_LOWER_CPU_CONTRACTION_H
#define MMC_LIB_TRANSFORMS_LOWER_CPU_CONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace mmc {

/// c[outer…, m, n] += Σ a[outer…, m, k] · b[outer…, k, n]. Dimensions are those of the linalg op's
/// loops.
struct Contraction {
  mlir::linalg::GenericOp op;
  mlir::Value a, b, c;
  mlir::AffineMap aMap, bMap, cMap;
  int m = -1; ///< −1: there is one row
  int n = -1, k = -1;
  /// All other loops, in order; they run around the product.
  llvm::SmallVector<int> outer;
  llvm::SmallVector<int64_t> sizes; ///< of all loops
  mlir::Type sum;                   ///< f32 or f64: what is multiplied and added in

  int64_t size(int dim) const { return dim < 0 ? 1 : sizes[dim]; }
};

/// The product that `op` is, or nothing. n is the dimension along which c is contiguous.
std::optional<Contraction> matchContraction(mlir::linalg::GenericOp op);

/// Whether dimension `dim` of the loops is the last of the buffer, with stride 1.
bool isContiguous(mlir::Value buffer, mlir::AffineMap map, int dim);

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_LOWER_CPU_CONTRACTION_H
