// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mov from special registers: %tid, %clock, %lanemask_lt and their kin.

#include "../Execute/Block.h"
#include "Move.h"

#include <chrono>

namespace mmc::emulator {

namespace {

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

} // namespace

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

} // namespace mmc::emulator
