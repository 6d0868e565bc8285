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
  static T apply(T a) {
    return out(F::apply(in(a)));
  }
  template <typename T>
  static T apply(T a, T b) {
    return out(F::apply(in(a), in(b)));
  }
  template <typename T>
  static T apply(T a, T b, T c) {
    return out(F::apply(in(a), in(b), in(c)));
  }
};

template <typename T>
using Bits = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
template <typename T>
constexpr Bits<T> signBit = Bits<T>(1) << (8 * sizeof(T) - 1);

struct Abs {
  template <typename T>
  static T apply(T a) {
    return bitCast<T>(bitCast<Bits<T>>(a) & ~signBit<T>);
  }
};
/// -0 is less than +0; a NaN gives way to a number, or with `propagate` wins.
template <bool maximum, bool propagate>
struct Extreme {
  template <typename T>
  static T apply(T a, T b) {
    bool aFirst = a == b ? (bitCast<Bits<T>>(a) >> (8 * sizeof(T) - 1)) != 0 : a < b;
    T value = aFirst == maximum ? b : a;
    T nan = canonical(static_cast<T>(__builtin_nan("")));
    if constexpr (propagate)
      return a == a && b == b ? value : nan;
    value = a == a ? value : b;
    return b == b ? value : a;
  }
};
/// The extreme of the magnitudes, with the product of the signs.
template <bool maximum, bool propagate>
struct XorSignExtreme {
  template <typename T>
  static T apply(T a, T b) {
    T value = Extreme<maximum, propagate>::apply(Abs::apply(a), Abs::apply(b));
    Bits<T> sign = (bitCast<Bits<T>>(a) ^ bitCast<Bits<T>>(b)) & signBit<T>;
    return bitCast<T>((bitCast<Bits<T>>(value) & ~signBit<T>) | sign);
  }
};

/// Makes the operation compute with rz, rm or rp if its modifiers say so (rn otherwise).
void setRounding(Builder &builder, const Instruction &instruction);
Rounding roundingOf(const Instruction &instruction);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_FLOATING_H
