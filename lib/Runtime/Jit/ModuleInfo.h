// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is known of a compiled module besides its code, and its form in the code cache.

#ifndef MMC_LIB_RUNTIME_JIT_MODULEINFO_H
#define MMC_LIB_RUNTIME_JIT_MODULEINFO_H

#include "mmc/Runtime/Jit/Program.h"

#include <optional>
#include <string>
#include <vector>

namespace mmc {

struct ModuleInfo {
  std::vector<ProgramParameter> parameters;
  std::vector<ProgramEntry> entries;
};

/// JSON text of it.
std::string toJson(const ModuleInfo &info);
/// Reads it back; nothing when the text is not what toJson wrote.
std::optional<ModuleInfo> parseModuleInfo(const std::string &text);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_JIT_MODULEINFO_H
