// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// setp, set, selp and slct of every type and comparison against the host's order of the values.

#include "Instruction.h"
#include "Table.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mmc::emulator::test {

using Row = std::vector<uint64_t>;

namespace {

struct Comparison {
  const char *name;
  bool less, equal, greater, unordered;
};
constexpr Comparison comparisons[] = {
    {"eq", false, true, false, false}, {"ne", true, false, true, false},
    {"lt", true, false, false, false}, {"le", true, true, false, false},
    {"gt", false, false, true, false}, {"ge", false, true, true, false},
    {"equ", false, true, false, true}, {"neu", true, false, true, true},
    {"ltu", true, false, false, true}, {"leu", true, true, false, true},
    {"gtu", false, false, true, true}, {"geu", false, true, true, true},
    {"num", true, true, true, false},  {"nan", false, false, false, true}};
/// Of unsigned integers.
constexpr Comparison unsignedNames[] = {{"lo", true, false, false, false},
                                        {"ls", true, true, false, false},
                                        {"hi", false, false, true, false},
                                        {"hs", false, true, true, false}};

enum class Class { Bits, Unsigned, Signed, Float };
struct Kind {
  const char *name;
  Class is;
  unsigned bits;
  HalfTable *half = nullptr; ///< of f16 and bf16
  bool isFloat() const { return is == Class::Float; }

  /// <0, 0, >0, or 2 for unordered.
  int order(uint64_t a, uint64_t b, bool ftz) const {
    if (!isFloat()) {
      auto value = [&](uint64_t raw) {
        return static_cast<__int128>(raw) -
               (is == Class::Signed && raw >> (bits - 1) ? static_cast<__int128>(1) << bits : 0);
      };
      return value(a) < value(b) ? -1 : value(a) > value(b);
    }
    double x = value(a, ftz), y = value(b, ftz);
    return std::isnan(x) || std::isnan(y) ? 2 : x < y ? -1 : x > y;
  }
  double value(uint64_t raw, bool ftz) const {
    double smallestNormal =
        bits == 16 ? half->value(std::string(name) == "bf16" ? 0x80 : 0x400) : 0x1p-126;
    double v = bits == 16   ? half->value(static_cast<uint16_t>(raw))
               : bits == 32 ? bitsOf<float>(static_cast<uint32_t>(raw))
                            : bitsOf<double>(raw);
    return ftz && std::fabs(v) < smallestNormal ? 0 : v;
  }
  std::vector<uint64_t> edges() const {
    if (!isFloat())
      return integerEdges(bits);
    if (bits == 64) {
      std::vector<uint64_t> list = doubleEdges();
      list.push_back(0x7ff8000000000000);
      return list;
    }
    if (bits == 32)
      return singleEdges();
    std::vector<uint64_t> list = halfEdges(); // of bf16: subnormals, ones, infinities besides
    for (uint64_t v : {0x7f80, 0xff80, 0x7fc0, 0x0040, 0x8040, 0x007f, 0x0080, 0x8080, 0x3f80})
      list.push_back(v);
    return list;
  }
};

HalfTable f16(false), bf16(true);
const Kind kinds[] = {
    {"b16", Class::Bits, 16},         {"b32", Class::Bits, 32},     {"b64", Class::Bits, 64},
    {"u16", Class::Unsigned, 16},     {"u32", Class::Unsigned, 32}, {"u64", Class::Unsigned, 64},
    {"s16", Class::Signed, 16},       {"s32", Class::Signed, 32},   {"s64", Class::Signed, 64},
    {"f32", Class::Float, 32},        {"f64", Class::Float, 64},    {"f16", Class::Float, 16, &f16},
    {"bf16", Class::Float, 16, &bf16}};

bool canFlush(const Kind &kind) { return kind.isFloat() && kind.half != &bf16 && kind.bits != 64; }

bool holds(const Comparison &c, int order) {
  return order == 2 ? c.unordered : order < 0 ? c.less : order > 0 ? c.greater : c.equal;
}

bool combined(const std::string &how, bool value, bool q) {
  return how == ".and"   ? value && q
         : how == ".or"  ? value || q
         : how == ".xor" ? value != q
                         : value;
}

/// f(comparison, words after its name, combination, ftz) for all that a kind has.
void forComparisons(const Kind &kind,
                    const std::function<void(const Comparison &, const std::string &,
                                             const std::string &, bool)> &f) {
  std::vector<Comparison> list(comparisons, comparisons + (kind.is == Class::Bits ? 2
                                                           : kind.isFloat()       ? 14
                                                                                  : 6));
  if (kind.is == Class::Unsigned)
    list.insert(list.end(), unsignedNames, unsignedNames + 4);
  for (const Comparison &c : list)
    for (const char *how : {"", ".and", ".or", ".xor"})
      for (bool ftz : {false, true})
        if (!ftz || canFlush(kind))
          f(c, std::string(c.name) + how + (ftz ? ".ftz." : "."), how, ftz);
}

/// With a combination every third value is enough: the comparisons have been seen without one.
std::vector<uint64_t> thinned(const std::vector<uint64_t> &list, const std::string &how) {
  std::vector<uint64_t> some;
  for (size_t i = 0; i < list.size(); i += how.empty() ? 1 : 3)
    some.push_back(list[i]);
  return some;
}

std::vector<uint64_t> predicates(const std::string &how) {
  return how.empty() ? std::vector<uint64_t>{1} : std::vector<uint64_t>{0, 1};
}

} // namespace

