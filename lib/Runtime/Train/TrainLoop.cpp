// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/TrainLoop.h"
#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Core/Log.h"
#include "mmc/Runtime/Train/EventFile.h"
#include "mmc/Runtime/Train/Interrupt.h"
#include "mmc/Runtime/Train/Metrics.h"
#include "mmc/Runtime/Train/Progress.h"

#include <chrono>
#include <cmath>
#include <csignal>

using namespace mmc;

namespace {

class Run {
public:
  Run(TrainModel &model, DataSource &source, Evaluation *evaluation,
      const TrainLoopOptions &options, const RunLength &length, const Schedule &schedule,
      MetricsFile metrics, EventFile events, GradientSum sum, int64_t start)
      : model(model), source(source), evaluation(evaluation), options(options), length(length),
        schedule(schedule), metrics(std::move(metrics)), events(std::move(events)),
        sum(std::move(sum)), progress(options.progress, length.steps, start), start(start) {}

  Status go() {
    const Clock::time_point begin = Clock::now();
    for (int64_t done = start; done < length.steps;) {
      if (int signal = interruptSignal())
        return stop(done, signal);
      StatusOr<StepMetrics> result = step(done);
      if (!result.isOk()) {
        progress.finish();
        return result.status().context("step " + std::to_string(done + 1));
      }
      ++done;
      MMC_RETURN_IF_ERROR(report(*result));
      progress.update(done, result->loss, result->learningRate, result->tokensPerSecond,
                      secondsSince(begin));
      MMC_RETURN_IF_ERROR(afterStep(done));
    }
    return Status::ok();
  }

private:
  using Clock = std::chrono::steady_clock;
  static double secondsSince(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  }

  double epochAfter(int64_t done) const { return length.perEpoch > 0 ? schedule.epochOf(done) : 0; }

  /// An epoch's last micro-batches make no step when they do not fill one.
  Status leaveFinishedEpoch() {
    const Cursor place = source.cursor();
    MMC_ASSIGN_OR_RETURN(const int64_t batches, source.batchesIn(place.epoch));
    if (batches > 0 && batches - place.batch < length.accumulation)
      return source.seek({place.epoch + 1, 0});
    return Status::ok();
  }

  /// Step number `done`, counted from 0.
  StatusOr<StepMetrics> step(int64_t done) {
    const Clock::time_point begin = Clock::now();
    const TrainSettings &settings = options.settings;
    StepMetrics result;
    MMC_RETURN_IF_ERROR(leaveFinishedEpoch());
    sum.begin();
    for (int64_t micro = 0; micro < length.accumulation; ++micro) {
      MMC_ASSIGN_OR_RETURN(MicroBatch batch, source.next());
      const RandomKey key{settings.seed, done * length.accumulation + micro};
      StatusOr<LossSum> loss = model.gradients(batch, key, sum);
      Status status = loss.isOk() ? sum.add(*loss, options.threads) : loss.status();
      if (!status.isOk())
        return status.context(batch.name);
      result.tokens += batch.tokens;
    }
    MMC_RETURN_IF_ERROR(sum.finish(options.threads));
    UpdateNumbers numbers;
    numbers.learningRate = schedule.at(done);
    numbers.correction1 = 1 - std::pow(settings.betas[0], done + 1);
    numbers.correction2 = 1 - std::pow(settings.betas[1], done + 1);
    numbers.gradientScale = sum.scale(settings.maxGradNorm);
    result.peakBytes = model.peakBytes();
    model.update(numbers, sum);
    result.step = done + 1;
    result.epoch = epochAfter(done + 1);
    result.loss = sum.loss();
    result.learningRate = numbers.learningRate;
    result.gradNorm = sum.norm();
    result.labels = sum.labels();
    result.stepSeconds = secondsSince(begin);
    result.tokensPerSecond = static_cast<double>(result.tokens) / result.stepSeconds;
    return result;
  }

  template <typename T>
  Status report(const T &result) {
    MMC_RETURN_IF_ERROR(metrics.write(result));
    return events.write(result.step, scalarsOf(result));
  }

