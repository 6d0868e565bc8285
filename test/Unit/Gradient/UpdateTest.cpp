// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The compiled entry `update` against torch.optim.AdamW's algorithm written out in double, with results bound to the
// memory of what they update.

#include "../Jit/EntryRun.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace mmc;
using namespace mmc::test;

namespace {

constexpr double kBeta1 = 0.8, kBeta2 = 0.95, kEps = 1e-3, kDecay = 0.1;

const char *const kModel = R"(
func.func @loss(%x: tensor<2x5xELEMENT> {mmc.name = "x"}) -> (tensor<ELEMENT> {mmc.name = "loss_sum"}) {
  %w = mmc.param trainable "layer.weight" : tensor<3x5xELEMENT>
  %b = mmc.param trainable "layer.bias" : tensor<3xELEMENT>
  %c = mmc.param trainable "conv" : tensor<7x3x1xELEMENT>
  %v = mmc.reshape %c : tensor<7x3x1xELEMENT> to tensor<7x3xELEMENT>
  %y = mmc.linear %x, %w bias %b : tensor<2x5xELEMENT>, tensor<3x5xELEMENT>, tensor<3xELEMENT>
  %z = mmc.linear %y, %v : tensor<2x3xELEMENT>, tensor<7x3xELEMENT>
  %s = mmc.sum %z : tensor<2x7xELEMENT>
  return %s : tensor<ELEMENT>
}
)";

std::string modelOf(const std::string &element) {
  std::string text = kModel;
  for (size_t at; (at = text.find("ELEMENT")) != std::string::npos;)
    text.replace(at, 7, element);
  return text;
}

/// What is followed of one parameter, in double.
struct Reference {
  std::vector<double> value, first, second;
};

template <typename T>
void checkUpdate(DType dtype, const std::string &element, double tolerance) {
  CompileRequest request;
  request.entries = {"update"};
  request.dtype = dtype;
  request.update = {kBeta1, kBeta2, kEps, kDecay, {"*.bias:0.25"}};
  std::unique_ptr<Program> compiled = compileText(modelOf(element), request);
  ASSERT_NE(compiled, nullptr);
  const Program &program = *compiled;
  std::vector<Tensor> parameters = parametersOf(program);
  EntryRun update(program, "update", parameters);
  std::vector<Tensor> &inputs = update.inputs;
  const ProgramEntry *entry = update.entry();
  ASSERT_NE(entry, nullptr);
  ASSERT_EQ(program.parameters().size(), 3u);
  ASSERT_EQ(entry->inputs.size(), 10u);
  ASSERT_EQ(entry->outputs.size(), 9u);
  ASSERT_EQ(entry->inputs[0].name, "settings");
  ASSERT_EQ(entry->inputs[0].dtype, DType::F32);

  std::vector<Reference> references;
  for (Tensor &tensor : parameters) {
    Reference &reference = references.emplace_back();
    for (int64_t i = 0; i < tensor.count(); ++i)
      reference.value.push_back(tensor.template as<T>()[i] = static_cast<T>(std::sin(1.0 + i)));
    reference.first.resize(tensor.count());
    reference.second.resize(tensor.count());
  }
  // Results P, first:P and second:P in the memory of the parameter and of its moments.
  for (size_t p = 0; p < parameters.size(); ++p) {
    const std::string &name = program.parameters()[p].name;
    ASSERT_EQ(entry->inputs[1 + 3 * p].name, "grad:" + name);
    ASSERT_EQ(entry->inputs[2 + 3 * p].name, "first:" + name);
    ASSERT_EQ(entry->inputs[3 + 3 * p].name, "second:" + name);
    ASSERT_EQ(entry->outputs[3 * p].name, name);
    ASSERT_EQ(entry->outputs[3 * p + 1].name, "first:" + name);
    ASSERT_EQ(entry->outputs[3 * p + 2].name, "second:" + name);
    update.redirect(3 * p, parameters[p].data());
    update.redirect(3 * p + 1, inputs[2 + 3 * p].data());
    update.redirect(3 * p + 2, inputs[3 + 3 * p].data());
  }

  for (int step = 1; step <= 3; ++step) {
    float *settings = inputs[0].template as<float>();
    settings[0] = 0.01f * step;
    settings[1] = static_cast<float>(1 - std::pow(kBeta1, step));
    settings[2] = static_cast<float>(1 - std::pow(kBeta2, step));
    settings[3] = 0.5f;
    settings[4] = settings[5] = NAN; // not read
    for (size_t p = 0; p < parameters.size(); ++p) {
      double lr = settings[0] * (program.parameters()[p].name == "layer.bias" ? 0.25 : 1);
      double decay = program.parameters()[p].shape.size() >= 2 ? kDecay : 0;
      for (int64_t i = 0; i < parameters[p].count(); ++i) {
        T &gradient = inputs[1 + 3 * p].template as<T>()[i] = static_cast<T>(std::cos(i + 10.0 * p + step));
        double g = gradient * static_cast<double>(settings[3]);
        double &value = references[p].value[i], &m = references[p].first[i], &v = references[p].second[i];
        value *= 1 - lr * decay;
        m = kBeta1 * m + (1 - kBeta1) * g;
        v = kBeta2 * v + (1 - kBeta2) * g * g;
        value -= lr / settings[1] * m / (std::sqrt(v) / std::sqrt(static_cast<double>(settings[2])) + kEps);
      }
    }
    update.run(/*threads=*/2);
    for (size_t p = 0; p < parameters.size(); ++p)
      for (int64_t i = 0; i < parameters[p].count(); ++i) {
        auto near = [&](const Tensor &actual, double expected) {
          return std::abs(actual.template as<T>()[i] - expected) <= tolerance;
        };
        SCOPED_TRACE(program.parameters()[p].name + " step " + std::to_string(step));
        EXPECT_TRUE(near(parameters[p], references[p].value[i]));
        EXPECT_TRUE(near(inputs[2 + 3 * p], references[p].first[i]));
        EXPECT_TRUE(near(inputs[3 + 3 * p], references[p].second[i]));
      }
  }
}

TEST(Update, IsAdamWInF32) { checkUpdate<float>(DType::F32, "f32", 5e-7); }
TEST(Update, IsAdamWInF64) { checkUpdate<double>(DType::F64, "f64", 1e-14); }

} // namespace
