// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Averages over micro-batches, the norm against torch's, and what is refused.

#include "mmc/Runtime/Train/GradientSum.h"
#include "../Core/TemporaryDirectory.h"
#include "mmc/Runtime/Core/Random.h"
#include "mmc/Runtime/Core/Safetensors.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>
#include <limits>

using namespace mmc;
using nlohmann::json;

namespace {

void fill(GradientSum &sum, std::vector<float> values) {
  std::memcpy(sum.gradient(0), values.data(), values.size() * sizeof(float));
}

/// The mean gradient that an update would see.
std::vector<double> mean(GradientSum &sum, size_t count, double maxNorm = 0) {
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(static_cast<float *>(sum.sum(0))[i] * sum.scale(maxNorm));
  return values;
}

TEST(GradientSum, MeanOverAllLabels) {
  GradientSum sum({"w"}, {{2}}, 2, MicroBatchAverage::Labels);
  for (int repeat = 0; repeat < 2; ++repeat) {
    sum.begin();
    fill(sum, {1, 2});
    ASSERT_TRUE(sum.add({3, 1}, 1).isOk());
    fill(sum, {5, 10});
    ASSERT_TRUE(sum.add({9, 3}, 1).isOk());
    ASSERT_TRUE(sum.finish(1).isOk());
    EXPECT_EQ(mean(sum, 2), (std::vector<double>{1.5, 3})) << "a step forgets the one before";
    EXPECT_EQ(sum.loss(), 3);
    EXPECT_EQ(sum.labels(), 4);
    EXPECT_NEAR(sum.norm(), std::hypot(1.5, 3), 1e-15);
  }
}

TEST(GradientSum, MeanOfMeans) {
  GradientSum sum({"w"}, {{2}}, 2, MicroBatchAverage::Means);
  sum.begin();
  fill(sum, {1, 2});
  ASSERT_TRUE(sum.add({3, 1}, 1).isOk());
  fill(sum, {4, 8});
  ASSERT_TRUE(sum.add({10, 4}, 1).isOk());
  ASSERT_TRUE(sum.finish(1).isOk());
  EXPECT_EQ(mean(sum, 2), (std::vector<double>{1, 2}));
  EXPECT_EQ(sum.loss(), (3 + 2.5) / 2);
  EXPECT_EQ(sum.labels(), 5);
}

TEST(GradientSum, OneMicroBatchNeedsNoSecondBuffer) {
  for (MicroBatchAverage average : {MicroBatchAverage::Labels, MicroBatchAverage::Means}) {
    GradientSum sum({"w"}, {{2}}, 1, average);
    EXPECT_EQ(sum.gradient(0), sum.sum(0));
    sum.begin();
    fill(sum, {4, 8});
    ASSERT_TRUE(sum.add({10, 4}, 1).isOk());
    ASSERT_TRUE(sum.finish(1).isOk());
    EXPECT_EQ(mean(sum, 2), (std::vector<double>{1, 2}));
    EXPECT_EQ(sum.loss(), 2.5);
  }
}

TEST(GradientSum, MicroBatchWithoutLabelsAddsNothing) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (bool emptyFirst : {true, false})
    for (MicroBatchAverage average : {MicroBatchAverage::Labels, MicroBatchAverage::Means}) {
      GradientSum sum({"w"}, {{1}}, 2, average);
      sum.begin();
      for (bool empty : {emptyFirst, !emptyFirst}) {
        fill(sum, {empty ? nan : 6.0f}); // nobody promises that the buffer holds zeros
        ASSERT_TRUE(sum.add(empty ? LossSum{0, 0} : LossSum{4, 2}, 1).isOk());
      }
      ASSERT_TRUE(sum.finish(1).isOk());
      EXPECT_EQ(mean(sum, 1), std::vector<double>{3});
      EXPECT_EQ(sum.loss(), 2);
    }
}

TEST(GradientSum, Refusals) {
  GradientSum sum({"a", "b"}, {{1}, {2}}, 1, MicroBatchAverage::Labels);
  sum.begin();
  ASSERT_TRUE(sum.add({0, 0}, 1).isOk());
  EXPECT_NE(sum.finish(1).message().find("none of its tokens has a label"), std::string::npos);
  sum.begin();
  EXPECT_EQ(sum.add({std::nan(""), 1}, 1).message(), "the loss is not finite, got: nan");
  sum.begin();
  static_cast<float *>(sum.gradient(1))[1] = std::numeric_limits<float>::infinity();
  ASSERT_TRUE(sum.add({1, 1}, 1).isOk());
  EXPECT_EQ(sum.finish(1).message(), "the gradient of b is not finite");
}

TEST(GradientSum, ThreadsDoNotMatter) {
  const int64_t count = 300'001;
  std::vector<float> values(count);
  RandomStream random{3, 0, 0};
  for (int64_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(random.normal(i));
  const double one = sumOfSquares(values.data(), count, 1);
  for (int threads : {2, 3, 5})
    EXPECT_EQ(sumOfSquares(values.data(), count, threads), one) << threads;
  double plain = 0;
  for (float value : values)
    plain += static_cast<double>(value) * value;
  EXPECT_NEAR(one, plain, 1e-10 * plain);
}

TEST(GradientSum, ClipsAsTorch) {
  const std::string folder = MMC_TEST_DATA "/optim/grad-clip/";
  json parsed = json::parse(readBytes(folder + "case.json"), nullptr, false);
  auto inputs = SafetensorsFile::open(folder + "inputs.safetensors");
  ASSERT_TRUE(inputs.isOk()) << inputs.status().message();
  int compared = 0;
  for (const json &row : parsed["rows"]) {
    const std::string name = row["name"];
    SCOPED_TRACE(name);
    std::vector<std::string> names;
    std::vector<Shape> shapes;
    for (int i = 0; inputs->contains(name + ".grad." + std::to_string(i)); ++i) {
      names.push_back(name + ".grad." + std::to_string(i));
      shapes.push_back(inputs->find(names.back())->shape);
    }
    ASSERT_FALSE(names.empty());
    GradientSum sum(names, shapes, 1, MicroBatchAverage::Labels);
    sum.begin();
    for (size_t i = 0; i < names.size(); ++i) {
      TensorView view = *inputs->find(names[i]);
      std::memcpy(sum.gradient(i), view.data, view.bytes());
    }
    ASSERT_TRUE(sum.add({1, 1}, 1).isOk());
    Status status = sum.finish(1);
    if (name == "inf" || name == "nan") {
      EXPECT_FALSE(status.isOk()) << "such a step must not be made";
      continue;
    }
    ASSERT_TRUE(status.isOk()) << status.message();
    const double norm = std::stod(row["total_norm_f64"].get<std::string>());
    EXPECT_NEAR(sum.norm(), norm, 1e-12 * norm);
    const double maxNorm = row["max_norm"];
    if (maxNorm == 0)
      continue; // torch makes all gradients 0; here it means that nothing is clipped
    const double coefficient = std::stod(row["coefficient_f64"].get<std::string>());
    EXPECT_NEAR(sum.scale(maxNorm), coefficient, 1e-12 * coefficient);
    ++compared;
  }
  EXPECT_EQ(compared, 7);
}

} // namespace
