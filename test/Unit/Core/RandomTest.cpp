// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Known answers, distributions and permutations; seeds are fixed, so no test can fail by chance.

#include "mmc/Runtime/Core/Random.h"
#include "mmc/Runtime/Core/Crc32c.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <vector>

using namespace mmc;

namespace {

using Words = std::array<uint32_t, 4>;

TEST(Random, PhiloxKnownAnswers) {
  // "philox4x32 10" of Random123's kat_vectors.
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, StreamIsPhiloxAsDocumented) {
  RandomStream stream{0x299f31d0a4093822, 0x03707344, 0x13198a2e};
  const uint64_t block = 0x85a308d3243f6a88;
  EXPECT_EQ(stream.block(block), (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
  RandomStream zero;
  EXPECT_EQ(zero.bits(0), 0x6627e8d5u);
  EXPECT_EQ(zero.bits(3), 0x9b00dbd8u);
  EXPECT_EQ(zero.uniformF32(1), static_cast<float>(0xe169c5) / 16777216.0f);
  EXPECT_EQ(zero.uniformF64(0), std::ldexp(0x6627e8d5e169c58d >> 11, -53));
  EXPECT_EQ(zero.uniformF64(1), std::ldexp(0xbc57ac4c9b00dbd8 >> 11, -53));
  double u = zero.uniformF64(0), v = zero.uniformF64(1);
  EXPECT_NEAR(zero.normal(0), std::sqrt(-2 * std::log(1 - u)) * std::cos(2 * M_PI * v), 1e-15);
  EXPECT_NEAR(zero.normal(1), std::sqrt(-2 * std::log(1 - u)) * std::sin(2 * M_PI * v), 1e-15);
}

TEST(Random, UniformMoments) {
  constexpr int count = 1 << 20;
  RandomStream stream{1, 2, 3};
  double sum32 = 0, sum64 = 0, squares = 0, neighbours = 0;
  std::vector<int> buckets(256);
  for (int i = 0; i < count; ++i) {
    float narrow = stream.uniformF32(i);
    double wide = stream.uniformF64(i);
    ASSERT_TRUE(narrow >= 0 && narrow < 1 && wide >= 0 && wide < 1);
    sum32 += narrow;
    sum64 += wide;
    squares += (wide - 0.5) * (wide - 0.5);
    neighbours += (wide - 0.5) * (stream.uniformF64(i + 1) - 0.5);
    ++buckets[static_cast<int>(narrow * 256)];
  }
  const double deviation = std::sqrt(1.0 / 12 / count);
  EXPECT_LT(std::fabs(sum32 / count - 0.5), 4 * deviation);
  EXPECT_LT(std::fabs(sum64 / count - 0.5), 4 * deviation);
  EXPECT_LT(std::fabs(squares / count - 1.0 / 12), 4 * std::sqrt(1.0 / 180 / count));
  EXPECT_LT(std::fabs(neighbours / count), 4.0 / 12 / std::sqrt(count));
  double chiSquare = 0, expected = count / 256.0;
  for (int bucket : buckets)
    chiSquare += (bucket - expected) * (bucket - expected) / expected;
  EXPECT_NEAR(chiSquare, 255, 4 * std::sqrt(2 * 255.0));
}

TEST(Random, NormalMomentsAndTails) {
  constexpr int count = 1 << 20;
  RandomStream stream{7};
  double sum = 0, squares = 0, fourth = 0, pairs = 0;
  int beyondOne = 0, beyondThree = 0;
  for (int i = 0; i < count; ++i) {
    double x = stream.normal(i);
    ASSERT_TRUE(std::isfinite(x));
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
    beyondOne += std::fabs(x) > 1;
    beyondThree += std::fabs(x) > 3;
    pairs += i % 2 ? x * stream.normal(i - 1) : 0;
  }
  const double root = std::sqrt(count);
  EXPECT_LT(std::fabs(sum / count), 4 / root);
  EXPECT_LT(std::fabs(squares / count - 1), 4 * std::sqrt(2.0) / root);
  EXPECT_LT(std::fabs(fourth / count - 3), 4 * std::sqrt(96.0) / root);
  EXPECT_LT(std::fabs(pairs / (count / 2)), 4 * std::sqrt(2.0) / root);
  for (auto [hits, threshold] : {std::pair(beyondOne, 1.0), std::pair(beyondThree, 3.0)}) {
    double p = std::erfc(threshold / std::sqrt(2.0));
    EXPECT_LT(std::fabs(hits - p * count), 4 * std::sqrt(p * (1 - p) * count));
  }
}

TEST(Random, DerivedSeedsDiffer) {
  EXPECT_EQ(deriveSeed(1, "a"), deriveSeed(1, "a"));
  EXPECT_NE(deriveSeed(1, "a"), deriveSeed(1, "b"));
  EXPECT_NE(deriveSeed(1, "a"), deriveSeed(2, "a"));
  EXPECT_NE(deriveSeed(1, ""), 1u);
}

TEST(Random, PermutationIsABijection) {
  for (uint64_t size : {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1000, 4097, 1 << 20}) {
    Permutation permutation(size, 42);
    std::vector<bool> seen(size);
    for (uint64_t i = 0; i < size; ++i) {
      uint64_t to = permutation(i);
      ASSERT_LT(to, size);
      ASSERT_FALSE(seen[to]) << size;
      seen[to] = true;
    }
  }
  Permutation huge(uint64_t(1) << 63, 1);
  EXPECT_LT(huge(12345), huge.size());
  EXPECT_NE(huge(12345), huge(12346));
}

TEST(Random, PermutationShuffles) {
  // Every ordering of four elements, about equally often.
  std::map<std::vector<uint64_t>, int> orders;
  constexpr int seeds = 24000;
  for (int seed = 0; seed < seeds; ++seed) {
    Permutation permutation(4, seed);
    ++orders[{permutation(0), permutation(1), permutation(2), permutation(3)}];
  }
  ASSERT_EQ(orders.size(), 24u);
  for (const auto &[order, hits] : orders)
    EXPECT_NEAR(hits, seeds / 24, 250);

  // Millions of rows: neighbours are torn apart, and where one goes says nothing about the next.
  constexpr uint64_t size = 3'000'001;
  Permutation permutation(size, 5), other(size, 6);
  double correlation = 0, distance = 0;
  int same = 0;
  constexpr int samples = 100000;
  for (int i = 0; i < samples; ++i) {
    double here = permutation(i) / double(size) - 0.5;
    double next = permutation(i + 1) / double(size) - 0.5;
    correlation += here * next * 12;
    distance += std::fabs(here - next);
    same += permutation(i) == other(i);
  }
  EXPECT_LT(std::fabs(correlation / samples), 4 / std::sqrt(samples));
  // |x - y| of independent uniforms: mean 1/3, variance 1/18; neighbouring pairs share one value.
  EXPECT_LT(std::fabs(distance / samples - 1.0 / 3), 6 * std::sqrt(1.0 / 18 / samples));
  EXPECT_LE(same, 3);
}

TEST(Crc32c, KnownAnswers) {
  // RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
  EXPECT_EQ(crc32c("123456789", 9), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0').data(), 32), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff').data(), 32), 0x62a8ab43u);
  std::string ascending(32, '\0'), descending(32, '\0');
  std::iota(ascending.begin(), ascending.end(), 0);
  for (int i = 0; i < 32; ++i)
    descending[i] = static_cast<char>(31 - i);
  EXPECT_EQ(crc32c(ascending.data(), 32), 0x46dd794eu);
  EXPECT_EQ(crc32c(descending.data(), 32), 0x113fdb5cu);
  EXPECT_EQ(crc32c(nullptr, 0), 0u);
}

TEST(Crc32c, GoesOn) {
  std::string text = "the quick brown fox jumps over the lazy dog";
  for (size_t split = 0; split <= text.size(); ++split)
    ASSERT_EQ(crc32c(text.data() + split, text.size() - split, crc32c(text.data(), split)),
              crc32c(text.data(), text.size()));
}

} // namespace
