// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// test/PTX/corpus/bulk.cu: what comes out when all copies have arrived.

#include "Gpu.h"

namespace mmc::emulator::test {

TEST(CorpusBulk, Pipeline) {
  corpus("bulk", "bulk_pipeline", [](Gpu &gpu) {
    constexpr int rows = 9, n = 96;
    std::vector<int> x = numbers<int>(rows * n, -1000, 1000);
    gpu.value(rows);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(rows * n);
    gpu.run({1}, {128});
    std::vector<int> got = gpu.get<int>(out, rows * n);
    for (int r = 0; r < rows; ++r)
      for (int t = 0; t < n; ++t)
        ASSERT_EQ(got[r * n + t], x[r * n + n - 1 - t] + r) << "row " << r << ", element " << t;
  });
}

TEST(CorpusBulk, InAndOut) {
  corpus("bulk", "bulk_in_out", [](Gpu &gpu) {
    constexpr int rows = 4, n = 128;
    std::vector<int> x = numbers<int>(rows * n, -1000, 1000);
    gpu.value(rows);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(rows * n);
    gpu.run({1}, {n});
    std::vector<int> got = gpu.get<int>(out, rows * n);
    for (int i = 0; i < rows * n; ++i)
      ASSERT_EQ(got[i], x[i] + i / n) << i;
  });
}

TEST(CorpusBulk, Reduce) {
  corpus("bulk", "bulk_reduce", [](Gpu &gpu) {
    constexpr int rows = 11, n = 64;
    std::vector<int> x = numbers<int>(rows * n, -1000, 1000), y = numbers<int>(n, -9, 9, 2);
    gpu.value(rows);
    gpu.buffer(x);
    size_t out = gpu.buffer(y);
    gpu.run({3}, {n});
    std::vector<int> got = gpu.get<int>(out, n);
    for (int t = 0; t < n; ++t) {
      int sum = y[t];
      for (int r = 0; r < rows; ++r)
        sum += x[r * n + t];
      ASSERT_EQ(got[t], sum) << t;
    }
  });
}

TEST(CorpusBulk, ClusterOfOne) {
  corpus("bulk", "cluster_of_one", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(64, -1000, 1000);
    gpu.value(0);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(64);
    gpu.run({1}, {64});
    std::vector<int> got = gpu.get<int>(out, 64);
    for (int t = 0; t < 64; ++t)
      ASSERT_EQ(got[t], x[63 - t]) << t;
  });
}

} // namespace mmc::emulator::test
