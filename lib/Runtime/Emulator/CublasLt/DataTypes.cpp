// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "DataTypes.h"

#include <algorithm>

namespace mmc::emulator::cublaslt {
namespace {

/// NVIDIA's table "cublasLtMatmul, regular layouts" without f16 and f64 accumulation, complex and
/// fp8.
constexpr TypeCombination combinations[] = {
    {CUBLAS_COMPUTE_32I, CUDA_R_32I, CUDA_R_8I, CUDA_R_32I, true},
    {CUBLAS_COMPUTE_32I, CUDA_R_32F, CUDA_R_8I, CUDA_R_8I, true},
    {CUBLAS_COMPUTE_32F, CUDA_R_32F, CUDA_R_8I, CUDA_R_32F, true},
    {CUBLAS_COMPUTE_32F, CUDA_R_32F, CUDA_R_16BF, CUDA_R_16BF, false},
    {CUBLAS_COMPUTE_32F, CUDA_R_32F, CUDA_R_16F, CUDA_R_16F, false},
    {CUBLAS_COMPUTE_32F, CUDA_R_32F, CUDA_R_16BF, CUDA_R_32F, false},
    {CUBLAS_COMPUTE_32F, CUDA_R_32F, CUDA_R_16F, CUDA_R_32F, false},
    {CUBLAS_COMPUTE_32F, CUDA_R_32F, CUDA_R_32F, CUDA_R_32F, false},
    {CUBLAS_COMPUTE_32F_FAST_16F, CUDA_R_32F, CUDA_R_32F, CUDA_R_32F, false},
    {CUBLAS_COMPUTE_32F_FAST_16BF, CUDA_R_32F, CUDA_R_32F, CUDA_R_32F, false},
    {CUBLAS_COMPUTE_32F_FAST_TF32, CUDA_R_32F, CUDA_R_32F, CUDA_R_32F, false},
};

/// Pedantic forbids what the emulator does not do.
int withoutPedantic(int computeType) {
  if (computeType == CUBLAS_COMPUTE_32F_PEDANTIC)
    return CUBLAS_COMPUTE_32F;
  return computeType == CUBLAS_COMPUTE_32I_PEDANTIC ? int(CUBLAS_COMPUTE_32I) : computeType;
}

} // namespace

bool MatmulTypes::operator==(const MatmulTypes &other) const {
  return compute == other.compute && scale == other.scale &&
         std::equal(matrices, matrices + 4, other.matrices);
}

MatmulTypes typesOf(const MatmulDescriptors &descriptors) {
  MatmulTypes types{descriptors.operation->computeType, descriptors.operation->scaleType, {}};
  for (int i = 0; i < 4; ++i)
    types.matrices[i] = descriptors.layouts[i]->type;
  return types;
}

const TypeCombination *combinationOf(const MatmulTypes &types) {
  const auto &[a, b, c, d] = types.matrices;
  if (a != b || c != d)
    return nullptr;
  for (const TypeCombination &entry : combinations)
    if (entry.computeType == withoutPedantic(types.compute) && entry.scaleType == types.scale &&
        entry.ab == a && entry.cd == d)
      return &entry;
  return nullptr;
}

cublasStatus_t checkTypes(const MatmulTypes &types, std::string &reason) {
  if (combinationOf(types))
    return CUBLAS_STATUS_SUCCESS;
  reason = "types that do not go together: compute " + std::to_string(types.compute) + ", scale " +
           std::to_string(types.scale);
  for (int i = 0; i < 4; ++i)
    reason += std::string(", ") + "ABCD"[i] + " " + std::to_string(types.matrices[i]);
  return CUBLAS_STATUS_NOT_SUPPORTED;
}

} // namespace mmc::emulator::cublaslt
