// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The driver API as the emulated driver has it, for programs that have no cuda.h.

#ifndef MMC_RUNTIME_EMULATOR_DRIVER_CUDA_H
#define MMC_RUNTIME_EMULATOR_DRIVER_CUDA_H

#include <cstddef>
#include <cstdint>

#include "mmc/Runtime/Emulator/Driver/Types.h"

extern "C" {
#include "mmc/Runtime/Emulator/Driver/Functions.h"
}

#endif // MMC_RUNTIME_EMULATOR_DRIVER_CUDA_H
