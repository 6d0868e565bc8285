// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cvt: exhaustively for 16-bit types, on edges for the others, against tables and wide arithmetic.

#include "Instruction.h"

#include "mmc/Runtime/Emulator/Device.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mmc::emulator::test {

using Row = std::vector<uint64_t>;

static std::vector<uint64_t> all16() {
  std::vector<uint64_t> list(65536);
  for (size_t i = 0; i < list.size(); ++i)
    list[i] = i;
  return list;
}
static float single(uint64_t bits) { return bitsOf<float>(static_cast<uint32_t>(bits)); }

TEST(ConvertInstruction, HalvesToWider) {
  for (bool isBf16 : {false, true}) {
    HalfTable table(isBf16);
    std::string type = isBf16 ? "bf16" : "f16";
    compare("cvt.f32." + type + " d, a;", {32, 16}, {all16()}, [&](const Row &row) -> uint64_t {
      float value = static_cast<float>(table.value(static_cast<uint16_t>(row[0])));
      // bf16 is shifted, so the bits of a NaN stay.
      return std::isnan(value) ? (isBf16 ? row[0] << 16 : 0x7fffffff) : bitsOf<uint32_t>(value);
    });
    if (isBf16)
      compare("cvt.ftz.f32.bf16 d, a;", {32, 16}, {all16()}, [&](const Row &row) -> uint64_t {
        float value = static_cast<float>(table.value(static_cast<uint16_t>(row[0])));
        if (std::fpclassify(value) == FP_SUBNORMAL)
          value = std::copysign(0.0f, value);
        return std::isnan(value) ? 0x7fffffff : bitsOf<uint32_t>(value);
      });
    compare("cvt.f64." + type + " d, a; testp.notanumber.f64 p, d; @p mov.b64 d, 1;", {64, 16},
            {all16()}, [&](const Row &row) -> uint64_t {
              double value = table.value(static_cast<uint16_t>(row[0]));
              return std::isnan(value) ? 1 : bitsOf<uint64_t>(value);
            });
  }
}

/// Every number of 16 bits, its neighbours in f32, and the middles between two.
static std::vector<uint64_t> aroundHalves(const HalfTable &table) {
  std::vector<uint64_t> list;
  for (uint32_t bits = 0; bits < 65536; bits += 7) {
    float value = static_cast<float>(table.value(static_cast<uint16_t>(bits)));
    float next = static_cast<float>(table.value(static_cast<uint16_t>(bits + 1)));
    float middle = value / 2 + next / 2;
    for (float v : {value, middle, std::nextafter(value, 0.0f), std::nextafter(value, INFINITY),
                    std::nextafter(middle, 0.0f), std::nextafter(middle, INFINITY)})
      list.push_back(bitsOf<uint32_t>(v));
  }
  for (uint64_t edge : singleEdges())
    list.push_back(edge);
  return list;
}

TEST(ConvertInstruction, SinglesToHalves) {
  for (bool isBf16 : {false, true}) {
    HalfTable table(isBf16);
    std::string type = isBf16 ? "bf16" : "f16";
    for (const char *mode : {"rn", "rz"}) {
      compare(std::string("cvt.") + mode + "." + type + ".f32 d, a;", {16, 32},
              {aroundHalves(table)}, [&](const Row &row) -> uint64_t {
                return table.round(static_cast<__float128>(single(row[0])), mode);
              });
      compare(std::string("cvt.") + mode + ".relu." + type + ".f32 d, a;", {16, 32},
              {aroundHalves(table)}, [&](const Row &row) -> uint64_t {
                float value = single(row[0]);
                return std::isnan(value) ? 0x7fff
                       : value <= 0      ? 0
                                         : table.round(static_cast<__float128>(value), mode);
              });
      compare(
          std::string("cvt.") + mode + "." + type + "x2.f32 d, a, b;", {32, 32, 32},
          {singleEdges(), singleEdges()}, [&](const Row &row) -> uint64_t {
            return static_cast<uint64_t>(table.round(static_cast<__float128>(single(row[0])), mode))
                       << 16 |
                   table.round(static_cast<__float128>(single(row[1])), mode);
          });
    }
  }
}

TEST(ConvertInstruction, DoublesToHalves) {
  HalfTable table(false);
  std::vector<uint64_t> values;
  for (uint64_t bits : aroundHalves(table))
    values.push_back(bitsOf<uint64_t>(static_cast<double>(single(bits)) * (1 + 1e-14)));
  for (const char *mode : {"rn", "rz", "rm", "rp"})
    compare(std::string("cvt.") + mode + ".f16.f64 d, a;", {16, 64}, {values},
            [&](const Row &row) -> uint64_t {
              return table.round(static_cast<__float128>(bitsOf<double>(row[0])), mode);
            });
}

