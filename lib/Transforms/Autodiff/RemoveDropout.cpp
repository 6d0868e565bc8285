// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Autodiff/Passes.h"

namespace mmc {
#define GEN_PASS_DEF_REMOVEDROPOUTPASS
#include "mmc/Transforms/Autodiff/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {
struct RemoveDropoutPass : mmc::impl::RemoveDropoutPassBase<RemoveDropoutPass> {
  void runOnOperation() override {
    getOperation().walk([](DropoutOp op) {
      if (op.getRng())
        return;
      op.getResult().replaceAllUsesWith(op.getInput());
      op.erase();
    });
  }
};
} // namespace
