// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// test/PTX/corpus/mbarrier.cu: what comes out when all barriers do their work.

#include "Gpu.h"

namespace mmc::emulator::test {

/// Rows of n elements turned round, the number of the row added.
static void expectTurned(const std::vector<int> &got, const std::vector<int> &x, int rows, int n) {
  for (int r = 0; r < rows; ++r)
    for (int t = 0; t < n; ++t)
      ASSERT_EQ(got[r * n + t], x[r * n + n - 1 - t] + r) << "row " << r << ", element " << t;
}

static void turnRows(const char *kernel, int n, unsigned threads) {
  corpus("mbarrier", kernel, [&](Gpu &gpu) {
    constexpr int rows = 9;
    std::vector<int> x = numbers<int>(rows * n, -1000, 1000);
    gpu.value(rows);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(rows * n);
    gpu.run({1}, {threads});
    expectTurned(gpu.get<int>(out, rows * n), x, rows, n);
  });
}

TEST(CorpusMbarrier, Exchange) { turnRows("barrier_exchange", 96, 96); }
TEST(CorpusMbarrier, Copies) { turnRows("barrier_copies", 64, 64); }
TEST(CorpusMbarrier, Pipeline) { turnRows("pipeline_copies", 64, 64); }
TEST(CorpusMbarrier, ProducerConsumer) { turnRows("producer_consumer", 96, 128); }

TEST(CorpusMbarrier, ArriveByThemselves) {
  corpus("mbarrier", "arrive_noinc", [](Gpu &gpu) {
    constexpr int rows = 5;
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

TEST(CorpusMbarrier, ArriveAndDrop) {
  corpus("mbarrier", "arrive_drop", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(64, -1000, 1000);
    gpu.value(0);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(64);
    gpu.run({1}, {64});
    std::vector<int> got = gpu.get<int>(out, 64);
    for (int t = 0; t < 64; ++t) {
      int sum = 0;
      for (int phase = 0; phase < t; ++phase)
        for (int other = phase; other < 64; ++other)
          sum += x[other];
      ASSERT_EQ(got[t], sum) << t;
    }
  });
}

} // namespace mmc::emulator::test
