// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic element by element, and sums.

#include "Execution.h"

#include "mmc/Runtime/Core/Random.h"

using namespace mmc;
using namespace mmc::test;

using Results = std::vector<Array>;
using Function = Real (*)(Real);

static Results mapped(const Array &x, const std::function<Real(Real)> &formula) {
  Array y(x.shape());
  for (int64_t i = 0; i < x.count(); ++i)
    y[i] = formula(x[i]);
  return {y};
}

static Real quickGelu(Real x) { return x * sigmoid(Real(1.702L) * x); }
static Real tanhGelu(Real x) {
  Real inner = Real(std::sqrt(2 / M_PIl)) * (x + Real(0.044715L) * x * x * x);
  return Real(0.5L) * x * (Real(1) + tanh(inner));
}
static Real erfGelu(Real x) { return Real(0.5L) * x * (Real(1) + erf(x * Real(std::sqrt(0.5L)))); }
static Real silu(Real x) { return x * sigmoid(x); }

/// Element-wise functions at numbers large and small as well: beyond ±20 they are all but 0 or x.
static Case activation(const char *op, const char *text, Shape shape, Function formula) {
  return {op, text, {{"x", shape, Kind::Element, 0, 0, {0, -20, 20, -5, 5, 1e-3, -1e-3}}}, {{shape}},
          [=](const Arrays &in) { return mapped(in.at("x"), formula); }};
}

/// b's shape is a suffix of a's.
static Case binary(const char *op, Shape a, Shape b) {
  bool sum = op == std::string("add");
  return {op, "%a, %b : $a, $b", {{"a", a}, {"b", b}}, {{a}}, [=](const Arrays &in) -> Results {
            const Array &x = in.at("a"), &y = in.at("b");
            Array result(a);
            for (int64_t i = 0; i < x.count(); ++i)
              result[i] = sum ? x[i] + y[i % y.count()] : x[i] * y[i % y.count()];
            return {result};
          }};
}

static Case scale(double factor, Shape shape) {
  return {"scale", "%x by(" + std::to_string(factor) + ") : $x", {{"x", shape}}, {{shape}},
          [=](const Arrays &in) { return mapped(in.at("x"), [=](Real x) { return x * Real(factor); }); }};
}

/// By a tensor of one element.
static Case scaleBy(Shape shape) {
  return {"scale_by", "%x, %s : $x, $s -> $0", {{"x", shape}, {"s", {}}}, {{shape}}, [=](const Arrays &in) {
            return mapped(in.at("x"), [&](Real x) { return x * in.at("s")[0]; });
          }};
}

/// What takes every element over.
static Case same(const char *op, const char *text, Shape shape, Kind from, Kind to) {
  return {op, text, {{"x", shape, from, -9, 9}}, {{shape, to}}, [](const Arrays &in) -> Results { return {in.at("x")}; }};
}

static Case fill(const char *value, Shape shape, Kind kind) {
  return {"fill", std::string(value) + " : $0", {}, {{shape, kind}}, [=](const Arrays &) -> Results {
            Array result(shape);
            for (int64_t i = 0; i < result.count(); ++i)
              result[i] = std::stod(value);
            return {result};
          }};
}

static Case sum(Shape shape) {
  return {"sum", "%x : $x", {{"x", shape}}, {{{}, Kind::Wide}}, [](const Arrays &in) -> Results {
            Array total((Shape()));
            for (int64_t i = 0; i < in.at("x").count(); ++i)
              total[0] += in.at("x")[i];
            return {total};
          }};
}

static Case innerProduct(Shape shape) {
  return {"inner_product", "%a, %b : $a, $b", {{"a", shape}, {"b", shape}}, {{{}, Kind::Wide}},
          [](const Arrays &in) -> Results {
            Array total((Shape()));
            for (int64_t i = 0; i < in.at("a").count(); ++i)
              total[0] += in.at("a")[i] * in.at("b")[i];
            return {total};
          }};
}

