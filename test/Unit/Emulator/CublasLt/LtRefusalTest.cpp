// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What cuBLASLt's functions refuse, with which code, and that queries refuse the same as the
// product.

#include "LtSmall.h"

namespace mmc::emulator::test {
namespace {

using Mutation = std::function<void(Small &)>;

/// Both the query and the product refuse with `status`.
void refuses(cublasStatus_t status, const char *what, const Mutation &mutate,
             MatmulCase base = Small::square()) {
  SCOPED_TRACE(what);
  Small small(base);
  ASSERT_EQ(small.matmul(), CUBLAS_STATUS_SUCCESS) << "the unchanged product";
  mutate(small);
  EXPECT_EQ(small.heuristic(), status);
  EXPECT_EQ(small.matmul(), status);
}

TEST(LtRefusal, ShapesAndLayouts) {
  const cublasStatus_t invalid = CUBLAS_STATUS_INVALID_VALUE,
                       unsupported = CUBLAS_STATUS_NOT_SUPPORTED;
  refuses(invalid, "rows of A",
          [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(7)); });
  refuses(invalid, "inner size",
          [](Small &s) { s.layout(1, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(7)); });
  refuses(invalid, "columns of B",
          [](Small &s) { s.layout(1, CUBLASLT_MATRIX_LAYOUT_COLS, uint64_t(9)); });
  refuses(invalid, "shape of C",
          [](Small &s) { s.layout(2, CUBLASLT_MATRIX_LAYOUT_COLS, uint64_t(7)); });
  refuses(unsupported, "no rows",
          [](Small &s) { s.layout(3, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(0)); });
  refuses(unsupported, "too many",
          [](Small &s) { s.layout(3, CUBLASLT_MATRIX_LAYOUT_COLS, uint64_t(1) << 40); });
  refuses(invalid, "ld", [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_LD, int64_t(7)); });
  refuses(invalid, "negative ld",
          [](Small &s) { s.layout(3, CUBLASLT_MATRIX_LAYOUT_LD, int64_t(-8)); });
  refuses(invalid, "vast ld",
          [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_LD, int64_t(1) << 62); });
  refuses(unsupported, "order",
          [](Small &s) { s.layout(1, CUBLASLT_MATRIX_LAYOUT_ORDER, CUBLASLT_ORDER_COL32); });
  refuses(invalid, "batches differ",
          [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, int32_t(2)); });
  refuses(invalid, "batch count 0",
          [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, int32_t(0)); });
  refuses(invalid, "D's batch in one place", [](Small &s) {
    for (int i = 0; i < 4; ++i) {
      s.layout(i, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, int32_t(2));
      s.layout(i, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, int64_t(0));
    }
  });
  refuses(unsupported, "batch of pointers",
          [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_BATCH_MODE, uint32_t(1)); });
  refuses(unsupported, "planes",
          [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_PLANE_OFFSET, int64_t(64)); });
}

TEST(LtRefusal, TypesAndModes) {
  const cublasStatus_t invalid = CUBLAS_STATUS_INVALID_VALUE,
                       unsupported = CUBLAS_STATUS_NOT_SUPPORTED;
  auto type = [](int which, cudaDataType value) {
    return [=](Small &s) { s.layout(which, CUBLASLT_MATRIX_LAYOUT_TYPE, value); };
  };
  refuses(unsupported, "A and B differ", type(0, CUDA_R_16F));
  refuses(unsupported, "C and D differ", type(2, CUDA_R_32F));
  refuses(unsupported, "fp8",
          [&](Small &s) { type(0, CUDA_R_8F_E4M3)(s), type(1, CUDA_R_8F_E4M3)(s); });
  refuses(unsupported, "f16 from bf16",
          [&](Small &s) { type(2, CUDA_R_16F)(s), type(3, CUDA_R_16F)(s); });
  auto compute = [](cublasComputeType_t value) {
    return [=](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_COMPUTE_TYPE, value); };
  };
  for (cublasComputeType_t value : {CUBLAS_COMPUTE_16F, CUBLAS_COMPUTE_64F, CUBLAS_COMPUTE_32I,
                                    CUBLAS_COMPUTE_32F_FAST_TF32, cublasComputeType_t(1234)})
    refuses(unsupported, "compute type", compute(value));
  refuses(unsupported, "scale type",
          [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_SCALE_TYPE, CUDA_R_64F); });
  refuses(invalid, "operation",
          [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_TRANSA, int32_t(3)); });
  refuses(unsupported, "C transposed",
          [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_TRANSC, CUBLAS_OP_T); });
  refuses(unsupported, "half of D", [](Small &s) {
    s.descriptors->set(CUBLASLT_MATMUL_DESC_FILL_MODE, CUBLAS_FILL_MODE_LOWER);
  });
  refuses(unsupported, "vectors of scales", [](Small &s) {
    s.descriptors->set(CUBLASLT_MATMUL_DESC_POINTER_MODE, CUBLASLT_POINTER_MODE_DEVICE_VECTOR);
  });
  refuses(invalid, "pointer mode",
          [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_POINTER_MODE, int32_t(9)); });
  for (cublasLtMatmulDescAttributes_t scale :
       {CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, CUBLASLT_MATMUL_DESC_D_SCALE_POINTER,
        CUBLASLT_MATMUL_DESC_AMAX_D_POINTER})
    refuses(invalid, "scale of fp8",
            [=](Small &s) { s.descriptors->set(scale, s.extra.pointer()); });
}

