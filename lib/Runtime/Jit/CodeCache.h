// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled code on disk, keyed by everything that it depends on.

#ifndef MMC_LIB_RUNTIME_JIT_CODECACHE_H
#define MMC_LIB_RUNTIME_JIT_CODECACHE_H

#include "CpuTarget.h"
#include "ModuleInfo.h"

#include <optional>
#include <string>

namespace mmc {

/// A module's facts and its relocatable object files.
struct CompiledModule {
  ModuleInfo info;
  std::vector<std::string> objects;
};

/// One entry of the cache: <directory>/<key>.mmc, which is complete or absent.
class CodeCache {
public:
  /// The key covers the model's text, the request, the target, and this build of mmc.
  CodeCache(const CompileRequest &request, const std::string &modelText, const CpuTarget &target);

  /// What an earlier process stored; nothing when there is no such entry or it is damaged.
  std::optional<CompiledModule> load() const;
  /// Stores it. A cache that cannot be written is no error: the next process compiles again.
  void store(const CompiledModule &module) const;

private:
  std::string path; ///< empty: no cache
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_JIT_CODECACHE_H
