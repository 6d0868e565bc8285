// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Registers that nothing has written: who has a value, and reports of those who use none.

#include "Tracking.h"

#include "Block.h"

namespace mmc::emulator {

/// The lanes of `mask` whose register has no value. Uses are reported, once per value.
static uint32_t lanesWithout(Warp &warp, const TrackedRead &read, uint32_t mask) {
  uint32_t &written = *warp.destination<uint32_t>(read.shadow);
  uint32_t without = mask & ~written;
  const Launch &launch = *warp.block->launch;
  if (!without || !read.isUse || !launch.options.checkUninitialized)
    return without;
  const Program &program = launch.program;
  const Function &function = *program.functions[program.sites[warp.pc].function].source;
  forLanes(without, [&](unsigned lane) {
    warp.block->launch->violations.add(
        warp, warp.pc, ViolationKind::UninitializedRegister, lane, 0, [&] {
          return "register '" + function.registers[read.registerIndex].name +
                 "' has no value here: neither it nor what it was computed from has been written "
                 "on the way to this instruction";
        });
  });
  written |= without;
  return without;
}

Step runTracked(Warp &warp, const Op &op, uint32_t mask) {
  const TrackedOp &tracked = warp.block->launch->program.tracked.find(warp.pc)->second;
  if (tracked.guard != noOperand) {
    lanesWithout(warp, tracked.guardRead, mask);
    uint32_t active = mask & warp.predicate(tracked.guard, tracked.guardNegated);
    warp.worker->threadCounts[warp.pc] -= __builtin_popcount(mask & ~active);
    if (!active) {
      --warp.worker->warpCounts[warp.pc];
      return Step::Next;
    }
    mask = active;
  }
  bool needsOne = tracked.results == TrackedOp::Results::NeedOne;
  uint32_t without = needsOne ? mask : 0;
  for (const TrackedRead &read : tracked.reads) {
    uint32_t lanes = lanesWithout(warp, read, mask);
    without = needsOne ? without & lanes : without | lanes;
  }
  if (tracked.results == TrackedOp::Results::NeedNothing)
    without = 0;
  for (uint32_t shadow : tracked.writes) {
    uint32_t &written = *warp.destination<uint32_t>(shadow);
    written = (written & ~without) | (mask & ~without);
  }
  return tracked.run(warp, op, mask);
}

} // namespace mmc::emulator
