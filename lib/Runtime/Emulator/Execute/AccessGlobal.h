// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checked accesses of global and constant memory.

#ifndef MMC_EMULATOR_EXECUTE_ACCESSGLOBAL_H
#define MMC_EMULATOR_EXECUTE_ACCESSGLOBAL_H

#include "../Memory/KernelHeap.h"
#include "AccessPlan.h"

namespace mmc::emulator {

/// The lanes that access bytes of a heap which malloc has not given, or free has taken back:
/// `freed`. Under the chunk's lock.
template <unsigned N>
uint32_t outsideHeapParts(const Allocation &heap, const Addresses &addresses, uint32_t mask,
                          uint32_t &freed) {
  uint32_t outside = 0;
  forLanes(mask, [&](unsigned lane) {
    const uint8_t *states = heap.initialized + (addresses[lane] - heap.base);
    bool isGiven = true, isFreed = false;
    for (unsigned i = 0; i < N; ++i) {
      isGiven &= states[i] == heapWritten || states[i] == heapUnwritten;
      isFreed |= states[i] == heapFreed;
    }
    outside |= uint32_t(!isGiven) << lane;
    freed |= uint32_t(isFreed) << lane;
  });
  return outside;
}

template <unsigned N, typename F>
uint32_t accessGlobal(Warp &warp, Space space, const AccessPlan &plan, const Addresses &addresses,
                      uint32_t mask, F f) {
  Launch &launch = *warp.block->launch;
  Counters &counters = warp.worker->counters;
  bool isStrong = plan.flags & accessStrong;
  uint32_t done = 0;
  uint64_t low = 0, lastAddress = 0, lastValue = 0;
  forLanes(mask, [&](unsigned lane) { low |= addresses[lane]; });
  if (low & (N - 1))
    forLanes(mask, [&](unsigned lane) {
      if (!(addresses[lane] & (N - 1)))
        return;
      reportMisaligned(warp, space, N, addresses[lane], lane, plan.kind);
      mask &= ~(1u << lane);
    });
  if (space == Space::Const) {
    counters.constBytesRead += uint64_t(N) * __builtin_popcount(mask);
  } else if (mask) {
    countSectors(warp, addresses, mask, N);
    uint64_t bytes = uint64_t(N) * __builtin_popcount(mask);
    counters.globalBytesRead += plan.kind != AccessKind::Write ? bytes : 0;
    counters.globalBytesWritten += plan.kind != AccessKind::Read ? bytes : 0;
  }
  if (isStrong && plan.kind != AccessKind::Read)
    publishAt(warp, addresses, mask, plan.flags, /*isGlobal=*/true);
  while (mask) {
    unsigned first = __builtin_ctz(mask);
    const Allocation *allocation = findForWarp(warp, addresses[first]);
    bool isConstant = allocation && allocation->isConstant;
    if (!allocation || addresses[first] + N > allocation->end() ||
        (space == Space::Const && !isConstant) || (isConstant && plan.kind != AccessKind::Read)) {
      reportGlobalBounds(warp, space, N, addresses[first], first, plan.kind);
      mask &= mask - 1;
      continue;
    }
    // The lanes whose bytes lie in the same chunk of the same allocation.
    uint64_t number = addresses[first] >> MemoryChunk::shift;
    uint32_t together = 0;
    forLanes(mask, [&](unsigned lane) {
      uint64_t at = addresses[lane];
      bool isHere = at >> MemoryChunk::shift == number && at >= allocation->base &&
                    at + N <= allocation->end();
      together |= uint32_t(isHere) << lane;
    });
    mask &= ~together;
    done |= together;
    MemoryChunk &chunk = allocation->chunk(addresses[first]);
    uint8_t *initialized = allocation->initialized;
    uint32_t unknown = 0, racing = 0, written = 0, outside = 0, freed = 0;
    std::array<Stamp, 32> earlier;
    std::array<bool, 32> earlierIsWrite;
    {
      std::lock_guard<SpinLock> lock(chunk.lock);
      bool checksRaces = launch.options.checkRaces && !isConstant;
      if (checksRaces && chunk.generation != launch.generation) {
        // Eight bits of the launch's number are in stamps: older ones must not be taken for new.
        if (launch.generation >> 8 != chunk.generation >> 8)
          chunk.cells.clear();
        chunk.generation = launch.generation;
      }
      if (allocation->isHeap) {
        outside = outsideHeapParts<N>(*allocation, addresses, together, freed);
        together &= ~outside;
        done &= ~outside;
      }
      uint64_t chunkBytes = MemoryChunk::bytes;
      if (allocation->chunkCount() == 1) // small allocations: no more cells than needed
        chunkBytes =
            std::min(MemoryChunk::bytes, ((allocation->end() - 1) & (MemoryChunk::bytes - 1)) + 32);
      Stamp base = stampOf<N>(warp, plan);
      uint64_t last = ~uint64_t(0);
      unsigned repeats = 0, lastLane = 0;
      forLanes(together, [&](unsigned lane) {
        uint64_t at = addresses[lane], offset = at - allocation->base;
        uint8_t *data = allocation->data + offset;
        // Many lanes that read the same: two are remembered.
        if (plan.kind == AccessKind::Read && at == last) {
          unknown |= (unknown >> lastLane & 1) << lane;
          if (++repeats > 1) {
            f(lane, data);
            return;
          }
        } else {
          repeats = 0;
        }
        last = at;
        lastLane = lane;
        if (initialized && plan.kind != AccessKind::Write)
          unknown |= uint32_t(!allAre<N>(initialized + offset, 1)) << lane;
        Stamp conflict;
        uint8_t before[N];
        if (checksRaces) {
          unsigned count = 0;
          RaceCell *cells = chunk.cells.find(at & (MemoryChunk::bytes - 1), N, chunkBytes, count);
          Stamp stamp{base.bits | uint64_t(lane) << Stamp::threadShift};
          if (plan.kind == AccessKind::Read && (plan.flags & accessReadOnly))
            for (unsigned i = 0; i < count; ++i)
              if (Stamp write = cells[i].write; write.bits && write.sameLaunch(stamp)) {
                written |= 1u << lane;
                earlier[lane] = write;
              }
          conflict = stampCells(warp, cells, count, stamp, lane, plan.kind, earlierIsWrite[lane]);
          if (conflict.bits)
            std::memcpy(before, data, N);
        }
        f(lane, data);
        if (isStrong) {
          lastAddress = at;
          std::memcpy(&lastValue, data, std::min<size_t>(N, sizeof lastValue));
        }
        if (initialized && plan.kind != AccessKind::Read)
          std::memset(initialized + offset, 1, N);
        // Two writes of the same bytes do no harm in any order.
        if (conflict.bits && !(plan.kind == AccessKind::Write && earlierIsWrite[lane] &&
                               std::memcmp(before, data, N) == 0)) {
          racing |= 1u << lane;
          earlier[lane] = conflict;
        }
      });
    }
    forLanes(outside, [&](unsigned lane) {
      reportHeapBounds(warp, N, addresses[lane], lane, plan.kind, freed >> lane & 1);
    });
    if (unknown && launch.options.checkUninitialized)
      forLanes(unknown, [&](unsigned lane) {
        reportUninitialized(warp, space, N, addresses[lane], lane, plan.kind, allocation->name);
      });
    forLanes(written & ~racing,
             [&](unsigned lane) { reportWritten(warp, N, addresses[lane], lane, earlier[lane]); });
    forLanes(racing, [&](unsigned lane) {
      reportRace(warp, space, N, addresses[lane], lane, plan.kind, earlier[lane],
                 earlierIsWrite[lane]);
    });
  }
  if (isStrong && plan.kind != AccessKind::Write)
    learnAt(warp, addresses, done, /*isGlobal=*/true);
  if (isStrong)
    finishStrong(warp, plan.kind, plan.flags, lastAddress, lastValue);
  return done;
}

} // namespace mmc::emulator

#endif // MMC_EMULATOR_EXECUTE_ACCESSGLOBAL_H
