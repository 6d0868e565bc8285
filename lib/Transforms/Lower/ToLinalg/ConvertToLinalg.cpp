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
