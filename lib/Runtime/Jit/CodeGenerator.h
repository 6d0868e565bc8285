// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the llvm dialect to object files.

#ifndef MMC_LIB_RUNTIME_JIT_CODEGENERATOR_H
#define MMC_LIB_RUNTIME_JIT_CODEGENERATOR_H

#include "CpuTarget.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace mmc {

/// Optimises and assembles `module`, in as many pieces, side by side, as the machine has cores.
StatusOr<std::vector<std::string>> generateObjects(mlir::ModuleOp module, const CpuTarget &target);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_JIT_CODEGENERATOR_H
