// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "BoundEntry.h"

#include <algorithm>
#include <cstring>

using namespace mmc;

StatusOr<BoundEntry> BoundEntry::create(std::unique_ptr<Program> program, const std::string &name,
                                        const std::vector<ProgramParameter> &loaded,
                                        const Parameters &values) {
  BoundEntry bound;
  bound.program = std::move(program);
  bound.found = bound.program->find(name);
  if (!bound.found)
    return Status::internal("the program has no entry '" + name + "'");
  for (const ProgramParameter &parameter : bound.program->parameters()) {
    auto same = std::find_if(loaded.begin(), loaded.end(), [&](const ProgramParameter &other) {
      return other.name == parameter.name && other.shape == parameter.shape &&
             other.dtype == parameter.dtype;
    });
    if (same == loaded.end())
      return Status::internal("entry '" + name + "' has a parameter of its own: " + parameter.name);
    bound.parameters.push_back(values.pointers()[same - loaded.begin()]);
  }
  bound.arena = Tensor(DType::U8, {bound.found->arenaBytes});
  for (const ProgramTensor &tensor : bound.found->inputs)
    bound.inputs[tensor.name] = std::make_shared<Tensor>(tensor.dtype, tensor.shape);
  for (const ProgramTensor &tensor : bound.found->outputs)
    bound.outputs[tensor.name] = std::make_shared<Tensor>(tensor.dtype, tensor.shape);
  return bound;
}

Status BoundEntry::shareInput(const std::string &name, BoundEntry &writer) {
  auto written = writer.outputs.find(name);
  auto read = inputs.find(name);
  if (written == writer.outputs.end() || read == inputs.end() ||
      written->second->shape() != read->second->shape() ||
      written->second->dtype() != read->second->dtype())
    return Status::internal("entries '" + writer.found->name + "' and '" + found->name +
                            "' disagree on '" + name + "'");
  read->second = written->second;
  return Status::ok();
}

Status BoundEntry::setInputs(const TensorMap &batch) {
  for (const auto &[name, tensor] : batch) {
    auto own = inputs.find(name);
    if (own == inputs.end())
      continue;
    if (own->second->shape() != tensor.shape() || own->second->dtype() != tensor.dtype())
      return Status::internal("input " + name + " of entry '" + found->name + "' must be " +
                              toString(own->second->shape()) +
                              ", got: " + toString(tensor.shape()));
    std::memcpy(own->second->data(), tensor.data(), tensor.bytes());
  }
  return Status::ok();
}

void BoundEntry::run(int threads) {
  Bindings bindings;
  bindings.arena = arena.data();
  bindings.parameters = parameters;
  for (const ProgramTensor &tensor : found->inputs)
    bindings.inputs.push_back(inputs.at(tensor.name)->data());
  for (const ProgramTensor &tensor : found->outputs)
    bindings.outputs.push_back(outputs.at(tensor.name)->data());
  program->run(*found, bindings, threads);
}
