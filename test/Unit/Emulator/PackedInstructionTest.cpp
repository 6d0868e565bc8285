// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Integer instructions on parts of registers (24 bits, bytes, halves, bit fields) against the PTX
// manual's definitions, computed in wide integers or bit by bit.

#include "Instruction.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

using Row = std::vector<uint64_t>;
using Wide = __int128;

/// Bits [from, from + count) of a register, as a number.
static Wide field(uint64_t raw, unsigned from, unsigned count, bool isSigned) {
  Wide value = 0;
  for (unsigned i = 0; i < count; ++i)
    if (raw >> (from + i) & 1)
      value += (isSigned && i + 1 == count ? -1 : 1) * (static_cast<Wide>(1) << i);
  return value;
}
static uint64_t low32(Wide value) { return static_cast<uint64_t>(value) & 0xffffffff; }
static Wide clamp(Wide value, Wide low, Wide high) {
  return value < low ? low : value > high ? high : value;
}
static constexpr Wide int32Min = -Wide(0x80000000ll), int32Max = 0x7fffffff;

/// Edges of 32 bits and of the 24, 16 and 8 in them.
static std::vector<uint64_t> partEdges() {
  std::vector<uint64_t> list = integerEdges(32);
  for (uint64_t v : {0x7fffffull, 0x800000ull, 0xffffffull, 0x1000000ull, 0xff800001ull,
                     0x7fff8000ull, 0x80007fffull, 0x7f80ff01ull, 0x00ff8080ull})
    list.push_back(v);
  return list;
}

TEST(PackedInstruction, Mul24) {
  for (bool isSigned : {false, true}) {
    std::string type = isSigned ? "s32" : "u32";
    auto product = [=](const Row &row) {
      return field(row[0], 0, 24, isSigned) * field(row[1], 0, 24, isSigned);
    };
    for (bool high : {false, true}) {
      // Bits 47..16 of the 48-bit product, or its low 32.
      auto part = [=](const Row &row) { return high ? product(row) >> 16 : product(row); };
      std::string suffix = (high ? ".hi." : ".lo.") + type;
      compare("mul24" + suffix + " d, a, b;", {32, 32, 32}, {partEdges(), partEdges()},
              [&](const Row &row) { return low32(part(row)); });
      compare("mad24" + suffix + " d, a, b, c;", {32, 32, 32, 32},
              {partEdges(), partEdges(), integerEdges(32)},
              [&](const Row &row) { return low32(part(row) + static_cast<Wide>(row[2])); });
    }
  }
  compare("mad24.hi.sat.s32 d, a, b, c;", {32, 32, 32, 32},
          {partEdges(), partEdges(), integerEdges(32)}, [](const Row &row) {
            Wide product = field(row[0], 0, 24, true) * field(row[1], 0, 24, true);
            return low32(clamp((product >> 16) + field(row[2], 0, 32, true), int32Min, int32Max));
          });
}

TEST(PackedInstruction, MadHigh) {
  for (unsigned bits : {16u, 32u, 64u})
    for (bool isSigned : {false, true}) {
      std::vector<uint64_t> edges = integerEdges(bits);
      auto high = [=](const Row &row) -> uint64_t {
        if (bits < 64 || isSigned)
          return static_cast<uint64_t>(
              (field(row[0], 0, bits, isSigned) * field(row[1], 0, bits, isSigned)) >> bits);
        return static_cast<uint64_t>(static_cast<unsigned __int128>(row[0]) * row[1] >> 64);
      };
      uint64_t mask = bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1;
      compare(std::string("mad.hi.") + (isSigned ? "s" : "u") + std::to_string(bits) +
                  " d, a, b, c;",
              {bits, bits, bits, bits}, {edges, edges, edges},
              [&](const Row &row) { return (high(row) + row[2]) & mask; });
      if (bits == 64)
        compare(std::string("mad.lo.") + (isSigned ? "s64" : "u64") + " d, a, b, c;",
                {64, 64, 64, 64}, {edges, edges, edges},
                [&](const Row &row) { return row[0] * row[1] + row[2]; });
      if (isSigned) {
        std::string type = ".s" + std::to_string(bits);
        compare("abs" + type + " d, a;", {bits, bits}, {edges}, [&](const Row &row) {
          Wide value = field(row[0], 0, bits, true);
          return static_cast<uint64_t>(value < 0 ? -value : value) & mask;
        });
        compare("neg" + type + " d, a;", {bits, bits}, {edges},
                [&](const Row &row) { return (0 - row[0]) & mask; });
      }
    }
  compare("mad.hi.sat.s32 d, a, b, c;", {32, 32, 32, 32},
          {integerEdges(32), integerEdges(32), integerEdges(32)}, [](const Row &row) {
            Wide product = field(row[0], 0, 32, true) * field(row[1], 0, 32, true);
            return low32(clamp((product >> 32) + field(row[2], 0, 32, true), int32Min, int32Max));
          });
}

