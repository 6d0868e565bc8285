// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic of f16 and bf16, single and in pairs, with every modifier, against exact sums and
// products that are rounded once by looking the result up in a table of all numbers.

#include "Instruction.h"

#include "mmc/Runtime/Emulator/Device.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mmc::emulator::test {

using Row = std::vector<uint64_t>;
using Exact = __float128;

namespace {

struct Format {
  bool isBf16;
  HalfTable table{isBf16};
  uint16_t infinity = isBf16 ? 0x7f80 : 0x7c00;
  uint16_t one = isBf16 ? 0x3f80 : 0x3c00;
  std::string name = isBf16 ? "bf16" : "f16";
  bool isNan(uint16_t bits) const { return (bits & 0x7fff) > infinity; }
  Exact value(uint16_t bits) const { return table.value(bits); }
  uint16_t flush(uint16_t bits) const { return bits & infinity ? bits : bits & 0x8000; }
  std::vector<uint64_t> edges() const {
    if (!isBf16)
      return halfEdges();
    std::vector<uint64_t> list;
    for (uint16_t size :
         {0x0,    0x1,    0x2,    0x40,   0x7f,   0x80,   0x81,   0x3f80, 0x3f81, 0x3f7f,
          0x3eab, 0x4049, 0x4300, 0x437f, 0x7f7f, 0x7f00, 0x7f80, 0x7fc0, 0x1f80, 0x3b80})
      for (uint16_t sign : {0x0, 0x8000})
        list.push_back(size | sign);
    return list;
  }
};

struct Modifiers {
  bool ftz = false, sat = false, relu = false, nan = false, xorsign = false;
};

using Model = std::function<uint16_t(const uint16_t *)>;

/// A sum to round: what 113 bits cannot hold is kept as a last bit, so that no false tie appears.
Exact sum(Exact a, Exact b) {
  Exact high = a + b;
  if (high - high != 0)
    return high;
  Exact part = high - a, low = (a - (high - part)) + (b - part);
  return low == 0 ? high
                  : high + (low > 0 ? 1 : -1) * (high < 0 ? -high : high) *
                               static_cast<Exact>(std::ldexp(1.0, -110));
}

uint16_t finish(const Format &format, Exact value, const Modifiers &modifiers) {
  if (value != value)
    return modifiers.sat ? 0 : 0x7fff;
  if ((modifiers.sat || modifiers.relu) && value <= 0)
    return 0;
  if (modifiers.sat && value >= 1)
    return format.one;
  uint16_t bits = format.table.round(value, "rn");
  return modifiers.ftz ? format.flush(bits) : bits;
}

/// The model on a half, then on pairs whose upper halves are other edges than the lower ones.
/// A model's 0x7fff stands for any NaN where `anyNan`.
void halves(const Format &format, const std::string &name, size_t operands, const Model &model,
            bool anyNan = false) {
  std::vector<uint64_t> edges = format.edges(), pairs;
  if (operands == 3)
    for (size_t i = edges.size(); i-- > 0;)
      if (i % 3 == 2)
        edges.erase(edges.begin() + static_cast<long>(i));
  for (size_t i = 0; i < edges.size(); ++i)
    pairs.push_back(edges[i] | edges[(7 * i + 3) % edges.size()] << 16);
  std::string list =
      std::string(" d, a") + (operands > 1 ? ", b" : "") + (operands > 2 ? ", c" : "") + ";";
  // Any NaN becomes 0x7fff before it is compared.
  std::string one = anyNan ? " setp.nan." + format.name + " p, d, d; @p mov.b16 d, 0x7fff;" : "";
  std::string both = anyNan ? " { .reg .b16 l, h; mov.b32 {l, h}, d; setp.nan." + format.name +
                                  " p, l, l; @p mov.b16 l, 0x7fff; setp.nan." + format.name +
                                  " p, h, h; @p mov.b16 h, 0x7fff; mov.b32 d, {l, h}; }"
                            : "";
  compare(name + "." + format.name + list + one, std::vector<unsigned>(operands + 1, 16),
          std::vector<std::vector<uint64_t>>(operands, edges), [&](const Row &row) -> uint64_t {
            uint16_t x[3] = {};
            for (size_t i = 0; i < operands; ++i)
              x[i] = static_cast<uint16_t>(row[i]);
            return model(x);
          });
  compare(name + "." + format.name + "x2" + list + both, std::vector<unsigned>(operands + 1, 32),
          std::vector<std::vector<uint64_t>>(operands, pairs), [&](const Row &row) -> uint64_t {
            uint16_t low[3] = {}, high[3] = {};
            for (size_t i = 0; i < operands; ++i)
              low[i] = static_cast<uint16_t>(row[i]), high[i] = static_cast<uint16_t>(row[i] >> 16);
            return model(low) | static_cast<uint64_t>(model(high)) << 16;
          });
}

std::string words(const Modifiers &modifiers) {
  return std::string(modifiers.ftz ? ".ftz" : "") + (modifiers.sat ? ".sat" : "") +
         (modifiers.relu ? ".relu" : "") + (modifiers.nan ? ".NaN" : "") +
         (modifiers.xorsign ? ".xorsign.abs" : "");
}

void arithmetic(const std::string &name, size_t operands, bool hasRelu,
                Exact (*f)(Exact, Exact, Exact)) {
  for (bool isBf16 : {false, true}) {
    Format format{isBf16};
    for (unsigned bits = 0; bits < 8; ++bits) {
      Modifiers modifiers;
      modifiers.ftz = bits & 1;
      modifiers.sat = bits & 2;
      modifiers.relu = bits & 4;
      if ((isBf16 && (modifiers.ftz || modifiers.sat)) ||
          (modifiers.relu && (modifiers.sat || !hasRelu)))
        continue;
      halves(format, name + words(modifiers), operands, [&](const uint16_t *x) {
        Exact v[3];
        for (unsigned i = 0; i < 3; ++i)
          v[i] = format.value(modifiers.ftz ? format.flush(x[i]) : x[i]);
        return finish(format, f(v[0], v[1], v[2]), modifiers);
      });
    }
  }
}

} // namespace