struct Integer {
  const char *name;
  unsigned bits;
  bool isSigned;
};
constexpr Integer integers[] = {{"u8", 8, false},   {"s8", 8, true},    {"u16", 16, false},
                                {"s16", 16, true},  {"u32", 32, false}, {"s32", 32, true},
                                {"u64", 64, false}, {"s64", 64, true}};

static __int128 largest(const Integer &type) {
  return type.isSigned ? (static_cast<__int128>(1) << (type.bits - 1)) - 1
                       : (static_cast<__int128>(1) << type.bits) - 1;
}
static __int128 smallest(const Integer &type) {
  return type.isSigned ? -(static_cast<__int128>(1) << (type.bits - 1)) : 0;
}
static unsigned registerBits(const Integer &type) { return type.bits < 16 ? 16 : type.bits; }
/// As a register of the type's width (16 for bytes) holds it.
static uint64_t inRegister(__int128 value, const Integer &type) {
  unsigned bits = registerBits(type);
  return bits == 64 ? static_cast<uint64_t>(value)
                    : static_cast<uint64_t>(value) & ((uint64_t(1) << bits) - 1);
}
static __int128 numberOf(uint64_t bits, const Integer &type) {
  uint64_t low = type.bits == 64 ? bits : bits & ((uint64_t(1) << type.bits) - 1);
  bool negative = type.isSigned && (low >> (type.bits - 1) & 1);
  return static_cast<__int128>(low) - (negative ? static_cast<__int128>(1) << type.bits : 0);
}

static uint64_t wholeOf(double value, const char *mode, const Integer &to, bool fromDouble) {
  if (std::isnan(value))
    return inRegister(fromDouble || to.bits == 64
                          ? (to.isSigned ? smallest(to) : static_cast<__int128>(1) << (to.bits - 1))
                          : 0,
                      to);
  double whole = *(mode + 1) == 'z'   ? std::trunc(value)
                 : *(mode + 1) == 'm' ? std::floor(value)
                 : *(mode + 1) == 'p' ? std::ceil(value)
                                      : std::nearbyint(value);
  if (whole >= static_cast<double>(largest(to)))
    return inRegister(largest(to), to);
  if (whole <= static_cast<double>(smallest(to)))
    return inRegister(smallest(to), to);
  return inRegister(static_cast<__int128>(whole), to);
}

TEST(ConvertInstruction, HalvesToIntegers) {
  for (bool isBf16 : {false, true}) {
    HalfTable table(isBf16);
    for (const Integer &to : integers)
      for (const char *mode : {"rni", "rzi", "rmi", "rpi"}) {
        if (isBf16 && to.bits == 8)
          continue; // there is none
        compare(std::string("cvt.") + mode + "." + to.name + (isBf16 ? ".bf16" : ".f16") + " d, a;",
                {registerBits(to), 16}, {all16()}, [&](const Row &row) {
                  return wholeOf(table.value(static_cast<uint16_t>(row[0])), mode, to, false);
                });
      }
  }
}

TEST(ConvertInstruction, FloatsToIntegers) {
  std::vector<uint64_t> singles = singleEdges(), doubles = doubleEdges();
  for (double v : {0.5, 1.5, 2.5, 126.5, 127.5, 128.5, 255.5, 32767.5, 65535.5, 2147483647.5,
                   2147483648.0, 4294967295.5, 4294967296.0, 9223372036854775807.0,
                   18446744073709551615.0, 1e10, 1e19, 0.49999})
    for (double sign : {1.0, -1.0}) {
      singles.push_back(bitsOf<uint32_t>(static_cast<float>(sign * v)));
      doubles.push_back(bitsOf<uint64_t>(sign * v));
    }
  doubles.push_back(0x7ff8000000000000);
  for (const Integer &to : integers)
    for (const char *mode : {"rni", "rzi", "rmi", "rpi"}) {
      compare(std::string("cvt.") + mode + "." + to.name + ".f32 d, a;", {registerBits(to), 32},
              {singles}, [&](const Row &row) { return wholeOf(single(row[0]), mode, to, false); });
      compare(std::string("cvt.") + mode + "." + to.name + ".f64 d, a;", {registerBits(to), 64},
              {doubles},
              [&](const Row &row) { return wholeOf(bitsOf<double>(row[0]), mode, to, true); });
    }
}

