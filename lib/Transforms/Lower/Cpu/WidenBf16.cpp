// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace mmc {
#define GEN_PASS_DEF_WIDENBF16PASS
#include "mmc/Transforms/Lower/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

/// `type`, or a vector of as many as `like` has.
static Type shaped(Type type, Type like) {
  auto vector = dyn_cast<VectorType>(like);
  return vector ? vector.clone(type) : type;
}

static LogicalResult widen(arith::ExtFOp op, PatternRewriter &rewriter) {
  Type from = op.getIn().getType(), to = op.getType();
  if (!getElementTypeOrSelf(from).isBF16() || !getElementTypeOrSelf(to).isF32())
    return failure();
  Location loc = op.getLoc();
  Type wide = shaped(rewriter.getI32Type(), to);
  Value bits =
      arith::BitcastOp::create(rewriter, loc, shaped(rewriter.getI16Type(), from), op.getIn());
  bits = arith::ExtUIOp::create(rewriter, loc, wide, bits);
  Value shift = arith::ConstantOp::create(rewriter, loc, rewriter.getI32IntegerAttr(16));
  if (auto vector = dyn_cast<VectorType>(wide))
    shift = arith::ConstantOp::create(
        rewriter, loc, DenseElementsAttr::get(vector, rewriter.getI32IntegerAttr(16).getValue()));
  bits = arith::ShLIOp::create(rewriter, loc, bits, shift);
  rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, to, bits);
  return success();
}

namespace {
struct WidenBf16Pass : mmc::impl::WidenBf16PassBase<WidenBf16Pass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(widen);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};
} // namespace