TEST(HalfInstruction, Add) {
  arithmetic("add", 2, false, [](Exact a, Exact b, Exact) { return sum(a, b); });
  arithmetic("add.rn", 2, false, [](Exact a, Exact b, Exact) { return sum(a, b); });
}
TEST(HalfInstruction, Sub) {
  arithmetic("sub", 2, false, [](Exact a, Exact b, Exact) { return sum(a, -b); });
  arithmetic("sub.rn", 2, false, [](Exact a, Exact b, Exact) { return sum(a, -b); });
}
TEST(HalfInstruction, Mul) {
  arithmetic("mul", 2, false, [](Exact a, Exact b, Exact) { return a * b; });
  arithmetic("mul.rn", 2, false, [](Exact a, Exact b, Exact) { return a * b; });
}
TEST(HalfInstruction, Fma) {
  arithmetic("fma.rn", 3, true, [](Exact a, Exact b, Exact c) { return sum(a * b, c); });
}

TEST(HalfInstruction, Extremes) {
  for (bool isBf16 : {false, true})
    for (bool maximum : {false, true})
      for (unsigned bits = 0; bits < 8; ++bits) {
        Format format{isBf16};
        Modifiers modifiers;
        modifiers.ftz = bits & 1;
        modifiers.nan = bits & 2;
        modifiers.xorsign = bits & 4;
        if (isBf16 && modifiers.ftz)
          continue;
        halves(
            format, (maximum ? "max" : "min") + words(modifiers), 2,
            [&](const uint16_t *x) -> uint16_t {
              uint16_t a = modifiers.ftz ? format.flush(x[0]) : x[0],
                       b = modifiers.ftz ? format.flush(x[1]) : x[1];
              uint16_t sign = modifiers.xorsign ? (a ^ b) & 0x8000 : 0;
              if (modifiers.xorsign)
                a &= 0x7fff, b &= 0x7fff;
              if (format.isNan(a) || format.isNan(b)) {
                if (modifiers.nan || (format.isNan(a) && format.isNan(b)))
                  return 0x7fff;
                return sign | (format.isNan(a) ? b : a);
              }
              Exact first = format.value(a), second = format.value(b);
              bool takesFirst =
                  first == second ? ((a & 0x8000) == 0) == maximum : (first > second) == maximum;
              return sign | (takesFirst ? a : b);
            },
            true);
      }
}

