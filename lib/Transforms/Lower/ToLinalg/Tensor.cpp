// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The element-wise and shape-changing ops as linalg.

#include "Emitter.h"

using namespace mlir;
using namespace mmc;

using Values = SmallVector<Value>;

static Values lowerAdd(AddOp op, Emitter &e) {
  return {e.map(cast<RankedTensorType>(op.getType()), op.getOperands(),
                [](Emitter &e, ValueRange in) -> Values { return {e.add(in[0], in[1])}; })};
}

static Values lowerMul(MulOp op, Emitter &e) {
  return {e.map(cast<RankedTensorType>(op.getType()), op.getOperands(),
                [](Emitter &e, ValueRange in) -> Values { return {e.mul(in[0], in[1])}; })};
}

static Values lowerScale(ScaleOp op, Emitter &e) {
  double factor = op.getFactor().convertToDouble();
  return {e.map(cast<RankedTensorType>(op.getType()), op.getInput(),
                [&](Emitter &e, ValueRange in) -> Values {
                  return {e.mul(in[0], e.constant(in[0].getType(), factor))};
                })};
}

static Values lowerScaleBy(ScaleByOp op, Emitter &e) {
  return {e.map(cast<RankedTensorType>(op.getType()), op.getOperands(),
                [](Emitter &e, ValueRange in) -> Values {
                  return {e.mul(in[0], e.narrow(in[1], in[0].getType()))};
                })};
}

static Values lowerCast(CastOp op, Emitter &e) {
  return {e.map(cast<RankedTensorType>(op.getType()), op.getInput(),
                [](Emitter &, ValueRange in) -> Values { return {in[0]}; })};
}

static Values lowerFill(FillOp op, Emitter &e) {
  auto type = cast<RankedTensorType>(op.getType());
  return {e.filled(type.getShape(), type.getElementType(), op.getValue().convertToDouble())};
}

static Values lowerReshape(ReshapeOp op, Emitter &e) {
  return {e.reshape(op.getInput(), cast<RankedTensorType>(op.getType()).getShape())};
}

/// A copy, so that a view never stands for a kernel's result.
static Value copy(Emitter &e, Value tensor) {
  auto type = RankedTensorType::get(e.shape(tensor), e.element(tensor));
  return e.map(type, tensor, [](Emitter &, ValueRange in) -> Values { return {in[0]}; });
}

static Values lowerCopy(CopyOp op, Emitter &e) { return {copy(e, op.getInput())}; }

static Values lowerSlice(SliceOp op, Emitter &e) {
  return {copy(e, e.slice(op.getInput(), op.getAxis(), op.getStart(), op.getSize(), op.getDrop()))};
}

static Values lowerPad(PadOp op, Emitter &e) {
  auto type = cast<RankedTensorType>(op.getType());
  return {e.insert(op.getInput(), e.filled(type.getShape(), type.getElementType(), 0), op.getAxis(),
                   op.getStart())};
}

static Values lowerConcat(ConcatOp op, Emitter &e) {
  auto type = cast<RankedTensorType>(op.getType());
  Value result = e.empty(type.getShape(), type.getElementType());
  int64_t start = 0;
  for (Value input : op.getInputs()) {
    result = e.insert(input, result, op.getAxis(), start);
    start += e.shape(input)[op.getAxis()];
  }
  return {result};
}

static Values lowerSumRows(SumRowsOp op, Emitter &e) {
  auto type = cast<RankedTensorType>(op.getType());
  ArrayRef<int64_t> domain = e.shape(op.getInput());
  unsigned rank = domain.size(), leading = rank - type.getRank();
  SmallVector<int> reductions;
  SmallVector<unsigned> kept;
  for (unsigned d = 0; d < rank; ++d)
    if (d < leading)
      reductions.push_back(d);
    else
      kept.push_back(d);
  Value sum = e.filled(type.getShape(), e.compute(type.getElementType()), 0);
  if (!reductions.empty())
    sum = e.generic(domain, op.getInput(), e.identity(rank), sum, e.select(rank, kept), reductions,
                    [](Emitter &e, ValueRange in) -> Values { return {e.add(in[1], in[0])}; })[0];
  return {e.cast(sum, type.getElementType())};
}

static Values lowerRepeatRows(RepeatRowsOp op, Emitter &e) {
  return {e.map(cast<RankedTensorType>(op.getType()), op.getInput(),
                [](Emitter &, ValueRange in) -> Values { return {in[0]}; })};
}

/// Sum over all dimensions of the body's value.
static Value sumAll(Emitter &e, ValueRange inputs, Type result, Emitter::Body body) {
  ArrayRef<int64_t> domain = e.shape(inputs[0]);
  SmallVector<AffineMap> maps(inputs.size(), e.identity(domain.size()));
  SmallVector<int> reductions;
  for (unsigned d = 0; d < domain.size(); ++d)
    reductions.push_back(d);
  Value zero = e.filled({}, result, 0);
  if (domain.empty())
    return e.map(RankedTensorType::get({}, result), inputs, body);
  return e.generic(domain, inputs, maps, zero, e.select(domain.size(), {}), reductions, body)[0];
}

static Values lowerInnerProduct(InnerProductOp op, Emitter &e) {
  bool scalar = e.shape(op.getLhs()).empty();
  return {sumAll(e, op->getOperands(), e.element(op.getResult()),
                 [&](Emitter &e, ValueRange in) -> Values {
                   Value product = e.mul(in[0], in[1]);
                   return {scalar ? product : e.add(in[2], product)};
                 })};
}

static Values lowerSum(SumOp op, Emitter &e) {
  bool scalar = e.shape(op.getInput()).empty();
  return {sumAll(
      e, op->getOperands(), e.element(op.getResult()),
      [&](Emitter &e, ValueRange in) -> Values { return {scalar ? in[0] : e.add(in[1], in[0])}; })};
}

void mmc::populateTensorLowerings(RewritePatternSet &patterns) {
  addLowering(patterns, lowerAdd);
  addLowering(patterns, lowerMul);
  addLowering(patterns, lowerScale);
  addLowering(patterns, lowerScaleBy);
  addLowering(patterns, lowerCast);
  addLowering(patterns, lowerCopy);
  addLowering(patterns, lowerFill);
  addLowering(patterns, lowerReshape);
  addLowering(patterns, lowerSlice);
  addLowering(patterns, lowerPad);
  addLowering(patterns, lowerConcat);
  addLowering(patterns, lowerSumRows);
  addLowering(patterns, lowerRepeatRows);
  addLowering(patterns, lowerInnerProduct);
  addLowering(patterns, lowerSum);
}
