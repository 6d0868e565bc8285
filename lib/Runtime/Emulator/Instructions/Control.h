// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What control flow and calls share.

#ifndef MMC_EMULATOR_INSTRUCTIONS_CONTROL_H
#define MMC_EMULATOR_INSTRUCTIONS_CONTROL_H

#include "Alu.h"

#include <string>

namespace mmc::emulator {

/// Reports an invalid instruction and ends the launch.
Step stopLaunch(Warp &warp, uint32_t mask, const std::string &why);

/// What alloca took belongs to the call that runs it: a call begins where its caller is, and gives
/// back what it took. `depth` is the callee's.
void enterDynamicStack(Warp &warp, uint32_t depth, uint32_t mask);
void leaveDynamicStack(Warp &warp, uint32_t depth, uint32_t mask);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_CONTROL_H