  /// Evaluates and saves where it is time.
  Status afterStep(int64_t done) {
    const TrainSettings &settings = options.settings;
    const bool last = done == length.steps;
    auto isTime = [&](int64_t every) { return every > 0 && (done % every == 0 || last); };
    if (evaluation && (isTime(settings.evalEvery) || last)) {
      MMC_ASSIGN_OR_RETURN(EvaluationResult found, evaluate(model, *evaluation));
      EvalMetrics result{done, epochAfter(done), found.loss, std::nullopt};
      if (found.score)
        result.accuracy = found.score->all().accuracy();
      progress.finish();
      note("step " + std::to_string(done) + ": " + toString(found));
      MMC_RETURN_IF_ERROR(report(result));
    }
    return isTime(settings.saveEvery) ? save(done) : Status::ok();
  }

  Status save(int64_t done) {
    return saveRun(options.output, done, model, source, options.identity, options.settings.keep);
  }

  Status stop(int64_t done, int signal) {
    progress.finish();
    MMC_RETURN_IF_ERROR(save(done));
    return Status::interrupted(std::string(signal == SIGTERM ? "SIGTERM" : "Ctrl-C") +
                               " after step " + std::to_string(done) + " of " +
                               std::to_string(length.steps) +
                               "; go on with: mmc-train --output=" + options.output + " --resume");
  }

  TrainModel &model;
  DataSource &source;
  Evaluation *evaluation;
  const TrainLoopOptions &options;
  RunLength length;
  Schedule schedule;
  MetricsFile metrics;
  EventFile events;
  GradientSum sum;
  Progress progress;
  int64_t start;
};

} // namespace

/// config.json: what was set, and of which model.
static Status writeConfig(const TrainLoopOptions &options) {
  nlohmann::json config = options.identity.settings;
  config["model_hash"] = options.identity.modelHash;
  config["versions"] = options.versions;
  return writeFile(options.output + "/config.json", config.dump(2) + "\n");
}

Status mmc::runTraining(TrainModel &model, DataSource &source, Evaluation *evaluation,
                        const TrainLoopOptions &options) {
  const TrainSettings &settings = options.settings;
  MMC_ASSIGN_OR_RETURN(RunLength length, runLength(settings, source));
  MMC_ASSIGN_OR_RETURN(Schedule schedule, runSchedule(settings, length));
  int64_t start = 0;
  MMC_RETURN_IF_ERROR(source.seek({0, 0}));
  if (options.resumeFrom) {
    MMC_ASSIGN_OR_RETURN(start, restoreRun(*options.resumeFrom, model, source, options.identity));
  }
  if (start > length.steps)
    return Status::badInput(
        *options.resumeFrom + ": has " + std::to_string(start) +
        " steps, more than the training is to have, got: " + std::to_string(length.steps));
  if (start == length.steps) {
    note("all " + std::to_string(start) + " steps are done: nothing is left to train");
    return Status::ok();
  }
  MMC_RETURN_IF_ERROR(writeConfig(options));
  // A killed run may have left lines and events behind even when it left no checkpoint.
  std::optional<int64_t> resumed;
  if (settings.resume)
    resumed = start;
  MMC_ASSIGN_OR_RETURN(MetricsFile metrics,
                       MetricsFile::open(options.output + "/metrics.jsonl", resumed));
  MMC_ASSIGN_OR_RETURN(EventFile events, EventFile::create(options.output, resumed));
  std::vector<std::string> names;
  std::vector<Shape> shapes;
  for (const Trainable &trainable : model.trainables()) {
    names.push_back(trainable.name);
    shapes.push_back(trainable.shape);
  }
  GradientSum sum(names, shapes, length.accumulation,
                  settings.microBatchAverage == "means" ? MicroBatchAverage::Means
                                                        : MicroBatchAverage::Labels);
  Run run(model, source, evaluation, options, length, schedule, std::move(metrics),
          std::move(events), std::move(sum), start);
  return run.go();
}
