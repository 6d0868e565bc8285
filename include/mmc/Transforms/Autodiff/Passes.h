// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Autodiff phase.

#ifndef MMC_TRANSFORMS_AUTODIFF_PASSES_H
#define MMC_TRANSFORMS_AUTODIFF_PASSES_H

#include "mmc/Dialect/MmcDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace mmc {

#define GEN_PASS_DECL
#include "mmc/Transforms/Autodiff/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "mmc/Transforms/Autodiff/Passes.h.inc"

/// What the Autodiff phase is told.
struct AutodiffOptions {
  bool gradients = false; ///< make @gradients of @loss
  bool update = false;    ///< make @update
  BuildUpdatePassOptions updateOptions;
  std::vector<std::string> decoding; ///< which of @prefill and @decode to make of @logits
};

/// What `--mmc-verify-gradients` checks of @gradients.
llvm::LogicalResult verifyGradients(mlir::func::FuncOp gradients);

void populateAutodiffPipeline(mlir::OpPassManager &manager, const AutodiffOptions &options);

} // namespace mmc

#endif // MMC_TRANSFORMS_AUTODIFF_PASSES_H
