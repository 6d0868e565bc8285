// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is made ahead comes in order, resumes exactly, and fails where it would have failed.

#include "../Data/Golden.h"
#include "../Data/WithoutThreads.h"

#include "mmc/Runtime/Train/PrefetchSource.h"

#include <gtest/gtest.h>

#include <atomic>

using namespace mmc;
using namespace mmc::test;

namespace {

/// Three batches an epoch of `bytes` each, named by their place; fails at `failAt`.
class Numbered final : public DataSource {
public:
  int64_t failAt = -1;
  size_t bytes = 4;
  std::atomic<int64_t> *made = nullptr;
  StatusOr<MicroBatch> next() override {
    if (place.batch == 3)
      place = {place.epoch + 1, 0};
    int64_t number = place.epoch * 3 + place.batch;
    if (number == failAt)
      return Status::badInput("batch " + std::to_string(number) + " is bad");
    MicroBatch batch;
    batch.name = std::to_string(number);
    batch.tensors.emplace("x", Tensor(DType::U8, {static_cast<int64_t>(bytes)}));
    ++place.batch;
    if (made)
      ++*made;
    return batch;
  }
  Cursor cursor() const override { return place; }
  Status seek(Cursor cursor) override {
    place = cursor;
    return Status::ok();
  }
  StatusOr<int64_t> batchesIn(int64_t) override { return int64_t(3); }
  nlohmann::json fingerprint() const override { return "numbered"; }

private:
  Cursor place;
};

} // namespace

TEST(PrefetchSource, KeepsOrderCursorsAndSeeks) {
  PrefetchSource source(std::make_unique<Numbered>(), 1 << 20);
  std::vector<Cursor> cursors;
  for (int i = 0; i < 8; ++i) {
    cursors.push_back(source.cursor());
    auto batch = source.next();
    ASSERT_TRUE(batch.isOk());
    EXPECT_EQ(batch->name, std::to_string(i));
    EXPECT_EQ(source.cursor(), (Cursor{i / 3, i % 3 + 1}));
    if (i == 4)
      EXPECT_EQ(*source.batchesIn(0), 3); // what was made ahead is made again
  }
  for (int i : {6, 0, 3}) {
    ASSERT_TRUE(source.seek(cursors[i]).isOk());
    EXPECT_EQ(source.cursor(), cursors[i]);
    EXPECT_EQ(source.next()->name, std::to_string(i));
  }
}

TEST(PrefetchSource, WithoutAThreadItGivesTheSame) {
  auto numbered = std::make_unique<Numbered>();
  numbered->failAt = 5;
  PrefetchSource source(std::move(numbered), 1 << 20);
  WithoutThreads none;
  for (int i = 0; i < 5; ++i) {
    auto batch = source.next();
    ASSERT_TRUE(batch.isOk());
    EXPECT_EQ(batch->name, std::to_string(i));
    EXPECT_EQ(source.cursor(), (Cursor{i / 3, i % 3 + 1}));
  }
  EXPECT_EQ(source.next().status().message(), "batch 5 is bad");
  ASSERT_TRUE(source.seek({0, 1}).isOk());
  EXPECT_EQ(source.next()->name, "1");
}

TEST(PrefetchSource, FailsWhereTheSourceFails) {
  auto numbered = std::make_unique<Numbered>();
  numbered->failAt = 2;
  PrefetchSource source(std::move(numbered), 1 << 20);
  EXPECT_EQ(source.next()->name, "0");
  EXPECT_EQ(source.next()->name, "1");
  for (int again = 0; again < 2; ++again) {
    auto batch = source.next();
    ASSERT_FALSE(batch.isOk());
    EXPECT_EQ(batch.status().message(), "batch 2 is bad");
  }
  ASSERT_TRUE(source.seek({0, 0}).isOk());
  EXPECT_EQ(source.next()->name, "0");
}

TEST(PrefetchSource, StaysWithinItsBytes) {
  std::atomic<int64_t> made{0};
  auto numbered = std::make_unique<Numbered>();
  numbered->bytes = 1000;
  numbered->made = &made;
  PrefetchSource source(std::move(numbered), 2500);
  ASSERT_TRUE(source.next().isOk());
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  // One was taken; two and a half fit, so that a third is begun when two lie ready.
  EXPECT_LE(made.load(), 4);
}
