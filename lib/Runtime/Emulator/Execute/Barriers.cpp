// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Barriers of a block, what is ordered by them, and what to do when nobody can go on.

#include "Block.h"

#include "../Instructions/BarrierKinds.h"

#include <algorithm>

namespace mmc::emulator {

/// The operation of the kernel itself that a group is at: its own, or the outermost call.
static uint32_t kernelPc(const Warp &warp, uint32_t pc, uint32_t frame) {
  while (frame) {
    pc = warp.frames[frame].call;
    frame = warp.frames[frame].parent;
  }
  return pc;
}

/// Threads that have ended count as having passed a barrier. It was meant for them too if they
/// ended behind a place, with something to do, that the waiting threads come to as well. Of a
/// barrier with a number of threads, `arrived` has the lanes by warp: only the rest of those warps
/// was meant, without those that arrived and did not wait.
static bool passedBy(const Block &block, uint32_t pc, const std::array<uint32_t, 32> *arrived,
                     uint32_t &thread) {
  const Program &program = block.launch->program;
  const DecodedFunction &kernel = program.functions[0];
  uint32_t here = program.sites[pc].block;
  for (const Warp &warp : block.warps) {
    if (arrived && !(*arrived)[warp.index])
      continue;
    uint32_t gone = warp.lanes & ~warp.live;
    if (arrived)
      gone &= ~(*arrived)[warp.index];
    for (; gone; gone &= gone - 1) {
      uint32_t exit = warp.exitPc[__builtin_ctz(gone)];
      if (program.sites[exit].function != 0)
        continue;
      uint32_t last = program.sites[exit].block;
      if (kernel.blockHasEffect[last] && kernel.postDominators[here][last]) {
        thread = 32 * warp.index + __builtin_ctz(gone);
        return true;
      }
    }
  }
  return false;
}

static std::string lanesText(uint32_t lanes) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", lanes);
  return text;
}

bool Block::arrive(Warp &warp, uint32_t number, uint32_t lanes, uint32_t threads, uint32_t expected,
                   bool waits) {
  Barrier &barrier = barriers[number];
  if (barrier.isUsed && barrier.expected != expected)
    launch->violations.add(
        warp, warp.pc, ViolationKind::DivergentBarrier, __builtin_ctz(lanes), 0, [&] {
          return "barrier " + std::to_string(number) + " is waited at by others with " +
                 (barrier.expected ? std::to_string(barrier.expected) : std::string("all")) +
                 " threads, here with " +
                 (expected ? std::to_string(expected) : std::string("all"));
        });
  barrier.isUsed = true;
  barrier.expected = expected;
  barrier.lanes[warp.index] |= lanes;
  barrier.arrived += threads;
  barrier.pc = kernelPc(warp, warp.pc, warp.frame);
  if (waits) {
    Group group{warp.pc, lanes, warp.frame};
    group.state = GroupState::AtBarrier;
    group.barrier = number;
    warp.others.push_back(group);
    warp.mask &= ~lanes;
  } else {
    barrier.released.join(warp.knowledge());
    warp.advanceClock();
  }
  completeIfFull(number);
  return true;
}

