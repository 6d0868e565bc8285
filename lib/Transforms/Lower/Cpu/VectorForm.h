// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Whether and how a linalg op on buffers is computed over vectors along its last loop.

#ifndef MMC_LIB_TRANSFORMS_LOWER_CPU_VECTORFORM_H
#define MMC_LIB_TRANSFORMS_LOWER_CPU_VECTORFORM_H

#include "VectorUnit.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/SmallPtrSet.h"

#include <optional>

namespace mmc {

/// out = kind(out, term), for one output of an op that sums along its last dimension.
struct Reduction {
  mlir::Operation *combine;
  mlir::Value term;
  mlir::vector::CombiningKind kind;
};

/// How an op's loops become loops over vectors.
struct VectorForm {
  llvm::SmallVector<int64_t> sizes; ///< of all loops, none of them zero
  int last = 0;                     ///< the loop along which lanes lie
  bool isReduction = false;         ///< whether it sums along that loop
  bool mayMask = true;              ///< whether what is left over may be one masked vector
  int64_t lanes = 1;
  llvm::SmallPtrSet<mlir::Value, 16> varies; ///< values of the body that differ from lane to lane
  llvm::SmallVector<Reduction> reductions;   ///< one for each output of a reduction, in order

  bool combines(mlir::Operation &op) const {
    return llvm::any_of(reductions,
                        [&](const Reduction &reduction) { return reduction.combine == &op; });
  }
};

/// The op's form, or nothing when it has none.
std::optional<VectorForm> vectorFormOf(mlir::linalg::LinalgOp op, VectorUnit unit);

/// Whether lane i + 1 of the operand lies behind lane i. Others are one element for all lanes.
bool liesAlongLanes(mlir::linalg::LinalgOp op, mlir::OpOperand &operand, int last);

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_LOWER_CPU_VECTORFORM_H
