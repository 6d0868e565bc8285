// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// test/PTX/corpus/wmma.cu against plain matrix products.

#include "Gpu.h"

#include "mmc/Runtime/Core/DType.h"

namespace mmc::emulator::test {

/// How an element type of a kernel is written to memory and read back.
struct F16 {
  using Bits = uint16_t;
  static Bits narrow(double v) { return f16FromFloat(static_cast<float>(v)); }
  static double widen(Bits b) { return floatFromF16(b); }
};
struct Bf16 {
  using Bits = uint16_t;
  static Bits narrow(double v) { return bf16FromFloat(static_cast<float>(v)); }
  static double widen(Bits b) { return floatFromBf16(b); }
};
template <typename T>
struct Plain {
  using Bits = T;
  static Bits narrow(double v) { return static_cast<T>(v); }
  static double widen(Bits b) { return static_cast<double>(b); }
};
/// Numbers that tf32 has: those of bf16 are among them.
struct Tf32 {
  using Bits = float;
  static Bits narrow(double v) { return floatFromBf16(bf16FromFloat(static_cast<float>(v))); }
  static double widen(Bits b) { return b; }
};

/// rows × columns elements, row- or column-major, with a leading dimension beyond what is needed.
template <typename Kind>
struct Matrix {
  int rows, columns, leading;
  bool isColumnMajor;
  std::vector<typename Kind::Bits> memory;

  Matrix(int rows, int columns, bool isColumnMajor, int padding, double low, double high,
         unsigned seed)
      : rows(rows), columns(columns), leading((isColumnMajor ? rows : columns) + padding),
        isColumnMajor(isColumnMajor) {
    for (double v : numbers<double>(leading * (isColumnMajor ? columns : rows), low, high, seed))
      memory.push_back(Kind::narrow(v));
  }
  size_t at(int row, int column) const {
    return isColumnMajor ? column * leading + row : row * leading + column;
  }
  double operator()(int row, int column) const { return Kind::widen(memory[at(row, column)]); }
};

template <typename Element, typename Sum>
static void multiply(const char *kernel, int m, int n, int k, bool columnA, bool columnB,
                     bool columnC, double range, double tolerance) {
  corpus("wmma", kernel, [&](Gpu &gpu) {
    int padding = 16 / sizeof(typename Element::Bits), paddingC = 16 / sizeof(typename Sum::Bits);
    bool isSigned = !std::is_same_v<typename Element::Bits, uint8_t>;
    Matrix<Element> a(m, k, columnA, padding, isSigned ? -range : 0, range, 1),
        b(k, n, columnB, padding, isSigned ? -range : 0, range, 2);
    Matrix<Sum> c(m, n, columnC, paddingC, -range, range, 3), d = c;
    gpu.buffer(a.memory);
    gpu.buffer(b.memory);
    gpu.buffer(c.memory);
    size_t out = gpu.buffer(d.memory);
    gpu.value(a.leading);
    gpu.value(b.leading);
    gpu.value(c.leading);
    gpu.run({1}, {32});
    d.memory = gpu.get<typename Sum::Bits>(out, d.memory.size());
    std::vector<bool> isResult(d.memory.size());
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        double sum = 0;
        for (int l = 0; l < k; ++l)
          sum += a(i, l) * b(l, j);
        double want = std::fmax(0, 2 * sum + c(i, j));
        ASSERT_NEAR(d(i, j), want,
                    tolerance * std::fmax(1, std::fabs(2 * sum) + std::fabs(c(i, j))))
            << i << ", " << j;
        isResult[d.at(i, j)] = true;
      }
    for (size_t i = 0; i < isResult.size(); ++i)
      if (!isResult[i])
        ASSERT_EQ(d.memory[i], c.memory[i]) << "written between rows, at " << i;
  });
}

TEST(CorpusWmma, F16SumsF32) {
  multiply<F16, Plain<float>>("f16_f32_16x16", 16, 16, 16, false, true, false, 2, 1e-6);
  multiply<F16, Plain<float>>("f16_f32_32x8", 32, 8, 16, true, true, true, 2, 1e-6);
  multiply<F16, Plain<float>>("f16_f32_8x32", 8, 32, 16, false, false, false, 2, 1e-6);
}
TEST(CorpusWmma, F16SumsF16) {
  multiply<F16, F16>("f16_f16_16x16", 16, 16, 16, true, false, true, 2, 2e-3);
  multiply<F16, F16>("f16_f16_32x8", 32, 8, 16, false, true, false, 2, 2e-3);
  multiply<F16, F16>("f16_f16_8x32", 8, 32, 16, true, true, true, 2, 2e-3);
}
TEST(CorpusWmma, Bf16) {
  multiply<Bf16, Plain<float>>("bf16_16x16", 16, 16, 16, false, true, true, 2, 1e-6);
  multiply<Bf16, Plain<float>>("bf16_32x8", 32, 8, 16, false, false, false, 2, 1e-6);
  multiply<Bf16, Plain<float>>("bf16_8x32", 8, 32, 16, true, true, false, 2, 1e-6);
}
TEST(CorpusWmma, Tf32) {
  multiply<Tf32, Plain<float>>("tf32_16x16", 16, 16, 8, false, true, false, 2, 1e-6);
}
TEST(CorpusWmma, Bytes) {
  multiply<Plain<int8_t>, Plain<int>>("s8_16x16", 16, 16, 16, false, true, false, 127, 0);
  multiply<Plain<uint8_t>, Plain<int>>("u8_32x8", 32, 8, 16, true, false, true, 255, 0);
  multiply<Plain<int8_t>, Plain<int>>("s8_8x32", 8, 32, 16, false, false, false, 127, 0);
}
TEST(CorpusWmma, F64) {
  multiply<Plain<double>, Plain<double>>("f64_8x8", 8, 8, 4, true, true, false, 2, 1e-15);
}

TEST(CorpusWmma, Gemm) {
  corpus("wmma", "wmma_gemm", [](Gpu &gpu) {
    constexpr int m = 64, n = 96, k = 48;
    Matrix<F16> a(m, k, false, 0, -1, 1, 1), b(k, n, false, 0, -1, 1, 2);
    gpu.value(n);
    gpu.value(k);
    gpu.buffer(a.memory);
    gpu.buffer(b.memory);
    size_t out = gpu.empty<float>(m * n);
    gpu.run({n / 32, m / 32}, {128});
    std::vector<double> want(m * n);
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j)
        for (int l = 0; l < k; ++l)
          want[i * n + j] += a(i, l) * b(l, j);
    expectClose(gpu.get<float>(out, m * n), want, 1e-5);
  });
}

} // namespace mmc::emulator::test
