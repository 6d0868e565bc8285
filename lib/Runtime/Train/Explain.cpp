// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/Explain.h"

#include <cstdio>
#include <map>

using namespace mmc;

std::string mmc::withSeparators(int64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3 && text[at - 4] != '-'; at -= 3)
    text.insert(at - 3, ",");
  return text;
}

namespace {

struct Amount {
  int64_t tensors = 0, values = 0, bytes = 0;
  void add(const ProgramParameter &parameter) {
    int64_t count = elementCount(parameter.shape);
    ++tensors;
    values += count;
    bytes += count * static_cast<int64_t>(sizeOf(parameter.dtype));
  }
};

std::string line(const std::string &name, const Amount &amount) {
  char text[160];
  std::snprintf(text, sizeof(text), "  %-24s %9s %18s %20s\n", name.c_str(),
                withSeparators(amount.tensors).c_str(), withSeparators(amount.values).c_str(),
                withSeparators(amount.bytes).c_str());
  return text;
}

std::string describe(const BatchShapes &shapes) {
  auto ids = shapes.shapes.find("input_ids");
  int64_t batch = ids == shapes.shapes.end() ? shapes.batch : ids->second.front();
  int64_t seqLen = ids == shapes.shapes.end() ? shapes.seqLen : ids->second.back();
  return std::to_string(batch) + " rows of " + std::to_string(seqLen) + " tokens";
}

/// Values beyond these are told in one line.
constexpr size_t kKeptLines = 12;

std::string costLine(const std::string &name, double flops, int64_t bytes) {
  char text[160];
  std::snprintf(text, sizeof(text), "    %-26s %14.3f %22s\n", name.c_str(), flops / 1e9,
                withSeparators(bytes).c_str());
  return text;
}

std::string costs(const char *what, const EntrySummary &summary) {
  std::string out = std::string("  ") + what + "\n";
  int64_t flops = 0, bytes = 0;
  for (const CostLine &line : summary.classes) {
    out += costLine(line.name, static_cast<double>(line.flops), line.bytes);
    flops += line.flops;
    bytes += line.bytes;
  }
  return out + costLine("together", static_cast<double>(flops), bytes);
}

std::string valueLine(int64_t bytes, const std::string &name) {
  char text[32];
  std::snprintf(text, sizeof(text), "  %18s  ", withSeparators(bytes).c_str());
  return text + name + "\n";
}

std::string kept(const EntrySummary &summary) {
  int64_t total = 0, rest = 0, restCount = 0;
  for (const ValueLine &line : summary.kept)
    total += line.bytes;
  std::string out = "  kept for backward: " + withSeparators(total) + " bytes\n";
  for (size_t i = 0; i < summary.kept.size(); ++i) {
    const ValueLine &line = summary.kept[i];
    if (i < kKeptLines) {
      out += valueLine(line.bytes, std::to_string(line.count) + " x " + line.name);
      continue;
    }
    rest += line.bytes;
    restCount += line.count;
  }
  return restCount == 0 ? out : out + valueLine(rest, std::to_string(restCount) + " smaller ones");
}

std::string peakOf(const EntrySummary &summary) {
  std::string out = "  in use at the peak: " + withSeparators(summary.liveBytes) + " bytes; the largest values\n";
  for (const ValueLine &line : summary.peak)
    out += valueLine(line.bytes, line.name);
  return out;
}

} // namespace

std::string mmc::explain(const ProgramModel &model) {
  std::map<std::pair<bool, std::string>, Amount> groups;
  Amount trainable, frozen;
  for (const ProgramParameter &parameter : model.modelParameters()) {
    (parameter.trainable ? trainable : frozen).add(parameter);
    groups[{!parameter.trainable, parameter.group.empty() ? "(no group)" : parameter.group}].add(
        parameter);
  }
  std::string out = "Parameters                   tensors             values                bytes\n";
  out += line("trainable", trainable);
  for (const auto &[key, amount] : groups)
    if (!key.first)
      out += line("  " + key.second, amount);
  out += line("frozen", frozen);
  for (const auto &[key, amount] : groups)
    if (key.first)
      out += line("  " + key.second, amount);
  // Two moments and the gradient of a step, all f32.
  out += "\nOptimizer state: " + withSeparators(2 * 4 * trainable.values) +
         " bytes (two moments); gradients: " + withSeparators(4 * trainable.values) + " bytes\n";
  out += "\nPlanned memory of a step (exact peak of the arena)\n";
  int64_t largest = 0;
  for (const ProgramModel::StepMemory &memory : model.stepMemory()) {
    largest = std::max(largest, memory.peak());
    out += "  " + describe(memory.shapes) + ": " + withSeparators(memory.peak()) +
           " bytes (gradients " + withSeparators(memory.gradientBytes) + ", update " +
           withSeparators(memory.updateBytes) + ")\n";
  }
  out += "  peak: " + withSeparators(largest) + " bytes\n";
  const std::vector<ProgramModel::StepMemory> steps = model.stepMemory();
  for (const ProgramModel::StepMemory &step : steps) {
    out += "\nA micro-batch of " + describe(step.shapes) +
           "                    10^9 operations          bytes moved\n";
    out += costs("loss and gradients", *step.gradients);
    out += kept(*step.gradients);
    out += peakOf(*step.gradients);
  }
  if (!steps.empty() && steps.front().update)
    out += "\nOnce a step\n" + costs("update", *steps.front().update);
  return out;
}

std::string mmc::whatTrains(const ProgramModel &model) {
  std::map<std::string, int64_t> groups;
  int64_t trainable = 0, frozen = 0, peak = 0;
  for (const ProgramParameter &parameter : model.modelParameters()) {
    const int64_t count = elementCount(parameter.shape);
    (parameter.trainable ? trainable : frozen) += count;
    if (parameter.trainable)
      groups[parameter.group.empty() ? "no group" : parameter.group] += count;
  }
  std::string out;
  for (const auto &[name, count] : groups)
    out += (out.empty() ? "" : ", ") + name + " " + withSeparators(count);
  for (const ProgramModel::StepMemory &memory : model.stepMemory())
    peak = std::max(peak, memory.peak());
  return withSeparators(trainable) + " values train (" + out + "), " + withSeparators(frozen) +
         " are frozen; a step's peak is " + withSeparators(peak) + " bytes";
}
