// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Lower phase: what both targets share.

#ifndef MMC_TRANSFORMS_LOWER_PASSES_H
#define MMC_TRANSFORMS_LOWER_PASSES_H

#include "mmc/Dialect/MmcDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace mmc {

#define GEN_PASS_DECL
#include "mmc/Transforms/Lower/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "mmc/Transforms/Lower/Passes.h.inc"

/// Attribute of a tile function: how many tiles the kernel has.
inline constexpr llvm::StringLiteral kTilesAttr = "mmc.tiles";

/// Name of a kernel's function as the runtime calls it, before the kernel's own.
inline constexpr llvm::StringLiteral kTilePrefix = "tile_";

/// What Lower is told about the CPU.
struct LowerCpuOptions {
  /// avx2, avx512, avx512-bf16 or amx: which recipe contractions use.
  std::string features = "avx2";
};

/// From planned kernels to the llvm dialect, for x86.
void populateLowerCpuPipeline(mlir::OpPassManager &manager, const LowerCpuOptions &options);

} // namespace mmc

#endif // MMC_TRANSFORMS_LOWER_PASSES_H
