// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes that a model leaves open, as the files of its parameters have them.

#ifndef MMC_LIB_RUNTIME_JIT_OPENSIZES_H
#define MMC_LIB_RUNTIME_JIT_OPENSIZES_H

#include "mmc/Runtime/Core/Tensor.h"

#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <string>
#include <vector>

namespace mmc {

/// "name:N" for each size of the module's mmc.sizes that stands as a dimension of a parameter found
/// in `fileShapes`; the first such dimension decides.
std::vector<std::string> openSizes(mlir::ModuleOp module,
                                   const std::map<std::string, Shape> &fileShapes);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_JIT_OPENSIZES_H
