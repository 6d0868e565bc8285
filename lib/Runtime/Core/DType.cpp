// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes and names of element types, the 16-bit float formats, and conversion of arrays.

#include "mmc/Runtime/Core/DType.h"

#include <cmath>
#include <cstring>
#include <type_traits>

namespace mmc {

namespace {

struct TypeInfo {
  std::string_view name;
  size_t size;
  bool isFloat;
};

/// In the order of DType.
constexpr TypeInfo typeInfos[] = {
    {"F64", 8, true},  {"F32", 4, true},  {"BF16", 2, true},  {"F16", 2, true},  {"I64", 8, false},
    {"I32", 4, false}, {"I16", 2, false}, {"I8", 1, false},   {"U64", 8, false}, {"U32", 4, false},
    {"U16", 2, false}, {"U8", 1, false},  {"BOOL", 1, false},
};

const TypeInfo &infoOf(DType type) { return typeInfos[static_cast<size_t>(type)]; }

uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

float floatOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// Rounds to odd: truncates and sets the last bit when anything was lost. Rounding the result to a
/// format with at least two bits less is then the same as rounding `value` itself once.
float roundToOdd(double value) {
  float nearest = static_cast<float>(value);
  if (std::isnan(value) || static_cast<double>(nearest) == value)
    return nearest;
  uint32_t bits = bitsOf(nearest);
  if (std::fabs(static_cast<double>(nearest)) > std::fabs(value))
    --bits; // sign and magnitude: one less is one step towards zero, also from infinity
  return floatOf(bits | 1);
}

double roundToOdd(int64_t value) {
  double nearest = static_cast<double>(value);
  // 2^63 is the one double that an int64_t cannot hold.
  bool above = nearest == 0x1p63;
  if (!above && static_cast<int64_t>(nearest) == value)
    return nearest;
  bool awayFromZero = above || (value > 0 ? static_cast<int64_t>(nearest) > value
                                          : static_cast<int64_t>(nearest) < value);
  uint64_t bits;
  std::memcpy(&bits, &nearest, sizeof(bits));
  bits = (awayFromZero ? bits - 1 : bits) | 1;
  std::memcpy(&nearest, &bits, sizeof(bits));
  return nearest;
}

double roundToOdd(uint64_t value) {
  if (value >> 63 == 0)
    return roundToOdd(static_cast<int64_t>(value));
  return 2 * roundToOdd(static_cast<int64_t>(value >> 1 | (value & 1)));
}

struct BF16 {
  uint16_t bits;
};
struct F16 {
  uint16_t bits;
};
struct Boolean {
  uint8_t byte;
};

/// The exact value in a C++ type: float for the 16-bit formats.
template <typename T>
auto valueOf(T element) {
  if constexpr (std::is_same_v<T, BF16>)
    return floatFromBf16(element.bits);
  else if constexpr (std::is_same_v<T, F16>)
    return floatFromF16(element.bits);
  else if constexpr (std::is_same_v<T, Boolean>)
    return static_cast<uint8_t>(element.byte != 0);
  else
    return element;
}

/// A float that rounds to the 16-bit formats as the value itself would.
template <typename V>
float narrow(V value) {
  if constexpr (std::is_same_v<V, float>)
    return value;
  else if constexpr (std::is_same_v<V, double>)
    return roundToOdd(value);
  else if constexpr (std::is_same_v<V, uint64_t>)
    return roundToOdd(roundToOdd(value));
  else
    return roundToOdd(roundToOdd(static_cast<int64_t>(value)));
}

template <typename To, typename V>
To make(V value) {
  if constexpr (std::is_same_v<To, BF16>)
    return {bf16FromFloat(narrow(value))};
  else if constexpr (std::is_same_v<To, F16>)
    return {f16FromFloat(narrow(value))};
  else if constexpr (std::is_same_v<To, Boolean>)
    return {static_cast<uint8_t>(value != 0)};
  else
    return static_cast<To>(value);
}

/// memcpy per element: neither side need be aligned, and the compiler makes plain loads of it.
template <typename From, typename To>
void convertArray(const void *source, void *destination, size_t count) {
  auto *in = static_cast<const char *>(source);
  auto *out = static_cast<char *>(destination);
  for (size_t i = 0; i < count; ++i) {
    From element;
    std::memcpy(&element, in + i * sizeof(From), sizeof(From));
    To result = make<To>(valueOf(element));
    std::memcpy(out + i * sizeof(To), &result, sizeof(To));
  }
}

/// Calls `function` with a value of the element type as its argument.
template <typename Function>
void dispatch(DType type, Function function) {
  switch (type) {
  case DType::F64:
    return function(double());
  case DType::F32:
    return function(float());
  case DType::BF16:
    return function(BF16());
  case DType::F16:
    return function(F16());
  case DType::I64:
    return function(int64_t());
  case DType::I32:
    return function(int32_t());
  case DType::I16:
    return function(int16_t());
  case DType::I8:
    return function(int8_t());
  case DType::U64:
    return function(uint64_t());
  case DType::U32:
    return function(uint32_t());
  case DType::U16:
    return function(uint16_t());
  case DType::U8:
    return function(uint8_t());
  case DType::Bool:
    return function(Boolean());
  }
}

} // namespace

size_t sizeOf(DType type) { return infoOf(type).size; }

std::string_view nameOf(DType type) { return infoOf(type).name; }

std::optional<DType> parseDType(std::string_view name) {
  for (size_t i = 0; i < std::size(typeInfos); ++i)
    if (typeInfos[i].name == name)
      return static_cast<DType>(i);
  return std::nullopt;
}

bool isFloat(DType type) { return infoOf(type).isFloat; }

uint16_t bf16FromFloat(float value) {
  uint32_t bits = bitsOf(value);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return static_cast<uint16_t>(bits >> 16 | 0x40); // the quiet bit: a truncated NaN may be inf
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float floatFromBf16(uint16_t bits) { return floatOf(static_cast<uint32_t>(bits) << 16); }

uint16_t f16FromFloat(float value) {
  uint32_t bits = bitsOf(value);
  uint32_t sign = bits >> 16 & 0x8000;
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000)
    return static_cast<uint16_t>(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
  if (magnitude >=
      0x47800000) // 2^16; what lies between 65520 and 2^16 is carried to infinity below
    return static_cast<uint16_t>(sign | 0x7c00);
  if (magnitude >= 0x38800000) { // 2^-14, the smallest normal half
    uint32_t rebiased = magnitude - (112u << 23);
    return static_cast<uint16_t>(sign | (rebiased + 0xfff + (rebiased >> 13 & 1)) >> 13);
  }
  if (magnitude < 0x33000000) // 2^-25, half of the smallest subnormal
    return static_cast<uint16_t>(sign);
  uint32_t mantissa = (magnitude & 0x7fffff) | 0x800000;
  uint32_t shift = 126 - (magnitude >> 23); // to units of 2^-24
  uint32_t rounded = mantissa >> shift;
  uint32_t rest = mantissa & ((1u << shift) - 1);
  uint32_t half = 1u << (shift - 1);
  rounded += rest > half || (rest == half && (rounded & 1));
  return static_cast<uint16_t>(sign | rounded);
}

float floatFromF16(uint16_t bits) {
  uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
  uint32_t exponent = bits >> 10 & 0x1f;
  uint32_t mantissa = bits & 0x3ff;
  if (exponent == 0x1f) // infinity, or a NaN made quiet
    return floatOf(sign | 0x7f800000 | mantissa << 13 | (mantissa ? 0x400000 : 0));
  if (exponent == 0) {
    float magnitude = static_cast<float>(mantissa) * 0x1p-24f; // exact
    return sign ? -magnitude : magnitude;
  }
  return floatOf(sign | (exponent + 112) << 23 | mantissa << 13);
}

bool convert(DType from, const void *source, DType to, void *destination, size_t count) {
  if (isFloat(from) && !isFloat(to))
    return false;
  if (count == 0)
    return true;
  if (from == to) {
    std::memcpy(destination, source, count * sizeOf(from));
    return true;
  }
  dispatch(from, [&](auto in) {
    dispatch(to, [&](auto out) {
      using From = decltype(in);
      using To = decltype(out);
      constexpr bool fromFloat = std::is_floating_point_v<decltype(valueOf(From()))>;
      constexpr bool toInteger = std::is_integral_v<To> || std::is_same_v<To, Boolean>;
      if constexpr (!(fromFloat && toInteger))
        convertArray<From, To>(source, destination, count);
    });
  });
  return true;
}

} // namespace mmc
