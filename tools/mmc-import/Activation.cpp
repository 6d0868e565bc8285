// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hugging Face's names of activation functions.

#include "Activation.h"

#include <map>

namespace mmc::import {

std::string readActivation(ConfigReader &config, const std::string &fallback) {
  static const std::map<std::string, std::string> ops = {{"gelu", "gelu erf"},
                                                         {"gelu_fast", "gelu tanh"},
                                                         {"gelu_new", "gelu tanh"},
                                                         {"gelu_pytorch_tanh", "gelu tanh"},
                                                         {"quick_gelu", "gelu quick"},
                                                         {"silu", "silu"},
                                                         {"swish", "silu"}};
  std::string name = config.text("hidden_act", fallback);
  auto found = ops.find(name);
  if (found != ops.end())
    return found->second;
  std::string known;
  for (auto &[key, op] : ops)
    known += (known.empty() ? "" : ", ") + key;
  config.require(false, "hidden_act must be one of " + known + ", got: '" + name + "'");
  return "";
}

} // namespace mmc::import
