// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Instructions that several lanes execute together.

#ifndef MMC_EMULATOR_INSTRUCTIONS_WARPWIDE_H
#define MMC_EMULATOR_INSTRUCTIONS_WARPWIDE_H

#include "../Execute/Block.h"
#include "../Program.h"

namespace mmc::emulator {

/// Reports lanes that are named in a mask although they have gone past the instruction to their
/// end.
void checkNamedLanes(Warp &warp, uint32_t lanes, uint32_t members);
void reportUnnamed(Warp &warp, uint32_t lanes, uint32_t members);

/// Waits until the lanes that each lane's mask (operand `members`) names have come to this very
/// instruction, then calls f(lanes, members) for the lanes of each mask together. That orders no
/// accesses of these lanes, but what one of them has learnt of other warps the others know then:
/// cooperative groups pass on by shfl that a barrier has been reached.
template <typename F>
Step together(Warp &warp, uint32_t members, uint32_t mask, F f) {
  const uint32_t *named = warp.source<uint32_t>(members);
  bool isForced = warp.isForced;
  warp.isForced = false;
  uint32_t first = named[__builtin_ctz(mask)];
  bool isUniform = true;
  forLanes(mask, [&](unsigned lane) { isUniform &= named[lane] == first; });
  if (isUniform && !(first & warp.live & ~mask) && !(mask & ~first)) {
    if (first & warp.lanes & ~warp.live)
      checkNamedLanes(warp, mask, first);
    if (warp.laneNews)
      warp.shareNews(mask);
    f(mask, first);
    return Step::Next;
  }
  warp.split(warp.mask & ~mask, warp.pc + 1);
  for (uint32_t rest = mask; rest;) {
    uint32_t wanted = named[__builtin_ctz(rest)], lanes = 0;
    forLanes(rest, [&](unsigned lane) { lanes |= uint32_t(named[lane] == wanted) << lane; });
    rest &= ~lanes;
    uint32_t before = warp.mask;
    warp.absorb(GroupState::AtWarpSync, wanted);
    lanes |= warp.mask & ~before;
    if (lanes & ~wanted)
      reportUnnamed(warp, lanes & ~wanted, wanted);
    if (!(wanted & warp.live & ~lanes) || isForced) {
      if (wanted & warp.lanes & ~warp.live)
        checkNamedLanes(warp, lanes, wanted);
      if (warp.laneNews)
        warp.shareNews(lanes);
      f(lanes, wanted);
      continue;
    }
    Group waiting{warp.pc, lanes, warp.frame, GroupState::AtWarpSync, wanted};
    warp.others.push_back(waiting);
    warp.mask &= ~lanes;
  }
  if (!warp.mask)
    return warp.resume() ? Step::Jump : Step::Yield;
  ++warp.pc;
  return Step::Jump;
}

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_WARPWIDE_H
