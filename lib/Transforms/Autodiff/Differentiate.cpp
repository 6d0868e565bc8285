// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Autodiff/Passes.h"

namespace mmc {
#define GEN_PASS_DEF_DIFFERENTIATEPASS
#include "mmc/Transforms/Autodiff/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {
struct DifferentiatePass : mmc::impl::DifferentiatePassBase<DifferentiatePass> {
  using Base::Base;

  void runOnOperation() override {
    getOperation().emitError("not written yet");
    signalPassFailure();
  }
};
} // namespace
