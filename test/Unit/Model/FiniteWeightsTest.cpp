// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is looked at before weights are taken.

#include "mmc/Runtime/Model/Parameters.h"

#include "../Core/TemporaryDirectory.h"
#include "mmc/Runtime/Core/Safetensors.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace mmc;

namespace {

/// What loading says of one parameter of type `dtype`, zero but for `bad` at these places.
std::string load(DType dtype, double bad, std::vector<int64_t> places) {
  const Shape shape = {5, 60000};
  std::vector<double> values(elementCount(shape));
  for (int64_t place : places)
    values[place] = bad;
  Tensor tensor(dtype, shape);
  convert(DType::F64, values.data(), dtype, tensor.data(), values.size());
  TemporaryDirectory work;
  const std::string file = work / "weights.safetensors";
  EXPECT_TRUE(writeSafetensors(file, {{"w", tensor.view()}}).isOk());
  ParameterSources sources;
  sources.weights = {file};
  ProgramParameter parameter;
  parameter.name = "w";
  parameter.dtype = dtype;
  parameter.shape = shape;
  return std::string(Parameters::load({parameter}, sources).status().message());
}

class NotFinite : public testing::TestWithParam<DType> {};

// Blocks are looked at side by side; the first element is named all the same.
TEST_P(NotFinite, TheFirstElementIsNamed) {
  EXPECT_EQ(load(GetParam(), 1, {299999}), "");
  for (double bad : {double(NAN), double(INFINITY), -double(INFINITY)}) {
    EXPECT_NE(load(GetParam(), bad, {200000, 130999, 131001, 299999}).find("not finite at element 130999 "),
              std::string::npos);
    EXPECT_NE(load(GetParam(), bad, {299999}).find("not finite at element 299999 "), std::string::npos);
    EXPECT_NE(load(GetParam(), bad, {0, 1}).find("not finite at element 0 "), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Types, NotFinite, testing::Values(DType::F64, DType::F32, DType::BF16, DType::F16),
                         [](const auto &info) { return std::string(nameOf(info.param)); });

} // namespace
