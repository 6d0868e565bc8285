// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The report of a process.

#include "Findings.h"

#include "../Memory/Describe.h"
#include "Settings.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <mutex>

namespace mmc::emulator::driver {

namespace {
struct State {
  std::mutex mutex;
  std::vector<Finding> list;
};
/// Never destroyed: findings come until the very end.
State &state() {
  static State &all = *new State;
  return all;
}
constexpr size_t maxFindings = 1000;
} // namespace

void report(Finding finding) {
  State &all = state();
  std::lock_guard<std::mutex> lock(all.mutex);
  for (Finding &known : all.list)
    if (known.kind == finding.kind && known.operation == finding.operation &&
        known.other == finding.other && known.message == finding.message) {
      known.count += finding.count;
      return;
    }
  if (all.list.size() < maxFindings)
    all.list.push_back(std::move(finding));
}

void report(const LaunchReport &launch) {
  for (const Violation &violation : launch.violations) {
    Finding finding;
    finding.kind = nameOf(violation.kind);
    finding.operation = launch.kernel;
    finding.address = violation.address;
    finding.count = violation.count;
    finding.message = violation.message;
    if (violation.line) {
      finding.message += " (line " + std::to_string(violation.line) + ", " + violation.instruction;
      if (!violation.source.empty())
        finding.message += ", " + violation.source;
      auto place = [](const std::array<uint32_t, 3> &at) {
        return "(" + std::to_string(at[0]) + ", " + std::to_string(at[1]) + ", " +
               std::to_string(at[2]) + ")";
      };
      finding.message +=
          ", block " + place(violation.block) + ", thread " + place(violation.thread) + ")";
    }
    report(std::move(finding));
  }
}

std::vector<Finding> findings() {
  State &all = state();
  std::lock_guard<std::mutex> lock(all.mutex);
  return all.list;
}

static void writeJson(const std::vector<Finding> &list, const std::string &file) {
  using nlohmann::json;
  json entries = json::array();
  for (const Finding &finding : list) {
    json entry = {{"kind", finding.kind}, {"message", finding.message}, {"count", finding.count}};
    if (!finding.operation.empty())
      entry["operation"] = finding.operation;
    if (!finding.other.empty())
      entry["other"] = finding.other;
    if (finding.address)
      entry["address"] = hex(finding.address);
    if (finding.bytes)
      entry["bytes"] = finding.bytes;
    entries.push_back(std::move(entry));
  }
  json all = {{"chip", settings().chip.name},
              {"devices", settings().devices},
              {"findings", std::move(entries)}};
  std::ofstream out(file);
  out << all.dump(2, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace) << "\n";
  out.close();
  if (!out)
    std::fprintf(stderr, "mmc-cuda-emulator: cannot write %s\n", file.c_str());
}

bool writeReport() {
  std::vector<Finding> list = findings();
  if (!settings().reportFile.empty())
    writeJson(list, settings().reportFile);
  if (list.empty() || settings().quiet)
    return !list.empty();
  std::string text = "mmc-cuda-emulator: " + std::to_string(list.size()) + " findings\n";
  for (const Finding &finding : list) {
    text += "  " + finding.kind + ": ";
    if (!finding.operation.empty())
      text += finding.operation + ": ";
    text += finding.message;
    if (finding.count > 1)
      text += " [" + std::to_string(finding.count) + " times]";
    text += "\n";
  }
  std::fputs(text.c_str(), stderr);
  return true;
}

} // namespace mmc::emulator::driver
