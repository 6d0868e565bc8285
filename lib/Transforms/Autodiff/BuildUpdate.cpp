// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Autodiff/Passes.h"

namespace mmc {
#define GEN_PASS_DEF_BUILDUPDATEPASS
#include "mmc/Transforms/Autodiff/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {
struct BuildUpdatePass : mmc::impl::BuildUpdatePassBase<BuildUpdatePass> {
  using Base::Base;

  void runOnOperation() override {
    getOperation().emitError("not written yet");
    signalPassFailure();
  }
};
} // namespace
