// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operations on registers that may have no value: see RegisterFlow.h.

#ifndef MMC_EMULATOR_EXECUTE_TRACKING_H
#define MMC_EMULATOR_EXECUTE_TRACKING_H

#include "../Program.h"

namespace mmc::emulator {

/// Executes an operation of Program::tracked: reports values that are none where they decide
/// something, and notes which lanes' results have one.
Step runTracked(Warp &warp, const Op &op, uint32_t mask);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_EXECUTE_TRACKING_H
