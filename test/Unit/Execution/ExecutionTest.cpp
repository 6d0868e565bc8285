// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every op of the dialect, compiled and run in every type, against its formula in plain loops.

#include "Execution.h"

#include "../Jit/EntryRun.h"

#include "mmc/Dialect/MmcDialect.h"

#include "mlir/IR/MLIRContext.h"
#include <gtest/gtest.h>

using namespace mmc;
using namespace mmc::test;

static const std::map<std::string, std::vector<Case>> &casesByOp() {
  static const std::map<std::string, std::vector<Case>> cases = [] {
    std::map<std::string, std::vector<Case>> result;
    for (auto table : {tensorCases, shapeCases, layerCases, placeCases, attentionCases, trainCases,
                       layerGradientCases, placeGradientCases})
      for (Case &c : table())
        result[c.op].push_back(std::move(c));
    return result;
  }();
  return cases;
}

static std::vector<std::string> testedOps() {
  std::vector<std::string> names;
  for (const auto &[name, cases] : casesByOp())
    names.push_back(name);
  return names;
}

namespace {

class Execution : public testing::TestWithParam<std::tuple<std::string, DType>> {};

TEST_P(Execution, IsTheFormula) {
  const auto &[op, dtype] = GetParam();
  checkExecution(casesByOp().at(op), dtype);
}

INSTANTIATE_TEST_SUITE_P(Ops, Execution,
                         testing::Combine(testing::ValuesIn(testedOps()),
                                          testing::Values(DType::F32, DType::F64, DType::BF16)),
                         [](const auto &info) {
                           return std::get<0>(info.param) + "_" + std::string(nameOf(std::get<1>(info.param)));
                         });

/// What cannot be a model of one op, and where it is executed.
const std::map<std::string, const char *> kStructure = {
    {"param", "Structure.ParametersOfARepeat below"},
    {"repeat", "Structure.ParametersOfARepeat below"},
    {"yield", "ends a repeat"},
    {"launch", "what Fuse makes of every case here"},
    {"adapter", "a definition: --mmc-insert-adapters leaves its body's ops"},
};

TEST(Coverage, EveryOpIsExecuted) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.getOrLoadDialect<MmcDialect>();
  std::set<std::string> registered;
  for (mlir::RegisteredOperationName op : context.getRegisteredOperations())
    if (op.getDialectNamespace() == "mmc")
      registered.insert(op.stripDialect().str());
  EXPECT_GT(registered.size(), 50u);
  for (const std::string &op : registered)
    EXPECT_EQ(casesByOp().count(op) + kStructure.count(op), 1u) << "mmc." << op << " needs a case in test/Unit/Execution";
  for (const auto &[op, where] : kStructure)
    EXPECT_TRUE(registered.count(op)) << "mmc." << op << " is no op (" << where << ")";
}

/// A scale of its own for every repetition, and what each made, one after the other.
TEST(Structure, ParametersOfARepeat) {
  CompileRequest request;
  request.entries = {"scaled"};
  request.dtype = DType::F32;
  std::unique_ptr<Program> program = compileText(R"(
func.func @scaled(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<6x3xf32>) {
  %y:2 = mmc.repeat i = 0 to 3 iter(%a = %x) collect axis(0) -> (tensor<2x3xf32>, tensor<6x3xf32>) {
    %g = mmc.param "scale.{i}" : tensor<3xf32>
    %b = mmc.mul %a, %g : tensor<2x3xf32>, tensor<3xf32>
    mmc.yield %b, %b : tensor<2x3xf32>, tensor<2x3xf32>
  }
  return %y#0, %y#1 : tensor<2x3xf32>, tensor<6x3xf32>
})", request);
  ASSERT_NE(program, nullptr);
  std::vector<Tensor> parameters = parametersOf(*program);
  ASSERT_EQ(parameters.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(program->parameters()[i].name, "scale." + std::to_string(i));
    for (int d = 0; d < 3; ++d)
      parameters[i].as<float>()[d] = 1.0f + i + 4 * d;
  }
  EntryRun run(*program, "scaled", parameters);
  ASSERT_NE(run.entry(), nullptr);
  for (int i = 0; i < 6; ++i)
    run.inputs[0].as<float>()[i] = i + 1;
  run.run();
  for (int row = 0; row < 2; ++row)
    for (int d = 0; d < 3; ++d) {
      float value = row * 3 + d + 1;
      for (int i = 0; i < 3; ++i) {
        value *= 1.0f + i + 4 * d;
        EXPECT_EQ(run.outputs[1].as<float>()[(i * 2 + row) * 3 + d], value);
      }
      EXPECT_EQ(run.outputs[0].as<float>()[row * 3 + d], value);
    }
}

} // namespace
