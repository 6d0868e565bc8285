// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// test/PTX/corpus/elementwise.cu against the host.

#include "Gpu.h"

#include <cfenv>

namespace mmc::emulator::test {

TEST(CorpusElementwise, Saxpy) {
  corpus("elementwise", "saxpy", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(500, -2, 2, 1), y = numbers<float>(500, -2, 2, 2);
    gpu.value(500);
    gpu.value(1.5f);
    gpu.buffer(x);
    size_t out = gpu.buffer(y);
    gpu.run({3}, {64});
    std::vector<float> got = gpu.get<float>(out, 500);
    for (size_t i = 0; i < 500; ++i)
      ASSERT_EQ(got[i], std::fma(1.5f, x[i], y[i]));
  });
}

TEST(CorpusElementwise, VectorTypes) {
  corpus("elementwise", "vector_types", [](Gpu &gpu) {
    std::vector<float> a = numbers<float>(4 * 64, -2, 2), b = numbers<float>(2 * 64, 1, 2);
    gpu.buffer(a);
    gpu.buffer(b);
    size_t out = gpu.empty<float>(4 * 64);
    gpu.run({2}, {32});
    std::vector<float> got = gpu.get<float>(out, 4 * 64);
    for (size_t i = 0; i < 64; ++i) {
      ASSERT_EQ(got[4 * i], a[4 * i] + b[2 * i]);
      ASSERT_EQ(got[4 * i + 1], a[4 * i + 1] - b[2 * i + 1]);
      ASSERT_EQ(got[4 * i + 2], a[4 * i + 2] * b[2 * i]);
      ASSERT_EQ(got[4 * i + 3], a[4 * i + 3] / b[2 * i + 1]);
    }
  });
}

TEST(CorpusElementwise, GeluErf) {
  corpus("elementwise", "gelu_erf", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(100, -4, 4);
    gpu.value(100);
    gpu.buffer(x);
    size_t out = gpu.empty<float>(100);
    gpu.run({4}, {32});
    std::vector<double> want;
    for (float v : x)
      want.push_back(0.5 * v * (1 + std::erf(v * 0.70710678)));
    expectClose(gpu.get<float>(out, 100), want, 1e-6);
  });
}

TEST(CorpusElementwise, MathFunctions) {
  corpus("elementwise", "math_functions", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(70, -6, 6);
    gpu.value(70);
    gpu.buffer(x);
    size_t out = gpu.empty<float>(6 * 70);
    gpu.run({3}, {32});
    std::vector<double> want;
    for (float f : x) {
      double v = f;
      for (double y : {std::exp(v), std::log(std::fabs(v) + 1), std::sin(v), std::tanh(v),
                       std::sqrt(std::fabs(v)), 1 / std::sqrt(std::fabs(v) + 1)})
        want.push_back(y);
    }
    expectClose(gpu.get<float>(out, 6 * 70), want, 1e-6);
  });
}

TEST(CorpusElementwise, DoublePolynomial) {
  corpus("elementwise", "double_polynomial", [](Gpu &gpu) {
    std::vector<double> x = numbers<double>(40, -3, 3);
    gpu.value(40);
    gpu.buffer(x);
    size_t out = gpu.empty<double>(40);
    gpu.run({2}, {32});
    std::vector<double> got = gpu.get<double>(out, 40);
    for (size_t i = 0; i < 40; ++i) {
      double v = x[i], want = std::fma(std::fma(std::fma(0.25, v, -1.5), v, 3.0), v, 1.0) /
                              std::fma(v, v, 1.0);
      ASSERT_LE(std::fabs(got[i] - want), 1e-15 * std::fabs(want));
    }
  });
}