TEST(LtRefusal, Epilogues) {
  const cublasStatus_t invalid = CUBLAS_STATUS_INVALID_VALUE,
                       unsupported = CUBLAS_STATUS_NOT_SUPPORTED;
  auto epilogue = [](Small &s, uint32_t value) {
    s.descriptors->set(CUBLASLT_MATMUL_DESC_EPILOGUE, value);
    s.descriptors->set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, s.extra.pointer());
    s.descriptors->set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, s.extra.pointer());
    s.descriptors->set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, int64_t(8));
  };
  refuses(invalid, "no epilogue", [&](Small &s) { epilogue(s, 3); });
  refuses(invalid, "mask's ld", [&](Small &s) { epilogue(s, CUBLASLT_EPILOGUE_RELU_AUX); });
  refuses(invalid, "ld of aux", [&](Small &s) {
    epilogue(s, CUBLASLT_EPILOGUE_GELU_AUX);
    s.descriptors->set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, int64_t(12));
  });
  refuses(invalid, "no ld of aux", [&](Small &s) {
    epilogue(s, CUBLASLT_EPILOGUE_DGELU);
    s.descriptors->set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, int64_t(0));
  });
  refuses(unsupported, "bias type", [&](Small &s) {
    epilogue(s, CUBLASLT_EPILOGUE_BIAS);
    s.descriptors->set(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, CUDA_R_32F);
  });
  refuses(unsupported, "aux type", [&](Small &s) {
    epilogue(s, CUBLASLT_EPILOGUE_GELU_AUX);
    s.descriptors->set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_DATA_TYPE, CUDA_R_32F);
  });
  refuses(unsupported, "row order", [&](Small &s) {
    epilogue(s, CUBLASLT_EPILOGUE_BIAS);
    s.layout(3, CUBLASLT_MATRIX_LAYOUT_ORDER, CUBLASLT_ORDER_ROW);
  });
  auto manyBatches = [](Small &s) {
    for (int i = 0; i < 4; ++i) {
      s.layout(i, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, int32_t(1) << 24);
      s.layout(i, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, int64_t(64));
    }
  };
  // Strides whose products with the counts are 0 in 64 bits.
  refuses(invalid, "vast stride of the bias", [&](Small &s) {
    epilogue(s, CUBLASLT_EPILOGUE_BIAS);
    manyBatches(s);
    s.descriptors->set(CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE, int64_t(1) << 40);
  });
  refuses(invalid, "vast stride of aux", [&](Small &s) {
    epilogue(s, CUBLASLT_EPILOGUE_GELU_AUX);
    manyBatches(s);
    s.descriptors->set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE, int64_t(1) << 40);
  });
  refuses(invalid, "vast ld of aux", [&](Small &s) {
    epilogue(s, CUBLASLT_EPILOGUE_GELU_AUX);
    for (int i : {1, 2, 3})
      s.layout(i, CUBLASLT_MATRIX_LAYOUT_COLS, uint64_t(1) << 24);
    s.descriptors->set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, int64_t(1) << 40);
  });
  // Only the product sees addresses.
  Small small;
  epilogue(small, CUBLASLT_EPILOGUE_GELU_AUX_BIAS);
  EXPECT_EQ(small.matmul(), CUBLAS_STATUS_SUCCESS);
  small.descriptors->set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, static_cast<void *>(nullptr));
  EXPECT_EQ(small.heuristic(), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(small.matmul(), CUBLAS_STATUS_INVALID_VALUE);
  epilogue(small, CUBLASLT_EPILOGUE_DGELU);
  small.descriptors->set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, static_cast<void *>(nullptr));
  EXPECT_EQ(small.matmul(), CUBLAS_STATUS_INVALID_VALUE);
}

TEST(LtRefusal, Int8AsNvidiaDocumentsIt) {
  MatmulCase test = Small::square();
  test.computeType = CUBLAS_COMPUTE_32I;
  test.scaleType = CUDA_R_32I;
  test.abType = CUDA_R_8I;
  test.cdType = CUDA_R_32I;
  test.transA = CUBLAS_OP_T;
  const cublasStatus_t unsupported = CUBLAS_STATUS_NOT_SUPPORTED;
  refuses(
      unsupported, "A as it is",
      [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_N); }, test);
  refuses(
      unsupported, "B transposed",
      [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_TRANSB, CUBLAS_OP_T); }, test);
  refuses(
      unsupported, "ld", [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_LD, int64_t(9)); },
      test);
  refuses(
      unsupported, "row order",
      [](Small &s) { s.layout(1, CUBLASLT_MATRIX_LAYOUT_ORDER, CUBLASLT_ORDER_ROW); }, test);
  refuses(
      unsupported, "epilogue",
      [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_RELU); },
      test);
  refuses(
      unsupported, "k",
      [](Small &s) {
        s.layout(0, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(6));
        s.layout(1, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(6));
      },
      test);
}

