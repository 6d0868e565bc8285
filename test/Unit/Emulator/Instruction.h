// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs one instruction on many operands, and what its results are compared with.

#ifndef MMC_TEST_EMULATOR_INSTRUCTION_H
#define MMC_TEST_EMULATOR_INSTRUCTION_H

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace mmc::emulator::test {

/// Executes `text` (statements that compute register d from a, b and c) once per row. Registers are
/// .b16, .b32 or .b64 as `bits` says: of d, then of a, b, c. Operands and results are bits.
std::vector<uint64_t> execute(const std::string &text, const std::vector<unsigned> &bits,
                              const std::vector<std::vector<uint64_t>> &rows);

/// Executes `text` on all combinations of the values and compares with `model` of each row.
void compare(const std::string &text, const std::vector<unsigned> &bits,
             const std::vector<std::vector<uint64_t>> &values,
             const std::function<uint64_t(const std::vector<uint64_t> &)> &model);

template <typename To, typename From>
To bitsOf(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

/// Zeros, subnormals, ties, the largest, infinities, NaN, of both signs; as bits.
std::vector<uint64_t> singleEdges();
std::vector<uint64_t> doubleEdges();
std::vector<uint64_t> halfEdges();
std::vector<uint64_t> integerEdges(unsigned bits);
/// singleEdges(), and around the numbers of a narrower format, ascending from 0: each, the middle
/// to the next one, and the neighbours of both in f32, of both signs. `beyond` would follow the
/// last.
std::vector<uint64_t> singlesAround(const std::vector<float> &numbers, float beyond);

/// The numbers of a 16-bit format, ascending, to find neighbours in: a model of rounding that has
/// nothing in common with rounding by bits.
class HalfTable {
public:
  explicit HalfTable(bool isBf16);
  double value(uint16_t bits) const { return values[bits]; }
  /// rn, rz, rm, rp
  uint16_t round(__float128 exact, const char *mode) const;

private:
  std::vector<double> values; ///< by bits
  uint16_t infinity;
};

} // namespace mmc::emulator::test

#endif // MMC_TEST_EMULATOR_INSTRUCTION_H
