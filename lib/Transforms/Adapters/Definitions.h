// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds adapter definitions: those of models/adapters, which are part of the binary, and files.

#ifndef MMC_LIB_TRANSFORMS_ADAPTERS_DEFINITIONS_H
#define MMC_LIB_TRANSFORMS_ADAPTERS_DEFINITIONS_H

#include "mmc/Dialect/MmcDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mmc {

/// The module that holds the one mmc.adapter of the definition. `name` is the stem of a file of
/// models/adapters, or with `isPath` the path of a file. Errors are reported at `location`.
mlir::OwningOpRef<mlir::ModuleOp> loadDefinition(llvm::StringRef name, bool isPath,
                                                 mlir::Location location);

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_ADAPTERS_DEFINITIONS_H
