// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every 16-bit pattern, every rounding boundary between neighbours, and single rounding from f64.

#include "mmc/Runtime/Core/DType.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace mmc;

namespace {

/// A 16-bit IEEE-like format described by its field widths, evaluated with ldexp: the oracle.
struct Format {
  int exponentBits, mantissaBits;
  int bias() const { return (1 << (exponentBits - 1)) - 1; }
  bool isNan(uint16_t bits) const { return (bits & 0x7fff) > infinity(); }
  uint16_t infinity() const { return ((1 << exponentBits) - 1) << mantissaBits; }
  double value(uint16_t bits) const {
    int exponent = (bits & 0x7fff) >> mantissaBits;
    int mantissa = bits & ((1 << mantissaBits) - 1);
    double magnitude = exponent == 0 ? std::ldexp(mantissa, 1 - bias() - mantissaBits)
                                     : std::ldexp(mantissa + (1 << mantissaBits),
                                                  exponent - bias() - mantissaBits);
    if ((bits & 0x7fff) == infinity())
      magnitude = std::numeric_limits<double>::infinity();
    return bits & 0x8000 ? -magnitude : magnitude;
  }
  /// What infinity's place would hold if the format went on: the far end of the overflow rounding.
  double beyondLargest() const { return std::ldexp(1.0, (1 << exponentBits) - 1 - bias()); }
};

constexpr Format bf16{8, 7};
constexpr Format f16{5, 10};

uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}
float floatOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

void checkEveryPattern(Format format, float (*decode)(uint16_t), uint16_t (*encode)(float)) {
  for (uint32_t pattern = 0; pattern < 0x10000; ++pattern) {
    uint16_t bits = static_cast<uint16_t>(pattern);
    float value = decode(bits);
    if (format.isNan(bits)) {
      ASSERT_TRUE(std::isnan(value)) << pattern;
      uint16_t back = encode(value);
      ASSERT_TRUE(format.isNan(back)) << pattern;
      ASSERT_EQ(back & 0x8000, bits & 0x8000) << pattern;
      ASSERT_TRUE(back & 1 << (format.mantissaBits - 1)) << "not quiet: " << pattern;
      continue;
    }
    ASSERT_EQ(static_cast<double>(value), format.value(bits)) << pattern;
    ASSERT_EQ(std::signbit(value), (bits & 0x8000) != 0) << pattern;
    ASSERT_EQ(encode(value), bits) << pattern;
  }
}

/// Between each two neighbours: the midpoint goes to the even one, the floats beside it to theirs.
void checkEveryBoundary(Format format, uint16_t (*encode)(float)) {
  for (uint16_t low = 0; low < format.infinity(); ++low) {
    uint16_t high = low + 1;
    double above = high == format.infinity() ? format.beyondLargest() : format.value(high);
    float middle = static_cast<float>((format.value(low) + above) / 2);
    ASSERT_EQ(static_cast<double>(middle), (format.value(low) + above) / 2) << "oracle is inexact";
    uint16_t even = low & 1 ? high : low;
    float below = std::nextafter(middle, 0.0f), past = std::nextafter(middle, HUGE_VALF);
    ASSERT_EQ(encode(middle), even) << low;
    ASSERT_EQ(encode(below), low) << low;
    ASSERT_EQ(encode(past), high) << low;
    ASSERT_EQ(encode(-middle), even | 0x8000) << low;
    ASSERT_EQ(encode(-below), low | 0x8000) << low;
    ASSERT_EQ(encode(-past), high | 0x8000) << low;
  }
}

TEST(DType, Bf16EveryPattern) { checkEveryPattern(bf16, floatFromBf16, bf16FromFloat); }
TEST(DType, F16EveryPattern) { checkEveryPattern(f16, floatFromF16, f16FromFloat); }
TEST(DType, Bf16EveryBoundary) { checkEveryBoundary(bf16, bf16FromFloat); }
TEST(DType, F16EveryBoundary) { checkEveryBoundary(f16, f16FromFloat); }

