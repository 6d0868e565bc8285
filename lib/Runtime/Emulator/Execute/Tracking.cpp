// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Registers that nothing has written: who has a value, and reports of those who use none.

#include "Tracking.h"

#include "AccessPlan.h"

#include <algorithm>

namespace mmc::emulator {

/// The lanes whose access is of local memory, and where in the stack.
static uint32_t localLanes(Warp &warp, const Op &op, uint32_t mask, Addresses &offsets) {
  computeAddresses(warp, op, offsets);
  if (op.space == Space::Local)
    return mask;
  uint32_t local = 0;
  const bool isParameter = op.space == Space::Param;
  forLanes(mask, [&](unsigned lane) {
    uint64_t address = offsets[lane];
    bool isLocal = isParameter ? address < kernelParameterBase
                               : address >= localWindow && address < parameterWindow;
    local |= uint32_t(isLocal) << lane;
    offsets[lane] = isParameter ? address : address & 0xffffffff;
  });
  return local;
}

/// The states of the bytes of an element in a lane's stack; null outside.
static uint8_t *statesOf(Warp &warp, const Op &op, unsigned element, unsigned lane,
                         uint64_t offset) {
  offset += uint64_t(element) * op.size;
  if (offset >= warp.stackBytes || offset + op.size > warp.stackBytes)
    return nullptr;
  return warp.localState + size_t(lane) * warp.stackBytes + offset;
}

/// Whether all bytes of an element have this state.
static bool areAll(const uint8_t *states, const Op &op, uint8_t state) {
  return states && std::all_of(states, states + op.size, [&](uint8_t s) { return s == state; });
}

static void report(Warp &warp, const TrackedRead &read, unsigned lane) {
  const Program &program = warp.block->launch->program;
  const Function &function = *program.functions[program.sites[warp.pc].function].source;
  const std::string &name = function.registers[read.registerIndex].name;
  if (read.fromStack)
    warp.block->launch->violations.add(warp, warp.pc, ViolationKind::Uninitialized, lane, 0, [&] {
      return "the value of register '" + name +
             "' was loaded from local memory that nobody has written";
    });
  else
    warp.block->launch->violations.add(
        warp, warp.pc, ViolationKind::UninitializedRegister, lane, 0, [&] {
          return "register '" + name +
                 "' has no value here: neither it nor what it was computed from has been written "
                 "on the way to this instruction";
        });
}

/// The lanes of `mask` whose register has no value. Uses are reported, once per value, but for
/// `excused` lanes.
static uint32_t lanesWithout(Warp &warp, const TrackedRead &read, uint32_t mask,
                             uint32_t excused = 0) {
  uint32_t &written = *warp.destination<uint32_t>(read.shadow);
  const uint32_t without = mask & ~written, reported = without & ~excused;
  if (!reported || !read.isUse || !warp.block->launch->options.checkUninitialized)
    return without;
  forLanes(reported, [&](unsigned lane) { report(warp, read, lane); });
  written |= reported;
  return without;
}

/// A load that only carries bytes on: what nobody has written is no value, but no mistake either.
static Step runCarrier(Warp &warp, const Op &op, uint32_t mask, const TrackedOp &tracked) {
  Addresses offsets;
  const uint32_t local = localLanes(warp, op, mask, offsets);
  std::array<uint32_t, 8> unknown{};
  uint32_t mistaken = 0;
  for (unsigned element = 0; element < op.count; ++element) {
    bool isCarried =
        std::any_of(tracked.carried.begin(), tracked.carried.end(),
                    [&](const CarriedElement &carried) { return carried.element == element; });
    bool isRead = warp.block->launch->program.lists[op.list + 2 * element] != noOperand;
    forLanes(local, [&](unsigned lane) {
      if (areAll(statesOf(warp, op, element, lane, offsets[lane]), op, stateUnknown))
        (isCarried || !isRead ? unknown[element] : mistaken) |= 1u << lane;
    });
  }
  warp.carriesUnknown = !mistaken;
  Step step = tracked.run(warp, op, mask);
  warp.carriesUnknown = false;
  for (const CarriedElement &carried : tracked.carried)
    if (carried.shadow != noOperand) {
      uint32_t &written = *warp.destination<uint32_t>(carried.shadow);
      written = (written & ~mask) | (mask & ~unknown[carried.element]);
    }
  return step;
}

/// A store of registers some of which have no value: in local memory their bytes have none either.
static Step runStore(Warp &warp, const Op &op, uint32_t mask, const TrackedOp &tracked) {
  Addresses offsets;
  const uint32_t local = localLanes(warp, op, mask, offsets);
  std::array<uint32_t, 8> unknown{};
  // Vectors of three are stored as four.
  constexpr uint8_t padding = 1 << 3;
  uint32_t padded = op.count == 4 ? mask : 0;
  for (const TrackedRead &read : tracked.reads)
    if (read.elements & (padding - 1))
      padded &= *warp.destination<uint32_t>(read.shadow);
  for (const TrackedRead &read : tracked.reads) {
    uint32_t excused = !read.elements ? 0 : local | (read.elements == padding ? padded : 0);
    uint32_t without = lanesWithout(warp, read, mask, excused) & local;
    for (unsigned element = 0; element < op.count; ++element)
      if (read.elements >> element & 1)
        unknown[element] |= without;
  }
  Step step = tracked.run(warp, op, mask);
  for (unsigned element = 0; element < op.count; ++element)
    forLanes(unknown[element], [&](unsigned lane) {
      uint8_t *states = statesOf(warp, op, element, lane, offsets[lane]);
      if (areAll(states, op, stateKnown))
        std::memset(states, stateUnknown, op.size);
    });
  return step;
}

/// The lanes of `mask` in which an operand of and is 0, of or all ones.
static uint32_t overruling(const Warp &warp, const TrackedOp &tracked, uint32_t place, bool negated,
                           uint32_t mask) {
  if (!tracked.operandBytes) {
    uint32_t value = warp.predicate(place, negated);
    return mask & (tracked.isOr ? value : ~value);
  }
  const uint8_t *from = warp.source<uint8_t>(place);
  uint32_t lanes = 0;
  forLanes(mask, [&](unsigned lane) {
    bool is = true;
    for (unsigned i = 0; i < tracked.operandBytes; ++i)
      is &= from[lane * tracked.operandBytes + i] == (tracked.isOr ? 0xff : 0);
    lanes |= uint32_t(is) << lane;
  });
  return lanes;
}

/// The lanes in which the result of selp, and or or has no value; `missing` are those of the
/// operands.
static uint32_t undecided(const Warp &warp, const Op &op, const TrackedOp &tracked,
                          const std::array<uint32_t, 3> &missing, uint32_t mask) {
  if (tracked.results == TrackedOp::Results::NeedChosen) {
    uint32_t choice = warp.predicate(op.c, op.isSigned);
    return mask & (missing[2] | (choice & missing[0]) | (~choice & missing[1]));
  }
  uint32_t byFirst = overruling(warp, tracked, op.a, op.flags & 1, mask & ~missing[0]);
  uint32_t bySecond = overruling(warp, tracked, op.b, op.flags & 2, mask & ~missing[1]);
  return (missing[0] | missing[1]) & ~(byFirst | bySecond);
}

Step runTracked(Warp &warp, const Op &op, uint32_t mask) {
  const TrackedOp &tracked = warp.block->launch->program.tracked.find(warp.pc)->second;
  if (tracked.guard != noOperand) {
    lanesWithout(warp, tracked.guardRead, mask);
    uint32_t active = mask & warp.predicate(tracked.guard, tracked.guardNegated);
    warp.worker->threadCounts[warp.pc] -= __builtin_popcount(mask & ~active);
    if (!active) {
      --warp.worker->warpCounts[warp.pc];
      return Step::Next;
    }
    mask = active;
  }
  const bool isStore = std::any_of(tracked.reads.begin(), tracked.reads.end(),
                                   [](const TrackedRead &read) { return read.elements != 0; });
  if (isStore)
    return runStore(warp, op, mask, tracked);
  bool needsOne = tracked.results == TrackedOp::Results::NeedOne;
  uint32_t without = needsOne ? mask : 0;
  std::array<uint32_t, 3> missing{};
  for (const TrackedRead &read : tracked.reads) {
    uint32_t lanes = lanesWithout(warp, read, mask);
    without = needsOne ? without & lanes : without | lanes;
    for (size_t i = 0; i < missing.size(); ++i)
      missing[i] |= tracked.operands[i] == read.registerIndex ? lanes : 0;
  }
  if (without && (tracked.results == TrackedOp::Results::NeedChosen ||
                  tracked.results == TrackedOp::Results::NeedUndecided))
    without = undecided(warp, op, tracked, missing, mask);
  if (tracked.results == TrackedOp::Results::NeedNothing)
    without = 0;
  for (uint32_t shadow : tracked.writes) {
    uint32_t &written = *warp.destination<uint32_t>(shadow);
    written = (written & ~without) | (mask & ~without);
  }
  return tracked.carried.empty() ? tracked.run(warp, op, mask)
                                 : runCarrier(warp, op, mask, tracked);
}

} // namespace mmc::emulator
