// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Derivatives of the ops that choose by ids, and of the router's sum.

#include "Execution.h"

using namespace mmc;
using namespace mmc::test;

using Results = std::vector<Array>;

/// Rows of the gradient added up per id; an id outside counts for no row.
static Results addRows(const Array &ids, const Array &gradient, int64_t rows) {
  const int64_t width = gradient.dim(-1);
  Array result({rows, width});
  for (int64_t i = 0; i < ids.count(); ++i) {
    const int64_t id = whole(ids[i]);
    if (id < 0 || id >= rows)
      continue;
    for (int64_t d = 0; d < width; ++d)
      result(id, d) += gradient[i * width + d];
  }
  return {result};
}

static Case embeddingGrad(Shape ids, int64_t rows, int64_t width) {
  Shape from = ids;
  from.push_back(width);
  return {"embedding_grad", "%ids, %g : $ids, $g -> $0", {{"ids", ids, Kind::Index, -1, rows}, {"g", from}},
          {{{rows, width}, Kind::Wide}},
          [=](const Arrays &in) { return addRows(in.at("ids"), in.at("g"), rows); }};
}

static Case fillSlotsGrad(Shape shape, int64_t rows) {
  return {"fill_slots_grad", "%g, %s : $g, $s -> $0",
          {{"g", shape}, {"s", {shape[0], shape[1]}, Kind::Index, -1, rows}}, {{{rows, shape[2]}}},
          [=](const Arrays &in) { return addRows(in.at("s"), in.at("g"), rows); }};
}

static Case maskSlots(Shape shape) {
  return {"mask_slots", "%g, %s : $g, $s -> $0", {{"g", shape}, {"s", {shape[0], shape[1]}, Kind::Index, -1, 1}}, {{shape}},
          [=](const Arrays &in) -> Results {
            Array result(shape);
            for (int64_t i = 0; i < result.count(); ++i)
              if (whole(in.at("s")[i / shape[2]]) < 0)
                result[i] = in.at("g")[i];
            return {result};
          }};
}

static Case routeGradExpert(Shape shape, int64_t experts, int64_t expert, int64_t axis) {
  std::string text = "%w, %g expert(" + std::to_string(expert) + ") axis(" + std::to_string(axis) + ") : $w, $g -> $0";
  return {"route_grad_expert", text, {{"w", {shape[axis], experts}}, {"g", shape}}, {{shape}},
          [=](const Arrays &in) -> Results {
            Array result(shape);
            for (int64_t b = 0; b < shape[0]; ++b)
              for (int64_t t = 0; t < shape[1]; ++t)
                for (int64_t d = 0; d < shape[2]; ++d)
                  result(b, t, d) = in.at("w")(axis == 0 ? b : t, expert) * in.at("g")(b, t, d);
            return {result};
          }};
}

static Case routeGradWeights(Shape shape, int64_t experts, int64_t axis) {
  Case c{"route_grad_weights", "%g", {{"g", shape}}, {{{shape[axis], experts}}}, {}};
  std::string types = "$g";
  for (int64_t e = 0; e < experts; ++e) {
    std::string name = "x" + std::to_string(e);
    c.operands.push_back({name, shape});
    c.text += ", %" + name;
    types += ", $" + name;
  }
  c.text += " axis(" + std::to_string(axis) + ") : " + types + " -> $0";
  c.reference = [=](const Arrays &in) -> Results {
    Array result({shape[axis], experts});
    for (int64_t e = 0; e < experts; ++e)
      for (int64_t b = 0; b < shape[0]; ++b)
        for (int64_t t = 0; t < shape[1]; ++t)
          for (int64_t d = 0; d < shape[2]; ++d)
            result(axis == 0 ? b : t, e) += in.at("g")(b, t, d) * in.at("x" + std::to_string(e))(b, t, d);
    return {result};
  };
  return c;
}

std::vector<Case> mmc::test::placeGradientCases() {
  return {
      embeddingGrad({1, 1}, 1, 1),
      embeddingGrad({2, 3}, 5, 3),
      embeddingGrad({7, 31}, 13, 131),
      fillSlotsGrad({1, 1, 1}, 1),
      fillSlotsGrad({2, 3, 5}, 3),
      fillSlotsGrad({3, 17, 131}, 7),
      maskSlots({1, 1, 1}),
      maskSlots({2, 3, 5}),
      maskSlots({3, 17, 131}),
      routeGradExpert({1, 1, 1}, 1, 0, 0),
      routeGradExpert({2, 5, 7}, 3, 2, 0),
      routeGradExpert({3, 17, 131}, 2, 1, 1),
      routeGradWeights({1, 1, 1}, 1, 0),
      routeGradWeights({2, 5, 7}, 3, 0),
      routeGradWeights({3, 17, 131}, 2, 1),
  };
}
