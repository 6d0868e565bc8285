// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Integer and bit instructions against arithmetic in 128 bits and bit by bit.

#include "Instruction.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

using Row = std::vector<uint64_t>;
using Wide = __int128;

struct Kind {
  char letter;
  unsigned bits;
  bool isSigned;
  std::string name() const { return letter + std::to_string(bits); }
  Wide value(uint64_t raw) const {
    bool negative = isSigned && (raw >> (bits - 1) & 1);
    return static_cast<Wide>(raw) - (negative ? static_cast<Wide>(1) << bits : 0);
  }
  uint64_t raw(Wide number) const {
    return bits == 64 ? static_cast<uint64_t>(number)
                      : static_cast<uint64_t>(number) & ((uint64_t(1) << bits) - 1);
  }
};
constexpr Kind kinds[] = {{'u', 16, false}, {'s', 16, true},  {'u', 32, false},
                          {'s', 32, true},  {'u', 64, false}, {'s', 64, true}};

template <typename F>
static void binary(const std::string &name, F f) {
  for (const Kind &kind : kinds)
    compare(name + "." + kind.name() + " d, a, b;", {kind.bits, kind.bits, kind.bits},
            {integerEdges(kind.bits), integerEdges(kind.bits)}, [&](const Row &row) {
              return kind.raw(f(kind, kind.value(row[0]), kind.value(row[1])));
            });
}

TEST(IntegerInstruction, Binary) {
  binary("add", [](const Kind &, Wide a, Wide b) { return a + b; });
  binary("sub", [](const Kind &, Wide a, Wide b) { return a - b; });
  binary("mul.lo", [](const Kind &, Wide a, Wide b) {
    return static_cast<Wide>(static_cast<unsigned __int128>(a) * static_cast<unsigned __int128>(b));
  });
  binary("min", [](const Kind &, Wide a, Wide b) { return a < b ? a : b; });
  binary("max", [](const Kind &, Wide a, Wide b) { return a > b ? a : b; });
  // By zero: unspecified; what the emulator documents.
  binary("div", [](const Kind &, Wide a, Wide b) { return b ? a / b : Wide(-1); });
  binary("rem", [](const Kind &, Wide a, Wide b) { return b ? a % b : a; });
}

TEST(IntegerInstruction, High) {
  for (const Kind &kind : kinds)
    compare("mul.hi." + kind.name() + " d, a, b;", {kind.bits, kind.bits, kind.bits},
            {integerEdges(kind.bits), integerEdges(kind.bits)}, [&](const Row &row) {
              if (kind.bits < 64 || kind.isSigned)
                return kind.raw((kind.value(row[0]) * kind.value(row[1])) >> kind.bits);
              return static_cast<uint64_t>((static_cast<unsigned __int128>(row[0]) * row[1]) >> 64);
            });
}

TEST(IntegerInstruction, WideAndMad) {
  for (const Kind &kind : kinds) {
    if (kind.bits == 64)
      continue;
    Kind twice{kind.letter, 2 * kind.bits, kind.isSigned};
    compare("mul.wide." + kind.name() + " d, a, b;", {twice.bits, kind.bits, kind.bits},
            {integerEdges(kind.bits), integerEdges(kind.bits)},
            [&](const Row &row) { return twice.raw(kind.value(row[0]) * kind.value(row[1])); });
    compare("mad.wide." + kind.name() + " d, a, b, c;",
            {twice.bits, kind.bits, kind.bits, twice.bits},
            {integerEdges(kind.bits), integerEdges(kind.bits), integerEdges(twice.bits)},
            [&](const Row &row) {
              return twice.raw(kind.value(row[0]) * kind.value(row[1]) + twice.value(row[2]));
            });
    compare("mad.lo." + kind.name() + " d, a, b, c;", {kind.bits, kind.bits, kind.bits, kind.bits},
            {integerEdges(kind.bits), integerEdges(kind.bits), integerEdges(kind.bits)},
            [&](const Row &row) {
              return kind.raw(kind.value(row[0]) * kind.value(row[1]) + kind.value(row[2]));
            });
    compare("sad." + kind.name() + " d, a, b, c;", {kind.bits, kind.bits, kind.bits, kind.bits},
            {integerEdges(kind.bits), integerEdges(kind.bits), integerEdges(kind.bits)},
            [&](const Row &row) {
              Wide a = kind.value(row[0]), b = kind.value(row[1]);
              return kind.raw(kind.value(row[2]) + (a < b ? b - a : a - b));
            });
  }
}

