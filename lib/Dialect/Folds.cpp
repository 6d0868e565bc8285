// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Folders: what needs no computation at all.

#include "Inference/Shapes.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mmc;

/// True of a tensor that is zero everywhere.
static bool isZero(Value value) {
  auto fill = value.getDefiningOp<FillOp>();
  return fill && fill.getValue().isZero();
}

// x + 0 → x
OpFoldResult AddOp::fold(FoldAdaptor) {
  if (isZero(getRhs()) && getLhs().getType() == getType())
    return getLhs();
  if (isZero(getLhs()) && getRhs().getType() == getType())
    return getRhs();
  return {};
}

// 1 · x → x
OpFoldResult ScaleOp::fold(FoldAdaptor) {
  return getFactor().isExactlyValue(1.0) ? getInput() : OpFoldResult();
}

// cast to the own type → x; a cast to a wider type and back → x
OpFoldResult CastOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  auto inner = getInput().getDefiningOp<CastOp>();
  if (inner && inner.getInput().getType() == getType() &&
      elementOf(getInput()).getIntOrFloatBitWidth() >
          elementOf(getResult()).getIntOrFloatBitWidth() &&
      !(elementOf(getResult()).isF16() && elementOf(getInput()).isBF16()))
    return inner.getInput();
  return {};
}

// reshape to the own type → x; reshape of a reshape → one reshape
OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (auto inner = getInput().getDefiningOp<ReshapeOp>()) {
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}

// dropout that drops nothing → x
OpFoldResult DropoutOp::fold(FoldAdaptor) {
  return getRate().isZero() ? getInput() : OpFoldResult();
}

LogicalResult DimSizeOp::canonicalize(DimSizeOp op, PatternRewriter &rewriter) {
  int64_t size = shapeOf(op.getInput())[op.getAxis()];
  if (ShapedType::isDynamic(size))
    return failure();
  rewriter.replaceOpWithNewOp<FillOp>(op, op.getType(),
                                      rewriter.getF64FloatAttr(static_cast<double>(size)));
  return success();
}
