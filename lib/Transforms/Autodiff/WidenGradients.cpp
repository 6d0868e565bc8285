// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Autodiff/Passes.h"

namespace mmc {
#define GEN_PASS_DEF_WIDENGRADIENTSPASS
#include "mmc/Transforms/Autodiff/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// Sums over rows: the accumulator of a narrow type is f32, and so may the result be.
bool isFreeSum(Operation *op) {
  return isa<LinearGradWeightOp, EmbeddingGradOp, RmsNormGradWeightOp, LayerNormGradWeightOp,
             SumRowsOp>(op);
}

/// Whether rounding ends up less often when `value` is wanted as `element`: it comes, through sums
/// and views that nothing else reads, from a free sum.
bool canWiden(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !value.hasOneUse())
    return false;
  if (isFreeSum(op))
    return true;
  return isa<AddOp, ReshapeOp>(op) && llvm::any_of(op->getOperands(), canWiden);
}

Value widen(Value value, Type element) {
  Type type = cast<RankedTensorType>(value.getType()).clone(element);
  Operation *op = value.getDefiningOp();
  if (!canWiden(value)) {
    OpBuilder builder(value.getContext());
    builder.setInsertionPointAfterValue(value);
    return CastOp::create(builder, value.getLoc(), type, value);
  }
  if (!isFreeSum(op))
    for (OpOperand &operand : op->getOpOperands())
      operand.set(widen(operand.get(), element));
  value.setType(type);
  return value;
}

struct WidenGradientsPass : mmc::impl::WidenGradientsPassBase<WidenGradientsPass> {
  void runOnOperation() override {
    SmallVector<CastOp> casts;
    getOperation().walk([&](CastOp op) { casts.push_back(op); });
    for (CastOp op : casts) {
      auto from = cast<RankedTensorType>(op.getInput().getType()),
           to = cast<RankedTensorType>(op.getType());
      if (from.getElementTypeBitWidth() >= 32 || !to.getElementType().isF32() ||
          !canWiden(op.getInput()))
        continue;
      op.getResult().replaceAllUsesWith(widen(op.getInput(), to.getElementType()));
      op.erase();
    }
  }
};

} // namespace
