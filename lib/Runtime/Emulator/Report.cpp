// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reports as JSON and as text.

#include "mmc/Runtime/Emulator/Report.h"

#include "Memory/Describe.h"

#include <nlohmann/json.hpp>

namespace mmc::emulator {

using nlohmann::json;

std::string_view nameOf(ViolationKind kind) {
  static constexpr std::string_view names[] = {
      "out-of-bounds",     "local-out-of-bounds",  "misaligned",          "use-after-free",
      "uninitialized",     "shared-race",          "global-race",         "divergent-barrier",
      "divergent-shuffle", "launch-configuration", "invalid-instruction", "uninitialized-register"};
  return names[static_cast<unsigned>(kind)];
}

std::string_view nameOf(InstructionClass kind) {
  static constexpr std::string_view names[instructionClassCount] = {
      "integer", "float",  "half",       "conversion", "logic",   "comparison", "move",  "load",
      "store",   "atomic", "async-copy", "control",    "barrier", "warp",       "matrix"};
  return names[static_cast<unsigned>(kind)];
}

namespace {

/// Every counter with its name in reports.
constexpr std::pair<const char *, uint64_t Counters::*> fields[] = {
    {"thread_instructions", &Counters::threadInstructions},
    {"warp_instructions", &Counters::warpInstructions},
    {"blocks", &Counters::blocks},
    {"warps", &Counters::warps},
    {"global_bytes_read", &Counters::globalBytesRead},
    {"global_bytes_written", &Counters::globalBytesWritten},
    {"global_requests", &Counters::globalRequests},
    {"global_sectors", &Counters::globalSectors},
    {"shared_bytes_read", &Counters::sharedBytesRead},
    {"shared_bytes_written", &Counters::sharedBytesWritten},
    {"shared_requests", &Counters::sharedRequests},
    {"bank_conflicts", &Counters::bankConflicts},
    {"local_bytes_read", &Counters::localBytesRead},
    {"local_bytes_written", &Counters::localBytesWritten},
    {"const_bytes_read", &Counters::constBytesRead},
    {"param_bytes_read", &Counters::paramBytesRead},
    {"divergent_branches", &Counters::divergentBranches},
    {"atomics", &Counters::atomics},
    {"barriers", &Counters::barriers},
};

std::string place(const std::array<uint32_t, 3> &at) {
  return "(" + std::to_string(at[0]) + ", " + std::to_string(at[1]) + ", " + std::to_string(at[2]) +
         ")";
}

} // namespace

Counters &Counters::operator+=(const Counters &other) {
  for (const auto &[name, field] : fields)
    this->*field += other.*field;
  for (unsigned i = 0; i < instructionClassCount; ++i)
    byClass[i] += other.byClass[i];
  return *this;
}

std::string toJson(const LaunchReport &report) {
  json violations = json::array();
  for (const Violation &violation : report.violations) {
    json entry = {{"kind", nameOf(violation.kind)},    {"line", violation.line},
                  {"block", violation.block},          {"thread", violation.thread},
                  {"address", hex(violation.address)}, {"message", violation.message},
                  {"count", violation.count},          {"instruction", violation.instruction}};
    if (!violation.source.empty())
      entry["source"] = violation.source;
    violations.push_back(std::move(entry));
  }
  json counters = json::object();
  for (const auto &[name, field] : fields)
    counters[name] = report.counters.*field;
  json classes = json::object();
  for (unsigned i = 0; i < instructionClassCount; ++i)
    classes[std::string(nameOf(static_cast<InstructionClass>(i)))] = report.counters.byClass[i];
  counters["instructions"] = std::move(classes);
  json all = {{"kernel", report.kernel},
              {"chip", report.chip},
              {"violations", std::move(violations)},
              {"truncated", report.truncated},
              {"counters", std::move(counters)}};
  return all.dump(2, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace) + "\n";
}

std::string toText(const LaunchReport &report) {
  std::string text = report.kernel + " on " + report.chip + ": ";
  text += report.violations.empty() ? std::string("no violations\n")
                                    : std::to_string(report.violations.size()) + " violations\n";
  for (const Violation &violation : report.violations) {
    text += "  " + std::string(nameOf(violation.kind));
    if (violation.line)
      text += " at line " + std::to_string(violation.line) + " (" + violation.instruction + ")";
    if (!violation.source.empty())
      text += ", " + violation.source;
    if (violation.line)
      text += ", block " + place(violation.block) + ", thread " + place(violation.thread);
    if (violation.address)
      text += ", address " + hex(violation.address);
    text += ": " + violation.message;
    if (violation.count > 1)
      text += " [" + std::to_string(violation.count) + " times]";
    text += "\n";
  }
  if (report.truncated)
    text += "  (more lines have violations than are listed)\n";
  text += "counters:\n";
  for (const auto &[name, field] : fields)
    if (report.counters.*field)
      text += "  " + std::string(name) + " " + std::to_string(report.counters.*field) + "\n";
  for (unsigned i = 0; i < instructionClassCount; ++i)
    if (report.counters.byClass[i])
      text += "  " + std::string(nameOf(static_cast<InstructionClass>(i))) + " instructions " +
              std::to_string(report.counters.byClass[i]) + "\n";
  return text;
}

} // namespace mmc::emulator
