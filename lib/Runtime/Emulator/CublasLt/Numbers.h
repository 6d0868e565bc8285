// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elements of matrices as f32, and back.

#ifndef MMC_EMULATOR_CUBLASLT_NUMBERS_H
#define MMC_EMULATOR_CUBLASLT_NUMBERS_H

#include "../Number/Rounding.h"
#include "Problem.h"

#include <cmath>

namespace mmc::emulator::cublaslt {

/// The host's own half: conversions are one instruction.
using Half = _Float16;
struct BFloat {
  uint16_t bits;
};

inline float toFloat(float value) { return value; }
inline float toFloat(Half value) { return value; }
inline float toFloat(BFloat value) { return bitCast<float>(uint32_t(value.bits) << 16); }
inline float toFloat(int8_t value) { return value; }
inline float toFloat(int32_t value) { return static_cast<float>(value); }

template <typename T>
T fromFloat(float value);
template <>
inline float fromFloat<float>(float value) {
  return value;
}
template <>
inline Half fromFloat<Half>(float value) {
  return static_cast<Half>(value);
}
template <>
inline BFloat fromFloat<BFloat>(float value) {
  return {bf16Nearest(bitCast<uint32_t>(value))};
}
/// As cvt.rni.sat has it: NaN is 0.
template <>
inline int8_t fromFloat<int8_t>(float value) {
  if (!(value == value))
    return 0;
  return static_cast<int8_t>(std::nearbyint(std::fmin(std::fmax(value, -128.0f), 127.0f)));
}

/// f32 rounded to tf32 as cvt.rna.tf32 has it: to nearest, ties away from zero.
inline float roundToTf32(float value) {
  const uint32_t bits = bitCast<uint32_t>(value);
  if ((bits & 0x7f800000) == 0x7f800000)
    return value;
  return bitCast<float>((bits + 0x1000) & 0xffffe000);
}

inline float roundInput(InputRounding rounding, float value) {
  switch (rounding) {
  case InputRounding::None:
    return value;
  case InputRounding::F16:
    return toFloat(fromFloat<Half>(value));
  case InputRounding::BF16:
    return toFloat(fromFloat<BFloat>(value));
  case InputRounding::Tf32:
    return roundToTf32(value);
  }
  return value;
}

/// Calls `function` with a null pointer of the element's type, which says which one it is. int32 is
/// never an input, and as an output never made from a float.
template <typename Function>
void withElement(Element element, Function function) {
  switch (element) {
  case Element::F32:
    return function(static_cast<float *>(nullptr));
  case Element::F16:
    return function(static_cast<Half *>(nullptr));
  case Element::BF16:
    return function(static_cast<BFloat *>(nullptr));
  case Element::I8:
    return function(static_cast<int8_t *>(nullptr));
  case Element::I32:
    return;
  }
}

} // namespace mmc::emulator::cublaslt

#endif // MMC_EMULATOR_CUBLASLT_NUMBERS_H
