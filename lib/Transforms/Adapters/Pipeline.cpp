// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Adapters/Passes.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

void mmc::populateAdaptersPipeline(OpPassManager &manager, const AdaptersOptions &options) {
  if (!options.spec.empty()) {
    InsertAdaptersPassOptions insert;
    insert.spec = options.spec;
    manager.addPass(createInsertAdaptersPass(insert));
    manager.addPass(createProveIdentityPass());
    // Options at their neutral value (no dropout, a scale of 1) leave no op behind.
    manager.addPass(createCanonicalizerPass());
  }
  if (!options.train.empty()) {
    SelectTrainablePassOptions select;
    select.train = options.train;
    manager.addPass(createSelectTrainablePass(select));
  }
}