TEST(LtRefusal, Addresses) {
  Small small;
  auto at = [](const DeviceBuffer &buffer, size_t offset) {
    return static_cast<char *>(buffer.pointer()) + offset;
  };
  void *a = small.a.pointer(), *b = small.b.pointer(), *c = small.c.pointer(),
       *d = small.d.pointer();
  const cublasStatus_t invalid = CUBLAS_STATUS_INVALID_VALUE;
  EXPECT_EQ(small.call(nullptr, b, c, d, &small.alpha), invalid);
  EXPECT_EQ(small.call(a, nullptr, c, d, &small.alpha), invalid);
  EXPECT_EQ(small.call(a, b, c, nullptr, &small.alpha), invalid);
  EXPECT_EQ(small.call(a, b, c, d, nullptr), invalid);
  EXPECT_EQ(small.call(a, b, nullptr, d, &small.alpha), CUBLAS_STATUS_SUCCESS)
      << "C is not read when beta is 0";
  EXPECT_EQ(small.call(at(small.a, 1), b, c, d, &small.alpha), invalid) << "misaligned";
  EXPECT_EQ(small.call(at(small.a, 1024 - 126), b, c, d, &small.alpha), invalid)
      << "the end is out of bounds";
  EXPECT_EQ(small.call(at(small.a, 1024 - 128), b, c, d, &small.alpha), CUBLAS_STATUS_SUCCESS);
  std::vector<float> host(64);
  EXPECT_EQ(small.call(host.data(), b, c, d, &small.alpha), invalid) << "memory of the host";
  EXPECT_EQ(small.matmul(nullptr, nullptr, 16), invalid) << "no workspace of 16 bytes";
  EXPECT_EQ(small.matmul(nullptr, small.extra.pointer(), 1025), invalid);
  EXPECT_EQ(small.matmul(nullptr, small.extra.pointer(), 1024), CUBLAS_STATUS_SUCCESS);
  small.beta = 1;
  EXPECT_EQ(small.call(a, b, nullptr, d, &small.alpha), invalid);
  EXPECT_EQ(small.call(a, b, d, d, &small.alpha), CUBLAS_STATUS_SUCCESS);
  small.layout(2, CUBLASLT_MATRIX_LAYOUT_ORDER, CUBLASLT_ORDER_ROW);
  EXPECT_EQ(small.call(a, b, d, d, &small.alpha), invalid) << "in place with two layouts";
}

TEST(LtRefusal, StreamsAndHandles) {
  Small small;
  cublasLtMatrixLayout_t *layouts = small.descriptors->layouts;
  auto call = [&](cublasLtHandle_t handle, cublasLtMatmulDesc_t operation, cudaStream_t stream) {
    return cublasLtMatmul(handle, operation, &small.alpha, small.a.pointer(), layouts[0],
                          small.b.pointer(), layouts[1], &small.beta, small.c.pointer(), layouts[2],
                          small.d.pointer(), layouts[3], nullptr, nullptr, 0, stream);
  };
  cublasLtMatmulDesc_t operation = small.descriptors->operation;
  EXPECT_EQ(call(nullptr, operation, nullptr), CUBLAS_STATUS_NOT_INITIALIZED);
  EXPECT_EQ(call(reinterpret_cast<cublasLtHandle_t>(0x1234), operation, nullptr),
            CUBLAS_STATUS_NOT_INITIALIZED);
  EXPECT_EQ(call(ltHandle(), nullptr, nullptr), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(call(ltHandle(), reinterpret_cast<cublasLtMatmulDesc_t>(layouts[0]), nullptr),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(call(ltHandle(), operation, reinterpret_cast<cudaStream_t>(0x1230)),
            CUBLAS_STATUS_INVALID_VALUE);
  CUstream stream = nullptr;
  ASSERT_EQ(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), CUDA_SUCCESS);
  EXPECT_EQ(call(ltHandle(), operation, stream), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
  EXPECT_EQ(cuStreamDestroy_v2(stream), CUDA_SUCCESS);
  EXPECT_EQ(call(ltHandle(), operation, stream), CUBLAS_STATUS_INVALID_VALUE) << "destroyed";

  EXPECT_EQ(cublasLtCreate(nullptr), CUBLAS_STATUS_INVALID_VALUE);
  cublasLtHandle_t handle = nullptr;
  ASSERT_EQ(cublasLtCreate(&handle), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(call(handle, operation, nullptr), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cuCtxSynchronize(), CUDA_SUCCESS);
  EXPECT_EQ(cublasLtDestroy(handle), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cublasLtDestroy(handle), CUBLAS_STATUS_NOT_INITIALIZED);
  EXPECT_EQ(call(handle, operation, nullptr), CUBLAS_STATUS_NOT_INITIALIZED);
}

} // namespace
} // namespace mmc::emulator::test
