// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A matmul case on the device, and the same with plain loops.

#include "LtMatmul.h"

#include "mmc/Runtime/Core/DType.h"

#include <cmath>

namespace mmc::emulator::test {
namespace {

double tanhGelu(double x) {
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}
double tanhGeluDerivative(double x) {
  const double c = std::sqrt(2 / M_PI), t = std::tanh(c * (x + 0.044715 * x * x * x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x);
}

/// Relative error of one rounding to the type.
double unitOf(cudaDataType type) {
  return type == CUDA_R_16F    ? std::ldexp(1, -11)
         : type == CUDA_R_16BF ? std::ldexp(1, -8)
                               : std::ldexp(1, -23);
}

/// What inputs are rounded to first.
double roundedInput(cublasComputeType_t computeType, double value) {
  const float number = static_cast<float>(value);
  if (computeType == CUBLAS_COMPUTE_32F_FAST_16F)
    return floatFromF16(f16FromFloat(number));
  if (computeType == CUBLAS_COMPUTE_32F_FAST_16BF)
    return floatFromBf16(bf16FromFloat(number));
  if (computeType != CUBLAS_COMPUTE_32F_FAST_TF32)
    return value;
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);
  return std::ldexp(std::round(std::ldexp(mantissa, 11)),
                    exponent - 11); // 11 bits, ties away from zero
}

/// Both sides of a comparison: what a number must be, and how far off it may be.
struct Expected {
  double value = 0, tolerance = 0;
};

class Runner {
public:
  explicit Runner(const MatmulCase &test)
      : test(test), a(operand(test.abType, test.m, test.k, test.transA, 0)),
        b(operand(test.abType, test.k, test.n, test.transB, 1)),
        c(test.cdType, test.m, test.n, test.batches, test.orders[2], test.padding, test.seed + 2),
        d(test.cdType, test.m, test.n, test.batches, test.orders[3], test.padding, test.seed + 3) {
    if (test.inPlace)
      d = c;
  }

  void run() {
    SCOPED_TRACE(test.text());
    prepare();
    const float alpha = float(test.alpha), beta = float(test.beta);
    const int32_t integerAlpha = int32_t(test.alpha), integerBeta = int32_t(test.beta);
    const bool integers = test.scaleType == CUDA_R_32I;
    const void *alphaHost = integers ? static_cast<const void *>(&integerAlpha) : &alpha;
    const void *betaHost = integers ? static_cast<const void *>(&integerBeta) : &beta;
    const DeviceBuffer alphaDevice(encodeElements(test.scaleType, alphas())),
        betaDevice(encodeElements(test.scaleType, {test.beta}));
    const DeviceBuffer aDevice(encodeElements(a.type, a.values)),
        bDevice(encodeElements(b.type, b.values)), cDevice(encodeElements(c.type, c.values)),
        dDevice(encodeElements(d.type, d.values)), biasDevice(encodeElements(test.cdType, bias)),
        auxDevice(auxBytes);
    auto descriptors = describeMatmul(test, a, b, c, d);
    addEpilogue(*descriptors, biasDevice, auxDevice);

    cublasLtMatmulPreference_t preference = nullptr;
    ASSERT_EQ(cublasLtMatmulPreferenceCreate(&preference), CUBLAS_STATUS_SUCCESS);
    cublasLtMatmulHeuristicResult_t result;
    int count = 0;
    const auto &layouts = descriptors->layouts;
    ASSERT_EQ(cublasLtMatmulAlgoGetHeuristic(ltHandle(), descriptors->operation, layouts[0],
                                             layouts[1], layouts[2], layouts[3], preference, 1,
                                             &result, &count),
              CUBLAS_STATUS_SUCCESS);
    ASSERT_EQ(cublasLtMatmulPreferenceDestroy(preference), CUBLAS_STATUS_SUCCESS);
    ASSERT_EQ(count, 1);
    const bool alphaOnDevice = test.scalesOnDevice || test.alphaVector;
    ASSERT_EQ(descriptors->matmul(alphaOnDevice ? alphaDevice.pointer() : alphaHost,
                                  aDevice.pointer(), bDevice.pointer(),
                                  test.scalesOnDevice ? betaDevice.pointer() : betaHost,
                                  test.inPlace ? dDevice.pointer() : cDevice.pointer(),
                                  dDevice.pointer(), &result.algo),
              CUBLAS_STATUS_SUCCESS);
    ASSERT_EQ(cuCtxSynchronize(), CUDA_SUCCESS);
    compare(decodeElements(d.type, dDevice.read()), decodeElements(test.cdType, biasDevice.read()),
            auxDevice.read());
  }

private:
  TestMatrix operand(cudaDataType type, int64_t rows, int64_t columns, cublasOperation_t operation,
                     int which) const {
    const bool plain = operation == CUBLAS_OP_N;
    return {type,
            plain ? rows : columns,
            plain ? columns : rows,
            test.batches,
            test.orders[which],
            test.padding,
            test.seed + unsigned(which)};
  }
  bool epilogueHas(int bit) const { return (test.epilogue & bit) == bit; }
  bool isGradient() const { return epilogueHas(8 | 128) || epilogueHas(64 | 128); }
  bool usesMask() const { return epilogueHas(2 | 128) || epilogueHas(8 | 128); }
  bool usesBias() const { return test.epilogue & (4 | 16 | 256 | 512); }
  int64_t biasLength() const { return test.epilogue == CUBLASLT_EPILOGUE_BGRADB ? test.n : test.m; }
  double alphaOf(int64_t row) const {
    return test.alphaVector ? test.alpha + double(row) * 0.25 : test.alpha;
  }
  std::vector<double> alphas() const {
    std::vector<double> values;
    for (int64_t i = 0; i < (test.alphaVector ? test.m : 1); ++i)
      values.push_back(alphaOf(i));
    return values;
  }