TEST(IntegerInstruction, SumOfDifferences64) {
  for (bool isSigned : {false, true})
    compare(std::string("sad.") + (isSigned ? "s64" : "u64") + " d, a, b, c;", {64, 64, 64, 64},
            {integerEdges(64), integerEdges(64), integerEdges(64)}, [&](const Row &row) {
              bool isLess = isSigned ? static_cast<int64_t>(row[0]) < static_cast<int64_t>(row[1])
                                     : row[0] < row[1];
              return row[2] + (isLess ? row[1] - row[0] : row[0] - row[1]);
            });
}

TEST(IntegerInstruction, Saturation) {
  Kind s32{'s', 32, true};
  auto clamp = [](Wide v) {
    return v > 0x7fffffff ? Wide(0x7fffffff) : v < -Wide(0x80000000ll) ? -Wide(0x80000000ll) : v;
  };
  compare("add.sat.s32 d, a, b;", {32, 32, 32}, {integerEdges(32), integerEdges(32)},
          [&](const Row &row) { return s32.raw(clamp(s32.value(row[0]) + s32.value(row[1]))); });
  compare("sub.sat.s32 d, a, b;", {32, 32, 32}, {integerEdges(32), integerEdges(32)},
          [&](const Row &row) { return s32.raw(clamp(s32.value(row[0]) - s32.value(row[1]))); });
}

TEST(IntegerInstruction, Carries) {
  compare("{ .reg .b32 l1, h1, l2, h2; mov.b64 {l1, h1}, a; mov.b64 {l2, h2}, b; add.cc.u32 l1, "
          "l1, l2; addc.u32 h1, h1, h2; mov.b64 d, {l1, h1}; }",
          {64, 64, 64}, {integerEdges(64), integerEdges(64)},
          [](const Row &row) { return row[0] + row[1]; });
  compare("{ .reg .b32 l1, h1, l2, h2; mov.b64 {l1, h1}, a; mov.b64 {l2, h2}, b; sub.cc.u32 l1, "
          "l1, l2; subc.u32 h1, h1, h2; mov.b64 d, {l1, h1}; }",
          {64, 64, 64}, {integerEdges(64), integerEdges(64)},
          [](const Row &row) { return row[0] - row[1]; });
  compare("{ .reg .b32 l1, h1, l2, h2, l, h; mov.b64 {l1, h1}, a; mov.b64 {l2, h2}, b; mul.lo.u32 "
          "l, l1, l2; mul.hi.u32 h, l1, l2;"
          " mad.lo.cc.u32 l, l1, l2, 0; madc.hi.u32 h, l1, l2, 0; mov.b64 d, {l, h}; }",
          {64, 64, 64}, {integerEdges(64), integerEdges(64)},
          [](const Row &row) { return (row[0] & 0xffffffff) * (row[1] & 0xffffffff); });
}

TEST(IntegerInstruction, Shifts) {
  std::vector<uint64_t> amounts = {0, 1, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65, 0xffffffff};
  for (const Kind &kind : kinds) {
    compare("shl.b" + std::to_string(kind.bits) + " d, a, b;", {kind.bits, kind.bits, 32},
            {integerEdges(kind.bits), amounts}, [&](const Row &row) {
              return row[1] >= kind.bits ? 0 : kind.raw(static_cast<Wide>(row[0]) << row[1]);
            });
    compare("shr." + kind.name() + " d, a, b;", {kind.bits, kind.bits, 32},
            {integerEdges(kind.bits), amounts}, [&](const Row &row) {
              return kind.raw(kind.value(row[0]) >> (row[1] > 100 ? 100 : row[1]));
            });
    compare("shr.b" + std::to_string(kind.bits) + " d, a, b;", {kind.bits, kind.bits, 32},
            {integerEdges(kind.bits), amounts},
            [&](const Row &row) { return row[1] >= kind.bits ? 0 : row[0] >> row[1]; });
  }
  for (const char *mode : {"wrap", "clamp"}) {
    auto amount = [&](uint64_t c) { return *mode == 'w' ? c & 31 : c > 32 ? 32 : c; };
    compare(std::string("shf.l.") + mode + ".b32 d, a, b, c;", {32, 32, 32, 32},
            {integerEdges(32), integerEdges(32), amounts}, [&](const Row &row) {
              return (((row[1] << 32 | row[0]) << amount(row[2])) >> 32) & 0xffffffff;
            });
    compare(std::string("shf.r.") + mode + ".b32 d, a, b, c;", {32, 32, 32, 32},
            {integerEdges(32), integerEdges(32), amounts}, [&](const Row &row) {
              return ((row[1] << 32 | row[0]) >> amount(row[2])) & 0xffffffff;
            });
  }
}

