// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cvt of e2m1, e2m3, e3m2 and ue8m0 in both directions, against lists of all their numbers.

#include "Instruction.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mmc::emulator::test {

using Row = std::vector<uint64_t>;

namespace {

struct Narrow {
  std::string name;
  unsigned stride; ///< bits of one number of a pair
  /// The numbers that are not negative, ascending.
  std::vector<double> values;
  uint64_t sign = values.size();
};

const std::vector<Narrow> &formats() {
  static const std::vector<Narrow> list = [] {
    auto ascending = [](int smallest, unsigned exponents, unsigned mantissas) {
      std::vector<double> values;
      for (unsigned m = 0; m < mantissas; ++m)
        values.push_back(std::ldexp(m, smallest)); // subnormals
      for (unsigned e = 0; e + 1 < exponents; ++e)
        for (unsigned m = 0; m < mantissas; ++m)
          values.push_back(std::ldexp(mantissas + m, smallest + static_cast<int>(e)));
      return values;
    };
    std::vector<Narrow> made;
    made.push_back({"e2m1x2", 4, {0, 0.5, 1, 1.5, 2, 3, 4, 6}});
    made.push_back({"e2m3x2", 8, ascending(-3, 4, 8)});
    made.push_back({"e3m2x2", 8, ascending(-4, 8, 4)});
    return made;
  }();
  return list;
}

uint64_t nearest(const Narrow &format, double v, bool relu) {
  if (std::isnan(v))
    return format.values.size() - 1;
  if (relu && v <= 0)
    return 0;
  size_t best = 0;
  for (size_t i = 0; i < format.values.size(); ++i) {
    double is = std::fabs(format.values[i] - std::fabs(v)),
           was = std::fabs(format.values[best] - std::fabs(v));
    if (is < was || (is == was && i % 2 == 0))
      best = i;
  }
  if (std::fabs(v) > format.values.back())
    best = format.values.size() - 1;
  return best | (std::signbit(v) ? format.sign : 0);
}

std::vector<uint64_t> around(const Narrow &format) {
  std::vector<float> numbers(format.values.begin(), format.values.end());
  return singlesAround(numbers, 1.5f * numbers.back());
}

/// d is a byte for pairs of four bits.
std::string encoding(const std::string &text, unsigned stride) {
  return stride == 4 ? "{ .reg .b8 n; " + text + " n, a, b; cvt.u16.u8 d, n; }"
                     : text + " d, a, b;";
}
std::string decoding(const std::string &text, unsigned stride) {
  return stride == 4 ? "{ .reg .b8 n; cvt.u8.u16 n, a; " + text + " d, n; }" : text + " d, a;";
}

uint64_t power(double v, bool up, bool saturates) {
  if (std::isnan(v))
    return 0xff;
  v = std::fabs(v);
  uint64_t best = 0;
  for (int e = -127; e <= 127; ++e) { // the last power that is not above, or the first not below
    if (!up && std::ldexp(1, e) <= v)
      best = static_cast<uint64_t>(e + 127);
    if (up && v > std::ldexp(1, e))
      best = static_cast<uint64_t>(e + 128);
  }
  if (std::isinf(v))
    best = 0xff;
  return best == 0xff && saturates ? 0xfe : best;
}

} // namespace

TEST(NarrowFloatInstruction, Encodes) {
  for (const Narrow &format : formats())
    for (bool relu : {false, true})
      compare(
          encoding(std::string("cvt.rn.satfinite") + (relu ? ".relu." : ".") + format.name + ".f32",
                   format.stride),
          {16, 32, 32},
          {around(format), {0, 0x80000000, 0x3f800000, 0xbf900000, 0x7fc00000, 0xff800000}},
          [&](const Row &row) {
            auto narrow = [&](uint64_t bits) {
              return nearest(format, bitsOf<float>(static_cast<uint32_t>(bits)), relu);
            };
            return narrow(row[0]) << format.stride | narrow(row[1]);
          });
}

TEST(NarrowFloatInstruction, DecodesAll) {
  HalfTable half(false);
  for (const Narrow &format : formats())
    for (bool relu : {false, true}) {
      std::vector<uint64_t> pairs;
      for (uint64_t high = 0; high < 2 * format.sign; ++high)
        for (uint64_t low = 0; low < 2 * format.sign; ++low)
          pairs.push_back(high << format.stride | low);
      compare(decoding(std::string("cvt.rn") + (relu ? ".relu" : "") + ".f16x2." + format.name,
                       format.stride),
              {32, 16}, {pairs}, [&](const Row &row) {
                auto wide = [&](uint64_t bits) -> uint64_t {
                  double v = format.values[bits & (format.sign - 1)];
                  bool isNegative = bits & format.sign;
                  if (relu && isNegative)
                    return 0;
                  return half.round(static_cast<__float128>(v), "rn") | (isNegative ? 0x8000 : 0);
                };
                uint64_t mask = (uint64_t(1) << format.stride) - 1;
                return wide(row[0] >> format.stride & mask) << 16 | wide(row[0] & mask);
              });
    }
}

TEST(NarrowFloatInstruction, PowersOfTwo) {
  std::vector<uint64_t> singles = singleEdges(), halves;
  for (uint64_t exponent = 0; exponent < 256; ++exponent)
    for (uint64_t mantissa : {0x0ull, 0x1ull, 0x3fffffull, 0x400000ull, 0x400001ull, 0x7fffffull})
      singles.push_back(exponent << 23 | mantissa);
  for (uint64_t i = 0; i < 65536; ++i)
    halves.push_back(i | (i * 40503 & 0xffff) << 16); // odd: the upper halves are all there too
  for (const char *mode : {"rz", "rp"})
    for (bool saturates : {false, true}) {
      bool up = mode[1] == 'p';
      std::string text = std::string("cvt.") + mode + (saturates ? ".satfinite" : "") + ".ue8m0x2.";
      compare(text + "f32 d, a, b;", {16, 32, 32}, {singles, {0x3f800000, 0xff7fffff}},
              [&](const Row &row) {
                auto narrow = [&](uint64_t bits) {
                  return power(bitsOf<float>(static_cast<uint32_t>(bits)), up, saturates);
                };
                return narrow(row[0]) << 8 | narrow(row[1]);
              });
      compare(text + "bf16x2 d, a;", {16, 32}, {halves}, [&](const Row &row) {
        auto narrow = [&](uint64_t bits) {
          return power(bitsOf<float>(static_cast<uint32_t>(bits << 16)), up, saturates);
        };
        return narrow(row[0] >> 16) << 8 | narrow(row[0] & 0xffff);
      });
    }
  std::vector<uint64_t> pairs;
  for (uint64_t i = 0; i < 256; ++i)
    pairs.push_back(i << 8 | (255 - i));
  compare("cvt.rn.bf16x2.ue8m0x2 d, a;", {32, 16}, {pairs}, [](const Row &row) {
    auto wide = [](uint64_t bits) -> uint64_t {
      return bits == 255 ? 0x7fff : bits == 0 ? 0x0040 : bits << 7;
    };
    return wide(row[0] >> 8) << 16 | wide(row[0] & 255);
  });
}

} // namespace mmc::emulator::test
