// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phases of mbarrier objects, the order that they make, and threads that wait in vain.

#include "Mbarriers.h"

#include "Access.h"

#include <algorithm>

namespace mmc::emulator {

static constexpr uint32_t patience =
    4096; ///< waits of every thread that may fail before all are taken to be stuck
static constexpr uint32_t maxForced =
    64; ///< phases of a block that are completed by force before it is given up

void Mbarriers::clear() {
  objects.clear();
  failures.clear();
  events = forced = 0;
}

bool Mbarriers::locate(Warp &warp, const Op &op, unsigned lane, uint64_t address, AccessKind kind,
                       uint32_t &offset) {
  Block &block = *warp.block;
  if (op.space == Space::Generic) {
    if (address < sharedWindow || address >= localWindow) {
      block.launch->violations.add(warp, warp.pc, ViolationKind::OutOfBounds, lane, address, [] {
        return std::string("an mbarrier object lies in shared memory");
      });
      return false;
    }
    address &= 0xffffffff;
  }
  if (address % 8) {
    reportMisaligned(warp, Space::Shared, 8, address, lane, kind);
    return false;
  }
  uint64_t begin = address - sharedBegin, end = block.shared.size() - 32;
  const uint8_t *states = begin < end && begin + 8 <= end ? &block.sharedState[begin] : nullptr;
  if (!states || std::count(states, states + 8, stateNone)) {
    reportBytes(warp, Space::Shared, nullptr, 8, address, lane, kind);
    return false;
  }
  offset = static_cast<uint32_t>(begin);
  return true;
}

/// Checks the access against others, and remembers it. Operations on a live object are strong, what
/// begins its life is not. inval counts as strong too: cuda::pipeline invalidates after an atomic
/// that acquires but does not release.
static void stampObject(Warp &warp, unsigned lane, uint32_t offset, AccessKind kind,
                        bool isStrong) {
  Block &block = *warp.block;
  if (!block.launch->options.checkRaces)
    return;
  unsigned count = 0;
  bool earlierIsWrite = false;
  RaceCell *cells = block.sharedCells.find(offset, 8, block.shared.size(), count);
  Stamp stamp{warp.stamp(isStrong).bits | uint64_t(lane) << Stamp::threadShift};
  Stamp conflict = stampCells(warp, cells, count, stamp, lane, kind, earlierIsWrite);
  if (conflict.bits)
    reportRace(warp, Space::Shared, 8, sharedBegin + offset, lane, kind, conflict, earlierIsWrite);
}

Mbarrier *Mbarriers::find(Warp &warp, unsigned lane, uint32_t offset, AccessKind kind) {
  auto found = objects.find(offset);
  if (found == objects.end()) {
    warp.block->launch->violations.add(
        warp, warp.pc, ViolationKind::Uninitialized, lane, sharedBegin + offset, [] {
          return std::string("there is no mbarrier object at the address: it was never "
                             "initialised, or has been invalidated");
        });
    return nullptr;
  }
  stampObject(warp, lane, offset, kind, /*isStrong=*/true);
  // Its stamp may have been replaced by a later operation of the thread that initialised it.
  Stamp begin = found->second.begin,
        here{warp.stamp(true).bits | uint64_t(lane) << Stamp::threadShift};
  if (warp.block->launch->options.checkRaces && !begin.sameThread(here) &&
      !warp.isOrdered(begin, lane))
    reportRace(warp, Space::Shared, 8, sharedBegin + offset, lane, kind, begin,
               /*earlierIsWrite=*/true);
  return &found->second;
}

void Mbarriers::initialize(Warp &warp, unsigned lane, uint32_t offset, uint32_t count) {
  Block &block = *warp.block;
  uint64_t address = sharedBegin + offset;
  auto [place, isNew] = objects.try_emplace(offset);
  if (!isNew)
    block.launch->violations.add(
        warp, warp.pc, ViolationKind::InvalidInstruction, lane, address, [] {
          return std::string("the address has a live mbarrier object: it must be invalidated "
                             "before the memory is used anew");
        });
  else if (std::any_of(&block.sharedState[offset], &block.sharedState[offset] + 8,
                       [](uint8_t state) { return state & (statePending | stateRead); }))
    reportBytes(warp, Space::Shared, &block.sharedState[offset], 8, address, lane,
                AccessKind::Write);
  stampObject(warp, lane, offset, AccessKind::Write, /*isStrong=*/false);
  place->second = Mbarrier();
  place->second.expected = place->second.pending = count;
  place->second.begin = {warp.stamp(false).bits | uint64_t(lane) << Stamp::threadShift};
  std::memset(&block.sharedState[offset], stateKnown | stateMbarrier, 8);
  ++events;
}

void Mbarriers::invalidate(Warp &warp, unsigned lane, uint32_t offset) {
  Block &block = *warp.block;
  Mbarrier *mbarrier = find(warp, lane, offset, AccessKind::Read);
  if (!mbarrier)
    return;
  stampObject(warp, lane, offset, AccessKind::Write, /*isStrong=*/true);
  auto isUnderWay = [&](const PendingArrival &arrival) {
    return !arrival.isArrival ||
           hasCopiesBefore(block.warps[arrival.warp], arrival.lane, arrival.copies);
  };
  auto late = std::find_if(mbarrier->underWay.begin(), mbarrier->underWay.end(), isUnderWay);
  if (late != mbarrier->underWay.end())
    block.launch->violations.add(
        warp, warp.pc, ViolationKind::InvalidInstruction, lane, sharedBegin + offset, [&] {
          return "asynchronous copies are still to arrive at the mbarrier object, for instance of "
                 "line " +
                 std::to_string(block.launch->program.sites[late->pc].line);
        });
  settle(block, *mbarrier);
  objects.erase(offset);
  std::memset(&block.sharedState[offset], stateUnknown, 8);
  ++events;
}

void Mbarriers::completeIfDone(Mbarrier &mbarrier) {
  if (mbarrier.pending || mbarrier.bytes)
    return;
  ++mbarrier.phase;
  mbarrier.pending = mbarrier.expected;
  mbarrier.completed.join(mbarrier.current);
  mbarrier.current = Knowledge();
}

void Mbarriers::arrive(Warp &warp, uint32_t pc, unsigned lane, Mbarrier &mbarrier, uint32_t count,
                       const Knowledge &published) {
  ++events;
  if (count > mbarrier.pending) {
    warp.block->launch->violations.add(warp, pc, ViolationKind::InvalidInstruction, lane, 0, [&] {
      return "more threads arrive at the mbarrier than it expects: of " +
             std::to_string(mbarrier.expected) + " arrivals " + std::to_string(mbarrier.pending) +
             " are pending in phase " + std::to_string(mbarrier.phase) + ", here come " +
             std::to_string(count);
    });
    return;
  }
  mbarrier.pending -= count;
  mbarrier.current.join(published);
  completeIfDone(mbarrier);
}

void Mbarriers::expectBytes(Warp &warp, uint32_t pc, unsigned lane, Mbarrier &mbarrier,
                            int64_t bytes) {
  ++events;
  if (std::abs(mbarrier.bytes + bytes) > Mbarrier::maxCount) {
    warp.block->launch->violations.add(warp, pc, ViolationKind::InvalidInstruction, lane, 0, [&] {
      return "the mbarrier's count of bytes goes beyond " + std::to_string(Mbarrier::maxCount) +
             ": it is " + std::to_string(mbarrier.bytes) + ", here come " + std::to_string(bytes);
    });
    return;
  }
  mbarrier.bytes += bytes;
  if (bytes < 0)
    completeIfDone(mbarrier);
}

void Mbarriers::start(Mbarrier &mbarrier, PendingArrival arrival) {
  ++events;
  mbarrier.underWay.push_back(std::move(arrival));
}

void Mbarriers::settle(Block &block, Mbarrier &mbarrier) {
  std::vector<PendingArrival> arrivals = std::move(mbarrier.underWay);
  mbarrier.underWay.clear();
  for (const PendingArrival &arrival : arrivals) {
    Warp &warp = block.warps[arrival.warp];
    if (arrival.isArrival) {
      deliverBefore(warp, arrival.lane, arrival.copies);
      arrive(warp, arrival.pc, arrival.lane, mbarrier, 1, arrival.published);
      continue;
    }
    if (!arrival.data.empty()) {
      std::memcpy(&block.shared[arrival.offset], arrival.data.data(), arrival.data.size());
      std::memset(&block.sharedState[arrival.offset], stateKnown, arrival.data.size());
    }
    mbarrier.current.join(arrival.published);
    expectBytes(warp, arrival.pc, arrival.lane, mbarrier, -static_cast<int64_t>(arrival.bytes));
  }
}

/// Whether every thread waits: at a barrier, or for phases again and again.
bool Mbarriers::isStuck(const Block &block) const {
  for (const Warp &warp : block.warps) {
    uint32_t blocked = 0;
    for (const Group &group : warp.others)
      blocked |= group.state == GroupState::Ready ? 0 : group.mask;
    bool isStuck = true;
    forLanes(warp.live & ~blocked, [&](unsigned lane) {
      const Failures &mine = failures[32 * warp.index + lane];
      isStuck &= mine.events == events && mine.count >= patience;
    });
    if (!isStuck)
      return false;
  }
  return true;
}

void Mbarriers::waitFailed(Warp &warp, unsigned lane, uint32_t offset) {
  Block &block = *warp.block;
  if (failures.empty())
    failures.resize(32 * block.warps.size());
  Failures &mine = failures[32 * warp.index + lane];
  if (mine.events != events)
    mine = {events, 0};
  if (++mine.count % patience || !isStuck(block))
    return;
  Mbarrier &mbarrier = objects[offset];
  block.launch->violations.add(
      warp, warp.pc, ViolationKind::DivergentBarrier, lane, sharedBegin + offset, [&] {
        std::string text = "phase " + std::to_string(mbarrier.phase) +
                           " of the mbarrier never completes: " + std::to_string(mbarrier.pending) +
                           " of " + std::to_string(mbarrier.expected) + " arrivals";
        if (mbarrier.bytes)
          text += " and " + std::to_string(mbarrier.bytes) + " bytes of copies";
        return text + " are missing, and all threads of the block that are left wait";
      });
  ++events;
  if (++forced > maxForced) {
    block.isAborted = true;
    return;
  }
  mbarrier.pending = 0;
  mbarrier.bytes = 0;
  completeIfDone(mbarrier);
}

} // namespace mmc::emulator
