// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What all checked memory accesses share: addresses, order, stamps for races, reports.

#ifndef MMC_EMULATOR_EXECUTE_ACCESSPLAN_H
#define MMC_EMULATOR_EXECUTE_ACCESSPLAN_H

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
  accessReadOnly = 32,   ///< of loads: .nc, for what nobody writes during the launch
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

/// What checks need to know of an access.
struct AccessPlan {
  const Op &op;
  AccessKind kind;
  uint8_t flags;
  bool isOneValue = false; ///< an atomic of one value: one of another size is no atomic to it
};

/// Of an access of N bytes by lane 0.
template <unsigned N>
inline Stamp stampOf(const Warp &warp, const AccessPlan &plan) {
  return {warp.stamp(plan.flags & accessStrong).bits |
          (plan.flags & accessAsync ? Stamp::asyncBit : 0) |
          (plan.flags & accessBlockScope ? Stamp::blockScopeBit : 0) |
          (plan.isOneValue ? Stamp::sizeBits(N) : 0)};
}

// Access.cpp: the cases that the fast ways leave.
/// "read of 4 bytes of shared memory".
std::string accessText(AccessKind kind, unsigned bytes, Space space);
void reportMisaligned(Warp &warp, Space space, unsigned bytes, uint64_t address, unsigned lane,
                      AccessKind kind);
void reportGlobalBounds(Warp &warp, Space space, unsigned bytes, uint64_t address, unsigned lane,
                        AccessKind kind);
void reportHeapBounds(Warp &warp, unsigned bytes, uint64_t address, unsigned lane, AccessKind kind,
                      bool isFreed);
void reportBytes(Warp &warp, Space space, const uint8_t *states, unsigned bytes, uint64_t address,
                 unsigned lane, AccessKind kind);
void reportParameter(Warp &warp, unsigned bytes, uint64_t address, unsigned lane, AccessKind kind);
void reportUninitialized(Warp &warp, Space space, unsigned bytes, uint64_t address, unsigned lane,
                         AccessKind kind, const std::string &where);
void reportRace(Warp &warp, Space space, unsigned bytes, uint64_t address, unsigned lane,
                AccessKind kind, Stamp earlier, bool earlierIsWrite);
void reportWritten(Warp &warp, unsigned bytes, uint64_t address, unsigned lane, Stamp write);
const Allocation *findForWarp(Warp &warp, uint64_t address);
void countSectors(Warp &warp, const Addresses &addresses, uint32_t mask, unsigned bytes);
void countBanks(Warp &warp, const Addresses &addresses, uint32_t mask, unsigned bytes);
/// Strong accesses that write: publishes what a fence made ready, or a release, at the addresses.
/// Before the value can be seen: who sees it must find what was published with it.
void publishAt(Warp &warp, const Addresses &addresses, uint32_t lanes, uint8_t flags,
               bool isGlobal);
/// Strong accesses that read: learns what was published at the addresses, after the value was read.
void learnAt(Warp &warp, const Addresses &addresses, uint32_t lanes, bool isGlobal);
/// The end of a strong access. `last` is what it has left at `address`, that of one lane.
void finishStrong(Warp &warp, AccessKind kind, uint8_t flags, uint64_t address, uint64_t last);

/// Keeps two reads that are not ordered with one another, in different warps or blocks if there are
/// such.
template <bool isStrong>
inline void rememberRead(const Warp &warp, RaceCell &cell, Stamp stamp, unsigned lane) {
  // A plain read is not given up for a strong one, which conflicts with less.
  auto isReplaceable = [&](Stamp read) {
    return !read.bits || !read.sameLaunch(stamp) ||
           ((!isStrong || read.isStrong()) &&
            (read.sameThread(stamp) || warp.isOrdered(read, lane)));
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

/// Whether there is an element of `size` bytes, 0 for all, none of whose bytes anybody has written.
inline bool hasUnknownElement(const uint8_t *states, unsigned bytes, unsigned size) {
  for (unsigned begin = 0; begin < bytes; begin += size ? size : bytes) {
    bool isUnknown = true;
    for (unsigned i = 0; i < (size ? size : bytes); ++i)
      isUnknown &= states[begin + i] == stateUnknown;
    if (isUnknown)
      return true;
  }
  return false;
}
/// stampCells for strong accesses, and for plain ones whether they conflict with the plain write
/// that strong ones came over.
Stamp stampStrong(const Warp &warp, RaceCell *cells, unsigned count, Stamp stamp, unsigned lane,
                  AccessKind kind, bool &earlierIsWrite);
bool conflictsBelow(const Warp &warp, const RaceCell &cell, Stamp stamp, unsigned lane);

/// Checks the cells of one access against earlier ones and stamps them. Returns the earlier access
/// that it conflicts with, or none.
inline Stamp stampCells(const Warp &warp, RaceCell *cells, unsigned count, Stamp stamp,
                        unsigned lane, AccessKind kind, bool &earlierIsWrite) {
  if (stamp.isStrong())
    return stampStrong(warp, cells, count, stamp, lane, kind, earlierIsWrite);
  Stamp conflict;
  for (unsigned i = 0; i < count; ++i) {
    RaceCell &cell = cells[i];
    auto conflicts = [&](Stamp earlier) {
      if (!earlier.sameLaunch(stamp) || !earlier.bits || earlier.sameThread(stamp))
        return false;
      return !warp.isOrdered(earlier, lane);
    };
    if (conflicts(cell.write))
      conflict = cell.write, earlierIsWrite = true;
    if (cell.write.isStrong() && conflictsBelow(warp, cell, stamp, lane))
      conflict = cell.plainWrite, earlierIsWrite = true;
    if (kind == AccessKind::Read) {
      Stamp first = cell.reads[0];
      if (first.sameThread(stamp) || !first.bits || !first.sameLaunch(stamp))
        cell.reads[0] = stamp;
      else
        rememberRead<false>(warp, cell, stamp, lane);
      continue;
    }
    // Rather a read than a write: two writes may be of the same bytes.
    for (Stamp read : cell.reads)
      if (conflicts(read))
        conflict = read, earlierIsWrite = false;
    cell.write = stamp;
    cell.reads[0] = cell.reads[1] = Stamp();
  }
  return conflict;
}

} // namespace mmc::emulator

#endif // MMC_EMULATOR_EXECUTE_ACCESSPLAN_H
