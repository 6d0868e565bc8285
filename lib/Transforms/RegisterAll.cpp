// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/RegisterAll.h"

#include "mmc/Transforms/Specialize/Passes.h"

#include "mlir/Dialect/Func/Extensions/InlinerExtension.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Transforms/Passes.h"

void mmc::registerAllDialects(mlir::DialectRegistry &registry) {
  registry.insert<MmcDialect, mlir::func::FuncDialect, mlir::tensor::TensorDialect>();
  mlir::func::registerInlinerExtension(registry);
}

void mmc::registerAllPasses() {
  mlir::registerTransformsPasses();
  registerMmcSpecializePasses();
}
