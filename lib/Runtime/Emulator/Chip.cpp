// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The emulated chips.

#include "mmc/Runtime/Emulator/Chip.h"

namespace mmc::emulator {

static constexpr uint32_t KiB = 1024;
static constexpr uint64_t GiB = uint64_t(1) << 30;

const std::vector<Chip> &chips() {
  static const std::vector<Chip> list = {
      {"sm_80", "NVIDIA A100-SXM4-80GB", 8, 0, 108, 80 * GiB, 48 * KiB, 163 * KiB, 164 * KiB, 65536,
       2048, 32},
      {"sm_86", "NVIDIA A40", 8, 6, 84, 48 * GiB, 48 * KiB, 99 * KiB, 100 * KiB, 65536, 1536, 16},
      {"sm_87", "NVIDIA Jetson AGX Orin", 8, 7, 16, 32 * GiB, 48 * KiB, 163 * KiB, 164 * KiB, 65536,
       1536, 16},
      {"sm_89", "NVIDIA L40S", 8, 9, 142, 48 * GiB, 48 * KiB, 99 * KiB, 100 * KiB, 65536, 1536, 24},
      {"sm_90", "NVIDIA H100 80GB HBM3", 9, 0, 132, 80 * GiB, 48 * KiB, 227 * KiB, 228 * KiB, 65536,
       2048, 32},
      {"sm_100", "NVIDIA B200", 10, 0, 148, 180 * GiB, 48 * KiB, 227 * KiB, 228 * KiB, 65536, 2048,
       32},
      {"sm_103", "NVIDIA B300", 10, 3, 148, 270 * GiB, 48 * KiB, 227 * KiB, 228 * KiB, 65536, 2048,
       32},
      {"sm_110", "NVIDIA Jetson AGX Thor", 11, 0, 20, 120 * GiB, 48 * KiB, 227 * KiB, 228 * KiB,
       65536, 1536, 24},
      {"sm_120", "NVIDIA GeForce RTX 5090", 12, 0, 170, 32 * GiB, 48 * KiB, 99 * KiB, 100 * KiB,
       65536, 1536, 24},
      {"sm_121", "NVIDIA GB10", 12, 1, 48, 120 * GiB, 48 * KiB, 99 * KiB, 100 * KiB, 65536, 1536,
       24},
  };
  return list;
}

StatusOr<const Chip *> findChip(std::string_view name) {
  std::string_view stem = name;
  if (!stem.empty() && (stem.back() == 'a' || stem.back() == 'f'))
    stem.remove_suffix(1);
  std::string known;
  for (const Chip &chip : chips()) {
    if (chip.name == stem)
      return &chip;
    known += (known.empty() ? "" : ", ") + std::string(chip.name);
  }
  return Status::badInput("chip '" + std::string(name) + "' is not known; there are " + known);
}

} // namespace mmc::emulator
