// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Cuda/Passes.h"

#include "mmc/Transforms/Lower/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void mmc::populateLowerCudaPipeline(OpPassManager &manager, const LowerCudaOptions &options) {
  // Smaller tiles than a CPU's: more blocks, and accumulators that fit in shared memory.
  TileKernelsPassOptions tiles;
  tiles.rows = 64;
  tiles.columns = 64;
  tiles.elements = 4096;
  manager.addPass(createTileKernelsPass(tiles));
  manager.addPass(createOutlineDevicePass());
  OpPassManager &device = manager.nest<ModuleOp>();
  OpPassManager &tensors = device.nest<func::FuncOp>();
  tensors.addPass(createCanonicalizerPass());
  tensors.addPass(createConvertToLinalgPass());
  tensors.addPass(createCanonicalizerPass());
  tensors.addPass(createCSEPass());
  tensors.addPass(createFuseMapsPass());
  tensors.addPass(createCSEPass());
  // Results are computed where they belong instead of being copied there.
  tensors.addPass(createSeparateFillsPass());
  tensors.addPass(bufferization::createEmptyTensorEliminationPass());
  tensors.addPass(bufferization::createEmptyTensorToAllocTensorPass());
  device.addPass(bufferization::createOneShotBufferizePass());
  OpPassManager &buffers = device.nest<func::FuncOp>();
  buffers.addPass(createCanonicalizerPass());
  buffers.addPass(createCSEPass());
  buffers.addPass(createMapToThreadsPass());
  device.addPass(createPlaceScratchPass());
  OpPassManager &loops = device.nest<func::FuncOp>();
  loops.addPass(memref::createFoldMemRefAliasOpsPass());
  loops.addPass(createCanonicalizerPass());
  loops.addPass(createLoopInvariantCodeMotionPass());
  loops.addPass(createExpandMathPass());
  loops.addPass(createExpandDeviceMathPass());
  loops.addPass(memref::createExpandStridedMetadataPass());
  loops.addPass(createLowerAffinePass());
  loops.addPass(createSCFToControlFlowPass());
  loops.addPass(createCanonicalizerPass());
  loops.addPass(createCSEPass());
  device.addPass(createConvertMathToLLVMPass());
  device.addPass(createArithToLLVMConversionPass());
  device.addPass(createConvertIndexToLLVMPass());
  device.addPass(createFinalizeMemRefToLLVMConversionPass());
  device.addPass(createConvertControlFlowToLLVMPass());
  ConvertFuncToLLVMPassOptions functions;
  functions.useBarePtrCallConv = true;
  device.addPass(createConvertFuncToLLVMPass(functions));
  device.addPass(createReconcileUnrealizedCastsPass());
  EmitPtxPassOptions emit;
  emit.chip = options.chip;
  emit.dumpPtx = options.dumpPtx;
  manager.addPass(createEmitPtxPass(emit));
}
