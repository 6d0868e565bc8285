// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What floating-point instructions share: flushing, saturation, NaN, rounding modes.

#ifndef MMC_EMULATOR_INSTRUCTIONS_FLOATING_H
#define MMC_EMULATOR_INSTRUCTIONS_FLOATING_H

#include "../Number/Rounding.h"
#include "Alu.h"

namespace mmc::emulator {

/// A subnormal becomes zero of its sign.
inline float flush(float value) {
  uint32_t bits = bitCast<uint32_t>(value);
  return bitCast<float>((bits & 0x7f800000) == 0 ? bits & 0x80000000 : bits);
}

/// The NaN that single-precision instructions give.
inline float canonical(float value) { return value == value ? value : bitCast<float>(0x7fffffffu); }
inline double canonical(double value) { return value; }

/// [0, 1]; NaN becomes 0.
template <typename T>
inline T saturateUnit(T value) {
  value = value > T(0) ? value : T(0);
  return value < T(1) ? value : T(1);
}

/// F on f32 or f64 with .ftz and .sat around it.
template <typename F, bool ftz, bool sat>
struct Wrapped {
  template <typename T>
  static T in(T value) {
    if constexpr (ftz)
      return flush(value);
    else
      return value;
  }
  template <typename T>
  static T out(T value) {
    value = canonical(value);
    if constexpr (ftz)
      value = flush(value);
    if constexpr (sat)
      value = saturateUnit(value);
    return value;
  }
  template <typename T>
  static T apply(T a) { return out(F::apply(in(a))); }
  template <typename T>
  static T apply(T a, T b) { return out(F::apply(in(a), in(b))); }
  template <typename T>
  static T apply(T a, T b, T c) { return out(F::apply(in(a), in(b), in(c))); }
};

/// Makes the operation compute with rz, rm or rp if its modifiers say so (rn otherwise).
void setRounding(Builder &builder, const Instruction &instruction);
Rounding roundingOf(const Instruction &instruction);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_FLOATING_H
