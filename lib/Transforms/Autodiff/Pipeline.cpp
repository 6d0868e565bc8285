// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Autodiff/Passes.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

void mmc::populateAutodiffPipeline(OpPassManager &manager, const AutodiffOptions &options) {
  if (options.gradients)
    manager.addPass(createDifferentiatePass());
  manager.addNestedPass<func::FuncOp>(createRemoveDropoutPass());
  if (!options.decoding.empty()) {
    BuildDecodingPassOptions decoding;
    decoding.entries.assign(options.decoding.begin(), options.decoding.end());
    manager.addPass(createBuildDecodingPass(decoding));
  }
  if (options.update)
    manager.addPass(createBuildUpdatePass(options.updateOptions));
  manager.addPass(createCanonicalizerPass());
  manager.addNestedPass<func::FuncOp>(createWidenGradientsPass());
  manager.addPass(createCSEPass());
}
