// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Philox, distributions over it, and the Feistel permutation.

#include "mmc/Runtime/Core/Random.h"

#include <cmath>

namespace mmc {

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    uint64_t product0 = uint64_t(0xd2511f53) * counter[0];
    uint64_t product1 = uint64_t(0xcd9e8d57) * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key[0] += 0x9e3779b9; // the golden ratio
    key[1] += 0xbb67ae85; // sqrt(3) - 1
  }
  return counter;
}

static std::array<uint32_t, 2> keyOf(uint64_t seed) {
  return {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
}

/// 53 bits of two words.
static double unitInterval(uint32_t high, uint32_t low) {
  return static_cast<double>((uint64_t(high) << 32 | low) >> 11) * 0x1p-53;
}

std::array<uint32_t, 4> RandomStream::block(uint64_t index) const {
  return philox4x32(
      {static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32), stream, step},
      keyOf(seed));
}

uint32_t RandomStream::bits(uint64_t element) const { return block(element / 4)[element % 4]; }

float RandomStream::uniformF32(uint64_t element) const {
  return static_cast<float>(bits(element) >> 8) * 0x1p-24f;
}

double RandomStream::uniformF64(uint64_t element) const {
  std::array<uint32_t, 4> words = block(element / 2);
  return element % 2 ? unitInterval(words[2], words[3]) : unitInterval(words[0], words[1]);
}

double RandomStream::normal(uint64_t element) const {
  constexpr double twoPi = 6.283185307179586476925286766559;
  std::array<uint32_t, 4> words = block(element / 2);
  // 1 - u lies in (0, 1]: the logarithm is finite.
  double radius = std::sqrt(-2 * std::log(1 - unitInterval(words[0], words[1])));
  double angle = twoPi * unitInterval(words[2], words[3]);
  return radius * (element % 2 ? std::sin(angle) : std::cos(angle));
}

uint64_t deriveSeed(uint64_t seed, std::string_view purpose) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char byte : purpose)
    hash = (hash ^ byte) * 0x100000001b3;
  // The last two words keep these counters apart from those of RandomStream with small streams.
  std::array<uint32_t, 4> words = philox4x32(
      {static_cast<uint32_t>(hash), static_cast<uint32_t>(hash >> 32), 0x73656564, 0xffffffff},
      keyOf(seed));
  return uint64_t(words[1]) << 32 | words[0];
}

Permutation::Permutation(uint64_t size, uint64_t seed)
    : length(size), seed(deriveSeed(seed, "permutation")), halfBits(1) {
  while (halfBits < 32 && (uint64_t(1) << 2 * halfBits) < size)
    ++halfBits;
}

uint64_t Permutation::operator()(uint64_t index) const {
  // Each round is a bijection, so the network is; walking on while outside [0, length) keeps it one
  // on the range. The domain is less than four times the range: under four tries on average.
  constexpr uint32_t rounds = 6;
  const uint32_t mask = halfBits == 32 ? ~0u : (1u << halfBits) - 1;
  do {
    uint32_t left = static_cast<uint32_t>(index >> halfBits);
    uint32_t right = static_cast<uint32_t>(index) & mask;
    for (uint32_t round = 0; round < rounds; ++round) {
      uint32_t mixed = left ^ (philox4x32({right, 0, round, 0}, keyOf(seed))[0] & mask);
      left = right;
      right = mixed;
    }
    index = uint64_t(left) << halfBits | right;
  } while (index >= length);
  return index;
}

} // namespace mmc
