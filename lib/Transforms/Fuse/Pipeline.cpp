// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Fuse/Passes.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

void mmc::populateFusePipeline(OpPassManager &manager, const FormKernelsPassOptions &options) {
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createFormKernelsPass(options));
  manager.addPass(createCollapseRowsPass());
  // Reshapes that meet cancel each other.
  manager.addPass(createCanonicalizerPass());
}
