// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Adapters phase.

#ifndef MMC_TRANSFORMS_ADAPTERS_PASSES_H
#define MMC_TRANSFORMS_ADAPTERS_PASSES_H

#include "mmc/Dialect/MmcDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace mmc {

#define GEN_PASS_DECL
#include "mmc/Transforms/Adapters/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "mmc/Transforms/Adapters/Passes.h.inc"

/// What the Adapters phase is told.
struct AdaptersOptions {
  std::string spec;  ///< "lora rank=8 …"; empty: no adapter
  std::string train; ///< "adapters,connector", "all", a pattern, …; empty: nothing trains
};

void populateAdaptersPipeline(mlir::OpPassManager &manager, const AdaptersOptions &options);

} // namespace mmc

#endif // MMC_TRANSFORMS_ADAPTERS_PASSES_H
