// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LtMatmul.h"

#include "mmc/Runtime/Core/DType.h"

#include <cstring>
#include <random>

namespace mmc::emulator::test {

void useDevice() {
  static const bool ready = [] {
    EXPECT_EQ(cuInit(0), CUDA_SUCCESS);
    CUcontext context = nullptr;
    EXPECT_EQ(cuDevicePrimaryCtxRetain(&context, 0), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxSetCurrent(context), CUDA_SUCCESS);
    return true;
  }();
  ASSERT_TRUE(ready);
}

size_t bytesOfType(cudaDataType type) {
  switch (type) {
  case CUDA_R_8I:
    return 1;
  case CUDA_R_16F:
  case CUDA_R_16BF:
    return 2;
  default:
    return 4;
  }
}

std::vector<uint8_t> encodeElements(cudaDataType type, const std::vector<double> &values) {
  const size_t size = bytesOfType(type);
  std::vector<uint8_t> bytes(values.size() * size);
  for (size_t i = 0; i < values.size(); ++i) {
    const float number = static_cast<float>(values[i]);
    const int32_t integer = static_cast<int32_t>(values[i]);
    const uint16_t half = type == CUDA_R_16F ? f16FromFloat(number) : bf16FromFloat(number);
    const void *source = size == 2            ? static_cast<const void *>(&half)
                         : type == CUDA_R_32F ? static_cast<const void *>(&number)
                                              : static_cast<const void *>(&integer);
    std::memcpy(&bytes[i * size], source, size);
  }
  return bytes;
}

std::vector<double> decodeElements(cudaDataType type, const std::vector<uint8_t> &bytes) {
  const size_t size = bytesOfType(type);
  std::vector<double> values(bytes.size() / size);
  for (size_t i = 0; i < values.size(); ++i) {
    uint16_t half = 0;
    float number = 0;
    int32_t integer = 0;
    if (size == 2)
      std::memcpy(&half, &bytes[i * 2], 2);
    else if (size == 4)
      std::memcpy(type == CUDA_R_32F ? static_cast<void *>(&number) : &integer, &bytes[i * 4], 4);
    values[i] = type == CUDA_R_16F    ? floatFromF16(half)
                : type == CUDA_R_16BF ? floatFromBf16(half)
                : type == CUDA_R_32F  ? number
                : type == CUDA_R_32I  ? integer
                                      : static_cast<int8_t>(bytes[i]);
  }
  return values;
}

DeviceBuffer::DeviceBuffer(const std::vector<uint8_t> &bytes) : size(bytes.size()) {
  EXPECT_EQ(cuMemAlloc_v2(&address, size), CUDA_SUCCESS);
  EXPECT_EQ(cuMemcpyHtoD_v2(address, bytes.data(), size), CUDA_SUCCESS);
}
DeviceBuffer::~DeviceBuffer() { EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS); }
std::vector<uint8_t> DeviceBuffer::read() const {
  std::vector<uint8_t> bytes(size);
  EXPECT_EQ(cuMemcpyDtoH_v2(bytes.data(), address, size), CUDA_SUCCESS);
  return bytes;
}

TestMatrix::TestMatrix(cudaDataType type, int64_t rows, int64_t columns, int64_t batches,
                       cublasLtOrder_t order, int64_t padding, unsigned seed)
    : type(type), rows(rows), columns(columns), batches(batches), order(order) {
  const bool byColumns = order == CUBLASLT_ORDER_COL;
  ld = (byColumns ? rows : columns) + padding;
  batchStride = ld * (byColumns ? columns : rows) + 2 * padding;
  values.resize(size_t(batchStride * batches));
  fill(seed);
}

size_t TestMatrix::index(int64_t batch, int64_t row, int64_t column) const {
  return size_t(batch * batchStride +
                (order == CUBLASLT_ORDER_COL ? row + column * ld : row * ld + column));
}

void TestMatrix::fill(unsigned seed) {
  std::mt19937 random(seed);
  for (double &value : values)
    value = type == CUDA_R_8I || type == CUDA_R_32I ? double(int(random() % 256) - 128)
                                                    : double(random()) / 2147483648.0 - 1.0;
  values = decodeElements(type, encodeElements(type, values));
}

std::string MatmulCase::text() const {
  std::string line = std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k) +
                     ", batches " + std::to_string(batches) + ", types " + std::to_string(abType) +
                     " -> " + std::to_string(cdType) + ", compute " + std::to_string(computeType) +
                     ", trans " + std::to_string(transA) + std::to_string(transB) + ", orders ";
  for (cublasLtOrder_t order : orders)
    line += std::to_string(order);
  return line + ", padding " + std::to_string(padding) + ", alpha " + std::to_string(alpha) +
         ", beta " + std::to_string(beta) + ", in place " + std::to_string(inPlace) +
         ", epilogue " + std::to_string(epilogue);
}

cublasLtHandle_t ltHandle() {
  static const cublasLtHandle_t handle = [] {
    cublasLtHandle_t made = nullptr;
    EXPECT_EQ(cublasLtCreate(&made), CUBLAS_STATUS_SUCCESS);
    return made;
  }();
  return handle;
}

LtDescriptors::~LtDescriptors() {
  EXPECT_EQ(cublasLtMatmulDescDestroy(operation), CUBLAS_STATUS_SUCCESS);
  for (cublasLtMatrixLayout_t layout : layouts)
    EXPECT_EQ(cublasLtMatrixLayoutDestroy(layout), CUBLAS_STATUS_SUCCESS);
}

std::unique_ptr<LtDescriptors> describeMatmul(const MatmulCase &test, const TestMatrix &a,
                                              const TestMatrix &b, const TestMatrix &c,
                                              const TestMatrix &d) {
  auto made = std::make_unique<LtDescriptors>();
  EXPECT_EQ(cublasLtMatmulDescCreate(&made->operation, test.computeType, test.scaleType),
            CUBLAS_STATUS_SUCCESS);
  made->set(CUBLASLT_MATMUL_DESC_TRANSA, test.transA);
  made->set(CUBLASLT_MATMUL_DESC_TRANSB, test.transB);
  made->set(CUBLASLT_MATMUL_DESC_EPILOGUE, test.epilogue);
  if (test.scalesOnDevice)
    made->set(CUBLASLT_MATMUL_DESC_POINTER_MODE, CUBLASLT_POINTER_MODE_DEVICE);
  if (test.alphaVector)
    made->set(CUBLASLT_MATMUL_DESC_POINTER_MODE,
              CUBLASLT_POINTER_MODE_ALPHA_DEVICE_VECTOR_BETA_HOST);
  const TestMatrix *matrices[4] = {&a, &b, &c, &d};
  for (int i = 0; i < 4; ++i) {
    const TestMatrix &matrix = *matrices[i];
    EXPECT_EQ(cublasLtMatrixLayoutCreate(&made->layouts[i], matrix.type, uint64_t(matrix.rows),
                                         uint64_t(matrix.columns), matrix.ld),
              CUBLAS_STATUS_SUCCESS);
    const int32_t order = matrix.order, batches = int32_t(matrix.batches);
    EXPECT_EQ(
        cublasLtMatrixLayoutSetAttribute(made->layouts[i], CUBLASLT_MATRIX_LAYOUT_ORDER, &order, 4),
        CUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(cublasLtMatrixLayoutSetAttribute(made->layouts[i], CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT,
                                               &batches, 4),
              CUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(cublasLtMatrixLayoutSetAttribute(made->layouts[i],
                                               CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                                               &matrix.batchStride, 8),
              CUBLAS_STATUS_SUCCESS);
  }
  return made;
}

} // namespace mmc::emulator::test
