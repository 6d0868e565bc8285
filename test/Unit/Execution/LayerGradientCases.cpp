// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Derivatives of layers and activations.

#include "Execution.h"

using namespace mmc;
using namespace mmc::test;

using Results = std::vector<Array>;

static std::string groupsText(int64_t groups) {
  return groups > 1 ? " groups(" + std::to_string(groups) + ")" : "";
}

static Case linearGradInput(Shape gradient, int64_t in, int64_t groups = 1) {
  const int64_t out = gradient.back(), inBlock = in / groups, outBlock = out / groups;
  Shape to = gradient;
  to.back() = in;
  return {"linear_grad_input", "%g, %w" + groupsText(groups) + " : $g, $w -> $0", {{"g", gradient}, {"w", {out, inBlock}}},
          {{to}}, [=](const Arrays &arrays) -> Results {
            Array result(to);
            for (int64_t row = 0; row < result.rows(); ++row)
              for (int64_t o = 0; o < out; ++o)
                for (int64_t i = 0; i < inBlock; ++i)
                  result[row * in + o / outBlock * inBlock + i] += arrays.at("g")[row * out + o] * arrays.at("w")(o, i);
            return {result};
          }};
}

static Case linearGradWeight(Shape gradient, int64_t in, Kind kind, int64_t groups = 1) {
  const int64_t out = gradient.back(), inBlock = in / groups, outBlock = out / groups;
  Shape x = gradient;
  x.back() = in;
  return {"linear_grad_weight", "%g, %x" + groupsText(groups) + " : $g, $x -> $0", {{"g", gradient}, {"x", x}},
          {{{out, inBlock}, kind}}, [=](const Arrays &arrays) -> Results {
            Array result({out, inBlock});
            for (int64_t row = 0; row < arrays.at("g").rows(); ++row)
              for (int64_t o = 0; o < out; ++o)
                for (int64_t i = 0; i < inBlock; ++i)
                  result(o, i) += arrays.at("g")[row * out + o] * arrays.at("x")[row * in + o / outBlock * inBlock + i];
            return {result};
          }};
}

/// ρ and x̂ of a row of a norm; `centred`: of layer_norm.
static Real normalise(const Real *x, int64_t width, double eps, bool centred, std::vector<Real> &normal) {
  Real mean, squares;
  for (int64_t d = 0; centred && d < width; ++d)
    mean += x[d] / Real(width);
  for (int64_t d = 0; d < width; ++d)
    squares += (x[d] - mean) * (x[d] - mean) / Real(width);
  Real scale = Real(1) / sqrt(squares + Real(eps));
  normal.clear();
  for (int64_t d = 0; d < width; ++d)
    normal.push_back((x[d] - mean) * scale);
  return scale;
}

static Case normGrad(bool centred, Shape shape, double eps) {
  const int64_t width = shape.back();
  return {centred ? "layer_norm_grad" : "rms_norm_grad", "%x, %w, %g eps(" + std::to_string(eps) + ") : $x, $w, $g -> $0",
          {{"x", shape}, {"w", {width}}, {"g", shape}}, {{shape}}, [=](const Arrays &in) -> Results {
            Array result(shape);
            std::vector<Real> normal;
            for (int64_t row = 0; row < result.rows(); ++row) {
              Real scale = normalise(&in.at("x")[row * width], width, eps, centred, normal), mean, product;
              for (int64_t d = 0; d < width; ++d) {
                Real t = in.at("w")[d] * in.at("g")[row * width + d];
                mean += t / Real(width);
                product += t * normal[d] / Real(width);
              }
              for (int64_t d = 0; d < width; ++d) {
                Real t = in.at("w")[d] * in.at("g")[row * width + d];
                result[row * width + d] = scale * ((centred ? t - mean : t) - normal[d] * product);
              }
            }
            return {result};
          }};
}

static Case normGradWeight(bool centred, Shape shape, double eps) {
  const int64_t width = shape.back();
  return {centred ? "layer_norm_grad_weight" : "rms_norm_grad_weight",
          "%x, %g eps(" + std::to_string(eps) + ") : $x, $g -> $0", {{"x", shape}, {"g", shape}}, {{{width}, Kind::Wide}},
          [=](const Arrays &in) -> Results {
            Array result({width});
            std::vector<Real> normal;
            for (int64_t row = 0; row < in.at("x").rows(); ++row) {
              normalise(&in.at("x")[row * width], width, eps, centred, normal);
              for (int64_t d = 0; d < width; ++d)
                result[d] += in.at("g")[row * width + d] * normal[d];
            }
            return {result};
          }};
}

