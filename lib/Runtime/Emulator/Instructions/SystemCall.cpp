// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The functions that CUDA provides to kernels: arguments, results, assert, malloc and free.

#include "SystemCall.h"

#include "../Execute/Access.h"
#include "../Memory/KernelHeap.h"
#include "Control.h"

namespace mmc::emulator {

/// Longer ones are cut: a text that is not ended by a zero is found by the checks of the loads.
static constexpr size_t longestText = 64 * 1024;

uint64_t argumentOf(const Warp &warp, const Op &op, unsigned index, unsigned lane) {
  uint32_t count = 0;
  const Passed &passed = passedArguments(warp, op, count)[index];
  const uint8_t *from =
      passed.isRegister
          ? warp.source<uint8_t>(passed.place) + size_t(lane) * passed.bytes
          : warp.local + size_t(lane) * warp.stackBytes + warp.localBase + passed.place;
  uint64_t value = 0;
  std::memcpy(&value, from, std::min<size_t>(passed.bytes, sizeof value));
  return value;
}

void returnValues(Warp &warp, const Op &op, uint32_t mask, const std::array<uint64_t, 32> &values) {
  uint32_t count = 0;
  const Passed &passed = passedResults(warp, op, count)[0];
  forLanes(mask, [&](unsigned lane) {
    if (passed.isRegister) {
      std::memcpy(warp.destination<uint8_t>(passed.place) + size_t(lane) * passed.bytes,
                  &values[lane], passed.bytes);
      return;
    }
    size_t at = size_t(lane) * warp.stackBytes + warp.localBase + passed.place;
    std::memcpy(warp.local + at, &values[lane], passed.bytes);
    std::memset(warp.localState + at, stateKnown, passed.bytes);
  });
}

uint64_t loadFor(Warp &warp, const Op &op, unsigned lane, uint64_t address, unsigned bytes) {
  AccessPlan plan{op, AccessKind::Read, 0};
  Addresses addresses{};
  addresses[lane] = address;
  uint64_t value = 0;
  auto take = [&](unsigned, const uint8_t *data) { std::memcpy(&value, data, bytes); };
  if (bytes == 1)
    accessLanes<1>(warp, Space::Generic, plan, addresses, 1u << lane, take);
  else if (bytes == 4)
    accessLanes<4>(warp, Space::Generic, plan, addresses, 1u << lane, take);
  else
    accessLanes<8>(warp, Space::Generic, plan, addresses, 1u << lane, take);
  return value;
}

std::string textFor(Warp &warp, const Op &op, unsigned lane, uint64_t address) {
  std::string text;
  while (text.size() < longestText) {
    char c = static_cast<char>(loadFor(warp, op, lane, address + text.size(), 1));
    if (!c)
      break;
    text += c;
  }
  return text;
}

static std::string place(const char *what, uint32_t x, uint32_t y, uint32_t z) {
  return std::string(what) + ": [" + std::to_string(x) + "," + std::to_string(y) + "," +
         std::to_string(z) + "]";
}

/// __assertfail(message, file, line, function, size of a character)
static Step failAssertion(Warp &warp, const Op &op, uint32_t mask) {
  Launch &launch = *warp.block->launch;
  std::string first;
  forLanes(mask, [&](unsigned lane) {
    std::string where = textFor(warp, op, lane, argumentOf(warp, op, 1, lane)) + ":" +
                        std::to_string(argumentOf(warp, op, 2, lane)) + ": " +
                        textFor(warp, op, lane, argumentOf(warp, op, 3, lane));
    std::string condition = textFor(warp, op, lane, argumentOf(warp, op, 0, lane));
    const uint32_t *id = warp.block->id;
    launch.print(/*isError=*/true,
                 where + ": " + place("block", id[0], id[1], id[2]) + ", " +
                     place("thread", warp.tid[0][lane], warp.tid[1][lane], warp.tid[2][lane]) +
                     " Assertion `" + condition + "` failed.\n");
    if (first.empty())
      first = "`" + condition + "` in " + where;
  });
  launch.hasFailedAssertion = true;
  return stopLaunch(warp, mask, "an assertion has failed: " + first + ": the kernel stops here");
}

static Step callMalloc(Warp &warp, const Op &op, uint32_t mask) {
  KernelHeap *heap = warp.block->launch->heap;
  std::array<uint64_t, 32> addresses{};
  forLanes(mask, [&](unsigned lane) {
    addresses[lane] = heap ? heap->allocate(argumentOf(warp, op, 0, lane)) : 0;
  });
  returnValues(warp, op, mask, addresses);
  return Step::Next;
}

static Step callFree(Warp &warp, const Op &op, uint32_t mask) {
  Launch &launch = *warp.block->launch;
  forLanes(mask, [&](unsigned lane) {
    uint64_t address = argumentOf(warp, op, 0, lane);
    if (!address || (launch.heap && launch.heap->free(address)))
      return;
    launch.violations.add(warp, warp.pc, ViolationKind::InvalidInstruction, lane, address, [] {
      return std::string("free of what malloc has not given, or of what has been freed already");
    });
  });
  return Step::Next;
}

const SystemFunction *findSystemFunction(std::string_view name) {
  static const SystemFunction list[] = {
      {"vprintf", {8, 8}, 4, callPrintf, /*usesHeap=*/false},
      {"__assertfail", {8, 8, 4, 8, 8}, 0, failAssertion, /*usesHeap=*/false},
      {"malloc", {8}, 8, callMalloc, /*usesHeap=*/true},
      {"free", {8}, 0, callFree, /*usesHeap=*/true},
  };
  for (const SystemFunction &function : list)
    if (function.name == name)
      return &function;
  return nullptr;
}

} // namespace mmc::emulator
