// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Warm-up and decay.

#include "mmc/Runtime/Train/Schedule.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace mmc {

std::optional<ScheduleKind> parseScheduleKind(std::string_view name) {
  constexpr std::pair<std::string_view, ScheduleKind> kinds[] = {
      {"cosine", ScheduleKind::Cosine},
      {"linear", ScheduleKind::Linear},
      {"constant", ScheduleKind::Constant},
      {"lavin", ScheduleKind::Lavin}};
  for (const auto &[known, kind] : kinds)
    if (known == name)
      return kind;
  return std::nullopt;
}

StatusOr<Schedule> Schedule::create(const ScheduleSettings &settings) {
  auto bad = [](const std::string &rule) { return Status::badInput("learning rate: " + rule); };
  const Warmup &warmup = settings.warmup;
  const bool lavin = settings.kind == ScheduleKind::Lavin;
  if (!(settings.peak >= 0) || !std::isfinite(settings.peak))
    return bad("lr must be a number of at least 0, got: " + std::to_string(settings.peak));
  if (!(settings.minimum >= 0 && settings.minimum <= settings.peak))
    return bad("min-lr must lie between 0 and lr, got: " + std::to_string(settings.minimum));
  if (settings.kind == ScheduleKind::Constant && settings.minimum != 0)
    return bad("the constant schedule has no min-lr; choose cosine or linear");
  if (settings.totalSteps < 1)
    return bad("training needs at least one step, got: " + std::to_string(settings.totalSteps));
  if (settings.accumulation < 1 || settings.microBatchesPerEpoch < 0)
    return bad("gradient-accumulation must be at least 1");
  if (!(warmup.value >= 0) || !std::isfinite(warmup.value))
    return bad("warm-up must be at least 0, got: " + std::to_string(warmup.value));
  if (warmup.unit == Warmup::Unit::Ratio && warmup.value > 1)
    return bad("warmup-ratio must be at most 1, got: " + std::to_string(warmup.value));
  const double stepsPerEpoch =
      static_cast<double>(settings.microBatchesPerEpoch / settings.accumulation);
  if ((lavin || warmup.unit == Warmup::Unit::Epochs) && stepsPerEpoch < 1)
    return bad("an epoch needs at least one optimizer step for a schedule in epochs, got: " +
               std::to_string(settings.microBatchesPerEpoch) +
               " micro-batches per epoch for gradient-accumulation " +
               std::to_string(settings.accumulation));
  if (lavin && !(settings.epochs > 0 && std::isfinite(settings.epochs)))
    return bad("the lavin schedule needs the number of epochs");

  Schedule schedule(settings);
  schedule.total = lavin ? settings.epochs : static_cast<double>(settings.totalSteps);
  switch (warmup.unit) {
  case Warmup::Unit::Steps:
    schedule.warmup =
        lavin ? warmup.value * settings.accumulation / settings.microBatchesPerEpoch : warmup.value;
    break;
  case Warmup::Unit::Ratio:
    schedule.warmup = warmup.value * schedule.total;
    break;
  case Warmup::Unit::Epochs:
    schedule.warmup = lavin ? warmup.value : warmup.value * stepsPerEpoch;
    break;
  }
  if (!lavin)
    schedule.warmup = std::ceil(schedule.warmup);
  return schedule;
}

double Schedule::epochOf(int64_t step) const {
  // At least 1, so that a caller without epochs gets 0s and not a division by zero.
  int64_t stepsPerEpoch =
      std::max<int64_t>(1, settings.microBatchesPerEpoch / settings.accumulation);
  int64_t perEpoch = std::max<int64_t>(1, settings.microBatchesPerEpoch);
  int64_t inEpoch = step % stepsPerEpoch * settings.accumulation;
  return static_cast<double>(step / stepsPerEpoch) + static_cast<double>(inEpoch) / perEpoch;
}

double Schedule::at(int64_t step) const {
  constexpr double pi = 3.14159265358979323846;
  const double position =
      settings.kind == ScheduleKind::Lavin ? epochOf(step) : static_cast<double>(step);
  if (position < warmup)
    return settings.peak * position / warmup;
  const double progress =
      total > warmup ? std::min(1.0, (position - warmup) / (total - warmup)) : 1;
  const double range = settings.peak - settings.minimum;
  switch (settings.kind) {
  case ScheduleKind::Constant:
    return settings.peak;
  case ScheduleKind::Linear:
    return settings.minimum + range * (1 - progress);
  case ScheduleKind::Cosine:
  case ScheduleKind::Lavin:
    return settings.minimum + range * 0.5 * (1 + std::cos(pi * progress));
  }
  return settings.peak;
}

} // namespace mmc
