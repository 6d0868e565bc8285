// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes the tensors that mmc-data makes.

#ifndef MMC_TOOLS_MMC_DATA_TENSORFILE_H
#define MMC_TOOLS_MMC_DATA_TENSORFILE_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Core/Tensor.h"

namespace mmc::data {

/// Writes a safetensors file; "-" is standard output. Io with the system's reason on failure.
Status writeTensors(const TensorMap &tensors, const std::string &path);

} // namespace mmc::data

#endif // MMC_TOOLS_MMC_DATA_TENSORFILE_H
