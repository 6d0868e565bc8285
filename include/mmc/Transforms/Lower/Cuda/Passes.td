// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of the Lower phase for NVIDIA GPUs: from functions of a tile to PTX.

#ifndef MMC_TRANSFORMS_LOWER_CUDA_PASSES
#define MMC_TRANSFORMS_LOWER_CUDA_PASSES

include "mlir/Pass/PassBase.td"

def OutlineDevicePass : Pass<"mmc-outline-device", "::mlir::ModuleOp"> {
  let summary = "Moves the functions of tiles into the module that runs on the device";
  let description = [{
    The nested module is named `kernels`. A function of a tile becomes a kernel there, whose tile is the index
    of its block; a declaration with its attributes stays behind for the launches.
  }];
  let dependentDialects = ["::mlir::NVVM::NVVMDialect", "::mlir::arith::ArithDialect"];
}

def MapToThreadsPass : Pass<"mmc-map-to-threads", "::mlir::func::FuncOp"> {
  let summary = "Spreads the elements of every linalg op over the threads of a block";
  let description = [{
    A thread computes every `threads`-th element of an op's result, each sum alone and in order, so results do
    not depend on timing. All threads meet at a barrier after an op; the control flow around the ops is the same
    for all threads of a block.
  }];
  let options = [Option<"threads", "threads", "int64_t", "256", "threads of a block">];
  let dependentDialects = ["::mlir::NVVM::NVVMDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def PlaceScratchPass : Pass<"mmc-place-scratch", "::mlir::ModuleOp"> {
  let summary = "Places the temporary buffers of a tile in shared memory or in a workspace";
  let description = [{
    Buffers whose lifetimes do not meet share bytes. Small buffers go to shared memory, as many as fit; the
    others to a workspace, a further pointer argument that has `mmc.workspace` bytes for each block.
  }];
  let options = [Option<"shared", "shared", "int64_t", "49152", "bytes of shared memory of a block">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::NVVM::NVVMDialect"];
}

def ExpandDeviceMathPass : Pass<"mmc-expand-device-math", "::mlir::func::FuncOp"> {
  let summary = "Writes sin and cos of f64 as polynomials, for there is no library to call";
  let description = [{
    The angle is reduced to an eighth of a turn on either side of a quarter turn's multiple, in two steps; angles
    below 2³¹ quarter turns keep an error of about one unit in the last place. Functions that have no expansion
    are refused.
  }];
  let dependentDialects = ["::mlir::math::MathDialect", "::mlir::arith::ArithDialect"];
}

def EmitPtxPass : Pass<"mmc-emit-ptx", "::mlir::ModuleOp"> {
  let summary = "Compiles the module of the device to PTX, kept as a gpu.binary";
  let description = [{
    The binary takes the place of the module and has its name. Attributes that a launch needs (threads of a
    block, bytes of workspace) move to the declarations of the kernels.
  }];
  let options = [
    Option<"chip", "chip", "std::string", "\"sm_80\"", "GPU to compile for">,
    Option<"dumpPtx", "dump-ptx", "std::string", "\"\"", "file to write the PTX to as well">
  ];
  let dependentDialects = ["::mlir::gpu::GPUDialect", "::mlir::NVVM::NVVMDialect"];
}

#endif // MMC_TRANSFORMS_LOWER_CUDA_PASSES
