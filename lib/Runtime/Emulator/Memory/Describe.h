// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Looking up addresses, and saying where they lie.

#ifndef MMC_EMULATOR_MEMORY_DESCRIBE_H
#define MMC_EMULATOR_MEMORY_DESCRIBE_H

#include "mmc/Runtime/Emulator/Memory.h"

#include <memory>
#include <string>

namespace mmc::emulator {

/// The allocation, live or freed, that contains the address, or null.
std::shared_ptr<Allocation> findAllocation(const AllocationTable &table, uint64_t address);
/// Where the address lies, seen from the nearest allocation.
std::string describeAddress(const AllocationTable &table, uint64_t address);
/// The same for one range.
std::string describeRange(const std::string &name, uint64_t base, uint64_t bytes, uint64_t address);
std::string hex(uint64_t value);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_MEMORY_DESCRIBE_H
