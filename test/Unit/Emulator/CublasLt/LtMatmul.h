// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs a matmul through cuBLASLt's functions and computes the same with plain loops in double.

#ifndef MMC_TEST_EMULATOR_LTMATMUL_H
#define MMC_TEST_EMULATOR_LTMATMUL_H

#include "mmc/Runtime/Emulator/CublasLt/CublasLt.h"
#include "mmc/Runtime/Emulator/Driver/Cuda.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mmc::emulator::test {

/// Makes device 0 current; once.
void useDevice();

/// Elements of a type as bytes, and back.
std::vector<uint8_t> encodeElements(cudaDataType type, const std::vector<double> &values);
std::vector<double> decodeElements(cudaDataType type, const std::vector<uint8_t> &bytes);
size_t bytesOfType(cudaDataType type);

/// Device memory with these bytes.
class DeviceBuffer {
public:
  explicit DeviceBuffer(const std::vector<uint8_t> &bytes);
  ~DeviceBuffer();
  DeviceBuffer(const DeviceBuffer &) = delete;
  DeviceBuffer &operator=(const DeviceBuffer &) = delete;
  void *pointer() const { return reinterpret_cast<void *>(address); }
  std::vector<uint8_t> read() const;

private:
  CUdeviceptr address = 0;
  size_t size;
};

/// A batch of matrices in memory, with whatever lies between their columns.
struct TestMatrix {
  cudaDataType type = CUDA_R_32F;
  int64_t rows = 0, columns = 0, batches = 1;
  cublasLtOrder_t order = CUBLASLT_ORDER_COL;
  int64_t ld = 0, batchStride = 0;
  std::vector<double> values;

  /// `padding` elements between columns (or rows), and twice that between matrices.
  TestMatrix(cudaDataType type, int64_t rows, int64_t columns, int64_t batches,
             cublasLtOrder_t order, int64_t padding, unsigned seed);
  size_t index(int64_t batch, int64_t row, int64_t column) const;
  double &at(int64_t batch, int64_t row, int64_t column) {
    return values[index(batch, row, column)];
  }
  /// Random values that the type has; int8: all of its range.
  void fill(unsigned seed);
};

/// What is computed.
struct MatmulCase {
  int64_t m = 1, n = 1, k = 1, batches = 1;
  cublasComputeType_t computeType = CUBLAS_COMPUTE_32F;
  cudaDataType scaleType = CUDA_R_32F, abType = CUDA_R_32F, cdType = CUDA_R_32F;
  cublasOperation_t transA = CUBLAS_OP_N, transB = CUBLAS_OP_N;
  cublasLtOrder_t orders[4] = {CUBLASLT_ORDER_COL, CUBLASLT_ORDER_COL, CUBLASLT_ORDER_COL,
                               CUBLASLT_ORDER_COL};
  int64_t padding = 0;
  double alpha = 1, beta = 0;
  bool inPlace = false, scalesOnDevice = false, alphaVector = false;
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  unsigned seed = 1;

  std::string text() const;
};

/// A live handle of the library, for all tests.
cublasLtHandle_t ltHandle();

/// A case's descriptors; destroyed with it.
struct LtDescriptors {
  cublasLtMatmulDesc_t operation = nullptr;
  cublasLtMatrixLayout_t layouts[4] = {};
  ~LtDescriptors();
  template <typename T>
  void set(cublasLtMatmulDescAttributes_t attribute, T value) {
    EXPECT_EQ(cublasLtMatmulDescSetAttribute(operation, attribute, &value, sizeof value),
              CUBLAS_STATUS_SUCCESS);
  }
  /// The product in the default stream.
  cublasStatus_t matmul(const void *alpha, const void *a, const void *b, const void *beta,
                        const void *c, void *d, const cublasLtMatmulAlgo_t *algo = nullptr,
                        void *workspace = nullptr, size_t bytes = 0) const {
    return cublasLtMatmul(ltHandle(), operation, alpha, a, layouts[0], b, layouts[1], beta, c,
                          layouts[2], d, layouts[3], algo, workspace, bytes, nullptr);
  }
};
std::unique_ptr<LtDescriptors> describeMatmul(const MatmulCase &test, const TestMatrix &a,
                                              const TestMatrix &b, const TestMatrix &c,
                                              const TestMatrix &d);

/// Runs the case on the device, with the algorithm that the heuristic gives, and compares all that
/// it writes with plain loops: within what one rounding and sums in f32 allow, integers exactly.
void checkMatmul(const MatmulCase &test);

} // namespace mmc::emulator::test

#endif // MMC_TEST_EMULATOR_LTMATMUL_H
