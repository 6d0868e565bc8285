// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Instructions for clusters, of which each is one block: barrier.cluster, mapa, getctarank, fences;
// setmaxnreg.

#include "../Execute/Access.h"
#include "Alu.h"

namespace mmc::emulator {

namespace {

Step arrive(Warp &warp, const Op &op, uint32_t mask) {
  warp.block->arriveAtCluster(warp, mask, op.flags & accessRelease);
  return Step::Next;
}
Step wait(Warp &warp, const Op &, uint32_t mask) { return warp.block->waitForCluster(warp, mask); }

void buildArrive(Builder &b, const Instruction &in) {
  b.op().flags = in.has("relaxed") ? 0 : accessRelease;
  b.run(arrive);
}
void buildWait(Builder &b, const Instruction &) { b.run(wait); }

/// The address in the block of that rank: there is no other block than this one.
template <typename T>
Step mapAddress(Warp &warp, const Op &op, uint32_t mask) {
  const T *a = warp.source<T>(op.a);
  const uint32_t *ranks = warp.source<uint32_t>(op.b);
  forLanes(mask, [&](unsigned lane) {
    if (ranks[lane])
      warp.block->launch->violations.add(
          warp, warp.pc, ViolationKind::InvalidInstruction, lane, a[lane], [&] {
            return "a cluster has one block here, the rank is " + std::to_string(ranks[lane]);
          });
  });
  store(warp.destination<T>(op.dst), mask, [&](unsigned lane) { return a[lane]; });
  return Step::Next;
}

/// A register, or the address of a variable of shared memory.
uint32_t sharedAddress(Builder &b, const Operand &operand, bool isGeneric, Type type) {
  if (operand.kind != OperandKind::Variable)
    return b.source(operand, type);
  bool frameRelative = false;
  int64_t value = 0;
  if (operand.variable->space != Space::Shared)
    b.error(operand, "'" + operand.name + "' does not lie in shared memory");
  else
    b.symbolValue(operand, value, frameRelative, isGeneric);
  return b.constantBits(static_cast<uint64_t>(value), sizeOf(type));
}

void buildMapAddress(Builder &b, const Instruction &in) {
  Op &op = b.op();
  op.dst = b.destination(0, in.type());
  op.a = sharedAddress(b, in.operands[1], !in.has("shared::cluster"), in.type());
  op.b = b.source(2, Type::U32);
  b.run(sizeOf(in.type()) == 8 ? mapAddress<uint64_t> : mapAddress<uint32_t>);
}

Step rank(Warp &warp, const Op &op, uint32_t mask) {
  store(warp.destination<uint32_t>(op.dst), mask, [](unsigned) { return 0u; });
  return Step::Next;
}
void buildRank(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, Type::U32);
  sharedAddress(b, in.operands[1], !in.has("shared::cluster"), in.type());
  b.run(rank);
}

Step nothing(Warp &, const Op &, uint32_t) { return Step::Next; }
void buildSetRegisters(Builder &b, const Instruction &in) {
  if (b.constant(0, 24, 256) % 8)
    return b.error(in.operands[0], "a number of registers is a multiple of 8");
  b.run(nothing);
}

/// As fence.acq_rel: what this warp has done may be published by a later atomic or volatile store.
Step fence(Warp &warp, const Op &, uint32_t mask) {
  warp.fence(mask, /*forAll=*/false);
  return Step::Next;
}
void buildFence(Builder &b, const Instruction &) { b.run(fence); }
/// Whoever reads with a strong access knows what was published: acquiring does nothing more.
void buildAcquire(Builder &b, const Instruction &) { b.run(nothing); }

} // namespace

void addClusterRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Barrier;
  Rows mine = {
      {"barrier", "cluster arrive [release|relaxed] [aligned]", "", c, buildArrive, 90},
      {"barrier", "cluster wait [acquire] [aligned]", "", c, buildWait, 90},
      {"fence", "mbarrier_init release cluster", "", c, buildFence, 90},
      // A cluster's shared memory is the block's: fences restricted to it order no less.
      {"fence", "acquire sync_restrict::shared::cluster cluster", "", c, buildAcquire, 90},
      {"fence", "release sync_restrict::shared::cta cluster", "", c, buildFence, 90},
      {"mapa", "[shared::cluster] <u32|u64>", "d, a, b", InstructionClass::Move, buildMapAddress,
       90},
      {"getctarank", "[shared::cluster] <u32|u64>", "d, a", InstructionClass::Move, buildRank, 90},
      {"setmaxnreg", "<inc|dec> sync aligned u32", "n", InstructionClass::Control,
       buildSetRegisters, 90, true},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
