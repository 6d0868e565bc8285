// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cublasLtMatmul against plain loops: types, layouts, transpositions, batches, scales, epilogues.

#include "LtMatmul.h"

#include <cmath>

namespace mmc::emulator::test {
namespace {

struct Types {
  cublasComputeType_t compute;
  cudaDataType ab, cd;
};
const std::vector<Types> floatTypes = {
    {CUBLAS_COMPUTE_32F, CUDA_R_32F, CUDA_R_32F},
    {CUBLAS_COMPUTE_32F, CUDA_R_16BF, CUDA_R_16BF},
    {CUBLAS_COMPUTE_32F, CUDA_R_16F, CUDA_R_16F},
    {CUBLAS_COMPUTE_32F, CUDA_R_16BF, CUDA_R_32F},
    {CUBLAS_COMPUTE_32F, CUDA_R_16F, CUDA_R_32F},
    {CUBLAS_COMPUTE_32F_FAST_TF32, CUDA_R_32F, CUDA_R_32F},
    {CUBLAS_COMPUTE_32F_FAST_16BF, CUDA_R_32F, CUDA_R_32F},
    {CUBLAS_COMPUTE_32F_FAST_16F, CUDA_R_32F, CUDA_R_32F},
    {CUBLAS_COMPUTE_32F_PEDANTIC, CUDA_R_32F, CUDA_R_32F},
};
const std::vector<cublasLtEpilogue_t> epilogues = {
    CUBLASLT_EPILOGUE_DEFAULT,     CUBLASLT_EPILOGUE_RELU,          CUBLASLT_EPILOGUE_BIAS,
    CUBLASLT_EPILOGUE_RELU_BIAS,   CUBLASLT_EPILOGUE_GELU,          CUBLASLT_EPILOGUE_GELU_BIAS,
    CUBLASLT_EPILOGUE_RELU_AUX,    CUBLASLT_EPILOGUE_RELU_AUX_BIAS, CUBLASLT_EPILOGUE_DRELU,
    CUBLASLT_EPILOGUE_DRELU_BGRAD, CUBLASLT_EPILOGUE_GELU_AUX,      CUBLASLT_EPILOGUE_GELU_AUX_BIAS,
    CUBLASLT_EPILOGUE_DGELU,       CUBLASLT_EPILOGUE_DGELU_BGRAD,   CUBLASLT_EPILOGUE_BGRADA,
    CUBLASLT_EPILOGUE_BGRADB,
};

MatmulCase with(const Types &types, int64_t m, int64_t n, int64_t k) {
  MatmulCase test;
  test.computeType = types.compute;
  test.abType = types.ab;
  test.cdType = types.cd;
  test.m = m;
  test.n = n;
  test.k = k;
  return test;
}

TEST(LtMatmul, EveryTypeAndTransposition) {
  for (const Types &types : floatTypes)
    for (cublasOperation_t transA : {CUBLAS_OP_N, CUBLAS_OP_T, CUBLAS_OP_C})
      for (cublasOperation_t transB : {CUBLAS_OP_N, CUBLAS_OP_T}) {
        MatmulCase test = with(types, 37, 23, 41);
        test.transA = transA;
        test.transB = transB;
        test.padding = 3;
        test.alpha = 0.75;
        checkMatmul(test);
      }
}

TEST(LtMatmul, EveryOrderOfEveryMatrix) {
  for (int bits = 0; bits < 16; ++bits)
    for (cublasOperation_t trans : {CUBLAS_OP_N, CUBLAS_OP_T}) {
      MatmulCase test = with(floatTypes[1], 19, 21, 33);
      for (int i = 0; i < 4; ++i)
        test.orders[i] = bits >> i & 1 ? CUBLASLT_ORDER_ROW : CUBLASLT_ORDER_COL;
      test.transA = test.transB = trans;
      test.padding = 2;
      test.beta = -0.5;
      checkMatmul(test);
    }
}

TEST(LtMatmul, SizesAroundTiles) {
  // Tiles are 192 x 240, blocks of k 256 deep, panels 16 and 6 wide.
  for (int64_t m : {1, 8, 15, 16, 17, 191, 193, 400})
    for (int64_t n : {1, 5, 6, 7, 239, 241})
      checkMatmul(with(floatTypes[0], m, n, 9));
  for (int64_t k : {1, 2, 255, 256, 257, 515})
    checkMatmul(with(floatTypes[1], 33, 17, k));
  checkMatmul(with(floatTypes[2], 1, 1, 1000));
}

TEST(LtMatmul, ScalesAndInPlace) {
  for (const Types &types : {floatTypes[0], floatTypes[1], floatTypes[2]})
    for (double alpha : {0.0, 1.0, -2.5})
      for (double beta : {0.0, 1.0, 0.5})
        for (bool inPlace : {false, true})
          for (bool onDevice : {false, true}) {
            MatmulCase test = with(types, 21, 14, 18);
            test.alpha = alpha;
            test.beta = beta;
            test.inPlace = inPlace;
            test.scalesOnDevice = onDevice;
            test.padding = 1;
            checkMatmul(test);
          }
}

TEST(LtMatmul, EveryEpilogue) {
  for (const Types &types : floatTypes)
    for (cublasLtEpilogue_t epilogue : epilogues)
      for (int64_t batches : {1, 3}) {
        MatmulCase test = with(types, 21, 13, 17);
        test.epilogue = epilogue;
        test.batches = batches;
        test.padding = 2;
        test.alpha = 0.5;
        test.beta = 0.25;
        checkMatmul(test);
      }
}

TEST(LtMatmul, EpiloguesAcrossTiles) {
  for (cublasLtEpilogue_t epilogue : epilogues)
    for (cublasOperation_t trans : {CUBLAS_OP_N, CUBLAS_OP_T}) {
      MatmulCase test = with(floatTypes[1], 203, 250, 19);
      test.epilogue = epilogue;
      test.transA = trans;
      test.transB = trans;
      checkMatmul(test);
    }
}

TEST(LtMatmul, ElementwiseEpiloguesInRowOrder) {
  for (cublasLtEpilogue_t epilogue : {CUBLASLT_EPILOGUE_RELU, CUBLASLT_EPILOGUE_GELU}) {
    MatmulCase test = with(floatTypes[2], 18, 11, 9);
    test.orders[3] = CUBLASLT_ORDER_ROW;
    test.epilogue = epilogue;
    checkMatmul(test);
  }
}

TEST(LtMatmul, Batches) {
  for (const Types &types : floatTypes) {
    MatmulCase test = with(types, 9, 14, 22);
    test.batches = 5;
    test.padding = 4;
    test.beta = 1;
    checkMatmul(test);
  }
}

TEST(LtMatmul, SeveralThreadsGiveTheSame) {
  // Enough work that threads help.
  MatmulCase test = with(floatTypes[1], 400, 500, 257);
  test.epilogue = CUBLASLT_EPILOGUE_DGELU_BGRAD;
  checkMatmul(test);
}

MatmulCase integerCase(cudaDataType scaleType, cudaDataType cdType) {
  MatmulCase test;
  test.computeType = CUBLAS_COMPUTE_32I;
  test.scaleType = scaleType;
  test.abType = CUDA_R_8I;
  test.cdType = cdType;
  test.transA = CUBLAS_OP_T;
  test.m = 20;
  test.n = 13;
  test.k = 36;
  return test;
}

TEST(LtMatmul, Int8ToInt32) {
  for (int64_t k : {4, 256, 1028})
    for (double beta : {0.0, 3.0})
      for (bool inPlace : {false, true}) {
        MatmulCase test = integerCase(CUDA_R_32I, CUDA_R_32I);
        test.k = k;
        test.alpha = -2;
        test.beta = beta;
        test.inPlace = inPlace;
        test.padding = 4;
        test.batches = 2;
        checkMatmul(test);
      }
}

TEST(LtMatmul, Int8ToInt8) {
  for (bool vector : {false, true}) {
    MatmulCase test = integerCase(CUDA_R_32F, CUDA_R_8I);
    // Powers of two: exact, so that ties are rounded as they must be.
    test.alpha = 1.0 / 1024;
    test.beta = 0.5;
    test.padding = 4;
    test.alphaVector = vector;
    if (vector)
      test.alpha = 0.25;
    checkMatmul(test);
  }
}

TEST(LtMatmul, Int8ToFloat) {
  MatmulCase test = integerCase(CUDA_R_32F, CUDA_R_32F);
  test.computeType = CUBLAS_COMPUTE_32F;
  test.transA = CUBLAS_OP_N;
  test.m = 7;
  test.k = 5;
  checkMatmul(test);
}

TEST(LtMatmul, Int32SumsWrap) {
  // 131076 products of 16384 are more than an int32 holds.
  MatmulCase test = integerCase(CUDA_R_32I, CUDA_R_32I);
  useDevice();
  const int64_t k = 131076;
  const DeviceBuffer a(std::vector<uint8_t>(size_t(4 * k), 0x80)),
      b(std::vector<uint8_t>(size_t(k), 0x80));
  const DeviceBuffer d(std::vector<uint8_t>(16));
  TestMatrix aShape(CUDA_R_8I, k, 4, 1, CUBLASLT_ORDER_COL, 0, 1),
      bShape(CUDA_R_8I, k, 1, 1, CUBLASLT_ORDER_COL, 0, 1),
      dShape(CUDA_R_32I, 4, 1, 1, CUBLASLT_ORDER_COL, 0, 1);
  test.transB = CUBLAS_OP_N;
  auto made = describeMatmul(test, aShape, bShape, dShape, dShape);
  const int32_t one = 1, zero = 0;
  ASSERT_EQ(made->matmul(&one, a.pointer(), b.pointer(), &zero, d.pointer(), d.pointer()),
            CUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(cuCtxSynchronize(), CUDA_SUCCESS);
  EXPECT_EQ(decodeElements(CUDA_R_32I, d.read())[3], double(int32_t(uint32_t(k * 16384))));
}

/// D = epilogue(x · 1) for a column of numbers.
std::vector<double> apply(cublasLtEpilogue_t epilogue, const std::vector<double> &x,
                          const std::vector<double> &aux,
                          cublasComputeType_t computeType = CUBLAS_COMPUTE_32F) {
  useDevice();
  MatmulCase test;
  test.computeType = computeType;
  test.epilogue = epilogue;
  const int64_t rows = int64_t(x.size());
  TestMatrix a(CUDA_R_32F, rows, 1, 1, CUBLASLT_ORDER_COL, 0, 1),
      one(CUDA_R_32F, 1, 1, 1, CUBLASLT_ORDER_COL, 0, 1);
  const DeviceBuffer aDevice(encodeElements(CUDA_R_32F, x)),
      bDevice(encodeElements(CUDA_R_32F, {1}));
  const DeviceBuffer dDevice(encodeElements(CUDA_R_32F, x)),
      auxDevice(encodeElements(CUDA_R_32F, aux));
  auto made = describeMatmul(test, a, one, a, a);
  made->set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, auxDevice.pointer());
  made->set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, rows);
  const float alpha = 1, beta = 0;
  EXPECT_EQ(
      made->matmul(&alpha, aDevice.pointer(), bDevice.pointer(), &beta, nullptr, dDevice.pointer()),
      CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cuCtxSynchronize(), CUDA_SUCCESS);
  return decodeElements(CUDA_R_32F, dDevice.read());
}

TEST(LtMatmul, RoundingOfInputsInTheMiddle) {
  // Half of the last bit that is kept: tf32 and bf16 above and below it, f16 too.
  const std::vector<double> x = {1 + std::ldexp(1, -11), -1 - std::ldexp(1, -11),
                                 1 + std::ldexp(1, -8), 1 + 3 * std::ldexp(1, -8),
                                 1 + 3 * std::ldexp(1, -11)};
  EXPECT_EQ(apply(CUBLASLT_EPILOGUE_DEFAULT, x, x, CUBLAS_COMPUTE_32F_FAST_TF32),
            (std::vector<double>{1 + std::ldexp(1, -10), -1 - std::ldexp(1, -10), x[2], x[3],
                                 1 + std::ldexp(1, -9)}));
  EXPECT_EQ(apply(CUBLASLT_EPILOGUE_DEFAULT, x, x, CUBLAS_COMPUTE_32F_FAST_16BF),
            (std::vector<double>{1, -1, 1, 1 + std::ldexp(1, -6), 1}));
  EXPECT_EQ(apply(CUBLASLT_EPILOGUE_DEFAULT, x, x, CUBLAS_COMPUTE_32F_FAST_16F),
            (std::vector<double>{1, -1, x[2], x[3], 1 + std::ldexp(1, -9)}));
}

TEST(LtMatmul, GeluGradientIsTheSlopeOfGelu) {
  std::vector<double> below, above, at, ones;
  const double step = 1.0 / 128;
  for (int i = -256; i < 256; ++i) {
    const double x = i / 32.0;
    below.push_back(x - step);
    above.push_back(x + step);
    at.push_back(x);
    ones.push_back(1);
  }
  const std::vector<double> low = apply(CUBLASLT_EPILOGUE_GELU, below, at),
                            high = apply(CUBLASLT_EPILOGUE_GELU, above, at),
                            slope = apply(CUBLASLT_EPILOGUE_DGELU, ones, at);
  for (size_t i = 0; i < at.size(); ++i)
    EXPECT_NEAR(slope[i], (high[i] - low[i]) / (2 * step), 2e-4) << at[i];
  EXPECT_NEAR(slope[256], 0.5, 1e-6);
}

} // namespace
} // namespace mmc::emulator::test
