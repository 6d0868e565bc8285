// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loaded modules and their functions.

#ifndef MMC_EMULATOR_DRIVER_MODULES_H
#define MMC_EMULATOR_DRIVER_MODULES_H

#include "Context.h"

#include <map>

namespace mmc::emulator::driver {

struct LoadedModule;

/// A kernel of a module, with what cuFuncSetAttribute has set.
struct Function {
  std::shared_ptr<Module> module; ///< keeps the kernel
  CUmodule owner = nullptr;
  const Kernel *kernel = nullptr;
  Context *context = nullptr;
  std::atomic<uint64_t> dynamicShared{0}; ///< the most that a launch may ask for; see maxDynamicShared()
  std::atomic<int> carveout{-1};
  unsigned ptxVersion = 0;
};

struct LoadedModule {
  std::shared_ptr<Module> module;
  Context *context = nullptr;
  std::string name;
  unsigned ptxVersion = 0;
  bool ofLibrary = false; ///< cuLibraryUnload frees it
  // Under its mutex:
  std::mutex mutex;
  std::map<std::string, CUfunction> functions;
};

HandleTable<CUmodule, LoadedModule> &moduleTable();
HandleTable<CUfunction, Function> &functionTable();
/// Unloads whatever the context has loaded.
void endModules(Context &context);

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_MODULES_H
