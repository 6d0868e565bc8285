// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a training run keeps in a checkpoint, and taking it back.

#ifndef MMC_RUNTIME_TRAIN_RUNSTATE_H
#define MMC_RUNTIME_TRAIN_RUNSTATE_H

#include "mmc/Runtime/Train/DataSource.h"
#include "mmc/Runtime/Train/TrainModel.h"

#include <nlohmann/json.hpp>

#include <string>

namespace mmc {

/// What a run is: two runs that agree in it give the same numbers.
struct RunIdentity {
  nlohmann::json settings; ///< toJson(TrainSettings)
  std::string modelHash;
  nlohmann::json data; ///< DataSource::fingerprint()
};

/// The checkpoint of `step` in `output`: value, first and second moment of each trainable (as "P",
/// "first:P", "second:P"), the data cursor and the identity. Older ones beyond `keep` are removed
/// (0: none).
Status saveRun(const std::string &output, int64_t step, TrainModel &model, const DataSource &source,
               const RunIdentity &identity, int64_t keep);

/// Reads a checkpoint back, bit for bit, and returns its step. BadInput lists what differs when it
/// is of another model, other settings or other data, or has other tensors; nothing is changed
/// then. The length of the training may differ where no learning rate depends on it (schedule
/// constant, no warmup-ratio).
StatusOr<int64_t> restoreRun(const std::string &checkpoint, TrainModel &model, DataSource &source,
                             const RunIdentity &identity);

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_RUNSTATE_H