TEST(CompareInstruction, Setp) {
  for (const Kind &kind : kinds)
    forComparisons(kind, [&](const Comparison &c, const std::string &words, const std::string &how,
                             bool ftz) {
      std::string third = how.empty() ? ";" : ", r;";
      // Of halves there is the one predicate only.
      std::string name = kind.name;
      bool isHalf = name == "f16" || name == "bf16";
      compare("{ .reg .pred r; setp.ne.u32 r, c, 0; setp." + words + name +
                  (isHalf ? " p, a, b" : " p|q, a, b") + third + " selp.b32 d, 1, 0, p; " +
                  (isHalf ? "" : "@q add.u32 d, d, 2; ") + "}",
              {32, kind.bits, kind.bits, 32},
              {thinned(kind.edges(), how), thinned(kind.edges(), how), predicates(how)},
              [&](const Row &row) -> uint64_t {
                bool is = holds(c, kind.order(row[0], row[1], ftz)), q = row[2];
                return (combined(how, is, q) ? 1 : 0) + (combined(how, !is, q) && !isHalf ? 2 : 0);
              });
    });
}

TEST(CompareInstruction, Set) {
  struct Result {
    const char *name;
    unsigned bits;
    uint64_t one;
  };
  constexpr Result wide[] = {
      {"u32", 32, 0xffffffff}, {"s32", 32, 0xffffffff}, {"f32", 32, 0x3f800000}};
  constexpr Result ofF16[] = {{"u16", 16, 0xffff},
                              {"s16", 16, 0xffff},
                              {"u32", 32, 0xffffffff},
                              {"s32", 32, 0xffffffff},
                              {"f16", 16, 0x3c00}};
  constexpr Result ofBf16[] = {{"u16", 16, 0xffff},
                               {"s16", 16, 0xffff},
                               {"u32", 32, 0xffffffff},
                               {"s32", 32, 0xffffffff},
                               {"bf16", 16, 0x3f80}};
  for (const Kind &kind : kinds) {
    std::vector<Result> results(std::begin(wide), std::end(wide));
    if (kind.half == &f16)
      results.assign(std::begin(ofF16), std::end(ofF16));
    if (kind.half == &bf16)
      results.assign(std::begin(ofBf16), std::end(ofBf16));
    for (const Result &to : results)
      forComparisons(kind, [&](const Comparison &c, const std::string &words,
                               const std::string &how, bool ftz) {
        compare("setp.ne.u32 p, c, 0; set." + words + to.name + "." + kind.name + " d, a, b" +
                    (how.empty() ? ";" : ", p;"),
                {to.bits, kind.bits, kind.bits, 32},
                {thinned(kind.edges(), how), thinned(kind.edges(), how), predicates(how)},
                [&](const Row &row) {
                  return combined(how, holds(c, kind.order(row[0], row[1], ftz)), row[2]) ? to.one
                                                                                          : 0;
                });
      });
  }
}