TEST(ConvertInstruction, IntegersToHalves) {
  HalfTable table(false), bf16(true);
  for (const Integer &from : integers)
    for (const char *mode : {"rn", "rz", "rm", "rp"}) {
      std::vector<uint64_t> values = from.bits <= 16 ? all16() : integerEdges(from.bits);
      for (uint64_t v = 2040; from.bits > 16 && v < 2100; ++v)
        values.push_back(v), values.push_back(inRegister(-static_cast<__int128>(v), from));
      auto exact = [&](const Row &row) { return static_cast<__float128>(numberOf(row[0], from)); };
      compare(std::string("cvt.") + mode + ".f16." + from.name + " d, a;", {16, registerBits(from)},
              {values}, [&](const Row &row) -> uint64_t {
                __float128 value = exact(row);
                // The largest half is 65504: the table has no number to compare larger ones with.
                return table.round(value, mode);
              });
      if (from.bits == 8)
        continue; // there is no such conversion to bf16
      compare(std::string("cvt.") + mode + ".bf16." + from.name + " d, a;",
              {16, registerBits(from)}, {values},
              [&](const Row &row) -> uint64_t { return bf16.round(exact(row), mode); });
    }
}

static void refuse(const std::string &text) {
  Device device(**findChip("sm_90"));
  EXPECT_FALSE(device
                   .load(".version 8.0\n.target sm_90\n.address_size 64\n.visible .entry k() {\n"
                         ".reg .b64 d;\n" +
                             text + "\nret;\n}\n",
                         text)
                   .isOk())
      << text;
}

TEST(ConvertInstruction, IntegersToIntegers) {
  for (const Integer &from : integers)
    for (const Integer &to : integers) {
      std::vector<uint64_t> values = integerEdges(from.bits);
      for (uint64_t &value : values)
        value = inRegister(numberOf(value, from), from);
      compare(std::string("cvt.") + to.name + "." + from.name + " d, a;",
              {registerBits(to), registerBits(from)}, {values}, [&](const Row &row) {
                return inRegister(numberOf(inRegister(numberOf(row[0], from), {"", 64, false}), to),
                                  to);
              });
      if (smallest(to) <= smallest(from) && largest(from) <= largest(to)) {
        refuse(std::string("cvt.sat.") + to.name + "." + from.name + " d, d;");
        continue;
      }
      compare(
          std::string("cvt.sat.") + to.name + "." + from.name + " d, a;",
          {registerBits(to), registerBits(from)}, {values}, [&](const Row &row) {
            __int128 value = numberOf(row[0], from);
            value = value > largest(to) ? largest(to) : value < smallest(to) ? smallest(to) : value;
            return inRegister(value, to);
          });
    }
}

TEST(ConvertInstruction, HalfArithmetic) {
  HalfTable table(false);
  auto value = [&](uint64_t bits) {
    return static_cast<__float128>(table.value(static_cast<uint16_t>(bits)));
  };
  compare("add.rn.f16 d, a, b;", {16, 16, 16}, {halfEdges(), halfEdges()},
          [&](const Row &row) -> uint64_t {
            if (row[0] == 0x8000 && row[1] == 0x8000)
              return 0x8000;
            return table.round(value(row[0]) + value(row[1]), "rn");
          });
  compare("mul.rn.f16 d, a, b;", {16, 16, 16}, {halfEdges(), halfEdges()},
          [&](const Row &row) -> uint64_t {
            __float128 product = value(row[0]) * value(row[1]);
            return product == 0 ? (row[0] ^ row[1]) & 0x8000 : table.round(product, "rn");
          });
  compare("fma.rn.f16 d, a, b, c;", {16, 16, 16, 16}, {halfEdges(), halfEdges(), halfEdges()},
          [&](const Row &row) -> uint64_t {
            __float128 product = value(row[0]) * value(row[1]), sum = product + value(row[2]);
            if (sum == 0) { // zeros keep their sign only when both have it
              bool negative =
                  product == 0 ? ((row[0] ^ row[1]) & 0x8000) && (row[2] & 0x8000) : false;
              return negative ? 0x8000 : 0;
            }
            return table.round(sum, "rn");
          });
}

TEST(ConvertInstruction, Tf32) {
  std::vector<uint64_t> values = singleEdges();
  for (uint32_t low : {0xfffu, 0x1000u, 0x1001u, 0x1fffu, 0x2fffu, 0x3000u})
    values.push_back(0x3f800000 | low), values.push_back(0xc1234000 | low);
  compare("cvt.rna.tf32.f32 d, a;", {32, 32}, {values}, [](const Row &row) -> uint64_t {
    uint32_t bits = static_cast<uint32_t>(row[0]);
    if ((bits & 0x7fffffff) > 0x7f800000)
      return 0x7fffffff;
    return (bits & 0x7f800000) == 0x7f800000 ? bits : (bits + 0x1000) & 0xffffe000;
  });
}

} // namespace mmc::emulator::test
