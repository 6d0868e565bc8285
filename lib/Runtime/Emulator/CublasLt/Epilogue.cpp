// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Epilogue.h"

#include "Numbers.h"

namespace mmc::emulator::cublaslt {
namespace {

constexpr float rootTwoOverPi = 0.7978845608028654f;
constexpr float cubic = 0.044715f;

template <typename T>
T loadAs(const void *address) {
  T value;
  std::memcpy(&value, address, sizeof value);
  return value;
}

/// alpha and beta of float problems and of int8 ones scaled in float.
struct FloatScale {
  const float *alphas;
  int64_t step; ///< 1: an alpha per row
  float beta;

  FloatScale(const MatmulProblem &problem, const MatmulData &data, const Tile &tile)
      : alphas(static_cast<const float *>(data.alpha)), step(problem.alphaVector ? 1 : 0),
        beta(loadAs<float>(data.beta)) {
    if (problem.alphaVector)
      alphas += tile.batch * problem.alphaBatchStride + tile.row;
  }
};

/// Everything but the sums' type is f32 from here on.
template <typename T>
void finishFloat(const MatmulProblem &problem, const MatmulData &data, const Tile &tile,
                 float *rowSums) {
  const FloatScale scale(problem, data, tile);
  const int64_t batch = tile.batch;
  const T *c = static_cast<const T *>(data.c);
  T *d = static_cast<T *>(data.d) + batch * problem.d.batchStride;
  const T *bias = problem.bias == BiasUse::Add ? static_cast<const T *>(data.bias) +
                                                     batch * problem.biasBatchStride + tile.row
                                               : nullptr;
  const bool mask = problem.auxIsMask() && (problem.auxOutput || problem.auxInput());
  T *aux = !mask && data.aux
               ? static_cast<T *>(data.aux) + batch * problem.auxBatchStride + tile.row
               : nullptr;
  // Batch strides and leading dimensions of a mask are multiples of 128 bits.
  uint8_t *bits =
      mask ? static_cast<uint8_t *>(data.aux) + (batch * problem.auxBatchStride + tile.row) / 8
           : nullptr;

  for (int64_t j = 0; j < tile.columns; ++j) {
    const int64_t column = tile.column + j;
    T *dColumn = d + tile.row * problem.d.rowStride + column * problem.d.columnStride;
    // Null when beta is 0.
    const T *cColumn = c ? c + batch * problem.c.batchStride + tile.row * problem.c.rowStride +
                               column * problem.c.columnStride
                         : nullptr;
    T *auxColumn = aux ? aux + column * problem.auxLd : nullptr;
    uint8_t *bitColumn = bits ? bits + column * (problem.auxLd / 8) : nullptr;
    if (bitColumn && problem.auxOutput)
      std::memset(bitColumn, 0, size_t(tile.rows + 7) / 8);
    for (int64_t i = 0; i < tile.rows; ++i) {
      const int64_t at = j * tile.leading + i;
      const float sum = tile.integers ? toFloat(tile.integers[at]) : tile.floats[at];
      float value = scale.alphas[i * scale.step] * sum;
      if (scale.beta != 0)
        value = std::fma(scale.beta, toFloat(cColumn[i * problem.c.rowStride]), value);
      if (bias)
        value += toFloat(bias[i]);
      switch (problem.activation) {
      case Activation::None:
        break;
      case Activation::Relu:
        if (bitColumn && value > 0)
          bitColumn[i / 8] |= uint8_t(1u << (i % 8));
        value = value > 0 ? value : 0.0f;
        break;
      case Activation::Gelu:
        if (auxColumn)
          auxColumn[i] = fromFloat<T>(value);
        value = gelu(value);
        break;
      case Activation::ReluGradient:
        value = bitColumn[i / 8] >> (i % 8) & 1 ? value : 0.0f;
        break;
      case Activation::GeluGradient:
        value *= geluDerivative(toFloat(auxColumn[i]));
        break;
      }
      if (rowSums)
        rowSums[i] += value;
      dColumn[i * problem.d.rowStride] = fromFloat<T>(value);
    }
  }
}

/// int8 × int8 → int32 with int32 scales: all modulo 2^32.
void finishInteger(const MatmulProblem &problem, const MatmulData &data, const Tile &tile) {
  const uint32_t beta = loadAs<uint32_t>(data.beta);
  const uint32_t *alphas = static_cast<const uint32_t *>(data.alpha);
  if (problem.alphaVector)
    alphas += tile.batch * problem.alphaBatchStride + tile.row;
  const int64_t step = problem.alphaVector ? 1 : 0;
  const uint32_t *c =
      static_cast<const uint32_t *>(data.c) + (data.c ? tile.batch * problem.c.batchStride : 0);
  uint32_t *d = static_cast<uint32_t *>(data.d) + tile.batch * problem.d.batchStride;
  for (int64_t j = 0; j < tile.columns; ++j)
    for (int64_t i = 0; i < tile.rows; ++i) {
      const int64_t row = tile.row + i, column = tile.column + j;
      uint32_t value = alphas[i * step] * uint32_t(tile.integers[j * tile.leading + i]);
      if (beta != 0)
        value += beta * c[row * problem.c.rowStride + column * problem.c.columnStride];
      d[row * problem.d.rowStride + column * problem.d.columnStride] = value;
    }
}

template <typename T>
void sumRows(const MatrixView &view, const T *data, std::vector<float> &sums) {
  sums.assign(size_t(view.rows), 0.0f);
  for (int64_t p = 0; p < view.columns; ++p)
    for (int64_t i = 0; i < view.rows; ++i)
      sums[size_t(i)] += toFloat(data[i * view.rowStride + p * view.columnStride]);
}

} // namespace

float gelu(float x) {
  return 0.5f * x * (1.0f + std::tanh(rootTwoOverPi * (x + cubic * x * x * x)));
}

float geluDerivative(float x) {
  const float tanh = std::tanh(rootTwoOverPi * (x + cubic * x * x * x));
  return 0.5f * (1.0f + tanh) +
         0.5f * x * (1.0f - tanh * tanh) * rootTwoOverPi * (1.0f + 3.0f * cubic * x * x);
}

void finishTile(const MatmulProblem &problem, const MatmulData &data, const Tile &tile,
                float *rowSums) {
  if (problem.integerScale)
    return finishInteger(problem, data, tile);
  withElement(problem.d.type, [&](auto *type) {
    finishFloat<std::remove_pointer_t<decltype(type)>>(problem, data, tile, rowSums);
  });
}

void sumOperand(const MatmulProblem &problem, const MatmulData &data) {
  MatrixView view = problem.bias == BiasUse::OfA ? problem.a : problem.b;
  if (problem.bias == BiasUse::OfB) {
    std::swap(view.rows, view.columns);
    std::swap(view.rowStride, view.columnStride);
  }
  std::vector<float> sums;
  for (int64_t batch = 0; batch < problem.batches; ++batch) {
    withElement(view.type, [&](auto *type) {
      using T = std::remove_pointer_t<decltype(type)>;
      const void *source = problem.bias == BiasUse::OfA ? data.a : data.b;
      sumRows(view, static_cast<const T *>(source) + batch * view.batchStride, sums);
    });
    storeBias(problem, data, batch, sums.data());
  }
}

void storeBias(const MatmulProblem &problem, const MatmulData &data, int64_t batch,
               const float *sums) {
  withElement(problem.d.type, [&](auto *type) {
    using T = std::remove_pointer_t<decltype(type)>;
    T *bias = static_cast<T *>(data.bias) + batch * problem.biasBatchStride;
    for (int64_t i = 0; i < problem.biasLength(); ++i)
      bias[i] = fromFloat<T>(sums[i]);
  });
}

} // namespace mmc::emulator::cublaslt
