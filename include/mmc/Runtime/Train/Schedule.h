// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Learning-rate schedules: the rate as a function of the optimizer step.

#ifndef MMC_RUNTIME_TRAIN_SCHEDULE_H
#define MMC_RUNTIME_TRAIN_SCHEDULE_H

#include "mmc/Runtime/Core/Status.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mmc {

enum class ScheduleKind { Cosine, Linear, Constant, Lavin };

/// The kind of a name ("cosine", …); nothing for an unknown one.
std::optional<ScheduleKind> parseScheduleKind(std::string_view name);

/// Length of the warm-up in one of three units. A ratio is of the whole training; in steps it is
/// rounded up, as Hugging Face does.
struct Warmup {
  enum class Unit { Steps, Ratio, Epochs };
  Unit unit = Unit::Steps;
  double value = 0;
};

struct ScheduleSettings {
  ScheduleKind kind = ScheduleKind::Cosine;
  double peak = 0;
  /// What cosine, linear and lavin end at. A constant rate has no minimum.
  double minimum = 0;
  Warmup warmup;
  /// Optimizer steps of the whole training.
  int64_t totalSteps = 0;
  /// Micro-batches per epoch and per optimizer step; needed by lavin and by a warm-up in epochs,
  /// else 0. Micro-batches that fill no step at the end of an epoch make none.
  int64_t microBatchesPerEpoch = 0;
  int64_t accumulation = 1;
  /// Epochs of the whole training, needed by lavin.
  double epochs = 0;
};

/// Step s counts from 0; with w warm-up steps of n in all,
///   warm-up   peak · s / w for s < w (so step 0 has rate 0)
///   cosine    min + (peak - min) · (1 + cos(π p)) / 2, p = (s - w) / (n - w)
///   linear    min + (peak - min) · (1 - p)
///   constant  peak
/// as transformers.get_scheduler. lavin is the cosine over fractional epochs e instead of steps, e
/// being that of the step's first micro-batch (LaVIN's util/lr_sched.py). p is at most 1: beyond
/// the end the rate stays.
class Schedule {
public:
  /// BadInput for settings that contradict each other or lack what their kind needs.
  static StatusOr<Schedule> create(const ScheduleSettings &settings);

  /// The rate that optimizer step `step` uses.
  double at(int64_t step) const;
  /// Epoch, with its fraction, of the first micro-batch of `step`; needs microBatchesPerEpoch.
  double epochOf(int64_t step) const;

private:
  explicit Schedule(const ScheduleSettings &settings) : settings(settings) {}
  ScheduleSettings settings;
  /// In the schedule's own unit: epochs of lavin, else steps.
  double warmup = 0, total = 0;
};

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_SCHEDULE_H