static Case sumRows(Shape from, Shape to, Kind kind) {
  return {"sum_rows", "%x : $x to $0", {{"x", from}}, {{to, kind}}, [=](const Arrays &in) -> Results {
            Array result(to);
            for (int64_t i = 0; i < in.at("x").count(); ++i)
              result[i % result.count()] += in.at("x")[i];
            return {result};
          }};
}

/// A share of the elements, each kept or not by a word of its own of Philox.
static Case dropout(double rate, Shape shape, int64_t stream) {
  std::string text = "%x rng %rng rate(" + std::to_string(rate) + ") stream(" + std::to_string(stream) + ") : $x, $rng";
  return {"dropout", text, {{"x", shape}, {"rng", {2}, Kind::Counter, 0, 0, {5e9 + 3, 41}}}, {{shape}},
          [=](const Arrays &in) -> Results {
            Array result(shape);
            const auto seed = static_cast<uint64_t>(whole(in.at("rng")[0]));
            const auto step = static_cast<uint32_t>(whole(in.at("rng")[1]));
            for (int64_t i = 0; i < result.count(); ++i) {
              uint32_t word = philox4x32({static_cast<uint32_t>(i), 0, step, static_cast<uint32_t>(stream)},
                                         {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)})[0];
              bool kept = word >= rate * 4294967296.0;
              result[i] = kept ? in.at("x")[i] * Real(1 / (1 - static_cast<long double>(rate))) : Real(0);
            }
            return {result};
          }};
}

static Case identityDropout(Shape shape) {
  return same("dropout", "%x rate(0.5) : $x", shape, Kind::Element, Kind::Element);
}

std::vector<Case> mmc::test::tensorCases() {
  const Shape one = {1}, odd = {2, 3, 5}, wide = {3, 1031}, big = {67, 263};
  return {
      binary("add", {1, 1}, {1, 1}),
      binary("add", odd, {3, 5}),
      binary("add", big, big),
      binary("mul", one, one),
      binary("mul", odd, {5}),
      binary("mul", big, big),
      scale(-1.75, odd),
      scale(0, one),
      scale(3, wide),
      scaleBy(odd),
      scaleBy(one),
      activation("silu", "%x : $x", odd, silu),
      activation("silu", "%x : $x", wide, silu),
      activation("gelu", "erf %x : $x", odd, erfGelu),
      activation("gelu", "tanh %x : $x", odd, tanhGelu),
      activation("gelu", "quick %x : $x", odd, quickGelu),
      activation("gelu", "quick %x : $x", one, quickGelu),
      activation("gelu", "erf %x : $x", wide, erfGelu),
      same("cast", "%x : $x to $0", odd, Kind::Element, Kind::Wide),
      same("cast", "%x : $x to $0", wide, Kind::Wide, Kind::Element),
      same("cast", "%x : $x to $0", odd, Kind::Element, Kind::Element),
      same("copy", "%x : $x", odd, Kind::Element, Kind::Element),
      same("copy", "%x : $x", {}, Kind::Element, Kind::Element),
      same("copy", "%x : $x", {7, 13}, Kind::Index, Kind::Index),
      same("copy", "%x : $x", wide, Kind::Wide, Kind::Wide),
      fill("-0.1", {3, 7}, Kind::Element),
      fill("3.0", {}, Kind::Wide),
      fill("-100.0", {131}, Kind::Index),
      sum({1, 1}),
      sum({7, 1031}),
      innerProduct({1}),
      innerProduct({2, 3, 5}),
      innerProduct({7, 1031}),
      sumRows({2, 3, 5}, {3, 5}, Kind::Wide),
      sumRows({1, 1}, {1}, Kind::Wide),
      sumRows({1031, 3}, {3}, Kind::Wide),
      sumRows({67, 263}, {263}, Kind::Element),
      dropout(0.25, {3, 7}, 0),
      dropout(0.9, {2, 3, 257}, 6),
      dropout(0.5, {5, 43, 263}, 2), // several tiles, the last one smaller
      identityDropout({3, 5}),
  };
}
