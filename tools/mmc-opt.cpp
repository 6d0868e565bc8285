// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs mmc's passes and pipelines on a module, as mlir-opt does.

#include "mmc/Runtime/Core/File.h"
#include "mmc/Transforms/RegisterAll.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mmc::failBeyondFileSizeLimit();
  mlir::DialectRegistry registry;
  mmc::registerAllDialects(registry);
  mmc::registerAllPasses();
  return mlir::failed(mlir::MlirOptMain(
      argc, argv, "mmc-opt: passes and pipelines of the mmc compiler\n", registry));
}
