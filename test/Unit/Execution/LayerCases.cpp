// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Linear layers, norms, softmax and rotary embedding.

#include "Execution.h"

using namespace mmc;
using namespace mmc::test;

using Results = std::vector<Array>;

/// Block k of y from block k of x.
static Case linear(Shape x, int64_t out, bool bias, int64_t groups = 1) {
  const int64_t in = x.back() / groups;
  Shape y = x;
  y.back() = out;
  Case c{"linear", "%x, %w", {{"x", x}, {"w", {out, in}}}, {{y}}, {}};
  if (bias) {
    c.text += " bias %b";
    c.operands.push_back({"b", {out}});
  }
  c.text += (groups > 1 ? " groups(" + std::to_string(groups) + ")" : "") + " : $x, $w" + (bias ? ", $b" : "");
  c.reference = [=](const Arrays &arrays) -> Results {
    Array result(y);
    for (int64_t row = 0; row < result.rows(); ++row)
      for (int64_t o = 0; o < out; ++o) {
        Real &sum = result[row * out + o];
        for (int64_t i = 0; i < in; ++i)
          sum += arrays.at("x")[row * x.back() + o / (out / groups) * in + i] * arrays.at("w")(o, i);
        if (bias)
          sum += arrays.at("b")[o];
      }
    return {result};
  };
  return c;
}

static Case rmsNorm(Shape shape, double eps) {
  return {"rms_norm", "%x, %g eps(" + std::to_string(eps) + ") : $x, $g", {{"x", shape}, {"g", {shape.back()}}}, {{shape}},
          [=](const Arrays &in) -> Results {
            const Array &x = in.at("x");
            const int64_t width = shape.back();
            Array result(shape);
            for (int64_t row = 0; row < x.rows(); ++row) {
              Real squares;
              for (int64_t d = 0; d < width; ++d)
                squares += x[row * width + d] * x[row * width + d];
              Real root = sqrt(squares / Real(width) + Real(eps));
              for (int64_t d = 0; d < width; ++d)
                result[row * width + d] = in.at("g")[d] * (x[row * width + d] / root);
            }
            return {result};
          }};
}

static Case layerNorm(Shape shape, double eps) {
  const int64_t width = shape.back();
  return {"layer_norm", "%x, %g, %b eps(" + std::to_string(eps) + ") : $x, $g, $b",
          {{"x", shape}, {"g", {width}}, {"b", {width}}}, {{shape}}, [=](const Arrays &in) -> Results {
            const Array &x = in.at("x");
            Array result(shape);
            for (int64_t row = 0; row < x.rows(); ++row) {
              Real mean, variance;
              for (int64_t d = 0; d < width; ++d)
                mean += x[row * width + d] / Real(width);
              for (int64_t d = 0; d < width; ++d) {
                Real difference = x[row * width + d] - mean;
                variance += difference * difference / Real(width);
              }
              for (int64_t d = 0; d < width; ++d)
                result[row * width + d] =
                    in.at("g")[d] * ((x[row * width + d] - mean) / sqrt(variance + Real(eps))) + in.at("b")[d];
            }
            return {result};
          }};
}

static Case softmax(Shape shape, double temperature) {
  return {"softmax", "%x temperature(" + std::to_string(temperature) + ") : $x", {{"x", shape}}, {{shape}},
          [=](const Arrays &in) -> Results {
            const int64_t width = shape.back();
            Array result(shape);
            for (int64_t row = 0; row < result.rows(); ++row) {
              const Real *x = &in.at("x")[row * width];
              Real highest = x[0], sum;
              for (int64_t d = 1; d < width; ++d)
                highest = max(highest, x[d]);
              for (int64_t d = 0; d < width; ++d)
                sum += exp((x[d] - highest) / Real(temperature));
              for (int64_t d = 0; d < width; ++d)
                result[row * width + d] = exp((x[d] - highest) / Real(temperature)) / sum;
            }
            return {result};
          }};
}

namespace {
/// Of Hugging Face's rope types; factor 1 and no frequencies: none.
struct Scaling {
  double factor = 1, low = 0, high = 0, original = 0;
};
} // namespace

