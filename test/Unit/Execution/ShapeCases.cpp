// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that only move elements. Their results are exact.

#include "Execution.h"

using namespace mmc;
using namespace mmc::test;

using Results = std::vector<Array>;

/// Sizes before, at and behind dimension `axis`.
static int64_t before(const Shape &shape, int64_t axis) { return elementCount({shape.begin(), shape.begin() + axis}); }
static int64_t behind(const Shape &shape, int64_t axis) { return elementCount({shape.begin() + axis + 1, shape.end()}); }

static Case reshape(Shape from, Shape to, Kind kind = Kind::Element) {
  return {"reshape", "%x : $x to $0", {{"x", from, kind, -9, 9}}, {{to, kind}}, [=](const Arrays &in) -> Results {
            Array result(to);
            for (int64_t i = 0; i < result.count(); ++i)
              result[i] = in.at("x")[i];
            return {result};
          }};
}

static Case slice(Shape shape, int64_t axis, int64_t start, int64_t size, bool drop = false) {
  Shape to = shape;
  to[axis] = size;
  if (drop)
    to.erase(to.begin() + axis);
  std::string text = "%x axis(" + std::to_string(axis) + ") at(" + std::to_string(start) + ") size(" +
                     std::to_string(size) + ")" + (drop ? " drop" : "") + " : $x";
  return {"slice", text, {{"x", shape}}, {{to}}, [=](const Arrays &in) -> Results {
            Array result(to);
            const int64_t inner = behind(shape, axis);
            for (int64_t outer = 0; outer < before(shape, axis); ++outer)
              for (int64_t i = 0; i < size * inner; ++i)
                result[outer * size * inner + i] = in.at("x")[(outer * shape[axis] + start) * inner + i];
            return {result};
          }};
}

static Case pad(Shape shape, int64_t axis, int64_t start, int64_t size) {
  Shape to = shape;
  to[axis] = size;
  std::string text = "%x axis(" + std::to_string(axis) + ") at(" + std::to_string(start) + ") size(" +
                     std::to_string(size) + ") : $x";
  return {"pad", text, {{"x", shape}}, {{to}}, [=](const Arrays &in) -> Results {
            Array result(to);
            const int64_t inner = behind(shape, axis);
            for (int64_t outer = 0; outer < before(shape, axis); ++outer)
              for (int64_t i = 0; i < shape[axis] * inner; ++i)
                result[(outer * size + start) * inner + i] = in.at("x")[outer * shape[axis] * inner + i];
            return {result};
          }};
}

/// Tensors that differ in dimension `axis`.
static Case concat(std::vector<Shape> shapes, int64_t axis) {
  Case c{"concat", "", {}, {}, {}};
  std::string names, types;
  Shape to = shapes[0];
  to[axis] = 0;
  for (size_t i = 0; i < shapes.size(); ++i) {
    std::string name = "x" + std::to_string(i);
    c.operands.push_back({name, shapes[i]});
    names += (i ? ", %" : "%") + name;
    types += (i ? ", $" : "$") + name;
    to[axis] += shapes[i][axis];
  }
  c.text = names + " axis(" + std::to_string(axis) + ") : " + types;
  c.results = {{to}};
  c.reference = [=](const Arrays &in) -> Results {
    Array result(to);
    int64_t at = 0;
    for (int64_t outer = 0; outer < before(to, axis); ++outer)
      for (size_t i = 0; i < shapes.size(); ++i) {
        const int64_t piece = shapes[i][axis] * behind(to, axis);
        for (int64_t e = 0; e < piece; ++e)
          result[at++] = in.at("x" + std::to_string(i))[outer * piece + e];
      }
    return {result};
  };
  return c;
}

static Case repeatRows(Shape from, Shape to) {
  return {"repeat_rows", "%x : $x to $0", {{"x", from}}, {{to}}, [=](const Arrays &in) -> Results {
            Array result(to);
            for (int64_t i = 0; i < result.count(); ++i)
              result[i] = in.at("x")[i % in.at("x").count()];
            return {result};
          }};
}

static Case dimSize(Shape shape, int64_t axis) {
  return {"dim_size", "%x axis(" + std::to_string(axis) + ") : $x", {{"x", shape}}, {{{}, Kind::Index}},
          [=](const Arrays &) -> Results {
            Array result((Shape()));
            result[0] = shape[axis];
            return {result};
          }};
}

static Case patches(Shape pixels, int64_t p) {
  const int64_t rows = pixels[2] / p, columns = pixels[3] / p;
  Shape to = {pixels[0], rows * columns, pixels[1] * p * p};
  return {"patches", "%x patch(" + std::to_string(p) + ") as $E : $x", {{"x", pixels, Kind::Single}}, {{to}},
          [=](const Arrays &in) -> Results {
            Array result(to);
            for (int64_t n = 0; n < pixels[0]; ++n)
              for (int64_t patch = 0; patch < rows * columns; ++patch)
                for (int64_t c = 0; c < pixels[1]; ++c)
                  for (int64_t y = 0; y < p; ++y)
                    for (int64_t x = 0; x < p; ++x)
                      result(n, patch, (c * p + y) * p + x) =
                          in.at("x")(n, c, patch / columns * p + y, patch % columns * p + x);
            return {result};
          }};
}

static Case patchesGrad(Shape pixels, int64_t p) {
  const int64_t rows = pixels[2] / p, columns = pixels[3] / p;
  Shape from = {pixels[0], rows * columns, pixels[1] * p * p};
  return {"patches_grad", "%g patch(" + std::to_string(p) + ") : $g -> $0", {{"g", from}}, {{pixels}},
          [=](const Arrays &in) -> Results {
            Array result(pixels);
            for (int64_t n = 0; n < pixels[0]; ++n)
              for (int64_t c = 0; c < pixels[1]; ++c)
                for (int64_t y = 0; y < rows * p; ++y)
                  for (int64_t x = 0; x < columns * p; ++x)
                    result(n, c, y, x) = in.at("g")(n, y / p * columns + x / p, (c * p + y % p) * p + x % p);
            return {result};
          }};
}

std::vector<Case> mmc::test::shapeCases() {
  return {
      reshape({2, 3, 5}, {10, 3}),
      reshape({7}, {7, 1, 1}),
      reshape({3, 1}, {3}, Kind::Index),
      slice({2, 5, 3}, 1, 1, 3),
      slice({2, 5, 3}, 1, 4, 1, /*drop=*/true),
      slice({1}, 0, 0, 1),
      slice({7, 1031}, 1, 513, 517),
      slice({67, 3, 11}, 0, 13, 41),
      pad({2, 1, 3}, 1, 2, 5),
      pad({1}, 0, 0, 1),
      pad({3, 257}, 1, 17, 283),
      pad({5, 131}, 0, 0, 7),
      concat({{2, 1, 3}, {2, 2, 3}, {2, 5, 3}}, 1),
      concat({{1}}, 0),
      concat({{131, 7}, {1, 7}}, 0),
      concat({{3, 1}, {3, 257}}, 1),
      repeatRows({5}, {2, 3, 5}),
      repeatRows({1}, {1, 1}),
      repeatRows({3, 131}, {17, 3, 131}),
      dimSize({2, 5, 3}, 1),
      patches({2, 3, 5, 7}, 2),
      patches({1, 1, 1, 1}, 1),
      patches({2, 3, 33, 29}, 14),
      patchesGrad({2, 3, 5, 7}, 2),
      patchesGrad({1, 1, 1, 1}, 1),
      patchesGrad({2, 3, 33, 29}, 14),
  };
}
