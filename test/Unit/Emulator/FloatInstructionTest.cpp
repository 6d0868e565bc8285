// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic of f32 and f64 with every rounding and modifier against the host's IEEE arithmetic.

#include "Instruction.h"

#include <gtest/gtest.h>

#include <cfenv>
#include <cmath>

namespace mmc::emulator::test {

using Row = std::vector<uint64_t>;

struct Mode {
  const char *name;
  int host;
};
constexpr Mode modes[] = {
    {"rn", FE_TONEAREST}, {"rz", FE_TOWARDZERO}, {"rm", FE_DOWNWARD}, {"rp", FE_UPWARD}};

static float single(uint64_t bits) { return bitsOf<float>(static_cast<uint32_t>(bits)); }
static float flushed(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value) : value;
}

/// The result under a rounding of the host; volatile, so that nothing is computed at another time.
template <typename T, typename F>
static T under(int mode, F f) {
  std::fesetround(mode);
  volatile T value = f();
  std::fesetround(FE_TONEAREST);
  return value;
}

static uint64_t finish(float value, bool ftz, bool sat) {
  if (ftz)
    value = flushed(value);
  if (sat)
    value = std::isnan(value) ? 0.0f : std::fmin(std::fmax(value, 0.0f), 1.0f);
  if (sat && value == 0)
    value = 0.0f;
  return std::isnan(value) ? 0x7fffffff : bitsOf<uint32_t>(value);
}

template <typename F>
static void singles(const std::string &name, size_t operands, bool canSaturate, F f) {
  for (const Mode &mode : modes)
    for (bool ftz : {false, true})
      for (bool sat : {false, true}) {
        if (sat && !canSaturate)
          continue;
        std::string text = name + "." + mode.name + (ftz ? ".ftz" : "") + (sat ? ".sat" : "") +
                           ".f32 d, a" + (operands > 1 ? ", b" : "") + (operands > 2 ? ", c" : "") +
                           ";";
        std::vector<unsigned> bits(operands + 1, 32);
        std::vector<uint64_t> edges = singleEdges();
        if (operands == 3)
          for (size_t i = edges.size(); i-- > 0;)
            if (i % 4 == 3)
              edges.erase(edges.begin() + static_cast<long>(i));
        compare(
            text, bits, std::vector<std::vector<uint64_t>>(operands, edges), [&](const Row &row) {
              volatile float x[3] = {};
              for (size_t i = 0; i < operands; ++i)
                x[i] = ftz ? flushed(single(row[i])) : single(row[i]);
              return finish(under<float>(mode.host, [&] { return f(x[0], x[1], x[2]); }), ftz, sat);
            });
      }
}

TEST(FloatInstruction, Add) {
  singles("add", 2, true,
          [](volatile float &a, volatile float &b, volatile float &) { return a + b; });
}
TEST(FloatInstruction, Sub) {
  singles("sub", 2, true,
          [](volatile float &a, volatile float &b, volatile float &) { return a - b; });
}
TEST(FloatInstruction, Mul) {
  singles("mul", 2, true,
          [](volatile float &a, volatile float &b, volatile float &) { return a * b; });
}
TEST(FloatInstruction, Div) {
  singles("div", 2, false,
          [](volatile float &a, volatile float &b, volatile float &) { return a / b; });
}
TEST(FloatInstruction, Fma) {
  singles("fma", 3, true, [](volatile float &a, volatile float &b, volatile float &c) {
    return std::fma(float(a), float(b), float(c));
  });
}
TEST(FloatInstruction, Sqrt) {
  singles("sqrt", 1, false, [](volatile float &a, volatile float &, volatile float &) {
    return std::sqrt(float(a));
  });
}
TEST(FloatInstruction, Rcp) {
  singles("rcp", 1, false,
          [](volatile float &a, volatile float &, volatile float &) { return 1.0f / a; });
}

template <typename F>
static void doubles(const std::string &name, size_t operands, F f) {
  for (const Mode &mode : modes) {
    std::string text = name + "." + mode.name + ".f64 d, a" + (operands > 1 ? ", b" : "") +
                       (operands > 2 ? ", c" : "") + ";";
    compare("{ " + text + " testp.notanumber.f64 p, d; @p mov.b64 d, 0x7ff8000000000000; }",
            std::vector<unsigned>(operands + 1, 64),
            std::vector<std::vector<uint64_t>>(operands, doubleEdges()), [&](const Row &row) {
              volatile double x[3] = {};
              for (size_t i = 0; i < operands; ++i)
                x[i] = bitsOf<double>(row[i]);
              double value = under<double>(mode.host, [&] { return f(x[0], x[1], x[2]); });
              return std::isnan(value) ? 0x7ff8000000000000 : bitsOf<uint64_t>(value);
            });
  }
}

TEST(FloatInstruction, Doubles) {
  doubles("add", 2,
          [](volatile double &a, volatile double &b, volatile double &) { return a + b; });
  doubles("mul", 2,
          [](volatile double &a, volatile double &b, volatile double &) { return a * b; });
  doubles("div", 2,
          [](volatile double &a, volatile double &b, volatile double &) { return a / b; });
  doubles("fma", 3, [](volatile double &a, volatile double &b, volatile double &c) {
    return std::fma(double(a), double(b), double(c));
  });
  doubles("sqrt", 1, [](volatile double &a, volatile double &, volatile double &) {
    return std::sqrt(double(a));
  });
}

