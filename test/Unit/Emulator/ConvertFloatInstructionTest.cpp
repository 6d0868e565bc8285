// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cvt between floating-point types with every rounding, to integral values, from integers to f32
// and f64, and to tf32.

#include "Instruction.h"

#include <gtest/gtest.h>

#include <cfenv>
#include <cmath>

namespace mmc::emulator::test {

using Row = std::vector<uint64_t>;

namespace {

struct Mode {
  const char *name;
  int host;
};
constexpr Mode modes[] = {
    {"rn", FE_TONEAREST}, {"rz", FE_TOWARDZERO}, {"rm", FE_DOWNWARD}, {"rp", FE_UPWARD}};

template <typename T, typename F>
T under(int mode, F f) {
  std::fesetround(mode);
  volatile T value = f();
  std::fesetround(FE_TONEAREST);
  return value;
}
float single(uint64_t bits) { return bitsOf<float>(static_cast<uint32_t>(bits)); }
float flushed(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value) : value;
}
template <typename T>
T unit(T value) {
  return std::isnan(value) || value <= 0 ? T(0) : value > 1 ? T(1) : value;
}
uint64_t bitsOfSingle(float value) {
  return std::isnan(value) ? 0x7fffffff : bitsOf<uint32_t>(value);
}
std::vector<uint64_t> all16() {
  std::vector<uint64_t> list(65536);
  for (size_t i = 0; i < list.size(); ++i)
    list[i] = i;
  return list;
}
std::vector<uint64_t> singles() {
  std::vector<uint64_t> list = singleEdges();
  for (float v : {0.5f, 1.5f, 2.5f, 0.49999997f, 0.99999994f, 8388607.5f, 4194303.5f, 1e-40f})
    for (float sign : {1.0f, -1.0f})
      list.push_back(bitsOf<uint32_t>(sign * v));
  return list;
}
std::vector<uint64_t> doubles() {
  std::vector<uint64_t> list = doubleEdges();
  list.push_back(0x7ff8000000000000);
  for (uint64_t bits : singles())
    for (double nudge : {1.0, 1 + 1e-15, 1 - 1e-15, 1 + 0x1p-24, 1 + 0x1p-25})
      list.push_back(bitsOf<uint64_t>(nudge * single(bits)));
  return list;
}

} // namespace

TEST(ConvertFloat, DoublesToSingles) {
  for (const Mode &mode : modes)
    for (bool ftz : {false, true})
      for (bool sat : {false, true})
        compare(std::string("cvt.") + mode.name + (ftz ? ".ftz" : "") + (sat ? ".sat" : "") +
                    ".f32.f64 d, a;",
                {32, 64}, {doubles()}, [&](const Row &row) {
                  volatile double a = bitsOf<double>(row[0]);
                  float value = under<float>(mode.host, [&] { return static_cast<float>(a); });
                  value = ftz ? flushed(value) : value;
                  return bitsOfSingle(sat ? unit(value) : value);
                });
  for (bool ftz : {false, true})
    for (bool sat : {false, true})
      compare(std::string("cvt") + (ftz ? ".ftz" : "") + (sat ? ".sat" : "") +
                  ".f64.f32 d, a; testp.notanumber.f64 p, d; @p mov.b64 d, 1;",
              {64, 32}, {singles()}, [&](const Row &row) -> uint64_t {
                double value = ftz ? flushed(single(row[0])) : single(row[0]);
                value = sat ? unit(value) : value;
                return std::isnan(value) ? 1 : bitsOf<uint64_t>(value);
              });
}

