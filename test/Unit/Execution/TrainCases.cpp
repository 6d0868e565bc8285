// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loss and the optimizer.

#include "Execution.h"

using namespace mmc;
using namespace mmc::test;

using Results = std::vector<Array>;

/// max and Σ exp(z − max) of a row.
static std::pair<Real, Real> softmaxOf(const Real *z, int64_t width) {
  Real highest = z[0], sum;
  for (int64_t v = 1; v < width; ++v)
    highest = max(highest, z[v]);
  for (int64_t v = 0; v < width; ++v)
    sum += exp(z[v] - highest);
  return {highest, sum};
}

/// Targets from −2 (ignored) to one behind the last token (ignored too).
static Case crossEntropy(Shape targets, int64_t vocabulary) {
  Shape logits = targets;
  logits.push_back(vocabulary);
  return {"cross_entropy", "%z, %t : $z, $t", {{"z", logits}, {"t", targets, Kind::Index, -2, vocabulary}},
          {{targets, Kind::Wide}}, [=](const Arrays &in) -> Results {
            Array result(targets);
            for (int64_t i = 0; i < result.count(); ++i) {
              const int64_t target = whole(in.at("t")[i]);
              if (target < 0 || target >= vocabulary)
                continue;
              auto [highest, sum] = softmaxOf(&in.at("z")[i * vocabulary], vocabulary);
              result[i] = highest - in.at("z")[i * vocabulary + target] + log(sum);
            }
            return {result};
          }};
}

static Case crossEntropyGrad(Shape targets, int64_t vocabulary) {
  Shape logits = targets;
  logits.push_back(vocabulary);
  return {"cross_entropy_grad", "%z, %t, %g : $z, $t, $g -> $0",
          {{"z", logits}, {"t", targets, Kind::Index, -2, vocabulary}, {"g", targets, Kind::Wide}}, {{logits}},
          [=](const Arrays &in) -> Results {
            Array result(logits);
            for (int64_t i = 0; i < result.rows(); ++i) {
              const int64_t target = whole(in.at("t")[i]);
              if (target < 0 || target >= vocabulary)
                continue;
              const Real *z = &in.at("z")[i * vocabulary];
              auto [highest, sum] = softmaxOf(z, vocabulary);
              for (int64_t v = 0; v < vocabulary; ++v)
                result[i * vocabulary + v] =
                    in.at("g")[i] * (exp(z[v] - highest) / sum - Real(v == target ? 1 : 0));
            }
            return {result};
          }};
}

static Case shiftLabels(int64_t batch, int64_t tokens) {
  return {"shift_labels", "%l : $l", {{"l", {batch, tokens}, Kind::Index, -100, 32000}}, {{{batch, tokens}, Kind::Index}},
          [=](const Arrays &in) -> Results {
            Array result({batch, tokens});
            for (int64_t b = 0; b < batch; ++b)
              for (int64_t t = 0; t < tokens; ++t)
                result(b, t) = t + 1 < tokens ? in.at("l")(b, t + 1) : Real(-100);
            return {result};
          }};
}

static Case countLabels(Shape shape) {
  return {"count_labels", "%t : $t", {{"t", shape, Kind::Index, -2, 2}}, {{{}, Kind::Index}},
          [](const Arrays &in) -> Results {
            int64_t count = 0;
            for (int64_t i = 0; i < in.at("t").count(); ++i)
              count += whole(in.at("t")[i]) >= 0;
            Array result((Shape()));
            result[0] = count;
            return {result};
          }};
}

/// torch.optim.AdamW's step. Second moments are squares.
static Case adamw(Shape shape, double decay, double lrScale) {
  const double beta1 = 0.75, beta2 = 0.875, eps = 1.0 / 1024;
  std::string text = "%p, %g, %m, %v, %s betas(0.75, 0.875) eps(0.0009765625) weight_decay(" + std::to_string(decay) +
                     ") lr_scale(" + std::to_string(lrScale) + ") : $p, $g, $m, $v, $s";
  Case c{"adamw", text,
         {{"p", shape}, {"g", shape}, {"m", shape}, {"v", shape},
          {"s", {6}, Kind::Wide, 0, 0, {0.01, 0.4375, 0.234375, 0.125, NAN, NAN}}},
         {{shape}, {shape}, {shape}}, [=](const Arrays &in) -> Results {
           Array p = in.at("p"), m = in.at("m"), v = in.at("v");
           const Array &s = in.at("s");
           Real rate = s[0] * Real(lrScale);
           for (int64_t i = 0; i < p.count(); ++i) {
             Real g = in.at("g")[i] * s[3];
             m[i] = Real(beta1) * m[i] + Real(1 - beta1) * g;
             v[i] = Real(beta2) * v[i] + Real(1 - beta2) * g * g;
             p[i] = p[i] * (Real(1) - rate * Real(decay)) -
                    rate / s[1] * m[i] / (sqrt(v[i]) / sqrt(s[2]) + Real(eps));
           }
           return {p, m, v};
         }};
  c.derive = [](Arrays &in) {
    for (int64_t i = 0; i < in["v"].count(); ++i)
      in["v"][i] = in["v"][i].value * in["v"][i].value;
  };
  return c;
}

std::vector<Case> mmc::test::trainCases() {
  return {
      crossEntropy({1}, 1),
      crossEntropy({2, 3}, 5),
      crossEntropy({2, 7}, 1031),
      crossEntropyGrad({1}, 1),
      crossEntropyGrad({2, 3}, 5),
      crossEntropyGrad({2, 7}, 1031),
      shiftLabels(1, 1),
      shiftLabels(3, 7),
      shiftLabels(131, 67),
      countLabels({1}),
      countLabels({3, 7}),
      countLabels({131, 257}),
      adamw({1}, 0, 1),
      adamw({3, 5}, 0.125, 0.25),
      adamw({17, 131}, 0.5, 1),
  };
}