TEST(FloatInstruction, Extremes) {
  for (bool maximum : {false, true})
    for (bool nan : {false, true}) {
      std::string text =
          std::string(maximum ? "max" : "min") + (nan ? ".NaN" : "") + ".f32 d, a, b;";
      compare(text, {32, 32, 32}, {singleEdges(), singleEdges()}, [&](const Row &row) -> uint64_t {
        float a = single(row[0]), b = single(row[1]);
        if (std::isnan(a) || std::isnan(b)) {
          if (nan || (std::isnan(a) && std::isnan(b)))
            return 0x7fffffff;
          return bitsOf<uint32_t>(std::isnan(a) ? b : a);
        }
        if (a == 0 && b == 0)
          return std::signbit(a) == std::signbit(b) ? row[0] : maximum ? 0 : 0x80000000;
        return bitsOf<uint32_t>(maximum ? std::fmax(a, b) : std::fmin(a, b));
      });
    }
}

TEST(FloatInstruction, Comparisons) {
  struct Comparison {
    const char *name;
    bool less, equal, greater, unordered;
  };
  constexpr Comparison all[] = {
      {"eq", false, true, false, false}, {"ne", true, false, true, false},
      {"lt", true, false, false, false}, {"le", true, true, false, false},
      {"gt", false, false, true, false}, {"ge", false, true, true, false},
      {"equ", false, true, false, true}, {"neu", true, false, true, true},
      {"ltu", true, false, false, true}, {"leu", true, true, false, true},
      {"gtu", false, false, true, true}, {"geu", false, true, true, true},
      {"num", true, true, true, false},  {"nan", false, false, false, true}};
  for (const Comparison &c : all)
    for (bool ftz : {false, true}) {
      std::string text = std::string("setp.") + c.name + (ftz ? ".ftz" : "") +
                         ".f32 p|q, a, b; selp.b32 d, 1, 0, p; @q add.u32 d, d, 2;";
      compare(text, {32, 32, 32}, {singleEdges(), singleEdges()}, [&](const Row &row) -> uint64_t {
        float a = single(row[0]), b = single(row[1]);
        if (ftz)
          a = flushed(a), b = flushed(b);
        bool is = std::isnan(a) || std::isnan(b) ? c.unordered
                  : a < b                        ? c.less
                  : a > b                        ? c.greater
                                                 : c.equal;
        return is ? 1 : 2;
      });
    }
}

TEST(FloatInstruction, SignsAndProperties) {
  compare("abs.f32 d, a;", {32, 32}, {singleEdges()},
          [](const Row &row) { return row[0] & 0x7fffffff; });
  compare("neg.f32 d, a;", {32, 32}, {singleEdges()},
          [](const Row &row) { return row[0] ^ 0x80000000; });
  compare("copysign.f32 d, a, b;", {32, 32, 32}, {singleEdges(), singleEdges()},
          [](const Row &row) { return (row[0] & 0x80000000) | (row[1] & 0x7fffffff); });
  auto property = [](const char *name, bool (*is)(float)) {
    compare(std::string("testp.") + name + ".f32 p, a; selp.b32 d, 1, 0, p;", {32, 32},
            {singleEdges()}, [&](const Row &row) -> uint64_t { return is(single(row[0])); });
  };
  property("finite", [](float v) { return bool(std::isfinite(v)); });
  property("infinite", [](float v) { return bool(std::isinf(v)); });
  property("notanumber", [](float v) { return bool(std::isnan(v)); });
  property("subnormal", [](float v) { return std::fpclassify(v) == FP_SUBNORMAL; });
}

/// Approximations: within the errors of the PTX manual.
static void approximation(const std::string &text, double (*exact)(double), double low, double high,
                          double relative, double absolute) {
  std::vector<std::vector<uint64_t>> rows;
  for (int i = 0; i <= 4000; ++i)
    rows.push_back({bitsOf<uint32_t>(static_cast<float>(low + (high - low) * i / 4000))});
  std::vector<uint64_t> results = execute(text, {32, 32}, rows);
  ASSERT_EQ(results.size(), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    double want = exact(single(rows[i][0])), error = std::fabs(single(results[i]) - want);
    ASSERT_TRUE(error <= absolute + relative * std::fabs(want))
        << text << " of " << single(rows[i][0]);
  }
}

TEST(FloatInstruction, Approximations) {
  approximation(
      "ex2.approx.f32 d, a;", [](double v) { return std::exp2(v); }, -120, 120, std::exp2(-22.5),
      0);
  approximation(
      "lg2.approx.f32 d, a;", [](double v) { return std::log2(v); }, 1e-3, 100, std::exp2(-22.0),
      std::exp2(-22.0));
  approximation(
      "sin.approx.f32 d, a;", [](double v) { return std::sin(v); }, -3.14159, 3.14159, 0,
      std::exp2(-20.5));
  approximation(
      "cos.approx.f32 d, a;", [](double v) { return std::cos(v); }, -3.14159, 3.14159, 0,
      std::exp2(-20.5));
  approximation(
      "tanh.approx.f32 d, a;", [](double v) { return std::tanh(v); }, -6, 6, std::exp2(-10.987), 0);
  approximation(
      "rcp.approx.f32 d, a;", [](double v) { return 1 / v; }, 0.01, 100, std::exp2(-23.0), 0);
  approximation(
      "rsqrt.approx.f32 d, a;", [](double v) { return 1 / std::sqrt(v); }, 0.01, 100,
      std::exp2(-22.9), 0);
  approximation(
      "sqrt.approx.f32 d, a;", [](double v) { return std::sqrt(v); }, 0.01, 100, std::exp2(-23.0),
      0);
}

} // namespace mmc::emulator::test
