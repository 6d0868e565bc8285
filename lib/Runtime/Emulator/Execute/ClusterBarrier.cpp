// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The barrier of a cluster. A cluster is one block, so it is a barrier of the block in two steps.

#include "Block.h"

namespace mmc::emulator {

static void reportStep(Warp &warp, uint32_t lanes, const char *why) {
  warp.block->launch->violations.add(warp, warp.pc, ViolationKind::DivergentBarrier,
                                     __builtin_ctz(lanes), 0, [&] { return std::string(why); });
}

void Block::arriveAtCluster(Warp &warp, uint32_t lanes, bool releases) {
  uint32_t again = lanes & cluster.entered[warp.index];
  if (again)
    reportStep(warp, again,
               "the thread arrives at the cluster's barrier again before it has waited");
  cluster.entered[warp.index] |= lanes;
  cluster.pending[warp.index] |= lanes & ~again;
  if (releases)
    cluster.current.join(warp.knowledge());
  else if (warp.fenced)
    cluster.current.join(warp.fencedKnowledge(*warp.fenced, warp.lanes));
  warp.advanceClock();
  completeClusterBarrier(/*force=*/false);
}

Step Block::waitForCluster(Warp &warp, uint32_t lanes) {
  uint32_t strangers = lanes & ~cluster.entered[warp.index];
  if (strangers)
    reportStep(warp, strangers, "the thread waits at the cluster's barrier without having arrived");
  uint32_t blocked = lanes & cluster.pending[warp.index], done = lanes & ~blocked;
  cluster.entered[warp.index] &= ~done;
  if (done)
    warp.learn(cluster.completed, done);
  if (!blocked)
    return Step::Next;
  Group waiting{warp.pc, blocked, warp.frame, GroupState::AtBarrier};
  waiting.barrier = clusterBarrier;
  return warp.wait(waiting);
}

void Block::completeClusterBarrier(bool force) {
  uint32_t any = 0, missing = 0;
  for (const Warp &warp : warps) {
    any |= cluster.pending[warp.index];
    missing |= warp.live & ~cluster.pending[warp.index];
  }
  if (!any || (missing && !force))
    return;
  ++worker->counters.barriers;
  cluster.completed.join(cluster.current);
  cluster.current = Knowledge();
  cluster.pending.fill(0);
  for (Warp &warp : warps)
    for (Group &group : warp.others)
      if (group.state == GroupState::AtBarrier && group.barrier == clusterBarrier) {
        warp.learn(cluster.completed, group.mask);
        cluster.entered[warp.index] &= ~group.mask;
        group.state = GroupState::Ready;
        ++group.pc;
      }
}

bool Block::resolveClusterDeadlock() {
  for (Warp &warp : warps)
    for (const Group &group : warp.others) {
      if (group.state != GroupState::AtBarrier || group.barrier != clusterBarrier)
        continue;
      uint32_t arrived = 0;
      for (uint32_t lanes : cluster.pending)
        arrived += __builtin_popcount(lanes);
      launch->violations.add(
          warp, group.pc, ViolationKind::DivergentBarrier, __builtin_ctz(group.mask), 0, [&] {
            return "only " + std::to_string(arrived) + " of " + std::to_string(liveThreads) +
                   " threads arrive at the cluster's barrier; the others wait elsewhere";
          });
      completeClusterBarrier(/*force=*/true);
      return true;
    }
  return false;
}

} // namespace mmc::emulator