/// Carries of every type: a 128- or 64-bit sum in two steps, and the carry that the second gives
/// out.
TEST(PackedInstruction, CarryChains) {
  std::vector<uint64_t> edges = integerEdges(64);
  for (const char *type : {"u64", "s64"}) {
    std::string t = type;
    auto high = [](unsigned __int128 v) { return static_cast<uint64_t>(v >> 64); };
    compare("add.cc." + t + " d, a, b; addc." + t + " d, c, 0;", {64, 64, 64, 64},
            {edges, edges, edges}, [&](const Row &row) {
              return high(static_cast<unsigned __int128>(row[0]) + row[1]) + row[2];
            });
    compare("sub.cc." + t + " d, a, b; subc." + t + " d, c, 0;", {64, 64, 64, 64},
            {edges, edges, edges}, [&](const Row &row) { return row[2] - (row[0] < row[1]); });
    compare("mad.lo.cc." + t + " d, a, b, c; madc.lo." + t + " d, 0, 0, 0;", {64, 64, 64, 64},
            {edges, edges, edges}, [&](const Row &row) {
              return high(static_cast<unsigned __int128>(row[0] * row[1]) + row[2]);
            });
  }
  for (bool isSigned : {false, true}) {
    std::string t = isSigned ? "s32" : "u32";
    std::vector<uint64_t> words = integerEdges(32);
    compare("add.cc." + t + " d, a, b; addc.cc." + t + " d, c, 0xffffffff; addc." + t + " d, d, 0;",
            {32, 32, 32, 32}, {words, words, words}, [](const Row &row) {
              uint64_t second = row[2] + 0xffffffff + ((row[0] + row[1]) >> 32);
              return (second + (second >> 32)) & 0xffffffff;
            });
    compare("sub.cc." + t + " d, a, b; subc.cc." + t + " d, c, 1; subc." + t + " d, d, 0;",
            {32, 32, 32, 32}, {words, words, words}, [](const Row &row) {
              Wide second = static_cast<Wide>(row[2]) - 1 - (row[0] < row[1]);
              return low32(second - (second < 0));
            });
    compare("mad.hi.cc." + t + " d, a, b, c; madc.hi.cc." + t + " d, a, b, d; madc.lo." + t +
                " d, d, 1, 0;",
            {32, 32, 32, 32}, {words, words, words}, [&](const Row &row) {
              uint64_t high =
                  low32((field(row[0], 0, 32, isSigned) * field(row[1], 0, 32, isSigned)) >> 32);
              uint64_t first = high + row[2], second = high + (first & 0xffffffff) + (first >> 32);
              return ((second & 0xffffffff) + (second >> 32)) & 0xffffffff;
            });
  }
}

