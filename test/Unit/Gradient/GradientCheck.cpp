// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "GradientCheck.h"

#include "../Jit/EntryRun.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

using namespace mmc;
using namespace mmc::test;

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

/// The case's integers, and a seed and a step for dropout.
static void fillInputs(EntryRun &run, const GradientCase &c) {
  for (size_t i = 0; i < run.inputs.size(); ++i) {
    Tensor &tensor = run.inputs[i];
    const std::string &name = run.entry()->inputs[i].name;
    if (name == "rng") {
      tensor.as<int64_t>()[0] = 17;
      tensor.as<int64_t>()[1] = 3;
      continue;
    }
    const std::vector<int32_t> &values = c.integers.at(name).values;
    ASSERT_EQ(static_cast<int64_t>(values.size()), tensor.count()) << name;
    std::memcpy(tensor.data(), values.data(), tensor.bytes());
  }
}

static double lossOf(EntryRun &run) {
  run.run();
  return run.outputs[0].as<double>()[0];
}

void checkGradients(const GradientCase &c) {
  CompileRequest request;
  request.entries = {"loss", "gradients"};
  request.dtype = DType::F64;
  std::unique_ptr<Program> compiled = compileText(moduleOf(c), request);
  ASSERT_NE(compiled, nullptr);
  const Program &program = *compiled;

  // Values in (−1, 1) of a linear congruential generator: the same everywhere.
  uint64_t state = 1;
  std::vector<Tensor> parameters = parametersOf(program);
  for (Tensor &tensor : parameters) {
    ASSERT_EQ(tensor.dtype(), DType::F64);
    for (int64_t i = 0; i < tensor.count(); ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      tensor.as<double>()[i] = static_cast<double>(state >> 11) / 4503599627370496.0 - 1;
    }
  }

  EntryRun gradients(program, "gradients", parameters), evaluation(program, "loss", parameters);
  ASSERT_TRUE(gradients.entry() && evaluation.entry());
  fillInputs(gradients, c);
  double loss = lossOf(gradients);
  std::map<std::string, Tensor> expected;
  for (const ProgramParameter &parameter : program.parameters())
    if (const Tensor *gradient = gradients.find("grad:" + parameter.name))
      expected[parameter.name] = gradient->clone();
  bool drops = c.body.find("mmc.dropout") != std::string::npos;
  if (!drops) {
    fillInputs(evaluation, c);
    double evaluated = lossOf(evaluation);
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
      double above = lossOf(gradients);
      element = value - kStep;
      double below = lossOf(gradients);
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
