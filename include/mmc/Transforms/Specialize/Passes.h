// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Specialize phase.

#ifndef MMC_TRANSFORMS_SPECIALIZE_PASSES_H
#define MMC_TRANSFORMS_SPECIALIZE_PASSES_H

#include "mmc/Dialect/MmcDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace mmc {

#define GEN_PASS_DECL
#include "mmc/Transforms/Specialize/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "mmc/Transforms/Specialize/Passes.h.inc"

/// Inlines, unrolls, gives static shapes and the floating type, and makes parameters unique.
void populateSpecializePipeline(mlir::OpPassManager &manager,
                                const SpecializeShapesPassOptions &options);

} // namespace mmc

#endif // MMC_TRANSFORMS_SPECIALIZE_PASSES_H
