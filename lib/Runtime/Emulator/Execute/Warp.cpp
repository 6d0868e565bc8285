// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loop that executes the instructions of a warp.

#include "Block.h"

namespace mmc::emulator {

bool Warp::run(uint32_t budget) {
  if (!mask && !resume())
    return false;
  uint64_t *threadCounts = worker->threadCounts.data();
  uint64_t *warpCounts = worker->warpCounts.data();
  uint32_t left = budget;
  isPolling = false;
  while (left) {
    --left;
    if (code[pc].isLeader && !others.empty())
      meet();
    const Op &op = code[pc];
    uint32_t active = mask;
    if (op.guard != noOperand) {
      active &= predicate(op.guard, op.guardNegated);
      if (!active) {
        ++pc;
        continue;
      }
    }
    threadCounts[pc] += __builtin_popcount(active);
    ++warpCounts[pc];
    Step step = op.run(*this, op, active);
    if (step == Step::Next)
      ++pc;
    else if (step == Step::Yield)
      break;
  }
  worker->issued += budget - left;
  return true;
}

} // namespace mmc::emulator
