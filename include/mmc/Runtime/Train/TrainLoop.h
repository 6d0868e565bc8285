// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Steps, evaluations and checkpoints of a training run.

#ifndef MMC_RUNTIME_TRAIN_TRAINLOOP_H
#define MMC_RUNTIME_TRAIN_TRAINLOOP_H

#include "mmc/Runtime/Train/Evaluation.h"
#include "mmc/Runtime/Train/RunState.h"
#include "mmc/Runtime/Train/Schedule.h"
#include "mmc/Runtime/Train/TrainModel.h"
#include "mmc/Runtime/Train/TrainSettings.h"

#include <cstdio>
#include <optional>
#include <string>

namespace mmc {

/// How long a training is, in its several units.
struct RunLength {
  int64_t steps = 0;        ///< of the whole training
  int64_t accumulation = 1; ///< micro-batches per step
  int64_t perEpoch = 0;     ///< micro-batches per epoch, for the schedule; 0: no epochs
  double epochs = 0;
};

/// Works it out of settings and data. An epoch ends with its last whole step. BadInput when the
/// data has fewer steps than asked for, or does not say how long an epoch is where that is needed.
StatusOr<RunLength> runLength(const TrainSettings &settings, DataSource &source);

/// The settings' learning rates for that length.
StatusOr<Schedule> runSchedule(const TrainSettings &settings, const RunLength &length);

struct TrainLoopOptions {
  TrainSettings settings;
  RunIdentity identity;
  /// The run directory.
  std::string output;
  /// The checkpoint to start from.
  std::optional<std::string> resumeFrom;
  int threads = 1;
  /// For config.json: {"mmc": "0.1.0"}.
  nlohmann::json versions;
  /// Where progress is shown.
  std::FILE *progress = stderr;
};

/// Trains `model` on `source` to the end, starting afresh or from a checkpoint; from one of the
/// last step it notes that nothing is left, and from one beyond it fails with BadInput.
/// `evaluation` may be null. Writes metrics.jsonl, TensorBoard events and checkpoints. Fails with
/// Interrupted, after a checkpoint, when a signal came (see Interrupt.h), and with BadInput, naming
/// step and tensor, when a loss or gradient is not finite: that step changes nothing.
Status runTraining(TrainModel &model, DataSource &source, Evaluation *evaluation,
                   const TrainLoopOptions &options);

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_TRAINLOOP_H