TEST(PackedInstruction, Dots) {
  for (bool sa : {false, true})
    for (bool sb : {false, true}) {
      std::string types =
          std::string(sa ? ".s32" : ".u32") + (sb ? ".s32" : ".u32") + " d, a, b, c;";
      auto dot = [=](const Row &row, unsigned count, unsigned bits, unsigned from) {
        Wide sum = static_cast<Wide>(row[2]);
        for (unsigned i = 0; i < count; ++i)
          sum += field(row[0], i * bits, bits, sa) * field(row[1], from + 8 * i, 8, sb);
        return low32(sum);
      };
      std::vector<std::vector<uint64_t>> values = {partEdges(), partEdges(), integerEdges(32)};
      compare("dp4a" + types, {32, 32, 32, 32}, values,
              [&](const Row &row) { return dot(row, 4, 8, 0); });
      compare("dp2a.lo" + types, {32, 32, 32, 32}, values,
              [&](const Row &row) { return dot(row, 2, 16, 0); });
      compare("dp2a.hi" + types, {32, 32, 32, 32}, values,
              [&](const Row &row) { return dot(row, 2, 16, 16); });
    }
}

TEST(PackedInstruction, PairsOf16) {
  auto pairs = [](const std::string &text, bool isSigned, Wide (*f)(Wide, Wide)) {
    compare(text + " d, a, b;", {32, 32, 32}, {partEdges(), partEdges()}, [&](const Row &row) {
      auto half = [&](unsigned from) {
        return static_cast<uint64_t>(
                   f(field(row[0], from, 16, isSigned), field(row[1], from, 16, isSigned))) &
               0xffff;
      };
      return half(0) | half(16) << 16;
    });
  };
  auto add = [](Wide a, Wide b) { return a + b; };
  auto smaller = [](Wide a, Wide b) { return a < b ? a : b; };
  auto larger = [](Wide a, Wide b) { return a < b ? b : a; };
  auto smallerRelu = [](Wide a, Wide b) { return clamp(a < b ? a : b, 0, 0x7fffffff); };
  auto largerRelu = [](Wide a, Wide b) { return clamp(a < b ? b : a, 0, 0x7fffffff); };
  for (bool isSigned : {false, true}) {
    std::string type = isSigned ? ".s16x2" : ".u16x2";
    pairs("add" + type, isSigned, add);
    pairs("min" + type, isSigned, smaller);
    pairs("max" + type, isSigned, larger);
  }
  pairs("min.relu.s16x2", true, smallerRelu);
  pairs("max.relu.s16x2", true, largerRelu);
  compare("min.relu.s32 d, a, b;", {32, 32, 32}, {partEdges(), partEdges()}, [&](const Row &row) {
    return low32(smallerRelu(field(row[0], 0, 32, true), field(row[1], 0, 32, true)));
  });
  compare("max.relu.s32 d, a, b;", {32, 32, 32}, {partEdges(), partEdges()}, [&](const Row &row) {
    return low32(largerRelu(field(row[0], 0, 32, true), field(row[1], 0, 32, true)));
  });
}

static std::vector<uint64_t> places() {
  return {0, 1, 2, 7, 15, 16, 30, 31, 32, 33, 63, 64, 65, 255, 256, 0x80000001, 0xffffffff};
}

TEST(PackedInstruction, Masks) {
  for (bool wrap : {false, true})
    compare(std::string("bmsk.") + (wrap ? "wrap" : "clamp") + ".b32 d, a, b;", {32, 32, 32},
            {places(), places()}, [&](const Row &row) {
              uint64_t from = wrap ? row[0] % 32 : row[0], count = wrap ? row[1] % 32 : row[1],
                       result = 0;
              for (uint64_t i = 0; i < 32; ++i)
                if (i >= from && i - from < count)
                  result |= uint64_t(1) << i;
              return result;
            });
}

TEST(PackedInstruction, Extensions) {
  for (bool wrap : {false, true})
    for (bool isSigned : {false, true})
      compare(std::string("szext.") + (wrap ? "wrap" : "clamp") + (isSigned ? ".s32" : ".u32") +
                  " d, a, b;",
              {32, 32, 32}, {partEdges(), places()}, [&](const Row &row) {
                uint64_t count = wrap ? row[1] % 32 : row[1];
                return low32(
                    field(row[0], 0, static_cast<unsigned>(count > 32 ? 32 : count), isSigned));
              });
}

