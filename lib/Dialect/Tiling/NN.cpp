// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tile spaces of the layers and adapters.

#include "TilingRules.h"

using namespace mlir;
using namespace mmc;

TileSpace EmbeddingOp::getTileSpace() { return rowwiseSpace(*this, {1}); }
TileSpace RmsNormOp::getTileSpace() { return rowwiseSpace(*this, {1}); }
TileSpace LayerNormOp::getTileSpace() { return rowwiseSpace(*this, {1, 2}); }
TileSpace SoftmaxOp::getTileSpace() { return rowwiseSpace(*this, {}); }

// Rows, and output columns in units that keep a group together.
TileSpace LinearOp::getTileSpace() {
  TileSpace space = rowwiseSpace(*this, {1, 2});
  space.contraction = true;
  int column = space.extents.size();
  int64_t groups = getGroups(), out = shapeOf(getResult()).back();
  if (groups > 1) // small and block-diagonal: columns stay whole
    return space;
  space.extents.push_back(out);
  space.operands[1] = {{column, 1}, {}};
  if (getBias())
    space.operands[2] = {{column, 1}};
  space.results[0].back() = {column, 1};
  return space;
}

TileSpace RotaryTableOp::getTileSpace() {
  TileSpace space;
  ArrayRef<int64_t> shape = shapeOf(getPositions());
  space.extents.assign(shape.begin(), shape.end());
  space.operands.push_back(along(getPositions(), 0, shape.size()));
  space.results.push_back(along(getResult(), 0, shape.size()));
  space.collapsible = true;
  return space;
}

TileSpace RotaryOp::getTileSpace() {
  TileSpace space = rowwiseSpace(*this, {});
  int heads = space.extents.size();
  int64_t headDim = shapeOf(getInput()).back() / getHeads();
  space.extents.push_back(getHeads());
  space.operands[0].back() = {heads, headDim};
  space.results[0].back() = {heads, headDim};
  return space;
}

Operation *RotaryOp::buildTile(OpBuilder &builder, ValueRange operands, TypeRange resultTypes,
                               ArrayRef<int64_t> tileSizes) {
  auto tile = cast<RotaryOp>(cloneWithOperands(builder, *this, operands, resultTypes));
  tile.setHeads(tileSizes.back());
  return tile;
}

// Samples, and heads in units of one key/value head with the query heads that share it.
TileSpace AttentionOp::getTileSpace() {
  TileSpace space;
  int64_t kvHeads = getKvHeads(), group = getHeads() / kvHeads;
  int64_t headDim = shapeOf(getQuery())[2] / getHeads();
  space.extents = {shapeOf(getQuery())[0], kvHeads};
  TensorTiling query = {{0, 1}, {}, {1, group * headDim}}, key = {{0, 1}, {}, {1, headDim}};
  space.operands = {query, key, key};
  if (getSegments())
    space.operands.push_back({{0, 1}, {}});
  space.results = {query};
  if (getLse())
    space.results.push_back({{0, 1}, {}, {1, group}});
  return space;
}

Operation *AttentionOp::buildTile(OpBuilder &builder, ValueRange operands, TypeRange resultTypes,
                                  ArrayRef<int64_t> tileSizes) {
  auto tile = cast<AttentionOp>(cloneWithOperands(builder, *this, operands, resultTypes));
  tile.setHeads(getHeads() / getKvHeads() * tileSizes[1]);
  tile.setKvHeads(tileSizes[1]);
  tile.setScale(llvm::APFloat(getScoreScale()));
  return tile;
}

// As attention.
TileSpace CachedAttentionOp::getTileSpace() {
  TileSpace space;
  int64_t kvHeads = getKvHeads(), group = getHeads() / kvHeads;
  int64_t headDim = shapeOf(getQuery())[2] / getHeads();
  space.extents = {shapeOf(getQuery())[0], kvHeads};
  TensorTiling query = {{0, 1}, {}, {1, group * headDim}}, key = {{0, 1}, {}, {1, headDim}};
  space.operands = {query, key, key, key, key, whole(getLength())};
  if (getSegments())
    space.operands.append(2, {{0, 1}, {}});
  space.results = {query};
  return space;
}

Operation *CachedAttentionOp::buildTile(OpBuilder &builder, ValueRange operands,
                                        TypeRange resultTypes, ArrayRef<int64_t> tileSizes) {
  auto tile = cast<CachedAttentionOp>(cloneWithOperands(builder, *this, operands, resultTypes));
  tile.setHeads(getHeads() / getKvHeads() * tileSizes[1]);
  tile.setKvHeads(tileSizes[1]);
  return tile;
}

TileSpace AttentionGradOp::getTileSpace() {
  TileSpace space;
  int64_t kvHeads = getKvHeads(), group = getHeads() / kvHeads;
  int64_t headDim = shapeOf(getQuery())[2] / getHeads();
  space.extents = {shapeOf(getQuery())[0], kvHeads};
  TensorTiling query = {{0, 1}, {}, {1, group * headDim}}, key = {{0, 1}, {}, {1, headDim}};
  space.operands = {query, key, key};
  if (getSegments())
    space.operands.push_back({{0, 1}, {}});
  space.operands.append({query, {{0, 1}, {}, {1, group}}, query});
  space.results = {query, key, key};
  return space;
}

Operation *AttentionGradOp::buildTile(OpBuilder &builder, ValueRange operands,
                                      TypeRange resultTypes, ArrayRef<int64_t> tileSizes) {
  auto tile = cast<AttentionGradOp>(cloneWithOperands(builder, *this, operands, resultTypes));
  tile.setHeads(getHeads() / getKvHeads() * tileSizes[1]);
  tile.setKvHeads(tileSizes[1]);
  return tile;
}

/// Tiles along the first dimension (samples) only.
static TileSpace samplewise(Operation *op, ArrayRef<unsigned> wholeOperands) {
  TileSpace space;
  space.extents.push_back(shapeOf(op->getResult(0))[0]);
  for (auto [index, operand] : llvm::enumerate(op->getOperands()))
    space.operands.push_back(llvm::is_contained(wholeOperands, index) ? whole(operand)
                                                                      : along(operand, 0, 1));
  space.results.push_back(along(op->getResult(0), 0, 1));
  return space;
}

TileSpace PatchesOp::getTileSpace() { return samplewise(*this, {}); }
TileSpace PatchesGradOp::getTileSpace() { return samplewise(*this, {}); }
TileSpace PrependTokenOp::getTileSpace() { return samplewise(*this, {0}); }
TileSpace ReplaceTokenOp::getTileSpace() { return samplewise(*this, {}); }

TileSpace FillSlotsOp::getTileSpace() {
  TileSpace space = rowwiseSpace(*this, {1});
  space.collapsible = false;
  return space;
}

/// Experts [B, T, D] cut along B and T; weights along the one they weigh.
static TileSpace routeSpace(Operation *op, unsigned weights, int64_t axis) {
  TileSpace space = rowwiseSpace(op, {});
  space.collapsible = false;
  space.operands[weights] = {{static_cast<int>(axis), 1}, {}};
  return space;
}

TileSpace RouteOp::getTileSpace() { return routeSpace(*this, 0, getAxis()); }
TileSpace RouteGradExpertOp::getTileSpace() { return routeSpace(*this, 0, getAxis()); }
