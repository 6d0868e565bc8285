// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/RunResults.h"
#include "mmc/Runtime/Core/File.h"

#include <algorithm>
#include <array>

using namespace mmc;
using nlohmann::ordered_json;

namespace {
enum File { Adapter, Projector, Base };
} // namespace

static File fileOf(const ResultParameter &parameter, bool lavin) {
  if (parameter.group == "adapters" || (lavin && parameter.group == "connector"))
    return Adapter;
  return parameter.group == "connector" ? Projector : Base;
}

StatusOr<std::vector<std::string>> mmc::writeResults(const std::string &output,
                                                     const std::vector<ResultParameter> &parameters,
                                                     const ordered_json &adapterConfig) {
  const bool lavin =
      adapterConfig.is_object() && adapterConfig.value("peft_type", ordered_json()) == "MM_ADAPTER";
  constexpr std::array<const char *, 3> names = {"adapter_model.safetensors",
                                                 "mm_projector.safetensors", "model.safetensors"};
  std::array<std::vector<NamedTensorView>, 3> tensors;
  std::array<bool, 3> trained = {};
  for (const ResultParameter &parameter : parameters) {
    File file = fileOf(parameter, lavin);
    trained[file] |= parameter.trainable;
    if (parameter.trainable || file != Base)
      tensors[file].push_back({parameter.name, parameter.value});
  }
  std::vector<std::string> written;
  for (File file : {Adapter, Projector, Base}) {
    if (!trained[file])
      continue;
    MMC_RETURN_IF_ERROR(
        writeSafetensors(output + "/" + names[file], tensors[file], {{"format", "pt"}}));
    written.push_back(names[file]);
  }
  if (trained[Adapter] && adapterConfig.is_object())
    MMC_RETURN_IF_ERROR(writeFile(output + "/adapter_config.json", adapterConfig.dump(2) + "\n"));
  return written;
}
