// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the contracts of the phases are checked with.

#ifndef MMC_LIB_TRANSFORMS_CONTRACTRULES_H
#define MMC_LIB_TRANSFORMS_CONTRACTRULES_H

#include "mmc/Transforms/Contracts.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mmc {

/// An op that breaks a rule, and what should have seen to it.
llvm::LogicalResult broken(mlir::Operation *op, Phase phase, const llvm::Twine &rule,
                           const llvm::Twine &remedy);

/// Checks every function that has a body; kernels or entries only.
llvm::LogicalResult forFunctions(mlir::ModuleOp module, bool kernels,
                                 llvm::function_ref<llvm::LogicalResult(mlir::func::FuncOp)> check);

/// Plan's own rules, beyond those of Fuse.
llvm::LogicalResult verifyPlan(mlir::ModuleOp module);

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_CONTRACTRULES_H
