// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tiles of D: operands are packed as f32 into panels that fit the caches, a small kernel multiplies
// panels, and the epilogue finishes the tile. int8 goes the same way: sums of 256 products of int8
// are exact in f32.
#include "Multiply.h"

#include "Epilogue.h"
#include "Numbers.h"

#include "mmc/Runtime/Core/StartThread.h"

#include <algorithm>
#include <atomic>

namespace mmc::emulator::cublaslt {
namespace {

constexpr int64_t kernelRows = 16, kernelColumns = 6; // 12 registers of 8 sums
constexpr int64_t tileRows = 192, tileColumns = 240, blockDepth = 256;
static_assert(tileRows % kernelRows == 0 && tileColumns % kernelColumns == 0);
static_assert(tileRows % 8 == 0, "tiles must not share bytes of a mask");
static_assert(blockDepth * 128 * 128 <= int64_t(1) << 24,
              "sums of int8 products must be exact in f32");

/// 8 sums side by side; an array would not stay in registers.
typedef float Lanes __attribute__((vector_size(32), aligned(4)));

/// sums[j * tileRows + i] += Σ_p a[p][i] · b[p][j], products fused with their addition.
void multiplyPanels(int64_t depth, const float *a, const float *b, float *sums) {
  constexpr int64_t halves = kernelRows / 8;
  Lanes total[kernelColumns][halves];
  for (int64_t j = 0; j < kernelColumns; ++j)
    for (int64_t h = 0; h < halves; ++h)
      std::memcpy(&total[j][h], sums + j * tileRows + 8 * h, sizeof(Lanes));
  for (int64_t p = 0; p < depth; ++p, a += kernelRows, b += kernelColumns) {
    Lanes left[halves];
    std::memcpy(left, a, sizeof left);
    for (int64_t j = 0; j < kernelColumns; ++j) {
      const Lanes right = Lanes{} + b[j];
      for (int64_t h = 0; h < halves; ++h)
        total[j][h] = __builtin_elementwise_fma(left[h], right, total[j][h]);
    }
  }
  for (int64_t j = 0; j < kernelColumns; ++j)
    for (int64_t h = 0; h < halves; ++h)
      std::memcpy(sums + j * tileRows + 8 * h, &total[j][h], sizeof(Lanes));
}

/// Packs `count` vectors of `depth` elements, `width` of them side by side; missing ones are zeros.
/// Element (v, p) is at data[v * vectorStride + p * depthStride].
template <typename T>
void pack(const T *data, int64_t vectorStride, int64_t depthStride, int64_t count, int64_t depth,
          int64_t width, InputRounding rounding, float *packed) {
  for (int64_t first = 0; first < count; first += width, packed += width * depth) {
    const int64_t present = std::min(width, count - first);
    const T *source = data + first * vectorStride;
    if (present < width)
      std::fill(packed, packed + width * depth, 0.0f);
    if (vectorStride == 1)
      for (int64_t p = 0; p < depth; ++p)
        for (int64_t v = 0; v < present; ++v)
          packed[p * width + v] = toFloat(source[p * depthStride + v]);
    else
      for (int64_t v = 0; v < present; ++v)
        for (int64_t p = 0; p < depth; ++p)
          packed[p * width + v] = toFloat(source[v * vectorStride + p * depthStride]);
    if (rounding != InputRounding::None)
      for (int64_t i = 0; i < width * depth; ++i)
        packed[i] = roundInput(rounding, packed[i]);
  }
}

/// What one thread works with.
struct Scratch {
  std::vector<float> a = std::vector<float>(tileRows * blockDepth);
  std::vector<float> b = std::vector<float>(tileColumns * blockDepth);
  std::vector<float> sums = std::vector<float>(tileRows * tileColumns);
  std::vector<uint32_t> integers;
};

class Product {
public:
  Product(const MatmulProblem &problem, const MatmulData &data)
      : problem(problem), data(data), rowTiles((problem.m + tileRows - 1) / tileRows),
        columnTiles((problem.n + tileColumns - 1) / tileColumns) {
    if (problem.bias == BiasUse::OfResult)
      rowSums.assign(size_t(problem.batches * columnTiles * problem.m), 0.0f);
  }

  int64_t tiles() const { return problem.batches * rowTiles * columnTiles; }

