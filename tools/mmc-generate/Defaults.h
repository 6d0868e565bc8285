// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a checkpoint's directories say that the command line leaves out.

#ifndef MMC_TOOLS_GENERATE_DEFAULTS_H
#define MMC_TOOLS_GENERATE_DEFAULTS_H

#include "mmc/Runtime/Core/DType.h"
#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Model/Parameters.h"

#include <cstdint>
#include <string>

namespace mmc::defaults {

/// The tokenizer.model beside the weights or the adapter, or one directory up, where Meta's LLaMA
/// has it. BadUsage that asks for --tokenizer when there is none.
StatusOr<std::string> findTokenizer(const ParameterSources &sources);

/// Tokens that a row may have: `max_position_embeddings` of the config.json beside the weights,
/// else 2048.
StatusOr<int64_t> findPositions(const ParameterSources &sources);

/// BF16 when some tensor of the weights is stored in 16 bits or nothing is stored, else F32.
StatusOr<DType> storedType(const ParameterSources &sources);

/// The preprocessor_config.json beside the weights; empty when there is none.
std::string findPreprocessor(const ParameterSources &sources);

} // namespace mmc::defaults

#endif // MMC_TOOLS_GENERATE_DEFAULTS_H
