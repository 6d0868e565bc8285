// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ldmatrix, stmatrix, movmatrix.

#include "../Execute/Access.h"
#include "MatrixElements.h"

namespace mmc::emulator {

namespace {

/// Row `row` of matrix m comes from, or goes to, the address of lane 8 m + row.
Step loadMatrix(Warp &warp, const Op &op, uint32_t mask) {
  return together(warp, op.d, mask, [&](uint32_t lanes, uint32_t) {
    if (!checkWhole(warp, lanes))
      return;
    Addresses addresses;
    computeAddresses(warp, op, addresses);
    uint16_t rows[32][8] = {};
    uint32_t suppliers = op.count == 4 ? fullMask : (1u << 8 * op.count) - 1;
    accessLanes<16>(warp, op.space, {op, AccessKind::Read, op.flags}, addresses, suppliers,
                    [&](unsigned lane, const uint8_t *data) { std::memcpy(rows[lane], data, 16); });
    const uint32_t *list = &warp.block->launch->program.lists[op.list];
    for (unsigned m = 0; m < op.count; ++m)
      for (unsigned lane = 0; lane < 32; ++lane) {
        unsigned group = lane / 4, pair = 2 * (lane % 4);
        uint16_t low = op.isSigned ? rows[8 * m + pair][group] : rows[8 * m + group][pair];
        uint16_t high = op.isSigned ? rows[8 * m + pair + 1][group] : rows[8 * m + group][pair + 1];
        warp.destination<uint32_t>(list[m])[lane] = low | uint32_t(high) << 16;
      }
  });
}
Step storeMatrix(Warp &warp, const Op &op, uint32_t mask) {
  return together(warp, op.d, mask, [&](uint32_t lanes, uint32_t) {
    if (!checkWhole(warp, lanes))
      return;
    Addresses addresses;
    computeAddresses(warp, op, addresses);
    uint16_t rows[32][8] = {};
    const uint32_t *list = &warp.block->launch->program.lists[op.list];
    for (unsigned m = 0; m < op.count; ++m)
      for (unsigned lane = 0; lane < 32; ++lane) {
        unsigned group = lane / 4, pair = 2 * (lane % 4);
        uint32_t value = warp.source<uint32_t>(list[m])[lane];
        (op.isSigned ? rows[8 * m + pair][group] : rows[8 * m + group][pair]) =
            static_cast<uint16_t>(value);
        (op.isSigned ? rows[8 * m + pair + 1][group] : rows[8 * m + group][pair + 1]) =
            static_cast<uint16_t>(value >> 16);
      }
    uint32_t suppliers = op.count == 4 ? fullMask : (1u << 8 * op.count) - 1;
    accessLanes<16>(warp, op.space, {op, AccessKind::Write, op.flags}, addresses, suppliers,
                    [&](unsigned lane, uint8_t *data) { std::memcpy(data, rows[lane], 16); });
  });
}

void buildMatrixAccess(Builder &b, const Instruction &in, bool isStore) {
  Op &op = b.op();
  op.count = in.has("x4") ? 4 : in.has("x2") ? 2 : 1;
  op.isSigned = in.has("trans");
  bool isGeneric = !in.has("shared") && !in.has("shared::cta");
  b.address(isStore ? 0 : 1, isGeneric ? Space::Generic : Space::Shared);
  op.d = b.constantBits(fullMask, 4);
  std::vector<uint32_t> list;
  for (const Operand *element : b.elements(isStore ? 1 : 0, op.count))
    list.push_back(isStore ? b.source(*element, Type::B32) : b.destination(*element, Type::B32));
  op.list = b.addList(list);
  b.run(isStore ? storeMatrix : loadMatrix);
}
void buildLoadMatrix(Builder &b, const Instruction &in) { buildMatrixAccess(b, in, false); }
void buildStoreMatrix(Builder &b, const Instruction &in) { buildMatrixAccess(b, in, true); }

Step transpose(Warp &warp, const Op &op, uint32_t mask) {
  return together(warp, op.d, mask, [&](uint32_t lanes, uint32_t) {
    if (!checkWhole(warp, lanes))
      return;
    const uint32_t *a = warp.source<uint32_t>(op.a);
    uint16_t elements[8][8];
    for (unsigned lane = 0; lane < 32; ++lane)
      for (unsigned i = 0; i < 2; ++i)
        elements[lane / 4][2 * (lane % 4) + i] = static_cast<uint16_t>(a[lane] >> 16 * i);
    for (unsigned lane = 0; lane < 32; ++lane)
      warp.destination<uint32_t>(op.dst)[lane] =
          elements[2 * (lane % 4)][lane / 4] | uint32_t(elements[2 * (lane % 4) + 1][lane / 4])
                                                   << 16;
  });
}
void buildTranspose(Builder &b, const Instruction &) {
  b.op().dst = b.destination(0, Type::B32);
  b.op().a = b.source(1, Type::B32);
  b.op().d = b.constantBits(fullMask, 4);
  b.run(transpose);
}

} // namespace

void addMatrixAccessRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Matrix;
  Rows mine = {
      {"ldmatrix", "sync aligned m8n8 <x1|x2|x4> [trans] [shared|shared::cta] b16", "d, [a]", c,
       buildLoadMatrix},
      {"stmatrix", "sync aligned m8n8 <x1|x2|x4> [trans] [shared|shared::cta] b16", "[a], b", c,
       buildStoreMatrix, 90},
      {"movmatrix", "sync aligned m8n8 trans b16", "d, a", c, buildTranspose},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