  void compute(int64_t index, Scratch &scratch) {
    const int64_t batch = index / (rowTiles * columnTiles),
                  inBatch = index % (rowTiles * columnTiles);
    const int64_t row = inBatch % rowTiles * tileRows, columnTile = inBatch / rowTiles;
    Tile tile{
        batch,   row,     columnTile * tileColumns, std::min(tileRows, problem.m - row), 0, nullptr,
        nullptr, tileRows};
    tile.columns = std::min(tileColumns, problem.n - tile.column);
    std::fill(scratch.sums.begin(), scratch.sums.end(), 0.0f);
    if (problem.integer)
      scratch.integers.assign(scratch.sums.size(), 0);
    for (int64_t p = 0; p < problem.k; p += blockDepth)
      addBlock(tile, p, std::min(blockDepth, problem.k - p), scratch);
    tile.floats = scratch.sums.data();
    tile.integers =
        problem.integer ? reinterpret_cast<const int32_t *>(scratch.integers.data()) : nullptr;
    finishTile(problem, data, tile,
               rowSums.empty()
                   ? nullptr
                   : &rowSums[size_t((batch * columnTiles + columnTile) * problem.m + row)]);
  }

  /// Sums of D's rows: those of the tiles, from left to right.
  void finishBias() {
    for (int64_t batch = 0; batch < problem.batches; ++batch) {
      float *sums = &rowSums[size_t(batch * columnTiles * problem.m)];
      for (int64_t tile = 1; tile < columnTiles; ++tile)
        for (int64_t i = 0; i < problem.m; ++i)
          sums[i] += sums[tile * problem.m + i];
      storeBias(problem, data, batch, sums);
    }
  }

private:
  void addBlock(const Tile &tile, int64_t p, int64_t depth, Scratch &scratch) {
    const MatrixView &a = problem.a, &b = problem.b;
    withElement(a.type, [&](auto *type) {
      using T = std::remove_pointer_t<decltype(type)>;
      const T *left = static_cast<const T *>(data.a) + tile.batch * a.batchStride;
      const T *right = static_cast<const T *>(data.b) + tile.batch * b.batchStride;
      pack(left + tile.row * a.rowStride + p * a.columnStride, a.rowStride, a.columnStride,
           tile.rows, depth, kernelRows, problem.rounding, scratch.a.data());
      pack(right + tile.column * b.columnStride + p * b.rowStride, b.columnStride, b.rowStride,
           tile.columns, depth, kernelColumns, problem.rounding, scratch.b.data());
    });
    for (int64_t j = 0; j < tile.columns; j += kernelColumns)
      for (int64_t i = 0; i < tile.rows; i += kernelRows)
        multiplyPanels(depth, &scratch.a[size_t(i * depth)], &scratch.b[size_t(j * depth)],
                       &scratch.sums[size_t(j * tileRows + i)]);
    if (!problem.integer)
      return;
    for (size_t i = 0; i < scratch.sums.size(); ++i)
      scratch.integers[i] += uint32_t(int32_t(scratch.sums[i]));
    std::fill(scratch.sums.begin(), scratch.sums.end(), 0.0f);
  }

  const MatmulProblem &problem;
  const MatmulData &data;
  int64_t rowTiles, columnTiles;
  std::vector<float> rowSums; ///< [batch][columnTile][row]
};

/// A thread is worth starting for this many products.
constexpr double productsPerThread = 16e6;

} // namespace

void multiply(const MatmulProblem &problem, const MatmulData &data, unsigned threads) {
  Product product(problem, data);
  const double work =
      double(problem.m) * double(problem.n) * double(problem.k) * double(problem.batches);
  const int64_t useful = std::min<int64_t>(product.tiles(), int64_t(work / productsPerThread) + 1);
  std::atomic<int64_t> next{0};
  auto run = [&] {
    Scratch scratch;
    for (int64_t tile; (tile = next++) < product.tiles();)
      product.compute(tile, scratch);
  };
  std::vector<std::thread> helpers;
  for (int64_t i = 1; i < std::min<int64_t>(threads, useful); ++i)
    startThread(helpers, run); // or without it
  run();
  for (std::thread &helper : helpers)
    helper.join();
  if (problem.bias == BiasUse::OfResult)
    product.finishBias();
  else if (problem.bias == BiasUse::OfA || problem.bias == BiasUse::OfB)
    sumOperand(problem, data);
}

} // namespace mmc::emulator::cublaslt
