// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the instruction sets that kernels are written for can do.

#ifndef MMC_LIB_TRANSFORMS_LOWER_CPU_VECTORUNIT_H
#define MMC_LIB_TRANSFORMS_LOWER_CPU_VECTORUNIT_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Operation.h"

#include <optional>

namespace mmc {

struct VectorUnit {
  int64_t bytes;     ///< of a register
  int64_t registers; ///< how many there are
  bool hasMasks;     ///< loads and stores of some lanes only
  bool hasBf16Dot;   ///< sums of two bf16 products per lane of f32
};

/// The vector unit of avx2, avx512, avx512-bf16 or amx; an error at `op` for any other name.
inline std::optional<VectorUnit> vectorUnitOf(llvm::StringRef features, mlir::Operation *op) {
  if (features == "avx2")
    return VectorUnit{32, 16, false, false};
  if (features == "avx512")
    return VectorUnit{64, 32, true, false};
  if (features == "avx512-bf16" || features == "amx")
    return VectorUnit{64, 32, true, true};
  op->emitError("features must be avx2, avx512, avx512-bf16 or amx, got: '") << features << "'";
  return std::nullopt;
}

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_LOWER_CPU_VECTORUNIT_H
