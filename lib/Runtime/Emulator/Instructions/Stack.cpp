// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// alloca, stacksave and stackrestore: local memory whose size is known only when the kernel runs.
// It grows downwards from the end of a thread's stack; frames grow upwards from its begin.

#include "../Execute/Block.h"
#include "Control.h"

#include <algorithm>

namespace mmc::emulator {

namespace {

constexpr uint64_t stackAlignment = 8; ///< of alloca without an alignment, and at least
constexpr uint64_t maxAlignment = 1 << 20;
constexpr uint64_t guard = 16; ///< bytes above, to notice what runs over

std::array<uint32_t, 32> &tops(Warp &warp) { return warp.stackTops[warp.frames[warp.frame].depth]; }

void setStates(Warp &warp, unsigned lane, uint64_t begin, uint64_t end, uint8_t state) {
  std::memset(warp.localState + size_t(lane) * warp.stackBytes + begin, state, end - begin);
}

uint64_t read(const Warp &warp, uint32_t operand, unsigned width, unsigned lane) {
  return width == 4 ? warp.source<uint32_t>(operand)[lane] : warp.source<uint64_t>(operand)[lane];
}
void write(Warp &warp, uint32_t operand, unsigned width, unsigned lane, uint64_t value) {
  if (width == 4)
    warp.destination<uint32_t>(operand)[lane] = static_cast<uint32_t>(value);
  else
    warp.destination<uint64_t>(operand)[lane] = value;
}

Step allocate(Warp &warp, const Op &op, uint32_t mask) {
  const uint64_t lowest = warp.block->launch->program.dynamicStackBegin;
  const uint64_t alignment = static_cast<uint64_t>(op.imm);
  uint32_t failed = 0;
  forLanes(mask, [&](unsigned lane) {
    uint32_t &top = tops(warp)[lane];
    uint64_t bytes = read(warp, op.a, op.width, lane), room = top - lowest;
    uint64_t begin =
        bytes + guard <= room && bytes <= room ? (top - guard - bytes) / alignment * alignment : 0;
    if (begin < lowest) {
      failed |= 1u << lane;
      return;
    }
    setStates(warp, lane, begin, begin + bytes, stateUnknown);
    top = static_cast<uint32_t>(begin);
    write(warp, op.dst, op.width, lane, begin);
  });
  if (!failed)
    return Step::Next;
  warp.block->launch->violations.add(
      warp, warp.pc, ViolationKind::LocalOutOfBounds, __builtin_ctz(failed), 0,
      [&] { return std::string("the stack overflows: alloca asks for more than is left"); });
  return warp.exitLanes(failed);
}

Step save(Warp &warp, const Op &op, uint32_t mask) {
  forLanes(mask, [&](unsigned lane) { write(warp, op.dst, op.width, lane, tops(warp)[lane]); });
  return Step::Next;
}

Step restore(Warp &warp, const Op &op, uint32_t mask) {
  forLanes(mask, [&](unsigned lane) {
    uint32_t &top = tops(warp)[lane];
    uint64_t to = read(warp, op.a, op.width, lane);
    if (to < top || to > warp.stackBytes) {
      warp.block->launch->violations.add(
          warp, warp.pc, ViolationKind::InvalidInstruction, lane, to,
          [] { return std::string("the register has no value that stacksave gave"); });
      return;
    }
    setStates(warp, lane, top, to, stateNone);
    top = static_cast<uint32_t>(to);
  });
  return Step::Next;
}

void buildAllocate(Builder &b, const Instruction &in) {
  Op &op = b.op();
  op.width = static_cast<uint8_t>(sizeOf(in.type()));
  op.dst = b.destination(0, in.type());
  op.a = b.source(1, in.type());
  op.imm = stackAlignment;
  if (in.operands.size() > 2) {
    int64_t alignment = b.constant(2, 1, maxAlignment);
    if (alignment & (alignment - 1))
      b.error(in.operands[2],
              "an alignment must be a power of two, got: " + std::to_string(alignment));
    op.imm = std::max<int64_t>(alignment, stackAlignment);
  }
  b.run(allocate);
}
void buildSave(Builder &b, const Instruction &in) {
  b.op().width = static_cast<uint8_t>(sizeOf(in.type()));
  b.op().dst = b.destination(0, in.type());
  b.run(save);
}
void buildRestore(Builder &b, const Instruction &in) {
  b.op().width = static_cast<uint8_t>(sizeOf(in.type()));
  if (in.operands[0].kind != OperandKind::Register)
    return b.error(in.operands[0], "expected a register");
  b.op().a = b.source(0, in.type());
  b.run(restore);
}

} // namespace

void addStackRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Control;
  Rows mine = {
      {"alloca", "<u32|u64>", "d, bytes[, alignment]", c, buildAllocate},
      {"stacksave", "<u32|u64>", "d", c, buildSave},
      {"stackrestore", "<u32|u64>", "a", c, buildRestore},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

void enterDynamicStack(Warp &warp, uint32_t depth, uint32_t mask) {
  if (warp.stackTops.size() <= depth)
    warp.stackTops.resize(depth + 1);
  for (unsigned lane = 0; lane < 32; ++lane)
    if (mask >> lane & 1)
      warp.stackTops[depth][lane] = warp.stackTops[depth - 1][lane];
}

void leaveDynamicStack(Warp &warp, uint32_t depth, uint32_t mask) {
  forLanes(mask, [&](unsigned lane) {
    setStates(warp, lane, warp.stackTops[depth][lane], warp.stackTops[depth - 1][lane], stateNone);
  });
}

} // namespace mmc::emulator