TEST(DType, SpecialFloats) {
  EXPECT_EQ(f16FromFloat(65519.996f), 0x7bff);
  EXPECT_EQ(f16FromFloat(65520.0f), 0x7c00);
  EXPECT_EQ(f16FromFloat(HUGE_VALF), 0x7c00);
  EXPECT_EQ(f16FromFloat(-HUGE_VALF), 0xfc00);
  EXPECT_EQ(f16FromFloat(std::numeric_limits<float>::denorm_min()), 0);
  EXPECT_EQ(bf16FromFloat(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_EQ(bf16FromFloat(-HUGE_VALF), 0xff80);
  // The smallest signalling NaN: all its payload lies in the bits that are cut off.
  EXPECT_EQ(bf16FromFloat(floatOf(0x7f800001)), 0x7fc0);
  EXPECT_EQ(f16FromFloat(floatOf(0xff800001)), 0xfe00);
}

TEST(DType, F16AgreesWithTheCompilersOwn) {
  // 17 million floats all over the range (a prime stride) against clang's _Float16.
  for (uint64_t bits = 0; bits < 0x100000000; bits += 251) {
    float value = floatOf(static_cast<uint32_t>(bits));
    if (std::isnan(value))
      continue;
    _Float16 expected = static_cast<_Float16>(value);
    uint16_t expectedBits;
    std::memcpy(&expectedBits, &expected, 2);
    ASSERT_EQ(f16FromFloat(value), expectedBits) << bits;
  }
}

template <typename To, typename From>
To convertOne(DType from, From value, DType to) {
  To result{};
  EXPECT_TRUE(convert(from, &value, to, &result, 1));
  return result;
}

TEST(DType, DoubleRoundsOnce) {
  // 1 + 2^-8 is bf16's midpoint between 1 and 1 + 2^-7; 2^-40 above it is lost in f32 on the way.
  EXPECT_EQ((convertOne<uint16_t>(DType::F64, 1 + 0x1p-8 + 0x1p-40, DType::BF16)), 0x3f81);
  EXPECT_EQ((convertOne<uint16_t>(DType::F64, 1 + 0x1p-8, DType::BF16)), 0x3f80);
  EXPECT_EQ((convertOne<uint16_t>(DType::F64, -(1 + 0x1p-8 + 0x1p-40), DType::BF16)), 0xbf81);
  EXPECT_EQ((convertOne<uint16_t>(DType::F64, 1 + 0x3p-8 - 0x1p-40, DType::BF16)), 0x3f81);
  EXPECT_EQ((convertOne<uint16_t>(DType::F64, 1 + 0x1p-11 + 0x1p-50, DType::F16)), 0x3c01);
  EXPECT_EQ((convertOne<uint16_t>(DType::F64, 0x1p-25 + 0x1p-60, DType::F16)), 0x0001);
  EXPECT_EQ((convertOne<uint16_t>(DType::F64, 65520.0 - 0x1p-30, DType::F16)), 0x7bff);
  EXPECT_EQ((convertOne<uint16_t>(DType::F64, 1e300, DType::BF16)), 0x7f80);
  EXPECT_EQ((convertOne<uint16_t>(DType::F64, -1e300, DType::F16)), 0xfc00);
  EXPECT_EQ((convertOne<uint16_t>(DType::F64, std::nan(""), DType::BF16)) & 0x7fc0, 0x7fc0);
  EXPECT_EQ((convertOne<float>(DType::F64, 1 + 0x1p-24, DType::F32)), 1.0f);
}

TEST(DType, IntegersRoundOnce) {
  int64_t big = (int64_t(1) << 60) + (int64_t(1) << 52); // bf16's midpoint
  EXPECT_EQ((convertOne<uint16_t>(DType::I64, big, DType::BF16)), 0x5d80);
  EXPECT_EQ((convertOne<uint16_t>(DType::I64, big + 1, DType::BF16)), 0x5d81);
  EXPECT_EQ((convertOne<uint16_t>(DType::I64, big - 1, DType::BF16)), 0x5d80);
  int64_t odd = (int64_t(1) << 60) + 3 * (int64_t(1) << 52); // the midpoint above 0x5d81
  EXPECT_EQ((convertOne<uint16_t>(DType::I64, odd, DType::BF16)), 0x5d82);
  EXPECT_EQ((convertOne<uint16_t>(DType::I64, odd - 1, DType::BF16)), 0x5d81);
  EXPECT_EQ((convertOne<uint16_t>(DType::I64, 1 - odd, DType::BF16)), 0xdd81);
  EXPECT_EQ((convertOne<uint16_t>(DType::I64, -big - 1, DType::BF16)), 0xdd81);
  EXPECT_EQ((convertOne<uint16_t>(DType::I64, std::numeric_limits<int64_t>::max(), DType::BF16)),
            0x5f00);
  EXPECT_EQ((convertOne<uint16_t>(DType::I64, std::numeric_limits<int64_t>::min(), DType::BF16)),
            0xdf00);
  uint64_t vast = uint64_t(0x81) << 56; // as odd, with the top bit
  EXPECT_EQ((convertOne<uint16_t>(DType::U64, vast, DType::BF16)), 0x5f01);
  EXPECT_EQ((convertOne<uint16_t>(DType::U64, vast + (uint64_t(1) << 55), DType::BF16)), 0x5f02);
  EXPECT_EQ((convertOne<uint16_t>(DType::U64, vast + (uint64_t(1) << 55) - 1, DType::BF16)),
            0x5f01);
  EXPECT_EQ((convertOne<uint16_t>(DType::U64, vast - (uint64_t(1) << 55) + 1, DType::BF16)),
            0x5f01);
  EXPECT_EQ((convertOne<uint16_t>(DType::U64, ~uint64_t(0), DType::BF16)), 0x5f80);
  EXPECT_EQ((convertOne<float>(DType::I64, (int64_t(1) << 24) + 1, DType::F32)), 0x1p24f);
  EXPECT_EQ((convertOne<uint16_t>(DType::I32, int32_t(-2), DType::F16)), 0xc000);
}

TEST(DType, IntegersConvertByValue) {
  EXPECT_EQ((convertOne<int64_t>(DType::I8, int8_t(-5), DType::I64)), -5);
  EXPECT_EQ((convertOne<int32_t>(DType::U8, uint8_t(200), DType::I32)), 200);
  EXPECT_EQ((convertOne<int32_t>(DType::U16, uint16_t(60000), DType::I32)), 60000);
  EXPECT_EQ((convertOne<int64_t>(DType::U32, uint32_t(4000000000), DType::I64)), 4000000000);
  EXPECT_EQ((convertOne<float>(DType::U32, uint32_t(4000000000), DType::F32)), 4e9f);
  EXPECT_EQ((convertOne<int32_t>(DType::I64, int64_t(-100), DType::I32)), -100);
  EXPECT_EQ((convertOne<uint8_t>(DType::I32, int32_t(256), DType::Bool)), 1);
  EXPECT_EQ((convertOne<float>(DType::Bool, uint8_t(7), DType::F32)), 1.0f);
}

TEST(DType, FloatToIntegerIsRefused) {
  float value = 3;
  int32_t untouched = 42;
  EXPECT_FALSE(convert(DType::F32, &value, DType::I32, &untouched, 1));
  EXPECT_FALSE(convert(DType::F16, &value, DType::Bool, &untouched, 1));
  EXPECT_EQ(untouched, 42);
}

TEST(DType, ArraysMayBeUnaligned) {
  std::vector<char> in(1 + 5 * 4), out(3 + 5 * 2);
  float values[5] = {0, 1, -2, 0.5f, 3};
  std::memcpy(in.data() + 1, values, sizeof(values));
  ASSERT_TRUE(convert(DType::F32, in.data() + 1, DType::BF16, out.data() + 3, 5));
  for (int i = 0; i < 5; ++i) {
    uint16_t bits;
    std::memcpy(&bits, out.data() + 3 + 2 * i, 2);
    EXPECT_EQ(bits, bitsOf(values[i]) >> 16);
  }
}

TEST(DType, NamesAreSafetensors) {
  const char *names[] = {"F64", "F32", "BF16", "F16", "I64", "I32", "I16",
                         "I8",  "U64", "U32",  "U16", "U8",  "BOOL"};
  size_t sizes[] = {8, 4, 2, 2, 8, 4, 2, 1, 8, 4, 2, 1, 1};
  for (int i = 0; i < 13; ++i) {
    std::optional<DType> type = parseDType(names[i]);
    ASSERT_TRUE(type) << names[i];
    EXPECT_EQ(nameOf(*type), names[i]);
    EXPECT_EQ(sizeOf(*type), sizes[i]);
    EXPECT_EQ(isFloat(*type), i < 4);
  }
  EXPECT_FALSE(parseDType("f32"));
  EXPECT_FALSE(parseDType(""));
}

} // namespace
