// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cvt of e4m3 and e5m2 in both directions, and cvt.pack, against a list of all numbers of a format.

#include "Instruction.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mmc::emulator::test {

using Row = std::vector<uint64_t>;

namespace {

/// e4m3: bias 7, no infinity, 0x7f is NaN, 448 the largest. e5m2: bias 15, as IEEE has it, 57344
/// the largest.
struct Fp8 {
  bool isE4m3;
  std::string name = isE4m3 ? "e4m3x2" : "e5m2x2";
  uint8_t largest = isE4m3 ? 0x7e : 0x7b;
  std::vector<double> values; ///< by bits

  explicit Fp8(bool isE4m3) : isE4m3(isE4m3) {
    for (unsigned bits = 0; bits < 256; ++bits)
      values.push_back(decode(static_cast<uint8_t>(bits)));
  }
  double value(uint8_t bits) const { return values[bits]; }
  double decode(uint8_t bits) const {
    int mantissaBits = isE4m3 ? 3 : 2, bias = isE4m3 ? 7 : 15;
    int exponent = (bits & 0x7f) >> mantissaBits, mantissa = bits & ((1 << mantissaBits) - 1);
    double sign = bits & 0x80 ? -1 : 1;
    if ((bits & 0x7f) > largest)
      return !isE4m3 && (bits & 0x7f) == 0x7c ? sign * INFINITY : NAN;
    double fraction = mantissa / std::pow(2.0, mantissaBits);
    return sign * (exponent ? (1 + fraction) * std::pow(2.0, exponent - bias)
                            : fraction * std::pow(2.0, 1 - bias));
  }
  /// The nearest number, ties to even bits; what is beyond is the largest.
  uint8_t nearest(double v, bool relu) const {
    if (std::isnan(v))
      return 0x7f;
    if (relu && v <= 0)
      return 0;
    uint8_t best = 0, sign = std::signbit(v) ? 0x80 : 0;
    if (std::fabs(v) >= values[largest])
      return sign | largest;
    for (unsigned bits = 0; bits <= largest; ++bits) {
      double is = std::fabs(value(static_cast<uint8_t>(bits)) - std::fabs(v)),
             was = std::fabs(value(best) - std::fabs(v));
      if (is < was || (is == was && bits % 2 == 0))
        best = static_cast<uint8_t>(bits);
    }
    return sign | best;
  }
};

/// Every number of the format, the middles between two, and the neighbours of both in f32.
std::vector<uint64_t> around(const Fp8 &format) {
  std::vector<float> numbers;
  for (unsigned bits = 0; bits <= format.largest; ++bits)
    numbers.push_back(static_cast<float>(format.value(static_cast<uint8_t>(bits))));
  return singlesAround(numbers, 1.25f * numbers.back());
}

} // namespace

TEST(Fp8Instruction, DecodesAll) {
  HalfTable half(false);
  std::vector<uint64_t> all(65536);
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = i;
  for (bool isE4m3 : {true, false})
    for (bool relu : {false, true}) {
      Fp8 format{isE4m3};
      compare(std::string("cvt.rn") + (relu ? ".relu" : "") + ".f16x2." + format.name + " d, a;",
              {32, 16}, {all}, [&](const Row &row) {
                auto wide = [&](uint64_t bits) -> uint64_t {
                  double v = format.value(static_cast<uint8_t>(bits));
                  return relu && v <= 0 ? 0 : half.round(static_cast<__float128>(v), "rn");
                };
                return wide(row[0] & 255) | wide(row[0] >> 8) << 16;
              });
    }
}

TEST(Fp8Instruction, EncodesSingles) {
  for (bool isE4m3 : {true, false})
    for (bool relu : {false, true}) {
      Fp8 format{isE4m3};
      compare(std::string("cvt.rn.satfinite") + (relu ? ".relu." : ".") + format.name +
                  ".f32 d, a, b;",
              {16, 32, 32},
              {around(format), {0, 0x80000000, 0x3f800000, 0xbf900000, 0x7fc00000, 0xff800000}},
              [&](const Row &row) -> uint64_t {
                auto narrow = [&](uint64_t bits) {
                  return format.nearest(bitsOf<float>(static_cast<uint32_t>(bits)), relu);
                };
                return static_cast<uint64_t>(narrow(row[0])) << 8 | narrow(row[1]);
              });
    }
}

