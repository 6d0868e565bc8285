// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hugging Face's names of activation functions.

#ifndef MMC_TOOLS_MMC_IMPORT_ACTIVATION_H
#define MMC_TOOLS_MMC_IMPORT_ACTIVATION_H

#include "Config.h"

namespace mmc::import {

/// The op for `hidden_act` as it is written before its operand: "silu", "gelu quick". A name
/// without an op is recorded as the config's error.
std::string readActivation(ConfigReader &config, const std::string &fallback);

} // namespace mmc::import

#endif // MMC_TOOLS_MMC_IMPORT_ACTIVATION_H
