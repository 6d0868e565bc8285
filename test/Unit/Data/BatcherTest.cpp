// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Order, buckets, packing and resuming.

#include "Golden.h"

#include "mmc/Runtime/Data/Batcher.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace mmc;
using namespace mmc::test;

static ListDataset listOf(const std::vector<int64_t> &lengths) {
  ListDataset data;
  for (size_t i = 0; i < lengths.size(); ++i)
    data.samples.push_back(textSample(std::to_string(i), 0, lengths[i]));
  return data;
}

static std::unique_ptr<Batcher> open(const ListDataset &data, const BatcherOptions &options) {
  auto batcher = Batcher::create(data, options);
  EXPECT_TRUE(batcher.isOk()) << batcher.status().message();
  return batcher.isOk() ? std::move(*batcher) : nullptr;
}

/// Ids of the next `count` batches: "a b|c" is a batch with a and b in one row, c in the next.
static std::vector<std::string> take(Batcher &batcher, int64_t count) {
  std::vector<std::string> result;
  for (int64_t i = 0; i < count; ++i) {
    auto batch = batcher.next();
    EXPECT_TRUE(batch.isOk()) << batch.status().message();
    if (!batch.isOk())
      break;
    std::string text = std::to_string(batch->seqLen) + ":";
    for (size_t row = 0; row < batch->ids.size(); ++row) {
      text += row ? "|" : "";
      for (size_t k = 0; k < batch->ids[row].size(); ++k)
        text += (k ? " " : "") + batch->ids[row][k];
    }
    result.push_back(text);
  }
  return result;
}

TEST(Batcher, WalksInOrderAndDropsTheRest) {
  ListDataset data = listOf({1, 1, 1, 1, 1});
  BatcherOptions options;
  options.layout.batchSize = 2;
  options.seqLens = {4};
  options.shuffle = false;
  auto batcher = open(data, options);
  EXPECT_EQ(batcher->batchesPerEpoch(), 2);
  EXPECT_EQ(take(*batcher, 3), (std::vector<std::string>{"4:0|1", "4:2|3", "4:0|1"}));
  EXPECT_EQ(batcher->cursor(), (Cursor{1, 1}));
  options.dropLast = false;
  batcher = open(data, options);
  EXPECT_EQ(batcher->batchesPerEpoch(), 3);
  EXPECT_EQ(take(*batcher, 4), (std::vector<std::string>{"4:0|1", "4:2|3", "4:4|", "4:0|1"}));
}

TEST(Batcher, BucketsMoveWhatIsLeftUp) {
  ListDataset data = listOf({2, 7, 3, 4, 1, 8, 5});
  BatcherOptions options;
  options.layout.batchSize = 2;
  options.seqLens = {3, 5, 8};
  options.shuffle = false;
  auto batcher = open(data, options);
  // 0 and 2 are short; 3 (4 tokens) meets 6 (5 tokens); 1 meets 5; 4 is left over and dropped.
  EXPECT_EQ(take(*batcher, batcher->batchesPerEpoch()),
            (std::vector<std::string>{"3:0|2", "8:1|5", "5:3|6"}));
  data.samples.push_back(textSample("7", 0, 6));
  batcher = open(data, options);
  EXPECT_EQ(take(*batcher, batcher->batchesPerEpoch()),
            (std::vector<std::string>{"3:0|2", "8:1|5", "5:3|6", "8:7|4"}));
}

TEST(Batcher, PacksWhatFits) {
  ListDataset data = listOf({5, 6, 3, 2, 4, 2});
  BatcherOptions options;
  options.layout.batchSize = 2;
  options.seqLens = {6, 8};
  options.shuffle = false;
  options.pack = true;
  auto batcher = open(data, options);
  EXPECT_EQ(take(*batcher, batcher->batchesPerEpoch()), (std::vector<std::string>{"8:0 2|1 3"}));
  options.dropLast = false;
  batcher = open(data, options);
  EXPECT_EQ(take(*batcher, batcher->batchesPerEpoch()),
            (std::vector<std::string>{"8:0 2|1 3", "6:4 5|"}));
}

