// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tile spaces of the ops that derivatives are written with.

#include "TilingRules.h"

using namespace mlir;
using namespace mmc;

TileSpace LinearGradInputOp::getTileSpace() {
  TileSpace space = rowwiseSpace(*this, {1});
  space.contraction = true;
  if (getGroups() > 1)
    return space;
  int column = space.extents.size();
  space.extents.push_back(shapeOf(getResult()).back());
  space.operands[1] = {{}, {column, 1}};
  space.results[0].back() = {column, 1};
  return space;
}

// The rows are summed over, so only the weight's own dimensions are cut.
TileSpace LinearGradWeightOp::getTileSpace() {
  TileSpace space;
  space.contraction = space.collapsible = true;
  ArrayRef<int64_t> weight = shapeOf(getResult());
  TensorTiling gradient = whole(getGradient()), input = whole(getInput());
  if (getGroups() > 1) {
    space.operands = {gradient, input};
    space.results.push_back(whole(getResult()));
    return space;
  }
  space.extents.assign(weight.begin(), weight.end());
  gradient.back() = {0, 1};
  input.back() = {1, 1};
  space.operands = {gradient, input};
  space.results.push_back({{0, 1}, {1, 1}});
  return space;
}

/// Columns (the last dimension) are independent; everything else is summed over.
static TileSpace columnwise(Operation *op, ArrayRef<unsigned> wholeOperands) {
  TileSpace space;
  Value result = op->getResult(0);
  space.extents.push_back(shapeOf(result).back());
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    space.operands.push_back(whole(operand));
    if (!llvm::is_contained(wholeOperands, index))
      space.operands.back().back().dim = 0;
  }
  space.results.push_back(whole(result));
  space.results.back().back().dim = 0;
  return space;
}

TileSpace EmbeddingGradOp::getTileSpace() {
  TileSpace space = columnwise(*this, {0});
  space.collapsible = true;
  return space;
}

TileSpace FillSlotsGradOp::getTileSpace() { return columnwise(*this, {1}); }

/// A norm's statistics need whole rows, its weight gradient whole columns: one tile.
static TileSpace single(Operation *op) {
  TileSpace space;
  space.collapsible = true;
  for (Value operand : op->getOperands())
    space.operands.push_back(whole(operand));
  space.results.push_back(whole(op->getResult(0)));
  return space;
}

TileSpace RmsNormGradWeightOp::getTileSpace() { return single(*this); }
TileSpace LayerNormGradWeightOp::getTileSpace() { return single(*this); }

TileSpace RmsNormGradOp::getTileSpace() { return rowwiseSpace(*this, {1}); }
TileSpace LayerNormGradOp::getTileSpace() { return rowwiseSpace(*this, {1}); }
TileSpace SoftmaxGradOp::getTileSpace() { return rowwiseSpace(*this, {}); }

TileSpace MaskSlotsOp::getTileSpace() { return rowwiseSpace(*this, {}); }

// One weighting per sample (axis 0) or per position (axis 1): the other dimension is summed over.
TileSpace RouteGradWeightsOp::getTileSpace() {
  TileSpace space;
  space.extents.push_back(shapeOf(getResult())[0]);
  for (Value operand : getOperands()) {
    space.operands.push_back(whole(operand));
    space.operands.back()[getAxis()].dim = 0;
  }
  space.results.push_back({{0, 1}, {}});
  return space;
}
