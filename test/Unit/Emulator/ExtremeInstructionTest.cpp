// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// min and max of f32 and f64 with every modifier: of two, of three, and of the lanes of a warp.

#include "Instruction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace mmc::emulator::test {

using Row = std::vector<uint64_t>;

static float single(uint64_t bits) { return bitsOf<float>(static_cast<uint32_t>(bits)); }
static float flushed(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value) : value;
}
static std::vector<uint64_t> doublesWithNan() {
  std::vector<uint64_t> list = doubleEdges();
  list.push_back(0x7ff8000000000000);
  return list;
}

/// By sorting: -0 before +0; NaNs are left out unless they win.
static uint64_t extreme(std::vector<float> values, bool maximum, bool nanWins) {
  size_t all = values.size();
  values.erase(std::remove_if(values.begin(), values.end(), [](float x) { return std::isnan(x); }),
               values.end());
  if (values.empty() || (nanWins && values.size() < all))
    return 0x7fffffff;
  std::sort(values.begin(), values.end(), [](float a, float b) {
    return a < b || (a == b && std::signbit(a) && !std::signbit(b));
  });
  return bitsOf<uint32_t>(maximum ? values.back() : values.front());
}

TEST(Extreme, OfTwo) {
  for (bool maximum : {false, true}) {
    std::string name = maximum ? "max" : "min";
    for (unsigned bits = 0; bits < 8; ++bits) {
      bool ftz = bits & 1, nan = bits & 2, xorsign = bits & 4;
      compare(name + (ftz ? ".ftz" : "") + (nan ? ".NaN" : "") + (xorsign ? ".xorsign.abs" : "") +
                  ".f32 d, a, b; testp.notanumber.f32 p, d; @p mov.b32 d, 0x7fffffff;",
              {32, 32, 32}, {singleEdges(), singleEdges()}, [&](const Row &row) -> uint64_t {
                float a = single(row[0]), b = single(row[1]);
                if (ftz)
                  a = flushed(a), b = flushed(b);
                bool negative = std::signbit(a) != std::signbit(b);
                if (xorsign)
                  a = std::fabs(a), b = std::fabs(b);
                if (std::isnan(a) && std::isnan(b))
                  return 0x7fffffff;
                if (nan && (std::isnan(a) || std::isnan(b)))
                  return 0x7fffffff;
                bool takesA =
                    std::isnan(b) ||
                    (!std::isnan(a) && (a == b ? std::signbit(a) != maximum : (a > b) == maximum));
                float value = takesA ? a : b;
                return bitsOf<uint32_t>(xorsign ? std::copysign(value, negative ? -1.0f : 1.0f)
                                                : value);
              });
    }
    compare(name + ".f64 d, a, b; testp.notanumber.f64 p, d; @p mov.b64 d, 1;", {64, 64, 64},
            {doublesWithNan(), doublesWithNan()}, [&](const Row &row) -> uint64_t {
              double a = bitsOf<double>(row[0]), b = bitsOf<double>(row[1]);
              if (std::isnan(a) && std::isnan(b))
                return 1;
              bool takesA =
                  std::isnan(b) ||
                  (!std::isnan(a) && (a == b ? std::signbit(a) != maximum : (a > b) == maximum));
              return takesA ? row[0] : row[1];
            });
  }
}

TEST(Extreme, OfThree) {
  for (bool maximum : {false, true})
    for (unsigned bits = 0; bits < 8; ++bits) {
      bool ftz = bits & 1, nan = bits & 2, magnitudes = bits & 4;
      std::vector<uint64_t> edges = singleEdges();
      compare(std::string(maximum ? "max" : "min") + (ftz ? ".ftz" : "") + (nan ? ".NaN" : "") +
                  (magnitudes ? ".abs" : "") + ".f32 d, a, b, c;",
              {32, 32, 32, 32}, {edges, edges, edges}, [&](const Row &row) {
                std::vector<float> values;
                for (uint64_t bits : row) {
                  float value = ftz ? flushed(single(bits)) : single(bits);
                  values.push_back(magnitudes ? std::fabs(value) : value);
                }
                return extreme(values, maximum, nan);
              });
    }
}

/// Rows of 32 lanes; the lanes named are those that take part.
TEST(Extreme, OfAWarp) {
  std::vector<uint64_t> edges = singleEdges();
  for (uint32_t members : {0xffffffffu, 0x1u, 0x80000000u, 0x0f0f0f0fu, 0x7ffffffeu})
    for (unsigned bits = 0; bits < 8; ++bits) {
      bool maximum = bits & 1, nan = bits & 2, magnitudes = bits & 4;
      std::vector<Row> rows;
      for (unsigned warp = 0; warp < 2 * edges.size(); ++warp)
        for (unsigned lane = 0; lane < 32; ++lane)
          // Warps of all edges mixed, and warps of one edge and zeros.
          rows.push_back({warp % 2            ? edges[(warp * 7 + lane * 5) % edges.size()]
                          : lane == warp % 32 ? edges[warp / 2]
                          : lane % 2          ? 0x80000000
                                              : 0});
      std::string mask = std::to_string(members);
      std::string text = "mov.u32 t, %laneid; shl.b32 n1, 1, t; and.b32 n1, n1, " + mask +
                         "; setp.ne.u32 p, n1, 0;\n@p redux.sync." + (maximum ? "max" : "min") +
                         (magnitudes ? ".abs" : "") + (nan ? ".NaN" : "") + ".f32 d, a, " + mask +
                         ";";
      std::vector<uint64_t> got = execute(text, {32, 32}, rows);
      ASSERT_EQ(got.size(), rows.size());
      for (size_t from = 0; from < rows.size(); from += 32) {
        std::vector<float> values;
        for (unsigned lane = 0; lane < 32; ++lane)
          if (members >> lane & 1) {
            float value = single(rows[from + lane][0]);
            values.push_back(magnitudes ? std::fabs(value) : value);
          }
        uint64_t want = extreme(values, maximum, nan);
        for (unsigned lane = 0; lane < 32; ++lane)
          ASSERT_EQ(got[from + lane], members >> lane & 1 ? want : 0)
              << text << " warp " << from / 32 << " lane " << lane;
      }
    }
}

} // namespace mmc::emulator::test
