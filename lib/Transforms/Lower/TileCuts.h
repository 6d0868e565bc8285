// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How large the tiles of a kernel are.

#ifndef MMC_LIB_TRANSFORMS_LOWER_TILECUTS_H
#define MMC_LIB_TRANSFORMS_LOWER_TILECUTS_H

#include "mmc/Transforms/Fuse/GroupTiling.h"

namespace mmc {

/// How one dimension of a tile space is cut: `count` tiles of `size` units, the last of `last`.
struct Cut {
  int64_t size = 1, count = 1, last = 1;
};

/// What a tile should have, about: the options of --mmc-tile-kernels.
struct TileSizes {
  int64_t rows, columns; ///< of a contraction
  int64_t elements;      ///< of anything else
};

/// Attention: one head of one sample. Contractions: blocks of rows and columns. All else: whole
/// trailing dimensions up to a budget of elements.
llvm::SmallVector<Cut> chooseCuts(const GroupTiling &tiling, mlir::Operation *root,
                                  TileSizes sizes);

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_LOWER_TILECUTS_H
