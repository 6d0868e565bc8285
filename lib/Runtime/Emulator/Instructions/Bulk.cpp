// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cp.async.bulk into shared memory, prefetches, fence.proxy. The source is read when the copy is
// issued; the bytes arrive when somebody waits for the phase of the mbarrier (Execute/Mbarriers.h).

#include "BulkCopies.h"
#include "CacheHints.h"

namespace mmc::emulator {

namespace {
constexpr unsigned addressWords = 4;
} // namespace

void addAddress(Builder &builder, const Operand &operand, Space space,
                std::vector<uint32_t> &list) {
  Op address;
  builder.address(operand, space, address);
  uint64_t offset = static_cast<uint64_t>(address.imm);
  list.insert(list.end(), {address.a, address.flags, static_cast<uint32_t>(offset),
                           static_cast<uint32_t>(offset >> 32)});
}

Op listedAddress(const Warp &warp, const Op &op, unsigned n) {
  const uint32_t *list = &warp.block->launch->program.lists[op.list + addressWords * n];
  Op address;
  address.space = Space::Shared;
  address.a = list[0];
  address.flags = static_cast<uint8_t>(list[1]);
  address.imm = static_cast<int64_t>(list[2] | uint64_t(list[3]) << 32);
  return address;
}

bool checkBulkSize(Warp &warp, unsigned lane, uint32_t bytes) {
  if (bytes % bulkUnit == 0)
    return true;
  warp.block->launch->violations.add(
      warp, warp.pc, ViolationKind::InvalidInstruction, lane, 0,
      [&] { return "a bulk copy has a multiple of 16 bytes, got: " + std::to_string(bytes); });
  return false;
}

/// What was written by ordinary stores must be made known to the async proxy before it is read
/// there: by a proxy fence of the writer, or of somebody who is ordered behind the writer.
static void checkProxyFence(Warp &warp, unsigned lane, uint64_t address) {
  Block &block = *warp.block;
  if (!block.launch->options.checkRaces)
    return;
  unsigned count = 0;
  RaceCell *cells =
      block.sharedCells.find(address - sharedBegin, bulkUnit, block.shared.size(), count);
  for (unsigned i = 0; i < count; ++i) {
    Stamp write = cells[i].write;
    if (!write.bits || write.isAsync() ||
        (!block.proxyFenced.empty() && block.proxyFenced[write.thread()] > write.clock()))
      continue;
    block.launch->violations.add(warp, warp.pc, ViolationKind::SharedRace, lane, address, [&] {
      return "the bulk copy reads what thread number " + std::to_string(write.thread()) +
             " of the block has written by an ordinary store: there is no fence.proxy.async "
             "between them";
    });
    return;
  }
}

std::vector<uint8_t> readSharedBulk(Warp &warp, const Op &op, unsigned lane, uint64_t address,
                                    uint32_t bytes) {
  std::vector<uint8_t> data;
  Addresses at{};
  for (uint32_t done = 0; done < bytes; done += bulkUnit) {
    at[lane] = address + done;
    uint8_t part[bulkUnit];
    if (!accessShared<bulkUnit>(
            warp, {op, AccessKind::Read, accessAsync}, at, 1u << lane,
            [&](unsigned, const uint8_t *from) { std::memcpy(part, from, bulkUnit); }))
      return {};
    checkProxyFence(warp, lane, at[lane]);
    data.insert(data.end(), part, part + bulkUnit);
  }
  return data;
}

namespace {

std::vector<uint8_t> readGlobalBulk(Warp &warp, const Op &op, unsigned lane, uint64_t address,
                                    uint32_t bytes) {
  std::vector<uint8_t> data(bytes);
  Addresses at{};
  for (uint32_t done = 0; done < bytes; done += bulkUnit) {
    at[lane] = address + done;
    if (!accessGlobal<bulkUnit>(
            warp, Space::Global, {op, AccessKind::Read, accessAsync}, at, 1u << lane,
            [&](unsigned, const uint8_t *from) { std::memcpy(&data[done], from, bulkUnit); }))
      break; // what follows cannot be read either
  }
  return data;
}

/// Whether shared memory may be written there; the bytes are marked as to come.
bool claimShared(Warp &warp, const Op &op, unsigned lane, uint64_t address, uint32_t bytes) {
  Block &block = *warp.block;
  Addresses at{};
  for (uint32_t done = 0; done < bytes; done += bulkUnit) {
    at[lane] = address + done;
    if (!accessShared<bulkUnit>(warp, {op, AccessKind::Write, accessAsync}, at, 1u << lane,
                                [](unsigned, uint8_t *) {}))
      return false;
    for (unsigned i = 0; i < bulkUnit; ++i)
      block.sharedState[at[lane] - sharedBegin + i] |= statePending;
  }
  return true;
}

/// [destination], [source], bytes, [mbarrier]
Step copyToShared(Warp &warp, const Op &op, uint32_t mask) {
  Mbarriers &all = warp.block->mbarriers;
  Op mbarrier = listedAddress(warp, op, 1);
  Addresses to, from, objects;
  computeAddresses(warp, op, to);
  computeAddresses(warp, listedAddress(warp, op, 0), from);
  computeAddresses(warp, mbarrier, objects);
  const uint32_t *bytes = warp.source<uint32_t>(op.b);
  forLanes(mask, [&](unsigned lane) {
    uint32_t offset = 0;
    if (!checkBulkSize(warp, lane, bytes[lane]) ||
        !Mbarriers::locate(warp, mbarrier, lane, objects[lane], AccessKind::Atomic, offset))
      return;
    Mbarrier *object = all.find(warp, lane, offset, AccessKind::Atomic);
    if (!object)
      return;
    PendingArrival arrival;
    arrival.warp = warp.index;
    arrival.lane = lane;
    arrival.pc = warp.pc;
    arrival.bytes = bytes[lane];
    arrival.offset = static_cast<uint32_t>(to[lane] - sharedBegin);
    // The destination first: it bounds the size.
    if (claimShared(warp, op, lane, to[lane], bytes[lane]))
      arrival.data = op.space == Space::Global
                         ? readGlobalBulk(warp, op, lane, from[lane], bytes[lane])
                         : readSharedBulk(warp, op, lane, from[lane], bytes[lane]);
    if (arrival.data.size() != bytes[lane])
      arrival.data.clear();
    arrival.published = warp.knowledge();
    all.start(*object, std::move(arrival));
  });
  warp.advanceClock();
  return Step::Next;
}

Step prefetch(Warp &warp, const Op &op, uint32_t mask) {
  Addresses at;
  computeAddresses(warp, op, at);
  const uint32_t *bytes = warp.source<uint32_t>(op.b);
  forLanes(mask, [&](unsigned lane) {
    checkBulkSize(warp, lane, bytes[lane]);
    if (at[lane] % bulkUnit)
      reportMisaligned(warp, Space::Global, bulkUnit, at[lane], lane, AccessKind::Read);
  });
  return Step::Next;
}

/// Ordinary accesses that the executing threads have made, or know of, are known to the async
/// proxy.
Step proxyFence(Warp &warp, const Op &, uint32_t mask) {
  Block &block = *warp.block;
  if (block.proxyFenced.empty())
    block.proxyFenced.resize(32 * block.warps.size());
  for (unsigned other = 0; other < block.warps.size(); ++other)
    for (unsigned i = 0; i < 32; ++i) {
      uint32_t known = other == warp.index ? warp.laneBase : warp.known[other];
      if (other == warp.index && mask >> i & 1)
        known = warp.clock + 1;
      else if (other == warp.index && warp.laneClocks)
        forLanes(mask,
                 [&](unsigned lane) { known = std::max(known, (*warp.laneClocks)[lane][i]); });
      uint32_t &fenced = block.proxyFenced[32 * other + i];
      fenced = std::max(fenced, known);
    }
  warp.advanceClock();
  return Step::Next;
}

Step nothing(Warp &, const Op &, uint32_t) { return Step::Next; }

void buildCopy(Builder &b, const Instruction &in) {
  Op &op = b.op();
  std::vector<uint32_t> list;
  b.address(0, Space::Shared);
  op.space = in.has("global") ? Space::Global : Space::Shared; // of the source
  addAddress(b, in.operands[1], op.space, list);
  op.b = b.source(2, Type::U32);
  addAddress(b, in.operands[3], Space::Shared, list);
  op.list = b.addList(list);
  takePolicy(b, in, 4);
  b.run(copyToShared);
}

void buildPrefetch(Builder &b, const Instruction &in) {
  b.address(0, Space::Global);
  b.op().b = b.source(1, Type::U32);
  takePolicy(b, in, 2);
  b.run(prefetch);
}

void buildProxyFence(Builder &b, const Instruction &in) {
  bool isOfShared = !in.has("alias") && !in.has("global") && !in.has("acquire");
  b.run(isOfShared ? proxyFence : nothing);
}

} // namespace

void addBulkRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::AsyncCopy;
  Rows mine = {
      {"cp",
       "async bulk <shared::cluster|shared::cta> global mbarrier::complete_tx::bytes "
       "[L2::cache_hint]",
       "[d], [a], bytes, [mbarrier][, policy]", c, buildCopy, 90},
      {"cp", "async bulk shared::cluster shared::cta mbarrier::complete_tx::bytes",
       "[d], [a], bytes, [mbarrier]", c, buildCopy, 90},
      {"cp", "async bulk prefetch L2 global [L2::cache_hint]", "[a], bytes[, policy]", c,
       buildPrefetch, 90},
      {"fence", "proxy async [global|shared::cta|shared::cluster]", "", InstructionClass::Barrier,
       buildProxyFence, 90},
      {"fence", "proxy async::generic acquire sync_restrict::shared::cluster cluster", "",
       InstructionClass::Barrier, buildProxyFence, 90},
      {"fence", "proxy async::generic release sync_restrict::shared::cta cluster", "",
       InstructionClass::Barrier, buildProxyFence, 90},
      {"fence", "proxy alias", "", InstructionClass::Barrier, buildProxyFence},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
