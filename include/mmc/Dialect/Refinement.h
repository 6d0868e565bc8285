// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recomputes result types after operand types have changed.

#ifndef MMC_DIALECT_REFINEMENT_H
#define MMC_DIALECT_REFINEMENT_H

#include "mlir/IR/Operation.h"

namespace mmc {

/// Gives `op` the result types that follow from its present operand types: by inference where the
/// op infers, by the op's rule of shapes where its result type is written down. Reports the
/// violated rule at the op. Ops with regions are left alone.
llvm::LogicalResult refineResultTypes(mlir::Operation *op);

} // namespace mmc

#endif // MMC_DIALECT_REFINEMENT_H
