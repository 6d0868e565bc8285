// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Between which launches of an entry function each value lives.

#ifndef MMC_LIB_TRANSFORMS_PLAN_LIFETIMES_H
#define MMC_LIB_TRANSFORMS_PLAN_LIFETIMES_H

#include "mmc/Transforms/Fuse/Passes.h"
#include "mmc/Transforms/Plan/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <optional>
#include <vector>

namespace mmc {

/// A result of a launch. It lives from the launch that makes it to the last one that reads it,
/// through views, both included; launches are numbered in their order.
struct LaunchValue {
  LaunchOp launch;
  unsigned result;
  int64_t bytes;
  int first, last;
  /// The output of the function that it is; such a value takes no place in the arena.
  std::optional<unsigned> output;

  mlir::Value value() const { return LaunchOp(launch)->getResult(result); }
};

struct Lifetimes {
  explicit Lifetimes(mlir::func::FuncOp function);

  llvm::SmallVector<LaunchOp> launches;
  llvm::DenseMap<mlir::Operation *, int> position;
  /// The results of all launches, in order.
  std::vector<LaunchValue> values;
};

/// The value whose place `value` takes over (mmc.in_place of its launch), or null.
mlir::Value takenOver(const LaunchValue &value);

/// What a value is a view of.
mlir::Value throughViews(mlir::Value value);

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_PLAN_LIFETIMES_H
