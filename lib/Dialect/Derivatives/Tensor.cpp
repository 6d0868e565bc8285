// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Derivatives of the element-wise, shape-changing, loss and adapter ops; the formula stands above
// each rule.

#include "../Inference/Shapes.h"

using namespace mlir;
using namespace mmc;

/// Sums a gradient over the leading dimensions along which `operand` was repeated.
static Value reduceTo(OpBuilder &builder, Location loc, Value gradient, Value operand) {
  if (shapeOf(gradient).size() == shapeOf(operand).size())
    return gradient;
  return SumRowsOp::create(builder, loc, operand.getType(), gradient);
}

// y = a + b:  da = dy, db = Σ dy over what b was repeated along
LogicalResult AddOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool> wanted,
                                  SmallVectorImpl<Value> &grads) {
  grads.push_back(wanted[0] ? dy[0] : Value());
  grads.push_back(wanted[1] ? reduceTo(builder, getLoc(), dy[0], getRhs()) : Value());
  return success();
}

// y = a∘b:  da = dy∘b, db = Σ dy∘a
LogicalResult MulOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool> wanted,
                                  SmallVectorImpl<Value> &grads) {
  grads.assign(2, {});
  if (wanted[0])
    grads[0] = MulOp::create(builder, getLoc(), dy[0], getRhs());
  if (wanted[1])
    grads[1] =
        reduceTo(builder, getLoc(), MulOp::create(builder, getLoc(), dy[0], getLhs()), getRhs());
  return success();
}

// y = c·x:  dx = c·dy
LogicalResult ScaleOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool>,
                                    SmallVectorImpl<Value> &grads) {
  grads.push_back(ScaleOp::create(builder, getLoc(), dy[0], getFactorAttr()));
  return success();
}

// y = round(x):  dx = dy, in x's type
LogicalResult CastOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool>,
                                   SmallVectorImpl<Value> &grads) {
  grads.push_back(builder.createOrFold<CastOp>(getLoc(), getInput().getType(), dy[0]));
  return success();
}

// The same elements under another shape.
LogicalResult ReshapeOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool>,
                                      SmallVectorImpl<Value> &grads) {
  grads.push_back(builder.createOrFold<ReshapeOp>(getLoc(), getInput().getType(), dy[0]));
  return success();
}

// dx is dy in its place, zero elsewhere.
LogicalResult SliceOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool>,
                                    SmallVectorImpl<Value> &grads) {
  Value gradient = dy[0];
  if (getDrop()) {
    Dims shape(shapeOf(gradient));
    shape.insert(shape.begin() + getAxis(), 1);
    gradient = ReshapeOp::create(builder, getLoc(), tensorOf(shape, elementOf(gradient)), gradient);
  }
  grads.push_back(PadOp::create(builder, getLoc(), gradient, getAxis(), getStart(),
                                shapeOf(getInput())[getAxis()]));
  return success();
}

LogicalResult PadOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool>,
                                  SmallVectorImpl<Value> &grads) {
  grads.push_back(SliceOp::create(builder, getLoc(), dy[0], getAxis(), getStart(),
                                  shapeOf(getInput())[getAxis()],
                                  /*drop=*/false));
  return success();
}

// Each operand gets its slice of dy.
LogicalResult ConcatOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool> wanted,
                                     SmallVectorImpl<Value> &grads) {
  int64_t start = 0;
  for (auto [input, want] : llvm::zip(getInputs(), wanted)) {
    int64_t size = shapeOf(input)[getAxis()];
    grads.push_back(
        want ? SliceOp::create(builder, getLoc(), dy[0], getAxis(), start, size, /*drop=*/false)
             : Value());
    start += size;
  }
  return success();
}

// y = Σ_rows x:  dx = dy in every row
LogicalResult SumRowsOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool>,
                                      SmallVectorImpl<Value> &grads) {
  Type narrow = tensorOf(shapeOf(getResult()), elementOf(getInput()));
  Value gradient = builder.createOrFold<CastOp>(getLoc(), narrow, dy[0]);
  grads.push_back(RepeatRowsOp::create(builder, getLoc(), getInput().getType(), gradient));
  return success();
}

LogicalResult RepeatRowsOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool>,
                                         SmallVectorImpl<Value> &grads) {
  grads.push_back(SumRowsOp::create(builder, getLoc(), getInput().getType(), dy[0]));
  return success();
}

// s = ⟨a, b⟩:  da = ds·b, db = ds·a
LogicalResult InnerProductOp::buildAdjoint(OpBuilder &builder, ValueRange ds, ArrayRef<bool> wanted,
                                           SmallVectorImpl<Value> &grads) {
  grads.assign(2, {});
  if (wanted[0])
    grads[0] = ScaleByOp::create(builder, getLoc(), getLhs().getType(), getRhs(), ds[0]);
  if (wanted[1])
    grads[1] = ScaleByOp::create(builder, getLoc(), getRhs().getType(), getLhs(), ds[0]);
  return success();
}

// The same elements are dropped and the same scaled: dropout of dy with the same numbers.
LogicalResult DropoutOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool>,
                                      SmallVectorImpl<Value> &grads) {
  grads.assign(getNumOperands(), {});
  grads[0] = getRng() ? DropoutOp::create(builder, getLoc(), dy[0], getRng(),
                                          /*place=*/ValueRange(), getRateAttr(), getStreamAttr(),
                                          /*whole=*/DenseI64ArrayAttr())
                            .getResult()
                      : dy[0];
  return success();
}

// y = Σₑ wₑ·xₑ:  dxₑ = wₑ·dy, dwₑ = ⟨dy, xₑ⟩ over what shares the weight
LogicalResult RouteOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool> wanted,
                                    SmallVectorImpl<Value> &grads) {
  grads.assign(getNumOperands(), {});
  if (wanted[0])
    grads[0] = RouteGradWeightsOp::create(builder, getLoc(), getWeights().getType(), dy[0],
                                          getExperts(), getAxis());
  for (auto [expert, value] : llvm::enumerate(getExperts()))
    if (wanted[expert + 1])
      grads[expert + 1] = RouteGradExpertOp::create(builder, getLoc(), value.getType(),
                                                    getWeights(), dy[0], expert, getAxis());
  return success();
}
