// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What lies in a cublasLtMatmulAlgo_t. There is one algorithm, number 0, without options or
// workspace.

#ifndef MMC_EMULATOR_CUBLASLT_ALGORITHM_H
#define MMC_EMULATOR_CUBLASLT_ALGORITHM_H

#include "DataTypes.h"

namespace mmc::emulator::cublaslt {

struct Algorithm {
  static constexpr uint32_t expectedMagic = 0x416d6d63;
  uint32_t magic = expectedMagic;
  int32_t id = 0;
  MatmulTypes types;
  uint32_t tile = 0;
  int32_t splitK = 1;
  uint32_t reductionScheme = 0, swizzling = 0, customOption = 0, stages = 0;
  uint16_t innerShape = 0, clusterShape = 0;
};
static_assert(sizeof(Algorithm) <= sizeof(cublasLtMatmulAlgo_t));

Algorithm unpack(const cublasLtMatmulAlgo_t &algo);
void packInto(cublasLtMatmulAlgo_t &algo, const Algorithm &algorithm);

/// Why a user's algorithm cannot compute this, or success.
cublasStatus_t checkAlgorithm(const cublasLtMatmulAlgo_t &algo,
                              const MatmulDescriptors &descriptors, std::string &reason);

/// Bytes that addresses of matrices of a type must be multiples of.
uint32_t alignmentOf(int type);
/// cublasLtNumericalImplFlags_t: what a GPU would use for these types.
uint64_t numericsOf(const MatmulTypes &types);

} // namespace mmc::emulator::cublaslt

#endif // MMC_EMULATOR_CUBLASLT_ALGORITHM_H
