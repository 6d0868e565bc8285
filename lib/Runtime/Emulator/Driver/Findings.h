// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the driver reports: hazards of its own and the violations of kernels.

#ifndef MMC_EMULATOR_DRIVER_FINDINGS_H
#define MMC_EMULATOR_DRIVER_FINDINGS_H

#include "mmc/Runtime/Emulator/Report.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mmc::emulator::driver {

/// Kinds of the driver; kernels' violations have the names of ViolationKind.
namespace kind {
inline constexpr const char *streamRace = "stream-race";
inline constexpr const char *hostAccessInFlight = "host-access-in-flight";
inline constexpr const char *pageableAsyncCopy = "pageable-async-copy";
inline constexpr const char *freeInFlight = "free-in-flight";
inline constexpr const char *uninitialized = "uninitialized";
inline constexpr const char *leak = "leak";
} // namespace kind

/// One thing that is wrong with the program. Alike findings (kind and message) are one, with a
/// count.
struct Finding {
  std::string kind, message;
  std::string operation, other; ///< what did it, and the other party; empty where there is none
  uint64_t address = 0, bytes = 0;
  uint64_t count = 1;
};

/// Takes a finding into the report. From any thread.
void report(Finding finding);
/// Takes a launch's violations.
void report(const LaunchReport &launch);
/// All so far.
std::vector<Finding> findings();
/// Writes what has been found to stderr and to MMC_EMULATOR_REPORT. True when there is something.
bool writeReport();

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_FINDINGS_H
