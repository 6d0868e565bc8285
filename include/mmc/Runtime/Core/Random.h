// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Counter-based randomness: a number is a function of where it is used, nothing is stored, and
// nothing depends on threads or on the order of calls.

#ifndef MMC_RUNTIME_CORE_RANDOM_H
#define MMC_RUNTIME_CORE_RANDOM_H

#include <array>
#include <cstdint>
#include <string_view>

namespace mmc {

/// Philox4x32-10 of Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011).
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// The numbers of one use of randomness. Block b of a stream is
///   philox4x32(counter {b low, b high, stream, step}, key {seed low, seed high}),
/// its words are w[0..3]. Generated code (dropout) has a block for each element: word 0 of
///   philox4x32(counter {element low, element high, step, stream}, key {seed low, seed high}).
struct RandomStream {
  uint64_t seed = 0;
  /// Which optimizer step or epoch.
  uint32_t step = 0;
  /// Which op or purpose within it.
  uint32_t stream = 0;

  std::array<uint32_t, 4> block(uint64_t index) const;
  /// Element e: word e mod 4 of block e / 4.
  uint32_t bits(uint64_t element) const;
  /// In [0, 1), a multiple of 2^-24: (bits >> 8) · 2^-24.
  float uniformF32(uint64_t element) const;
  /// In [0, 1), a multiple of 2^-53: words 2(e mod 2) (high) and the next (low) of block e / 2,
  /// (high:low >> 11) · 2^-53.
  double uniformF64(uint64_t element) const;
  /// Mean 0, standard deviation 1, by Box–Muller on the two uniformF64 u, v of block e / 2:
  /// sqrt(-2 ln(1 - u)) · cos(2πv) for even e, … sin(2πv) for odd e.
  double normal(uint64_t element) const;
};

/// A seed for one named purpose, so that purposes do not share numbers: the first two words of
/// Philox on the 64-bit FNV-1a hash of `purpose`, keyed by `seed`.
uint64_t deriveSeed(uint64_t seed, std::string_view purpose);

/// A permutation of [0, size) that is computed and not stored: a Feistel network over the next
/// power of four, walked until it falls into the range. Under 1 µs per call.
class Permutation {
public:
  Permutation(uint64_t size, uint64_t seed);
  uint64_t size() const { return length; }
  /// Where `index` < size() goes; a bijection of [0, size()).
  uint64_t operator()(uint64_t index) const;

private:
  uint64_t length;
  uint64_t seed;
  unsigned halfBits;
};

} // namespace mmc

#endif // MMC_RUNTIME_CORE_RANDOM_H
