// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What cuBLASLt's functions refuse, with which code, and that queries refuse the same as the product.

#include "LtMatmul.h"

#include <cstdlib>
#include <cstring>

namespace mmc::emulator::test {
namespace {

/// A matmul of 8 x 8 x 8 in bf16 that is right, to be made wrong.
struct Small {
  MatmulCase test;
  std::unique_ptr<LtDescriptors> descriptors;
  DeviceBuffer a, b, c, d, extra;
  float alpha = 1, beta = 0;
  std::string message;

  explicit Small(MatmulCase base = square())
      : test(base), a(memory()), b(memory()), c(memory()), d(memory()), extra(memory()) {
    auto matrix = [&](cudaDataType type) { return TestMatrix(type, 8, 8, 1, CUBLASLT_ORDER_COL, 0, 1); };
    descriptors = describeMatmul(test, matrix(test.abType), matrix(test.abType), matrix(test.cdType), matrix(test.cdType));
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
    ASSERT_EQ(cublasLtMatrixLayoutSetAttribute(descriptors->layouts[which], attribute, &value, sizeof value),
              CUBLAS_STATUS_SUCCESS);
  }
  cublasStatus_t heuristic() {
    cublasLtMatmulPreference_t preference = nullptr;
    EXPECT_EQ(cublasLtMatmulPreferenceCreate(&preference), CUBLAS_STATUS_SUCCESS);
    cublasLtMatmulHeuristicResult_t result;
    int count = 0;
    cublasLtMatrixLayout_t *layouts = descriptors->layouts;
    const cublasStatus_t status =
        cublasLtMatmulAlgoGetHeuristic(ltHandle(), descriptors->operation, layouts[0], layouts[1], layouts[2],
                                       layouts[3], preference, 1, &result, &count);
    EXPECT_EQ(count, status == CUBLAS_STATUS_SUCCESS ? 1 : 0);
    EXPECT_EQ(cublasLtMatmulPreferenceDestroy(preference), CUBLAS_STATUS_SUCCESS);
    return status;
  }
  cublasStatus_t matmul(const cublasLtMatmulAlgo_t *algo = nullptr, void *workspace = nullptr, size_t bytes = 0) {
    return call(a.pointer(), b.pointer(), c.pointer(), d.pointer(), &alpha, algo, workspace, bytes);
  }
  cublasStatus_t call(const void *aAt, const void *bAt, const void *cAt, void *dAt, const void *alphaAt,
                      const cublasLtMatmulAlgo_t *algo = nullptr, void *workspace = nullptr, size_t bytes = 0) {
    cublasLtMatrixLayout_t *layouts = descriptors->layouts;
    const cublasStatus_t status =
        cublasLtMatmul(ltHandle(), descriptors->operation, alphaAt, aAt, layouts[0], bAt, layouts[1], &beta, cAt,
                       layouts[2], dAt, layouts[3], algo, workspace, bytes, nullptr);
    EXPECT_EQ(cuCtxSynchronize(), CUDA_SUCCESS);
    return status;
  }
};

using Mutation = std::function<void(Small &)>;

/// Both the query and the product refuse with `status`.
void refuses(cublasStatus_t status, const char *what, const Mutation &mutate, MatmulCase base = Small::square()) {
  SCOPED_TRACE(what);
  Small small(base);
  ASSERT_EQ(small.matmul(), CUBLAS_STATUS_SUCCESS) << "the unchanged product";
  mutate(small);
  EXPECT_EQ(small.heuristic(), status);
  EXPECT_EQ(small.matmul(), status);
}

TEST(LtRefusal, ShapesAndLayouts) {
  const cublasStatus_t invalid = CUBLAS_STATUS_INVALID_VALUE, unsupported = CUBLAS_STATUS_NOT_SUPPORTED;
  refuses(invalid, "rows of A", [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(7)); });
  refuses(invalid, "inner size", [](Small &s) { s.layout(1, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(7)); });
  refuses(invalid, "columns of B", [](Small &s) { s.layout(1, CUBLASLT_MATRIX_LAYOUT_COLS, uint64_t(9)); });
  refuses(invalid, "shape of C", [](Small &s) { s.layout(2, CUBLASLT_MATRIX_LAYOUT_COLS, uint64_t(7)); });
  refuses(unsupported, "no rows", [](Small &s) { s.layout(3, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(0)); });
  refuses(unsupported, "too many", [](Small &s) { s.layout(3, CUBLASLT_MATRIX_LAYOUT_COLS, uint64_t(1) << 40); });
  refuses(invalid, "ld", [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_LD, int64_t(7)); });
  refuses(invalid, "negative ld", [](Small &s) { s.layout(3, CUBLASLT_MATRIX_LAYOUT_LD, int64_t(-8)); });
  refuses(invalid, "vast ld", [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_LD, int64_t(1) << 62); });
  refuses(unsupported, "order", [](Small &s) { s.layout(1, CUBLASLT_MATRIX_LAYOUT_ORDER, CUBLASLT_ORDER_COL32); });
  refuses(invalid, "batches differ", [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, int32_t(2)); });
  refuses(invalid, "batch count 0", [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, int32_t(0)); });
  refuses(invalid, "D's batch in one place", [](Small &s) {
    for (int i = 0; i < 4; ++i) {
      s.layout(i, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, int32_t(2));
      s.layout(i, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, int64_t(0));
    }
  });
  refuses(unsupported, "batch of pointers", [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_BATCH_MODE, uint32_t(1)); });
  refuses(unsupported, "planes", [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_PLANE_OFFSET, int64_t(64)); });
}

