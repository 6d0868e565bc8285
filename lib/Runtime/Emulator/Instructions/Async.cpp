// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cp.async and its groups. Data is read when the copy is issued and arrives in shared memory when
// the thread waits for it, as late as a chip may let it arrive; what reads it before is reported.

#include "../Execute/Access.h"
#include "Alu.h"
#include "CacheHints.h"

#include <algorithm>

namespace mmc::emulator {

namespace {

/// [a] is the destination, b + list the source.
template <unsigned N>
Step copy(Warp &warp, const Op &op, uint32_t mask) {
  Addresses to, from;
  computeAddresses(warp, op, to);
  const uint64_t *base = warp.source<uint64_t>(op.b);
  const uint32_t *list = &warp.block->launch->program.lists[op.list];
  uint64_t offset = list[0] | uint64_t(list[1]) << 32;
  for (unsigned lane = 0; lane < 32; ++lane)
    from[lane] = base[lane] + offset;
  std::array<std::array<uint8_t, 16>, 32> data{};
  uint32_t whole = mask, partial = 0;
  if (op.d != noOperand) { // a predicate: ignore the source
    uint32_t ignored = warp.predicate(op.d, op.isSigned);
    whole &= ~ignored;
  } else if (op.c != noOperand) {
    const uint32_t *bytes = warp.source<uint32_t>(op.c);
    forLanes(mask, [&](unsigned lane) {
      if (bytes[lane] == N)
        return;
      whole &= ~(1u << lane);
      if (bytes[lane] > N)
        warp.block->launch->violations.add(
            warp, warp.pc, ViolationKind::InvalidInstruction, lane, 0, [&] {
              return "the source has " + std::to_string(bytes[lane]) + " bytes, more than the " +
                     std::to_string(N) + " that are copied";
            });
      else if (bytes[lane])
        partial |= 1u << lane;
    });
    forLanes(partial, [&](unsigned lane) {
      for (uint32_t i = 0; i < bytes[lane]; ++i) {
        Addresses byte = from;
        byte[lane] += i;
        accessGlobal<1>(warp, Space::Global, {op, AccessKind::Read, 0}, byte, 1u << lane,
                        [&](unsigned l, const uint8_t *p) { data[l][i] = *p; });
      }
    });
  }
  if (whole)
    accessGlobal<N>(warp, Space::Global, {op, AccessKind::Read, 0}, from, whole,
                    [&](unsigned lane, const uint8_t *p) { std::memcpy(data[lane].data(), p, N); });
  Block &block = *warp.block;
  accessShared<N>(warp, {op, AccessKind::Write, 0}, to, mask, [&](unsigned lane, uint8_t *) {
    PendingCopy pending;
    pending.offset = static_cast<uint32_t>(to[lane] - sharedBegin);
    pending.bytes = N;
    pending.data = data[lane];
    LaneCopies &copies = copiesOf(warp, lane);
    pending.number = copies.issued++;
    copies.groups.back().push_back(pending);
    // Not before the checks: they are about what was there.
  });
  forLanes(mask, [&](unsigned lane) {
    if (!warp.copies)
      return;
    for (const PendingCopy &pending : copiesOf(warp, lane).groups.back())
      for (unsigned i = 0; i < pending.bytes; ++i)
        block.sharedState[pending.offset + i] |= statePending;
  });
  return Step::Next;
}

Step commit(Warp &warp, const Op &, uint32_t mask) {
  if (warp.copies)
    forLanes(mask, [&](unsigned lane) { copiesOf(warp, lane).groups.emplace_back(); });
  return Step::Next;
}

Step wait(Warp &warp, const Op &op, uint32_t mask) {
  if (!warp.copies)
    return Step::Next;
  forLanes(mask, [&](unsigned lane) {
    std::vector<std::vector<PendingCopy>> &groups = copiesOf(warp, lane).groups;
    size_t keep = static_cast<size_t>(op.imm) + 1;
    while (groups.size() > keep) {
      deliver(warp, groups.front());
      groups.erase(groups.begin());
    }
  });
  return Step::Next;
}
Step waitAll(Warp &warp, const Op &, uint32_t mask) {
  if (!warp.copies)
    return Step::Next;
  forLanes(mask, [&](unsigned lane) {
    LaneCopies &copies = copiesOf(warp, lane);
    for (const std::vector<PendingCopy> &group : copies.groups)
      deliver(warp, group);
    copies.groups.assign(1, {});
  });
  return Step::Next;
}

void buildCopy(Builder &b, const Instruction &in) {
  Op &op = b.op();
  int64_t bytes = b.constant(2, 4, 16);
  if ((bytes != 4 && bytes != 8 && bytes != 16) || (in.has("cg") && bytes != 16))
    return b.error(in.operands[2], in.has("cg") ? "cp.async.cg copies 16 bytes"
                                                : "cp.async.ca copies 4, 8 or 16 bytes");
  b.address(0, Space::Shared);
  Op source;
  b.address(in.operands[1], Space::Global, source);
  op.b = source.a == noOperand ? b.constantBits(0, 8) : source.a;
  op.list = b.addList({static_cast<uint32_t>(source.imm),
                       static_cast<uint32_t>(static_cast<uint64_t>(source.imm) >> 32)});
  size_t at = 3;
  if (in.operands.size() > at && !(in.has("L2::cache_hint") && in.operands.size() == at + 1)) {
    if (in.operands[at].kind == OperandKind::Predicate)
      op.d = b.predicateSource(in.operands[at], op.isSigned);
    else
      op.c = b.source(at, Type::U32);
    ++at;
  }
  takePolicy(b, in, at);
  b.run(bytes == 4 ? copy<4> : bytes == 8 ? copy<8> : copy<16>);
}
void buildCommit(Builder &b, const Instruction &) { b.run(commit); }
void buildWait(Builder &b, const Instruction &) {
  b.op().imm = b.constant(0, 0, 1 << 20);
  b.run(wait);
}
void buildWaitAll(Builder &b, const Instruction &) { b.run(waitAll); }

} // namespace

void addAsyncRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::AsyncCopy;
  Rows mine = {
      {"cp",
       "async <ca|cg> <shared|shared::cta> global [L2::cache_hint] [L2::64B|L2::128B|L2::256B]",
       "[d], [a], bytes[, source-bytes][, policy]", c, buildCopy},
      {"cp", "async commit_group", "", c, buildCommit},
      {"cp", "async wait_group", "n", c, buildWait},
      {"cp", "async wait_all", "", c, buildWaitAll},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
