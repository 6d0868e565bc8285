// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rates against transformers' and LaVIN's, step by step, and the trajectories' recorded rates.

#include "mmc/Runtime/Train/Schedule.h"
#include "../Core/TemporaryDirectory.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

using namespace mmc;
using nlohmann::json;

namespace {

json readCase(const std::string &name) {
  json parsed = json::parse(readBytes(MMC_TEST_DATA "/" + name), nullptr, false);
  EXPECT_TRUE(parsed.is_object()) << name;
  return parsed;
}

/// 1e-12 of the peak: the case files' own tolerance, a few hundred roundings of f64.
void expectRates(const ScheduleSettings &settings, const std::vector<double> &rates) {
  auto schedule = Schedule::create(settings);
  ASSERT_TRUE(schedule.isOk()) << schedule.status().message();
  for (size_t step = 0; step < rates.size(); ++step)
    ASSERT_TRUE(std::fabs(schedule->at(step) - rates[step]) <= 1e-12 * settings.peak)
        << "step " << step << ": " << schedule->at(step) << " != " << rates[step];
}

TEST(Schedule, TransformersSchedules) {
  int compared = 0;
  json schedules = readCase("optim/lr-schedules/case.json")["schedules"];
  for (const json &entry : schedules) {
    std::string name = entry["name"];
    ScheduleSettings settings;
    if (name == "cosine_with_min_lr")
      settings.minimum = entry["arguments"]["min_lr"];
    else if (!parseScheduleKind(name) && name != "constant_with_warmup")
      continue; // schedules that mmc does not have
    settings.kind = *parseScheduleKind(name.substr(0, name.find('_')));
    settings.peak = entry["peak_lr"];
    settings.totalSteps = entry["total_steps"];
    double warmup = entry["warmup"];
    settings.warmup = {warmup < 1 ? Warmup::Unit::Ratio : Warmup::Unit::Steps, warmup};
    SCOPED_TRACE(entry["name"].get<std::string>() + " " + std::to_string(settings.peak));
    expectRates(settings, entry["lr"]);
    ++compared;
  }
  EXPECT_EQ(compared, 8);
}

TEST(Schedule, WarmupRatioInSteps) {
  int compared = 0;
  json table = readCase("optim/lr-schedules/case.json")["warmup_table"];
  for (const json &row : table) {
    ScheduleSettings settings;
    settings.kind = ScheduleKind::Constant;
    settings.peak = 1;
    settings.totalSteps = row["total_steps"];
    settings.warmup = {Warmup::Unit::Ratio, row["ratio"]};
    auto schedule = Schedule::create(settings);
    ASSERT_TRUE(schedule.isOk());
    int64_t warmup = row["warmup_steps"];
    EXPECT_EQ(schedule->at(warmup), 1) << row;
    if (warmup > 0)
      EXPECT_EQ(schedule->at(warmup - 1), double(warmup - 1) / warmup) << row;
    ++compared;
  }
  EXPECT_EQ(compared, 13);
}

TEST(Schedule, LavinsOwn) {
  json rows = readCase("optim/lr-lavin/case.json")["rows"];
  ASSERT_EQ(rows.size(), 3u);
  for (const json &row : rows) {
    ScheduleSettings settings;
    settings.kind = ScheduleKind::Lavin;
    settings.peak = row["lr"];
    settings.minimum = row["min_lr"];
    settings.epochs = row["epochs"];
    settings.microBatchesPerEpoch = row["micro_batches_per_epoch"];
    settings.accumulation = row["accum"];
    settings.totalSteps = row["optimizer_steps"];
    settings.warmup = {Warmup::Unit::Epochs, row["warmup_epochs"]};
    expectRates(settings, row["lr_of_step"]);
    auto schedule = Schedule::create(settings);
    std::vector<double> epochs = row["epoch_of_step"];
    for (size_t step = 0; step < epochs.size(); ++step)
      ASSERT_NEAR(schedule->epochOf(step), epochs[step], 1e-12);

    // The same warm-up in the other units.
    settings.warmup = {Warmup::Unit::Ratio, settings.warmup.value / settings.epochs};
    expectRates(settings, row["lr_of_step"]);
    settings.warmup = {Warmup::Unit::Steps, row["warmup_epochs"].get<double>() *
                                                settings.microBatchesPerEpoch /
                                                settings.accumulation};
    expectRates(settings, row["lr_of_step"]);
  }
}

TEST(Schedule, TrajectoriesOfTheGoldens) {
  // lavin/lavin-tiny/train.json and lm/llama-lora/train.json: "schedule" and "lr".
  ScheduleSettings lavin;
  lavin.kind = ScheduleKind::Lavin;
  lavin.peak = 0.008;
  lavin.minimum = 0.0001;
  lavin.epochs = 3;
  lavin.warmup = {Warmup::Unit::Epochs, 0.75};
  lavin.microBatchesPerEpoch = 8;
  lavin.accumulation = 2;
  lavin.totalSteps = 12;
  expectRates(lavin, {0.0, 0.0026666666666666666, 0.005333333333333333, 0.008,
                      0.0077617858521043396, 0.007075875550319964, 0.006025000000000001,
                      0.004735910301784376, 0.0033640896982156253, 0.002075000000000001,
                      0.0010241244496800373, 0.00033821414789566217});
  ScheduleSettings cosine;
  cosine.peak = 0.04;
  cosine.warmup = {Warmup::Unit::Steps, 3};
  cosine.totalSteps = 12;
  expectRates(cosine, {0.0, 0.013333333333333332, 0.026666666666666665, 0.04, 0.03879385241571817,
                       0.03532088886237956, 0.03, 0.02347296355333861, 0.016527036446661394,
                       0.010000000000000005, 0.004679111137620442, 0.0012061475842818337});
}

TEST(Schedule, EpochsOfWarmupInSteps) {
  ScheduleSettings settings;
  settings.kind = ScheduleKind::Linear;
  settings.peak = 1;
  settings.totalSteps = 30;
  settings.microBatchesPerEpoch = 21; // 10 steps of 2, one micro-batch is left over
  settings.accumulation = 2;
  settings.warmup = {Warmup::Unit::Epochs, 0.5};
  auto schedule = Schedule::create(settings);
  ASSERT_TRUE(schedule.isOk());
  EXPECT_EQ(schedule->at(4), 0.8);
  EXPECT_EQ(schedule->at(5), 1);
  EXPECT_DOUBLE_EQ(schedule->at(6), 0.96);
}

TEST(Schedule, StaysAtTheEnd) {
  for (ScheduleKind kind : {ScheduleKind::Cosine, ScheduleKind::Linear}) {
    ScheduleSettings settings;
    settings.kind = kind;
    settings.peak = 1;
    settings.minimum = 0.25;
    settings.totalSteps = 4;
    auto schedule = Schedule::create(settings);
    for (int64_t step : {4, 5, 1000})
      EXPECT_EQ(schedule->at(step), 0.25);
    settings.warmup = {Warmup::Unit::Steps, 10}; // longer than the training
    schedule = Schedule::create(settings);
    EXPECT_EQ(schedule->at(3), 0.3);
    EXPECT_EQ(schedule->at(10), 0.25);
  }
}

TEST(Schedule, RefusesContradictions) {
  ScheduleSettings good;
  good.peak = 1;
  good.totalSteps = 10;
  ASSERT_TRUE(Schedule::create(good).isOk());
  auto refused = [&](auto change) {
    ScheduleSettings settings = good;
    change(settings);
    return Schedule::create(settings).status().code() == StatusCode::BadInput;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(refused([](auto &s) { s.peak = -1; }));
  EXPECT_TRUE(refused([&](auto &s) { s.peak = nan; }));
  EXPECT_TRUE(refused([](auto &s) { s.minimum = 2; }));
  EXPECT_TRUE(refused([](auto &s) { s.kind = ScheduleKind::Constant, s.minimum = 0.5; }));
  EXPECT_TRUE(refused([](auto &s) { s.totalSteps = 0; }));
  EXPECT_TRUE(refused([](auto &s) { s.accumulation = 0; }));
  EXPECT_TRUE(refused([](auto &s) { s.warmup = {Warmup::Unit::Ratio, 1.5}; }));
  EXPECT_TRUE(refused([&](auto &s) { s.warmup = {Warmup::Unit::Steps, nan}; }));
  EXPECT_TRUE(refused([](auto &s) { s.warmup = {Warmup::Unit::Epochs, 1}; }));
  EXPECT_TRUE(refused([](auto &s) { s.kind = ScheduleKind::Lavin, s.epochs = 3; }));
  EXPECT_TRUE(refused(
      [](auto &s) { s.kind = ScheduleKind::Lavin, s.microBatchesPerEpoch = 4, s.epochs = 0; }));
  EXPECT_FALSE(parseScheduleKind("Cosine"));
}

} // namespace
