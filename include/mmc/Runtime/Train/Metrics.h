// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a run reports per optimizer step and per evaluation, and metrics.jsonl that keeps it.

#ifndef MMC_RUNTIME_TRAIN_METRICS_H
#define MMC_RUNTIME_TRAIN_METRICS_H

#include "mmc/Runtime/Core/Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mmc {

struct StepMetrics {
  int64_t step = 0;
  /// With its fraction.
  double epoch = 0;
  /// Mean over the step's labels, before the update.
  double loss = 0;
  double learningRate = 0;
  /// L2 norm of the gradient before clipping.
  double gradNorm = 0;
  int64_t tokens = 0;
  int64_t labels = 0;
  double stepSeconds = 0;
  double tokensPerSecond = 0;
  int64_t peakBytes = 0;
};

struct EvalMetrics {
  int64_t step = 0;
  double epoch = 0;
  double loss = 0;
  /// Where the data set defines one.
  std::optional<double> accuracy;
};

/// The names and values that TensorBoard shows, those of metrics.jsonl without step and epoch.
std::vector<std::pair<std::string, double>> scalarsOf(const StepMetrics &metrics);
std::vector<std::pair<std::string, double>> scalarsOf(const EvalMetrics &metrics);

/// metrics.jsonl: one JSON object per line, each handed to the operating system as it is written. A
/// number that is not finite becomes null.
class MetricsFile {
public:
  /// Starts a new file, replacing an old one. With `resumedStep`, the last step that the resumed
  /// state contains, goes on after it: lines of later steps, and a line that a kill cut short, are
  /// cut off.
  static StatusOr<MetricsFile> open(const std::string &path,
                                    std::optional<int64_t> resumedStep = std::nullopt);

  MetricsFile(MetricsFile &&other) noexcept;
  MetricsFile &operator=(MetricsFile &&) = delete;
  ~MetricsFile();

  Status write(const StepMetrics &metrics);
  Status write(const EvalMetrics &metrics);

private:
  MetricsFile(std::string path, int descriptor);
  Status writeLine(std::string line);
  std::string path;
  int descriptor = -1;
};

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_METRICS_H