TEST(Batcher, PackingCountsImagePlaces) {
  ListDataset data = listOf({2, 2, 2});
  for (Sample &sample : data.samples)
    sample.images = {"x"};
  BatcherOptions options;
  options.layout.imagesPerRow = 2;
  options.layout.tokensPerImage = options.layout.imageHeight = options.layout.imageWidth = 1;
  options.seqLens = {8};
  options.shuffle = false;
  options.pack = true;
  auto batcher = Batcher::create(data, options, [](auto &, float *) { return Status::ok(); });
  ASSERT_TRUE(batcher.isOk());
  EXPECT_EQ(take(**batcher, 2), (std::vector<std::string>{"8:0 1", "8:2"}));
}

TEST(Batcher, EveryEpochHasEverySampleInAnotherOrder) {
  ListDataset data = listOf(std::vector<int64_t>(12, 1));
  BatcherOptions options;
  options.layout.batchSize = 12;
  options.seqLens = {2};
  auto batcher = open(data, options);
  std::vector<std::vector<std::string>> epochs;
  for (int epoch = 0; epoch < 3; ++epoch) {
    auto batch = batcher->next();
    ASSERT_TRUE(batch.isOk());
    std::vector<std::string> ids;
    for (auto &row : batch->ids)
      ids.insert(ids.end(), row.begin(), row.end());
    epochs.push_back(ids);
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(std::unique(ids.begin(), ids.end()) - ids.begin(), 12);
  }
  EXPECT_NE(epochs[0], epochs[1]);
  EXPECT_NE(epochs[1], epochs[2]);
}

TEST(Batcher, ResumesExactly) {
  ListDataset data = listOf({5, 1, 3, 2, 4, 4, 1, 6, 2, 3, 5});
  for (bool pack : {false, true}) {
    BatcherOptions options;
    options.layout.batchSize = 2;
    options.seqLens = {3, 6};
    options.pack = pack;
    options.seed = 42;
    auto whole = open(data, options);
    std::vector<Cursor> cursors;
    std::vector<std::string> batches;
    for (int i = 0; i < 20; ++i) {
      cursors.push_back(whole->cursor());
      batches.push_back(take(*whole, 1)[0]);
    }
    for (int i = 0; i < 20; ++i) {
      auto resumed = open(data, options);
      ASSERT_TRUE(resumed->seek(cursors[i]).isOk());
      EXPECT_EQ(take(*resumed, 20 - i),
                std::vector<std::string>(batches.begin() + i, batches.end()));
    }
  }
}

TEST(Batcher, RefusesBadCursors) {
  ListDataset data = listOf({1, 1});
  BatcherOptions options;
  options.seqLens = {1};
  auto batcher = open(data, options);
  EXPECT_TRUE(batcher->seek({3, 2}).isOk());
  EXPECT_FALSE(batcher->seek({3, 3}).isOk());
  EXPECT_FALSE(batcher->seek({-1, 0}).isOk());
  EXPECT_FALSE(batcher->seek({0, -1}).isOk());
}

/// The message that create() fails with.
static std::string failure(const ListDataset &data, const BatcherOptions &options) {
  auto batcher = Batcher::create(data, options);
  EXPECT_FALSE(batcher.isOk());
  return batcher.isOk() ? "" : batcher.status().message();
}

TEST(Batcher, RefusesWhatCannotMakeBatches) {
  BatcherOptions options;
  options.seqLens = {4, 8};
  options.layout.batchSize = 3;
  EXPECT_EQ(failure(listOf({}), options), "the data set is empty");
  EXPECT_EQ(failure(listOf({1, 1}), options),
            "the data set fills no batch of 3 rows, got: 2 samples; use a smaller batch size");
  EXPECT_EQ(failure(listOf({1, 9, 1}), options),
            "sample '1': the longest sequence length is 8, got: 9");
  for (std::vector<int64_t> lens : {std::vector<int64_t>{}, {0}, {4, 4}, {8, 4}}) {
    options.seqLens = lens;
    EXPECT_EQ(failure(listOf({1, 1, 1}), options),
              "sequence lengths must be positive and ascending");
  }
  options.seqLens = {4};
  options.layout.modality = options.pack = true;
  EXPECT_EQ(failure(listOf({1, 1, 1}), options), "rows with a modality token cannot be packed");
  options.layout.batchSize = 0;
  EXPECT_EQ(failure(listOf({1}), options), "batch-size must be positive, got: 0");
}
