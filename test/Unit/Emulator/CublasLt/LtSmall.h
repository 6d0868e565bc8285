// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A small matmul that is right, for tests to make wrong.

#ifndef MMC_TEST_EMULATOR_LTSMALL_H
#define MMC_TEST_EMULATOR_LTSMALL_H

#include "LtMatmul.h"

namespace mmc::emulator::test {

/// A matmul of 8 x 8 x 8 in bf16 that is right, to be made wrong.
struct Small {
  MatmulCase test;
  std::unique_ptr<LtDescriptors> descriptors;
  DeviceBuffer a, b, c, d, extra;
  float alpha = 1, beta = 0;
  std::string message;

  explicit Small(MatmulCase base = square())
      : test(base), a(memory()), b(memory()), c(memory()), d(memory()), extra(memory()) {
    auto matrix = [&](cudaDataType type) {
      return TestMatrix(type, 8, 8, 1, CUBLASLT_ORDER_COL, 0, 1);
    };
    descriptors = describeMatmul(test, matrix(test.abType), matrix(test.abType),
                                 matrix(test.cdType), matrix(test.cdType));
  }
  static MatmulCase square() {
    useDevice();
    MatmulCase test;
    test.m = test.n = test.k = 8;
    test.abType = test.cdType = CUDA_R_16BF;
    return test;
  }
  static std::vector<uint8_t> memory() { return std::vector<uint8_t>(1024); }
  /// Sets an attribute of a layout.
  template <typename T>
  void layout(int which, cublasLtMatrixLayoutAttribute_t attribute, T value) {
    ASSERT_EQ(cublasLtMatrixLayoutSetAttribute(descriptors->layouts[which], attribute, &value,
                                               sizeof value),
              CUBLAS_STATUS_SUCCESS);
  }
  cublasStatus_t heuristic() {
    cublasLtMatmulPreference_t preference = nullptr;
    EXPECT_EQ(cublasLtMatmulPreferenceCreate(&preference), CUBLAS_STATUS_SUCCESS);
    cublasLtMatmulHeuristicResult_t result;
    int count = 0;
    cublasLtMatrixLayout_t *layouts = descriptors->layouts;
    const cublasStatus_t status =
        cublasLtMatmulAlgoGetHeuristic(ltHandle(), descriptors->operation, layouts[0], layouts[1],
                                       layouts[2], layouts[3], preference, 1, &result, &count);
    EXPECT_EQ(count, status == CUBLAS_STATUS_SUCCESS ? 1 : 0);
    EXPECT_EQ(cublasLtMatmulPreferenceDestroy(preference), CUBLAS_STATUS_SUCCESS);
    return status;
  }
  cublasStatus_t matmul(const cublasLtMatmulAlgo_t *algo = nullptr, void *workspace = nullptr,
                        size_t bytes = 0) {
    return call(a.pointer(), b.pointer(), c.pointer(), d.pointer(), &alpha, algo, workspace, bytes);
  }
  cublasStatus_t call(const void *aAt, const void *bAt, const void *cAt, void *dAt,
                      const void *alphaAt, const cublasLtMatmulAlgo_t *algo = nullptr,
                      void *workspace = nullptr, size_t bytes = 0) {
    const cublasStatus_t status =
        descriptors->matmul(alphaAt, aAt, bAt, &beta, cAt, dAt, algo, workspace, bytes);
    EXPECT_EQ(cuCtxSynchronize(), CUDA_SUCCESS);
    return status;
  }
};

} // namespace mmc::emulator::test

#endif // MMC_TEST_EMULATOR_LTSMALL_H
