// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checked memory accesses of the lanes of a warp.

#ifndef MMC_EMULATOR_EXECUTE_ACCESS_H
#define MMC_EMULATOR_EXECUTE_ACCESS_H

#include "AccessGlobal.h"

namespace mmc::emulator {

/// Addresses count from 0 at the begin of shared memory's space.
template <unsigned N, typename F>
uint32_t accessShared(Warp &warp, const AccessPlan &plan, const Addresses &addresses, uint32_t mask,
                      F f) {
  Block &block = *warp.block;
  Launch &launch = *block.launch;
  Counters &counters = warp.worker->counters;
  bool isStrong = plan.flags & accessStrong;
  uint32_t done = 0;
  countBanks(warp, addresses, mask, N);
  uint64_t bytes = uint64_t(N) * __builtin_popcount(mask);
  counters.sharedBytesRead += plan.kind != AccessKind::Write ? bytes : 0;
  counters.sharedBytesWritten += plan.kind != AccessKind::Read ? bytes : 0;
  uint64_t end = block.shared.size() - 32;
  Stamp base = stampOf<N>(warp, plan);
  bool checksRaces = launch.options.checkRaces;
  uint64_t last = ~uint64_t(0), lastAddress = 0, lastValue = 0;
  unsigned repeats = 0;
  forLanes(mask, [&](unsigned lane) {
    uint64_t address = addresses[lane], offset = address - sharedBegin;
    if (address & (N - 1)) {
      reportMisaligned(warp, Space::Shared, N, address, lane, plan.kind);
      return;
    }
    if (offset >= end || offset + N > end) {
      reportBytes(warp, Space::Shared, nullptr, N, address, lane, plan.kind);
      return;
    }
    uint8_t *states = &block.sharedState[offset], *data = &block.shared[offset];
    if (!allAre<N>(states, stateKnown)) {
      bool isOutside = false;
      uint8_t all = 0;
      for (unsigned i = 0; i < N; ++i)
        isOutside |= states[i] == stateNone, all |= states[i];
      if (isOutside || (all & (statePending | stateMbarrier | stateRead)) ||
          plan.kind != AccessKind::Write)
        reportBytes(warp, Space::Shared, states, N, address, lane, plan.kind);
      if (isOutside || (all & stateMbarrier))
        return;
    }
    // Many lanes that read the same: two are remembered.
    repeats = address == last ? repeats + 1 : 0;
    last = address;
    Stamp conflict;
    bool earlierIsWrite = false;
    uint8_t before[N];
    if (checksRaces && !(plan.kind == AccessKind::Read && repeats > 1)) {
      unsigned count = 0;
      RaceCell *cells = block.sharedCells.find(offset, N, block.shared.size(), count);
      Stamp stamp{base.bits | uint64_t(lane) << Stamp::threadShift};
      conflict = stampCells(warp, cells, count, stamp, lane, plan.kind, earlierIsWrite);
      if (conflict.bits)
        std::memcpy(before, data, N);
    }
    f(lane, data);
    if (isStrong) {
      lastAddress = address;
      std::memcpy(&lastValue, data, std::min<size_t>(N, sizeof lastValue));
    }
    if (plan.kind != AccessKind::Read)
      for (unsigned i = 0; i < N; ++i)
        states[i] = stateKnown | (states[i] & (statePending | stateRead));
    if (conflict.bits &&
        !(plan.kind == AccessKind::Write && earlierIsWrite && std::memcmp(before, data, N) == 0))
      reportRace(warp, Space::Shared, N, address, lane, plan.kind, conflict, earlierIsWrite);
    done |= 1u << lane;
  });
  // The warps of a block take turns, so nobody has seen the value yet.
  if (isStrong && plan.kind != AccessKind::Write)
    learnAt(warp, addresses, done, /*isGlobal=*/false);
  if (isStrong && plan.kind != AccessKind::Read)
    publishAt(warp, addresses, done, plan.flags, /*isGlobal=*/false);
  if (isStrong)
    finishStrong(warp, plan.kind, plan.flags, lastAddress, lastValue);
  return done;
}

template <unsigned N, typename F>
uint32_t accessLocal(Warp &warp, const AccessPlan &plan, const Addresses &addresses, uint32_t mask,
                     F f) {
  Counters &counters = warp.worker->counters;
  uint32_t done = 0;
  uint64_t bytes = uint64_t(N) * __builtin_popcount(mask);
  counters.localBytesRead += plan.kind != AccessKind::Write ? bytes : 0;
  counters.localBytesWritten += plan.kind != AccessKind::Read ? bytes : 0;
  forLanes(mask, [&](unsigned lane) {
    uint64_t address = addresses[lane];
    if (address & (N - 1)) {
      reportMisaligned(warp, Space::Local, N, address, lane, plan.kind);
      return;
    }
    if (address >= warp.stackBytes || address + N > warp.stackBytes) {
      reportBytes(warp, Space::Local, nullptr, N, address, lane, plan.kind);
      return;
    }
    size_t offset = size_t(lane) * warp.stackBytes + address;
    uint8_t *states = warp.localState + offset;
    if (!allAre<N>(states, stateKnown)) {
      bool isOutside = false;
      for (unsigned i = 0; i < N; ++i)
        isOutside |= states[i] == stateNone;
      // Elements that are written in part: a structure's padding, members of a union.
      bool mayBeUnknown = plan.kind == AccessKind::Write || warp.carriesUnknown;
      if (isOutside || (!mayBeUnknown && hasUnknownElement(states, N, plan.op.size)))
        reportBytes(warp, Space::Local, states, N, address, lane, plan.kind);
      if (isOutside)
        return;
    }
    f(lane, warp.local + offset);
    if (plan.kind != AccessKind::Read)
      std::memset(states, stateKnown, N);
    done |= 1u << lane;
  });
  return done;
}

template <unsigned N, typename F>
uint32_t accessParameters(Warp &warp, const AccessPlan &plan, const Addresses &addresses,
                          uint32_t mask, F f) {
  Launch &launch = *warp.block->launch;
  uint32_t done = 0, framed = 0;
  forLanes(mask, [&](unsigned lane) {
    framed |= uint32_t(addresses[lane] < kernelParameterBase) << lane;
  });
  if (framed)
    done |= accessLocal<N>(warp, plan, addresses, framed, f);
  warp.worker->counters.paramBytesRead += uint64_t(N) * __builtin_popcount(mask & ~framed);
  forLanes(mask & ~framed, [&](unsigned lane) {
    uint64_t address = addresses[lane];
    bool isInside = false;
    for (const Placed &placed : launch.program.parameters)
      isInside |= address >= placed.offset && N <= placed.bytes &&
                  address - placed.offset <= placed.bytes - N;
    if (address & (N - 1)) {
      reportMisaligned(warp, Space::Param, N, address, lane, plan.kind);
    } else if (!isInside || plan.kind != AccessKind::Read) {
      reportParameter(warp, N, address, lane, plan.kind);
    } else {
      f(lane, launch.parameters.data() + (address - kernelParameterBase));
      done |= 1u << lane;
    }
  });
  return done;
}

/// Calls f(lane, pointer to N bytes) for each lane whose access is allowed, and returns those
/// lanes; the others are reported. For global memory f runs with the lock of the bytes held.
template <unsigned N, typename F>
uint32_t accessLanes(Warp &warp, Space space, const AccessPlan &plan, const Addresses &addresses,
                     uint32_t mask, F f) {
  switch (space) {
  case Space::Global:
  case Space::Const:
    return accessGlobal<N>(warp, space, plan, addresses, mask, f);
  case Space::Shared:
    return accessShared<N>(warp, plan, addresses, mask, f);
  case Space::Local:
    return accessLocal<N>(warp, plan, addresses, mask, f);
  case Space::Param:
    return accessParameters<N>(warp, plan, addresses, mask, f);
  case Space::Generic:
    break;
  }
  uint32_t shared = 0, local = 0, parameters = 0;
  forLanes(mask, [&](unsigned lane) {
    uint64_t address = addresses[lane];
    shared |= uint32_t(address >= sharedWindow && address < localWindow) << lane;
    local |= uint32_t(address >= localWindow && address < parameterWindow) << lane;
    parameters |= uint32_t(address >= parameterWindow && address < functionWindow) << lane;
  });
  uint32_t done = 0, global = mask & ~(shared | local | parameters);
  if (global)
    done |= accessGlobal<N>(warp, Space::Global, plan, addresses, global, f);
  if (global == mask)
    return done;
  Addresses moved;
  for (unsigned lane = 0; lane < 32; ++lane)
    moved[lane] = addresses[lane] & 0xffffffff;
  if (shared)
    done |= accessShared<N>(warp, plan, moved, shared, f);
  if (local)
    done |= accessLocal<N>(warp, plan, moved, local, f);
  if (parameters)
    done |= accessParameters<N>(warp, plan, moved, parameters, f);
  return done;
}

} // namespace mmc::emulator

#endif // MMC_EMULATOR_EXECUTE_ACCESS_H
