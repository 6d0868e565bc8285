// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Environment variables, checked.

#include "Settings.h"

#include <cerrno>
#include <cstdlib>

namespace mmc::emulator::driver {

/// A number, with K, M or G (powers of 1024) where `sized`.
static uint64_t number(Settings &settings, const char *name, uint64_t otherwise, uint64_t low,
                       uint64_t high, bool sized = false) {
  const char *text = std::getenv(name);
  if (!text || !*text)
    return otherwise;
  char *end = nullptr;
  errno = 0;
  uint64_t value = std::strtoull(text, &end, 10);
  unsigned shift = 0;
  if (sized && *end)
    shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
  if (shift)
    ++end;
  if (errno || *text < '0' || *text > '9' || *end || value > (high >> shift) ||
      (value << shift) < low) {
    settings.error += std::string(name) + " must be a number from " + std::to_string(low) + " to " +
                      std::to_string(high) + (sized ? ", K, M or G may follow" : "") + ", got: '" +
                      text + "'\n";
    return otherwise;
  }
  return value << shift;
}

static Settings read() {
  Settings settings;
  const char *chip = std::getenv("MMC_EMULATOR_CHIP");
  auto found = findChip(chip && *chip ? chip : "sm_80");
  if (found.isOk())
    settings.chip = **found;
  else {
    settings.error = "MMC_EMULATOR_CHIP: " + found.status().message() + "\n";
    settings.chip = chips().front();
  }
  settings.chip.memoryBytes = number(settings, "MMC_EMULATOR_MEMORY", settings.chip.memoryBytes, 1,
                                     uint64_t(1) << 42, /*sized=*/true);
  settings.devices = static_cast<unsigned>(number(settings, "MMC_EMULATOR_DEVICES", 1, 0, 64));
  if (const char *file = std::getenv("MMC_EMULATOR_REPORT"))
    settings.reportFile = file;
  settings.quiet = number(settings, "MMC_EMULATOR_QUIET", 0, 0, 1);
  settings.sticky = number(settings, "MMC_EMULATOR_STICKY", 1, 0, 1);
  settings.hazards = number(settings, "MMC_EMULATOR_HAZARDS", 1, 0, 1);
  settings.watchHost = number(settings, "MMC_EMULATOR_WATCH_HOST", 1, 0, 1);
  settings.exitStatus = static_cast<int>(number(settings, "MMC_EMULATOR_EXIT_STATUS", 0, 0, 255));
  settings.threads = static_cast<unsigned>(number(settings, "MMC_EMULATOR_THREADS", 0, 0, 1024));
  settings.maxInstructions = number(settings, "MMC_EMULATOR_MAX_INSTRUCTIONS", 0, 0, ~uint64_t(0));
  const char *seed = std::getenv("MMC_EMULATOR_SCHEDULE");
  if (seed && *seed)
    settings.schedule = number(settings, "MMC_EMULATOR_SCHEDULE", 0, 0, ~uint64_t(0));
  return settings;
}

const Settings &settings() {
  // Never destroyed: the report is written when everything else has gone.
  static const Settings &all = *new Settings(read());
  return all;
}

} // namespace mmc::emulator::driver
