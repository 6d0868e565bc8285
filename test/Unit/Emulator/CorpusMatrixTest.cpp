// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// test/PTX/corpus/matrix.cu against plain matrix products.

#include "Gpu.h"

#include "mmc/Runtime/Core/DType.h"

namespace mmc::emulator::test {

/// A[m, k] B[n, k]ᵀ + start.
static std::vector<double> product(const std::vector<double> &a, const std::vector<double> &b,
                                   int m, int n, int k, double start) {
  std::vector<double> c(m * n, start);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j)
      for (int l = 0; l < k; ++l)
        c[i * n + j] += a[i * k + l] * b[j * k + l];
  return c;
}

static void testHalf(const char *kernel, uint16_t (*narrow)(float), float (*widen)(uint16_t)) {
  corpus("matrix", kernel, [&](Gpu &gpu) {
    std::vector<uint16_t> a, b;
    std::vector<double> wideA, wideB;
    for (float v : numbers<float>(16 * 16, -2, 2, 1))
      a.push_back(narrow(v)), wideA.push_back(widen(a.back()));
    for (float v : numbers<float>(8 * 16, -2, 2, 2))
      b.push_back(narrow(v)), wideB.push_back(widen(b.back()));
    gpu.buffer(a);
    gpu.buffer(b);
    size_t out = gpu.empty<float>(128);
    gpu.run({1}, {32});
    expectClose(gpu.get<float>(out, 128), product(wideA, wideB, 16, 8, 16, 0.5), 1e-6);
  });
}

TEST(CorpusMatrix, MmaF16) { testHalf("mma_f16", f16FromFloat, floatFromF16); }
TEST(CorpusMatrix, MmaBf16) { testHalf("mma_bf16", bf16FromFloat, floatFromBf16); }

TEST(CorpusMatrix, MmaTf32) {
  corpus("matrix", "mma_tf32", [](Gpu &gpu) {
    std::vector<float> a = numbers<float>(16 * 8, -2, 2, 1), b = numbers<float>(8 * 8, -2, 2, 2);
    gpu.buffer(a);
    gpu.buffer(b);
    size_t out = gpu.empty<float>(128);
    gpu.run({1}, {32});
    auto narrow = [](float v) {
      uint32_t bits;
      std::memcpy(&bits, &v, 4);
      bits = (bits + 0x1000) & 0xffffe000; // to nearest, ties away from zero
      std::memcpy(&v, &bits, 4);
      return double(v);
    };
    std::vector<double> wideA, wideB;
    for (float v : a)
      wideA.push_back(narrow(v));
    for (float v : b)
      wideB.push_back(narrow(v));
    expectClose(gpu.get<float>(out, 128), product(wideA, wideB, 16, 8, 8, 0), 1e-6);
  });
}

TEST(CorpusMatrix, MmaS8) {
  corpus("matrix", "mma_s8", [](Gpu &gpu) {
    std::vector<int8_t> a = numbers<int8_t>(16 * 32, -128, 127, 1),
                        b = numbers<int8_t>(8 * 32, -128, 127, 2);
    gpu.buffer(a);
    gpu.buffer(b);
    size_t out = gpu.empty<int>(128);
    gpu.run({1}, {32});
    std::vector<double> want = product({a.begin(), a.end()}, {b.begin(), b.end()}, 16, 8, 32, 7);
    std::vector<int> got = gpu.get<int>(out, 128);
    for (size_t i = 0; i < 128; ++i)
      ASSERT_EQ(got[i], want[i]);
  });
}

TEST(CorpusMatrix, GemmBf16) {
  corpus("matrix", "gemm_bf16", [](Gpu &gpu) {
    constexpr int m = 32, n = 48, k = 64;
    std::vector<uint16_t> a, b;
    std::vector<double> wideA, wideB;
    for (float v : numbers<float>(m * k, -1, 1, 1))
      a.push_back(bf16FromFloat(v)), wideA.push_back(floatFromBf16(a.back()));
    for (float v : numbers<float>(n * k, -1, 1, 2))
      b.push_back(bf16FromFloat(v)), wideB.push_back(floatFromBf16(b.back()));
    gpu.value(n);
    gpu.value(k);
    gpu.buffer(a);
    gpu.buffer(b);
    size_t out = gpu.empty<float>(m * n);
    gpu.run({n / 16, m / 16}, {32});
    expectClose(gpu.get<float>(out, m * n), product(wideA, wideB, m, n, k, 0), 1e-5);
  });
}

TEST(CorpusMatrix, AsyncPipeline) {
  corpus("matrix", "async_pipeline", [](Gpu &gpu) {
    constexpr int rows = 7;
    std::vector<int> x = numbers<int>(rows * 256, -1000, 1000);
    gpu.value(rows);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(rows * 256);
    gpu.run({1}, {64});
    std::vector<int> got = gpu.get<int>(out, rows * 256);
    for (int r = 0; r < rows; ++r)
      for (int t = 0; t < 64; ++t)
        for (int i = 0; i < 4; ++i)
          ASSERT_EQ(got[r * 256 + 4 * t + i], x[r * 256 + 4 * (63 - t) + i] + (i ? 0 : r));
  });
}

TEST(CorpusMatrix, TransposeLdmatrix) {
  corpus("matrix", "transpose_ldmatrix", [](Gpu &gpu) {
    std::vector<uint16_t> x(64);
    for (int i = 0; i < 64; ++i)
      x[i] = static_cast<uint16_t>(100 * (i / 8) + i % 8);
    gpu.buffer(x);
    size_t out = gpu.empty<uint16_t>(64);
    gpu.run({1}, {32});
    std::vector<uint16_t> got = gpu.get<uint16_t>(out, 64);
    for (int r = 0; r < 8; ++r)
      for (int c = 0; c < 8; ++c)
        ASSERT_EQ(got[8 * r + c], x[8 * c + r]);
  });
}

} // namespace mmc::emulator::test
