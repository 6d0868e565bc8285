// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Algorithm queries: what cublasLtMatmul would refuse is refused here, with the same code.

#include "Algorithm.h"

#include "Attributes.h"
#include "Handle.h"
#include "Problem.h"

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

/// cublasLtNumericalImplFlags_t: what a GPU would use for these types. The numbers are the header's.
uint64_t numericsOf(int computeType, int abType) {
  constexpr uint64_t fma = 1, hmma = 2, imma = 4;
  constexpr uint64_t accumulate32F = 2 << 8, accumulate32I = 8 << 8;
  constexpr uint64_t in16F = 1 << 16, in16BF = 2 << 16, inTf32 = 4 << 16, in32F = 8 << 16, in8I = 0x20 << 16;
  if (abType == CUDA_R_8I)
    return computeType == CUBLAS_COMPUTE_32F || computeType == CUBLAS_COMPUTE_32F_PEDANTIC
               ? fma | accumulate32F | in8I
               : imma | accumulate32I | in8I;
  if (abType == CUDA_R_16F || computeType == CUBLAS_COMPUTE_32F_FAST_16F)
    return hmma | accumulate32F | in16F;
  if (abType == CUDA_R_16BF || computeType == CUBLAS_COMPUTE_32F_FAST_16BF)
    return hmma | accumulate32F | in16BF;
  return computeType == CUBLAS_COMPUTE_32F_FAST_TF32 ? hmma | accumulate32F | inTf32 : fma | accumulate32F | in32F;
}

/// Waves of 128 × 128 tiles on a chip of 132 multiprocessors: a figure to compare sizes by, no more.
float wavesOf(const MatmulProblem &problem) {
  const auto tiles = [](int64_t size) { return double((size + 127) / 128); };
  return float(tiles(problem.m) * tiles(problem.n) * double(problem.batches) / 132.0);
}

/// The descriptors of a query or a call, each known to be one.
struct Arguments {
  const MatmulDesc *operation;
  const MatrixLayout *a, *b, *c, *d;
  bool complete() const { return operation && a && b && c && d; }
};

Arguments argumentsOf(cublasLtMatmulDesc_t operation, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                      cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d) {
  return {descriptorOf<MatmulDesc>(operation), descriptorOf<MatrixLayout>(a), descriptorOf<MatrixLayout>(b),
          descriptorOf<MatrixLayout>(c), descriptorOf<MatrixLayout>(d)};
}

Algorithm algorithmFor(int computeType, int scaleType, int a, int b, int c, int d) {
  Algorithm algorithm;
  algorithm.computeType = computeType;
  algorithm.scaleType = scaleType;
  const int types[4] = {a, b, c, d};
  std::copy(types, types + 4, algorithm.types);
  return algorithm;
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

/// Whether a preference lets the algorithm through.
bool satisfies(const MatmulPreference &preference, const Algorithm &algorithm, const MatmulProblem &problem,
               std::string &reason) {
  const uint64_t numerics = numericsOf(algorithm.computeType, algorithm.types[0]);
  for (int i = 0; i < 4; ++i)
    if (preference.minAlignment[i] < alignmentOf(algorithm.types[i])) {
      reason = std::string("no algorithm for an alignment of ") + "ABCD"[i] +
               " of less than an element's, got: " + std::to_string(preference.minAlignment[i]);
      return false;
    }
  if ((preference.implMask & numerics) != numerics)
    reason = "CUBLASLT_MATMUL_PREF_IMPL_MASK excludes the only algorithm";
  else if (preference.maxWavesCount > 0 && wavesOf(problem) > preference.maxWavesCount)
    reason = "CUBLASLT_MATMUL_PREF_MAX_WAVES_COUNT excludes the only algorithm";
  else
    return true;
  return false;
}

} // namespace