  void prepare() {
    TestMatrix random(test.cdType, biasLength() + 3, 1, test.batches, CUBLASLT_ORDER_COL, 0,
                      test.seed + 4);
    biasStride = random.batchStride;
    bias = random.values;
    const int64_t unit = usesMask() ? 128 : 8;
    auxLd = (test.m + unit - 1) / unit * unit;
    auxStride = auxLd * test.n + unit;
    TestMatrix auxRandom(test.cdType, auxStride, 1, test.batches, CUBLASLT_ORDER_COL, 0,
                         test.seed + 5);
    for (double &value : auxRandom.values)
      value *= 3;
    auxBytes = encodeElements(test.cdType, auxRandom.values);
    if (usesMask())
      auxBytes.resize(size_t(auxStride * test.batches / 8));
    auxBefore = auxBytes;
  }

  void addEpilogue(LtDescriptors &descriptors, const DeviceBuffer &biasBuffer,
                   const DeviceBuffer &auxBuffer) const {
    if (usesBias()) {
      descriptors.set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, biasBuffer.pointer());
      descriptors.set(CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE, biasStride);
      descriptors.set(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, test.cdType);
    }
    if (test.epilogue & 128) {
      descriptors.set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, auxBuffer.pointer());
      descriptors.set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, auxLd);
      descriptors.set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE, auxStride);
    }
  }

  double elementOfA(int64_t batch, int64_t i, int64_t p) {
    return roundedInput(test.computeType,
                        test.transA == CUBLAS_OP_N ? a.at(batch, i, p) : a.at(batch, p, i));
  }
  double elementOfB(int64_t batch, int64_t p, int64_t j) {
    return roundedInput(test.computeType,
                        test.transB == CUBLAS_OP_N ? b.at(batch, p, j) : b.at(batch, j, p));
  }

  void compare(const std::vector<double> &gotD, const std::vector<double> &gotBias,
               const std::vector<uint8_t> &gotAux) {
    const std::vector<double> auxIn = decodeElements(test.cdType, auxBefore),
                              auxOut = decodeElements(test.cdType, gotAux);
    std::vector<double> wantD = d.values, wantBias = bias, biasTolerance(bias.size(), 0.0);
    std::vector<uint8_t> wantMask = auxBefore;
    const double unit = unitOf(test.cdType), sumUnit = std::ldexp(1, -23);
    const bool integers = test.computeType == CUBLAS_COMPUTE_32I;
    for (int64_t batch = 0; batch < test.batches; ++batch)
      for (int64_t j = 0; j < test.n; ++j)
        for (int64_t i = 0; i < test.m; ++i) {
          double sum = 0, magnitude = 0;
          for (int64_t p = 0; p < test.k; ++p) {
            const double product = elementOfA(batch, i, p) * elementOfB(batch, p, j);
            sum += product;
            magnitude += std::fabs(product);
          }
          double value = alphaOf(i) * sum;
          double slack =
              std::fabs(alphaOf(i)) * magnitude * sumUnit * 4 * std::sqrt(double(test.k));
          if (test.beta != 0)
            value += test.beta * c.at(batch, i, j);
          slack += std::fabs(value) * 4 * sumUnit + 1e-30;
          if (epilogueHas(4))
            value += bias[size_t(batch * biasStride + i)];
          const size_t auxIndex = size_t(batch * auxStride + j * auxLd + i);
          if (epilogueHas(2 | 128)) {
            const uint8_t bit = uint8_t(1u << (auxIndex % 8));
            if (i % 8 == 0)
              wantMask[auxIndex / 8] = 0;
            // Where rounding decides the sign, either will do.
            const bool isOpen = std::fabs(value) <= slack;
            if (isOpen ? gotAux[auxIndex / 8] & bit : value > 0)
              wantMask[auxIndex / 8] |= bit;
          }
          if (epilogueHas(2))
            value = std::max(value, 0.0);
          if (epilogueHas(32 | 128)) {
            ASSERT_NEAR(auxOut[auxIndex], value, slack + unit * std::fabs(value))
                << "aux " << i << ", " << j;
          }
          if (epilogueHas(32))
            value = tanhGelu(value);
          if (epilogueHas(8 | 128) && !(auxBefore[auxIndex / 8] >> (auxIndex % 8) & 1))
            value = 0;
          if (epilogueHas(64 | 128)) {
            const double factor = tanhGeluDerivative(auxIn[auxIndex]);
            value *= factor;
            slack += std::fabs(value) * 1e-6 + 1e-6;
          }
          if (epilogueHas(16)) {
            double &entry = wantBias[size_t(batch * biasStride + i)];
            entry = j == 0 ? value : entry + value;
            biasTolerance[size_t(batch * biasStride + i)] +=
                slack + std::fabs(value) * sumUnit * double(test.n);
          }
          const size_t at = d.index(batch, i, j);
          if (integers && test.cdType == CUDA_R_32I)
            value = double(int32_t(uint32_t(int64_t(value))));
          if (test.cdType == CUDA_R_8I)
            value = std::nearbyint(std::min(std::max(value, -128.0), 127.0));
          wantD[at] = value;
          if (integers) {
            ASSERT_EQ(gotD[at], value) << i << ", " << j;
          } else {
            ASSERT_NEAR(gotD[at], value, 2 * slack + unit * std::fabs(value))
                << i << ", " << j << " of " << batch;
          }
          wantD[at] = gotD[at];
        }
    EXPECT_EQ(gotD, wantD) << "bytes between columns were written";
    compareBias(gotBias, wantBias, biasTolerance);
    if (epilogueHas(2 | 128))
      EXPECT_EQ(gotAux, wantMask);
    else if (!epilogueHas(32 | 128))
      EXPECT_EQ(gotAux, auxBefore);
  }

  void compareBias(const std::vector<double> &got, std::vector<double> want,
                   std::vector<double> tolerance) {
    const double unit = unitOf(test.cdType);
    for (int64_t batch = 0; batch < test.batches && (test.epilogue & (256 | 512)); ++batch)
      for (int64_t i = 0; i < biasLength(); ++i) {
        double sum = 0, magnitude = 0;
        for (int64_t p = 0; p < test.k; ++p) {
          const double value = test.epilogue == CUBLASLT_EPILOGUE_BGRADA
                                   ? a.values[indexOfA(batch, i, p)]
                                   : b.values[indexOfB(batch, p, i)];
          sum += value;
          magnitude += std::fabs(value);
        }
        want[size_t(batch * biasStride + i)] = sum;
        tolerance[size_t(batch * biasStride + i)] = magnitude * std::ldexp(1, -20);
      }
    for (size_t i = 0; i < want.size(); ++i)
      ASSERT_NEAR(got[i], want[i],
                  tolerance[i] + (tolerance[i] > 0 ? unit * std::fabs(want[i]) : 0))
          << "bias " << i;
  }
  size_t indexOfA(int64_t batch, int64_t i, int64_t p) const {
    return test.transA == CUBLAS_OP_N ? a.index(batch, i, p) : a.index(batch, p, i);
  }
  size_t indexOfB(int64_t batch, int64_t p, int64_t j) const {
    return test.transB == CUBLAS_OP_N ? b.index(batch, p, j) : b.index(batch, j, p);
  }

  const MatmulCase test;
  TestMatrix a, b, c, d;
  std::vector<double> bias;
  int64_t biasStride = 0, auxLd = 0, auxStride = 0;
  std::vector<uint8_t> auxBytes, auxBefore;
};

} // namespace

void checkMatmul(const MatmulCase &test) {
  useDevice();
  Runner(test).run();
}

} // namespace mmc::emulator::test
