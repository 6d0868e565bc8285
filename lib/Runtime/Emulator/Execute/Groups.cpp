// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The groups of lanes of a warp: dividing, waiting for one another, meeting again.
//
// Of the groups that can run, the one with most callers and the smallest program counter goes
// first: lanes that are behind catch up, so that lanes divided by a branch meet where its ways
// join. A group that keeps the others waiting for long (it may wait for them) is put behind them.

#include "Block.h"

#include <algorithm>

namespace mmc::emulator {

static constexpr uint32_t patience = 4096;  ///< meetings before the others get their turn
static constexpr uint32_t turnLength = 256; ///< meetings that such a turn lasts

bool Warp::hasReady() const {
  if (mask)
    return true;
  for (const Group &group : others)
    if (group.state == GroupState::Ready)
      return true;
  return false;
}

void Warp::setFrame(uint32_t node) {
  frame = node;
  localBase = frames[node].localBase;
}

static bool goesFirst(const Warp &warp, const Group &a, const Group &b) {
  uint32_t depthA = warp.frames[a.frame].depth, depthB = warp.frames[b.frame].depth;
  return depthA != depthB ? depthA > depthB : a.pc < b.pc;
}

bool Warp::resume() {
  size_t best = others.size();
  for (size_t i = 0; i < others.size(); ++i)
    if (others[i].state == GroupState::Ready &&
        (best == others.size() || goesFirst(*this, others[i], others[best])))
      best = i;
  if (best == others.size()) {
    mask = 0;
    return false;
  }
  Group group = others[best];
  others.erase(others.begin() + best);
  pc = group.pc;
  mask = group.mask;
  isForced = group.isForced;
  setFrame(group.frame);
  return true;
}

void Warp::meet() {
  auto takeAlong = [&] {
    for (size_t i = 0; i < others.size();) {
      Group &group = others[i];
      if (group.state == GroupState::Ready && group.pc == pc && group.frame == frame &&
          !group.isForced) {
        mask |= group.mask;
        others.erase(others.begin() + i);
      } else {
        ++i;
      }
    }
  };
  takeAlong();
  if (others.empty())
    return;
  if (stickiness) {
    --stickiness;
    return;
  }
  Group current{pc, mask, frame};
  size_t next = others.size();
  if (++switchBudget > patience) {
    switchBudget = 0;
    for (size_t i = 0; i < others.size() && next == others.size(); ++i)
      if (others[i].state == GroupState::Ready)
        next = i;
    if (next < others.size())
      stickiness = turnLength;
  } else {
    for (size_t i = 0; i < others.size(); ++i)
      if (others[i].state == GroupState::Ready &&
          goesFirst(*this, others[i], next == others.size() ? current : others[next]))
        next = i;
  }
  if (next == others.size())
    return;
  Group chosen = others[next];
  others.erase(others.begin() + next);
  others.push_back(current);
  pc = chosen.pc;
  mask = chosen.mask;
  isForced = chosen.isForced;
  setFrame(chosen.frame);
  takeAlong();
}

void Warp::absorb(GroupState state, uint32_t members) {
  for (size_t i = 0; i < others.size();) {
    Group &group = others[i];
    bool isHere = group.pc == pc && group.frame == frame;
    if (isHere &&
        (group.state == state && (state != GroupState::AtWarpSync || group.members == members))) {
      mask |= group.mask;
      others.erase(others.begin() + i);
    } else {
      ++i;
    }
  }
}

void Warp::split(uint32_t lanesAway, uint32_t atPc) {
  if (!lanesAway)
    return;
  others.push_back({atPc, lanesAway, frame});
  mask &= ~lanesAway;
}

Step Warp::wait(Group waiting) {
  waiting.pc = pc;
  waiting.frame = frame;
  others.push_back(waiting);
  mask &= ~waiting.mask;
  if (mask) {
    ++pc;
    return Step::Jump;
  }
  return resume() ? Step::Jump : Step::Yield;
}

void Warp::recheckWaiting() {
  for (Group &group : others) {
    if (group.state == GroupState::AtAlignedBarrier && group.mask == live)
      group.state = GroupState::Ready;
    if (group.state != GroupState::AtWarpSync)
      continue;
    uint32_t present = 0;
    for (const Group &other : others)
      if (other.state == GroupState::AtWarpSync && other.members == group.members)
        present |= other.mask;
    // The instruction is executed again, and finds the others that wait with it.
    if ((group.members & live & ~present) == 0)
      group.state = GroupState::Ready;
  }
}

Step Warp::exitLanes(uint32_t gone) {
  for (uint32_t rest = gone; rest; rest &= rest - 1)
    exitPc[__builtin_ctz(rest)] = pc;
  if (copies)
    forLanes(gone, [&](unsigned lane) { completeBulkStores(*this, lane, 0, /*onlyReads=*/false); });
  live &= ~gone;
  mask &= ~gone;
  block->liveThreads -= __builtin_popcount(gone);
  recheckWaiting();
  block->threadsExited();
  if (mask) {
    ++pc;
    return Step::Jump;
  }
  return resume() ? Step::Jump : Step::Yield;
}

uint32_t Warp::enterFrame(const Op &call, uint32_t callee, uint32_t atPc) {
  for (uint32_t i = 1; i < frames.size(); ++i)
    if (frames[i].parent == frame && frames[i].call == atPc && frames[i].function == callee)
      return i;
  const Program &program = block->launch->program;
  FrameNode node;
  node.parent = frame;
  node.returnPc = atPc + 1;
  node.function = callee;
  node.depth = frames[frame].depth + 1;
  node.localBase = frames[frame].localBase + program.functions[frames[frame].function].frameBytes;
  node.call = atPc;
  frames.push_back(std::move(node));
  return static_cast<uint32_t>(frames.size() - 1);
}

} // namespace mmc::emulator
