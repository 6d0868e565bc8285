// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that choose by ids where a token comes from, and the router's sum.

#include "Execution.h"

using namespace mmc;
using namespace mmc::test;

using Results = std::vector<Array>;

/// An id outside reads row 0.
static Case embedding(Shape ids, int64_t rows, int64_t width) {
  Shape to = ids;
  to.push_back(width);
  return {"embedding", "%ids, %t : $ids, $t", {{"ids", ids, Kind::Index, -1, rows}, {"t", {rows, width}}}, {{to}},
          [=](const Arrays &in) -> Results {
            Array result(to);
            for (int64_t i = 0; i < result.rows(); ++i) {
              const int64_t id = whole(in.at("ids")[i]);
              for (int64_t d = 0; d < width; ++d)
                result[i * width + d] = in.at("t")(id >= 0 && id < rows ? id : 0, d);
            }
            return {result};
          }};
}

static Case prependToken(Shape shape) {
  Shape to = {shape[0], shape[1] + 1, shape[2]};
  return {"prepend_token", "%t, %x : $t, $x", {{"t", {shape[2]}}, {"x", shape}}, {{to}}, [=](const Arrays &in) -> Results {
            Array result(to);
            for (int64_t n = 0; n < to[0]; ++n)
              for (int64_t t = 0; t < to[1]; ++t)
                for (int64_t d = 0; d < to[2]; ++d)
                  result(n, t, d) = t == 0 ? in.at("t")(d) : in.at("x")(n, t - 1, d);
            return {result};
          }};
}

/// A slot behind the last row of the features gives zeros.
static Case fillSlots(Shape shape, int64_t rows) {
  return {"fill_slots", "%x, %f, %s : $x, $f, $s",
          {{"x", shape}, {"f", {rows, shape[2]}}, {"s", {shape[0], shape[1]}, Kind::Index, -1, rows}}, {{shape}},
          [=](const Arrays &in) -> Results {
            Array result(shape);
            for (int64_t b = 0; b < shape[0]; ++b)
              for (int64_t t = 0; t < shape[1]; ++t) {
                const int64_t slot = whole(in.at("s")(b, t));
                for (int64_t d = 0; d < shape[2]; ++d)
                  result(b, t, d) = slot < 0 ? in.at("x")(b, t, d) : slot < rows ? in.at("f")(slot, d) : Real(0);
              }
            return {result};
          }};
}

static Case replaceToken(Shape shape, int64_t at) {
  return {"replace_token", "%x, %t at(" + std::to_string(at) + ") : $x, $t", {{"x", shape}, {"t", {shape[0], shape[2]}}},
          {{shape}}, [=](const Arrays &in) -> Results {
            Array result = in.at("x");
            for (int64_t b = 0; b < shape[0]; ++b)
              for (int64_t d = 0; d < shape[2]; ++d)
                result(b, at, d) = in.at("t")(b, d);
            return {result};
          }};
}

static Case route(Shape shape, int64_t experts, int64_t axis) {
  Case c{"route", "%w", {{"w", {shape[axis], experts}}}, {{shape}}, {}};
  std::string types = "$w";
  for (int64_t e = 0; e < experts; ++e) {
    std::string name = "x" + std::to_string(e);
    c.operands.push_back({name, shape});
    c.text += ", %" + name;
    types += ", $" + name;
  }
  c.text += " axis(" + std::to_string(axis) + ") : " + types;
  c.reference = [=](const Arrays &in) -> Results {
    Array result(shape);
    for (int64_t b = 0; b < shape[0]; ++b)
      for (int64_t t = 0; t < shape[1]; ++t)
        for (int64_t d = 0; d < shape[2]; ++d)
          for (int64_t e = 0; e < experts; ++e)
            result(b, t, d) += in.at("w")(axis == 0 ? b : t, e) * in.at("x" + std::to_string(e))(b, t, d);
    return {result};
  };
  return c;
}

std::vector<Case> mmc::test::placeCases() {
  return {
      embedding({1, 1}, 1, 1),
      embedding({2, 3}, 5, 3),
      embedding({7, 11}, 13, 131),
      prependToken({1, 1, 1}),
      prependToken({2, 3, 5}),
      prependToken({3, 49, 67}),
      fillSlots({1, 1, 1}, 1),
      fillSlots({2, 3, 5}, 3),
      fillSlots({3, 17, 131}, 7),
      replaceToken({1, 1, 1}, 0),
      replaceToken({2, 3, 5}, 1),
      replaceToken({3, 17, 131}, 16),
      route({1, 1, 1}, 1, 0),
      route({2, 5, 7}, 3, 0),
      route({3, 17, 131}, 2, 1),
  };
}
