// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Algorithms: which there are, what is asked of them and what excludes them.

#include "LtSmall.h"

#include <cstring>

namespace mmc::emulator::test {
namespace {

TEST(LtAlgorithms, OneThatRunsAndIsChecked) {
  Small small;
  int ids[4] = {-1, -1, -1, -1}, count = 0;
  ASSERT_EQ(cublasLtMatmulAlgoGetIds(ltHandle(), CUBLAS_COMPUTE_32F, CUDA_R_32F, CUDA_R_16BF,
                                     CUDA_R_16BF, CUDA_R_16BF, CUDA_R_16BF, 4, ids, &count),
            CUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(count, 1);
  EXPECT_EQ(cublasLtMatmulAlgoGetIds(ltHandle(), CUBLAS_COMPUTE_32F, CUDA_R_32F, CUDA_R_16BF,
                                     CUDA_R_16F, CUDA_R_16BF, CUDA_R_16BF, 4, ids, &count),
            CUBLAS_STATUS_NOT_SUPPORTED);
  cublasLtMatmulAlgo_t algo;
  auto init = [&](cudaDataType ab, int id) {
    return cublasLtMatmulAlgoInit(ltHandle(), CUBLAS_COMPUTE_32F, CUDA_R_32F, ab, ab, ab, ab, id,
                                  &algo);
  };
  EXPECT_EQ(init(CUDA_R_16BF, 7), CUBLAS_STATUS_INVALID_VALUE);
  ASSERT_EQ(init(CUDA_R_16BF, ids[0]), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(small.matmul(&algo), CUBLAS_STATUS_SUCCESS);
  auto &layouts = small.descriptors->layouts;
  cublasLtMatmulHeuristicResult_t result;
  auto check = [&] {
    return cublasLtMatmulAlgoCheck(ltHandle(), small.descriptors->operation, layouts[0], layouts[1],
                                   layouts[2], layouts[3], &algo, &result);
  };
  EXPECT_EQ(check(), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result.workspaceSize, 0u);
  uint32_t epilogues = 0, alignment = 0;
  EXPECT_EQ(cublasLtMatmulAlgoCapGetAttribute(&algo, CUBLASLT_ALGO_CAP_EPILOGUE_MASK, &epilogues, 4,
                                              nullptr),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_TRUE(epilogues & CUBLASLT_EPILOGUE_BGRADB);
  EXPECT_EQ(cublasLtMatmulAlgoCapGetAttribute(&algo, CUBLASLT_ALGO_CAP_MIN_ALIGNMENT_A_BYTES,
                                              &alignment, 4, nullptr),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(alignment, 2u);
  const int32_t splits = 4;
  EXPECT_EQ(
      cublasLtMatmulAlgoConfigSetAttribute(&algo, CUBLASLT_ALGO_CONFIG_SPLITK_NUM, &splits, 4),
      CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(check(), CUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(small.matmul(&algo), CUBLAS_STATUS_NOT_SUPPORTED);
  ASSERT_EQ(init(CUDA_R_16F, 0), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(check(), CUBLAS_STATUS_INVALID_VALUE) << "made for f16";
  std::memset(&algo, 0x5a, sizeof algo);
  EXPECT_EQ(check(), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(small.matmul(&algo), CUBLAS_STATUS_INVALID_VALUE);
}

TEST(LtAlgorithms, PreferencesExclude) {
  Small small;
  cublasLtMatmulPreference_t preference = nullptr;
  ASSERT_EQ(cublasLtMatmulPreferenceCreate(&preference), CUBLAS_STATUS_SUCCESS);
  auto ask = [&](int wanted) {
    cublasLtMatmulHeuristicResult_t results[2];
    int count = -1;
    auto &layouts = small.descriptors->layouts;
    const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(
        ltHandle(), small.descriptors->operation, layouts[0], layouts[1], layouts[2], layouts[3],
        preference, wanted, results, &count);
    EXPECT_EQ(count, status == CUBLAS_STATUS_SUCCESS ? 1 : 0);
    return status;
  };
  EXPECT_EQ(ask(2), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(ask(0), CUBLAS_STATUS_INVALID_VALUE);
  const uint32_t one = 1, full = 256;
  ASSERT_EQ(cublasLtMatmulPreferenceSetAttribute(
                preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, &one, 4),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(ask(1), CUBLAS_STATUS_NOT_SUPPORTED);
  ASSERT_EQ(cublasLtMatmulPreferenceSetAttribute(
                preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, &full, 4),
            CUBLAS_STATUS_SUCCESS);
  const uint64_t onlyFma = 0xff01ull | 0xffull << 16;
  ASSERT_EQ(
      cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_IMPL_MASK, &onlyFma, 8),
      CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(ask(1), CUBLAS_STATUS_NOT_SUPPORTED) << "bf16 goes to tensor cores";
  EXPECT_EQ(cublasLtMatmulPreferenceDestroy(preference), CUBLAS_STATUS_SUCCESS);
}

} // namespace
} // namespace mmc::emulator::test
