// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "CpuTarget.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

using namespace mmc;

namespace {
struct Recipe {
  const char *name;
  /// The processor that code is generated for when the user asks for this recipe by name.
  const char *cpu;
  std::vector<const char *> needs;
};
} // namespace

static const std::vector<Recipe> &recipes() {
  // Best last.
  static const std::vector<Recipe> all = {
      {"avx2", "haswell", {"avx2", "fma"}},
      {"avx512", "skylake-avx512", {"avx512f", "avx512bw", "avx512dq", "avx512vl", "fma"}},
      {"avx512-bf16",
       "cooperlake",
       {"avx512f", "avx512bw", "avx512dq", "avx512vl", "fma", "avx512bf16"}},
      {"amx",
       "sapphirerapids",
       {"avx512f", "avx512bw", "avx512dq", "avx512vl", "fma", "avx512bf16", "amx-tile",
        "amx-bf16"}},
  };
  return all;
}

/// The first instruction-set extension that the host lacks, or null.
static const char *lacking(const Recipe &recipe, const llvm::StringMap<bool> &host) {
  for (const char *need : recipe.needs)
    if (!host.lookup(need))
      return need;
  return nullptr;
}

StatusOr<CpuTarget> mmc::selectCpuTarget(const std::string &name) {
  llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  if (name == "native") {
    const Recipe *best = nullptr;
    for (const Recipe &recipe : recipes())
      if (!lacking(recipe, host))
        best = &recipe;
    if (!best)
      return Status::badInput("this processor lacks AVX2 and FMA, which mmc's code needs");
    llvm::SubtargetFeatures features;
    for (auto &[feature, on] : host)
      features.AddFeature(feature, on);
    return CpuTarget{best->name, llvm::sys::getHostCPUName().str(), features.getString()};
  }
  for (const Recipe &recipe : recipes()) {
    if (name != recipe.name)
      continue;
    if (const char *missing = lacking(recipe, host))
      return Status::badInput("--cpu-features=" + name + " needs " + missing +
                              ", which this processor lacks");
    return CpuTarget{recipe.name, recipe.cpu, ""};
  }
  return Status::badUsage(
      "--cpu-features must be native, avx2, avx512, avx512-bf16 or amx, got: '" + name + "'");
}
