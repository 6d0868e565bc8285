// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What atomics and reductions of bulk copies make of the value in memory, a, and the operand, b.

#ifndef MMC_EMULATOR_INSTRUCTIONS_REDUCTIONS_H
#define MMC_EMULATOR_INSTRUCTIONS_REDUCTIONS_H

#include "Combine.h"
#include "Floating.h"

namespace mmc::emulator {

struct Exchange {
  template <typename T>
  static T apply(T, T b) {
    return b;
  }
};
struct AddInteger {
  template <typename T>
  static T apply(T a, T b) {
    return a + b;
  }
};
struct Increment {
  static uint32_t apply(uint32_t a, uint32_t b) { return a >= b ? 0 : a + 1; }
};
struct Decrement {
  static uint32_t apply(uint32_t a, uint32_t b) { return a == 0 || a > b ? b : a - 1; }
};
/// Floating point, on its bits.
template <bool ftz>
struct AddSingle {
  static uint32_t apply(uint32_t a, uint32_t b) {
    float x = bitCast<float>(a), y = bitCast<float>(b);
    return bitCast<uint32_t>(ftz ? flush(canonical(flush(x) + flush(y))) : canonical(x + y));
  }
};
struct AddDouble {
  static uint64_t apply(uint64_t a, uint64_t b) {
    return bitCast<uint64_t>(bitCast<double>(a) + bitCast<double>(b));
  }
};
template <bool isBf16>
struct AddHalf {
  static uint16_t apply(uint16_t a, uint16_t b) {
    Format format = isBf16 ? formatBf16 : formatF16;
    return static_cast<uint16_t>(
        encodeDouble(format, addOdd(decode(format, a), decode(format, b)), Rounding::Nearest));
  }
};
template <bool isBf16>
struct AddHalves {
  static uint32_t apply(uint32_t a, uint32_t b) {
    using F = AddHalf<isBf16>;
    return F::apply(static_cast<uint16_t>(a), static_cast<uint16_t>(b)) |
           static_cast<uint32_t>(
               F::apply(static_cast<uint16_t>(a >> 16), static_cast<uint16_t>(b >> 16)))
               << 16;
  }
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_REDUCTIONS_H
