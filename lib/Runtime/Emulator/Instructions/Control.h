// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What control flow and calls share.

#ifndef MMC_EMULATOR_INSTRUCTIONS_CONTROL_H
#define MMC_EMULATOR_INSTRUCTIONS_CONTROL_H

#include "Alu.h"

namespace mmc::emulator {

/// Reports an invalid instruction and ends the launch.
Step stopLaunch(Warp &warp, uint32_t mask, const char *why);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_CONTROL_H
