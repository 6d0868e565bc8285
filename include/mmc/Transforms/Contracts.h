// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What must hold after each phase, checked.

#ifndef MMC_TRANSFORMS_CONTRACTS_H
#define MMC_TRANSFORMS_CONTRACTS_H

#include "mmc/Transforms/Phases.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mmc {

/// Whether `module` keeps the contract of `phase` (contractOf). Where it does not, an error names
/// the op and the rule, and a note the pass that should have seen to it.
llvm::LogicalResult verifyContract(mlir::ModuleOp module, Phase phase);

/// `--mmc-verify-contract=phase=<phase>`; changes nothing.
std::unique_ptr<mlir::Pass> createVerifyContractPass(Phase phase);
void registerVerifyContractPass();

} // namespace mmc

#endif // MMC_TRANSFORMS_CONTRACTS_H
