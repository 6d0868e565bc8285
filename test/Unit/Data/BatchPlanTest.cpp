// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packing is best fit, groups are of one modality, refused samples take no part.

#include "Golden.h"

#include "mmc/Runtime/Data/BatchPlan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

using namespace mmc;
using namespace mmc::test;

static SampleLengths lengthsOf(const std::vector<uint32_t> &tokens) {
  SampleLengths lengths;
  for (uint32_t count : tokens) {
    SampleLength length;
    length.tokens = count;
    if (count == 0) {
      length.flags = SampleLength::Refused;
      lengths.refused.push_back(static_cast<uint32_t>(lengths.all.size()));
    }
    lengths.all.push_back(length);
  }
  return lengths;
}

static std::vector<std::vector<uint32_t>> pack(const std::vector<uint32_t> &tokens,
                                               int64_t window) {
  std::vector<uint32_t> order(tokens.size());
  std::iota(order.begin(), order.end(), 0);
  return packRows(order, lengthsOf(tokens).all, 10, -1, window);
}

TEST(BatchPlan, PacksWhereLeastRoomIsLeft) {
  using Rows = std::vector<std::vector<uint32_t>>;
  // 2 goes to the row of 7 and not to the first, of 6; 3 then fills that one but for one.
  EXPECT_EQ(pack({6, 7, 2, 3}, 4), (Rows{{0, 3}, {1, 2}}));
  // A row without room is closed at once; with a window of one the fullest, the only, row is.
  EXPECT_EQ(pack({4, 10, 6, 5}, 4), (Rows{{1}, {0, 2}, {3}}));
  EXPECT_EQ(pack({4, 7, 6}, 1), (Rows{{0}, {1}, {2}}));
  EXPECT_EQ(pack({4, 7, 6}, 2), (Rows{{0, 2}, {1}}));
}

TEST(BatchPlan, PacksCloseToFull) {
  std::vector<uint32_t> tokens;
  for (uint32_t i = 0; i < 2000; ++i)
    tokens.push_back(1 + i * 7919 % 700);
  std::vector<uint32_t> order(tokens.size());
  std::iota(order.begin(), order.end(), 0);
  SampleLengths lengths = lengthsOf(tokens);
  auto rows = packRows(order, lengths.all, 2048, -1, 64);
  uint64_t total = std::accumulate(tokens.begin(), tokens.end(), uint64_t(0));
  EXPECT_GT(double(total) / double(rows.size() * 2048), 0.97);
  std::vector<uint32_t> seen;
  for (auto &row : rows) {
    uint64_t sum = 0;
    for (uint32_t index : row)
      sum += tokens[index];
    EXPECT_LE(sum, 2048u);
    seen.insert(seen.end(), row.begin(), row.end());
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, order);
}

/// All samples of a plan, in order.
static std::vector<int64_t> samplesOf(const BatchPlan &plan) {
  std::vector<int64_t> result;
  for (int64_t batch = 0; batch < plan.batches(); ++batch)
    for (const std::vector<int64_t> &row : plan.batch(batch).rows)
      result.insert(result.end(), row.begin(), row.end());
  return result;
}

TEST(BatchPlan, RefusedSamplesTakeNoPart) {
  SampleLengths lengths = lengthsOf({0, 1, 0, 0, 1, 1, 1, 0, 1, 0});
  PlanOptions options;
  options.seqLens = {4};
  options.shuffle = false;
  EXPECT_EQ(samplesOf(BatchPlan(options, 10, lengths, 0)), (std::vector<int64_t>{1, 4, 5, 6, 8}));
  for (bool packed : {false, true}) {
    options.shuffle = true;
    options.pack = packed;
    std::vector<int64_t> seen = samplesOf(BatchPlan(options, 10, lengths, 3));
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, (std::vector<int64_t>{1, 4, 5, 6, 8}));
  }
}

TEST(BatchPlan, GroupsByModalityAndLength) {
  SampleLengths lengths;
  for (uint32_t i = 0; i < 4000; ++i) {
    SampleLength length;
    length.tokens = 1 + i * 7919 % 500;
    length.images = i % 3 == 0;
    lengths.all.push_back(length);
  }
  PlanOptions options;
  options.batchSize = 8;
  options.seqLens = {500};
  options.groupByModality = true;
  options.dropLast = false;
  BatchPlan plan(options, 4000, lengths, 1);
  int mixed = 0;
  uint64_t padding = 0, whole = 0;
  for (int64_t batch = 0; batch < plan.batches(); ++batch) {
    int images = 0;
    uint32_t longest = 0, tokens = 0;
    auto planned = plan.batch(batch);
    for (auto &row : planned.rows) {
      ASSERT_EQ(row.size(), 1u);
      images += lengths.all[row[0]].images;
      longest = std::max(longest, lengths.all[row[0]].tokens);
      tokens += lengths.all[row[0]].tokens;
    }
    mixed += images != 0 && images != static_cast<int>(planned.rows.size());
    padding += longest * planned.rows.size() - tokens;
    whole += tokens;
  }
  EXPECT_LE(mixed, 1);
  EXPECT_LT(double(padding) / double(whole), 0.1);
  std::vector<int64_t> seen = samplesOf(plan),
                       again = samplesOf(BatchPlan(options, 4000, lengths, 1)),
                       other = samplesOf(BatchPlan(options, 4000, lengths, 2));
  EXPECT_EQ(seen, again);
  EXPECT_NE(seen, other);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()) - seen.begin(), 4000);
}
