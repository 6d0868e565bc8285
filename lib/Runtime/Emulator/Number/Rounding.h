// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Narrow floating-point formats: exact encoding with each rounding, decoding.

#ifndef MMC_EMULATOR_NUMBER_ROUNDING_H
#define MMC_EMULATOR_NUMBER_ROUNDING_H

#include <cstdint>
#include <cstring>

namespace mmc::emulator {

/// rn, rz, rm, rp, rna (ties away from zero).
enum class Rounding : uint8_t { Nearest, Zero, Down, Up, NearestAway };

template <typename To, typename From>
inline To bitCast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

/// A binary format of up to 64 bits with infinities, as IEEE has them.
struct Format {
  unsigned exponentBits, mantissaBits;
  constexpr int bias() const { return (1 << (exponentBits - 1)) - 1; }
  constexpr uint64_t infinity() const {
    return ((uint64_t(1) << exponentBits) - 1) << mantissaBits;
  }
  constexpr uint64_t sign() const { return uint64_t(1) << (exponentBits + mantissaBits); }
};
constexpr Format formatF16{5, 10}, formatBf16{8, 7}, formatF32{8, 23}, formatF64{11, 52},
    formatTf32{8, 10}, formatE5m2{5, 2};

/// Rounds ±mantissa · 2^exponent (mantissa an integer, `sticky`: and a little more) to a format.
/// Overflow gives infinity or the largest number, as the rounding asks.
uint64_t encode(Format format, bool negative, uint64_t mantissa, int exponent, bool sticky,
                Rounding rounding);

/// The same of a finite or infinite double; NaN gives the canonical NaN, 0x7fff….
uint64_t encodeDouble(Format format, double value, Rounding rounding, bool sticky = false);

/// The value of bits in a format, exactly; NaN for NaNs.
double decode(Format format, uint64_t bits);

/// The value of an e4m3 number: no infinity, 0x7f is NaN.
double decodeE4m3(uint8_t bits);

/// A format of four or six bits: its numbers are all finite.
struct Mini {
  unsigned exponentBits, mantissaBits;
  int bias() const { return (1 << (exponentBits - 1)) - 1; }
  unsigned largest() const { return (1u << (exponentBits + mantissaBits)) - 1; }
  unsigned sign() const { return largest() + 1; }
};
constexpr Mini miniE2m1{2, 1}, miniE2m3{2, 3}, miniE3m2{3, 2};
double decodeMini(Mini format, unsigned bits);

inline double fromF16(uint16_t bits) { return decode(formatF16, bits); }
inline double fromBf16(uint16_t bits) { return bitCast<float>(uint32_t(bits) << 16); }

/// f32 to bf16, nearest even, NaN canonical: without branches, so that it is done for lanes
/// together.
inline uint16_t bf16Nearest(uint32_t bits) {
  uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return static_cast<uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? 0x7fff : rounded);
}

/// a + b with what rounding to a double cuts off turned into an odd last bit: rounding it once
/// more, to a format with at least two bits less, is as exact as rounding the sum once.
inline double addOdd(double a, double b) {
  double sum = a + b;
  double partB = sum - a, partA = sum - partB;
  double error = (a - partA) + (b - partB);
  uint64_t bits = bitCast<uint64_t>(sum);
  if (!(error == error) || error == 0 || (bits & 1) || (bits >> 52 & 0x7ff) == 0x7ff)
    return sum;
  return bitCast<double>((error > 0) == (sum > 0) ? bits + 1 : bits - 1);
}

} // namespace mmc::emulator

#endif // MMC_EMULATOR_NUMBER_ROUNDING_H