TEST(LtRefusal, TypesAndModes) {
  const cublasStatus_t invalid = CUBLAS_STATUS_INVALID_VALUE, unsupported = CUBLAS_STATUS_NOT_SUPPORTED;
  auto type = [](int which, cudaDataType value) {
    return [=](Small &s) { s.layout(which, CUBLASLT_MATRIX_LAYOUT_TYPE, value); };
  };
  refuses(unsupported, "A and B differ", type(0, CUDA_R_16F));
  refuses(unsupported, "C and D differ", type(2, CUDA_R_32F));
  refuses(unsupported, "fp8", [&](Small &s) { type(0, CUDA_R_8F_E4M3)(s), type(1, CUDA_R_8F_E4M3)(s); });
  refuses(unsupported, "f16 from bf16", [&](Small &s) { type(2, CUDA_R_16F)(s), type(3, CUDA_R_16F)(s); });
  auto compute = [](cublasComputeType_t value) {
    return [=](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_COMPUTE_TYPE, value); };
  };
  for (cublasComputeType_t value : {CUBLAS_COMPUTE_16F, CUBLAS_COMPUTE_64F, CUBLAS_COMPUTE_32I,
                                    CUBLAS_COMPUTE_32F_FAST_TF32, cublasComputeType_t(1234)})
    refuses(unsupported, "compute type", compute(value));
  refuses(unsupported, "scale type", [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_SCALE_TYPE, CUDA_R_64F); });
  refuses(invalid, "operation", [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_TRANSA, int32_t(3)); });
  refuses(unsupported, "C transposed", [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_TRANSC, CUBLAS_OP_T); });
  refuses(unsupported, "half of D",
          [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_FILL_MODE, CUBLAS_FILL_MODE_LOWER); });
  refuses(unsupported, "vectors of scales",
          [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_POINTER_MODE, CUBLASLT_POINTER_MODE_DEVICE_VECTOR); });
  refuses(invalid, "pointer mode", [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_POINTER_MODE, int32_t(9)); });
  for (cublasLtMatmulDescAttributes_t scale :
       {CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, CUBLASLT_MATMUL_DESC_D_SCALE_POINTER, CUBLASLT_MATMUL_DESC_AMAX_D_POINTER})
    refuses(invalid, "scale of fp8", [=](Small &s) { s.descriptors->set(scale, s.extra.pointer()); });
}

TEST(LtRefusal, Epilogues) {
  const cublasStatus_t invalid = CUBLAS_STATUS_INVALID_VALUE, unsupported = CUBLAS_STATUS_NOT_SUPPORTED;
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
  refuses(unsupported, "A as it is", [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_N); }, test);
  refuses(unsupported, "B transposed", [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_TRANSB, CUBLAS_OP_T); }, test);
  refuses(unsupported, "ld", [](Small &s) { s.layout(0, CUBLASLT_MATRIX_LAYOUT_LD, int64_t(9)); }, test);
  refuses(unsupported, "row order", [](Small &s) { s.layout(1, CUBLASLT_MATRIX_LAYOUT_ORDER, CUBLASLT_ORDER_ROW); }, test);
  refuses(unsupported, "epilogue",
          [](Small &s) { s.descriptors->set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_RELU); }, test);
  refuses(unsupported, "k", [](Small &s) {
    s.layout(0, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(6));
    s.layout(1, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(6));
  }, test);
}

