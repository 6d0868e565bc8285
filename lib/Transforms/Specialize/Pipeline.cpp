// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Specialize/Passes.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

void mmc::populateSpecializePipeline(OpPassManager &manager,
                                     const SpecializeShapesPassOptions &options) {
  // Groups first: inlining takes away the functions that carry them.
  manager.addPass(createAssignGroupsPass());
  manager.addPass(createInlinerPass());
  manager.addPass(createUnrollRepeatsPass());
  manager.addPass(createSpecializeShapesPass(options));
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createUniqueParamsPass());
  manager.addPass(createCSEPass());
}
