// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TokenRows.h"

#include "Trainable.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mmc;

static RankedTensorType tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

RankedTensorType TokenRows::cut(Value value) const {
  SmallVector<int64_t> shape(tensorType(value).getShape());
  shape[dims.lookup(value)] = 1;
  return tensorType(value).clone(shape);
}

bool TokenRows::isTokenMatrix(Value value) const {
  RankedTensorType type = tensorType(value);
  return has(value) && dims.lookup(value) == 1 && type.getRank() == 3 &&
         isa<FloatType>(type.getElementType());
}

FailureOr<TokenRows> TokenRows::of(func::FuncOp function) {
  TokenRows rows;
  for (BlockArgument argument : function.getArguments()) {
    auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), kNameAttr);
    bool tokens =
        name && llvm::StringSwitch<bool>(name.getValue())
                    .Cases({"input_ids", "position_ids", "segment_ids", "image_slots"}, true)
                    .Default(false);
    if (!tokens)
      continue;
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || type.getRank() != 2 || type.getDimSize(0) != 1 || type.getDimSize(1) < 2)
      return function.emitOpError()
             << "argument '" << name.getValue()
             << "' must be one row of 2 tokens or more to be decoded (batch=1), got: "
             << argument.getType();
    rows.dims[argument] = 1;
  }
  Block &body = function.getBody().front();
  for (Operation &op : body.without_terminator())
    if (failed(rows.follow(&op)))
      return failure();
  Value result = body.getTerminator()->getOperand(0);
  if (!rows.isTokenMatrix(result))
    return function.emitOpError()
           << "must compute logits [1, T, V], a row for each of `input_ids`, to be decoded, got: "
           << result.getType();
  return rows;
}

/// The op mixes tokens: only whole rows of tokens can be computed.
static LogicalResult mixes(Operation *op, const Twine &why) {
  return op->emitOpError() << "keeps the model from being decoded token by token: " << why;
}

LogicalResult TokenRows::follow(Operation *op) {
  auto isConstant = [&](Value operand) { return constant.contains(operand); };
  if (llvm::none_of(op->getOperands(), [&](Value operand) { return has(operand); })) {
    if (llvm::all_of(op->getOperands(), isConstant))
      constant.insert(op->result_begin(), op->result_end());
    return success();
  }
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](AttentionOp attention) { return followAttention(attention); })
      .Case([&](ReshapeOp reshape) { return followReshape(reshape); })
      .Case([&](SliceOp slice) -> LogicalResult {
        if (static_cast<int>(slice.getAxis()) != dims.lookup(slice.getInput()))
          return followRowwise(slice);
        // Of the first token: known from the prompt on.
        if (slice.getStart() == 0 && slice.getSize() == 1)
          return success();
        return mixes(slice, "tokens of the prompt are read other than the first");
      })
      .Case([&](FillSlotsOp fill) -> LogicalResult {
        if (!has(fill.getInput()) || !has(fill.getSlots()) || has(fill.getFeatures()))
          return mixes(fill, "input and slots must have a row per token, and features none");
        dims[fill.getResult()] = 1;
        return success();
      })
      .Case([&](ReplaceTokenOp replace) -> LogicalResult {
        if (!has(replace.getInput()) || has(replace.getToken()) || replace.getAt() != 0)
          return mixes(replace, "a token is replaced other than the first");
        dims[replace.getResult()] = 1;
        return success();
      })
      .Default([&](Operation *other) { return followRowwise(other); });
}

LogicalResult TokenRows::followAttention(AttentionOp op) {
  if (!op.getCausal())
    return mixes(op, "attention that is not causal sees tokens that are not there yet");
  if (op.getLse() || !has(op.getQuery()) || !has(op.getKey()) || !has(op.getValue()) ||
      (op.getSegments() && !has(op.getSegments())))
    return mixes(op, "query, key, value and segments must have a row per token");
  keptValues.insert(op.getKey());
  keptValues.insert(op.getValue());
  if (op.getSegments())
    keptValues.insert(op.getSegments());
  dims[op.getResult()] = 1;
  return success();
}

LogicalResult TokenRows::followReshape(ReshapeOp op) {
  ArrayRef<int64_t> from = tensorType(op.getInput()).getShape(),
                    to = tensorType(op.getResult()).getShape();
  auto before = [](ArrayRef<int64_t> shape, int dim) {
    int64_t product = 1;
    for (int64_t size : shape.take_front(dim))
      product *= size;
    return product;
  };
  int dim = dims.lookup(op.getInput());
  for (int d = 0; d < static_cast<int>(to.size()); ++d)
    if (to[d] == from[dim] && before(to, d) == before(from, dim)) {
      dims[op.getResult()] = d;
      rowwise.insert(op);
      return success();
    }
  return mixes(op, "the result has no row per token");
}

LogicalResult TokenRows::followRowwise(Operation *op) {
  auto fusible = dyn_cast<FusibleOpInterface>(op);
  if (!fusible)
    return mixes(op, "nothing is known of its rows");
  TileSpace space = fusible.getTileSpace();
  // The dimension along which the op's tiles are rows of tokens.
  int along = -1;
  for (auto [operand, tiling] : llvm::zip(op->getOperands(), space.operands)) {
    if (!has(operand))
      continue;
    TiledDim own = tiling[dims.lookup(operand)];
    if (own.dim < 0 || own.unit != 1 || (along >= 0 && own.dim != along))
      return mixes(op, "its result does not depend on operands row by row");
    along = own.dim;
  }
  for (auto [operand, tiling] : llvm::zip(op->getOperands(), space.operands))
    if (!has(operand) && llvm::any_of(tiling, [&](TiledDim d) { return d.dim == along; }))
      return mixes(op, "an operand that is no function of tokens has a row for each");
  for (auto [result, tiling] : llvm::zip(op->getResults(), space.results)) {
    auto row = llvm::find_if(tiling, [&](TiledDim d) { return d.dim == along; });
    if (row == tiling.end() || row->unit != 1)
      return mixes(op, "a result has no row per token");
    dims[result] = row - tiling.begin();
  }
  rowwise.insert(op);
  readWithoutRows(op);
  return success();
}

void TokenRows::readWithoutRows(Operation *op) {
  for (Value operand : op->getOperands())
    if (!has(operand) && !constant.contains(operand))
      stateValues.insert(operand);
}
