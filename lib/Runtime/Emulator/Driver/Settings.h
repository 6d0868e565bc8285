// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the environment asks of the emulated driver.

#ifndef MMC_EMULATOR_DRIVER_SETTINGS_H
#define MMC_EMULATOR_DRIVER_SETTINGS_H

#include "mmc/Runtime/Emulator/Chip.h"

#include <optional>
#include <string>

namespace mmc::emulator::driver {

struct Settings {
  Chip chip;              ///< MMC_EMULATOR_CHIP, MMC_EMULATOR_MEMORY
  unsigned devices = 1;   ///< MMC_EMULATOR_DEVICES
  std::string reportFile; ///< MMC_EMULATOR_REPORT; empty: no JSON
  bool quiet = false;     ///< MMC_EMULATOR_QUIET=1: nothing on stderr
  bool sticky = true;     ///< MMC_EMULATOR_STICKY=0: a fault does not end a context
  bool hazards = true;    ///< MMC_EMULATOR_HAZARDS=0: no order between streams is checked
  bool watchHost = true;  ///< MMC_EMULATOR_WATCH_HOST=0: the host's own accesses are not watched
  int exitStatus = 0;     ///< MMC_EMULATOR_EXIT_STATUS: of a process with findings
  unsigned threads = 0;   ///< MMC_EMULATOR_THREADS: host threads of a launch; 0: one per core
  std::optional<uint64_t> schedule; ///< MMC_EMULATOR_SCHEDULE: see LaunchOptions
  uint64_t maxInstructions = 0;     ///< MMC_EMULATOR_MAX_INSTRUCTIONS: see LaunchOptions
  std::string error;                ///< what is wrong with a value; cuInit then fails
};

/// Read once, at the first call.
const Settings &settings();

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_SETTINGS_H
