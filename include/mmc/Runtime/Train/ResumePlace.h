// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which checkpoint --resume means.

#ifndef MMC_RUNTIME_TRAIN_RESUMEPLACE_H
#define MMC_RUNTIME_TRAIN_RESUMEPLACE_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Train/TrainSettings.h"

#include <optional>
#include <string>

namespace mmc {

/// The path of the checkpoint to resume: --resume=DIR is a checkpoint or a directory of checkpoints
/// (BadInput when it has none), --resume alone the newest of the output directory, or nothing when
/// it has none.
StatusOr<std::optional<std::string>> resumedCheckpoint(const TrainSettings &settings);

/// The settings that this checkpoint was made with.
StatusOr<std::optional<nlohmann::json>> settingsOfResumed(const TrainSettings &settings);

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_RESUMEPLACE_H
