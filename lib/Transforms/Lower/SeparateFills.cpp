// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mmc {
#define GEN_PASS_DEF_SEPARATEFILLSPASS
#include "mmc/Transforms/Lower/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {
struct SeparateFillsPass : mmc::impl::SeparateFillsPassBase<SeparateFillsPass> {
  void runOnOperation() override {
    SmallVector<linalg::FillOp> fills;
    getOperation().walk([&](linalg::FillOp fill) {
      if (fill.hasPureTensorSemantics()) // a fill of a buffer has no uses
        fills.push_back(fill);
    });
    for (linalg::FillOp fill : fills)
      for (OpOperand &use : llvm::make_early_inc_range(llvm::drop_begin(fill->getUses()))) {
        OpBuilder builder(use.getOwner());
        use.set(builder.clone(*fill)->getResult(0));
      }
  }
};
} // namespace
