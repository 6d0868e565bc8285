// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What `--adapter` says: a directory with adapter_config.json, or a name with options.

#ifndef MMC_RUNTIME_MODEL_ADAPTERCONFIG_H
#define MMC_RUNTIME_MODEL_ADAPTERCONFIG_H

#include "mmc/Runtime/Core/Status.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace mmc {

struct AdapterConfig {
  /// What the Adapters phase is told: CompileRequest::adapter.
  std::string spec;
  /// The directory, when the argument was one; else empty.
  std::string directory;
  /// adapter_config.json of the result: what was read, or what the options mean, in PEFT's or
  /// LaVIN's format. Keys keep their order: of several patterns that match a module the first
  /// counts.
  nlohmann::ordered_json config;
};

/// Reads a directory's adapter_config.json (peft_type LORA or MM_ADAPTER) or parses
/// "lora rank=8 alpha=16 targets=q_proj,v_proj". `dropout`, when given, replaces the adapter's own.
/// BadInput names the key that mmc does not support (use_dora, bias != none, …): nothing is ignored
/// silently.
StatusOr<AdapterConfig> readAdapter(const std::string &argument,
                                    std::optional<double> dropout = std::nullopt);

} // namespace mmc

#endif // MMC_RUNTIME_MODEL_ADAPTERCONFIG_H