TEST(LtRefusal, Addresses) {
  Small small;
  auto at = [](const DeviceBuffer &buffer, size_t offset) { return static_cast<char *>(buffer.pointer()) + offset; };
  void *a = small.a.pointer(), *b = small.b.pointer(), *c = small.c.pointer(), *d = small.d.pointer();
  const cublasStatus_t invalid = CUBLAS_STATUS_INVALID_VALUE;
  EXPECT_EQ(small.call(nullptr, b, c, d, &small.alpha), invalid);
  EXPECT_EQ(small.call(a, nullptr, c, d, &small.alpha), invalid);
  EXPECT_EQ(small.call(a, b, c, nullptr, &small.alpha), invalid);
  EXPECT_EQ(small.call(a, b, c, d, nullptr), invalid);
  EXPECT_EQ(small.call(a, b, nullptr, d, &small.alpha), CUBLAS_STATUS_SUCCESS) << "C is not read when beta is 0";
  EXPECT_EQ(small.call(at(small.a, 1), b, c, d, &small.alpha), invalid) << "misaligned";
  EXPECT_EQ(small.call(at(small.a, 1024 - 126), b, c, d, &small.alpha), invalid) << "the end is out of bounds";
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
    return cublasLtMatmul(handle, operation, &small.alpha, small.a.pointer(), layouts[0], small.b.pointer(), layouts[1],
                          &small.beta, small.c.pointer(), layouts[2], small.d.pointer(), layouts[3], nullptr, nullptr,
                          0, stream);
  };
  cublasLtMatmulDesc_t operation = small.descriptors->operation;
  EXPECT_EQ(call(nullptr, operation, nullptr), CUBLAS_STATUS_NOT_INITIALIZED);
  EXPECT_EQ(call(reinterpret_cast<cublasLtHandle_t>(0x1234), operation, nullptr), CUBLAS_STATUS_NOT_INITIALIZED);
  EXPECT_EQ(call(ltHandle(), nullptr, nullptr), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(call(ltHandle(), reinterpret_cast<cublasLtMatmulDesc_t>(layouts[0]), nullptr), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(call(ltHandle(), operation, reinterpret_cast<cudaStream_t>(0x1230)), CUBLAS_STATUS_INVALID_VALUE);
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

TEST(LtAttributes, SizesAreChecked) {
  Small small;
  cublasLtMatmulDesc_t operation = small.descriptors->operation;
  const int64_t wide = 1;
  EXPECT_EQ(cublasLtMatmulDescSetAttribute(operation, CUBLASLT_MATMUL_DESC_TRANSA, &wide, 8), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasLtMatmulDescSetAttribute(operation, CUBLASLT_MATMUL_DESC_TRANSA, nullptr, 4), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasLtMatmulDescSetAttribute(nullptr, CUBLASLT_MATMUL_DESC_TRANSA, &wide, 4), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasLtMatmulDescSetAttribute(operation, cublasLtMatmulDescAttributes_t(31), &wide, 4),
            CUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(cublasLtMatmulDescSetAttribute(operation, cublasLtMatmulDescAttributes_t(99), &wide, 4),
            CUBLAS_STATUS_INVALID_VALUE);
  size_t written = 0;
  EXPECT_EQ(cublasLtMatmulDescGetAttribute(operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, nullptr, 0, &written),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(written, 8u);
  EXPECT_EQ(cublasLtMatmulDescGetAttribute(operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, nullptr, 0, nullptr),
            CUBLAS_STATUS_INVALID_VALUE);
  int32_t type = 0;
  EXPECT_EQ(cublasLtMatmulDescGetAttribute(operation, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, &type, 4, nullptr),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(type, -1) << "documented default";
  uint64_t rows = 0;
  EXPECT_EQ(cublasLtMatrixLayoutGetAttribute(small.descriptors->layouts[0], CUBLASLT_MATRIX_LAYOUT_ROWS, &rows, 8, &written),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(rows, 8u);
  // Memory of the user's own, too small and large enough.
  cublasLtMatrixLayoutOpaque_t memory;
  EXPECT_EQ(cublasLtMatrixLayoutInit_internal(&memory, 16, CUDA_R_32F, 1, 1, 1), CUBLAS_STATUS_ALLOC_FAILED);
  EXPECT_EQ(cublasLtMatrixLayoutInit_internal(&memory, 64, CUDA_R_32F, 1, 1, 1), CUBLAS_STATUS_SUCCESS)
      << "cuBLAS 12 has 64 bytes";
  EXPECT_EQ(cublasLtMatrixLayoutInit_internal(nullptr, 64, CUDA_R_32F, 1, 1, 1), CUBLAS_STATUS_INVALID_VALUE);
}

TEST(LtAlgorithms, OneThatRunsAndIsChecked) {
  Small small;
  int ids[4] = {-1, -1, -1, -1}, count = 0;
  ASSERT_EQ(cublasLtMatmulAlgoGetIds(ltHandle(), CUBLAS_COMPUTE_32F, CUDA_R_32F, CUDA_R_16BF, CUDA_R_16BF, CUDA_R_16BF,
                                     CUDA_R_16BF, 4, ids, &count),
            CUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(count, 1);
  EXPECT_EQ(cublasLtMatmulAlgoGetIds(ltHandle(), CUBLAS_COMPUTE_32F, CUDA_R_32F, CUDA_R_16BF, CUDA_R_16F, CUDA_R_16BF,
                                     CUDA_R_16BF, 4, ids, &count),
            CUBLAS_STATUS_NOT_SUPPORTED);
  cublasLtMatmulAlgo_t algo;
  auto init = [&](cudaDataType ab, int id) {
    return cublasLtMatmulAlgoInit(ltHandle(), CUBLAS_COMPUTE_32F, CUDA_R_32F, ab, ab, ab, ab, id, &algo);
  };
  EXPECT_EQ(init(CUDA_R_16BF, 7), CUBLAS_STATUS_INVALID_VALUE);
  ASSERT_EQ(init(CUDA_R_16BF, ids[0]), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(small.matmul(&algo), CUBLAS_STATUS_SUCCESS);
  auto &layouts = small.descriptors->layouts;
  cublasLtMatmulHeuristicResult_t result;
  auto check = [&] {
    return cublasLtMatmulAlgoCheck(ltHandle(), small.descriptors->operation, layouts[0], layouts[1], layouts[2],
                                   layouts[3], &algo, &result);
  };
  EXPECT_EQ(check(), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result.workspaceSize, 0u);
  uint32_t epilogues = 0, alignment = 0;
  EXPECT_EQ(cublasLtMatmulAlgoCapGetAttribute(&algo, CUBLASLT_ALGO_CAP_EPILOGUE_MASK, &epilogues, 4, nullptr),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_TRUE(epilogues & CUBLASLT_EPILOGUE_BGRADB);
  EXPECT_EQ(cublasLtMatmulAlgoCapGetAttribute(&algo, CUBLASLT_ALGO_CAP_MIN_ALIGNMENT_A_BYTES, &alignment, 4, nullptr),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(alignment, 2u);
  const int32_t splits = 4;
  EXPECT_EQ(cublasLtMatmulAlgoConfigSetAttribute(&algo, CUBLASLT_ALGO_CONFIG_SPLITK_NUM, &splits, 4), CUBLAS_STATUS_SUCCESS);
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
    const cublasStatus_t status =
        cublasLtMatmulAlgoGetHeuristic(ltHandle(), small.descriptors->operation, layouts[0], layouts[1], layouts[2],
                                       layouts[3], preference, wanted, results, &count);
    EXPECT_EQ(count, status == CUBLAS_STATUS_SUCCESS ? 1 : 0);
    return status;
  };
  EXPECT_EQ(ask(2), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(ask(0), CUBLAS_STATUS_INVALID_VALUE);
  const uint32_t one = 1, full = 256;
  ASSERT_EQ(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, &one, 4),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(ask(1), CUBLAS_STATUS_NOT_SUPPORTED);
  ASSERT_EQ(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, &full, 4),
            CUBLAS_STATUS_SUCCESS);
  const uint64_t onlyFma = 0xff01ull | 0xffull << 16;
  ASSERT_EQ(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_IMPL_MASK, &onlyFma, 8),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(ask(1), CUBLAS_STATUS_NOT_SUPPORTED) << "bf16 goes to tensor cores";
  EXPECT_EQ(cublasLtMatmulPreferenceDestroy(preference), CUBLAS_STATUS_SUCCESS);
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
                "CUBLASLT_LOG_LEVEL must be a number from 0 to 5, got: '" + std::string(level) + "'");
  EXPECT_EXIT(run("1", "/nowhere/log"), testing::ExitedWithCode(0),
              "CUBLASLT_LOG_FILE cannot be written: '/nowhere/log'");
}

} // namespace
} // namespace mmc::emulator::test
