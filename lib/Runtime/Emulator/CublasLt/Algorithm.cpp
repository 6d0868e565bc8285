// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The one algorithm: what it is told, and what is asked of it.

#include "Algorithm.h"

#include "Attributes.h"

#include <cstring>

namespace mmc::emulator::cublaslt {
namespace {

const AttributeTable configAttributes{
    {
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CONFIG_ID, Algorithm, id),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CONFIG_TILE_ID, Algorithm, tile),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CONFIG_SPLITK_NUM, Algorithm, splitK),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME, Algorithm, reductionScheme),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CONFIG_CTA_SWIZZLING, Algorithm, swizzling),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CONFIG_CUSTOM_OPTION, Algorithm, customOption),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CONFIG_STAGES_ID, Algorithm, stages),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID, Algorithm, innerShape),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID, Algorithm, clusterShape),
    },
    8};

/// The capabilities of an algorithm for certain types.
struct Capabilities {
  int32_t zero = 0, yes = 1;
  uint32_t none = 0;
  uint32_t pointerModes = CUBLASLT_POINTER_MODE_MASK_HOST | CUBLASLT_POINTER_MODE_MASK_DEVICE;
  uint32_t epilogues = CUBLASLT_EPILOGUE_DEFAULT;
  uint64_t numerics = 0;
  uint32_t alignment[4] = {1, 1, 1, 1};
};
const AttributeTable capabilityAttributes{
    {
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_SPLITK_SUPPORT, Capabilities, zero),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_REDUCTION_SCHEME_MASK, Capabilities, none),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_CTA_SWIZZLING_SUPPORT, Capabilities, none),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_STRIDED_BATCH_SUPPORT, Capabilities, yes),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_OUT_OF_PLACE_RESULT_SUPPORT, Capabilities, yes),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_UPLO_SUPPORT, Capabilities, zero),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_TILE_IDS, Capabilities, none),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_CUSTOM_OPTION_MAX, Capabilities, zero),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_CUSTOM_MEMORY_ORDER, Capabilities, zero),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_POINTER_MODE_MASK, Capabilities, pointerModes),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_EPILOGUE_MASK, Capabilities, epilogues),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_STAGES_IDS, Capabilities, none),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_LD_NEGATIVE, Capabilities, zero),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_NUMERICAL_IMPL_FLAGS, Capabilities, numerics),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_MIN_ALIGNMENT_A_BYTES, Capabilities, alignment[0]),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_MIN_ALIGNMENT_B_BYTES, Capabilities, alignment[1]),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_MIN_ALIGNMENT_C_BYTES, Capabilities, alignment[2]),
        MMC_LT_ATTRIBUTE(CUBLASLT_ALGO_CAP_MIN_ALIGNMENT_D_BYTES, Capabilities, alignment[3]),
    },
    23};

} // namespace

uint32_t alignmentOf(int type) {
  switch (type) {
  case CUDA_R_8I:
    return 4; // what int8 products ask of addresses
  case CUDA_R_16F:
  case CUDA_R_16BF:
    return 2;
  default:
    return 4;
  }
}

uint64_t numericsOf(const MatmulTypes &types) {
  const int computeType = types.compute, abType = types.matrices[0];
  // The header's numbers.
  constexpr uint64_t fma = 1, hmma = 2, imma = 4;
  constexpr uint64_t accumulate32F = 2 << 8, accumulate32I = 8 << 8;
  constexpr uint64_t in16F = 1 << 16, in16BF = 2 << 16, inTf32 = 4 << 16, in32F = 8 << 16,
                     in8I = 0x20 << 16;
  if (abType == CUDA_R_8I)
    return computeType == CUBLAS_COMPUTE_32F || computeType == CUBLAS_COMPUTE_32F_PEDANTIC
               ? fma | accumulate32F | in8I
               : imma | accumulate32I | in8I;
  if (abType == CUDA_R_16F || computeType == CUBLAS_COMPUTE_32F_FAST_16F)
    return hmma | accumulate32F | in16F;
  if (abType == CUDA_R_16BF || computeType == CUBLAS_COMPUTE_32F_FAST_16BF)
    return hmma | accumulate32F | in16BF;
  return computeType == CUBLAS_COMPUTE_32F_FAST_TF32 ? hmma | accumulate32F | inTf32
                                                     : fma | accumulate32F | in32F;
}

Algorithm unpack(const cublasLtMatmulAlgo_t &algo) {
  Algorithm algorithm;
  std::memcpy(static_cast<void *>(&algorithm), &algo, sizeof algorithm);
  return algorithm;
}

