// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lengths are measured once, kept under a key, and refusals are remembered with their reasons.

#include "Golden.h"
#include "WithoutThreads.h"

#include "mmc/Runtime/Data/SampleLengths.h"

#include <gtest/gtest.h>

#include <atomic>

using namespace mmc;
using namespace mmc::test;

namespace {

/// Samples of the lengths given; 0 is refused.
class Counting final : public Dataset {
public:
  std::vector<int64_t> lengths;
  std::string key;
  bool refuses = true;
  mutable std::atomic<int> encoded{0};
  int64_t size() const override { return lengths.size(); }
  std::string id(int64_t index) const override { return std::to_string(index); }
  StatusOr<Sample> sample(int64_t index) const override {
    ++encoded;
    if (lengths[index] == 0)
      return Status::badInput("sample '" + id(index) + "': it is empty");
    return textSample(id(index), 0, lengths[index]);
  }
  bool mayRefuse() const override { return refuses; }
  std::string lengthsKey() const override { return key; }
};

} // namespace

TEST(SampleLengths, KeepsThemUnderTheKey) {
  TempDir dir;
  Counting data;
  data.lengths = {3, 0, 5};
  data.key = "one";
  for (int again = 0; again < 2; ++again) {
    auto lengths = SampleLengths::measure(data);
    ASSERT_TRUE(lengths.isOk()) << lengths.status().message();
    EXPECT_EQ(lengths->all[0].tokens, 3u);
    EXPECT_EQ(lengths->all[2].tokens, 5u);
    EXPECT_EQ(lengths->refused, std::vector<uint32_t>{1});
    EXPECT_EQ(lengths->reasons, std::vector<std::string>{"sample '1': it is empty"});
    EXPECT_EQ(data.encoded, 3); // the second time they are found
  }
  data.key = "two";
  EXPECT_TRUE(SampleLengths::measure(data).isOk());
  EXPECT_EQ(data.encoded, 6);
  data.key = "";
  EXPECT_TRUE(SampleLengths::measure(data).isOk());
  EXPECT_TRUE(SampleLengths::measure(data).isOk());
  EXPECT_EQ(data.encoded, 12);
}

TEST(SampleLengths, FailsWhereNothingMayBeRefused) {
  TempDir dir;
  Counting data;
  data.lengths = {3, 0};
  data.refuses = false;
  EXPECT_EQ(SampleLengths::measure(data).status().message(), "sample '1': it is empty");
  data.refuses = true;
  data.lengths = {0, 0};
  EXPECT_EQ(SampleLengths::measure(data).status().message(),
            "every sample is refused, the first: sample '0': it is empty");
}

TEST(SampleLengths, Flags) {
  TempDir dir;
  ListDataset data;
  data.samples = {textSample("a", 0, 3), textSample("b", 0, 3), textSample("c", 0, 3)};
  data.samples[0].uncutTokens = 4;
  data.samples[1].mended = true;
  data.samples[2].labels.assign(3, kIgnoredLabel);
  auto lengths = SampleLengths::measure(data);
  ASSERT_TRUE(lengths.isOk());
  EXPECT_EQ(lengths->all[0].flags, SampleLength::Cut);
  EXPECT_EQ(lengths->all[1].flags, SampleLength::Mended);
  EXPECT_EQ(lengths->all[2].flags, SampleLength::NothingLearnt);
}

TEST(SampleLengths, ThreadsFindTheSameInTheSameOrder) {
  TempDir dir;
  Counting data;
  for (int64_t i = 0; i < 20000; ++i)
    data.lengths.push_back(i % 7 == 3 ? 0 : 1 + i % 50);
  auto one = SampleLengths::measure(data, 1), four = SampleLengths::measure(data, 4);
  ASSERT_TRUE(one.isOk() && four.isOk());
  EXPECT_EQ(data.encoded, 40000);
  EXPECT_EQ(one->refused, four->refused);
  ASSERT_EQ(four->reasons.size(), 100u);
  EXPECT_EQ(four->reasons[99], "sample '696': it is empty");
  EXPECT_EQ(one->reasons, four->reasons);
  for (size_t i = 0; i < one->all.size(); ++i)
    ASSERT_EQ(one->all[i].tokens, four->all[i].tokens) << i;
  data.refuses = false;
  auto failed = SampleLengths::measure(data, 4);
  ASSERT_FALSE(failed.isOk());
  EXPECT_EQ(failed.status().message(), "sample '3': it is empty");
}

TEST(SampleLengths, WithoutThreadsItTakesLonger) {
  TempDir dir;
  Counting data;
  data.lengths.assign(2000, 3);
  WithoutThreads none;
  auto lengths = SampleLengths::measure(data, 4);
  ASSERT_TRUE(lengths.isOk()) << lengths.status().message();
  EXPECT_EQ(data.encoded, 2000);
}
