// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Lower phase for NVIDIA GPUs. lib/Transforms/Lower/Cuda/README.md says how its kernels are
// called.

#ifndef MMC_TRANSFORMS_LOWER_CUDA_PASSES_H
#define MMC_TRANSFORMS_LOWER_CUDA_PASSES_H

#include "mmc/Dialect/MmcDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace mmc {

#define GEN_PASS_DECL
#include "mmc/Transforms/Lower/Cuda/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "mmc/Transforms/Lower/Cuda/Passes.h.inc"

/// Name of the module of the device, and of the gpu.binary it becomes.
inline constexpr llvm::StringLiteral kDeviceModule = "kernels";

/// Attribute of a kernel: threads of a block.
inline constexpr llvm::StringLiteral kThreadsAttr = "mmc.threads";

/// Attribute of a kernel: bytes of workspace for each block. Absent when the kernel takes no
/// workspace.
inline constexpr llvm::StringLiteral kWorkspaceAttr = "mmc.workspace";

/// A GPU that PTX can be made for.
struct CudaChip {
  llvm::StringLiteral name;
  /// The PTX ISA version, times ten: the oldest that has the chip, which the most drivers accept.
  unsigned ptx;
};

/// The chip of a name such as "sm_80", or null.
const CudaChip *findCudaChip(llvm::StringRef name);

/// "no chip is named …", with the names there are.
std::string unknownCudaChip(llvm::StringRef name);

/// What Lower is told about the GPU.
struct LowerCudaOptions {
  /// A name that findCudaChip knows.
  std::string chip = "sm_80";
  /// File to write the PTX to as well; empty: none.
  std::string dumpPtx;
};

/// From planned kernels to a gpu.binary with PTX; entry functions keep their launches.
void populateLowerCudaPipeline(mlir::OpPassManager &manager, const LowerCudaOptions &options);

} // namespace mmc

#endif // MMC_TRANSFORMS_LOWER_CUDA_PASSES_H
