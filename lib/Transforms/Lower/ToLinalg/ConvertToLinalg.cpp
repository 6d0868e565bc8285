// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Passes.h"

#include "Emitter.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace mmc {
#define GEN_PASS_DEF_CONVERTTOLINALGPASS
#include "mmc/Transforms/Lower/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {
struct ConvertToLinalgPass : mmc::impl::ConvertToLinalgPassBase<ConvertToLinalgPass> {
  void runOnOperation() override {
    WalkResult shapes = getOperation().walk([](Operation *op) {
      if (!isa_and_present<MmcDialect>(op->getDialect()))
        return WalkResult::advance();
      auto isDynamic = [](Type type) {
        auto shaped = dyn_cast<ShapedType>(type);
        return shaped && !shaped.hasStaticShape();
      };
      if (llvm::none_of(op->getOperandTypes(), isDynamic) &&
          llvm::none_of(op->getResultTypes(), isDynamic))
        return WalkResult::advance();
      op->emitOpError(
          "must have static shapes to become linalg; --mmc-specialize-shapes gives them");
      return WalkResult::interrupt();
    });
    if (shapes.wasInterrupted())
      return signalPassFailure();
    RewritePatternSet patterns(&getContext());
    populateTensorLowerings(patterns);
    populateNNLowerings(patterns);
    populateAttentionLowerings(patterns);
    populateCachedAttentionLowerings(patterns);
    populateAdapterLowerings(patterns);
    populateGradientLowerings(patterns);
    populateTrainLowerings(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
    getOperation().walk([&](Operation *op) {
      if (isa_and_present<MmcDialect>(op->getDialect()) && getOperation()->hasAttr("mmc.kernel")) {
        op->emitOpError("has no lowering to linalg");
        signalPassFailure();
      }
    });
  }
};
} // namespace
