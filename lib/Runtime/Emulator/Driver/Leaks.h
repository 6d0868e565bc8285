// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is left over when the process ends.

#ifndef MMC_EMULATOR_DRIVER_LEAKS_H
#define MMC_EMULATOR_DRIVER_LEAKS_H

namespace mmc::emulator::driver {

/// One `leak` per sort of handle that was not destroyed.
void reportHandleLeaks();

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_LEAKS_H
