// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Fuse phase.

#ifndef MMC_TRANSFORMS_FUSE_PASSES_H
#define MMC_TRANSFORMS_FUSE_PASSES_H

#include "mmc/Dialect/MmcDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace mmc {

#define GEN_PASS_DECL
#include "mmc/Transforms/Fuse/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "mmc/Transforms/Fuse/Passes.h.inc"

/// Attribute of a function that is a kernel.
inline constexpr llvm::StringLiteral kKernelAttr = "mmc.kernel";

/// Forms kernels and merges their rows.
void populateFusePipeline(mlir::OpPassManager &manager, const FormKernelsPassOptions &options);

} // namespace mmc

#endif // MMC_TRANSFORMS_FUSE_PASSES_H
