// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Results that are written over dead operands, bit for bit those that have places of their own.

#include "../Jit/EntryRun.h"

#include "mmc/Runtime/Core/Random.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace mmc;
using namespace mmc::test;

namespace {

/// A gated layer behind a residual one. Its gradients are sums over what several layers read, products with gates, and
/// those of the loss: kernels that overwrite an operand. 97 rows of 331 are several tiles.
const char *const kModel = R"(
func.func @loss(%x: tensor<97x331xELEMENT> {mmc.name = "x"}, %t: tensor<97xi32> {mmc.name = "t"})
    -> (tensor<WIDE> {mmc.name = "loss_sum"}) {
  %w = mmc.param "w" : tensor<331x331xELEMENT>
  %g = mmc.param "g" : tensor<331x331xELEMENT>
  %u = mmc.param "u" : tensor<331x331xELEMENT>
  %s = mmc.param "s" : tensor<331xELEMENT>
  %a = mmc.linear %x, %w : tensor<97x331xELEMENT>, tensor<331x331xELEMENT>
  %h = mmc.add %x, %a : tensor<97x331xELEMENT>, tensor<97x331xELEMENT>
  %n = mmc.rms_norm %h, %s eps(1.0e-6) : tensor<97x331xELEMENT>, tensor<331xELEMENT>
  %b = mmc.linear %n, %g : tensor<97x331xELEMENT>, tensor<331x331xELEMENT>
  %c = mmc.silu %b : tensor<97x331xELEMENT>
  %d = mmc.linear %n, %u : tensor<97x331xELEMENT>, tensor<331x331xELEMENT>
  %e = mmc.mul %c, %d : tensor<97x331xELEMENT>, tensor<97x331xELEMENT>
  %f = mmc.add %h, %e : tensor<97x331xELEMENT>, tensor<97x331xELEMENT>
  %l = mmc.cross_entropy %f, %t : tensor<97x331xELEMENT>, tensor<97xi32>
  %r = mmc.sum %l : tensor<97xWIDE>
  return %r : tensor<WIDE>
}
)";

std::string modelOf(const std::string &element, const std::string &wide) {
  std::string text = kModel;
  for (auto [word, type] : {std::pair("ELEMENT", &element), std::pair("WIDE", &wide)})
    for (size_t at; (at = text.find(word)) != std::string::npos;)
      text.replace(at, std::strlen(word), *type);
  return text;
}

void fill(Tensor &tensor, uint32_t stream) {
  const RandomStream random{3, 0, stream};
  std::vector<double> values(tensor.count());
  for (int64_t i = 0; i < tensor.count(); ++i)
    values[i] = tensor.dtype() == DType::I32 ? random.bits(i) % 331 : random.normal(i) / 16;
  if (tensor.dtype() == DType::I32)
    std::copy(values.begin(), values.end(), tensor.as<int32_t>());
  else
    convert(DType::F64, values.data(), tensor.dtype(), tensor.data(), values.size());
}

class InPlace : public testing::TestWithParam<DType> {};

TEST_P(InPlace, ResultsAreThoseWithPlacesOfTheirOwn) {
  const DType dtype = GetParam();
  CompileRequest request;
  request.entries = {"gradients"};
  request.train = "all";
  request.dtype = dtype;
  const std::string text = dtype == DType::BF16 ? modelOf("bf16", "f32") : modelOf("f32", "f32");
  std::unique_ptr<Program> over = compileText(text, request);
  request.inPlace = false;
  std::unique_ptr<Program> apart = compileText(text, request);
  ASSERT_TRUE(over && apart);
  std::vector<Tensor> parameters = parametersOf(*over);
  for (size_t i = 0; i < parameters.size(); ++i)
    fill(parameters[i], 10 + i);
  EntryRun expected(*apart, "gradients", parameters);
  ASSERT_NE(expected.entry(), nullptr);
  for (size_t i = 0; i < expected.inputs.size(); ++i)
    fill(expected.inputs[i], i);
  expected.run();
  for (int threads : {1, 3}) {
    EntryRun run(*over, "gradients", parameters);
    ASSERT_NE(run.entry(), nullptr);
    // Otherwise nothing would be compared.
    EXPECT_LT(run.entry()->arenaBytes, expected.entry()->arenaBytes);
    for (size_t i = 0; i < run.inputs.size(); ++i)
      fill(run.inputs[i], i);
    run.run(threads);
    for (size_t i = 0; i < run.outputs.size(); ++i)
      EXPECT_EQ(std::memcmp(run.outputs[i].data(), expected.outputs[i].data(), run.outputs[i].bytes()), 0)
          << run.entry()->outputs[i].name << " on " << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Types, InPlace, testing::Values(DType::F32, DType::BF16),
                         [](const auto &info) { return std::string(nameOf(info.param)); });

} // namespace
