// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an op costs: its arithmetic, and the class it is reported under.

#ifndef MMC_DIALECT_COST_H
#define MMC_DIALECT_COST_H

#include "mlir/IR/Operation.h"

namespace mmc {

/// The classes in the order in which they are reported.
enum class CostClass {
  FrozenProduct,  ///< a product with a weight that does not train, and the gradient of its input
  TrainedProduct, ///< the same with a weight that trains, and the gradient of that weight
  Attention,      ///< scores, softmax and weighted sum, and their gradients
  Elementwise,    ///< element by element, norms, softmax, sums, loss
  Movement,       ///< only moves data: lookups, slices, concatenation
  Update,         ///< the optimizer
};
inline constexpr unsigned kCostClasses = 6;

llvm::StringRef nameOf(CostClass kind);

struct Cost {
  CostClass kind = CostClass::Elementwise;
  /// Floating-point operations: 2 per multiply-add of a product, 1 per other operation of the op's
  /// formula; exp, tanh, erf, square root and division count as one.
  int64_t flops = 0;
};

/// The cost of an op with static shapes. `trains` says whether its weight does. Attention within
/// segments is counted as if a row were one segment; with `causal`, a query sees the keys up to its
/// own.
Cost costOf(mlir::Operation *op, bool trains);

} // namespace mmc

#endif // MMC_DIALECT_COST_H
