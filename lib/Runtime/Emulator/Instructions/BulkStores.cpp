// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cp.async.bulk and cp.reduce.async.bulk from shared to global memory, and their groups. Shared
// memory is read when the copy is issued, and must stay as it is until the thread waits; global
// memory is written when it waits.

#include "BulkCopies.h"
#include "CacheHints.h"
#include "Reductions.h"

namespace mmc::emulator {

namespace {

/// Combines 16 bytes in memory with 16 that come.
using Reduction = void (*)(uint8_t *memory, const uint8_t *operand);
template <typename T, typename F>
void reduceUnit(uint8_t *memory, const uint8_t *operand) {
  for (unsigned i = 0; i < bulkUnit; i += sizeof(T)) {
    T a, b;
    std::memcpy(&a, memory + i, sizeof(T));
    std::memcpy(&b, operand + i, sizeof(T));
    a = F::apply(a, b);
    std::memcpy(memory + i, &a, sizeof(T));
  }
}

struct ReductionRow {
  const char *name;
  Type type;
  Reduction reduce;
};
constexpr ReductionRow reductions[] = {{"add", Type::U32, reduceUnit<uint32_t, AddInteger>},
                                       {"add", Type::S32, reduceUnit<uint32_t, AddInteger>},
                                       {"add", Type::U64, reduceUnit<uint64_t, AddInteger>},
                                       {"add", Type::F32, reduceUnit<uint32_t, AddSingle<true>>},
                                       {"add", Type::F64, reduceUnit<uint64_t, AddDouble>},
                                       {"add", Type::F16, reduceUnit<uint16_t, AddHalf<false>>},
                                       {"add", Type::BF16, reduceUnit<uint16_t, AddHalf<true>>},
                                       {"min", Type::U32, reduceUnit<uint32_t, Min>},
                                       {"min", Type::S32, reduceUnit<int32_t, Min>},
                                       {"min", Type::U64, reduceUnit<uint64_t, Min>},
                                       {"min", Type::S64, reduceUnit<int64_t, Min>},
                                       {"max", Type::U32, reduceUnit<uint32_t, Max>},
                                       {"max", Type::S32, reduceUnit<int32_t, Max>},
                                       {"max", Type::U64, reduceUnit<uint64_t, Max>},
                                       {"max", Type::S64, reduceUnit<int64_t, Max>},
                                       {"inc", Type::U32, reduceUnit<uint32_t, Increment>},
                                       {"dec", Type::U32, reduceUnit<uint32_t, Decrement>},
                                       {"and", Type::B32, reduceUnit<uint32_t, And>},
                                       {"and", Type::B64, reduceUnit<uint64_t, And>},
                                       {"or", Type::B32, reduceUnit<uint32_t, Or>},
                                       {"or", Type::B64, reduceUnit<uint64_t, Or>},
                                       {"xor", Type::B32, reduceUnit<uint32_t, Xor>},
                                       {"xor", Type::B64, reduceUnit<uint64_t, Xor>}};
constexpr uint32_t noReduction = ~0u;

/// Marks what bulk stores of the block are still to read.
void markReads(Block &block, uint32_t begin, uint32_t end) {
  for (uint32_t i = begin; i < end; ++i)
    block.sharedState[i] &= static_cast<uint8_t>(~stateRead);
  for (Warp &warp : block.warps) {
    if (!warp.copies)
      continue;
    for (const LaneCopies &copies : *warp.copies)
      for (const auto &group : copies.bulkGroups)
        for (const BulkStore &store : group)
          for (uint32_t i = store.from; i < store.from + store.data.size() && !store.isRead; ++i)
            block.sharedState[i] |= i >= begin && i < end ? stateRead : 0;
  }
}

/// [destination], [source], bytes
Step copyToGlobal(Warp &warp, const Op &op, uint32_t mask) {
  Addresses to, from;
  computeAddresses(warp, op, to);
  computeAddresses(warp, listedAddress(warp, op, 0), from);
  const uint32_t *bytes = warp.source<uint32_t>(op.b);
  forLanes(mask, [&](unsigned lane) {
    if (!checkBulkSize(warp, lane, bytes[lane]))
      return;
    if (to[lane] % bulkUnit)
      return reportMisaligned(warp, Space::Global, bulkUnit, to[lane], lane, AccessKind::Write);
    BulkStore store;
    store.pc = warp.pc;
    store.to = to[lane];
    store.from = static_cast<uint32_t>(from[lane] - sharedBegin);
    store.data = readSharedBulk(warp, op, lane, from[lane], bytes[lane]);
    for (uint32_t i = 0; i < store.data.size(); ++i)
      warp.block->sharedState[store.from + i] |= stateRead;
    if (!store.data.empty())
      copiesOf(warp, lane).bulkGroups.back().push_back(std::move(store));
  });
  return Step::Next;
}

/// Reports name the copy, not what waited for it.
void writeGlobal(Warp &warp, unsigned lane, const BulkStore &store) {
  const Op &op = warp.code[store.pc];
  uint32_t pc = warp.pc;
  warp.pc = store.pc;
  bool isReduction = op.target != noReduction;
  AccessPlan plan{op, isReduction ? AccessKind::Atomic : AccessKind::Write,
                  static_cast<uint8_t>(accessAsync | (isReduction ? accessStrong : 0))};
  Addresses at{};
  for (size_t done = 0; done < store.data.size(); done += bulkUnit) {
    at[lane] = store.to + done;
    if (!accessGlobal<bulkUnit>(warp, Space::Global, plan, at, 1u << lane,
                                [&](unsigned, uint8_t *memory) {
                                  if (isReduction)
                                    reductions[op.target].reduce(memory, &store.data[done]);
                                  else
                                    std::memcpy(memory, &store.data[done], bulkUnit);
                                }))
      break;
  }
  warp.pc = pc;
}

Step commit(Warp &warp, const Op &, uint32_t mask) {
  if (warp.copies)
    forLanes(mask, [&](unsigned lane) { copiesOf(warp, lane).bulkGroups.emplace_back(); });
  return Step::Next;
}

Step wait(Warp &warp, const Op &op, uint32_t mask) {
  if (warp.copies)
    forLanes(mask, [&](unsigned lane) {
      completeBulkStores(warp, lane, static_cast<size_t>(op.imm) + 1, op.isSigned);
    });
  return Step::Next;
}

void buildStore(Builder &b, const Instruction &in) {
  Op &op = b.op();
  std::vector<uint32_t> list;
  b.address(0, Space::Global);
  addAddress(b, in.operands[1], Space::Shared, list);
  op.list = b.addList(list);
  op.b = b.source(2, Type::U32);
  takePolicy(b, in, 3);
  op.target = noReduction;
  for (uint32_t i = 0; i < std::size(reductions); ++i)
    if (in.opcode == "cp" && in.has("reduce") && in.has(reductions[i].name) &&
        in.type() == reductions[i].type)
      op.target = i;
  b.run(copyToGlobal);
}
void buildCommit(Builder &b, const Instruction &) { b.run(commit); }
void buildWait(Builder &b, const Instruction &in) {
  b.op().imm = b.constant(0, 0, 1 << 20);
  b.op().isSigned = in.has("read");
  b.run(wait);
}

} // namespace

void completeBulkStores(Warp &warp, unsigned lane, size_t keep, bool onlyReads) {
  auto &groups = copiesOf(warp, lane).bulkGroups;
  for (size_t i = 0; i + keep < groups.size(); ++i)
    for (BulkStore &store : groups[i]) {
      if (!store.isRead) {
        store.isRead = true;
        markReads(*warp.block, store.from, store.from + static_cast<uint32_t>(store.data.size()));
      }
      if (!onlyReads)
        writeGlobal(warp, lane, store);
    }
  if (!onlyReads && groups.size() > keep)
    groups.erase(groups.begin(), groups.end() - static_cast<std::ptrdiff_t>(keep));
}

void addBulkStoreRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::AsyncCopy;
#define TO_GLOBAL "async bulk global shared::cta bulk_group [L2::cache_hint]"
  constexpr const char *operands = "[d], [a], bytes[, policy]";
  Rows mine = {
      {"cp", TO_GLOBAL, operands, c, buildStore, 90},
      {"cp", "reduce " TO_GLOBAL " add <u32|s32|u64|f32|f64>", operands, c, buildStore, 90},
      {"cp", "reduce " TO_GLOBAL " add noftz <f16|bf16>", operands, c, buildStore, 90},
      {"cp", "reduce " TO_GLOBAL " <min|max> <u32|s32|u64|s64>", operands, c, buildStore, 90},
      {"cp", "reduce " TO_GLOBAL " <inc|dec> u32", operands, c, buildStore, 90},
      {"cp", "reduce " TO_GLOBAL " <and|or|xor> <b32|b64>", operands, c, buildStore, 90},
      {"cp", "async bulk commit_group", "", c, buildCommit, 90},
      {"cp", "async bulk wait_group [read]", "n", c, buildWait, 90},
  };
#undef TO_GLOBAL
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
