// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What every file of entry points needs.

#ifndef MMC_EMULATOR_DRIVER_ENTRYPOINT_H
#define MMC_EMULATOR_DRIVER_ENTRYPOINT_H

#include "Context.h"
#include "Try.h"

/// An exported function; the rest of the library is hidden.
#define MMC_EXPORT extern "C" __attribute__((visibility("default")))

#endif // MMC_EMULATOR_DRIVER_ENTRYPOINT_H
