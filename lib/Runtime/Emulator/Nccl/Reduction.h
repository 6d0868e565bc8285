// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions of the ranks' elements, always in the order of the ranks.

#ifndef MMC_EMULATOR_NCCL_REDUCTION_H
#define MMC_EMULATOR_NCCL_REDUCTION_H

#include "Outcome.h"

#include <vector>

namespace mmc::emulator::nccl {

/// Bytes of an element; 0 for what is no data type.
size_t bytesOf(ncclDataType_t type);
/// "ncclFloat32", and a number for what is no data type.
std::string nameOf(ncclDataType_t type);

/// An operation with what it needs: a rank's factor for PreMulSum.
struct Reduction {
  ncclRedOp_t op = ncclSum; ///< ncclSum to ncclAvg
  bool isScaled = false;    ///< PreMulSum: op is ncclSum
  /// Each rank's factor, an element of the data type's bytes each, by rank. Empty unless scaled.
  std::vector<uint64_t> factors;
};

/// destination[i] = sources[0][i] ∘ sources[1][i] ∘ …, from left to right. f16 and bf16 are
/// computed in f32 and rounded once; integers wrap. ncclAvg is the sum divided by the number of
/// ranks (integers: toward zero). ncclMax and ncclMin of floats pass over NaN. `destination` may be
/// one of the sources. The type must not be fp8.
void reduce(const Reduction &reduction, ncclDataType_t type,
            const std::vector<const void *> &sources, void *destination, size_t count);

} // namespace mmc::emulator::nccl

#endif // MMC_EMULATOR_NCCL_REDUCTION_H
