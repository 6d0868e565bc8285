// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Building blocks of tile spaces.

#ifndef MMC_LIB_DIALECT_TILING_TILINGRULES_H
#define MMC_LIB_DIALECT_TILING_TILINGRULES_H

#include "../Inference/Shapes.h"

namespace mmc {

/// A tensor that every tile sees whole.
inline TensorTiling whole(mlir::Value value) { return TensorTiling(shapeOf(value).size()); }

/// Dimensions 0, 1, … of a tensor lie along tile dimensions `first`, `first` + 1, …; those from
/// `end` on are whole.
inline TensorTiling along(mlir::Value value, int first, int end) {
  TensorTiling tiling(shapeOf(value).size());
  for (int d = 0; d < end && d < static_cast<int>(tiling.size()); ++d)
    tiling[d].dim = first + d;
  return tiling;
}

/// The op is computed element by element: every dimension of the result may be cut, operands that
/// are a suffix of it likewise.
TileSpace elementwiseSpace(mlir::Operation *op);

/// The op treats the rows (all dimensions but the last) independently and needs each row whole.
/// Operands with the result's leading dimensions are cut along them; those named in `wholeOperands`
/// are not.
TileSpace rowwiseSpace(mlir::Operation *op, llvm::ArrayRef<unsigned> wholeOperands);

} // namespace mmc

#endif // MMC_LIB_DIALECT_TILING_TILINGRULES_H
