// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The files that a finished training leaves.

#ifndef MMC_RUNTIME_TRAIN_RUNRESULTS_H
#define MMC_RUNTIME_TRAIN_RUNRESULTS_H

#include "mmc/Runtime/Core/Safetensors.h"
#include "mmc/Runtime/Core/Status.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace mmc {

/// A parameter at the end of training.
struct ResultParameter {
  std::string name, group;
  bool trainable = false;
  TensorView value;
};

/// Writes to `output`
///   adapter_model.safetensors, adapter_config.json   when an adapter trained: all of the adapter,
///   with
///       what it does not train too, so that it can be loaded; LaVIN's connector lies with it
///   mm_projector.safetensors                         when another connector trained: all of it
///   model.safetensors                                other parameters that trained
/// Returns the names of the tensor files.
StatusOr<std::vector<std::string>> writeResults(const std::string &output,
                                                const std::vector<ResultParameter> &parameters,
                                                const nlohmann::ordered_json &adapterConfig);

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_RUNRESULTS_H
