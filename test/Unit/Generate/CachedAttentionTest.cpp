// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc.cached_attention against its formula in double, on awkward shapes.

#include "mmc/Runtime/Core/Random.h"
#include "mmc/Runtime/Model/Execute.h"

#include "../Data/Golden.h"

#include <gtest/gtest.h>

#include <cmath>
#include <ostream>

using namespace mmc;
using namespace mmc::test;

namespace {

struct AttentionShape {
  int64_t batch, heads, kvHeads, width, rows, length;
  bool segments;
};

void PrintTo(const AttentionShape &s, std::ostream *stream) {
  *stream << s.batch << "x" << s.heads << "/" << s.kvHeads << "x" << s.width << " over " << s.length
          << " of " << s.rows;
}

class CachedAttention : public ::testing::TestWithParam<AttentionShape> {};

constexpr double kScale = 0.7;

std::string type(const Shape &shape, const char *element) {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + element + ">";
}

/// @attend of one op, with its operands as inputs.
std::string moduleOf(const AttentionShape &s, const std::map<std::string, Shape> &shapes) {
  auto of = [&](const std::string &name) {
    return type(shapes.at(name),
                name == "length" || name == "segments" || name == "past_segments" ? "i32" : "f64");
  };
  std::string arguments, types;
  for (const char *name :
       {"query", "key", "value", "past_key", "past_value", "length", "segments", "past_segments"}) {
    if (!shapes.count(name))
      continue;
    arguments += std::string(arguments.empty() ? "%" : ", %") + name + ": " + of(name) +
                 " {mmc.name = \"" + name + "\"}";
    types += (types.empty() ? "" : ", ") + of(name);
  }
  return "func.func @attend(" + arguments + ") -> (" + of("query") +
         " {mmc.name = \"result\"}) {\n" +
         "  %y = mmc.cached_attention %query, %key, %value past %past_key, %past_value length "
         "%length" +
         (s.segments ? " segments %segments, %past_segments" : "") + " heads(" +
         std::to_string(s.heads) + ") kv_heads(" + std::to_string(s.kvHeads) + ") scale(" +
         std::to_string(kScale) + ") : " + types + " -> " + of("query") +
         "\n  return %y : " + of("query") + "\n}\n";
}

/// The formula, head by head.
std::vector<double> reference(const AttentionShape &s, const TensorMap &in) {
  const double *q = in.at("query").as<double>(), *k = in.at("key").as<double>(),
               *v = in.at("value").as<double>();
  const double *pk = in.at("past_key").as<double>(), *pv = in.at("past_value").as<double>();
  const int64_t kvWidth = s.kvHeads * s.width;
  std::vector<double> result;
  for (int64_t b = 0; b < s.batch; ++b)
    for (int64_t h = 0; h < s.heads; ++h) {
      const int64_t shared = h / (s.heads / s.kvHeads) * s.width;
      std::vector<double> weights, sum(s.width);
      std::vector<const double *> values;
      double total = 0;
      auto see = [&](const double *key, const double *value) {
        double score = 0;
        for (int64_t d = 0; d < s.width; ++d)
          score += q[(b * s.heads + h) * s.width + d] * key[d];
        const double weight = std::exp(score * kScale);
        total += weight;
        for (int64_t d = 0; d < s.width; ++d)
          sum[d] += weight * value[d];
      };
      for (int64_t t = 0; t < s.length; ++t)
        if (!s.segments || in.at("past_segments").as<int32_t>()[b * s.rows + t] ==
                               in.at("segments").as<int32_t>()[b])
          see(pk + (b * s.rows + t) * kvWidth + shared, pv + (b * s.rows + t) * kvWidth + shared);
      see(k + b * kvWidth + shared, v + b * kvWidth + shared);
      for (double x : sum)
        result.push_back(x / total);
    }
  return result;
}

} // namespace

TEST_P(CachedAttention, IsItsFormula) {
  const AttentionShape &s = GetParam();
  const int64_t kvWidth = s.kvHeads * s.width;
  std::map<std::string, Shape> shapes = {
      {"query", {s.batch, 1, s.heads * s.width}}, {"key", {s.batch, 1, kvWidth}},
      {"value", {s.batch, 1, kvWidth}},           {"past_key", {s.batch, s.rows, kvWidth}},
      {"past_value", {s.batch, s.rows, kvWidth}}, {"length", {}}};
  if (s.segments) {
    shapes["segments"] = {s.batch, 1};
    shapes["past_segments"] = {s.batch, s.rows};
  }
  TempDir work;
  work.write("model.mlir", moduleOf(s, shapes));
  TensorMap inputs;
  uint32_t stream = 0;
  for (const auto &[name, shape] : shapes) {
    const bool whole = name == "length" || name == "segments" || name == "past_segments";
    Tensor &tensor = inputs[name] = Tensor(whole ? DType::I32 : DType::F64, shape);
    const RandomStream random{11, 0, stream++};
    for (int64_t i = 0; i < tensor.count(); ++i)
      if (whole)
        tensor.as<int32_t>()[i] =
            name == "length" ? s.length : static_cast<int32_t>(random.bits(i) % 2);
      else
        tensor.as<double>()[i] = random.normal(i);
  }
  // Rows that hold no token yet are not seen, whatever stands there.
  for (const char *name : {"past_key", "past_value"})
    for (int64_t b = 0; b < s.batch; ++b)
      for (int64_t i = s.length * kvWidth; i < s.rows * kvWidth; ++i)
        inputs[name].as<double>()[b * s.rows * kvWidth + i] = 1e3;

  CompileRequest request;
  request.modelFile = work.path("model.mlir");
  request.entries = {"attend"};
  request.dtype = DType::F64;
  request.cacheDir = "none";
  auto program = Program::compile(request);
  ASSERT_TRUE(program.isOk()) << program.status().message();
  TensorViews views;
  for (const auto &[name, tensor] : inputs)
    views[name] = tensor.view();
  auto results = execute(**program, *(*program)->find("attend"), {}, views, /*threads=*/2);
  ASSERT_TRUE(results.isOk()) << results.status().message();
  const std::vector<double> expected = reference(s, inputs);
  for (size_t i = 0; i < expected.size(); ++i)
    ASSERT_TRUE(std::fabs(results->at("result").as<double>()[i] - expected[i]) <= 1e-12) << i;
}

INSTANTIATE_TEST_SUITE_P(Shapes, CachedAttention,
                         ::testing::Values(AttentionShape{1, 4, 4, 8, 16, 9, true},
                                           AttentionShape{1, 6, 2, 5, 53, 53, true},
                                           AttentionShape{2, 6, 3, 7, 13, 4, true},
                                           AttentionShape{1, 1, 1, 1, 2, 1, false},
                                           AttentionShape{1, 8, 1, 16, 97, 50, false},
                                           AttentionShape{3, 2, 2, 3, 11, 0, false},
                                           AttentionShape{1, 2, 1, 4, 64, 0, true}));
