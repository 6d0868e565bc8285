// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Asynchronous copies that arrive in shared memory.

#include "Copies.h"

#include "Block.h"

#include <algorithm>

namespace mmc::emulator {

LaneCopies &copiesOf(Warp &warp, unsigned lane) {
  if (!warp.copies)
    warp.copies = std::make_unique<std::array<LaneCopies, 32>>();
  return (*warp.copies)[lane];
}

bool hasCopiesBefore(const Warp &warp, unsigned lane, uint64_t end) {
  if (!warp.copies)
    return false;
  const auto &groups = (*warp.copies)[lane].groups;
  return std::any_of(groups.begin(), groups.end(), [&](const auto &group) {
    return !group.empty() && group.front().number < end;
  });
}

void deliver(Warp &warp, const std::vector<PendingCopy> &copies) {
  Block &block = *warp.block;
  for (const PendingCopy &copy : copies) {
    std::memcpy(&block.shared[copy.offset], copy.data.data(), copy.bytes);
    std::memset(&block.sharedState[copy.offset], stateKnown, copy.bytes);
  }
}

void deliverBefore(Warp &warp, unsigned lane, uint64_t end) {
  if (!warp.copies)
    return;
  for (std::vector<PendingCopy> &group : copiesOf(warp, lane).groups) {
    auto rest = std::find_if(group.begin(), group.end(),
                             [&](const PendingCopy &copy) { return copy.number >= end; });
    deliver(warp, {group.begin(), rest});
    group.erase(group.begin(), rest);
  }
}

} // namespace mmc::emulator
