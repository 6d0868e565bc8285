// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mov: values, packing, special registers, addresses.

#include "Move.h"
#include "../Execute/Block.h"

#include <algorithm>
#include <chrono>

namespace mmc::emulator {

namespace {

template <typename T>
Step move(Warp &warp, const Op &op, uint32_t mask) {
  const T *a = warp.source<T>(op.a);
  T *d = warp.destination<T>(op.dst);
  if (mask == fullMask)
    std::memmove(d, a, 32 * sizeof(T));
  else
    forLanes(mask, [&](unsigned lane) { d[lane] = a[lane]; });
  return Step::Next;
}

} // namespace

OpFn moveOf(unsigned bytes) {
  switch (bytes) {
  case 1:
    return move<uint8_t>;
  case 2:
    return move<uint16_t>;
  case 4:
    return move<uint32_t>;
  case 8:
    return move<uint64_t>;
  default:
    return move<unsigned __int128>;
  }
}

Step moveFrameAddress(Warp &warp, const Op &op, uint32_t mask) {
  uint64_t value = static_cast<uint64_t>(op.imm) + warp.localBase;
  if (op.width == 8)
    store(warp.destination<uint64_t>(op.dst), mask, [&](unsigned) { return value; });
  else
    store(warp.destination<uint32_t>(op.dst), mask,
          [&](unsigned) { return static_cast<uint32_t>(value); });
  return Step::Next;
}

namespace {

Step movePredicate(Warp &warp, const Op &op, uint32_t mask) {
  warp.setPredicate(
      op.dst, op.a == noOperand ? static_cast<uint32_t>(op.imm) : warp.predicate(op.a, op.isSigned),
      mask);
  return Step::Next;
}

/// d = {a, b, …}, from low to high.
Step pack(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *list = &warp.block->launch->program.lists[op.list];
  uint8_t *d = warp.destination<uint8_t>(op.dst);
  forLanes(mask, [&](unsigned lane) {
    uint8_t value[16];
    for (unsigned i = 0; i < op.count; ++i)
      std::memcpy(value + i * op.size, warp.source<uint8_t>(list[i]) + lane * op.size, op.size);
    std::memcpy(d + lane * op.width, value, op.width);
  });
  return Step::Next;
}
/// {a, b, …} = s. A register of the list may be the source.
Step unpack(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *list = &warp.block->launch->program.lists[op.list];
  const uint8_t *source = warp.source<uint8_t>(op.a);
  forLanes(mask, [&](unsigned lane) {
    uint8_t value[16];
    std::memcpy(value, source + lane * op.width, op.width);
    for (unsigned i = 0; i < op.count; ++i)
      if (list[i] != noOperand)
        std::memcpy(warp.destination<uint8_t>(list[i]) + lane * op.size, value + i * op.size,
                    op.size);
  });
  return Step::Next;
}

enum class Special : uint8_t {
  Tid,
  Ntid,
  Ctaid,
  Nctaid,
  LaneId,
  WarpId,
  NWarpId,
  SmId,
  NSmId,
  GridId,
  Clock,
  GlobalTimer,
  DynamicShared,
  TotalShared,
  MaskEq,
  MaskLe,
  MaskLt,
  MaskGe,
  MaskGt,
  Zero,
  One,
  ReservedShared,
  ReservedForGroups,
  GridWorkspace,
};

uint64_t specialOf(const Warp &warp, Special special, unsigned part, unsigned lane) {
  const Block &block = *warp.block;
  const Launch &launch = *block.launch;
  const Dim3 &size = launch.config.block, &grid = launch.config.grid;
  const uint32_t sizes[] = {size.x, size.y, size.z}, grids[] = {grid.x, grid.y, grid.z};
  switch (special) {
  case Special::Tid:
    return warp.tid[part][lane];
  case Special::Ntid:
    return sizes[part];
  case Special::Ctaid:
    return block.id[part];
  case Special::Nctaid:
    return grids[part];
  case Special::LaneId:
    return lane;
  case Special::WarpId:
    return warp.index;
  case Special::NWarpId:
    return block.warps.size();
  case Special::SmId:
    return block.linear % launch.chip.multiprocessors;
  case Special::NSmId:
    return launch.chip.multiprocessors;
  case Special::GridId:
    return launch.generation;
  case Special::Clock:
    return warp.worker->issued + warp.clock;
  case Special::GlobalTimer:
    return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  case Special::DynamicShared:
    return launch.config.dynamicShared;
  case Special::TotalShared:
    return launch.config.dynamicShared + launch.program.staticShared;
  case Special::MaskEq:
    return 1u << lane;
  case Special::MaskLe:
    return (uint64_t(2) << lane) - 1;
  case Special::MaskLt:
    return (uint64_t(1) << lane) - 1;
  case Special::MaskGe:
    return static_cast<uint32_t>(~((uint64_t(1) << lane) - 1));
  case Special::MaskGt:
    return static_cast<uint32_t>(~((uint64_t(2) << lane) - 1));
  case Special::Zero:
    return 0;
  case Special::ReservedShared:
    return sharedBegin;
  case Special::ReservedForGroups:
    return launch.program.reservedShared;
  case Special::GridWorkspace:
    return launch.gridWorkspace;
  case Special::One:
    return 1;
  }
  return 0;
}

template <typename T>
Step moveSpecial(Warp &warp, const Op &op, uint32_t mask) {
  Special special = static_cast<Special>(op.flags);
  if (special == Special::Tid) {
    const uint32_t *tid = warp.tid[op.count].data();
    store(warp.destination<T>(op.dst), mask,
          [&](unsigned lane) { return static_cast<T>(tid[lane]); });
    return Step::Next;
  }
  store(warp.destination<T>(op.dst), mask, [&](unsigned lane) {
    return static_cast<T>(specialOf(warp, special, op.count, lane) >> op.target);
  });
  if (special != Special::Clock)
    return Step::Next;
  // The clock counts turns that have ended: this one ends, so that the next reading is later.
  ++warp.pc;
  return Step::Yield;
}

struct SpecialRow {
  std::string_view name;
  Special special;
  uint8_t bytes;
  bool hasParts;
  uint8_t shift = 0;
};
constexpr SpecialRow specials[] = {
    {"%tid", Special::Tid, 4, true},
    {"%ntid", Special::Ntid, 4, true},
    {"%ctaid", Special::Ctaid, 4, true},
    {"%nctaid", Special::Nctaid, 4, true},
    {"%laneid", Special::LaneId, 4, false},
    {"%warpid", Special::WarpId, 4, false},
    {"%nwarpid", Special::NWarpId, 4, false},
    {"%smid", Special::SmId, 4, false},
    {"%nsmid", Special::NSmId, 4, false},
    {"%gridid", Special::GridId, 8, false},
    {"%clock", Special::Clock, 4, false},
    {"%clock_hi", Special::Clock, 4, false, 32},
    {"%clock64", Special::Clock, 8, false},
    {"%globaltimer", Special::GlobalTimer, 8, false},
    {"%globaltimer_lo", Special::GlobalTimer, 4, false},
    {"%globaltimer_hi", Special::GlobalTimer, 4, false, 32},
    {"%dynamic_smem_size", Special::DynamicShared, 4, false},
    {"%total_smem_size", Special::TotalShared, 4, false},
    {"%aggr_smem_size", Special::TotalShared, 4, false},
    {"%lanemask_eq", Special::MaskEq, 4, false},
    {"%lanemask_le", Special::MaskLe, 4, false},
    {"%lanemask_lt", Special::MaskLt, 4, false},
    {"%lanemask_ge", Special::MaskGe, 4, false},
    {"%lanemask_gt", Special::MaskGt, 4, false},
    // Every block is a cluster of its own.
    {"%clusterid", Special::Ctaid, 4, true},
    {"%nclusterid", Special::Nctaid, 4, true},
    {"%cluster_ctaid", Special::Zero, 4, true},
    {"%cluster_nctaid", Special::One, 4, true},
    {"%cluster_ctarank", Special::Zero, 4, false},
    {"%cluster_nctarank", Special::One, 4, false},
    // The first KiB of shared memory is the chip's; nothing may be accessed there. What CUDA's
    // cooperative groups use lies elsewhere, in programs that do.
    {"%reserved_smem_offset_begin", Special::Zero, 4, false},
    {"%reserved_smem_offset_end", Special::ReservedShared, 4, false},
    {"%reserved_smem_offset_cap", Special::ReservedShared, 4, false},
    {"%reserved_smem_offset_0", Special::Zero, 4, false},
    {reservedForGroups, Special::ReservedForGroups, 4, false},
    // Where the blocks of a cooperative launch meet: what CUDA's drivers tell its grid groups.
    {"%envreg1", Special::GridWorkspace, 4, false, 32},
    {"%envreg2", Special::GridWorkspace, 4, false},
};

void buildSpecial(Builder &b, const Instruction &in, const Operand &a) {
  // What a driver puts into the others is its own; without one it is nothing. Nothing counts events
  // of the chip.
  bool isCounter = a.name.compare(0, 3, "%pm") == 0;
  bool isWorkspace = a.name == "%envreg1" || a.name == "%envreg2";
  if (isCounter || (a.name.compare(0, 7, "%envreg") == 0 && !isWorkspace)) {
    unsigned bytes = a.name.find("_64") == std::string::npos ? 4 : 8;
    if (sizeOf(in.type()) != bytes)
      return b.error(a, "'" + a.name + "' has " + std::to_string(8 * bytes) +
                            " bits, the instruction has ." + std::string(nameOf(in.type())));
    b.op().dst = b.destination(0, in.type());
    b.op().a = b.constantBits(0, bytes);
    return b.run(moveOf(bytes));
  }
  size_t dot = a.name.find('.');
  std::string_view stem = std::string_view(a.name).substr(0, dot);
  std::string part = dot == std::string::npos ? "" : a.name.substr(dot + 1);
  for (const SpecialRow &row : specials) {
    if (row.name != stem)
      continue;
    if (row.hasParts != !part.empty() ||
        (row.hasParts && part != "x" && part != "y" && part != "z" && part != "w"))
      return b.error(a, row.hasParts ? "'" + std::string(stem) + "' needs .x, .y, .z or .w"
                                     : "'" + std::string(stem) + "' has no parts");
    unsigned bytes = sizeOf(in.type());
    bool isLowHalf =
        (bytes == 2 && row.bytes == 4) || (bytes == 4 && row.special == Special::GridId);
    if (bytes != row.bytes && !isLowHalf)
      return b.error(a, "'" + a.name + "' has " + std::to_string(8 * row.bytes) +
                            " bits, the instruction has ." + std::string(nameOf(in.type())));
    b.op().dst = b.destination(0, in.type());
    // A fourth part is not there: its place is 0, its size 1.
    bool isSize = stem[1] == 'n' || stem == "%cluster_nctaid";
    Special special = part != "w" ? row.special : isSize ? Special::One : Special::Zero;
    b.op().flags = static_cast<uint8_t>(special);
    b.op().count = part.empty() ? 0 : static_cast<uint8_t>(part[0] - 'x');
    b.op().target = row.shift;
    if (stem.find("cluster") != std::string_view::npos && !b.requireClusters(a.at))
      return;
    return b.run(bytes == 2   ? moveSpecial<uint16_t>
                 : bytes == 4 ? moveSpecial<uint32_t>
                              : moveSpecial<uint64_t>);
  }
  b.error(a, "register '" + a.name + "' is not supported");
}

void buildMove(Builder &b, const Instruction &in) {
  Op &op = b.op();
  Type type = in.type();
  const Operand &d = in.operands[0], &a = in.operands[1];
  unsigned bytes = sizeOf(type);
  if (type == Type::Pred) {
    op.dst = b.predicateDestination(d);
    if (a.kind == OperandKind::Integer)
      op.imm = a.value ? -1 : 0;
    else if (a.name == "%is_explicit_cluster" && b.requireClusters(a.at))
      op.imm = 0; // every block is a cluster of its own
    else
      op.a = b.predicateSource(a, op.isSigned);
    return b.run(movePredicate);
  }
  op.width = static_cast<uint8_t>(bytes);
  if (d.kind == OperandKind::Vector || a.kind == OperandKind::Vector) {
    bool packs = a.kind == OperandKind::Vector;
    if (packs && d.kind == OperandKind::Vector)
      return b.error(a, "only one operand of mov may be a vector");
    const std::vector<Operand> &elements = packs ? a.elements : d.elements;
    size_t count = elements.size();
    if ((count != 2 && count != 4) || bytes % count || bytes / count == 0)
      return b.error(packs ? a : d,
                     "." + std::string(nameOf(type)) +
                         " is packed from 2 or 4 elements, got: " + std::to_string(count));
    op.size = static_cast<uint8_t>(bytes / count);
    op.count = static_cast<uint8_t>(count);
    Type element = op.size == 1   ? Type::B8
                   : op.size == 2 ? Type::B16
                   : op.size == 4 ? Type::B32
                                  : Type::B64;
    std::vector<uint32_t> list;
    for (const Operand &part : elements)
      list.push_back(packs ? b.source(part, element) : b.destination(part, element, /*sink=*/true));
    op.list = b.addList(list);
    if (packs)
      op.dst = b.destination(0, type);
    else
      op.a = b.source(1, type);
    return b.run(packs ? pack : unpack);
  }
  if (a.kind == OperandKind::Special)
    return buildSpecial(b, in, a);
  op.dst = b.destination(0, type);
  if (a.kind == OperandKind::Variable || a.kind == OperandKind::Function) {
    if (bytes != 4 && bytes != 8)
      return b.error(a, "an address has 32 or 64 bits");
    bool frameRelative = false;
    int64_t value = 0;
    if (!b.symbolValue(a, value, frameRelative))
      return;
    if (frameRelative) {
      op.imm = value;
      return b.run(moveFrameAddress);
    }
    op.a = b.constantBits(static_cast<uint64_t>(value), bytes);
    return b.run(moveOf(bytes));
  }
  op.a = b.source(1, type);
  b.run(moveOf(bytes));
}

} // namespace

void addMoveRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Move;
  Rows mine = {
      {"mov", "<pred|b16|b32|b64|b128|u16|u32|u64|s16|s32|s64|f32|f64>", "d, a", c, buildMove},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
