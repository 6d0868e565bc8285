// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TileCuts.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;
using namespace mmc;

/// About `target` units per tile. Equal tiles if there is such a size within half and one and a
/// half of the target (a smaller last tile is a second copy of the code), else as even as
/// `multiple`, of which all but the last tile are, allows.
static Cut cut(int64_t extent, int64_t target, int64_t multiple, bool equalIsMultiple) {
  if (extent == 0)
    return {0, 1, 0}; // one tile, of nothing
  target = std::clamp<int64_t>(target, 1, extent);
  int64_t best = 0;
  for (int64_t size = llvm::divideCeil(target, 2); size <= std::min(extent, target + target / 2);
       ++size)
    if (extent % size == 0 && (!equalIsMultiple || size % multiple == 0 || size == extent) &&
        std::abs(size - target) < std::abs(best - target))
      best = size;
  if (best)
    return {best, extent / best, best};
  int64_t count = llvm::divideCeil(extent, target);
  int64_t size = llvm::divideCeil(extent, count);
  if (count > 1)
    size = llvm::alignTo(size, multiple);
  size = std::min(size, extent);
  count = llvm::divideCeil(extent, size);
  return {size, count, extent - (count - 1) * size};
}

SmallVector<Cut> mmc::chooseCuts(const GroupTiling &tiling, Operation *root, TileSizes sizes) {
  SmallVector<Cut> cuts(tiling.extents.size());
  // Elements per unit of each dimension, from the widest value cut along it; what is not cut
  // counts too.
  int64_t perTile = 1;
  SmallVector<int64_t> unit(tiling.extents.size(), 1);
  for (auto [value, dims] : tiling.values) {
    int64_t whole = 1;
    for (auto [d, dim] : llvm::enumerate(dims)) {
      if (dim.dim < 0)
        whole *= cast<ShapedType>(value.getType()).getDimSize(d);
      else
        unit[dim.dim] = std::max(unit[dim.dim], dim.unit);
    }
    if (llvm::any_of(dims, [](TiledDim d) { return d.dim >= 0; }))
      perTile = std::max(perTile, whole);
  }
  int last = static_cast<int>(tiling.extents.size()) - 1;
  // A head of attention is work enough, and every further one would be a further copy of the
  // code.
  if (isa<AttentionOp, AttentionGradOp>(root)) {
    for (int d = 0; d <= last; ++d)
      cuts[d] = tiling.extents[d] == 0 ? Cut{0, 1, 0} : Cut{1, tiling.extents[d], 1};
    return cuts;
  }
  if (tiling.contraction) {
    for (int d = last; d >= 0; --d) {
      bool isColumn = d == last && last > 0;
      int64_t target = isColumn                     ? sizes.columns / unit[d]
                       : d == last - 1 || last == 0 ? sizes.rows
                                                    : 1;
      cuts[d] = cut(tiling.extents[d], target, isColumn ? std::max<int64_t>(1, 16 / unit[d]) : 12,
                    /*equalIsMultiple=*/isColumn);
    }
    return cuts;
  }
  for (int d = last; d >= 0; --d) {
    int64_t room = std::max<int64_t>(1, sizes.elements / std::max<int64_t>(1, perTile * unit[d]));
    cuts[d] = cut(tiling.extents[d], room, 1, /*equalIsMultiple=*/false);
    perTile *= cuts[d].size * unit[d];
  }
  return cuts;
}
