// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which values of a language model have a row per token, and what one row needs of the others.

#ifndef MMC_LIB_TRANSFORMS_AUTODIFF_TOKENROWS_H
#define MMC_LIB_TRANSFORMS_AUTODIFF_TOKENROWS_H

#include "mmc/Dialect/MmcDialect.h"

#include "llvm/ADT/SetVector.h"

namespace mmc {

/// Follows the rows of `input_ids`, `position_ids`, `segment_ids` and `image_slots` [1, T] through
/// a flat function with static shapes.
class TokenRows {
public:
  /// An error at the first op that mixes rows otherwise than by causal attention, and where the
  /// arguments are not those of one row of tokens, or the result has no row per token.
  static mlir::FailureOr<TokenRows> of(mlir::func::FuncOp function);

  /// Whether the value has a row per token.
  bool has(mlir::Value value) const { return dims.contains(value); }
  /// Whether it is [1, T, D] of a floating type: hidden states, logits.
  bool isTokenMatrix(mlir::Value value) const;
  /// Its type with one row in place of all.
  mlir::RankedTensorType cut(mlir::Value value) const;
  /// Whether each row of the op's result depends on the same row of its operands only.
  bool isRowwise(mlir::Operation *op) const { return rowwise.contains(op); }
  /// Values with rows whose earlier rows a later token reads: keys, values and segments of
  /// attention. [1, T, …].
  llvm::ArrayRef<mlir::Value> kept() const { return keptValues.getArrayRef(); }
  /// Values without rows that ops with rows read and that depend on more than parameters.
  llvm::ArrayRef<mlir::Value> states() const { return stateValues.getArrayRef(); }

private:
  llvm::LogicalResult follow(mlir::Operation *op);
  llvm::LogicalResult followRowwise(mlir::Operation *op);
  llvm::LogicalResult followReshape(ReshapeOp op);
  llvm::LogicalResult followAttention(AttentionOp op);
  /// Notes what an op with rows reads that has none.
  void readWithoutRows(mlir::Operation *op);

  llvm::DenseMap<mlir::Value, int> dims;
  llvm::DenseSet<mlir::Operation *> rowwise;
  llvm::DenseSet<mlir::Value> constant; ///< depends on parameters only
  llvm::SetVector<mlir::Value> keptValues, stateValues;
};

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_AUTODIFF_TOKENROWS_H
