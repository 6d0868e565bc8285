// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// test/PTX/corpus/cooperative.cu against the host.

#include "Gpu.h"

#include <algorithm>
#include <numeric>

namespace mmc::emulator::test {

/// What grid_rounds leaves.
static std::vector<int> roundsOf(const std::vector<int> &x, size_t rounds) {
  size_t blocks = x.size();
  std::vector<int> sums = x;
  for (size_t i = 0; i < rounds; ++i)
    for (size_t b = 0; b < blocks; ++b)
      sums.push_back(sums[i * blocks + b] + sums[i * blocks + (b + 1) % blocks]);
  return sums;
}

TEST(CorpusCooperative, GridBarrier) {
  corpus("cooperative", "grid_rounds", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(12, -50, 50);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(12 * 5);
    gpu.value(4);
    gpu.isCooperative = true;
    gpu.run({12}, {64});
    ASSERT_EQ(gpu.get<int>(out, 12 * 5), roundsOf(x, 4));
  });
}

TEST(CorpusCooperative, ManyBlocksMeetWithoutSpinningForLong) {
  for (const std::string &path : variants("corpus", "cooperative")) {
    Loaded &loaded = load(path);
    ASSERT_TRUE(loaded.module);
    LaunchOptions options;
    options.threads = 2;
    Gpu gpu(*loaded.device, *loaded.module->kernel("grid_rounds"), options);
    std::vector<int> x = numbers<int>(150, -50, 50);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(150 * 3);
    gpu.value(2);
    gpu.isCooperative = true;
    LaunchResult result = gpu.report({150}, {64});
    ASSERT_TRUE(result.report.violations.empty()) << toText(result.report);
    ASSERT_EQ(gpu.get<int>(out, 150 * 3), roundsOf(x, 2));
    // A block that waits gives way: with turns of 2^16 instructions there would be hundreds of
    // millions.
    EXPECT_LT(result.report.counters.warpInstructions, 4000000u) << path;
  }
}

TEST(CorpusCooperative, OtherLaunchesHaveNoGridGroup) {
  const std::string path = variants("corpus", "cooperative").front();
  Loaded &loaded = load(path);
  ASSERT_TRUE(loaded.module);
  Gpu gpu(*loaded.device, *loaded.module->kernel("grid_rounds"), {});
  gpu.buffer(std::vector<int>(2));
  gpu.empty<int>(2 * 5);
  gpu.value(4);
  LaunchResult result = gpu.report({2}, {64});
  ASSERT_EQ(result.report.violations.size(), 1u) << toText(result.report);
  EXPECT_EQ(result.report.violations[0].kind, ViolationKind::InvalidInstruction);
}

TEST(CorpusCooperative, TilesOfSeveralWarps) {
  corpus("cooperative", "tile_sums", [](Gpu &gpu) {
    std::vector<int> x = numbers<int>(512, 0, 99);
    gpu.buffer(x);
    size_t out = gpu.empty<int>(8);
    gpu.run({2}, {256});
    std::vector<int> sums;
    for (size_t i = 0; i < x.size(); i += 64)
      sums.push_back(std::accumulate(x.begin() + i, x.begin() + i + 64, 0) +
                     1000 * *std::max_element(x.begin() + i, x.begin() + i + 64) +
                     1000000 * x[i + 63]);
    ASSERT_EQ(gpu.get<int>(out, 8), sums);
  });
}

} // namespace mmc::emulator::test
