// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// manifest.json of a checkpoint: which files it has, how long, with which checksum.

#ifndef MMC_LIB_RUNTIME_CHECKPOINT_MANIFEST_H
#define MMC_LIB_RUNTIME_CHECKPOINT_MANIFEST_H

#include "mmc/Runtime/Core/Status.h"

#include <cstdint>
#include <map>
#include <string>

namespace mmc {

struct Manifest {
  struct File {
    uint64_t bytes = 0;
    uint32_t crc = 0;
  };
  int64_t step = 0;
  std::map<std::string, File> files;
};

inline constexpr const char *manifestName = "manifest.json";
inline constexpr const char *tensorsName = "tensors.safetensors";
inline constexpr const char *stateName = "state.json";

std::string toJson(const Manifest &manifest);

/// Reads and checks manifest.json of `directory`.
StatusOr<Manifest> readManifest(const std::string &directory);

/// Length and CRC-32C of a file, read in pieces.
StatusOr<Manifest::File> summarize(const std::string &path);

/// Length of a file on disk must be what the manifest says.
Status checkSizes(const Manifest &manifest, const std::string &directory);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_CHECKPOINT_MANIFEST_H