/// Halves to one another: all of them.
TEST(ConvertFloat, HalvesToHalves) {
  HalfTable f16(false), bf16(true);
  for (const Mode &mode : modes) {
    compare(std::string("cvt.") + mode.name + ".bf16.f16 d, a;", {16, 16}, {all16()},
            [&](const Row &row) -> uint64_t {
              return bf16.round(static_cast<__float128>(f16.value(static_cast<uint16_t>(row[0]))),
                                mode.name);
            });
    compare(std::string("cvt.") + mode.name + ".f16.bf16 d, a;", {16, 16}, {all16()},
            [&](const Row &row) -> uint64_t {
              return f16.round(static_cast<__float128>(bf16.value(static_cast<uint16_t>(row[0]))),
                               mode.name);
            });
    compare(std::string("cvt.") + mode.name + ".bf16.f64 d, a;", {16, 64}, {doubles()},
            [&](const Row &row) -> uint64_t {
              return bf16.round(static_cast<__float128>(bitsOf<double>(row[0])), mode.name);
            });
    // A rounding is allowed where .bf16 is exact, and does nothing.
    compare(std::string("cvt.") + mode.name + ".f32.bf16 d, a;", {32, 16}, {all16()},
            [&](const Row &row) -> uint64_t { return row[0] << 16; });
    compare(std::string("cvt.") + mode.name +
                ".ftz.f32.bf16 d, a; testp.notanumber.f32 p, d; @p mov.b32 d, 1;",
            {32, 16}, {all16()}, [&](const Row &row) -> uint64_t {
              float value = flushed(single(row[0] << 16));
              return std::isnan(value) ? 1 : bitsOf<uint32_t>(value);
            });
    compare(std::string("cvt.") + mode.name +
                ".f64.bf16 d, a; testp.notanumber.f64 p, d; @p mov.b64 d, 1;",
            {64, 16}, {all16()}, [&](const Row &row) -> uint64_t {
              double value = bf16.value(static_cast<uint16_t>(row[0]));
              return std::isnan(value) ? 1 : bitsOf<uint64_t>(value);
            });
    for (bool sat : {false, true})
      compare(std::string("cvt.") + mode.name + (sat ? ".sat" : "") + ".f16.f32 d, a;", {16, 32},
              {singles()}, [&](const Row &row) -> uint64_t {
                float value = single(row[0]);
                return f16.round(static_cast<__float128>(sat ? unit(value) : value), mode.name);
              });
  }
}

/// Between the 16-bit formats the nearest is meant when nothing is said.
TEST(ConvertFloat, HalvesToHalvesUnrounded) {
  HalfTable f16(false), bf16(true);
  compare("cvt.bf16.f16 d, a;", {16, 16}, {all16()}, [&](const Row &row) -> uint64_t {
    return bf16.round(static_cast<__float128>(f16.value(static_cast<uint16_t>(row[0]))), "rn");
  });
  compare("cvt.f16.bf16 d, a;", {16, 16}, {all16()}, [&](const Row &row) -> uint64_t {
    return f16.round(static_cast<__float128>(bf16.value(static_cast<uint16_t>(row[0]))), "rn");
  });
}

TEST(ConvertFloat, Integral) {
  HalfTable f16(false), bf16(true);
  for (const Mode &mode : modes) {
    auto whole = [&](double value) {
      return under<double>(mode.host, [&] { return std::nearbyint(value); });
    };
    std::string start = std::string("cvt.") + mode.name + "i";
    for (bool sat : {false, true}) {
      std::string s = sat ? ".sat" : "";
      for (bool ftz : {false, true})
        compare(start + (ftz ? ".ftz" : "") + s + ".f32.f32 d, a;", {32, 32}, {singles()},
                [&](const Row &row) {
                  float value =
                      static_cast<float>(whole(ftz ? flushed(single(row[0])) : single(row[0])));
                  return bitsOfSingle(sat ? unit(value) : value);
                });
      compare(start + s + ".f64.f64 d, a; testp.notanumber.f64 p, d; @p mov.b64 d, 1;", {64, 64},
              {doubles()}, [&](const Row &row) -> uint64_t {
                double value = whole(bitsOf<double>(row[0]));
                value = sat ? unit(value) : value;
                return std::isnan(value) ? 1 : bitsOf<uint64_t>(value);
              });
      compare(start + s + ".f16.f16 d, a;", {16, 16}, {all16()}, [&](const Row &row) -> uint64_t {
        double value = whole(f16.value(static_cast<uint16_t>(row[0])));
        return f16.round(static_cast<__float128>(sat ? unit(value) : value), "rn");
      });
    }
    compare(start + ".bf16.bf16 d, a;", {16, 16}, {all16()}, [&](const Row &row) -> uint64_t {
      return bf16.round(static_cast<__float128>(whole(bf16.value(static_cast<uint16_t>(row[0])))),
                        "rn");
    });
  }
}

