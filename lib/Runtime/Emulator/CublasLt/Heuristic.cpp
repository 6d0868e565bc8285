// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Algorithm queries: what cublasLtMatmul would refuse is refused here, with the same code.

#include "Algorithm.h"
#include "Handle.h"
#include "Log.h"
#include "Problem.h"

namespace mmc::emulator::cublaslt {
namespace {

/// Waves of 128 × 128 tiles on a chip of 132 multiprocessors: a figure to compare sizes by, no
/// more.
float wavesOf(const MatmulProblem &problem) {
  const auto tiles = [](int64_t size) { return double((size + 127) / 128); };
  return float(tiles(problem.m) * tiles(problem.n) * double(problem.batches) / 132.0);
}

Algorithm algorithmFor(const MatmulTypes &types) {
  Algorithm algorithm;
  algorithm.types = types;
  return algorithm;
}

/// Whether a preference lets the algorithm through.
bool satisfies(const MatmulPreference &preference, const MatmulTypes &types,
               const MatmulProblem &problem, std::string &reason) {
  const uint64_t numerics = numericsOf(types);
  for (int i = 0; i < 4; ++i)
    if (preference.minAlignment[i] < alignmentOf(types.matrices[i])) {
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
} // namespace mmc::emulator::cublaslt

using namespace mmc::emulator::cublaslt;

extern "C" {

cublasStatus_t
cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation,
                               cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                               cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                               cublasLtMatmulPreference_t preference, int requestedAlgoCount,
                               cublasLtMatmulHeuristicResult_t results[], int *returnAlgoCount) {
  if (returnAlgoCount)
    *returnAlgoCount = 0;
  if (!isLive(handle))
    return refuse(CUBLAS_STATUS_NOT_INITIALIZED, __func__,
                  "the handle is none that cublasLtCreate gave");
  const MatmulDescriptors descriptors(operation, a, b, c, d);
  const MatmulPreference *wishes = descriptorOf<MatmulPreference>(preference);
  if (!descriptors.areComplete() || !wishes || requestedAlgoCount <= 0 || !results ||
      !returnAlgoCount)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__,
                  "a descriptor or the place for results is null, or no algorithm is asked for");
  std::string reason;
  MatmulProblem problem;
  if (cublasStatus_t status = describeProblem(descriptors, problem, reason))
    return refuse(status, __func__, reason);
  if (wishes->searchMode == CUBLASLT_SEARCH_LIMITED_BY_ALGO_ID) {
    if (cublasStatus_t status = checkAlgorithm(results[0].algo, descriptors, reason))
      return refuse(status, __func__, reason);
  } else if (wishes->searchMode != CUBLASLT_SEARCH_BEST_FIT) {
    return refuse(CUBLAS_STATUS_NOT_SUPPORTED, __func__,
                  "no search mode " + std::to_string(wishes->searchMode));
  }
  const MatmulTypes types = typesOf(descriptors);
  if (!satisfies(*wishes, types, problem, reason))
    return refuse(CUBLAS_STATUS_NOT_SUPPORTED, __func__, reason);
  results[0] = {};
  packInto(results[0].algo, algorithmFor(types));
  results[0].state = CUBLAS_STATUS_SUCCESS;
  results[0].wavesCount = wavesOf(problem);
  *returnAlgoCount = 1;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoGetIds(cublasLtHandle_t handle, cublasComputeType_t computeType,
                                        cudaDataType scaleType, cudaDataType a, cudaDataType b,
                                        cudaDataType c, cudaDataType d, int requestedAlgoCount,
                                        int algoIds[], int *returnAlgoCount) {
  if (!isLive(handle))
    return refuse(CUBLAS_STATUS_NOT_INITIALIZED, __func__,
                  "the handle is none that cublasLtCreate gave");
  if (requestedAlgoCount <= 0 || !algoIds || !returnAlgoCount)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__, "no place for algorithms");
  std::string reason;
  *returnAlgoCount = 0;
  if (cublasStatus_t status = checkTypes({computeType, scaleType, {a, b, c, d}}, reason))
    return refuse(status, __func__, reason);
  algoIds[0] = 0;
  *returnAlgoCount = 1;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoInit(cublasLtHandle_t handle, cublasComputeType_t computeType,
                                      cudaDataType scaleType, cudaDataType a, cudaDataType b,
                                      cudaDataType c, cudaDataType d, int algoId,
                                      cublasLtMatmulAlgo_t *algo) {
  if (!isLive(handle))
    return refuse(CUBLAS_STATUS_NOT_INITIALIZED, __func__,
                  "the handle is none that cublasLtCreate gave");
  if (!algo || algoId != 0)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__,
                  "the place for the algorithm is null, or its number not 0");
  std::string reason;
  const MatmulTypes types{computeType, scaleType, {a, b, c, d}};
  if (cublasStatus_t status = checkTypes(types, reason))
    return refuse(status, __func__, reason);
  packInto(*algo, algorithmFor(types));
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoCheck(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation,
                                       cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                       cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                       const cublasLtMatmulAlgo_t *algo,
                                       cublasLtMatmulHeuristicResult_t *result) {
  if (!isLive(handle))
    return refuse(CUBLAS_STATUS_NOT_INITIALIZED, __func__,
                  "the handle is none that cublasLtCreate gave");
  const MatmulDescriptors descriptors(operation, a, b, c, d);
  if (!descriptors.areComplete() || !algo || !result)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__,
                  "a descriptor, the algorithm or the result is null");
  std::string reason;
  MatmulProblem problem;
  cublasStatus_t status = describeProblem(descriptors, problem, reason);
  if (!status)
    status = checkAlgorithm(*algo, descriptors, reason);
  result->state = status;
  if (status)
    return refuse(status, __func__, reason);
  result->workspaceSize = 0;
  result->wavesCount = wavesOf(problem);
  return CUBLAS_STATUS_SUCCESS;
}
}
