// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// test/PTX/corpus/grid.cu against the host.

#include "Gpu.h"

#include <algorithm>
#include <numeric>

namespace mmc::emulator::test {

TEST(CorpusGrid, LastBlock) {
  corpus("grid", "last_block", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(1000, -1, 1);
    gpu.value(1000);
    gpu.buffer(x);
    gpu.empty<float>(5);
    size_t out = gpu.empty<float>(1);
    gpu.run({5}, {64});
    expectClose(gpu.get<float>(out, 1), {std::accumulate(x.begin(), x.end(), 0.0)}, 1e-5);
  });
}

TEST(CorpusGrid, ChainedScan) {
  corpus("grid", "chained_scan", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(12 * 32, -50, 50);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(12 * 32);
    gpu.empty<int>(12);
    gpu.buffer(std::vector<int>(12));
    gpu.run({12}, {32});
    std::partial_sum(x.begin(), x.end(), x.begin());
    ASSERT_EQ(gpu.get<int>(out, 12 * 32), x);
  });
}

TEST(CorpusGrid, Barrier) {
  corpus("grid", "grid_barrier", [](Gpu &gpu) {
    gpu.empty<int>(6 * 64);
    size_t out = gpu.empty<int>(6 * 64);
    gpu.buffer(std::vector<unsigned>{0});
    gpu.run({6}, {64});
    std::vector<int> got = gpu.get<int>(out, 6 * 64);
    for (int i = 0; i < 6 * 64; ++i)
      ASSERT_EQ(got[i], (383 - i) * (383 - i));
  });
}

TEST(CorpusGrid, Atomics) {
  corpus("grid", "atomics", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(100, -1000, 1000);
    gpu.value(100);
    gpu.buffer(x);
    size_t i32 = gpu.buffer(std::vector<int>{0, 5, -5, -1, 0, 0, 0, 3});
    size_t u64 = gpu.buffer(std::vector<unsigned long long>{1, 2});
    size_t f32 = gpu.buffer(std::vector<float>{0.5f}), f64 = gpu.buffer(std::vector<double>{0.25});
    gpu.run({4}, {32});
    std::vector<int> want = {0, 5, -5, -1, 0, 0, 100 % 10, 0};
    unsigned long long sum = 1, top = 2;
    int low = 0, down = 3;
    for (int v : x) {
      want[0] += v;
      want[1] = std::min(want[1], v);
      want[2] = std::max(want[2], v);
      want[3] &= v | 0xff00;
      want[4] |= v & 0xff;
      want[5] ^= v;
      down = down == 0 || down > 9 ? 9 : down - 1;
      sum += static_cast<unsigned>(v);
      top = std::max<unsigned long long>(
          top, static_cast<unsigned long long>(static_cast<unsigned>(v)) << 20);
      low += v & 15;
    }
    want[7] = down;
    ASSERT_EQ(gpu.get<int>(i32, 8), want);
    ASSERT_EQ(gpu.get<unsigned long long>(u64, 2), (std::vector<unsigned long long>{sum, top}));
    ASSERT_EQ(gpu.get<float>(f32, 1)[0], 0.5f + low);
    ASSERT_EQ(gpu.get<double>(f64, 1)[0], 0.25 + low);
  });
}

TEST(CorpusGrid, AtomicCasMax) {
  corpus("grid", "atomic_cas_max", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(200, 0, 100);
    gpu.value(200);
    gpu.buffer(x);
    size_t out = gpu.buffer(std::vector<float>{0.0f});
    gpu.run({4}, {64});
    ASSERT_EQ(gpu.get<float>(out, 1)[0], *std::max_element(x.begin(), x.end()));
  });
}

TEST(CorpusGrid, Queue) {
  corpus("grid", "queue", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(150, -100, 100);
    gpu.value(150);
    gpu.buffer(std::vector<int>{0});
    gpu.buffer(x);
    size_t out = gpu.empty<int>(150);
    gpu.run({3}, {32});
    for (int &v : x)
      v = 2 * v + 1;
    ASSERT_EQ(gpu.get<int>(out, 150), x);
  });
}

} // namespace mmc::emulator::test