/// 64 bits are exact in the x87's numbers, which are rounded once.
TEST(ConvertFloat, IntegersToFloats) {
  for (bool isSigned : {false, true})
    for (unsigned bits : {8u, 16u, 32u, 64u})
      for (const Mode &mode : modes) {
        std::vector<uint64_t> values = integerEdges(bits);
        for (uint64_t v : {0x1000001ull, 0x1000003ull, 0x20000000000001ull, 0x20000000000003ull,
                           0xffffff7fffffffffull, 0xffffffffffffffffull, 0x7fffffbfffffffffull,
                           0xfffffffffffff400ull})
          values.push_back(bits == 64 ? v : v & ((uint64_t(1) << bits) - 1));
        unsigned registerBits = bits < 16 ? 16 : bits;
        std::string from = std::string(isSigned ? ".s" : ".u") + std::to_string(bits) + " d, a;",
                    start = std::string("cvt.") + mode.name;
        auto exact = [=](const Row &row) -> long double {
          bool negative = isSigned && row[0] >> (bits - 1) & 1;
          return negative ? -static_cast<long double>(bits == 64 ? 0 - row[0]
                                                                 : (uint64_t(1) << bits) - row[0])
                          : static_cast<long double>(row[0]);
        };
        for (bool sat : {false, true})
          compare(start + (sat ? ".sat" : "") + ".f32" + from, {32, registerBits}, {values},
                  [&](const Row &row) {
                    volatile long double a = exact(row);
                    float value = under<float>(mode.host, [&] { return static_cast<float>(a); });
                    return bitsOfSingle(sat ? unit(value) : value);
                  });
        compare(start + ".f64" + from, {64, registerBits}, {values}, [&](const Row &row) {
          volatile long double a = exact(row);
          return bitsOf<uint64_t>(under<double>(mode.host, [&] { return static_cast<double>(a); }));
        });
      }
}

TEST(ConvertFloat, Tf32) {
  std::vector<uint64_t> values = singles();
  for (uint32_t high :
       {0x3f800000u, 0xc1234000u, 0x7f7fe000u, 0xff7fe000u, 0x00000000u, 0x007fe000u, 0x80002000u})
    for (uint32_t low : {0x1u, 0xfffu, 0x1000u, 0x1001u, 0x1fffu})
      values.push_back(high | low);
  for (const char *mode : {"rn", "rz", "rna"})
    for (bool finite : {false, true})
      for (bool relu : {false, true}) {
        bool away = std::string(mode) == "rna";
        if (away && relu)
          continue;
        compare(std::string("cvt.") + mode + (finite ? ".satfinite" : "") + (relu ? ".relu" : "") +
                    ".tf32.f32 d, a;",
                {32, 32}, {values}, [&](const Row &row) -> uint64_t {
                  uint64_t size = row[0] & 0x7fffffff, sign = row[0] & 0x80000000;
                  if (size > 0x7f800000)
                    return 0x7fffffff;
                  if (relu && (sign || !size))
                    return 0;
                  uint64_t kept = size / 0x2000,
                           rest = size % 0x2000; // neighbours in size are neighbours in bits
                  bool up =
                      away ? rest >= 0x1000
                           : *(mode + 1) == 'n' && (rest > 0x1000 || (rest == 0x1000 && kept % 2));
                  uint64_t result = (kept + up) * 0x2000;
                  return sign | (finite && result == 0x7f800000 ? 0x7f7fe000 : result);
                });
      }
}

} // namespace mmc::emulator::test
