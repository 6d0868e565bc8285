// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How many steps a training has, and its learning rates.

#include "mmc/Runtime/Train/TrainLoop.h"

#include <cmath>

using namespace mmc;

/// Optimizer steps in the first `epochs` epochs of data whose epochs have an end.
static StatusOr<int64_t> stepsIn(double epochs, int64_t accumulation, int64_t fixed,
                                 DataSource &source) {
  double steps = 0;
  const auto whole = static_cast<int64_t>(epochs);
  for (int64_t epoch = 0; epoch <= whole; ++epoch) {
    const double share = epoch < whole ? 1 : epochs - static_cast<double>(whole);
    if (share == 0)
      break;
    int64_t batches = fixed;
    if (batches == 0) {
      MMC_ASSIGN_OR_RETURN(batches, source.batchesIn(epoch));
    }
    // A step more than the share would go beyond what was asked for; rounding noise is none.
    steps += std::floor(share * static_cast<double>(batches / accumulation) + 1e-9);
  }
  return static_cast<int64_t>(steps);
}

StatusOr<RunLength> mmc::runLength(const TrainSettings &settings, DataSource &source) {
  RunLength length;
  const int64_t said = source.accumulation();
  if (said > 0 && settings.gradientAccumulation > 0 && said != settings.gradientAccumulation)
    return Status::badInput(
        "gradient-accumulation must be that of the batch file (" + std::to_string(said) +
        " micro-batches per step), got: " + std::to_string(settings.gradientAccumulation));
  length.accumulation = said > 0                            ? said
                        : settings.gradientAccumulation > 0 ? settings.gradientAccumulation
                                                            : 1;
  MMC_ASSIGN_OR_RETURN(const int64_t available, source.batchesIn(0));
  length.perEpoch = settings.microBatchesPerEpoch > 0 ? settings.microBatchesPerEpoch : available;
  if (length.perEpoch > 0 && length.perEpoch < length.accumulation)
    return Status::badInput("an epoch has " + std::to_string(length.perEpoch) +
                            " micro-batches, which do not fill a step of " +
                            std::to_string(length.accumulation) +
                            "; use a smaller --batch-size or --gradient-accumulation");
  if (settings.steps == 0 && length.perEpoch == 0)
    return Status::badInput("data without end needs --steps, or --micro-batches-per-epoch beside "
                            "--epochs");
  length.steps = settings.steps;
  if (length.steps == 0) {
    MMC_ASSIGN_OR_RETURN(length.steps, stepsIn(settings.epochs, length.accumulation,
                                               settings.microBatchesPerEpoch, source));
  }
  if (length.steps == 0)
    return Status::badInput("--epochs=" + std::to_string(settings.epochs) +
                            " is less than one step");
  const int64_t perEpochSteps = length.perEpoch / length.accumulation;
  length.epochs = settings.epochs > 0 ? settings.epochs
                  : perEpochSteps > 0
                      ? static_cast<double>(length.steps) / static_cast<double>(perEpochSteps)
                      : 0;
  // A file of ready batches is a sequence: to read it again must be asked for, by epochs.
  const bool again = settings.steps == 0 && settings.microBatchesPerEpoch == 0;
  if (source.isSequence() && !again && length.steps * length.accumulation > available)
    return Status::badInput("the batch file has " +
                            std::to_string(available / length.accumulation) + " steps of " +
                            std::to_string(length.accumulation) + " micro-batches, got: --steps=" +
                            std::to_string(length.steps) + "; --epochs reads it several times");
  return length;
}

StatusOr<Schedule> mmc::runSchedule(const TrainSettings &settings, const RunLength &length) {
  ScheduleSettings schedule;
  schedule.kind = *parseScheduleKind(settings.schedule);
  schedule.peak = settings.lr;
  schedule.minimum = settings.minLr;
  if (settings.warmupRatio > 0)
    schedule.warmup = {Warmup::Unit::Ratio, settings.warmupRatio};
  else if (settings.warmupEpochs > 0)
    schedule.warmup = {Warmup::Unit::Epochs, settings.warmupEpochs};
  else
    schedule.warmup = {Warmup::Unit::Steps, static_cast<double>(settings.warmupSteps)};
  schedule.totalSteps = length.steps;
  schedule.microBatchesPerEpoch = length.perEpoch;
  schedule.accumulation = length.accumulation;
  schedule.epochs = length.epochs;
  return Schedule::create(schedule);
}
