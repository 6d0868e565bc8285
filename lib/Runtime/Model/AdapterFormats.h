// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The two formats of adapter_config.json, each turned into the text that the Adapters phase takes.

#ifndef MMC_LIB_RUNTIME_MODEL_ADAPTERFORMATS_H
#define MMC_LIB_RUNTIME_MODEL_ADAPTERFORMATS_H

#include "mmc/Runtime/Core/Status.h"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mmc {

/// Keys keep their order: the first of PEFT's patterns that matches a module counts.
using OrderedJson = nlohmann::ordered_json;

/// The words of "lora rank=8 rank@PATTERN=4": (rank, 8), (rank@PATTERN, 4).
using AdapterWords = std::vector<std::pair<std::string, std::string>>;

/// PEFT's LoraConfig → spec. BadInput for a key that mmc does not support and that is not at its
/// default.
StatusOr<std::string> specOfLora(const OrderedJson &config);
/// "lora" words → PEFT's LoraConfig; BadUsage for an unknown word or a value of the wrong kind.
StatusOr<OrderedJson> loraFromWords(const AdapterWords &words);

/// LaVIN's configuration (see design: peft_type MM_ADAPTER) → spec, one clause per place in a
/// block.
StatusOr<std::string> specOfMmAdapter(const OrderedJson &config);
/// "mm-adapter" words → LaVIN's configuration.
StatusOr<OrderedJson> mmAdapterFromWords(const AdapterWords &words);

/// The value as JSON when the word is a number, true, false or null; else BadUsage "NAME must be
/// …".
StatusOr<OrderedJson> numberOfWord(const std::string &name, const std::string &word);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_MODEL_ADAPTERFORMATS_H
