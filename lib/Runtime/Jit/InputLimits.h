// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which batch inputs index into something, and how large that is.

#ifndef MMC_LIB_RUNTIME_JIT_INPUTLIMITS_H
#define MMC_LIB_RUNTIME_JIT_INPUTLIMITS_H

#include "mlir/IR/BuiltinOps.h"

#include <cstdint>
#include <map>
#include <string>

namespace mmc {

/// By mmc.name, of a module behind Specialize: token ids are below the rows of their embedding
/// table, labels below the logits' vocabulary, image slots below the rows of image features. The
/// least where there are several; an input that indexes nothing is not there.
std::map<std::string, int64_t> inputLimits(mlir::ModuleOp module);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_JIT_INPUTLIMITS_H