/// Of pairs: setp gives a predicate for each half, set a half for each (all ones of 16 bits,
/// or 1.0).
TEST(CompareInstruction, Pairs) {
  for (const Kind &kind : kinds) {
    if (!kind.half)
      continue;
    std::vector<uint64_t> edges = kind.edges(), pairs;
    for (size_t i = 0; i < edges.size(); ++i)
      pairs.push_back(edges[i] | edges[(5 * i + 2) % edges.size()] << 16);
    std::string pair = std::string(kind.name) + "x2";
    forComparisons(kind, [&](const Comparison &c, const std::string &words, const std::string &how,
                             bool ftz) {
      auto half = [&](const Row &row, unsigned from) {
        return combined(how,
                        holds(c, kind.order(row[0] >> from & 0xffff, row[1] >> from & 0xffff, ftz)),
                        row[2]);
      };
      std::string third = how.empty() ? ";" : ", r;",
                  start = "{ .reg .pred r; setp.ne.u32 r, c, 0; ";
      std::vector<std::vector<uint64_t>> values = {thinned(pairs, how), thinned(pairs, how),
                                                   predicates(how)};
      compare(start + "setp." + words + pair + " p|q, a, b" + third +
                  " selp.b32 d, 1, 0, p; @q add.u32 d, d, 2; }",
              {32, 32, 32, 32}, values, [&](const Row &row) -> uint64_t {
                return (half(row, 0) ? 1 : 0) + (half(row, 16) ? 2 : 0);
              });
      for (const std::string &to : {std::string("u32"), std::string("s32"), pair}) {
        uint64_t one = to != pair ? 0xffff : kind.half == &f16 ? 0x3c00 : 0x3f80;
        compare(start + "set." + words + to + "." + pair + " d, a, b" + third + " }",
                {32, 32, 32, 32}, values, [&](const Row &row) {
                  return (half(row, 0) ? one : 0) | (half(row, 16) ? one << 16 : 0);
                });
      }
    });
  }
}

/// .lo, .ls, .hi, .hs are of unsigned integers, and order is not of bits.
TEST(CompareInstruction, Refusals) {
  for (const char *words : {"lo", "ls", "hi", "hs", "lt", "le", "gt", "ge"})
    for (const char *type : {"b16", "b32", "b64", "s16", "s32", "s64"}) {
      if (*type == 's' && (words[1] == 't' || words[1] == 'e'))
        continue;
      std::string reg = std::string(type).substr(1) == "16"   ? "h"
                        : std::string(type).substr(1) == "32" ? "r"
                                                              : "d",
                  operands = reg + "1, " + reg + "2;", comparison = std::string(words) + ".";
      EXPECT_NE(loadError("setp." + comparison + type + " p1, " + operands), "") << words << type;
      EXPECT_NE(loadError("set." + comparison + "u32." + type + " r1, " + operands), "")
          << words << type;
    }
}

TEST(CompareInstruction, Selections) {
  for (const Kind &kind : kinds) {
    if (kind.half)
      continue;
    std::string type = kind.name;
    std::vector<std::vector<uint64_t>> values = {kind.edges(), {0, 3}, {}};
    values[2] = {0, 1};
    compare("setp.ne.u32 p, c, 0; selp." + type + " d, a, b, p;",
            {kind.bits, kind.bits, kind.bits, 32}, values,
            [](const Row &row) { return row[2] ? row[0] : row[1]; });
    compare("setp.ne.u32 p, c, 0; selp." + type + " d, a, b, !p;",
            {kind.bits, kind.bits, kind.bits, 32}, values,
            [](const Row &row) { return row[2] ? row[1] : row[0]; });
    values[2] = integerEdges(32);
    compare("slct." + type + ".s32 d, a, b, c;", {kind.bits, kind.bits, kind.bits, 32}, values,
            [](const Row &row) { return row[2] < 0x80000000 ? row[0] : row[1]; });
    // -0 counts as zero, NaN takes b.
    values[2] = singleEdges();
    for (bool ftz : {false, true})
      compare(std::string("slct") + (ftz ? ".ftz." : ".") + type + ".f32 d, a, b, c;",
              {kind.bits, kind.bits, kind.bits, 32}, values, [&](const Row &row) {
                float c = bitsOf<float>(static_cast<uint32_t>(row[2]));
                if (ftz && std::fpclassify(c) == FP_SUBNORMAL)
                  c = 0;
                return c >= 0 ? row[0] : row[1];
              });
  }
}

} // namespace mmc::emulator::test
