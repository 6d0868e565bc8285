// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// test/PTX/corpus/warp.cu against the host.

#include "Gpu.h"

#include <algorithm>
#include <numeric>

namespace mmc::emulator::test {

TEST(CorpusWarp, Reduce) {
  corpus("warp", "warp_reduce", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(128, -1, 1);
    gpu.buffer(x);
    size_t out = gpu.empty<float>(4);
    gpu.run({2}, {64});
    std::vector<double> want(4);
    for (size_t i = 0; i < 128; ++i)
      want[i / 32] += x[i];
    expectClose(gpu.get<float>(out, 4), want, 1e-5);
  });
}

TEST(CorpusWarp, Scan) {
  corpus("warp", "warp_scan", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(64, -50, 50);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(64);
    gpu.run({1}, {64});
    for (size_t i = 0; i < 64; ++i)
      x[i] += i % 32 ? x[i - 1] : 0;
    ASSERT_EQ(gpu.get<int>(out, 64), x);
  });
}

TEST(CorpusWarp, Butterfly) {
  corpus("warp", "butterfly", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(64, -1, 1);
    gpu.buffer(x);
    size_t out = gpu.empty<float>(64);
    gpu.run({1}, {64});
    std::vector<float> got = gpu.get<float>(out, 64);
    for (size_t i = 0; i < 64; ++i)
      ASSERT_EQ(got[i], *std::max_element(&x[i / 8 * 8], &x[i / 8 * 8] + 8));
  });
}

TEST(CorpusWarp, BlockReduce) {
  corpus("warp", "block_reduce_warps", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(1000, -1, 1);
    gpu.value(1000);
    gpu.buffer(x);
    size_t out = gpu.buffer(std::vector<float>{0.0f});
    gpu.run({3}, {96});
    expectClose(gpu.get<float>(out, 1), {std::accumulate(x.begin(), x.end(), 0.0)}, 1e-5);
  });
}

TEST(CorpusWarp, BallotCompact) {
  corpus("warp", "ballot_compact", [](Gpu &gpu) {
    std::vector<int> x(30), want;
    for (int i = 0; i < 30; ++i) {
      x[i] = 7 * i + 1;
      if (x[i] % 3 == 0)
        want.push_back(x[i]);
    }
    gpu.value(30);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(want.size()), count = gpu.empty<int>(1);
    gpu.run({1}, {32});
    ASSERT_EQ(gpu.get<int>(out, want.size()), want);
    ASSERT_EQ(gpu.get<int>(count, 1)[0], static_cast<int>(want.size()) + 100);
  });
}

TEST(CorpusWarp, Match) {
  corpus("warp", "match_groups", [](Gpu &gpu) {
    std::vector<int> x(32);
    for (int i = 0; i < 32; ++i)
      x[i] = i % 5;
    gpu.buffer(x);
    size_t out = gpu.empty<unsigned>(96);
    gpu.run({1}, {32});
    std::vector<unsigned> got = gpu.get<unsigned>(out, 96);
    for (int i = 0; i < 32; ++i) {
      unsigned same = 0;
      for (int j = i % 5; j < 32; j += 5)
        same |= 1u << j;
      ASSERT_EQ(got[3 * i], same);
      ASSERT_EQ(got[3 * i + 1], 0u);
      ASSERT_EQ(got[3 * i + 2], 0u);
    }
  });
}

TEST(CorpusWarp, Redux) {
  corpus("warp", "redux", [](Gpu &gpu) {
    std::vector<unsigned> x = numbers<unsigned>(32, 0, 4.2e9);
    gpu.buffer(x);
    size_t out = gpu.empty<unsigned>(160);
    gpu.run({1}, {32});
    std::vector<unsigned> got = gpu.get<unsigned>(out, 160), want = {0, ~0u, 0x80000000u, ~0u, 0};
    for (unsigned v : x) {
      want[0] += v;
      want[1] = std::min(want[1], v);
      want[2] = static_cast<unsigned>(std::max(static_cast<int>(want[2]), static_cast<int>(v)));
      want[3] &= v;
      want[4] ^= v;
    }
    for (size_t i = 0; i < 160; ++i)
      ASSERT_EQ(got[i], want[i % 5]) << i;
  });
}

TEST(CorpusWarp, HalfWarps) {
  corpus("warp", "half_warps", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(32, -100, 100);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(32);
    gpu.run({1}, {32});
    std::vector<int> got = gpu.get<int>(out, 32);
    int sum = std::accumulate(x.begin(), x.begin() + 16, 0),
        top = *std::max_element(x.begin() + 16, x.end());
    for (int i = 0; i < 32; ++i)
      ASSERT_EQ(got[i], i < 16 ? sum : top);
  });
}

TEST(CorpusWarp, Shared) {
  corpus("warp", "warp_shared", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(64, -100, 100);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(64);
    gpu.run({1}, {64});
    std::vector<int> got = gpu.get<int>(out, 64);
    for (int i = 0; i < 64; ++i)
      ASSERT_EQ(got[i], std::accumulate(&x[i / 32 * 32], &x[i / 32 * 32] + 32, 0));
  });
}

TEST(CorpusWarp, SpinLock) {
  corpus("warp", "spin_lock", [](Gpu &gpu) {
    gpu.buffer(std::vector<int>{0});
    size_t out = gpu.buffer(std::vector<int>{5});
    gpu.run({2}, {64});
    ASSERT_EQ(gpu.get<int>(out, 1)[0], 133);
  });
}

TEST(CorpusWarp, LayerNorm) {
  corpus("warp", "layer_norm", [](Gpu &gpu) {
    constexpr int rows = 3, columns = 50;
    std::vector<float> x = numbers<float>(rows * columns, -2, 3, 1),
                       gamma = numbers<float>(columns, 0.5, 1.5, 2),
                       beta = numbers<float>(columns, -1, 1, 3);
    gpu.value(columns);
    gpu.value(1e-5f);
    gpu.buffer(x);
    gpu.buffer(gamma);
    gpu.buffer(beta);
    size_t out = gpu.empty<float>(rows * columns);
    gpu.run({rows}, {32});
    std::vector<double> want;
    for (int r = 0; r < rows; ++r) {
      double mean = 0, square = 0;
      for (int c = 0; c < columns; ++c)
        mean += x[r * columns + c] / double(columns);
      for (int c = 0; c < columns; ++c)
        square += (x[r * columns + c] - mean) * (x[r * columns + c] - mean) / columns;
      for (int c = 0; c < columns; ++c)
        want.push_back((x[r * columns + c] - mean) / std::sqrt(square + 1e-5) * gamma[c] + beta[c]);
    }
    expectClose(gpu.get<float>(out, rows * columns), want, 1e-5);
  });
}

} // namespace mmc::emulator::test
