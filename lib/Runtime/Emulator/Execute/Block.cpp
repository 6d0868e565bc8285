// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sets a block up and lets its warps run in turn.

#include "Block.h"

#include <algorithm>

namespace mmc::emulator {

static constexpr uint32_t turn = 4096;       ///< instructions of a warp before the next one's turn
static constexpr unsigned pollingRounds = 4; ///< before other blocks have their turn

/// The state of a thread's stack before the kernel begins: its variables are there, unwritten.
static void layFrame(const Program &program, std::vector<uint8_t> &state, uint32_t stackBytes,
                     uint32_t lanes) {
  std::fill(state.begin(), state.end(), stateNone);
  for (const Placed &placed : program.functions[0].frame)
    for (uint32_t lane = 0; lane < lanes; ++lane)
      std::fill_n(state.begin() + size_t(lane) * stackBytes + localBegin + placed.offset,
                  placed.bytes, stateUnknown);
}

void Block::start(Launch &owner, Worker &runner, uint64_t number) {
  launch = &owner;
  worker = &runner;
  linear = number;
  const Program &program = owner.program;
  const Dim3 &grid = owner.config.grid, &size = owner.config.block;
  id[0] = static_cast<uint32_t>(number % grid.x);
  id[1] = static_cast<uint32_t>(number / grid.x % grid.y);
  id[2] = static_cast<uint32_t>(number / grid.x / grid.y);
  uint32_t threads = static_cast<uint32_t>(size.count());
  uint32_t warpCount = (threads + 31) / 32;
  liveThreads = threads;
  nextWarp = 0;
  isAborted = false;
  registers.assign(size_t(program.registerBytes) * warpCount, 0);
  size_t stack = size_t(program.stackBytes) * 32;
  local.assign(stack * warpCount, 0);
  localState.resize(stack * warpCount);
  if (stack)
    layFrame(program, localState, program.stackBytes, 32 * warpCount);
  uint64_t dynamic = owner.config.dynamicShared;
  shared.assign(program.sharedEnd - sharedBegin + dynamic + 32, 0);
  sharedState.assign(shared.size(), stateNone);
  for (const Placed &placed : program.shared)
    std::fill_n(sharedState.begin() + (placed.offset - sharedBegin), placed.bytes, stateUnknown);
  std::fill_n(sharedState.begin() + (program.sharedEnd - sharedBegin), dynamic, stateUnknown);
  if (program.reservedShared)
    std::fill_n(sharedState.begin() + (program.reservedShared - sharedBegin),
                reservedForGroupsBytes, stateKnown);
  sharedCells.clear();
  syncs.clear();
  hasGlobalSyncs = false;
  cluster = ClusterBarrier();
  mbarriers.clear();
  proxyFenced.clear();
  barriers = {};
  warps.clear();
  warps.resize(warpCount);
  for (uint32_t w = 0; w < warpCount; ++w) {
    Warp &warp = warps[w];
    warp.block = this;
    warp.worker = worker;
    warp.index = w;
    warp.generation = owner.generation;
    warp.number = static_cast<uint32_t>(number & blockMask);
    warp.registers = registers.data() + size_t(program.registerBytes) * w;
    warp.bases[0] = warp.registers;
    warp.bases[1] = program.constants.data();
    warp.code = program.code.data();
    warp.stackBytes = program.stackBytes;
    warp.local = local.data() + stack * w;
    warp.localState = localState.data() + stack * w;
    uint32_t count = std::min(32u, threads - 32 * w);
    warp.lanes = warp.live = warp.mask = count == 32 ? fullMask : (1u << count) - 1;
    warp.pc = program.functions[0].entry;
    warp.frames.emplace_back();
    warp.frames[0].localBase = localBegin;
    if (program.dynamicStackBegin < program.stackBytes) {
      warp.stackTops.resize(1);
      warp.stackTops[0].fill(program.stackBytes);
    }
    warp.setFrame(0);
    for (uint32_t lane = 0; lane < 32; ++lane) {
      uint32_t thread = 32 * w + lane;
      warp.tid[0][lane] = thread % size.x;
      warp.tid[1][lane] = thread / size.x % size.y;
      warp.tid[2][lane] = thread / size.x / size.y;
    }
  }
  ++worker->counters.blocks;
  worker->counters.warps += warpCount;
}

bool Block::run(uint64_t budget) {
  uint64_t begin = worker->issued;
  unsigned rounds = 0; // in which all warps that ran waited for other blocks, as it seems
  while (!isDone() && worker->issued - begin < budget && rounds < pollingRounds) {
    bool any = false, onlyPolls = true;
    for (Warp &warp : warps) {
      if (warp.isDone() || isAborted)
        continue;
      bool ran = warp.run(turn);
      any |= ran;
      onlyPolls &= !ran || warp.isPolling;
    }
    rounds = any && onlyPolls ? rounds + 1 : 0;
    if (!any && !isDone())
      resolveDeadlock();
  }
  return !isDone();
}

bool Block::runWarp(uint32_t warp, uint32_t budget) {
  bool any = !warps[warp].isDone() && warps[warp].run(budget);
  if (any || isDone())
    return !isDone();
  for (const Warp &other : warps)
    if (other.hasReady())
      return true;
  resolveDeadlock();
  return !isDone();
}

} // namespace mmc::emulator
