// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The less common forms of f32 and f64 arithmetic: pairs, mad, signs
// and properties of doubles, approximations of special values.

#include "Instruction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cfenv>
#include <cmath>

namespace mmc::emulator::test {

using Row = std::vector<uint64_t>;

static float single(uint64_t bits) { return bitsOf<float>(static_cast<uint32_t>(bits)); }
static float flushed(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value) : value;
}
static uint64_t bitsOfSingle(float value) {
  return std::isnan(value) ? 0x7fffffff : bitsOf<uint32_t>(value);
}
static std::vector<uint64_t> doublesWithNan() {
  std::vector<uint64_t> list = doubleEdges();
  list.push_back(0x7ff8000000000000);
  return list;
}

struct Mode {
  const char *name;
  int host;
};
constexpr Mode modes[] = {
    {"rn", FE_TONEAREST}, {"rz", FE_TOWARDZERO}, {"rm", FE_DOWNWARD}, {"rp", FE_UPWARD}};

template <typename T, typename F>
static T under(int mode, F f) {
  std::fesetround(mode);
  volatile T value = f();
  std::fesetround(FE_TONEAREST);
  return value;
}

/// Two numbers in 64 bits, the upper another edge than the lower.
TEST(FloatForms, Pairs) {
  std::vector<uint64_t> edges = singleEdges(), pairs;
  for (size_t i = 0; i < edges.size(); i += 2)
    pairs.push_back(edges[i] | edges[(7 * i + 3) % edges.size()] << 32);
  auto check = [&](const char *name, size_t operands, float (*f)(volatile float *)) {
    for (const Mode &mode : modes)
      for (bool ftz : {false, true}) {
        std::string text = std::string(name) + "." + mode.name + (ftz ? ".ftz" : "") +
                           ".f32x2 d, a, b" + (operands > 2 ? ", c;" : ";");
        compare(text, std::vector<unsigned>(operands + 1, 64),
                std::vector<std::vector<uint64_t>>(operands, pairs), [&](const Row &row) {
                  uint64_t result = 0;
                  for (unsigned from : {0u, 32u}) {
                    volatile float x[3] = {};
                    for (size_t i = 0; i < operands; ++i)
                      x[i] = ftz ? flushed(single(row[i] >> from & 0xffffffff))
                                 : single(row[i] >> from & 0xffffffff);
                    float value = under<float>(mode.host, [&] { return f(x); });
                    result |= bitsOfSingle(ftz ? flushed(value) : value) << from;
                  }
                  return result;
                });
      }
  };
  check("add", 2, [](volatile float *x) { return x[0] + x[1]; });
  check("sub", 2, [](volatile float *x) { return x[0] - x[1]; });
  check("mul", 2, [](volatile float *x) { return x[0] * x[1]; });
  check("fma", 3,
        [](volatile float *x) { return std::fma(float(x[0]), float(x[1]), float(x[2])); });
}

/// mad is fma on all chips here; sub and rcp of doubles.
TEST(FloatForms, Rounded) {
  auto check = [&](const std::string &name, size_t operands, double (*f)(volatile double *)) {
    for (const Mode &mode : modes)
      compare("{ " + name + "." + mode.name + ".f64 d, a" + (operands > 1 ? ", b" : "") +
                  (operands > 2 ? ", c" : "") + "; testp.notanumber.f64 p, d; @p mov.b64 d, 1; }",
              std::vector<unsigned>(operands + 1, 64),
              std::vector<std::vector<uint64_t>>(operands, doublesWithNan()), [&](const Row &row) {
                volatile double x[3] = {};
                for (size_t i = 0; i < operands; ++i)
                  x[i] = bitsOf<double>(row[i]);
                double value = under<double>(mode.host, [&] { return f(x); });
                return std::isnan(value) ? 1 : bitsOf<uint64_t>(value);
              });
  };
  check("sub", 2, [](volatile double *x) { return x[0] - x[1]; });
  check("rcp", 1, [](volatile double *x) { return 1.0 / x[0]; });
  check("mad", 3,
        [](volatile double *x) { return std::fma(double(x[0]), double(x[1]), double(x[2])); });
  std::vector<uint64_t> edges = singleEdges();
  for (const Mode &mode : modes)
    for (bool ftz : {false, true})
      for (bool sat : {false, true})
        compare(std::string("mad.") + mode.name + (ftz ? ".ftz" : "") + (sat ? ".sat" : "") +
                    ".f32 d, a, b, c;",
                {32, 32, 32, 32},
                {edges,
                 edges,
                 {0, 0x80000000, 1, 0x3f800000, 0xbf800001, 0x7f7fffff, 0x7f800000, 0x7fc00000}},
                [&](const Row &row) -> uint64_t {
                  volatile float x[3];
                  for (size_t i = 0; i < 3; ++i)
                    x[i] = ftz ? flushed(single(row[i])) : single(row[i]);
                  float value = under<float>(
                      mode.host, [&] { return std::fma(float(x[0]), float(x[1]), float(x[2])); });
                  if (ftz)
                    value = flushed(value);
                  if (sat)
                    value = std::isnan(value) || value <= 0 ? 0.0f : value > 1 ? 1.0f : value;
                  return bitsOfSingle(value);
                });
}

