// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How the ops of one kernel are cut into tiles together.

#ifndef MMC_TRANSFORMS_FUSE_GROUPTILING_H
#define MMC_TRANSFORMS_FUSE_GROUPTILING_H

#include "mmc/Dialect/MmcDialect.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"

namespace mmc {

/// Which tile dimension of the group an op's own tile dimension follows.
struct DimInGroup {
  int dim = -1;      ///< dimension of the group; -1: the op covers its whole extent in every tile
  int64_t ratio = 1; ///< units of the op per unit of the group
};

/// The tile space of a root op and of everything in the group that feeds it. A tile of the group is
/// a tile of each of its ops, and no two tiles compute the same element.
struct GroupTiling {
  llvm::SmallVector<int64_t, 4> extents;
  bool contraction = false;
  llvm::DenseMap<mlir::Value, TensorTiling> values;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<DimInGroup, 4>> ops;
};

/// The tiling of `group` (in order of definition, `root` among them), or failure when some op does
/// not follow the root's tiles: it would have to be computed more than once, or two users cut a
/// value differently.
llvm::FailureOr<GroupTiling> tileGroup(llvm::ArrayRef<mlir::Operation *> group,
                                       mlir::Operation *root);

/// The ops of a block that no other op of the block uses: each, with what feeds it, is a part of
/// the kernel with a tile space of its own.
llvm::SmallVector<llvm::SmallVector<mlir::Operation *>> partsOf(mlir::Block &body);

} // namespace mmc

#endif // MMC_TRANSFORMS_FUSE_GROUPTILING_H
