// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// test/PTX/corpus/block.cu against the host.

#include "Gpu.h"

#include <algorithm>
#include <numeric>

namespace mmc::emulator::test {

TEST(CorpusBlock, ReduceTree) {
  corpus("block", "reduce_tree", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(700, -1, 1);
    gpu.value(700);
    gpu.buffer(x);
    size_t out = gpu.empty<float>(3);
    gpu.run({3}, {256});
    std::vector<double> want(3);
    for (size_t i = 0; i < x.size(); ++i)
      want[i / 256] += x[i];
    expectClose(gpu.get<float>(out, 3), want, 1e-5);
  });
}

TEST(CorpusBlock, ReduceDynamic) {
  corpus("block", "reduce_dynamic", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(300, -1, 1);
    gpu.value(300);
    gpu.buffer(x);
    size_t out = gpu.empty<float>(1);
    gpu.run({1}, {64}, 64 * sizeof(float));
    expectClose(gpu.get<float>(out, 1), {std::accumulate(x.begin(), x.end(), 0.0)}, 1e-5);
  });
}

static void expectScan(Gpu &gpu, size_t out, const std::vector<int> &x, size_t segment,
                       bool inclusive) {
  std::vector<int> got = gpu.get<int>(out, x.size());
  int sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (i % segment == 0)
      sum = 0;
    ASSERT_EQ(got[i], sum + (inclusive ? x[i] : 0)) << i;
    sum += x[i];
  }
}

TEST(CorpusBlock, ScanHillis) {
  corpus("block", "scan_hillis", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(256, -50, 50);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(256);
    gpu.run({2}, {128});
    expectScan(gpu, out, x, 128, true);
  });
}

TEST(CorpusBlock, ScanBlelloch) {
  corpus("block", "scan_blelloch", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(256, -50, 50);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(256);
    gpu.run({1}, {128});
    expectScan(gpu, out, x, 256, false);
  });
}

TEST(CorpusBlock, Transpose) {
  corpus("block", "transpose", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(40 * 20, -1, 1);
    gpu.value(40);
    gpu.value(20);
    gpu.buffer(x);
    size_t out = gpu.empty<float>(40 * 20);
    gpu.run({3, 2}, {16, 16});
    std::vector<float> got = gpu.get<float>(out, 40 * 20);
    for (int y = 0; y < 20; ++y)
      for (int c = 0; c < 40; ++c)
        ASSERT_EQ(got[c * 20 + y], x[y * 40 + c]);
  });
}

TEST(CorpusBlock, Stencil) {
  corpus("block", "stencil", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(300, -1, 1);
    gpu.value(300);
    gpu.buffer(x);
    size_t out = gpu.empty<float>(300);
    gpu.run({3}, {128});
    std::vector<double> want(300);
    for (int i = 0; i < 300; ++i)
      for (int k = std::max(0, i - 3); k <= std::min(299, i + 3); ++k)
        want[i] += x[k];
    expectClose(gpu.get<float>(out, 300), want, 1e-5);
  });
}

TEST(CorpusBlock, Stencil2d) {
  corpus("block", "stencil2d", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(20 * 20, -1, 1);
    gpu.value(20);
    gpu.buffer(x);
    size_t out = gpu.empty<float>(400);
    gpu.run({3, 3}, {8, 8});
    auto at = [&](int r, int c) {
      return r < 0 || c < 0 || r > 19 || c > 19 ? 0.0 : double(x[r * 20 + c]);
    };
    std::vector<double> want;
    for (int r = 0; r < 20; ++r)
      for (int c = 0; c < 20; ++c)
        want.push_back(0.5 * at(r, c) +
                       0.125 * (at(r - 1, c) + at(r + 1, c) + at(r, c - 1) + at(r, c + 1)));
    expectClose(gpu.get<float>(out, 400), want, 1e-6);
  });
}

TEST(CorpusBlock, Histogram) {
  corpus("block", "histogram", [](Gpu &gpu) {
    std::vector<unsigned char> x = numbers<unsigned char>(1000, 0, 40);
    gpu.value(1000);
    gpu.buffer(x);
    size_t out = gpu.buffer(std::vector<unsigned>(256));
    gpu.run({3}, {64});
    std::vector<unsigned> got = gpu.get<unsigned>(out, 256), want(256);
    for (unsigned char v : x)
      ++want[v];
    ASSERT_EQ(got, want);
  });
}

TEST(CorpusBlock, MatmulTiled) {
  corpus("block", "matmul_tiled", [](Gpu &gpu) {
    constexpr int n = 32;
    std::vector<float> a = numbers<float>(n * n, -1, 1, 2), b = numbers<float>(n * n, -1, 1, 3);
    gpu.value(n);
    gpu.buffer(a);
    gpu.buffer(b);
    size_t out = gpu.empty<float>(n * n);
    gpu.run({2, 2}, {16, 16});
    std::vector<double> want(n * n);
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        for (int k = 0; k < n; ++k)
          want[i * n + j] += double(a[i * n + k]) * b[k * n + j];
    expectClose(gpu.get<float>(out, n * n), want, 1e-5);
  });
}

TEST(CorpusBlock, BitonicSort) {
  corpus("block", "bitonic_sort", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(256, -1000, 1000);
    size_t out = gpu.buffer(x);
    gpu.run({2}, {128});
    std::sort(x.begin(), x.begin() + 128);
    std::sort(x.begin() + 128, x.end());
    ASSERT_EQ(gpu.get<int>(out, 256), x);
  });
}

TEST(CorpusBlock, SoftmaxRows) {
  corpus("block", "softmax_rows", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(3 * 100, -5, 5);
    gpu.value(100);
    gpu.buffer(x);
    size_t out = gpu.empty<float>(300);
    gpu.run({3}, {64});
    std::vector<double> want;
    for (int r = 0; r < 3; ++r) {
      double sum = 0;
      for (int c = 0; c < 100; ++c)
        sum += std::exp(double(x[r * 100 + c]));
      for (int c = 0; c < 100; ++c)
        want.push_back(std::exp(double(x[r * 100 + c])) / sum);
    }
    expectClose(gpu.get<float>(out, 300), want, 1e-6);
  });
}

TEST(CorpusBlock, Vote) {
  corpus("block", "vote_block", [](Gpu &gpu) {
    std::vector<int> x(192);
    for (int i = 0; i < 192; ++i)
      x[i] = i < 64 ? 1 : i < 128 ? i % 3 - 1 : -1;
    gpu.value(192);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(3);
    gpu.run({3}, {64});
    ASSERT_EQ(gpu.get<int>(out, 3), (std::vector<int>{64 * 4 + 3, 21 * 4 + 1, 0}));
  });
}

TEST(CorpusBlock, NamedBarriers) {
  corpus("block", "named_barriers", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(5 * 64, -100, 100);
    gpu.value(5);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(64);
    gpu.run({1}, {128});
    std::vector<int> want(64);
    for (int r = 0; r < 5; ++r)
      for (int t = 0; t < 64; ++t)
        want[t] += x[r * 64 + 63 - t];
    ASSERT_EQ(gpu.get<int>(out, 64), want);
  });
}

TEST(CorpusBlock, EarlyExit) {
  corpus("block", "early_exit", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(50, -100, 100);
    gpu.value(50);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(50);
    gpu.run({1}, {96});
    std::reverse(x.begin(), x.end());
    ASSERT_EQ(gpu.get<int>(out, 50), x);
  });
}

} // namespace mmc::emulator::test
