// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Plan/Passes.h"

void mmc::populatePlanPipeline(mlir::OpPassManager &manager, bool inPlace) {
  ReuseOperandsPassOptions reuse;
  reuse.enable = inPlace;
  manager.addPass(createReuseOperandsPass(reuse));
  manager.addPass(createPlanMemoryPass());
  manager.addPass(createSummarizeEntriesPass());
}
