// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The host's own loads and stores of pinned memory with a copy in flight: pages are protected from
// the moment that work is enqueued until the host has waited for it, and a fault is reported and
// let through.

#ifndef MMC_EMULATOR_DRIVER_HOSTWATCH_H
#define MMC_EMULATOR_DRIVER_HOSTWATCH_H

#include "Clock.h"

#include <cstddef>
#include <cstdint>

namespace mmc::emulator::driver {

struct Step;

/// Protects what the step reads (from stores) or writes (from all accesses) of watched memory.
/// Under orderMutex().
void watchHostMemory(const Step &step);
/// Unprotects what the host knows to be done. Under orderMutex().
void releaseHostMemory(const Clock &known);
/// Memory that can be watched: the program uses `address`, the driver `alias`, which is the same
/// memory.
void addWatched(void *address, void *alias, size_t bytes);
void removeWatched(void *address);
/// Turns what faults have left behind into findings.
void reportHostFaults();

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_HOSTWATCH_H
