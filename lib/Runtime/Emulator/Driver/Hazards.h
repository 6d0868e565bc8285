// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Work in different streams that touches the same bytes with nothing between to order it.

#ifndef MMC_EMULATOR_DRIVER_HAZARDS_H
#define MMC_EMULATOR_DRIVER_HAZARDS_H

#include "Clock.h"
#include "Operation.h"

#include <string>
#include <vector>

namespace mmc::emulator::driver {

struct Step;

/// Remembers what the step has accessed, and reports `stream-race` for what is not ordered behind
/// earlier accesses of the same bytes. Called when the step has run and before anything ordered
/// behind it runs.
void recordAccesses(const Step &step, const std::vector<AccessRange> &found);
/// Forgets freed memory.
void forgetAccesses(uint64_t address, uint64_t bytes);
/// What was accessed in the range and is not known to `clock`: the names of the operations.
std::vector<std::string> accessesBeyond(const Clock &clock, uint64_t address, uint64_t bytes);

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_HAZARDS_H
