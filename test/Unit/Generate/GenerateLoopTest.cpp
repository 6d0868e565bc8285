// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the loop asks of a model, and what stops it.

#include "mmc/Runtime/Generate/Generate.h"

#include "../Data/Golden.h"

#include <gtest/gtest.h>

#include <numeric>

using namespace mmc;

namespace {

/// Expects token n + 1 behind token n, of 10.
class CountingModel final : public DecodingModel {
public:
  explicit CountingModel(int64_t places) : places(places) {}
  int64_t capacity() const override { return places; }
  StatusOr<Tensor> begin(const Sample &prompt) override {
    row = prompt.inputIds;
    return behind();
  }
  StatusOr<Tensor> append(int32_t token) override {
    row.push_back(token);
    return behind();
  }
  std::vector<int32_t> row;

private:
  StatusOr<Tensor> behind() {
    EXPECT_LE(static_cast<int64_t>(row.size()), places);
    Tensor logits(DType::F32, {10});
    logits.as<float>()[(row.back() + 1) % 10] = 1;
    return logits;
  }
  int64_t places;
};

} // namespace

static std::vector<int32_t> run(CountingModel &model, const GenerateOptions &options) {
  StatusOr<std::vector<int32_t>> tokens =
      generate(model, test::textSample("p", 1, 3), *Sampler::create({}), options);
  EXPECT_TRUE(tokens.isOk()) << tokens.status().message();
  return *tokens;
}

TEST(Generate, StopsAtTheNumberOfTokens) {
  CountingModel model(100);
  EXPECT_EQ(run(model, {4, -1, 0}), (std::vector<int32_t>{4, 5, 6, 7}));
  EXPECT_EQ(model.row, (std::vector<int32_t>{1, 2, 3, 4, 5, 6}))
      << "nothing is asked behind the last";
}

TEST(Generate, StopsAtEosWithoutIt) {
  CountingModel model(100);
  EXPECT_EQ(run(model, {100, 8, 0}), (std::vector<int32_t>{4, 5, 6, 7}));
  EXPECT_EQ(run(model, {100, 4, 0}), std::vector<int32_t>());
  EXPECT_EQ(run(model, {8, -1, 0}).size(), 8u) << "without EOS it goes on";
}

TEST(Generate, StopsAtAFullRow) {
  CountingModel model(5);
  EXPECT_EQ(run(model, {100, -1, 0}), (std::vector<int32_t>{4, 5, 6}));
  CountingModel full(3);
  EXPECT_EQ(run(full, {100, -1, 0}), std::vector<int32_t>{4});
  CountingModel small(2);
  StatusOr<std::vector<int32_t>> refused =
      generate(small, test::textSample("p", 1, 3), *Sampler::create({}), {});
  EXPECT_EQ(refused.status().code(), StatusCode::BadInput);
}

TEST(Generate, NeverChoosesWhatTheTokenizerLacks) {
  CountingModel model(100);
  // Tokens 6 … 9 do not exist: behind 5 all others are equal, and the lowest is chosen.
  EXPECT_EQ(run(model, {4, -1, 6}), (std::vector<int32_t>{4, 5, 0, 1}));
}

TEST(Generate, TellsEachTokenAndEndsWhereThatFails) {
  CountingModel model(100);
  std::vector<int32_t> told;
  StatusOr<std::vector<int32_t>> tokens =
      generate(model, test::textSample("p", 1, 3), *Sampler::create({}), {}, [&](int32_t token) {
        told.push_back(token);
        return token == 6 ? Status::io("full") : Status::ok();
      });
  EXPECT_EQ(tokens.status().code(), StatusCode::Io);
  EXPECT_EQ(told, (std::vector<int32_t>{4, 5, 6}));
}