TEST(PackedInstruction, NthSetBit) {
  std::vector<uint64_t> offsets = {0,          1,          2,          3,          16,
                                   31,         32,         33,         0xffffffff, 0xfffffffe,
                                   0xfffffff0, 0xffffffe0, 0x7fffffff, 0x80000000, 0x80000001};
  compare("fns.b32 d, a, b, c;", {32, 32, 32, 32},
          {partEdges(), {0, 1, 2, 5, 15, 16, 23, 30, 31}, offsets}, [](const Row &row) -> uint64_t {
            int64_t offset = static_cast<int64_t>(field(row[2], 0, 32, true)),
                    base = static_cast<int64_t>(row[1]);
            std::vector<int64_t> set; // the set bits from base on, in the order of the walk
            for (int64_t at = base; at >= 0 && at < 32; at += offset < 0 ? -1 : 1)
              if (row[0] >> at & 1)
                set.push_back(at);
            int64_t count = offset < 0 ? -offset : offset;
            if (offset == 0)
              return row[0] >> base & 1 ? row[1] : 0xffffffff;
            return count <= static_cast<int64_t>(set.size())
                       ? static_cast<uint64_t>(set[static_cast<size_t>(count - 1)])
                       : 0xffffffff;
          });
}

TEST(PackedInstruction, Inserts) {
  for (unsigned bits : {32u, 64u})
    for (unsigned length : {0u, 1u, 8u, 31u, 32u, 33u, 63u, 64u, 255u, 256u, 0xffffff01u})
      compare("mov.b32 t, " + std::to_string(length) + "; bfi.b" + std::to_string(bits) +
                  " d, a, b, c, t;",
              {bits, bits, bits, 32}, {integerEdges(bits), integerEdges(bits), places()},
              [&](const Row &row) {
                uint64_t result = row[1], position = row[2] & 0xff;
                for (unsigned i = 0; i < (length & 0xff) && position + i < bits; ++i) {
                  uint64_t bit = uint64_t(1) << (position + i);
                  result = row[0] >> i & 1 ? result | bit : result & ~bit;
                }
                return result;
              });
}

TEST(PackedInstruction, Finds) {
  for (unsigned bits : {32u, 64u})
    for (bool isSigned : {false, true})
      compare(std::string("bfind.shiftamt.") + (isSigned ? "s" : "u") + std::to_string(bits) +
                  " d, a;",
              {32, bits}, {integerEdges(bits)}, [&](const Row &row) -> uint64_t {
                bool sign = isSigned && (row[0] >> (bits - 1) & 1);
                for (unsigned i = 0; i < bits; ++i)
                  if (bool(row[0] >> (bits - 1 - i) & 1) != sign)
                    return i;
                return 0xffffffff;
              });
}

TEST(PackedInstruction, Logic) {
  for (unsigned bits : {16u, 32u, 64u}) {
    std::string type = ".b" + std::to_string(bits);
    uint64_t mask = bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1;
    std::vector<uint64_t> edges = integerEdges(bits);
    auto bitwise = [&](const char *name, unsigned table) {
      compare(name + type + " d, a, b;", {bits, bits, bits}, {edges, edges}, [&](const Row &row) {
        uint64_t result = 0;
        for (unsigned i = 0; i < bits; ++i)
          result |= uint64_t(table >> ((row[0] >> i & 1) << 1 | (row[1] >> i & 1)) & 1) << i;
        return result;
      });
    };
    bitwise("and", 8);
    bitwise("or", 14);
    bitwise("xor", 6);
    compare("not" + type + " d, a;", {bits, bits}, {edges},
            [&](const Row &row) { return mask - row[0]; });
    compare("cnot" + type + " d, a;", {bits, bits}, {edges},
            [](const Row &row) -> uint64_t { return row[0] ? 0 : 1; });
  }
  std::vector<uint64_t> truths = {0, 1};
  auto predicates = [&](const std::string &name, unsigned table) {
    compare("{ .reg .pred r; setp.ne.u32 p, a, 0; setp.ne.u32 q, b, 0; " + name +
                ".pred r, p, q; selp.b32 d, 1, 0, r; }",
            {32, 32, 32}, {truths, truths},
            [&](const Row &row) -> uint64_t { return table >> (row[0] << 1 | row[1]) & 1; });
  };
  predicates("and", 8);
  predicates("or", 14);
  predicates("xor", 6);
  compare("setp.ne.u32 p, a, 0; not.pred q, p; selp.b32 d, 1, 0, q;", {32, 32}, {truths},
          [](const Row &row) { return 1 - row[0]; });
}

