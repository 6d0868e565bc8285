// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Statistics of initial values against the rules of LaVIN's constructors, under the tolerances of
// lavin-init/case.json; seeds are fixed, so no test can fail by chance.

#include "mmc/Runtime/Train/Initialize.h"
#include "../Core/TemporaryDirectory.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <set>

using namespace mmc;
using nlohmann::json;

namespace {

struct Statistics {
  double mean = 0, deviation = 0, least = HUGE_VAL, greatest = -HUGE_VAL;
};

Statistics statisticsOf(const Tensor &tensor) {
  Statistics result;
  const float *values = tensor.as<float>();
  const int64_t count = tensor.count();
  for (int64_t i = 0; i < count; ++i) {
    result.mean += values[i] / double(count);
    result.least = std::fmin(result.least, values[i]);
    result.greatest = std::fmax(result.greatest, values[i]);
  }
  for (int64_t i = 0; i < count; ++i)
    result.deviation += (values[i] - result.mean) * (values[i] - result.mean) / count;
  result.deviation = std::sqrt(result.deviation);
  return result;
}

bool endsWith(const std::string &text, const std::string &end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// The initialiser that case.json's "rules" give a parameter; `width` is the D of its router.
std::string specOf(const std::string &name, int64_t width) {
  if (endsWith(name, "expert_weights.weight"))
    return "fan_in_uniform";
  if (endsWith(name, "expert_weights.bias"))
    return "uniform_fan(" + std::to_string(width) + ")";
  if (endsWith(name, "conv_A.weight") || name == "adapter_proj.conv_B.weight")
    return "xavier_uniform";
  if (name == "adapter_modality_embedding.weight")
    return "normal(0, 1)";
  return "zeros";
}

void checkTensors(const json &tensors, uint64_t seed) {
  for (const auto &[name, facts] : tensors.items()) {
    SCOPED_TRACE(name);
    Shape shape = facts["shape"];
    std::string weight = name.substr(0, name.rfind('.')) + ".weight";
    int64_t width = tensors.contains(weight) ? tensors[weight]["shape"].back().get<int64_t>() : 0;
    Tensor tensor(DType::F32, shape);
    Status status = initialize(tensor, specOf(name, width), seed, name);
    ASSERT_TRUE(status.isOk()) << status.message();
    Statistics got = statisticsOf(tensor);
    const double count = static_cast<double>(tensor.count());
    std::string kind = facts["kind"];
    if (kind == "zero") {
      EXPECT_TRUE(got.least == 0 && got.greatest == 0);
    } else if (kind == "uniform") {
      double bound = facts["bound"], deviation = bound / std::sqrt(3);
      EXPECT_TRUE(got.least >= -bound && got.greatest <= bound);
      EXPECT_TRUE(std::fabs(got.mean) < 6 * deviation / std::sqrt(count)) << got.mean;
      if (count >= 100) {
        EXPECT_TRUE(std::fabs(got.deviation - deviation) < 2 * bound / std::sqrt(count));
        // The ends are reached: 1 - (1 - 10/k)^k is 1 - 5e-5 per end.
        EXPECT_TRUE(got.greatest > bound * (1 - 20 / count)) << got.greatest;
        EXPECT_TRUE(got.least < -bound * (1 - 20 / count)) << got.least;
      }
    } else {
      ASSERT_EQ(kind, "normal");
      EXPECT_TRUE(std::fabs(got.mean) < 6 / std::sqrt(count));
      EXPECT_TRUE(std::fabs(got.deviation - 1) < 6 / std::sqrt(2 * count));
    }
  }
}

TEST(Initialize, LavinTinyAndFullSize) {
  json golden = json::parse(readBytes(MMC_TEST_DATA "/lavin/lavin-init/init.json"), nullptr, false);
  ASSERT_TRUE(golden.is_object());
  checkTensors(golden["lavin-tiny"]["0"], 0);
  checkTensors(golden["full-size"]["1"]["7B"], 1);
  checkTensors(golden["full-size"]["2"]["13B"], 2);
}

Tensor make(const Shape &shape, const char *spec, uint64_t seed = 0, const char *name = "p",
            DType dtype = DType::F32) {
  Tensor tensor(dtype, shape);
  Status status = initialize(tensor, spec, seed, name);
  EXPECT_TRUE(status.isOk()) << status.message();
  return tensor;
}

TEST(Initialize, Bounds) {
  // A hundred thousand values come within 1e-3 of both bounds (but for e^-50).
  auto expectBounds = [](const Shape &shape, const char *spec, double low, double high) {
    Statistics got = statisticsOf(make(shape, spec));
    double slack = 1e-3 * (high - low);
    EXPECT_TRUE(got.least >= low && got.least < low + slack) << spec << " " << got.least;
    EXPECT_TRUE(got.greatest <= high && got.greatest > high - slack) << spec;
    EXPECT_NEAR(got.deviation, (high - low) / std::sqrt(12), slack);
  };
  expectBounds({100, 1000}, "uniform(-1, 3)", -1, 3);
  expectBounds({100, 1000}, " uniform( 2.5 ,3e0 ) ", 2.5, 3);
  expectBounds({100, 1000}, "fan_in_uniform", -1 / std::sqrt(1000), 1 / std::sqrt(1000));
  expectBounds({100000}, "uniform_fan(16)", -0.25, 0.25);
  expectBounds({100, 1000}, "xavier_uniform", -std::sqrt(6 / 1100.), std::sqrt(6 / 1100.));
  // torch: fan_in = 10 · 20, fan_out = 500 · 20.
  expectBounds({500, 10, 20}, "xavier_uniform", -std::sqrt(6 / 10200.), std::sqrt(6 / 10200.));
  expectBounds({500, 10, 20}, "kaiming_uniform(0)", -std::sqrt(6 / 200.), std::sqrt(6 / 200.));
  // LoRA's A: a = sqrt(5) makes it 1/sqrt(fan_in).
  expectBounds({100, 1000}, "kaiming_uniform(2.23606797749979)", -1 / std::sqrt(1000),
               1 / std::sqrt(1000));
}

TEST(Initialize, RoundingStaysWithinTheBounds) {
  // Between the bounds lies one float; a third of the values is nearer to the next, outside.
  Statistics got = statisticsOf(make({1000}, "uniform(1, 1.00000009)"));
  EXPECT_TRUE(got.least == 1 && got.greatest == 1);
  got = statisticsOf(make({1000}, "uniform(-1.00000009, -1)"));
  EXPECT_TRUE(got.least == -1 && got.greatest == -1);
}

TEST(Initialize, NormalAndConstants) {
  Statistics got = statisticsOf(make({100, 1000}, "normal(2, 0.02)"));
  EXPECT_NEAR(got.mean, 2, 6 * 0.02 / std::sqrt(1e5));
  EXPECT_NEAR(got.deviation, 0.02, 6 * 0.02 / std::sqrt(2e5));
  EXPECT_EQ(make({3}, "ones").as<float>()[2], 1);
  EXPECT_EQ(make({3}, "constant(-2.5)").as<float>()[0], -2.5f);
  EXPECT_EQ(make({}, "ones").as<float>()[0], 1);
  EXPECT_EQ(make({2}, "ones", 0, "p", DType::BF16).as<uint16_t>()[1], 0x3f80);
  EXPECT_EQ(make({2}, "constant(0.1)", 0, "p", DType::F64).as<double>()[1], 0.1);
  EXPECT_EQ(make({0, 3}, "xavier_uniform").count(), 0);
}

TEST(Initialize, DependsOnSeedAndNameAndPosition) {
  auto first = [](const Tensor &tensor, int64_t i) { return tensor.as<float>()[i]; };
  Tensor a = make({4096}, "uniform(0, 1)", 1, "a"), again = make({4096}, "uniform(0, 1)", 1, "a");
  Tensor b = make({4096}, "uniform(0, 1)", 1, "b"), other = make({4096}, "uniform(0, 1)", 2, "a");
  std::set<float> values;
  for (int64_t i = 0; i < 4096; ++i) {
    EXPECT_EQ(first(a, i), first(again, i));
    values.insert({first(a, i), first(b, i), first(other, i)});
  }
  // Of 3 · 4096 floats with 24 bits, about 4.5 pairs coincide by chance.
  EXPECT_GT(values.size(), 3u * 4096 - 20);
}

TEST(Initialize, RefusesWhatItCannotDo) {
  for (const char *spec : {"", "zero", "zeros(1)", "normal(0)", "normal(0,-1)", "uniform(1,0)",
                           "uniform(0,1", "uniform(0,1)x", "uniform(0,,1)", "uniform(0,nan)",
                           "constant()", "constant(1e999)", "uniform_fan(0)", "Normal(0, 1)"})
    EXPECT_EQ(parseInitializer(spec).status().code(), StatusCode::BadInput) << spec;
  Tensor vector(DType::F32, {3}), integers(DType::I32, {3});
  for (const char *spec : {"xavier_uniform", "fan_in_uniform", "kaiming_uniform(0)"})
    EXPECT_EQ(initialize(vector, spec, 0, "v").code(), StatusCode::BadInput) << spec;
  EXPECT_EQ(initialize(integers, "zeros", 0, "i").code(), StatusCode::BadInput);
}

} // namespace
