// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "EntryRun.h"

#include "../Core/TemporaryDirectory.h"

#include <cstring>

using namespace mmc;
using namespace mmc::test;

std::unique_ptr<Program> mmc::test::compileText(const std::string &text, CompileRequest request) {
  TemporaryDirectory work;
  request.modelFile = work / "model.mlir";
  writeBytes(request.modelFile, text);
  request.cacheDir = "none";
  StatusOr<std::unique_ptr<Program>> program = Program::compile(request);
  if (program.isOk())
    return std::move(*program);
  ADD_FAILURE() << program.status().message() << "\n" << text;
  return nullptr;
}

std::vector<Tensor> mmc::test::parametersOf(const Program &program) {
  std::vector<Tensor> parameters;
  for (const ProgramParameter &parameter : program.parameters())
    parameters.emplace_back(parameter.dtype, parameter.shape);
  return parameters;
}

EntryRun::EntryRun(const Program &program, const std::string &name, std::vector<Tensor> &parameters)
    : program(program), compiled(program.find(name)) {
  if (!compiled) {
    ADD_FAILURE() << "no entry " << name;
    return;
  }
  arena = Tensor(DType::U8, {compiled->arenaBytes});
  std::memset(arena.data(), 0xff, arena.bytes());
  bindings.arena = arena.data();
  for (Tensor &parameter : parameters)
    bindings.parameters.push_back(parameter.data());
  for (const ProgramTensor &input : compiled->inputs)
    bindings.inputs.push_back(inputs.emplace_back(input.dtype, input.shape).data());
  for (const ProgramTensor &output : compiled->outputs) {
    Tensor &tensor = outputs.emplace_back(output.dtype, output.shape);
    std::memset(tensor.data(), 0xff, tensor.bytes());
    bindings.outputs.push_back(tensor.data());
  }
}

const Tensor *EntryRun::find(const std::string &name) const {
  for (size_t i = 0; i < outputs.size(); ++i)
    if (compiled->outputs[i].name == name)
      return &outputs[i];
  return nullptr;
}

void EntryRun::run(int threads) { program.run(*compiled, bindings, threads); }
