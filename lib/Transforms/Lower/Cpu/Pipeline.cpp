// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void mmc::populateLowerCpuPipeline(OpPassManager &manager, const LowerCpuOptions &options) {
  manager.addPass(createTileKernelsPass());
  // The host program does not depend on what is in the kernels.
  manager.addPass(createLowerHostPass());
  OpPassManager &kernels = manager.nest<func::FuncOp>();
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createConvertToLinalgPass());
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(createFuseMapsPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(createSeparateFillsPass());
  // Results are computed where they belong instead of being copied there.
  kernels.addPass(bufferization::createEmptyTensorEliminationPass());
  kernels.addPass(bufferization::createEmptyTensorToAllocTensorPass());
  manager.addPass(bufferization::createOneShotBufferizePass());
  OpPassManager &tiles = manager.nest<func::FuncOp>();
  tiles.addPass(createCanonicalizerPass());
  tiles.addPass(createCSEPass());
  tiles.addPass(createExpandCopiesPass());
  LowerContractionsPassOptions contractions;
  contractions.features = options.features;
  tiles.addPass(createLowerContractionsPass(contractions));
  VectorizeLoopsPassOptions vectors;
  vectors.features = options.features;
  tiles.addPass(createVectorizeLoopsPass(vectors));
  tiles.addPass(createConvertLinalgToLoopsPass());
  tiles.addPass(createHoistScratchPass());
  tiles.addPass(memref::createFoldMemRefAliasOpsPass());
  tiles.addPass(createCanonicalizerPass());
  tiles.addPass(createLoopInvariantCodeMotionPass());
  tiles.addPass(createExpandMathPass());
  tiles.addPass(memref::createExpandStridedMetadataPass());
  tiles.addPass(createLowerAffinePass());
  arith::ArithExpandOpsPassOptions expand;
  // Processors that round to bf16 themselves do it in one instruction.
  expand.includeBf16 = options.features != "avx512-bf16" && options.features != "amx";
  tiles.addPass(arith::createArithExpandOpsPass(expand));
  tiles.addPass(createSCFToControlFlowPass());
  tiles.addPass(createCanonicalizerPass());
  tiles.addPass(createCSEPass());
  manager.addPass(createConvertVectorToLLVMPass());
  manager.addPass(createConvertMathToLLVMPass());
  manager.addPass(createConvertMathToLibmPass());
  manager.addPass(createArithToLLVMConversionPass());
  manager.addPass(createConvertIndexToLLVMPass());
  manager.addPass(createFinalizeMemRefToLLVMConversionPass());
  manager.addPass(createConvertControlFlowToLLVMPass());
  ConvertFuncToLLVMPassOptions functions;
  functions.useBarePtrCallConv = true;
  manager.addPass(createConvertFuncToLLVMPass(functions));
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(createWrapTilesPass());
}
