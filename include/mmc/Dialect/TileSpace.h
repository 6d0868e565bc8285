// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How an op may be cut into independent tiles.

#ifndef MMC_DIALECT_TILESPACE_H
#define MMC_DIALECT_TILESPACE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallVector.h"

namespace mmc {

/// How one dimension of a tensor lies along the tile space.
struct TiledDim {
  int dim = -1;     ///< the tile dimension it is cut along; -1: every tile sees all of it
  int64_t unit = 1; ///< elements per unit of the tile dimension (a head has head_dim elements)
};

/// For every dimension of a tensor how it is cut.
using TensorTiling = llvm::SmallVector<TiledDim, 4>;

/// The parallel dimensions of an op (extents in units) and how operands and results lie along them.
struct TileSpace {
  llvm::SmallVector<int64_t, 4> extents;
  llvm::SmallVector<TensorTiling, 4> operands;
  llvm::SmallVector<TensorTiling, 2> results;
  /// True when a tile's cost is a contraction (a GEMM): tiles are then chosen for the register
  /// blocks.
  bool contraction = false;
  /// True when result element [i] reads only operand elements [i].
  bool elementwise = false;
  /// Operands whose buffer the first result may take over: each of its elements is read for the
  /// last time to compute the result's element at the same place.
  llvm::SmallVector<unsigned, 2> reusable;
  /// True when the op means the same on operands whose first two dimensions, both tiled, are merged
  /// into one: [B, T, D] and [B·T, D].
  bool collapsible = false;
  /// True when a tile must be told where it lies in the whole: `placeTile` of FusibleOpInterface.
  bool placed = false;
};

/// Clones `op` with other operands and result types.
mlir::Operation *cloneWithOperands(mlir::OpBuilder &builder, mlir::Operation *op,
                                   mlir::ValueRange operands, mlir::TypeRange resultTypes);

} // namespace mmc

#endif // MMC_DIALECT_TILESPACE_H
