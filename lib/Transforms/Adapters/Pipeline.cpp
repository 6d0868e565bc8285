// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Adapters/Passes.h"

using namespace mlir;

void mmc::populateAdaptersPipeline(OpPassManager &manager, const AdaptersOptions &options) {
  if (!options.spec.empty()) {
    InsertAdaptersPassOptions insert;
    insert.spec = options.spec;
    manager.addPass(createInsertAdaptersPass(insert));
  }
  if (!options.train.empty()) {
    SelectTrainablePassOptions select;
    select.train = options.train;
    manager.addPass(createSelectTrainablePass(select));
  }
}
