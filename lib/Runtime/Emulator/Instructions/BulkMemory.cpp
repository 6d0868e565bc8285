// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Instructions of one thread on many bytes, in order with its other accesses: st.bulk, discard.

#include "../Execute/Access.h"
#include "Alu.h"

namespace mmc::emulator {

namespace {

constexpr unsigned storeUnit = 8; ///< sizes and addresses of st.bulk are multiples of it
constexpr unsigned line = 128;    ///< bytes that discard takes

/// st.bulk [a], bytes, 0: zeros in shared memory, lane after lane.
Step storeZeros(Warp &warp, const Op &op, uint32_t mask) {
  Addresses begins;
  computeAddresses(warp, op, begins);
  const uint64_t *sizes = warp.source<uint64_t>(op.b);
  forLanes(mask, [&](unsigned lane) {
    if (sizes[lane] % storeUnit) {
      warp.block->launch->violations.add(
          warp, warp.pc, ViolationKind::InvalidInstruction, lane, begins[lane], [&] {
            return "st.bulk writes a multiple of 8 bytes, got: " + std::to_string(sizes[lane]);
          });
      return;
    }
    Addresses at = begins;
    for (uint64_t done = 0; done < sizes[lane]; done += storeUnit) {
      at[lane] = begins[lane] + done;
      // The first byte outside ends it: all that follow would be reported as well.
      if (!accessLanes<storeUnit>(warp, op.space, {op, AccessKind::Write, op.flags}, at, 1u << lane,
                                  [](unsigned, uint8_t *data) { std::memset(data, 0, storeUnit); }))
        return;
    }
  });
  return Step::Next;
}
void buildStoreZeros(Builder &b, const Instruction &in) {
  Op &op = b.op();
  op.size = storeUnit;
  b.address(0, in.has("shared::cta") ? Space::Shared : Space::Generic);
  op.b = b.source(1, Type::U64);
  b.constant(2, 0, 0);
  b.run(storeZeros);
}

/// discard [a], 128: what is there is lost. Nobody may rely on what comes instead, so it may stay.
Step discard(Warp &warp, const Op &op, uint32_t mask) {
  Addresses addresses;
  computeAddresses(warp, op, addresses);
  forLanes(mask, [&](unsigned lane) {
    if (addresses[lane] % line)
      reportMisaligned(warp, Space::Global, line, addresses[lane], lane, AccessKind::Write);
  });
  return Step::Next;
}
void buildDiscard(Builder &b, const Instruction &in) {
  b.address(0, in.has("global") ? Space::Global : Space::Generic);
  b.constant(1, line, line);
  b.run(discard);
}

} // namespace

void addBulkMemoryRows(Rows &rows) {
  Rows mine = {
      {"st", "bulk [weak] [shared::cta]", "[a], bytes, 0", InstructionClass::Store, buildStoreZeros,
       100},
      {"discard", "[global] L2", "[a], bytes", InstructionClass::Store, buildDiscard},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
