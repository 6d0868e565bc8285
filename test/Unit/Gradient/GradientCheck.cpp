// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "GradientCheck.h"

#include "mmc/Runtime/Jit/Program.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>

using namespace mmc;

static std::string tensorType(const std::string &shape, const std::string &element) {
  return "tensor<" + (shape.empty() ? "" : shape + "x") + element + ">";
}

/// The module: the case's ops between parameters and a loss that weighs every element of %y differently.
static std::string moduleOf(const GradientCase &c) {
  std::string arguments, type = tensorType(c.shape, "f64");
  for (const auto &[name, integers] : c.integers)
    arguments += (arguments.empty() ? "%" : ", %") + name + ": " + tensorType(integers.shape, "i32") +
                 " {mmc.name = \"" + name + "\"}";
  return "func.func @loss(" + arguments + ") -> (tensor<f64> {mmc.name = \"loss_sum\"}) {\n" + c.body +
         "\n  %cotangent = mmc.param \"cotangent\" : " + type + "\n  %loss = mmc.inner_product %y, %cotangent : " + type +
         ", " + type + "\n  return %loss : tensor<f64>\n}\n";
}

namespace {

/// Buffers of one entry. Parameters are shared between entries.
class Runner {
public:
  Runner(const Program &program, const std::string &entry, std::vector<Tensor> &parameters, const GradientCase &c)
      : program(program), entry(*program.find(entry)), arena(DType::F64, {this->entry.arenaBytes / 8 + 8}) {
    bindings.arena = arena.data();
    for (Tensor &parameter : parameters)
      bindings.parameters.push_back(parameter.data());
    for (const ProgramTensor &input : this->entry.inputs) {
      Tensor &tensor = inputs.emplace_back(input.dtype, input.shape);
      if (input.name == "rng") {
        tensor.as<int64_t>()[0] = 17;
        tensor.as<int64_t>()[1] = 3;
      } else {
        const std::vector<int32_t> &values = c.integers.at(input.name).values;
        EXPECT_EQ(static_cast<int64_t>(values.size()), tensor.count()) << input.name;
        std::memcpy(tensor.data(), values.data(), tensor.bytes());
      }
    }
    for (const ProgramTensor &output : this->entry.outputs)
      outputs.emplace_back(output.dtype, output.shape);
    for (Tensor &input : inputs)
      bindings.inputs.push_back(input.data());
    for (Tensor &output : outputs)
      bindings.outputs.push_back(output.data());
  }

  double loss() {
    program.run(entry, bindings, /*threads=*/1);
    return outputs[0].as<double>()[0];
  }

  const Tensor *find(const std::string &name) const {
    for (size_t i = 0; i < outputs.size(); ++i)
      if (entry.outputs[i].name == name)
        return &outputs[i];
    return nullptr;
  }

private:
  const Program &program;
  const ProgramEntry &entry;
  Tensor arena;
  std::vector<Tensor> inputs, outputs;
  Bindings bindings;
};

} // namespace

void checkGradients(const GradientCase &c) {
  CompileRequest request;
  request.modelFile = testing::TempDir() + "gradient-" + c.name + ".mlir";
  std::ofstream(request.modelFile) << moduleOf(c);
  request.entries = {"loss", "gradients"};
  request.dtype = DType::F64;
  request.cacheDir = "none";
  StatusOr<std::unique_ptr<Program>> compiled = Program::compile(request);
  ASSERT_TRUE(compiled.isOk()) << compiled.status().message() << "\n" << moduleOf(c);
  const Program &program = **compiled;

  // Values in (−1, 1) of a linear congruential generator: the same everywhere.
  uint64_t state = 1;
  std::vector<Tensor> parameters;
  for (const ProgramParameter &parameter : program.parameters()) {
    Tensor &tensor = parameters.emplace_back(parameter.dtype, parameter.shape);
    ASSERT_EQ(parameter.dtype, DType::F64) << parameter.name;
    for (int64_t i = 0; i < tensor.count(); ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      tensor.as<double>()[i] = static_cast<double>(state >> 11) / 4503599627370496.0 - 1;
    }
  }

  Runner gradients(program, "gradients", parameters, c);
  double loss = gradients.loss();
  std::map<std::string, Tensor> expected;
  for (const ProgramParameter &parameter : program.parameters())
    if (const Tensor *gradient = gradients.find("grad:" + parameter.name))
      expected[parameter.name] = gradient->clone();
  bool drops = c.body.find("mmc.dropout") != std::string::npos;
  if (!drops) {
    double evaluated = Runner(program, "loss", parameters, c).loss();
    EXPECT_TRUE(std::abs(evaluated - loss) <= 1e-12 * std::max(1.0, std::abs(loss))) << evaluated << " != " << loss;
  }

  size_t trainable = 0;
  double largest = 0;
  for (size_t p = 0; p < parameters.size(); ++p) {
    const ProgramParameter &parameter = program.parameters()[p];
    if (!parameter.trainable)
      continue;
    ++trainable;
    ASSERT_TRUE(expected.count(parameter.name)) << parameter.name;
    const Tensor &gradient = expected[parameter.name];
    ASSERT_EQ(gradient.shape(), parameter.shape) << parameter.name;
    for (int64_t i = 0; i < gradient.count(); ++i) {
      constexpr double kStep = 1e-5;
      double &element = parameters[p].as<double>()[i], value = element;
      element = value + kStep;
      double above = gradients.loss();
      element = value - kStep;
      double below = gradients.loss();
      element = value;
      double difference = (above - below) / (2 * kStep), built = gradient.as<double>()[i];
      double error = std::abs(difference - built), tolerance = 1e-7 * std::max(1.0, std::abs(built));
      EXPECT_TRUE(error <= tolerance) << parameter.name << "[" << i << "]: " << built << " != " << difference;
      largest = std::max(largest, std::abs(built));
    }
  }
  EXPECT_EQ(expected.size(), trainable);
  EXPECT_GT(trainable, 0u);
  EXPECT_GT(largest, 1e-3) << "a case whose gradients vanish shows nothing";
}