/// All 256 functions, and the predicate that tells whether the result has a bit.
TEST(PackedInstruction, Lookups) {
  std::vector<uint64_t> a = {0xf0f0f0f0, 0, 0xffffffff}, b = {0xcccccccc, 0, 0xffffffff},
                        c = {0xaaaaaaaa, 0, 0xffffffff};
  for (unsigned table = 0; table < 256; ++table) {
    auto model = [&](const Row &row) {
      uint64_t result = 0;
      for (unsigned i = 0; i < 32; ++i)
        result |=
            uint64_t(table >> ((row[0] >> i & 1) * 4 + (row[1] >> i & 1) * 2 + (row[2] >> i & 1)) &
                     1)
            << i;
      return result;
    };
    std::string lut = std::to_string(table);
    compare("lop3.b32 d, a, b, c, " + lut + ";", {32, 32, 32, 32}, {a, b, c}, model);
    if (table % 17)
      continue;
    for (bool q : {false, true})
      for (bool isAnd : {false, true})
        compare(std::string("setp.eq.u32 q, 0, ") + (q ? "0" : "1") + "; lop3." +
                    (isAnd ? "and" : "or") + ".b32 d|p, a, b, c, " + lut +
                    ", q; selp.b32 d, 1, 0, p;",
                {32, 32, 32, 32}, {a, b, c}, [&](const Row &row) -> uint64_t {
                  return isAnd ? model(row) != 0 && q : model(row) != 0 || q;
                });
  }
}

TEST(PackedInstruction, PermuteModes) {
  // Bytes 0..3 are a's, 4..7 are b's; the rows of the manual's table, byte 3 first.
  struct Mode {
    const char *name;
    unsigned picks[4][4];
  };
  constexpr Mode modes[] = {{"f4e", {{3, 2, 1, 0}, {4, 3, 2, 1}, {5, 4, 3, 2}, {6, 5, 4, 3}}},
                            {"b4e", {{5, 6, 7, 0}, {6, 7, 0, 1}, {7, 0, 1, 2}, {0, 1, 2, 3}}},
                            {"rc8", {{0, 0, 0, 0}, {1, 1, 1, 1}, {2, 2, 2, 2}, {3, 3, 3, 3}}},
                            {"ecl", {{3, 2, 1, 0}, {3, 2, 1, 1}, {3, 2, 2, 2}, {3, 3, 3, 3}}},
                            {"ecr", {{0, 0, 0, 0}, {1, 1, 1, 0}, {2, 2, 1, 0}, {3, 2, 1, 0}}},
                            {"rc16", {{1, 0, 1, 0}, {3, 2, 3, 2}, {1, 0, 1, 0}, {3, 2, 3, 2}}}};
  for (const Mode &mode : modes)
    compare(std::string("prmt.b32.") + mode.name + " d, a, b, c;", {32, 32, 32, 32},
            {{0x83828180, 0x03020100}, {0x87868584, 0x07060504}, {0, 1, 2, 3, 4, 7, 0xfffffffe}},
            [&](const Row &row) {
              uint64_t result = 0;
              for (unsigned i = 0; i < 4; ++i) {
                unsigned pick = mode.picks[row[2] & 3][3 - i];
                result |= ((pick < 4 ? row[0] : row[1]) >> 8 * (pick % 4) & 0xff) << 8 * i;
              }
              return result;
            });
}

} // namespace mmc::emulator::test