void packInto(cublasLtMatmulAlgo_t &algo, const Algorithm &algorithm) {
  std::memset(&algo, 0, sizeof algo);
  std::memcpy(&algo, &algorithm, sizeof algorithm);
}

cublasStatus_t checkAlgorithm(const cublasLtMatmulAlgo_t &algo,
                              const MatmulDescriptors &descriptors, std::string &reason) {
  const Algorithm algorithm = unpack(algo);
  if (algorithm.magic != Algorithm::expectedMagic || algorithm.id != 0) {
    reason = "the algorithm is none that cublasLtMatmulAlgoInit or the heuristic gave";
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  if (!(algorithm.types == typesOf(descriptors))) {
    reason = "the algorithm was made for other types than the descriptors'";
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  if (algorithm.tile || algorithm.splitK > 1 || algorithm.splitK < 0 || algorithm.reductionScheme ||
      algorithm.swizzling || algorithm.customOption || algorithm.stages || algorithm.innerShape ||
      algorithm.clusterShape) {
    reason = "the algorithm has no options, and one is set";
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  return CUBLAS_STATUS_SUCCESS;
}

} // namespace mmc::emulator::cublaslt

using namespace mmc::emulator::cublaslt;

extern "C" {

cublasStatus_t cublasLtMatmulAlgoCapGetAttribute(const cublasLtMatmulAlgo_t *algo,
                                                 cublasLtMatmulAlgoCapAttributes_t attribute,
                                                 void *buffer, size_t sizeInBytes,
                                                 size_t *sizeWritten) {
  if (!algo || unpack(*algo).magic != Algorithm::expectedMagic)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__,
                  "the algorithm is null or not initialized");
  const Algorithm algorithm = unpack(*algo);
  Capabilities capabilities;
  capabilities.numerics = numericsOf(algorithm.types);
  if (algorithm.types.matrices[0] != CUDA_R_8I)
    for (int epilogue : {CUBLASLT_EPILOGUE_RELU_AUX_BIAS, CUBLASLT_EPILOGUE_DRELU_BGRAD,
                         CUBLASLT_EPILOGUE_GELU_AUX_BIAS, CUBLASLT_EPILOGUE_DGELU_BGRAD})
      capabilities.epilogues |= uint32_t(epilogue);
  if (algorithm.types.matrices[0] != CUDA_R_8I)
    capabilities.epilogues |= CUBLASLT_EPILOGUE_BGRADA | CUBLASLT_EPILOGUE_BGRADB;
  else if (capabilities.numerics & 4)
    capabilities.pointerModes |= CUBLASLT_POINTER_MODE_MASK_ALPHA_DEVICE_VECTOR_BETA_HOST;
  for (int i = 0; i < 4; ++i)
    capabilities.alignment[i] = alignmentOf(algorithm.types.matrices[i]);
  // Lists may be asked for with room for more than the one entry there is.
  const bool list =
      attribute == CUBLASLT_ALGO_CAP_TILE_IDS || attribute == CUBLASLT_ALGO_CAP_STAGES_IDS;
  return getAttribute(__func__, capabilityAttributes, &capabilities, attribute, buffer,
                      list && sizeInBytes > sizeof(uint32_t) ? sizeof(uint32_t) : sizeInBytes,
                      sizeWritten);
}

cublasStatus_t cublasLtMatmulAlgoConfigSetAttribute(cublasLtMatmulAlgo_t *algo,
                                                    cublasLtMatmulAlgoConfigAttributes_t attribute,
                                                    const void *buffer, size_t sizeInBytes) {
  if (algo &&
      (unpack(*algo).magic != Algorithm::expectedMagic || attribute == CUBLASLT_ALGO_CONFIG_ID))
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__,
                  "the algorithm is not initialized, or its number is to be set");
  return setAttribute(__func__, configAttributes, algo, attribute, buffer, sizeInBytes);
}

cublasStatus_t cublasLtMatmulAlgoConfigGetAttribute(const cublasLtMatmulAlgo_t *algo,
                                                    cublasLtMatmulAlgoConfigAttributes_t attribute,
                                                    void *buffer, size_t sizeInBytes,
                                                    size_t *sizeWritten) {
  if (algo && unpack(*algo).magic != Algorithm::expectedMagic)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__, "the algorithm is not initialized");
  return getAttribute(__func__, configAttributes, algo, attribute, buffer, sizeInBytes,
                      sizeWritten);
}
}
