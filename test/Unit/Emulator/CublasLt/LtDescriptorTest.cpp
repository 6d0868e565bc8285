// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Descriptors and their attributes, and what the library says of itself.

#include "LtSmall.h"

#include <cstdlib>

namespace mmc::emulator::test {
namespace {

TEST(LtAttributes, SizesAreChecked) {
  Small small;
  cublasLtMatmulDesc_t operation = small.descriptors->operation;
  const int64_t wide = 1;
  EXPECT_EQ(cublasLtMatmulDescSetAttribute(operation, CUBLASLT_MATMUL_DESC_TRANSA, &wide, 8),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasLtMatmulDescSetAttribute(operation, CUBLASLT_MATMUL_DESC_TRANSA, nullptr, 4),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasLtMatmulDescSetAttribute(nullptr, CUBLASLT_MATMUL_DESC_TRANSA, &wide, 4),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasLtMatmulDescSetAttribute(operation, cublasLtMatmulDescAttributes_t(31), &wide, 4),
            CUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(cublasLtMatmulDescSetAttribute(operation, cublasLtMatmulDescAttributes_t(99), &wide, 4),
            CUBLAS_STATUS_INVALID_VALUE);
  size_t written = 0;
  EXPECT_EQ(cublasLtMatmulDescGetAttribute(operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, nullptr, 0,
                                           &written),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(written, 8u);
  EXPECT_EQ(cublasLtMatmulDescGetAttribute(operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, nullptr, 0,
                                           nullptr),
            CUBLAS_STATUS_INVALID_VALUE);
  int32_t type = 0;
  EXPECT_EQ(cublasLtMatmulDescGetAttribute(operation, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, &type, 4,
                                           nullptr),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(type, -1) << "documented default";
  uint64_t rows = 0;
  EXPECT_EQ(cublasLtMatrixLayoutGetAttribute(small.descriptors->layouts[0],
                                             CUBLASLT_MATRIX_LAYOUT_ROWS, &rows, 8, &written),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(rows, 8u);
  // Memory of the user's own, too small and large enough.
  cublasLtMatrixLayoutOpaque_t memory;
  EXPECT_EQ(cublasLtMatrixLayoutInit_internal(&memory, 16, CUDA_R_32F, 1, 1, 1),
            CUBLAS_STATUS_ALLOC_FAILED);
  EXPECT_EQ(cublasLtMatrixLayoutInit_internal(&memory, 64, CUDA_R_32F, 1, 1, 1),
            CUBLAS_STATUS_SUCCESS)
      << "cuBLAS 12 has 64 bytes";
  EXPECT_EQ(cublasLtMatrixLayoutInit_internal(nullptr, 64, CUDA_R_32F, 1, 1, 1),
            CUBLAS_STATUS_INVALID_VALUE);
}

TEST(LtDescriptors, OnlyWhatTheLibraryMadeIsDestroyed) {
  cublasLtMatrixLayout_t layout = nullptr;
  ASSERT_EQ(cublasLtMatrixLayoutCreate(&layout, CUDA_R_32F, 1, 1, 1), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cublasLtMatmulDescDestroy(reinterpret_cast<cublasLtMatmulDesc_t>(layout)),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasLtMatrixLayoutDestroy(layout), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cublasLtMatrixLayoutDestroy(layout), CUBLAS_STATUS_INVALID_VALUE) << "destroyed before";
  EXPECT_EQ(cublasLtMatrixLayoutDestroy(nullptr), CUBLAS_STATUS_SUCCESS);
  cublasLtMatmulPreferenceOpaque_t own;
  ASSERT_EQ(cublasLtMatmulPreferenceInit_internal(&own, sizeof own), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cublasLtMatmulPreferenceDestroy(&own), CUBLAS_STATUS_INVALID_VALUE)
      << "the program's memory";
  EXPECT_EQ(cublasLtMatmulPreferenceDestroy(reinterpret_cast<cublasLtMatmulPreference_t>(0x1230)),
            CUBLAS_STATUS_INVALID_VALUE);
}

std::string logged;
TEST(LtLibrary, NamesVersionsAndLog) {
  EXPECT_STREQ(cublasLtGetStatusName(CUBLAS_STATUS_NOT_SUPPORTED), "CUBLAS_STATUS_NOT_SUPPORTED");
  EXPECT_GE(cublasLtGetVersion(), 130000u);
  int major = 0;
  EXPECT_EQ(cublasLtGetProperty(MAJOR_VERSION, &major), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(size_t(major), cublasLtGetVersion() / 10000);
  EXPECT_EQ(cublasLtGetProperty(libraryPropertyType(3), &major), CUBLAS_STATUS_INVALID_VALUE);
  ASSERT_EQ(cublasLtLoggerSetCallback([](int, const char *function, const char *message) {
              logged = std::string(function) + ": " + message;
            }),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cublasLtLoggerSetLevel(6), CUBLAS_STATUS_INVALID_VALUE);
  ASSERT_EQ(cublasLtLoggerSetLevel(1), CUBLAS_STATUS_SUCCESS);
  Small small;
  small.layout(0, CUBLASLT_MATRIX_LAYOUT_LD, int64_t(7));
  EXPECT_EQ(small.matmul(), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(logged, "cublasLtMatmul: the leading dimension of matrix A, got: 7 < 8");
  ASSERT_EQ(cublasLtLoggerSetLevel(0), CUBLAS_STATUS_SUCCESS);
}

/// In a process of its own: the variables are read once.
TEST(LtLibraryDeathTest, BadVariablesAreTold) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  auto run = [](const char *level, const char *file) {
    setenv("CUBLASLT_LOG_LEVEL", level, 1);
    setenv("CUBLASLT_LOG_FILE", file, 1);
    cublasLtDestroy(nullptr);
    std::_Exit(0);
  };
  for (const char *level : {"warn", "-1", "6", "1x"})
    EXPECT_EXIT(run(level, ""), testing::ExitedWithCode(0),
                "CUBLASLT_LOG_LEVEL must be a number from 0 to 5, got: '" + std::string(level) +
                    "'");
  EXPECT_EXIT(run("1", "/nowhere/log"), testing::ExitedWithCode(0),
              "CUBLASLT_LOG_FILE cannot be written: '/nowhere/log'");
}

} // namespace
} // namespace mmc::emulator::test
