// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs one entry of a program once, on named tensors: for checks and tests. Training keeps its
// buffers.

#ifndef MMC_RUNTIME_MODEL_EXECUTE_H
#define MMC_RUNTIME_MODEL_EXECUTE_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Core/Tensor.h"
#include "mmc/Runtime/Jit/Program.h"

#include <map>
#include <string>
#include <vector>

namespace mmc {

using TensorViews = std::map<std::string, TensorView>;

/// The results by name, in the types that the entry computes them in. `parameters` are in the order
/// of Program::parameters(). Inputs are converted to the entry's types by value; BadInput lists
/// every input that is missing, has another shape or a type that does not convert; inputs that the
/// entry does not have are ignored.
StatusOr<TensorMap> execute(const Program &program, const ProgramEntry &entry,
                            const std::vector<void *> &parameters, const TensorViews &inputs,
                            int threads);

} // namespace mmc

#endif // MMC_RUNTIME_MODEL_EXECUTE_H