TEST(CorpusElementwise, IntegerMix) {
  corpus("elementwise", "integer_mix", [](Gpu &gpu) {
    std::vector<int> a = numbers<int>(100, -2e9, 2e9, 3);
    std::vector<unsigned> b = numbers<unsigned>(100, 0, 4.2e9, 4);
    a[0] = 0, a[1] = -1, b[2] = 0;
    gpu.value(100);
    gpu.buffer(a);
    gpu.buffer(b);
    size_t out = gpu.empty<long long>(100);
    gpu.run({4}, {32});
    std::vector<long long> got = gpu.get<long long>(out, 100);
    for (size_t i = 0; i < 100; ++i) {
      int s = static_cast<int>(b[i]);
      long long v = static_cast<long long>(a[i]) * s;
      v += a[i] / 7 + a[i] % 13 + static_cast<int>(b[i] / 10u) + static_cast<int>(b[i] % 11u);
      long long high = (static_cast<long long>(a[i]) * s) >> 32;
      unsigned umulhi = static_cast<unsigned>((static_cast<unsigned long long>(b[i]) * 77u) >> 32);
      v ^= (high * 8) | umulhi;
      unsigned reversed = 0, ua = static_cast<unsigned>(a[i]);
      for (int k = 0; k < 32; ++k)
        reversed |= (b[i] >> k & 1) << (31 - k);
      unsigned bytes[8];
      for (int k = 0; k < 4; ++k)
        bytes[k] = ua >> 8 * k & 255, bytes[4 + k] = b[i] >> 8 * k & 255;
      unsigned permuted = bytes[0] | bytes[4] << 8 | bytes[1] << 16 | bytes[5] << 24;
      unsigned tail = static_cast<unsigned>(__builtin_popcount(b[i])) +
                      (a[i] ? __builtin_clz(ua) : 32) + static_cast<unsigned>(__builtin_ffs(a[i])) +
                      reversed % 5 + permuted;
      // The pieces behind v are summed as the types of CUDA C have it.
      ASSERT_EQ(got[i], v + __builtin_popcount(b[i]) + (a[i] ? __builtin_clz(ua) : 32) +
                            __builtin_ffs(a[i]) + static_cast<long long>(reversed % 5) +
                            static_cast<long long>(permuted))
          << i << " " << tail;
    }
  });
}

TEST(CorpusElementwise, LongDivision) {
  corpus("elementwise", "long_division", [](Gpu &gpu) {
    std::vector<long long> a = numbers<long long>(64, -9e18, 9e18, 3),
                           b = numbers<long long>(64, -1e10, 1e10, 4);
    gpu.value(64);
    gpu.buffer(a);
    gpu.buffer(b);
    size_t out = gpu.empty<long long>(64);
    gpu.run({2}, {32});
    std::vector<long long> got = gpu.get<long long>(out, 64);
    for (size_t i = 0; i < 64; ++i)
      ASSERT_EQ(got[i], a[i] / b[i] + a[i] % b[i]);
  });
}

TEST(CorpusElementwise, Calls) {
  corpus("elementwise", "calls", [](Gpu &gpu) {
    std::vector<float> c = {0.5f, -1.0f, 2.0f, 0.25f, -0.125f}, x = numbers<float>(50, -1, 1);
    gpu.value(50);
    gpu.value(5);
    gpu.buffer(c);
    gpu.buffer(x);
    size_t out = gpu.empty<float>(50);
    gpu.run({2}, {32});
    std::vector<float> got = gpu.get<float>(out, 50);
    auto horner = [&](size_t first, float v) {
      float sum = 0;
      for (size_t i = c.size(); i-- > first;)
        sum = std::fma(sum, v, c[i]);
      return sum;
    };
    for (size_t i = 0; i < 50; ++i)
      ASSERT_EQ(got[i], horner(0, x[i]) + horner(1, -x[i]));
  });
}

struct Pair {
  float value;
  int index;
  double weight;
};

TEST(CorpusElementwise, StructCalls) {
  corpus("elementwise", "struct_calls", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(40, -3, 3);
    gpu.value(40);
    gpu.value(Pair{1.25f, 7, 2.5});
    gpu.buffer(x);
    size_t out = gpu.empty<Pair>(40);
    gpu.run({2}, {32});
    std::vector<Pair> got = gpu.get<Pair>(out, 40);
    for (int i = 0; i < 40; ++i) {
      bool less = x[i] * 1.25f < 1.25f;
      ASSERT_EQ(got[i].value, less ? 1.25f : x[i] * 1.25f);
      ASSERT_EQ(got[i].index, less ? 7 : i + 7);
      ASSERT_EQ(got[i].weight, 3.5);
    }
  });
}

TEST(CorpusElementwise, Collatz) {
  corpus("elementwise", "collatz", [](Gpu &gpu) {
    std::vector<unsigned> start(90);
    for (unsigned i = 0; i < 90; ++i)
      start[i] = i + 1;
    gpu.value(90);
    gpu.buffer(start);
    size_t out = gpu.empty<unsigned>(90);
    gpu.run({3}, {32});
    std::vector<unsigned> got = gpu.get<unsigned>(out, 90);
    for (unsigned v : start) {
      unsigned count = 0;
      for (unsigned w = v; w != 1; ++count)
        w = w & 1 ? 3 * w + 1 : w / 2;
      ASSERT_EQ(got[v - 1], count);
    }
  });
}

