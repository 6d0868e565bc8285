// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tile spaces of the element-wise and shape-changing ops, and of loss and optimizer.

#include "TilingRules.h"

using namespace mlir;
using namespace mmc;

TileSpace mmc::elementwiseSpace(Operation *op) {
  TileSpace space;
  ArrayRef<int64_t> shape = shapeOf(op->getResult(0));
  int rank = shape.size();
  space.extents.assign(shape.begin(), shape.end());
  space.elementwise = space.collapsible = true;
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    int operandRank = shapeOf(operand).size();
    if (shapeOf(operand) == shape)
      space.reusable.push_back(index);
    space.operands.push_back(along(operand, rank - operandRank, operandRank));
    // An operand that has the second dimension but not the first would no longer fit.
    if (operandRank == rank - 1)
      space.collapsible = false;
  }
  for (Value result : op->getResults())
    space.results.push_back(along(result, 0, rank));
  return space;
}

TileSpace mmc::rowwiseSpace(Operation *op, ArrayRef<unsigned> wholeOperands) {
  TileSpace space;
  ArrayRef<int64_t> shape = shapeOf(op->getResult(0));
  int rows = shape.size() - 1;
  space.extents.assign(shape.begin(), shape.end() - 1);
  space.collapsible = true;
  for (auto [index, operand] : llvm::enumerate(op->getOperands()))
    space.operands.push_back(llvm::is_contained(wholeOperands, index) ? whole(operand)
                                                                      : along(operand, 0, rows));
  for (Value result : op->getResults())
    space.results.push_back(along(result, 0, rows));
  return space;
}

TileSpace AddOp::getTileSpace() { return elementwiseSpace(*this); }
TileSpace MulOp::getTileSpace() { return elementwiseSpace(*this); }
TileSpace ScaleOp::getTileSpace() { return elementwiseSpace(*this); }
TileSpace CastOp::getTileSpace() { return elementwiseSpace(*this); }
TileSpace CopyOp::getTileSpace() { return elementwiseSpace(*this); }
TileSpace FillOp::getTileSpace() { return elementwiseSpace(*this); }
TileSpace SiluOp::getTileSpace() { return elementwiseSpace(*this); }
TileSpace GeluOp::getTileSpace() { return elementwiseSpace(*this); }
TileSpace SiluGradOp::getTileSpace() { return elementwiseSpace(*this); }
TileSpace GeluGradOp::getTileSpace() { return elementwiseSpace(*this); }

TileSpace ScaleByOp::getTileSpace() {
  TileSpace space = elementwiseSpace(*this);
  space.operands[1] = whole(getScalar());
  space.reusable = {0};
  space.collapsible = true;
  return space;
}

TileSpace AdamWOp::getTileSpace() {
  TileSpace space = elementwiseSpace(*this);
  space.operands[4] = whole(getSettings());
  space.collapsible = false;
  return space;
}

// The random numbers of an element are keyed by its index in the whole tensor: a tile must know
// where it lies.
TileSpace DropoutOp::getTileSpace() {
  TileSpace space = elementwiseSpace(*this);
  if (getRng())
    space.operands[1] = whole(getRng());
  space.reusable = {0};
  space.collapsible = space.placed = true;
  return space;
}

void DropoutOp::placeTile(Operation *tile, ValueRange place) {
  auto dropout = cast<DropoutOp>(tile);
  dropout.getPlaceMutable().assign(place);
  dropout.setWhole(shapeOf(getResult()));
}

/// All dimensions but `axis` are cut; `dropped` when the result lacks it.
static TileSpace exceptAxis(Operation *op, int axis, bool dropped) {
  TileSpace space;
  Value result = op->getResult(0);
  auto tiling = [&](Value value, bool hasAxis) {
    TensorTiling dims(shapeOf(value).size());
    int next = 0;
    for (int d = 0; d < static_cast<int>(dims.size()); ++d)
      if (!hasAxis || d != axis)
        dims[d].dim = next++;
    return dims;
  };
  for (auto [d, size] : llvm::enumerate(shapeOf(result)))
    if (dropped || static_cast<int>(d) != axis)
      space.extents.push_back(size);
  for (Value operand : op->getOperands())
    space.operands.push_back(tiling(operand, true));
  space.results.push_back(tiling(result, !dropped));
  return space;
}

TileSpace SliceOp::getTileSpace() { return exceptAxis(*this, getAxis(), getDrop()); }
TileSpace PadOp::getTileSpace() { return exceptAxis(*this, getAxis(), false); }
TileSpace ConcatOp::getTileSpace() { return exceptAxis(*this, getAxis(), false); }

TileSpace SumRowsOp::getTileSpace() {
  TileSpace space;
  ArrayRef<int64_t> shape = shapeOf(getResult());
  int leading = shapeOf(getInput()).size() - shape.size();
  space.extents.assign(shape.begin(), shape.end());
  space.operands.push_back(TensorTiling(shapeOf(getInput()).size()));
  for (size_t d = 0; d < shape.size(); ++d)
    space.operands[0][leading + d].dim = d;
  space.results.push_back(along(getResult(), 0, shape.size()));
  space.collapsible = leading >= 2; // a sum over batch and sequence, not over batch alone
  return space;
}

TileSpace RepeatRowsOp::getTileSpace() {
  TileSpace space = elementwiseSpace(*this);
  space.elementwise = false;
  space.reusable.clear();
  return space;
}

/// One tile: a reduction of everything to a scalar, in a fixed order.
static TileSpace single(Operation *op) {
  TileSpace space;
  for (Value operand : op->getOperands())
    space.operands.push_back(whole(operand));
  for (Value result : op->getResults())
    space.results.push_back(whole(result));
  return space;
}

TileSpace InnerProductOp::getTileSpace() { return single(*this); }
TileSpace SumOp::getTileSpace() { return single(*this); }
TileSpace CountLabelsOp::getTileSpace() { return single(*this); }

TileSpace ShiftLabelsOp::getTileSpace() {
  TileSpace space;
  space.extents.push_back(shapeOf(getLabels())[0]);
  space.operands.push_back(along(getLabels(), 0, 1));
  space.results.push_back(along(getResult(), 0, 1));
  return space;
}

TileSpace CrossEntropyOp::getTileSpace() {
  TileSpace space;
  ArrayRef<int64_t> rows = shapeOf(getTargets());
  space.extents.assign(rows.begin(), rows.end());
  for (Value operand : getOperands())
    space.operands.push_back(along(operand, 0, rows.size()));
  space.results.push_back(along(getResult(), 0, rows.size()));
  space.collapsible = true;
  return space;
}

TileSpace CrossEntropyGradOp::getTileSpace() {
  TileSpace space = rowwiseSpace(*this, {});
  space.collapsible = true;
  // Maximum and sum of a row are known before its first element is written. Logits and their
  // gradient are often the largest values of a step.
  space.reusable.push_back(0);
  return space;
}
