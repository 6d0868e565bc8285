// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Formulas that forward and backward lowerings share.

#ifndef MMC_LIB_TRANSFORMS_LOWER_TOLINALG_FORMULAS_H
#define MMC_LIB_TRANSFORMS_LOWER_TOLINALG_FORMULAS_H

#include "Emitter.h"

namespace mmc {

/// The index of row `id` of a table, within bounds whatever the id (negative and too large read row
/// 0).
mlir::Value safeRow(Emitter &e, mlir::Value id, int64_t rows);

/// ρ = 1/√(mean(x²) + eps) per row.
mlir::Value rmsScale(Emitter &e, mlir::Value x, double eps);

/// mean and 1/√(var + eps) per row.
std::pair<mlir::Value, mlir::Value> meanAndScale(Emitter &e, mlir::Value x, double eps);

/// GELU and its derivative at a scalar.
mlir::Value gelu(Emitter &e, GeluKind kind, mlir::Value x);
mlir::Value geluDerivative(Emitter &e, GeluKind kind, mlir::Value x);

/// cos or sin of an f64 angle, as `type`.
mlir::Value cosineOrSine(Emitter &e, mlir::Value angle, mlir::Value isSine, mlir::Type type);

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_LOWER_TOLINALG_FORMULAS_H
