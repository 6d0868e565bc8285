// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checked memory accesses of the lanes of a warp.

#ifndef MMC_EMULATOR_EXECUTE_ACCESS_H
#define MMC_EMULATOR_EXECUTE_ACCESS_H

#include "Block.h"

namespace mmc::emulator {

enum class AccessKind : uint8_t { Read, Write, Atomic };

/// Bits of Op::flags of instructions that access memory.
enum AccessFlags : uint8_t {
  accessFrameRelative = 1, ///< the address counts from the stack frame
  accessStrong = 2,        ///< volatile, relaxed, acquire, release or atomic
  accessRelease = 4,
  accessAcquire = 8,
  accessNarrowBase = 16, ///< the register of the address has 32 bits
  accessFlushes = 32,    ///< red.f32 of global memory flushes subnormals
  accessAsync = 64,      ///< by the async proxy: a bulk copy
  accessBlockScope =
      128, ///< .cta or .cluster (of one block): orders and is strong within the block
};

using Addresses = std::array<uint64_t, 32>;

/// base + immediate of the lanes.
inline void computeAddresses(const Warp &warp, const Op &op, Addresses &out) {
  uint64_t offset = static_cast<uint64_t>(op.imm);
  if (op.flags & accessFrameRelative)
    offset += warp.localBase;
  if (op.a == noOperand) {
    out.fill(offset);
  } else if (op.flags & accessNarrowBase) {
    const uint32_t *base = warp.source<uint32_t>(op.a);
    // 32-bit addresses of shared and local memory: the sum wraps as it does on the chip.
    for (unsigned lane = 0; lane < 32; ++lane)
      out[lane] = static_cast<uint32_t>(base[lane] + offset);
  } else {
    const uint64_t *base = warp.source<uint64_t>(op.a);
    for (unsigned lane = 0; lane < 32; ++lane)
      out[lane] = base[lane] + offset;
  }
}

/// Of an access by lane 0, with AccessFlags.
inline Stamp stampOf(const Warp &warp, uint8_t flags) {
  return {warp.stamp(flags & accessStrong).bits | (flags & accessAsync ? Stamp::asyncBit : 0) |
          (flags & accessBlockScope ? Stamp::blockScopeBit : 0)};
}

/// What checks need to know of an access.
struct AccessPlan {
  const Op &op;
  AccessKind kind;
  uint8_t flags;
};

// Access.cpp: the cases that the fast ways leave.
void reportMisaligned(Warp &warp, Space space, unsigned bytes, uint64_t address, unsigned lane,
                      AccessKind kind);
void reportGlobalBounds(Warp &warp, Space space, unsigned bytes, uint64_t address, unsigned lane,
                        AccessKind kind);
void reportBytes(Warp &warp, Space space, const uint8_t *states, unsigned bytes, uint64_t address,
                 unsigned lane, AccessKind kind);
void reportParameter(Warp &warp, unsigned bytes, uint64_t address, unsigned lane, AccessKind kind);
void reportUninitialized(Warp &warp, Space space, unsigned bytes, uint64_t address, unsigned lane,
                         AccessKind kind, const std::string &where);
void reportRace(Warp &warp, Space space, unsigned bytes, uint64_t address, unsigned lane,
                AccessKind kind, Stamp earlier, bool earlierIsWrite);
const Allocation *findForWarp(Warp &warp, uint64_t address);
void countSectors(Warp &warp, const Addresses &addresses, uint32_t mask, unsigned bytes);
void countBanks(Warp &warp, const Addresses &addresses, uint32_t mask, unsigned bytes);
/// Strong accesses that write: publishes what a fence made ready, or a release, at the addresses.
/// Before the value can be seen: who sees it must find what was published with it.
void publishAt(Warp &warp, const Addresses &addresses, uint32_t lanes, uint8_t flags,
               bool isGlobal);
/// Strong accesses that read: learns what was published at the addresses, after the value was read.
void learnAt(Warp &warp, const Addresses &addresses, uint32_t lanes, bool isGlobal);
/// The end of a strong access.
void finishStrong(Warp &warp, AccessKind kind, uint8_t flags);

/// Keeps two reads that are not ordered with one another, in different warps or blocks if there are
/// such.
inline void rememberRead(const Warp &warp, RaceCell &cell, Stamp stamp, unsigned lane) {
  auto isReplaceable = [&](Stamp read) {
    return !read.bits || !read.sameLaunch(stamp) || read.sameThread(stamp) ||
           warp.isOrdered(read, lane);
  };
  if (isReplaceable(cell.reads[0])) {
    cell.reads[0] = stamp;
    return;
  }
  Stamp first = cell.reads[0], second = cell.reads[1];
  if (second.bits == stamp.bits)
    return;
  if (isReplaceable(second)) {
    cell.reads[1] = stamp;
    return;
  }
  bool together = first.block() == second.block();
  bool sameWarp = together && first.thread() / 32 == second.thread() / 32;
  if ((together && stamp.block() != first.block()) ||
      (sameWarp && stamp.thread() / 32 != first.thread() / 32))
    cell.reads[1] = stamp;
}

/// Whether N bytes of state all have a value.
template <unsigned N>
inline bool allAre(const uint8_t *states, uint8_t value) {
  using Word = std::conditional_t<
      N == 1, uint8_t,
      std::conditional_t<N == 2, uint16_t, std::conditional_t<N == 4, uint32_t, uint64_t>>>;
  Word wanted;
  std::memset(&wanted, value, sizeof wanted);
  bool all = true;
  for (unsigned i = 0; i < N; i += sizeof(Word)) {
    Word word;
    std::memcpy(&word, states + i, sizeof word);
    all &= word == wanted;
  }
  return all;
}

/// Checks the cells of one access against earlier ones and stamps them. Returns the earlier access
/// that it conflicts with, or none.
inline Stamp stampCells(Warp &warp, RaceCell *cells, unsigned count, Stamp stamp, unsigned lane,
                        AccessKind kind, bool &earlierIsWrite) {
  Stamp conflict;
  for (unsigned i = 0; i < count; ++i) {
    RaceCell &cell = cells[i];
    auto conflicts = [&](Stamp earlier) {
      if (!earlier.sameLaunch(stamp) || !earlier.bits || earlier.sameThread(stamp) ||
          earlier.areStrong(stamp))
        return false;
      return !warp.isOrdered(earlier, lane);
    };
    if (conflicts(cell.write))
      conflict = cell.write, earlierIsWrite = true;
    if (kind == AccessKind::Read) {
      Stamp first = cell.reads[0];
      if (first.sameThread(stamp) || !first.bits || !first.sameLaunch(stamp))
        cell.reads[0] = stamp;
      else
        rememberRead(warp, cell, stamp, lane);
      continue;
    }
    for (Stamp read : cell.reads)
      if (conflicts(read))
        conflict = read, earlierIsWrite = false;
    cell.write = stamp;
    cell.reads[0] = cell.reads[1] = Stamp();
  }
  return conflict;
}

template <unsigned N, typename F>
uint32_t accessGlobal(Warp &warp, Space space, const AccessPlan &plan, const Addresses &addresses,
                      uint32_t mask, F f) {
  Launch &launch = *warp.block->launch;
  Counters &counters = warp.worker->counters;
  bool isStrong = plan.flags & accessStrong;
  uint32_t done = 0;
  uint64_t low = 0;
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
    uint32_t unknown = 0, racing = 0;
    std::array<Stamp, 32> earlier;
    std::array<bool, 32> earlierIsWrite;
    {
      std::lock_guard<SpinLock> lock(chunk.lock);
      bool checksRaces = launch.options.checkRaces && !isConstant;
      if (checksRaces && chunk.generation != launch.generation) {
        // Eight bits of the launch's number are in stamps: older ones must not be taken for new.
        if (launch.generation - chunk.generation >= 255)
          chunk.cells.clear();
        chunk.generation = launch.generation;
      }
      uint64_t chunkBytes = MemoryChunk::bytes;
      if (allocation->chunkCount() == 1) // small allocations: no more cells than needed
        chunkBytes =
            std::min(MemoryChunk::bytes, ((allocation->end() - 1) & (MemoryChunk::bytes - 1)) + 32);
      Stamp base = stampOf(warp, plan.flags);
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
          conflict = stampCells(warp, cells, count, stamp, lane, plan.kind, earlierIsWrite[lane]);
          if (conflict.bits)
            std::memcpy(before, data, N);
        }
        f(lane, data);
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
    if (unknown && launch.options.checkUninitialized)
      forLanes(unknown, [&](unsigned lane) {
        reportUninitialized(warp, space, N, addresses[lane], lane, plan.kind, allocation->name);
      });
    forLanes(racing, [&](unsigned lane) {
      reportRace(warp, space, N, addresses[lane], lane, plan.kind, earlier[lane],
                 earlierIsWrite[lane]);
    });
  }
  if (isStrong && plan.kind != AccessKind::Write)
    learnAt(warp, addresses, done, /*isGlobal=*/true);
  if (isStrong)
    finishStrong(warp, plan.kind, plan.flags);
  return done;
}

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
  Stamp base = stampOf(warp, plan.flags);
  bool checksRaces = launch.options.checkRaces;
  uint64_t last = ~uint64_t(0);
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
    finishStrong(warp, plan.kind, plan.flags);
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
      if (isOutside || plan.kind != AccessKind::Write)
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
