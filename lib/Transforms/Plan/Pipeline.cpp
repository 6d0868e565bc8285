// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Plan/Passes.h"

void mmc::populatePlanPipeline(mlir::OpPassManager &manager) {
  manager.addPass(createReuseOperandsPass());
  manager.addPass(createPlanMemoryPass());
  manager.addPass(createSummarizeEntriesPass());
}
