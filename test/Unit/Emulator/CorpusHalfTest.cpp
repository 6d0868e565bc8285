// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// test/PTX/corpus/half.cu against the host's own conversions.

#include "Gpu.h"

#include "mmc/Runtime/Core/DType.h"

namespace mmc::emulator::test {

static std::vector<uint16_t> halves(const std::vector<float> &x, uint16_t (*narrow)(float)) {
  std::vector<uint16_t> out;
  for (float v : x)
    out.push_back(narrow(v));
  return out;
}

/// Products and sums of these few bits are exact in double.
static uint16_t f16(double v) { return f16FromFloat(static_cast<float>(v)); }
static uint16_t bf16(double v) { return bf16FromFloat(static_cast<float>(v)); }

TEST(CorpusHalf, Axpy) {
  corpus("half", "half_axpy", [](Gpu &gpu) {
    // Values of few bits, so that one rounding of the host is the only one.
    std::vector<float> a = numbers<float>(70, -8, 8, 1), x = numbers<float>(70, -8, 8, 2),
                       y = numbers<float>(70, -64, 64, 3);
    std::vector<uint16_t> ha = halves(a, f16FromFloat), hx = halves(x, f16FromFloat),
                          hy = halves(y, f16FromFloat);
    gpu.value(70);
    gpu.buffer(ha);
    gpu.buffer(hx);
    size_t out = gpu.buffer(hy);
    gpu.run({3}, {32});
    std::vector<uint16_t> got = gpu.get<uint16_t>(out, 70);
    for (size_t i = 0; i < 70; ++i) {
      double exact = double(floatFromF16(ha[i])) * floatFromF16(hx[i]) + floatFromF16(hy[i]);
      // Both neighbours in f32 round to the same half unless a tie is near; then either is looked
      // at.
      float single = static_cast<float>(exact);
      uint16_t want = f16FromFloat(single);
      if (single != exact) {
        float other = std::nextafter(single, exact > single ? INFINITY : -INFINITY);
        ASSERT_TRUE(got[i] == want || got[i] == f16FromFloat(other));
      } else {
        ASSERT_EQ(got[i], want) << i;
      }
    }
  });
}

TEST(CorpusHalf, Pairs) {
  corpus("half", "half2_ops", [](Gpu &gpu) {
    std::vector<uint16_t> a = halves(numbers<float>(80, -4, 4, 1), f16FromFloat),
                          b = halves(numbers<float>(80, -4, 4, 2), f16FromFloat);
    gpu.value(40);
    gpu.buffer(a);
    gpu.buffer(b);
    size_t out = gpu.empty<uint16_t>(320);
    gpu.run({2}, {32});
    std::vector<uint16_t> got = gpu.get<uint16_t>(out, 320);
    for (size_t i = 0; i < 80; ++i) {
      double x = floatFromF16(a[i]), y = floatFromF16(b[i]);
      size_t at = i / 2 * 8 + i % 2;
      ASSERT_EQ(got[at], f16(x + y));
      ASSERT_EQ(got[at + 2], f16(x * y));
      ASSERT_EQ(got[at + 4], f16(std::fmax(x, y)));
      ASSERT_EQ(got[at + 6], f16(-x - y));
    }
  });
}

TEST(CorpusHalf, Convert) {
  corpus("half", "half_convert", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(60, -300, 300);
    gpu.value(60);
    gpu.buffer(x);
    size_t h = gpu.empty<uint16_t>(60), back = gpu.empty<float>(60), whole = gpu.empty<int>(60);
    gpu.run({2}, {32});
    std::vector<uint16_t> gotHalf = gpu.get<uint16_t>(h, 60);
    std::vector<float> gotBack = gpu.get<float>(back, 60);
    std::vector<int> gotWhole = gpu.get<int>(whole, 60);
    for (size_t i = 0; i < 60; ++i) {
      uint16_t near = f16FromFloat(x[i]), zero = near;
      if (std::fabs(floatFromF16(zero)) > std::fabs(x[i]))
        --zero;
      ASSERT_EQ(gotHalf[i], near);
      ASSERT_EQ(gotBack[i], floatFromF16(zero));
      ASSERT_EQ(gotWhole[i], static_cast<int>(std::nearbyint(floatFromF16(near))));
    }
  });
}

TEST(CorpusHalf, Bf16Axpy) {
  corpus("half", "bf16_axpy", [](Gpu &gpu) {
    std::vector<uint16_t> x = halves(numbers<float>(60, -4, 4, 1), bf16FromFloat),
                          y = halves(numbers<float>(60, -4, 4, 2), bf16FromFloat);
    gpu.value(60);
    gpu.value(0.75f);
    gpu.buffer(x);
    size_t out = gpu.buffer(y);
    gpu.run({2}, {32});
    std::vector<uint16_t> got = gpu.get<uint16_t>(out, 60);
    for (size_t i = 0; i < 60; ++i)
      ASSERT_EQ(got[i], bf16FromFloat(std::fma(0.75f, floatFromBf16(x[i]), floatFromBf16(y[i]))));
  });
}

TEST(CorpusHalf, Bf16Fma) {
  corpus("half", "bf16_fma", [](Gpu &gpu) {
    std::vector<uint16_t> a = halves(numbers<float>(60, -4, 4, 1), bf16FromFloat),
                          b = halves(numbers<float>(60, -4, 4, 2), bf16FromFloat),
                          c = halves(numbers<float>(60, -4, 4, 3), bf16FromFloat);
    gpu.value(60);
    gpu.buffer(a);
    gpu.buffer(b);
    size_t out = gpu.buffer(c);
    gpu.run({2}, {32});
    std::vector<uint16_t> got = gpu.get<uint16_t>(out, 60);
    for (size_t i = 0; i < 60; ++i)
      ASSERT_EQ(got[i],
                bf16(double(floatFromBf16(a[i])) * floatFromBf16(b[i]) + floatFromBf16(c[i])))
          << i;
  });
}

TEST(CorpusHalf, Bf16Pairs) {
  corpus("half", "bf16_pairs", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(80, -4, 4);
    gpu.value(40);
    gpu.buffer(x);
    size_t out = gpu.empty<uint16_t>(80);
    gpu.run({2}, {32});
    std::vector<uint16_t> got = gpu.get<uint16_t>(out, 80);
    for (size_t i = 0; i < 80; ++i)
      ASSERT_EQ(got[i], bf16(2.0 * floatFromBf16(bf16FromFloat(x[i])) - 1.0));
  });
}

TEST(CorpusHalf, Dot) {
  corpus("half", "half_dot", [](Gpu &gpu) {
    std::vector<uint16_t> a = halves(numbers<float>(600, -1, 1, 1), f16FromFloat),
                          b = halves(numbers<float>(600, -1, 1, 2), f16FromFloat);
    gpu.value(300);
    gpu.buffer(a);
    gpu.buffer(b);
    size_t out = gpu.empty<float>(1);
    gpu.run({1}, {128});
    double want = 0;
    for (size_t i = 0; i < 600; ++i)
      want += double(floatFromF16(a[i])) * floatFromF16(b[i]);
    expectClose(gpu.get<float>(out, 1), {want}, 1e-5);
  });
}

} // namespace mmc::emulator::test
