// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mmc {
#define GEN_PASS_DEF_FUSEMAPSPASS
#include "mmc/Transforms/Lower/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

/// Whether the user reads every element of the operand once. A matrix product reads it once per row
/// or column, and would compute it as often.
static bool readsOnce(OpOperand *operand) {
  Operation *producer = operand->get().getDefiningOp();
  if (!producer || !producer->hasOneUse())
    return false;
  auto consumer = dyn_cast<linalg::LinalgOp>(operand->getOwner());
  return !consumer || consumer.getMatchingIndexingMap(operand).isPermutation();
}

namespace {
struct FuseMapsPass : mmc::impl::FuseMapsPassBase<FuseMapsPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, readsOnce);
    linalg::populateFoldReshapeOpsByExpansionPatterns(patterns, readsOnce);
    affine::AffineApplyOp::getCanonicalizationPatterns(patterns, &getContext());
    linalg::GenericOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, &getContext());
    // A pattern that gives up leaves the ops as they are, which is as right.
    (void)applyPatternsGreedily(getOperation(), std::move(patterns));
  }
};
} // namespace