cublasStatus_t checkAlgorithm(const cublasLtMatmulAlgo_t &algo, const MatmulDesc &operation, const MatrixLayout &a,
                              const MatrixLayout &b, const MatrixLayout &c, const MatrixLayout &d,
                              std::string &reason) {
  const Algorithm algorithm = unpack(algo);
  if (algorithm.magic != Algorithm::expectedMagic || algorithm.id != 0) {
    reason = "the algorithm is none that cublasLtMatmulAlgoInit or the heuristic gave";
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  const int types[4] = {a.type, b.type, c.type, d.type};
  if (algorithm.computeType != operation.computeType || algorithm.scaleType != operation.scaleType ||
      !std::equal(types, types + 4, algorithm.types)) {
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

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int requestedAlgoCount,
                                              cublasLtMatmulHeuristicResult_t results[], int *returnAlgoCount) {
  if (returnAlgoCount)
    *returnAlgoCount = 0;
  if (!isLive(handle))
    return refuse(CUBLAS_STATUS_NOT_INITIALIZED, __func__, "the handle is none that cublasLtCreate gave");
  const Arguments arguments = argumentsOf(operation, a, b, c, d);
  const MatmulPreference *wishes = descriptorOf<MatmulPreference>(preference);
  if (!arguments.complete() || !wishes || requestedAlgoCount <= 0 || !results || !returnAlgoCount)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__,
                  "a descriptor or the place for results is null, or no algorithm is asked for");
  std::string reason;
  MatmulProblem problem;
  if (cublasStatus_t status = describeProblem(*arguments.operation, *arguments.a, *arguments.b, *arguments.c,
                                              *arguments.d, problem, reason))
    return refuse(status, __func__, reason);
  if (wishes->searchMode == CUBLASLT_SEARCH_LIMITED_BY_ALGO_ID) {
    if (cublasStatus_t status = checkAlgorithm(results[0].algo, *arguments.operation, *arguments.a, *arguments.b,
                                               *arguments.c, *arguments.d, reason))
      return refuse(status, __func__, reason);
  } else if (wishes->searchMode != CUBLASLT_SEARCH_BEST_FIT) {
    return refuse(CUBLAS_STATUS_NOT_SUPPORTED, __func__, "no search mode " + std::to_string(wishes->searchMode));
  }
  const Algorithm algorithm =
      algorithmFor(arguments.operation->computeType, arguments.operation->scaleType, arguments.a->type,
                   arguments.b->type, arguments.c->type, arguments.d->type);
  if (!satisfies(*wishes, algorithm, problem, reason))
    return refuse(CUBLAS_STATUS_NOT_SUPPORTED, __func__, reason);
  results[0] = {};
  packInto(results[0].algo, algorithm);
  results[0].state = CUBLAS_STATUS_SUCCESS;
  results[0].wavesCount = wavesOf(problem);
  *returnAlgoCount = 1;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoGetIds(cublasLtHandle_t handle, cublasComputeType_t computeType,
                                        cudaDataType scaleType, cudaDataType a, cudaDataType b, cudaDataType c,
                                        cudaDataType d, int requestedAlgoCount, int algoIds[], int *returnAlgoCount) {
  if (!isLive(handle))
    return refuse(CUBLAS_STATUS_NOT_INITIALIZED, __func__, "the handle is none that cublasLtCreate gave");
  if (requestedAlgoCount <= 0 || !algoIds || !returnAlgoCount)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__, "no place for algorithms");
  std::string reason;
  *returnAlgoCount = 0;
  if (cublasStatus_t status = checkTypes(computeType, scaleType, a, b, c, d, reason))
    return refuse(status, __func__, reason);
  algoIds[0] = 0;
  *returnAlgoCount = 1;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoInit(cublasLtHandle_t handle, cublasComputeType_t computeType, cudaDataType scaleType,
                                      cudaDataType a, cudaDataType b, cudaDataType c, cudaDataType d, int algoId,
                                      cublasLtMatmulAlgo_t *algo) {
  if (!isLive(handle))
    return refuse(CUBLAS_STATUS_NOT_INITIALIZED, __func__, "the handle is none that cublasLtCreate gave");
  if (!algo || algoId != 0)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__, "the place for the algorithm is null, or its number not 0");
  std::string reason;
  if (cublasStatus_t status = checkTypes(computeType, scaleType, a, b, c, d, reason))
    return refuse(status, __func__, reason);
  packInto(*algo, algorithmFor(computeType, scaleType, a, b, c, d));
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoCheck(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation,
                                       cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c,
                                       cublasLtMatrixLayout_t d, const cublasLtMatmulAlgo_t *algo,
                                       cublasLtMatmulHeuristicResult_t *result) {
  if (!isLive(handle))
    return refuse(CUBLAS_STATUS_NOT_INITIALIZED, __func__, "the handle is none that cublasLtCreate gave");
  const Arguments arguments = argumentsOf(operation, a, b, c, d);
  if (!arguments.complete() || !algo || !result)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__, "a descriptor, the algorithm or the result is null");
  std::string reason;
  MatmulProblem problem;
  cublasStatus_t status = describeProblem(*arguments.operation, *arguments.a, *arguments.b, *arguments.c, *arguments.d,
                                          problem, reason);
  if (!status)
    status = checkAlgorithm(*algo, *arguments.operation, *arguments.a, *arguments.b, *arguments.c, *arguments.d, reason);
  result->state = status;
  if (status)
    return refuse(status, __func__, reason);
  result->workspaceSize = 0;
  result->wavesCount = wavesOf(problem);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoCapGetAttribute(const cublasLtMatmulAlgo_t *algo,
                                                 cublasLtMatmulAlgoCapAttributes_t attribute, void *buffer,
                                                 size_t sizeInBytes, size_t *sizeWritten) {
  if (!algo || unpack(*algo).magic != Algorithm::expectedMagic)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__, "the algorithm is null or not initialized");
  const Algorithm algorithm = unpack(*algo);
  Capabilities capabilities;
  capabilities.numerics = numericsOf(algorithm.computeType, algorithm.types[0]);
  if (algorithm.types[0] != CUDA_R_8I)
    for (int epilogue : {CUBLASLT_EPILOGUE_RELU_AUX_BIAS, CUBLASLT_EPILOGUE_DRELU_BGRAD,
                         CUBLASLT_EPILOGUE_GELU_AUX_BIAS, CUBLASLT_EPILOGUE_DGELU_BGRAD})
      capabilities.epilogues |= uint32_t(epilogue);
  if (algorithm.types[0] != CUDA_R_8I)
    capabilities.epilogues |= CUBLASLT_EPILOGUE_BGRADA | CUBLASLT_EPILOGUE_BGRADB;
  else if (capabilities.numerics & 4)
    capabilities.pointerModes |= CUBLASLT_POINTER_MODE_MASK_ALPHA_DEVICE_VECTOR_BETA_HOST;
  for (int i = 0; i < 4; ++i)
    capabilities.alignment[i] = alignmentOf(algorithm.types[i]);
  // Lists may be asked for with room for more than the one entry there is.
  const bool list = attribute == CUBLASLT_ALGO_CAP_TILE_IDS || attribute == CUBLASLT_ALGO_CAP_STAGES_IDS;
  return getAttribute(__func__, capabilityAttributes, &capabilities, attribute, buffer,
                      list && sizeInBytes > sizeof(uint32_t) ? sizeof(uint32_t) : sizeInBytes, sizeWritten);
}

cublasStatus_t cublasLtMatmulAlgoConfigSetAttribute(cublasLtMatmulAlgo_t *algo,
                                                    cublasLtMatmulAlgoConfigAttributes_t attribute, const void *buffer,
                                                    size_t sizeInBytes) {
  if (algo && (unpack(*algo).magic != Algorithm::expectedMagic || attribute == CUBLASLT_ALGO_CONFIG_ID))
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__, "the algorithm is not initialized, or its number is to be set");
  return setAttribute(__func__, configAttributes, algo, attribute, buffer, sizeInBytes);
}

cublasStatus_t cublasLtMatmulAlgoConfigGetAttribute(const cublasLtMatmulAlgo_t *algo,
                                                    cublasLtMatmulAlgoConfigAttributes_t attribute, void *buffer,
                                                    size_t sizeInBytes, size_t *sizeWritten) {
  if (algo && unpack(*algo).magic != Algorithm::expectedMagic)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__, "the algorithm is not initialized");
  return getAttribute(__func__, configAttributes, algo, attribute, buffer, sizeInBytes, sizeWritten);
}
}
