// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The sampler draws from the distribution that its settings describe, and the same again from the
// same seed.

#include "mmc/Runtime/Generate/Sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

using namespace mmc;

static Sampler samplerOf(const SamplerSettings &settings) {
  StatusOr<Sampler> sampler = Sampler::create(settings);
  EXPECT_TRUE(sampler.isOk()) << sampler.status().message();
  return *sampler;
}

/// How often each token is drawn.
static std::vector<double> shares(const SamplerSettings &settings, const std::vector<float> &logits,
                                  int draws) {
  const Sampler sampler = samplerOf(settings);
  std::vector<double> counts(logits.size());
  for (int i = 0; i < draws; ++i) {
    StatusOr<int32_t> token = sampler.pick(logits.data(), logits.size(), i);
    if (token.isOk())
      ++counts[*token];
  }
  for (double &count : counts)
    count /= draws;
  return counts;
}

/// Shares lie within four standard deviations of `probabilities`, and are 0 where those are.
static void expectShares(const std::vector<double> &got, const std::vector<double> &probabilities,
                         int draws) {
  for (size_t i = 0; i < got.size(); ++i) {
    const double p = probabilities[i];
    EXPECT_TRUE(std::fabs(got[i] - p) <= 4 * std::sqrt(p * (1 - p) / draws))
        << "token " << i << ", got: " << got[i] << " != " << p;
  }
}

// Logarithms of 1, 4, 2, 8, 1: probabilities in sixteenths at temperature 1.
static const std::vector<float> kLogits = {0.0f, std::log(4.0f), std::log(2.0f), std::log(8.0f),
                                           0.0f};

TEST(Sampler, PicksTheLikeliestAtTemperatureZero) {
  const Sampler sampler = samplerOf({});
  EXPECT_EQ(*sampler.pick(kLogits.data(), 5, 0), 3);
  const std::vector<float> tie = {1, 7, -2, 7};
  EXPECT_EQ(*sampler.pick(tie.data(), 4, 9), 1) << "of equal logits the lower id";
}

TEST(Sampler, DrawsFromSoftmax) {
  constexpr int kDraws = 20000;
  expectShares(shares({1, 0, 1, 1}, kLogits, kDraws), {1 / 16., 4 / 16., 2 / 16., 8 / 16., 1 / 16.},
               kDraws);
  // Temperature 1/2 squares the weights: 1, 16, 4, 64, 1.
  expectShares(shares({0.5, 0, 1, 2}, kLogits, kDraws),
               {1 / 86., 16 / 86., 4 / 86., 64 / 86., 1 / 86.}, kDraws);
}

TEST(Sampler, KeepsTheLikeliestK) {
  constexpr int kDraws = 20000;
  expectShares(shares({1, 2, 1, 3}, kLogits, kDraws), {0, 4 / 12., 0, 8 / 12., 0}, kDraws);
  // More than there are: all.
  expectShares(shares({1, 50, 1, 3}, kLogits, kDraws),
               {1 / 16., 4 / 16., 2 / 16., 8 / 16., 1 / 16.}, kDraws);
}

TEST(Sampler, KeepsTheNucleus) {
  constexpr int kDraws = 20000;
  // 8/16 < 0.7, with the next 12/16 ≥ 0.7: two tokens.
  expectShares(shares({1, 0, 0.7, 4}, kLogits, kDraws), {0, 4 / 12., 0, 8 / 12., 0}, kDraws);
  // 12/16 < 0.8: a third.
  expectShares(shares({1, 0, 0.8, 4}, kLogits, kDraws), {0, 4 / 14., 2 / 14., 8 / 14., 0}, kDraws);
  // The likeliest stays, however small p is.
  expectShares(shares({1, 0, 0.01, 4}, kLogits, kDraws), {0, 0, 0, 1, 0}, kDraws);
  // p counts within the k likeliest, 8/12 and 4/12: the first alone reaches 0.6 of them.
  expectShares(shares({1, 2, 0.6, 5}, kLogits, kDraws), {0, 0, 0, 1, 0}, kDraws);
}

TEST(Sampler, DependsOnSeedAndIndexOnly) {
  const Sampler a = samplerOf({1, 0, 1, 7}), again = samplerOf({1, 0, 1, 7}),
                b = samplerOf({1, 0, 1, 8});
  int differs = 0, changes = 0;
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(*a.pick(kLogits.data(), 5, i), *again.pick(kLogits.data(), 5, i));
    differs += *a.pick(kLogits.data(), 5, i) != *b.pick(kLogits.data(), 5, i);
    changes += *a.pick(kLogits.data(), 5, i) != *a.pick(kLogits.data(), 5, i + 1);
  }
  EXPECT_GT(differs, 16);
  EXPECT_GT(changes, 16);
}

TEST(Sampler, RefusesWhatCannotBeDrawn) {
  for (const SamplerSettings &bad :
       {SamplerSettings{-1, 0, 1, 0}, SamplerSettings{NAN, 0, 1, 0},
        SamplerSettings{INFINITY, 0, 1, 0}, SamplerSettings{1, -1, 1, 0},
        SamplerSettings{1, 0, 0, 0}, SamplerSettings{1, 0, 1.5, 0}, SamplerSettings{1, 0, NAN, 0}})
    EXPECT_EQ(Sampler::create(bad).status().code(), StatusCode::BadUsage);
  for (double temperature : {0.0, 1.0}) {
    const Sampler sampler = samplerOf({temperature, 0, 1, 0});
    for (const std::vector<float> &bad :
         {std::vector<float>{0, NAN, 1}, {0, 1, INFINITY}, {-INFINITY, -INFINITY}})
      EXPECT_EQ(sampler.pick(bad.data(), bad.size(), 0).status().code(), StatusCode::BadInput);
    // A token may be forbidden.
    const std::vector<float> masked = {-INFINITY, 2, -INFINITY};
    EXPECT_EQ(*sampler.pick(masked.data(), 3, 0), 1);
  }
}