/// .xorsign and .abs come together; .abs alone is of three operands.
TEST(HalfInstruction, ExtremesRefuseHalfAModifier) {
  for (const char *type : {".f16", ".bf16x2", ".f32"})
    for (const char *word : {".abs", ".xorsign"}) {
      std::string bits = std::string(type) == ".f16" ? ".b16" : ".b32";
      std::string text = std::string("max") + word + type + " d, d, d;";
      Device device(**findChip("sm_100"));
      StatusOr<std::shared_ptr<Module>> module = device.load(
          ".version 8.7\n.target sm_100\n.address_size 64\n.visible .entry k() {\n.reg " + bits +
              " d;\n" + text + "\nret;\n}\n",
          text);
      ASSERT_FALSE(module.isOk()) << text;
      bool isOfThree = text == "max.abs.f32 d, d, d;";
      EXPECT_NE(module.status().message().find(isOfThree ? "takes 4 operands (d, a, b, c), got: 3"
                                                         : "is not supported"),
                std::string::npos)
          << module.status().message();
    }
}

TEST(HalfInstruction, Signs) {
  for (bool isBf16 : {false, true})
    for (bool ftz : {false, true}) {
      if (isBf16 && ftz)
        continue;
      Format format{isBf16};
      std::string suffix = ftz ? ".ftz" : "";
      auto unary = [&](const char *name, uint16_t (*f)(uint16_t)) {
        halves(
            format, name + suffix, 1,
            [&](const uint16_t *x) -> uint16_t {
              return format.isNan(x[0]) ? 0x7fff : f(ftz ? format.flush(x[0]) : x[0]);
            },
            true);
      };
      unary("abs", [](uint16_t v) -> uint16_t { return v & 0x7fff; });
      unary("neg", [](uint16_t v) -> uint16_t { return v ^ 0x8000; });
    }
}

/// On all halves: the errors of the PTX manual, and its table of special values. One step of the
/// subnormals is allowed where a result is so small.
static void approximation(const Format &format, const std::string &name, double (*exact)(double),
                          bool ftz, double relative, double absolute) {
  std::vector<std::vector<uint64_t>> rows, pairs;
  for (uint64_t i = 0; i < 65536; ++i)
    rows.push_back({i}), pairs.push_back({i | (i ^ 0x8000) << 16});
  std::vector<uint64_t> results = execute(name + "." + format.name + " d, a;", {16, 16}, rows);
  std::vector<uint64_t> paired = execute(name + "." + format.name + "x2 d, a;", {32, 32}, pairs);
  ASSERT_EQ(results.size(), rows.size());
  ASSERT_EQ(paired.size(), rows.size());
  for (size_t i = 0; i < 65536; ++i) {
    ASSERT_EQ(paired[i], results[i] | results[i ^ 0x8000] << 16) << name << " of " << i;
    uint16_t bits = static_cast<uint16_t>(i), got = static_cast<uint16_t>(results[i]);
    if (format.isNan(bits)) {
      ASSERT_TRUE(format.isNan(got)) << name << " of " << i;
      continue;
    }
    double want = exact(format.table.value(ftz ? format.flush(bits) : bits)),
           value = format.table.value(got);
    ASSERT_EQ(std::signbit(want), std::signbit(value)) << name << " of " << i;
    if (std::isinf(format.table.value(bits)) || want == 0) {
      ASSERT_EQ(value, want) << name << " of " << i;
      continue;
    }
    double largest = format.table.value(static_cast<uint16_t>(format.infinity - 1)),
           step = format.table.value(1);
    double smallestNormal = format.table.value(format.isBf16 ? 0x80 : 0x400);
    if (want > largest * 1.01) {
      ASSERT_TRUE(std::isinf(value)) << name << " of " << i;
    } else if (ftz && want < smallestNormal * 0.99) {
      ASSERT_EQ(value, 0) << name << " of " << i;
    } else if (want <= largest * 0.99 && !(ftz && want < smallestNormal * 1.01)) {
      ASSERT_LE(std::fabs(value - want), absolute + relative * std::fabs(want) + step)
          << name << " of " << i;
    }
  }
}

TEST(HalfInstruction, Approximations) {
  Format f16{false}, bf16{true};
  auto exp2 = [](double v) { return std::exp2(v); };
  auto tanh = [](double v) { return std::tanh(v); };
  approximation(f16, "ex2.approx", exp2, false, std::exp2(-9.9), 0);
  approximation(bf16, "ex2.approx.ftz", exp2, true, std::exp2(-7.0), 0);
  approximation(f16, "tanh.approx", tanh, false, 0, std::exp2(-10.987));
  approximation(bf16, "tanh.approx", tanh, false, 0, std::exp2(-8.0));
}

} // namespace mmc::emulator::test
