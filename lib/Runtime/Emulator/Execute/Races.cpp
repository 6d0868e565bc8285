// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Races: the checks that the fast ways of AccessPlan.h leave, and what is reported.

#include "Access.h"

namespace mmc::emulator {

/// Which thread, seen from a warp: "thread (1, 0, 0) of block (2, 0, 0)"; of its own block without.
static std::string threadText(const Warp &warp, Stamp stamp) {
  const LaunchConfig &config = warp.block->launch->config;
  auto place = [](uint32_t i, const Dim3 &size) {
    return "(" + std::to_string(i % size.x) + ", " + std::to_string(i / size.x % size.y) + ", " +
           std::to_string(i / size.x / size.y) + ")";
  };
  std::string text = "thread " + place(stamp.thread(), config.block);
  if (stamp.block() != (warp.block->linear & blockMask))
    text += " of block " + place(stamp.block(), config.grid);
  return text;
}

void reportWritten(Warp &warp, unsigned bytes, uint64_t address, unsigned lane, Stamp write) {
  warp.block->launch->violations.add(warp, warp.pc, ViolationKind::GlobalRace, lane, address, [&] {
    return accessText(AccessKind::Read, bytes, Space::Global) +
           " that may be cached as read-only, but was written in this launch by " +
           threadText(warp, write);
  });
}

void reportRace(Warp &warp, Space space, unsigned bytes, uint64_t address, unsigned lane,
                AccessKind kind, Stamp earlier, bool earlierIsWrite) {
  Launch &launch = *warp.block->launch;
  bool isShared = space == Space::Shared;
  launch.violations.add(
      warp, warp.pc, isShared ? ViolationKind::SharedRace : ViolationKind::GlobalRace, lane,
      address, [&] {
        bool sameBlock = earlier.block() == (warp.block->linear & blockMask);
        std::string text = accessText(kind, bytes, space) + " conflicts with a " +
                           (earlierIsWrite ? "write" : "read") + " by " + threadText(warp, earlier);
        if (sameBlock && earlier.thread() / 32 == warp.index)
          return text + " of the same warp: there is no barrier or __syncwarp between them";
        return text + (sameBlock ? ": there is no barrier between them"
                                 : ": there is no fence with an atomic between them");
      });
}

static bool conflicts(const Warp &warp, Stamp earlier, Stamp stamp, unsigned lane) {
  if (!earlier.sameLaunch(stamp) || !earlier.bits || earlier.sameThread(stamp) ||
      earlier.areStrong(stamp))
    return false;
  return !warp.isOrdered(earlier, lane);
}

bool conflictsBelow(const Warp &warp, const RaceCell &cell, Stamp stamp, unsigned lane) {
  return conflicts(warp, cell.plainWrite, stamp, lane);
}

/// A strong write leaves what a later strong access may conflict with, though not with this one.
static void writeStrongly(RaceCell &cell, Stamp stamp) {
  auto isWeaker = [&](Stamp earlier) {
    return earlier.bits && earlier.sameLaunch(stamp) &&
           (!earlier.isStrong() || (earlier.isBlockScoped() && !stamp.isBlockScoped()));
  };
  if (isWeaker(cell.write))
    cell.plainWrite = cell.write;
  else if (!cell.write.isStrong())
    cell.plainWrite = Stamp();
  cell.write = stamp;
  for (Stamp &read : cell.reads)
    if (!isWeaker(read))
      read = Stamp();
}

Stamp stampStrong(const Warp &warp, RaceCell *cells, unsigned count, Stamp stamp, unsigned lane,
                  AccessKind kind, bool &earlierIsWrite) {
  Stamp conflict;
  for (unsigned i = 0; i < count; ++i) {
    RaceCell &cell = cells[i];
    if (conflicts(warp, cell.write, stamp, lane))
      conflict = cell.write, earlierIsWrite = true;
    if (cell.write.isStrong() && conflictsBelow(warp, cell, stamp, lane))
      conflict = cell.plainWrite, earlierIsWrite = true;
    if (kind == AccessKind::Read) {
      rememberRead<true>(warp, cell, stamp, lane);
      continue;
    }
    // Rather a read than a write: two writes may be of the same bytes.
    for (Stamp read : cell.reads)
      if (conflicts(warp, read, stamp, lane))
        conflict = read, earlierIsWrite = false;
    writeStrongly(cell, stamp);
  }
  return conflict;
}

} // namespace mmc::emulator
