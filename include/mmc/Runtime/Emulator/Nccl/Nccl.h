// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NCCL as the emulator has it, for C++ code that is built without NVIDIA's headers.
// What each function does is NVIDIA's documentation; limits: lib/Runtime/Emulator/Nccl/README.md.

#ifndef MMC_RUNTIME_EMULATOR_NCCL_NCCL_H
#define MMC_RUNTIME_EMULATOR_NCCL_NCCL_H

#include <climits>
#include <cstddef>
#include <cstdint>

#include "mmc/Runtime/Emulator/Nccl/Types.h"

extern "C" {
#define MMC_NCCL_FUNCTION(result, name, parameters)                                                \
  __attribute__((visibility("default"))) result name parameters;                                   \
  __attribute__((visibility("default"))) result p##name parameters;
#include "mmc/Runtime/Emulator/Nccl/Functions.def"
}

#endif // MMC_RUNTIME_EMULATOR_NCCL_NCCL_H
