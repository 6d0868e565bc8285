// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Model/FileShapes.h"

#include <filesystem>

using namespace mmc;

StatusOr<std::map<std::string, Shape>> mmc::fileShapes(const ParameterSources &sources) {
  std::vector<std::string> files;
  for (const std::string &argument : sources.weights)
    if (argument.rfind("init:", 0) != 0)
      files.push_back(argument);
  const std::string adapter = sources.adapterDirectory + "/adapter_model.safetensors";
  std::error_code failure;
  if (!sources.adapterDirectory.empty() && std::filesystem::exists(adapter, failure))
    files.push_back(adapter);
  MMC_ASSIGN_OR_RETURN(Weights weights, Weights::open(files));
  std::map<std::string, Shape> shapes;
  for (const std::string &name : weights.names())
    if (std::optional<TensorView> tensor = weights.find(name))
      shapes[name] = tensor->shape;
  return shapes;
}