void Block::completeIfFull(uint32_t number) {
  Barrier &barrier = barriers[number];
  if (!barrier.isUsed)
    return;
  if (barrier.expected) {
    if (barrier.arrived < barrier.expected)
      return;
  } else {
    uint32_t present = 0;
    for (const Warp &warp : warps)
      present += __builtin_popcount(barrier.lanes[warp.index] & warp.live);
    if (present < liveThreads)
      return;
  }
  uint32_t other = 0;
  if (liveThreads < launch->config.block.count() &&
      passedBy(*this, barrier.pc, barrier.expected ? &barrier.lanes : nullptr, other))
    for (Warp &warp : warps) {
      auto waiting = std::find_if(warp.others.begin(), warp.others.end(), [&](const Group &group) {
        return group.state == GroupState::AtBarrier && group.barrier == number;
      });
      if (waiting == warp.others.end())
        continue;
      if (barrier.expected && !isAlignedBarrier(warp.code[waiting->pc]))
        break;
      launch->violations.add(
          warp, waiting->pc, ViolationKind::DivergentBarrier, __builtin_ctz(waiting->mask), 0, [&] {
            std::string whose =
                barrier.expected ? std::string("a warp, and some")
                                 : "the block, and " +
                                       std::to_string(launch->config.block.count() - liveThreads);
            return "the barrier is for all threads of " + whose +
                   " have gone past it to the end, for instance thread " + std::to_string(other);
          });
      break;
    }
  ++worker->counters.barriers;
  // What anybody knows, everybody who waits learns.
  BlockClocks joined{};
  std::shared_ptr<const Knowledge> external, fenced, fencedForAll;
  auto joinShared = [](std::shared_ptr<const Knowledge> &to,
                       const std::shared_ptr<const Knowledge> &from) {
    if (!from || to == from)
      return;
    if (!to) {
      to = from;
      return;
    }
    Knowledge all = *to;
    all.join(*from);
    to = std::make_shared<const Knowledge>(std::move(all));
  };
  for (Warp &warp : warps) {
    // Of those that do not wait, `released` has what they knew when they arrived.
    uint32_t waiting = 0;
    for (const Group &group : warp.others)
      if (group.state == GroupState::AtBarrier && group.barrier == number)
        waiting |= group.mask;
    if (!waiting)
      continue;
    if (warp.laneNews)
      warp.shareNews(waiting | warp.live);
    for (unsigned i = 0; i < 32; ++i)
      joined[i] = std::max(joined[i], i == warp.index ? warp.clock + 1 : warp.known[i]);
    joinShared(external, warp.external);
    joinShared(fenced, warp.fencedByAll(warp.fenced));
    joinShared(fencedForAll, warp.fencedByAll(warp.fencedForAll));
  }
  Knowledge released = std::move(barrier.released);
  bool hasReleased = !released.blocks.empty();
  uint32_t trueCount = barrier.trueCount, voters = barrier.voters;
  barrier = Barrier();
  for (Warp &warp : warps) {
    uint32_t met = 0;
    for (Group &group : warp.others) {
      if (group.state != GroupState::AtBarrier || group.barrier != number)
        continue;
      writeBarrierResult(warp, warp.code[group.pc], group.mask, trueCount, voters);
      met |= group.mask;
      group.state = GroupState::Ready;
      ++group.pc;
    }
    if (!met)
      continue;
    for (unsigned i = 0; i < 32; ++i)
      warp.known[i] = std::max(warp.known[i], joined[i]);
    warp.external = external;
    warp.knowsApart |= external != nullptr;
    warp.takeFenced(warp.fenced, fenced);
    warp.takeFenced(warp.fencedForAll, fencedForAll);
    if (hasReleased)
      warp.learn(released);
    warp.synchronizeLanes(met);
  }
}

void Block::threadsExited() {
  for (uint32_t i = 0; i < barriers.size(); ++i)
    if (barriers[i].isUsed && !barriers[i].expected)
      completeIfFull(i);
  completeClusterBarrier(/*force=*/false);
}

void Block::resolveDeadlock() {
  bool any = false;
  auto elsewhere = [&](const Warp &warp, const Group &waiting) {
    std::string text;
    for (const Group &group : warp.others)
      if (&group != &waiting)
        text += (text.empty() ? "lanes " : ", lanes ") + lanesText(group.mask) + " wait at line " +
                std::to_string(launch->program.sites[group.pc].line);
    return text.empty() ? "no other lanes are there" : text;
  };
  for (GroupState state : {GroupState::AtAlignedBarrier, GroupState::AtWarpSync}) {
    for (Warp &warp : warps)
      for (Group &group : warp.others) {
        if (group.state != state)
          continue;
        bool isBarrier = state == GroupState::AtAlignedBarrier;
        ViolationKind kind =
            isBarrier ? ViolationKind::DivergentBarrier : ViolationKind::DivergentShuffle;
        launch->violations.add(warp, group.pc, kind, __builtin_ctz(group.mask), 0, [&] {
          return std::string(isBarrier ? "all lanes of the warp must come to the barrier together"
                                       : "the lanes " + lanesText(group.members) +
                                             " must come together") +
                 "; lanes " + lanesText(group.mask) + " are here, " + elsewhere(warp, group);
        });
        group.state = GroupState::Ready;
        group.isForced = true;
        any = true;
      }
    if (any)
      return;
  }
  for (uint32_t number = 0; number < barriers.size(); ++number) {
    Barrier &barrier = barriers[number];
    if (!barrier.isUsed)
      continue;
    for (Warp &warp : warps)
      for (const Group &group : warp.others) {
        if (group.state != GroupState::AtBarrier || group.barrier != number || any)
          continue;
        launch->violations.add(
            warp, group.pc, ViolationKind::DivergentBarrier, __builtin_ctz(group.mask), 0, [&] {
              return "only " + std::to_string(barrier.arrived) + " of " +
                     std::to_string(barrier.expected ? barrier.expected : liveThreads) +
                     " threads come to barrier " + std::to_string(number) +
                     "; the others wait elsewhere";
            });
        any = true;
      }
    if (!any)
      continue;
    barrier.expected = 1; // let those who are there go
    barrier.arrived = std::max(barrier.arrived, 1u);
    completeIfFull(number);
    return;
  }
  isAborted = !resolveClusterDeadlock();
}

} // namespace mmc::emulator