TEST(FloatForms, SignsAndProperties) {
  compare("abs.f64 d, a;", {64, 64}, {doubleEdges()},
          [](const Row &row) { return row[0] & ~(uint64_t(1) << 63); });
  compare("neg.f64 d, a;", {64, 64}, {doubleEdges()},
          [](const Row &row) { return row[0] ^ uint64_t(1) << 63; });
  compare("copysign.f64 d, a, b;", {64, 64, 64}, {doublesWithNan(), doublesWithNan()},
          [](const Row &row) {
            return (row[0] & uint64_t(1) << 63) | (row[1] & ~(uint64_t(1) << 63));
          });
  compare("abs.ftz.f32 d, a;", {32, 32}, {singleEdges()},
          [](const Row &row) { return bitsOfSingle(std::fabs(flushed(single(row[0])))); });
  compare("neg.ftz.f32 d, a;", {32, 32}, {singleEdges()},
          [](const Row &row) { return bitsOfSingle(-flushed(single(row[0]))); });
  struct Property {
    const char *name;
    std::vector<int> classes;
  };
  // PTX counts zeros among the normal numbers.
  for (const Property &property :
       std::vector<Property>{{"finite", {FP_ZERO, FP_SUBNORMAL, FP_NORMAL}},
                             {"infinite", {FP_INFINITE}},
                             {"number", {FP_ZERO, FP_SUBNORMAL, FP_NORMAL, FP_INFINITE}},
                             {"notanumber", {FP_NAN}},
                             {"normal", {FP_ZERO, FP_NORMAL}},
                             {"subnormal", {FP_SUBNORMAL}}}) {
    auto is = [&](int kind) {
      return static_cast<uint64_t>(
          std::count(property.classes.begin(), property.classes.end(), kind));
    };
    std::string name = std::string("testp.") + property.name;
    compare(name + ".f32 p, a; selp.b32 d, 1, 0, p;", {32, 32}, {singleEdges()},
            [&](const Row &row) { return is(std::fpclassify(single(row[0]))); });
    compare(name + ".f64 p, a; selp.b32 d, 1, 0, p;", {32, 64}, {doublesWithNan()},
            [&](const Row &row) { return is(std::fpclassify(bitsOf<double>(row[0]))); });
  }
}

/// The tables of special values in the manual, with .ftz and without.
TEST(FloatForms, SpecialValues) {
  constexpr uint32_t inf = 0x7f800000, minusInf = 0xff800000, nan = 0x7fffffff, one = 0x3f800000,
                     minusOne = 0xbf800000, zero = 0, minusZero = 0x80000000;
  struct Special {
    const char *name;
    uint32_t ofMinusInf, ofMinusOne, ofMinusZero, ofZero, ofOne, ofInf;
    bool canFlush = true;
  };
  constexpr uint32_t any = 1; // not in the table
  for (const Special &s : {Special{"rcp.approx", minusZero, minusOne, minusInf, inf, one, zero},
                           Special{"sqrt.approx", nan, nan, minusZero, zero, one, inf},
                           Special{"rsqrt.approx", nan, nan, minusInf, inf, one, zero},
                           Special{"sin.approx", nan, any, minusZero, zero, any, nan},
                           Special{"cos.approx", nan, any, one, one, any, nan},
                           Special{"lg2.approx", nan, nan, minusInf, minusInf, zero, inf},
                           Special{"ex2.approx", zero, 0x3f000000, one, one, 0x40000000, inf},
                           Special{"tanh.approx", minusOne, any, minusZero, zero, any, one, false}})
    for (bool ftz : {false, true}) {
      if (ftz && !s.canFlush)
        continue;
      compare(std::string(s.name) + (ftz ? ".ftz" : "") + ".f32 d, a;", {32, 32},
              {{minusInf, minusZero, zero, inf, 0x7fc00000, 0xffc00000}},
              [&](const Row &row) -> uint64_t {
                uint32_t a = static_cast<uint32_t>(row[0]);
                return a == minusInf    ? s.ofMinusInf
                       : a == minusZero ? s.ofMinusZero
                       : a == zero      ? s.ofZero
                       : a == inf       ? s.ofInf
                                        : nan;
              });
      std::vector<uint64_t> ones;
      if (s.ofMinusOne != any)
        ones.push_back(minusOne);
      if (s.ofOne != any)
        ones.push_back(one);
      if (!ones.empty())
        compare(std::string(s.name) + (ftz ? ".ftz" : "") + ".f32 d, a;", {32, 32}, {ones},
                [&](const Row &row) -> uint64_t { return row[0] == one ? s.ofOne : s.ofMinusOne; });
      if (ftz) // subnormals are zeros of their sign
        compare(std::string(s.name) + ".ftz.f32 d, a;", {32, 32}, {{1, 0x807fffff}},
                [&](const Row &row) -> uint64_t { return row[0] == 1 ? s.ofZero : s.ofMinusZero; });
    }
}

