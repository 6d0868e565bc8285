// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Derivatives of the loss; the formula stands above each rule.

#include "../Inference/Shapes.h"

using namespace mlir;
using namespace mmc;

// s = Σ x:  dx = ds everywhere
LogicalResult SumOp::buildAdjoint(OpBuilder &builder, ValueRange ds, ArrayRef<bool>,
                                  SmallVectorImpl<Value> &grads) {
  Value gradient = ds[0];
  if (elementOf(gradient) != elementOf(getInput()))
    gradient = CastOp::create(builder, getLoc(), tensorOf({}, elementOf(getInput())), gradient);
  grads.push_back(RepeatRowsOp::create(builder, getLoc(), getInput().getType(), gradient));
  return success();
}

// l = log Σ exp(z) − z[target]:  dz = dl·(softmax(z) − onehot(target))
LogicalResult CrossEntropyOp::buildAdjoint(OpBuilder &builder, ValueRange dl, ArrayRef<bool> wanted,
                                           SmallVectorImpl<Value> &grads) {
  grads.assign(2, {});
  if (wanted[0])
    grads[0] = CrossEntropyGradOp::create(builder, getLoc(), getLogits().getType(), getLogits(),
                                          getTargets(), dl[0]);
  return success();
}
