// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Exact encoding and decoding of floating-point formats.

#include "Rounding.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mmc::emulator {

uint64_t encode(Format format, bool negative, uint64_t mantissa, int exponent, bool sticky,
                Rounding rounding) {
  uint64_t sign = negative ? format.sign() : 0;
  if (!mantissa && !sticky)
    return sign;
  // Normalise: the leading bit becomes bit 63.
  int leading = mantissa ? __builtin_clzll(mantissa) : 63;
  mantissa <<= leading;
  exponent += 63 - leading; // of the leading bit
  int smallest = 1 - format.bias();
  unsigned mantissaBits = format.mantissaBits;
  int dropped = 63 - static_cast<int>(mantissaBits);
  if (exponent < smallest)
    dropped += smallest - exponent;
  uint64_t kept = dropped >= 64 ? 0 : mantissa >> dropped;
  bool half, below;
  if (dropped > 64) {
    half = false;
    below = true;
  } else if (dropped == 64) {
    half = mantissa >> 63;
    below = (mantissa << 1) != 0 || sticky;
  } else {
    half = mantissa >> (dropped - 1) & 1;
    below = (mantissa & ((uint64_t(1) << (dropped - 1)) - 1)) != 0 || sticky;
  }
  bool up = false;
  switch (rounding) {
  case Rounding::Nearest:
    up = half && (below || (kept & 1));
    break;
  case Rounding::NearestAway:
    up = half;
    break;
  case Rounding::Zero:
    break;
  case Rounding::Down:
    up = negative && (half || below);
    break;
  case Rounding::Up:
    up = !negative && (half || below);
    break;
  }
  kept += up;
  uint64_t bits = kept;
  // A carry out of the mantissa moves into the exponent by itself.
  if (exponent >= smallest)
    bits += static_cast<uint64_t>(exponent + format.bias() - 1) << mantissaBits;
  if (exponent > format.bias() || bits >= format.infinity()) {
    bool toInfinity = rounding == Rounding::Nearest || rounding == Rounding::NearestAway ||
                      (rounding == Rounding::Down && negative) ||
                      (rounding == Rounding::Up && !negative);
    bits = format.infinity() - (toInfinity ? 0 : 1);
  }
  return sign | bits;
}

uint64_t encodeDouble(Format format, double value, Rounding rounding, bool sticky) {
  uint64_t bits = bitCast<uint64_t>(value);
  bool negative = bits >> 63;
  uint64_t exponent = bits >> 52 & 0x7ff, mantissa = bits & 0xfffffffffffff;
  if (exponent == 0x7ff)
    return mantissa ? format.sign() - 1 : (negative ? format.sign() : 0) | format.infinity();
  if (exponent)
    mantissa |= uint64_t(1) << 52;
  else
    exponent = 1;
  return encode(format, negative, mantissa, static_cast<int>(exponent) - 1075, sticky, rounding);
}

double decode(Format format, uint64_t bits) {
  bool negative = bits & format.sign();
  uint64_t mantissa = bits & ((uint64_t(1) << format.mantissaBits) - 1);
  int exponent = static_cast<int>((bits & (format.sign() - 1)) >> format.mantissaBits);
  int top = (1 << format.exponentBits) - 1;
  double value;
  if (exponent == top)
    value = mantissa ? std::numeric_limits<double>::quiet_NaN()
                     : std::numeric_limits<double>::infinity();
  else if (exponent)
    value = std::ldexp(static_cast<double>(mantissa | uint64_t(1) << format.mantissaBits),
                       exponent - format.bias() - static_cast<int>(format.mantissaBits));
  else
    value = std::ldexp(static_cast<double>(mantissa),
                       1 - format.bias() - static_cast<int>(format.mantissaBits));
  return negative ? -value : value;
}

double decodeE4m3(uint8_t bits) {
  int exponent = bits >> 3 & 15, mantissa = bits & 7;
  if ((bits & 0x7f) == 0x7f)
    return std::numeric_limits<double>::quiet_NaN();
  double size = exponent ? std::ldexp(8 + mantissa, exponent - 10) : std::ldexp(mantissa, -9);
  return bits & 0x80 ? -size : size;
}

double decodeMini(Mini format, unsigned bits) {
  int mantissa = static_cast<int>(bits & ((1u << format.mantissaBits) - 1));
  int exponent = static_cast<int>((bits & format.largest()) >> format.mantissaBits);
  if (exponent)
    mantissa += 1 << format.mantissaBits;
  double size = std::ldexp(mantissa, std::max(exponent, 1) - format.bias() -
                                         static_cast<int>(format.mantissaBits));
  return bits & format.sign() ? -size : size;
}

} // namespace mmc::emulator