/// Divisions: 2 units in the last place, and what is special about large divisors.
TEST(FloatForms, Divisions) {
  for (bool ftz : {false, true})
    for (bool full : {false, true}) {
      std::vector<Row> rows;
      for (uint64_t a : singleEdges())
        for (uint64_t b : singleEdges())
          rows.push_back({a, b});
      std::string text =
          std::string("div.") + (full ? "full" : "approx") + (ftz ? ".ftz" : "") + ".f32 d, a, b;";
      std::vector<uint64_t> results = execute(text, {32, 32, 32}, rows);
      ASSERT_EQ(results.size(), rows.size());
      for (size_t i = 0; i < rows.size(); ++i) {
        float a = single(rows[i][0]), b = single(rows[i][1]), got = single(results[i]);
        if (ftz)
          a = flushed(a), b = flushed(b);
        double want = static_cast<double>(a) / b;
        if (!full && std::fabs(b) > 0x1p126f && std::isfinite(b))
          want = std::isinf(a) || std::isnan(a) ? NAN : 0;
        float nearest = static_cast<float>(want);
        if (ftz)
          nearest = flushed(nearest);
        std::string where = text + " of " + std::to_string(a) + ", " + std::to_string(b);
        if (std::isnan(nearest) || std::isinf(nearest) || nearest == 0) {
          ASSERT_TRUE(got == nearest || (std::isnan(got) && std::isnan(nearest)))
              << where << ": got " << got;
          continue;
        }
        double step = std::max(std::ldexp(1.0, std::ilogb(nearest) - 23), 0x1p-149);
        ASSERT_LE(std::fabs(got - want), 2 * step) << where;
      }
    }
}

/// rcp.approx.ftz.f64 and rsqrt.approx{.ftz}.f64 look at the upper half and give one.
TEST(FloatForms, DoubleApproximations) {
  for (const char *name : {"rcp.approx.ftz", "rsqrt.approx", "rsqrt.approx.ftz"}) {
    bool isRoot = name[1] == 's', ftz = std::string(name).find("ftz") != std::string::npos;
    std::vector<Row> rows;
    for (uint64_t bits : doublesWithNan())
      rows.push_back({bits});
    for (uint64_t i = 1; i < 500; ++i)
      rows.push_back({bitsOf<uint64_t>(0.013 * static_cast<double>(i))});
    std::vector<uint64_t> results = execute(std::string(name) + ".f64 d, a;", {64, 64}, rows);
    ASSERT_EQ(results.size(), rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      double a = bitsOf<double>(rows[i][0] & 0xffffffff00000000), got = bitsOf<double>(results[i]);
      if (ftz && std::fpclassify(a) == FP_SUBNORMAL)
        a = std::copysign(0.0, a);
      double want = isRoot ? 1 / std::sqrt(a) : 1 / a;
      if (ftz && std::fpclassify(want) == FP_SUBNORMAL)
        want = std::copysign(0.0, want);
      ASSERT_EQ(results[i] & 0xffffffff, 0u) << name << " of " << a;
      ASSERT_TRUE(got == want || (std::isnan(got) && std::isnan(want)) ||
                  std::fabs(got - want) <= 0x1p-19 * std::fabs(want))
          << name << " of " << a << ": got " << got;
      ASSERT_TRUE(std::isnan(want) || std::signbit(got) == std::signbit(want))
          << name << " of " << a;
    }
  }
}

} // namespace mmc::emulator::test
