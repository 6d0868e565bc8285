// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Collects the violations of a launch.

#include "Violations.h"

#include "Block.h"

#include <algorithm>

namespace mmc::emulator {

void Violations::add(const Warp &warp, uint32_t pc, ViolationKind kind, unsigned lane,
                     uint64_t address, const std::function<std::string()> &message) {
  const Site &site = program.sites[pc];
  uint64_t block = warp.block->linear;
  uint32_t thread = 32 * warp.index + lane;
  std::lock_guard<std::mutex> lock(mutex);
  auto found = entries.find({site.line, kind});
  if (found == entries.end() && entries.size() >= maximum) {
    truncated = true;
    return;
  }
  bool isNew = found == entries.end();
  Entry &entry = isNew ? entries[{site.line, kind}] : found->second;
  ++entry.violation.count;
  if (!isNew && std::tie(entry.block, entry.thread) <= std::tie(block, thread))
    return;
  entry.block = block;
  entry.thread = thread;
  Violation &violation = entry.violation;
  violation.kind = kind;
  violation.line = site.line;
  violation.instruction = site.text;
  if (site.source.line) {
    auto file = program.module->files.find(site.source.file);
    std::string name = file == program.module->files.end() ? "?" : file->second;
    violation.source = name + ":" + std::to_string(site.source.line);
  }
  for (unsigned i = 0; i < 3; ++i) {
    violation.block[i] = warp.block->id[i];
    violation.thread[i] = warp.tid[i][lane];
  }
  violation.address = address;
  violation.message = message();
}

std::vector<Violation> Violations::take(bool &wasTruncated) {
  std::lock_guard<std::mutex> lock(mutex);
  wasTruncated = truncated;
  std::vector<Violation> list;
  for (auto &[key, entry] : entries)
    list.push_back(std::move(entry.violation));
  entries.clear();
  return list;
}

bool Violations::isEmpty() const {
  std::lock_guard<std::mutex> lock(mutex);
  return entries.empty();
}

} // namespace mmc::emulator