static Real siluSlope(Real x) {
  Real s = sigmoid(x);
  return s * (Real(1) + x * (Real(1) - s));
}
static Real quickSlope(Real x) {
  Real s = sigmoid(Real(1.702L) * x);
  return s + Real(1.702L) * x * s * (Real(1) - s);
}
static Real tanhSlope(Real x) {
  const Real scale(std::sqrt(2 / M_PIl)), cubic(0.044715L), half(0.5L);
  Real t = tanh(scale * (x + cubic * x * x * x));
  return half * (Real(1) + t) + half * x * (Real(1) - t * t) * scale * (Real(1) + Real(3) * cubic * x * x);
}
static Real erfSlope(Real x) {
  Real density = exp(-(x * x) / Real(2)) / Real(std::sqrt(2 * M_PIl));
  return Real(0.5L) * (Real(1) + erf(x * Real(std::sqrt(0.5L)))) + x * density;
}

static Case activationGrad(const char *op, const char *kind, Shape shape, Real (*slope)(Real)) {
  return {op, std::string(kind) + "%x, %g : $x, $g -> $0",
          {{"x", shape, Kind::Element, 0, 0, {0, -20, 20, -5, 5, 1e-3, -1e-3}}, {"g", shape}}, {{shape}},
          [=](const Arrays &in) -> Results {
            Array result(shape);
            for (int64_t i = 0; i < result.count(); ++i)
              result[i] = in.at("g")[i] * slope(in.at("x")[i]);
            return {result};
          }};
}

/// Any output will do: the formula does not ask for rows that add up to one.
static Case softmaxGrad(Shape shape, double temperature) {
  const int64_t width = shape.back();
  return {"softmax_grad", "%y, %g temperature(" + std::to_string(temperature) + ") : $y, $g -> $0",
          {{"y", shape}, {"g", shape}}, {{shape}}, [=](const Arrays &in) -> Results {
            Array result(shape);
            for (int64_t row = 0; row < result.rows(); ++row) {
              const Real *y = &in.at("y")[row * width], *g = &in.at("g")[row * width];
              Real product;
              for (int64_t d = 0; d < width; ++d)
                product += y[d] * g[d];
              for (int64_t d = 0; d < width; ++d)
                result[row * width + d] = y[d] * (g[d] - product) / Real(temperature);
            }
            return {result};
          }};
}

std::vector<Case> mmc::test::layerGradientCases() {
  const Shape one = {1, 1}, odd = {2, 3, 7}, wide = {3, 1031};
  std::vector<Case> cases = {
      linearGradInput({1, 1}, 1),
      linearGradInput({2, 3, 10}, 6, /*groups=*/2),
      linearGradInput({67, 131}, 129),
      linearGradInput({3, 1031}, 2),
      linearGradWeight({1, 1}, 1, Kind::Wide),
      linearGradWeight({2, 3, 10}, 6, Kind::Wide, /*groups=*/2),
      linearGradWeight({67, 131}, 129, Kind::Element),
      linearGradWeight({1031, 3}, 5, Kind::Wide),
      activationGrad("silu_grad", "", odd, siluSlope),
      activationGrad("silu_grad", "", wide, siluSlope),
      activationGrad("gelu_grad", "erf ", odd, erfSlope),
      activationGrad("gelu_grad", "tanh ", odd, tanhSlope),
      activationGrad("gelu_grad", "quick ", odd, quickSlope),
      activationGrad("gelu_grad", "erf ", wide, erfSlope),
      softmaxGrad({1}, 1),
      softmaxGrad({2, 3, 5}, 10),
      softmaxGrad({3, 1031}, 0.5),
  };
  for (bool centred : {false, true})
    for (const Shape &shape : {one, odd, wide}) {
      cases.push_back(normGrad(centred, shape, 1e-3));
      cases.push_back(normGradWeight(centred, shape, 1e-3));
    }
  cases.push_back(normGradWeight(false, {257, 3}, 1e-3));
  return cases;
}