TEST(Fp8Instruction, EncodesAllHalves) {
  HalfTable half(false);
  std::vector<uint64_t> pairs(65536);
  for (size_t i = 0; i < pairs.size(); ++i)
    pairs[i] = i | (i * 40503 & 0xffff)
                       << 16; // an odd factor: the upper halves are all there as well
  for (bool isE4m3 : {true, false})
    for (bool relu : {false, true}) {
      Fp8 format{isE4m3};
      compare(std::string("cvt.rn.satfinite") + (relu ? ".relu." : ".") + format.name +
                  ".f16x2 d, a;",
              {16, 32}, {pairs}, [&](const Row &row) -> uint64_t {
                auto narrow = [&](uint64_t bits) {
                  return format.nearest(half.value(static_cast<uint16_t>(bits)), relu);
                };
                return static_cast<uint64_t>(narrow(row[0] >> 16)) << 8 | narrow(row[0] & 0xffff);
              });
    }
}

TEST(Fp8Instruction, Packs) {
  std::vector<uint64_t> values = integerEdges(32);
  for (uint64_t v : {127ull, 128ull, 255ull, 256ull, 32767ull, 32768ull, 65535ull, 65536ull,
                     0xffffff80ull, 0xffffff7full, 0xffff8000ull, 0xffff7fffull})
    values.push_back(v);
  for (unsigned bits : {8u, 16u})
    for (bool isSigned : {false, true}) {
      auto saturated = [=](uint64_t raw) {
        int64_t low = isSigned ? -(int64_t(1) << (bits - 1)) : 0,
                high = (int64_t(1) << (isSigned ? bits - 1 : bits)) - 1;
        int64_t value = raw & 0x80000000 ? static_cast<int64_t>(raw) - (int64_t(1) << 32)
                                         : static_cast<int64_t>(raw);
        value = value < low ? low : value > high ? high : value;
        return static_cast<uint64_t>(value) & ((uint64_t(1) << bits) - 1);
      };
      std::string type = std::string(isSigned ? "s" : "u") + std::to_string(bits);
      if (bits == 16)
        compare("cvt.pack.sat." + type + ".s32 d, a, b;", {32, 32, 32}, {values, values},
                [&](const Row &row) { return saturated(row[0]) << 16 | saturated(row[1]); });
      else
        compare("cvt.pack.sat." + type + ".s32.b32 d, a, b, c;", {32, 32, 32, 32},
                {values, values, values}, [&](const Row &row) {
                  return (row[2] & 0xffff) << 16 | saturated(row[0]) << 8 | saturated(row[1]);
                });
    }
}

/// The rest of cvt to narrow floats: relu, satfinite, tf32.
TEST(Fp8Instruction, Satfinite) {
  for (bool isBf16 : {false, true}) {
    HalfTable table(isBf16);
    uint16_t infinity = isBf16 ? 0x7f80 : 0x7c00;
    for (const char *mode : {"rn", "rz"})
      for (bool relu : {false, true}) {
        auto narrow = [&](uint64_t bits) -> uint64_t {
          float v = bitsOf<float>(static_cast<uint32_t>(bits));
          if (std::isnan(v))
            return 0x7fff;
          if (relu && v <= 0)
            return 0;
          uint16_t got = table.round(static_cast<__float128>(v), mode);
          return (got & 0x7fff) == infinity ? got - 1 : got;
        };
        std::string words = std::string("cvt.") + mode + (relu ? ".relu" : "") + ".satfinite" +
                            (isBf16 ? ".bf16" : ".f16");
        compare(words + ".f32 d, a;", {16, 32}, {singleEdges()},
                [&](const Row &row) { return narrow(row[0]); });
        compare(words + "x2.f32 d, a, b;", {32, 32, 32}, {singleEdges(), singleEdges()},
                [&](const Row &row) { return narrow(row[0]) << 16 | narrow(row[1]); });
      }
  }
}

} // namespace mmc::emulator::test
