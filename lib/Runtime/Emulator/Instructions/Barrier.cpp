// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// bar and barrier: sync, arrive, red.

#include "../Execute/Block.h"
#include "Alu.h"
#include "BarrierKinds.h"

namespace mmc::emulator {

namespace {

enum BarrierFlags : uint8_t {
  barrierAligned = 1,
  barrierArrive = 2,
  barrierPopc = 4,
  barrierAnd = 8,
  barrierOr = 16
};
constexpr uint8_t barrierReduces = barrierPopc | barrierAnd | barrierOr;

Step invalid(Warp &warp, uint32_t mask, const std::string &why) {
  warp.block->launch->violations.add(warp, warp.pc, ViolationKind::InvalidInstruction,
                                     __builtin_ctz(mask), 0, [&] { return why; });
  return Step::Next;
}

Step barrier(Warp &warp, const Op &op, uint32_t mask) {
  bool isForced = warp.isForced;
  warp.isForced = false;
  if ((op.flags & barrierAligned) && mask != warp.live && !isForced) {
    // The rest of the warp may be on its way here.
    warp.split(warp.mask & ~mask, warp.pc + 1);
    warp.absorb(GroupState::AtAlignedBarrier, 0);
    mask = warp.mask;
    if (mask != warp.live) {
      Group waiting{warp.pc, mask, warp.frame, GroupState::AtAlignedBarrier};
      return warp.wait(waiting);
    }
  }
  unsigned first = __builtin_ctz(mask);
  uint32_t number = warp.source<uint32_t>(op.a)[first];
  uint32_t expected = op.b == noOperand ? 0 : warp.source<uint32_t>(op.b)[first];
  if (number >= 16)
    return invalid(warp, mask, "there are barriers 0 to 15, got: " + std::to_string(number));
  if (expected % 32 || (op.b != noOperand && !expected))
    return invalid(warp, mask,
                   "a barrier's number of threads is a multiple of 32, got: " +
                       std::to_string(expected));
  Block &block = *warp.block;
  uint32_t threads = op.flags & barrierAligned ? 32 : __builtin_popcount(mask);
  bool waits = !(op.flags & barrierArrive);
  if (op.flags & barrierReduces) {
    uint32_t value = warp.predicate(op.c, op.isSigned) & mask;
    block.barriers[number].trueCount += __builtin_popcount(value);
    block.barriers[number].voters += __builtin_popcount(mask);
  }
  block.arrive(warp, number, mask, threads, expected, waits);
  if (!waits)
    return Step::Next;
  if (warp.mask) {
    ++warp.pc;
    return Step::Jump;
  }
  return warp.resume() ? Step::Jump : Step::Yield;
}

/// Operands: [d,] barrier[, threads][, predicate].
void build(Builder &b, const Instruction &in) {
  Op &op = b.op();
  bool reduces = in.has("red"), arrives = in.has("arrive");
  size_t at = 0, count = in.operands.size();
  op.flags = in.opcode == "bar" || in.has("aligned") ? barrierAligned : 0;
  if (reduces) {
    op.flags |= in.has("popc") ? barrierPopc : in.has("and") ? barrierAnd : barrierOr;
    op.dst = in.has("popc") ? b.destination(0, Type::U32) : b.predicateDestination(in.operands[0]);
    at = 1;
    op.c = b.predicateSource(in.operands[count - 1], op.isSigned);
    --count;
  }
  if (arrives) {
    op.flags |= barrierArrive;
    if (count != 2)
      return b.error("an arrival needs the number of threads");
  }
  op.a = b.source(at, Type::U32);
  if (in.operands[at].kind == OperandKind::Integer)
    b.constant(at, 0, 15);
  if (count > at + 1) {
    op.b = b.source(at + 1, Type::U32);
    const Operand &threads = in.operands[at + 1];
    bool isNone = arrives && threads.value == 0;
    if (threads.kind == OperandKind::Integer && (threads.value % 32 || isNone))
      return b.error(threads, "a barrier's number of threads is a multiple of 32" +
                                  std::string(arrives ? ", not 0" : "") +
                                  ", got: " + std::to_string(threads.value));
  }
  b.run(barrier);
}

} // namespace

bool isAlignedBarrier(const Op &op) { return op.flags & barrierAligned; }

void writeBarrierResult(Warp &warp, const Op &op, uint32_t lanes, uint32_t trueCount,
                        uint32_t voters) {
  if (!(op.flags & barrierReduces))
    return;
  if (op.flags & barrierPopc)
    forLanes(lanes, [&](unsigned lane) { warp.destination<uint32_t>(op.dst)[lane] = trueCount; });
  else
    warp.setPredicate(op.dst,
                      (op.flags & barrierAnd ? trueCount == voters : trueCount > 0) ? fullMask : 0,
                      lanes);
}

void addBarrierRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Barrier;
  Rows mine = {
      {"bar", "[cta] sync", "a[, b]", c, build},
      {"bar", "[cta] arrive", "a, b", c, build},
      {"bar", "[cta] red popc u32", "d, a[, b], p", c, build},
      {"bar", "[cta] red <and|or> pred", "d, a[, b], p", c, build},
      {"barrier", "[cta] sync [aligned]", "a[, b]", c, build},
      {"barrier", "[cta] arrive [aligned]", "a, b", c, build},
      {"barrier", "[cta] red popc [aligned] u32", "d, a[, b], p", c, build},
      {"barrier", "[cta] red <and|or> [aligned] pred", "d, a[, b], p", c, build},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
