// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Adapters/Passes.h"

namespace mmc {
#define GEN_PASS_DEF_SELECTTRAINABLEPASS
#include "mmc/Transforms/Adapters/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {
struct SelectTrainablePass : mmc::impl::SelectTrainablePassBase<SelectTrainablePass> {
  using Base::Base;

  void runOnOperation() override {
    getOperation().emitError("not written yet");
    signalPassFailure();
  }
};
} // namespace
