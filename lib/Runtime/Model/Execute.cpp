// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Model/Execute.h"

using namespace mmc;

StatusOr<TensorMap> mmc::execute(const Program &program, const ProgramEntry &entry,
                                 const std::vector<void *> &parameters, const TensorViews &inputs,
                                 int threads) {
  std::string problems;
  std::vector<Tensor> converted;
  Bindings bindings;
  bindings.parameters = parameters;
  for (const ProgramTensor &input : entry.inputs) {
    auto found = inputs.find(input.name);
    if (found == inputs.end()) {
      problems += "\n  " + input.name + " is missing; it must be " + toString(input.shape) + " " +
                  std::string(nameOf(input.dtype));
      continue;
    }
    if (found->second.shape != input.shape) {
      problems += "\n  " + input.name +
                  " has another shape, got: " + toString(found->second.shape) +
                  " != " + toString(input.shape);
      continue;
    }
    Tensor tensor(input.dtype, input.shape);
    if (!convert(found->second.dtype, found->second.data, input.dtype, tensor.data(),
                 tensor.count()))
      problems += "\n  " + input.name + " has a dtype that cannot be converted, got: " +
                  std::string(nameOf(found->second.dtype)) + " to " +
                  std::string(nameOf(input.dtype));
    bindings.inputs.push_back(tensor.data());
    converted.push_back(std::move(tensor));
  }
  if (!problems.empty())
    return Status::badInput("the inputs do not fit entry '" + entry.name + "':" + problems);
  TensorMap results;
  for (const ProgramTensor &output : entry.outputs) {
    Tensor &tensor = results[output.name] = Tensor(output.dtype, output.shape);
    bindings.outputs.push_back(tensor.data());
  }
  Tensor arena(DType::U8, {entry.arenaBytes});
  bindings.arena = arena.data();
  program.run(entry, bindings, threads);
  return results;
}
