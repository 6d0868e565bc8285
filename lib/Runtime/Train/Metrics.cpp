// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lines of metrics.jsonl.

#include "mmc/Runtime/Train/Metrics.h"
#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Core/Json.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace mmc {

using nlohmann::ordered_json;

/// Bytes of the lines, in front, that belong to steps up to `lastStep`.
static size_t lengthUpTo(const std::string &text, int64_t lastStep) {
  size_t kept = 0;
  while (true) {
    size_t end = text.find('\n', kept);
    if (end == std::string::npos)
      return kept;
    auto line = parseJson(std::string_view(text).substr(kept, end - kept));
    auto step = line.is_object() ? line.find("step") : line.end();
    if (!line.is_object() || step == line.end() || !step->is_number_integer() ||
        step->get<int64_t>() > lastStep)
      return kept;
    kept = end + 1;
  }
}

MetricsFile::MetricsFile(std::string path, int descriptor)
    : path(std::move(path)), descriptor(descriptor) {}

MetricsFile::MetricsFile(MetricsFile &&other) noexcept
    : path(std::move(other.path)), descriptor(std::exchange(other.descriptor, -1)) {}

MetricsFile::~MetricsFile() {
  if (descriptor >= 0)
    close(descriptor);
}

StatusOr<MetricsFile> MetricsFile::open(const std::string &path,
                                        std::optional<int64_t> resumedStep) {
  size_t kept = 0;
  if (resumedStep && access(path.c_str(), F_OK) == 0) {
    MMC_ASSIGN_OR_RETURN(std::string text, readFile(path));
    kept = lengthUpTo(text, *resumedStep);
  }
  int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return errnoStatus("create", path);
  MetricsFile file(path, descriptor);
  if (ftruncate(descriptor, kept) != 0)
    return errnoStatus("truncate", path);
  return file;
}

Status MetricsFile::writeLine(std::string line) {
  line += '\n';
  size_t written = 0;
  while (written < line.size()) {
    ssize_t count = ::write(descriptor, line.data() + written, line.size() - written);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errnoStatus("write", path);
    written += count;
  }
  return Status::ok();
}

Status MetricsFile::write(const StepMetrics &metrics) {
  return writeLine(ordered_json{{"step", metrics.step},
                                {"epoch", metrics.epoch},
                                {"loss", metrics.loss},
                                {"lr", metrics.learningRate},
                                {"grad_norm", metrics.gradNorm},
                                {"tokens", metrics.tokens},
                                {"labels", metrics.labels},
                                {"step_seconds", metrics.stepSeconds},
                                {"tokens_per_second", metrics.tokensPerSecond},
                                {"peak_bytes", metrics.peakBytes}}
                       .dump());
}

Status MetricsFile::write(const EvalMetrics &metrics) {
  ordered_json line{{"step", metrics.step}, {"epoch", metrics.epoch}, {"eval_loss", metrics.loss}};
  if (metrics.accuracy)
    line["eval_accuracy"] = *metrics.accuracy;
  return writeLine(line.dump());
}

std::vector<std::pair<std::string, double>> scalarsOf(const StepMetrics &metrics) {
  return {{"loss", metrics.loss},
          {"lr", metrics.learningRate},
          {"grad_norm", metrics.gradNorm},
          {"tokens", static_cast<double>(metrics.tokens)},
          {"labels", static_cast<double>(metrics.labels)},
          {"step_seconds", metrics.stepSeconds},
          {"tokens_per_second", metrics.tokensPerSecond},
          {"peak_bytes", static_cast<double>(metrics.peakBytes)}};
}

std::vector<std::pair<std::string, double>> scalarsOf(const EvalMetrics &metrics) {
  std::vector<std::pair<std::string, double>> scalars = {{"eval_loss", metrics.loss}};
  if (metrics.accuracy)
    scalars.push_back({"eval_accuracy", *metrics.accuracy});
  return scalars;
}

} // namespace mmc