TEST(IntegerInstruction, BitFields) {
  std::vector<uint64_t> places = {0, 1, 7, 15, 31, 32, 40, 63, 64, 255};
  for (const Kind &kind : kinds) {
    if (kind.bits == 16)
      continue;
    compare("bfe." + kind.name() + " d, a, b, c;", {kind.bits, kind.bits, 32, 32},
            {integerEdges(kind.bits), places, places}, [&](const Row &row) {
              uint64_t position = row[1], length = row[2], result = 0, top = kind.bits - 1;
              uint64_t last = position + length - 1 < top ? position + length - 1 : top;
              bool sign = kind.isSigned && length && (row[0] >> last & 1);
              for (uint64_t i = 0; i < kind.bits; ++i)
                if (i < length && position + i <= top ? row[0] >> (position + i) & 1 : sign)
                  result |= uint64_t(1) << i;
              return result;
            });
    if (kind.isSigned)
      continue;
    compare("bfi.b" + std::to_string(kind.bits) + " d, a, b, c, 9;",
            {kind.bits, kind.bits, kind.bits, 32},
            {integerEdges(kind.bits), integerEdges(kind.bits), places}, [&](const Row &row) {
              uint64_t result = row[1];
              for (uint64_t i = 0; i < 9 && row[2] + i < kind.bits; ++i)
                result = (result & ~(uint64_t(1) << (row[2] + i))) | (row[0] >> i & 1)
                                                                         << (row[2] + i);
              return result;
            });
    std::string b = "b" + std::to_string(kind.bits);
    compare("popc." + b + " d, a;", {32, kind.bits}, {integerEdges(kind.bits)},
            [&](const Row &row) {
              uint64_t count = 0;
              for (unsigned i = 0; i < kind.bits; ++i)
                count += row[0] >> i & 1;
              return count;
            });
    compare("clz." + b + " d, a;", {32, kind.bits}, {integerEdges(kind.bits)}, [&](const Row &row) {
      uint64_t count = 0;
      while (count < kind.bits && !(row[0] >> (kind.bits - 1 - count) & 1))
        ++count;
      return count;
    });
    compare("brev." + b + " d, a;", {kind.bits, kind.bits}, {integerEdges(kind.bits)},
            [&](const Row &row) {
              uint64_t result = 0;
              for (unsigned i = 0; i < kind.bits; ++i)
                result |= (row[0] >> i & 1) << (kind.bits - 1 - i);
              return result;
            });
  }
  for (const Kind &kind : kinds)
    if (kind.bits > 16)
      compare("bfind." + kind.name() + " d, a;", {32, kind.bits}, {integerEdges(kind.bits)},
              [&](const Row &row) -> uint64_t {
                bool sign = kind.isSigned && (row[0] >> (kind.bits - 1) & 1);
                for (unsigned i = kind.bits; i-- > 0;)
                  if ((row[0] >> i & 1) != sign)
                    return i;
                return 0xffffffff;
              });
}

TEST(IntegerInstruction, Permutation) {
  std::vector<uint64_t> selectors = {0x3210, 0x7654, 0x0123, 0x5140, 0x8888,
                                     0xfb37, 0xc90a, 0x1111, 2};
  compare("prmt.b32 d, a, b, c;", {32, 32, 32, 32}, {integerEdges(32), integerEdges(32), selectors},
          [](const Row &row) {
            uint64_t bytes = row[1] << 32 | row[0], result = 0;
            for (unsigned i = 0; i < 4; ++i) {
              uint64_t s = row[2] >> 4 * i & 15, byte = bytes >> 8 * (s & 7) & 255;
              result |= (s & 8 ? (byte & 128 ? 255ull : 0) : byte) << 8 * i;
            }
            return result;
          });
  for (unsigned lut : {0x00u, 0x80u, 0x96u, 0xe8u, 0x1bu, 0xffu})
    compare("lop3.b32 d, a, b, c, " + std::to_string(lut) + ";", {32, 32, 32, 32},
            {integerEdges(32), integerEdges(32), integerEdges(32)}, [&](const Row &row) {
              uint64_t result = 0;
              for (unsigned i = 0; i < 32; ++i) {
                unsigned index =
                    (row[0] >> i & 1) << 2 | (row[1] >> i & 1) << 1 | (row[2] >> i & 1);
                result |= uint64_t(lut >> index & 1) << i;
              }
              return result;
            });
  compare("dp4a.s32.u32 d, a, b, c;", {32, 32, 32, 32},
          {integerEdges(32), integerEdges(32), integerEdges(32)}, [](const Row &row) {
            int64_t sum = static_cast<int32_t>(row[2]);
            for (unsigned i = 0; i < 4; ++i)
              sum += static_cast<int8_t>(row[0] >> 8 * i) *
                     static_cast<int64_t>(row[1] >> 8 * i & 255);
            return static_cast<uint64_t>(sum) & 0xffffffff;
          });
}

} // namespace mmc::emulator::test
