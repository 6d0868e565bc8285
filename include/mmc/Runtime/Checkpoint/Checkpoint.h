// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Resume states: a checkpoint directory is complete or absent, whenever the writer is killed.

#ifndef MMC_RUNTIME_CHECKPOINT_CHECKPOINT_H
#define MMC_RUNTIME_CHECKPOINT_CHECKPOINT_H

#include "mmc/Runtime/Core/Safetensors.h"
#include "mmc/Runtime/Core/Status.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mmc {

/// OUTPUT/checkpoint-<step>/ holds
///
///   tensors.safetensors   parameters and optimizer state, by name
///   state.json            whatever else resuming needs: data cursor, RNG counters, configuration
///   manifest.json         {"format": 1, "step", "files": {name: {"bytes", "crc32c"}}}
///
/// It is written under a hidden temporary name, each file synced, the manifest last, then renamed
/// and the parent synced.

/// Writes the checkpoint of `step` under `output`, which must exist. A checkpoint of the same step
/// is replaced in one step. Removes what killed writers left behind: one process at a time writes
/// checkpoints under `output`. Io on a full disk or an unwritable directory, which leaves the
/// checkpoints as they were. BadInput for `state` with text that is not UTF-8.
Status writeCheckpoint(const std::string &output, int64_t step,
                       const std::vector<NamedTensorView> &tensors, const nlohmann::json &state);

struct CheckpointInfo {
  int64_t step = 0;
  std::string path;
};

/// The checkpoints under `output` whose manifest and file sizes are right, by ascending step.
/// Cheap: contents are not read (readCheckpoint does that). Empty if there is no such directory.
std::vector<CheckpointInfo> listCheckpoints(const std::string &output);

/// The one with the highest step.
std::optional<CheckpointInfo> latestComplete(const std::string &output);

struct Checkpoint {
  int64_t step = 0;
  SafetensorsFile tensors;
  nlohmann::json state;
};

/// Reads `path` (OUTPUT/checkpoint-<step>) and compares every byte with the manifest's checksums.
/// Io if a file is missing or unreadable, BadInput if one is damaged or the manifest is not one.
StatusOr<Checkpoint> readCheckpoint(const std::string &path);

/// Removes all but the `keep` (at least 1) latest complete checkpoints. To be called when the
/// newest is complete: so there is always one to go back to. Each disappears in one step.
Status pruneCheckpoints(const std::string &output, size_t keep);

} // namespace mmc

#endif // MMC_RUNTIME_CHECKPOINT_CHECKPOINT_H
