// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The images that modules are loaded from: PTX text, or the fat binaries that nvcc makes.

#ifndef MMC_EMULATOR_DRIVER_FATBINARY_H
#define MMC_EMULATOR_DRIVER_FATBINARY_H

#include "mmc/Runtime/Emulator/Chip.h"
#include "mmc/Runtime/Emulator/Driver/Cuda.h"

#include <string>

namespace mmc::emulator::driver {

/// Bytes from what an image's header says, for callers that do not know where it ends.
constexpr size_t unknownImageSize = ~size_t(0);

/// The PTX of an image for a chip: the text itself, or from a fat binary the one for the newest
/// chip that is not newer than `chip`, unpacked. `available` bounds what may be read from `image`.
/// On errors `log` says what the image has and what to compile instead:
/// CUDA_ERROR_NO_BINARY_FOR_GPU, or CUDA_ERROR_INVALID_IMAGE for a fat binary that contradicts
/// itself.
CUresult ptxOfImage(const void *image, size_t available, const Chip &chip, std::string &log,
                    std::string &ptx);

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_FATBINARY_H
