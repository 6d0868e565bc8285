// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cells of accesses and published clocks.

#include "Race.h"

#include <algorithm>

namespace mmc::emulator {

void RaceCells::refine(unsigned newShift, uint64_t bytes) {
  size_t count = static_cast<size_t>((bytes + (1u << newShift) - 1) >> newShift);
  if (cells.empty()) {
    cells.resize(count);
    shift = newShift;
    return;
  }
  std::vector<RaceCell> finer(count);
  for (size_t i = 0; i < count; ++i)
    finer[i] = cells[std::min(i >> (shift - newShift), cells.size() - 1)];
  cells = std::move(finer);
  shift = newShift;
}

void Knowledge::join(const Knowledge &other) {
  for (const auto &[block, clocks] : other.blocks) {
    BlockClocks &mine = blocks[block];
    for (unsigned i = 0; i < mine.size(); ++i)
      mine[i] = std::max(mine[i], clocks[i]);
  }
  for (const auto &[warp, clocks] : other.lanes) {
    LaneClocks &mine = lanes[warp];
    for (unsigned i = 0; i < mine.size(); ++i)
      mine[i] = std::max(mine[i], clocks[i]);
    // What the whole warp is known to have done by now needs no clocks of lanes.
    if (*std::max_element(mine.begin(), mine.end()) <= clock(warp.first, warp.second))
      lanes.erase(warp);
  }
}

bool Knowledge::covers(const Knowledge &other) const {
  auto mine = blocks.begin();
  for (const auto &[block, clocks] : other.blocks) {
    while (mine != blocks.end() && mine->first < block)
      ++mine;
    if (mine == blocks.end() || mine->first != block)
      return false;
    for (unsigned i = 0; i < clocks.size(); ++i)
      if (mine->second[i] < clocks[i])
        return false;
  }
  for (const auto &[warp, clocks] : other.lanes)
    for (unsigned i = 0; i < clocks.size(); ++i)
      if (clockOfThread(warp.first, 32 * warp.second + i) < clocks[i])
        return false;
  return true;
}

void SyncTable::release(uint64_t address, const Knowledge &knowledge) {
  std::lock_guard<std::mutex> lock(mutex);
  Published &entry = published[address];
  // Others may hold what was there.
  auto joined = std::make_shared<Knowledge>(knowledge);
  if (entry.knowledge)
    joined->join(*entry.knowledge);
  entry.knowledge = std::move(joined);
  entry.version = ++lastVersion;
}

std::shared_ptr<const Knowledge> SyncTable::acquire(uint64_t address, uint64_t &version) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = published.find(address);
  if (found == published.end() || found->second.version == version)
    return nullptr;
  version = found->second.version;
  return found->second.knowledge;
}

} // namespace mmc::emulator
