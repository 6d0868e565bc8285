// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random inputs that look like real ones.

#ifndef MMC_TEST_FUZZ_INPUTS_H
#define MMC_TEST_FUZZ_INPUTS_H

#include <cstdint>
#include <string>
#include <vector>

namespace mmc::test {

/// SplitMix64: small, and the same everywhere.
class Dice {
public:
  explicit Dice(uint64_t seed) : state(seed) {}
  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  /// In [0, limit).
  uint64_t below(uint64_t limit) { return next() % limit; }

private:
  uint64_t state;
};

/// Up to about 200 bytes: words, blanks, special tokens and characters of all of Unicode. With
/// `bytes`, also what is no UTF-8.
std::string randomText(Dice &dice, bool bytes);

/// `seed` with some bytes changed, removed, doubled or copied from elsewhere, or cut off.
std::string mutated(Dice &dice, std::string seed);

/// The content of a file of test/golden, and of each file in a folder of it.
std::string goldenFile(const std::string &name);
std::vector<std::string> goldenFolder(const std::string &name);

} // namespace mmc::test

#endif // MMC_TEST_FUZZ_INPUTS_H
