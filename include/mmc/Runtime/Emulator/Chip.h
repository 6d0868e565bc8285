// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the emulated chips are: the limits that decide whether a launch is accepted.

#ifndef MMC_RUNTIME_EMULATOR_CHIP_H
#define MMC_RUNTIME_EMULATOR_CHIP_H

#include "mmc/Runtime/Core/Status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mmc::emulator {

/// One chip. Sources: the CUDA C++ programming guide, "Technical Specifications per Compute
/// Capability"; multiprocessors and memory are those of one usual board.
struct Chip {
  std::string_view name;  ///< "sm_80"
  std::string_view board; ///< "NVIDIA A100", what a driver would call the device
  uint32_t major, minor;  ///< compute capability
  uint32_t multiprocessors;
  uint64_t memoryBytes;
  uint32_t sharedPerBlock;      ///< bytes without asking: 48 KiB
  uint32_t sharedPerBlockOptIn; ///< bytes at most, when the launch asks for them
  uint32_t sharedPerMultiprocessor;
  uint32_t registersPerBlock;
  uint32_t threadsPerMultiprocessor;
  uint32_t blocksPerMultiprocessor;
  uint32_t maxThreadsPerBlock = 1024;
  uint32_t maxBlock[3] = {1024, 1024, 64};
  uint32_t maxGrid[3] = {0x7fffffff, 65535, 65535};

  uint32_t sm() const { return 10 * major + minor; }
};

/// All chips, oldest first.
const std::vector<Chip> &chips();
/// The chip of that name ("sm_90a" is sm_90 here). BadInput lists those there are.
StatusOr<const Chip *> findChip(std::string_view name);

} // namespace mmc::emulator

#endif // MMC_RUNTIME_EMULATOR_CHIP_H