/// What Hugging Face's modeling_rope_utils.py does with an inverse frequency.
static long double scaledFrequency(long double frequency, const Scaling &scaling) {
  if (scaling.original == 0)
    return frequency / scaling.factor;
  long double length = 2 * M_PIl / frequency;
  if (length > scaling.original / scaling.low)
    return frequency / scaling.factor;
  if (length < scaling.original / scaling.high)
    return frequency;
  long double smooth = (scaling.original / length - scaling.low) / (scaling.high - scaling.low);
  return (1 - smooth) * frequency / scaling.factor + smooth * frequency;
}

static Case rotaryTable(Shape tokens, int64_t dim, double theta, std::string text, Scaling scaling) {
  Shape to = {tokens[0], tokens[1], dim};
  text = "%p dim(" + std::to_string(dim) + ") theta(" + std::to_string(theta) + ")" + text + " : $p";
  return {"rotary_table", text, {{"p", tokens, Kind::Index, 0, 4000}}, {{to, Kind::Single, /*precise=*/true}},
          [=](const Arrays &in) -> Results {
            Array result(to);
            for (int64_t row = 0; row < result.rows(); ++row)
              for (int64_t k = 0; k < dim / 2; ++k) {
                Real power(std::pow(static_cast<long double>(theta), -2.0L * k / dim));
                Real frequency(scaledFrequency(power.value, scaling));
                Real angle = in.at("p")[row] * frequency;
                result[row * dim + k] = cos(angle);
                result[row * dim + dim / 2 + k] = sin(angle);
              }
            return {result};
          }};
}

/// The table may hold any numbers; only rotations leave lengths as they are.
static Case rotary(Shape shape, int64_t heads, int64_t dim, bool inverse) {
  const int64_t width = shape[2] / heads;
  return {"rotary", "%x, %t heads(" + std::to_string(heads) + ")" + (inverse ? " inverse" : "") + " : $x, $t",
          {{"x", shape}, {"t", {shape[0], shape[1], dim}, Kind::Wide}}, {{shape}}, [=](const Arrays &in) -> Results {
            Array result = in.at("x");
            for (int64_t b = 0; b < shape[0]; ++b)
              for (int64_t t = 0; t < shape[1]; ++t)
                for (int64_t h = 0; h < heads; ++h)
                  for (int64_t k = 0; k < dim / 2; ++k) {
                    Real cosine = in.at("t")(b, t, k), sine = in.at("t")(b, t, dim / 2 + k);
                    Real x = in.at("x")(b, t, h * width + k), y = in.at("x")(b, t, h * width + dim / 2 + k);
                    if (inverse)
                      sine = -sine;
                    result(b, t, h * width + k) = x * cosine - y * sine;
                    result(b, t, h * width + dim / 2 + k) = y * cosine + x * sine;
                  }
            return {result};
          }};
}

std::vector<Case> mmc::test::layerCases() {
  return {
      linear({1, 1}, 1, false),
      linear({2, 3, 5}, 7, true),
      linear({2, 3, 6}, 10, true, /*groups=*/2),
      linear({3, 1031}, 2, false),
      linear({67, 129}, 131, true),
      linear({1, 257}, 263, false),
      linear({197, 3}, 1, false),
      rmsNorm({1, 1}, 1e-3),
      rmsNorm({2, 3, 7}, 1e-5),
      rmsNorm({3, 1031}, 1e-6),
      layerNorm({1, 1}, 1e-3),
      layerNorm({2, 3, 7}, 1e-5),
      layerNorm({3, 1031}, 1e-6),
      softmax({1}, 1),
      softmax({2, 3, 5}, 10),
      softmax({3, 1031}, 0.5),
      rotaryTable({1, 1}, 2, 1e4, "", {}),
      rotaryTable({2, 5}, 14, 5e5, "", {}),
      rotaryTable({1, 7}, 10, 1e4, " scaling {rope_type = \"linear\", factor = 4.0}", {4}),
      rotaryTable({2, 3}, 64, 5e5,
                  " scaling {rope_type = \"llama3\", factor = 8.0, low_freq_factor = 1.0, high_freq_factor = 4.0, "
                  "original_max_position_embeddings = 64}",
                  {8, 1, 4, 64}),
      rotary({1, 1, 2}, 1, 2, false),
      rotary({2, 3, 10}, 2, 4, false),
      rotary({1, 67, 3 * 34}, 3, 34, true),
  };
}