TEST(CorpusElementwise, Mandelbrot) {
  corpus("elementwise", "mandelbrot", [](Gpu &gpu) {
    gpu.value(30);
    gpu.value(20);
    gpu.value(40);
    size_t out = gpu.empty<int>(600);
    gpu.run({4, 3}, {8, 8});
    std::vector<int> got = gpu.get<int>(out, 600);
    int differing = 0;
    for (int y = 0; y < 20; ++y)
      for (int x = 0; x < 30; ++x) {
        double cr = -2.0 + 3.0 * x / 30, ci = -1.0 + 2.0 * y / 20, zr = 0, zi = 0;
        int i = 0;
        for (; i < 40 && zr * zr + zi * zi < 4; ++i) {
          double t = zr * zr - zi * zi + cr;
          zi = 2 * zr * zi + ci;
          zr = t;
        }
        differing += got[y * 30 + x] != i;
      }
    // In single precision a few points of the border leave earlier or later.
    ASSERT_LE(differing, 12);
  });
}

TEST(CorpusElementwise, SwitchTable) {
  corpus("elementwise", "switch_table", [](Gpu &gpu) {
    std::vector<int> what = numbers<int>(96, -1, 10, 5), x = numbers<int>(96, -100, 100, 6);
    gpu.value(96);
    gpu.buffer(what);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(96);
    gpu.run({3}, {32});
    std::vector<int> got = gpu.get<int>(out, 96);
    for (size_t i = 0; i < 96; ++i) {
      int v = x[i], want[] = {v + 3, v * 5, (v - 7) ^ 0x55, v ^ 0x55, -v, v * v, v >> 2, v % 9};
      ASSERT_EQ(got[i], what[i] >= 0 && what[i] < 8 ? want[what[i]] : 0) << what[i];
    }
  });
}

TEST(CorpusElementwise, LocalArray) {
  corpus("elementwise", "local_array", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(64, 0, 9999999, 7);
    gpu.value(64);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(64);
    gpu.run({2}, {32});
    std::vector<int> got = gpu.get<int>(out, 64);
    for (size_t i = 0; i < 64; ++i) {
      std::vector<int> digits;
      for (int v = x[i]; v || digits.empty(); v /= 10)
        digits.push_back(v % 10);
      int reversed = 0, count = static_cast<int>(digits.size());
      for (int k = 0; k < count; ++k)
        reversed = reversed * 10 + digits[k] + digits[(k + x[i]) % count];
      ASSERT_EQ(got[i], reversed);
    }
  });
}

TEST(CorpusElementwise, Constants) {
  corpus("elementwise", "constants", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(40, -3, 3), w = {1, 2, 1, 2, 4, 2, 1, 2, 1};
    gpu.value(40);
    gpu.buffer(x);
    size_t out = gpu.empty<float>(40), seen = gpu.empty<int>(1);
    gpu.run({2}, {32});
    std::vector<float> got = gpu.get<float>(out, 40);
    for (size_t i = 0; i < 40; ++i)
      ASSERT_EQ(got[i], x[i] * w[i % 9]);
    ASSERT_EQ(gpu.get<int>(seen, 1)[0], 42);
  });
}

/// f() under another rounding of the host.
template <typename F>
float rounded(int mode, F f) {
  std::fesetround(mode);
  volatile float value = f();
  std::fesetround(FE_TONEAREST);
  return value;
}

TEST(CorpusElementwise, Rounding) {
  corpus("elementwise", "rounding", [](Gpu &gpu) {
    std::vector<float> a = numbers<float>(64, -2, 2, 8), b = numbers<float>(64, -1, 1, 9);
    gpu.value(64);
    gpu.buffer(a);
    gpu.buffer(b);
    size_t out = gpu.empty<float>(8 * 64);
    gpu.run({2}, {32});
    std::vector<float> got = gpu.get<float>(out, 8 * 64);
    for (size_t i = 0; i < 64; ++i) {
      volatile float x = a[i], y = b[i];
      float want[] = {rounded(FE_TOWARDZERO, [&] { return x + y; }),
                      rounded(FE_UPWARD, [&] { return x + y; }),
                      rounded(FE_DOWNWARD, [&] { return x * y; }),
                      rounded(FE_TOWARDZERO, [&] { return std::fma(x, y, x); }),
                      rounded(FE_UPWARD, [&] { return x / y; }),
                      rounded(FE_DOWNWARD, [&] { return std::sqrt(std::fabs(x)); }),
                      std::nearbyint(x),
                      std::fmin(std::fmax(x, 0.0f), 1.0f)};
      for (int k = 0; k < 8; ++k)
        ASSERT_EQ(got[8 * i + k], want[k]) << k;
    }
  });
}

} // namespace mmc::emulator::test
